"""Is it a digit at all? A small network on a model's last feature maps, and its ONNX file."""

from collections.abc import Callable
from typing import NamedTuple

import keras
import numpy as np
from keras import layers

from ..augmentation import elastic, random_affine, random_pen
from ..training import set_seed

UNITS = 64
EPOCHS = 8
PART = 30_000  # images whose feature maps are in memory at a time

Maps = Callable[[np.ndarray], np.ndarray]  # images to feature maps


class Examples(NamedTuple):
    """What the detector learns from.

    Attributes:
        images: in MNIST form, uint8, shape (n, 28, 28).
        is_digit: bool, shape (n,).
    """

    images: np.ndarray
    is_digit: np.ndarray


def train_detector(
    examples: Examples,
    maps: Maps,
    *,
    epochs: int = EPOCHS,
    seed: int = 0,
    report: Callable[[str], None] = lambda line: None,
) -> keras.Model:
    """Train the network that tells digits from all else; every epoch sees other copies.

    Args:
        examples: as ``ship_detector.make_examples`` gives them.
        maps: from images to the feature maps that the network sees.
        epochs: how often each example is seen.
        seed: of weights, order and augmentation.
        report: called with a line of text after each epoch.

    Returns:
        A Keras model from feature maps to a logit, above 0 for a digit rather than not.
    """
    set_seed(seed)
    network = build_detector(maps(examples.images[:1]).shape[1:])
    steps = epochs * len(examples.images) // 128
    network.compile(
        keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(0.002, steps), weight_decay=0.01
        ),
        keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.02),
        steps_per_execution=8,
    )
    rng = np.random.default_rng(seed)
    for epoch in range(epochs):
        order = rng.permutation(len(examples.images))
        for i, part in enumerate(np.array_split(order, max(len(order) // PART, 1))):
            images = _augmented(examples.images[part], seed=(seed, epoch, i))
            target = examples.is_digit[part].astype(np.float32)
            network.fit(maps(images), target, batch_size=128, shuffle=False, verbose=0)
        report(f"epoch {epoch + 1} of {epochs}")
    return network


def build_detector(shape: tuple[int, ...]) -> keras.Model:
    """Two dense layers on feature maps of this shape."""
    return keras.Sequential(
        [
            keras.Input(shape),
            layers.Flatten(),
            layers.BatchNormalization(momentum=0.9),
            layers.Dropout(0.2),
            layers.Dense(UNITS, activation="relu"),
            layers.Dense(1),
        ]
    )


def _augmented(images: np.ndarray, *, seed: tuple[int, ...]) -> np.ndarray:
    """Copies, some of them moved, bent or drawn with another pen: digits and all else alike."""
    moved, bent, inked = np.random.default_rng(seed).random((3, len(images)))
    moved, bent, inked = moved < 0.6, bent < 0.3, inked < 0.5
    images = images.copy()
    images[moved] = random_affine(images[moved], shift=1.0, shear=0.15, seed=(*seed, 1))
    images[bent] = elastic(images[bent], strength=0.7, seed=(*seed, 2))
    images[inked] = random_pen(images[inked], seed=(*seed, 3))
    return images


def detector_onnx(network: keras.Model, *, threshold: float) -> bytes:
    """A detector as ONNX: ``feature_maps`` in, ``score`` out, from 0 upwards for a digit.

    Batch normalisation is folded into the first dense layer and the threshold into the last
    bias: what is left is two dense layers.

    Args:
        network: as ``build_detector`` makes it.
        threshold: the logit from which an image counts as a digit.
    """
    from onnx import TensorProto, helper, numpy_helper

    shape = network.input_shape[1:]
    constants = {"shape": np.array([-1, int(np.prod(shape))]), **_folded(network, threshold)}
    nodes = [
        helper.make_node("Reshape", ["feature_maps", "shape"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weights_0"], ["sums_0"]),
        helper.make_node("Add", ["sums_0", "bias_0"], ["units_0"]),
        helper.make_node("Relu", ["units_0"], ["hidden"]),
        helper.make_node("MatMul", ["hidden", "weights_1"], ["sums_1"]),
        helper.make_node("Add", ["sums_1", "bias_1"], ["score"]),
    ]
    source = helper.make_tensor_value_info("feature_maps", TensorProto.FLOAT, ["n", *shape])
    target = helper.make_tensor_value_info("score", TensorProto.FLOAT, ["n", 1])
    weights = [numpy_helper.from_array(array, name) for name, array in constants.items()]
    graph = helper.make_graph(nodes, "detector", [source], [target], weights)
    opset = [helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString()


def _folded(network: keras.Model, threshold: float) -> dict[str, np.ndarray]:
    gamma, beta, mean, variance, first, first_bias, last, last_bias = network.get_weights()
    factor = gamma / np.sqrt(variance + network.layers[1].epsilon)
    arrays = {
        "weights_0": factor[:, None] * first,
        "bias_0": first_bias + (beta - mean * factor) @ first,
        "weights_1": last,
        "bias_1": last_bias - threshold,
    }
    return {name: array.astype(np.float32) for name, array in arrays.items()}
