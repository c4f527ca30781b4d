"""New digits from old: seeded, fast enough to run anew in every epoch.

Each function takes a batch of images and returns a new batch of the same dtype, shape and range
in which every digit has moved a little and still is the digit it was.
"""

from collections.abc import Sequence

import numpy as np

Seed = int | Sequence[int]


def random_shift(images: np.ndarray, *, pixels: int = 2, seed: Seed = 0) -> np.ndarray:
    """Shift each image by whole pixels, up to ``pixels`` in each direction.

    What leaves the field is lost, what enters is background (0).

    Args:
        images: any dtype, shape (n, height, width) or (n, height, width, channels).
        pixels: largest shift; each of the ``2 * pixels + 1`` shifts per axis is equally likely.
        seed: an integer or several; the same seed gives the same shifts.

    Returns:
        A new array of the same dtype and shape.

    Raises:
        ValueError: not a batch of images, or ``pixels`` is negative or no whole number.
    """
    images = _batch(images)
    if pixels != int(pixels) or pixels < 0:
        raise ValueError(f"pixels must be a whole number from 0 upwards, got {pixels}")
    rng = np.random.default_rng(seed)
    down, right = rng.integers(0, 2 * pixels + 1, size=(2, len(images)))
    n, height, width = images.shape[:3]
    margin = ((0, 0), (pixels, pixels), (pixels, pixels)) + ((0, 0),) * (images.ndim - 3)
    padded = np.pad(images, margin)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (height, width), axis=(1, 2))
    shifted = windows[np.arange(n), down, right]  # channels come out before rows and columns
    return np.ascontiguousarray(np.moveaxis(shifted, 1, -1) if images.ndim == 4 else shifted)


def _batch(images: np.ndarray) -> np.ndarray:
    images = np.asarray(images)
    if images.ndim not in (3, 4):
        raise ValueError(
            "expected a batch of images of shape (n, height, width) or "
            f"(n, height, width, channels), got {images.shape}"
        )
    return images
