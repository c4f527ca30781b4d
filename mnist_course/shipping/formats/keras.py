"""Keras's own format: the network alone, without optimizer and loss."""

import zipfile
from pathlib import Path

import keras

from ...contract import Answer, check_shapes
from ...manifest import ModelError


def write(model: keras.Model, path: Path) -> None:
    """Write the network alone as a ``.keras`` file."""
    bare = type(model).from_config(model.get_config())  # clone_model would compile it too
    bare.set_weights(model.get_weights())
    bare.save(path)


def open(path: Path) -> Answer:
    """Open a ``.keras`` file in Keras's safe mode: no foreign code runs.

    Raises:
        ModelError: the file is cut off, or its network takes or gives other shapes.
    """
    if not zipfile.is_zipfile(path):  # Keras would say that it finds no file
        raise ModelError(
            f"{path} is damaged: a .keras file is a ZIP archive, and this one is cut off or "
            "something else. Copy it again, or save the model again"
        )
    model = keras.saving.load_model(path, compile=False, safe_mode=True)
    check_shapes(path.name, *shapes_of(model))
    return answer_of(model)


def answer_of(model: keras.Model) -> Answer:
    """A Keras model as a function from images to probabilities."""
    return lambda images: model.predict(images, batch_size=max(1, len(images)), verbose=0)


def shapes_of(model: keras.Model) -> tuple[tuple, tuple]:
    """Shape of a model's input and of its output.

    Raises:
        ModelError: it was never built.
    """
    try:
        return model.input_shape, model.output_shape
    except AttributeError as problem:
        raise ModelError(
            f"model {model.name!r} is not built yet: give it keras.Input((28, 28, 1)) as its first "
            "layer, or call it once on images"
        ) from problem
