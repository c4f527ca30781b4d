"""Networks, each a short builder whose shape a learner can read.

All take images of shape (n, 28, 28, 1), float32, 0.0 to 1.0, and answer with one probability per
class, float32 of shape (n, num_classes), each row adding up to 1. They come without an optimizer
and a loss: ``training`` compiles them.
"""

import math
from collections.abc import Callable
from numbers import Integral

import keras
from keras import layers

from ._seed import set_seed

BATCH_NORM_MOMENTUM = 0.9  # Keras's 0.99 lags behind in runs of a few hundred steps


def create_model(
    name: str = "cnn", *, num_classes: int = 10, seed: int | None = None
) -> keras.Model:
    """Build one of the course's networks, untrained.

    Args:
        name: one of ``MODELS``, such as ``"softmax"``, ``"dense"``, ``"cnn"``, ``"champion"``.
        num_classes: how many probabilities the network answers with.
        seed: seeds Python, NumPy and Keras first, so that the initial weights are the same
            every time; None leaves the generators as they are.

    Returns:
        A model from images (n, 28, 28, 1), 0.0 to 1.0, to probabilities (n, num_classes).

    Raises:
        ValueError: there is no model of that name, ``num_classes`` is no whole number from 2
            upwards, or the seed is none, as ``set_seed`` says.
    """
    if name not in MODELS:
        raise ValueError(f"there is no model {name!r}; choose one of {', '.join(MODELS)}")
    if not isinstance(num_classes, Integral) or num_classes < 2:
        raise ValueError(f"num_classes must be a whole number, at least 2, got {num_classes!r}")
    if seed is not None:
        set_seed(seed)
    return MODELS[name](int(num_classes))  # Keras takes no NumPy integer


def multiplications(model: keras.Model) -> int:
    """Count what a network multiplies to answer one image; biases and pooling are left out.

    Args:
        model: Sequential or functional; dense, convolutional and separable layers are counted,
            and averages with learned weights.

    Returns:
        Every weight of a kernel times the places at which it is used.
    """
    return sum(
        math.prod(weight.shape) * math.prod(layer.output.shape[1:-1])
        for layer in model.layers
        for weight in layer.trainable_weights
        if "kernel" in weight.name
    )


def softmax(num_classes: int = 10) -> keras.Model:
    """Logistic regression as a network: 7,850 parameters."""
    return _sequential("softmax", layers.Flatten(), *_answer(num_classes))


def dense(num_classes: int = 10) -> keras.Model:
    """One hidden layer of 128 units: 101,770 parameters."""
    return _sequential(
        "dense",
        layers.Flatten(),
        layers.Dense(128, activation="relu"),
        *_answer(num_classes),
    )


def dense_regularized(num_classes: int = 10) -> keras.Model:
    """Two hidden layers of 256 with batch normalisation and dropout: 270,858 parameters."""
    hidden = []
    for _ in range(2):
        hidden += [
            layers.Dense(256, use_bias=False),  # batch normalisation brings its own bias
            layers.BatchNormalization(momentum=BATCH_NORM_MOMENTUM),
            layers.ReLU(),
            layers.Dropout(0.3),
        ]
    return _sequential("dense_regularized", layers.Flatten(), *hidden, *_answer(num_classes))


def cnn(num_classes: int = 10) -> keras.Model:
    """The classic convolutional network of Day 16: 225,034 parameters."""
    return _sequential("cnn", *_classic(32, 64), *_answer(num_classes))


def cnn_small(num_classes: int = 10) -> keras.Model:
    """The classic with half of its filters, for trainings of seconds: 108,618 parameters."""
    return _sequential("cnn_small", *_classic(16, 32), *_answer(num_classes))


def cnn_three(num_classes: int = 10) -> keras.Model:
    """Three convolutions and a smaller head: 93,322 parameters."""
    return _sequential(
        "cnn_three",
        layers.Conv2D(32, 3, activation="relu"),  # (26, 26, 32)
        layers.MaxPooling2D(),  # (13, 13, 32)
        layers.Conv2D(64, 3, activation="relu"),  # (11, 11, 64)
        layers.MaxPooling2D(),  # (5, 5, 64)
        layers.Conv2D(64, 3, activation="relu"),  # (3, 3, 64)
        layers.Flatten(),  # (576,)
        layers.Dense(64, activation="relu"),
        *_answer(num_classes),
    )


def vgg(num_classes: int = 10) -> keras.Model:
    """Pairs of 3 x 3 convolutions, wider after each pooling: 147,610 parameters.

    Source: Simonyan and Zisserman, "Very deep convolutional networks", 2015; narrowed for MNIST,
    with batch normalisation.
    """
    stages = []
    for filters in (16, 32, 64):  # 28 x 28, 14 x 14, 7 x 7
        stages += [*_conv(filters), *_conv(filters), layers.MaxPooling2D()]
    head = [layers.Flatten(), layers.Dense(128, activation="relu"), layers.Dropout(0.5)]
    return _sequential("vgg", *stages, *head, *_answer(num_classes))


def resnet(num_classes: int = 10) -> keras.Model:
    """Three residual blocks, global average pooling: 78,042 parameters.

    Source: He et al., "Deep residual learning for image recognition", 2016.
    """
    image = keras.Input((28, 28, 1))
    x = _chain(image, *_conv(16))
    for filters, strides in ((16, 1), (32, 2), (64, 2)):  # 28 x 28, 14 x 14, 7 x 7
        x = _residual_block(x, filters, strides)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, _chain(x, *_answer(num_classes)), name="resnet")


