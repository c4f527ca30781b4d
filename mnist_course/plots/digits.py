"""Figures of digits: grids, predictions, single pixels, maps over a digit."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from ._canvas import FRAME, GREEN, RED, TEXT, axes_of_size, centred_text, label_pair, positive

MOST_DIGITS = 400


def show_digits(
    images: np.ndarray,
    *,
    labels: Sequence | None = None,
    titles: Sequence | None = None,
    columns: int = 10,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw one digit or a grid of them, dark on light.

    The grey range is fixed, so a faint image looks faint: 0 to 255 for integers and for floats
    beyond 16 (means of raw pixels), otherwise 0 to 1 (scaled pixels, even with some noise).

    Args:
        images: uint8 or float, shape (n, 28, 28) or (n, 28, 28, 1) with n up to 400, or one
            image of shape (28, 28); other heights and widths are welcome.
        labels: written under each image, one per image.
        titles: written over each image, one per image; long ones want fewer columns.
        columns: images in a row.
        title: title of the whole grid.
        ax: draw here; None makes a figure of fitting size.

    Returns:
        The Axes, with one of its ``images`` per digit.

    Raises:
        ValueError: the arrays are not images, there are none or too many, or the number of
            labels or titles is not the number of images.
    """
    images = _as_images(images)
    for name, texts in (("labels", labels), ("titles", titles)):
        if texts is not None and np.shape(texts) != (len(images),):
            raise ValueError(
                f"expected one of {name} per image: {len(images)} images, but {name} has "
                f"shape {np.shape(texts)}"
            )
    # lists, because a pandas Series counts by its index
    above, below = (texts if texts is None else list(texts) for texts in (titles, labels))
    return _draw_grid(images, ax, columns, title, above=above, below=below)


