"""What a container's image is made of, by the same steps, in an empty environment."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mnist_course._paths import PACKAGE

ROOT = PACKAGE.parent
UV = os.environ.get("UV") or shutil.which("uv")
MEGABYTES = 350


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, timeout=300, **options)


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """The base install, without anything that lessons need."""
    if UV is None:
        pytest.skip("uv is not installed")
    folder = tmp_path_factory.mktemp("base") / "env"
    assert run(UV, "venv", "--python", sys.executable, folder).returncode == 0
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    done = run(UV, "pip", "install", "--python", python, ".", cwd=ROOT)
    if "error sending request" in done.stderr:
        pytest.skip("the packages cannot be fetched here")
    assert done.returncode == 0, done.stderr
    return folder, python


def test_it_is_small_and_without_keras(environment):
    folder, python = environment
    files = [f for f in folder.rglob("*") if f.is_file() and not f.is_symlink()]
    size = sum(f.stat().st_size for f in files if f.suffix != ".pyc")  # as installed, not as run
    assert size < MEGABYTES * 1e6
    names = run(UV, "pip", "list", "--python", python).stdout
    assert "onnxruntime" in names
    assert not re.search(r"^(keras|tensorflow|jupyterlab|matplotlib|scikit-learn) ", names, re.M)


def test_it_reads_and_writes_the_page(environment, tmp_path):
    from PIL import Image

    from mnist_course.app.strokes import draw_strokes

    seven = draw_strokes([[[0.3, 0.25], [0.7, 0.25], [0.45, 0.8]]], 280)
    Image.fromarray(seven).save(tmp_path / "seven.png")
    _, python = environment
    command = (python, "-m", "mnist_course.cli")
    assert '"digit": 7' in run(*command, "predict", "--json", tmp_path / "seven.png").stdout
    done = run(*command, "page", "--to", tmp_path / "page")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "page" / "networks" / "champion.bin").is_file()


def test_what_needs_the_course_says_how_to_install_it(environment):
    _, python = environment
    done = run(python, "-P", "-c", "from mnist_course import create_model")  # not this clone's
    assert 'pip install "mnist-course[course]"' in done.stderr


NEEDS_KERAS = 'this command needs keras: pip install "mnist-course[course]"'


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("lab", "there are no notebooks here: clone the course's repository"),
        ("export champion", NEEDS_KERAS),
        ("evaluate champion.keras", NEEDS_KERAS),
        ("train tiny", NEEDS_KERAS),
    ],
)
def test_a_command_of_the_course_says_what_it_needs(environment, tmp_path, words, message):
    _, python = environment
    done = run(python, "-m", "mnist_course.cli", *words.split(), cwd=tmp_path)
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"mnist-course: {message}")
    assert done.returncode == 1


def test_the_doctor_says_that_only_the_reader_is_installed(environment, tmp_path):
    _, python = environment
    done = run(python, "-m", "mnist_course.cli", "doctor", cwd=tmp_path)
    assert done.returncode == 1
    assert "only the reader is installed" in done.stdout
    assert done.stdout.count("✗") == 1


@pytest.mark.parametrize("file", ["Dockerfile", "Procfile"])
def test_what_is_started_is_a_command_of_ours(file):
    text = Path(ROOT / "deploy" / file).read_text("utf-8")
    options = set(re.findall(r"--[a-z]+", text.replace('", "', " ").partition("mnist-course")[2]))
    help_text = run(sys.executable, "-m", "mnist_course.cli", "serve", "--help").stdout
    assert options == {"--host", "--port", "--workers"}
    assert all(option in help_text for option in options)
