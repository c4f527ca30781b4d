"""The exercise engine: one registry, three answers (passed, not yet, not attempted)."""

import copy
import inspect
import os
import re
import textwrap
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
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


ROUNDED = "yours is rounded: leave the digits as they are"

_hints_shown: dict[str, int] = {}


def find(exercise_id: str | float) -> Exercise:
    """The exercise of that id, such as ``"4.1"`` (day 4, first exercise); 4.1 is understood too.

    Raises:
        ValueError: there is no such exercise; the message lists the day's.
    """
    exercise_id = str(exercise_id)
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


def check(exercise_id: str | float, answer: Any) -> None:
    """Say whether an answer is right, and if not, what came and what was expected.

    Whatever the answer is and does, it gets a sentence, never a traceback.

    Args:
        exercise_id: such as ``"4.1"``.
        answer: the learner's function (without brackets) or value.

    Raises:
        NotYet: only with ``MNIST_COURSE_STRICT=1``, when the answer is not passed.
        ValueError: no such exercise.
    """
    exercise = find(exercise_id)
    try:
        _judge(exercise, answer)
    except NotAttempted:
        _not_passed(f"○ {exercise.id} not attempted yet. {_try('hint', exercise.id)}")
    except NotYet as problem:
        _not_passed(f"✗ {exercise.id} not yet: {problem}")
    else:
        print(f"✓ {exercise.id} passed: {exercise.title}")
        if trouble := progress.record(exercise.id):
            print(trouble)


def _judge(exercise: Exercise, answer: Any) -> None:
    """The exercise's own check; what it did not foresee becomes a ``NotYet`` too."""
    try:
        _reject_ellipsis(answer)
        if callable(exercise.solution) and not callable(answer):
            raise NotYet(
                f"expected your function (its name, no brackets), got {show(answer)}, "
                f"{_kind(answer)}"
            )
        if callable(exercise.solution) and _is_ready_made(answer):
            raise NotYet(f"{answer.__name__} is the course's own function: write yours")
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # of odd answers; they would be read as the course's
            exercise.check(answer)
    except (NotYet, NotAttempted):
        raise
    except (Exception, SystemExit) as problem:
        raise NotYet(_unforeseen(exercise, answer, problem)) from None


def _is_ready_made(answer: Any) -> bool:
    """Whether a function was taken from the package; solutions, which tests give, are not."""
    module = str(answer.__module__) if inspect.isfunction(answer) else ""
    return module.startswith("mnist_course.") and not module.startswith(__package__)


def _unforeseen(exercise: Exercise, answer: Any, problem: BaseException) -> str:
    """What to say of an answer of a kind that the check did not think of."""
    if callable(exercise.solution):
        return (
            "your function gave something that this exercise cannot use "
            f"({type(problem).__name__}: {_shorten(problem)}). Compare its type and shape with "
            f"what the text above asks for: {exercise.title}"
        )
    wanted = _kind(exercise.solution)
    return f"expected {wanted} for {exercise.title}, got {show(answer)}, {_kind(answer)}"


def _kind(value: Any) -> str:
    """The kind of a value, in words."""
    try:
        if isinstance(value, np.ndarray):
            return f"an array of {value.dtype} and shape {value.shape}"
        kinds = {bool: "a yes or no", str: "a text", dict: "a dictionary", list: "a list"}
        kinds |= {int: "a whole number", float: "a number", tuple: "a tuple", set: "a set"}
        return kinds.get(type(value), f"of type {type(value).__name__}")
    except Exception:  # an object may do as it likes, even lie about its class
        return "of an unknown type"


def hint(exercise_id: str | float) -> None:
    """Print the next hint; after the last one, say where the solution is."""
    exercise_id = str(exercise_id)
    hints = find(exercise_id).hints
    shown = _hints_shown.get(exercise_id, 0)
    if shown < len(hints):
        print(f"Hint {shown + 1} of {len(hints)}: {hints[shown]}")
        _hints_shown[exercise_id] = shown + 1
    else:
        print(f"That was the last hint. {_try('solution', exercise_id)}")


def solution(exercise_id: str | float) -> None:
    """Print a worked answer and the reason why it is right."""
    exercise = find(exercise_id)
    print(f"{_source(exercise.solution)}\n\nWhy: {exercise.reason}")


def call(
    function: Callable, *arguments: Any, shown: str, pure: bool = False, listed: bool = False
) -> Any:
    """Call a learner's function and turn whatever goes wrong into words.

    Args:
        function: the learner's function.
        *arguments: arrays, tables and containers are passed on as copies, for an answer may
            change what it is given.
        shown: how the call reads in the message: ``"class_counts([0, 1, 1])"``.
        pure: a function that changes an array it was given is refused.
        listed: what is handed out one by one (``yield``, ``map``) counts as a list.

    Returns:
        What the function returned, never None or ``...``.

    Raises:
        NotAttempted: it returned ``...``, as the starter does.
        NotYet: it is no function, it failed, it returned nothing, or it is not ``pure``.
    """
    if not callable(function):
        raise NotYet(f"expected your function (its name, no brackets), got {show(function)}")
    given = _copies(arguments)
    try:
        result = function(*given)
        result = as_list(result) if listed else result
    except (NotYet, NotAttempted):  # said by what the function was given, in words already
        raise
    except (Exception, SystemExit) as problem:
        raise NotYet(f"{shown} stopped with {_told(problem)}") from problem
    _reject_ellipsis(result)
    if result is None:
        raise NotYet(
            f"{shown} returned None: print shows a value, return hands it back. "
            "Does your function end with a return?"
        )
    require(
        not pure or _same_arrays(given, arguments),
        f"{shown}: the function also changed what it was given, and the caller still needs that. "
        "Make a new array: -= and [...] = work inside the old one",
    )
    return result


