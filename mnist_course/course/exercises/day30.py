"""Day 30: a percentile by hand, how many workers, a split that keeps writers whole."""

import math
from contextlib import suppress
from fractions import Fraction

import numpy as np

from .engine import Exercise, NotYet, as_list
from .suspects import Case, judge, number

# --- 30.1 ------------------------------------------------------------------------------------


def percentile(milliseconds, share):
    """The time within which this share is answered."""
    for time in np.sort(milliseconds):
        if np.mean(milliseconds <= time) >= share:
            return time


_TOOK = np.array([12.0, 9.0, 250.0, 11.0, 8.0, 14.0, 31.0, 10.0, 9.0, 120.0])
_TIMES = [
    Case(f"percentile({took.tolist()}, {share})", (took, share), note)
    for took, share, note in [
        (_TOOK, 0.5, "half of ten are five: five requests took at most this long"),
        (_TOOK, 0.9, "exactly the share is enough"),
        (_TOOK, 0.99, "nine of ten are less than 99 %, so it takes all ten"),
        (_TOOK[:4], 0.6, "two of four are too few, three are enough"),
        (_TOOK[::-1][:5], 0.2, ""),
        (np.array([7.0]), 0.5, "one request is all there is"),
    ]
]


def _check_percentile(answer):
    judge(answer, percentile, _TIMES, slips=_TIME_SLIPS, form=number)


def _at(milliseconds, place):
    return np.sort(milliseconds)[min(max(int(place), 0), len(milliseconds) - 1)]


def _the_mean(milliseconds, share):
    return np.mean(milliseconds)


def _interpolated(milliseconds, share):
    return np.quantile(milliseconds, share)


def _one_place_too_far(milliseconds, share):
    return _at(milliseconds, share * len(milliseconds))


def _not_sorted(milliseconds, share):
    return milliseconds[math.ceil(share * len(milliseconds)) - 1]


def _from_the_slow_end(milliseconds, share):
    return _at(milliseconds, len(milliseconds) - math.ceil(share * len(milliseconds)))


def _share_of_the_slowest(milliseconds, share):
    return share * np.max(milliseconds)


def _always_the_slowest(milliseconds, share):
    return np.max(milliseconds)


def _mean_of_the_fast(milliseconds, share):
    return np.mean(milliseconds[milliseconds <= percentile(milliseconds, share)])


def _share_taken_for_per_cent(milliseconds, share):
    return np.percentile(milliseconds, share)


def _a_place(milliseconds, share):
    return math.ceil(share * len(milliseconds))


def _one_too_early(milliseconds, share):
    return _at(milliseconds, math.floor(share * len(milliseconds)) - 1)


def _strictly_more(milliseconds, share):
    for time in np.sort(milliseconds):
        if np.mean(milliseconds <= time) > share:
            return time
    return np.max(milliseconds)


_TIME_SLIPS = (
    (_the_mean, "yours is the mean, which hardly any user feels"),
    (_interpolated, "no value between two measured ones: a time that a request took"),
    (_one_place_too_far, "places count from 0, and exactly the share is enough"),
    (_not_sorted, "sort the times first"),
    (_from_the_slow_end, "count from the fast end: within this time *so many* are answered"),
    (_share_of_the_slowest, "the share is of the requests, not of the time"),
    (_always_the_slowest, "the share tells how many may be slower"),
    (_mean_of_the_fast, "the slowest of these, not their mean"),
    (_share_taken_for_per_cent, "np.percentile counts in per cent: a share of 0.5 is 50 there"),
    (_a_place, "that is a place in the sorted times; the time at that place is asked for"),
    (_one_too_early, "round the number of requests up: nine of ten are less than 99 %"),
    (_strictly_more, "places count from 0, and exactly the share is enough"),
)


def _by_numpy(milliseconds, share):
    return np.quantile(milliseconds, share, method="inverted_cdf")


def _by_minimum(milliseconds, share):
    return min(t for t in milliseconds if (milliseconds <= t).mean() >= share)


def _by_counting(milliseconds, share):
    ordered = sorted(float(t) for t in milliseconds)
    answered = 0
    while answered < share * len(ordered) - 1e-9:
        answered += 1
    return np.float32(ordered[answered - 1])


# --- 30.2 ------------------------------------------------------------------------------------


def workers(per_second, seconds, busy):
    """How many processes the service needs."""
    import math

    return max(1, math.ceil(per_second * seconds / busy))


_NEEDS = [
    Case(f"workers({rate}, {seconds}, {busy})", (rate, seconds, busy), note)
    for rate, seconds, busy, note in [
        (30, 0.05, 0.7, ""),
        (200, 0.05, 0.6, "10 are busy all the time, and each may be so for 60 %"),
        (64, 0.25, 0.5, "32 are just enough"),
        (3, 0.125, 0.8, "one is enough"),
        (0, 0.25, 0.5, "also a service that nobody asks needs one"),
        (20, 0.25, 1.0, "at 100 % no headroom is asked for, and five are just enough"),
    ]
]


