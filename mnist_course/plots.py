"""Every figure of the course: arrays in, Matplotlib Axes out, nothing shown or saved.

Each function draws into ``ax``, or into a new figure when ``ax`` is None, and returns the Axes;
``ax.figure.savefig("name.png")`` keeps the picture. In a notebook, ``plt.show()`` at the
end of the cell shows it alone.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator
from sklearn.metrics import confusion_matrix

GREEN = "#00734F"  # dark enough to read as text; ✓ and ✗ say the same without colour
RED = "#C0300A"
FRAME = "#DDDDDD"
TEXT = "#222222"
BLUE = "#0072B2"
ORANGE = "#E69F00"

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
    return _draw_grid(images, ax, columns, title, above=titles, below=labels)


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
        ValueError: lengths or shapes do not fit, the rows of ``probabilities`` do not sum to
            1, or both ``indices`` and ``seed`` are given.
    """
    labels, predicted = _label_pair(labels, probabilities)
    if len(images) != len(labels):
        raise ValueError(
            f"expected one label per image, got {len(images)} images and {len(labels)} labels"
        )
    places = _positive("rows", rows) * _positive("columns", columns)
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


def plot_history(history: Any, *, title: str | None = None) -> np.ndarray:
    """Draw accuracy and loss over the epochs, training and validation, side by side.

    Args:
        history: what ``model.fit`` returned, its ``.history`` dictionary, or a DataFrame with
            the same columns: ``accuracy`` (any name that ends so) and ``loss``, and, where
            there was a validation set, the same with ``val_`` in front.
        title: title of the figure.

    Returns:
        The two Axes, accuracy and loss, as an array of shape (2,).

    Raises:
        ValueError: there is no accuracy or no loss, no epoch, or the columns differ in length.
    """
    record = _as_record(history)
    accuracy = next((k for k in record if k.endswith("accuracy") and k[:4] != "val_"), None)
    if accuracy is None or "loss" not in record:
        raise ValueError(
            "expected a history with accuracy and loss (compile the model with "
            f'metrics=["accuracy"]), got {", ".join(record) or "an empty one"}'
        )
    _, axes = plt.subplots(1, 2, figsize=(8, 3.4), layout="constrained")
    _draw_epochs(axes[0], record, accuracy, scale=100)
    _draw_epochs(axes[1], record, "loss", scale=1)
    axes[0].set_ylabel("accuracy (%)")
    axes[0].legend()
    axes[1].set_ylabel("loss (mean per image)")
    axes[1].set_ylim(bottom=0)
    if title is not None:
        axes[0].figure.suptitle(title, x=0.01, ha="left")
    return axes


