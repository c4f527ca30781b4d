"""What a benchmark finds: repeated values beside those of a reference, measured in turn."""

import math
import statistics
import timeit
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Row:
    """One thing measured several times, each time beside its reference.

    Attributes:
        group: rows of a group share a reference, such as "Latency, batch 1".
        what: the thing measured.
        unit: "s" for seconds, "MB" for a million bytes.
        values: one per repeat; empty when it could not be measured.
        reference: what it is compared with.
        reference_values: as many as ``values``, each measured next to its partner.
        note: how it was measured, or why it was not.

    Raises:
        ValueError: values and reference values are not pairs.
    """

    group: str
    what: str
    unit: str = "s"
    values: tuple[float, ...] = ()
    reference: str = ""
    reference_values: tuple[float, ...] = ()
    note: str = ""

    def __post_init__(self) -> None:
        if len(self.values) != len(self.reference_values):
            raise ValueError(
                f"expected as many reference values as values for {self.what!r}, got "
                f"{len(self.reference_values)} and {len(self.values)}"
            )

    @property
    def n(self) -> int:
        """Repeats; 0 when it was not measured."""
        return len(self.values)

    @property
    def value(self) -> float | None:
        """Median of the values, in ``unit``."""
        return statistics.median(self.values) if self.values else None

    @property
    def ratios(self) -> list[float]:
        """Value over reference, pair by pair: what slows both down cancels out."""
        return [a / b for a, b in zip(self.values, self.reference_values, strict=True)]

    @property
    def ratio(self) -> float | None:
        """Median of the ratios; below 1 the reference is beaten."""
        return statistics.median(self.ratios) if self.values else None

    @property
    def spread(self) -> tuple[float, float] | None:
        """Lower and upper quartile of the ratios."""
        return quartiles(self.ratios) if self.values else None

    def as_dict(self) -> dict:
        """Everything as JSON takes it, with the statistics."""
        names = ("group", "what", "unit", "value", "reference", "ratio", "spread", "n", "note")
        raw = {"values": self.values, "reference_values": self.reference_values}
        return {name: getattr(self, name) for name in names} | raw


def quartiles(values: list[float]) -> tuple[float, float]:
    """Lower and upper quartile: half of the values lie between them.

    Args:
        values: at least one.
    """
    low, high = np.quantile(values, [0.25, 0.75])
    return float(low), float(high)


def time_in_turn(
    calls: Mapping[str, Callable[[], object]], *, n: int, seconds: float = 0.02
) -> dict[str, tuple[float, ...]]:
    """Time functions in turn, A B, B A, A B ..., so that a busy moment meets all of them.

    Args:
        calls: functions by name; each runs twice before anything counts.
        n: how often each is measured.
        seconds: a quick function is repeated until a measurement takes about this long.

    Returns:
        For each name, n times seconds per call.
    """
    timers = {name: timeit.Timer(call) for name, call in calls.items()}
    loops = {}
    for name, timer in timers.items():
        timer.timeit(1)  # the first call may compile
        loops[name] = max(1, math.ceil(seconds / timer.timeit(1)))
    samples = {name: [] for name in calls}
    for turn in range(n):
        for name in in_order(calls, turn):
            samples[name].append(timers[name].timeit(loops[name]) / loops[name])
    return {name: tuple(times) for name, times in samples.items()}


def in_order(names: Iterable[str], turn: int) -> list[str]:
    """Names as they are in even turns, from the last to the first in odd ones."""
    return list(names)[:: 1 if turn % 2 == 0 else -1]
