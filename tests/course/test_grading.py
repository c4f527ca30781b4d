"""Grading: a learner's notebook is executed and every exercise of its day looked at."""

import csv

import nbformat
import pytest
from typer.testing import CliRunner

from mnist_course.cli.application import app
from mnist_course.course import grading, progress
from mnist_course.course.grading import Grade, as_csv, grade

RIGHT = 'check("2.1", lambda images: 255 - images)'


def run(*words, **env):
    return CliRunner().invoke(app, ["grade", *map(str, words)], env={"COLUMNS": "200", **env})


@pytest.fixture
def notebook(tmp_path):
    """A function that writes a notebook with these cells."""

    def write(*sources, name="day02.ipynb"):
        cells = map(nbformat.v4.new_code_cell, ("from mnist_course import check", *sources))
        nbformat.write(nbformat.v4.new_notebook(cells=list(cells)), tmp_path / name)
        return tmp_path / name

    return write


def test_what_is_right_counts_also_after_a_cell_that_fails(notebook):
    file = notebook("1 / 0", RIGHT, 'check("2.2", lambda *given: None)')
    before, mine = file.read_bytes(), progress.passed()
    assert grade(file).passed == {"2.1": True, "2.2": False, "2.3": False}
    assert file.read_bytes() == before
    assert progress.passed() == mine


def test_a_kernel_that_dies_is_told_and_what_was_passed_counts(notebook):
    found = grade(notebook(RIGHT, "import os; os._exit(1)"))
    assert found.passed["2.1"]
    assert found.trouble == "its kernel died in code cell 3"


def test_the_command_lists_notebooks_and_exercises(notebook):
    answer = run(notebook(RIGHT))
    assert answer.exit_code == 0
    assert "1 of 3" in answer.output
    assert "2.1 yes  2.2 no  2.3 no" in answer.output


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "there is no file"), (b"\xff", "not a notebook"), (b"{}", "not a notebook")],
)
def test_what_is_no_notebook_is_refused(tmp_path, content, message):
    file = tmp_path / "day02.ipynb"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        grade(file)


def test_a_notebook_without_a_check_is_refused(notebook):
    with pytest.raises(ValueError, match="checks no exercise"):
        grade(notebook("1 + 1"))


def test_a_notebook_that_cannot_be_graded_stops_none_after_it(notebook, tmp_path):
    answer = run(tmp_path / "none.ipynb", notebook(RIGHT))
    assert answer.exit_code == 1
    assert "there is no file" in answer.output
    assert "1 of 3" in answer.output


def test_who_takes_the_courses_solutions_passes_nothing_and_is_not_executed(notebook, tmp_path):
    found = grade(notebook(RIGHT, "open('ran', 'w')\nfrom mnist_course.course import exercises"))
    assert found.passed == {"2.1": False, "2.2": False, "2.3": False}
    assert found.trouble.startswith("uses the course's own solutions in code cell 3")
    assert not (tmp_path / "ran").exists()


def test_a_class_becomes_a_table_for_spreadsheets():
    grades = {
        "anna, day 2.ipynb": Grade({"2.1": True, "2.2": False}, "its kernel died"),
        "ben.ipynb": Grade({"10.1": True}),
        "cleo.ipynb": Grade({}, "there is no file cleo.ipynb"),
    }
    assert list(csv.reader(as_csv(grades).splitlines())) == [
        ["file", "day", "2.1", "2.2", "10.1", "passed", "exercises", "trouble"],
        ["anna, day 2.ipynb", "2", "yes", "no", "", "1", "2", "its kernel died"],
        ["ben.ipynb", "10", "", "", "yes", "1", "1", ""],
        ["cleo.ipynb", "", "", "", "", "0", "0", "there is no file cleo.ipynb"],
    ]


def test_the_command_writes_the_table_for_spreadsheets(notebook, tmp_path):
    file = notebook(RIGHT, name="jürgen.ipynb")
    assert run(file, "--csv", tmp_path / "new" / "class.csv").exit_code == 0
    written = (tmp_path / "new" / "class.csv").read_bytes().decode("utf-8")
    assert written.splitlines()[1] == f"{file},2,yes,no,no,1,3,"


def test_grading_that_is_stopped_leaves_the_old_table(notebook, tmp_path, monkeypatch):
    table = tmp_path / "class.csv"
    table.write_text("old")
    monkeypatch.setattr(grading, "grade_all", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
    run(notebook(RIGHT), "--csv", table)
    assert table.read_text() == "old"
    assert sorted(tmp_path.iterdir()) == [table, tmp_path / "day02.ipynb"]


def test_a_table_that_cannot_be_written_is_told_before_anything_is_executed(
    notebook, tmp_path, monkeypatch
):
    monkeypatch.setattr(grading, "grade_all", lambda _: pytest.fail("executed"))
    answer = run(notebook(RIGHT), "--csv", tmp_path / "day02.ipynb" / "class.csv")
    assert isinstance(answer.exception, OSError)


def test_a_terminal_shows_how_many_cells_are_done(notebook):
    answer = run(notebook("", "1 / 0", RIGHT), TTY_COMPATIBLE="1")
    assert "3/3" in answer.output  # an empty cell is none
