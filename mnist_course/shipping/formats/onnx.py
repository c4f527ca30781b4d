"""ONNX, which any program can read: with plain names and the last feature maps."""

import warnings
from pathlib import Path

import keras
import numpy as np

from ...contract import Answer
from ...explain import last_feature_maps
from ...predictor import open_session


def write(model: keras.Model, path: Path) -> None:
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

    require_tensorflow("ONNX")
    maps, class_weights = last_feature_maps(model)
    if maps is None or maps is model.inputs[0]:  # no layer makes maps
        class_weights = None
    else:
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


def open(path: Path) -> Answer:
    """Open an ``.onnx`` file, to run on one thread.

    Raises:
        ModelError: it is damaged, or its network takes or gives other shapes.
    """
    session = open_session(path.read_bytes(), name=path.name)
    name, outputs = session.get_inputs()[0].name, [session.get_outputs()[0].name]
    return lambda images: session.run(outputs, {name: images})[0]


def require_tensorflow(kind: str) -> None:
    """Raise ValueError on another backend: its models cannot be exported to this kind."""
    if (backend := keras.backend.backend()) != "tensorflow":
        raise ValueError(
            f"{kind} files are written by Keras on TensorFlow, but this is Keras on {backend}: "
            "start again with KERAS_BACKEND=tensorflow"
        )


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
    used = [tensor for node in graph.node for tensor in node.input]  # the converter's order varies
    first = {tensor: place for place, tensor in reversed([*enumerate(used)])}
    in_order = sorted(graph.initializer, key=lambda weights: first.get(weights.name, len(used)))
    del graph.initializer[:]
    graph.initializer.extend(in_order)
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
