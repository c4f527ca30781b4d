"""Run, refresh and verify the notebooks.

A lesson is verified by nbval: every cell runs again and every text output is compared with the
stored one, except in cells tagged ``nbval-ignore-output``, which a claim (``expect``) follows.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

import nbformat
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from rich.console import Console
from rich.table import Table

from .._files import written_aside
from .._paths import NOTEBOOKS, ROOT
from . import RECORD, unit
from .execution import CELL_SECONDS, bar_of, client_for, progress_bar

IGNORE_TAG = "nbval-ignore-output"
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
LESSON = re.compile(r"day(\d\d)_[a-z0-9_]+\.ipynb")
COLOUR = re.compile(r"(?:#x1B|\x1b)\[[\d;]*m")
CELL_DONE = re.compile(r"::Cell \d+ (PASSED|FAILED|XFAIL)|\] (PASSED|FAILED|XFAIL) .*::Cell \d+")
FRAME_OF_A_FILE = re.compile(r"(\x1b\[[\d;]*m)*File ")  # names a path of this machine
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


@dataclass
class LessonResult:
    """What verifying one lesson gave; ``seconds`` include the kernel's start."""

    day: int
    compared: int
    ignored: int
    done: int = 0
    seconds: float = 0.0
    failures: list[str] = field(default_factory=list)

    @property
    def green(self) -> bool:
        return not self.failures and self.done == self.compared + self.ignored


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


# --- refresh ---------------------------------------------------------------------------------


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
    client = client_for(notebook, NOTEBOOKS, coalesce_streams=True)
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


# --- verify ----------------------------------------------------------------------------------


def verify(days: list[int], *, workers: int = 1) -> int:
    """Run nbval on lessons, with a progress bar, a table and the messages of what failed.

    Args:
        days: which lessons.
        workers: how many lessons run side by side; 1 gives honest seconds.

    Returns:
        0 when every lesson is green, else 1.
    """
    console = Console()
    results = run_nbval(days, workers=workers)
    with console.status("measuring this machine's unit (one epoch of the Day 16 network)"):
        seconds_per_unit = unit.measure()
    console.print(_table(results, seconds_per_unit))
    for result in results:
        for failure in result.failures:
            console.print(f"\nDay {result.day}: {failure}", markup=False, highlight=False)
    return 0 if all(result.green for result in results) else 1


def run_nbval(
    days: list[int], *, workers: int = 1, env: dict[str, str] | None = None, options: tuple = ()
) -> list[LessonResult]:
    """Verify lessons in a pytest process of their own and return one result a day.

    Args:
        days: which lessons.
        workers: how many run side by side.
        env: variables to set for pytest and the kernels.
        options: further options for pytest.
    """
    results = {day: _expected(day) for day in days}
    total = sum(result.compared + result.ignored for result in results.values())
    with tempfile.TemporaryDirectory() as folder, progress_bar() as progress:
        report = Path(folder) / "report.xml"
        task = progress.add_task("verifying", total=total)
        command = _pytest_command(days, workers, report, options)
        variables = os.environ | {"MNIST_COURSE_HOME": folder} | (env or {})
        lines = _run(command, variables, on_cell=lambda: progress.advance(task))
        if report.exists():
            _read_report(report, results)
        if not any(result.done for result in results.values()):
            raise ValueError("pytest ran no cell:\n" + "\n".join(lines[-20:]))
    return list(results.values())


def _expected(day: int) -> LessonResult:
    cells = code_cells(available_days()[day])
    ignored = sum(map(is_ignored, cells))
    return LessonResult(day, compared=len(cells) - ignored, ignored=ignored)


def _pytest_command(days: list[int], workers: int, report: Path, options: tuple) -> list[str]:
    available = available_days()
    distribution = ["-n", str(workers if workers > 1 else 0)]
    return [
        *(sys.executable, "-m", "pytest", "-v", "--color=no", f"--rootdir={NOTEBOOKS.parent}"),
        *("-c", str(ROOT / "pyproject.toml"), f"--junitxml={report}", *distribution, *options),
        *(str(available[day]) for day in days),
    ]


def _run(command: list[str], env: dict[str, str], *, on_cell) -> list[str]:
    lines = []
    with subprocess.Popen(
        command, cwd=ROOT, env=env, text=True, encoding="utf-8", errors="replace",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as process:  # fmt: skip
        for line in process.stdout:
            lines.append(line.rstrip())
            if CELL_DONE.search(line):
                on_cell()
    return lines


def _read_report(report: Path, results: dict[int, LessonResult]) -> None:
    for case in ElementTree.parse(report).iter("testcase"):
        name = f"{case.get('classname')} {case.get('name')}"
        if not (day := re.search(r"day(\d\d)_", name)):
            continue
        result = results[int(day[1])]
        result.seconds += float(case.get("time"))
        result.done += 1
        result.failures += list(_failures(case))


def _failures(case: ElementTree.Element) -> Iterator[str]:
    # nbval counts cells from 0, and XML holds colours as text
    name = re.sub(r"Cell (\d+)", lambda found: f"Cell {int(found[1]) + 1}", case.get("name"))
    for problem in (*case.findall("failure"), *case.findall("error"), *case.findall("skipped")):
        yield f"{name}\n{COLOUR.sub('', problem.text or problem.get('message'))}"


def _table(results: list[LessonResult], seconds_per_unit: float) -> Table:
    table = Table(caption=f"1 unit = {seconds_per_unit:.1f} s on this machine")
    for column in ("day", "", "compared", "ignored, claimed", "seconds", "units"):
        table.add_column(column, justify="right")
    for result in results:
        cells = (f"{result.compared}", f"{result.ignored}", f"{result.seconds:.1f}")
        mark = "[green]✓[/]" if result.green else "[red]✗[/]"
        units = result.seconds / seconds_per_unit
        table.add_row(str(result.day), mark, *cells, f"{units:.1f}")
    total = sum(result.seconds for result in results)
    table.add_section()
    table.add_row("all", "", "", "", f"{total:.1f}", f"{total / seconds_per_unit:.1f}")
    return table
