"""The checks find what is wrong with installation, files and machine, and say what to do."""

import hashlib
import json
import sys
from types import SimpleNamespace

import pytest

from mnist_course.course import doctor_checks


def only(checks) -> doctor_checks.Check:
    (check,) = checks
    return check


@pytest.fixture
def project(monkeypatch):
    """Pretend that pyproject.toml has this content."""

    def pretend(*, python=">=3.11", dependencies=()):
        table = {"requires-python": python, "dependencies": list(dependencies)}
        monkeypatch.setattr(doctor_checks, "_project", lambda: table)

    return pretend


@pytest.fixture
def installed(monkeypatch):
    """Pretend that these versions are installed."""

    def pretend(**versions):
        def version(name):
            if name not in versions:
                raise doctor_checks.metadata.PackageNotFoundError(name)
            return versions[name]

        monkeypatch.setattr(doctor_checks.metadata, "version", version)

    return pretend


@pytest.fixture
def models(tmp_path, monkeypatch):
    """A models folder with one good file, and the manifest that describes it."""
    content = b"weights"
    file = {"name": "a.onnx", "sha256": hashlib.sha256(content).hexdigest(), "bytes": 7}
    (tmp_path / "a.onnx").write_bytes(content)
    (tmp_path / "manifest.json").write_text(json.dumps({"champion": {"files": {"onnx": file}}}))
    monkeypatch.setattr(doctor_checks, "MODELS_FOLDER", tmp_path)
    return tmp_path


def test_this_python_is_fine():
    assert only(doctor_checks.check_python()).status == "ok"


def test_another_python_is_an_error_that_says_which_is_needed(project):
    project(python=">=4.0")
    check = only(doctor_checks.check_python())
    assert check.status == "error"
    assert ">=4.0" in check.found
    assert "uv sync" in check.remedy


@pytest.mark.parametrize(
    ("version", "status"),
    [("2.4.9", None), ("2.3.9", "error"), ("2.5.0", "warning"), ("3.0", "warning")],
)
def test_too_old_is_an_error_and_newer_a_warning(project, installed, version, status):
    project(dependencies=["numpy~=2.4.0"])
    installed(numpy=version)
    *problems, summary = doctor_checks.check_packages()
    assert [problem.status for problem in problems] == ([status] if status else [])
    assert summary.found == f"{1 - len(problems)} of 1 as pinned"


def test_a_missing_package_is_named_with_its_pin(project, installed):
    project(dependencies=["numpy~=2.4.0", "keras~=3.15.0"])
    installed(numpy="2.4.6")
    missing, summary = doctor_checks.check_packages()
    assert (missing.name, missing.found, missing.status) == ("keras", "not installed", "error")
    assert "keras~=3.15.0" in missing.remedy
    assert summary.found == "1 of 2 as pinned"


def test_packages_of_other_systems_and_of_extras_are_left_out(project, installed):
    project(dependencies=["a; sys_platform == 'nowhere'", "b; extra == 'gpu'"])
    installed()
    assert only(doctor_checks.check_packages()).found == "0 of 0 as pinned"


def test_a_wheel_without_pyproject_knows_its_pins(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor_checks, "ROOT", tmp_path)
    facts = doctor_checks._project()
    assert any(line.startswith("keras") for line in facts["dependencies"])
    assert "3.11" in facts["requires-python"]


def test_the_repositorys_data_is_right():
    assert only(doctor_checks.check_data()).found == "60,000 + 10,000 digits, checksums right"


def test_damaged_data_says_how_to_restore_it(tmp_path, monkeypatch):
    from mnist_course import data

    (tmp_path / "mnist.npz").write_bytes(b"half a file")
    monkeypatch.setattr(data, "MNIST_FILE", tmp_path / "mnist.npz")
    check = only(doctor_checks.check_data())
    assert check.status == "error"
    assert check.remedy == "Copy it again from where it came from"


def test_missing_data_is_a_warning_and_starts_no_download(tmp_path, monkeypatch):
    from mnist_course import data

    monkeypatch.setattr(data, "MNIST_FILE", tmp_path / "mnist.npz")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(data, "download_mnist", pytest.fail)
    assert only(doctor_checks.check_data()).status == "warning"


def test_right_models_are_counted(models):
    assert only(doctor_checks.check_models()).found == "champion: 1 checksums right"


def test_a_changed_model_is_an_error(models):
    (models / "a.onnx").write_bytes(b"wights")
    check = only(doctor_checks.check_models())
    assert check.status == "error"
    assert check.remedy == "Copy it again from where it came from"


def test_a_missing_model_is_an_error(models):
    (models / "a.onnx").unlink()
    assert "is missing" in only(doctor_checks.check_models()).found


@pytest.mark.parametrize("content", [None, "{"])
def test_a_manifest_that_cannot_be_read_is_an_error(models, content):
    (models / "manifest.json").unlink()
    if content:
        (models / "manifest.json").write_text(content)
    assert only(doctor_checks.check_models()).status == "error"


def _pretend_kernel(monkeypatch, program):
    from jupyter_client.kernelspec import KernelSpecManager

    spec = SimpleNamespace(argv=[program, "-m", "ipykernel_launcher"], resource_dir="/specs/p3")
    monkeypatch.setattr(KernelSpecManager, "get_kernel_spec", lambda *_: spec)


@pytest.mark.parametrize("program", ["python", sys.executable])
def test_a_kernel_of_this_python_is_fine(monkeypatch, program):
    _pretend_kernel(monkeypatch, program)
    assert only(doctor_checks.check_kernel()).status == "ok"


def test_a_kernel_of_another_python_is_an_error(monkeypatch, tmp_path):
    _pretend_kernel(monkeypatch, str(tmp_path / "bin" / "python"))
    check = only(doctor_checks.check_kernel())
    assert check.status == "error"
    assert check.remedy.endswith(f" {sys.executable} -m ipykernel install --sys-prefix")


def test_no_kernel_is_an_error(monkeypatch):
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    def missing(*_):
        raise NoSuchKernel("python3")

    monkeypatch.setattr(KernelSpecManager, "get_kernel_spec", missing)
    assert only(doctor_checks.check_kernel()).found == "python3 is not installed"


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (None, "warning"),
        ("c.InteractiveShell.colors = 'nocolor'", "warning"),
        ("c.IPKernelApp.capture_fd_output = False", "ok"),
    ],
)
def test_the_kernel_settings_must_be_the_courses(tmp_path, monkeypatch, content, status):
    folder = tmp_path / "etc" / "ipython"
    folder.mkdir(parents=True)
    if content:
        (folder / "ipython_kernel_config.py").write_text(content)
    monkeypatch.setattr(doctor_checks.sys, "prefix", str(tmp_path))
    assert only(doctor_checks.check_kernel_config()).status == status


@pytest.mark.parametrize(("free", "status"), [(2e9, "ok"), (1.9e9, "warning")])
def test_little_disk_space_is_a_warning(monkeypatch, free, status):
    monkeypatch.setattr(doctor_checks.shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    assert only(doctor_checks.check_disk()).status == status


@pytest.mark.parametrize(("total", "status"), [(4e9, "ok"), (3.9e9, "warning")])
def test_little_memory_is_a_warning(monkeypatch, total, status):
    monkeypatch.setattr(doctor_checks, "_memory_bytes", lambda: total)
    assert only(doctor_checks.check_memory()).status == status
