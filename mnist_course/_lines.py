"""Long straight lines in a picture: ruled and printed ones, told from the strokes of a digit."""

import numpy as np
from scipy import ndimage

from ._sides import longer_side, sides

COVER = 0.8  # of the width of the picture: a shorter line may be a stroke
END = 0.04  # of the width: so near to the border a line begins and ends
STEEP = 0.044  # of its length: a line rises no more than 2.5 degrees
THICK = 0.06  # of the picture: a thicker band is no line
MOST = 12  # lines in one direction: squared paper that dark has more ink than any digit
LEAST = 20  # pixels: in a smaller picture, a line is as thick as a stroke
SIDE = 0.55  # of the width of the picture: a shorter line is no side of a frame
OUTER = 0.25  # of the picture: a frame is nearer than this to its border
LEAST_FRAMED = 40  # pixels: in a smaller picture, a digit's straight strokes are near the border
LARGE = 0.2  # of the picture: what is left once lines are gone must be as large as a digit


def erase_lines(ink: np.ndarray, *, several: bool = False) -> np.ndarray:
    """Ink without the lines that run from border to border.

    Where a stroke crosses a line, or stands on it, the stroke is kept.

    Args:
        ink: bool, shape (h, w).
        several: whether there may be several digits. Then only lines along the longer side of
            the picture are looked for: a 1 may be as high as a row.

    Returns:
        bool, shape (h, w). The ink as it is where there is no such line, and where nothing else
        is left that is off the border: the bar of a 7 cut out tightly is no line.
    """
    height, width = ink.shape
    if min(height, width) < LEAST:
        return ink
    rest = _without_rows(ink, ink) if width >= height or not several else ink
    rest = _without_rows(rest.T, ink.T).T if height >= width or not several else rest
    return rest if _holds_a_digit(rest) else ink


def erase_frame(ink: np.ndarray) -> np.ndarray:
    """Ink without a frame inside the border, even if the digit touches it or a side is missing.

    Args:
        ink: bool, shape (h, w).

    Returns:
        bool, shape (h, w). The ink as it is where there are less than three sides, each a long
        straight line near the border, or where no digit is left without them.
    """
    if min(ink.shape) < LEAST_FRAMED:
        return ink
    rest, erased = ink, 0
    for turns in range(4):
        outer = np.rot90(ink, turns).copy()
        outer[round(OUTER * len(outer)) :] = False
        found = _clearest_line(outer, cover=SIDE)
        if found is not None:
            rest, erased = np.rot90(_erase(np.rot90(rest, turns), *found), -turns), erased + 1
    return rest if erased >= 3 and _holds_a_digit(rest) else ink


def _without_rows(ink: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Ink without the lines from left to right; their ends may be in the whole ink alone."""
    for _ in range(MOST):
        found = _clearest_line(ink, whole)
        if found is None:
            break
        ink = _erase(ink, *found)
    return ink


def _clearest_line(
    ink: np.ndarray, whole: np.ndarray | None = None, *, cover: float = COVER
) -> tuple[np.ndarray, int] | None:
    """The upper row of a line in each column, int of shape (w,), and its thickness in rows.

    It covers so much of the width. If there is a whole ink, the line goes through that.
    """
    height, width = ink.shape
    rows, columns = np.nonzero(ink)
    across, most = np.arange(width) / width - 0.5, int(np.ceil(STEEP * width))
    best, line = cover * width, None
    for rise in range(-most, most + 1):
        shift = np.round(rise * across).astype(int)
        full = np.bincount(rows + shift[columns] + most, minlength=height + 2 * most)
        if full.max() <= best:
            continue
        top, thick = _band(full)
        line_at = top - most - shift
        if thick > THICK * height + 1:
            continue
        if whole is None or _goes_through(whole, line_at, thick):
            best, line = full.max(), (line_at, thick)
    return line


def _goes_through(ink: np.ndarray, line_at: np.ndarray, thick: int) -> bool:
    """Whether a line meets a border of the picture at either end."""
    height, width = ink.shape
    depth = np.arange(height)[:, None] - line_at
    on_line = np.flatnonzero((ink & (depth >= 0) & (depth < thick)).any(axis=0))
    left = on_line.min() <= END * width or not 0 < line_at[0] < height - 1
    right = on_line.max() >= (1 - END) * width - 1 or not 0 < line_at[-1] < height - 1
    return left and right


def _band(cover: np.ndarray) -> tuple[int, int]:
    """Where the fullest rows begin, and how many they are."""
    full = cover > 0.5 * cover.max()
    labels, _ = ndimage.label(full)
    rows = np.flatnonzero(labels == labels[cover.argmax()])
    return int(rows[0]), len(rows)


def _erase(ink: np.ndarray, top: np.ndarray, thick: int) -> np.ndarray:
    """Ink without a line, but with what crosses it."""
    depth = np.arange(len(ink))[:, None] - top  # of each pixel below the line's upper edge
    near = max(1, round(0.5 * thick))
    band = (depth >= -near) & (depth < thick + near)
    over, under = ((depth == row) & ink for row in (-near - 1, thick + near))
    crossed = over.any(axis=0) & under.any(axis=0)
    # a slanted stroke leaves the line in another column than the one in which it came
    crossed = ndimage.binary_closing(crossed, iterations=near)
    return ink & ~(band & ~crossed)


def _holds_a_digit(ink: np.ndarray) -> bool:
    """Whether a stroke as large as a digit is off the border of the picture."""
    labels, count = ndimage.label(ink, np.ones((3, 3)))
    if not count:
        return False
    area = np.bincount(labels.ravel())
    area[0] = 0
    framed = np.concatenate(sides(labels))
    free = area.copy()
    free[framed] = 0
    box = ndimage.find_objects(labels)[free.argmax() - 1]
    size = longer_side(box)
    return bool(4 * free.max() >= area.max() and size > LARGE * min(ink.shape))
