"""Does a learner's notebook take the package's own solutions? Its code is read, not run.

What stands in the lesson itself is no borrowing: Days 3 and 4 import the solution of an exercise,
to compute with it once the exercise is done.
"""

import ast
import re
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

import nbformat
from IPython.core.inputtransformer2 import TransformerManager

from .lessons import code_cells

# the package of solutions, in an import, a text or a path
SOLUTIONS = re.compile(
    r"course[./\\]+exercises|course import .*\bexercises\b|exercises[./\\]+day\d\d"
)
DAY_MODULE = re.compile(r"\bday\d\d\b")


def borrowing_cell(notebook: nbformat.NotebookNode, lessons: Iterable[Path]) -> int | None:
    """The first code cell, counted from 1, that takes the package's solutions; None if none does.

    It sees what a statement spells out: an import, the module's name in a text (``importlib``), a
    file's path, or a module that the lesson has imported. It does not see what is pasted,
    gathered from pieces, in a file beside the notebook, or found from ``check`` itself.

    Args:
        notebook: a learner's, not changed.
        lessons: the notebooks that it was copied from.
    """
    given = {text for path in lessons for text, _ in _statements(code_cells(path))}
    lent = {name for text in given if SOLUTIONS.search(text) for name in DAY_MODULE.findall(text)}
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(cells, start=1):
        for text, names in _statements([cell]):
            if text not in given and (SOLUTIONS.search(text) or names & lent):
                return number
    return None


def _statements(cells: Iterable[nbformat.NotebookNode]) -> Iterator[tuple[str, set[str]]]:
    """Each statement, in one spelling and without comments, and the names in it."""
    for cell in cells:
        for statement in _parsed(cell.source):
            names = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
            yield ast.unparse(statement), names


def _parsed(source: str) -> list[ast.stmt]:
    """A cell's statements, its magics too; none of a cell that is no Python, and so never runs."""
    try:
        with warnings.catch_warnings(action="ignore"):  # of the learner's code
            return ast.parse(TransformerManager().transform_cell(source)).body
    except (SyntaxError, ValueError):
        return []
