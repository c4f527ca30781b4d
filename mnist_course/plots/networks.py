"""Drawings of networks, layer by layer."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle
from matplotlib.text import Text

from ._canvas import BLUE, ORANGE, TEXT, axes_of_size

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
        values: per layer the numbers of its units; nan leaves a circle empty, and no arrow
            ends there.
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
    weights = [np.asarray(w) for w in weights]
    ax = axes_of_size(ax, 5, 3.2)
    for k, between in enumerate(zip(layers, layers[1:], weights, strict=False)):
        _weights(ax, k, *between, backward=backward)
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


def _weights(ax: Axes, k: int, left, right, weights: np.ndarray, *, backward: bool) -> None:
    """The lines between layer k and the next, each with its number where there is room."""
    if weights.shape != (len(left), len(right)):
        raise ValueError(
            f"expected weights of shape {(len(left), len(right))} between layers {k} and "
            f"{k + 1}, got {weights.shape}"
        )
    lines = {
        (i, j): (np.array(_place(k, i, left)), np.array(_place(k + 1, j, right)))
        for i, j in np.ndindex(weights.shape)
        if not np.isnan(left[i] if backward else right[j])
    }
    spots = _free_spots(list(lines.values()))
    for ((i, j), ends), spot in zip(lines.items(), spots, strict=True):
        _line(ax, *ends, weights[i, j], left[i] == 0 or right[j] == 0, backward, spot)


def _unit(ax: Axes, place: tuple[float, float], value: float) -> None:
    color = OFF if value == 0 else TEXT
    ax.add_patch(Circle(place, RADIUS, facecolor="white", edgecolor=color, lw=1.5, zorder=3))
    if not np.isnan(value):
        style = {"ha": "center", "va": "center", "color": color, "zorder": 4}
        ax.text(*place, _short(value), fontsize=9, **style)


def _free_spots(lines: list[tuple[np.ndarray, np.ndarray]]) -> list[np.ndarray]:
    """For each line the place on it that is farthest from other lines and their numbers."""
    spots: list[np.ndarray] = []
    for k, (start, end) in enumerate(lines):
        others = lines[:k] + lines[k + 1 :]
        candidates = [start + t * (end - start) for t in np.linspace(0.25, 0.75, 26)]
        room = [
            min([_distance(c, *other) for other in others] + [_apart(c, s) for s in spots] + [9.0])
            for c in candidates
        ]
        spots.append(candidates[int(np.argmax(room))])
    return spots


def _distance(point: np.ndarray, start: np.ndarray, end: np.ndarray) -> float:
    """From a point to a line between two ends."""
    along = end - start
    t = np.clip((point - start) @ along / (along @ along), 0, 1)
    return float(np.linalg.norm(point - start - t * along))


def _apart(spot: np.ndarray, other: np.ndarray) -> float:
    """From number to number; they are wider than high, and want twice a line's room."""
    return float(np.linalg.norm((spot - other) * [0.4, 0.7]))


def _line(ax, start, end, weight: float, off: bool, backward: bool, spot: np.ndarray) -> None:
    """A weight: an arrow, and its number at the spot."""
    along = (end - start) / np.linalg.norm(end - start)
    near, far = start + RADIUS * along, end - RADIUS * along
    if backward:
        near, far = far, near
    color = OFF if off else BLUE if weight > 0 else ORANGE
    style = {"color": color, "linestyle": "-" if weight > 0 else "--", "linewidth": 1.4}
    ax.annotate("", far, near, arrowprops={"arrowstyle": "->", "shrinkA": 0, "shrinkB": 0} | style)
    box = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
    ink = OFF if off else TEXT
    ax.text(*spot, _short(weight), ha="center", va="center", fontsize=8, color=ink, bbox=box)


def _short(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".").replace("-", "−")


def draw_pipeline(steps: Sequence[str], *, ax: Axes | None = None) -> Axes:
    """Draw what a scikit-learn pipeline does when it learns and when it answers.

    Args:
        steps: the names of its steps, the model last.
        ax: draw here; None makes a figure.

    Returns:
        The Axes: a row for ``fit`` (each step learns, then passes on), and one for ``predict``.

    Raises:
        ValueError: there is no step.
    """
    if not steps:
        raise ValueError("expected the names of a pipeline's steps, such as ['PCA', 'k-NN']")
    width = 2.6 * (len(steps) + 2)
    ax = axes_of_size(ax, min(8, 0.8 * width), 2.6)
    *before, model = steps
    fit = ["training digits\nand labels", *(f"{s}\nlearns, applies" for s in before)]
    predict = ["new digits", *(f"{s}\napplies" for s in before)]
    for y, verb, texts in (
        (1.5, "fit", [*fit, f"{model}\nlearns"]),
        (0, "predict", [*predict, f"{model}\napplies", "answers"]),
    ):
        ax.text(-1.3, y, verb, ha="right", va="center", fontweight="bold", color=TEXT)
        boxes = [_box(ax, 2.6 * k, y, t, learns="learns" in t) for k, t in enumerate(texts)]
        for before_it, box in pairwise(boxes):
            _arrow(ax, before_it, box)
    ax.set(xlim=(-3, 2.6 * len(steps) + 4), ylim=(-0.7, 2.2))
    ax.set_title("A pipeline learns, and answers")
    ax.axis("off")
    return ax


def _box(ax: Axes, x: float, y: float, text: str, *, learns: bool) -> Text:
    """A step: a thick frame where it learns."""
    frame = {"boxstyle": "round,pad=0.4", "facecolor": "white"}
    frame |= {"edgecolor": BLUE if learns else OFF, "linewidth": 2.5 if learns else 1}
    style = {"ha": "center", "va": "center", "fontsize": 9, "color": TEXT}
    return ax.text(x, y, text, bbox=frame, zorder=3, **style)


def _arrow(ax: Axes, start: Text, end: Text) -> None:
    """From the frame of one step to that of the next."""
    look = {"arrowstyle": "->", "color": TEXT, "shrinkA": 2, "shrinkB": 2}
    look |= {"patchA": start.get_bbox_patch(), "patchB": end.get_bbox_patch()}
    ax.annotate("", end.get_position(), start.get_position(), arrowprops=look)
