"""Where things are, in a clone of the repository and in an installed wheel alike.

In a clone the package lies beside ``notebooks``, ``data`` and ``models``. A wheel brings the models
along and nothing else; the course around it is then the clone one works in, if there is one.
"""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def find_clone(start: Path) -> Path | None:
    """The clone that a folder belongs to: it, or the nearest folder above, that has lessons."""
    for folder in (start, *start.parents):
        if (folder / "pyproject.toml").is_file() and (folder / "notebooks").is_dir():
            return folder
    return None


# The clone this package lies in, else the one we work in. Without either (a wheel used far from
# the course) the paths lead into the package's own folder, where none of them exists.
ROOT = find_clone(PACKAGE.parent) or find_clone(Path.cwd()) or PACKAGE.parent
NOTEBOOKS = ROOT / "notebooks"
MNIST_FILE = ROOT / "data" / "mnist.npz"
_INSTALLED_MODELS = PACKAGE / "_models"  # where a wheel puts them
MODELS_FOLDER = _INSTALLED_MODELS if _INSTALLED_MODELS.is_dir() else PACKAGE.parent / "models"
