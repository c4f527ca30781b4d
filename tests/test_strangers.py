"""Pictures as strangers make them, through ``to_mnist``, and what must not change the answer."""

import numpy as np
import pytest
from PIL import Image

from mnist_course import DigitReader
from mnist_course._ink import ink_is_dark
from mnist_course.benchmark import strangers
from mnist_course.benchmark.picture_kinds import enlarged, plain
from mnist_course.benchmark.strangers import (
    STRANGERS,
    block,
    coloured,
    faint_hairline,
    neighbour_cut,
    ruled_lines,
    touched_frame,
)
from mnist_course.images import preprocessing_stages, to_mnist


@pytest.fixture(scope="module")
def reader():
    return DigitReader.load("reader")


@pytest.fixture(scope="module")
def digits(mnist):
    """Training digits that no constant was chosen by, and their labels."""
    (images, labels), _ = mnist
    return images[40000:40060], labels[40000:40060]


@pytest.fixture(scope="module")
def drawing(digits):
    """A 3 in the middle of light paper, 160 x 160, uint8."""
    digit = digits[0][digits[1] == 3][0]
    ink = np.clip(enlarged(digit, 100), 0, 1)
    paper = np.zeros((160, 160))
    paper[30 : 30 + ink.shape[0], 30 : 30 + ink.shape[1]] = ink
    return np.round(230 - 170 * paper).astype(np.uint8)


def assert_alike(picture, other) -> None:
    """Both give nearly the same image in MNIST form."""
    images = to_mnist(picture).astype(float), to_mnist(other).astype(float)
    assert np.corrcoef(images[0].ravel(), images[1].ravel())[0, 1] > 0.97


# Kinds of pictures


@pytest.mark.parametrize("kind", STRANGERS, ids=lambda kind: kind.__name__)
def test_strangers_pictures_are_read(kind, reader, digits):
    images, labels = digits
    rng = np.random.default_rng(0)
    forms = np.stack([to_mnist(kind(image, rng)) for image in images])
    right = (reader.predict(forms).argmax(axis=1) == labels).mean()
    assert right >= 0.95


def test_training_digits_are_read_as_before(reader, mnist):
    images, labels = (part[40000:40500] for part in mnist[0])
    forms = np.stack([to_mnist(image) for image in images])
    before, after = (reader.predict(x).argmax(axis=1) == labels for x in (images, forms))
    assert after.sum() >= before.sum() - 1


def test_ink_of_more_than_half_the_picture_is_known_for_ink(digits, rng):
    known = [ink_is_dark(block(image, rng).astype(np.float32) / 255) for image in digits[0]]
    assert np.mean(known) > 0.98


