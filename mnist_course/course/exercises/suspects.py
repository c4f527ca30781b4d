"""Judge an answer on many cases, and name a mistake only when it explains all of the results."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from copy import deepcopy
from typing import Any, NamedTuple

import numpy as np

from .engine import ROUNDED, NotAttempted, NotYet, as_numbers, call, is_rounded


class Case(NamedTuple):
    """One call of the learner's function.

    Attributes:
        shown: how the call reads in a message: ``"stop_after([0.5, 0.4], 2)"``.
        arguments: what the function gets.
        note: said behind expected and found value, a fact about the case: ``"an equal loss is no
            new low"``.
    """

    shown: str
    arguments: tuple
    note: str = ""


def judge(
    answer: Callable,
    solution: Callable,
    cases: Sequence[Case],
    *,
    slips: Sequence[tuple[Callable, str]] = (),
    form: Callable[[Any, Case], Any] = lambda found, case: found,
    within: float = 1e-5,
) -> None:
    """Call the answer on every case and compare with the solution.

    Args:
        answer: the learner's function.
        solution: the reference.
        cases: inputs chosen so that mistakes differ from the solution, and from one another.
        slips: functions with a mistake, and what to say to who made it. A slip is named only
            when every result fits it and no slip of other words.
        form: brings a result, the learner's, the solution's or a slip's, into the form in which
            it is compared, and raises ``NotYet`` when it is not of the kind asked for.
        within: largest difference that still counts as equal, in numbers above 1 relative.

    Raises:
        NotYet: a result differs; the message shows the input, what was expected and what came.
    """
    found = []
    for case in cases:
        found.append(form(call(answer, *case.arguments, shown=case.shown), case))
    expected = _results(solution, cases, form)
    wrong = [not same(f, e, within=within) for f, e in zip(found, expected, strict=True)]
    if not any(wrong):
        return
    first = wrong.index(True)
    message = f"{cases[first].shown}: expected {show(expected[first])}, yours {show(found[first])}"
    words = {
        text
        for slip, text in slips
        if all(map(lambda a, b: same(a, b, within=within), _results(slip, cases, form), found))
    }
    note = ROUNDED if all(map(is_rounded, found, expected)) else cases[first].note
    reason = words.pop() if len(words) == 1 else note
    raise NotYet(f"{message}: {reason}" if reason else message)


def same(value: Any, other: Any, *, within: float = 1e-5) -> bool:
    """Equal texts, or numbers and arrays of one shape that differ by rounding only."""
    if isinstance(value, str) or isinstance(other, str):
        return isinstance(value, str) and isinstance(other, str) and value == other
    try:
        value, other = as_numbers(value), as_numbers(other)
    except (TypeError, ValueError):
        return False
    close = value.shape == other.shape and np.allclose(value, other, rtol=within, atol=within)
    return bool(close)


def show(value: Any) -> str:
    """A value as a learner would write it, four digits of a fraction."""
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if isinstance(value, str):
        return f'"{value}"'
    try:
        array = as_numbers(value)
    except (TypeError, ValueError):
        return repr(value)
    whole = np.all(array == np.round(array)) and np.all(np.abs(array) < 1e9)
    array = array.astype(int) if whole else array
    if not array.ndim:
        return str(array) if whole else f"{array:.4g}"
    with np.printoptions(precision=4, threshold=20, suppress=True):
        return np.array2string(array, separator=", ")


def number(found: Any, case: Case) -> Any:
    """``form`` for functions that return one number."""
    if isinstance(found, str) or not same(found, found) or np.ndim(np.asarray(found)):
        nan = ", 0 / 0 or the mean of nothing: leave out what is empty"
        why = nan if str(found) == "nan" else ""
        raise NotYet(f"{case.shown}: one number is asked for, yours is {found!r:.80}{why}")
    return found


def two_results(found: Any, case: Case) -> list:
    """``form`` for functions that return two arrays: as a tuple, a list, or rows of an array."""
    several = isinstance(found, tuple | list) or (not isinstance(found, str) and np.ndim(found) > 0)
    if not several or len(found) != 2:
        raise NotYet(f"{case.shown}: two results are expected, with a comma between them")
    missing = [part is ... for part in found]
    if all(missing):
        raise NotAttempted
    if any(missing):
        raise NotYet("one of the two results is still `...`")
    return [found[0], found[1]]


def one_of(*allowed: str) -> Callable[[Any, Case], Any]:
    """``form`` for functions that return one of a few texts."""

    def form(found: Any, case: Case) -> Any:
        if not (isinstance(found, str) and found in allowed):
            choice = ", ".join(f'"{text}"' for text in allowed)
            raise NotYet(f"{case.shown}: the answer is one of {choice}, yours is {found!r:.80}")
        return found

    return form


def letters(answer: Any, allowed: str) -> set[str]:
    """A choice of letters, however it is written: a set, a list, "BDE", "B, D and E".

    Args:
        answer: the learner's choice.
        allowed: all letters that there are, such as ``"ABCDEF"``.

    Raises:
        NotYet: the answer is no choice of these letters.
    """
    words = 'a set of letters is asked for, such as {"A", "C"}'
    if isinstance(answer, str):
        answer = re.split(r"[\s,;&+]+|\band\b", answer.strip(' .{}[]()"'))
        answer = list(answer[0]) if len(answer) == 1 else answer
    if not isinstance(answer, Iterable):
        raise NotYet(f"{words}; yours is {answer!r:.80}")
    chosen = {str(item).strip(" '\"").upper() for item in answer} - {""}
    if unknown := sorted(chosen - set(allowed)):
        span = f"from {allowed[0]} to {allowed[-1]}"
        raise NotYet(f"{words}, {span}; yours has {', '.join(unknown)}")
    return chosen


def _results(function: Callable, cases: Sequence[Case], form: Callable[[Any, Case], Any]) -> list:
    """A function's results in the form in which they are compared; None where there is none."""
    results = [None] * len(cases)
    for place, case in enumerate(cases):
        with suppress(NotYet):
            results[place] = form(function(*deepcopy(case.arguments)), case)
    return results


