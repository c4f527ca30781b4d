"""How good is a model file, on digits of two sources, and how fast? Numbers with intervals."""

import contextlib
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..data import load_mnist, load_uci_digits
from ..evaluation.statistics import accuracy_interval
from ..manifest import ModelError, read_file
from ..predictor import DigitReader
from ..preprocessing import scale_pixels
from .formats import format_of
from .opening import open_model

Predict = Callable[[np.ndarray], np.ndarray]  # raw digits to probabilities
Digits = tuple[np.ndarray, np.ndarray]  # images, labels


class Score(NamedTuple):
    """Right answers, with the interval of 95 % confidence that ``accuracy_interval`` gives.

    Attributes:
        correct: how many digits were answered right.
        total: how many there were.
        accuracy: the fraction, 0 to 1.
        low: lower end of the interval.
        high: upper end of the interval.
    """

    correct: int
    total: int
    accuracy: float
    low: float
    high: float


class DigitScore(NamedTuple):
    """How one digit was read.

    Attributes:
        digit: 0 to 9.
        total: how many images of it there were.
        errors: how many were read as another digit.
        mostly_as: the digit that most of these were read as; None without errors.
    """

    digit: int
    total: int
    errors: int
    mostly_as: int | None


@dataclass(frozen=True)
class Report:
    """What ``evaluate_model`` found.

    Attributes:
        model: the name or file.
        test: on the MNIST test digits.
        uci: on the UCI digits: other hands, another scanner.
        digits: the MNIST test digits, one entry per digit.
        microseconds: to read one image, median of many calls on one thread (Keras: as it is).
    """

    model: str
    test: Score
    uci: Score
    digits: tuple[DigitScore, ...]
    microseconds: float

    def as_dict(self) -> dict:
        """The same as plain dictionaries, lists and numbers, for JSON."""
        return {
            "model": self.model,
            "test": self.test._asdict(),
            "uci": self.uci._asdict(),
            "digits": [score._asdict() for score in self.digits],
            "microseconds": self.microseconds,
        }


def evaluate_model(
    source: str | Path, *, test: Digits | None = None, uci: Digits | None = None
) -> Report:
    """Measure a model on the MNIST test digits and on the UCI digits.

    The test digits are for the last look: choose between models on a validation part.

    Args:
        source: name of a shipped model, whose checksum is verified first, or a file of any of
            ``formats.FORMATS``.
        test: raw digits and labels: uint8 of shape (n, 28, 28), 0 to 255, and whole
            numbers of shape (n,), 0 to 9; at least one. Default: the MNIST test set.
        uci: the same of another source. Default: ``load_uci_digits()``.

    Raises:
        ModelError: no such model or file, it is damaged, or it is no network of digits.
        ValueError: ``test`` or ``uci`` is not images with a label each.
    """
    predict = _open(source)
    images, labels = _checked("test", load_mnist()[1] if test is None else test)
    other_images, other_labels = _checked("uci", load_uci_digits() if uci is None else uci)
    answers = predict(images).argmax(axis=1)
    return Report(
        model=str(source),
        test=_score(answers, labels),
        uci=_score(predict(other_images).argmax(axis=1), other_labels),
        digits=tuple(_digit_score(digit, answers, labels) for digit in range(10)),
        microseconds=_microseconds(predict, images[:1]),
    )


def _open(source: str | Path) -> Predict:
    if not isinstance(source, str | os.PathLike):
        raise ModelError(
            "expected the name of a shipped model, or a model's file, as export_model writes it, "
            f"got {type(source).__name__}"
        )
    file = Path(source)
    if not file.suffix and file.name == str(source):
        return DigitReader.load(str(source)).predict
    if format_of(file).runtime == "ONNX" and file.is_file():  # without Keras
        return DigitReader(read_file(file), name=file.name).predict
    answer = open_model(file)
    return lambda images: answer(scale_pixels(images))


def _checked(name: str, digits: Digits) -> Digits:
    if not isinstance(digits, tuple | list) or len(digits) != 2:
        raise ValueError(f"expected {name}=(images, labels), got {type(digits).__name__}")
    images, labels = digits
    with contextlib.suppress(ValueError):  # arrays of several shapes, such as all of MNIST
        labels = np.asarray(labels)
        fits = labels.shape == (len(images),) and len(images) > 0
        if fits and labels.dtype.kind in "iu" and np.isin(labels, range(10)).all():
            return images, labels
    form = f"{labels.dtype} {labels.shape}" if hasattr(labels, "shape") else type(labels).__name__
    raise ValueError(
        f"expected {name}=(images, labels): at least one image, and as labels as many whole "
        f"numbers from 0 to 9, got {len(images)} images and labels {form}"
    )


def _score(answers: np.ndarray, labels: np.ndarray) -> Score:
    correct, total = int(np.sum(answers == labels)), len(labels)
    return Score(correct, total, correct / total, *accuracy_interval(correct, total))


def _digit_score(digit: int, answers: np.ndarray, labels: np.ndarray) -> DigitScore:
    given = answers[labels == digit]
    wrong = given[given != digit]
    mostly = int(np.bincount(wrong).argmax()) if len(wrong) else None
    return DigitScore(digit, len(given), len(wrong), mostly)


def _microseconds(predict: Predict, image: np.ndarray) -> float:
    """The median of up to 1,000 calls, or of as many as half a second allows."""
    durations, begin = [], time.perf_counter()
    while len(durations) < 1000 and (not durations or time.perf_counter() - begin < 0.5):
        start = time.perf_counter()
        predict(image)
        durations.append(time.perf_counter() - start)
    return statistics.median(durations) * 1e6
