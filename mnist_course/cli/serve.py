"""Commands that put the reader before others: ``serve``, ``page``."""

import errno
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from .application import USE, app

FACTORY = "mnist_course.app.service:create_app"


@app.command(
    rich_help_panel=USE, short_help="Start the page and the service: [cyan]serve --port 8000[/]"
)
def serve(
    models: Annotated[
        list[str] | None,
        typer.Option(
            "--model",
            metavar="NAME",
            help="A shipped model for /api, twice for two; the page always has the same four.",
        ),
    ] = None,
    host: Annotated[
        str, typer.Option(help="127.0.0.1: this machine only; 0.0.0.0: every network it is on.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where to listen.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes; about one a core.")] = 1,
) -> None:
    """Read digits for a browser and for other programs.

    [bold]Examples[/bold]

      [cyan]mnist-course serve[/cyan]                          then open http://127.0.0.1:8000
      [cyan]mnist-course serve --host 0.0.0.0 --workers 2[/cyan]
      [cyan]curl -F image=@photo.jpg http://127.0.0.1:8000/api/predict[/cyan]

    The page draws and reads; photographs go to the service. /openapi.json
    describes every call, /healthz and /readyz are for whoever watches over it,
    /metrics for Prometheus. Ctrl-C ends it when open requests are answered.
    """
    import uvicorn

    from ..app.page import MODELS
    from ..manifest import verified_bytes

    chosen = models or MODELS
    for name in chosen:
        verified_bytes(name)  # a wrong name is said here, once, and not by every worker
    os.environ["MNIST_COURSE_MODELS"] = ",".join(chosen)
    _check_free(host, port)
    with _files_of_the_counts(workers):
        uvicorn.run(
            FACTORY, factory=True, host=host, port=port, workers=workers,
            log_level="info", access_log=False, server_header=False,
            timeout_graceful_shutdown=30, timeout_keep_alive=15, limit_concurrency=200,
        )  # fmt: skip


def _check_free(host: str, port: int) -> None:
    """Said here, before models are opened, and not by every worker."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as problem:
        if problem.errno != errno.EADDRINUSE:
            raise
        advice = "choose another with --port, 0 for any free one"
        raise ValueError(f"port {port} is taken: {advice}") from None


@contextmanager
def _files_of_the_counts(workers: int) -> Iterator[None]:
    """Several workers add up in files what each has counted; one needs none."""
    if workers == 1:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="mnist-metrics-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        yield


@app.command(
    rich_help_panel=USE, short_help="Write the page for any web host: [cyan]page --to site[/]"
)
def page(
    to: Annotated[Path, typer.Option(metavar="FOLDER", file_okay=False, help="Where to.")] = Path(
        "page"
    ),
) -> None:
    """Write the page that reads drawings by itself, in the browser.

    [bold]Example[/bold]

      [cyan]mnist-course page --to site[/cyan]
      [cyan]python -m http.server --directory site[/cyan]   then open http://localhost:8000

    A static folder: networks, JavaScript, no foreign address. Opened once over
    HTTPS or on localhost, it works offline, and a phone offers to install it.
    """
    from ..app.page import write_page

    folder = write_page(to)
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    typer.echo(f"{size / 1000:8.1f} kB  {folder}")
