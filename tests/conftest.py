"""Shared by all tests: a home of their own, no windows, the real digits."""

import os
import tempfile

import matplotlib
import nbformat
import numpy as np
import pytest
from nbformat import v4

from mnist_course.course import lessons
from mnist_course.manifest import fingerprints, new_entry, put_in_place

# Exercises under test record no progress in the real user's home.
home = tempfile.TemporaryDirectory(prefix="mnist-course-")  # removed when the tests end
os.environ["MNIST_COURSE_HOME"] = home.name
matplotlib.use("Agg")  # not through MPLBACKEND: notebook kernels would inherit it


@pytest.fixture(scope="session")
def mnist():
    """The real arrays, loaded once: (x_train, y_train), (x_test, y_test)."""
    from mnist_course import load_mnist

    return load_mnist()


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course of one tiny lesson; returns the function that writes it."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    monkeypatch.setattr(lessons, "NOTEBOOKS", folder)

    def write(*cells: str, ignored: tuple[int, ...] = ()):
        notebook = v4.new_notebook(cells=[v4.new_code_cell(source) for source in cells])
        for index in ignored:
            notebook.cells[index].metadata["tags"] = [lessons.IGNORE_TAG]
        path = folder / "day01_tiny.ipynb"
        nbformat.write(notebook, path)
        return path

    return write


@pytest.fixture
def model_files(tmp_path):
    """Stand-ins for a model's files."""
    for ending, content in ((".keras", b"network"), (".onnx", b"graph")):
        (tmp_path / f"champion{ending}").write_bytes(content)
    return {kind: tmp_path / f"champion.{kind}" for kind in ("keras", "onnx")}


@pytest.fixture
def entry_of(tmp_path, model_files):
    """Writes a manifest entry for the stand-ins: ``entry_of(name, test_accuracies)``."""
    plain = {"parameters": 12, "recipe": "stir well", "training_seconds": 70.04, "day": 27}

    def write(name, values, **more):
        entry = new_entry(fingerprints(model_files), test_accuracies=values, **plain | more)
        put_in_place(name, entry, folder=tmp_path)
        return entry

    return write
