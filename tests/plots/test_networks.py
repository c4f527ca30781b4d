"""diagrams: a small network, drawn."""

from itertools import combinations, pairwise

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from mnist_course.plots import networks
from mnist_course.plots.networks import draw_network, draw_pipeline

VALUES = [[1.0, 0.5], [2.0, 0.0, 1.0], [0.25, np.nan]]
FULL = [*VALUES[:2], [0.25, 0.75]]
WEIGHTS = [np.array([[1.0, -2.0, 3.0], [4.0, 5.0, 6.0]]), np.full((3, 2), -7.5)]


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def texts(ax):
    return [text.get_text() for text in ax.texts if text.get_text()]


def arrows(ax):
    return [text for text in ax.texts if text.get_text() == ""]


def test_units_weights_and_captions_are_written():
    ax = draw_network(VALUES, WEIGHTS, captions=["in", "hidden", "out"], title="Small")
    assert len(ax.patches) == 7
    assert {"1", "0.5", "2", "0", "0.25", "−2", "−7.5", "hidden"} <= set(texts(ax))
    assert ax.get_title(loc="left") == "Small"


def test_an_unknown_value_leaves_its_circle_empty():
    ax = draw_network([[np.nan, np.nan]], [])
    assert len(ax.patches) == 2
    assert texts(ax) == []


def test_no_arrow_ends_at_an_empty_circle():
    assert len(arrows(draw_network(VALUES, WEIGHTS))) == 9
    empty_left = [[np.nan, np.nan], [2.0, 0.0, 1.0]]
    assert arrows(draw_network(empty_left, WEIGHTS[:1], backward=True)) == []


@pytest.mark.parametrize("sizes", [(2, 3, 2), (3, 2, 3), (2, 4, 3)])
def test_no_two_numbers_collide(sizes):
    values = [[1.0] * size for size in sizes]
    ax = draw_network(values, [np.full(shape, -1.25) for shape in pairwise(sizes)])
    ax.figure.canvas.draw()
    boxes = [t.get_window_extent() for t in ax.texts if t.get_text() == "−1.25"]
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))


def test_each_weight_has_an_arrow_and_backward_turns_it():
    forward = arrows(draw_network(FULL, WEIGHTS))
    backward = arrows(draw_network(FULL, WEIGHTS, backward=True))
    assert len(forward) == len(backward) == 12
    assert all(arrow.xy[0] > arrow.xyann[0] for arrow in forward)
    assert all(arrow.xy[0] < arrow.xyann[0] for arrow in backward)


def test_lines_of_a_unit_that_is_off_are_grey():
    ax = draw_network(FULL, WEIGHTS)
    colors = [to_hex(arrow.arrow_patch.get_edgecolor()).upper() for arrow in arrows(ax)]
    assert colors.count(networks.OFF) == 4
    assert colors[0] == networks.BLUE
    assert colors[-1] == networks.ORANGE


def test_layers_without_weights_stand_alone():
    ax = draw_network(VALUES, WEIGHTS[:1])
    assert len(ax.patches) == 7
    assert len(arrows(ax)) == 6


def test_it_draws_where_it_is_told():
    _, ax = plt.subplots()
    assert draw_network(VALUES, WEIGHTS, ax=ax) is ax


def test_weights_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"shape \(3, 2\) between layers 1 and 2"):
        draw_network(VALUES, [WEIGHTS[0], WEIGHTS[1].T])


def test_a_pipeline_learns_in_fit_and_only_applies_in_predict():
    drawn = [text.get_text() for text in draw_pipeline(["PCA", "k-NN"]).texts]
    texts = [text for text in drawn if text]  # arrows have none
    assert texts[:4] == [
        "fit",
        "training digits\nand labels",
        "PCA\nlearns, applies",
        "k-NN\nlearns",
    ]
    assert texts[-4:] == ["new digits", "PCA\napplies", "k-NN\napplies", "answers"]


def test_a_pipeline_without_steps_is_refused():
    with pytest.raises(ValueError, match="names of a pipeline's steps"):
        draw_pipeline([])