@pytest.mark.parametrize("negative", [False, True])
def test_of_two_levels_that_which_has_most_of_the_rim_is_paper(negative):
    ink = np.zeros((16, 16), bool)
    for row in range(16):  # a stretched 1: more than half of the picture
        ink[row, row * 7 // 15 :][:9] = True
    assert ink_is_dark(np.where(ink == negative, 1.0, 0.0)) is not negative


@pytest.mark.parametrize("negative", [False, True])
def test_a_bold_digit_on_paper_is_ink_though_there_is_more_of_it(negative):
    y, x = np.ogrid[-50:50, -50:50]
    ring = np.hypot(x, y)
    picture = np.where((ring < 48) & (ring > 14), 40, 220).astype(np.uint8)
    picture = 255 - picture if negative else picture
    assert to_mnist(picture)[13:15, 13:15].max() == 0


def test_a_digit_is_read_though_half_of_the_paper_is_in_shadow(drawing):
    shadow = drawing.copy()
    shadow[:, :90] //= 2
    assert_alike(shadow, drawing)


@pytest.mark.parametrize("side", range(4))
@pytest.mark.parametrize("share", [0.12, 0.25, 0.4])
def test_shade_along_a_side_is_no_ink(side, share, drawing):
    shade = np.rot90(drawing, side).copy()
    shade[: round(share * 160)] = shade[: round(share * 160)] * 0.6
    assert_alike(np.rot90(shade, -side), drawing)


def test_the_parts_of_a_hairline_are_equally_strong(digits, rng):
    for image in digits[0][:10]:
        seen = to_mnist(faint_hairline(image, rng))
        assert (seen[seen > 0] > 100).mean() > 0.4


def test_a_touched_frame_has_room_for_every_digit(digits):
    rng = np.random.default_rng(0)
    pictures = [touched_frame(digits[0][i % 60], rng) for i in range(1000)]
    assert {picture.shape for picture in pictures} == {(190, 147), (147, 190)}


def test_a_digit_in_a_cell_is_whole(digits, rng):
    for image in digits[0]:
        cell, whole = strangers._cell(image, rng, 21), strangers.high(image, 100)
        (h, w), (rows, columns) = (
            1 + np.ptp(np.nonzero(ink > 0.5), axis=1) for ink in (cell, whole)
        )
        assert w / h == pytest.approx(columns / rows, abs=0.06)


def test_a_neighbour_is_cut_by_either_border(digits, rng):
    pictures = [neighbour_cut(image, rng) for image in digits[0][:20]]
    sides = [np.argmin([p[:, 0].min(), p[:, -1].min()]) for p in pictures]
    assert 3 <= sum(sides) <= 17


# What is left out


@pytest.mark.parametrize("kind", [ruled_lines, neighbour_cut], ids=lambda kind: kind.__name__)
def test_what_was_left_out_is_shown(kind, digits, rng):
    stages = preprocessing_stages(kind(digits[0][0], rng))
    assert list(stages) == ["grey", "dropped", "ink", "box", "20 x 20", "28 x 28"]
    assert stages["dropped"].shape == stages["grey"].shape
    assert stages["dropped"].max() > 100


def test_what_is_left_out_is_no_longer_ink(drawing):
    lined = drawing.copy()
    lined[140:145] = 60
    stages = preprocessing_stages(lined)
    assert stages["dropped"][142].min() > 150
    assert stages["ink"][138:148].max() == 0
    assert_alike(lined, drawing)


def test_a_digit_that_stands_on_a_line_stays_whole(drawing):
    foot = np.flatnonzero((drawing < 140).any(axis=1))[-1]
    lined = drawing.copy()
    lined[foot + 1 : foot + 5] = 60  # what the line hides of the foot is lost
    assert_alike(lined, drawing)


def test_a_stroke_that_crosses_a_line_stays_whole(drawing):
    lined = drawing.copy()
    lined[115:118] = 60
    assert_alike(lined, drawing)


@pytest.mark.parametrize("side", range(4))
def test_a_strip_along_any_edge_changes_nothing(side, drawing):
    strip = np.rot90(drawing, side).copy()
    strip[:9] = 60
    assert_alike(np.rot90(strip, -side), drawing)


def test_part_of_another_digit_at_the_border_changes_nothing(drawing):
    other = drawing.copy()
    other[60:110, :8] = 60
    assert_alike(other, drawing)


def test_the_bar_of_a_five_stays_though_the_border_cuts_its_body():
    ink = np.zeros((120, 120))
    ink[10:20, 45:90] = 1
    ink[30:120, 40:52] = ink[108:120, 40:90] = 1
    assert preprocessing_stages(ink, ink="light")["box"].shape == (110, 110)


def test_the_bar_of_a_tight_seven_is_no_line():
    seven = np.zeros((120, 100))
    seven[:6] = seven[:, 94:] = 1
    assert len(preprocessing_stages(seven, ink="light")["box"]) >= 120


# What makes no difference


@pytest.mark.parametrize("shift", [(0, 25), (25, 0), (-25, -25)])
def test_the_place_on_the_paper_changes_nothing(shift, drawing):
    assert_alike(np.roll(drawing, shift, (0, 1)), drawing)


@pytest.mark.parametrize("side", [80, 240, 400, 1200])
def test_the_size_of_the_picture_changes_little(side, drawing):
    assert_alike(Image.fromarray(drawing).resize((side, side)), drawing)


def test_a_negative_gives_the_same_digit(drawing):
    assert_alike(255 - drawing, drawing)


@pytest.mark.parametrize("paper", [110, 150, 200, 255])
def test_the_brightness_of_the_paper_changes_little(paper, drawing):
    assert_alike((drawing.astype(float) * paper / 230).astype(np.uint8), drawing)


@pytest.mark.parametrize("contrast", [0.1, 0.3, 0.6])
def test_the_strength_of_the_ink_changes_little(contrast, drawing):
    faint = 230 - contrast * (230.0 - drawing)
    assert_alike(np.round(faint).astype(np.uint8), drawing)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_colours_of_equal_lightness_are_told_apart(order, digits, rng):
    picture = coloured(digits[0][1], np.random.default_rng(3))
    ink = np.clip(np.abs(picture[..., 2].astype(float) - picture[0, 0, 2]), 0, 255)
    assert_alike(picture[..., order], ink.astype(np.uint8))


@pytest.mark.parametrize("ink", ["dark", "light", "auto"])
def test_ink_of_the_papers_lightness_is_found_whatever_it_is_called(ink, digits):
    picture = coloured(digits[0][1], np.random.default_rng(3))
    assert np.array_equal(to_mnist(picture, ink=ink), to_mnist(picture))


def test_grey_pictures_in_colour_are_as_without(digits, rng):
    grey = plain(digits[0][2], rng)
    opaque = np.full((*grey.shape, 1), 255, np.uint8)
    rgb = np.dstack([grey] * 3)
    for picture in (rgb, np.dstack([rgb, opaque])):
        assert np.array_equal(to_mnist(picture), to_mnist(grey))