def visualize_predictions(
    images: np.ndarray,
    labels: np.ndarray,
    probabilities: np.ndarray,
    *,
    rows: int = 3,
    columns: int = 5,
    indices: Sequence[int] | None = None,
    seed: int | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw digits with what the network said: ✓ in green where right, ✗ in red where wrong.

    Args:
        images: uint8 or float, shape (n, 28, 28) or (n, 28, 28, 1).
        labels: the true digits, integers, shape (n,).
        probabilities: what ``model.predict`` returned, shape (n, 10), 0 to 1; or predicted
            digits, integers, shape (n,).
        rows: rows of the grid.
        columns: columns of the grid.
        indices: which examples to draw; None draws the first ``rows * columns``.
        seed: draw random examples instead of the first ones.
        title: title of the grid.
        ax: draw here; None makes a figure of fitting size.

    Returns:
        The Axes.

    Raises:
        ValueError: lengths or shapes do not fit, there are no images, the rows of
            ``probabilities`` do not sum to 1, or both ``indices`` and ``seed`` are given.
    """
    labels, predicted = label_pair(labels, probabilities)
    if len(images) != len(labels):
        raise ValueError(
            f"expected one label per image, got {len(images)} images and {len(labels)} labels"
        )
    places = positive("rows", rows) * positive("columns", columns)
    chosen = _choose(len(labels), places, indices, seed)
    right = predicted[chosen] == labels[chosen]
    captions = [
        f"{'✓' if r else '✗'} predicted {predicted[i]}" for i, r in zip(chosen, right, strict=True)
    ]
    if np.ndim(probabilities) == 2:
        sure = 100 * np.asarray(probabilities)[chosen].max(axis=1)
        captions = [f"{text}, {p:.0f} %" for text, p in zip(captions, sure, strict=True)]
    truth = [f"true {label}" for label in labels[chosen]]
    pictures = _as_images(np.asarray(images)[chosen])
    return _draw_grid(pictures, ax, columns, title, above=captions, below=truth, right=right)


def show_pixels(image: np.ndarray, *, title: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw one image with every pixel's number in it, white on the dark pixels.

    Args:
        image: uint8 or float, shape (28, 28) or (28, 28, 1), or any part of one; the grey
            range is that of ``show_digits``.
        title: title of the plot.
        ax: draw here; None makes a figure large enough to read 28 x 28 numbers.

    Returns:
        The Axes, with rows and columns counted from 0 as in NumPy.

    Raises:
        ValueError: not one image.
    """
    images = _as_images(image)
    if len(images) != 1:
        raise ValueError(f"expected one image of shape (28, 28), got {np.shape(image)}")
    pixels, top = images[0], _black(images)
    height, width = pixels.shape
    cell = min(0.6, 9 / max(height, width))  # inches
    ax = axes_of_size(ax, cell * width + 0.5, cell * height + 0.6)
    ax.imshow(pixels, **_ink(images))
    texts = [f"{round(float(value), 2):g}" for value in pixels.flat]
    size = min(10, 85 * cell / max(3.4, *map(len, texts)))  # points
    for ((row, column), value), text in zip(np.ndenumerate(pixels), texts, strict=True):
        color = "white" if value > 0.55 * top else "black" if value else "#AAAAAA"
        centred_text(ax, column, row, text, color=color, fontsize=size)
    step = 1 if width <= 12 else 3
    ax.set(xticks=range(0, width, step), yticks=range(0, height, step))
    ax.set(xlabel="column", ylabel="row")
    ax.grid(False)
    ax.set_title(title or "", loc="left")
    return ax


def show_heat_map(
    image: np.ndarray, values: np.ndarray, *, title: str | None = None, ax: Axes | None = None
) -> Axes:
    """Draw a map of numbers over one digit: orange speaks for, violet against, white is 0.

    The edge of the digit is drawn as a line, and on maps of up to 8 x 8 the numbers stand in
    their places, so that the picture can be read in grey print as well.

    Args:
        image: uint8 or float, shape (28, 28) or (28, 28, 1).
        values: float, shape (rows, columns): spread evenly over the image.
        title: title of the plot.
        ax: draw here; None makes a figure.

    Returns:
        The Axes, in units of pixels.

    Raises:
        ValueError: not one image, or not a map.
    """
    images, values = _as_images(image), np.asarray(values, float)
    if len(images) != 1 or values.ndim != 2:
        raise ValueError(
            f"expected one image and a map of shape (rows, columns), got {np.shape(image)} and "
            f"{values.shape}"
        )
    height, width = images.shape[1:]
    ax = axes_of_size(ax, 2.6, 2.8)
    top = np.abs(values).max() or 1
    extent = (-0.5, width - 0.5, height - 0.5, -0.5)
    ax.imshow(values, cmap="PuOr_r", vmin=-top, vmax=top, extent=extent, interpolation="nearest")
    ax.contour(images[0], [0.5 * images[0].max()], colors=TEXT, linewidths=1)
    if max(values.shape) <= 8:
        _write_values(ax, values, top, down=height / len(values), right=width / len(values[0]))
    ax.set(xticks=[], yticks=[])
    ax.set_title(title or "", loc="left", fontsize=10)
    return ax


def _write_values(ax: Axes, values: np.ndarray, top: float, *, down: float, right: float) -> None:
    """The numbers of a map in their places, which are so many pixels high and wide."""
    digits = 1 if top >= 2 else 2 if top >= 0.2 else 3
    for (row, column), value in np.ndenumerate(values):
        place = (column + 0.5) * right - 0.5, (row + 0.5) * down - 0.5
        text = f"{value:.{digits}f}".replace("-", "−") if round(value, digits) else "0"
        ink = "white" if abs(value) > 0.7 * top else TEXT
        centred_text(ax, *place, text, fontsize=5.5, color=ink)


def _draw_grid(images, ax, columns, title, *, above=None, below=None, right=None) -> Axes:
    """All digits in one Axes, whose unit is the inch: 200 digits are quick to draw and place."""
    columns = min(positive("columns", columns), len(images))
    rows = -(-len(images) // columns)
    if ax is None:
        pitch = min(2.5 if len(images) == 1 else 1.5, 7.5 / columns, 10 / rows)
    else:
        pitch = ax.bbox.width / ax.figure.dpi / columns
    grid = _grid(pitch, images.shape[1] / images.shape[2], above, below)
    if ax is None:
        across = max(columns * pitch, 0.1 * len(title or ""))
        ax = axes_of_size(None, across + 0.1, rows * grid.step + (0.4 if title else 0.1))
    for i, image in enumerate(images):
        x, y = (i % columns) * pitch, (i // columns) * grid.step + grid.over
        ax.imshow(image, extent=(x, x + grid.wide, y + grid.tall, y), **_ink(images))
        color, width = (FRAME, 1) if right is None else (GREEN, 1) if right[i] else (RED, 3)
        frame = {"fill": False, "edgecolor": color, "lw": width, "clip_on": False}
        ax.add_patch(Rectangle((x, y), grid.wide, grid.tall, **frame))
        middle = x + grid.wide / 2
        if above is not None:
            ink = TEXT if right is None else color
            centred_text(ax, middle, y - grid.over / 2, above[i], color=ink, fontsize=grid.size)
        if below is not None:
            line = y + grid.tall + grid.under / 2
            centred_text(ax, middle, line, below[i], color=TEXT, fontsize=grid.size)
    limits = {"xlim": (0, columns * pitch - grid.gap), "ylim": (rows * grid.step - grid.gap, 0)}
    ax.set(**limits, aspect="equal", anchor="NW")
    ax.axis("off")
    ax.set_title(title or "", loc="left")
    return ax


class _Grid(NamedTuple):
    """What one place of a grid is made of, from top to bottom; inches."""

    over: float  # the text above
    tall: float  # the digit
    under: float  # the text below
    gap: float  # to the next place, down and across
    wide: float  # the digit
    size: float  # points: of both texts

    @property
    def step(self) -> float:
        """From digit to digit, down."""
        return self.over + self.tall + self.under + self.gap


def _grid(pitch: float, proportion: float, above, below) -> _Grid:
    """The sizes that let the longest text fit into the pitch, from digit to digit across."""
    texts = [str(text) for given in (above, below) if given is not None for text in given]
    size = np.clip(72 * pitch / (0.65 * max(map(len, texts), default=1)), 5, 10)
    line, gap = 1.4 * size / 72, 0.08 * pitch
    over, under = line * (above is not None), line * (below is not None)
    wide = pitch - gap
    return _Grid(over, wide * proportion, under, gap, wide, size)


def _as_images(images: np.ndarray) -> np.ndarray:
    """Any accepted shape as (n, height, width)."""
    given = np.asarray(images)
    images = given[..., 0] if given.ndim in (3, 4) and given.shape[-1] == 1 else given
    images = images[None] if images.ndim == 2 else images
    flat = images.ndim == 3 and images.shape[-1] == 784
    if images.ndim != 3 or flat or images.dtype.kind not in "buif":
        hint = "; flat digits take shape with .reshape(-1, 28, 28)" if 784 in given.shape else ""
        raise ValueError(
            f"expected images as numbers of shape (n, 28, 28), (n, 28, 28, 1) or (28, 28), got "
            f"{given.dtype} of shape {given.shape}{hint}"
        )
    if not images.size or len(images) > MOST_DIGITS:
        raise ValueError(
            f"expected from 1 to {MOST_DIGITS} images, got shape {given.shape}: choose some, "
            "such as images[:50]"
        )
    return images.astype(np.float32) if images.dtype.kind == "b" else images


def _ink(images: np.ndarray) -> dict[str, Any]:
    """Dark on light with a fixed grey range; unsmoothed pixels also keep the PNG small."""
    return {"cmap": "gray_r", "vmin": 0, "vmax": _black(images), "interpolation": "nearest"}


def _black(images: np.ndarray) -> int:
    """The value drawn black: 255 for raw pixels, 1 for scaled ones."""
    return 1 if images.dtype.kind == "f" and images.max() <= 16 else 255


def _choose(count: int, places: int, indices, seed: int | None) -> np.ndarray:
    """Which examples to draw."""
    if indices is not None and seed is not None:
        raise ValueError("give indices= (these examples) or seed= (random ones), not both")
    if seed is not None:
        return np.random.default_rng(seed).permutation(count)[:places]
    if indices is None:
        return np.arange(min(count, places))
    indices = np.asarray(indices)
    whole = indices.ndim == 1 and indices.dtype.kind in "ui" and indices.size
    if not whole or indices.min() < -count or indices.max() >= count:
        raise ValueError(f"expected indices as whole numbers from 0 to {count - 1}, got {indices}")
    return indices[:places]
