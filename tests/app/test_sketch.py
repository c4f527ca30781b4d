"""The paper of the window, without a window."""

import numpy as np
import pytest
from PIL import Image

from mnist_course import DigitReader
from mnist_course.app.pad import DrawingPad
from mnist_course.app.sketch import NEAR, Sketch
from mnist_course.app.strokes import INK_WIDTH, PROMPT, draw_strokes

SEVEN = [(0.3, 0.25), (0.7, 0.25), (0.45, 0.8)]


class EchoReader:
    """Answers with a 7, and keeps what it was shown."""

    name, label, confidence = "echo", 7, 0.984
    probabilities, image = np.eye(10)[7], np.full((28, 28), 9, np.uint8)

    def __init__(self):
        self.shown = []

    def read_picture(self, picture, *, ink):
        self.shown.append((picture, ink))
        return self


class BrokenReader:
    name = "broken"

    def read_picture(self, picture, *, ink):
        raise RuntimeError("out of order")


@pytest.fixture
def reader():
    return EchoReader()


@pytest.fixture
def sketch(reader):
    return Sketch(reader)


@pytest.fixture
def file(tmp_path):
    """A 7 in a picture twice as wide as high."""
    pixels = np.full((100, 200), 255, np.uint8)
    pixels[:, 50:150] = draw_strokes([SEVEN], 100)
    Image.fromarray(pixels).save(tmp_path / "seven.png")
    return tmp_path / "seven.png"


def draw(sketch, points):
    sketch.begin(*points[0])
    for point in points[1:]:
        sketch.draw_to(*point)
    sketch.lift()


def test_empty_paper_asks_for_a_digit_and_reads_nothing(sketch, reader):
    answer = sketch.answer()
    assert (answer.digit, answer.text, answer.status) == ("", PROMPT, "")
    assert answer.text.startswith("Draw a digit from 0 to 9")
    assert not answer.probabilities.any()
    assert not answer.image.any()
    assert reader.shown == []


def test_what_is_no_digit_is_doubted(sketch, reader):
    draw(sketch, SEVEN)
    reader.is_digit = False
    assert sketch.answer().text == "Not a digit? 98.4% sure"


def test_a_stroke_is_kept_as_points_and_read(sketch, reader):
    draw(sketch, SEVEN)
    assert sketch.strokes == [[list(point) for point in SEVEN]]
    answer = sketch.answer()
    assert (answer.digit, answer.text) == ("7", "98.4% sure")
    assert answer.status.startswith("Read by echo in ")
    assert answer.status.endswith(" ms")
    assert answer.probabilities is reader.probabilities
    assert answer.image is reader.image


def test_the_reader_is_given_the_same_picture_as_by_the_notebooks_pad(sketch, reader):
    draw(sketch, SEVEN)
    sketch.answer()
    pad = DrawingPad()
    pad.strokes = sketch.strokes
    np.testing.assert_array_equal(reader.shown[0][0], pad.picture())
    assert reader.shown[0][1] == "dark"


def test_lifting_the_pen_ends_a_stroke(sketch):
    draw(sketch, SEVEN[:2])
    draw(sketch, SEVEN[2:])
    assert [len(stroke) for stroke in sketch.strokes] == [2, 1]


def test_beyond_the_edge_the_pen_stays_at_the_edge(sketch):
    draw(sketch, [(0.5, 0.5), (1.7, -3)])
    assert sketch.strokes == [[[0.5, 0.5], [1.0, 0.0]]]


def test_points_lie_a_little_apart_but_the_line_ends_where_the_pen_is(sketch):
    path = [(0.2 + 0.002 * step, 0.5) for step in range(100)]
    draw(sketch, path)
    (xs,) = [[x for x, _ in stroke] for stroke in sketch.strokes]
    assert xs[0] == 0.2
    assert xs[-1] == path[-1][0]
    assert np.diff(xs)[:-1].min() >= NEAR
    assert np.diff(xs).max() < 2 * NEAR


def test_undo_takes_strokes_back_and_then_does_nothing(sketch):
    draw(sketch, SEVEN[:2])
    draw(sketch, SEVEN[1:])
    sketch.undo()
    assert sketch.strokes == [[list(point) for point in SEVEN[:2]]]
    sketch.undo()
    assert sketch.is_empty
    assert not sketch.can_undo
    sketch.undo()
    assert sketch.is_empty


