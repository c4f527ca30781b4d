"""Any picture of one digit to MNIST form, and every stage on the way."""

from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from scipy import ndimage

from ._foreground import crop_to_sheet
from ._ink import BlankImageError, find_ink, otsu_threshold
from ._light import WORKING_SIDE, grey_of

__all__ = ["WORKING_SIDE", "BlankImageError", "Picture", "preprocessing_stages", "to_mnist"]

MAX_PIXELS = 50_000_000  # a larger file is a mistake or a decompression bomb
THIN = 1 / 14  # of the digit's size: thinner strokes than this are thickened to it
FULL = 0.45  # of the picture is ink: none of MNIST's has more than 0.4
HAIRLINE = 0.2  # of the ink: a line of one pixel has less in squares of 2 x 2
HEIC = {b"ftypheic", b"ftypheix", b"ftypheif", b"ftypmif1", b"ftypmsf1"}  # iPhone photos

Picture = str | Path | bytes | BinaryIO | Image.Image | np.ndarray


def to_mnist(image: Picture, *, ink: str = "auto") -> np.ndarray:
    """Bring a picture of one digit into the form of MNIST's images.

    The ink's bounding box is widened to a square and area-averaged to 20 x 20 pixels, the
    brightest pixel becomes 255, and whole-pixel shifts bring the centre of mass (in pixel
    indices) into (13.5, 14.5] of a 28 x 28 field. Uneven light, grey paper, slight noise and
    specks are removed first, as are the desk around the paper, frames, axes, ruled lines and
    parts of other digits that the border cuts. Hairlines are thickened.

    Args:
        image: a path, the bytes of a file, a binary file, a Pillow image, or an array of shape
            (h, w), (h, w, 3) or (h, w, 4), uint8 or float from 0 to 1. Transparent pixels are
            paper.
        ink: ``"dark"`` on light paper, ``"light"`` on dark, or ``"auto"``: paper is what there
            is more of, unless the shape of the larger part shows that it is a digit.

    Returns:
        uint8, shape (28, 28), 0 background to 255 ink.

    Raises:
        BlankImageError: no ink stands out from the paper, or only what runs around the picture.
        ValueError: the file is unreadable or over 50 megapixels, an array has another shape,
            dtype or range, or ``ink`` is another word.

    Source: Yadav and Bottou, "Cold Case: the Lost MNIST Digits" (QMNIST), 2019.
    """
    return preprocessing_stages(image, ink=ink)["28 x 28"]


def preprocessing_stages(image: Picture, *, ink: str = "auto") -> dict[str, np.ndarray]:
    """Every stage of ``to_mnist``, in order, to be shown side by side.

    Args:
        image: a picture of one digit, as in ``to_mnist``.
        ink: ``"auto"``, ``"dark"`` or ``"light"``, as in ``to_mnist``.

    Returns:
        Name to uint8 image. ``"grey"``: the picture as it came, at most 512 pixels wide or
        high, 0 black to 255 white; from there on 0 is paper and 255 ink. ``"dropped"``,
        only if there is any: lines, frames and parts of other digits; ``"ink"``: without them,
        the paper removed; ``"box"``: cut out and widened to a square; ``"20 x 20"``;
        ``"28 x 28"``: what ``to_mnist`` returns.

    Raises:
        BlankImageError, ValueError: as in ``to_mnist``.
    """
    grey = lightness(image, ink)
    sheet, _ = crop_to_sheet(grey, ink, otsu_threshold(grey[::3, ::3]))
    found, dropped = find_ink(sheet, ink)
    return {
        "grey": _to_uint8(grey),
        **({"dropped": _to_uint8(dropped)} if dropped.any() else {}),
        **form_stages(found),
    }


def form_stages(found: np.ndarray) -> dict[str, np.ndarray]:
    """The stages from the ink of one digit, shape (h, w), float from 0 to 1, to MNIST form."""
    found = _thicken(_even_hairline(_thin(found)))
    box = square_box(found)
    small = _area_average(box)
    return {
        "ink": _to_uint8(found),
        "box": _to_uint8(box),
        "20 x 20": small,
        "28 x 28": centre_by_mass(small),
    }


