"""Any picture: what one network reads of photos, frames and drawings after three recipes.

The digits are MNIST's test digits, on which no constant of ``images`` was chosen.
"""

import datetime
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image
from rich import box
from rich.table import Table

from .._ink import otsu_threshold
from ..data import load_mnist
from ..drawing import drawing_to_mnist
from ..evaluation import accuracy_interval
from ..images import to_mnist
from ..predictor import DigitReader
from .picture_kinds import CLEAN, FRAMED, Draw, canvas
from .strangers import STRANGERS

MODEL = "reader"  # the app's
KINDS: dict[str, Draw] = {kind.__name__: kind for kind in (*CLEAN, *FRAMED, *STRANGERS, canvas)}
DRAWINGS = {"canvas"}  # known to be drawn on a screen, as the app's pad knows it
BLANK = np.zeros((28, 28), np.uint8)
HEAD = ("kind of picture", "n", "ours, %", "interval", "Otsu, %", "naive, %")


class PictureScore(NamedTuple):
    """How many pictures of a kind are read right after each recipe.

    Attributes:
        kind: a name of ``KINDS``.
        n: pictures; the three recipes read the same ones.
        ours: right after ``to_mnist``, or ``drawing_to_mnist`` for drawings; a refusal is wrong.
        otsu: right after Otsu's threshold: ink cut out and centred.
        naive: right when shrunk to 28 x 28, inverted where the paper is light.
    """

    kind: str
    n: int
    ours: int
    otsu: int
    naive: int

    def cells(self) -> tuple[str, ...]:
        """A line of the table: shares in %, and a 95 % interval of ours."""
        ours, otsu, naive = (f"{100 * right / self.n:.1f}" for right in self[2:])
        low, high = accuracy_interval(self.ours, self.n)
        return self.kind, str(self.n), ours, f"{100 * low:.1f} to {100 * high:.1f}", otsu, naive


def measure_pictures(kind: str, *, n: int = 200, seed: int = 1) -> PictureScore:
    """Make n pictures of a kind and count what the app's network reads right.

    Args:
        kind: a name of ``KINDS``.
        n: pictures, 1 to 10,000, each of another test digit.
        seed: 0 or more; the same seed gives the same pictures.

    Raises:
        ValueError: no such kind, or n or the seed is out of its range.
    """
    if kind not in KINDS:
        raise ValueError(f"expected a kind of picture, one of {', '.join(KINDS)}; got {kind!r}")
    digits, labels = load_mnist()[1]
    if not isinstance(n, int) or not 1 <= n <= len(digits):
        raise ValueError(f"n must be a whole number from 1 to {len(digits):,}, got {n!r}")
    if not isinstance(seed, int) or seed < 0:
        raise ValueError(f"seed must be a whole number of at least 0, got {seed!r}")
    rng = np.random.default_rng((seed, list(KINDS).index(kind)))
    chosen = rng.choice(len(digits), n, replace=False)
    pictures = [KINDS[kind](digits[i], rng) for i in chosen]
    reader, recipes = DigitReader.load(MODEL), (_ours_for(kind), otsu, naive)
    images = (np.stack([recipe(picture) for picture in pictures]) for recipe in recipes)
    return PictureScore(kind, n, *(count_right(reader, x, labels[chosen]) for x in images))


def count_right(reader: DigitReader, images: np.ndarray, labels: np.ndarray) -> int:
    """How many images in MNIST form are read right.

    A blank is a refusal, whatever the network takes it for.
    """
    read = reader.predict(images).argmax(axis=1) == labels
    return int((read & images.any(axis=(1, 2))).sum())


def sample_size(kind: str, n: int) -> int:
    """How many pictures to make of a kind: n; of drawings, which are rarely misread, 5 n."""
    return 5 * n if kind in DRAWINGS else n


def ours(picture: np.ndarray) -> np.ndarray:
    """``to_mnist``; a blank where it refuses."""
    try:
        return to_mnist(picture)
    except ValueError:
        return BLANK


def otsu(picture: np.ndarray) -> np.ndarray:
    """What a careful app does: Otsu's threshold, the ink cut out and centred."""
    grey = _grey(picture)
    dark = grey < otsu_threshold(grey)
    is_light = dark.mean() < 0.5
    found = np.where(dark == is_light, 255 - grey if is_light else grey, 0).astype(np.uint8)
    return drawing_to_mnist(255 - found) if found.any() else BLANK


def naive(picture: np.ndarray) -> np.ndarray:
    """What most apps do: shrunk to 28 x 28, turned round where the paper is light."""
    grey = _grey(picture, (28, 28))
    return 255 - grey if np.median(grey) > 127 else grey


def pictures_table(scores: Sequence[PictureScore]) -> Table:
    """The scores for the terminal."""
    table = Table(box=box.SIMPLE, pad_edge=False, collapse_padding=True)
    for column in HEAD:
        table.add_column(column, justify="left" if column == HEAD[0] else "right")
    for score in scores:
        table.add_row(*score.cells())
    return table


def pictures_markdown(scores: Sequence[PictureScore]) -> str:
    """The scores as a page in Markdown."""
    lines = [
        "# Any picture",
        "",
        "Written by `mnist-course benchmark --pictures`; do not edit. MNIST test digits, on which "
        "no constant was chosen, made into pictures by `benchmark/picture_kinds.py` and "
        f"`benchmark/strangers.py`, and read by the same network, `{MODEL}`, after three recipes: "
        "**ours** (`to_mnist`; of drawings on a screen `drawing_to_mnist`), **Otsu** (threshold, "
        "cut out, centre), **naive** (shrink and invert). Right, in %; a refusal counts as wrong; "
        f"the interval (95 %) is of ours. {datetime.date.today().isoformat()}.",
        "",
        f"| {' | '.join(HEAD)} |",
        f"|---|{'--:|' * (len(HEAD) - 1)}",
        *(f"| {' | '.join(score.cells())} |" for score in scores),
    ]
    return "\n".join([*lines, ""])


def _ours_for(kind: str) -> Callable[[np.ndarray], np.ndarray]:
    return drawing_to_mnist if kind in DRAWINGS else ours


def _grey(picture: np.ndarray, size: tuple[int, int] | None = None) -> np.ndarray:
    grey = Image.fromarray(picture).convert("L")
    return np.asarray(grey.resize(size) if size else grey)
