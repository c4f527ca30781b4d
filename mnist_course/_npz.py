"""The arrays of an ``.npz`` file, or an error that says what is wrong with the file."""

import hashlib
import io
import os
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np


class DataError(ValueError):
    """A data file is missing, damaged or not what it should be."""


def read_npz(
    file: Path, names: Iterable[str], what: str, remedy: str, *, sha256: str = ""
) -> dict[str, np.ndarray]:
    """Read the named arrays of a file.

    Args:
        file: the ``.npz`` file.
        names: which arrays; others are ignored.
        what: what messages call it, such as "MNIST file".
        remedy: what messages advise where the file is damaged.
        sha256: of the file as it should be, for the messages.

    Raises:
        DataError: the file is missing, cannot be read, is damaged, or lacks an array.
    """
    if not os.path.isfile(file):
        raise DataError(f"there is no {what} at {file}; expected an .npz file")
    try:
        content = file.read_bytes()
    except OSError as problem:
        raise DataError(f"cannot read {file} ({problem})\n{remedy}") from problem
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return {name: arrays[name] for name in names}
    except (
        AttributeError,  # a plain .npy array: it has no context to enter
        EOFError,
        KeyError,
        OSError,
        TypeError,
        ValueError,
        zipfile.BadZipFile,
        zlib.error,
    ) as problem:
        found = hashlib.sha256(content).hexdigest()
        expected = f"\n  expected {sha256}" if sha256 else ""
        raise DataError(
            f"{file} is damaged or not the expected {what} ({problem}): the SHA-256 of the file "
            f"is\n  found    {found}{expected}\n{remedy}"
        ) from problem


def array_sha256(array: np.ndarray) -> str:
    """SHA-256 of an array's bytes in C order, as 64 hexadecimal digits."""
    return hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()
