"""Day 26: the calibration error by hand, a threshold that keeps a promise, what sureness says."""

import numpy as np

from .engine import Exercise
from .suspects import Case, judge, judge_letters, number

# --- 26.1 ------------------------------------------------------------------------------------


def calibration_error(sureness, right, bins):
    """How far sureness and truth are apart, on average."""
    place = np.minimum((sureness * bins).astype(int), bins - 1)
    error = 0
    for b in set(place):
        inside = place == b
        gap = abs(sureness[inside].mean() - right[inside].mean())
        error = error + gap * inside.mean()
    return error


_SURE = np.array([0.31, 0.38, 0.39, 0.52, 0.58, 0.59, 0.77, 0.93, 0.96, 0.97, 0.99, 1.0])
_RIGHT = np.array([0, 1, 0, 1, 1, 1, 0, 1, 1, 1, 1, 0], bool)
_BINNED = [
    Case(
        f"calibration_error(sureness, right, {bins}) with sureness {sure.tolist()} and right "
        f"{right.tolist()}",
        (sure, right, bins),
    )
    for sure, right, bins in [
        (_SURE, _RIGHT, 10),
        (_SURE, _RIGHT, 5),
        (_SURE[4:], ~_RIGHT[4:], 4),
        (_SURE[::-1], _RIGHT, 3),
        (np.array([1.0, 1.0, 0.95, 0.55]), np.array([True, False, True, True]), 10),
    ]
]


def _check_calibration(answer):
    judge(answer, calibration_error, _BINNED, slips=_BIN_SLIPS, form=number)


def _binned(sureness, right, bins, *, clip=True):
    place = (sureness * bins).astype(int)
    place = np.minimum(place, bins - 1) if clip else place
    for b in sorted(set(place.tolist())):
        inside = place == b
        yield inside.mean(), sureness[inside].mean() - right[inside].mean()


def _unweighted(sureness, right, bins):
    return np.mean([abs(gap) for _, gap in _binned(sureness, right, bins)])


def _by_the_number_of_bins(sureness, right, bins):
    return sum(abs(gap) for _, gap in _binned(sureness, right, bins)) / bins


def _signed(sureness, right, bins):
    return sum(share * gap for share, gap in _binned(sureness, right, bins))


def _without_bins(sureness, right, bins):
    return np.abs(sureness - right).mean()


def _largest(sureness, right, bins):
    return max(abs(gap) for _, gap in _binned(sureness, right, bins))


def _certain_ones_lost(sureness, right, bins):
    kept = sureness < 1
    share = np.mean(kept)
    return share * calibration_error(sureness[kept], right[kept], bins)


def _certain_ones_apart(sureness, right, bins):
    return sum(share * abs(gap) for share, gap in _binned(sureness, right, bins, clip=False))


def _squared(sureness, right, bins):
    return sum(share * gap**2 for share, gap in _binned(sureness, right, bins))


def _in_percent(sureness, right, bins):
    return 100 * calibration_error(sureness, right, bins)


def _middle_of_the_bin(sureness, right, bins):
    place = np.minimum((sureness * bins).astype(int), bins - 1)
    gaps = [
        abs((b + 0.5) / bins - right[place == b].mean()) * np.mean(place == b) for b in set(place)
    ]
    return sum(gaps)


def _bins_of_equal_count(sureness, right, bins):
    parts = np.array_split(np.argsort(sureness), bins)
    gaps = [abs(sureness[p].mean() - right[p].mean()) * len(p) for p in parts if len(p)]
    return sum(gaps) / len(sureness)


def _empty_bins_too(sureness, right, bins):
    place = np.minimum((sureness * bins).astype(int), bins - 1)
    gaps = [
        abs(sureness[place == b].mean() - right[place == b].mean()) * np.mean(place == b)
        for b in range(bins)
    ]
    return np.sum(gaps)


