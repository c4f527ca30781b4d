import numpy as np
import pytest

from mnist_course import DigitReader
from mnist_course.shipping.hands import (
    OTHER_HAND,
    VARIANTS,
    coarser,
    draw_variant,
    european_digits,
    some_coarser,
)


def test_digits_are_of_every_class_and_repeat_with_the_seed():
    images, labels = european_digits(40, 3)
    assert images.shape == (40, 28, 28)
    assert images.dtype == np.uint8
    assert labels.dtype == np.uint8
    assert np.bincount(labels).tolist() == [4] * 10
    again = european_digits(40, 3)
    assert np.array_equal(images, again[0])
    assert np.array_equal(labels, again[1])
    assert not np.array_equal(images, european_digits(40, 4)[0])
    assert not np.array_equal(images, european_digits(40, 3, hand=OTHER_HAND)[0])


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_is_a_digit_in_mnist_form(name):
    digit, _ = VARIANTS[name]
    images = np.stack([draw_variant(name, np.random.default_rng(seed)) for seed in range(20)])
    assert (images.max(axis=(1, 2)) == 255).all()
    assert not images[:, 0].any()
    assert len(np.unique(images, axis=0)) == 20
    answers = DigitReader.load("champion").predict(images).argmax(axis=1)
    assert np.mean(answers == digit) >= 0.5


def test_a_coarse_scanner_blurs_and_keeps_the_brightest():
    image = draw_variant("eight", np.random.default_rng(0))
    seen = coarser(image, 8)
    assert seen.shape == (28, 28)
    assert seen.dtype == np.uint8
    assert seen.max() == 255
    assert np.abs(np.diff(seen.astype(int))).max() < np.abs(np.diff(image.astype(int))).max()


def test_a_share_of_images_is_made_coarser(rng):
    images, _ = european_digits(200, 0)
    coarse = some_coarser(images, rng, share=0.25)
    changed = (coarse != images).any(axis=(1, 2))
    assert (coarse.shape, coarse.dtype) == (images.shape, np.uint8)
    assert 25 < changed.sum() < 75
    assert not (some_coarser(images, rng, share=0) != images).any()
