"""Day 29: an answer that JSON can take, rules for what may come in, a test that can fail."""

import json
from collections.abc import Mapping

import numpy as np

from .engine import Exercise, NotYet
from .suspects import Case, judge, one_of, yes_or_no

# --- 29.1 ------------------------------------------------------------------------------------


def as_answer(probabilities):
    """The likeliest digit, its probability, and the second likeliest digit."""
    second, first = probabilities.argsort()[-2:]
    return {
        "digit": int(first),
        "confidence": float(probabilities[first]),
        "second": int(second),
    }


_FIELDS = ("digit", "confidence", "second")
_GUESSES = [
    Case(f"as_answer(np.array({values}, np.float32))", (np.array(values, np.float32),))
    for values in (
        [0.01, 0.02, 0.03, 0.2, 0.04, 0.05, 0.03, 0.60123, 0.00877, 0.01],
        [0.30456, 0.05, 0.03, 0.02, 0.04, 0.01, 0.03, 0.01, 0.01, 0.49544],
        [0.45678, 0.54322, 0, 0, 0, 0, 0, 0, 0, 0],
        [0.02, 0.01, 0.03, 0.05, 0.70321, 0.06, 0.04, 0.03, 0.02, 0.03679],
    )
]


def _check_answer(answer):
    judge(answer, as_answer, _GUESSES, slips=_ANSWER_SLIPS, form=_fields)


def _fields(found, case):
    """Three numbers, in the order of the fields, and what JSON makes of them."""
    if not isinstance(found, Mapping):
        raise NotYet(f"{case.shown}: a dictionary is asked for, yours is {found!r:.60}")
    if set(found) != set(_FIELDS):
        names = ", ".join(map(str, found)) or "none"
        raise NotYet(f"the fields are {', '.join(_FIELDS)}; yours: {names}")
    try:
        json.dumps(dict(found))
    except (TypeError, ValueError) as problem:
        kinds = ", ".join(f"{name}: {type(value).__name__}" for name, value in found.items())
        raise NotYet(f"JSON cannot take it ({problem}). Yours has {kinds}") from None
    if any(isinstance(value, str | bool) or np.ndim(value) for value in found.values()):
        raise NotYet(f"{case.shown}: each field holds one number, yours is {dict(found)}")
    if not (isinstance(found["digit"], int) and isinstance(found["second"], int)):
        raise NotYet(f"{case.shown}: a digit is a whole number, int(...), yours is {dict(found)}")
    return [found[name] for name in _FIELDS]


def _numpy_numbers(probabilities):
    second, first = probabilities.argsort()[-2:]
    return {"digit": first, "confidence": probabilities[first], "second": second}


def _ascending(probabilities):
    first, second = probabilities.argsort()[:2]
    return {"digit": int(first), "confidence": float(probabilities[first]), "second": int(second)}


def _swapped(probabilities):
    right = as_answer(probabilities)
    return right | {"digit": right["second"], "second": right["digit"]}


def _next_digit(probabilities):
    return as_answer(probabilities) | {"second": (int(probabilities.argmax()) + 1) % 10}


def _confidence_of_the_second(probabilities):
    right = as_answer(probabilities)
    return right | {"confidence": float(probabilities[right["second"]])}


def _rounded(probabilities):
    right = as_answer(probabilities)
    return right | {"confidence": round(right["confidence"], 1)}


def _to_two_places(probabilities):
    return as_answer(probabilities) | {"confidence": round(float(probabilities.max()), 2)}


def _digits_as_floats(probabilities):
    return {name: float(value) for name, value in as_answer(probabilities).items()}


def _second_without_the_first_shifted(probabilities):
    first = int(probabilities.argmax())
    return as_answer(probabilities) | {"second": int(np.delete(probabilities, first).argmax())}


def _in_per_cent(probabilities):
    right = as_answer(probabilities)
    return right | {"confidence": 100 * right["confidence"]}


def _confidence_cut_off(probabilities):
    return as_answer(probabilities) | {"confidence": int(probabilities.max())}


def _twice_the_first(probabilities):
    return as_answer(probabilities) | {"second": int(probabilities.argmax())}