def _check_workers(answer):
    judge(answer, workers, _NEEDS, slips=_WORKER_SLIPS, form=_whole)


def _whole(found, case):
    found = number(found, case)
    if float(found) != round(float(found)):
        raise NotYet(f"{case.shown}: a whole number of processes is asked for, yours is {found}")
    return found


def _rounded_down(per_second, seconds, busy):
    return max(1, int(per_second * seconds / busy))


def _to_the_nearest(per_second, seconds, busy):
    return max(1, round(per_second * seconds / busy))


def _half_more_to_the_nearest(per_second, seconds, busy):
    return max(1, round(per_second * seconds / busy + 0.5))


def _no_headroom(per_second, seconds, busy):
    return max(1, math.ceil(per_second * seconds))


def _headroom_the_wrong_way(per_second, seconds, busy):
    return max(1, math.ceil(per_second * seconds * busy))


def _headroom_added(per_second, seconds, busy):
    return max(1, math.ceil(per_second * seconds * (2 - busy)))


def _one_more(per_second, seconds, busy):
    return 1 + int(per_second * seconds / busy)


def _seconds_divide(per_second, seconds, busy):
    return max(1, math.ceil(per_second / seconds / busy))


def _may_be_none(per_second, seconds, busy):
    return math.ceil(per_second * seconds / busy)


def _rounded_before(per_second, seconds, busy):
    return max(1, math.ceil(math.ceil(per_second * seconds) / busy))


_WORKER_SLIPS = (
    (_rounded_down, "round up: half a worker too few is too few"),
    (_to_the_nearest, "round up: half a worker too few is too few"),
    (_half_more_to_the_nearest, "round up with math.ceil: what comes out whole stays"),
    (_no_headroom, "each worker may be busy only for the share `busy`"),
    (_headroom_the_wrong_way, "headroom needs more workers: divide by `busy`"),
    (_headroom_added, "divide by `busy`: 0.7 of the workers' time must be enough"),
    (_one_more, "round up: what comes out whole needs no other one"),
    (_seconds_divide, "longer work needs more workers: multiply by `seconds`"),
    (_may_be_none, "at least one"),
    (_rounded_before, "round once, at the end"),
)


