"""The learner's own copies of the lessons, in ``my_course``: made once, never overwritten.

The originals stay as they came, so ``git pull`` never collides with a learner's work and their
verification stays green. A copy has no outputs: a prediction is one only while its answer is out
of sight.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import nbformat

from .. import _paths
from .._files import written_aside
from . import lessons

MADE_FROM = "mnist_course_original"  # in a copy's metadata: the fingerprint of its original


@dataclass(frozen=True)
class Copy:
    """A day's notebook in ``my_course``.

    Attributes:
        path: where it is.
        is_behind: the original has changed since the copy was made.
        kept: the former copy, which ``fresh`` has put aside; None otherwise.
    """

    path: Path
    is_behind: bool = False
    kept: Path | None = None


def folder() -> Path:
    """Where the copies are: ``my_course`` in the clone."""
    return _paths.ROOT / "my_course"


def open_copy(day: int, *, fresh: bool = False) -> Copy:
    """The learner's copy of a day, made now if there is none.

    All other days are copied too where a copy is missing, so that links between lessons lead
    somewhere. A copy that nobody has touched follows its original.

    Args:
        day: which day; its notebook must exist.
        fresh: put the present copy aside under a dated name and make a new one.

    Raises:
        KeyError: there is no notebook of this day.
        OSError: the folder cannot be written.
    """
    originals = lessons.available_days()
    for original in originals.values():
        _make_or_follow(original, _copy_of(original))
    original, mine = originals[day], _copy_of(originals[day])
    kept = None
    if fresh and not _is_untouched(mine):
        kept = _put_aside(mine)
        _write_copy(original, mine)
    return Copy(mine, is_behind=_is_behind(original, mine), kept=kept)


def _copy_of(original: Path) -> Path:
    return folder() / original.name


def _make_or_follow(original: Path, mine: Path) -> None:
    if not mine.exists() or (_is_behind(original, mine) and _is_untouched(mine)):
        _write_copy(original, mine)


def _write_copy(original: Path, mine: Path) -> None:
    notebook = _read(original)
    notebook.metadata[MADE_FROM] = _fingerprint(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    with written_aside(mine) as aside:
        nbformat.write(notebook, aside)


def _put_aside(mine: Path) -> Path:
    """Rename a copy to ``dayNN_slug_2026-03-09``; a second one of the day gets ``_2``."""
    stem, number = f"{mine.stem}_{date.today().isoformat()}", 1
    while (kept := mine.with_name(f"{stem}{f'_{number}' if number > 1 else ''}.ipynb")).exists():
        number += 1
    return mine.rename(kept)


def _is_behind(original: Path, mine: Path) -> bool:
    return _made_from(_read(mine)) != _fingerprint(_read(original))


def _is_untouched(mine: Path) -> bool:
    """Whether a copy is as it was made: the same cells, and none has been run."""
    notebook = _read(mine)
    ran = any(cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells)
    return not ran and _made_from(notebook) == _fingerprint(notebook)


def _made_from(notebook: nbformat.NotebookNode) -> str | None:
    return notebook.metadata.get(MADE_FROM)


def _read(path: Path) -> nbformat.NotebookNode:
    """A notebook; of a damaged one an empty one, which counts as a learner's work."""
    try:
        return nbformat.read(path, as_version=4)
    except (ValueError, AttributeError, nbformat.reader.NotJSONError, nbformat.ValidationError):
        return nbformat.v4.new_notebook()


def _fingerprint(notebook: nbformat.NotebookNode) -> str:
    """Of what a learner reads and runs; outputs and metadata do not count."""
    cells = [(cell.cell_type, cell.source) for cell in notebook.cells]
    return hashlib.sha256(json.dumps(cells).encode()).hexdigest()
