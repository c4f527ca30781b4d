"""The learner's copies: made once, never overwritten, told when the original is newer."""

import shutil
import subprocess
from datetime import date

import nbformat
import pytest
from nbformat import v4

from mnist_course import _paths
from mnist_course._paths import ROOT
from mnist_course.course import lessons, workspace
from mnist_course.course.workspace import open_copy

TODAY = date.today().isoformat()


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A clone with Days 1 and 4; returns the function that writes an original."""
    monkeypatch.setattr(_paths, "ROOT", tmp_path)
    monkeypatch.setattr(lessons, "NOTEBOOKS", tmp_path / "notebooks")
    (tmp_path / "notebooks").mkdir()

    def write(name: str, source: str):
        cell = v4.new_code_cell(source, execution_count=1)
        cell.outputs = [v4.new_output("stream", text="seven\n")]
        cell.metadata["tags"] = ["nbval-ignore-output"]
        nbformat.write(v4.new_notebook(cells=[cell]), tmp_path / "notebooks" / name)

    write("day01_meet.ipynb", "1 + 1")
    write("day04_load.ipynb", "print('seven')")
    return write


def work_on(path, source="my own work"):
    """What a learner does: change a cell, run it, save."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].source = source
    notebook.cells[0].execution_count = 3
    nbformat.write(notebook, path)


def source_of(path) -> str:
    return nbformat.read(path, as_version=4).cells[0].source


def test_a_copy_has_the_cells_and_no_outputs(clone):
    copy = open_copy(4)
    (cell,) = nbformat.read(copy.path, as_version=4).cells
    assert copy.path == _paths.ROOT / "my_course" / "day04_load.ipynb"
    assert (cell.source, cell.outputs, cell.execution_count) == ("print('seven')", [], None)
    assert cell.metadata.tags == ["nbval-ignore-output"]


def test_only_notebooks_are_in_the_folder_and_all_days_so_that_links_work(clone):
    open_copy(4)
    names = [path.name for path in workspace.folder().iterdir()]
    assert sorted(names) == ["day01_meet.ipynb", "day04_load.ipynb"]


def test_work_is_never_overwritten(clone):
    work_on(open_copy(4).path)
    clone("day04_load.ipynb", "a newer original")
    assert source_of(open_copy(4).path) == "my own work"


@pytest.mark.parametrize(("newer", "is_behind"), [("print('seven')", False), ("newer", True)])
def test_the_learner_is_told_when_the_original_has_changed(clone, newer, is_behind):
    work_on(open_copy(4).path)
    clone("day04_load.ipynb", newer)
    assert open_copy(4).is_behind == is_behind


def test_an_untouched_copy_follows_its_original(clone):
    open_copy(1)
    clone("day04_load.ipynb", "newer")
    copy = open_copy(4)
    assert (source_of(copy.path), copy.is_behind) == ("newer", False)


def test_a_copy_that_was_only_run_is_kept(clone):
    work_on(open_copy(4).path, source="print('seven')")
    clone("day04_load.ipynb", "newer")
    assert source_of(open_copy(4).path) == "print('seven')"


def test_fresh_keeps_the_former_copy_under_a_dated_name(clone):
    for number, suffix in enumerate(("", "_2", "_3")):
        work_on(open_copy(4).path, source=f"work {number}")
        copy = open_copy(4, fresh=True)
        assert copy.kept.name == f"day04_load_{TODAY}{suffix}.ipynb"
        assert source_of(copy.kept) == f"work {number}"
        assert source_of(copy.path) == "print('seven')"


def test_fresh_has_nothing_to_keep_of_an_untouched_copy(clone):
    open_copy(4)
    assert open_copy(4, fresh=True).kept is None


def test_a_damaged_copy_counts_as_work(clone):
    mine = open_copy(4).path
    mine.write_text("{ half a noteb", "utf-8")
    assert open_copy(4).is_behind
    assert mine.read_text("utf-8") == "{ half a noteb"
    assert open_copy(4, fresh=True).kept.read_text("utf-8") == "{ half a noteb"


@pytest.mark.skipif(shutil.which("git") is None, reason="Git is not installed")
def test_git_pull_after_a_week_of_work(clone, tmp_path, tmp_path_factory, monkeypatch):
    def git(*arguments, folder=tmp_path):
        me = ("-c", "user.name=me", "-c", "user.email=me@example.org")
        command = ["git", *me, *arguments]
        return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)

    shutil.copy(ROOT / ".gitignore", tmp_path)
    for step in (["init", "-q"], ["add", "."], ["commit", "-qm", "the course"]):
        git(*step)
    learners = tmp_path_factory.mktemp("learner") / "clone"
    git("clone", "-q", str(tmp_path), str(learners))
    clone("day04_load.ipynb", "newer")
    git("commit", "-qam", "a better Day 4")

    monkeypatch.setattr(_paths, "ROOT", learners)
    monkeypatch.setattr(lessons, "NOTEBOOKS", learners / "notebooks")
    mine = open_copy(4).path
    work_on(mine)
    git("pull", "-q", folder=learners)
    assert git("status", "--porcelain", folder=learners).stdout == ""
    assert (source_of(mine), open_copy(4).is_behind) == ("my own work", True)
