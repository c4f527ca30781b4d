"""One network in several file formats: each written, opened and compared with the original."""

import importlib.util
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import keras
import numpy as np

TOLERANCE = 1e-4  # largest difference of a probability between two formats
BATCH = 500  # images: bounds the memory that a call takes

Answer = Callable[[np.ndarray], np.ndarray]  # images, 0.0 to 1.0, to probabilities


class ExportError(ValueError):
    """An exported model is damaged or does not answer as the original does."""


# --- write ---------------------------------------------------------------------------------------


def write_keras(model: keras.Model, path: str | Path) -> None:
    """Write the network alone, without optimizer and loss, as a ``.keras`` file."""
    bare = type(model).from_config(model.get_config())  # clone_model would compile it too
    bare.set_weights(model.get_weights())
    bare.save(path)


def write_onnx(model: keras.Model, path: str | Path) -> None:
    """Write a Keras model as ONNX with plain names: images in, probabilities out.

    A network of convolutions gets a second output, ``feature_maps``: float32 of shape
    (n, height, width, channels), what goes into global average pooling, a learned average or
    ``Flatten``. Where only one dense layer follows, ``class_weights`` is a third, float32 of shape
    (height, width, channels, 10), or (1, 1, channels, 10) after pooling: multiplied with the maps
    and added up over the channels it makes a class activation map.

    Args:
        model: a Keras model with one input and one output, on the TensorFlow backend.
        path: the file to write, ending in ``.onnx``.

    Raises:
        ValueError: Keras runs on another backend.
    """
    import onnx

    _require_tensorflow("ONNX")
    maps, class_weights = _last_feature_maps(model)
    if maps is not None:
        model = keras.Model(model.inputs[0], [model.outputs[0], maps], name=model.name)
    model(np.zeros((1, *model.input_shape[1:]), np.float32))  # Keras exports what it has called
    with warnings.catch_warnings():  # of the converter, about NumPy
        warnings.simplefilter("ignore", FutureWarning)
        model.export(path, format="onnx", verbose=False)
    onnx_model = onnx.load(path)
    _skip_round_trips(onnx_model.graph)
    _give_plain_names(onnx_model.graph, model.name)
    if class_weights is not None:
        _add_output(onnx_model.graph, "class_weights", class_weights)
    onnx.save(onnx_model, path)


def write_litert(model: keras.Model, path: str | Path) -> None:
    """Write a Keras model for LiteRT, the runtime of phones and small devices.

    Args:
        model: a Keras model with one input and one output, on the TensorFlow backend.
        path: the file to write, ending in ``.tflite``.

    Raises:
        ValueError: LiteRT is not installed, or Keras runs on another backend.
    """
    _require_litert()
    _require_tensorflow("LiteRT")
    model.export(path, format="litert", verbose=False)


# --- open and compare ----------------------------------------------------------------------------


def open_model(path: str | Path) -> Answer:
    """Open a model file of any format as a function from images to probabilities.

    Args:
        path: a ``.keras``, ``.onnx`` or ``.tflite`` file.

    Returns:
        A function from images, float32 of shape (n, 28, 28, 1), 0.0 to 1.0, to probabilities,
        float32 of shape (n, 10).

    Raises:
        ValueError: another ending, or LiteRT is not installed.
        ExportError: the file is missing or damaged, or holds code (a ``Lambda`` layer).
    """
    path = Path(path)
    if path.suffix not in _OPENERS:
        raise ValueError(f"a model file ends in {', '.join(_OPENERS)}, got {path.name!r}")
    kind, opener = _OPENERS[path.suffix]
    if path.suffix == ".tflite":
        _require_litert()
    try:
        return opener(path)
    except Exception as problem:  # every runtime has classes of its own
        raise ExportError(f"{path} is missing or no {kind} model: {problem}") from problem


def verify_export(model: keras.Model, path: str | Path, images: np.ndarray) -> float:
    """Compare a Keras model with an exported file on real images.

    Args:
        model: the original.
        path: the exported file, ``.keras``, ``.onnx`` or ``.tflite``.
        images: float32, shape (n, 28, 28, 1), 0.0 to 1.0.

    Returns:
        The largest absolute difference of a probability, 0 to 1.

    Raises:
        ExportError: the file cannot be opened, or the difference is above 1e-4.
    """
    images = checked_images(images)
    found = open_model(path)(images)
    expected = model.predict(images, batch_size=BATCH, verbose=0)
    difference = float(np.abs(found - expected).max())
    if not difference <= TOLERANCE:  # also catches NaN
        raise ExportError(
            f"{path} does not answer as the Keras model does: probabilities differ by up "
            f"to {difference:.2g}, expected at most {TOLERANCE:g}; export the model again"
        )
    return difference


def _open_keras(path: Path) -> Answer:
    model = keras.saving.load_model(path, compile=False, safe_mode=True)  # runs no foreign code
    return lambda images: model.predict(images, batch_size=BATCH, verbose=0)


def _open_onnx(path: Path) -> Answer:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    name, outputs = session.get_inputs()[0].name, [session.get_outputs()[0].name]
    return lambda images: session.run(outputs, {name: images})[0]


