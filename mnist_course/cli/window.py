"""The command ``draw``: a window on the desktop."""

import signal
from typing import Annotated

import typer

from .application import USE, app
from .use import open_reader


@app.command(rich_help_panel=USE, short_help="Draw, and see it read as you draw: [cyan]draw[/]")
def draw(
    model: Annotated[str, typer.Option(help="A shipped model, or your own .onnx file.")] = "reader",
) -> None:
    """Draw digits with the mouse in a window, and see them read as you draw.

    [bold]Examples[/bold]

      [cyan]mnist-course draw[/cyan]
      [cyan]mnist-course draw --model tiny[/cyan]        can 3,550 parameters read it too?
      [cyan]mnist-course draw --model mine.onnx[/cyan]   a network that you have trained

    Ten bars say how probable each digit is; beneath them: what the network sees.
    Try another pen width: when does the answer change? Ctrl-Z takes a stroke
    back, Escape or Delete clears the paper, Ctrl-O opens a picture file.
    """
    from ..app.window import Window

    window = Window(open_reader(model))
    # Tk looks for signals only when the mouse moves: Ctrl-C is to end it at once
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    window.run()
