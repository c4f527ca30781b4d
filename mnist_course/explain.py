"""What a network sees: its maps layer by layer, and which places its answer rests on.

Works with any Keras model of images (n, 28, 28, 1) and needs no gradients, so it is the same on
every backend. A picture made here is not yet an explanation: Day 17 shows how to test one.
"""

from collections.abc import Callable, Sequence

import keras
import numpy as np
from keras import layers

from .preprocessing import checked_labels, grey_planes

BATCH = 500  # images: bounds the memory that a call takes

Answer = Callable[[np.ndarray], np.ndarray]


def activations(model: keras.Model, images: np.ndarray) -> dict[str, np.ndarray]:
    """What every layer answers with.

    Args:
        model: Sequential or functional.
        images: float32, shape (n, 28, 28, 1), 0.0 to 1.0.

    Returns:
        Layer name to array: maps of shape (n, height, width, channels), or (n, units) where no
        places are left; in the order of the layers.

    Raises:
        ValueError: the images are not what the network takes, or there are none.
    """
    images = _checked(model, images)
    stack = [layer for layer in model.layers if not isinstance(layer, layers.InputLayer)]
    outputs = keras.Model(model.inputs[0], [layer.output for layer in stack])
    parts = [outputs(images[rows]) for rows in _batches(len(images))]
    parts = parts if len(stack) > 1 else [[part] for part in parts]
    answers = [
        np.concatenate([keras.ops.convert_to_numpy(a) for a in answer])
        for answer in zip(*parts, strict=True)
    ]
    return {layer.name: answer for layer, answer in zip(stack, answers, strict=True)}


