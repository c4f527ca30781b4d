"""Day 22: counting the fits of a grid, winners at the edge, recipes that leak."""

import math

import numpy as np

from .engine import Exercise
from .suspects import Case, judge, judge_letters, number, set_of_names

# --- 22.1 ------------------------------------------------------------------------------------


def fits(grid, folds):
    """How many trainings a grid search runs, the last one included."""
    combinations = 1
    for values in grid.values():
        combinations = combinations * len(values)
    return combinations * folds + 1


_GRIDS = [
    Case(f"fits({grid}, {folds})", (grid, folds))
    for grid, folds in [
        ({"units": [16, 64, 128], "rate": [0.001, 0.01]}, 5),
        ({"units": [16, 64]}, 3),
        ({"units": [32], "rate": [0.1, 0.2, 0.3, 0.4], "filters": [8, 16, 32]}, 4),
        ({"rate": (0.001, 0.003, 0.01, 0.03, 0.1)}, 2),
    ]
]


def _check_fits(answer):
    judge(answer, fits, _GRIDS, slips=_FIT_SLIPS, form=number)


def _without_the_last(grid, folds):
    return fits(grid, folds) - 1


def _summed(grid, folds):
    return sum(len(values) for values in grid.values()) * folds + 1


def _names_only(grid, folds):
    return len(grid) * folds + 1


def _last_per_fold(grid, folds):
    return (math.prod(map(len, grid.values())) + 1) * folds


def _no_folds(grid, folds):
    return math.prod(map(len, grid.values())) + 1


def _pairs(grid, folds):
    return max(map(len, grid.values())) ** len(grid) * folds + 1


def _one_fold_less(grid, folds):
    return math.prod(map(len, grid.values())) * (folds - 1) + 1


def _last_per_combination(grid, folds):
    return math.prod(map(len, grid.values())) * (folds + 1)


def _folds_added(grid, folds):
    return math.prod(map(len, grid.values())) + folds + 1


_FIT_SLIPS = (
    (_without_the_last, "the winner is trained once more"),
    (_summed, "every value goes with every other: multiply"),
    (_names_only, "count the values of each name, not the names"),
    (_last_per_fold, "the last training is one, not one per fold"),
    (_last_per_combination, "the last training is one, not one per combination"),
    (_folds_added, "every combination is trained once per fold: multiply by the folds"),
    (_no_folds, "every combination is trained once per fold"),
    (_pairs, "the lists differ in length: multiply their lengths"),
    (_one_fold_less, "each fold is left out once, so there are as many trainings as folds"),
)


def _by_prod(grid, folds):
    return math.prod(len(values) for values in grid.values()) * folds + 1


def _by_scikit_learn(grid, folds):
    from sklearn.model_selection import ParameterGrid

    return len(ParameterGrid({name: list(values) for name, values in grid.items()})) * folds + 1


def _by_numpy(grid, folds):
    return 1 + folds * np.prod([len(values) for values in grid.values()])


# --- 22.2 ------------------------------------------------------------------------------------


def at_the_edge(grid, best):
    """The names for which the search should go on beyond its values."""
    names = set()
    for name, values in grid.items():
        if len(values) >= 3 and best[name] in (min(values), max(values)):
            names.add(name)
    return names


_MAPS = [
    Case(f"at_the_edge({grid}, {best})", (grid, best))
    for grid, best in [
        ({"rate": [0.001, 0.01, 0.1], "units": [16, 32, 64]}, {"rate": 0.1, "units": 32}),
        ({"rate": [0.001, 0.01, 0.1], "units": [16, 32, 64]}, {"rate": 0.001, "units": 64}),
        ({"units": [64, 16, 32], "filters": [4, 16, 8]}, {"units": 32, "filters": 4}),
        ({"units": [32, 16, 64], "filters": [4, 16, 8]}, {"units": 64, "filters": 8}),
        ({"units": [16, 64], "layers": [2], "rate": [1, 2, 3]}, {"units": 16, "layers": 2, "rate": 2}),  # noqa: E501
        ({"rate": [1, 2, 3, 4, 5], "size": [7, 5, 3]}, {"rate": 4, "size": 3}),
        ({"rate": [1, 2, 3, 4, 5], "size": [7, 5, 3, 9]}, {"rate": 2, "size": 9}),
    ]
]  # fmt: skip


def _names(found, case):
    return set_of_names(found, case, case.arguments[0])


def _check_edge(answer):
    judge(answer, at_the_edge, _MAPS, slips=_EDGE_SLIPS, form=_names)


def _largest_only(grid, best):
    return {n for n, v in grid.items() if len(v) > 2 and best[n] == max(v)}


