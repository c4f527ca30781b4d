"""What a lesson asserts: a fixed sentence when it holds, an error when it does not."""

import numpy as np


class ClaimError(AssertionError):
    """A number in a lesson left its band."""


def expect(
    what: str,
    value,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    equal=None,
    within: float = 0.0,
) -> None:
    """Print what holds, or raise with the value that was found.

    The sentence names the band and never the value, so it stays the same while measurements
    move inside the band: the verification of a lesson compares it to the letter.

    Args:
        what: the quantity, in words: ``"test accuracy"``; for a yes or no, the whole sentence.
        value: the number or array measured; without a bound, True or False.
        at_least: lowest value that holds, inclusive.
        at_most: highest value that holds, inclusive.
        equal: the value expected (number, array, text); arrays must match in shape too.
        within: largest absolute difference from ``equal`` that still counts as equal.

    Raises:
        ClaimError: the claim does not hold; the message has the value.
        ValueError: no bound for a value that is no yes or no, or ``equal`` and a bound.

    Example:
        >>> expect("the loop and NumPy agree", True)
        ✓ the loop and NumPy agree
        >>> expect("test accuracy", 0.9912, at_least=0.988)
        ✓ test accuracy is at least 0.988
    """
    bounded = at_least is not None or at_most is not None
    if bounded and equal is not None:
        raise ValueError("give either equal=, or at_least= and/or at_most=, not both")
    if bounded:
        holds, claim = _in_band(value, at_least, at_most)
    elif equal is not None:
        holds, claim = _equal(value, equal, within)
    elif isinstance(value, bool | np.bool):
        holds, claim = bool(value), ""
    else:
        raise ValueError(f"{what}: give equal=, at_least= or at_most= for {_short(value)}")
    if not holds:
        expected = f"expected that it {claim}, but it is {_short(value)}" if claim else "is not so"
        raise ClaimError(f"✗ {what}: {expected}")
    print(f"✓ {what} {claim}".rstrip())


def _in_band(value, at_least, at_most) -> tuple[bool, str]:
    low, high = at_least is not None, at_most is not None
    holds = bool((not low or value >= at_least) and (not high or value <= at_most))
    if low and high:
        return holds, f"is from {at_least:,} to {at_most:,}"
    return holds, f"is at least {at_least:,}" if low else f"is at most {at_most:,}"


def _equal(value, equal, within) -> tuple[bool, str]:
    if within:
        same_shape = np.shape(value) == np.shape(equal)
        holds = same_shape and bool(np.all(np.abs(np.asarray(value) - equal) <= within))
        return holds, f"equals {_short(equal)} within {within:g}"
    return bool(np.array_equal(value, equal)), f"equals {_short(equal)}"


def _short(value) -> str:
    """One line for any value: arrays by shape and a few elements."""
    if isinstance(value, np.ndarray) and value.size > 12:
        return f"an array of shape {value.shape} from {value.min():g} to {value.max():g}"
    if isinstance(value, np.ndarray):
        return str(value.tolist())
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    return f"{value:,}" if number else str(value)
