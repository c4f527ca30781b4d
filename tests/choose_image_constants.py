"""How many pictures of training digits are read right with each value of a constant.

uv run python tests/choose_image_constants.py [digits of each kind, 25 if not given]
"""

import sys

import numpy as np

from mnist_course import DigitReader, _ink, images, load_mnist
from mnist_course.benchmark.picture_kinds import CLEAN, FRAMED, Draw
from mnist_course.benchmark.picture_scores import count_right, ours
from mnist_course.benchmark.strangers import STRANGERS

CANDIDATES = {
    (_ink, "EDGE"): (0.1, 0.2, 0.3),
    (_ink, "SMALL_EDGE"): (0.02, 0.1, 0.2),
    (_ink, "NEAR"): (1, 2, 3),
    (_ink, "WIDEST"): (1, 2, 3),
    (images, "THIN"): (1 / 20, 1 / 14, 1 / 10),
}


def right(kind: Draw, reader: DigitReader, digits: np.ndarray, labels: np.ndarray) -> int:
    """How many of the digits are read right in pictures of a kind."""
    rng = np.random.default_rng(0)
    seen = np.stack([ours(kind(digit, rng)) for digit in digits])
    return count_right(reader, seen[:, None], labels[:, None])


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 25
    digits, labels = (part[-n:] for part in load_mnist()[0])
    reader, kinds = DigitReader.load(), (*CLEAN, *FRAMED, *STRANGERS)
    print(f"right of {n * len(kinds)}: {n} training digits in each of {len(kinds)} kinds")
    for (module, name), values in CANDIDATES.items():
        chosen = getattr(module, name)
        for value in values:
            setattr(module, name, value)
            total = sum(right(kind, reader, digits, labels) for kind in kinds)
            print(
                f"{name} = {value:.3f}: {total}{' (chosen)' if value == chosen else ''}", flush=True
            )
        setattr(module, name, chosen)


if __name__ == "__main__":
    main()
