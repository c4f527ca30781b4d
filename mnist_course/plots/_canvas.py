"""What all figures share: colours, a fitting figure, checked arguments."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

GREEN = "#00734F"  # dark enough to read as text; ✓ and ✗ say the same without colour
RED = "#C0300A"
FRAME = "#DDDDDD"
TEXT = "#222222"
BLUE = "#0072B2"
ORANGE = "#E69F00"


def axes_of_size(ax: Axes | None, width: float, height: float) -> Axes:
    """The Axes that were given, or those of a new figure of so many inches."""
    if ax is not None:
        return ax
    size = (round(width, 2), round(height, 2))  # whole pixels at 100 dpi
    return plt.subplots(figsize=size, layout="constrained")[1]


def centred_text(ax: Axes, x: float, y: float, text: Any, **style: Any) -> None:
    """Write around a place; the layout takes no notice."""
    ax.text(x, y, str(text), ha="center", va="center", in_layout=False, **style)


def label_pair(labels, predicted) -> tuple[np.ndarray, np.ndarray]:
    """True and predicted digits, each of shape (n,); probabilities become their largest."""
    labels, predicted = np.asarray(labels), np.asarray(predicted)
    if not (labels.size and predicted.size):
        raise ValueError(
            "expected at least one label and one prediction, got shapes "
            f"{labels.shape} and {predicted.shape}: there is nothing to draw"
        )
    if predicted.ndim == 2 and predicted.shape[1] == 10:
        predicted = _likeliest(predicted)
    _check_digits("labels", labels)
    _check_digits("predictions", predicted, or_else=" or probabilities of shape (n, 10)")
    if len(labels) != len(predicted):
        raise ValueError(
            f"expected one prediction per label, got {len(labels)} labels and "
            f"{len(predicted)} predictions"
        )
    return labels, predicted


def _likeliest(probabilities: np.ndarray) -> np.ndarray:
    sums, low = probabilities.sum(axis=1), probabilities.min()
    if low < 0 or not np.allclose(sums, 1, atol=1e-2):
        raise ValueError(
            "expected probabilities that sum to 1 in each row, got sums from "
            f"{sums.min():.4g} to {sums.max():.4g}, and numbers from {low:.4g} on; "
            "do they come from a layer without softmax?"
        )
    return probabilities.argmax(axis=1)


def _check_digits(name: str, digits: np.ndarray, or_else: str = "") -> None:
    if digits.ndim != 1 or digits.dtype.kind not in "ui":
        raise ValueError(
            f"expected {name} as digits, integers of shape (n,){or_else}, got {digits.dtype} of "
            f"shape {digits.shape}"
        )
    if digits.min() < 0 or digits.max() > 9:
        raise ValueError(f"expected {name} from 0 to 9, got {digits.min()} to {digits.max()}")


def positive(name: str, value: int) -> int:
    """The value, if it is a whole number of at least 1; else a ValueError."""
    if not isinstance(value, int | np.integer) or value < 1:
        raise ValueError(f"expected {name} as a whole number of at least 1, got {value!r}")
    return int(value)
