"""lessons: days, canonical form, refresh and verify on small notebooks of their own."""

import subprocess
import sys
import time

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import v4

from mnist_course._paths import ROOT
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
        ("7-4", "7-4 runs backwards"),
        ("1,7-4", "7-4 runs backwards"),
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


def test_an_error_that_is_meant_is_stored_without_paths(course):
    path = course("1", "from mnist_course import scale_pixels; scale_pixels([0.5])")
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[1].metadata["tags"] = ["raises-exception"]
    nbformat.write(notebook, path)
    lessons.refresh([1])
    error = outputs(path)[1][0]
    assert (error.output_type, error.ename) == ("error", "ValueError")
    assert "In[2]" in "".join(error.traceback)
    assert str(ROOT) not in "".join(error.traceback)


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
    assert result.failures[0].startswith("Cell 2\n")  # as a reader counts
    assert "stored" in result.failures[0]
    assert "x1B[" not in result.failures[0]  # no codes of colours


def test_verify_prints_a_table_and_returns_the_status(course, monkeypatch, capsys):
    course("raise RuntimeError('broken')")
    monkeypatch.setattr(lessons.unit, "measure", lambda: 2.0)
    assert lessons.verify([1]) == 1
    printed = capsys.readouterr().out
    assert "1 unit = 2.0 s" in printed
    assert "broken" in printed


# --- verification cannot hang or be fooled ----------------------------------------------------


def failures(**options) -> list[str]:
    return lessons.run_nbval([1], **options)[0].failures


def change(path, before: str, after: str) -> None:
    """Change a stored output or source, as an edit of the file would."""
    text = path.read_text("utf-8")
    assert before in text
    path.write_text(text.replace(before, after), "utf-8")


CLAIM = "from mnist_course import expect\nexpect('accuracy', 0.9912, at_least=0.98)"
LINE = "accuracy: 0.9912 (expected at least 0.98)"


@pytest.mark.parametrize(
    ("stored", "is_green"),
    [
        ("accuracy: 0.9855 (expected at least 0.98)", True),
        ("precision: 0.9912 (expected at least 0.98)", False),
        ("accuracy: 0.9912 (expected at least 0.97)", False),
        ("", False),
    ],
)
def test_of_a_claim_only_the_value_may_differ(course, stored, is_green):
    path = course(CLAIM)
    lessons.refresh([1])
    change(path, f"✓ {LINE}", f"✓ {stored}" if stored else "")
    assert (failures() == []) == is_green


@pytest.mark.parametrize("end", ["os._exit(1)", "os.kill(os.getpid(), 9)"])
def test_a_dead_kernel_is_named_at_once(course, end):
    course("1 + 1", f"import os; {end}", "2 + 2")
    begin = time.monotonic()
    found = failures()
    assert "the kernel died in this cell" in found[0]
    assert end in found[0]
    assert time.monotonic() - begin < 30  # nbval alone waits 2,000 s


def test_refresh_names_the_cell_in_which_the_kernel_died(course):
    course("1 + 1", "import os; os._exit(1)")
    with pytest.raises(ValueError, match="kernel died in code cell 2"):
        lessons.refresh([1])


def test_an_endless_cell_is_stopped_and_the_limit_is_said(course):
    course("while True: pass")
    found = failures(options=("--nbval-cell-timeout=3",))
    assert "Timeout of 3 seconds" in found[0]


def test_a_foreign_kernel_name_is_not_used(course):
    path = course("print('same')")
    lessons.refresh([1])
    change(path, '"name": "python3"', '"name": "julia-9"')
    assert failures() == []


@pytest.mark.parametrize("name", ["day01_tiny-Copy1.ipynb", "day01_tiny (2).ipynb", "Day 1.ipynb"])
def test_a_copy_is_no_lesson(course, name):
    path = course("1 + 1")
    path.with_name(name).write_text("no notebook at all", "utf-8")
    assert list(lessons.available_days().values()) == [path]
    assert not lessons.is_lesson_name(name)


def test_a_copy_is_not_collected(course):
    path = course("1 + 1")
    path.with_name("day01_tiny-Copy1.ipynb").write_text("no notebook at all", "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-n0", "-c", str(ROOT / "pyproject.toml")]
    done = subprocess.run([*command, str(path.parent)], capture_output=True, text=True)
    assert "1 passed" in done.stdout, done.stdout


def test_figures_look_alike_from_any_folder(tmp_path):
    source = "import matplotlib.pyplot as plt\nprint(plt.rcParams['figure.figsize'])\n"
    source += "plt.plot([1, 3, 2]); plt.title('t'); plt.show()"
    pictures = set()
    for folder in (ROOT / "notebooks", tmp_path):
        notebook = v4.new_notebook(cells=[v4.new_code_cell(source)])
        where = {"metadata": {"path": str(folder)}}
        NotebookClient(notebook, kernel_name="python3", resources=where).execute()
        text, picture = notebook.cells[0].outputs
        assert text.text == "[7.0, 4.0]\n"  # the course's style, not Matplotlib's
        pictures.add(picture.data["image/png"])
    assert len(pictures) == 1


def test_progress_leaves_no_control_characters_in_a_log(course, capfd):
    course("1 + 1")
    lessons.refresh([1])
    lessons.run_nbval([1])
    assert "\x1b" not in "".join(capfd.readouterr())
