"""Exercises that answer back: ``check``, ``hint``, ``solution``.

The engine is in ``engine``; ``dayNN`` holds the exercises of a day: prompt title, reference
solution with its reason, check, hints, and the wrong answers that learners really give.
"""

from .engine import check, hint, solution

__all__ = ["check", "hint", "solution"]
