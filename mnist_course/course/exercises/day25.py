"""Day 25: precision and recall, the cost of a threshold, which metric for what."""

import numpy as np

from .engine import Exercise
from .suspects import Case, judge, judge_letters, number, two_results

# --- 25.1 ------------------------------------------------------------------------------------


def precision_and_recall(labels, predicted, digit):
    """How often it is right when it says so, and how many it finds."""
    hits = np.sum((labels == digit) & (predicted == digit))
    return hits / np.sum(predicted == digit), hits / np.sum(labels == digit)


_LABELS = np.array([8, 8, 8, 8, 8, 1, 1, 3, 3, 3, 0, 0])
_PREDICTED = np.array([8, 8, 3, 8, 1, 8, 1, 3, 8, 3, 0, 8])
_READINGS = [
    Case(
        f"precision_and_recall(labels, predicted, {digit}) with labels {labels.tolist()} and "
        f"predicted {predicted.tolist()}",
        (labels, predicted, digit),
    )
    for labels, predicted, digit in [
        (_LABELS, _PREDICTED, 8),
        (_LABELS, _PREDICTED, 1),
        (_LABELS, _PREDICTED, 3),
        (_PREDICTED[::-1], _LABELS[::-1], 0),
        (_PREDICTED, _LABELS, 8),
    ]
]


def _check_precision(answer):
    judge(answer, precision_and_recall, _READINGS, slips=_PAIR_SLIPS, form=two_results)


def _swapped(labels, predicted, digit):
    return precision_and_recall(predicted, labels, digit)


def _accuracy_twice(labels, predicted, digit):
    share = np.mean((labels == digit) == (predicted == digit))
    return share, share


def _of_all_digits(labels, predicted, digit):
    hits = np.sum((labels == digit) & (predicted == digit))
    return hits / len(labels), hits / len(labels)


def _any_right(labels, predicted, digit):
    hits = np.sum(labels == predicted)
    return hits / np.sum(predicted == digit), hits / np.sum(labels == digit)


def _false_alarm_share(labels, predicted, digit):
    alarms = np.sum((labels != digit) & (predicted == digit))
    return 1 - alarms / np.sum(labels != digit), precision_and_recall(labels, predicted, digit)[1]


def _in_percent(labels, predicted, digit):
    return [100 * value for value in precision_and_recall(labels, predicted, digit)]


def _errors_only(labels, predicted, digit):
    return [1 - value for value in precision_and_recall(labels, predicted, digit)]


_PAIR_SLIPS = (
    (_swapped, "precision first: it divides by what was *called* so, recall by what *is* so"),
    (_accuracy_twice, "yours counts the digits that were rightly left alone, too"),
    (_of_all_digits, "divide by those that were called so, and by those that are, not by all"),
    (_any_right, "the hits are digits that are this one *and* were called so"),
    (_false_alarm_share, "yours divides the false alarms by all others; precision divides by all that were called so"),  # noqa: E501
    (_in_percent, "fractions are asked for, not per cent"),
    (_errors_only, "yours are the shares that went wrong"),
)  # fmt: skip


def _by_scikit_learn(labels, predicted, digit):
    from sklearn.metrics import precision_score, recall_score

    options = {"labels": [digit], "average": None}
    return (
        precision_score(labels, predicted, **options).item(),
        recall_score(labels, predicted, **options).item(),
    )


def _by_selection(labels, predicted, digit):
    return np.array(
        [
            np.mean(labels[predicted == digit] == digit),
            np.mean(predicted[labels == digit] == digit),
        ],
        np.float32,
    )


def _by_loop(labels, predicted, digit):
    hits = called = there = 0
    for label, answer in zip(labels, predicted, strict=True):
        called += answer == digit
        there += label == digit
        hits += answer == digit == label
    return [hits / called, hits / there]


# --- 25.2 ------------------------------------------------------------------------------------


def cost_per_digit(sureness, right, threshold, wrong, ask):
    """What a digit costs on average."""
    asked = sureness < threshold
    return np.mean(np.where(asked, ask, np.where(right, 0, wrong)))


_SURE = np.array([0.99, 0.95, 0.4, 0.8, 0.7, 0.55, 0.9, 0.3])
_RIGHT = np.array([True, True, False, False, True, True, False, True])
_PRICES = [
    Case(
        f"cost_per_digit(sureness, right, {threshold}, {wrong}, {ask}) with sureness "
        f"{sureness.tolist()} and right {right.tolist()}",
        (sureness, right, threshold, wrong, ask),
        note,
    )
    for sureness, right, threshold, wrong, ask, note in [
        (_SURE, _RIGHT, 0.6, 100, 1, ""),
        (_SURE, _RIGHT, 0.85, 50.0, 3, ""),
        (_SURE[::-1], _RIGHT, 0.35, 20, 7, ""),
        (_SURE, _RIGHT, 0.8, 10, 2, "a digit *at* the threshold is not below it"),
        (_SURE[:5], _RIGHT[:5], 0, 100, 1, "with a threshold of 0 nobody is asked"),
    ]
]


