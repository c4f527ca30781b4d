"""Advice that works where it is read."""

import os
import shlex
import shutil
import subprocess

import pytest

from mnist_course import _paths
from mnist_course._paths import keras_home, restore_advice


@pytest.fixture
def course(tmp_path):
    """A course with one file, as a ZIP download brings it."""
    for folder in ("notebooks", "models"):
        (tmp_path / folder).mkdir()
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "models" / "a.onnx").write_bytes(b"right")
    return tmp_path


@pytest.mark.skipif(not shutil.which("git"), reason="needs Git")
def test_the_advice_for_a_clone_restores_the_file(course):
    def git(*words):
        identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        subprocess.run(["git", *identity, *words], cwd=course, check=True, capture_output=True)

    git("init")
    git("add", ".")
    git("commit", "-m", "all")
    file = course / "models" / "a.onnx"
    file.write_bytes(b"wrong")
    command, _, where = restore_advice(file).partition(": ")[2].partition(" (")
    assert where == f"in the folder {course})"
    git(*shlex.split(command)[1:])
    assert file.read_bytes() == b"right"


def test_a_zip_download_has_no_git_and_is_downloaded_again(course):
    advice = restore_advice(course / "models" / "a.onnx")
    assert advice == f"Download the course again and copy models/a.onnx from there to {course}"


def test_a_wheel_is_installed_again(tmp_path, monkeypatch):
    monkeypatch.setattr(_paths, "PACKAGE", tmp_path)
    for folder in ("_models", "_digits"):
        assert restore_advice(tmp_path / folder / "a").startswith("Install mnist-course again")


def test_a_folder_in_which_one_may_not_look_is_no_clone(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError

    monkeypatch.setattr(_paths.Path, "stat", refuse)
    assert _paths.find_clone(tmp_path) is None


def test_a_file_from_elsewhere_is_copied_again(tmp_path):
    assert restore_advice(tmp_path / "a.onnx") == "Copy it again from where it came from"


def test_keras_keeps_its_files_where_it_says():
    from keras.src.backend import config

    assert keras_home() == _paths.Path(config.keras_home())


def test_keras_goes_elsewhere_where_it_may_not_write_at_home(monkeypatch):
    monkeypatch.delenv("KERAS_HOME", raising=False)
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert keras_home() == _paths.Path("/tmp/.keras")
