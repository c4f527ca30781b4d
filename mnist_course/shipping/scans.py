"""MNIST's digits as other scanners and cameras see them: blocks, coarse scans, small photos.

Each look takes a digit in MNIST form and returns a picture, dark on light, of any size.
"""

from collections.abc import Callable
from io import BytesIO

import numpy as np
from PIL import Image
from scipy import ndimage

from ..images import BlankImageError, square_box, to_mnist

Look = Callable[[np.ndarray, np.random.Generator], np.ndarray]

BLOCK = 16  # pixels: the side of a block
COARSE = 7, 15  # pixels of a coarse scanner for a digit: from, and below which
SMALL = 7, 22  # pixels: the longer side of a digit in a small photo
ENLARGED = 100  # pixels: so large is a coarse scan when it is read in
SEED = 0


def block(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Stretch a digit to a square, as some data sets keep them, more than half of it ink.

    All of them are as wide as high, a 1 too.

    Args:
        digit: in MNIST form, uint8, shape (28, 28).
        rng: decides how much of the picture is ink.

    Returns:
        uint8, shape (16, 16), 0 or 255.
    """
    rows, columns = np.nonzero(digit > 60)
    cut = digit[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    size = (BLOCK, BLOCK)
    grey = np.asarray(Image.fromarray(cut).resize(size, Image.Resampling.BICUBIC), float)
    grey = ndimage.gaussian_filter(grey, 0.6) + grey / 100
    share = rng.uniform(0.5, 0.56)
    return np.where(grey >= np.quantile(grey, 1 - share), 0, 255).astype(np.uint8)


def coarse_scan(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A digit as a scanner sees it that has 7 to 14 pixels for its longer side, then enlarged."""
    side = int(rng.integers(*COARSE))
    ink = Image.fromarray(square_box(digit)).resize((side, side), Image.Resampling.BOX)
    paper = Image.fromarray(255 - np.pad(ink, 1))
    return np.asarray(paper.resize((ENLARGED, ENLARGED), Image.Resampling.BICUBIC))


def small_photo(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A digit of 7 to 22 pixels on grey paper, blurred, noisy, with the ghosts of JPEG."""
    side = round(rng.uniform(*SMALL))
    ink = Image.fromarray(square_box(digit)).resize((side, side), Image.Resampling.BICUBIC)
    ink = np.pad(np.asarray(ink) / 255, rng.integers(2, 13, (2, 2)))
    ink = ndimage.gaussian_filter(ink, rng.uniform(0.4, 1.1))
    paper, dark = rng.uniform(190, 245), rng.uniform(40, 160)
    picture = paper + (dark - paper) * ink + rng.normal(0, rng.uniform(0, 3), ink.shape)
    return as_jpeg(np.clip(picture, 0, 255).astype(np.uint8), int(rng.integers(30, 91)))


def as_jpeg(picture: np.ndarray, quality: int) -> np.ndarray:
    """The picture, uint8, after it was kept as a JPEG file of this quality, 1 to 95."""
    file = BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


# by the names of the recipe's shares
LOOKS: dict[str, Look] = {"blocks": block, "scans": coarse_scan, "photos": small_photo}


def once_more(
    x: np.ndarray, y: np.ndarray, look: str, *, share: float
) -> tuple[np.ndarray, np.ndarray]:
    """Some of these digits, chosen at random, with another look and in MNIST form again.

    Args:
        x: in MNIST form, uint8, shape (n, 28, 28).
        y: labels, shape (n,).
        look: a name of ``LOOKS``.
        share: of the digits, 0 to 1.

    Returns:
        Images and labels of the same dtypes, shapes (k, 28, 28) and (k,).

    Raises:
        ValueError: the share is out of its range.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share must be from 0 to 1, got {share}")
    rng = np.random.default_rng(SEED)
    chosen = rng.choice(len(x), round(share * len(x)), replace=False)
    images = [seen(x[i], LOOKS[look], rng)[None] for i in chosen]
    return np.concatenate([x[:0], *images]), y[chosen]


def seen(digit: np.ndarray, look: Look, rng: np.random.Generator) -> np.ndarray:
    """A digit with another look and in MNIST form again; as it is, if the look is too faint."""
    try:
        return to_mnist(look(digit, rng), ink="dark")
    except BlankImageError:
        return digit


def some_seen(
    images: np.ndarray, rng: np.random.Generator, *looks: Look, share: float
) -> np.ndarray:
    """The same images, a share of them with one of these looks.

    Args:
        images: in MNIST form, uint8, shape (n, 28, 28); blank ones stay as they are.
        rng: decides which, and what they look like.
        looks: of ``LOOKS``.
        share: 0 to 1.

    Returns:
        The same dtype and shape.
    """
    images, chosen = images.copy(), rng.random(len(images)) < share
    for i in np.flatnonzero(chosen & images.any(axis=(1, 2))):
        images[i] = seen(images[i], looks[rng.integers(len(looks))], rng)
    return images
