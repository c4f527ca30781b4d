"""lessons: days, canonical form, refresh and verify on small notebooks of their own."""

import nbformat
import pytest

from mnist_course.course import lessons


def outputs(path):
    return [cell.outputs for cell in lessons.code_cells(path)]


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
        ("7-4", "no"),
    ],
)
def test_days_that_make_no_sense_are_refused(monkeypatch, text, message):
    monkeypatch.setattr(lessons, "available_days", lambda: dict.fromkeys(range(1, 8)))
    with pytest.raises(ValueError, match=message):
        lessons.parse_days(text)


def test_refresh_stores_outputs_in_canonical_form(course):
    path = course("print('one')", "2")
    lessons.refresh([1])
    notebook = nbformat.read(path, as_version=4)
    assert notebook.cells[0].outputs[0].text == "one\n"
    assert [cell.id for cell in notebook.cells] == ["cell-00", "cell-01"]
    assert notebook.metadata == lessons.METADATA


def test_refreshing_twice_changes_nothing(course):
    path = course("import random; random.seed(1); random.random()")
    lessons.refresh([1])
    first = path.read_bytes()
    lessons.refresh([1])
    assert path.read_bytes() == first


def test_a_failing_cell_leaves_the_notebook_as_it_was(course):
    path = course("print(1)", "1 / 0")
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"day01_tiny.ipynb is unchanged(.|\n)*ZeroDivisionError"):
        lessons.refresh([1])
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_c_libraries_do_not_write_into_the_notebook(course):
    path = course("import os; os.write(2, b'I0000 port.cc: noise') and None")
    lessons.refresh([1])
    assert outputs(path) == [[]]


def test_a_widget_is_stored_without_its_model(course):
    path = course("import ipywidgets; ipywidgets.IntSlider()")
    lessons.refresh([1])
    assert list(outputs(path)[0][0].data) == ["text/plain"]


def test_verify_is_green_when_outputs_agree(course):
    course("print('same')", "import time; print(time.time())", ignored=(1,))
    lessons.refresh([1])
    [result] = lessons.run_nbval([1])
    assert result.green
    assert (result.compared, result.ignored, result.done) == (1, 1, 2)
    assert result.seconds > 0


def test_verify_is_red_when_an_output_differs(course):
    path = course("print('same')", "print('stored')")
    lessons.refresh([1])
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[1].source = "print('now')"
    nbformat.write(notebook, path)
    [result] = lessons.run_nbval([1])
    assert not result.green
    assert len(result.failures) == 1
    assert "stored" in result.failures[0]


def test_verify_prints_a_table_and_returns_the_status(course, monkeypatch, capsys):
    course("raise RuntimeError('broken')")
    monkeypatch.setattr(lessons.unit, "measure", lambda: 2.0)
    assert lessons.verify([1]) == 1
    printed = capsys.readouterr().out
    assert "1 unit = 2.0 s" in printed
    assert "broken" in printed
