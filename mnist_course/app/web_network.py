"""A shipped ONNX model as the page's JavaScript reads it: a list of layers and their weights."""

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from .._files import write_bytes, write_text
from ..manifest import ModelError, read_manifest, verified_bytes

IGNORED = {"Reshape", "Transpose", "Softmax"}  # their order of numbers is the page's own


def write_network(folder: str | Path, name: str) -> dict[str, Path]:
    """Write a shipped model for ``network.js``: ``NAME.json`` and ``NAME.bin``.

    Args:
        folder: where to; it must be there.
        name: a model in the manifest.

    Returns:
        The files, by ``"json"`` and ``"bin"``.

    Raises:
        ModelError: no such model, or it has layers that the page does not know.
    """
    layers, weights = web_network(verified_bytes(name, "onnx"))
    entry = read_manifest()[name]
    description = {
        "name": name,
        "sha256": entry["files"]["onnx"]["sha256"],
        "parameters": entry["parameters"],
        "test_accuracy": entry["test_accuracy"]["shipped"],
        "detector": "detector" in entry["files"],
        "layers": layers,
    }
    return _write(Path(folder), name, description, weights)


def write_detector(folder: str | Path, name: str) -> dict[str, Path]:
    """Write what tells digits from all else: ``NAME_detector.json`` and ``NAME_detector.bin``.

    Its layers are of the kinds that ``network.js`` has. They take the model's last maps (what
    goes into its last layers, an average of places and a dense one), channel after channel, and
    give one number: from 0 upwards for a digit.

    Args:
        folder: where to; it must be there.
        name: a model in the manifest that ships a detector.

    Returns:
        The files, by ``"json"`` and ``"bin"``.

    Raises:
        ModelError: no such model, or it ships no detector.
    """
    content = verified_bytes(name, "detector")
    shape = onnx.load_from_string(content).graph.input[0].type.tensor_type.shape
    height, width, channels = (side.dim_value for side in shape.dim[1:])
    layers, weights = web_network(content)
    first = layers[0]["weights"]  # of each place all channels; the page has it the other way round
    places = weights[:first].reshape(height * width, channels, -1).transpose(1, 0, 2)
    weights = np.concatenate([places.ravel(), weights[first:]])
    sha256 = read_manifest()[name]["files"]["detector"]["sha256"]
    description = {"sha256": sha256, "layers": layers}
    return _write(Path(folder), f"{name}_detector", description, weights)


def _write(folder: Path, name: str, description: dict, weights: np.ndarray) -> dict[str, Path]:
    files = {kind: folder / f"{name}.{kind}" for kind in ("json", "bin")}
    write_bytes(files["bin"], weights.astype("<f4").tobytes())
    write_text(files["json"], json.dumps(description, indent=1) + "\n")
    return files


def web_network(onnx_model: bytes) -> tuple[list[dict], np.ndarray]:
    """The layers of an ONNX model that is a plain chain, and all their weights in a row.

    Args:
        onnx_model: the bytes of a file as ``shipping`` writes it, with plain names.

    Returns:
        A dictionary per layer: ``kind`` (``convolution``, ``relu``, ``pool``, ``dense``), its
        sizes, how many numbers of the row are its ``weights`` and its ``bias``; and the row,
        float32, in the order of the layers.

    Raises:
        ModelError: it has another kind of layer.
    """
    graph = onnx.load_from_string(onnx_model).graph
    known = {weights.name: numpy_helper.to_array(weights) for weights in graph.initializer}
    layers, row = [], []
    for node in graph.node:
        numbers = [known[name] for name in node.input[1:] if name in known]
        if node.op_type == "Add":  # a dense layer's bias, which ONNX adds on its own
            layers[-1]["bias"] = numbers[0].size
        elif node.op_type not in IGNORED:
            layers.append(_layer(node, numbers))
        else:
            continue
        row += [array.astype(np.float32).ravel() for array in numbers]
    return layers, np.concatenate(row)


def _layer(node, numbers: list[np.ndarray]) -> dict:
    sizes = {"weights": numbers[0].size if numbers else 0, "bias": 0}
    options = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
    if node.op_type == "Conv":
        sizes["bias"] = numbers[1].size if len(numbers) > 1 else 0
        return {"kind": "convolution", **_convolution(numbers[0], options), **sizes}
    if node.op_type == "MatMul":
        return {"kind": "dense", "units": numbers[0].shape[1], **sizes}
    if node.op_type == "Relu":
        return {"kind": "relu", **sizes}
    if node.op_type == "MaxPool" and options["kernel_shape"] == options["strides"] == [2, 2]:
        return {"kind": "pool", **sizes}
    raise ModelError(f"the page's JavaScript has no layer for ONNX's {node.op_type}")


def _convolution(kernel: np.ndarray, options: dict) -> dict:
    return {
        "filters": kernel.shape[0],
        "size": kernel.shape[2],
        "stride": options["strides"][0],
        "padding": options.get("pads", [0])[0],
        "separate": options["group"] > 1,
    }