def test_undo_brings_a_cleared_drawing_back(sketch):
    draw(sketch, SEVEN)
    before = sketch.strokes
    sketch.clear()
    assert sketch.is_empty
    sketch.clear()  # of empty paper: nothing to take back
    sketch.undo()
    assert sketch.strokes == before


@pytest.mark.parametrize("action", ["undo", "clear"])
def test_undo_and_clear_in_the_middle_of_a_stroke_lift_the_pen(sketch, action):
    draw(sketch, SEVEN[:2])
    sketch.begin(0.1, 0.1)
    getattr(sketch, action)()
    before = [list(stroke) for stroke in sketch.strokes]
    sketch.draw_to(0.9, 0.9)
    assert sketch.strokes == before


def test_a_pen_that_was_not_put_down_draws_nothing(sketch, file):
    sketch.draw_to(0.5, 0.5)
    assert sketch.is_empty
    sketch.open(file)  # by a double click, say, whose button is still down
    sketch.draw_to(0.5, 0.5)
    assert sketch.opened.path == file


def test_putting_the_pen_down_twice_makes_two_strokes(sketch):
    sketch.begin(0.1, 0.1)  # whose end was lost, as when a dialog opens
    sketch.begin(0.9, 0.9)
    assert sketch.strokes == [[[0.1, 0.1]], [[0.9, 0.9]]]


def test_the_width_of_the_pen_holds_for_all_strokes(sketch, reader):
    draw(sketch, SEVEN)
    assert sketch.ink_width == INK_WIDTH
    sketch.ink_width = 0.03
    sketch.answer()
    np.testing.assert_array_equal(sketch.picture(100), draw_strokes(sketch.strokes, 100, 0.03))
    np.testing.assert_array_equal(reader.shown[0][0], draw_strokes(sketch.strokes, 280, 0.03))


def test_a_picture_from_a_file_is_read_and_shown_whole(sketch, reader, file):
    sketch.open(str(file))
    assert sketch.answer().digit == "7"
    assert reader.shown == [(file, "auto")]
    shown = sketch.picture(100)
    assert shown.shape == (100, 100)
    assert (shown[:24] == 255).all()
    assert shown[30:70].min() < 50


def test_beside_a_dark_picture_the_square_is_dark(sketch, file, tmp_path):
    Image.fromarray(255 - np.asarray(Image.open(file))).save(tmp_path / "dark.png")
    sketch.open(tmp_path / "dark.png")
    assert sketch.picture(100)[0, 0] == 0


def test_a_stroke_on_a_picture_begins_a_new_drawing_and_undo_leads_all_the_way_back(sketch, file):
    draw(sketch, SEVEN)
    sketch.open(file)
    draw(sketch, SEVEN[:2])
    assert sketch.opened is None
    assert sketch.strokes == [[list(point) for point in SEVEN[:2]]]
    sketch.undo()
    assert sketch.opened.path == file
    sketch.undo()
    assert sketch.opened is None
    assert sketch.strokes == [[list(point) for point in SEVEN]]


@pytest.mark.parametrize("name", ["text.png", "missing.png", "blank.png", "."])
def test_a_bad_file_is_refused_and_the_drawing_stays(sketch, tmp_path, name):
    (tmp_path / "text.png").write_text("no picture")
    Image.new("L", (50, 50), 255).save(tmp_path / "blank.png")
    draw(sketch, SEVEN)
    with pytest.raises(ValueError, match="cannot read this picture|found no ink"):
        sketch.open(tmp_path / name)
    assert sketch.opened is None
    assert len(sketch.strokes) == 1


def test_a_broken_reader_is_an_answer_too():
    sketch = Sketch(BrokenReader())
    draw(sketch, SEVEN)
    answer = sketch.answer()
    assert (answer.digit, answer.text, answer.status) == ("", "No answer", "out of order")


def test_the_champion_reads_a_drawn_seven():
    sketch = Sketch(DigitReader.load())
    draw(sketch, SEVEN)
    answer = sketch.answer()
    assert answer.digit == "7"
    assert answer.probabilities.argmax() == 7
    assert answer.image.max() == 255
