"""The doctor finds what is wrong, says what to do, and never falls over itself."""

import hashlib
import json
import subprocess
import sys
from types import SimpleNamespace

import pytest

from mnist_course.course import doctor


def only(checks) -> doctor.Check:
    (check,) = checks
    return check


@pytest.fixture
def project(monkeypatch):
    """Pretend that pyproject.toml has this content."""

    def pretend(*, python=">=3.11", dependencies=()):
        table = {"requires-python": python, "dependencies": list(dependencies)}
        monkeypatch.setattr(doctor, "_project", lambda: table)

    return pretend


@pytest.fixture
def installed(monkeypatch):
    """Pretend that these versions are installed."""

    def pretend(**versions):
        def version(name):
            if name not in versions:
                raise doctor.metadata.PackageNotFoundError(name)
            return versions[name]

        monkeypatch.setattr(doctor.metadata, "version", version)

    return pretend


@pytest.fixture
def models(tmp_path, monkeypatch):
    """A models folder with one good file, and the manifest that describes it."""
    content = b"weights"
    file = {"name": "a.onnx", "sha256": hashlib.sha256(content).hexdigest(), "bytes": 7}
    (tmp_path / "a.onnx").write_bytes(content)
    (tmp_path / "manifest.json").write_text(json.dumps({"champion": {"files": {"onnx": file}}}))
    monkeypatch.setattr(doctor, "MODELS_FOLDER", tmp_path)
    return tmp_path


def test_this_python_is_fine():
    assert only(doctor.check_python()).status == "ok"


def test_another_python_is_an_error_that_says_which_is_needed(project):
    project(python=">=4.0")
    check = only(doctor.check_python())
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
    *problems, summary = doctor.check_packages()
    assert [problem.status for problem in problems] == ([status] if status else [])
    assert summary.found == f"{1 - len(problems)} of 1 as pinned"


def test_a_missing_package_is_named_with_its_pin(project, installed):
    project(dependencies=["numpy~=2.4.0", "keras~=3.15.0"])
    installed(numpy="2.4.6")
    missing, summary = doctor.check_packages()
    assert (missing.name, missing.found, missing.status) == ("keras", "not installed", "error")
    assert "keras~=3.15.0" in missing.remedy
    assert summary.found == "1 of 2 as pinned"


def test_packages_of_other_systems_and_of_extras_are_left_out(project, installed):
    project(dependencies=["a; sys_platform == 'nowhere'", "b; extra == 'gpu'"])
    installed()
    assert only(doctor.check_packages()).found == "0 of 0 as pinned"


def test_a_wheel_without_pyproject_knows_its_pins(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "ROOT", tmp_path)
    facts = doctor._project()
    assert any(line.startswith("keras") for line in facts["dependencies"])
    assert "3.11" in facts["requires-python"]


def test_the_backend_comes_from_the_variable_before_the_file(tmp_path, monkeypatch):
    (tmp_path / "keras.json").write_text('{"backend": "torch"}')
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    assert doctor._backend()[0] == "torch"
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert doctor._backend()[0] == "jax"


