import numpy as np
import pytest

from mnist_course.app.pad import INK_WIDTH, PROMPT, DrawingPad
from mnist_course.images import to_mnist

SEVEN = [[[0.3, 0.25], [0.7, 0.25], [0.45, 0.8]]]


class EchoReader:
    """Answers with a fixed digit, and keeps what it was shown."""

    def __init__(self):
        self.shown = []

    def read_picture(self, picture, *, ink):
        self.shown.append((picture, ink))
        return self

    label, confidence = 7, 0.984


class BrokenReader:
    def read_picture(self, picture, *, ink):
        raise RuntimeError("out of order")


def test_a_new_pad_is_white_paper():
    pad = DrawingPad()
    assert pad.is_empty
    assert pad.picture().shape == (280, 280)
    assert pad.picture().dtype == np.uint8
    assert pad.picture().min() == 255


def test_strokes_are_drawn_black_with_the_stated_width():
    pad = DrawingPad()
    pad.strokes = [[[0.5, 0.2], [0.5, 0.8]]]
    ink = pad.picture(200) < 128
    assert not pad.is_empty
    assert ink[100].sum() == pytest.approx(INK_WIDTH * 200, abs=1)
    assert np.flatnonzero(ink[100]).mean() == pytest.approx(99.5, abs=1)


def test_a_stroke_has_round_ends():
    pad = DrawingPad()
    pad.strokes = [[[0.5, 0.2], [0.5, 0.8]]]
    rows = np.flatnonzero((pad.picture(200) < 128).any(axis=1))
    assert rows[0] == pytest.approx(40 - INK_WIDTH * 100, abs=1)
    assert rows[-1] == pytest.approx(160 + INK_WIDTH * 100, abs=1)


def test_a_tap_leaves_a_dot():
    pad = DrawingPad()
    pad.strokes = [[[0.5, 0.5]]]
    area = (255.0 - pad.picture(200)).sum() / 255
    assert area == pytest.approx(np.pi * (INK_WIDTH * 100) ** 2, rel=0.05)


def test_edges_are_smooth_and_ink_beyond_the_paper_is_cut():
    pad = DrawingPad()
    pad.strokes = [[[0.0, 0.0], [1.0, 0.7]]]
    assert len(np.unique(pad.picture())) > 10


def test_the_picture_can_be_read_like_any_other():
    pad = DrawingPad()
    pad.strokes = SEVEN
    image = to_mnist(pad.picture())
    bar, stem = image[8:10] > 127, image[18:20] > 127
    assert bar.sum() > 2 * stem.sum() > 0


def test_clearing_empties_the_pad():
    pad = DrawingPad()
    pad.strokes = SEVEN
    pad.strokes = []
    assert pad.is_empty


@pytest.mark.parametrize(
    "strokes",
    [[[0.1, 0.2]], [[[0.1]]], [[[0.1, 1.2]]], [[[0.1, float("nan")]]], [["ab"]], ["line"]],
    ids=["a point", "one number", "beyond", "nan", "letters", "text"],
)
def test_strokes_of_another_form_are_refused_and_the_drawing_stays(strokes):
    pad = DrawingPad()
    pad.strokes = SEVEN
    with pytest.raises(ValueError, match=r"lists of \[x, y\] points"):
        pad.strokes = strokes
    assert pad.strokes == SEVEN


@pytest.mark.parametrize("size", [27, 2049, 100.0, "large"])
def test_sizes_out_of_range_are_refused(size):
    with pytest.raises(ValueError, match="from 28 to 2048"):
        DrawingPad().picture(size)


def test_without_a_reader_nothing_is_answered():
    pad = DrawingPad()
    pad.strokes = SEVEN
    assert pad.answer == ""


def test_the_reader_answers_each_drawing_and_a_prompt_waits_on_an_empty_pad():
    reader = EchoReader()
    pad = DrawingPad(reader=reader)
    assert pad.answer == PROMPT
    pad.strokes = SEVEN
    assert pad.answer == "7  (98.4% sure)"
    np.testing.assert_array_equal(reader.shown[-1][0], pad.picture())
    assert reader.shown[-1][1] == "dark"
    pad.strokes = []
    assert pad.answer == PROMPT


def test_what_is_no_digit_is_doubted():
    reader = EchoReader()
    reader.is_digit = False
    pad = DrawingPad(reader=reader)
    pad.strokes = SEVEN
    assert pad.answer == "Not a digit? 7  (98.4% sure)"


def test_a_broken_reader_does_not_break_the_pad():
    pad = DrawingPad(reader=BrokenReader())
    pad.strokes = SEVEN
    assert pad.answer == "No answer: out of order"
    assert pad.strokes == SEVEN


def test_text_form_is_the_same_for_every_pad():
    first, second = DrawingPad(), DrawingPad()
    second.strokes = SEVEN
    assert repr(first) == repr(second) == "DrawingPad()"
    assert first._repr_mimebundle_()[0]["text/plain"] == "DrawingPad()"


def test_the_browser_gets_script_style_and_ink_width():
    state = DrawingPad().get_state()
    assert "export default" in state["_esm"]
    assert "touch-action: none" in state["_css"]
    assert state["_ink_width"] == INK_WIDTH