def _second_probability(probabilities):
    right = as_answer(probabilities)
    return right | {"second": float(probabilities[right["second"]])}


def _as_text(probabilities):
    return {name: str(value) for name, value in as_answer(probabilities).items()}


_ANSWER_SLIPS = (
    (_numpy_numbers, "JSON cannot take it"),
    (_ascending, "sort from small to large"),
    (_swapped, "digit is the likeliest, second the one behind it"),
    (_next_digit, "the second likeliest, not the next number"),
    (_confidence_of_the_second, "confidence is the probability of the first guess"),
    (_rounded, "do not round it"),
    (_second_without_the_first_shifted, "places move up when one is taken out"),
    (_in_per_cent, "a probability from 0 to 1, not per cent"),
    (_confidence_cut_off, "int(...) cuts 0.6 down to 0: take float(...)"),
    (_twice_the_first, "second is another digit than the first"),
    (_second_probability, "a digit is a whole number"),
    (_digits_as_floats, "a digit is a whole number"),
    (_to_two_places, "yours is rounded"),
    (_as_text, "one number"),
)


def _by_loop(probabilities):
    order = sorted(range(10), key=lambda digit: probabilities[digit], reverse=True)
    return {
        "second": order[1],
        "digit": order[0],
        "confidence": probabilities[order[0]].item(),
    }


def _by_masking(probabilities):
    first = probabilities.argmax()
    rest = probabilities.copy()
    rest[first] = -1
    values = {"digit": first, "confidence": probabilities.max(), "second": rest.argmax()}
    return {name: value.item() for name, value in values.items()}


def _by_lists(probabilities):
    numbers = probabilities.tolist()
    first, second = sorted(numbers)[-1], sorted(numbers)[-2]
    return {"digit": numbers.index(first), "confidence": first, "second": numbers.index(second)}


# --- 29.2 ------------------------------------------------------------------------------------


def first_problem(pixels):
    """The first rule that is broken, or fine."""
    if not isinstance(pixels, list) or len(pixels) != 28:
        return "rows"
    if not all(isinstance(row, list) for row in pixels):
        return "rows"
    if not all(len(row) == 28 for row in pixels):
        return "columns"
    values = [value for row in pixels for value in row]
    if not all(type(value) is int for value in values):
        return "whole numbers"
    return "fine" if all(0 <= value <= 255 for value in values) else "range"


def _image(value=0, rows=28, columns=28):
    return [[value] * columns for _ in range(rows)]


def _with(value):
    """A fine image but for its last pixel."""
    image = _image(7)
    image[-1][-1] = value
    return image


_SENT = [
    Case(f"first_problem({shown})", (pixels,))
    for shown, pixels in {
        "28 rows of 28 zeros": _image(),
        "28 rows of 28 times 255": _image(255),
        "27 rows of 28 zeros": _image(rows=27),
        "34 rows of 28 zeros": _image(rows=34),
        "29 rows of 28 zeros": _image(rows=29),
        '"seven"': "seven",
        "None": None,
        'a text of 28 letters, "aaaa..."': "a" * 28,
        "28 texts of 28 letters": ["a" * 28] * 28,
        "28 rows, the last of them None": [*_image(rows=27), None],
        "28 rows of 27 zeros": _image(columns=27),
        "28 rows of 34 zeros": _image(columns=34),
        "28 rows, the last of them [0]": [*_image(rows=27), [0]],
        "28 rows, the last pixel 0.5": _with(0.5),
        "28 rows, the last pixel 7.0": _with(7.0),
        'the last pixel "a"': _with("a"),
        "the last pixel None": _with(None),
        "the last pixel True": _with(True),
        "the last pixel False": _with(False),
        "the last pixel 256": _with(256),
        "the last pixel 306": _with(306),
        "the last pixel -1": _with(-1),
        "the last pixel 255": _with(255),
        "the last pixel 1": _with(1),
        "28 rows of 27 times 999": _image(999, columns=27),
        "27 rows of 27 zeros": _image(rows=27, columns=27),
        "first row of 27, the last row None": [[0] * 27, *_image(rows=26), None],
        'first pixel "a", the last row [0]': [["a"] + [0] * 27, *_image(rows=26), [0]],
        "first pixel 999, the last pixel 0.5": [[999] + [0] * 27, *_with(0.5)[1:]],
    }.items()
]


