"""Notebooks executed in this environment, and the bar that goes on with each of their cells."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column

CELL_SECONDS = 300  # a cell that takes longer is stopped


def client_for(notebook: nbformat.NotebookNode, folder: Path, **options) -> NotebookClient:
    """What executes a notebook in place, in this environment and as if it lay in a folder."""
    resources = {"metadata": {"path": str(folder)}}
    return NotebookClient(
        notebook, timeout=CELL_SECONDS, kernel_name="python3", resources=resources, **options
    )


def progress_bar() -> Progress:
    """A bar in a terminal; nothing in a log file, which it would fill with control characters."""
    name = TextColumn("{task.description}", table_column=Column(no_wrap=True, max_width=36))
    columns = name, BarColumn(bar_width=24), MofNCompleteColumn(), TimeElapsedColumn()
    return Progress(*columns, disable=not Console().is_terminal)


@contextmanager
def bar_of(client: NotebookClient, name: str) -> Iterator[None]:
    """While the block lets a client execute its notebook, a bar counts the code cells."""
    cells = (cell for cell in client.nb.cells if cell.cell_type == "code")
    with progress_bar() as bar:
        # an empty cell is not executed
        task = bar.add_task(escape(name), total=sum(bool(cell.source.strip()) for cell in cells))
        client.on_cell_executed = lambda **_: bar.advance(task)
        yield
