"""What is dark or light in a picture but no digit: the desk under the paper, frames and axes."""

import numpy as np
from scipy import ndimage

from ._sides import longer_side, sides

DESK = 0.47  # of the light of the paper: a desk is darker, a shadow on paper is not
RECTANGLE = 0.85  # of its narrowest rectangle: a sheet or a frame covers more, a round 0 less
PART = 0.05  # of the area of the largest stroke: a smaller one is no digit beside it
# A side of a broken frame is nearer to the border than this part of the picture, and longer than
# the digit by this factor: the bar of a 5 is not.
BANDS = (0.14, 0.0), (0.22, 1.2)
NARROW = 0.08  # of the picture: no side is wider, even a tilted one
LARGE = 0.2  # of the picture: the digit beside them is larger
DUST = 0.0003  # of the picture: nothing smaller is a frame
INSIDE = 0.2  # of the size of a frame: the digit in it is larger


def crop_to_sheet(
    grey: np.ndarray, ink: str, threshold: float
) -> tuple[np.ndarray, tuple[int, int]]:
    """The sheet alone where the picture shows it on a desk, or else the picture as it is.

    Args:
        grey: a picture, shape (h, w), float from 0 to 1.
        ink: ``"dark"`` if the sheet is light, ``"light"`` if it is dark, ``"auto"`` for both.
        threshold: the level between the light and the dark part of the picture.

    Returns:
        float, the sheet's bounding box, and its upper left corner, row and column, in the
        picture. What is not sheet there continues the sheet's edge.
    """
    for unlike, light in (("light", grey > threshold), ("dark", grey <= threshold)):
        if ink == unlike or _dark_sides(light) < 2:
            continue
        values = grey if unlike == "light" else 1 - grey
        sheet = _sheet(light)
        if sheet is None or np.median(values[~sheet]) > DESK * np.median(values[sheet]):
            continue
        return _only(grey, ndimage.binary_erosion(sheet, iterations=2 + min(grey.shape) // 200))
    return grey, (0, 0)


def _dark_sides(light: np.ndarray) -> int:
    """How many sides of the picture are dark: a shadow falls on one, a desk is seen at more."""
    return sum(side.mean() < 0.05 for side in sides(light))


def _sheet(light: np.ndarray) -> np.ndarray | None:
    """The largest light part with the ink on it, if it is a rectangle and mostly paper."""
    labels, count = ndimage.label(light)
    if not count:
        return None
    bare = labels == 1 + np.bincount(labels.ravel())[1:].argmax()
    sheet = ndimage.binary_fill_holes(bare)
    large = sheet.sum() > 0.1 * sheet.size and min(sheet.shape) > 28
    mostly_paper = 0.6 < bare.sum() / sheet.sum() < 1
    return sheet if large and mostly_paper and _rectangularity(sheet) > RECTANGLE else None


def is_rectangle(mask: np.ndarray) -> bool:
    """Whether the largest part of a mask, its holes filled, is a rectangle, turned as may be."""
    labels, _ = ndimage.label(mask)
    largest = labels == 1 + np.bincount(labels.ravel())[1:].argmax()
    return _rectangularity(ndimage.binary_fill_holes(largest)) > RECTANGLE


def _rectangularity(mask: np.ndarray) -> float:
    """The part of its narrowest rectangle, turned as may be, that a mask covers."""
    rows = np.flatnonzero(mask.any(axis=1))
    first, last = mask.argmax(axis=1)[rows], mask.shape[1] - 1 - mask[:, ::-1].argmax(axis=1)[rows]
    points = np.column_stack([np.tile(rows, 2), np.concatenate([first, last])])
    angles = np.deg2rad(np.arange(0, 90, 2))
    along = np.ptp(points @ np.stack([np.cos(angles), np.sin(angles)]), axis=0) + 1
    across = np.ptp(points @ np.stack([-np.sin(angles), np.cos(angles)]), axis=0) + 1
    return float(mask.sum() / (along * across).min())


def _only(grey: np.ndarray, kept: np.ndarray) -> tuple[np.ndarray, tuple[int, int]]:
    box = ndimage.find_objects(kept.astype(np.uint8))[0]
    grey, kept = grey[box], kept[box]
    nearest = ndimage.distance_transform_edt(~kept, return_distances=False, return_indices=True)
    return grey[tuple(nearest)], (box[0].start, box[1].start)


def without_frames(labels: np.ndarray, strokes: np.ndarray, *, several: bool = False) -> np.ndarray:
    """The strokes of the digit: those in a frame if there is one, and none along the edge.

    Args:
        labels: the number of each pixel's stroke, 0 for paper, int of shape (h, w).
        strokes: the numbers of the strokes that may belong to the digit.
        several: whether there may be several digits: then a long stroke near the edge may be one.

    Returns:
        Those that do; none if all there is runs around the picture.
    """
    if len(strokes) > 1:
        strokes = _framed(labels, strokes)
        strokes = strokes if several else _without_sides(labels, strokes)
    edge = np.concatenate([labels[0], labels[-1], labels[1:-1, 0], labels[1:-1, -1]])
    contact = np.bincount(edge, minlength=labels.max() + 1)[strokes]
    along = contact >= (0.8 if several else 0.5) * min(labels.shape)
    if along.any() and (contact == 0).any():
        free = ndimage.find_objects(np.isin(labels, strokes[contact == 0]).astype(np.uint8))[0]
        if longer_side(free) > INSIDE * min(labels.shape):
            return strokes[~along]
    return strokes[contact < 0.9 * len(edge)]


def without_others(labels: np.ndarray, strokes: np.ndarray) -> np.ndarray:
    """The strokes that the border does not cut, if they make a digit: not parts of its neighbours.

    Args:
        labels: the number of each pixel's stroke, 0 for paper, int of shape (h, w).
        strokes: the numbers of the strokes that may belong to the digit.

    Returns:
        Those that do.
    """
    area = np.bincount(labels.ravel())[strokes]
    cut = np.isin(strokes, np.concatenate(sides(labels)))
    free = strokes[~cut & (area >= PART * area.max(initial=0))]
    if not cut.any() or not len(free):
        return strokes
    boxes = ndimage.find_objects(labels)
    whole = _around([boxes[s - 1] for s in free])
    own = [not c or _has_part(boxes[s - 1], whole) for s, c in zip(strokes, cut, strict=True)]
    return strokes[own]


def _has_part(stroke: tuple[slice, ...], part: tuple[slice, ...]) -> bool:
    """Whether a part lies above, below or in a stroke more than twice its height, as a 5's bar."""
    (rows, columns), (part_rows, part_columns) = stroke, part
    small = 2 * (part_rows.stop - part_rows.start) < rows.stop - rows.start
    return small and part_columns.start < columns.stop and columns.start < part_columns.stop


def inside_frame(ink: np.ndarray) -> np.ndarray:
    """Ink, bool of shape (h, w), without what is not in the innermost frame, if there is one."""
    labels, _ = ndimage.label(ink, np.ones((3, 3)))
    large = 1 + np.flatnonzero(np.bincount(labels.ravel())[1:] > DUST * ink.size)
    inside = _framed(labels, large)
    return ink if len(inside) == len(large) else np.isin(labels, inside)


def _framed(labels: np.ndarray, strokes: np.ndarray) -> np.ndarray:
    """The strokes in the innermost frame, or all of them where there is no frame."""
    found = ndimage.find_objects(labels)
    boxes = [found[stroke - 1] for stroke in strokes]
    edges = np.array([(y.start, x.start, -y.stop, -x.stop) for y, x in boxes])
    for n in sorted(range(len(strokes)), key=lambda n: longer_side(boxes[n])):
        inside = np.flatnonzero((edges > edges[n]).all(axis=1))
        if not len(inside) or not _is_frame(labels[boxes[n]] == strokes[n]):
            continue
        if longer_side(_around([boxes[i] for i in inside])) > INSIDE * longer_side(boxes[n]):
            return strokes[inside]
    return strokes


def _without_sides(labels: np.ndarray, strokes: np.ndarray) -> np.ndarray:
    """The strokes without the sides of a broken frame, if anything as large as a digit is left."""
    boxes = ndimage.find_objects(labels)
    for band, longer in BANDS:
        side = np.array([_is_side(boxes[s - 1], labels.shape, band) for s in strokes], bool)
        left = [boxes[s - 1] for s in strokes[~side]]
        if not left or max(map(longer_side, left)) <= LARGE * min(labels.shape):
            continue
        digit = longer_side(_around(left))
        if all(longer_side(boxes[s - 1]) > longer * digit for s in strokes[side]):
            strokes = strokes[~side]
    return strokes


def _is_side(box: tuple[slice, ...], shape: tuple[int, ...], band: float) -> bool:
    """Whether a box is long and narrow, and near the side of the picture along which it runs."""
    for across in (0, 1):
        start, stop, size = box[across].start, box[across].stop, shape[across]
        along = box[1 - across].stop - box[1 - across].start
        near = stop <= band * size or start >= (1 - band) * size
        if near and stop - start < NARROW * size and along >= 0.5 * shape[1 - across]:
            return True
    return False


def _is_frame(mask: np.ndarray) -> bool:
    """Whether ink runs along the sides of its box, or is the hollow outline of a rectangle."""
    band = max(2, round(0.08 * max(mask.shape)))
    if mask[band:-band, band:-band].sum() < 0.1 * mask.sum():
        return True
    filled = ndimage.binary_fill_holes(mask)
    return mask.sum() < 0.4 * filled.sum() and _rectangularity(filled) > RECTANGLE


def _around(boxes: list[tuple[slice, ...]]) -> tuple[slice, ...]:
    """The box around boxes."""
    return tuple(
        slice(min(side.start for side in sides), max(side.stop for side in sides))
        for sides in zip(*boxes, strict=True)
    )