def _check_problem(answer):
    form = one_of("fine", "rows", "columns", "whole numbers", "range")
    judge(answer, first_problem, _SENT, slips=_RULE_SLIPS, form=form)


def _rules(pixels, *, is_int=lambda value: type(value) is int, low=0, high=255):
    if (known := first_problem(pixels)) in ("rows", "columns"):
        return known
    values = [value for row in pixels for value in row]
    if not all(is_int(value) for value in values):
        return "whole numbers"
    return "fine" if all(low <= value <= high for value in values) else "range"


def _true_is_ink(pixels):
    return _rules(pixels, is_int=lambda value: isinstance(value, int))


def _false_is_paper(pixels):
    return _rules(pixels, is_int=lambda value: isinstance(value, int) and value is not True)


def _whole_floats(pixels):
    return _rules(pixels, is_int=lambda value: type(value) in (int, float) and value % 1 == 0)


def _without_255(pixels):
    return _rules(pixels, high=254)


def _without_0(pixels):
    return _rules(pixels, low=1)


def _no_lower_end(pixels):
    return _rules(pixels, low=-np.inf)


def _up_to_256(pixels):
    return _rules(pixels, high=256)


def _first_row_only(pixels):
    known = first_problem(pixels)
    if known == "rows":
        return known
    return first_problem([pixels[0]] * 28)


def _range_before_columns(pixels):
    known = first_problem(pixels)
    if known != "columns":
        return known
    flat = [value for row in pixels for value in row]
    fine = all(type(value) is int and 0 <= value <= 255 for value in flat)
    return "columns" if fine else "range"


def _texts_are_lists(pixels):
    if isinstance(pixels, list) and len(pixels) == 28 and all(isinstance(r, str) for r in pixels):
        return "whole numbers"
    return first_problem(pixels)


def _pixel_by_pixel(pixels):
    if not isinstance(pixels, list) or len(pixels) != 28:
        return "rows"
    for row in pixels:
        if (known := first_problem([row] * 28)) != "fine":
            return known
    return "fine"


def _rows_that_are_no_lists_later(pixels):
    if not isinstance(pixels, list) or len(pixels) != 28:
        return "rows"
    no_list = not all(isinstance(row, list) for row in pixels)
    return "columns" if no_list else first_problem(pixels)


def _neither_end(pixels):
    return _rules(pixels, low=1, high=254)


def _always_fine(pixels):
    return "fine"


_RULE_SLIPS = (
    (_true_is_ink, "isinstance(True, int) is True"),
    (_false_is_paper, "False is an int, too, for Python: neither of the two is a pixel"),
    (_whole_floats, "7.0 is no whole number of Python's: its type is float"),
    (_without_255, "255 is allowed"),
    (_without_0, "0 is allowed: it is paper"),
    (_no_lower_end, "there is a lower end, too"),
    (_up_to_256, "256 is one too many"),
    (_first_row_only, "look at every row"),
    (_range_before_columns, "the order of the rules: columns before range"),
    (_texts_are_lists, "a text has a length, too, but is no list"),
    (_pixel_by_pixel, "check one rule for all rows before you go on to the next"),
    (_rows_that_are_no_lists_later, "that each row is a list belongs to the first rule"),
    (_neither_end, "both ends, 0 and 255, are allowed"),
    (_always_fine, "expected"),
)


def _by_early_returns(pixels):
    if type(pixels) is not list or len(pixels) != 28:
        return "rows"
    for row in pixels:
        if type(row) is not list:
            return "rows"
    for row in pixels:
        if len(row) != 28:
            return "columns"
    for row in pixels:
        for value in row:
            if isinstance(value, bool) or not isinstance(value, int):
                return "whole numbers"
    for row in pixels:
        if min(row) < 0 or max(row) > 255:
            return "range"
    return "fine"