def sort_letters(
    answer: Any, right: Iterable[str], wrong: Mapping[str, str], verdict: str
) -> tuple[int, list[str]]:
    """Judge a choice of letters: a wrong one is named with its reason, missing ones are not.

    Args:
        answer: the learner's choice, as ``letters`` takes it.
        right: the letters to choose.
        wrong: the other letters, each with why it is wrong.
        verdict: what is said of a wrong one: ``"does not leak"``.

    Returns:
        How many right letters were chosen, and those that are missing, in order.

    Raises:
        NotYet: a letter is wrong, or the answer is no choice of letters.
    """
    chosen = letters(answer, "".join(sorted({*right, *wrong})))
    if wrongly := sorted(chosen & set(wrong)):
        raise NotYet(f"{wrongly[0]} {verdict}: {wrong[wrongly[0]]}")
    return len(chosen), sorted(set(right) - chosen)


def judge_letters(
    answer: Any, right: Iterable[str], wrong: Mapping[str, str], verdict: str, ask: str
) -> None:
    """``sort_letters``, and a choice that is not complete is told how many are missing.

    Args:
        answer, right, wrong, verdict: as for ``sort_letters``.
        ask: what to ask of each letter, said when some are missing.

    Raises:
        NotYet: a letter is wrong or missing, or the answer is no choice of letters.
    """
    found, missing = sort_letters(answer, right, wrong, verdict)
    if missing:
        raise NotYet(f"{found} right, {len(missing)} missing. {ask}")


def set_of_names(found: Any, case: Case, allowed: Iterable[str]) -> str:
    """``form`` for a choice of these names: a set, a list, a Series, or a single name."""
    try:
        chosen = {found} if isinstance(found, str) else {str(name) for name in found}
    except TypeError:
        raise NotYet(f"{case.shown}: a set of names is asked for, yours is {found!r:.60}") from None
    if unknown := chosen - set(allowed):
        raise NotYet(f"{case.shown}: yours has {min(unknown)!r}, which is no name of it")
    return ", ".join(sorted(chosen)) or "no name"


def yes_or_no(found: Any, case: Case) -> bool:
    """A bool of Python or NumPy, or an array of no axis that holds one."""
    of_no_axis = isinstance(found, np.ndarray) and found.shape == () and found.dtype == bool
    if of_no_axis or isinstance(found, bool | np.bool):
        return bool(found)
    raise NotYet(f"{case.shown}: True or False is asked for, yours is {found!r:.80}")
