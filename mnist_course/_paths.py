"""Where things are, in a clone of the repository and in an installed wheel alike.

In a clone the package lies beside ``notebooks``, ``data`` and ``models``. A wheel brings the models
along and nothing else; the course around it is then the clone one works in, if there is one.
"""

import os
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def find_clone(start: Path) -> Path | None:
    """The clone that a folder belongs to: it, or the nearest folder above, that has lessons."""
    for folder in (start, *start.parents):
        # os.path says no, and Path raises, where one may not look
        if os.path.isfile(folder / "pyproject.toml") and os.path.isdir(folder / "notebooks"):
            return folder
    return None


# The clone this package lies in, else the one we work in. Without either (a wheel used far from
# the course) the paths lead to places beside the package, where none of them exists.
ROOT = find_clone(PACKAGE.parent) or find_clone(Path.cwd()) or PACKAGE.parent
NOTEBOOKS = ROOT / "notebooks"
MNIST_FILE = ROOT / "data" / "mnist.npz"
DIGITS = PACKAGE / "_digits"  # a few that come with the package: a wheel has no MNIST
_INSTALLED_MODELS = PACKAGE / "_models"  # where a wheel puts them
MODELS_FOLDER = _INSTALLED_MODELS if _INSTALLED_MODELS.is_dir() else PACKAGE.parent / "models"


def keras_home() -> Path:
    """Where Keras keeps its settings and downloads, found as Keras does, without importing it."""
    if chosen := os.environ.get("KERAS_HOME"):
        return Path(chosen)
    home = os.path.expanduser("~")
    return Path(home if os.access(home, os.W_OK) else "/tmp", ".keras")


def restore_advice(file: Path) -> str:
    """How to get a file of the course back, where it is: a clone, a ZIP download or a wheel."""
    file = file.absolute()
    clone = find_clone(file.parent)
    if file.is_relative_to(PACKAGE) and clone != PACKAGE.parent:  # even if the wheel is in a clone
        return "Install mnist-course again: pip install --force-reinstall, then the wheel's name"
    if clone is None:
        return "Copy it again from where it came from"
    name = file.relative_to(clone).as_posix()
    if (clone / ".git").exists():
        return f"Restore it with: git checkout -- {name} (in the folder {clone})"
    return f"Download the course again and copy {name} from there to {clone}"


def extra_advice(extra: str) -> str:
    """How to install an extra; the quotes are for zsh, and bash and PowerShell take them too."""
    if not (PACKAGE.parent / "pyproject.toml").is_file():
        return f'pip install "mnist-course[{extra}]"'
    if "UV" in os.environ or (PACKAGE.parent / ".venv").is_dir():
        return f"start it with: uv run --extra {extra} mnist-course ..."
    return f'pip install -e ".[{extra}]" (in the folder {PACKAGE.parent})'
