"""What a training is given, checked before minutes are spent on it."""

from numbers import Integral

import keras
import numpy as np

RAW = 20  # no pixel is that far from 0 once it is scaled or standardised


def check_training(x: np.ndarray, y: np.ndarray, epochs: int, batch_size: int) -> None:
    """Check that there are images, scaled, with a label each, and something to do.

    Raises:
        ValueError: that is not so.
    """
    check_digits(x, y)
    if not all(isinstance(count, Integral) and count >= 1 for count in (epochs, batch_size)):
        raise ValueError(
            "epochs and batch_size must be whole numbers of at least 1, "
            f"got {epochs!r} and {batch_size!r}"
        )


def check_digits(x: np.ndarray, y: np.ndarray, where: str = "") -> None:
    """Check that there are images, scaled, with a label each.

    Args:
        x: images, any shape (n, ...).
        y: one label or row per image.
        where: what a message adds to the names of x and y.

    Raises:
        ValueError: that is not so.
    """
    if len(x) != len(y):
        raise ValueError(f"x and y{where} must have one label per image, got {len(x)} and {len(y)}")
    check_images(x, where)


def check_images(x: np.ndarray, where: str = "") -> None:
    """Check that there are images, and that they are scaled.

    Raises:
        ValueError: that is not so.
    """
    if len(x) == 0:
        raise ValueError(f"there are no images in x{where}")
    if x.dtype == np.uint8:
        raise ValueError(f"x{where} holds raw pixels, 0 to 255; give scale_pixels(x), 0.0 to 1.0")
    low, high = np.min(x), np.max(x)
    if not np.isfinite([low, high]).all():
        raise ValueError(f"x{where} holds pixels that are no finite numbers: look for a NaN")
    if low < -RAW or high > RAW:
        raise ValueError(
            f"x{where} holds pixels from {low:g} to {high:g}; divide by 255, as scale_pixels "
            "does, or call model.fit to see how a training on such pixels goes"
        )


def check_pair(name: str, digits) -> None:
    """Check that images and labels come together.

    Raises:
        ValueError: that is not so.
    """
    if not isinstance(digits, tuple | list) or len(digits) != 2:
        raise ValueError(f"{name} must be (x, y), got {type(digits).__name__}")


def checked_validation(model: keras.Model, validation_data) -> tuple[np.ndarray, np.ndarray]:
    """The validation digits as arrays, checked as the training digits are.

    Raises:
        ValueError: they are no pair, are not scaled, or the labels do not fit images or loss.
    """
    where = " of validation_data"
    check_pair("validation_data", validation_data)
    x, y = map(np.asarray, validation_data)
    check_digits(x, y, where)
    check_labels(model, y, where)
    return x, y


def check_labels(model: keras.Model, y: np.ndarray, where: str = "") -> None:
    """Check that labels are what a model's loss expects, as far as that is known.

    Args:
        model: compiled.
        y: labels, shape (n,), or one-hot rows.
        where: what a message adds to the name of y.

    Raises:
        ValueError: one-hot rows where the loss takes labels, labels where it takes rows, or
            labels that are no whole numbers, or not those of the model's classes.
    """
    y, loss = np.asarray(y), _name_of(model.loss)
    if loss == "sparse_categorical_crossentropy" and y.ndim > 1 and y.shape[-1] > 1:
        raise ValueError(
            f"y{where} holds one-hot rows, shape {y.shape}, but the loss {loss} takes labels of "
            "shape (n,): give y.argmax(axis=1), or compile with loss='categorical_crossentropy'"
        )
    if loss == "categorical_crossentropy" and y.ndim == 1:
        raise ValueError(
            f"y{where} holds labels, shape {y.shape}, but the loss {loss} takes one-hot rows: give "
            "one_hot(y), or compile with loss='sparse_categorical_crossentropy'"
        )
    if loss == "sparse_categorical_crossentropy":
        _check_whole(y, where)
        shape = getattr(model, "output_shape", None)  # not known before the model is built
        if isinstance(shape, tuple):
            _check_range(y, where, classes=shape[-1])


def check_alike(x: np.ndarray, y: np.ndarray, *, like: np.ndarray) -> None:
    """Check that there are test digits, with a label each, of the form of the training labels.

    Raises:
        ValueError: that is not so.
    """
    if len(x) == 0:
        raise ValueError("there are no test images")
    if len(x) != len(y) or np.shape(y)[1:] != np.shape(like)[1:]:
        raise ValueError(
            f"expected a label for each of the {len(x)} test images, of the form of the training "
            f"labels, shape (n, ...) = {np.shape(like)}, got {np.shape(y)}"
        )


def _check_whole(y: np.ndarray, where: str) -> None:
    odd = y[y != np.round(y)] if y.dtype.kind in "biuf" else y  # NaN, too, equals nothing
    if len(odd):
        raise ValueError(f"the labels{where} must be whole numbers, got {y.dtype}, as in {odd[0]}")


def _check_range(y: np.ndarray, where: str, *, classes: int) -> None:
    low, high = y.min(), y.max()
    if low < 0 or high >= classes:
        remedy = f"give y {'+' if low < 0 else '-'} {abs(low)}"
        if high - low >= classes:
            remedy = "look for what is no class"
        raise ValueError(
            f"the labels{where} go from {low} to {high}, but the network has {classes} classes, "
            f"0 to {classes - 1}: {remedy}"
        )


def _name_of(loss: object) -> str:
    """A loss may be a name, a function or an object of Keras."""
    if isinstance(loss, str):
        return loss
    return getattr(loss, "name", None) or getattr(loss, "__name__", "")
