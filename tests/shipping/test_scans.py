import numpy as np
import pytest

from mnist_course import DigitReader
from mnist_course.images import to_mnist
from mnist_course.shipping.scans import (
    LOOKS,
    block,
    coarse_scan,
    once_more,
    seen,
    small_photo,
    some_seen,
)


@pytest.fixture(scope="module")
def digits(mnist):
    (images, labels), _ = mnist
    return images[:40], labels[:40]


@pytest.mark.parametrize("look", LOOKS)
def test_a_share_of_the_digits_comes_once_more(digits, look):
    x, y = once_more(*digits, look, share=0.25)
    assert (x.shape, x.dtype, y.dtype) == ((10, 28, 28), np.uint8, digits[1].dtype)
    assert x.any(axis=(1, 2)).all()
    assert not any((image == digits[0]).all(axis=(1, 2)).any() for image in x)
    again = once_more(*digits, look, share=0.25)
    assert np.array_equal(x, again[0])
    assert np.array_equal(y, again[1])


@pytest.mark.parametrize("look", LOOKS)
def test_most_digits_are_still_read(mnist, look):
    (images, labels), _ = mnist
    x, y = once_more(images[:400], labels[:400], look, share=1)
    order = np.argsort(y)  # they come in another order
    assert np.array_equal(y[order], np.sort(labels[:400]))
    assert np.mean(DigitReader.load("reader").predict(x).argmax(axis=1) == y) > 0.9


def test_no_share_is_no_digit(digits):
    x, y = once_more(*digits, "blocks", share=0)
    assert (x.shape, y.shape) == ((0, 28, 28), (0,))


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_out_of_its_range_is_said(digits, share):
    with pytest.raises(ValueError, match=f"from 0 to 1, got {share}"):
        once_more(*digits, "blocks", share=share)


def test_a_block_is_a_square_of_two_levels_and_mostly_ink(digits, rng):
    for digit in digits[0]:
        picture = block(digit, rng)
        assert picture.shape == (16, 16)
        assert set(np.unique(picture)) == {0, 255}
        assert 0.45 < (picture == 0).mean() < 0.65


def test_even_a_one_is_stretched_to_the_whole_width(digits, rng):
    one = digits[0][digits[1] == 1][0]
    assert np.ptp(np.nonzero(block(one, rng) == 0)[1]) >= 12


def test_a_coarse_scan_has_softer_edges(digits, rng):
    image = digits[0][0]
    scanned = to_mnist(coarse_scan(image, rng), ink="dark")
    steepest = [np.abs(np.diff(x.astype(int))).max() for x in (scanned, image)]
    assert steepest[0] < steepest[1]


def test_a_small_photo_is_small_and_on_grey_paper(digits, rng):
    for digit in digits[0]:
        picture = small_photo(digit, rng)
        assert max(picture.shape) <= 22 + 24
        assert 180 < np.median(picture) < 250


def test_a_digit_that_is_too_faint_to_be_seen_stays_as_it_is(digits, rng):
    digit = digits[0][0]
    assert seen(digit, lambda *_: np.full((20, 20), 200, np.uint8), rng) is digit


def test_a_share_of_images_is_seen_otherwise(mnist, rng):
    images = mnist[0][0][:200]
    others = some_seen(images, rng, coarse_scan, small_photo, share=0.25)
    changed = (others != images).any(axis=(1, 2))
    assert (others.shape, others.dtype) == (images.shape, np.uint8)
    assert 25 < changed.sum() < 75
    assert not (some_seen(images, rng, coarse_scan, share=0) != images).any()


def test_a_blank_has_no_other_look(rng):
    blank = np.zeros((3, 28, 28), np.uint8)
    assert not some_seen(blank, rng, coarse_scan, share=1).any()