def lightness(image: Picture, ink: str) -> np.ndarray:
    """A picture's lightness, shape (h, w) of at most 512 x 512, float from 0 black to 1 white.

    Where ink and paper are equally light, it is the likeness to the paper's colour.
    """
    if ink not in ("auto", "dark", "light"):
        raise ValueError(f'ink must be "auto", "dark" or "light", got {ink!r}')
    return grey_of(open_picture(image), ink)


def open_picture(image: Picture) -> Image.Image:
    """Any kind of picture as an upright 8-bit Pillow image."""
    if isinstance(image, np.ndarray):
        return Image.fromarray(_checked_pixels(image))
    try:
        opened = _upright(image) if isinstance(image, Image.Image) else _decoded(image)
    except Exception as problem:  # decoders raise whatever a broken file makes them raise
        others = "" if _is_file(image) else ", a Pillow image or a NumPy array"
        raise ValueError(
            f"cannot read this picture ({problem}): expected an image file such as PNG or JPEG "
            f"of at most {MAX_PIXELS // 1_000_000} megapixels{others}"
        ) from problem
    if opened.mode[0] in "IF":  # 16 or 32 bits for each pixel
        return Image.fromarray(_checked_pixels(_deep_pixels(opened)))
    return opened


def _decoded(image: str | Path | bytes | BinaryIO) -> Image.Image:
    if not _is_file(image):
        raise ValueError(f"it is of type {type(image).__name__}")
    source = BytesIO(image) if isinstance(image, bytes) else image
    try:
        with Image.open(source) as file:
            return _upright(file)
    except UnidentifiedImageError:
        if _first_bytes(source)[4:] in HEIC:
            raise ValueError("it is a HEIC photo: save it as JPEG or PNG") from None
        raise ValueError("it is in no format that is known here") from None


def _is_file(image: object) -> bool:
    return isinstance(image, str | Path | bytes) or hasattr(image, "read")


def _first_bytes(source: str | Path | BinaryIO) -> bytes:
    if isinstance(source, str | Path):
        with open(source, "rb") as file:
            return file.read(12)
    source.seek(0)
    return source.read(12)


def _upright(image: Image.Image) -> Image.Image:
    if not 0 < image.width * image.height <= MAX_PIXELS:
        raise ValueError(f"it has {image.width} x {image.height} pixels")
    if image.mode in ("LAB", "La"):  # Pillow does not convert them
        raise ValueError(f"its colours are in {image.mode}: save it in RGB")
    if image.format == "EPS":
        raise ValueError("it is EPS, a program and no pixels: save it as PNG")
    image.load()  # what is wrong with its pixels is said
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # a damaged note of how the camera was held: it stays as it lies
        return image.copy()


def _deep_pixels(image: Image.Image) -> np.ndarray:
    pixels = np.asarray(image, np.float32)
    return pixels if image.mode == "F" else pixels / (65535 if pixels.max() > 255 else 255)


def _checked_pixels(pixels: np.ndarray) -> np.ndarray:
    channels = pixels.shape[2:]
    if pixels.ndim not in (2, 3) or channels not in ((), (3,), (4,)) or pixels.size == 0:
        raise ValueError(
            f"expected one picture of shape (h, w), (h, w, 3) or (h, w, 4), got {pixels.shape}"
        )
    if pixels.dtype == np.uint8:
        return np.ascontiguousarray(pixels)
    if not np.issubdtype(pixels.dtype, np.floating):
        raise ValueError(
            f"expected pixels of dtype uint8 (0 to 255) or float (0 to 1), got {pixels.dtype}"
        )
    if not (pixels.min() >= 0 and pixels.max() <= 1):  # false for NaN too
        raise ValueError(
            f"expected float pixels from 0 to 1, got {pixels.min():g} to {pixels.max():g}"
        )
    return _to_uint8(pixels)


