"""The benchmark as a list of steps, each a group of rows."""

from collections.abc import Callable
from dataclasses import dataclass

from .accuracy import measure_time_to_accuracy
from .load import measure_load
from .rows import Row
from .speed import measure_epochs, measure_latency, measure_loading, measure_start


@dataclass(frozen=True)
class Step:
    """Something to measure.

    Attributes:
        name: what is measured, in words.
        seconds: about how long it takes on two CPU cores; the progress bar is drawn by it.
        measure: does it.
    """

    name: str
    seconds: float
    measure: Callable[[], list[Row]]

    def run(self) -> list[Row]:
        """Measure; a failure becomes a row that says why, so that the others still count."""
        try:
            return self.measure()
        except Exception as problem:
            why = f"{type(problem).__name__}: {problem}".splitlines()[0]
            return [Row(self.name, "not measured", note=why)]


def plan(*, quick: bool = False, tell: Callable[[str], object] = lambda _: None) -> list[Step]:
    """All measurements in their order.

    Args:
        quick: fewer repeats, and no training to an accuracy: under 2 minutes on two CPU cores
            instead of under 20.
        tell: called with what a long step is doing.
    """
    n = 3 if quick else 5
    return [
        Step("Load MNIST", 3, lambda: measure_loading(n=n)),
        Step("Import, first digit, memory", 8 * n, lambda: measure_start(n=n)),
        Step("Latency of champion", 5 * n, lambda: measure_latency(n=3 * n)),
        Step("Latency of tiny", n, lambda: measure_latency("tiny", sizes=(1,), n=3 * n)),
        Step(
            "One epoch of each network",
            20 + (5 if quick else 15) * n,
            lambda: measure_epochs(n=n, steps=24 if quick else 96),
        ),
        Step(
            "Service under load",
            10 + (2 if quick else 10) * n,
            lambda: measure_load(n=n, seconds=1 if quick else 5),
        ),
        # last: the backend is warm by now, which no training pays for then
        Step("Training to accuracy", 1, _skip_training)
        if quick
        else Step("Training to accuracy", 400, lambda: measure_time_to_accuracy(tell=tell)),
    ]


def _skip_training() -> list[Row]:
    why = "skipped: takes minutes, run without --quick"
    return [Row("Training to accuracy", what, note=why) for what in ("99.0%", "99.5%")]