def _by_floor(per_second, seconds, busy):
    return max(-int(-per_second * seconds // busy), 1)


def _by_trying(per_second, seconds, busy):
    count = 1
    while count * busy < per_second * seconds:
        count += 1
    return count


def _by_numpy_ceil(per_second, seconds, busy):
    return np.maximum(np.ceil(per_second * seconds / busy), 1.0)


# --- 30.3 ------------------------------------------------------------------------------------


def split_by_writer(writers, share):
    """Which pictures are for testing: nobody is on both sides."""
    test = np.zeros(len(writers), bool)
    for writer in dict.fromkeys(writers):
        if np.mean(test) < share:
            test = test | (writers == writer)
    return test


_HANDS = np.array(["kim", "ada", "kim", "eve", "ada", "bob", "kim", "eve", "joe", "ada"])
_SHEETS = [
    Case(f"split_by_writer({writers.tolist()}, {share})", (writers, share), note)
    for writers, share, note in [
        (_HANDS, 0.25, ""),
        (_HANDS, 0.3, "once the share is reached, nobody else is moved"),
        (_HANDS, 0.5, "the last writer moves whole, even if that is more than the share"),
        (_HANDS[::-1], 0.4, ""),
        (np.array([3, 1, 3, 2, 2, 1, 3, 5]), 0.4, ""),
    ]
]


def _check_split(answer):
    judge(answer, split_by_writer, _SHEETS, slips=_SPLIT_SLIPS, form=_mask)


def _mask(found, case):
    writers = case.arguments[0]
    with suppress(TypeError, ValueError):
        values = np.asarray(as_list(found))
        fits = values.shape == (len(writers),) and values.dtype.kind in "biuf"
        if fits and np.isin(values, (0, 1)).all():
            return "True for " + (", ".join(map(str, np.flatnonzero(values))) or "none")
    raise NotYet(f"{case.shown}: one True or False for each picture, yours is {found!r:.80}")


def _cut_anywhere(writers, share):
    return np.arange(len(writers)) < share * len(writers)


def _some_of_each(writers, share):
    test = np.zeros(len(writers), bool)
    for writer in set(writers.tolist()):
        own = np.flatnonzero(writers == writer)
        test[own[: max(1, round(share * len(own)))]] = True
    return test


def _in_sorted_order(writers, share):
    test = np.zeros(len(writers), bool)
    for writer in np.unique(writers):
        if test.mean() < share:
            test |= writers == writer
    return test


def _one_writer_more(writers, share):
    test = np.zeros(len(writers), bool)
    for writer in dict.fromkeys(writers.tolist()):
        if test.mean() <= share:
            test |= writers == writer
    return test


def _never_more_than_the_share(writers, share):
    test = np.zeros(len(writers), bool)
    for writer in dict.fromkeys(writers.tolist()):
        if (test | (writers == writer)).mean() > share:
            break
        test |= writers == writer
    return test


def _share_of_the_writers(writers, share):
    names = list(dict.fromkeys(writers.tolist()))
    return np.isin(writers, names[: math.ceil(share * len(names))])


def _for_training(writers, share):
    return ~split_by_writer(writers, share)


def _from_the_end(writers, share):
    test = np.zeros(len(writers), bool)
    for writer in dict.fromkeys(writers[::-1].tolist()):
        if test.mean() < share:
            test |= writers == writer
    return test


def _few_pictures_first(writers, share):
    names, counts = np.unique(writers, return_counts=True)
    test = np.zeros(len(writers), bool)
    for writer in names[np.argsort(counts, kind="stable")]:
        if test.mean() < share:
            test |= writers == writer
    return test


def _first_writer_only(writers, share):
    return writers == writers[0]


_SPLIT_SLIPS = (
    (_cut_anywhere, "a writer is on both sides: move whole writers"),
    (_some_of_each, "every writer is on both sides: move whole writers"),
    (_in_sorted_order, "in the order in which they first appear, not of the alphabet"),
    (_one_writer_more, "once the share is reached, nobody else is moved"),
    (_never_more_than_the_share, "while there is *less* than the share, the next one moves, whole"),
    (_share_of_the_writers, "the share is of the pictures, not of the writers"),
    (_for_training, "True is for the pictures on the test side"),
    (_from_the_end, "in the order in which they first appear: begin at the front"),
    (_few_pictures_first, "in the order in which they first appear, not by number of pictures"),
    (_first_writer_only, "go on with the next writer until the share is reached"),
)


def _by_lists(writers, share):
    chosen = []
    for writer in writers:
        count = sum(w in chosen for w in writers)
        if writer not in chosen and count / len(writers) < share:
            chosen.append(writer)
    return [bool(w in chosen) for w in writers]


def _by_a_generator(writers, share):
    chosen = split_by_writer(writers, share).tolist()
    return (mark for mark in chosen)


def _by_counts(writers, share):
    names, first, counts = np.unique(writers, return_index=True, return_counts=True)
    order = np.argsort(first)
    before = np.cumsum(counts[order]) - counts[order]
    return np.isin(writers, names[order][before / len(writers) < share]).astype(np.uint8)


def _by_pandas(writers, share):
    import pandas as pd

    series = pd.Series(writers)
    counts = series.value_counts().reindex(series.unique())
    before = counts.cumsum() - counts
    limit = Fraction(str(share)) * len(series)
    return series.isin(before.index[[b < limit for b in before]])


EXERCISES = (
    Exercise(
        id="30.1",
        title="a percentile by hand",
        solution=percentile,
        reason="Try the times from the fastest on. The first one within which enough requests were "
        "answered is the percentile: a time that somebody really waited.",
        check=_check_percentile,
        hints=(
            "np.sort(milliseconds) has the candidates, the fastest first.",
            "np.mean(milliseconds <= time) is the share that was answered within `time`.",
            "Return the first time whose share is at least `share`.",
        ),
        wrong=_TIME_SLIPS,
        right=(_by_numpy, _by_minimum, _by_counting),
    ),
    Exercise(
        id="30.2",
        title="how many workers",
        solution=workers,
        reason="Little's law: requests per second times seconds of work is how many workers are "
        "busy at once. Divided by the share for which each may be busy, and rounded up.",
        check=_check_workers,
        hints=(
            "per_second * seconds is how many workers are busy all the time.",
            "Divide by `busy`: with 0.5 it takes twice as many.",
            "math.ceil rounds up (import math); max(1, ...) gives at least one.",
        ),
        wrong=_WORKER_SLIPS,
        right=(_by_floor, _by_trying, _by_numpy_ceil),
    ),
    Exercise(
        id="30.3",
        title="a split by writer",
        solution=split_by_writer,
        reason="`writers == writer` marks all pictures of a writer, so nobody is ever divided. "
        "scikit-learn's GroupShuffleSplit does the same with a shuffled order.",
        check=_check_split,
        hints=(
            "Begin with test = np.zeros(len(writers), bool): nobody is on the test side.",
            "dict.fromkeys(writers) gives each writer once, in the order of first appearance.",
            "If np.mean(test) < share, then test = test | (writers == writer).",
        ),
        wrong=_SPLIT_SLIPS,
        right=(_by_lists, _by_counts, _by_pandas, _by_a_generator),
    ),
)
