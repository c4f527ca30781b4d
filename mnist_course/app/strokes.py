"""Strokes of a pen as data, and the picture that they make: one for notebook pad and window."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

INK_WIDTH = 0.08  # of the paper's side: strokes become about 2 pixels wide in MNIST form
FINER = 4  # strokes are drawn this much larger, then averaged: smooth edges

PROMPT = "Draw a digit from 0 to 9."
DOUBT = "Not a digit? "

Stroke = Sequence[Sequence[float]]


def doubt_of(reading) -> str:
    """What to say before an answer: nothing, unless the reader can tell that it saw no digit."""
    return DOUBT if getattr(reading, "is_digit", None) is False else ""


def draw_strokes(strokes: Sequence[Stroke], size: int, ink_width: float = INK_WIDTH) -> np.ndarray:
    """Draw strokes with a round pen, dark on light paper.

    Args:
        strokes: one list of ``[x, y]`` points per stroke, 0.0 to 1.0 from the top left corner.
        size: width and height of the picture in pixels.
        ink_width: width of the pen, a share of the paper's side.

    Returns:
        uint8, shape (size, size), 0 black ink to 255 white paper.
    """
    side = size * FINER
    radius = round((ink_width * side - 1) / 2)
    paper = Image.new("L", (side, side), 255)
    draw = ImageDraw.Draw(paper)
    for stroke in strokes:
        # whole pixels and an odd width: circles are as wide as the lines, no edge is scalloped
        points = [(round(x * side), round(y * side)) for x, y in stroke]
        draw.line(points, fill=0, width=2 * radius + 1)
        for point in points:  # round ends and joints, and a dot for a tap
            draw.circle(point, radius, fill=0)
    return np.asarray(paper.reduce(FINER))
