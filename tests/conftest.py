"""Shared by all tests: a home of their own, no windows, the real digits."""

import os
import tempfile

import matplotlib
import numpy as np
import pytest

# Exercises under test record no progress in the real user's home.
os.environ["MNIST_COURSE_HOME"] = tempfile.mkdtemp(prefix="mnist-course-")
matplotlib.use("Agg")  # not through MPLBACKEND: notebook kernels would inherit it


@pytest.fixture(scope="session")
def mnist():
    """The real arrays, loaded once: (x_train, y_train), (x_test, y_test)."""
    from mnist_course import load_mnist

    return load_mnist()


@pytest.fixture
def rng():
    return np.random.default_rng(0)