def plot_confusion(
    labels: np.ndarray,
    predicted: np.ndarray,
    *,
    normalize: bool = False,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the confusion matrix: colour for the errors, the right answers in plain grey.

    The diagonal is a hundred times larger than the errors; coloured like them, it would leave
    nothing else to see.

    Args:
        labels: the true digits, integers 0 to 9, shape (n,).
        predicted: the predicted digits, shape (n,), or probabilities of shape (n, 10).
        normalize: percent of each true digit's images instead of counts.
        title: title of the plot.
        ax: draw here; None makes a new figure.

    Returns:
        The Axes.

    Raises:
        ValueError: lengths or shapes do not fit, or a label is not a digit.
    """
    labels, predicted = _label_pair(labels, predicted)
    how = "true" if normalize else None
    matrix = confusion_matrix(labels, predicted, labels=range(10), normalize=how)
    unit = "% of the true digit's images" if normalize else "images"
    words = np.array([[f"{100 * v:.1f}" if normalize else f"{v}" for v in r] for r in matrix])
    matrix = 100 * matrix if normalize else matrix
    errors = np.where(np.eye(10, dtype=bool), 0, matrix)
    ax = _axes(ax, 7, 5.6)
    ax.set_facecolor("#EEEEEE")  # shows where the diagonal is masked
    sns.heatmap(
        errors,
        mask=np.eye(10, dtype=bool),
        annot=np.where(errors > 0, words, ""),
        fmt="",
        cmap="Oranges",
        vmin=0,
        vmax=errors.max() or 1,
        square=True,
        linewidths=0.5,
        annot_kws={"fontsize": 9},
        cbar_kws={"label": f"errors ({unit})"},
        ax=ax,
    )
    for digit in range(10):
        _centred(ax, digit + 0.5, digit + 0.5, words[digit, digit], color="#666666", fontsize=9)
    ax.tick_params(length=0, rotation=0)
    ax.grid(False)
    ax.set(xlabel="predicted digit", ylabel="true digit")
    ax.set_title(title or "", loc="left")
    return ax


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
    ax = _axes(ax, cell * width + 0.5, cell * height + 0.6)
    ax.imshow(pixels, **_ink(images))
    texts = [f"{value:.2f}" if value % 1 else f"{value:.0f}" for value in pixels.flat]
    size = min(10, 85 * cell / max(3.4, *map(len, texts)))  # points
    for ((row, column), value), text in zip(np.ndenumerate(pixels), texts, strict=True):
        color = "white" if value > 0.55 * top else "black" if value else "#AAAAAA"
        _centred(ax, column, row, text, color=color, fontsize=size)
    step = 1 if width <= 12 else 3
    ax.set(xticks=range(0, width, step), yticks=range(0, height, step))
    ax.set(xlabel="column", ylabel="row")
    ax.grid(False)
    ax.set_title(title or "", loc="left")
    return ax


def plot_accuracies(
    table: pd.DataFrame,
    *,
    interval: str = "95 % interval",
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Compare models: a dot for each accuracy, a line for its interval, the best on top.

    Args:
        table: one row per model, named by the index; columns ``accuracy``, ``low``, ``high``,
            fractions from 0 to 1, such as ``accuracy_interval`` gives.
        interval: what ``low`` and ``high`` are, for the axis: "range of 5 seeds".
        title: title of the plot.
        ax: draw here; None makes a figure as high as the table is long.

    Returns:
        The Axes; accuracies are drawn in percent.

    Raises:
        ValueError: a column is missing, or a row is not 0 <= low <= accuracy <= high <= 1.
    """
    ranked = _as_accuracies(table).sort_values("accuracy")
    percent = 100 * ranked[["accuracy", "low", "high"]].to_numpy(float)
    accuracy, low, high = percent.T
    places = np.arange(len(ranked))
    ax = _axes(ax, 7, 1 + 0.36 * len(ranked))
    ax.hlines(places, low, high, color=BLUE, linewidth=2)
    ax.plot(accuracy, places, "o", color=BLUE)
    for place in places:
        ax.annotate(
            f"{accuracy[place]:.2f}", (high[place], place), (6, 0),
            textcoords="offset points", va="center", fontsize=9,
        )  # fmt: skip
    ax.set_yticks(places, ranked.index.astype(str))
    ax.set_ylim(-0.6, len(ranked) - 0.4)
    ax.margins(x=0.1)
    ax.grid(True, axis="x")
    ax.set_xlabel(f"accuracy (%), line: {interval}")
    ax.set_title(title or "", loc="left")
    return ax


def _draw_grid(images, ax, columns, title, *, above=None, below=None, right=None) -> Axes:
    """All digits in one Axes, whose unit is the inch: 200 digits are quick to draw and place."""
    columns = min(_positive("columns", columns), len(images))
    rows = -(-len(images) // columns)
    if ax is None:
        pitch = min(2.5 if len(images) == 1 else 1.5, 7.5 / columns, 10 / rows)
    else:
        pitch = ax.bbox.width / ax.figure.dpi / columns
    texts = [str(text) for given in (above, below) if given is not None for text in given]
    size = np.clip(72 * pitch / (0.65 * max(map(len, texts), default=1)), 5, 10)  # points
    line, gap = 1.4 * size / 72, 0.08 * pitch
    over, under = line * (above is not None), line * (below is not None)
    wide = pitch - gap
    tall = wide * images.shape[1] / images.shape[2]
    step = over + tall + under + gap
    if ax is None:
        across = max(columns * pitch, 0.1 * len(title or ""))
        ax = _axes(None, across + 0.1, rows * step + (0.4 if title else 0.1))
    for i, image in enumerate(images):
        x, y = (i % columns) * pitch, (i // columns) * step + over
        ax.imshow(image, extent=(x, x + wide, y + tall, y), **_ink(images))
        color, width = (FRAME, 1) if right is None else (GREEN, 1) if right[i] else (RED, 3)
        ax.add_patch(
            Rectangle((x, y), wide, tall, fill=False, edgecolor=color, lw=width, clip_on=False)
        )
        if above is not None:
            ink = TEXT if right is None else color
            _centred(ax, x + wide / 2, y - over / 2, above[i], color=ink, fontsize=size)
        if below is not None:
            middle = y + tall + under / 2
            _centred(ax, x + wide / 2, middle, below[i], color=TEXT, fontsize=size)
    limits = {"xlim": (0, columns * pitch - gap), "ylim": (rows * step - gap, 0)}
    ax.set(**limits, aspect="equal", anchor="NW")
    ax.axis("off")
    ax.set_title(title or "", loc="left")
    return ax


def _draw_epochs(ax: Axes, record: dict, key: str, *, scale: float) -> None:
    """A training curve and, where there is one, its validation curve."""
    for name, label, color, line in (
        (key, "training", BLUE, "-"),
        (f"val_{key}", "validation", ORANGE, "--"),
    ):
        if name in record:
            values = scale * record[name]
            marker = "o" if len(values) <= 30 else None
            epochs = range(1, len(values) + 1)
            ax.plot(epochs, values, color=color, linestyle=line, marker=marker, label=label)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    ax.set_xlabel("epoch")
    ax.grid(True)


def _axes(ax: Axes | None, width: float, height: float) -> Axes:
    if ax is not None:
        return ax
    size = (round(width, 2), round(height, 2))  # whole pixels at 100 dpi
    return plt.subplots(figsize=size, layout="constrained")[1]


def _centred(ax: Axes, x: float, y: float, text: Any, **style: Any) -> None:
    ax.text(x, y, str(text), ha="center", va="center", in_layout=False, **style)


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


def _label_pair(labels, predicted) -> tuple[np.ndarray, np.ndarray]:
    """True and predicted digits, each of shape (n,); probabilities become their largest."""
    labels, predicted = np.asarray(labels), np.asarray(predicted)
    if predicted.ndim == 2 and predicted.shape[1] == 10:
        if predicted.min() < 0 or not np.allclose(predicted.sum(axis=1), 1, atol=1e-2):
            raise ValueError(
                "expected probabilities that sum to 1 in each row; do they come from a layer "
                "without softmax?"
            )
        predicted = predicted.argmax(axis=1)
    for name, digits in (("labels", labels), ("predictions", predicted)):
        if digits.ndim != 1 or digits.dtype.kind not in "ui" or not digits.size:
            raise ValueError(
                f"expected {name} as digits, integers of shape (n,)"
                f"{' or probabilities of shape (n, 10)' if name == 'predictions' else ''}, got "
                f"{digits.dtype} of shape {digits.shape}"
            )
        if digits.min() < 0 or digits.max() > 9:
            raise ValueError(f"expected {name} from 0 to 9, got {digits.min()} to {digits.max()}")
    if len(labels) != len(predicted):
        raise ValueError(
            f"expected one prediction per label, got {len(labels)} labels and "
            f"{len(predicted)} predictions"
        )
    return labels, predicted


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


def _as_record(history: Any) -> dict[str, np.ndarray]:
    """A History, dictionary or DataFrame as columns of numbers, all as long."""
    columns = getattr(history, "history", history)
    if not isinstance(columns, Mapping | pd.DataFrame):
        raise ValueError(
            "expected what model.fit returned, its .history or a DataFrame, got "
            f"{type(history).__name__}"
        )
    record = {str(name): np.asarray(columns[name], float) for name in columns}
    lengths = {name: len(values) for name, values in record.items()}
    if len(set(lengths.values())) > 1 or 0 in lengths.values():
        raise ValueError(f"expected one value per epoch in each column, got {lengths}")
    return record


def _as_accuracies(table: pd.DataFrame) -> pd.DataFrame:
    wanted = ["accuracy", "low", "high"]
    found = list(getattr(table, "columns", ()))
    if not set(wanted) <= set(found) or not len(table):
        raise ValueError(f"expected a table with rows and the columns {wanted}, got {found}")
    accuracy, low, high = (table[name] for name in wanted)
    wrong = table[~((low >= 0) & (low <= accuracy) & (accuracy <= high) & (high <= 1))]
    if len(wrong):
        raise ValueError(
            "expected fractions with 0 <= low <= accuracy <= high <= 1, got for "
            f"{wrong.index[0]}: {wrong.iloc[0][wanted].to_dict()}"
        )
    return table


def _positive(name: str, value: int) -> int:
    if not isinstance(value, int | np.integer) or value < 1:
        raise ValueError(f"expected {name} as a whole number of at least 1, got {value!r}")
    return int(value)
