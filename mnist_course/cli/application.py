"""The application to which the other modules add their commands."""

import os
from types import ModuleType
from typing import Annotated

import typer

from .. import __version__, _paths

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)

LEARN, USE, WRITE = "Learn", "Use the models", "Write and verify lessons"
COMMAND = "uv run mnist-course" if "UV" in os.environ else "mnist-course"  # uv run sets UV


def lessons_here() -> ModuleType:
    """The module of lessons: where there are none, that is said before it asks for packages."""
    if not any(_paths.NOTEBOOKS.glob("day*.ipynb")):
        raise ValueError(
            "there are no notebooks here: clone the course's repository and run this command in "
            "its folder"
        )
    from ..course import lessons

    return lessons


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
