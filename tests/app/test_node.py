"""The page's JavaScript, run by Node from Python."""

import shutil

import numpy as np
import pytest

from mnist_course import DigitReader, load_mnist
from mnist_course.app.node import answers_by_node, javascript_source
from mnist_course.app.page import MODELS

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")


@needs_node
@pytest.mark.parametrize("name", MODELS)
def test_javascript_answers_as_the_reader_does(name):
    digits = load_mnist()[1][0][:20]
    answers = answers_by_node(name, digits)
    assert np.abs(answers - DigitReader.load(name).predict(digits)).max() < 2e-6


@needs_node
def test_no_images_give_no_answers():
    assert answers_by_node("dense", np.empty((0, 28, 28), np.uint8)).shape == (0, 10)


def test_without_node_there_is_no_answer(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert answers_by_node("dense", np.zeros((1, 28, 28), np.uint8)) is None


@pytest.mark.parametrize("images", [np.zeros((1, 28, 28)), np.zeros((1, 14, 14), np.uint8)])
def test_other_images_are_refused(images):
    with pytest.raises(ValueError, match="uint8 of shape"):
        answers_by_node("dense", images)


def test_the_source_has_the_layers():
    assert "function dense(" in javascript_source()
