"""Which lessons there are, and which of their cells are compared when they are verified.

Every text output is compared with the stored one, except in cells tagged ``nbval-ignore-output``,
which a claim (``expect``) follows.
"""

import re
from pathlib import Path

import nbformat

from .._paths import NOTEBOOKS

IGNORE_TAG = "nbval-ignore-output"
LESSON = re.compile(r"day(\d\d)_[a-z0-9_]+\.ipynb")


def available_days() -> dict[int, Path]:
    """The notebook of each day there is, in order of days."""
    found = {int(p.name[3:5]): p for p in NOTEBOOKS.glob("*.ipynb") if is_lesson_name(p.name)}
    return dict(sorted(found.items()))


def is_lesson_name(name: str) -> bool:
    """Whether a file is a lesson by its name: a stray copy is none."""
    return LESSON.fullmatch(name) is not None


def parse_days(text: str | None) -> list[int]:
    """Turn ``"1,4-7"`` into ``[1, 4, 5, 6, 7]``; nothing means every day there is.

    Raises:
        ValueError: the text is not days and ranges, or a day has no notebook.
    """
    available = available_days()
    if not text:
        return list(available)
    if not re.fullmatch(r"\d+(-\d+)?(,\d+(-\d+)?)*", text):
        raise ValueError(f"expected days such as 4 or 1,4-7, got {text!r}")
    days: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        if not (span := range(int(first), int(last or first) + 1)):
            raise ValueError(f"{part} runs backwards: expected days such as 1,4-7")
        days.update(span)
    if missing := sorted(days - available.keys()):
        raise ValueError(f"no notebook for {missing}; there are days {sorted(available)}")
    return sorted(days)


def code_cells(path: Path) -> list[nbformat.NotebookNode]:
    """The code cells of a notebook, in order."""
    return [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]


def is_ignored(cell: nbformat.NotebookNode) -> bool:
    """Whether nbval runs this cell without comparing its output."""
    return IGNORE_TAG in cell.metadata.get("tags", [])
