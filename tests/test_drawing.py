"""A drawing to MNIST form, in whole numbers."""

import numpy as np
import pytest

from mnist_course import load_mnist
from mnist_course.app.pad import DrawingPad
from mnist_course.drawing import drawing_stages, drawing_to_mnist, shrink
from mnist_course.images import BlankImageError, to_mnist
from mnist_course.predictor import DigitReader

SEVEN = [[[0.3, 0.25], [0.7, 0.25], [0.45, 0.8]]]


def drawn(strokes, size=280):
    pad = DrawingPad()
    pad.strokes = strokes
    return pad.picture(size)


def test_a_drawing_is_read():
    image = drawing_to_mnist(drawn(SEVEN))
    assert image.shape == (28, 28)
    assert image.dtype == np.uint8
    assert DigitReader.load().read(image).label == 7


def test_it_is_nearly_what_a_photo_of_it_becomes():
    drawing = drawn(SEVEN)
    gap = drawing_to_mnist(drawing).astype(int) - to_mnist(drawing, ink="dark")
    assert np.abs(gap).mean() < 3


def test_place_does_not_matter():
    paper = np.full((400, 300), 255, np.uint8)
    paper[90:370, 10:290] = drawn(SEVEN)
    np.testing.assert_array_equal(drawing_to_mnist(paper), drawing_to_mnist(drawn(SEVEN)))


def test_the_centre_of_mass_is_where_mnist_has_it():
    image = drawing_to_mnist(drawn(SEVEN)).astype(float)
    for axis in (0, 1):
        mass = image.sum(axis=1 - axis)
        assert 13.5 < mass @ np.arange(28) / mass.sum() <= 14.5


def test_mnist_digits_come_through_unchanged():
    digits = load_mnist()[0][0][:200]
    whole = [d for d in digits if max(map(np.ptp, np.nonzero(d))) == 19 and d.max() == 255]
    for digit in whole:
        np.testing.assert_array_equal(drawing_to_mnist(255 - digit), digit)
    assert len(whole) > 100


def test_shrinking_averages_areas():
    square = np.array([[0, 0, 200], [0, 0, 200], [0, 0, 200]], np.uint8)
    # three columns in two cells: the second holds half of the middle one and all of the last
    np.testing.assert_array_equal(shrink(square, 2), [[0, 255], [0, 255]])
    np.testing.assert_array_equal(shrink(np.array([[50, 100]] * 2, np.uint8), 1), [[255]])


def test_the_stages_are_named():
    assert list(drawing_stages(drawn(SEVEN))) == ["ink", "box", "20 x 20", "28 x 28"]


def test_an_empty_drawing_is_refused():
    with pytest.raises(BlankImageError, match="nothing is drawn"):
        drawing_to_mnist(np.full((28, 28), 255, np.uint8))


@pytest.mark.parametrize("bad", [np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2))])
def test_what_is_no_drawing_is_refused(bad):
    with pytest.raises(ValueError, match="expected a drawing as uint8"):
        drawing_to_mnist(bad)
