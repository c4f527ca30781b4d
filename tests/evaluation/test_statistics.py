"""Intervals and paired tests against hand-computed values and SciPy."""

import numpy as np
import pytest
from scipy.stats import binomtest

from mnist_course.evaluation.statistics import (
    McNemar,
    accuracy_interval,
    answer_shifted,
    combine_answers,
    mcnemar,
    verdict,
)


def answers(both: int, only_a: int, only_b: int, neither: int):
    """Labels and two models' predictions with these counts."""
    a = np.repeat([1, 1, 0, 0], [both, only_a, only_b, neither])
    b = np.repeat([1, 0, 1, 0], [both, only_a, only_b, neither])
    return np.ones(len(a), int), a, b


def test_wilson_interval_of_8_in_10_by_hand():
    # centre = (0.8 + z²/20) / (1 + z²/10), half = z sqrt(0.016 + z²/400) / (1 + z²/10)
    # with z = 1.959964: centre 0.716740, half 0.226578
    assert accuracy_interval(8, 10) == pytest.approx((0.490162, 0.943318), abs=2e-6)


@pytest.mark.parametrize(("correct", "total"), [(0, 10), (3, 7), (9912, 10_000)])
def test_wilson_interval_solves_its_equation(correct, total):
    """At either end, the observed share is z standard errors away from the true one."""
    share = correct / total
    for end in accuracy_interval(correct, total):
        variance = end * (1 - end) / total
        assert (share - end) ** 2 == pytest.approx(1.959964**2 * variance, rel=1e-6, abs=1e-12)


def test_no_answer_right_still_leaves_room():
    low, high = accuracy_interval(0, 10)
    assert low == 0
    assert high == pytest.approx(0.2775, abs=1e-4)  # z² / (10 + z²)


def test_right_and_wrong_are_mirror_images():
    low, high = accuracy_interval(30, 100)
    assert accuracy_interval(70, 100) == pytest.approx((1 - high, 1 - low))


def test_more_confidence_widens_and_more_examples_narrow():
    low, high = accuracy_interval(990, 1000)
    wider = accuracy_interval(990, 1000, confidence=0.99)
    narrower = accuracy_interval(9900, 10_000)
    assert wider[0] < low < narrower[0] < 0.99 < narrower[1] < high < wider[1]


def test_the_interval_covers_the_truth_as_often_as_it_says(rng):
    counts = rng.binomial(500, 0.97, size=2000)
    ends = {k: accuracy_interval(k, 500) for k in np.unique(counts)}
    covered = np.mean([ends[k][0] <= 0.97 <= ends[k][1] for k in counts])
    assert 0.92 < covered < 0.98


@pytest.mark.parametrize(
    ("correct", "total", "options", "message"),
    [
        (0.99, 10_000, {}, "whole numbers such as 9912 of 10000, got 0.99"),
        (11, 10, {}, "got 11 of 10"),
        (-1, 10, {}, "got -1 of 10"),
        (0, 0, {}, "got 0 of 0"),
        (5, 10, {"confidence": 95}, r"0\.95 for 95 %\), got 95"),
    ],
)
def test_counts_that_make_no_sense_are_refused(correct, total, options, message):
    with pytest.raises(ValueError, match=message):
        accuracy_interval(correct, total, **options)


@pytest.mark.parametrize(("only_a", "only_b"), [(5, 15), (15, 5), (1, 0), (40, 38), (90, 30)])
def test_mcnemar_is_the_binomial_test_of_the_disagreements(only_a, only_b):
    result = mcnemar(*answers(50, only_a, only_b, 7))
    p_value = binomtest(only_a, only_a + only_b).pvalue
    assert result == McNemar(only_a, only_b, pytest.approx(p_value))


def test_mcnemar_by_hand():
    # Six disagreements, all for A: two-sided 2 / 2**6.
    assert mcnemar(*answers(10, 6, 0, 0)).p_value == pytest.approx(2 / 64)


def test_what_both_get_right_or_wrong_does_not_matter():
    assert mcnemar(*answers(0, 3, 9, 0)) == mcnemar(*answers(500, 3, 9, 80))


def test_different_wrong_answers_are_both_wrong():
    assert mcnemar(np.array([7]), np.array([1]), np.array([2])) == (0, 0, 1.0)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ((np.zeros(3, int), np.zeros(3, int), np.zeros(4, int)), r"one length, got \[3, 3, 4\]"),
        ((np.zeros(3, int), np.zeros((3, 10)), np.zeros(3, int)), r"predicted_a .*argmax"),
        ((np.zeros(0, int),) * 3, "labels as integers"),
    ],
)
def test_predictions_that_do_not_fit_are_refused(arrays, message):
    with pytest.raises(ValueError, match=message):
        mcnemar(*arrays)


