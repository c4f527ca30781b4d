"""The service on this machine, for as long as a block of code runs: for lessons and load tests."""

import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty, Queue
from urllib.request import urlopen

PATIENCE = 60  # seconds until the service must be ready


@contextmanager
def running_service(*options: str) -> Iterator[str]:
    """Start ``mnist-course serve`` at a free port of this machine, and end it with the block.

    Args:
        *options: more of the command's options, such as ``"--workers", "2"``.

    Yields:
        The address, such as ``"http://127.0.0.1:40123"``, once ``/readyz`` answers.

    Raises:
        RuntimeError: the service ended, or was not ready after a minute; what it said is in the
            message.

    Example:
        >>> with running_service() as address:
        ...     urlopen(f"{address}/healthz", timeout=5).status
        200
    """
    command = [sys.executable, "-m", "mnist_course.cli", "serve", "--port", "0", *options]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(command, **pipes) as process:
        try:
            yield _ready_address(process)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def _ready_address(process: subprocess.Popen) -> str:
    """Where the service listens, read from what it says, once it is ready."""
    lines: Queue[str] = Queue()
    reader = threading.Thread(target=_read_lines, args=(process, lines), daemon=True)
    reader.start()  # it reads on to the end: a full pipe would stop the service
    end, said, address = time.monotonic() + PATIENCE, [], None
    while time.monotonic() < end:
        try:
            said.append(lines.get(timeout=0.05))
            found = re.search(r"http://127\.0\.0\.1:\d+", said[-1])
            address = found[0] if found else address
        except Empty:
            if process.poll() is not None:
                break
        if address and _is_ready(address):
            return address
    raise RuntimeError(f"the service did not start:\n{''.join(said)}")


def _read_lines(process: subprocess.Popen, lines: Queue) -> None:
    for line in process.stdout:
        lines.put(line)


def _is_ready(address: str) -> bool:
    try:
        with urlopen(f"{address}/readyz", timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False
