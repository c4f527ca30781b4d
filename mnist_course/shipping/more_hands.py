"""What the reader learns beside MNIST, and what it is judged with: European digits and fonts."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from .._paths import MODELS_FOLDER
from ..contract import Answer
from ..data import load_uci_digits
from ..manifest import work_folder
from ..preprocessing import scale_pixels
from .hands import ONE_HAND, OTHER_HAND, european_digits
from .negatives import HELD_OUT_FONTS, MORE_FONTS, TRAINING_FONTS, fetch_fonts, glyphs
from .scans import coarse_scan, some_seen

Digits = tuple[np.ndarray, np.ndarray]

# The Playwrite fonts are what schools of a country teach.
VALIDATION_FONTS = (
    "bad-script", "gochi-hand", "kalam", "reenie-beanie", "short-stack", "playwrite-es",
    "playwrite-hr",
)  # fmt: skip
# No choice was made on these: they were opened once, to judge.
JUDGED_FONTS = (*HELD_OUT_FONTS, "playwrite-pl", "playwrite-pt", "playwrite-dk-loopet")
_SCHOOL_FONTS = (
    "playwrite-de-grund", "playwrite-at", "playwrite-fr-moderne",
    "playwrite-it-moderna", "playwrite-cz", "playwrite-nl", "playwrite-hu", "playwrite-ro",
)  # fmt: skip
LEARNED_FONTS = (
    *(font for font in TRAINING_FONTS if font not in VALIDATION_FONTS),
    *_SCHOOL_FONTS,
    *MORE_FONTS,
)

SEED, VALIDATION_SEED, JUDGED_SEED = 0, 500, 1_000
FONTS = 0.6  # of the digits to learn from; the others are drawn
NARROW = 0.3  # of the fonts' digits to learn from: so many are drawn narrower
JUDGED, COPIES = 5_000, 30  # drawn digits; of each font's digits


@lru_cache(maxsize=2)  # a training of several seeds learns from the same ones
def other_hands(count: int) -> Digits:
    """So many digits to learn from: some drawn by ``hands``, the others from fonts.

    Args:
        count: how many; the same count gives the same ones.

    Returns:
        Images in MNIST form, uint8, shape (count, 28, 28), and labels, uint8, shape (count,).

    Raises:
        ValueError: the count is negative, or npm cannot fetch the fonts.
    """
    if count < 0:
        raise ValueError(f"count must be at least 0, got {count}")
    of_fonts = round(FONTS * count)
    drawn = european_digits(count - of_fonts, SEED)
    if not of_fonts:
        return drawn
    copies = -(-of_fonts // (10 * len(LEARNED_FONTS)))
    images, labels = font_digits(LEARNED_FONTS, copies=copies, seed=SEED, narrow=NARROW)
    rng = np.random.default_rng(SEED)
    chosen = rng.permutation(len(images))[:of_fonts]
    written = some_seen(images[chosen], rng, coarse_scan, share=ONE_HAND.coarse)
    return np.concatenate([drawn[0], written]), np.concatenate([drawn[1], labels[chosen]])


def font_digits(names: Sequence[str], *, copies: int, seed: int, narrow: float = 0.0) -> Digits:
    """The ten digits of fonts, each several times with another slant, size and pen.

    Args:
        names: of the fonts.
        copies: of each digit of each font.
        seed: an integer; the same seed gives the same images.
        narrow: the share that is drawn narrower than the font has it, 0 to 1.

    Returns:
        Images in MNIST form, uint8, shape (n, 28, 28), and labels, uint8, shape (n,).

    Raises:
        ValueError: npm cannot fetch the fonts.
    """
    folder, _ = fetched(names)
    files = [folder / f"{name}.woff2" for name in names]
    images, texts = glyphs("0123456789", files, copies=copies, seed=seed, narrow=narrow)
    return images, np.array(texts).astype(np.uint8)


def fetched(names: Sequence[str]) -> tuple[Path, dict[str, str]]:
    """The folder of these fonts, beside the models and outside Git, and their licences.

    Raises:
        ValueError: npm cannot fetch them.
    """
    folder = work_folder(MODELS_FOLDER) / "fonts"
    licences = fetch_fonts(folder, names)
    return folder, {name: licences[name] for name in names}


def judged_hands(answers: dict[str, Answer], test: Digits) -> dict:
    """What the manifest says of a model that learned from other hands; to be looked at once.

    Args:
        answers: name to model, the shipped one and those beside it.
        test: MNIST's test digits, uint8, and their labels.

    Returns:
        Fonts with licences, and ``"right"``: kind of digits to model to how many of how many.
    """
    kinds = {
        "MNIST test digits": test,
        "UCI digits": load_uci_digits(),
        "digits of fonts kept out": font_digits(JUDGED_FONTS, copies=COPIES, seed=JUDGED_SEED),
        "European digits drawn with other limits": european_digits(
            JUDGED, JUDGED_SEED, hand=OTHER_HAND
        ),
    }
    return {
        "right": {
            kind: {name: _right(answer, *digits) for name, answer in answers.items()}
            for kind, digits in kinds.items()
        },
        "fonts": fetched(LEARNED_FONTS)[1],
        "fonts_validation": fetched(VALIDATION_FONTS)[1],
        "fonts_held_out": fetched(JUDGED_FONTS)[1],
    }


def _right(answer: Answer, images: np.ndarray, labels: np.ndarray) -> tuple[int, int]:
    return int((answer(scale_pixels(images)).argmax(axis=1) == labels).sum()), len(labels)
