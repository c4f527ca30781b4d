"""Any picture: what one network reads of photos, drawings and numbers after three recipes.

The digits are MNIST's test digits, on which no constant of ``images`` was chosen.
"""

import datetime
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image
from rich import box
from rich.table import Table
from scipy import ndimage

from .._ink import otsu_threshold
from ..data import load_mnist
from ..drawing import drawing_to_mnist
from ..evaluation import accuracy_interval
from ..images import to_mnist
from ..predictor import DigitReader
from ..rows import split_digits
from .picture_kinds import CLEAN, FRAMED, Draw, canvas
from .strangers import STRANGERS, in_rows

MODEL = "reader"  # the app's
NUMBERS = {"two_digits": 2, "five_digits": 5}  # so many digits in a row
KINDS: dict[str, Draw] = {
    **{kind.__name__: kind for kind in (*CLEAN, *FRAMED, *STRANGERS, canvas)},
    **dict.fromkeys(NUMBERS, in_rows),
}
DRAWINGS = {"canvas"}  # known to be drawn on a screen, as the app's pad knows it
QUICK = {*DRAWINGS, *NUMBERS, "block", "small_photo"}  # read in milliseconds
BLANK = np.zeros((28, 28), np.uint8)
HEAD = ("kind of picture", "n", "ours, %", "interval", "Otsu, %", "naive, %")


class PictureScore(NamedTuple):
    """How many pictures of a kind are read right after each recipe.

    Attributes:
        kind: a name of ``KINDS``.
        n: pictures; the three recipes read the same ones.
        ours: right after ``to_mnist``, ``drawing_to_mnist`` for drawings, ``split_digits`` for
            numbers; a refusal is wrong, and so is a number with one digit wrong.
        otsu: right after Otsu's threshold: ink cut out and centred, each patch of it in numbers.
        naive: right when shrunk to 28 x 28, inverted where the paper is light; numbers are first
            cut into equal parts.
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
        n: pictures, each of other test digits, of which there are 10,000.
        seed: 0 or more; the same seed gives the same pictures.

    Raises:
        ValueError: no such kind, or n or the seed is out of its range.
    """
    if kind not in KINDS:
        raise ValueError(f"expected a kind of picture, one of {', '.join(KINDS)}; got {kind!r}")
    digits, labels = load_mnist()[1]
    each = NUMBERS.get(kind, 1)
    most = len(digits) // each
    if not isinstance(n, int) or not 1 <= n <= most:
        raise ValueError(f"n must be a whole number from 1 to {most:,}, got {n!r}")
    if not isinstance(seed, int) or seed < 0:
        raise ValueError(f"seed must be a whole number of at least 0, got {seed!r}")
    rng = np.random.default_rng((seed, list(KINDS).index(kind)))
    chosen = rng.choice(len(digits), (n, each), replace=False)
    pictures = [draw(kind, digits[row], rng) for row in chosen]
    reader, recipes = DigitReader.load(MODEL), _recipes(kind)
    images = ([recipe(picture) for picture in pictures] for recipe in recipes)
    return PictureScore(kind, n, *(count_right(reader, x, labels[chosen]) for x in images))


