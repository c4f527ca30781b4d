"""The accuracy ladder: what each lesson's model reached, drawn at the end of every lesson.

Results are recorded in ``notebooks/ladder.json`` when a lesson is refreshed, and only then, so
that a learner's run and a verification change nothing.
"""

import json
import os
from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes

from .._files import write_text
from .._paths import NOTEBOOKS
from ..evaluation.statistics import accuracy_interval
from ..plots import plot_accuracies
from . import RECORD  # not from lessons, which import for a second

FILE = NOTEBOOKS / "ladder.json"
TEST_DIGITS = 10_000


def accuracy_ladder(day: int, results: Mapping[str, float], *, ax: Axes | None = None) -> Axes:
    """Draw what this lesson's models reached on the test digits beside the best of earlier days.

    Args:
        day: the lesson's day, 1 to 30.
        results: test accuracy, 0 to 1, by the name of the model: ``{"k-NN": 0.968}``.
        ax: draw here; None makes a figure.

    Returns:
        The Axes: accuracies in percent with 95 % intervals for 10,000 test digits.

    Raises:
        ValueError: an accuracy is not between 0 and 1, or there is no result.
    """
    if not results:
        raise ValueError("give at least one result, such as {'k-NN': 0.968}")
    recorded = read_ladder() | {
        day: {name: round(float(value), 4) for name, value in results.items()}
    }
    if os.environ.get(RECORD) == "1":
        _write(recorded)
    rows = {
        f"Day {d}: {name}": _row(value)
        for d, models in recorded.items()
        if d <= day
        for name, value in models.items()
        if d == day or value == max(models.values())
    }
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["accuracy", "low", "high"])
    return plot_accuracies(table, title=f"The ladder on Day {day}", ax=ax)


def read_ladder() -> dict[int, dict[str, float]]:
    """Test accuracies recorded in the repository: ``{7: {"k-NN": 0.968}}``, in order of days."""
    if not FILE.exists():
        return {}
    recorded = json.loads(FILE.read_text(encoding="utf-8"))
    return {int(day): recorded[day] for day in sorted(recorded, key=int)}


def _row(accuracy: float) -> tuple[float, float, float]:
    return accuracy, *accuracy_interval(round(accuracy * TEST_DIGITS), TEST_DIGITS)


def _write(ladder: dict[int, dict[str, float]]) -> None:
    content = {str(day): ladder[day] for day in sorted(ladder)}
    write_text(FILE, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
