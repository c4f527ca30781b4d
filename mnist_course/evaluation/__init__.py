"""How good, how sure, and is the difference real? Arrays in, numbers out."""

from .confidence import (
    Reliability,
    apply_temperature,
    expected_calibration_error,
    find_temperature,
    reliability,
)
from .statistics import (
    McNemar,
    accuracy_interval,
    answer_shifted,
    combine_answers,
    mcnemar,
    verdict,
)

__all__ = [
    "McNemar",
    "Reliability",
    "accuracy_interval",
    "answer_shifted",
    "apply_temperature",
    "combine_answers",
    "expected_calibration_error",
    "find_temperature",
    "mcnemar",
    "reliability",
    "verdict",
]