def _by_sets(pixels):
    if not isinstance(pixels, list) or len(pixels) != 28 or {*map(type, pixels)} != {list}:
        return "rows"
    if {len(row) for row in pixels} != {28}:
        return "columns"
    if {type(value) for row in pixels for value in row} != {int}:
        return "whole numbers"
    inside = range(256)
    return "fine" if all(value in inside for row in pixels for value in row) else "range"


def _by_numpy(pixels):
    early = first_problem(pixels)
    if early in ("rows", "columns", "whole numbers"):
        return early
    image = np.array(pixels)
    return "fine" if image.min() >= 0 and image.max() <= 255 else "range"


# --- 29.3 ------------------------------------------------------------------------------------


def looks_right(answer):
    """Ten probabilities that belong to the digit."""
    shares = answer["probabilities"]
    return (
        len(shares) == 10
        and min(shares) >= 0
        and abs(sum(shares) - 1) <= 0.001
        and answer["digit"] in range(10)
        and shares[answer["digit"]] == max(shares)
    )


_SHARES = [0.02, 0.01, 0.05, 0.1, 0.02, 0.02, 0.03, 0.7, 0.02, 0.03]


def _said(shares, digit=7):
    return {"digit": digit, "probabilities": list(shares)}


_ANSWERS = [
    Case(f"looks_right: {shown}", (answer,), "" if "right" in shown else f"it has {shown}")
    for shown, answer in {
        "a right answer": _said(_SHARES),
        "a right answer, entirely sure": _said([0.0] * 3 + [1.0] + [0.0] * 6, 3),
        "a right answer, 0.0005 above 1 by rounding": _said([*_SHARES[:9], 0.0305]),
        "a right answer, 0.0005 below 1 by rounding": _said([*_SHARES[:9], 0.0295]),
        "a right answer, hardly sure": _said([0.08] * 3 + [0.28] + [0.08] * 6, 3),
        "nine numbers": _said([*_SHARES[:7], 0.75, 0.02], 7),
        "eleven numbers": _said([*_SHARES, 0.0]),
        "one below 0": _said([-0.05, 0.06, *_SHARES[2:8], 0.04, 0.03]),
        "together 1.5": _said([*_SHARES[:7], 1.2, 0.02, 0.03]),
        "together 0.5": _said([share / 2 for share in _SHARES]),
        "together 1.01": _said([*_SHARES[:7], 0.71, 0.02, 0.03]),
        "together 0.9988": _said([*_SHARES[:7], 0.6988, 0.02, 0.03]),
        "together 1.0012": _said([*_SHARES[:7], 0.7012, 0.02, 0.03]),
        "another digit than the likeliest": _said(_SHARES, 3),
        "the least likely digit": _said(_SHARES, 1),
        "the digit -3": _said(_SHARES, -3),
        "the digit 10": _said(_SHARES, 10),
    }.items()
]


def _check_test(answer):
    judge(answer, looks_right, _ANSWERS, slips=_TEST_SLIPS, form=yes_or_no)


def _but(part):
    """The right test with one part of it changed."""

    def test(answer):
        shares, digit = answer["probabilities"], answer["digit"]
        parts = {
            "ten": len(shares) == 10,
            "above": min(shares) >= 0,
            "one": abs(sum(shares) - 1) <= 0.001,
            "likeliest": digit in range(10) and shares[digit] == max(shares),
        }
        return bool(all((parts | part(shares, digit)).values()))

    return test


_never_fails = _but(lambda s, d: dict.fromkeys(("ten", "above", "one", "likeliest"), True))
_any_length = _but(lambda s, d: {"ten": True})
_below_zero = _but(lambda s, d: {"above": True})
_any_sum = _but(lambda s, d: {"one": True})
_any_digit = _but(lambda s, d: {"likeliest": True})
_exactly_one = _but(lambda s, d: {"one": sum(s) == 1})
_only_too_much = _but(lambda s, d: {"one": sum(s) - 1 <= 0.001})
_wide = _but(lambda s, d: {"one": abs(sum(s) - 1) <= 0.05})
_half = _but(lambda s, d: {"likeliest": d in range(10) and s[d] > 0.5})
_from_behind = _but(lambda s, d: {"likeliest": d < 10 and s[d] == max(s)})
_two_places = _but(lambda s, d: {"one": round(sum(s), 2) == 1})
_no_zero = _but(lambda s, d: {"above": min(s) > 0})

