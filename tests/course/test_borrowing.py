"""Borrowing: code that takes the package's own solutions is found without being run."""

import pytest
from nbformat import v4

from mnist_course.course.borrowing import borrowing_cell
from mnist_course.course.lessons import available_days

LENT = "from mnist_course.course.exercises import day04"
COPIES = "copies = day04.count_copies(everything)"


def found_in(*sources):
    """Which cell of a copy of Day 4 with these code cells borrows."""
    notebook = v4.new_notebook(cells=[v4.new_markdown_cell(LENT), *map(v4.new_code_cell, sources)])
    return borrowing_cell(notebook, [available_days()[4]])


@pytest.mark.parametrize(
    "source",
    [
        "from mnist_course.course.exercises import day02",
        "from mnist_course.course import progress, exercises",
        "import mnist_course.course.exercises.day04 as mine",
        "import mnist_course as mc; mc.course . exercises",
        'import importlib; importlib.import_module(".exercises.day04", "mnist_course.course")',
        'open("../mnist_course/course/exercises/day04.py").read()',
        r'open("..\\mnist_course\\course\\exercises\\day04.py").read()',
        "def mine(x):\n    from mnist_course.course.exercises.engine import find",
        "%%time\nimport mnist_course.course.exercises.day04",
        "%matplotlib inline\nimport mnist_course.course.exercises.day04",
    ],
)
def test_whoever_names_the_solutions_borrows(source):
    assert found_in("1 + 1", source) == 2


@pytest.mark.parametrize(
    "source",
    [
        "# mnist_course.course.exercises holds the solutions",
        "from mnist_course import check, hint, solution",
        "from mnist_course.course import progress\nexercises = 3",
        "from mnist_course.course.exercises import",  # no Python: it never runs
        r'print("\d", open("day04.ipynb"))',
    ],
)
def test_whoever_names_none_does_not(source):
    assert found_in(source) is None


def test_what_stands_in_the_lesson_is_no_borrowing():
    assert found_in(LENT, f"import math\n{COPIES}  # mine") is None


@pytest.mark.parametrize(
    "source",
    ['check("4.3", day04.count_copies)', "def count_copies(x): return day04.count_copies(x)"],
)
def test_what_the_lesson_has_imported_may_not_be_handed_in(source):
    assert found_in(LENT, COPIES, source) == 3