def as_list(found: Any) -> Any:
    """A list of what a generator or ``map`` hands out one by one; anything else as it is."""
    return list(found) if isinstance(found, Iterator) else found


def require(holds: bool, message: str) -> None:
    """Raise ``NotYet`` with the message unless the condition holds."""
    if not holds:
        raise NotYet(message)


def require_shape(value: Any, shape: tuple[int, ...], *, what: str) -> None:
    """Raise ``NotYet`` unless the value is an array of this shape, of numbers."""
    try:
        found = np.shape(value)
    except ValueError:  # a list of lists of different lengths
        raise NotYet(f"{what} should have shape {shape}, yours is {show(value)}") from None
    if found != shape:
        raise NotYet(f"{what} should have shape {shape}, yours has {found}")
    try:
        as_numbers(value)
    except (TypeError, ValueError):
        raise NotYet(f"{what} should consist of numbers, yours is {show(value)}") from None


def as_numbers(value: Any) -> np.ndarray:
    """An array of floats; a text such as "0.5", which NumPy would take, is no number.

    Raises:
        TypeError: there is a text, or something else that is no number.
        ValueError: lists of different lengths.
    """
    array = np.asarray(value)
    if array.dtype.kind in "USO" and any(isinstance(item, str | bytes) for item in array.flat):
        raise TypeError("a text is no number")
    return np.asarray(value, float)


def is_rounded(value: Any, expected: Any) -> bool:
    """Whether the value is what is expected, but with one to five digits of each fraction."""
    try:
        value, expected = as_numbers(value), as_numbers(expected)
    except (TypeError, ValueError):
        return False
    return value.shape == expected.shape and any(
        np.allclose(value, expected.round(digits), rtol=0, atol=1e-6) for digits in range(1, 6)
    )


def require_equal(value: Any, expected: Any, *, what: str, within: float = 0.0) -> None:
    """Raise ``NotYet`` with both values unless they are equal (arrays: element by element)."""
    require_shape(value, np.shape(expected), what=what)
    if within:
        same = np.allclose(value, expected, rtol=0, atol=within)
    else:
        same = np.array_equal(value, expected)
    if not same:
        words = f": {ROUNDED}" if is_rounded(value, expected) else ""
        raise NotYet(f"{what} should be {show(expected)}, yours is {show(value)}{words}")


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


def show(value: Any, *, width: int = 120) -> str:
    """Any value in one short line, whatever its own ``repr`` does."""
    try:
        with np.printoptions(precision=4, threshold=20, edgeitems=3):
            is_array = isinstance(value, np.ndarray)
            return _shorten(np.array2string(value) if is_array else repr(value), width)
    except Exception:
        return f"something of type {type(value).__name__}"


def _shorten(text: object, width: int = 120) -> str:
    """One line of at most so many characters, without the colours of a terminal."""
    line = " ".join(re.sub(r"\x1b\[[\d;]*m", "", str(text)).split())
    return line if len(line) <= width else f"{line[: width - 4]} ..."


def _copies(arguments: tuple) -> tuple:
    """Copies of arrays, tables and containers; random generators and models go on as they are."""
    kinds = np.ndarray | list | dict | set | tuple
    return tuple(
        copy.deepcopy(a) if isinstance(a, kinds) or hasattr(a, "iloc") else a for a in arguments
    )


def _same_arrays(given: tuple, arguments: tuple) -> bool:
    pairs = zip(given, arguments, strict=True)
    return all(np.array_equal(a, b) for a, b in pairs if isinstance(b, np.ndarray))


def _told(problem: BaseException) -> str:
    """An error inside a learner's function, with its line, and help for a usual one."""
    name, text = type(problem).__name__, _shorten(problem, 200)
    if isinstance(problem, UnboundLocalError):
        text += '. A name needs its first value before the loop, such as text = ""'
    if isinstance(problem, RecursionError):
        text += ". The function calls itself without an end"
    frames = [f for f in traceback.extract_tb(problem.__traceback__) if f.filename != __file__]
    # the learner's own, not those of libraries and of what the function was given
    lines = [f.line for f in frames if f.line and f.filename == frames[0].filename]
    return f"{name}: {text}" + (f" (in the line: {_shorten(lines[-1], 80)})" if lines else "")


def _source(answer: Any) -> str:
    if callable(answer):
        return textwrap.dedent(inspect.getsource(answer)).rstrip()
    return repr(answer)
