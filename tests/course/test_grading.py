"""Grading: a learner's notebook is executed and every exercise of its day looked at."""

import nbformat
import pytest
from typer.testing import CliRunner

from mnist_course.cli.application import app
from mnist_course.course import progress
from mnist_course.course.grading import grade

RIGHT = 'check("2.1", lambda images: 255 - images)'


@pytest.fixture
def notebook(tmp_path):
    """A function that writes a notebook with these cells."""

    def write(*sources):
        cells = map(nbformat.v4.new_code_cell, ("from mnist_course import check", *sources))
        nbformat.write(nbformat.v4.new_notebook(cells=list(cells)), tmp_path / "day02.ipynb")
        return tmp_path / "day02.ipynb"

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
    answer = CliRunner().invoke(app, ["grade", str(notebook(RIGHT))], env={"COLUMNS": "200"})
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
