"""Lessons verified by nbval: each cell runs again, each output must be the stored one."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from rich.console import Console
from rich.table import Table

from .._paths import ROOT
from . import lessons, unit
from .execution import progress_bar

COLOUR = re.compile(r"(?:#x1B|\x1b)\[[\d;]*m")
CELL_DONE = re.compile(r"::Cell \d+ (PASSED|FAILED|XFAIL)|\] (PASSED|FAILED|XFAIL) .*::Cell \d+")


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
    cells = lessons.code_cells(lessons.available_days()[day])
    ignored = sum(map(lessons.is_ignored, cells))
    return LessonResult(day, compared=len(cells) - ignored, ignored=ignored)


def _pytest_command(days: list[int], workers: int, report: Path, options: tuple) -> list[str]:
    available = lessons.available_days()
    distribution = ["-n", str(workers if workers > 1 else 0)]
    return [
        *(sys.executable, "-m", "pytest", "-v", "--color=no", "-c", str(ROOT / "pyproject.toml")),
        *(f"--rootdir={lessons.NOTEBOOKS.parent}", f"--junitxml={report}"),
        *(*distribution, *options),
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
