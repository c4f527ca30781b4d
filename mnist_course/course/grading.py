"""What a learner has passed: their notebook executed anew, and nobody's word taken for it."""

import os
import re
import tempfile
from pathlib import Path
from typing import NamedTuple

import nbformat
from nbclient.exceptions import CellTimeoutError, DeadKernelError

from . import progress
from .exercises.engine import day_exercises
from .lessons import CELL_SECONDS, client_for

CHECK = re.compile(r'^check\("(\d+)\.\d', re.MULTILINE)


class Grade(NamedTuple):
    """A learner's notebook.

    Attributes:
        passed: for each exercise of its day, such as ``"4.1"``, whether it is passed now.
        trouble: what ended the notebook before its last cell, or nothing.
    """

    passed: dict[str, bool]
    trouble: str = ""


def grade(path: str | Path) -> Grade:
    """Execute a learner's notebook and see which exercises of its day it passes.

    A cell that fails stops none after it. The file stays as it is, and so does the record of
    progress of whoever grades. It runs the learner's code with the rights of this user.

    Args:
        path: a notebook in which ``check`` is called, as ``mnist-course lab`` copies them.

    Raises:
        ValueError: it is no notebook, or has no check of an exercise.
    """
    notebook = _read(Path(path))
    days = {day for cell in notebook.cells for day in CHECK.findall(cell.source)}
    if not days:
        raise ValueError(f'{path} checks no exercise: expected a cell with check("4.1", ...)')
    with tempfile.TemporaryDirectory() as home:
        trouble = _execute(notebook, Path(path).parent, home)
        done = progress.passed(Path(home) / "progress.json")
    exercises = [name for day in sorted(days, key=int) for name in day_exercises(f"{day}.0")]
    return Grade({name: name in done for name in exercises}, trouble)


def _read(path: Path) -> nbformat.NotebookNode:
    if not path.is_file():
        raise ValueError(f"there is no file {path}")
    try:
        return nbformat.read(path, as_version=4)
    except (nbformat.reader.NotJSONError, nbformat.ValidationError, UnicodeDecodeError):
        raise ValueError(f"{path} is not a notebook, or is damaged") from None


def _execute(notebook: nbformat.NotebookNode, folder: Path, home: str) -> str:
    """Run all cells; what kept the last ones from running, or nothing."""
    client = client_for(notebook, folder, allow_errors=True)
    try:
        client.execute(env=os.environ | {"MNIST_COURSE_HOME": home})
    except CellTimeoutError:
        return f"a cell took over {CELL_SECONDS} s"
    except DeadKernelError:
        return f"its kernel died in code cell {client.code_cells_executed}"
    return ""
