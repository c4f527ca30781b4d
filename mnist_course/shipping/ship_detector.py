"""From fonts and training digits to a shipped detector: draw, train, judge, record.

Its threshold is chosen on training digits that were set aside. Test digits and the letters of
fonts that it never saw are opened once, by ``judge``, when everything is fixed.
"""

import datetime
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from .._files import usable_cores, write_bytes
from .._paths import MODELS_FOLDER
from ..data import load_mnist, load_uci_digits, split_validation
from ..manifest import (
    ModelError,
    fingerprints,
    put_in_place,
    read_manifest,
    verified_bytes,
    work_folder,
)
from ..predictor import DigitReader
from .cards import write_cards
from .detector import Examples, detector_onnx, train_detector
from .negatives import (
    DRAWN,
    HELD_OUT_FONTS,
    LETTERS,
    LOOK_ALIKES,
    MORE_FONTS,
    PUNCTUATION,
    TRAINING_FONTS,
    arrow_tree_boat_or_key,
    draw_all,
    fetch_fonts,
    glyphs,
    number,
    redrawn_digit,
    star_heart_or_house,
)
from .recipes import RECIPES
from .scans import coarse_scan, small_photo, some_seen

KIND, ENDING = "detector", "_detector.onnx"
FONTS = (*TRAINING_FONTS, *MORE_FONTS)  # to learn from
REFUSED = 0.01  # of the training digits that were set aside
# How many of each kind are drawn to learn from; of letters and words, so many in each font.
DRAWN_COUNTS = {
    "scribbles": 8000, "noise": 5000, "blots": 4000, "faces": 5000, "lines": 5000,
    "zigzags": 3000, "outlines": 5000, "blank": 2000,
}  # fmt: skip
REDRAWN, NUMBERS, WORDS = 12_000, 4_000, 16
COPIES = {"digits": 5, "letters": 5, "punctuation": 9, "words": 2}
SCANNED = 0.1  # of digits and all else, if the network has learned scans and photos
JUDGED, JUDGED_COPIES, JUDGED_SEED = 2_000, 20, 1_000  # another seed than the training's

Report = Callable[[str], None]
Images = dict[str, np.ndarray]
Counts = dict[str, tuple[int, int]]  # kind to how many of how many


def ship_detector(
    name: str = "champion",
    *,
    folder: str | Path = MODELS_FOLDER,
    fonts: str | Path | None = None,
    report: Report = lambda line: None,
) -> dict:
    """Train a model's detector, judge it once, and record it with its figures.

    Args:
        name: a model in the manifest whose ONNX file gives ``feature_maps``.
        folder: where the models are.
        fonts: where the fonts are kept; default: a folder beside the models, outside Git.
        report: called with a line of text at each step.

    Returns:
        The manifest's entry.

    Raises:
        ModelError: no such model, it is not the one that was shipped, or another was shipped
            meanwhile.
        ValueError: npm is missing, or it cannot get a font.
    """
    folder, start = Path(folder), time.perf_counter()
    model = verified_bytes(name, folder=folder)
    fonts = Path(fonts or work_folder(folder) / "fonts")
    licences = fetch_fonts(fonts)
    (fit, _), (set_aside, _) = split_validation(*load_mnist()[0])
    detector = _trained(DigitReader(model, name=name), fit, set_aside, fonts, report)
    seconds = round(time.perf_counter() - start, 1)
    reader = DigitReader(model, name=name, detector=detector)
    report("judging")
    others = {**shapes(fit), **letters(_files(fonts, HELD_OUT_FONTS))}
    facts = {
        "validation": _counted(reader.digit_scores(set_aside) < 0),
        **judge(reader, others),
        "left_out": LOOK_ALIKES,
        "fonts": {font: licences[font] for font in FONTS},
        "fonts_held_out": {font: licences[font] for font in HELD_OUT_FONTS},
        "seconds": seconds,
        "cores": usable_cores(),
        "date": datetime.date.today().isoformat(),
    }
    if verified_bytes(name, folder=folder) != model:
        raise ModelError(
            f"model {name!r} was shipped anew meanwhile, and this detector fits the former one: "
            "train it again"
        )
    return _recorded(name, detector, facts, folder)


