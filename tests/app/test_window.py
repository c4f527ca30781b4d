"""The window on a virtual display, with generated mouse and keys."""

import os
import shutil
import signal
import subprocess
import sys
import time
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from mnist_course import DigitReader
from mnist_course.app import window
from mnist_course.app.strokes import INK_WIDTH, PROMPT, draw_strokes
from mnist_course.app.window import Window

COMMAND = sys.executable, "-m", "mnist_course.cli"
XVFB = shutil.which("Xvfb")
needs_display = [
    pytest.mark.skipif(window.tk is None, reason="this Python has no tkinter"),
    pytest.mark.skipif(XVFB is None, reason="no Xvfb, the virtual display, on this machine"),
]

SEVEN = [(0.3, 0.25), (0.7, 0.25), (0.45, 0.8)]
ONE = [(0.5, 0.2), (0.5, 0.8)]


@pytest.fixture(scope="module")
def display():
    """The name of a virtual display of our own: Xvfb chooses a free number and tells it."""
    read, write = os.pipe()
    command = [XVFB, "-displayfd", str(write), "-screen", "0", "1000x800x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL) as server:
        os.close(write)
        with os.fdopen(read) as told:
            number = told.readline().strip()  # it waits until the display is ready
        yield f":{number}"
        server.terminate()


@pytest.fixture(scope="module")
def reader():
    return DigitReader.load()


@pytest.fixture
def opened(display, reader, monkeypatch):
    """A window with the keyboard's focus."""
    monkeypatch.setenv("DISPLAY", display)
    opened = Window(reader)
    opened.root.focus_force()
    opened.root.update()
    yield opened
    opened.root.destroy()


def wait(opened, true, seconds=10):
    """Let the window work until something is true."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"not within {seconds} s; status: {opened.status['text']}"
        opened.root.update()
        time.sleep(0.005)


def settle(opened):
    """Let the window work until it has shown and read everything."""
    wait(opened, lambda: opened._reading is None and opened._redrawing is None)


def mouse(opened, event, point):
    x, y = (round(share * opened._side) + 1 for share in point)
    opened.paper.event_generate(event, x=x, y=y)
    opened.root.update()


def draw(opened, corners):
    mouse(opened, "<Button-1>", corners[0])
    for start, end in pairwise(corners):
        for point in np.linspace(start, end, 12)[1:]:
            mouse(opened, "<B1-Motion>", point)
    mouse(opened, "<ButtonRelease-1>", corners[-1])
    settle(opened)


def press(opened, keys):
    opened.root.event_generate(keys)
    settle(opened)


def pixels(opened, photo):
    """What a picture of Tk shows: uint8, shape (h, w)."""
    data = opened.root.tk.call(photo, "data", "-format", "ppm")
    header, size, _, values = bytes(data).split(b"\n", 3)
    assert header == b"P6"
    width, height = map(int, size.split())
    return np.frombuffer(values, np.uint8).reshape(height, width, 3)[..., 0]


def bars(opened):
    """Lengths (1 is full) and texts of the ten bars."""
    canvas = opened.bars.canvas
    coords = [canvas.coords(bar) for bar, _ in opened.bars._rows]
    lengths = [(right - left) / opened.bars._length for left, _, right, _ in coords]
    return np.array(lengths), [canvas.itemcget(text, "text") for _, text in opened.bars._rows]


class TestOnADisplay:
    pytestmark = needs_display

    def test_an_empty_window_asks_for_a_digit(self, opened):
        assert opened.text["text"] == PROMPT
        assert opened.digit["text"] == "?"
        assert opened.status["text"] == "champion is ready"
        assert bars(opened)[1] == [""] * 10
        assert pixels(opened, opened._shown).min() == 255
        assert opened.undo.instate(["disabled"])
        assert opened.clear.instate(["disabled"])

    def test_a_drawn_seven_is_read(self, opened, reader):
        draw(opened, SEVEN)
        reading = reader.read_picture(opened.sketch.picture(280), ink="dark")
        lengths, texts = bars(opened)
        assert opened.digit["text"] == "7"
        assert opened.text["text"] == f"{reading.confidence:.1%} sure"
        np.testing.assert_allclose(lengths, reading.probabilities, atol=1e-3)
        assert texts == [f"{share:.1%}" for share in reading.probabilities]
        assert opened.status["text"].startswith("Read by champion in ")
        assert opened.status["text"].endswith(" ms")

    def test_the_paper_shows_the_strokes_where_the_mouse_was(self, opened):
        draw(opened, SEVEN)
        expected = draw_strokes([SEVEN], opened._side)
        shown = pixels(opened, opened._shown)
        assert shown.shape == expected.shape
        assert ((shown < 128) != (expected < 128)).mean() < 0.005

    def test_what_the_network_sees_is_enlarged_pixel_by_pixel(self, opened, reader):
        draw(opened, SEVEN)
        image = reader.read_picture(opened.sketch.picture(280), ink="dark").image
        seen = pixels(opened, opened._seen)
        times = len(seen) // 28
        assert times >= 5
        np.testing.assert_array_equal(seen, image.repeat(times, 0).repeat(times, 1))

    def test_it_is_read_while_the_pen_is_down_but_not_at_every_point(self, opened, monkeypatch):
        read, answer = [], opened.sketch.answer
        monkeypatch.setattr(opened.sketch, "answer", lambda: read.append(1) or answer())
        start = time.monotonic()
        mouse(opened, "<Button-1>", (0.5, 0.2))
        for step in range(200):
            mouse(opened, "<B1-Motion>", (0.5, 0.2 + 0.003 * step))
        wait(opened, lambda: read and opened.digit["text"] == "1")
        elapsed = 1000 * (time.monotonic() - start)
        assert 1 <= len(read) <= elapsed / window.LIVE + 1  # clocks are rounded

    def test_undo_and_clear_by_keys(self, opened):
        draw(opened, SEVEN)
        draw(opened, [(0.3, 0.5), (0.7, 0.5)])
        press(opened, "<Control-z>")
        assert len(opened.sketch.strokes) == 1
        assert opened.digit["text"] == "7"
        for key in ("<Escape>", "<Delete>"):
            press(opened, key)
            assert opened.text["text"] == PROMPT
            assert pixels(opened, opened._shown).min() == 255
            press(opened, "<Control-z>")  # a cleared drawing comes back
            assert opened.digit["text"] == "7"

    def test_undo_and_clear_by_buttons(self, opened):
        draw(opened, ONE)
        opened.clear.invoke()
        settle(opened)
        assert opened.text["text"] == PROMPT
        opened.undo.invoke()
        opened.undo.invoke()
        settle(opened)
        assert opened.text["text"] == PROMPT
        assert opened.undo.instate(["disabled"])

    def test_the_pen_width_changes_strokes_and_answer(self, opened):
        draw(opened, ONE)
        assert opened.pen.get() == INK_WIDTH
        before, answer = (pixels(opened, opened._shown) < 128).sum(), opened.text["text"]
        opened.pen.set(0.15)
        settle(opened)
        assert (pixels(opened, opened._shown) < 128).sum() > 1.5 * before
        assert opened.text["text"] != answer

    def test_a_picture_is_opened_and_shown(self, opened, monkeypatch, tmp_path):
        Image.fromarray(draw_strokes([SEVEN], 300)).save(tmp_path / "seven.png")
        choose(monkeypatch, tmp_path / "seven.png")
        press(opened, "<Control-o>")
        assert opened.digit["text"] == "7"
        assert pixels(opened, opened._shown).min() < 50

    def test_a_bad_file_is_a_message_and_the_drawing_stays(self, opened, monkeypatch, tmp_path):
        (tmp_path / "bad.png").write_text("no picture")
        draw(opened, SEVEN)
        choose(monkeypatch, tmp_path / "bad.png")
        press(opened, "<Control-o>")
        assert opened.status["text"].startswith("cannot read this picture")
        assert opened.digit["text"] == "7"

    def test_a_blank_file_is_said_without_what_only_python_can_do(
        self, opened, monkeypatch, tmp_path
    ):
        Image.new("L", (50, 50), 255).save(tmp_path / "blank.png")
        choose(monkeypatch, tmp_path / "blank.png")
        press(opened, "<Control-o>")
        assert opened.status["text"].endswith("one digit with paper around it")

    def test_a_dialog_closed_without_a_file_changes_nothing(self, opened, monkeypatch):
        draw(opened, SEVEN)
        choose(monkeypatch, "")
        before = opened.status["text"]
        press(opened, "<Control-o>")
        assert opened.status["text"] == before

    def test_a_failing_callback_is_a_message(self, opened, capsys):
        opened.root.after_idle(lambda: 1 / 0)
        wait(opened, lambda: opened.status["text"] == "division by zero")
        assert capsys.readouterr().err == ""

    def test_the_command_opens_it_and_ctrl_c_closes_it(self, display):
        options = {"env": os.environ | {"DISPLAY": display}, "stderr": subprocess.PIPE}
        with subprocess.Popen([*COMMAND, "draw"], text=True, **options) as process:
            assert appears(display, "mnist-course", process)
            time.sleep(1)  # now it waits for events, which is when Tk hears no signal
            process.send_signal(signal.SIGINT)
            assert process.wait(10) == -signal.SIGINT
            assert process.stderr.read() == ""


def choose(monkeypatch, path):
    """Answer the next question for a file."""
    monkeypatch.setattr(window.filedialog, "askopenfilename", lambda **_: str(path))


def appears(display, name, process, seconds=60):
    """Whether the process opens a window; applications of Tk know each other by name."""
    root, end = window.tk.Tk(screenName=display), time.monotonic() + seconds
    try:
        while process.poll() is None and time.monotonic() < end:
            if any(other.startswith(name) for other in root.winfo_interps()):
                return True
            time.sleep(0.1)
        return False
    finally:
        root.destroy()


def test_without_tkinter_the_message_says_what_to_install(monkeypatch, reader):
    monkeypatch.setattr(window, "tk", None)
    with pytest.raises(ValueError, match="sudo apt install python3-tk.*mnist-course predict"):
        Window(reader)


def test_a_python_without_tkinter_can_import_the_module():
    code = (
        "import sys; sys.modules['_tkinter'] = sys.modules['tkinter'] = None\n"
        "from mnist_course.app.window import tk; print(tk)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "None\n", done.stderr


@pytest.mark.skipif(window.tk is None, reason="this Python has no tkinter")
@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="there is always a display")
@pytest.mark.parametrize("display", [{}, {"DISPLAY": ":4567"}], ids=["none", "wrong"])
def test_without_a_display_the_message_says_what_to_do(display):
    env = {name: value for name, value in os.environ.items() if name != "DISPLAY"} | display
    done = subprocess.run([*COMMAND, "draw"], env=env, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("mnist-course: there is no screen to open a window on")
    assert "over SSH" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_window_needs_neither_keras_nor_matplotlib():
    code = (
        "import sys, mnist_course.app.window\n"
        "print({'keras', 'tensorflow', 'matplotlib', 'anywidget'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "set()", done.stderr
