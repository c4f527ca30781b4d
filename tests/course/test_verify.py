"""verify: green and red on small notebooks; it cannot hang or be fooled."""

import subprocess
import sys
import time

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import v4

from mnist_course._paths import ROOT
from mnist_course.course import verify
from mnist_course.course.refresh import refresh


def test_verify_is_green_when_outputs_agree(course):
    course("print('same')", "import time; print(time.time())", ignored=(1,))
    refresh([1])
    [result] = verify.run_nbval([1])
    assert result.green
    assert (result.compared, result.ignored, result.done) == (1, 1, 2)
    assert result.seconds > 0


def test_verify_is_red_when_an_output_differs(course):
    path = course("print('same')", "print('stored')")
    refresh([1])
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[1].source = "print('now')"
    nbformat.write(notebook, path)
    [result] = verify.run_nbval([1])
    assert not result.green
    assert len(result.failures) == 1
    assert result.failures[0].startswith("Cell 2\n")  # as a reader counts
    assert "stored" in result.failures[0]
    assert "x1B[" not in result.failures[0]  # no codes of colours


def test_verify_prints_a_table_and_returns_the_status(course, monkeypatch, capsys):
    course("raise RuntimeError('broken')")
    monkeypatch.setattr(verify.unit, "measure", lambda: 2.0)
    assert verify.verify([1]) == 1
    printed = capsys.readouterr().out
    assert "1 unit = 2.0 s" in printed
    assert "broken" in printed


# --- verification cannot hang or be fooled ----------------------------------------------------


def failures(**options) -> list[str]:
    return verify.run_nbval([1], **options)[0].failures


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
    refresh([1])
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


def test_an_endless_cell_is_stopped_and_the_limit_is_said(course):
    course("while True: pass")
    found = failures(options=("--nbval-cell-timeout=3",))
    assert "Timeout of 3 seconds" in found[0]


def test_a_foreign_kernel_name_is_not_used(course):
    path = course("print('same')")
    refresh([1])
    change(path, '"name": "python3"', '"name": "julia-9"')
    assert failures() == []


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
    refresh([1])
    verify.run_nbval([1])
    assert "\x1b" not in "".join(capfd.readouterr())
