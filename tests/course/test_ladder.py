"""ladder: this lesson above the earlier ones; recorded by refresh only."""

import json

import pytest

from mnist_course.course import ladder


@pytest.fixture
def file(tmp_path, monkeypatch):
    file = tmp_path / "ladder.json"
    file.write_text(json.dumps({"7": {"k-NN": 0.97}, "16": {"CNN": 0.99}}))
    monkeypatch.setattr(ladder, "FILE", file)
    monkeypatch.delenv(ladder.RECORD, raising=False)
    return file


def names(ax):
    return [label.get_text() for label in ax.get_yticklabels()]


def test_earlier_days_are_drawn_and_later_ones_are_not(file):
    assert names(ladder.accuracy_ladder(9, {"dense": 0.98})) == ["Day 7: k-NN", "Day 9: dense"]


def test_only_the_best_of_an_earlier_day_is_drawn(file):
    file.write_text(json.dumps({"7": {"k-NN": 0.97, "SVM": 0.98, "always 1": 0.11}}))
    ax = ladder.accuracy_ladder(9, {"dense": 0.975, "softmax": 0.92})
    assert sorted(names(ax)) == ["Day 7: SVM", "Day 9: dense", "Day 9: softmax"]


def test_a_learners_run_records_nothing(file):
    before = file.read_text()
    ladder.accuracy_ladder(9, {"dense": 0.98})
    assert file.read_text() == before


def test_a_refresh_records_in_order_of_days(file, monkeypatch):
    monkeypatch.setenv(ladder.RECORD, "1")
    ladder.accuracy_ladder(9, {"dense": 0.98})
    assert list(json.loads(file.read_text())) == ["7", "9", "16"]
    assert ladder.read_ladder()[9] == {"dense": ladder.Rung(0.98)}


def test_this_run_replaces_what_the_same_day_recorded(file):
    ax = ladder.accuracy_ladder(7, {"forest": 0.96})
    assert names(ax) == ["Day 7: forest"]


def test_without_a_record_the_lesson_stands_alone(file):
    file.unlink()
    assert names(ladder.accuracy_ladder(8, {"NumPy": 0.96})) == ["Day 8: NumPy"]


@pytest.mark.parametrize("results", [{}, {"CNN": 1.2}, {"CNN": -0.1}, {"CNN": 97}])
def test_results_that_are_no_accuracies_are_refused(file, results):
    with pytest.raises(ValueError, match="at least one|accuracies from 0 to 1, got"):
        ladder.accuracy_ladder(9, results)


def test_an_accuracy_that_is_no_number_is_refused(file):
    with pytest.raises(ValueError, match="got nan for 'CNN'"):
        ladder.accuracy_ladder(9, {"CNN": float("nan")})


@pytest.mark.parametrize("day", [0, 31, 1.5, "9"])
def test_a_day_that_the_course_has_not_is_refused(file, day):
    with pytest.raises(ValueError, match="a day from 1 to 30"):
        ladder.accuracy_ladder(day, {"CNN": 0.98})


def test_what_was_measured_on_validation_digits_says_so(file, monkeypatch):
    monkeypatch.setenv(ladder.RECORD, "1")
    ax = ladder.accuracy_ladder(9, {"dense": 0.98}, on="validation", digits=6000)
    assert names(ax) == ["Day 7: k-NN", "Day 9: dense (validation)"]
    assert ladder.read_ladder()[9] == {"dense": ladder.Rung(0.98, "validation", 6000)}


def test_fewer_digits_have_a_wider_interval():
    of_many, of_few = (ladder._row(ladder.Rung(0.97, "test", digits)) for digits in (10_000, 500))
    assert of_few[1] < of_many[1] < 0.97 < of_many[2] < of_few[2]


def test_other_digits_than_test_and_validation_are_refused(file):
    with pytest.raises(ValueError, match='on is "test" or "validation"'):
        ladder.accuracy_ladder(9, {"dense": 0.98}, on="training")
