"""What is on the paper of the window, and what a reader says of it; nothing here is on a screen."""

import math
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from ..images import preprocessing_stages
from .strokes import INK_WIDTH, PROMPT, doubt_of, draw_strokes

# of the side: a point nearer than this to the one before moves it; a mouse knows whole pixels
# only, and a line through each of them would shake
NEAR = 0.015
READ_SIDE = 280  # pixels of the picture that is read: as the notebook's pad


@dataclass(frozen=True, eq=False)
class Answer:
    """What the window says beside the paper.

    Attributes:
        digit: the label as text; empty where there is no answer.
        text: how sure the reader is, or what to do.
        status: how long the reading took, or why there is no answer.
        probabilities: of the digits 0 to 9, float, shape (10,); zeros where nothing was read.
        image: what the network saw, uint8, shape (28, 28), 0 background to 255 ink.
    """

    digit: str
    text: str
    status: str
    probabilities: np.ndarray
    image: np.ndarray


@dataclass(frozen=True, eq=False)
class Opened:
    """A picture from a file: its path and its pixels, uint8, 0 black to 255 white."""

    path: Path
    grey: np.ndarray


class Sketch:
    """Strokes, or a picture from a file, with undo, and the reader's answer to them.

    Attributes:
        strokes: one list of ``[x, y]`` points per stroke, 0.0 to 1.0 from the top left corner.
        opened: the picture that lies on top of them, if there is one.
        ink_width: width of the pen, a share of the paper's side; it holds for all strokes.

    Example:
        >>> sketch = Sketch(DigitReader.load())
        >>> sketch.begin(0.3, 0.25)
        >>> sketch.draw_to(0.7, 0.25)
        >>> sketch.draw_to(0.45, 0.8)
        >>> sketch.answer().digit
        '7'
    """

    def __init__(self, reader):
        """Lay out white paper.

        Args:
            reader: a ``DigitReader``, or anything with its ``name`` and ``read_picture``.
        """
        self.strokes, self.opened, self.ink_width = [], None, INK_WIDTH
        self._reader, self._past, self._pen_is_down = reader, [], False

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to read."""
        return not self.strokes and self.opened is None

    @property
    def can_undo(self) -> bool:
        """Whether something has been done."""
        return bool(self._past)

    def begin(self, x: float, y: float) -> None:
        """Put the pen on the paper."""
        # beside a picture from a file a stroke would have no meaning: it begins a new drawing
        before = self.strokes if self.opened is None else []
        self._remember([*before, [_within(x, y)]])
        self._pen_is_down = True

    def draw_to(self, x: float, y: float) -> None:
        """Move the pen, if it is on the paper; beyond the edge it stays at the edge."""
        if not self._pen_is_down:  # the button was pressed elsewhere, as in a dialog
            return
        stroke, point = self.strokes[-1], _within(x, y)
        if len(stroke) > 1 and math.dist(*stroke[-2:]) < NEAR:
            stroke[-1] = point
        else:
            stroke.append(point)

    def lift(self) -> None:
        """Take the pen off the paper."""
        self._pen_is_down = False

    def clear(self) -> None:
        """Fresh paper; ``undo`` brings the old one back."""
        if not self.is_empty:
            self._remember([])

    def open(self, path: str | Path) -> None:
        """Lay a picture from a file on the paper.

        Raises:
            BlankImageError, ValueError: as in ``to_mnist``; what was on the paper stays.
        """
        grey = preprocessing_stages(path)["grey"]
        self._remember(self.strokes, Opened(Path(path), grey))

    def undo(self) -> None:
        """Take back the last stroke, the last clearing or the last opening."""
        self._pen_is_down = False
        if self._past:
            self.strokes, self.opened = self._past.pop()

    def picture(self, size: int) -> np.ndarray:
        """The paper as it is to be shown: uint8, shape (size, size), 0 black to 255 white."""
        if self.opened is None:
            return draw_strokes(self.strokes, size, self.ink_width)
        grey = self.opened.grey  # of any proportion: its own shade fills the square
        return np.asarray(ImageOps.pad(Image.fromarray(grey), (size, size), color=_shade(grey)))

    def answer(self) -> Answer:
        """Read what is on the paper; a reader that fails is an answer too."""
        if self.is_empty:
            return _nothing(PROMPT)
        start = time.perf_counter()
        try:
            reading = self._read()
        except Exception as problem:  # whatever a reader does, the window must go on working
            return _nothing("No answer", str(problem))
        milliseconds = (time.perf_counter() - start) * 1000
        return Answer(
            str(reading.label),
            f"{doubt_of(reading)}{reading.confidence:.1%} sure",
            f"Read by {self._reader.name} in {milliseconds:.1f} ms",
            reading.probabilities,
            reading.image,
        )

    def _read(self):
        if self.opened is None:
            return self._reader.read_picture(self.picture(READ_SIDE), ink="dark")
        return self._reader.read_picture(self.opened.path, ink="auto")

    def _remember(self, strokes: list, opened: Opened | None = None) -> None:
        """Go on to another state of the paper, from which ``undo`` leads back."""
        self._past.append((self.strokes, self.opened))
        self.strokes, self.opened, self._pen_is_down = strokes, opened, False


def _within(x: float, y: float) -> list[float]:
    return [min(1.0, max(0.0, float(x))), min(1.0, max(0.0, float(y)))]


def _nothing(text: str, status: str = "") -> Answer:
    return Answer("", text, status, np.zeros(10), np.zeros((28, 28), np.uint8))


def _shade(grey: np.ndarray) -> int:
    """What most of a picture is like: its paper."""
    return int(np.median(grey))
