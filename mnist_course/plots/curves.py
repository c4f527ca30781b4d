"""Figures of numbers: curves over epochs, a confusion matrix, accuracies side by side."""

from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from sklearn.metrics import confusion_matrix

from ._canvas import BLUE, ORANGE, axes_of_size, centred_text, label_pair


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
        ValueError: lengths or shapes do not fit, there are no labels, or one is not a digit.
    """
    labels, predicted = label_pair(labels, predicted)
    how = "true" if normalize else None
    matrix = confusion_matrix(labels, predicted, labels=range(10), normalize=how)
    words = np.array([[f"{100 * v:.1f}" if normalize else f"{v}" for v in r] for r in matrix])
    matrix = 100 * matrix if normalize else matrix
    ax = axes_of_size(ax, 7, 5.6)
    _draw_errors(ax, matrix, words, "% of the true digit's images" if normalize else "images")
    for digit in range(10):
        centred_text(ax, digit + 0.5, digit + 0.5, words[digit, digit], color="#666666", fontsize=9)
    ax.tick_params(length=0, rotation=0)
    ax.grid(False)
    ax.set(xlabel="predicted digit", ylabel="true digit")
    ax.set_title(title or "", loc="left")
    return ax


def _draw_errors(ax: Axes, matrix: np.ndarray, words: np.ndarray, unit: str) -> None:
    """A confusion matrix without its diagonal, in colour; the errors that occur in words."""
    diagonal = np.eye(10, dtype=bool)
    errors = np.where(diagonal, 0, matrix)
    ax.set_facecolor("#EEEEEE")  # shows where the diagonal is masked
    sns.heatmap(
        errors,
        mask=diagonal,
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
    ax = axes_of_size(ax, 7, 1 + 0.36 * len(ranked))
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
