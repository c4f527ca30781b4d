"""Ink told from paper: which of the two is which, and what rises above the other."""

import numpy as np
from scipy import ndimage

from ._foreground import inside_frame, is_rectangle, without_frames, without_others
from ._lines import erase_frame, erase_lines
from ._sides import sides

MIN_CONTRAST = 0.05  # of the range from black to white: fainter ink is paper
# EDGE and WIDEST by tests/choose_image_constants.py on 950 pictures of training digits,
# 2026-11-25: 947 right. EDGE = 0.1 gives 940, WIDEST = 1 gives 924, the others 947 to 950.
EDGE = 0.2  # of the darkest ink: where the edge of a stroke ends
# In a picture as small as MNIST's, a faint pixel near a stroke is one that it covers in part.
SMALL = 80  # pixels
SMALL_EDGE = 0.15  # below it are the ghosts that JPEG leaves around a stroke
NEAR = 2  # pixels
FAR_EDGE = 0.35  # the same farther from it
DRAWN_EDGE = 0.02  # on paper of one level, which no camera sees, all that is fainter is ink
RIM = 0.35  # of a picture of two levels: what has no more of it is ink
FILLED = 0.25  # of the picture is ink: paper that little is seen in few places
FLAT = 0.7  # of the contrast: paper and ink of one shade each vary less
MOSTLY = 0.3  # of the picture: where ink and paper have more, the larger part may be either
SHADE = 1 / 12  # of the picture: what is narrower along a side is a line
LIGHTER = 0.75  # of the darkest ink: what is darker is no shade
EVEN = 0.8  # of its usual depth: shade is nowhere lighter, a slope is
WIDEST = 2  # ink is narrower than the picture divided by this, even a filled 6
MIN_AREA = 0.0003  # of the picture: if no stroke is larger, there is only dust
SPECK = 0.02  # of the area of the largest stroke: anything smaller is dust


class BlankImageError(ValueError):
    """The picture has no ink that stands out from the paper.

    Attributes:
        said: what is wrong and what to do, for whoever has the picture.
        faint: whether it may help to name the ink, which was not named. How to do that differs
            from place to place: ``str`` says it as Python does, ``told`` in other words.
    """

    def __init__(self, said: str, *, faint: bool = False) -> None:
        super().__init__(said)
        self.said, self.faint = said, faint

    def __str__(self) -> str:
        return self.told('ink="dark" or "light"')

    def told(self, option: str) -> str:
        """What is wrong, and where it helps how to name the ink: ``"--ink dark or light"``."""
        return f"{self.said}; {advice}" if (advice := self.advice(option)) else self.said

    def advice(self, option: str) -> str:
        """How to name the ink; nothing where that would not help."""
        return f"if the ink is faint, say which it is: {option}" if self.faint else ""


