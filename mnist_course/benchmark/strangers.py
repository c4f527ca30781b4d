"""Pictures of digits as strangers' cameras, scanners and screens make them.

Each kind takes a 28 x 28 digit and a generator and returns a picture, uint8. For the stress table,
tests, and the choice of constants (on training digits alone).
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from ..shipping.scans import as_jpeg, block
from .picture_kinds import Draw, enlarged

SMALL = (25, 51), (18, 81)  # pixels: from and below which a small photo is high and wide


def placed(ink: np.ndarray, shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Ink, 0 to 1, somewhere on paper of this shape, a pixel or more from its edge."""
    paper = np.zeros(shape, np.float32)
    top, left = (int(rng.integers(1, p - n)) for p, n in zip(shape, ink.shape, strict=True))
    paper[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return paper


def high(digit: np.ndarray, height: float) -> np.ndarray:
    """The ink of a digit, 0 to 1, so many pixels high."""
    rows, columns = (np.ptp(axis) + 1 for axis in np.nonzero(digit))
    return np.clip(enlarged(digit, round(height * max(rows, columns) / rows)), 0, 1)


def fitting(digit: np.ndarray, height: float, room: Sequence[int]) -> np.ndarray:
    """As ``high``, or smaller, as far as it must be whole in so many rows and columns."""
    rows, columns = (np.ptp(axis) + 1 for axis in np.nonzero(digit))
    return high(digit, min(height, room[0], room[1] * rows / columns))


def small_photo(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """8 to 25 pixels high, blurred, with the ghosts of JPEG."""
    ink = high(digit, rng.uniform(8, 25))
    shape = [max(n + 2, rng.integers(*r)) for n, r in zip(ink.shape, SMALL, strict=True)]
    ink = ndimage.gaussian_filter(placed(ink, tuple(shape), rng), rng.uniform(0.5, 1))
    paper, dark = rng.uniform(200, 235), rng.uniform(60, 150)
    picture = paper + (dark - paper) * ink + rng.normal(0, 1.5, ink.shape)
    return as_jpeg(np.clip(picture, 0, 255).astype(np.uint8), int(rng.integers(30, 71)))


def _scan(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Dark ink on light paper, with a scanner's slight blur and noise."""
    paper, dark = rng.uniform(215, 255), rng.uniform(20, 90)
    ink = ndimage.gaussian_filter(ink.astype(np.float32), 0.6)
    picture = paper + (dark - paper) * ink + rng.normal(0, 2, ink.shape)
    return np.clip(picture, 0, 255).astype(np.uint8)


def _cell(digit: np.ndarray, rng: np.random.Generator, gap: int) -> np.ndarray:
    """The ink of a digit in a cell of 190 x 147, at least ``gap`` from its edge."""
    shape = np.array([190, 147] if rng.random() < 0.7 else [147, 190]) - 2 * gap
    ink = fitting(digit, rng.uniform(0.35, 0.75) * (shape[0] + 2 * gap), shape - 2)
    return np.pad(placed(ink, tuple(shape), rng), gap)


def printed_cell(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A printed frame of 3 to 6 pixels along the edge."""
    wide = int(rng.integers(3, 7))
    ink = _cell(digit, rng, wide + 2)
    ink[:wide] = ink[-wide:] = ink[:, :wide] = ink[:, -wide:] = 1
    return _scan(ink, rng)


def inner_frame(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A frame of 3 to 6 pixels inside the border, a little crooked, some sides cut away."""
    wide, inset = int(rng.integers(3, 7)), int(rng.integers(1, 10))
    ink = _cell(digit, rng, inset + wide + 3)
    h, w = ink.shape
    corners = np.array(
        [(inset, inset), (w - inset, inset), (w - inset, h - inset), (inset, h - inset)]
    )
    corners = [tuple(c) for c in (corners + rng.integers(-1, 2, (4, 2))).tolist()]
    frame = Image.new("L", (w, h))
    sides = [i for i in range(4) if rng.random() < 0.9]
    for i in sides:
        ImageDraw.Draw(frame).line((corners[i], corners[(i + 1) % 4]), 255, wide)
    return _scan(np.maximum(ink, np.asarray(frame) / 255), rng)


def touched_frame(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A frame 1 to 25 pixels inside the border; the digit touches its left or right side."""
    wide, inset = int(rng.integers(3, 7)), int(rng.integers(1, 26))
    frame = np.zeros((190, 147) if rng.random() < 0.5 else (147, 190), np.float32)
    edge = inset + wide
    frame[inset:-inset, inset:-inset] = 1
    frame[edge:-edge, edge:-edge] = 0
    room = (len(frame) - 2 * edge - 4, frame.shape[1] - 2 * edge)
    ink = fitting(digit, rng.uniform(0.35, 0.6) * len(frame), room)
    top = int(rng.integers(edge + 2, len(frame) - edge - len(ink) - 1))
    left = edge - 3 if rng.random() < 0.5 else frame.shape[1] - edge - ink.shape[1] + 3
    place = frame[top : top + len(ink), left : left + ink.shape[1]]
    place[:] = np.maximum(place, ink)
    return _scan(frame, rng)


def grid_cell(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A cell of a printed table, whose lines run on to the border, 0 to 12 % from it."""
    ink = _cell(digit, rng, 0)
    h, w = ink.shape
    grid, wide = Image.new("L", (w, h)), int(rng.integers(3, 7))
    rows, columns = np.nonzero(ink > 0.2)
    room = (columns.min(), rows.min(), w - columns.max(), h - rows.max())
    for side, free in enumerate(room):
        at = min(rng.uniform(0, 0.12) * (w, h)[side % 2], free - wide - 1)
        tilt, length = np.tan(np.deg2rad(rng.uniform(-1, 1))), (h, w)[side % 2]
        ends = ((at, -1), (at + tilt * length, length))
        if side > 1:
            ends = [((w, h)[side % 2] - 1 - a, b) for a, b in ends]
        if side % 2:
            ends = [(b, a) for a, b in ends]
        if at > 0:
            ImageDraw.Draw(grid).line([tuple(e) for e in ends], 255, wide)
    return _scan(np.maximum(ink, np.asarray(grid) / 255), rng)


def broken_frame(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Two or three sides of a frame, apart from each other, 2 to 12 pixels from the border."""
    wide, inset = int(rng.integers(3, 7)), int(rng.integers(2, 13))
    ink = _cell(digit, rng, inset + wide + 3)
    for side in rng.permutation(4)[: rng.integers(2, 4)]:
        view = np.rot90(ink, side)
        start, stop = rng.integers(inset, inset + 20, 2)
        view[inset : inset + wide, start : view.shape[1] - stop] = 1
    return _scan(ink, rng)


def ruled_lines(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One or two dark lines, tilted to 2 degrees, 0 to 12 % from an edge; a tenth touch a foot."""
    ink = high(digit, rng.uniform(60, 120))
    ink = np.pad(ink, [tuple(rng.integers(30, 70, 2)), tuple(rng.integers(30, 70, 2))])
    h, w = ink.shape
    lines = Image.new("L", (w, h))
    wide = max(1, round(rng.uniform(0.01, 0.04) * h))
    edges = rng.permutation(["top", "bottom"])[: rng.integers(1, 3)]
    for edge in edges:
        y = rng.uniform(0, 0.12) * h
        if edge == "bottom":
            y = h - 1 - y
            if rng.random() < 0.15:  # two of three pictures have this line: a tenth of all
                y = np.flatnonzero((ink > 0.5).any(axis=1))[-1] + wide / 2
        rise = np.tan(np.deg2rad(rng.uniform(-2, 2))) * w / 2
        if y > 0.88 * h - 20 or edge == "top":
            ImageDraw.Draw(lines).line((-9, y - rise, w + 9, y + rise), 255, wide)
    return _scan(np.maximum(ink, np.asarray(lines) / 255), rng)


def edge_strip(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A dark strip of 1 to 8 % along one edge."""
    ink = high(digit, rng.uniform(60, 120))
    ink = np.pad(ink, [tuple(rng.integers(15, 60, 2)), tuple(rng.integers(15, 60, 2))])
    side = int(rng.integers(4))
    ink = np.rot90(ink, side).copy()
    ink[: max(1, round(rng.uniform(0.01, 0.08) * len(ink)))] = 1
    return _scan(np.rot90(ink, -side), rng)


def neighbour_cut(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A stroke of another digit at a border, cut by it."""
    ink = high(digit, rng.uniform(60, 120))
    other = enlarged(np.rot90(digit, int(rng.integers(4))), round(rng.uniform(60, 120)))
    ink = np.pad(ink, [tuple(rng.integers(15, 50, 2)), tuple(rng.integers(40, 70, 2))])
    turn = int(rng.choice([1, -1]))  # -1: drawn as in a mirror, so that it is at the right
    ink = ink[:, ::turn]
    part = other[:, : int(rng.uniform(0.1, 0.3) * other.shape[1])][: len(ink)]
    part = part[:, : max(2, np.flatnonzero(ink.any(axis=0))[0] - 4)][:, ::-1]
    top = int(rng.integers(0, len(ink) - len(part) + 1))
    ink[top : top + len(part), : part.shape[1]] = part
    return _scan(ink[:, ::turn], rng)


def coloured(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Yellow ink on light blue paper, about as light: (h, w, 3)."""
    ink = high(digit, rng.uniform(60, 150))
    ink = np.pad(ink, [tuple(rng.integers(10, 60, 2)), tuple(rng.integers(10, 60, 2))])[..., None]
    paper = np.array([153, 217, 234]) + rng.integers(-8, 9, 3)
    pen = np.array([255, 201, 14]) + rng.integers(-8, 1, 3)
    return np.clip(np.round(paper + (pen - paper) * ink), 0, 255).astype(np.uint8)


def thinned(mask: np.ndarray) -> np.ndarray:
    """The line of one pixel that is left of a shape.

    Source: Zhang and Suen, "A fast parallel algorithm for thinning digital patterns", 1984.
    """
    mask, old = np.pad(mask, 1).astype(np.uint8), None
    while old is None or not np.array_equal(mask, old):
        old = mask.copy()
        for step in range(2):
            n, ne, e, se, s, sw, w, nw = (
                np.roll(mask, shift, (0, 1))
                for shift in ((1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1))
            )
            ring = [n, ne, e, se, s, sw, w, nw, n]
            turns = sum((a == 0) & (b == 1) for a, b in pairwise(ring))
            full = sum(r.astype(int) for r in ring[:-1])
            first, second = ((n & e & s), (e & s & w)) if step == 0 else ((n & e & w), (n & s & w))
            gone = (full >= 2) & (full <= 6) & (turns == 1) & (first == 0) & (second == 0)
            mask = mask & ~gone
    return mask[1:-1, 1:-1].astype(bool)


def faint_hairline(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """28 x 28, one pixel wide, 6 to 150 below white, the strength uneven along the stroke."""
    line = thinned(digit > 100)
    angle, (y, x) = rng.uniform(0, 2 * np.pi), np.indices((28, 28)) / 28
    wave = np.sin(rng.uniform(4, 10) * (np.cos(angle) * x + np.sin(angle) * y) + rng.uniform(0, 6))
    wave = wave - wave[line].min()
    strength = rng.uniform(30, 150) * (0.2 + 0.8 * wave / max(wave[line].max(), 1e-6))
    return (255 - np.round(line * np.minimum(strength, 150))).astype(np.uint8)


def in_rows(
    digits: np.ndarray,
    rng: np.random.Generator,
    *,
    rows: int = 1,
    gap: tuple[float, float] = (0.1, 1.5),
) -> np.ndarray:
    """Several digits in rows, with gaps of so much of a digit's width, not quite in line."""
    lines = [_in_line(part, rng, gap) for part in np.array_split(digits, rows)]
    width = max(line.shape[1] for line in lines)
    lines = [np.pad(line, ((15, 15), (0, width - line.shape[1]))) for line in lines]
    return _scan(np.pad(np.vstack(lines), rng.integers(5, 40, (2, 2))), rng)


def _in_line(digits: np.ndarray, rng: np.random.Generator, gap: tuple[float, float]) -> np.ndarray:
    inks = [high(digit, rng.uniform(55, 65)) for digit in digits]
    width = np.mean([ink.shape[1] for ink in inks])
    line, left = np.zeros((100, 4 * sum(ink.shape[1] for ink in inks)), np.float32), 0
    for ink in inks:
        top = int(rng.integers(0, 12))
        place = line[top : top + len(ink), left : left + ink.shape[1]]
        place[:] = np.maximum(place, ink)
        left += ink.shape[1] + round(rng.uniform(*gap) * width)
    return line[:, : np.flatnonzero(line.any(axis=0))[-1] + 1]


STRANGERS: tuple[Draw, ...] = (
    small_photo, printed_cell, inner_frame, grid_cell, broken_frame, touched_frame, ruled_lines,
    edge_strip, neighbour_cut, coloured, faint_hairline, block,
)  # fmt: skip
