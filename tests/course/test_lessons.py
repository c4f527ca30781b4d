"""lessons: days, and what is one of them."""

import pytest

from mnist_course.course import lessons


@pytest.mark.parametrize(
    ("text", "days"), [("1", [1]), ("1,3", [1, 3]), ("1-3", [1, 2, 3]), ("3,1-2,2", [1, 2, 3])]
)
def test_days_are_parsed(monkeypatch, text, days):
    monkeypatch.setattr(lessons, "available_days", lambda: dict.fromkeys(range(1, 8)))
    assert lessons.parse_days(text) == days


def test_no_days_means_all(monkeypatch):
    monkeypatch.setattr(lessons, "available_days", lambda: dict.fromkeys([1, 2]))
    assert lessons.parse_days(None) == [1, 2]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x", "such as 4 or 1,4-7"),
        ("1-", "such as"),
        ("9", r"no notebook for \[9\]"),
        ("7-4", "7-4 runs backwards"),
        ("1,7-4", "7-4 runs backwards"),
    ],
)
def test_days_that_make_no_sense_are_refused(monkeypatch, text, message):
    monkeypatch.setattr(lessons, "available_days", lambda: dict.fromkeys(range(1, 8)))
    with pytest.raises(ValueError, match=message):
        lessons.parse_days(text)


@pytest.mark.parametrize("name", ["day01_tiny-Copy1.ipynb", "day01_tiny (2).ipynb", "Day 1.ipynb"])
def test_a_copy_is_no_lesson(course, name):
    path = course("1 + 1")
    path.with_name(name).write_text("no notebook at all", "utf-8")
    assert list(lessons.available_days().values()) == [path]
    assert not lessons.is_lesson_name(name)
