"""The one way to seed: Python, NumPy and Keras at once."""

from numbers import Integral

import keras


def set_seed(seed: int) -> None:
    """Seed Python, NumPy and Keras, so that what follows can be repeated.

    With the same seed, machine and package versions a training on a CPU repeats exactly: initial
    weights, order of the digits, dropout, results. Another processor, backend or version, or a
    GPU, rounds differently: the results then differ by about as much as between two seeds.

    Args:
        seed: 0 to 4,294,967,295.

    Raises:
        ValueError: the seed is not a whole number in that range.
    """
    if not isinstance(seed, Integral) or not 0 <= seed < 2**32:
        raise ValueError(f"seed must be a whole number from 0 to 4,294,967,295, got {seed!r}")
    keras.utils.set_random_seed(int(seed))
