"""Drawings of networks, layer by layer."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle

from ._canvas import BLUE, ORANGE, TEXT

OFF = "#999999"
RADIUS = 0.33


def draw_network(
    values: Sequence[Sequence[float]],
    weights: Sequence[np.ndarray],
    *,
    captions: Sequence[str] = (),
    backward: bool = False,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a small network: a column of circles per layer, its numbers in them.

    A line is a weight: blue and solid above zero, orange and dashed below, its number on it. A
    circle that holds exactly 0 is off, and it and its lines are grey.

    Args:
        values: per layer the numbers of its units; nan leaves a circle empty.
        weights: between layer k and the next an array of shape (units in k, units in the
            next); one fewer than layers, or fewer: the last layers then stand alone.
        captions: written under the layers, from left to right.
        backward: arrows point from right to left.
        title: title of the drawing.
        ax: draw here; None makes a figure.

    Returns:
        The Axes.

    Raises:
        ValueError: an array of weights does not fit its two layers.
    """
    layers = [np.asarray(layer, dtype=float) for layer in values]
    ax = ax or plt.subplots(figsize=(5, 3.2), layout="constrained")[1]
    for k, (left, right, w) in enumerate(zip(layers, layers[1:], weights, strict=False)):
        if np.shape(w) != (len(left), len(right)):
            raise ValueError(
                f"expected weights of shape {(len(left), len(right))} between layers {k} and "
                f"{k + 1}, got {np.shape(w)}"
            )
        for (i, j), weight in np.ndenumerate(w):
            off = left[i] == 0 or right[j] == 0
            _line(ax, _place(k, i, left), _place(k + 1, j, right), weight, off, backward)
    for k, layer in enumerate(layers):
        for i, value in enumerate(layer):
            _unit(ax, _place(k, i, layer), value)
    tallest = max(map(len, layers))
    for k, caption in enumerate(captions):
        ax.text(_place(k, 0, [0])[0], -tallest / 2 - 0.1, caption, ha="center", va="top")
    bottom = -tallest / 2 - (0.5 if captions else 0)
    width = _place(len(layers) - 1, 0, [0])[0]
    ax.set(xlim=(-0.5, width + 0.5), ylim=(bottom, tallest / 2), aspect="equal")
    ax.axis("off")
    ax.set_title(title or "", loc="left")
    return ax


def _place(layer: int, unit: int, units: Sequence) -> tuple[float, float]:
    return 2.2 * layer, (len(units) - 1) / 2 - unit


def _unit(ax: Axes, place: tuple[float, float], value: float) -> None:
    color = OFF if value == 0 else TEXT
    ax.add_patch(Circle(place, RADIUS, facecolor="white", edgecolor=color, lw=1.5, zorder=3))
    if not np.isnan(value):
        style = {"ha": "center", "va": "center", "color": color, "zorder": 4}
        ax.text(*place, _short(value), fontsize=9, **style)


def _line(ax, start, end, weight: float, off: bool, backward: bool) -> None:
    """A weight, its number where the lines of one unit have parted and not met others."""
    start, end = np.array(start), np.array(end)
    along = (end - start) / np.linalg.norm(end - start)
    near, far = start + RADIUS * along, end - RADIUS * along
    if backward:
        near, far = far, near
    color = OFF if off else BLUE if weight > 0 else ORANGE
    style = {"color": color, "linestyle": "-" if weight > 0 else "--", "linewidth": 1.4}
    ax.annotate("", far, near, arrowprops={"arrowstyle": "->", "shrinkA": 0, "shrinkB": 0} | style)
    box = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
    ink = OFF if off else TEXT
    middle = start + 0.27 * (end - start)
    ax.text(*middle, _short(weight), ha="center", va="center", fontsize=8, color=ink, bbox=box)


def _short(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".").replace("-", "−")
