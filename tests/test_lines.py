import numpy as np
import pytest

from mnist_course._lines import erase_frame, erase_lines


def page(height: int = 120, width: int = 160) -> np.ndarray:
    """A stroke 60 high and 10 wide off the border: bool."""
    ink = np.zeros((height, width), bool)
    ink[30:90, 70:80] = True
    return ink


def tilted(degrees: float, at: int, thick: int = 3) -> np.ndarray:
    """A line from left to right, bool, 120 x 160."""
    rows, columns = np.indices((120, 160))
    depth = rows - at - np.tan(np.deg2rad(degrees)) * (columns - 80)
    return (depth >= 0) & (depth < thick)


@pytest.mark.parametrize("degrees", [-2, -1, 0, 0.5, 2])
def test_a_line_is_erased_however_it_leans(degrees):
    left = erase_lines(page() | tilted(degrees, 105))
    assert (left ^ page()).sum() < 30  # pixels, of 480


def test_lines_in_both_directions_are_erased():
    ink = page()
    ink[8:11] = ink[110:113] = ink[:, 12:15] = ink[:, 140:143] = True
    assert np.array_equal(erase_lines(ink), page())


def test_a_broken_line_is_erased():
    line = tilted(0, 105)
    line[:, 40:50] = line[:, 100:110] = False
    assert np.array_equal(erase_lines(page() | line), page())


def test_ink_without_lines_stays_as_it_is():
    assert np.array_equal(erase_lines(page()), page())


def test_what_crosses_a_line_is_kept():
    assert np.array_equal(erase_lines(page() | tilted(0, 60)), page())


def test_what_stands_on_a_line_is_kept():
    left = erase_lines(page() | tilted(0, 90))
    assert np.array_equal(left[:88], page()[:88])
    assert not left[90:].any()


def test_a_bar_that_ends_before_the_border_is_kept():
    ink = page()
    ink[30:34, 10:150] = True
    assert np.array_equal(erase_lines(ink), ink)


def test_a_thick_band_is_no_line():
    ink = page() | tilted(0, 95, thick=15)
    assert np.array_equal(erase_lines(ink), ink)


def test_lines_alone_are_kept():
    ink = tilted(0, 60)
    assert np.array_equal(erase_lines(ink), ink)


def test_among_several_digits_one_as_high_as_the_row_is_kept():
    ink = page(120, 300)
    ink[:, 150:156] = True
    assert np.array_equal(erase_lines(ink, several=True), ink)
    assert np.array_equal(erase_lines(ink), page(120, 300))


def frame(*sides: int) -> np.ndarray:
    """Sides of a frame, 0 the upper one and on to the left, bool, 160 x 160."""
    ink = np.zeros((160, 160), bool)
    for side in sides:
        np.rot90(ink, -side)[12:15, 12:148] = True
    return ink


@pytest.mark.parametrize("sides", [(0, 1, 2, 3), (0, 1, 2), (1, 2, 3)])
def test_a_frame_that_a_digit_touches_is_erased(sides):
    digit = np.zeros((160, 160), bool)
    digit[50:110, 30:40] = digit[50:60, 14:40] = True
    assert (erase_frame(frame(*sides) | digit) ^ digit).sum() < 50  # pixels, of 1600


def test_two_long_strokes_are_no_frame():
    digit = np.zeros((160, 160), bool)
    digit[50:110, 70:80] = True
    assert np.array_equal(erase_frame(frame(0, 1) | digit), frame(0, 1) | digit)


def test_a_digit_that_is_a_frame_is_kept():
    assert np.array_equal(erase_frame(frame(0, 1, 2, 3)), frame(0, 1, 2, 3))
