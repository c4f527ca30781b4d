"""Imports point down: the contracts of pyproject.toml hold, and can be broken."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mnist_course._paths import PACKAGE, ROOT

LINT = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"


def lint(folder: Path) -> subprocess.CompletedProcess:
    """Check the contracts on the package in this folder."""
    code = f"import sys; sys.path.insert(0, {str(folder)!r}); {LINT}"
    return subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True)


@pytest.fixture
def copy(tmp_path):
    shutil.copytree(PACKAGE, tmp_path / "mnist_course", ignore=shutil.ignore_patterns("*.pyc"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_imports_point_down(copy):
    done = lint(copy)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("evaluation/statistics.py", "from ..shipping import export"),
        ("training/loop.py", "from ..course import claims"),
        ("images.py", "def f():\n    import keras"),
        ("app/pad.py", "from ..models import create_model"),
        ("strange.py", "x = 1"),  # a module that the rule does not know
    ],
)
def test_an_import_that_points_up_is_found(copy, module, line):
    file = copy / "mnist_course" / module
    file.write_text((file.read_text("utf-8") if file.exists() else "") + f"\n{line}\n", "utf-8")
    assert lint(copy).returncode != 0
