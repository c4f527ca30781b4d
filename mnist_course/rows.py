"""A picture of several digits, in a row or on a sheet of rows, to one image of each digit."""

from typing import NamedTuple

import numpy as np
from scipy import ndimage

from ._foreground import crop_to_sheet
from ._ink import find_ink, otsu_threshold
from ._light import WORKING_SIDE
from .images import Picture, form_stages, lightness, open_picture

__all__ = ["Digit", "split_digits"]

TALL = 0.4  # of the height of most digits: what is lower is part of one
NEAR = 0.35  # of that height: a part is not farther from its digit
SAME = 0.6  # of the narrower of two strokes lies above or below the other: they are one digit
WIDE = 1.2  # of that height: what is wider may be two digits or more that touch
WAIST = 0.5  # of the height of what touches: where it is thicker, it is not cut
PART = 0.7  # of that height: a lower part is no digit but the bar of a 5 or the foot of a 2


class Digit(NamedTuple):
    """One digit of a picture.

    Attributes:
        box: top, left, bottom and right in pixels of the upright picture, bottom and right
            excluded.
        image: the digit in MNIST form, uint8, shape (28, 28), 0 background to 255 ink.
    """

    box: tuple[int, int, int, int]
    image: np.ndarray


def split_digits(picture: Picture, *, ink: str = "auto") -> list[list[Digit]]:
    """Find each digit in a picture of one or more rows.

    Digits that touch are cut apart where the least ink connects them, if together they are
    wider than high and both sides of the cut are nearly as high as a digit.

    Args:
        picture: a path, a Pillow image or an array, as ``to_mnist`` takes them.
        ink: ``"auto"``, ``"dark"`` or ``"light"``.

    Returns:
        The rows from top to bottom, each a list of its digits from left to right. A picture of
        one digit has one row of one.

    Raises:
        BlankImageError, ValueError: as in ``to_mnist``.
    """
    opened = open_picture(picture)
    grey = lightness(opened, ink)
    sheet, corner = crop_to_sheet(grey, ink, otsu_threshold(grey[::3, ::3]))
    found, _ = find_ink(sheet, ink, several=True)
    labels = _digits(found)
    boxes = ndimage.find_objects(labels)
    factor = -(-max(opened.size) // WORKING_SIDE)
    digits = [
        Digit(_in_picture(box, corner, factor, opened.size), _image(found[box], labels[box] == n))
        for n, box in enumerate(boxes, start=1)
    ]
    return [[digits[n] for n in row] for row in _rows(boxes)]


def _in_picture(
    box: tuple[slice, ...], corner: tuple[int, int], factor: int, size: tuple[int, int]
) -> tuple[int, int, int, int]:
    """A box of the reduced sheet in pixels of the whole picture, whose size is width, height."""
    (top, bottom), (left, right) = (
        ((side.start + at) * factor, min((side.stop + at) * factor, most))
        for side, at, most in zip(box, corner, size[::-1], strict=True)
    )
    return top, left, bottom, right


def _image(found: np.ndarray, own: np.ndarray) -> np.ndarray:
    """The ink of one digit's box in MNIST form, without what reaches into it from others."""
    alone = np.where(own, found, 0)
    paper = max(1, max(alone.shape) // 2)  # so that it is not taken for a picture full of ink
    return form_stages(np.pad(alone / alone.max(), paper))["28 x 28"]


def _digits(found: np.ndarray) -> np.ndarray:
    """The number of the digit of each pixel, from 1 without gaps, 0 for paper."""
    strokes, count = ndimage.label(found > 0, np.ones((3, 3)))
    boxes = ndimage.find_objects(strokes)
    heights = np.array([box[0].stop - box[0].start for box in boxes])
    common = np.median(heights[heights >= TALL * heights.max()])
    whole = [n for n in range(count) if heights[n] >= TALL * common]
    digit = np.zeros(count + 1, int)  # of each stroke; 0 for what belongs to none
    for n in whole:
        digit[n + 1] = next((digit[m + 1] for m in whole if m < n and _one(boxes, m, n)), n + 1)
    corners = np.array([(y.start, x.start, y.stop, x.stop) for y, x in boxes])
    for n in np.setdiff1d(np.arange(count), whole):
        gaps = _gaps(corners[whole], corners[n])
        nearest = whole[gaps.argmin()]
        digit[n + 1] = digit[nearest + 1] if gaps.min() <= NEAR * common else 0
    return _numbered(_cut_apart(digit[strokes], common))


def _one(boxes: list[tuple[slice, ...]], first: int, second: int) -> bool:
    """Whether two tall strokes make one digit: one above the other, or one around the other."""
    (rows, columns), (other_rows, other_columns) = boxes[first], boxes[second]
    narrower = min(columns.stop - columns.start, other_columns.stop - other_columns.start)
    taller = max(rows.stop - rows.start, other_rows.stop - other_rows.start)
    height = max(rows.stop, other_rows.stop) - min(rows.start, other_rows.start)
    return _overlap(columns, other_columns) >= SAME * narrower and height <= 1.5 * taller


def _overlap(side: slice, other: slice) -> int:
    return min(side.stop, other.stop) - max(side.start, other.start)


def _gaps(boxes: np.ndarray, box: np.ndarray) -> np.ndarray:
    """Pixels between each of the boxes and another one, down and across together."""
    overlaps = np.minimum(boxes[:, 2:], box[2:]) - np.maximum(boxes[:, :2], box[:2])
    return np.maximum(0, -overlaps).sum(axis=1)


def _cut_apart(labels: np.ndarray, common: float) -> np.ndarray:
    """Labels where each of several digits that touch has its own, by columns."""
    for number, box in enumerate(ndimage.find_objects(labels), start=1):
        if box is None or box[1].stop - box[1].start <= WIDE * common:
            continue
        part = labels[box]
        for cut in _waists(part == number, common):
            part[:, cut:][part[:, cut:] == number] = labels.max() + 1
            number = labels.max()
    return labels


def _waists(ink: np.ndarray, common: float) -> list[int]:
    """The columns at which to cut digits that touch: the thinnest near equal parts."""
    height, width = ink.shape
    parts = min(max(2, round(width / (0.75 * common))), width)
    thick, step, cuts = ink.sum(axis=0), width / parts, []
    strokes = np.diff(ink, axis=0, prepend=False, append=False).sum(axis=0) // 2
    # where two strokes go on, as in a wide 0, one digit does
    thick = thick + height * (strokes > 1)
    for expected in step * np.arange(1, parts):
        near = np.arange(round(expected - step / 3), round(expected + step / 3) + 1)
        cut = near[np.argmin(thick[near] + 0.1 * abs(near - expected))]
        lower = min(_height(part) for part in np.split(ink, [cut], axis=1))
        if thick[cut] <= WAIST * height and lower > PART * common:
            cuts.append(int(cut))
    return cuts


def _height(ink: np.ndarray) -> int:
    """Of what is inked, in rows."""
    inked = np.flatnonzero(ink.any(axis=1))
    return int(np.ptp(inked)) + 1 if len(inked) else 0


def _numbered(labels: np.ndarray) -> np.ndarray:
    """Labels without gaps between their numbers."""
    _, numbers = np.unique(np.append(0, labels), return_inverse=True)
    return numbers[1:].reshape(labels.shape)


def _rows(boxes: list[tuple[slice, ...]]) -> list[list[int]]:
    """Indices of boxes in reading order: a box goes on the row whose last box it is beside."""
    rows: list[list[int]] = []
    for n in sorted(range(len(boxes)), key=lambda n: boxes[n][1].start):
        down = boxes[n][0]
        beside = [_overlap(boxes[row[-1]][0], down) for row in rows]
        if beside and max(beside) > 0.4 * (down.stop - down.start):
            rows[int(np.argmax(beside))].append(n)
        else:
            rows.append([n])
    return sorted(rows, key=lambda row: np.mean([boxes[n][0].start for n in row]))
