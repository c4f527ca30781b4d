"""Commands for the shipped models: ``predict``, ``evaluate``, ``export``."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..shipping.formats import FORMATS, format_of
from .application import USE, app
from .screen import plain, red, screen_alone

SHADES = " .:-=+*#%@"
Format = StrEnum("Format", list(FORMATS))


@app.command(
    rich_help_panel=USE, short_help="Read the digit in picture files: [cyan]predict photo.jpg[/]"
)
def predict(
    pictures: Annotated[list[Path], typer.Argument(metavar="IMAGE", help="Picture files.")],
    model: Annotated[str, typer.Option(help="A shipped model, or your own .onnx file.")] = "reader",
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

    One digit in each picture; reader and champion say so when it is none. A file that
    cannot be read gets its own red line and exit status 1; the others are still read.
    """
    reader, readings = open_reader(model), {}
    for picture in pictures:
        try:
            readings[str(picture)] = reader.read_picture(picture, ink=ink)
        except (ValueError, OSError) as problem:
            red(_said_of(picture, problem))
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
    from ..shipping.measure import evaluate_model

    with screen_alone():
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
        typer.Option(
            "--format",
            metavar="FORMAT",
            help=f"{', '.join(FORMATS)}; give it twice for two. Default: keras and onnx.",
        ),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", file_okay=False, help="Where to; default: this folder."),
    ] = None,
    ship: Annotated[
        bool,
        typer.Option("--ship", help="Write the shipped ONNX files, description and card anew."),
    ] = False,
) -> None:
    """Write a shipped model in formats that other programs read.

    [bold]Examples[/bold]

      [cyan]mnist-course export champion[/cyan]
      [cyan]mnist-course export champion --format litert --to phone[/cyan]
      [cyan]mnist-course export champion --ship[/cyan]        for authors

    Each file must answer 1,000 test digits as the original does. LiteRT, for
    phones and small devices, is an extra: put [cyan]uv run --extra litert[/] in front.
    Beside an installed wheel: [cyan]pip install "mnist-course\\[litert]"[/]
    """
    if ship and (formats or to):
        raise ValueError("--ship writes the shipped ONNX files: leave --format and --to out")
    from ..manifest import verified_bytes

    verified_bytes(name, "keras")  # a wrong name is said before Keras loads
    with screen_alone():
        sizes = _ship_again(name) if ship else _export(name, formats, to)
    for file, size in sizes.items():
        typer.echo(f"{size / 1000:8.1f} kB  {file}")


def open_reader(model: str):
    """A ``DigitReader`` of a shipped model by its name, or of one's own by its file.

    Raises:
        ModelError: there is no such model or file, or it is no network of digits in ONNX.
    """
    from ..predictor import DigitReader, ModelError

    file = Path(model)
    if not file.suffix and file.name == model:
        return DigitReader.load(model)
    if format_of(file).runtime != "ONNX":
        raise ModelError(
            f"a reader opens .onnx files, got {model}: mnist_course.export_model writes one from a "
            "Keras model, and mnist-course evaluate takes other files"
        )
    if not file.is_file():
        raise ModelError(f"there is no file {model}")
    return DigitReader(file.read_bytes(), name=model)


def _said_of(picture: Path, problem: Exception) -> str:
    from ..images import BlankImageError

    if picture.is_dir():
        return f"{picture} is a folder: name the pictures in it"
    if not picture.exists():
        return f"there is no file {picture}"
    if isinstance(problem, BlankImageError):
        return f"{picture}: {problem.told('--ink dark or --ink light')}"
    return f"{picture}: {problem}"


def _show_readings(readings: dict, *, with_digits: bool) -> None:
    table = Table()
    table.add_column("file", overflow="fold")
    for column in ("digit", "confidence", "second guess"):
        table.add_column(column, justify="right")
    for file, reading in readings.items():
        second = sorted(range(10), key=lambda digit: reading.probabilities[digit])[-2]
        guess = f"{second} ({reading.probabilities[second]:.1%})"
        digit = f"[bold]{reading.label}[/]"
        if reading.is_digit is False:  # None: the model cannot tell
            digit = f"not a digit ({reading.label}?)"
        table.add_row(escape(file), digit, f"{reading.confidence:.1%}", guess)
    console = Console()
    console.print(table)
    for file, reading in readings.items() if with_digits else ():
        plain(console, f"\n{file}, as the network saw it:", "bold")
        plain(console, _characters(reading.image))


def _characters(image) -> str:
    """An image (uint8, 0 to 255) as lines of text, two characters to a pixel: square enough."""
    return "\n".join(
        "".join(SHADES[int(pixel) * len(SHADES) // 256] * 2 for pixel in row) for row in image
    )


def _as_dict(file: str, reading) -> dict:
    return {
        "file": file,
        "digit": int(reading.label),
        "is_digit": reading.is_digit,
        "confidence": round(float(reading.confidence), 6),
        "probabilities": [round(float(share), 6) for share in reading.probabilities],
    }


def _ship_again(name: str) -> dict[str, int]:
    from ..shipping.ship import ship_again

    return {file["name"]: file["bytes"] for file in ship_again(name)["files"].values()}


def _export(name: str, formats: list[Format] | None, to: Path | None) -> dict[str, int]:
    from ..shipping.export import export_model, load_model

    formats = [str(kind) for kind in formats or ("keras", "onnx")]
    files = export_model(load_model(name), name, folder=to or ".", formats=formats)
    return {str(file): file.stat().st_size for file in files.values()}


def _show_report(report) -> None:
    console = Console()
    plain(console, report.model, "bold")
    for digits, score in (("MNIST test digits", report.test), ("UCI digits", report.uci)):
        errors = f"{score.total - score.correct:,} of {score.total:,} wrong"
        interval = f"95% interval {score.low:.2%} to {score.high:.2%}"
        plain(console, f"  {digits:<17}  {score.accuracy:.2%}  {interval}  {errors}")
    plain(console, f"  {'one image':<17}  {report.microseconds:,.0f} µs")
    table = Table()
    for column in ("test digit", "images", "wrong", "right", "mostly read as"):
        table.add_column(column, justify="right")
    for digit, total, errors, mostly in report.digits:
        share = f"{1 - errors / total:.2%}" if total else "-"
        table.add_row(*map(str, (digit, total, errors, share, "" if mostly is None else mostly)))
    console.print(table)
