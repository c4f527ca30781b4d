"""Day 23: log-uniform rates, successive halving on curves, the winner's curse."""

import numpy as np

from .engine import Exercise, NotYet, as_list, require_shape
from .suspects import Case, judge, judge_letters, number

# --- 23.1 ------------------------------------------------------------------------------------


def rates(u, low, high):
    """Numbers from 0 to 1 as rates, log-uniform from low to high."""
    return low * (high / low) ** np.asarray(u)


_U = np.array([0, 0.1, 0.25, 0.5, 0.8, 1])
_THROWS = [
    Case(f"log10 of rates(u, {low}, {high}) with u = {u.tolist()}", (u, low, high))
    for u, low, high in [(_U, 1e-4, 1e-2), (_U[1:5], 0.001, 0.1), (_U[::-1], 0.02, 0.5)]
]


def _check_rates(answer):
    # a thousandth of a rate matters: compare the logarithms
    judge(answer, rates, _THROWS, slips=_RATE_SLIPS, form=_logarithms)


def _logarithms(found, case):
    found = as_list(found)
    what = f"{case.shown}: the rates, one for each number of u,"
    require_shape(found, case.arguments[0].shape, what=what)
    found = np.asarray(found, float)
    if not (found > 0).all():
        raise NotYet(
            f"{case.shown}: rates are above 0, yours has {found.min():.4g}. Are yours logarithms?"
        )
    return np.log10(found)


def _uniform(u, low, high):
    return low + (high - low) * u


def _backwards(u, low, high):
    return high * (low / high) ** u


def _from_one(u, low, high):
    return high**u


def _squared(u, low, high):
    return low + (high - low) * u**2


def _geometric_mean_only(u, low, high):
    return np.full(len(u), np.sqrt(low * high))


def _whole_decades(u, low, high):
    return 10 ** np.round(np.log10(low) + u * np.log10(high / low))


def _natural_mixed(u, low, high):
    return 10 ** (np.log(low) + u * np.log(high / low))


def _evenly(u, low, high):
    return np.geomspace(low, high, len(u))


def _limits_of_the_example(u, low, high):
    return 10 ** (-4 + 2 * u)


_RATE_SLIPS = (
    (_uniform, "halfway lies the mean of low and high: that is uniform, the factors differ"),
    (_backwards, "yours begin at high and end at low"),
    (_from_one, "yours begin at 1, not at low"),
    (_squared, "squaring bends the scale a little, but halfway must lie the same factor"),
    (_geometric_mean_only, "yours do not depend on u"),
    (_whole_decades, "not only powers of ten: anything in between is possible"),
    (_natural_mixed, "np.log goes with np.exp, np.log10 with 10 **"),
    (_evenly, "the throws are in u already: turn each of its numbers into a rate"),
    (_limits_of_the_example, "low and high may be others than in the example"),
)


def _by_logarithms(u, low, high):
    return 10 ** (np.log10(low) + u * (np.log10(high) - np.log10(low)))


def _by_scipy(u, low, high):
    from scipy.stats import loguniform

    return loguniform(low, high).ppf(u)


def _one_by_one(u, low, high):
    return (low ** (1 - v) * high**v for v in u)


def _by_loop(u, low, high):
    return [float(np.exp((1 - v) * np.log(low) + v * np.log(high))) for v in u]


# --- 23.2 ------------------------------------------------------------------------------------


def halving(curves, rounds):
    """The row of the network that successive halving keeps."""
    left = np.arange(len(curves))
    for epoch, number_kept in rounds:
        order = np.argsort(curves[left, epoch - 1])[::-1]
        left = left[order[:number_kept]]
    return left[0]


_CURVES = np.array(
    [
        [60, 70, 75, 79, 97, 98],  # a late bloomer
        [85, 80, 78, 77, 76, 75],
        [80, 84, 90, 87, 86, 85],
        [70, 86, 88, 91, 92, 93],
        [82, 83, 84, 93, 94, 89],
        [65, 88, 92, 80, 81, 96],
    ],
    float,
)
_ROUNDS = [
    Case(f"halving(curves, {rounds}) with curves = {curves.astype(int).tolist()}", (curves, rounds))
    for curves, rounds in [
        (_CURVES, [(1, 3), (3, 1)]),
        (_CURVES, [(2, 4), (4, 1)]),
        (_CURVES[::-1], [(1, 4), (2, 2), (6, 1)]),
        (_CURVES[[3, 1, 5, 0]], [(1, 2), (5, 1)]),
        (_CURVES, [(2, 2), (6, 1)]),
    ]
]


def _check_halving(answer):
    judge(answer, halving, _ROUNDS, slips=_HALVING_SLIPS, form=number)


def _replay(curves, rounds, *, shift=-1, sign=-1):
    left = np.arange(len(curves))
    for epoch, kept in rounds:
        column = min(epoch + shift, curves.shape[1] - 1)
        left = left[np.argsort(sign * curves[left, column])[:kept]]
    return left[0]


def _one_epoch_late(curves, rounds):
    return _replay(curves, rounds, shift=0)


def _worst_kept(curves, rounds):
    return _replay(curves, rounds, sign=1)


def _place_among_the_left(curves, rounds):
    left = curves
    for epoch, kept in rounds:
        order = np.argsort(-left[:, epoch - 1])[:kept]
        left = left[order]
    return order[0]


