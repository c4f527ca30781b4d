"""Numbers with uncertainty: how far an accuracy can be trusted, and is A better than B?"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import softmax
from scipy.stats import binomtest

from ..preprocessing import grey_planes
from .confidence import checked_probabilities


class McNemar(NamedTuple):
    """Two models on the same examples.

    Attributes:
        only_a_right: examples that A answers right and B wrong.
        only_b_right: examples that B answers right and A wrong.
        p_value: probability, if both were equally good, of a split at least as uneven.
    """

    only_a_right: int
    only_b_right: int
    p_value: float


def accuracy_interval(correct: int, total: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson score interval for an accuracy: where the true one plausibly lies.

    It covers the luck of drawing these test examples, not the luck of the training seed.

    Args:
        correct: how many examples were answered right, 0 to ``total``.
        total: how many examples there were, at least 1.
        confidence: how often such intervals hold the true accuracy, between 0 and 1.

    Returns:
        ``(low, high)``, fractions from 0 to 1.

    Raises:
        ValueError: the counts are not whole numbers with ``0 <= correct <= total``, or
            ``confidence`` is not between 0 and 1.

    Source: Wilson, "Probable inference, the law of succession, and statistical inference",
    1927.
    """
    if not all(isinstance(n, int | np.integer) for n in (correct, total)):
        raise ValueError(
            f"expected counts, whole numbers such as 9912 of 10000, got {correct} of {total}"
        )
    if total < 1 or not 0 <= correct <= total:
        raise ValueError(f"expected from 0 to total correct answers, got {correct} of {total}")
    if not 0 < confidence < 1:
        raise ValueError(
            f"confidence is a fraction between 0 and 1 (0.95 for 95 %), got {confidence}"
        )
    interval = binomtest(int(correct), int(total)).proportion_ci(confidence, method="wilson")
    return float(interval.low), float(interval.high)


def mcnemar(labels: np.ndarray, predicted_a: np.ndarray, predicted_b: np.ndarray) -> McNemar:
    """Exact McNemar test: do two models differ on the same examples by more than luck?

    Only examples on which exactly one of them is right can tell; equally good models would
    share these like tosses of a coin.

    Args:
        labels: the true labels, integers, shape (n,).
        predicted_a: labels predicted by model A, shape (n,).
        predicted_b: labels predicted by model B, shape (n,), in the same order.

    Returns:
        ``McNemar(only_a_right, only_b_right, p_value)``, two-sided.

    Raises:
        ValueError: an array is not integers of shape (n,), or the lengths differ.

    Source: McNemar, "Note on the sampling error of the difference between correlated
    proportions or percentages", 1947; the exact binomial form.
    """
    arrays = [np.asarray(a) for a in (labels, predicted_a, predicted_b)]
    for name, array in zip(("labels", "predicted_a", "predicted_b"), arrays, strict=True):
        if array.ndim != 1 or array.dtype.kind not in "ui" or not array.size:
            raise ValueError(
                f"expected {name} as integers of shape (n,), got {array.dtype} of shape "
                f"{array.shape}; probabilities become labels with .argmax(axis=1)"
            )
    if len({len(array) for array in arrays}) > 1:
        raise ValueError(
            f"expected three arrays of one length, got {[len(array) for array in arrays]}"
        )
    labels, predicted_a, predicted_b = arrays
    a_right, b_right = predicted_a == labels, predicted_b == labels
    only_a, only_b = int(np.sum(a_right & ~b_right)), int(np.sum(b_right & ~a_right))
    disagreements = only_a + only_b
    p_value = binomtest(only_a, disagreements).pvalue if disagreements else 1.0
    return McNemar(only_a, only_b, float(p_value))


def verdict(a: Sequence[float], b: Sequence[float]) -> str:
    """Is A or B better, or can nobody say? Compares two models over several seeds each.

    The difference of the means is held against its own standard error, in which both lucks add
    up like the sides of a right angle; more than twice that is clear.

    Args:
        a: a score per seed of model A, higher is better; at least 2.
        b: of model B, not necessarily as many.

    Returns:
        ``"A"`` or ``"B"`` if that one is clearly better, else ``"unclear"``.

    Raises:
        ValueError: fewer than two scores of a model, or not a list of finite numbers.

    Source: Welch, "The generalization of Student's problem when several different population
    variances are involved", 1947; with 2 in place of the quantile.
    """
    a, b = np.asarray(a, float), np.asarray(b, float)
    for name, scores in (("A", a), ("B", b)):
        if scores.ndim != 1 or len(scores) < 2 or not np.isfinite(scores).all():
            raise ValueError(
                f"expected at least two scores of model {name}, one per seed, got {scores}: one "
                "run cannot tell luck from skill"
            )
    difference = a.mean() - b.mean()
    standard_error = np.hypot(a.std(ddof=1) / len(a) ** 0.5, b.std(ddof=1) / len(b) ** 0.5)
    if abs(difference) <= 2 * standard_error:
        return "unclear"
    return "A" if difference > 0 else "B"


def combine_answers(probabilities: Sequence[np.ndarray]) -> np.ndarray:
    """Combine several answers to the same images: their geometric mean.

    One answer that is sure a class is impossible counts for more than in a plain mean.

    Args:
        probabilities: one array per network or view, each float, shape (n, num_classes), 0 to 1.

    Returns:
        One array of that shape, each row adding up to 1.

    Raises:
        ValueError: there are no answers, their shapes differ, or rows are not probabilities.
    """
    if len({np.shape(answer) for answer in probabilities}) != 1:
        raise ValueError(
            "expected at least one answer, all of one shape, got shapes "
            f"{[np.shape(answer) for answer in probabilities]}"
        )
    answers = [checked_probabilities(answer) for answer in probabilities]
    logits = np.log(np.maximum(answers, 1e-9)).mean(axis=0)
    return softmax(logits, axis=1)


def answer_shifted(
    answer: Callable[[np.ndarray], np.ndarray], images: np.ndarray, *, pixels: int = 1
) -> np.ndarray:
    """Test-time averaging: ask about each image in every shift of up to ``pixels``.

    Args:
        answer: from images to probabilities, such as ``DigitReader.predict``.
        images: any dtype with background 0, shape (n, height, width) or (n, height, width, 1).
        pixels: largest shift; 1 asks 9 times, 2 asks 25 times.

    Returns:
        The combined probabilities, shape (n, num_classes).

    Raises:
        ValueError: ``pixels`` is negative or no whole number, ``images`` has another shape, or the
            answers are not probabilities.
    """
    if not isinstance(pixels, int | np.integer) or pixels < 0:
        raise ValueError(f"pixels must be a whole number from 0 upwards, got {pixels!r}")
    height, width = grey_planes(images).shape[1:]
    rest = ((0, 0),) * (images.ndim - 3)
    padded = np.pad(images, ((0, 0), (pixels, pixels), (pixels, pixels), *rest))
    corners = range(2 * pixels + 1)
    return combine_answers(
        [answer(padded[:, y : y + height, x : x + width]) for y in corners for x in corners]
    )
