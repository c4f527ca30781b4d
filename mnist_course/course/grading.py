"""What learners have passed: their notebooks executed anew, and nobody's word taken for it."""

import csv
import io
import os
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import nbformat
from nbclient.exceptions import CellTimeoutError, DeadKernelError

from . import progress
from .borrowing import borrowing_cell
from .execution import CELL_SECONDS, bar_of, client_for
from .exercises.engine import day_exercises
from .lessons import available_days

CHECK = re.compile(r'^check\("(\d+)\.\d', re.MULTILINE)


class Grade(NamedTuple):
    """A learner's notebook.

    Attributes:
        passed: for each exercise of its day, such as ``"4.1"``, whether it is passed now; empty
            if the notebook cannot be graded.
        trouble: why it cannot be, why it was not executed to its last cell, or nothing.
    """

    passed: dict[str, bool]
    trouble: str = ""


def grade(path: str | Path) -> Grade:
    """Execute a learner's notebook and see which exercises of its day it passes.

    A cell that fails stops none after it. The file stays as it is, and so does the record of
    progress of whoever grades. It runs the learner's code with the rights of this user. A
    notebook that takes the package's own solutions is not executed and passes nothing; what is
    noticed is said in ``borrowing``.

    Args:
        path: a notebook in which ``check`` is called, as ``mnist-course lab`` copies them.

    Raises:
        ValueError: it is no notebook, or has no check of an exercise.
    """
    notebook = _read(Path(path))
    days = sorted({int(day) for cell in notebook.cells for day in CHECK.findall(cell.source)})
    if not days:
        raise ValueError(f'{path} checks no exercise: expected a cell with check("4.1", ...)')
    exercises = [name for day in days for name in day_exercises(f"{day}.0")]
    lessons = [lesson for day, lesson in available_days().items() if day in days]
    if cell := borrowing_cell(notebook, lessons):
        trouble = f"uses the course's own solutions in code cell {cell}: it was not executed"
        return Grade(dict.fromkeys(exercises, False), trouble)
    with tempfile.TemporaryDirectory() as home:
        trouble = _execute(notebook, Path(path), home)
        done = progress.passed(Path(home) / "progress.json")
    return Grade({name: name in done for name in exercises}, trouble)


def grade_all(paths: Iterable[str | Path]) -> dict[str, Grade]:
    """Grade notebooks; one that cannot be graded stops none after it and says so as its trouble."""
    grades = {}
    for path in map(str, paths):
        try:
            grades[path] = grade(path)
        except (ValueError, OSError) as problem:
            grades[path] = Grade({}, str(problem))
    return grades


def as_csv(grades: dict[str, Grade]) -> str:
    """A table for spreadsheets, a row for each notebook.

    Columns: file, day, one for each exercise (yes, no, or nothing if it is of another day), how
    many are passed and how many there are, trouble.
    """
    names = {name for grade in grades.values() for name in grade.passed}
    exercises = sorted(names, key=lambda name: [int(part) for part in name.split(".")])
    file = io.StringIO()
    columns = ["file", "day", *exercises, "passed", "exercises", "trouble"]
    writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
    writer.writeheader()
    for path, (passed, trouble) in grades.items():
        days = " ".join(dict.fromkeys(name.partition(".")[0] for name in passed))
        marks = {name: "yes" if done else "no" for name, done in passed.items()}
        counts = {"passed": sum(passed.values()), "exercises": len(passed)}
        writer.writerow({"file": path, "day": days, **marks, **counts, "trouble": trouble})
    return file.getvalue()


def _read(path: Path) -> nbformat.NotebookNode:
    if not path.is_file():
        raise ValueError(f"there is no file {path}")
    try:
        return nbformat.read(path, as_version=4)
    except (nbformat.reader.NotJSONError, nbformat.ValidationError, UnicodeDecodeError):
        raise ValueError(f"{path} is not a notebook, or is damaged") from None


def _execute(notebook: nbformat.NotebookNode, path: Path, home: str) -> str:
    """Run all cells; what kept the last ones from running, or nothing."""
    client = client_for(notebook, path.parent, allow_errors=True)
    try:
        with bar_of(client, str(Path(*path.parts[-2:]))):  # whose, and which day
            client.execute(env=os.environ | {"MNIST_COURSE_HOME": home})
    except CellTimeoutError:
        return f"a cell took over {CELL_SECONDS} s"
    except DeadKernelError:
        return f"its kernel died in code cell {client.code_cells_executed}"
    return ""