def find_ink(grey: np.ndarray, ink: str, *, several: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """What is written in a picture, and what is drawn in it but left out.

    Args:
        grey: a picture, shape (h, w), float from 0 to 1.
        ink: ``"dark"``, ``"light"`` or ``"auto"``.
        several: whether there may be several digits: then those at the border are kept.

    Returns:
        Two arrays, float, shape (h, w), 0 paper to 1 ink, every pixel of paper and dust
        exactly 0: the digit; and lines, frames and parts of other digits.

    Raises:
        BlankImageError: no ink stands out from the paper, or only what runs around the picture.
    """
    if not_named := ink == "auto":
        ink = "dark" if ink_is_dark(grey, several=several) else "light"
    above, noise = _above_paper(1 - grey if ink == "dark" else grey)
    strong = above > np.maximum(max(otsu_threshold(above), MIN_CONTRAST), 6 * noise)
    edge = _edge(grey, strong)
    weak = strong | (above > np.maximum(edge * above.max(), 3 * noise))
    digit, other = _parted(strong, weak, several, faint=not_named)
    found, dropped = (np.where(part, above, 0) for part in (digit, other))
    return tuple(np.clip(part / found.max(), 0, 1) for part in (found, dropped))


def _parted(
    strong: np.ndarray, weak: np.ndarray, several: bool, *, faint: bool
) -> tuple[np.ndarray, np.ndarray]:
    """The pixels of the digit, and those of lines and other strokes.

    ``faint``: say to those who find nothing that naming the ink may help.
    """
    # a frame first: without two of its sides, the others might be digits
    free = erase_lines(inside_frame(weak) if several else erase_frame(weak), several=several)
    # a weak pixel is the edge of a stroke where it touches a strong one, and noise elsewhere
    labels, count = ndimage.label(free, np.ones((3, 3)))
    area = np.bincount(labels[strong & free], minlength=count + 1)
    if area.max() <= MIN_AREA * free.size:
        raise BlankImageError(
            "found no ink: the picture is blank or of one shade. Draw or photograph one digit "
            "with paper around it",
            faint=faint,
        )
    large = np.flatnonzero(area >= SPECK * area.max())
    strokes = without_frames(labels, large, several=several)
    strokes = strokes if several else without_others(labels, strokes)
    if not len(strokes):
        raise BlankImageError(
            "found no ink but what runs around the picture: crop to the paper and write one "
            "digit on it"
        )
    left_out = np.setdiff1d(large, strokes)
    return np.isin(labels, strokes), (weak & ~free) | np.isin(labels, left_out)


def _edge(grey: np.ndarray, strong: np.ndarray) -> np.ndarray | float:
    """The level from which a pixel may belong to a stroke, of the darkest ink."""
    if max(grey.shape) > SMALL:
        return EDGE
    levels = np.round(grey * 255).astype(int)
    from_paper = np.abs(levels - np.bincount(levels.ravel()).argmax())
    if np.mean((from_paper > 0) & (from_paper <= 4)) < 0.02:
        return DRAWN_EDGE
    return np.where(ndimage.binary_dilation(strong, iterations=NEAR), SMALL_EDGE, FAR_EDGE)


def ink_is_dark(grey: np.ndarray, *, several: bool = False) -> bool:
    """Whether the lighter part of a picture, shape (h, w), float from 0 to 1, is its paper.

    Paper is the larger part, except where one digit may fill most of the picture. If the picture
    is cut out tightly, paper is in several parts, and the digit in one. If paper runs all around
    a shape that is no rectangle, and so no sheet, that shape is the digit.
    """
    dark = grey <= otsu_threshold(grey)
    if not several and MOSTLY < dark.mean() < 1 - MOSTLY and _spread(grey) < FLAT:
        lined = any(not np.array_equal(erase_lines(part), part) for part in (dark, ~dark))
        if _is_cut_out(dark) and not lined:
            return _largest_part(dark, np.ones((3, 3))) > _largest_part(~dark, None)
        rim = RIM if _is_black_and_white(grey) else 0.0  # no light, no shadow
        for part in (dark, ~dark):
            if _is_on_paper(part, rim=rim):
                return part is dark
    level = grey - _surface(grey, degree=1)
    return bool(np.median(level) > (level.min() + level.max()) / 2)


def _is_black_and_white(values: np.ndarray) -> bool:
    return len(np.unique(values)) == 2


def _is_on_paper(part: np.ndarray, *, rim: float = 0.0) -> bool:
    """Whether a part has no more of the picture's rim, and is no rectangle, as a sheet would be."""
    return np.mean(np.concatenate(sides(part))) <= rim and not is_rectangle(part)


def _is_cut_out(part: np.ndarray) -> bool:
    """Whether a part and the rest meet three sides each, and not as light and shadow do."""
    both = all(sum(side.any() for side in sides(half)) >= 3 for half in (part, ~part))
    shadow = any(side.all() for side in sides(part)) and not all(s.any() for s in sides(part))
    return both and not shadow


def _largest_part(mask: np.ndarray, neighbours: np.ndarray | None) -> float:
    """The share of a mask, 0 to 1, that the largest of its connected parts has."""
    labels, _ = ndimage.label(mask, neighbours)
    return float(np.bincount(labels[mask]).max() / mask.sum())


def _above_paper(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What rises above the paper, 0 to 1, and the standard deviation of its noise."""
    high = values > otsu_threshold(values)
    fills = high.mean() > FILLED and (_is_cut_out(high) or _is_on_paper(high))
    # as much ink as fills a picture would bend any other view of the paper
    if _is_black_and_white(values) or (fills and _spread(values) < FLAT):
        above = values - np.median(values[~high])
    else:
        above = _above_uneven(_without_shade(values))
    # neighbours differ little where there is no noise, ink or not
    noise = 1.05 * np.median(np.abs(np.diff(values, axis=0))) if len(values) > 1 else 0.0
    light = np.maximum(1 - (values - above), 0.1)  # in half the light, half the contrast
    return above / light, noise / light


def _spread(values: np.ndarray) -> float:
    """How far apart the pixels of either shade are, beside the distance of the two shades."""
    high = values > otsu_threshold(values)
    if high.all() or not high.any():
        return 1.0
    parts = values[~high], values[high]
    far = np.median(parts[1]) - np.median(parts[0])
    return max(np.ptp(np.percentile(part, (10, 90))) for part in parts) / max(far, 1e-6)


def _without_shade(values: np.ndarray) -> np.ndarray:
    """The same, even shade that lies along a whole side brought to the level of the paper."""
    paper, ink = np.median(values), values.max()
    for turns in range(4):
        rows = np.rot90(values, turns)
        if np.quantile(rows[0], 0.1) <= paper + MIN_CONTRAST:
            continue  # spares most pictures the sorting of all rows
        shaded = np.quantile(rows, 0.1, axis=1) > paper + MIN_CONTRAST
        depth = len(rows) if shaded.all() else int(np.argmin(shaded))
        if depth < SHADE * len(rows):
            continue
        darker = np.quantile(rows[:depth], 0.25, axis=1) - paper
        least, usual = np.quantile(darker, (0.1, 0.5))
        # a slope has no edge, and what is nearly as dark as the ink is no shade
        if least > EVEN * usual and usual < LIGHTER * (ink - paper):
            rows = np.vstack([rows[:depth] - darker[:, None], rows[depth:]])
            values = np.rot90(rows, -turns)
    return values


def _above_uneven(values: np.ndarray) -> np.ndarray:
    """What rises above paper on which the light is uneven, 0 to 1."""
    # Two views of the paper, each right where the other errs: a smooth surface follows slopes
    # and dark corners, an opening wider than any stroke follows shadows with a hard edge. An
    # error lets paper look like ink, never ink like paper, so the smaller view holds.
    size = max(3, max(values.shape) // WIDEST)
    smooth = values - _surface(values, degree=2, above=0.001)
    above = np.minimum(*(ndimage.white_tophat(view, size=size) for view in (smooth, values)))
    return above - np.median(above[above <= max(otsu_threshold(above), above.min())])


def _surface(values: np.ndarray, *, degree: int, above: float = 1.0) -> np.ndarray:
    """A polynomial surface through the values, where those above it weigh only ``above``.

    Source: Eilers and Boelens, "Baseline correction with asymmetric least squares", 2005.
    """
    y, x = (np.linspace(-1, 1, n, dtype=np.float32) for n in values.shape)
    powers = [(i, j) for i in range(degree + 1) for j in range(degree + 1 - i)]
    terms = np.stack([np.outer(y**i, x**j) for i, j in powers], axis=-1)
    step = -(-max(values.shape) // 64)  # a surface this smooth needs few points
    points, target = terms[::step, ::step].reshape(-1, len(powers)), values[::step, ::step].ravel()
    weight = np.ones_like(target)
    for _ in range(1 if above == 1 else 10):
        weighted = points * weight[:, None]
        fit = np.linalg.lstsq(weighted.T @ points, weighted.T @ target, rcond=None)[0]
        weight = np.where(target > points @ fit, np.float32(above), np.float32(1))
    return terms @ fit


def otsu_threshold(values: np.ndarray) -> float:
    """The level that parts values best into two groups.

    Source: Otsu, "A threshold selection method from gray-level histograms", 1979.
    """
    counts, edges = np.histogram(values, bins=256)
    below = np.cumsum(counts)[:-1]  # how many values are below each inner edge, and their sum
    total = np.cumsum(counts * (edges[:-1] + edges[1:]) / 2)
    above = values.size - below
    gap = below * total[-1] - values.size * total[:-1]
    return float(edges[1:-1][np.argmax(gap**2 / np.maximum(below * above, 1))])
