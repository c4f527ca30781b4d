"""Judging an answer: right ones in any form, and mistakes named only when nothing else fits."""

import numpy as np
import pytest

from mnist_course.course.exercises import suspects
from mnist_course.course.exercises.engine import NotAttempted, NotYet
from mnist_course.course.exercises.suspects import (
    Case,
    judge,
    letters,
    same,
    show,
    sort_letters,
    two_results,
)

CASES = (Case("double(3)", (3,)), Case("double(-2)", (-2,), "it is below 0"))


def double(x):
    return 2 * x


def square(x):
    return x * x


def size(x):
    return 2 * abs(x)


@pytest.mark.parametrize("kind", [float, np.float32, np.array, lambda x: np.array(x, "float32")])
def test_a_right_answer_passes_in_any_numeric_form(kind):
    judge(lambda x: kind(2 * x), double, CASES)


def test_a_mistake_that_explains_every_result_is_named():
    with pytest.raises(NotYet, match=r"double\(3\): expected 6, yours 9: you square"):
        judge(square, double, CASES, slips=((square, "you square"), (size, "no sign")))


def test_a_mistake_that_explains_only_some_results_is_not_named():
    with pytest.raises(NotYet, match=r"double\(-2\): expected -4, yours 7: it is below 0$"):
        judge(lambda x: 6 if x == 3 else 7, double, CASES, slips=((size, "no sign"),))


def test_two_mistakes_that_explain_every_result_are_not_named():
    slips = ((size, "no sign"), (lambda x: 2 * max(x, -x), "the larger one"))
    with pytest.raises(NotYet, match=r"yours 4: it is below 0$"):
        judge(size, double, CASES, slips=slips)


def test_a_result_that_is_only_rounded_is_told_so():
    cases = (Case("third(1)", (1,), "a note"), Case("third(2)", (2,)))
    with pytest.raises(NotYet, match=r"expected 0.3333, yours 0.3333: yours is rounded"):
        judge(lambda x: round(x / 3, 4), lambda x: x / 3, cases)
    with pytest.raises(NotYet, match=r"expected 0.3333, yours 0.34: a note"):
        judge(lambda x: 0.34 if x == 1 else x / 3, lambda x: x / 3, cases)


def test_an_answer_that_changes_its_input_does_not_spoil_the_next_case():
    def negative_in_place(values):
        values *= -1
        return values

    given = np.array([1.0, -2.0])
    judge(negative_in_place, lambda values: -values, (Case("negative(v)", (given,)),))
    assert given.tolist() == [1.0, -2.0]


@pytest.mark.parametrize("found", ["a", [1], [[1], [2, 3]], {}, object()])
def test_number_refuses_what_is_none(found):
    with pytest.raises(NotYet, match="one number is asked for"):
        suspects.number(found, CASES[0])


@pytest.mark.parametrize("kind", [float, np.float32, np.array])
def test_number_says_where_nan_comes_from(kind):
    with pytest.raises(NotYet, match="0 / 0 or the mean of nothing"):
        suspects.number(kind(np.nan), CASES[0])


@pytest.mark.parametrize("found", [{"b", "a"}, ["a", "b"], np.array(["b", "a"])])
def test_a_set_of_names_becomes_one_text(found):
    assert suspects.set_of_names(found, CASES[0], "abc") == "a, b"
    assert suspects.set_of_names(set(), CASES[0], "abc") == "no name"


@pytest.mark.parametrize("found", ["a, b", "", {"a", "d"}])
def test_a_name_that_there_is_not_is_refused(found):
    with pytest.raises(NotYet, match="which is no name of it"):
        suspects.set_of_names(found, CASES[0], "abc")


@pytest.mark.parametrize("found", [("ab"), 3.0, (1,), (1, 2, 3), {1: 2}])
def test_two_results_refuses_others(found):
    with pytest.raises(NotYet, match="two results"):
        suspects.two_results(found, CASES[0])


