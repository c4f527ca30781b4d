"""How good, how sure, and is the difference real? Arrays in, numbers out."""

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
    "accuracy_interval",
    "answer_shifted",
    "combine_answers",
    "mcnemar",
    "verdict",
]
