"""refresh: canonical form, and what happens to a cell that fails, on small notebooks."""

import nbformat
import pytest

from mnist_course._paths import ROOT
from mnist_course.course.lessons import code_cells
from mnist_course.course.refresh import METADATA, refresh


def outputs(path):
    return [cell.outputs for cell in code_cells(path)]


def test_refresh_stores_outputs_in_canonical_form(course):
    path = course("print('one')", "2")
    refresh([1])
    notebook = nbformat.read(path, as_version=4)
    assert notebook.cells[0].outputs[0].text == "one\n"
    assert [cell.id for cell in notebook.cells] == ["cell-00", "cell-01"]
    assert notebook.metadata == METADATA


def test_refreshing_twice_changes_nothing(course):
    path = course("import random; random.seed(1); random.random()")
    refresh([1])
    first = path.read_bytes()
    refresh([1])
    assert path.read_bytes() == first


def test_an_error_that_is_meant_is_stored_without_paths(course):
    path = course("1", "from mnist_course import scale_pixels; scale_pixels([0.5])")
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[1].metadata["tags"] = ["raises-exception"]
    nbformat.write(notebook, path)
    refresh([1])
    error = outputs(path)[1][0]
    assert (error.output_type, error.ename) == ("error", "ValueError")
    assert "In[2]" in "".join(error.traceback)
    assert str(ROOT) not in "".join(error.traceback)


def test_a_failing_cell_leaves_the_notebook_as_it_was(course):
    path = course("print(1)", "1 / 0")
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"day01_tiny.ipynb is unchanged(.|\n)*ZeroDivisionError"):
        refresh([1])
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_c_libraries_do_not_write_into_the_notebook(course):
    path = course("import os; os.write(2, b'I0000 port.cc: noise') and None")
    refresh([1])
    assert outputs(path) == [[]]


def test_a_widget_is_stored_without_its_model(course):
    path = course("import ipywidgets; ipywidgets.IntSlider()")
    refresh([1])
    assert list(outputs(path)[0][0].data) == ["text/plain"]


def test_refresh_names_the_cell_in_which_the_kernel_died(course):
    course("1 + 1", "import os; os._exit(1)")
    with pytest.raises(ValueError, match="kernel died in code cell 2"):
        refresh([1])
