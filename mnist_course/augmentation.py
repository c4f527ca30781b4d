"""New digits from old: seeded, and quick enough to run anew in every epoch.

Each function takes a batch of images with a background of 0 and returns a new batch of the same
dtype, shape and range, in which every digit has changed a little and still is what it was.
What leaves the field is lost, what enters is background.
"""

from collections.abc import Callable, Sequence

import numpy as np

from .preprocessing import grey_planes

Seed = int | Sequence[int]
Numbers = float | np.ndarray
Source = Callable[[slice], tuple[np.ndarray, np.ndarray]]

# Images resampled at a time. Arrays of their coordinates stay below 128 kB, the size from which
# the C library may fetch memory anew for each one: with 128 images that made it 4 times slower.
CHUNK = 16


def random_shift(images: np.ndarray, *, pixels: int = 2, seed: Seed = 0) -> np.ndarray:
    """Shift each image by whole pixels, up to ``pixels`` in each direction.

    Args:
        images: any dtype, shape (n, height, width) or (n, height, width, 1).
        pixels: largest shift; all ``2 * pixels + 1`` shifts along an axis are equally likely.
        seed: an integer or several; the same seed gives the same shifts.

    Returns:
        A new array of the same dtype and shape.

    Raises:
        ValueError: not a batch of grey images, or ``pixels`` is negative or no whole number.
    """
    planes = grey_planes(images)
    if pixels < 0 or pixels % 1:
        raise ValueError(f"pixels must be a whole number from 0 upwards, got {pixels}")
    pixels = int(pixels)
    rng = np.random.default_rng(seed)
    down, right = rng.integers(0, 2 * pixels + 1, size=(2, len(planes)))
    padded = np.pad(planes, ((0, 0), (pixels, pixels), (pixels, pixels)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, planes.shape[1:], axis=(1, 2))
    return windows[np.arange(len(planes)), down, right].reshape(np.shape(images))


def random_affine(
    images: np.ndarray,
    *,
    degrees: float = 10.0,
    shift: float = 2.0,
    zoom: float = 0.1,
    shear: float = 0.1,
    seed: Seed = 0,
) -> np.ndarray:
    """Rotate, zoom, shear and shift each image by its own random amounts.

    Every amount is drawn evenly between the limit and its negative.

    Args:
        images: any dtype, shape (n, height, width) or (n, height, width, 1).
        degrees: largest rotation, either way.
        shift: largest shift along each axis, in pixels and fractions of them.
        zoom: largest change of size: 0.1 means factors from 0.9 to 1.1.
        shear: largest slant: 0.1 moves each row sideways by a tenth of its height.
        seed: an integer or several; the same seed gives the same images.

    Returns:
        A new array of the same dtype and shape.

    Raises:
        ValueError: not a batch of grey images, a limit that is negative or not finite, or
            ``zoom`` of 1 or more.
    """
    limits = {"degrees": degrees, "shift": shift, "zoom": zoom, "shear": shear}
    if not all(0 <= limit < np.inf for limit in limits.values()) or zoom >= 1:
        raise ValueError(f"limits must be finite, from 0 upwards, zoom below 1, got {limits}")
    rng = np.random.default_rng(seed)
    amounts = rng.uniform(-1, 1, size=(5, len(images)))
    return affine(
        images,
        degrees=degrees * amounts[0],
        down=shift * amounts[1],
        right=shift * amounts[2],
        zoom=1 + zoom * amounts[3],
        shear=shear * amounts[4],
    )


def affine(
    images: np.ndarray,
    *,
    degrees: Numbers = 0.0,
    down: Numbers = 0.0,
    right: Numbers = 0.0,
    zoom: Numbers = 1.0,
    shear: Numbers = 0.0,
) -> np.ndarray:
    """Move images by known amounts: sheared, zoomed and rotated about the centre, then shifted.

    Args:
        images: any dtype, shape (n, height, width) or (n, height, width, 1).
        degrees: rotation, positive is counter-clockwise; like all the others, one number for
            all images or an array of shape (n,).
        down: shift towards the bottom, pixels.
        right: shift towards the right, pixels.
        zoom: factor of size, above 0; 2 doubles height and width.
        shear: slant to the right, pixels per pixel above the centre.

    Returns:
        A new array of the same dtype and shape, resampled bilinearly.

    Raises:
        ValueError: not a batch of grey images, a zoom that is not above 0, or an amount that is
            not finite.
    """
    planes = grey_planes(images)
    if not np.all(np.asarray(zoom) > 0):
        least = np.min(zoom)
        raise ValueError(f"zoom is a factor above 0: 1 keeps the size, 2 doubles it, got {least}")
    n, height, width = planes.shape
    amounts = {"degrees": degrees, "down": down, "right": right, "zoom": zoom, "shear": shear}
    if odd := [name for name, amount in amounts.items() if not np.isfinite(amount).all()]:
        raise ValueError(f"expected finite numbers, got nan or infinity in {', '.join(odd)}")
    degrees, down, right, zoom, shear = (np.broadcast_to(a, n)[:, None] for a in amounts.values())
    middle_y, middle_x = (height - 1) / 2, (width - 1) / 2
    row, column = np.indices((height, width)).reshape(2, 1, -1)
    sin, cos = np.sin(np.radians(degrees)) / zoom, np.cos(np.radians(degrees)) / zoom

    def source(part: slice) -> tuple[np.ndarray, np.ndarray]:
        """Where each pixel of the result comes from: the moves undone in reverse order."""
        y, x = row - middle_y - down[part], column - middle_x - right[part]
        y, x = cos[part] * y + sin[part] * x, cos[part] * x - sin[part] * y
        return y + middle_y, x + shear[part] * y + middle_x

    return _resample(planes, source).reshape(np.shape(images))


def elastic(
    images: np.ndarray, *, strength: float = 1.0, smoothness: float = 4.0, seed: Seed = 0
) -> np.ndarray:
    """Bend each image as if drawn on rubber: smooth random displacements, pixel by pixel.

    Args:
        images: any dtype, shape (n, height, width) or (n, height, width, 1).
        strength: standard deviation of the displacement along each axis, pixels.
        smoothness: distance over which displacements stay alike, pixels; below 3, strokes tear.
        seed: an integer or several; the same seed gives the same images.

    Returns:
        A new array of the same dtype and shape.

    Raises:
        ValueError: not a batch of grey images, a negative strength, smoothness below 1, or
            an amount that is not finite.

    Source: Simard, Steinkraus, Platt, "Best practices for convolutional neural networks", 2003.
    """
    planes = grey_planes(images)
    if not (0 <= strength < np.inf and 1 <= smoothness < np.inf):
        raise ValueError(
            f"expected strength from 0 and smoothness from 1 upwards, got {strength} and "
            f"{smoothness}"
        )
    height, width = planes.shape[1:]
    down, across = _smoothing(height, smoothness), _smoothing(width, smoothness)
    rng = np.random.default_rng(seed)
    knots = down.shape[1], across.shape[1]
    row, column = np.indices((height, width)).reshape(2, 1, -1)

    def source(part: slice) -> tuple[np.ndarray, np.ndarray]:
        noise = rng.standard_normal((2, len(planes[part]), *knots), dtype=np.float32)
        moves = (strength * (down @ noise @ across.T)).reshape(2, -1, height * width)
        return row + moves[0], column + moves[1]

    return _resample(planes, source).reshape(np.shape(images))


def random_pen(
    images: np.ndarray, *, blur: float = 1.2, gamma: float = 2.0, seed: Seed = 0
) -> np.ndarray:
    """Draw each image as if with another pen, seen by another scanner: softer, bolder or finer.

    Args:
        images: any dtype, shape (n, height, width) or (n, height, width, 1).
        blur: standard deviation of a Gaussian blur, pixels; each image is mixed with its blurred
            copy, from not at all to entirely. What is brightest stays as bright as it was.
        gamma: largest exponent of the brightness, from 1 upwards. Exponents are drawn between
            1 / gamma (edges brighten, strokes look bolder) and gamma (finer).
        seed: an integer or several; the same seed gives the same images.

    Returns:
        A new array of the same dtype and shape.

    Raises:
        ValueError: not a batch of grey images, a negative blur, a gamma below 1, or an
            amount that is not finite.
    """
    planes = grey_planes(images)
    if not (0 <= blur < np.inf and 1 <= gamma < np.inf):
        raise ValueError(f"expected blur from 0 and gamma from 1 upwards, got {blur} and {gamma}")
    share, power = np.random.default_rng(seed).uniform(-1, 1, size=(2, len(planes), 1, 1))
    share, power = (share.astype(np.float32) + 1) / 2, (gamma**power).astype(np.float32)
    down, across = (_blurring(size, blur) for size in planes.shape[1:])
    top = planes.max(axis=(1, 2), keepdims=True, initial=0).astype(np.float32)
    mixed = (1 - share) * planes + share * (down @ planes.astype(np.float32) @ across)
    brightest = mixed.max(axis=(1, 2), keepdims=True, initial=0)
    result = top * (mixed / np.where(brightest > 0, brightest, 1)) ** power
    return _rounded(result, planes.dtype).astype(planes.dtype).reshape(np.shape(images))


def _blurring(size: int, sd: float) -> np.ndarray:
    """The matrix (size, size) that blurs along an axis; beyond the field is background."""
    if sd == 0:
        return np.eye(size, dtype=np.float32)
    distance = np.arange(size)[:, None] - np.arange(size)
    weights = np.exp(-((distance / sd) ** 2) / 2)
    return (weights / weights.sum(axis=1).max()).astype(np.float32)


def _smoothing(size: int, smoothness: float) -> np.ndarray:
    """Weights (size, knots) that turn independent noise at knots into a smooth curve, sd 1."""
    knots = np.arange(-2 * smoothness, size + 2 * smoothness, smoothness)
    distance = (np.arange(size)[:, None] - knots) / smoothness
    weights = np.exp(-(distance**2) / 2)
    return (weights / np.linalg.norm(weights, axis=1, keepdims=True)).astype(np.float32)


def _resample(planes: np.ndarray, source: Source) -> np.ndarray:
    """Read each image at fractional rows and columns, each (part, height * width)."""
    result = np.empty_like(planes)
    for start in range(0, len(planes), CHUNK):
        part = slice(start, start + CHUNK)
        result[part] = _bilinear(planes[part], *source(part))
    return result


def _bilinear(planes: np.ndarray, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    n, height, width = planes.shape
    padded = np.pad(planes, ((0, 0), (1, 2), (1, 2))).astype(np.float32)
    stride = width + 3
    # from outside the field everything reads the border, which is background
    y = np.clip(y, -1, height).astype(np.float32) + 1
    x = np.clip(x, -1, width).astype(np.float32) + 1
    top, left = y.astype(np.intp), x.astype(np.intp)
    y -= top
    x -= left
    start = np.arange(n)[:, None] * (stride * (height + 3)) + top * stride + left
    pixels = padded.ravel()
    corners = [pixels.take(start + offset) for offset in (0, 1, stride, stride + 1)]
    upper = corners[0] + x * (corners[1] - corners[0])
    lower = corners[2] + x * (corners[3] - corners[2])
    result = upper + y * (lower - upper)
    return _rounded(result, planes.dtype).reshape(planes.shape)


def _rounded(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Whole numbers, if the dtype holds nothing else."""
    return np.rint(values) if np.issubdtype(dtype, np.integer) else values
