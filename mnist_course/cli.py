"""The ``mnist-course`` command: a learner's front door, and the tools of those who write.

It must answer at once, so every command imports what it needs when it runs.
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.markup import escape
from rich.prompt import Confirm
from rich.table import Table

from . import __version__

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)

LEARN, USE, WRITE = "Learn", "Use the models", "Write and verify lessons"
SHADES = " .:-=+*#%@"
COMMAND = "uv run mnist-course" if "UV" in os.environ else "mnist-course"  # uv run sets UV

Days = Annotated[
    str | None,
    typer.Argument(metavar="DAYS", help="Such as 4 or 1,4-7. Left out: every day there is."),
]


def main() -> None:
    """Run the command: problems become one red message, Ctrl-C ends quietly."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a cp1252 console has no ✓ and must not crash
            stream.reconfigure(errors="replace")
    try:
        app(prog_name="mnist-course")
    except (ValueError, OSError) as problem:
        _red(problem)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"mnist-course {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Thirty days, thirty notebooks: from a first Python cell to a deployed digit reader.

    [bold]Your first day[/bold]

      [cyan]mnist-course doctor[/cyan]        is this machine ready?
      [cyan]mnist-course lab[/cyan]           open Day 1 in JupyterLab
      [cyan]mnist-course progress[/cyan]      see what you have passed, and what comes next

    With uv, type [cyan]uv run[/cyan] in front: [cyan]uv run mnist-course lab[/cyan]
    Each command explains itself: [cyan]mnist-course lab --help[/cyan]
    """


@app.command(
    rich_help_panel=LEARN, short_help="Open a day's notebook in JupyterLab: [cyan]lab 3[/]"
)
def lab(
    day: Annotated[int, typer.Argument(min=1, max=30, help="Which day to open.")] = 1,
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
    """Open a day's notebook in JupyterLab.

    [bold]Examples[/bold]

      [cyan]mnist-course lab[/cyan]                 Day 1
      [cyan]mnist-course lab 16[/cyan]              Day 16
      [cyan]mnist-course lab --no-browser[/cyan]    only print the address to open

    Stop JupyterLab with Ctrl-C, twice.
    """
    notebooks = _notebooks()
    if day not in notebooks:
        there = ", ".join(map(str, notebooks))
        raise ValueError(f"there is no notebook of Day {day}; there are days {there}")
    console = Console()
    console.print(f"JupyterLab opens [bold]{notebooks[day].name}[/]. Stop it with Ctrl-C, twice.")
    raise typer.Exit(_launch(_lab_command(notebooks[day], browser, port, ip)))


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
    from .course import progress as record

    passed, console = record.passed(), Console()
    if reset:
        if Confirm.ask(f"Forget all {len(passed)} passed exercises?", default=False):
            record.reset()
            typer.echo(f"Forgotten. A fresh start: {COMMAND} lab")
        else:
            typer.echo("Nothing has changed.")
        return
    counts = record.day_counts(passed)
    squares = "#+." if _ascii_only(console) else record.SQUARES
    _plain(console, "\n".join(record.lines(counts, squares=squares)))
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
    from .course import doctor as checks

    console, failed = Console(), 0
    colours = {"ok": "", "warning": "yellow", "error": "red"}
    with console.status("looking around ..."):
        for check in checks.run_checks(quick=quick):
            text = checks.lines(check, width=console.width, ascii_only=_ascii_only(console))
            _plain(console, "\n".join(text), colours[check.status])
            failed += check.status == "error"
    if failed:
        raise typer.Exit(1)
    console.print(f"\nReady. Start with: [cyan]{COMMAND} lab[/]")


@app.command(
    rich_help_panel=USE, short_help="Read the digit in picture files: [cyan]predict photo.jpg[/]"
)
def predict(
    pictures: Annotated[list[Path], typer.Argument(metavar="IMAGE", help="Picture files.")],
    model: Annotated[
        str, typer.Option(help="A shipped model, or your own .onnx file.")
    ] = "champion",
    ink: Annotated[
        Literal["auto", "dark", "light"], typer.Option(help="Is the pen darker than the paper?")
    ] = "auto",
    show: Annotated[bool, typer.Option("--show", help="Print what the network saw.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead.")] = False,
) -> None:
    """Read the digit in each picture file.

    [bold]Examples[/bold]

      [cyan]mnist-course predict photo.jpg[/cyan]
      [cyan]mnist-course predict --show seven.png[/cyan]     show what the network saw
      [cyan]mnist-course predict --json scans/*.png[/cyan]   for other programs

    One digit in each picture. A file that cannot be read gets its own red line
    and exit status 1; the others are still read.
    """
    from .predictor import DigitReader

    own = model.endswith(".onnx")
    reader = DigitReader(Path(model).read_bytes(), name=model) if own else DigitReader.load(model)
    readings = {}
    for picture in pictures:
        try:
            readings[str(picture)] = reader.read_picture(picture, ink=ink)
        except (ValueError, OSError) as problem:
            _red(f"{picture}: {problem}")
    if as_json:
        typer.echo(json.dumps([_as_dict(*item) for item in readings.items()], indent=1))
    elif readings:
        _show_readings(readings, with_digits=show)
    if len(readings) < len(set(map(str, pictures))):
        raise typer.Exit(1)


@app.command(
    rich_help_panel=WRITE,
    short_help="Run lessons again, compare all outputs: [cyan]verify 1,4-7[/]",
)
def verify(
    days: Days = None,
    workers: Annotated[
        int, typer.Option(min=1, help="Lessons side by side; 1 gives honest seconds.")
    ] = 1,
) -> None:
    """Run lessons again and compare every output with the stored one.

    [bold]Examples[/bold]

      [cyan]mnist-course verify 16[/cyan]
      [cyan]mnist-course verify --workers 2[/cyan]    all lessons, two side by side

    Exit status 1 when an output differs or a claim no longer holds.
    """
    from .course import lessons

    raise typer.Exit(lessons.verify(_parse_days(days), workers=workers))


@app.command(
    rich_help_panel=WRITE, short_help="Execute lessons and store their outputs: [cyan]refresh 4[/]"
)
def refresh(days: Days = None) -> None:
    """Execute lessons and store their outputs.

    [bold]Example[/bold]

      [cyan]mnist-course refresh 1,4-7[/cyan]

    A notebook in which a cell fails is left as it was.
    """
    from .course import lessons

    lessons.refresh(_parse_days(days))


@app.command(
    rich_help_panel=WRITE, short_help="Break helpers, see that lessons notice: [cyan]mutate 16[/]"
)
def mutate(days: Days = None) -> None:
    """Break the helpers on purpose and see that the lessons notice.

    [bold]Example[/bold]

      [cyan]mnist-course mutate 15-17[/cyan]

    A lesson that stays green with a broken helper proves nothing.
    """
    from .course import mutations

    raise typer.Exit(mutations.mutate(_parse_days(days)))


@app.command(
    rich_help_panel=WRITE, short_help="Train a shipped model again: [cyan]train champion[/]"
)
def train(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A recipe, such as champion.")],
    seeds: Annotated[int, typer.Option(min=1, help="Trainings; their spread is recorded.")] = 3,
) -> None:
    """Train a model with several seeds and write its files, manifest entry and card.

    [bold]Example[/bold]

      [cyan]mnist-course train champion --seeds 3[/cyan]

    The first seed ships, whatever the others reach. Takes minutes for each seed.
    """
    from .export import ship

    entry = ship(name, seeds=seeds)
    accuracy, files = entry["test_accuracy"], [file["name"] for file in entry["files"].values()]
    spread = "" if accuracy["sd"] is None else f" ± {accuracy['sd']:.2%}"
    typer.echo(f"Test accuracy {accuracy['mean']:.2%}{spread}. Wrote {', '.join(files)}")


# --- lab -----------------------------------------------------------------------------------------


def _notebooks() -> dict[int, Path]:
    """The notebook of each day: next to this package, else in the clone we are in."""
    here = Path.cwd()
    for root in (Path(__file__).resolve().parents[1], here, *here.parents):
        files = sorted(root.glob("notebooks/day[0-9][0-9]_*.ipynb"))
        if files:
            return {int(file.name[3:5]): file for file in files}
    raise ValueError(
        "the notebooks are not in the installed package: clone the course's repository and run "
        "this command in its folder"
    )


def _lab_command(notebook: Path, browser: bool, port: int, ip: str) -> list[str]:
    root = notebook.parents[1]
    quiet = ("--log-level=ERROR", "--LabApp.log_level=ERROR")  # still prints the address
    bare = "--Application.log_format=%(message)s"
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0  # as in most containers
    return [
        *(sys.executable, "-m", "jupyterlab", *quiet, bare),
        *(f"--ServerApp.root_dir={root}", f"--port={port}", f"--ip={ip}"),
        f"--LabApp.default_url=/lab/tree/{notebook.relative_to(root).as_posix()}",
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


# --- predict -------------------------------------------------------------------------------------


def _show_readings(readings: dict, *, with_digits: bool) -> None:
    table = Table()
    table.add_column("file", overflow="fold")
    for column in ("digit", "confidence", "second guess"):
        table.add_column(column, justify="right")
    for file, reading in readings.items():
        second = sorted(range(10), key=lambda digit: reading.probabilities[digit])[-2]
        guess = f"{second} ({reading.probabilities[second]:.1%})"
        table.add_row(escape(file), f"[bold]{reading.label}[/]", f"{reading.confidence:.1%}", guess)
    console = Console()
    console.print(table)
    for file, reading in readings.items() if with_digits else ():
        _plain(console, f"\n{file}, as the network saw it:", "bold")
        _plain(console, _characters(reading.image))


def _characters(image) -> str:
    """An image (uint8, 0 to 255) as lines of text, two characters to a pixel: square enough."""
    return "\n".join(
        "".join(SHADES[int(pixel) * len(SHADES) // 256] * 2 for pixel in row) for row in image
    )


def _as_dict(file: str, reading) -> dict:
    return {
        "file": file,
        "digit": int(reading.label),
        "confidence": round(float(reading.confidence), 6),
        "probabilities": [round(float(share), 6) for share in reading.probabilities],
    }


# --- shared --------------------------------------------------------------------------------------


def _parse_days(text: str | None) -> list[int]:
    from .course import lessons

    days = lessons.parse_days(text)
    if not days:
        raise ValueError("there are no notebooks here: run this in a clone of the repository")
    return days


def _plain(console: Console, text: str, style: str = "") -> None:
    """Print text as it is: brackets are no markup, numbers get no colour, nothing wraps."""
    console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)


def _red(problem: object) -> None:
    _plain(Console(stderr=True), f"mnist-course: {problem}", "red")


def _ascii_only(console: Console) -> bool:
    return not console.encoding.startswith("utf")


if __name__ == "__main__":
    main()
