"""The service on this machine, for the time of a block: for lessons, tests and the benchmark."""

import os
import queue
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress

START_WITHIN = 60  # seconds: it takes one or two
STOP_WITHIN = 40  # seconds: then it is ended whatever it does


@contextmanager
def running_service(*, models: tuple[str, ...] = ("champion",), workers: int = 1) -> Iterator[str]:
    """Start ``mnist-course serve`` on a free port of this machine, and stop it at the end.

    Args:
        models: which to serve, the first by default.
        workers: processes.

    Yields:
        Its address, such as ``"http://127.0.0.1:8000"``, once it answers.

    Raises:
        ValueError: it did not start; what it said is told.
    """
    command = [sys.executable, "-m", "mnist_course.cli", "serve", "--port", "0"]
    command += [word for name in models for word in ("--model", name)]
    with running([*command, "--workers", str(workers)]) as address:
        yield address


@contextmanager
def running(command: list[str], ready: str = "/readyz") -> Iterator[str]:
    """Start any server that says its address, wait until it answers, stop it at the end.

    Args:
        command: the program and its arguments.
        ready: the path that answers with 200 when requests may come.

    Raises:
        ValueError: it did not start within a minute.
    """
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    pipes |= {"encoding": "utf-8", "errors": "replace"}
    with subprocess.Popen(command, env=os.environ | {"OMP_NUM_THREADS": "1"}, **pipes) as process:
        try:
            address = _address(process)
            _wait_for(address + ready)
            yield address
        finally:
            _stop(process)


def _stop(process: subprocess.Popen) -> None:
    process.terminate()  # what is in flight is still answered
    try:
        process.wait(STOP_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()  # or Popen would wait for it for ever


def _address(process: subprocess.Popen) -> str:
    """What the server says of where it listens; it is read on, so that it never has to wait."""
    said, lines = [], queue.SimpleQueue()

    def listen() -> None:
        with suppress(ValueError):  # the pipe is closed at the end
            for line in process.stdout:
                lines.put(line)
        lines.put(None)

    threading.Thread(target=listen, daemon=True).start()
    end = time.monotonic() + START_WITHIN
    while (left := end - time.monotonic()) > 0:
        try:
            line = lines.get(timeout=left)
        except queue.Empty:
            break
        if line is None:
            break
        said.append(line)
        if found := re.search(r"http://127\.0\.0\.1:\d+", line):
            return found[0]
    raise ValueError(f"the server did not start within {START_WITHIN} s:\n{''.join(said[-20:])}")


def _wait_for(url: str) -> None:
    directly = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # past any proxy
    end = time.monotonic() + START_WITHIN
    while time.monotonic() < end:
        try:
            with directly.open(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise ValueError(f"{url} did not answer within {START_WITHIN} s")
