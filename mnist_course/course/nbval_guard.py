"""For nbval: a lesson cannot hang, and its kernel does not die in silence.

A pytest plugin, loaded by ``pyproject.toml``. nbval waits for a dead kernel until its time limit;
here that is said within seconds. Notebooks that are no lessons (copies, checkpoints) are left out.
"""

import time
from queue import Empty

import pytest
from nbval.kernel import RunningKernel
from nbval.plugin import IPyNbCell

from .lessons import is_lesson_name

OUTPUT_SECONDS = 120  # nbval allows 5 for the rest of an output; a busy machine needs more
LOOK_SECONDS = 1  # how often to see whether the kernel lives


class KernelDied(RuntimeError):
    """The kernel ended while a cell ran."""


def pytest_configure(config) -> None:
    """Make nbval look after its kernels."""
    if not hasattr(RunningKernel, "patient_get_message"):
        RunningKernel.patient_get_message = RunningKernel.get_message
        RunningKernel.get_message = get_message
        IPyNbCell.unguarded_runtest = IPyNbCell.runtest
        IPyNbCell.runtest = runtest


def pytest_ignore_collect(collection_path, config) -> bool | None:
    """Only lessons are collected: no copies, whatever made them."""
    is_notebook = collection_path.suffix == ".ipynb"
    return True if is_notebook and not is_lesson_name(collection_path.name) else None


def pytest_collection_modifyitems(items) -> None:
    for item in items:
        if hasattr(item, "output_timeout"):
            item.output_timeout = OUTPUT_SECONDS


def get_message(kernel: RunningKernel, stream: str, timeout: float | None = None):
    """nbval's ``get_message``, which also looks whether the kernel lives.

    Raises:
        KernelDied: it does not.
        Empty: there was no message in time.
    """
    end = float("inf") if timeout is None else time.monotonic() + timeout
    while True:
        try:
            wait = min(LOOK_SECONDS, max(0.0, end - time.monotonic()))
            return kernel.patient_get_message(stream, timeout=wait)
        except Empty:
            if not kernel.is_alive():
                raise KernelDied from None
            if time.monotonic() >= end:
                raise


def runtest(cell: IPyNbCell) -> None:
    """nbval's test of a cell; a dead kernel and a cell without an end are told in a line."""
    try:
        cell.unguarded_runtest()
    except KernelDied:
        cell.parent.timed_out = True  # so that the cells after it are not run
        pytest.fail(
            f"the kernel died in this cell:\n\n{cell.cell.source}\n\n"
            "Was it out of memory, or did the cell end the process?",
            pytrace=False,
        )
    finally:
        if cell.parent.timed_out:
            limit = cell.config.option.nbval_cell_timeout
            words = f"A cell may take {limit:g} s; --nbval-cell-timeout=SECONDS allows more."
            cell.add_report_section("call", "limit", words)
