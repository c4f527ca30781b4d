"""What a lesson asserts: name, measured value and band when it holds, an error when it does not."""

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
    """Print what was measured and the band it lies in, or raise when it lies outside.

    The verification of a lesson compares the printed line to the letter, except for a value that
    has a band (or ``within``): ``tests/nbval_sanitize.cfg`` masks what stands between the name and
    "(expected", so that measurements may move inside their band.

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
        ✓ test accuracy: 0.9912 (expected at least 0.988)
    """
    if equal is None and at_least is None and at_most is None:
        if not isinstance(value, bool | np.bool):
            raise ValueError(f"{what}: give equal=, at_least= or at_most= for {_short(value)}")
        if not value:
            raise ClaimError(f"✗ {what}: is not so")
        print(f"✓ {what}")
        return
    if equal is None:
        holds, band = _in_band(value, at_least, at_most)
    elif at_least is None and at_most is None:
        holds, band = _equal(value, equal, within)
    else:
        raise ValueError("give either equal=, or at_least= and/or at_most=, not both")
    found = f"{what}: {_short(value)}"
    if not holds:
        raise ClaimError(f"✗ {found} (expected {band or _short(equal)})")
    print(f"✓ {found} (expected {band})" if band else f"✓ {found}")


def _in_band(value, at_least, at_most) -> tuple[bool, str]:
    low, high = at_least is not None, at_most is not None
    holds = bool((not low or value >= at_least) and (not high or value <= at_most))
    if low and high:
        return holds, f"from {at_least:,} to {at_most:,}"
    return holds, f"at least {at_least:,}" if low else f"at most {at_most:,}"


def _equal(value, equal, within) -> tuple[bool, str]:
    """Whether they are equal, and the band; without ``within`` the value itself is compared."""
    if not within:
        return bool(np.array_equal(value, equal)), ""
    same_shape = np.shape(value) == np.shape(equal)
    holds = same_shape and bool(np.all(np.abs(np.asarray(value) - equal) <= within))
    return holds, f"{_short(equal)} within {within:g}"


def _short(value) -> str:
    """One line for any value: four digits of a fraction, large arrays by shape and range."""
    if isinstance(value, np.ndarray) and value.size > 12:
        return f"an array of shape {value.shape} from {value.min():g} to {value.max():g}"
    if isinstance(value, np.ndarray):
        return str(np.round(value, 4).tolist() if value.dtype.kind == "f" else value.tolist())
    if isinstance(value, bool | np.bool):
        return str(value)
    if isinstance(value, float | np.floating):
        return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.1f}"
    if isinstance(value, tuple) and all(isinstance(part, float | np.floating) for part in value):
        return f"({', '.join(map(_short, value))})"
    return f"{value:,}" if isinstance(value, int | np.integer) else str(value)
