"""The one way to write a file: aside, then renamed; and how many cores there are."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def naming(path: str | Path) -> Iterator[None]:
    """Let the system's errors in the block name this path.

    A full disk names no file, and other problems name one aside, of which nobody knows.
    """
    try:
        yield
    except OSError as problem:
        if problem.errno is None:
            raise
        raise OSError(problem.errno, problem.strerror, str(path)) from problem


@contextmanager
def written_aside(path: str | Path) -> Iterator[Path]:
    """Give a path to write to; when the block ends well, what was written takes its place.

    Each process writes under a name of its own. Whatever happens, a full disk, an error or a
    kill, ``path`` holds either its former content or all of the new one.

    Args:
        path: the file to write; its folder is made if it is missing.

    Yields:
        A path in the same folder, with the same ending.

    Raises:
        OSError: the file cannot be written.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    prefix, parent = f".{path.name}.", path.parent
    with naming(path), tempfile.TemporaryDirectory(prefix=prefix, dir=parent) as folder:
        aside = Path(folder) / path.name
        yield aside
        os.replace(aside, path)


def write_bytes(path: str | Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    with written_aside(path) as aside:
        aside.write_bytes(content)


def write_text(path: str | Path, text: str) -> None:
    """Write a UTF-8 text file, with plain newlines, whole or not at all."""
    write_bytes(path, text.encode("utf-8"))


@contextmanager
def alone_with(path: str | Path) -> Iterator[None]:
    """Keep everyone else who asks for it away from a file while the block runs.

    The lock, a hidden file beside it, is the system's: it ends with the process, whatever happens.

    Args:
        path: the file, which need not exist; its folder is made if it is missing.

    Raises:
        ValueError: another program, or another place in this one, is at work with the file.
        OSError: its folder cannot be written to.
    """
    from filelock import FileLock, Timeout

    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.with_name(f".{path.name}.lock")
    lock = FileLock(file, timeout=0)
    try:
        with naming(path):
            file.touch()  # where it cannot be made, filelock may say that others have it
            lock.acquire()
    except Timeout:
        raise ValueError(
            f"{path} is in use by another training: wait for its end, or give another file"
        ) from None
    try:
        yield
    finally:
        lock.release()


def usable_cores() -> int:
    """How many processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
