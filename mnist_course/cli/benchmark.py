"""The command ``benchmark``: this machine beside its rivals, or a table of pictures."""

from pathlib import Path
from typing import Annotated, TextIO

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, track

from .application import USE, app
from .screen import plain, screen_alone


@app.command(
    rich_help_panel=USE, short_help="Measure speed on this machine: [cyan]benchmark --quick[/]"
)
def benchmark(
    quick: Annotated[
        bool,
        typer.Option("--quick", help="Under 2 minutes: fewer repeats or pictures, no training."),
    ] = False,
    pictures: Annotated[
        bool, typer.Option("--pictures", help="Instead: how many pictures are read right.")
    ] = False,
    to: Annotated[
        Path, typer.Option(metavar="FOLDER", file_okay=False, help="Where the results go.")
    ] = Path("benchmark"),
) -> None:
    """Measure speed and memory on this machine, each beside its rival.

    [bold]Examples[/bold]

      [cyan]mnist-course benchmark --quick[/cyan]
      [cyan]mnist-course benchmark --to results[/cyan]    up to 20 minutes on 2 cores
      [cyan]mnist-course benchmark --pictures[/cyan]      10 minutes: photos, frames, drawings

    Prints a table of ratios, each to a reference measured in turn with it, and
    writes benchmark.json, benchmark.md and frontier.png. Let nothing else run
    meanwhile. KERAS_BACKEND=jax or torch measures these, on a GPU where there is one.
    With --pictures it reads 34 kinds of picture beside two usual recipes, and writes
    pictures.md.
    """
    if pictures:
        _benchmark_pictures(to, n=20 if quick else 200)
        return
    from .._paths import MODELS_FOLDER
    from ..manifest import read_manifest

    with screen_alone() as screen:
        from .. import benchmark as bench

        folder, machine = bench.prepare_folder(to), bench.describe_machine()
        rows = _run_steps(bench.plan, quick, screen)
    console = Console()
    files = bench.write_results(folder, rows, machine, read_manifest(MODELS_FOLDER))
    console.print(bench.results_table(rows, machine))
    for note in bench.footnotes(rows):
        plain(console, f"  {note}")
    plain(console, f"Wrote {', '.join(map(str, files.values()))}")


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


def _benchmark_pictures(to: Path, *, n: int) -> None:
    """The table of pictures, on the screen and as a page."""
    from .._files import write_text
    from ..benchmark import picture_scores, prepare_folder

    folder, console = prepare_folder(to), Console()
    kinds = track(picture_scores.KINDS, "Kinds of picture", console=console, transient=True)
    scores = [
        picture_scores.measure_pictures(kind, n=picture_scores.sample_size(kind, n))
        for kind in kinds
    ]
    console.print(picture_scores.pictures_table(scores))
    write_text(folder / "pictures.md", picture_scores.pictures_markdown(scores))
    plain(console, f"Wrote {folder / 'pictures.md'}")
