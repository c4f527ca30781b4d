"""A pad to draw a digit on, inside a notebook."""

import math
from numbers import Real
from pathlib import Path

import anywidget
import numpy as np
import traitlets

from .strokes import INK_WIDTH, PROMPT, doubt_of, draw_strokes

FOLDER = Path(__file__).resolve().parent


class DrawingPad(anywidget.AnyWidget):
    """A square of paper to draw on with mouse, pen or touch; dark ink on light paper.

    Attributes:
        strokes: one list of ``[x, y]`` points per stroke, 0.0 to 1.0 from the top left corner,
            in the order drawn. Assign to it to draw from Python: ``pad.strokes = []`` clears.
        answer: what stands beneath the pad: without a reader, nothing.

    Example:
        >>> pad = DrawingPad(reader=DigitReader.load())
        >>> pad  # draw a digit, then
        >>> reader.read_picture(pad.picture()).label
        7
    """

    _esm = FOLDER / "pad.js"
    _css = FOLDER / "pad.css"
    _ink_width = traitlets.Float(INK_WIDTH).tag(sync=True)
    strokes = traitlets.List().tag(sync=True)
    answer = traitlets.Unicode("").tag(sync=True)

    def __init__(self, *, reader=None):
        """Make an empty pad.

        Args:
            reader: a ``DigitReader``, or anything with its ``read_picture``, whose answer is
                shown beneath the pad while the learner draws.
        """
        super().__init__()
        self._reader = reader
        self.observe(self._answer, names="strokes")
        self._answer()

    def __repr__(self) -> str:
        return "DrawingPad()"  # the same each time, so that a notebook's output is too

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been drawn."""
        return not self.strokes

    def picture(self, size: int = 280) -> np.ndarray:
        """The drawing as the learner sees it; an empty pad is white paper.

        Args:
            size: width and height in pixels, 28 to 2048.

        Returns:
            uint8, shape (size, size), 0 black ink to 255 white paper.

        Raises:
            ValueError: the size is not a whole number from 28 to 2048.
        """
        if not isinstance(size, int) or not 28 <= size <= 2048:
            raise ValueError(f"size must be a whole number from 28 to 2048 pixels, got {size!r}")
        return draw_strokes(self.strokes, size)

    @traitlets.validate("strokes")
    def _checked_strokes(self, proposal) -> list:
        for stroke in proposal["value"]:
            if not isinstance(stroke, list | tuple) or not all(map(_is_point, stroke)):
                raise ValueError(
                    "expected strokes as lists of [x, y] points, each number from 0 to 1, "
                    f"got {stroke!r:.80}"
                )
        return [[[float(x), float(y)] for x, y in stroke] for stroke in proposal["value"] if stroke]

    def _answer(self, _change=None) -> None:
        if self._reader is not None:
            self.answer = PROMPT if self.is_empty else self._read()

    def _read(self) -> str:
        try:
            reading = self._reader.read_picture(self.picture(), ink="dark")
        except Exception as problem:  # whatever a reader does, the pad must go on working
            return f"No answer: {problem}"
        return f"{doubt_of(reading)}{reading.label}  ({reading.confidence:.1%} sure)"


def _is_point(point) -> bool:
    return (
        isinstance(point, list | tuple)
        and len(point) == 2
        and all(isinstance(n, Real) and math.isfinite(n) and 0 <= n <= 1 for n in point)
    )
