"""The exercise engine: one registry, three answers (passed, not yet, not attempted)."""

import inspect
import os
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import numpy as np

from .. import progress


class NotYet(ValueError):
    """An answer is not right yet; the message says what was expected and what came."""


class NotAttempted(ValueError):
    """The starter stands as it was: somewhere an ``...`` is left."""


@dataclass(frozen=True)
class Exercise:
    """One exercise of a day.

    Attributes:
        id: day and number, ``"4.1"``.
        title: what the learner makes, in a few words.
        solution: a function, or the value asked for.
        reason: why the solution is right, shown with it.
        check: takes the learner's answer, returns when it is right, raises ``NotYet`` if not.
        hints: from a nudge to nearly the answer.
        wrong: plausible wrong answers, each with words that the message must contain.
        right: right answers written another way: a loop, another dtype, another return type.
    """

    id: str
    title: str
    solution: Any
    reason: str
    check: Callable[[Any], None]
    hints: tuple[str, ...]
    wrong: tuple[tuple[Any, str], ...]
    right: tuple[Any, ...] = ()


@dataclass
class _Hints:
    shown: dict[str, int] = field(default_factory=dict)


_hints = _Hints()


def find(exercise_id: str) -> Exercise:
    """The exercise of that id, such as ``"4.1"`` (day 4, first exercise).

    Raises:
        ValueError: there is no such exercise; the message lists the day's.
    """
    exercises = day_exercises(exercise_id)
    if exercise_id not in exercises:
        raise ValueError(f"no exercise {exercise_id!r}; this day has {', '.join(exercises)}")
    return exercises[exercise_id]


def day_exercises(exercise_id: str) -> dict[str, Exercise]:
    """All exercises of the day that an id such as ``"4.1"`` belongs to."""
    day = str(exercise_id).partition(".")[0]
    try:
        module = import_module(f"{__package__}.day{int(day):02d}")
    except (ValueError, ModuleNotFoundError):
        raise ValueError(
            f'expected an exercise such as "4.1" (day 4, first exercise), got {exercise_id!r}'
        ) from None
    return {exercise.id: exercise for exercise in module.EXERCISES}


def check(exercise_id: str, answer: Any) -> None:
    """Say whether an answer is right, and if not, what came and what was expected.

    Args:
        exercise_id: such as ``"4.1"``.
        answer: the learner's function (without brackets) or value.

    Raises:
        NotYet: only with ``MNIST_COURSE_STRICT=1``, when the answer is not passed.
        ValueError: no such exercise.
    """
    exercise = find(exercise_id)
    try:
        _reject_ellipsis(answer)
        exercise.check(answer)
    except NotAttempted:
        _not_passed(f"○ {exercise_id} not attempted yet. {_try('hint', exercise_id)}")
    except NotYet as problem:
        _not_passed(f"✗ {exercise_id} not yet: {problem}")
    else:
        progress.record(exercise_id)
        print(f"✓ {exercise_id} passed: {exercise.title}")


def hint(exercise_id: str) -> None:
    """Print the next hint; after the last one, say where the solution is."""
    hints = find(exercise_id).hints
    shown = _hints.shown.get(exercise_id, 0)
    if shown < len(hints):
        print(f"Hint {shown + 1} of {len(hints)}: {hints[shown]}")
        _hints.shown[exercise_id] = shown + 1
    else:
        print(f"That was the last hint. {_try('solution', exercise_id)}")


def solution(exercise_id: str) -> None:
    """Print a worked answer and the reason why it is right."""
    exercise = find(exercise_id)
    print(f"{_source(exercise.solution)}\n\nWhy: {exercise.reason}")


def call(function: Callable, *arguments: Any, shown: str) -> Any:
    """Call a learner's function and turn whatever goes wrong into words.

    Args:
        function: the learner's function.
        *arguments: passed on.
        shown: how the call reads in the message: ``"class_counts([0, 1, 1])"``.

    Returns:
        What the function returned, never None or ``...``.

    Raises:
        NotAttempted: it returned ``...``, as the starter does.
        NotYet: it is no function, it failed, or it returned nothing.
    """
    if not callable(function):
        raise NotYet(f"expected your function (its name, no brackets), got {function!r}")
    try:
        result = function(*arguments)
    except Exception as problem:
        raise NotYet(f"{shown} stopped with {type(problem).__name__}: {problem}") from problem
    _reject_ellipsis(result)
    if result is None:
        raise NotYet(
            f"{shown} returned None: print shows a value, return hands it back. "
            "Does your function end with a return?"
        )
    return result


def require(holds: bool, message: str) -> None:
    """Raise ``NotYet`` with the message unless the condition holds."""
    if not holds:
        raise NotYet(message)


def require_shape(value: Any, shape: tuple[int, ...], *, what: str) -> None:
    """Raise ``NotYet`` unless the value is an array of this shape."""
    if np.shape(value) != shape:
        raise NotYet(f"{what} should have shape {shape}, yours has {np.shape(value)}")


def require_equal(value: Any, expected: Any, *, what: str, within: float = 0.0) -> None:
    """Raise ``NotYet`` with both values unless they are equal (arrays: element by element)."""
    require_shape(value, np.shape(expected), what=what)
    if within:
        same = np.allclose(value, expected, rtol=0, atol=within)
    else:
        same = np.array_equal(value, expected)
    if not same:
        raise NotYet(f"{what} should be {_show(expected)}, yours is {_show(value)}")


def _reject_ellipsis(value: Any) -> None:
    if value is ...:
        raise NotAttempted


def _try(name: str, exercise_id: str) -> str:
    """Code that works in any notebook, whatever it has imported."""
    return f'Stuck? from mnist_course import {name}; {name}("{exercise_id}")'


def _not_passed(message: str) -> None:
    if os.environ.get("MNIST_COURSE_STRICT") == "1":
        raise NotYet(message) from None
    print(message)


def _show(value: Any) -> str:
    with np.printoptions(precision=4, threshold=20, edgeitems=3):
        return np.array2string(value) if isinstance(value, np.ndarray) else repr(value)


def _source(answer: Any) -> str:
    if callable(answer):
        return textwrap.dedent(inspect.getsource(answer)).rstrip()
    return repr(answer)