_TEST_SLIPS = (
    (_never_fails, "it never says False"),
    (_any_length, "count the numbers"),
    (_below_zero, "a probability is never below 0"),
    (_any_sum, "together they must be 1"),
    (_any_digit, "does the digit belong to the largest of them?"),
    (_from_behind, "a digit is 0 to 9; a list counts -3 from its end"),
    (_exactly_one, "rounding moves the sum a little"),
    (_only_too_much, "too little is wrong, too: abs(...)"),
    (_wide, "0.001, no more"),
    (_half, "a right answer may be unsure: the likeliest can have less than half"),
    (_two_places, "0.001, no more"),
    (_no_zero, "0 is a probability"),
)


def _stops_at_ten(answer):
    shares = answer["probabilities"]
    return shares[answer["digit"]] == max(shares) and looks_right(answer)


def _by_numpy_again(answer):
    shares = np.array(answer["probabilities"])
    if shares.shape != (10,) or (shares < 0).any():
        return False
    return abs(shares.sum() - 1) <= 0.001 and shares.argmax() == answer["digit"]


def _by_asserts(answer):
    shares = answer["probabilities"]
    try:
        assert len(shares) == 10
        assert all(share >= 0 for share in shares)
        assert 0.999 <= sum(shares) <= 1.001
        assert shares.index(max(shares)) == answer["digit"]
    except AssertionError:
        return False
    return True


def _by_an_array_of_no_axis(answer):
    shares = np.array(answer["probabilities"])
    whole = len(shares) == 10 and np.isclose(shares.sum(), 1, rtol=0, atol=0.001)
    return np.array(whole and shares.min() >= 0 and shares.argmax() == answer["digit"])


def _by_steps(answer):
    shares = answer["probabilities"]
    right = len(shares) == 10 and 0 <= answer["digit"] <= 9
    for share in shares:
        right = right and 0 <= share <= answer["probabilities"][answer["digit"]]
    return right and abs(1 - sum(shares)) < 0.00101


EXERCISES = (
    Exercise(
        id="29.1",
        title="an answer for JSON",
        solution=as_answer,
        reason="argsort gives the digits from the least to the most likely; the last two are the "
        "guesses. int and float make Python's own numbers of NumPy's, which JSON does not know.",
        check=_check_answer,
        hints=(
            "probabilities.argsort() gives the digits from the least likely to the likeliest.",
            "The last one is the digit, the one before it the second guess.",
            "JSON takes int(...) and float(...), but no number of NumPy's.",
        ),
        wrong=_ANSWER_SLIPS,
        right=(_by_loop, _by_masking, _by_lists),
    ),
    Exercise(
        id="29.2",
        title="what may come in",
        solution=first_problem,
        reason="Each rule may rely on the ones before it: only a list has rows, only rows have "
        "columns, only whole numbers have a range. type(value) is int leaves True out.",
        check=_check_problem,
        hints=(
            "Begin with the rows: isinstance(pixels, list) and len(pixels) == 28, and each row "
            "a list, too.",
            "Then the columns: all(len(row) == 28 for row in pixels).",
            "type(True) is bool, so type(value) is int tells it from a number.",
        ),
        wrong=_RULE_SLIPS,
        right=(_by_early_returns, _by_sets, _by_numpy),
    ),
    Exercise(
        id="29.3",
        title="a test that can fail",
        solution=looks_right,
        reason="Five things must hold together: ten numbers, none below 0, a sum of 1 but for "
        "rounding, a digit from 0 to 9, and the largest number at its place. Each broken service "
        "breaks one.",
        check=_check_test,
        hints=(
            "Five conditions, joined by `and`: what is looked up must be there.",
            "abs(sum(...) - 1) <= 0.001 allows for rounding.",
            'The probability of the digit, answer["probabilities"][answer["digit"]], is the '
            "largest.",
        ),
        wrong=(*_TEST_SLIPS, (_stops_at_ten, "IndexError: list index out of range")),
        right=(_by_numpy_again, _by_asserts, _by_steps, _by_an_array_of_no_axis),
    ),
)
