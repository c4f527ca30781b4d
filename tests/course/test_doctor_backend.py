"""The backend's check finds what is wrong with it, or with its GPU, and says what to do."""

from types import SimpleNamespace

import pytest

from mnist_course.course import doctor_backend


def only(checks) -> doctor_backend.Check:
    (check,) = checks
    return check


def test_the_backend_comes_from_the_variable_before_the_file(tmp_path, monkeypatch):
    (tmp_path / "keras.json").write_text('{"backend": "torch"}')
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    assert doctor_backend._backend()[0] == "torch"
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert doctor_backend._backend()[0] == "jax"


def test_without_any_choice_the_backend_is_tensorflow(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    assert doctor_backend._backend()[0] == "tensorflow"


def test_an_unknown_backend_is_an_error_said_once(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "tensorflw")
    check = only(doctor_backend.check_backend())
    assert check.status == "error"
    assert "jax" in check.remedy
    assert list(doctor_backend.check_gpu()) == []


def test_a_backend_that_is_not_installed_is_an_error(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    monkeypatch.setattr(doctor_backend, "find_spec", lambda name: None)
    assert "torch (KERAS_BACKEND) is not installed" in only(doctor_backend.check_backend()).found


def test_a_damaged_keras_json_is_named(tmp_path, monkeypatch):
    (tmp_path / "keras.json").write_text("{")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    check = only(doctor_backend.check_backend())
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
    monkeypatch.setattr(doctor_backend.subprocess, "run", lambda *_, **__: answer)
    monkeypatch.setattr(doctor_backend.shutil, "which", lambda _: driver)
    check = only(doctor_backend.check_gpu())
    assert check.status == status
    assert words in check.found


def test_a_backend_that_crashes_is_an_error_with_its_last_words(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    monkeypatch.setitem(
        doctor_backend.GPU_PROBES, "tensorflow", "raise ImportError('DLL load failed')"
    )
    check = only(doctor_backend.check_gpu())
    assert check.status == "error"
    assert "ImportError: DLL load failed" in check.found


def test_a_backend_that_hangs_is_given_up(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    monkeypatch.setitem(doctor_backend.GPU_PROBES, "tensorflow", "import time; time.sleep(60)")
    monkeypatch.setattr(doctor_backend, "GPU_SECONDS", 0.2)
    assert only(doctor_backend.check_gpu()).status == "warning"
