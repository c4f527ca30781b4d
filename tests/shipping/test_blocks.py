import numpy as np
import pytest

from mnist_course.shipping.blocks import block, with_blocks


@pytest.fixture(scope="module")
def digits(mnist):
    (images, labels), _ = mnist
    return images[:40], labels[:40]


def test_a_share_of_the_digits_comes_again(digits):
    x, y = with_blocks(*digits, share=0.25)
    assert (x.shape, x.dtype, y.dtype) == ((50, 28, 28), np.uint8, digits[1].dtype)
    assert np.array_equal(x[:40], digits[0])
    assert np.array_equal(y[:40], digits[1])
    assert x[40:].any(axis=(1, 2)).all()


def test_the_same_ones_come_each_time(digits):
    first, again = (with_blocks(*digits, share=0.5) for _ in range(2))
    assert np.array_equal(first[0], again[0])
    assert np.array_equal(first[1], again[1])


def test_no_share_leaves_the_digits_alone(digits):
    x, y = with_blocks(*digits, share=0)
    assert (len(x), len(y)) == (40, 40)


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_out_of_its_range_is_said(digits, share):
    with pytest.raises(ValueError, match=f"from 0 to 1, got {share}"):
        with_blocks(*digits, share=share)


def test_a_block_is_a_square_of_two_levels_and_mostly_ink(digits, rng):
    for digit in digits[0]:
        picture = block(digit, rng)
        assert picture.shape == (16, 16)
        assert set(np.unique(picture)) == {0, 255}
        assert 0.45 < (picture == 0).mean() < 0.65


def test_even_a_one_is_stretched_to_the_whole_width(digits, rng):
    one = digits[0][digits[1] == 1][0]
    assert np.ptp(np.nonzero(block(one, rng) == 0)[1]) >= 12
