"""Averages of weights: often better than each of the weights they are made of.

What is averaged are kernels and biases. The moving statistics of batch normalisation belong to
the activations of one set of weights: after averaging they are measured anew.
"""

import math
from collections.abc import Iterable, Sequence

import keras
import numpy as np

from .checks import check_images

Weights = Sequence[np.ndarray]


def average_weights(weight_sets: Iterable[Weights]) -> list[np.ndarray]:
    """Average several sets of weights of one architecture, array by array.

    Args:
        weight_sets: one entry per network or moment of training, each as ``get_weights`` gives
            it. They must descend from one training: nets of different seeds do not average.

    Returns:
        New arrays for ``set_weights``; call ``refresh_batch_norm`` after it.

    Raises:
        ValueError: no sets, or sets whose shapes differ.

    Source: Izmailov et al., "Averaging weights leads to wider optima", 2018.

    Example:
        >>> model.set_weights(average_weights([weights_after_epoch_4, weights_after_epoch_5]))
        >>> refresh_batch_norm(model, x_train)
    """
    weight_sets = list(weight_sets)
    shapes = {tuple(np.shape(array) for array in weights) for weights in weight_sets}
    if len(shapes) != 1:
        raise ValueError(
            "expected at least one set of weights, all of one architecture, "
            f"got {len(weight_sets)} with {len(shapes)} different lists of shapes"
        )
    return [np.mean(arrays, axis=0) for arrays in zip(*weight_sets, strict=True)]


def refresh_batch_norm(model: keras.Model, x: np.ndarray, *, batch_size: int = 500) -> None:
    """Measure the statistics of every batch normalisation anew, with the weights as they are.

    Layer by layer, from the first to the last: each gets the exact mean and variance, over all
    of ``x``, of what enters it at inference. That takes one pass per layer.

    Args:
        model: Sequential or functional, without batch normalisation in nested models.
        x: training images, float32, shape (n, 28, 28, 1), 0.0 to 1.0.
        batch_size: images at a time; the result does not depend on it.

    Raises:
        ValueError: there are no images, or they are not scaled.

    Source: Izmailov et al., "Averaging weights leads to wider optima", 2018.
    """
    check_images(x)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            mean, variance = _moments(model.inputs, layer, x, batch_size)
            layer.moving_mean.assign(mean)
            layer.moving_variance.assign(variance)


def _moments(inputs, layer, x: np.ndarray, batch_size: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance per channel of the layer's input, added up in double precision."""
    ops = keras.ops
    channels = ops.moveaxis(layer.input, layer.axis, -1)
    rows = ops.reshape(channels, (-1, math.prod(channels.shape[1:-1]), channels.shape[-1]))
    rows = rows - ops.convert_to_tensor(layer.moving_mean)  # near 0: no digits cancel below
    parts = [ops.mean(rows, axis=1), ops.mean(ops.square(rows), axis=1)]
    sums = keras.Model(inputs, parts).predict(x, batch_size=batch_size, verbose=0)
    offset, square = (part.mean(axis=0, dtype=np.float64) for part in sums)
    return offset + layer.moving_mean.numpy(), square - offset**2
