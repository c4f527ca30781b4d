"""LiteRT, the runtime of phones and small devices."""

from pathlib import Path

import keras
import numpy as np

from ...contract import Answer, check_shapes
from .onnx import require_tensorflow


def write(model: keras.Model, path: Path) -> None:
    """Write a ``.tflite`` file of a model with one input and one output.

    Raises:
        ValueError: Keras does not run on TensorFlow.
    """
    require_tensorflow("LiteRT")
    model.export(path, format="litert", verbose=False)


def open(path: Path) -> Answer:
    """Open a ``.tflite`` file, to run on one thread.

    Raises:
        ModelError: its network takes or gives other shapes.
    """
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(path), num_threads=1)
    source, target = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    any_number = None  # what a file states, mostly 1, can be changed
    check_shapes(
        path.name, *([any_number, *map(int, side["shape"][1:])] for side in (source, target))
    )

    def answer(images: np.ndarray) -> np.ndarray:
        if images.shape != tuple(interpreter.get_input_details()[0]["shape"]):
            interpreter.resize_tensor_input(source["index"], images.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(source["index"], images)
        interpreter.invoke()
        return interpreter.get_tensor(target["index"])

    return answer
