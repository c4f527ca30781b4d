"""Writes stress.md: any picture, beside two usual recipes. ``uv run python docs/stress.py``.

It takes about ten minutes on one core. The digits are MNIST's test digits, which no constant of
``images`` was chosen on; the pictures are made by the tests' generators.
"""

import datetime
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from rich.progress import track

from mnist_course import DigitReader, accuracy_interval, load_mnist, to_mnist
from mnist_course._files import write_text
from mnist_course.drawing import drawing_to_mnist

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))
from pictures import CLEAN, FRAMED, enlarged  # noqa: E402
from strangers import STRANGERS  # noqa: E402

MODEL = "reader"  # the app's
N, SEED = 200, 1
BLANK = np.zeros((28, 28), np.uint8)


def canvas(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Drawn on a screen, anywhere, of any size: paper exactly white."""
    ink = enlarged(digit, int(rng.integers(60, 261)))
    paper = np.zeros((280, 280))
    top, left = (int(rng.integers(0, 281 - side)) for side in ink.shape)
    paper[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return (255 * (1 - np.clip(paper, 0, 1))).round().astype(np.uint8)


def naive(picture: np.ndarray) -> np.ndarray:
    """Grey, shrunk to 28 x 28, turned round where the paper is light."""
    grey = np.asarray(Image.fromarray(picture).convert("L").resize((28, 28)))
    return 255 - grey if np.median(grey) > 127 else grey


def otsu(picture: np.ndarray) -> np.ndarray:
    """Otsu's threshold, the ink cut out and centred: what a careful app does."""
    grey = np.asarray(Image.fromarray(picture).convert("L"))
    counts = np.cumsum(np.bincount(grey.ravel(), minlength=256))
    sums = np.cumsum(np.bincount(grey.ravel(), minlength=256) * np.arange(256))
    gap = counts * sums[-1] - counts[-1] * sums
    level = np.argmax(gap.astype(float) ** 2 / np.maximum(counts * (counts[-1] - counts), 1))
    dark = grey <= level
    mask = dark if dark.mean() < 0.5 else ~dark
    strength = (255 - grey) if dark.mean() < 0.5 else grey
    found = np.where(mask, strength, 0).astype(np.uint8)
    return drawing_to_mnist(255 - found) if found.any() else BLANK


def ours(picture: np.ndarray) -> np.ndarray:
    """``to_mnist``; a refusal counts as wrong."""
    try:
        return to_mnist(picture)
    except ValueError:
        return BLANK


def right(reader: DigitReader, pictures: list, labels: np.ndarray, recipe: Callable) -> float:
    images = np.stack([recipe(picture) for picture in pictures])
    return float(np.mean(reader.predict(images).argmax(axis=1) == labels))


def main() -> None:
    reader, (digits, labels) = DigitReader.load(MODEL), load_mnist()[1]
    kinds = {kind.__name__: kind for kind in (*CLEAN, *FRAMED, *STRANGERS)}
    rows = []
    for i, (name, kind) in enumerate(track([*kinds.items(), ("canvas", canvas)], "kinds")):
        n = 1000 if name == "canvas" else N
        rng = np.random.default_rng((SEED, i))
        chosen = rng.choice(len(digits), n, replace=False)
        pictures = [kind(digits[k], rng) for k in chosen]
        recipes = (drawing_to_mnist if name == "canvas" else ours, otsu, naive)
        found = [right(reader, pictures, labels[chosen], recipe) for recipe in recipes]
        low, high = accuracy_interval(round(found[0] * n), n)
        shares = " | ".join(f"{100 * share:.1f}" for share in found)
        rows.append(f"| {name} | {n} | {shares} | {100 * low:.1f} to {100 * high:.1f} |")
    write_text(HERE / "stress.md", page(rows))


def page(rows: list[str]) -> str:
    """The table as Markdown."""
    return "\n".join([
        "# Any picture",
        "",
        "Written by `docs/stress.py`; do not edit. MNIST test digits, on which no constant was "
        "chosen, made into pictures by the tests' generators (`tests/pictures.py`, "
        f"`tests/strangers.py`), and read by the same network, {MODEL}, after three recipes: "
        "**ours** (`to_mnist`; of drawings on a screen `drawing_to_mnist`), **Otsu** (threshold, "
        "cut out, centre), **naive** (shrink and turn round). Right, in %; a refusal counts as "
        f"wrong; the interval (95 %) is of ours. {datetime.date.today().isoformat()}.",
        "",
        "| kind of picture | n | ours | Otsu | naive | interval |",
        "|---|---|---|---|---|---|",
        *rows,
        "",
    ])  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