def draw(kind: str, digits: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A picture of a kind, uint8, from as many digits, shape (k, 28, 28), as it shows."""
    return KINDS[kind](digits if kind in NUMBERS else digits[0], rng)


def count_right(reader: DigitReader, images: Sequence[np.ndarray], labels: np.ndarray) -> int:
    """How many pictures are read right: as many digits as there are, each of them right.

    A blank is a refusal, whatever the network takes it for.

    Args:
        reader: the network.
        images: of each picture its digits in MNIST form, uint8, shape (k, 28, 28).
        labels: of each picture, shape (n, digits).
    """
    return sum(
        len(found) == len(truth)
        and bool(found.any(axis=(1, 2)).all())
        and bool((reader.predict(found).argmax(axis=1) == truth).all())
        for found, truth in zip(images, labels, strict=True)
    )


def sample_size(kind: str, n: int) -> int:
    """How many pictures to make of a kind: n; 5 n where they cost little time."""
    return 5 * n if kind in QUICK else n


def ours(picture: np.ndarray) -> np.ndarray:
    """``to_mnist``; a blank where it refuses."""
    try:
        return to_mnist(picture)
    except ValueError:
        return BLANK


def otsu(picture: np.ndarray) -> np.ndarray:
    """What a careful app does: Otsu's threshold, the ink cut out and centred."""
    found = _otsu_ink(picture)
    return drawing_to_mnist(255 - found) if found.any() else BLANK


def _otsu_ink(picture: np.ndarray) -> np.ndarray:
    grey = _grey(picture)
    dark = grey < otsu_threshold(grey)
    is_light = dark.mean() < 0.5
    return np.where(dark == is_light, 255 - grey if is_light else grey, 0).astype(np.uint8)


def naive(picture: np.ndarray) -> np.ndarray:
    """What most apps do: shrunk to 28 x 28, turned round where the paper is light."""
    grey = _grey(picture, (28, 28))
    return 255 - grey if np.median(grey) > 127 else grey


def ours_of_numbers(picture: np.ndarray) -> np.ndarray:
    """The digits that ``split_digits`` finds, shape (k, 28, 28); a single blank if it refuses."""
    try:
        return np.stack([digit.image for row in split_digits(picture) for digit in row])
    except ValueError:
        return BLANK[None]


def otsu_of_numbers(picture: np.ndarray) -> np.ndarray:
    """What a careful app does: each patch of ink is a digit, unless it is low; by columns."""
    found = _otsu_ink(picture)
    patches, _ = ndimage.label(found, np.ones((3, 3)))
    boxes = ndimage.find_objects(patches)
    tallest = max(rows.stop - rows.start for rows, _ in boxes)
    tall = [n for n, (rows, _) in enumerate(boxes) if rows.stop - rows.start > 0.3 * tallest]
    order = sorted(tall, key=lambda n: boxes[n][1].start)
    return np.stack([drawing_to_mnist(255 - found * (patches == n + 1)) for n in order])


def _recipes(kind: str) -> tuple[Callable[[np.ndarray], np.ndarray], ...]:
    """From a picture to images in MNIST form, shape (k, 28, 28): ours, Otsu's, the naive one."""
    if kind in NUMBERS:
        parts = NUMBERS[kind]
        return (
            ours_of_numbers,
            otsu_of_numbers,
            lambda picture: np.stack([naive(p) for p in np.array_split(picture, parts, axis=1)]),
        )
    first = drawing_to_mnist if kind in DRAWINGS else ours
    return tuple(lambda p, recipe=recipe: recipe(p)[None] for recipe in (first, otsu, naive))


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
        "**ours** (`to_mnist`; of drawings on a screen `drawing_to_mnist`; of numbers "
        "`split_digits`), **Otsu** (threshold, cut out, centre; of numbers each patch of ink), "
        "**naive** (shrink and invert; numbers are first cut into equal parts). Right, in %; a "
        "refusal counts as wrong, and so does a number with one digit wrong; the interval (95 %) "
        f"is of ours. `{MODEL}` has learned from training digits made into blocks by the same "
        "generator, and into coarse scans and small photos by others (`shipping/scans.py`). "
        f"{datetime.date.today().isoformat()}.",
        "",
        f"| {' | '.join(HEAD)} |",
        f"|---|{'--:|' * (len(HEAD) - 1)}",
        *(f"| {' | '.join(score.cells())} |" for score in scores),
    ]
    return "\n".join([*lines, ""])


def _grey(picture: np.ndarray, size: tuple[int, int] | None = None) -> np.ndarray:
    grey = Image.fromarray(picture).convert("L")
    return np.asarray(grey.resize(size) if size else grey)
