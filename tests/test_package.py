"""The package as a whole: lazy names, light imports, one way of importing."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import mnist_course

PACKAGE = Path(mnist_course.__file__).parent


def modules_after(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*{{m.partition('.')[0] for m in sys.modules}})"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("name", mnist_course.__all__)
def test_every_public_name_loads(name):
    assert callable(getattr(mnist_course, name))


def test_importing_the_package_loads_nothing_heavy():
    loaded = modules_after("import mnist_course")
    assert not loaded & {"keras", "tensorflow", "matplotlib", "numpy", "pandas", "sklearn"}


def test_loading_mnist_does_not_import_keras_or_matplotlib():
    loaded = modules_after("from mnist_course import load_mnist; load_mnist()")
    assert not loaded & {"keras", "tensorflow", "matplotlib"}


def test_reading_a_digit_does_not_import_keras():
    loaded = modules_after("from mnist_course import DigitReader, to_mnist; DigitReader.load()")
    assert not loaded & {"keras", "tensorflow", "matplotlib"}


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'load_cifar'"):
        mnist_course.load_cifar  # noqa: B018


def test_a_package_that_is_missing_is_named_with_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "mnist_course.models", None)
    with pytest.raises(ModuleNotFoundError, match=r"create_model needs .*: .*course") as found:
        mnist_course.create_model  # noqa: B018
    assert found.value.name == "mnist_course.models"


def test_the_conda_environment_has_the_same_pins():
    root = PACKAGE.parent
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    course = project["project"]["optional-dependencies"]["course"]
    itself, *tools = project["dependency-groups"]["dev"]
    assert itself == "mnist-course[course]"
    conda = (root / "environment.yml").read_text("utf-8")
    lines = re.findall(r"^ {6}- (\S+[~>]=\S+|\".+\") # (.+)$", conda, re.M)
    pins = [*project["project"]["dependencies"], *course, *tools]
    assert sorted(pin.strip('"') for pin, _ in lines) == sorted(pins)
    assert all(re.match(r"Day \d+|instructors|authors", note) for _, note in lines)


def test_pytest_runs_where_there_is_no_alarm_signal(tmp_path):
    (tmp_path / "test_tiny.py").write_text("def test(): pass", "utf-8")
    code = "import pytest, signal, sys; del signal.SIGALRM; sys.exit(pytest.main(sys.argv[1:]))"
    settings = ["-n0", "-c", str(PACKAGE.parent / "pyproject.toml"), f"--rootdir={tmp_path}"]
    command = [sys.executable, "-c", code, *settings, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)  # Windows has none
    assert done.returncode == 0, done.stdout


def test_the_hooks_before_a_commit_name_files_that_exist():
    hooks = (PACKAGE.parent / ".pre-commit-config.yaml").read_text("utf-8")
    named = re.findall(r"tests/\S+\.py", hooks)
    assert named
    assert all((PACKAGE.parent / path).exists() for path in named)