def _place_in_every_round(curves, rounds):
    left = np.arange(len(curves))
    for epoch, kept in rounds:
        left = np.argsort(-curves[left, epoch - 1])[:kept]
    return left[0]


def _first_round_only(curves, rounds):
    return halving(curves, rounds[:1])


def _last_round_only(curves, rounds):
    return halving(curves, rounds[-1:])


def _best_in_the_end(curves, rounds):
    return curves[:, -1].argmax()


def _by_the_end_of_the_left(curves, rounds):
    left = np.arange(len(curves))
    for epoch, kept in rounds[:-1]:
        left = left[np.argsort(-curves[left, epoch - 1])[:kept]]
    return left[curves[left, -1].argmax()]


def _counted_from_one(curves, rounds):
    return halving(curves, rounds) + 1


def _its_score(curves, rounds):
    return curves[halving(curves, rounds), rounds[-1][0] - 1]


def _its_last_score(curves, rounds):
    return curves[halving(curves, rounds), -1]


_HALVING_SLIPS = (
    (_one_epoch_late, "column 0 is epoch 1, so epoch e is column e - 1"),
    (_worst_kept, "yours keeps the lowest scores: np.argsort sorts upwards"),
    (_place_among_the_left, "a row of the whole table is asked for, not its place in the last round"),  # noqa: E501
    (_place_in_every_round, "np.argsort gives places among those left: left[order] turns them into rows"),  # noqa: E501
    (_first_round_only, "go through all rounds"),
    (_last_round_only, "who was thrown out in an early round does not come back"),
    (_best_in_the_end, "nobody knows the end yet: use the scores at the epochs of the rounds"),
    (_by_the_end_of_the_left, "the last round looks at its own epoch, not at the end"),
    (_counted_from_one, "rows are counted from 0"),
    (_its_score, "the number of its row is asked for, not its score"),
    (_its_last_score, "the number of its row is asked for, not its score"),
)  # fmt: skip


def _by_sorting(curves, rounds):
    left = list(range(len(curves)))
    for epoch, kept in rounds:
        left = sorted(left, key=lambda row: curves[row][epoch - 1], reverse=True)[:kept]
    return left[0]


def _by_pandas(curves, rounds):
    import pandas as pd

    table = pd.DataFrame(curves)
    for epoch, kept in rounds:
        table = table.nlargest(kept, epoch - 1)
    return int(table.index[0])


def _by_blanking(curves, rounds):
    curves = np.array(curves)
    for epoch, kept in rounds:
        bar = np.sort(curves[:, epoch - 1])[-kept]
        curves[curves[:, epoch - 1] < bar] = -1
    return curves[:, epoch - 1].argmax()


# --- 23.3 ------------------------------------------------------------------------------------

true = {"B", "C", "E", "F"}

_FALSE = {
    "A": "it is the best of 100 noisy scores, so a part of it is luck",
    "D": "0.1 points are less than what another seed changes",
}


def _check_true(answer):
    ask = (
        "Ask of each sentence: what part of the score "
        "belongs to the setting, what to the seed, and what to these digits?"
    )
    judge_letters(answer, true, _FALSE, "is not right", ask)


EXERCISES = (
    Exercise(
        id="23.1",
        title="log-uniform rates",
        solution=rates,
        reason="From low to high is a factor of high / low. At u of the way it has been applied u "
        "times: low * (high / low) ** u. Equal steps of u are then equal factors.",
        check=_check_rates,
        hints=(
            "Equal steps of u must multiply by equal factors.",
            "At u = 1 you have multiplied low by high / low. And at u = 0.5, by its root.",
            "The u-th power of high / low.",
        ),
        wrong=_RATE_SLIPS,
        right=(_by_logarithms, _by_scipy, _by_loop, _one_by_one),
    ),
    Exercise(
        id="23.2",
        title="replay successive halving",
        solution=halving,
        reason="Row numbers are kept, not scores. In each round only the rows that are left are "
        "sorted by their score at that epoch, and the first few go on.",
        check=_check_halving,
        hints=(
            "Begin with left = np.arange(len(curves)), the row numbers of all.",
            "curves[left, epoch - 1] are their scores; np.argsort of the negative scores begins "
            "with the best.",
            "left = left[order[:kept]] in a loop over rounds, and in the end left[0].",
        ),
        wrong=_HALVING_SLIPS,
        right=(_by_sorting, _by_pandas, _by_blanking),
    ),
    Exercise(
        id="23.3",
        title="the winner's curse",
        solution=true,
        reason="The best of many scores is partly luck (not A), the more so the more there are "
        "(C), and new seeds take that part away (B). Differences below the luck of a seed say "
        "nothing (not D); repeated trainings of the best few do (E). The network itself keeps the "
        "luck of its seed, but not that of the digits it was chosen on (F).",
        check=_check_true,
        hints=(
            "Four of the six are right.",
            "Equal recipes had a winner, too. What was its lead worth?",
            "How large is the spread over seeds, compared with 0.1 points?",
        ),
        wrong=(
            ({"B", "C"}, "2 right, 2 missing"),
            ({"B", "C", "E"}, "3 right, 1 missing"),
            ({"A", "B"}, "A is not right"),
            ("BCDE", "D is not right"),
            (set(), "0 right, 4 missing"),
            ({"B", "X"}, "from A to F"),
            (3, "a set of letters is asked for"),
        ),
        right=("BCEF", ["b", "c", "e", "f"], "B, C, E and F", ("F", "E", "C", "B")),
    ),
)
