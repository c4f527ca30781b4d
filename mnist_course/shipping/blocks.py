"""Digits as some data sets keep them: stretched to 16 x 16 pixels, black and white.

All of them are as wide as high, a 1 too, and more than half of the picture is ink.
"""

import numpy as np
from PIL import Image
from scipy import ndimage

from ..images import to_mnist

SIDE = 16
SEED = 0


def with_blocks(x: np.ndarray, y: np.ndarray, *, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Digits, and some of them once more, stretched so and brought into MNIST form again.

    Args:
        x: in MNIST form, uint8, shape (n, 28, 28).
        y: labels, shape (n,).
        share: of the digits that come again, 0 to 1.

    Returns:
        Images and labels of the same dtypes, the stretched ones last.

    Raises:
        ValueError: the share is out of its range.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share must be from 0 to 1, got {share}")
    rng = np.random.default_rng(SEED)
    chosen = rng.choice(len(x), round(share * len(x)), replace=False)
    images = [to_mnist(block(x[i], rng), ink="dark") for i in chosen]
    return np.concatenate([x, *(image[None] for image in images)]), np.append(y, y[chosen])


def block(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Stretch a digit to a square, dark on light, more than half of it ink.

    Args:
        digit: in MNIST form, uint8, shape (28, 28).
        rng: decides how much of the picture is ink.

    Returns:
        uint8, shape (16, 16), 0 or 255.
    """
    rows, columns = np.nonzero(digit > 60)
    cut = digit[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    size = (SIDE, SIDE)
    grey = np.asarray(Image.fromarray(cut).resize(size, Image.Resampling.BICUBIC), float)
    grey = ndimage.gaussian_filter(grey, 0.6) + grey / 100
    share = rng.uniform(0.5, 0.56)
    return np.where(grey >= np.quantile(grey, 1 - share), 0, 255).astype(np.uint8)
