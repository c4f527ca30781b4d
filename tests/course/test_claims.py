"""claims: a fixed sentence when it holds, an error with the value when it does not."""

import configparser
import re

import numpy as np
import pytest

from mnist_course._paths import ROOT
from mnist_course.course.claims import ClaimError, expect


@pytest.mark.parametrize(
    ("value", "bounds", "sentence"),
    [
        (0.99, {"at_least": 0.988}, "✓ accuracy: 0.99 (expected at least 0.988)"),
        (0.5, {"at_most": 1.0}, "✓ accuracy: 0.5 (expected at most 1.0)"),
        (5, {"at_least": 5, "at_most": 9}, "✓ accuracy: 5 (expected from 5 to 9)"),
        (60000, {"equal": 60000}, "✓ accuracy: 60,000"),
        (0.1 + 0.2, {"equal": 0.3, "within": 1e-9}, "✓ accuracy: 0.3 (expected 0.3 within 1e-09)"),
        ((2, 3), {"equal": (2, 3)}, "✓ accuracy: (2, 3)"),
        (
            (0.12341, 0.5),
            {"equal": (0.1234, 0.5), "within": 0.001},
            "✓ accuracy: (0.1234, 0.5) (expected (0.1234, 0.5) within 0.001)",
        ),
    ],
)
def test_a_claim_that_holds_prints_its_value_and_band(capsys, value, bounds, sentence):
    expect("accuracy", value, **bounds)
    assert capsys.readouterr().out == sentence + "\n"


@pytest.mark.parametrize(
    ("value", "bounds"),
    [
        (0.98, {"at_least": 0.988}),
        (2, {"at_most": 1}),
        (10, {"at_least": 5, "at_most": 9}),
        (float("nan"), {"at_least": 0}),
        (float("nan"), {"equal": 0.0, "within": 1.0}),
        (3, {"equal": 4}),
        (np.zeros(3), {"equal": np.zeros(4)}),
        (np.zeros((2, 1)), {"equal": np.zeros(2), "within": 0.1}),
    ],
)
def test_a_claim_that_does_not_hold_raises(value, bounds):
    with pytest.raises(ClaimError, match=r"✗ accuracy: .* \(expected"):
        expect("accuracy", value, **bounds)


def test_the_error_has_the_value_found():
    with pytest.raises(ClaimError, match=r"✗ accuracy: 0.75 \(expected at least 0.9\)"):
        expect("accuracy", 0.75, at_least=0.9)


def sanitized(text: str) -> str:
    """What nbval compares, by the settings it is given."""
    rules = configparser.RawConfigParser()
    rules.read(ROOT / "tests" / "nbval_sanitize.cfg", encoding="utf-8")
    for rule in rules.sections():
        text = re.sub(rules[rule]["regex"], rules[rule]["replace"], text)
    return text


def printed(capsys, *claim, **bounds) -> str:
    expect(*claim, **bounds)
    return capsys.readouterr().out


def test_only_the_value_may_differ(capsys):
    stored = printed(capsys, "Day 9: accuracy", 0.991, at_least=0.9)
    assert sanitized(printed(capsys, "Day 9: accuracy", 0.995, at_least=0.9)) == sanitized(stored)
    renamed = printed(capsys, "Day 8: accuracy", 0.991, at_least=0.9)
    other_band = printed(capsys, "Day 9: accuracy", 0.991, at_least=0.8)
    assert sanitized(renamed) != sanitized(stored) != sanitized(other_band)


def test_a_value_without_a_band_is_compared(capsys):
    first = printed(capsys, "images", 60_000, equal=60_000)
    assert sanitized(first) == first == "✓ images: 60,000\n"


def test_a_yes_or_no_needs_no_bound(capsys):
    expect("the loop and NumPy agree", np.all([True, True]))
    assert capsys.readouterr().out == "✓ the loop and NumPy agree\n"
    with pytest.raises(ClaimError, match="✗ the loop and NumPy agree: is not so"):
        expect("the loop and NumPy agree", False)


@pytest.mark.parametrize("bounds", [{}, {"equal": 1, "at_least": 0}])
def test_a_number_needs_one_kind_of_bound(bounds):
    with pytest.raises(ValueError, match="give"):
        expect("accuracy", 1, **bounds)


def test_the_bounds_themselves_hold(capsys):
    expect("share", 0.5, at_most=0.5)
    expect("share", 0.5, at_least=0.5)
    expect("share", 1.5, equal=1, within=0.5)
    assert capsys.readouterr().out.count("✓") == 3


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1234.56, "1,234.6"),
        (999.96, "1,000"),
        (1000.04, "1,000.0"),
        ((0.9574965858524128, np.float64(0.9789062611711653)), "(0.9575, 0.9789)"),
        ((60000, 28, 28), "(60000, 28, 28)"),
        (np.array([0.123456, 2.0]), "[0.1235, 2.0]"),
        (np.array([3, 1]), "[3, 1]"),
        (np.arange(12), str(list(range(12)))),
        (np.arange(13), "an array of shape (13,) from 0 to 12"),
    ],
)
def test_a_value_is_shown_in_one_short_line(capsys, value, shown):
    expect("value", value, equal=value)
    assert capsys.readouterr().out == f"✓ value: {shown}\n"
