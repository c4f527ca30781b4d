"""Every figure of the course: arrays in, Matplotlib Axes out, nothing shown or saved.

Each function draws into ``ax``, or into a new figure when ``ax`` is None, and returns the Axes;
``ax.figure.savefig("name.png")`` keeps the picture. In a notebook, end the line with a
semicolon to see the figure alone.
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
    chosen = _choose(len(labels), rows * columns, indices, seed)
    captions, colors = [], []
    for i in chosen:
        right = predicted[i] == labels[i]
        sure = f", {np.max(probabilities[i]):.0%}" if np.ndim(probabilities) == 2 else ""
        captions.append(f"{'✓' if right else '✗'} predicted {predicted[i]}{sure}")
        colors.append(GREEN if right else RED)
    truth = [f"true {labels[i]}" for i in chosen]
    pictures = _as_images(np.asarray(images)[chosen])
    return _draw_grid(pictures, ax, columns, title, above=captions, below=truth, colors=colors)


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
    axes[0].set(ylabel="accuracy (%)", title="Accuracy")
    _draw_epochs(axes[1], record, "loss", scale=1)
    axes[1].set(ylabel="loss (mean per image)", title="Loss")
    axes[1].set_ylim(bottom=0)
    if title is not None:
        axes[0].figure.suptitle(title)
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
    if normalize:
        matrix = 100 * matrix
    words = np.array([[_cell_text(v, normalize) for v in row] for row in matrix])
    ax = _axes(ax, 7.2, 5.6)
    diagonal = np.eye(10, dtype=bool)
    unit = "% of the true digit's images" if normalize else "images"
    sns.heatmap(
        np.ma.filled(np.ma.array(matrix, mask=diagonal), 0),
        mask=diagonal,
        annot=words,
        fmt="",
        cmap="Oranges",
        vmin=0,
        square=True,
        linewidths=0.5,
        annot_kws={"fontsize": 9},
        cbar_kws={"label": f"errors ({unit})"},
        ax=ax,
    )
    for digit in range(10):
        ax.add_patch(Rectangle((digit, digit), 1, 1, facecolor="#F0F0F0", edgecolor="white"))
        ax.text(
            digit + 0.5, digit + 0.5, words[digit, digit], color="#666666",
            fontsize=9, ha="center", va="center",
        )  # fmt: skip
    ax.tick_params(length=0, rotation=0)
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
    pixels, top = images[0], _white_to_black(images)
    height, width = pixels.shape
    cell = min(0.6, 9 / max(height, width))  # inches
    ax = _axes(ax, cell * width + 0.5, cell * height + 0.6)
    ax.imshow(pixels, cmap="gray_r", vmin=0, vmax=top, interpolation="nearest")
    for (row, column), value in np.ndenumerate(pixels):
        text = f"{value:.2f}" if pixels.dtype.kind == "f" else f"{value:d}"
        color = "white" if value > 0.45 * top else "#333333" if value else "#AAAAAA"
        ax.text(
            column, row, text, color=color, fontsize=min(10, 60 * cell / max(3, len(text))),
            ha="center", va="center", in_layout=False,
        )  # fmt: skip
    step = 1 if width <= 12 else 3
    ax.set(xticks=range(0, width, step), yticks=range(0, height, step))
    ax.set(xlabel="column", ylabel="row")
    ax.grid(False)
    ax.set_title(title or "", loc="left")
    return ax
