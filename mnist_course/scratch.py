"""Networks in NumPy: Day 8's two layers with their backpropagation, Day 15's convolution.

The weights of Day 8 are a list of four arrays ``[w1, b1, w2, b2]``, in the order in which Keras
keeps those of ``Flatten, Dense(128, "relu"), Dense(10, "softmax")``: ``model.set_weights(weights)``
takes them as they are. Everything is computed in the dtype of images and weights: float32 to
train, float64 to check gradients.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from .preprocessing import checked_labels

Weights = list[np.ndarray]


def initial_weights(seed: int, *, hidden: int = 128) -> Weights:
    """Small random weights, so that no two units begin alike, and biases of zero.

    Args:
        seed: the same seed gives the same weights.
        hidden: how many hidden units.

    Returns:
        ``[w1, b1, w2, b2]``: float32, shapes (784, hidden), (hidden,), (hidden, 10), (10,);
        ``w1`` and ``w2`` normal with standard deviation 0.02.

    Raises:
        ValueError: there is no hidden unit.
    """
    if hidden < 1:
        raise ValueError(f"expected at least 1 hidden unit, got {hidden}")
    rng = np.random.default_rng(seed)
    weights = []
    for shape in [(784, hidden), (hidden, 10)]:
        weights.append(rng.normal(0, 0.02, shape).astype(np.float32))
        weights.append(np.zeros(shape[1], dtype=np.float32))
    return weights


def softmax(scores: np.ndarray) -> np.ndarray:
    """Turn each row of scores into probabilities; large scores do not overflow.

    Args:
        scores: float, shape (n, classes), any size.

    Returns:
        The same dtype and shape, 0 to 1, each row adding up to 1.
    """
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))  # the largest is e to the 0
    return powers / powers.sum(axis=1, keepdims=True)


def forward(x: np.ndarray, weights: Weights) -> tuple[np.ndarray, np.ndarray]:
    """Run images through the network.

    Args:
        x: float, shape (n, 784), 0.0 to 1.0.
        weights: ``[w1, b1, w2, b2]``.

    Returns:
        ``(hidden, probabilities)``: shapes (n, hidden), 0 and up, and (n, 10), 0 to 1.

    Raises:
        ValueError: ``x`` is not rows of as many numbers as ``w1`` has rows.
    """
    w1, b1, w2, b2 = weights
    if x.ndim != 2 or x.shape[1] != len(w1):
        raise ValueError(
            f"expected images as rows, shape (n, {len(w1)}), got {x.shape}: "
            "scale_pixels(images).reshape(len(images), -1) makes them"
        )
    hidden = np.maximum(x @ w1 + b1, 0)
    return hidden, softmax(hidden @ w2 + b2)


def cross_entropy(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Mean surprise: minus the logarithm of the probability given to the true class.

    Args:
        probabilities: float, shape (n, classes), 0 to 1.
        labels: integers, shape (n,).

    Returns:
        0 and up, in nats; infinite where a true class was given probability 0.

    Raises:
        ValueError: the labels are not classes, one per row.
    """
    count = len(probabilities)
    labels = checked_labels(labels, num_classes=probabilities.shape[-1], count=count)
    given = probabilities[np.arange(len(labels)), labels]
    with np.errstate(divide="ignore"):  # minus the logarithm of 0 is meant to be infinite
        return float(-np.log(given).mean())


