"""Calibration: bins, the error, the temperature."""

import numpy as np
import pytest

from mnist_course.evaluation import (
    apply_temperature,
    combine_answers,
    expected_calibration_error,
    find_temperature,
    reliability,
)

SURE = np.array([[0.9, 0.1], [0.9, 0.1], [0.2, 0.8], [0.4, 0.6]])
LABELS = np.array([0, 1, 1, 1])


def drawn(n=20_000, sharpness=2.0, seed=0):
    """Answers, and labels that come true exactly as often as they say."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, sharpness, (n, 5))
    answers = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = (rng.random((n, 1)) > answers.cumsum(axis=1)).sum(axis=1)
    return answers, np.minimum(labels, 4)


def test_answers_are_sorted_into_bins():
    counts, confidence, accuracy = reliability(SURE, LABELS, bins=10)
    np.testing.assert_array_equal(counts, [1, 1, 2])
    np.testing.assert_allclose(confidence, [0.6, 0.8, 0.9])
    np.testing.assert_allclose(accuracy, [1, 1, 0.5])


def test_the_error_weighs_gaps_by_counts():
    expected = (0.4 * 1 + 0.2 * 1 + 0.4 * 2) / 4
    assert expected_calibration_error(SURE, LABELS, bins=10) == pytest.approx(expected)


def test_full_certainty_has_a_bin():
    assert reliability(np.eye(2), np.array([0, 1])).counts.tolist() == [2]


def test_honest_answers_have_a_small_error():
    assert expected_calibration_error(*drawn()) < 0.02


def test_few_honest_answers_have_a_larger_error_by_luck():
    answers, labels = drawn()
    assert expected_calibration_error(answers[:50], labels[:50]) > 0.03


@pytest.mark.parametrize("wrong_by", [0.5, 1.0, 3.0])
def test_the_temperature_undoes_what_was_done(wrong_by):
    answers, labels = drawn()
    found = find_temperature(apply_temperature(answers, 1 / wrong_by), labels)
    assert found == pytest.approx(wrong_by, rel=0.1)


def test_a_temperature_changes_no_answer():
    answers, _ = drawn(100)
    for temperature in (0.1, 0.5, 2, 10):
        warm = apply_temperature(answers, temperature)
        np.testing.assert_array_equal(warm.argmax(axis=1), answers.argmax(axis=1))
        np.testing.assert_allclose(warm.sum(axis=1), 1)


def test_temperature_one_changes_nothing():
    np.testing.assert_allclose(apply_temperature(SURE, 1), SURE)


@pytest.mark.parametrize(
    "change", [lambda answers: apply_temperature(answers, 1), lambda a: combine_answers([a, a])]
)
@pytest.mark.parametrize(
    ("answers", "words"),
    [(np.log(SURE), "softmax"), (SURE * np.nan, "from nan"), (SURE[0], r"of shape \(2,\)")],
    ids=["logits", "nan", "one row"],
)
def test_what_is_no_probability_is_not_changed(change, answers, words):
    with pytest.raises(ValueError, match=words):
        change(answers)


def test_a_temperature_of_no_answers_gives_none():
    assert apply_temperature(np.zeros((0, 10)), 2).shape == (0, 10)


@pytest.mark.parametrize("temperature", [0, -1, float("nan")])
def test_a_temperature_that_is_none_is_refused(temperature):
    with pytest.raises(ValueError, match="temperature must be above 0"):
        apply_temperature(SURE, temperature)


@pytest.mark.parametrize(
    ("answers", "labels", "words"),
    [
        (SURE[0], LABELS, "shape \\(n, num_classes\\)"),
        (SURE * 3, LABELS, "softmax"),
        (SURE - [[1, -1]], LABELS, "add up to 1"),
        (SURE, LABELS[:3], "one label per image"),
        (SURE, LABELS + 1, "from 0 to 1, got 1 to 2"),
        (SURE[:0], LABELS[:0], "at least one row"),
        (SURE, LABELS.astype(float), "got float64"),
    ],
)
def test_bad_input_is_told(answers, labels, words):
    with pytest.raises(ValueError, match=words):
        reliability(answers, labels)


@pytest.mark.parametrize("bins", [0, -3, 2.5])
def test_bins_are_counted(bins):
    with pytest.raises(ValueError, match="bins must be a whole number"):
        reliability(SURE, LABELS, bins=bins)