def class_activation_map(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """Split every logit into what each place of the last feature maps adds to it.

    Exact where only linear layers (an average over places, ``Flatten``) stand between those
    maps and the last dense layer: the places of a class, and a constant (that layer's bias), add
    up to the logit.

    Args:
        model: such a network, ``"champion"``, ``"resnet"`` or ``"tiny"``.
        images: float32, shape (n, 28, 28, 1), 0.0 to 1.0.

    Returns:
        float32, shape (n, height, width, num_classes): the part of each place in each logit.

    Raises:
        ValueError: there is another layer between the last maps and the answer, the images are
            not what the network takes, or there are none.

    Source: Zhou et al., "Learning deep features for discriminative localization", 2016; here
    also with an average in which every place has a weight of its own.
    """
    maps, weights = last_feature_maps(model)
    if weights is None:
        raise ValueError(
            "expected a network in which only an average over places or Flatten stands between "
            f"the last maps and the last dense layer, got {[x.name for x in model.layers[-4:]]}"
        )
    images = _checked(model, images)
    to_maps = keras.Model(model.inputs[0], maps)
    parts = [
        keras.ops.convert_to_numpy(to_maps(images[rows]))[..., None, :] @ weights
        for rows in _batches(len(images))
    ]
    return np.concatenate(parts)[..., 0, :]


def last_feature_maps(model: keras.Model) -> tuple[keras.KerasTensor | None, np.ndarray | None]:
    """The last tensor of a network that still has places, and what its numbers add to the logits.

    Args:
        model: Sequential or functional, with one input.

    Returns:
        ``(maps, weights)``: the tensor, shape (n, height, width, channels), the images themselves
        where no layer makes maps, or None without any places. The weights, float32, shape
        (height, width, channels, num_classes), or (1, 1, channels, num_classes) after global
        average pooling, are None unless only an average over places or ``Flatten`` stands between
        the maps and the last dense layer.
    """
    stack = [layer for layer in model.layers if not isinstance(layer, layers.InputLayer)]
    tensors = [model.inputs[0], *(layer.output for layer in stack)]
    shapes = [tuple(tensor.shape[1:]) for tensor in tensors]
    spatial = [i for i, shape in enumerate(shapes) if len(shape) == 3 and shape[:2] != (1, 1)]
    if not spatial:
        return None, None
    head = [x for x in stack[spatial[-1] :] if not isinstance(x, layers.Dropout)]
    return tensors[spatial[-1]], _class_weights(head, shapes[spatial[-1]])


def _class_weights(head: Sequence, shape: tuple[int, int, int]) -> np.ndarray | None:
    """What each number in maps of this shape adds to each class's score."""
    match head:
        case [layers.Flatten(), layers.Dense() as dense]:
            return keras.ops.convert_to_numpy(dense.kernel).reshape(*shape, -1)
        case [layers.GlobalAveragePooling2D(), layers.Dense() as dense]:
            return keras.ops.convert_to_numpy(dense.kernel)[None, None] / (shape[0] * shape[1])
        case [
            layers.DepthwiseConv2D(
                kernel_size=size, depth_multiplier=1, activation=keras.activations.linear
            ) as average,
            layers.Flatten(),
            layers.Dense() as dense,
        ] if size == shape[:2]:
            return keras.ops.convert_to_numpy(average.kernel * dense.kernel)
        case _:
            return None


def occlusion_map(
    answer: Answer, images: np.ndarray, digits: np.ndarray, *, size: int = 7, stride: int = 1
) -> np.ndarray:
    """Cover one square after the other with background: how much is lost?

    Args:
        answer: from images to probabilities, such as ``DigitReader.predict``.
        images: what ``answer`` takes, shape (n, height, width) or (n, height, width, 1), with a
            background of 0.
        digits: the class whose probability is watched, integers, shape (n,).
        size: side of the square, pixels.
        stride: pixels from one square to the next.

    Returns:
        float, shape (n, rows, columns): probability before less probability with the square
        covered that begins at row ``stride * r`` and column ``stride * c``; below 0 where
        covering helps.

    Raises:
        ValueError: the images have another shape, the square does not fit into them, or
            ``digits`` is not one class per image.

    Source: Zeiler and Fergus, "Visualizing and understanding convolutional networks", 2014.
    """
    height, width = grey_planes(images).shape[1:]
    if not 1 <= size <= min(height, width) or stride < 1:
        raise ValueError(
            f"expected a square of 1 to {min(height, width)} pixels and a stride from 1 upwards, "
            f"got size {size}, stride {stride}"
        )
    answers = np.asarray(answer(images))
    digits = checked_labels(digits, num_classes=answers.shape[1], count=len(images))
    rows, columns = range(0, height - size + 1, stride), range(0, width - size + 1, stride)
    each = np.arange(len(images))
    before = answers[each, digits]
    losses = np.empty((len(images), len(rows), len(columns)), before.dtype)
    for r, top in enumerate(rows):
        for c, left in enumerate(columns):
            hidden = cover(images, top, left, size=size)
            losses[:, r, c] = before - np.asarray(answer(hidden))[each, digits]
    return losses


def cover(images: np.ndarray, top, left, *, size: int = 7) -> np.ndarray:
    """Copies of images in which a square is background.

    Args:
        images: any dtype with background 0, shape (n, height, width) or (n, height, width, 1).
        top: first row of the square, one for all images or an array of shape (n,).
        left: first column, likewise.
        size: side of the square, pixels.

    Returns:
        A new array of the same dtype and shape.

    Raises:
        ValueError: the images have another shape.
    """
    row, column = np.indices(grey_planes(images).shape[1:])[:, None]
    top, left = np.reshape(top, (-1, 1, 1)), np.reshape(left, (-1, 1, 1))
    inside = (top <= row) & (row < top + size) & (left <= column) & (column < left + size)
    inside = inside.reshape(*inside.shape, *[1] * (images.ndim - 3))
    return np.where(inside, np.zeros((), images.dtype), images)


def _checked(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """The images, if the network takes them as they are; else a ValueError."""
    images, (_, *sides) = np.asarray(images), model.inputs[0].shape
    fits = all(side in (None, n) for side, n in zip(sides, images.shape[1:], strict=False))
    if images.dtype.kind != "f" or images.ndim != 1 + len(sides) or not fits or not len(images):
        raise ValueError(
            f"expected at least one image of scaled pixels, floats of shape (n, "
            f"{', '.join(map(str, sides))}), got {images.dtype} of shape {images.shape}"
        )
    return images


def _batches(n: int) -> list[slice]:
    """Few images at a time; called directly, as predict() would compile every new model."""
    return [slice(start, start + BATCH) for start in range(0, n, BATCH)]