def make_examples(
    digits: np.ndarray, fonts: Sequence[Path], *, scanned: float = 0.0, seed: int = 0
) -> Examples:
    """Digits and what is none, drawn alike, so that the drawing itself tells nothing.

    Args:
        digits: in MNIST form, uint8, shape (n, 28, 28).
        fonts: files of fonts.
        scanned: the share of both that is seen as coarse scans or small photos, 0 to 1.
        seed: an integer; the same seed gives the same images.
    """
    rng = np.random.default_rng(seed)
    texts = {
        "digits": "0123456789",
        "letters": letters_that_count(),
        "punctuation": PUNCTUATION,
        "words": ["".join(rng.choice([*LETTERS], rng.integers(2, 4))) for _ in range(WORDS)],
    }
    drawn = [
        glyphs(texts[kind], fonts, copies=COPIES[kind], seed=seed + i)[0]
        for i, kind in enumerate(texts)
    ]
    chosen = digits[rng.permutation(len(digits))[:REDRAWN]]
    drawn_anew = np.stack([redrawn_digit(image, rng) for image in chosen])
    no = [draw_all(DRAWN[kind], count, seed) for kind, count in DRAWN_COUNTS.items()]
    no += [draw_all(number(digits), NUMBERS, seed), *drawn[1:]]
    yes = [digits, drawn_anew, drawn[0]]
    images, count = np.concatenate([*yes, *no]), sum(map(len, yes))
    images = some_seen(images, rng, coarse_scan, small_photo, share=scanned)
    return Examples(images, np.arange(len(images)) < count)


def letters_that_count() -> list[str]:
    """The letters that cannot be taken for digits."""
    return [letter for letter in LETTERS if letter not in LOOK_ALIKES]


def judge(reader: DigitReader, others: Images) -> dict[str, Counts]:
    """How many digits are refused, and how much else is accepted; to be looked at once.

    Args:
        reader: with its detector.
        others: kind to images in MNIST form that are not digits, or ``"digits of the fonts"``.

    Returns:
        ``"refused"`` and ``"accepted"``: kind to how many of how many.
    """
    digits = {**_digits(), "digits of fonts kept out": others.pop("digits of fonts kept out")}
    scores = {kind: reader.digit_scores(images) for kind, images in {**digits, **others}.items()}
    return {
        "refused": {kind: _counted(scores[kind] < 0) for kind in digits},
        "accepted": {kind: _counted(scores[kind] >= 0) for kind in others},
    }


def _digits() -> Images:
    """Digits that were not learned from, to judge by: as they are, coarse, and of other hands."""
    test = load_mnist()[1][0]
    rng = np.random.default_rng(JUDGED_SEED)
    seen = {
        f"MNIST test digits as {kind}": some_seen(test[:JUDGED], rng, look, share=1)
        for kind, look in (("coarse scans", coarse_scan), ("small photos", small_photo))
    }
    return {"MNIST test digits": test, **seen, "UCI digits": load_uci_digits()[0]}


def letters(fonts: Sequence[Path]) -> Images:
    """Glyphs of fonts, to judge by; those of digits are among them."""
    texts = {
        "letters of fonts kept out": letters_that_count(),
        "punctuation of fonts kept out": PUNCTUATION,
        "letters of fonts kept out that may be digits": LOOK_ALIKES,
        "digits of fonts kept out": "0123456789",
    }
    copies = {"copies": JUDGED_COPIES, "seed": JUDGED_SEED}
    return {kind: glyphs(text, fonts, **copies)[0] for kind, text in texts.items()}


def shapes(digits: np.ndarray) -> Images:
    """What is drawn without fonts, to judge by; the last two kinds were not trained on."""
    draws = {
        **DRAWN,
        "numbers of 2 or 3 digits": number(digits),
        "stars, hearts, houses, flowers: not trained on": star_heart_or_house,
        "arrows, trees, boats, keys: not trained on": arrow_tree_boat_or_key,
    }
    return {kind: draw_all(draw, JUDGED, JUDGED_SEED) for kind, draw in draws.items()}


def _trained(
    reader: DigitReader, fit: np.ndarray, set_aside: np.ndarray, fonts: Path, report: Report
) -> bytes:
    """The detector's ONNX file, its threshold set."""
    report("drawing digits, letters and all else")
    recipe = RECIPES.get(reader.name)
    scanned = SCANNED if recipe and recipe.scans else 0.0
    examples = make_examples(fit, _files(fonts, FONTS), scanned=scanned)
    report(f"training on {len(examples.images):,} images")
    network = train_detector(examples, reader.feature_maps, report=report)
    maps = reader.feature_maps(set_aside)
    logits = network.predict(maps, batch_size=1000, verbose=0)
    return detector_onnx(network, threshold=float(np.quantile(logits, REFUSED)))


def _recorded(name: str, detector: bytes, facts: dict, folder: Path) -> dict:
    """Put the file in place together with what the manifest says of it."""
    file = work_folder(folder) / f"{name}{ENDING}"
    write_bytes(file, detector)
    entry = read_manifest(folder)[name]
    entry["files"] |= fingerprints({KIND: file})
    entry[KIND] = facts
    put_in_place(name, entry, {KIND: file}, folder=folder)
    write_cards(folder)
    return entry


def _counted(found: np.ndarray) -> tuple[int, int]:
    return int(found.sum()), len(found)


def _files(folder: Path, names: Sequence[str]) -> list[Path]:
    return [folder / f"{name}.woff2" for name in names]
