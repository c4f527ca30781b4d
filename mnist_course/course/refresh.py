"""Lessons executed, their outputs stored in canonical form: nothing in it differs between runs."""

import os
import re
import tempfile
from pathlib import Path

import nbformat
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from .._files import written_aside
from . import RECORD
from .execution import CELL_SECONDS, bar_of, client_for
from .lessons import available_days

METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
FRAME_OF_A_FILE = re.compile(r"(\x1b\[[\d;]*m)*File ")  # names a path of this machine
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def refresh(days: list[int]) -> None:
    """Execute lessons and store their outputs in canonical form.

    Raises:
        ValueError: a cell failed; the notebook on disk is left as it was.
    """
    for day in days:
        path = available_days()[day]
        notebook = nbformat.read(path, as_version=4)
        _execute(notebook, path)
        _write(canonical(notebook), path)


def canonical(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Strip all that differs between two runs or machines, in place: counts, ids, metadata."""
    notebook.metadata = nbformat.from_dict(METADATA)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    count = 0
    for index, cell in enumerate(notebook.cells):
        cell.id = f"cell-{index:02d}"
        tags = cell.metadata.get("tags")
        cell.metadata = nbformat.from_dict({"tags": sorted(tags)} if tags else {})
        if cell.cell_type == "code":
            count += 1
            cell.execution_count = count
            cell.outputs = [_canonical_output(output, count) for output in cell.outputs]
    return notebook


def _canonical_output(output, count: int):
    if "execution_count" in output:
        output.execution_count = count
    if "metadata" in output:
        output.metadata = nbformat.from_dict({})
    if "data" in output:
        output.data.pop(WIDGET_VIEW, None)  # a widget lives only as long as its kernel
    if "traceback" in output:
        frames = [f for f in output.traceback if not FRAME_OF_A_FILE.match(f)]
        output.traceback = [re.sub(r"In\[\d+\]", f"In[{count}]", f) for f in frames]
    return output


def _execute(notebook: nbformat.NotebookNode, path: Path) -> None:
    client = client_for(notebook, path.parent, coalesce_streams=True)
    with bar_of(client, path.stem), tempfile.TemporaryDirectory() as home:
        try:
            client.execute(env=os.environ | {"MNIST_COURSE_HOME": home, RECORD: "1"})
        except CellExecutionError as problem:
            raise ValueError(f"{path.name} is unchanged, a cell failed:\n{problem}") from None
        except CellTimeoutError as problem:
            raise ValueError(
                f"{path.name} is unchanged, a cell took over {CELL_SECONDS} s:\n{problem}"
            ) from None
        except DeadKernelError:
            raise ValueError(
                f"{path.name} is unchanged, its kernel died in code cell "
                f"{client.code_cells_executed}: was it out of memory, or did the cell end it?"
            ) from None


def _write(notebook: nbformat.NotebookNode, path: Path) -> None:
    with written_aside(path) as aside:
        nbformat.write(notebook, aside)
