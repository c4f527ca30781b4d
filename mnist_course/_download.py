"""MNIST from the network: Keras's copy, else the four original files."""

import gzip
import http.client
import tempfile
import urllib.request
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ._npz import DataError

KERAS_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
IDX_MIRROR = "https://ossci-datasets.s3.amazonaws.com/mnist/"
IDX_FILES = {  # the original four files, and the bytes of header in front of the array
    "x_train": ("train-images-idx3-ubyte.gz", 16),
    "y_train": ("train-labels-idx1-ubyte.gz", 8),
    "x_test": ("t10k-images-idx3-ubyte.gz", 16),
    "y_test": ("t10k-labels-idx1-ubyte.gz", 8),
}
TIMEOUT = 30  # seconds without a byte, then a download is given up


def download_mnist(target: Path, *, verify: Callable[[Path], object]) -> Path:
    """Fetch MNIST aside, verify it, then rename it into place: never half a file.

    Args:
        target: the file to make, an ``.npz`` of four arrays; its folder is made as well.
        verify: raises a ValueError where a file is not MNIST; the next source is then tried.

    Returns:
        ``target``.

    Raises:
        DataError: no source could be reached, or what came was not MNIST.
    """
    failures = []
    for fetch in (_fetch_npz, _fetch_idx):
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=target.parent) as aside:
                file = fetch(Path(aside))
                verify(file)
                return file.replace(target)
        except (OSError, EOFError, ValueError, zlib.error) as problem:
            failures.append(f"  {problem}")
    reasons = "\n".join(dict.fromkeys(failures))  # the same one is told once
    raise DataError(
        f"MNIST is not on this machine and could not be downloaded:\n{reasons}\n"
        f"Try again with a connection (behind a proxy: set HTTPS_PROXY), or\n"
        f"copy mnist.npz (11.5 MB, in the folder data/ of the course's repository, or from\n"
        f"{KERAS_URL} on a machine with a connection) to\n  {target}"
    )


def _fetch_npz(folder: Path) -> Path:
    return _get_file("mnist.npz", KERAS_URL, folder)


def _fetch_idx(folder: Path) -> Path:
    arrays = {}
    for name, (file, header) in IDX_FILES.items():
        content = gzip.decompress(_get_file(file, IDX_MIRROR + file, folder).read_bytes())
        flat = np.frombuffer(content, np.uint8, offset=header)
        arrays[name] = flat.reshape(-1, 28, 28) if name.startswith("x") else flat
    np.savez_compressed(folder / "mnist.npz", **arrays)
    return folder / "mnist.npz"


def _get_file(name: str, url: str, folder: Path) -> Path:
    """Download a file.

    Raises:
        OSError: no connection, or nothing came for ``TIMEOUT`` seconds.
    """
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:
            (folder / name).write_bytes(answer.read())
    except TimeoutError as problem:
        raise OSError(f"nothing came from {url} for {TIMEOUT:g} s") from problem
    except (OSError, http.client.HTTPException) as problem:
        raise OSError(f"{url}: {problem}") from problem
    return folder / name
