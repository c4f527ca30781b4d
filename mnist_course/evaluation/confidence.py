"""How sure may one be? Calibration: bins, its error, and a temperature that mends it."""

from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import softmax

from ..preprocessing import checked_labels

COLDEST, HOTTEST = 0.05, 20.0  # temperatures tried
ROUNDING = 0.02  # of a row's sum: probabilities in whole 256ths add up to about 1
LEAST = np.finfo(np.float32).tiny  # 1e-38: below it a network's answers are 0


class Reliability(NamedTuple):
    """Answers sorted into bins by how sure they are; empty bins are left out.

    Attributes:
        counts: answers in each bin, integers, shape (k,).
        confidence: mean probability of the answers in it, float, shape (k,), 0 to 1.
        accuracy: share of them that is right, float, shape (k,), 0 to 1.
    """

    counts: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray


def reliability(probabilities: np.ndarray, labels: np.ndarray, *, bins: int = 15) -> Reliability:
    """Compare how sure answers are with how often they are right.

    Args:
        probabilities: one row per example, float, shape (n, num_classes), each adding up to 1.
        labels: the true classes, integers, shape (n,).
        bins: of equal width, from 0 to 1, by the probability of the likeliest class.

    Returns:
        ``Reliability(counts, confidence, accuracy)``, from the least to the most sure bin.

    Raises:
        ValueError: rows are not probabilities, labels do not fit, or there is no bin.

    Source: Guo et al., "On calibration of modern neural networks", 2017.
    """
    probabilities, labels = _checked(probabilities, labels)
    if not isinstance(bins, int | np.integer) or bins < 1:
        raise ValueError(f"bins must be a whole number above 0, got {bins!r}")
    sure, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    place = np.minimum((sure * bins).astype(int), bins - 1)
    counts = np.bincount(place, minlength=bins)
    kept = counts > 0
    confidence, accuracy = (
        np.bincount(place, values, minlength=bins)[kept] / counts[kept] for values in (sure, right)
    )
    return Reliability(counts[kept], confidence, accuracy)


def expected_calibration_error(
    probabilities: np.ndarray, labels: np.ndarray, *, bins: int = 15
) -> float:
    """How far apart sureness and accuracy are, on average over the answers.

    It is never quite 0: in a bin of few answers luck alone parts the two.

    Args:
        probabilities: as for ``reliability``.
        labels: as for ``reliability``.
        bins: as for ``reliability``.

    Returns:
        A fraction from 0 to 1: the gaps of the bins, weighted by their counts.

    Raises:
        ValueError: as in ``reliability``.

    Source: Naeini et al., "Obtaining well calibrated probabilities using Bayesian binning", 2015.
    """
    counts, confidence, accuracy = reliability(probabilities, labels, bins=bins)
    return float(np.average(np.abs(confidence - accuracy), weights=counts))


def apply_temperature(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Make answers softer (above 1) or sharper (below 1); the likeliest class stays.

    Args:
        probabilities: as for ``reliability``.
        temperature: what the logits are divided by, above 0.

    Returns:
        float64 of the same shape, each row adding up to 1.

    Raises:
        ValueError: the temperature is not above 0, or rows are not probabilities.
    """
    if not temperature > 0:
        raise ValueError(f"temperature must be above 0, got {temperature!r}")
    probabilities = checked_probabilities(probabilities).astype(float)
    logits = np.log(np.maximum(probabilities, LEAST)) / temperature
    return softmax(logits, axis=1)


def find_temperature(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """The temperature at which the true classes are least surprising.

    Args:
        probabilities: as for ``reliability``, of examples that the network did not learn from.
        labels: their true classes.

    Returns:
        From 0.05 to 20: above 1 for a network that is too sure, below 1 for one that is not sure
        enough.

    Raises:
        ValueError: as in ``reliability``.

    Source: Guo et al., "On calibration of modern neural networks", 2017.
    """
    probabilities, labels = _checked(probabilities, labels)
    rows = np.arange(len(labels))

    def surprise(log_temperature: float) -> float:
        answers = apply_temperature(probabilities, np.exp(log_temperature))
        return -np.log(np.maximum(answers[rows, labels], LEAST)).mean()

    found = minimize_scalar(surprise, bounds=np.log([COLDEST, HOTTEST]), method="bounded")
    return float(np.exp(found.x))


def _checked(probabilities: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    probabilities = checked_probabilities(probabilities).astype(float)
    if not len(probabilities):
        raise ValueError("expected at least one row of probabilities, got none")
    count, num_classes = probabilities.shape
    return probabilities, checked_labels(labels, num_classes=num_classes, count=count)


def checked_probabilities(probabilities: np.ndarray) -> np.ndarray:
    """The rows as an array, none or more of them, if each adds up to 1; else a ValueError."""
    probabilities = np.asarray(probabilities)
    if probabilities.ndim != 2 or probabilities.dtype.kind not in "buif":
        raise ValueError(
            "expected probabilities of shape (n, num_classes), got "
            f"{probabilities.dtype} of shape {probabilities.shape}"
        )
    sums = probabilities.sum(axis=1, dtype=float)
    if (probabilities < 0).any() or not (np.abs(sums - 1) <= ROUNDING).all():  # also catches NaN
        raise ValueError(
            "expected probabilities that add up to 1 in each row, got sums from "
            f"{sums.min():.4g} to {sums.max():.4g}: logits become probabilities with softmax"
        )
    return probabilities