def _smallest_only(grid, best):
    return {n for n, v in grid.items() if len(v) > 2 and best[n] == min(v)}


def _first_and_last(grid, best):
    return {n for n, v in grid.items() if len(v) > 2 and best[n] in (v[0], v[-1])}


def _short_ones_too(grid, best):
    return {n for n, v in grid.items() if best[n] in (min(v), max(v))}


def _pairs_too(grid, best):
    return {n for n, v in grid.items() if len(v) > 1 and best[n] in (min(v), max(v))}


def _inside(grid, best):
    return {n for n, v in grid.items() if len(v) > 2 and min(v) < best[n] < max(v)}


def _from_four(grid, best):
    return {n for n, v in grid.items() if len(v) > 3 and best[n] in (min(v), max(v))}


_EDGE_SLIPS = (
    (_largest_only, "the smallest value is an edge, too"),
    (_smallest_only, "the largest value is an edge, too"),
    (_first_and_last, "the values come in any order: the edges are the smallest and the largest"),
    (_short_ones_too, "leave out lists of one or two values: they have nothing but edges"),
    (_pairs_too, "leave out lists of two values: they have nothing but edges"),
    (_inside, "yours are the names whose winner is not at an edge"),
    (_from_four, "lists of three values have an inside: keep them"),
)


def _by_sorting(grid, best):
    return [n for n, v in grid.items() if sorted(v).index(best[n]) in (0, len(v) - 1) and v[2:]]


def _by_numpy_ends(grid, best):
    ends = {n: (np.min(v), np.max(v)) for n, v in grid.items() if np.size(v) >= 3}
    return {n for n, (low, high) in ends.items() if not low < best[n] < high}


def _as_a_list(grid, best):
    found = []
    for name in grid:
        values = grid[name]
        if len(values) < 3:
            continue
        if best[name] == max(values) or best[name] == min(values):
            found.append(name)
    return tuple(found)


# --- 22.3 ------------------------------------------------------------------------------------

leaking = {"A", "D", "E"}

_FINE = {
    "B": "inside the pipeline the step learns from the learning folds only",
    "C": "255 is a constant: nothing is learned from any digit",
    "F": "the test digits are measured on once, after the last choice",
}


def _check_leaking(answer):
    ask = (
        "Ask of each recipe: was anything computed, "
        "chosen or copied from digits that are scored on?"
    )
    judge_letters(answer, leaking, _FINE, "does not leak", ask)


EXERCISES = (
    Exercise(
        id="22.1",
        title="count the fits",
        solution=fits,
        reason="Every value goes with every other, so the lengths multiply. Each combination is "
        "trained once per fold, and the winner once more, on all digits.",
        check=_check_fits,
        hints=(
            "len(values) for every list of grid.values().",
            "How many combinations are there of 3 unit counts and 2 rates? Not 5.",
            "Combinations times folds, and one.",
        ),
        wrong=_FIT_SLIPS,
        right=(_by_prod, _by_scikit_learn, _by_numpy),
    ),
    Exercise(
        id="22.2",
        title="winners at the edge",
        solution=at_the_edge,
        reason="When the best value is the smallest or the largest that was tried, a better one "
        "may lie beyond. With two values one of them must win, so that says nothing.",
        check=_check_edge,
        hints=(
            "A loop over grid.items() gives each name and its values.",
            "min(values) and max(values) are the edges, in whatever order the values stand.",
            "And len(values) must be at least 3.",
        ),
        wrong=_EDGE_SLIPS,
        right=(_by_sorting, _by_numpy_ends, _as_a_list),
    ),
    Exercise(
        id="22.3",
        title="find the leaks",
        solution=leaking,
        reason="A computes means from digits that are scored on later. D chooses by the test "
        "digits and then reports the same number. E has copies of one digit on both sides of "
        "every fold. B and F are how it should be, and the 255 of C is no knowledge of digits.",
        check=_check_leaking,
        hints=(
            "Three of the six leak.",
            "Where does each number that a step uses come from?",
            "Which recipe chooses something by the very score that it reports?",
        ),
        wrong=(
            ({"D"}, "1 right, 2 missing"),
            ({"D", "E"}, "2 right, 1 missing"),
            ({"B", "D"}, "B does not leak"),
            ("ACDE", "C does not leak"),
            ({"A", "F"}, "F does not leak"),
            ({"A", "X"}, "from A to F"),
            (3, "a set of letters is asked for"),
        ),
        right=("ADE", ["a", "d", "e"], "A, D and E", ("E", "D", "A")),
    ),
)