_BIN_SLIPS = (
    (_unweighted, "a bin with many answers counts for more: weigh by the counts"),
    (_by_the_number_of_bins, "weigh by the counts, not by the number of bins"),
    (_signed, "distances do not cancel: take the absolute value of each gap"),
    (_without_bins, "first into bins, then the distance of the two means of each"),
    (_largest, "the mean over all bins is asked for, not the largest gap"),
    (_certain_ones_lost, "1.0 belongs to the last bin"),
    (_certain_ones_apart, "1.0 belongs to the last bin, not to one of its own"),
    (_squared, "the distance itself, not its square"),
    (_in_percent, "a fraction is asked for, not per cent"),
    (_middle_of_the_bin, "the mean sureness of the answers in the bin, not the middle of the bin"),
    (_bins_of_equal_count, "the bins are equally wide; they need not have equally many answers"),
)


def _by_histograms(sureness, right, bins):
    edges = np.linspace(0, 1, bins + 1)
    sums = np.histogram(sureness, edges, weights=sureness)[0]
    hits = np.histogram(sureness, edges, weights=right.astype(float))[0]
    return np.abs(sums - hits).sum() / len(sureness)


def _by_pandas(sureness, right, bins):
    import pandas as pd

    table = pd.DataFrame({"sure": sureness, "right": right.astype(float)})
    groups = table.groupby(np.minimum((sureness * bins).astype(int), bins - 1))
    gaps = (groups["sure"].mean() - groups["right"].mean()).abs()
    return float((gaps * groups.size()).sum() / len(table))


def _in_a_loop(sureness, right, bins):
    total = np.float32(0)
    for b in range(bins):
        rows = [i for i, s in enumerate(sureness) if min(int(s * bins), bins - 1) == b]
        if rows:
            total += abs(sum(sureness[rows]) - sum(right[rows]))
    return total / len(sureness)


# --- 26.2 ------------------------------------------------------------------------------------


def choose_threshold(sureness, right, allowed):
    """The lowest threshold that keeps the promised error."""
    for threshold in np.sort(sureness):
        answered = sureness >= threshold
        if np.mean(~right[answered]) <= allowed:
            return threshold


_S = np.array([0.5, 0.95, 0.7, 0.6, 0.99, 0.8, 0.9, 0.4])
_R = np.array([False, True, False, True, True, True, False, True])
_PROMISES = [
    Case(
        f"choose_threshold(sureness, right, {allowed}) with sureness {s.tolist()} and right "
        f"{r.tolist()}",
        (s, r, allowed),
        note,
    )
    for s, r, allowed, note in [
        (_S, _R, 0.1, ""),
        (_S, _R, 0.25, "exactly the allowed share is allowed"),
        (_S, _R, 0.34, ""),
        (_S[::-1], _R, 0.2, ""),
        (_S, _R, 0.5, "when all together keep the promise, the lowest value is the answer"),
        (np.array([0.3, 0.6, 0.9]), np.array([True, False, True]), 0.4, ""),
    ]
]


def _check_threshold(answer):
    judge(answer, choose_threshold, _PROMISES, slips=_THRESHOLD_SLIPS, form=number)


def _of_all_digits(sureness, right, allowed):
    for threshold in np.sort(sureness):
        if np.mean(~right & (sureness >= threshold)) <= allowed:
            return threshold
    return 1.0


def _highest(sureness, right, allowed):
    good = [t for t in sureness if np.mean(~right[sureness >= t]) <= allowed]
    return max(good)


def _strictly_above(sureness, right, allowed):
    for threshold in np.sort(sureness)[:-1]:
        if np.mean(~right[sureness > threshold]) <= allowed:
            return threshold
    return sureness.max()


def _less_than_allowed(sureness, right, allowed):
    for threshold in np.sort(sureness):
        if np.mean(~right[sureness >= threshold]) < allowed:
            return threshold
    return 1.0


def _above_the_surest_error(sureness, right, allowed):
    return sureness[sureness > sureness[~right].max()].min()


def _share_refused(sureness, right, allowed):
    return np.sort(sureness)[int(allowed * len(sureness))]


def _errors_refused(sureness, right, allowed):
    for threshold in np.sort(sureness):
        if np.sum(~right[sureness >= threshold]) <= allowed * np.sum(~right):
            return threshold
    return 1.0


def _sureness_for_truth(sureness, right, allowed):
    return sureness[sureness >= 1 - allowed].min()


def _first_break(sureness, right, allowed):
    found = 1.0
    for threshold in np.sort(sureness)[::-1]:
        if np.mean(~right[sureness >= threshold]) > allowed:
            break
        found = threshold
    return found


