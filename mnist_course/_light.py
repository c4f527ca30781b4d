"""A picture in colour, perhaps partly transparent, to one number for each pixel."""

import numpy as np
from PIL import Image

WORKING_SIDE = 512  # pixels: larger pictures are reduced to this first
COLOUR = 0.4  # of the contrast in colour: where lightness has less of it, colour tells ink


def grey_of(image: Image.Image, ink: str) -> np.ndarray:
    """Lightness, or likeness to the paper's colour where that tells more of ink and paper.

    Args:
        image: a picture of 8 bits.
        ink: ``"dark"``, ``"light"`` or ``"auto"``: decides what transparent pixels are.

    Returns:
        float32 from 0 to 1, of at most 512 x 512 pixels.
    """
    factor = -(-max(image.size) // WORKING_SIDE)
    if image.mode == "RGBA" and image.getchannel("A").getextrema()[0] == 255:
        image = image.convert("RGB")  # a screenshot: nothing shines through
    if not image.has_transparency_data:
        light = np.asarray(image.convert("L").reduce(factor), np.float32) / 255
        if image.mode in ("L", "1"):
            return light
        colours = np.asarray(image.convert("RGB").reduce(factor), np.float32) / 255
        return _light_or_colour(light, colours, ink)
    layers = np.asarray(image.convert("RGBA").convert("LA").reduce(factor), np.float32) / 255
    light, opacity = layers[..., 0], layers[..., 1]
    # transparent is paper, so it must be unlike the ink, which is all that can be seen
    seen_light = np.average(light, weights=opacity) > 0.5 if opacity.any() else False
    paper = 0.0 if ink == "light" or (ink == "auto" and seen_light) else 1.0
    return opacity * light + (1 - opacity) * paper


def _light_or_colour(light: np.ndarray, colours: np.ndarray, ink: str) -> np.ndarray:
    """Lightness, or likeness to the paper's colour where that tells more of ink and paper."""
    points = colours.reshape(-1, 3)
    centred = points - points.mean(axis=0)
    spread, axes = np.linalg.eigh(centred.T @ centred / len(points))
    if 3 * light.var() >= COLOUR**2 * spread[-1]:  # of grey pixels, the two are the same
        return light
    along = centred @ axes[:, -1]
    away = np.abs(along - np.median(along)).reshape(light.shape)  # paper is most of it
    unlike = away / max(1.0, away.max())
    return unlike if ink == "light" else 1 - unlike
