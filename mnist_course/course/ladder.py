"""The accuracy ladder: what each lesson's model reached, drawn at the end of every lesson.

Results are recorded in ``notebooks/ladder.json`` when a lesson is refreshed, and only then, so
that a learner's run and a verification change nothing.
"""

import json
import os
from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd
from matplotlib.axes import Axes

from .._files import write_text
from .._paths import NOTEBOOKS
from ..evaluation.statistics import accuracy_interval
from ..plots import plot_accuracies
from . import DAYS, RECORD  # not from lessons, which import for a second

FILE = NOTEBOOKS / "ladder.json"


class Rung(NamedTuple):
    """What one model reached.

    Attributes:
        accuracy: 0 to 1; over several seeds their mean.
        on: "test" or "validation": whose digits.
        digits: how many.
    """

    accuracy: float
    on: str = "test"
    digits: int = 10_000


def accuracy_ladder(
    day: int,
    results: Mapping[str, float],
    *,
    on: str = "test",
    digits: int = 10_000,
    ax: Axes | None = None,
) -> Axes:
    """Draw what this lesson's models reached beside the best of earlier days.

    The test set is opened at the end of each week; between, the ladder climbs on validation
    digits, and says so.

    Args:
        day: the lesson's day, 1 to 30.
        results: accuracy, 0 to 1, by the name of the model: ``{"k-NN": 0.968}``.
        on: ``"test"`` or ``"validation"``: whose digits they were measured on.
        digits: how many digits.
        ax: draw here; None makes a figure.

    Returns:
        The Axes: accuracies in percent with 95 % intervals for so many digits.

    Raises:
        ValueError: there is no such day, an accuracy is not between 0 and 1, there is no result,
            or ``on`` is another word.
    """
    if day not in DAYS:
        raise ValueError(f"expected a day from {DAYS[0]} to {DAYS[-1]}, got {day!r}")
    if not results:
        raise ValueError("give at least one result, such as {'k-NN': 0.968}")
    if on not in ("test", "validation"):
        raise ValueError(f'on is "test" or "validation", got {on!r}')
    for name, value in results.items():
        if not 0 <= float(value) <= 1:  # false for NaN too
            raise ValueError(f"expected accuracies from 0 to 1, got {value} for {name!r}")
    mine = {name: Rung(round(float(value), 4), on, digits) for name, value in results.items()}
    recorded = read_ladder() | {day: mine}
    if os.environ.get(RECORD) == "1":
        _write(recorded)
    rows = {
        f"Day {d}: {name}{'' if rung.on == 'test' else ' (validation)'}": _row(rung)
        for d, rungs in recorded.items()
        if d <= day
        for name, rung in rungs.items()
        if d == day or rung.accuracy == max(rungs.values()).accuracy
    }
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["accuracy", "low", "high"])
    return plot_accuracies(table, title=f"The ladder on Day {day}", ax=ax)


def read_ladder() -> dict[int, dict[str, Rung]]:
    """What is recorded in the repository: ``{7: {"k-NN": Rung(0.968)}}``, in order of days."""
    if not FILE.exists():
        return {}
    recorded = json.loads(FILE.read_text(encoding="utf-8"))
    return {
        int(day): {name: _rung(value) for name, value in recorded[day].items()}
        for day in sorted(recorded, key=int)
    }


def _rung(value: float | list) -> Rung:
    """A number alone was measured on the 10,000 test digits."""
    return Rung(*value) if isinstance(value, list) else Rung(value)


def _row(rung: Rung) -> tuple[float, float, float]:
    right = round(rung.accuracy * rung.digits)
    return rung.accuracy, *accuracy_interval(right, rung.digits)


def _write(ladder: dict[int, dict[str, Rung]]) -> None:
    content = {
        str(day): {
            name: rung.accuracy if rung == Rung(rung.accuracy) else [*rung]
            for name, rung in ladder[day].items()
        }
        for day in sorted(ladder)
    }
    write_text(FILE, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
