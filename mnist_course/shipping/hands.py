"""Digits as Europe writes them, drawn stroke by stroke: MNIST's writers were mostly Americans.

A one with an upstroke, a crossed seven, a nine with a curled tail, an open four: each variant is
a few control points that move at random, joined by curves and drawn as the app draws them.
Only training and judging need them.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy.interpolate import CubicSpline

from ..app.strokes import draw_strokes
from ..drawing import drawing_to_mnist
from .scans import coarse_scan, some_seen

Strokes = list[np.ndarray]  # each (n, 2): x to the right, y down, 0 to 1
Write = Callable[[np.random.Generator], Strokes]
Range = tuple[float, float]

SIDE = 64  # pixels of the paper
STEPS = 8  # points of a curve from one control point to the next


class Hand(NamedTuple):
    """How much one writing differs from another: limits of what is drawn at random.

    Attributes:
        slant: to either side, pixels per pixel.
        degrees: of rotation, to either side.
        narrow: factor of the width, from and to.
        shake: standard deviation of the paper's slow bends, as a part of its side.
        middle: exponent of the height: above 1 what is in the middle sits higher, below 1 lower.
        pen: width, as a part of the digit's longer side, from and to.
        coarse: how many are seen by a coarse scanner, as a fraction.
    """

    slant: float = 0.3
    degrees: float = 8.0
    narrow: Range = (0.6, 1.15)
    shake: float = 0.022
    middle: Range = (0.7, 1.4)
    pen: Range = (0.06, 0.17)
    coarse: float = 0.25


ONE_HAND = Hand()  # what is learned from
OTHER_HAND = Hand(
    slant=0.4, degrees=5.0, narrow=(0.55, 1.25), shake=0.028, middle=(0.65, 1.5), pen=(0.05, 0.15)
)


def european_digits(
    count: int, seed: int, *, hand: Hand = ONE_HAND
) -> tuple[np.ndarray, np.ndarray]:
    """Write digits at random, as many of each, in the variants of ``VARIANTS``.

    Args:
        count: how many.
        seed: an integer; the same seed gives the same digits.
        hand: how much they differ.

    Returns:
        Images in MNIST form, uint8, shape (count, 28, 28), and labels, uint8, shape (count,).
    """
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(count) % 10).astype(np.uint8)
    images = np.zeros((count, 28, 28), np.uint8)
    for i, digit in enumerate(labels):
        names = _NAMES[digit]
        images[i] = draw_variant(names[rng.integers(len(names))], rng, hand=hand)
    return images, labels


def draw_variant(name: str, rng: np.random.Generator, *, hand: Hand = ONE_HAND) -> np.ndarray:
    """Write one digit.

    Args:
        name: one of ``VARIANTS``.
        rng: decides on its shape, slant, size and pen.
        hand: how far they may go.

    Returns:
        uint8, shape (28, 28), 0 background to 255 ink.
    """
    strokes = _placed(VARIANTS[name][1](rng), rng, hand)
    drawing = draw_strokes([s.tolist() for s in strokes], SIDE, rng.uniform(*hand.pen))
    return some_seen(drawing_to_mnist(drawing)[None], rng, coarse_scan, share=hand.coarse)[0]


def _placed(strokes: Strokes, rng: np.random.Generator, hand: Hand) -> Strokes:
    """Slanted, turned, narrowed, and as large as the paper less its margin."""
    angle = np.radians(rng.uniform(-hand.degrees, hand.degrees))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    slant = np.array([[1, 0], [rng.uniform(-hand.slant, hand.slant), 1]])
    moves = np.diag([rng.uniform(*hand.narrow), 1]) @ slant @ turn
    shake = rng.normal(0, hand.shake, (2, 4))  # of all of the paper, slowly
    apart = rng.normal(0, hand.shake / 2, (len(strokes), 2))  # where the pen was set down
    strokes = _raised(strokes, rng.uniform(*hand.middle))
    moved = [(s + _bend(s, shake) + a) @ moves for s, a in zip(strokes, apart, strict=True)]
    points = np.concatenate(moved)
    low, size = points.min(axis=0), np.ptp(points, axis=0)
    scale = 0.76 / size.max()
    return [0.5 + (s - low - size / 2) * scale for s in moved]


def _raised(strokes: Strokes, exponent: float) -> Strokes:
    """The same strokes with their middle higher or lower, top and foot where they are."""
    return [np.stack([x, y.clip(0) ** exponent], axis=1) for x, y in (s.T for s in strokes)]


def _bend(points: np.ndarray, amounts: np.ndarray) -> np.ndarray:
    """A smooth move of every point, that depends on where it is."""
    x, y = points.T
    waves = np.stack([np.sin(3 * y), np.cos(3 * y), np.sin(3 * x), np.cos(3 * x)], axis=1)
    return waves @ amounts.T * 1.5


@lru_cache
def _weights(knots: int) -> np.ndarray:
    """What each control point adds to each point of a natural cubic curve through all."""
    places = np.linspace(0, knots - 1, STEPS * (knots - 1) + 1)
    return CubicSpline(np.arange(knots), np.eye(knots), bc_type="natural")(places)


def _curve(points: list, rng: np.random.Generator, shake: float = 0.026) -> np.ndarray:
    """A smooth curve through points, each of which moves a little."""
    knots = np.array(points, float)
    return _weights(len(knots)) @ (knots + rng.normal(0, shake, knots.shape))


def _line(points: list, rng: np.random.Generator, shake: float = 0.02) -> np.ndarray:
    """Straight from point to point: with corners."""
    knots = np.array(points, float)
    return knots + rng.normal(0, shake, knots.shape)


def _joined(*parts: np.ndarray) -> np.ndarray:
    return np.concatenate(parts)


def _arc(x: float, y: float, size: Range, turn: Range) -> np.ndarray:
    """A part of an ellipse, from one angle to another, radians, clockwise from the right."""
    angles = np.linspace(*turn, 25)
    return np.stack([x + size[0] * np.cos(angles), y + size[1] * np.sin(angles)], axis=1)


def _zero(rng: np.random.Generator) -> Strokes:
    start = rng.uniform(-2.4, -0.9)
    around = -2 * np.pi * rng.uniform(0.94, 1.08)
    ring = _arc(0.5, 0.5, (rng.uniform(0.22, 0.36), 0.4), (start, start + around))
    return [ring]


def _one_plain(rng: np.random.Generator) -> Strokes:
    return [_curve([[0.5, 0.1], [0.5, 0.5], [0.5, 0.9]], rng, 0.01)]


def _one(rng: np.random.Generator, length: Range, *, foot: bool = False) -> Strokes:
    """A stem with an upstroke of a part of its length."""
    reach = 0.8 * rng.uniform(*length)
    angle = np.radians(rng.uniform(18, 60 - 10 * reach))
    away = reach * np.array([-np.sin(angle), np.cos(angle)])
    top, start = np.array([0.5, 0.1]), np.array([0.5, 0.1]) + away
    middle = (top + start) / 2 + rng.normal(0, 0.012, 2) + [0.03 * rng.random() * reach, 0.02]
    up = _weights(3) @ np.stack([start, middle, top])
    stem = _curve([[0.5, 0.1], [0.5, 0.5], [0.5, 0.9]], rng, 0.008)
    strokes = [_joined(up, stem)]
    if foot:
        left, right = rng.uniform(0.1, 0.25, 2)
        strokes.append(_line([[0.5 - left, 0.9], [0.5 + right, 0.9]], rng))
    return strokes


def _two(rng: np.random.Generator) -> Strokes:
    bow = [[0.24, 0.3], [0.33, 0.15], [0.52, 0.1], [0.69, 0.27], [0.56, 0.53], [0.25, 0.88]]
    end = _line([[0.25, 0.88], [0.78, 0.87]], rng, 0.025)
    return [_joined(_curve(bow, rng, 0.02), end)]


def _two_looped(rng: np.random.Generator) -> Strokes:
    size = rng.uniform(0.6, 1.3)
    loop = [[0.33, 0.8], [0.22, 0.86], [0.22, 0.72], [0.38, 0.78], [0.6, 0.88], [0.82, 0.82]]
    loop = [[0.33 + (x - 0.33) * size, 0.8 + (y - 0.8) * size] for x, y in loop]
    bow = [[0.26, 0.28], [0.36, 0.13], [0.56, 0.1], [0.69, 0.27], [0.56, 0.53]]
    return [_curve([*bow, *loop], rng, 0.018)]


def _three(rng: np.random.Generator) -> Strokes:
    top = [[0.27, 0.2], [0.45, 0.1], [0.67, 0.2], [0.6, 0.38], [0.43, 0.47]]
    return [_joined(_curve(top, rng), _curve(_BELLY, rng))]


def _three_flat(rng: np.random.Generator) -> Strokes:
    roof = _line([[0.27, 0.12], [0.7, 0.11], [0.42, 0.43]], rng, 0.02)
    return [_joined(roof, _curve([[0.42, 0.43], *_BELLY[1:]], rng))]


_BELLY = [[0.43, 0.47], [0.68, 0.55], [0.72, 0.76], [0.5, 0.92], [0.24, 0.82]]


def _four(rng: np.random.Generator, *, is_open: bool, bent: bool = False) -> Strokes:
    """The angle on the left, then the stem; an open one leaves a gap at the top."""
    level, right = rng.uniform(0.5, 0.68), rng.uniform(0.74, 0.92)
    stem = rng.uniform(0.56, 0.68)
    if is_open:
        top, corner, begin = [rng.uniform(0.28, 0.4), 0.1], [0.17, level], rng.uniform(0.12, 0.42)
    else:
        top, corner, begin = [stem, 0.1], [0.12, level], 0.1
    if bent:
        middle = [(top[0] + corner[0]) / 2 - 0.03, (top[1] + level) / 2]
        low = [[corner[0] + 0.02, level - 0.05], [corner[0] + 0.14, level + 0.01]]
        angle = _curve([top, middle, *low, [0.5, level], [right, level - 0.03]], rng, 0.012)
    else:
        angle = _line([top, corner, [right, level]], rng, 0.02)
    return [angle, _line([[stem, begin], [stem - rng.uniform(-0.02, 0.1), 0.9]], rng)]


def _five(rng: np.random.Generator, *, in_one: bool = False) -> Strokes:
    belly = [[0.3, 0.46], [0.5, 0.4], [0.7, 0.58], [0.64, 0.82], [0.42, 0.91], [0.22, 0.8]]
    body = _joined(_line([[0.34, 0.12], [0.3, 0.46]], rng), _curve(belly, rng)[1:])
    bar = _line([[0.34, 0.12], [0.74, 0.11]], rng, 0.02)
    return [_joined(bar[::-1], body)] if in_one else [body, bar]


def _six(rng: np.random.Generator, *, hooked: bool) -> Strokes:
    bow = [[0.6, 0.1], [0.42, 0.2], [0.28, 0.48], [0.29, 0.77], [0.48, 0.91]]
    loop = [[0.69, 0.78], [0.65, 0.58], [0.46, 0.54], [0.31, 0.7]]
    if hooked:
        reach = rng.uniform(0.06, 0.18)
        bow[:1] = [[0.6 + 0.75 * reach, 0.12 + reach], [0.58 + 0.3 * reach, 0.1]]
    return [_curve([*bow, *loop], rng)]


def _seven(
    rng: np.random.Generator, *, crossed: bool, bent: bool = False, serif: bool = False
) -> Strokes:
    """A bar and a stem; perhaps a stroke through the stem, a bend, a serif on the left."""
    left, right, foot = rng.uniform(0.15, 0.28), rng.uniform(0.66, 0.8), rng.uniform(0.28, 0.52)
    corner = np.array([right, 0.12])
    bar = _line([[left, 0.12 + rng.uniform(-0.04, 0.04)], corner], rng)
    if serif:
        tick = [[left - rng.uniform(0, 0.04), 0.12 + rng.uniform(0.07, 0.2)], bar[0]]
        bar = _joined(_line(tick, rng, 0.008), bar[1:])
    middle = (corner + np.array([foot, 0.9])) / 2 - [rng.uniform(0.02, 0.1) if bent else 0, 0]
    stem = _curve([bar[-1], middle, [foot, 0.9]], rng, 0.008)
    return [_joined(bar, stem), *([_crossbar(stem, rng)] if crossed else [])]


def _crossbar(stem: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    x, y = stem[round(rng.uniform(0.38, 0.62) * (len(stem) - 1))]
    left, right = rng.uniform(0.1, 0.24, 2)
    rise = rng.uniform(-0.05, 0.07)
    return _line([[x - left, y + rise], [x + right, y - rise]], rng, 0.008)


def _eight(rng: np.random.Generator) -> Strokes:
    """In one stroke, from the top right."""
    half = [[0.62, 0.17], [0.46, 0.1], [0.33, 0.23], [0.46, 0.43], [0.65, 0.6], [0.66, 0.8]]
    back = [[0.48, 0.91], [0.3, 0.78], [0.36, 0.59], [0.55, 0.43], [0.66, 0.26], [0.6, 0.15]]
    return [_curve([*half, *back], rng, 0.02)]


def _eight_of_rings(rng: np.random.Generator) -> Strokes:
    middle, start = rng.uniform(0.42, 0.5), rng.uniform(0, 2 * np.pi, 2)
    wide = rng.uniform(0.13, 0.2), rng.uniform(0.18, 0.26)
    heights = (0.1, middle), (middle, 0.9)
    return [
        _arc(0.5, (top + end) / 2, (w, (end - top) / 2), (s, s + 2 * np.pi * 1.02))
        for (top, end), w, s in zip(heights, wide, start, strict=True)
    ]


_TAILS = {
    "straight": [[0.67, 0.6], [0.64, 0.9]],
    "curled": [[0.69, 0.55], [0.66, 0.78], [0.5, 0.91], [0.32, 0.86], [0.25, 0.74]],
    "hooked": [[0.68, 0.6], [0.64, 0.83], [0.53, 0.91], [0.43, 0.85]],
}


def _nine(rng: np.random.Generator, tail: str) -> Strokes:
    """A ring from the top right round to the top right, then the tail, in one stroke."""
    start = rng.uniform(-1.1, -0.3)
    ring = _arc(0.48, 0.31, (rng.uniform(0.16, 0.23), 0.21), (start, -2 * np.pi - 0.1))
    end, corner = ring[-1], rng.random() < 0.5
    first = end if corner else end + np.array([0.01, -0.04])
    return [_joined(ring, _curve([first, *_TAILS[tail]], rng, 0.024))]


VARIANTS: dict[str, tuple[int, Write]] = {
    "zero": (0, _zero),
    "one": (1, _one_plain),
    "one with a short upstroke": (1, lambda rng: _one(rng, (0.2, 0.4))),
    "one with a long upstroke": (1, lambda rng: _one(rng, (0.4, 0.7))),
    "one with upstroke and foot": (1, lambda rng: _one(rng, (0.2, 0.55), foot=True)),
    "two": (2, _two),
    "two with a loop": (2, _two_looped),
    "three": (3, _three),
    "three with a flat top": (3, _three_flat),
    "open four": (4, lambda rng: _four(rng, is_open=True)),
    "bent open four": (4, lambda rng: _four(rng, is_open=True, bent=True)),
    "closed four": (4, lambda rng: _four(rng, is_open=False)),
    "five": (5, _five),
    "five in one stroke": (5, lambda rng: _five(rng, in_one=True)),
    "six": (6, lambda rng: _six(rng, hooked=False)),
    "six with a hook": (6, lambda rng: _six(rng, hooked=True)),
    "seven": (7, lambda rng: _seven(rng, crossed=False)),
    "crossed seven": (7, lambda rng: _seven(rng, crossed=True)),
    "bent crossed seven": (7, lambda rng: _seven(rng, crossed=True, bent=True)),
    "seven with a serif": (7, lambda rng: _seven(rng, crossed=False, bent=True, serif=True)),
    "crossed seven with a serif": (7, lambda rng: _seven(rng, crossed=True, serif=True)),
    "eight": (8, _eight),
    "eight of two rings": (8, _eight_of_rings),
    "nine with a straight tail": (9, lambda rng: _nine(rng, "straight")),
    "nine with a curled tail": (9, lambda rng: _nine(rng, "curled")),
    "nine with a hooked tail": (9, lambda rng: _nine(rng, "hooked")),
}
_NAMES = [[name for name, (of, _) in VARIANTS.items() if of == digit] for digit in range(10)]
