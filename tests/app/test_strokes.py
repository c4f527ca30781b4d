import numpy as np
import pytest

from mnist_course.app.strokes import INK_WIDTH, draw_strokes

STEM = [[[0.5, 0.2], [0.5, 0.8]]]


def test_no_strokes_are_white_paper():
    paper = draw_strokes([], 50)
    assert paper.shape == (50, 50)
    assert paper.dtype == np.uint8
    assert paper.min() == 255


@pytest.mark.parametrize("width", [0.03, INK_WIDTH, 0.15])
def test_the_pen_is_as_wide_as_asked(width):
    ink = draw_strokes(STEM, 200, width) < 128
    assert ink[100].sum() == pytest.approx(width * 200, abs=1)
    assert np.flatnonzero(ink.any(axis=1))[0] == pytest.approx(40 - width * 100, abs=1)


def test_without_a_width_it_is_the_pads():
    np.testing.assert_array_equal(draw_strokes(STEM, 100), draw_strokes(STEM, 100, INK_WIDTH))


def test_a_joint_is_round():
    corner = draw_strokes([[[0.2, 0.8], [0.5, 0.2], [0.8, 0.8]]], 200, 0.1)
    assert corner[32, 100] < 128  # the tip of a sharp corner, without a notch
    assert corner[29, 100] == 255  # and without a spike


def test_many_points_on_a_line_leave_its_edges_straight():
    ends = draw_strokes([[[0.2, 0.5], [0.8, 0.5]]], 200)
    many = draw_strokes([[[0.2 + 0.01 * step, 0.5] for step in range(61)]], 200)
    np.testing.assert_array_equal(many[:, 45:155], ends[:, 45:155])