def _check_cost(answer):
    judge(answer, cost_per_digit, _PRICES, slips=_COST_SLIPS, form=number)


def _mistakes_all_cost(sureness, right, threshold, wrong, ask):
    return np.mean(ask * (sureness < threshold) + wrong * ~right)


def _asks_when_sure(sureness, right, threshold, wrong, ask):
    return cost_per_digit(-sureness, right, -threshold, wrong, ask)


def _asks_at_the_threshold(sureness, right, threshold, wrong, ask):
    return np.mean(np.where(sureness <= threshold, ask, np.where(right, 0, wrong)))


def _summed(sureness, right, threshold, wrong, ask):
    return len(right) * cost_per_digit(sureness, right, threshold, wrong, ask)


def _of_the_answered(sureness, right, threshold, wrong, ask):
    asked = sureness < threshold
    return np.sum(np.where(asked, ask, np.where(right, 0, wrong))) / np.sum(~asked)


def _asking_is_free(sureness, right, threshold, wrong, ask):
    return np.mean(np.where(sureness < threshold, 0, np.where(right, 0, wrong)))


def _right_ones_cost(sureness, right, threshold, wrong, ask):
    return cost_per_digit(sureness, ~right, threshold, wrong, ask)


_COST_SLIPS = (
    (_mistakes_all_cost, "where the clerk is asked, the network's mistake costs nothing"),
    (_asks_when_sure, "the clerk is asked when the network is *not* sure"),
    (_asks_at_the_threshold, "at the threshold the network answers"),
    (_summed, "per digit: divide by their number"),
    (_of_the_answered, "divide by all digits, also those that the clerk read"),
    (_asking_is_free, "a question costs `ask`"),
    (_right_ones_cost, "wrong answers cost, right ones do not"),
)


def _by_masks(sureness, right, threshold, wrong, ask):
    answered = sureness >= threshold
    return (ask * np.sum(~answered) + wrong * np.sum(answered & ~right)) / len(right)


def _in_a_loop(sureness, right, threshold, wrong, ask):
    total = 0
    for sure, good in zip(sureness, right, strict=True):
        if sure < threshold:
            total += ask
        elif not good:
            total += wrong
    return total / len(right)


def _by_pandas(sureness, right, threshold, wrong, ask):
    import pandas as pd

    costs = pd.Series(np.where(right, 0.0, wrong))
    return np.float64(costs.mask(pd.Series(sureness) < threshold, ask).mean())


# --- 25.3 ------------------------------------------------------------------------------------

sensible = {"B", "C", "D", "G"}

_BAD = {
    "A": "whoever never finds the disease has 99.9 %, too",
    "E": "the area hides false alarms of a large crowd: precision shows them",
    "F": "the same digits were hard for both: a paired test sees what overlapping intervals hide",
}


def _check_sensible(answer):
    ask = "Ask of each: which mistake hurts, and does this number see it?"
    judge_letters(answer, sensible, _BAD, "is not sensible", ask)


EXERCISES = (
    Exercise(
        id="25.1",
        title="precision and recall",
        solution=precision_and_recall,
        reason="Hits are digits that are this one and were called so. Precision divides them by "
        "all that were called so, recall by all that are.",
        check=_check_precision,
        hints=(
            "(labels == digit) & (predicted == digit) marks the hits; np.sum counts them.",
            "Recall: hits of those with labels == digit.",
            "Precision: hits of those with predicted == digit. It comes first.",
        ),
        wrong=_PAIR_SLIPS,
        right=(_by_scikit_learn, _by_selection, _by_loop),
    ),
    Exercise(
        id="25.2",
        title="what a threshold costs",
        solution=cost_per_digit,
        reason="Each digit has exactly one price: that of a question when the network is less sure "
        "than the threshold, else that of a mistake if there is one. Then the mean of all digits.",
        check=_check_cost,
        hints=(
            "asked = sureness < threshold marks the digits for the clerk.",
            "Where asked, the price is `ask`, whether the network was right or not.",
            "np.where(asked, ask, np.where(right, 0, wrong)), and the mean.",
        ),
        wrong=_COST_SLIPS,
        right=(_by_masks, _in_a_loop, _by_pandas),
    ),
    Exercise(
        id="25.3",
        title="which number for what",
        solution=sensible,
        reason="When people check the finds, misses hurt (B); when nobody does, false alarms hurt "
        "(C); with equal classes and prices accuracy says it all (D); with known prices, cost (G).",
        check=_check_sensible,
        hints=(
            "Four of the seven are sensible.",
            "What would a detector reach that always says no?",
            "Day 16: which test looks at the same digits?",
        ),
        wrong=(
            ({"B", "C"}, "2 right, 2 missing"),
            ({"B", "C", "D"}, "3 right, 1 missing"),
            ({"A", "B"}, "A is not sensible"),
            ("BCDE", "E is not sensible"),
            ({"F", "G"}, "F is not sensible"),
            ({"B", "X"}, "from A to G"),
            (3, "a set of letters is asked for"),
        ),
        right=("BCDG", ["b", "c", "d", "g"], "B, C, D and G", ("G", "D", "C", "B")),
    ),
)
