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
        what: the quantity, in words: ``"test accuracy"``.
        value: the number or array measured.
        at_least: lowest value that holds, inclusive.
        at_most: highest value that holds, inclusive.
        equal: the value expected (number, array, text); arrays must match in shape too.
        within: largest absolute difference from ``equal`` that still counts as equal.

    Raises:
        ClaimError: the claim does not hold; the message has the value.
        ValueError: no bound was given, or ``equal`` together with a bound.

    Example:
        >>> expect("test accuracy", 0.9912, at_least=0.988)
        ✓ test accuracy is at least 0.988
    """
    if (equal is None) == (at_least is None and at_most is None):
        raise ValueError("give either equal=, or at_least= and/or at_most=")
    if equal is not None:
        holds, claim = _equal(value, equal, within)
    else:
        holds, claim = _in_band(value, at_least, at_most)
    if not holds:
        raise ClaimError(f"✗ {what}: expected that it {claim}, but it is {_short(value)}")
    print(f"✓ {what} {claim}")


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
    return f"{value:,}" if isinstance(value, int | float | np.number) else str(value)