def test_without_any_choice_the_backend_is_tensorflow(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    assert doctor._backend()[0] == "tensorflow"


def test_an_unknown_backend_is_an_error_said_once(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "tensorflw")
    check = only(doctor.check_backend())
    assert check.status == "error"
    assert "jax" in check.remedy
    assert list(doctor.check_gpu()) == []


def test_a_backend_that_is_not_installed_is_an_error(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    monkeypatch.setattr(doctor, "find_spec", lambda name: None)
    assert "torch (KERAS_BACKEND) is not installed" in only(doctor.check_backend()).found


def test_a_damaged_keras_json_is_named(tmp_path, monkeypatch):
    (tmp_path / "keras.json").write_text("{")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    check = only(doctor.check_backend())
    assert (check.status, str(tmp_path) in check.remedy) == ("error", True)


@pytest.mark.parametrize(
    ("driver", "stdout", "status", "words"),
    [
        (None, "0\n", "ok", "none is needed"),
        ("/usr/bin/nvidia-smi", "0\n", "warning", "sees no GPU"),
        ("/usr/bin/nvidia-smi", "chatter\n2\n", "ok", "2 seen by tensorflow"),
    ],
)
def test_gpus_are_counted(monkeypatch, driver, stdout, status, words):
    answer = SimpleNamespace(returncode=0, stdout=stdout, stderr="")
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    monkeypatch.setattr(doctor.subprocess, "run", lambda *_, **__: answer)
    monkeypatch.setattr(doctor.shutil, "which", lambda _: driver)
    check = only(doctor.check_gpu())
    assert check.status == status
    assert words in check.found


def test_a_backend_that_crashes_is_an_error_with_its_last_words(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    monkeypatch.setitem(doctor.GPU_PROBES, "tensorflow", "raise ImportError('DLL load failed')")
    check = only(doctor.check_gpu())
    assert check.status == "error"
    assert "ImportError: DLL load failed" in check.found


def test_a_backend_that_hangs_is_given_up(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    monkeypatch.setitem(doctor.GPU_PROBES, "tensorflow", "import time; time.sleep(60)")
    monkeypatch.setattr(doctor, "GPU_SECONDS", 0.2)
    assert only(doctor.check_gpu()).status == "warning"


def test_the_repositorys_data_is_right():
    assert only(doctor.check_data()).found == "60,000 + 10,000 digits, checksums right"


def test_damaged_data_says_how_to_restore_it(tmp_path, monkeypatch):
    from mnist_course import data

    (tmp_path / "mnist.npz").write_bytes(b"half a file")
    monkeypatch.setattr(data, "MNIST_FILE", tmp_path / "mnist.npz")
    check = only(doctor.check_data())
    assert check.status == "error"
    assert check.remedy == "Copy it again from where it came from"


def test_missing_data_is_a_warning_and_starts_no_download(tmp_path, monkeypatch):
    from mnist_course import data

    monkeypatch.setattr(data, "MNIST_FILE", tmp_path / "mnist.npz")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(data, "download_mnist", pytest.fail)
    assert only(doctor.check_data()).status == "warning"


def test_right_models_are_counted(models):
    assert only(doctor.check_models()).found == "champion: 1 checksums right"


def test_a_changed_model_is_an_error(models):
    (models / "a.onnx").write_bytes(b"wights")
    check = only(doctor.check_models())
    assert check.status == "error"
    assert check.remedy == "Copy it again from where it came from"


def test_a_missing_model_is_an_error(models):
    (models / "a.onnx").unlink()
    assert "is missing" in only(doctor.check_models()).found


@pytest.mark.parametrize("content", [None, "{"])
def test_a_manifest_that_cannot_be_read_is_an_error(models, content):
    (models / "manifest.json").unlink()
    if content:
        (models / "manifest.json").write_text(content)
    assert only(doctor.check_models()).status == "error"


def _pretend_kernel(monkeypatch, program):
    from jupyter_client.kernelspec import KernelSpecManager

    spec = SimpleNamespace(argv=[program, "-m", "ipykernel_launcher"], resource_dir="/specs/p3")
    monkeypatch.setattr(KernelSpecManager, "get_kernel_spec", lambda *_: spec)


@pytest.mark.parametrize("program", ["python", sys.executable])
def test_a_kernel_of_this_python_is_fine(monkeypatch, program):
    _pretend_kernel(monkeypatch, program)
    assert only(doctor.check_kernel()).status == "ok"


def test_a_kernel_of_another_python_is_an_error(monkeypatch, tmp_path):
    _pretend_kernel(monkeypatch, str(tmp_path / "bin" / "python"))
    check = only(doctor.check_kernel())
    assert check.status == "error"
    assert check.remedy.endswith(f" {sys.executable} -m ipykernel install --sys-prefix")


def test_no_kernel_is_an_error(monkeypatch):
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    def missing(*_):
        raise NoSuchKernel("python3")

    monkeypatch.setattr(KernelSpecManager, "get_kernel_spec", missing)
    assert only(doctor.check_kernel()).found == "python3 is not installed"


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
    monkeypatch.setattr(doctor.sys, "prefix", str(tmp_path))
    assert only(doctor.check_kernel_config()).status == status


@pytest.mark.parametrize(("free", "status"), [(2e9, "ok"), (1.9e9, "warning")])
def test_little_disk_space_is_a_warning(monkeypatch, free, status):
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    assert only(doctor.check_disk()).status == status


@pytest.mark.parametrize(("total", "status"), [(4e9, "ok"), (3.9e9, "warning")])
def test_little_memory_is_a_warning(monkeypatch, total, status):
    monkeypatch.setattr(doctor, "_memory_bytes", lambda: total)
    assert only(doctor.check_memory()).status == status


def test_a_check_that_breaks_is_a_finding_and_the_others_go_on(monkeypatch):
    def broken():
        raise ImportError("no module named psutil")

    good = doctor.Check("good", "ok", "fine")
    monkeypatch.setattr(doctor, "CHECKS", {"memory": broken, "good": lambda: [good]})
    first, second = doctor.run_checks()
    assert (first.name, first.status) == ("memory", "error")
    assert "psutil" in first.found
    assert second == good


def test_where_only_the_reader_is_installed_that_is_all_it_says(monkeypatch):
    monkeypatch.setattr(doctor, "find_spec", lambda name: name == "onnxruntime" or None)
    check = only(doctor.run_checks())
    assert check.status == "error"
    assert "only the reader is installed" in check.found
    assert check.remedy == doctor.extra_advice("course")


def test_quick_leaves_the_gpu_out(monkeypatch):
    gpu = doctor.check_gpu
    monkeypatch.setattr(doctor, "check_gpu", gpu)
    monkeypatch.setattr(doctor, "CHECKS", {"GPU": gpu})
    monkeypatch.setattr(doctor.subprocess, "run", pytest.fail)
    assert list(doctor.run_checks(quick=True)) == []


def test_lines_fit_the_width_and_keep_every_word():
    check = doctor.Check("models", "error", "found " * 30, "do this " * 20)
    rows = doctor.lines(check, width=60)
    assert max(map(len, rows)) <= 60
    text = " ".join(" ".join(rows).split())
    assert (text.count("found"), text.count("do this")) == (30, 20)


def test_marks_can_be_plain_ascii():
    for status in doctor.MARKS:
        row = doctor.lines(doctor.Check("name", status, "found"), ascii_only=True)[0]
        assert row.isascii()


def test_runs_on_its_own_without_the_command_lines_packages():
    code = (
        "import sys\n"
        "sys.modules.update(rich=None, typer=None, filelock=None, numpy=None)\n"
        "from mnist_course.course import doctor\n"
        "sys.argv[1:] = ['--quick']; print('status', doctor.main())"
    )
    command = [sys.executable, "-X", "utf8", "-c", code]
    output = subprocess.run(command, capture_output=True, encoding="utf-8").stdout
    assert "✓ Python" in output
    assert "✗ MNIST" in output  # numpy is hidden: a finding, not a crash
    assert output.endswith("status 1\n")
