"""A drawing on a screen to MNIST form, in whole numbers: the page's JavaScript does the same.

A photo has shadows, noise and a desk around it, and ``images`` deals with them. A drawing has
none of that: its paper is exactly white. What is left is to cut out, to average and to centre.
"""

import numpy as np

from .images import BlankImageError, centre_by_mass, square_box

SIZE = 20  # pixels: of a digit in MNIST form


def drawing_to_mnist(drawing: np.ndarray) -> np.ndarray:
    """Bring a drawing into the form of MNIST's images.

    Args:
        drawing: uint8, shape (h, w), 0 black ink to 255 white paper, as ``DrawingPad.picture``
            gives it.

    Returns:
        uint8, shape (28, 28), 0 background to 255 ink: to the last bit what the page's
        ``drawing.js`` makes of the same pixels.

    Raises:
        BlankImageError: there is no ink.
        ValueError: another dtype or shape.

    Source: Yadav and Bottou, "Cold Case: the Lost MNIST Digits" (QMNIST), 2019.
    """
    return drawing_stages(drawing)["28 x 28"]


def drawing_stages(drawing: np.ndarray) -> dict[str, np.ndarray]:
    """Every stage of ``drawing_to_mnist``, in order, to be shown side by side.

    Args:
        drawing: as in ``drawing_to_mnist``.

    Returns:
        Name to uint8 image, 0 background to 255 ink: ``"ink"``, the drawing with its greys
        turned round; ``"box"``, cut out and widened to a square; ``"20 x 20"``; ``"28 x 28"``.

    Raises:
        BlankImageError, ValueError: as in ``drawing_to_mnist``.
    """
    ink = 255 - _checked(drawing)
    if not ink.any():
        raise BlankImageError("nothing is drawn: draw one digit, from 0 to 9")
    box = square_box(ink)
    small = shrink(box, SIZE)
    return {"ink": ink, "box": box, "20 x 20": small, "28 x 28": centre_by_mass(small)}


def shrink(square: np.ndarray, side: int) -> np.ndarray:
    """Average the areas of a square picture; the brightest pixel becomes 255.

    Args:
        square: uint8, shape (n, n), 0 background to 255 ink, not all 0.
        side: pixels of the result; the page's "without centring" uses 28 on the whole drawing.

    Returns:
        uint8, shape (side, side).
    """
    shares = _overlaps(len(square), side)
    sums = shares @ square.astype(np.float64) @ shares.T  # whole numbers below 2 ** 53: exact
    most = sums.max()
    return ((sums * 510 + most) // (2 * most)).astype(np.uint8)  # rounded, without a fraction


def _overlaps(n: int, side: int) -> np.ndarray:
    """How much of each of n pixels lies in each of ``side`` cells, in 1/side of a pixel."""
    cells, pixels = np.arange(side)[:, None], np.arange(n)
    end = np.minimum((cells + 1) * n, (pixels + 1) * side)
    return np.maximum(end - np.maximum(cells * n, pixels * side), 0).astype(np.float64)


def _checked(drawing: np.ndarray) -> np.ndarray:
    drawing = np.asarray(drawing)
    if drawing.dtype != np.uint8 or drawing.ndim != 2:
        raise ValueError(
            "expected a drawing as uint8 of shape (h, w), 0 ink to 255 paper, got "
            f"{drawing.dtype} of shape {drawing.shape}: use to_mnist for any other picture"
        )
    return drawing
