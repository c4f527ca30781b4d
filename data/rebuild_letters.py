"""Make mnist_course/_digits/letters.npz anew from sixteen handwriting fonts.

    mkdir fonts && cd fonts
    for name in caveat kalam ...; do npm pack @fontsource/$name@5.3.0; done
    cd .. && uv run python data/rebuild_letters.py fonts

The names are FONTS in mnist_course/data.py. Put the checksums that it prints there.
"""

import sys
import tarfile
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mnist_course._paths import DIGITS
from mnist_course.data import FONTS, LETTERS, array_sha256

SIDE = 56  # pixels of the paper
INK = 40  # of them, the longer side of a letter


def open_font(folder: Path, name: str) -> ImageFont.FreeTypeFont:
    """The Latin letters of a font, out of the package as npm brings it."""
    (archive,) = folder.glob(f"fontsource-{name}-*.tgz")
    with tarfile.open(archive) as files:
        found = files.extractfile(f"package/files/{name}-latin-400-normal.woff2")
        return ImageFont.truetype(BytesIO(found.read()), 160)


def draw_letter(font: ImageFont.FreeTypeFont, letter: str) -> np.ndarray:
    """A letter in the middle of a small sheet, uint8, 0 black ink to 255 white paper."""
    left, top, right, bottom = font.getbbox(letter)
    ink = Image.new("L", (right - left, bottom - top), 0)
    ImageDraw.Draw(ink).text((-left, -top), letter, font=font, fill=255)
    ink = ink.crop(ink.getbbox())
    factor = INK / max(ink.size)
    size = [max(1, round(side * factor)) for side in ink.size]
    paper = Image.new("L", (SIDE, SIDE), 0)
    place = [(SIDE - side) // 2 for side in size]
    paper.paste(ink.resize(size, Image.Resampling.BOX), place)
    return 255 - np.asarray(paper)


if __name__ == "__main__":
    fonts = [open_font(Path(sys.argv[1]), name) for name in FONTS]
    arrays = {
        "images": np.stack([draw_letter(f, letter) for f in fonts for letter in LETTERS]),
        "labels": np.tile(np.arange(len(LETTERS), dtype=np.uint8), len(FONTS)),
        "fonts": np.repeat(np.arange(len(FONTS), dtype=np.uint8), len(LETTERS)),
    }
    np.savez_compressed(DIGITS / "letters.npz", **arrays)
    for name, array in arrays.items():
        print(f'    "{name}": "{array_sha256(array)}",')