def backward(
    x: np.ndarray, hidden: np.ndarray, blame: np.ndarray, w2: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Carry blame back through a hidden layer of ReLU units, for n images.

    Args:
        x: float, shape (n, inputs): what comes into the layer.
        hidden: float, shape (n, units), 0 and up: what leaves it.
        blame: float, shape (n, classes): slope of the loss along each score.
        w2: float, shape (units, classes): weights from the layer to the scores.

    Returns:
        ``(hidden_blame, w1_slopes, b1_slopes)``: slopes of the loss along the units' sums,
        shape (n, units), and, added up over the images, along the layer's weights, shape
        (inputs, units), and biases, shape (units,).
    """
    hidden_blame = blame @ w2.T * (hidden > 0)
    return hidden_blame, x.T @ hidden_blame, hidden_blame.sum(axis=0)


def gradient(x: np.ndarray, labels: np.ndarray, weights: Weights) -> tuple[float, Weights]:
    """Backpropagation: the loss, and its slope along every weight.

    Args:
        x: float, shape (n, 784), 0.0 to 1.0.
        labels: integers, shape (n,), 0 to 9.
        weights: ``[w1, b1, w2, b2]``.

    Returns:
        ``(loss, slopes)``: the mean cross-entropy of the images, and four arrays of the shapes
        of the weights.

    Raises:
        ValueError: as ``forward``, or the labels are not classes, one per image.

    Source: Rumelhart, Hinton, Williams, "Learning representations by back-propagating errors",
    1986.
    """
    labels = checked_labels(labels, num_classes=len(weights[3]), count=len(x))
    hidden, probabilities = forward(x, weights)
    w2 = weights[2]
    truth = np.eye(w2.shape[1], dtype=x.dtype)[labels]
    blame = (probabilities - truth) / len(x)  # (n, 10)
    _, *first = backward(x, hidden, blame, w2)
    return cross_entropy(probabilities, labels), [*first, hidden.T @ blame, blame.sum(axis=0)]


def train_epoch(
    x: np.ndarray,
    labels: np.ndarray,
    weights: Weights,
    *,
    rate: float = 0.3,
    batch_size: int = 100,
    seed: int = 0,
) -> tuple[Weights, list[float]]:
    """Go once through all images in random order, a step downhill after each batch.

    Args:
        x: float, shape (n, 784), 0.0 to 1.0.
        labels: integers, shape (n,), 0 to 9.
        weights: ``[w1, b1, w2, b2]``, left as they are.
        rate: learning rate, the length of a step for a slope of 1.
        batch_size: images a step; the last batch may be smaller.
        seed: decides the order.

    Returns:
        ``(weights, losses)``: new weights, and the loss of each batch just before its step.

    Raises:
        ValueError: as ``gradient``, or the batch is empty.
    """
    if batch_size < 1:
        raise ValueError(f"expected a batch of at least 1 image, got {batch_size}")
    labels = checked_labels(labels, num_classes=len(weights[3]), count=len(x))
    order = np.random.default_rng(seed).permutation(len(x))
    losses = []
    for begin in range(0, len(x), batch_size):
        batch = order[begin : begin + batch_size]
        loss, slopes = gradient(x[batch], labels[batch], weights)
        weights = [w - rate * slope for w, slope in zip(weights, slopes, strict=True)]
        losses.append(loss)
    return weights, losses


def convolve(images: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Slide filters over images: at each place the sum of weight times value under the filter.

    No padding, stride 1, no bias, and the filter is not flipped, as in a Keras ``Conv2D``.

    Args:
        images: float, shape (n, height, width, channels); whole numbers become float.
        kernel: float, shape (size, size, channels, filters), the shape in which Keras keeps it.

    Returns:
        A map per image and filter: shape (n, height - size + 1, width - size + 1, filters).

    Raises:
        ValueError: the channels differ, or the filter is larger than the image.
    """
    windows = _windows(images, kernel.shape[:2])
    if kernel.ndim != 4 or kernel.shape[2] != images.shape[3]:
        raise ValueError(
            f"expected a kernel of shape (size, size, {images.shape[3]}, filters) for images of "
            f"shape {images.shape}, got {kernel.shape}"
        )
    kernel = kernel.astype(np.result_type(images, kernel, np.float32))  # sums of uint8 overflow
    return np.tensordot(windows, kernel.transpose(2, 0, 1, 3), 3)


def kernel_slopes(images: np.ndarray, blame: np.ndarray) -> np.ndarray:
    """Slopes of the loss along the weights of a convolution's filters: ``convolve``, backwards.

    Each weight takes part in the sum at every place, with the value that lies under it there; so
    its slope is value times blame, added up over all places and images.

    Args:
        images: float, shape (n, height, width, channels): what came into the convolution.
        blame: float, shape (n, rows, columns, filters): slope of the loss along each sum.

    Returns:
        Shape (size, size, channels, filters).

    Raises:
        ValueError: there are more rows or columns of blame than of the images.
    """
    windows = _windows(images, blame.shape[1:3])  # under one weight, at all places
    return np.tensordot(windows, blame, ((0, 4, 5), (0, 1, 2)))


def _windows(images: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Views of every window: (n, rows, columns, channels, height, width of a window)."""
    if images.ndim != 4 or len(shape) != 2 or max(shape) > min(images.shape[1:3]):
        raise ValueError(
            f"expected images of shape (n, height, width, channels), at least {max(shape)} high "
            f"and wide, got {images.shape}"
        )
    return sliding_window_view(images, shape, axis=(1, 2))