def _open_litert(path: Path) -> Answer:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(path), num_threads=1)
    source, target = interpreter.get_input_details()[0], interpreter.get_output_details()[0]

    def answer(images: np.ndarray) -> np.ndarray:
        if images.shape != tuple(interpreter.get_input_details()[0]["shape"]):
            interpreter.resize_tensor_input(source["index"], images.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(source["index"], images)
        interpreter.invoke()
        return interpreter.get_tensor(target["index"])

    return answer


_OPENERS = {
    ".keras": ("Keras", _open_keras),
    ".onnx": ("ONNX", _open_onnx),
    ".tflite": ("LiteRT", _open_litert),
}


# --- helpers -------------------------------------------------------------------------------------


def _last_feature_maps(model: keras.Model) -> tuple[keras.KerasTensor | None, np.ndarray | None]:
    """The last tensor that still has places, (n, h, w, channels); its weights if one dense
    layer follows."""
    layers = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    shapes = [layer.output.shape for layer in layers]
    spatial = [i for i, (_, *rest) in enumerate(shapes) if len(rest) == 3 and rest[:2] != [1, 1]]
    if not spatial:
        return None, None
    head = [x for x in layers[spatial[-1] + 1 :] if not isinstance(x, keras.layers.Dropout)]
    maps = layers[spatial[-1]].output
    return maps, _class_weights(head, maps.shape[1:])


def _class_weights(head: Sequence, shape: tuple[int, int, int]) -> np.ndarray | None:
    """What each number in maps of this shape adds to each class's score."""
    match head:
        case [keras.layers.Flatten(), keras.layers.Dense() as dense]:
            return keras.ops.convert_to_numpy(dense.kernel).reshape(*shape, -1)
        case [keras.layers.GlobalAveragePooling2D(), keras.layers.Dense() as dense]:
            return keras.ops.convert_to_numpy(dense.kernel)[None, None] / (shape[0] * shape[1])
        case [
            keras.layers.DepthwiseConv2D(
                kernel_size=size, depth_multiplier=1, activation=keras.activations.linear
            ) as average,
            keras.layers.Flatten(),
            keras.layers.Dense() as dense,
        ] if size == shape[:2]:
            return keras.ops.convert_to_numpy(average.kernel * dense.kernel)
        case _:
            return None


def _skip_round_trips(graph) -> None:
    """Where a transpose undoes the one before it, go on with what went into that."""
    makers = {output: node for node in graph.node for output in node.output}
    for node in [node for node in graph.node if node.op_type == "Transpose"]:
        before = makers.get(node.input[0])
        if before is None or before.op_type != "Transpose":
            continue
        first, second = before.attribute[0].ints, node.attribute[0].ints
        if [first[axis] for axis in second] == list(range(len(first))):
            for user in graph.node:
                inputs = [before.input[0] if i == node.output[0] else i for i in user.input]
                del user.input[:]
                user.input.extend(inputs)
            graph.node.remove(node)


def _give_plain_names(graph, name: str) -> None:
    """Rename tensors and nodes: converters name them after the session's layer counters."""
    names = {graph.input[0].name: "images"}
    for tensor, plain in zip(graph.output, ("probabilities", "feature_maps"), strict=False):
        names[tensor.name] = plain
    for i, weights in enumerate(graph.initializer):
        weights.name = names.setdefault(weights.name, f"weights_{i}")
    for i, node in enumerate(graph.node):
        node.name = f"{node.op_type.lower()}_{i}"
        outputs = [names.setdefault(output, node.name) for output in node.output]
        inputs = [names.get(tensor, tensor) for tensor in node.input]
        del node.input[:], node.output[:]
        node.input.extend(inputs)
        node.output.extend(outputs)
    for tensor in (graph.input[0], *graph.output):
        tensor.name = names[tensor.name]
        tensor.type.tensor_type.shape.dim[0].dim_param = "n"
    del graph.value_info[:]
    graph.name, graph.doc_string = name, ""


def _add_output(graph, name: str, values: np.ndarray) -> None:
    """Give out constants as one more output."""
    from onnx import helper, numpy_helper

    graph.initializer.append(numpy_helper.from_array(values, name))
    output = helper.make_tensor_value_info(name, graph.initializer[-1].data_type, values.shape)
    graph.output.append(output)


def checked_images(images: np.ndarray) -> np.ndarray:
    """The images, if a network takes them as they are; else a ValueError."""
    images = np.asarray(images)
    if images.dtype != np.float32 or images.shape[1:] != (28, 28, 1) or not len(images):
        raise ValueError(
            "expected images as scale_pixels makes them, float32 of shape (n, 28, 28, 1), at "
            f"least one, got {images.dtype} of shape {images.shape}"
        )
    return images


def _require_litert() -> None:
    if importlib.util.find_spec("ai_edge_litert") is None:
        raise ValueError("LiteRT is not installed: pip install mnist-course[litert]")


def _require_tensorflow(kind: str) -> None:
    if (backend := keras.backend.backend()) != "tensorflow":
        raise ValueError(
            f"{kind} files are written by Keras on TensorFlow, but this is Keras on {backend}: "
            "start again with KERAS_BACKEND=tensorflow"
        )