def separable(num_classes: int = 10) -> keras.Model:
    """Depthwise separable convolutions after a plain one: 9,418 parameters.

    Source: Howard et al., "MobileNets", 2017.
    """
    return _sequential(
        "separable",
        *_conv(16, 5, strides=2),  # (14, 14, 16)
        *_separable_conv(32),
        *_separable_conv(64),
        layers.MaxPooling2D(),  # (7, 7, 64)
        *_separable_conv(64),
        layers.GlobalAveragePooling2D(),
        *_answer(num_classes),
    )


def champion(num_classes: int = 10) -> keras.Model:
    """Five convolutions, each with batch normalisation: 73,050 parameters.

    The first two lose the empty border of the image, and the second halves it: little work is
    left for the others. The last maps are 6 x 6, and of each an average is taken in which every
    place has a weight of its own, so that the network knows where on the image a feature is.
    """
    return _sequential(
        "champion",
        *_conv(16, padding="valid"),  # (26, 26, 16)
        *_conv(32, strides=2, padding="valid"),  # (12, 12, 32)
        *_conv(32),
        layers.MaxPooling2D(),  # (6, 6, 32)
        *_conv(64),
        *_conv(64),
        _average_of_places(6),  # (1, 1, 64)
        layers.Flatten(),  # (64,)
        *_answer(num_classes),
    )


def sprint(num_classes: int = 10) -> keras.Model:
    """Little work per digit, for a training of seconds: 114,690 parameters.

    Every convolution loses the border of its maps, until the last looks at all of the image.
    """
    return _sequential(
        "sprint",
        *_conv(24, 5, strides=2, padding="valid"),  # (12, 12, 24)
        *_conv(48, padding="valid"),  # (10, 10, 48)
        layers.MaxPooling2D(),  # (5, 5, 48)
        *_conv(64, padding="valid"),  # (3, 3, 64)
        *_conv(128, padding="valid"),  # (1, 1, 128)
        layers.Flatten(),  # (128,)
        *_answer(num_classes),
    )


def tiny(num_classes: int = 10) -> keras.Model:
    """The champion's ideas in few weights: 3,550 parameters, 168 of them batch statistics."""
    return _sequential(
        "tiny",
        *_conv(16, 5, strides=2, padding="valid"),  # (12, 12, 16)
        *_separable_conv(36),
        layers.MaxPooling2D(),  # (6, 6, 36)
        *_separable_conv(32),
        layers.MaxPooling2D(),  # (3, 3, 32)
        _average_of_places(3),  # (1, 1, 32)
        layers.Flatten(),  # (32,)
        *_answer(num_classes),
    )


def _sequential(name: str, *stack: keras.Layer) -> keras.Model:
    return keras.Sequential([keras.Input((28, 28, 1)), *stack], name=name)


def _classic(first: int, second: int) -> list[keras.Layer]:
    """Two convolutions with pooling, then a dense layer with dropout."""
    return [
        layers.Conv2D(first, 3, activation="relu"),  # (26, 26, first)
        layers.MaxPooling2D(),  # (13, 13, first)
        layers.Conv2D(second, 3, activation="relu"),  # (11, 11, second)
        layers.MaxPooling2D(),  # (5, 5, second)
        layers.Flatten(),  # (25 * second,)
        layers.Dense(128, activation="relu"),
        layers.Dropout(0.5),
    ]


def _answer(num_classes: int) -> list[keras.Layer]:
    return [layers.Dense(num_classes, activation="softmax")]


def _conv(
    filters: int, size: int = 3, *, strides: int = 1, padding: str = "same"
) -> list[keras.Layer]:
    """Convolution, batch normalisation, ReLU."""
    return [
        layers.Conv2D(filters, size, strides=strides, padding=padding, use_bias=False),
        layers.BatchNormalization(momentum=BATCH_NORM_MOMENTUM),
        layers.ReLU(),
    ]


def _average_of_places(size: int) -> keras.Layer:
    """Global average pooling in which every place of every map learns its weight."""
    equal = keras.initializers.Constant(1 / size**2)  # at first all alike
    return layers.DepthwiseConv2D(size, use_bias=False, depthwise_initializer=equal)


def _separable_conv(filters: int) -> list[keras.Layer]:
    """The same with one filter per channel, then a 1 x 1 convolution that mixes channels."""
    return [
        layers.SeparableConv2D(filters, 3, padding="same", use_bias=False),
        layers.BatchNormalization(momentum=BATCH_NORM_MOMENTUM),
        layers.ReLU(),
    ]


def _residual_block(x: keras.KerasTensor, filters: int, strides: int) -> keras.KerasTensor:
    """Two convolutions beside a shortcut: what they learn is added to what came in."""
    shortcut = x
    if strides != 1 or x.shape[-1] != filters:  # bring the shortcut to the new shape
        shortcut = layers.Conv2D(filters, 1, strides=strides, use_bias=False)(x)
    x = _chain(x, *_conv(filters, strides=strides), *_conv(filters)[:-1])
    return layers.ReLU()(layers.add([x, shortcut]))


def _chain(x: keras.KerasTensor, *stack: keras.Layer) -> keras.KerasTensor:
    for layer in stack:
        x = layer(x)
    return x


MODELS: dict[str, Callable[[int], keras.Model]] = {
    builder.__name__: builder
    for builder in (
        softmax,
        dense,
        dense_regularized,
        cnn,
        cnn_small,
        cnn_three,
        vgg,
        resnet,
        separable,
        champion,
        sprint,
        tiny,
    )
}
