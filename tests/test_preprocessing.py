"""preprocessing: scaling and one-hot."""

import numpy as np
import pytest

from mnist_course import one_hot, scale_pixels


def test_scaling_maps_0_and_255_to_0_and_1():
    images = np.zeros((2, 28, 28), np.uint8)
    images[1] = 255
    scaled = scale_pixels(images)
    assert (scaled.shape, scaled.dtype) == ((2, 28, 28, 1), np.float32)
    assert (scaled[0].max(), scaled[1].min()) == (0.0, 1.0)


def test_scaling_keeps_every_pixel_in_its_place(rng):
    images = rng.integers(0, 256, (3, 28, 28), dtype=np.uint8)
    assert np.array_equal(np.rint(scale_pixels(images)[..., 0] * 255), images)


def test_one_image_becomes_a_batch_of_one():
    assert scale_pixels(np.zeros((28, 28), np.uint8)).shape == (1, 28, 28, 1)


def test_scaling_twice_is_refused():
    with pytest.raises(ValueError, match="float32: are these images scaled already"):
        scale_pixels(scale_pixels(np.zeros((1, 28, 28), np.uint8)))


@pytest.mark.parametrize("shape", [(784,), (2, 784), (2, 32, 32), (2, 28, 28, 1)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match=r"expected images of shape \(n, 28, 28\)"):
        scale_pixels(np.zeros(shape, np.uint8))


def test_one_hot_puts_a_single_one_at_the_label():
    rows = one_hot(np.array([3, 0]))
    assert (rows.shape, rows.dtype) == ((2, 10), np.float32)
    assert rows.argmax(axis=1).tolist() == [3, 0]
    assert rows.sum() == 2


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.array([0, 10]), "from 0 to 9, got 0 to 10"),
        (np.array([-1]), "from 0 to 9, got -1"),
        (np.array([0.5]), "integer labels"),
        (np.array(3), "integer labels"),
        (np.zeros((2, 10), int), r"shape \(2, 10\)"),
    ],
)
def test_one_hot_refuses_what_is_no_label(labels, message):
    with pytest.raises(ValueError, match=message):
        one_hot(labels)


def test_one_hot_of_no_labels_is_empty():
    assert one_hot(np.array([], int)).shape == (0, 10)