_THRESHOLD_SLIPS = (
    (_of_all_digits, "the share of those that are answered, not of all"),
    (_highest, "the lowest such threshold, so that as few as possible are refused"),
    (_strictly_above, "at the threshold a digit is answered"),
    (_less_than_allowed, "exactly the allowed share is allowed"),
    (_above_the_surest_error, "some errors are allowed: yours allows none"),
    (_share_refused, "allowed is the share of errors, not of refusals"),
    (_errors_refused, "compare with the number that is answered, not with all errors"),
    (_sureness_for_truth, "sureness may lie: count what is right"),
    (_first_break, "below a threshold that fails a lower one may keep the promise: try them all"),
)


def _by_cumulation(sureness, right, allowed):
    order = np.argsort(sureness)[::-1]
    share = np.cumsum(~right[order]) / np.arange(1, len(order) + 1)
    return sureness[order][np.flatnonzero(share <= allowed).max()]


def _by_minimum(sureness, right, allowed):
    return min(
        t for t in sureness if (~right)[sureness >= t].sum() <= allowed * (sureness >= t).sum()
    )


def _by_lists(sureness, right, allowed):
    found = 2.0
    for threshold in sureness:
        kept = [good for s, good in zip(sureness, right, strict=True) if s >= threshold]
        if kept.count(False) / len(kept) <= allowed:
            found = min(found, float(threshold))
    return found


# --- 26.3 ------------------------------------------------------------------------------------

true = {"A", "C", "E", "F"}

_FALSE = {
    "B": "the order of the ten probabilities stays, so the same digit is read",
    "D": "the temperature makes all answers sharper or softer alike, letters and digits",
}


def _check_true(answer):
    ask = (
        "Ask of each sentence: is it about the order "
        "of answers or about their size, and which picture of today shows it?"
    )
    judge_letters(answer, true, _FALSE, "is not right", ask)


EXERCISES = (
    Exercise(
        id="26.1",
        title="the calibration error",
        solution=calibration_error,
        reason="Means inside each bin, their distance, and a mean over bins in which each bin "
        "counts as much as it has answers.",
        check=_check_calibration,
        hints=(
            "place = np.minimum((sureness * bins).astype(int), bins - 1) is the bin of each.",
            "inside = place == b marks the answers of a bin; inside.mean() is its share of all.",
            "Add abs(sureness[inside].mean() - right[inside].mean()) * inside.mean().",
        ),
        wrong=(*_BIN_SLIPS, (_empty_bins_too, "leave out what is empty")),
        right=(_by_histograms, _by_pandas, _in_a_loop),
    ),
    Exercise(
        id="26.2",
        title="a threshold that keeps a promise",
        solution=choose_threshold,
        reason="Try the values from the lowest on. The first at which the share of errors among "
        "the answered ones is small enough refuses as few as possible.",
        check=_check_threshold,
        hints=(
            "np.sort(sureness) are the candidates, the lowest first.",
            "answered = sureness >= threshold; of these, the share with right False.",
            "Return the first that is at most `allowed`.",
        ),
        wrong=_THRESHOLD_SLIPS,
        right=(_by_cumulation, _by_minimum, _by_lists),
    ),
    Exercise(
        id="26.3",
        title="what sureness says",
        solution=true,
        reason="A temperature keeps every order (not B) and treats letters like digits (not D). "
        "The champion is accurate and modest (A), so its T is below 1 (C). Few digits make bins "
        "noisy (E). Abstaining uses the order alone (F).",
        check=_check_true,
        hints=(
            "Four of the six are right.",
            "What does dividing all logits by the same number leave as it was?",
            "Look at the table with the control again.",
        ),
        wrong=(
            ({"A", "C"}, "2 right, 2 missing"),
            ({"A", "C", "E"}, "3 right, 1 missing"),
            ({"A", "B"}, "B is not right"),
            ("ACD", "D is not right"),
            (set(), "0 right, 4 missing"),
            ({"A", "X"}, "from A to F"),
            (3, "a set of letters is asked for"),
        ),
        right=("ACEF", ["a", "c", "e", "f"], "A, C, E and F", ("F", "E", "C", "A")),
    ),
)