def test_two_results_knows_the_starter():
    with pytest.raises(NotAttempted):
        suspects.two_results((..., ...), CASES[0])
    with pytest.raises(NotYet, match="still"):
        suspects.two_results((1, ...), CASES[0])


def test_one_of_names_the_choice():
    with pytest.raises(NotYet, match='one of "A", "B", yours is 3'):
        suspects.one_of("A", "B")(3, CASES[0])


@pytest.mark.parametrize(
    "answer", [{"B", "D"}, ["d", "b"], ("B", "D"), "BD", "B, D", "B and D", "{b; d}", "B & D"]
)
def test_letters_are_understood_however_they_are_written(answer):
    assert letters(answer, "ABCDEF") == {"B", "D"}


@pytest.mark.parametrize("answer", [set(), "", "()"])
def test_no_letter_is_a_choice_too(answer):
    assert letters(answer, "ABC") == set()


def test_other_letters_are_named_with_the_span_that_there_is():
    with pytest.raises(NotYet, match="from A to D; yours has G, X"):
        letters("AGX", "ABCD")


@pytest.mark.parametrize("answer", [3, None, 1.5])
def test_what_holds_no_letters_is_refused(answer):
    with pytest.raises(NotYet, match="a set of letters is asked for"):
        letters(answer, "ABC")


def test_texts_are_the_same_only_if_equal():
    assert same("unclear", "unclear")
    assert not same("A", "B")
    assert not same("B", "A")
    assert not same("1", 1)


def test_shapes_that_differ_are_not_the_same():
    assert not same([1.0, 1.0], 1.0)
    assert not same(1.0, [1.0, 1.0])
    assert not same("x", [1.0])
    assert not same([1.0], object())


def test_texts_are_no_numbers_even_in_lists_and_arrays():
    assert not same(["0.5", "1"], [0.5, 1.0])
    assert not same(np.array(["0.5"], object), [0.5])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.0, "3"),
        (0.123456, "0.1235"),
        ([1.0, 2.0], "[1, 2]"),
        ([0.5, 2.0], "[0.5, 2. ]"),
        (51234, "51234"),
        (2e6, "2000000"),
        (5e12, "5e+12"),
        (["0.5", 2], "['0.5', 2]"),
        ([1e-7, 1.23456], "[0.    , 1.2346]"),
        ("A", '"A"'),
        ({"a": 1}, "{'a': 1}"),
    ],
)
def test_values_are_shown_as_a_learner_would_write_them(value, text):
    assert show(value) == text


@pytest.mark.parametrize(
    "found",
    [([1.0, 2.0], [3.0, 4.0]), np.array([[1.0, 2.0], [3.0, 4.0]]), [np.ones(2), np.zeros(2)]],
)
def test_two_results_come_back_in_their_order(found):
    first, second = two_results(found, CASES[0])
    assert np.array_equal(first, found[0])
    assert np.array_equal(second, found[1])


def test_two_numbers_in_one_array_are_two_results():
    assert two_results(np.array([5.0, 6.0]), CASES[0]) == [5.0, 6.0]


def test_solution_and_slips_are_brought_into_the_form_that_is_compared():
    def in_words(found, case):
        if found is None:
            raise NotYet("a number is asked for")
        return f"number {found}"

    none = (lambda x: None, "nothing is returned")  # a slip without a form fits nobody
    judge(double, double, CASES, slips=(none,), form=in_words)
    with pytest.raises(NotYet, match='expected "number 6", yours "number 9": you square'):
        judge(square, double, CASES, slips=(none, (square, "you square")), form=in_words)


def test_a_wrong_letter_is_named_with_its_reason_and_missing_ones_are_counted():
    right, wrong = {"A", "C"}, {"B": "it looks ahead"}
    assert sort_letters("AC", right, wrong, "leaks") == (2, [])
    assert sort_letters(["c"], right, wrong, "leaks") == (1, ["A"])
    with pytest.raises(NotYet, match="B leaks: it looks ahead"):
        sort_letters("ABC", right, wrong, "leaks")
    with pytest.raises(NotYet, match="from A to C"):
        sort_letters("AD", right, wrong, "leaks")
