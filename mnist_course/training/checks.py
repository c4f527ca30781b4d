"""What a training is given, checked before minutes are spent on it."""

import keras
import numpy as np

RAW = 20  # no pixel is that high once it is scaled or standardised


def check_training(x: np.ndarray, y: np.ndarray, epochs: int, batch_size: int) -> None:
    """Check that there are images, scaled, with a label each, and something to do.

    Raises:
        ValueError: that is not so.
    """
    if len(x) != len(y):
        raise ValueError(f"x and y must have one label per image, got {len(x)} and {len(y)}")
    if len(x) == 0:
        raise ValueError("there are no images to train on")
    if np.asarray(x).dtype == np.uint8:
        raise ValueError("x holds raw pixels, 0 to 255; give scale_pixels(x), 0.0 to 1.0")
    if (highest := np.max(x)) > RAW:
        raise ValueError(
            f"x holds pixels of up to {highest:g}; divide by 255, as scale_pixels does, or call "
            "model.fit to see how a training on such pixels goes"
        )
    if epochs < 1 or batch_size < 1:
        raise ValueError(f"epochs and batch_size must be at least 1, got {epochs} and {batch_size}")


def check_labels(model: keras.Model, y: np.ndarray) -> None:
    """Check that labels are what a model's loss expects, as far as that is known.

    Args:
        model: compiled.
        y: labels, shape (n,), or one-hot rows.

    Raises:
        ValueError: one-hot rows where the loss takes labels, labels where it takes rows, or
            labels that are not those of the model's classes.
    """
    y, loss = np.asarray(y), _name_of(model.loss)
    if loss == "sparse_categorical_crossentropy" and y.ndim > 1 and y.shape[-1] > 1:
        raise ValueError(
            f"y holds one-hot rows, shape {y.shape}, but the loss {loss} takes labels of shape "
            "(n,): give y.argmax(axis=1), or compile with loss='categorical_crossentropy'"
        )
    if loss == "categorical_crossentropy" and y.ndim == 1:
        raise ValueError(
            f"y holds labels, shape {y.shape}, but the loss {loss} takes one-hot rows: give "
            "one_hot(y), or compile with loss='sparse_categorical_crossentropy'"
        )
    shape = getattr(model, "output_shape", None)  # not known before the model is built
    if loss == "sparse_categorical_crossentropy" and isinstance(shape, tuple):
        _check_range(y, classes=shape[-1])


def check_alike(x: np.ndarray, y: np.ndarray, *, like: np.ndarray) -> None:
    """Check that test digits have a label each, of the form of the training labels.

    Raises:
        ValueError: that is not so.
    """
    if len(x) != len(y) or np.shape(y)[1:] != np.shape(like)[1:]:
        raise ValueError(
            f"expected a label for each of the {len(x)} test images, of the form of the training "
            f"labels, shape (n, ...) = {np.shape(like)}, got {np.shape(y)}"
        )


def _check_range(y: np.ndarray, *, classes: int) -> None:
    low, high = y.min(), y.max()
    if low < 0 or high >= classes:
        remedy = f"give y - {low}" if high - low < classes else "look for what is no class"
        raise ValueError(
            f"the labels go from {low} to {high}, but the network has {classes} classes, 0 to "
            f"{classes - 1}: {remedy}"
        )


def _name_of(loss: object) -> str:
    """A loss may be a name, a function or an object of Keras."""
    if isinstance(loss, str):
        return loss
    return getattr(loss, "name", None) or getattr(loss, "__name__", "")