def test_combined_answers_are_the_geometric_mean():
    combined = combine_answers([np.array([[0.9, 0.1]]), np.array([[0.4, 0.6]])])
    expected = np.sqrt([0.9 * 0.4, 0.1 * 0.6])
    np.testing.assert_allclose(combined, [expected / expected.sum()], rtol=1e-6)


def test_a_sure_answer_outvotes_two_lukewarm_ones():
    sure, lukewarm = np.array([[0.999, 0.001]]), np.array([[0.4, 0.6]])
    assert combine_answers([sure, lukewarm, lukewarm]).argmax() == 0


def test_answers_that_exclude_each_other_leave_a_draw():
    """Where every class is impossible for someone, the logarithms must not be infinite."""
    combined = combine_answers([np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])])
    np.testing.assert_allclose(combined, [[0.5, 0.5]])


def test_a_class_that_one_answer_excludes_can_still_win():
    excluded, sure = np.array([[1.0, 0.0]]), np.array([[1e-9, 1.0]])
    assert combine_answers([excluded, sure, sure]).argmax() == 1


@pytest.mark.parametrize("answers", [[], [np.ones((1, 10)), np.ones((2, 10))]])
def test_answers_that_do_not_fit_are_refused(answers):
    with pytest.raises(ValueError, match="all of one shape"):
        combine_answers(answers)


def test_shifted_answers_see_each_image_nine_times_and_lose_only_what_leaves_the_field():
    image = np.zeros((1, 5, 5, 1))
    image[0, 0, 2] = 1  # at the top edge
    seen = []

    def answer(images):
        seen.append(images)
        return np.array([[0.5, 0.5]])

    answer_shifted(answer, image)
    places = {tuple(map(int, np.argwhere(view)[0][1:3])) for view in seen if view.any()}
    assert (len(seen), sum(not view.any() for view in seen)) == (9, 3)
    assert places == {(y, x) for y in (0, 1) for x in (1, 2, 3)}


def test_no_shift_is_the_plain_answer():
    probabilities = np.array([[0.2, 0.8]])
    answered = answer_shifted(lambda images: probabilities, np.zeros((1, 4, 4)), pixels=0)
    np.testing.assert_allclose(answered, probabilities)


@pytest.mark.parametrize("pixels", [-1, 1.5])
def test_a_shift_is_a_whole_number(pixels):
    with pytest.raises(ValueError, match=f"from 0 upwards, got {pixels}"):
        answer_shifted(lambda images: images, np.zeros((1, 4, 4)), pixels=pixels)


def test_one_image_is_no_batch_to_shift():
    with pytest.raises(ValueError, match=r"\(n, height, width\) .*got \(4, 4\)"):
        answer_shifted(lambda images: images, np.zeros((4, 4)))


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ([97.0, 97.2, 97.1], [95.0, 95.1, 95.3], "A"),
        ([95.0, 95.1, 95.3], [97.0, 97.2, 97.1], "B"),
        ([97.0, 98.0, 96.0], [97.1, 96.2, 98.1], "unclear"),
        ([1.0, 1.0], [1.0, 1.0], "unclear"),
        ([0.0, 2.0], [2.9, 2.9], "unclear"),  # 1.9 is less than twice 1.0
        ([0.0, 2.0], [3.1, 3.1], "B"),
    ],
)
def test_a_verdict_needs_more_than_two_standard_errors(a, b, expected):
    assert verdict(a, b) == expected


@pytest.mark.parametrize("scores", [[97.0], [], 97.0, [[1, 2]], [97.0, float("nan")]])
def test_a_verdict_needs_two_runs_of_each(scores):
    with pytest.raises(ValueError, match="at least two scores of model B"):
        verdict([97.0, 96.0], scores)


def test_the_spread_of_each_model_counts_with_its_own_number_of_seeds():
    assert verdict([0.9, 0.9], [0.8, 0.86] * 8) == "A"
    assert verdict([0.8, 0.86] * 8, [0.9, 0.9]) == "B"


def test_a_larger_digit_is_as_wrong_as_a_smaller_one():
    labels = np.array([3, 3, 3, 3])
    found = mcnemar(labels, np.array([8, 8, 3, 1]), np.array([3, 3, 3, 9]))
    assert (found.only_a_right, found.only_b_right) == (0, 2)


def test_a_wide_spread_of_b_alone_makes_it_unclear():
    assert verdict([0.97, 0.97], [0.7, 0.9]) == "unclear"
    assert verdict([0.7, 0.9], [0.97, 0.97]) == "unclear"


def test_all_right_and_none_right_have_intervals():
    assert np.allclose(accuracy_interval(10, 10), (0.7225, 1), atol=1e-4)
    assert np.allclose(accuracy_interval(0, 10), (0, 0.2775), atol=1e-4)
