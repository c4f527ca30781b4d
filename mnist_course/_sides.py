"""The sides of a picture, and the size of a box in it: for all who look for ink."""

import numpy as np


def sides(picture: np.ndarray) -> tuple[np.ndarray, ...]:
    """Its first and last row, its first and last column: each corner is in two of them."""
    return picture[0], picture[-1], picture[:, 0], picture[:, -1]


def longer_side(box: tuple[slice, ...]) -> int:
    """Of a box as ``ndimage.find_objects`` gives it, in pixels."""
    return max(side.stop - side.start for side in box)
