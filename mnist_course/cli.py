"""The ``mnist-course`` command: a learner's front door, and the tools of those who write.

It must answer at once, so every command imports what it needs when it runs.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, TextIO

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
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
Format = StrEnum("Format", ["keras", "onnx", "litert"])
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
    rich_help_panel=USE, short_help="Measure a model on test digits: [cyan]evaluate champion[/]"
)
def evaluate(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL", help="A shipped model, or your own .onnx, .keras or .tflite file."
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead.")] = False,
) -> None:
    """Measure a model on digits it was not trained on.

    [bold]Examples[/bold]

      [cyan]mnist-course evaluate champion[/cyan]
      [cyan]mnist-course evaluate my_model.keras[/cyan]        one you have trained
      [cyan]mnist-course evaluate champion --json[/cyan]       for other programs

    The MNIST test digits, the UCI digits (other hands, another scanner) and the
    time for one image. Test digits are for the last look: to choose between
    models, use a validation part of the training digits.
    """
    from .report import evaluate_model

    with _screen_alone():
        report = evaluate_model(model)
    if as_json:
        typer.echo(json.dumps(report.as_dict(), indent=1))
    else:
        _show_report(report)


@app.command(
    rich_help_panel=USE,
    short_help="Write a model for other programs: [cyan]export champion[/]",
)
def export(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A shipped model, such as champion.")],
    formats: Annotated[
        list[Format] | None,
        typer.Option("--format", help="Give it twice for two. Default: keras and onnx."),
    ] = None,
    to: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where to; default: this folder.")
    ] = None,
    ship: Annotated[
        bool, typer.Option("--ship", help="Write the shipped ONNX files and card anew.")
    ] = False,
) -> None:
    """Write a shipped model in formats that other programs read.

    [bold]Examples[/bold]

      [cyan]mnist-course export champion[/cyan]
      [cyan]mnist-course export champion --format litert --to phone[/cyan]
      [cyan]mnist-course export champion --ship[/cyan]        for authors

    Each file must answer 1,000 test digits as the original does. LiteRT, for
    phones and small devices, needs: pip install mnist-course\\[litert]
    """
    if ship and (formats or to):
        raise ValueError("--ship writes the shipped ONNX files: leave --format and --to out")
    from .manifest import verified_bytes

    verified_bytes(name, "keras")  # a wrong name is said before Keras loads
    with _screen_alone():
        sizes = _ship_again(name) if ship else _export(name, formats, to)
    for file, size in sizes.items():
        typer.echo(f"{size / 1000:8.1f} kB  {file}")


@app.command(
    rich_help_panel=USE, short_help="Measure speed on this machine: [cyan]benchmark --quick[/]"
)
def benchmark(
    quick: Annotated[
        bool, typer.Option("--quick", help="Under 2 minutes: fewer repeats, no training.")
    ] = False,
    to: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the results go.")] = Path(
        "benchmark"
    ),
) -> None:
    """Measure speed and memory on this machine, each beside its rival.

    [bold]Examples[/bold]

      [cyan]mnist-course benchmark --quick[/cyan]
      [cyan]mnist-course benchmark --to results[/cyan]    up to 20 minutes on 2 cores

    Prints a table of ratios, each to a reference measured in turn with it, and
    writes benchmark.json and frontier.png. Let nothing else run meanwhile. Set
    KERAS_BACKEND to jax or torch to measure these, on a GPU where there is one.
    """
    from .manifest import models_folder, read_manifest

    with _screen_alone() as screen:
        from . import benchmark as bench

        folder, machine = bench.prepare_folder(to), bench.describe_machine()
        rows = _run_steps(bench.plan, quick, screen)
    console = Console()
    files = bench.write_results(folder, rows, machine, read_manifest(models_folder()))
    console.print(bench.results_table(rows, machine))
    for note in bench.footnotes(rows):
        _plain(console, f"  {note}")
    _plain(console, f"Wrote {', '.join(map(str, files.values()))}")


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

      [cyan]mnist-course train champion --seeds 5[/cyan]

    The first seed ships, whatever the others reach. Takes minutes for each seed.
    Stopped with Ctrl-C, the same command goes on where it was.
    """
    from .shipping import ship

    entry = ship(name, seeds=seeds, report=typer.echo)
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


# --- benchmark -----------------------------------------------------------------------------------


def _run_steps(plan, quick: bool, screen: TextIO) -> list:
    """Run the benchmark's steps under a progress bar and return their rows."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    rows = []
    with Progress(*columns, console=Console(file=screen), transient=True) as progress:
        task = progress.add_task("")
        steps = plan(quick=quick, tell=lambda text: progress.update(task, description=text))
        progress.update(task, total=sum(step.seconds for step in steps))
        for step in steps:
            progress.update(task, description=step.name)
            rows += step.run()
            progress.advance(task, step.seconds)
    return rows


# --- evaluate, export ----------------------------------------------------------------------------


def _ship_again(name: str) -> dict[str, int]:
    from .shipping import ship_again

    return {file["name"]: file["bytes"] for file in ship_again(name)["files"].values()}


def _export(name: str, formats: list[Format] | None, to: Path | None) -> dict[str, int]:
    from .export import export_model, load_model

    formats = [str(kind) for kind in formats or ("keras", "onnx")]
    files = export_model(load_model(name), name, folder=to or ".", formats=formats)
    return {str(file): file.stat().st_size for file in files.values()}


def _show_report(report) -> None:
    console = Console()
    _plain(console, report.model, "bold")
    for digits, score in (("MNIST test digits", report.test), ("UCI digits", report.uci)):
        errors = f"{score.total - score.correct:,} of {score.total:,} wrong"
        interval = f"95% interval {score.low:.2%} to {score.high:.2%}"
        _plain(console, f"  {digits:<17}  {score.accuracy:.2%}  {interval}  {errors}")
    _plain(console, f"  {'one image':<17}  {report.microseconds:,.0f} µs")
    table = Table()
    for column in ("test digit", "images", "wrong", "right", "mostly read as"):
        table.add_column(column, justify="right")
    for digit, total, errors, mostly in report.digits:
        share = f"{1 - errors / total:.2%}" if total else "-"
        table.add_row(*map(str, (digit, total, errors, share, "" if mostly is None else mostly)))
    console.print(table)


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


@contextmanager
def _screen_alone() -> Iterator[TextIO]:
    """A stderr of our own, without what C libraries log: nothing else silences them."""
    sys.stderr.flush()
    screen = os.fdopen(os.dup(2), "w", encoding=sys.stderr.encoding, errors="replace")
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield screen
    finally:
        os.dup2(screen.fileno(), 2)
        screen.close()


def _ascii_only(console: Console) -> bool:
    return not console.encoding.startswith("utf")


if __name__ == "__main__":
    main()
