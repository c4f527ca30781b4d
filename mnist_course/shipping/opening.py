"""Model files of any format as functions, each checked before it is believed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..contract import Answer, check_answers
from ..manifest import ModelError
from .formats import ExportError, format_of

if TYPE_CHECKING:
    import keras

BATCH = 1024  # images: bounds the memory that a call takes


def open_model(path: str | Path) -> Answer:
    """Open a model file of any format as a function from images to probabilities.

    Args:
        path: a file with an ending of ``formats.FORMATS``.

    Returns:
        A function from images, float32 of shape (n, 28, 28, 1), 0.0 to 1.0, to probabilities,
        float32 of shape (n, 10).

    Raises:
        ValueError: LiteRT is needed and not installed.
        ModelError: there is no such file, it has another ending, it is damaged or holds code (a
            ``Lambda`` layer), or it is no network of digits, as ``contract`` says.
    """
    path, known = Path(path), format_of(path)
    module = known.module()
    if not path.is_file():
        raise ModelError(f"there is no file {path}")
    try:
        answer = module.open(path)
    except ModelError:
        raise
    except Exception as problem:  # every runtime has classes of its own
        raise ExportError(f"{path} is damaged or no {known.runtime} model: {problem}") from problem
    check_answers(path.name, answer)
    return lambda images: _in_batches(answer, images)


def verify_export(model: keras.Model, path: str | Path, images: np.ndarray) -> float:
    """Compare a Keras model with an exported file on real images.

    Args:
        model: the original.
        path: the exported file, of any format.
        images: float32, shape (n, 28, 28, 1), 0.0 to 1.0.

    Returns:
        The largest absolute difference of a probability, 0 to 1.

    Raises:
        ModelError: the file cannot be opened, as in ``open_model``.
        ExportError: the difference is above the format's tolerance.
    """
    images, tolerance = checked_images(images), format_of(path).tolerance
    found = open_model(path)(images)
    expected = model.predict(images, batch_size=BATCH, verbose=0)
    difference = float(np.abs(found - expected).max())
    if not difference <= tolerance:  # also catches NaN
        raise ExportError(
            f"{path} does not answer as the Keras model does: probabilities differ by up "
            f"to {difference:.2g}, expected at most {tolerance:g}; export the model again"
        )
    return difference


def checked_images(images: np.ndarray) -> np.ndarray:
    """The images, if a network takes them as they are; else a ValueError."""
    images = np.asarray(images)
    if images.dtype != np.float32 or images.shape[1:] != (28, 28, 1) or not len(images):
        raise ValueError(
            "expected images as scale_pixels makes them, float32 of shape (n, 28, 28, 1), at "
            f"least one, got {images.dtype} of shape {images.shape}"
        )
    return images


def _in_batches(answer: Answer, images: np.ndarray) -> np.ndarray:
    if len(images) <= BATCH:
        return answer(images)
    return np.concatenate([answer(images[i : i + BATCH]) for i in range(0, len(images), BATCH)])