def _thin(found: np.ndarray) -> np.ndarray:
    """Strokes thinner by the same everywhere, if they leave little paper in a tight picture."""
    width = [np.ptp(axis) + 1 for axis in np.nonzero(found)]
    if found.mean() <= FULL or np.less(width, np.multiply(0.95, found.shape)).any():
        return found
    if max(found.shape) < 100:  # pixels: a whole one would be too much to take away
        size = [4 * n for n in found.shape[::-1]]
        found = np.asarray(Image.fromarray(np.float32(found)).resize(size), np.float32)
    depth = ndimage.distance_transform_edt(np.pad(found > 0.5, 1))
    ridge = depth[(depth > 2) & (depth >= ndimage.maximum_filter(depth, size=5))]
    # the thinnest parts must remain
    excess = 0.6 * np.quantile(ridge, 0.1) - 0.5 if len(ridge) else 0.0
    return np.clip(depth - max(excess, 0), 0, 1)


def _even_hairline(found: np.ndarray) -> np.ndarray:
    """A line of one pixel, however faint in parts, as strong everywhere and as soft as a pen's."""
    square = ndimage.minimum_filter(found, size=2) > 0  # what is wider than a pixel
    if square.sum() > HAIRLINE * (found > 0).sum():
        return found
    even = np.pad(found / np.maximum(ndimage.maximum_filter(found, size=3), 1e-6), 2)
    if max(np.ptp(axis) + 1 for axis in np.nonzero(found)) * THIN > 2:
        return even  # long enough to be thickened
    soft = ndimage.gaussian_filter(even, 0.7)
    return np.where(soft > 0.03 * soft.max(), np.clip(1.6 * soft / soft.max(), 0, 1), 0)


def _thicken(found: np.ndarray) -> np.ndarray:
    """Hairlines as wide as a pen's strokes: averaging would leave broken lines of them."""
    size = max(np.ptp(axis) + 1 for axis in np.nonzero(found))
    width = 2 * ndimage.distance_transform_edt(np.pad(found > 0.5, 1)).max() - 1
    radius = round((THIN * size - width) / 2)
    if radius < 1:
        return found
    y, x = np.ogrid[-radius : radius + 1, -radius : radius + 1]
    return ndimage.grey_dilation(np.pad(found, radius), footprint=x**2 + y**2 <= radius**2 + 1)


def square_box(found: np.ndarray) -> np.ndarray:
    """Ink, shape (h, w), not all 0, cut out and widened to a square."""
    rows, columns = np.flatnonzero(found.any(axis=1)), np.flatnonzero(found.any(axis=0))
    box = found[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    missing = max(box.shape) - np.array(box.shape)
    return np.pad(box, [(m // 2, m - m // 2) for m in missing])


def _area_average(box: np.ndarray) -> np.ndarray:
    # averaging cannot enlarge: a smaller box is interpolated
    how = Image.Resampling.BOX if len(box) >= 20 else Image.Resampling.BICUBIC
    small = np.clip(Image.fromarray(box.astype(np.float32)).resize((20, 20), how), 0, 1)
    return _to_uint8(small / small.max())


def centre_by_mass(small: np.ndarray) -> np.ndarray:
    """Move a digit's centre of mass into (13.5, 14.5] of a 28 x 28 field, in whole numbers.

    Args:
        small: uint8, shape (20, 20), not all 0.
    """
    field, side = np.zeros((28, 28), np.uint8), len(small)
    mass, places = int(small.sum()), np.arange(side)
    moments = (int(small.sum(axis=axis) @ places) for axis in (1, 0))  # down, across
    # the limits keep the whole digit in the field, however lopsided it is
    top, left = (min(max((29 * mass - 2 * m) // (2 * mass), 0), 28 - side) for m in moments)
    field[top : top + side, left : left + side] = small
    return field


def _to_uint8(values: np.ndarray) -> np.ndarray:
    return np.round(values * 255).astype(np.uint8)
