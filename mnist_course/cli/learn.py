"""Commands for learners: ``lab``, ``progress``, ``doctor``."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.prompt import Confirm

from ..course import DAYS
from .application import COMMAND, LEARN, app, lessons_here
from .screen import ascii_only, plain


@app.command(rich_help_panel=LEARN, short_help="Open your copy of a day's notebook: [cyan]lab 3[/]")
def lab(
    day: Annotated[
        int | None,
        typer.Argument(
            min=DAYS[0],
            max=DAYS[-1],
            help="Which day; without it, the next you have not passed.",
        ),
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Start anew; your present copy is kept, with its date.")
    ] = False,
    original: Annotated[
        bool, typer.Option("--original", help="Open the original, with its outputs (for authors).")
    ] = False,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open a browser window.")
    ] = True,
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="Port; when taken, the next free one.")
    ] = 8888,
    ip: Annotated[
        str, typer.Option(help="Address to listen on; 0.0.0.0 for every network.")
    ] = "localhost",
) -> None:
    """Open your own copy of a day's notebook in JupyterLab.

    [bold]Examples[/bold]

      [cyan]mnist-course lab[/cyan]                 the next day you have not passed
      [cyan]mnist-course lab 16[/cyan]              Day 16
      [cyan]mnist-course lab 16 --fresh[/cyan]      Day 16 from the beginning
      [cyan]mnist-course lab --no-browser[/cyan]    only print the address to open

    Your copies are in the folder my_course, without outputs, and are never
    overwritten. Stop JupyterLab with Ctrl-C, twice.
    """
    originals = lessons_here().available_days()
    day = _next_day(originals) if day is None else day
    if original and fresh:
        raise ValueError("--original opens what is there: leave --fresh out")
    if day not in originals:
        there = ", ".join(map(str, originals))
        raise ValueError(f"there is no notebook of Day {day}; there are days {there}")
    notebook = originals[day] if original else _own_copy(day, fresh)
    Console().print(f"JupyterLab opens [bold]{notebook.name}[/]. Stop it with Ctrl-C, twice.")
    raise typer.Exit(_launch(_lab_command(notebook, browser, port, ip)))


@app.command(
    rich_help_panel=LEARN,
    short_help="See what you have passed and what comes next: [cyan]progress[/]",
)
def progress(
    reset: Annotated[bool, typer.Option("--reset", help="Forget everything, asks first.")] = False,
) -> None:
    """See which exercises you have passed and what comes next.

    [bold]Examples[/bold]

      [cyan]mnist-course progress[/cyan]
      [cyan]mnist-course progress --reset[/cyan]    start afresh

    An exercise counts once [cyan]check("4.1", ...)[/cyan] in a notebook has said passed.
    """
    from ..course import progress as record

    passed, console = record.passed(), Console()
    if reset and not passed:
        typer.echo("Nothing is recorded yet.")
        return
    if reset:
        if Confirm.ask(f"Forget all {len(passed)} passed exercises?", default=False):
            record.reset()
            typer.echo(f"Forgotten. A fresh start: {COMMAND} lab")
        else:
            typer.echo("Nothing has changed.")
        return
    counts = record.day_counts(passed)
    squares = "#+." if ascii_only(console) else record.SQUARES
    plain(console, "\n".join(record.lines(counts, squares=squares)))
    if (day := record.next_day(counts)) is None:
        console.print("All thirty days are done. [bold]Well done![/]")
    else:
        console.print(f"Next: [bold]Day {day}[/], with [cyan]{COMMAND} lab {day}[/]")


@app.command(
    rich_help_panel=LEARN, short_help="Check that this machine is ready: [cyan]doctor --quick[/]"
)
def doctor(
    quick: Annotated[bool, typer.Option("--quick", help="Skip the search for a GPU.")] = False,
) -> None:
    """Check that this machine is ready, and say what to do if not.

    [bold]Examples[/bold]

      [cyan]mnist-course doctor[/cyan]
      [cyan]mnist-course doctor --quick[/cyan]    without the search for a GPU, 1 second

    Exit status 1 when something keeps lessons from running.
    """
    from ..course import doctor as checks

    console, failed = Console(), 0
    colours = {"ok": "", "warning": "yellow", "error": "red"}
    with console.status("looking around ..."):
        for check in checks.run_checks(quick=quick):
            text = checks.lines(check, width=console.width, ascii_only=ascii_only(console))
            plain(console, "\n".join(text), colours[check.status])
            failed += check.status == "error"
    if failed:
        raise typer.Exit(1)
    console.print(f"\nReady. Start with: [cyan]{COMMAND} lab[/]")


def _next_day(days: Iterable[int]) -> int:
    """The first unfinished day that there is; when all are done, the first."""
    from ..course import progress as record

    counts = record.day_counts(record.passed())
    return record.next_day({day: counts[day] for day in days}) or min(days)


def _own_copy(day: int, fresh: bool) -> Path:
    from ..course import workspace

    copy = workspace.open_copy(day, fresh=fresh)
    if copy.kept:
        typer.echo(f"Your former copy is kept as {copy.kept.name}.")
    if copy.is_behind:
        typer.echo(
            f"The original of Day {day} has changed since you began. Your copy stays as it is; "
            f"{COMMAND} lab {day} --fresh starts with the new one and keeps yours."
        )
    return copy.path


def _lab_command(notebook: Path, browser: bool, port: int, ip: str) -> list[str]:
    root = notebook.parent  # so that only notebooks are seen
    quiet = ("--log-level=ERROR", "--LabApp.log_level=ERROR")  # still prints the address
    bare = "--Application.log_format=%(message)s"
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0  # as in most containers
    return [
        *(sys.executable, "-m", "jupyterlab", *quiet, bare),
        *(f"--ServerApp.root_dir={root}", f"--port={port}", f"--ip={ip}"),
        f"--LabApp.default_url=/lab/tree/{notebook.name}",
        *([] if browser else ["--no-browser"]),
        *(["--allow-root"] if is_root else []),
    ]


def _launch(command: list[str]) -> int:
    """Run a program to its end; Ctrl-C and other signals are its own affair."""
    sys.stdout.flush()
    if os.name == "posix":
        os.execv(command[0], command)
    process = subprocess.Popen(command)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # set after the start, so not inherited
    return process.wait()
