import numpy as np
import pytest

from mnist_course import DigitReader, split_digits, to_mnist
from mnist_course.benchmark.picture_kinds import plain
from mnist_course.benchmark.strangers import in_rows
from mnist_course.images import BlankImageError


@pytest.fixture(scope="module")
def digits(mnist):
    """Training digits that no constant was chosen by, and their labels."""
    (images, labels), _ = mnist
    return images[40000:], labels[40000:]


@pytest.fixture(scope="module")
def reader():
    return DigitReader.load()


def shape(rows) -> list[int]:
    """How many digits are in each row."""
    return [len(row) for row in rows]


def strokes(*boxes: tuple[int, int, int, int], size: tuple[int, int] = (120, 300)) -> np.ndarray:
    """Black rectangles, each top, left, bottom, right, on white paper."""
    paper = np.full(size, 255, np.uint8)
    for top, left, bottom, right in boxes:
        paper[top:bottom, left:right] = 0
    return paper


def test_pictures_of_two_digits_are_split_in_two(digits, rng):
    pairs = digits[0][:80].reshape(-1, 2, 28, 28)
    right = [shape(split_digits(in_rows(pair, rng))) == [2] for pair in pairs]
    assert sum(right) >= 39  # of 40


def test_digits_come_as_in_a_picture_of_each_alone(digits, rng, reader):
    images, labels = (part[:20] for part in digits)
    row = [d for k in range(0, 20, 5) for d in split_digits(in_rows(images[k : k + 5], rng))[0]]
    seen = reader.predict(np.stack([digit.image for digit in row])).argmax(axis=1)
    assert (seen == labels).mean() >= 0.95


def test_digits_have_the_form_of_mnist():
    digit = split_digits(strokes((20, 30, 100, 40), (20, 130, 100, 140)))[0][0]
    assert digit.image.shape == (28, 28)
    assert digit.image.dtype == np.uint8
    assert digit.image.max() == 255


def test_a_sheet_is_read_from_the_top_and_from_the_left():
    boxes = [(20, 20, 60, 30), (26, 120, 66, 130), (100, 70, 140, 80), (96, 220, 136, 230)]
    found = split_digits(strokes(*boxes, size=(160, 300)))
    assert [[digit.box for digit in row] for row in found] == [boxes[:2], boxes[2:]]


def test_a_row_that_rises_stays_one_row():
    boxes = [(120 - 12 * k, 20 + 50 * k, 160 - 12 * k, 30 + 50 * k) for k in range(6)]
    assert shape(split_digits(strokes(*boxes, size=(200, 320)))) == [6]


def test_boxes_are_in_pixels_of_the_picture_as_it_came():
    box = (300, 600, 900, 690)
    large = strokes(box, (300, 1200, 900, 1290), size=(1200, 1800))
    found = split_digits(large)[0][0].box
    assert np.abs(np.subtract(found, box)).max() <= 4  # it was reduced by 4


def test_boxes_on_a_sheet_on_a_desk_are_in_pixels_of_the_picture():
    sheet = strokes((40, 60, 120, 72), (40, 160, 120, 172), size=(200, 260))
    found = split_digits(np.pad(sheet, 70, constant_values=40))[0][1].box
    assert found == (110, 230, 190, 242)


def test_the_bar_of_a_five_stays_with_it():
    five = [(20, 30, 28, 70), (36, 28, 70, 36), (62, 28, 70, 66), (62, 58, 100, 66)]
    assert shape(split_digits(strokes(*five, (20, 130, 100, 140)))) == [2]


def test_dust_is_no_digit():
    assert shape(
        split_digits(strokes((20, 30, 100, 45), (20, 130, 100, 145), (60, 250, 66, 256)))
    ) == [2]


def test_digits_that_touch_are_cut_apart(digits, rng):
    pairs = digits[0][:60].reshape(-1, 2, 28, 28)
    found = [split_digits(in_rows(pair, rng, gap=(-0.1, -0.02))) for pair in pairs]
    assert np.mean([shape(rows) == [2] for rows in found]) > 0.7


def test_the_long_bar_of_a_five_is_not_cut_off():
    five = [(20, 30, 28, 130), (20, 30, 70, 38), (62, 30, 70, 66), (62, 58, 100, 66)]
    assert shape(split_digits(strokes(*five, (20, 180, 100, 190)))) == [2]


def test_two_digits_that_share_a_bar_are_cut_apart():
    joined = [(20, 30, 100, 40), (56, 40, 60, 130), (20, 130, 100, 140)]
    assert shape(split_digits(strokes(*joined, (20, 180, 100, 190)))) == [3]


@pytest.mark.parametrize("width", [60, 180])
def test_a_line_one_pixel_high_is_not_cut(width):
    assert shape(split_digits(strokes((140, 40, 141, 40 + width), size=(280, 280)))) == [1]


def test_single_pixels_are_split():
    dots = strokes((20, 10, 21, 11), (20, 30, 21, 31), size=(40, 40))
    assert shape(split_digits(dots)) == [2]


def test_a_digit_wider_than_high_is_not_cut():
    y, x = np.ogrid[-60:60, -150:150]
    ring = abs(np.hypot(x / 1.6, y) - 40) < 6
    assert shape(split_digits(np.where(ring, 0, 255).astype(np.uint8))) == [1]


def test_one_digit_is_as_to_mnist_gives_it(digits, rng):
    picture = plain(digits[0][0], rng)
    ((digit,),) = split_digits(picture)
    assert np.abs(digit.image.astype(int) - to_mnist(picture)).mean() < 1


@pytest.mark.parametrize("ink", ["auto", "light"])
def test_light_digits_on_dark_paper_are_split_alike(ink):
    picture = strokes((20, 30, 100, 40), (20, 130, 100, 140))
    boxes = [[d.box for d in row] for row in split_digits(picture)]
    assert [[d.box for d in row] for row in split_digits(255 - picture, ink=ink)] == boxes


def test_digits_that_the_border_cuts_are_kept():
    assert shape(
        split_digits(strokes((0, 30, 120, 50), (0, 130, 90, 150), (20, 230, 120, 250)))
    ) == [3]


def test_a_line_under_the_row_is_no_digit():
    lined = strokes((20, 30, 90, 40), (20, 130, 90, 140), (105, 0, 109, 300))
    assert shape(split_digits(lined)) == [2]


def test_a_frame_around_the_row_is_no_digit():
    framed = strokes((30, 50, 90, 60), (30, 150, 90, 160))
    framed[8:12, 10:290] = framed[108:112, 10:290] = framed[8:112, 10:14] = framed[
        8:112, 286:290
    ] = 0
    assert shape(split_digits(framed)) == [2]


def test_a_blank_picture_is_refused():
    with pytest.raises(BlankImageError, match="no ink"):
        split_digits(strokes())


def test_unknown_ink_is_refused():
    with pytest.raises(ValueError, match="got 'blue'"):
        split_digits(strokes(), ink="blue")
