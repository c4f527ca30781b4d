import numpy as np
import pytest

from mnist_course import DigitReader
from mnist_course.shipping.hands import (
    ONE_HAND,
    OTHER_HAND,
    VARIANTS,
    draw_variant,
    european_digits,
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


def test_a_hand_decides_how_high_the_middle_sits():
    steady = ONE_HAND._replace(slant=0, degrees=0, narrow=(1, 1), shake=0, coarse=0)

    def bar(exponent: float) -> int:
        """The row of a 4's bar."""
        hand = steady._replace(middle=(exponent, exponent))
        four = draw_variant("closed four", np.random.default_rng(0), hand=hand)
        return int((four > 100).sum(axis=1).argmax())

    assert bar(1.4) < bar(1) < bar(0.7)
