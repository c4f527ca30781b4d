"""Arrays to network input."""

import numpy as np


def scale_pixels(images: np.ndarray) -> np.ndarray:
    """Scale pixels from 0-255 to 0-1 and add the channel axis that convolutions expect.

    Args:
        images: uint8, shape (n, 28, 28), 0 background to 255 ink; one image of shape (28, 28)
            becomes a batch of one.

    Returns:
        float32, shape (n, 28, 28, 1), 0.0 to 1.0.

    Raises:
        ValueError: the dtype is not uint8 (scaled already?) or the images are not 28 x 28.
    """
    images = np.asarray(images)
    if images.dtype != np.uint8:
        raise ValueError(
            f"expected raw pixels of dtype uint8, 0 to 255, got {images.dtype}: "
            "are these images scaled already?"
        )
    if images.ndim not in (2, 3) or images.shape[-2:] != (28, 28):
        raise ValueError(f"expected images of shape (n, 28, 28), got {images.shape}")
    return images.reshape(-1, 28, 28, 1).astype(np.float32) / 255


def one_hot(labels: np.ndarray, *, num_classes: int = 10) -> np.ndarray:
    """Turn labels into rows with a single 1: label 3 becomes 0 0 0 1 0 0 0 0 0 0.

    Args:
        labels: integers, shape (n,), 0 to ``num_classes`` - 1.
        num_classes: how many classes there are.

    Returns:
        float32, shape (n, num_classes), exactly one 1.0 in each row.

    Raises:
        ValueError: the labels are not whole numbers, not one axis, or out of range.
    """
    return np.eye(num_classes, dtype=np.float32)[checked_labels(labels, num_classes=num_classes)]


def checked_labels(labels: np.ndarray, *, num_classes: int, count: int | None = None) -> np.ndarray:
    """The labels as an array, if they are whole numbers from 0 to ``num_classes`` - 1, one for
    each of ``count`` images; else a ValueError."""
    labels = np.asarray(labels)
    if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(
            f"expected integer labels of shape (n,), got {labels.dtype} of shape {labels.shape}"
        )
    if labels.size and not 0 <= labels.min() <= labels.max() < num_classes:
        raise ValueError(
            f"expected labels from 0 to {num_classes - 1}, got {labels.min()} to {labels.max()}"
        )
    if count is not None and len(labels) != count:
        raise ValueError(
            f"expected one label per image, got {count} images and {len(labels)} labels"
        )
    return labels


def grey_planes(images: np.ndarray) -> np.ndarray:
    """Grey images without an axis of channels, shape (n, height, width); else a ValueError."""
    images = np.asarray(images)
    if images.ndim == 3 or (images.ndim == 4 and images.shape[-1] == 1):
        return images.reshape(images.shape[:3])
    raise ValueError(
        "expected a batch of grey images of shape (n, height, width) or "
        f"(n, height, width, 1), got {images.shape}"
    )
