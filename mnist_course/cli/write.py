"""Commands for authors and instructors.

Of lessons ``verify``, ``refresh``, ``grade``, ``mutate``; of models ``train``, ``detector``,
``cards``.
"""

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from .application import WRITE, app, lessons_here
from .screen import screen_alone

Days = Annotated[
    str | None,
    typer.Argument(metavar="DAYS", help="Such as 4 or 1,4-7. Left out: every day there is."),
]


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
    days = lessons_here().parse_days(days)
    from ..course import verify

    raise typer.Exit(verify.verify(days, workers=workers))


@app.command(
    rich_help_panel=WRITE, short_help="Execute lessons and store their outputs: [cyan]refresh 4[/]"
)
def refresh(days: Days = None) -> None:
    """Execute lessons and store their outputs.

    [bold]Example[/bold]

      [cyan]mnist-course refresh 1,4-7[/cyan]

    A notebook in which a cell fails is left as it was.
    """
    days = lessons_here().parse_days(days)
    from ..course import refresh

    refresh.refresh(days)


@app.command(
    rich_help_panel=WRITE, short_help="What learners have passed: [cyan]grade anna/day04*.ipynb[/]"
)
def grade(
    notebooks: Annotated[list[Path], typer.Argument(metavar="NOTEBOOKS", help="Learners' files.")],
    csv: Annotated[
        Path | None,
        typer.Option(metavar="FILE", dir_okay=False, help="Write a row for each notebook to it."),
    ] = None,
) -> None:
    """Execute learners' notebooks and see which exercises they pass.

    [bold]Examples[/bold]

      [cyan]mnist-course grade anna/day04_load_mnist.ipynb ben/*.ipynb[/cyan]
      [cyan]mnist-course grade --csv class.csv class/*/day04*.ipynb[/cyan]    for a spreadsheet

    A cell that fails stops none after it. Files and your own progress stay as
    they are. It runs the learners' code with your rights.

    Code that names the course's own solutions passes nothing. A solution that
    was pasted, or fetched in a roundabout way, is not noticed: read the cells
    that you give marks for.

    Exit status 1 when a file cannot be graded; the others are. The file for
    [cyan]--csv[/] is written when all are done, or not at all.
    """
    lessons_here()
    from .._files import written_aside
    from ..course import grading

    # opened first: that it cannot be written is said before anything is executed
    with written_aside(csv) if csv else nullcontext() as aside:
        grades = grading.grade_all(notebooks)
        Console().print(_table_of(grades))
        if aside:
            aside.write_text(grading.as_csv(grades), encoding="utf-8", newline="")
    if not all(passed for passed, _ in grades.values()):
        raise typer.Exit(1)


def _table_of(grades: dict) -> Table:
    table = Table("notebook", "passed", "exercises")
    for path, (passed, trouble) in grades.items():
        marks = "  ".join(f"{name} {'yes' if done else 'no'}" for name, done in passed.items())
        told = "\n".join(filter(None, (marks, trouble)))
        table.add_row(escape(path), f"{sum(passed.values())} of {len(passed)}", escape(told))
    return table


@app.command(
    rich_help_panel=WRITE, short_help="Break helpers, see that lessons notice: [cyan]mutate 16[/]"
)
def mutate(days: Days = None) -> None:
    """Break the helpers on purpose and see that the lessons notice.

    [bold]Example[/bold]

      [cyan]mnist-course mutate 15-17[/cyan]

    A lesson that stays green with a broken helper proves nothing.
    """
    days = lessons_here().parse_days(days)
    from ..course import mutations

    raise typer.Exit(mutations.mutate(days))


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
    with screen_alone():  # TensorFlow's log lines as it starts
        from ..shipping.ship import ship

    verbose = "auto" if sys.stdout.isatty() else 2  # a bar would fill a file with control codes
    entry = ship(name, seeds=seeds, verbose=verbose, report=typer.echo)
    accuracy, files = entry["test_accuracy"], [file["name"] for file in entry["files"].values()]
    spread = "" if accuracy["sd"] is None else f" ± {accuracy['sd']:.2%}"
    typer.echo(f"Test accuracy {accuracy['mean']:.2%}{spread}. Wrote {', '.join(files)}")


@app.command(
    rich_help_panel=WRITE, short_help="Teach a model what is no digit: [cyan]detector champion[/]"
)
def detector(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A shipped model.")] = "champion",
    fonts: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            file_okay=False,
            help="Where handwriting fonts are kept; fetched if not.",
        ),
    ] = None,
) -> None:
    """Train and judge what tells digits from letters, scribbles and faces.

    [bold]Example[/bold]

      [cyan]mnist-course detector champion --fonts fonts[/cyan]

    Writes its file, manifest entry and card. Takes some 9 minutes, and npm and a
    connection for the fonts. Needed after [cyan]train[/]: it fits one training only.
    """
    from ..manifest import verified_bytes

    verified_bytes(name)  # a wrong name is said before Keras loads
    from ..shipping.ship_detector import ship_detector

    entry = ship_detector(name, fonts=fonts, report=typer.echo)["detector"]
    for verb in ("refused", "accepted"):
        for kind, (few, many) in entry[verb].items():
            typer.echo(f"{few / many:7.2%} of {many:6,} {verb}: {kind}")


@app.command(rich_help_panel=WRITE, short_help="Write the models' cards anew: [cyan]cards[/]")
def cards() -> None:
    """Write the page of the models' cards anew, from the manifest.

    [bold]Example[/bold]

      [cyan]mnist-course cards[/cyan]

    For a change of the text around the figures; nothing is trained or measured.
    """
    from ..shipping.cards import write_cards

    typer.echo(f"Wrote {write_cards()}")
