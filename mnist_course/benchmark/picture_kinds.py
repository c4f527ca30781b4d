"""Pictures of one digit as people make them, drawn from MNIST's digits.

Each kind takes a 28 x 28 digit and a generator and returns a picture, uint8. For the stress table,
tests, and the choice of constants (on training digits alone).
"""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

from ..shipping.scans import as_jpeg

MARGIN = 10  # pixels of paper around a digit, at least

Draw = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def enlarged(digit: np.ndarray, side: int = 150) -> np.ndarray:
    """The ink of a 28 x 28 digit, 0 to 1, ``side`` pixels at its longer side."""
    rows, columns = np.nonzero(digit)
    image = Image.fromarray(digit[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1])
    factor = side / max(image.size)
    image = image.resize([round(n * factor) for n in image.size], Image.Resampling.BICUBIC)
    return np.asarray(image, np.float32) / 255


def on_paper(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Ink from 0 to 1 somewhere on a sheet of 200 to 320 pixels, ``MARGIN`` from its edge."""
    ink = enlarged(digit)
    paper = np.zeros(rng.integers(200, 321, 2), np.float32)
    top, left = (
        rng.integers(MARGIN, p - n - MARGIN + 1)
        for p, n in zip(paper.shape, ink.shape, strict=True)
    )
    paper[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return paper


def as_photo(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Dark ink on light paper, uint8, with the slight noise of a camera."""
    light = rng.uniform(200, 245) * (1 - 0.8 * ink) + rng.normal(0, 2, ink.shape)
    return np.clip(light, 0, 255).astype(np.uint8)


def plain(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return as_photo(on_paper(digit, rng), rng)


def light_on_dark(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return 255 - plain(digit, rng)


def desk(digit: np.ndarray, rng: np.random.Generator, *, angle: float = 0) -> np.ndarray:
    """A sheet on a dark desk that shows 60 to 140 pixels on every side."""
    sheet = Image.fromarray(plain(digit, rng)).convert("LA")
    sheet = sheet.rotate(angle, Image.Resampling.BICUBIC, expand=True)
    top, bottom, left, right = rng.integers(60, 141, 4).tolist()
    size = (sheet.width + left + right, sheet.height + top + bottom)
    picture = Image.new("L", size, int(rng.integers(30, 91)))
    picture.paste(sheet.convert("L"), (left, top), sheet.getchannel("A"))
    noisy = np.asarray(picture) + rng.normal(0, 2, size[::-1])
    return np.clip(noisy, 0, 255).astype(np.uint8)


def turned_on_desk(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return desk(digit, rng, angle=rng.uniform(-12, 12))


def desk_at_two_sides(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A sheet that leaves the picture at its right and its lower side."""
    sheet = plain(digit, rng)
    margins = [(int(rng.integers(60, 141)), 0) for _ in range(2)]
    return np.pad(sheet, margins, constant_values=int(rng.integers(30, 91)))


def edge_frame(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A black border of 2 to 8 pixels around the picture."""
    picture, wide = plain(digit, rng), int(rng.integers(2, 9))
    inside = picture[wide:-wide, wide:-wide]
    return np.pad(inside, wide, constant_values=int(rng.integers(0, 60)))


def form_box(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A box of 2 to 6 pixels around the digit, 5 to 40 pixels inside the picture."""
    box = edge_frame(digit, rng)
    paper = box[box.shape[0] // 2, 12]
    return np.pad(box, int(rng.integers(5, 41)), constant_values=paper)


def _ticks(draw: ImageDraw.ImageDraw, box: tuple[int, ...], shade: int) -> None:
    left, top, right, bottom = box
    for step in range(5):
        x, y = left + step * (right - left) // 5, bottom - step * (bottom - top) // 5
        draw.line((x, bottom, x, bottom + 5), shade, 2)
        draw.line((left - 5, y, left, y), shade, 2)
        draw.text((x - 6, bottom + 10), str(5 * step), shade, font_size=16)
        draw.text((left - 30, y - 8), str(5 * step), shade, font_size=16)


def _figure(inside: np.ndarray, *, whole_box: bool) -> np.ndarray:
    """A white figure with axes, ticks and their numbers around a picture."""
    picture = Image.new("L", (inside.shape[1] + 80, inside.shape[0] + 80), 255)
    picture.paste(Image.fromarray(inside), (50, 20))
    draw = ImageDraw.Draw(picture)
    box = (50, 20, 50 + inside.shape[1], 20 + inside.shape[0])
    if whole_box:
        draw.rectangle(box, outline=0, width=2)
    draw.line((box[0], box[1], box[0], box[3], box[2], box[3]), 0, 2)
    _ticks(draw, box, 0)
    return np.asarray(picture)


def figure(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """As ``plt.imshow(digit, cmap="gray_r")``."""
    return _figure(255 - (on_paper(digit, rng) * 255).astype(np.uint8), whole_box=True)


def dark_figure(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """As ``plt.imshow(digit, cmap="gray")``."""
    return _figure((on_paper(digit, rng) * 255).astype(np.uint8), whole_box=True)


def open_axes(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A figure with a left and a lower axis only."""
    return _figure(255 - (on_paper(digit, rng) * 255).astype(np.uint8), whole_box=False)


def shadow(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The hard shadow of a hand over a part of the sheet."""
    picture = plain(digit, rng)
    dark = np.arange(picture.shape[1]) < rng.uniform(0.2, 0.6) * picture.shape[1]
    return np.where(dark, rng.uniform(0.5, 0.8) * picture, picture).astype(np.uint8)


def slope(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A lamp at one side."""
    picture = plain(digit, rng)
    return (picture * np.linspace(1, rng.uniform(0.4, 0.8), picture.shape[1])).astype(np.uint8)


def ruled(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    picture = plain(digit, rng)
    picture[int(rng.integers(5, 30)) :: 30] = 0.85 * picture.max()
    return picture


def squared(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    picture = plain(digit, rng)
    picture[5::22] = 0.88 * picture.max()
    picture[:, 9::22] = 0.88 * picture.max()
    return picture


def jpeg(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return as_jpeg(plain(digit, rng), int(rng.integers(15, 50)))


def hairline(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A sharp pen: only the middle of each stroke."""
    return as_photo((on_paper(digit, rng) > 0.85).astype(np.float32), rng)


def bold(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A marker that leaves little paper around the digit."""
    return as_photo(np.pad(enlarged(digit, 240), 6).clip(0, 0.5) * 2, rng)


def cut_tight(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The ink touches all four sides."""
    return as_photo(enlarged(digit), rng)


def mnist(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return digit


def canvas(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Drawn on a screen, anywhere, of any size: paper exactly white."""
    ink = enlarged(digit, int(rng.integers(60, 261)))
    paper = np.zeros((280, 280))
    top, left = (int(rng.integers(0, 281 - side)) for side in ink.shape)
    paper[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return (255 * (1 - np.clip(paper, 0, 1))).round().astype(np.uint8)


CLEAN: tuple[Draw, ...] = (
    mnist, plain, light_on_dark, shadow, slope, ruled, squared, jpeg, hairline, bold, cut_tight,
)  # fmt: skip
FRAMED: tuple[Draw, ...] = (
    desk, turned_on_desk, desk_at_two_sides, edge_frame, form_box, figure, dark_figure, open_axes,
)  # fmt: skip
