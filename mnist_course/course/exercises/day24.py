"""Day 24: when a cluster pays, what a death costs, what can change a seeded score."""

import math

from .engine import Exercise
from .suspects import Case, judge, judge_letters, number, set_of_names

# --- 24.1 ------------------------------------------------------------------------------------


def finished_after(fits, seconds, workers, start):
    """Seconds until the last of the fits is done."""
    import math

    return start + math.ceil(fits / workers) * seconds


_PLANS = [
    Case(f"finished_after({fits}, {seconds}, {workers}, {start})", (fits, seconds, workers, start))
    for fits, seconds, workers, start in [
        (12, 2.0, 2, 5),
        (7, 3, 2, 1),
        (3, 10, 8, 4),
        (100, 60, 8, 30),
        (9, 1.5, 4, 0),
        (5, 4, 1, 2.5),
    ]
]


def _check_finished(answer):
    judge(answer, finished_after, _PLANS, slips=_PLAN_SLIPS, form=number)


def _cut_in_pieces(fits, seconds, workers, start):
    return start + fits / workers * seconds


def _rounded_down(fits, seconds, workers, start):
    return start + fits // workers * seconds


def _started_each_round(fits, seconds, workers, start):
    return math.ceil(fits / workers) * (seconds + start)


def _started_in_turn(fits, seconds, workers, start):
    return workers * start + math.ceil(fits / workers) * seconds


def _without_start(fits, seconds, workers, start):
    return math.ceil(fits / workers) * seconds


def _alone(fits, seconds, workers, start):
    return start + fits * seconds


def _to_nearest(fits, seconds, workers, start):
    return start + round(fits / workers) * seconds


def _one_round_more(fits, seconds, workers, start):
    return start + (fits // workers + 1) * seconds


def _left_over_one_by_one(fits, seconds, workers, start):
    return start + (fits // workers + fits % workers) * seconds


def _seconds_rounded_up(fits, seconds, workers, start):
    return math.ceil(start + fits / workers * seconds)


_PLAN_SLIPS = (
    (_cut_in_pieces, "a fit cannot be cut into pieces: the last round takes a whole fit"),
    (_rounded_down, "the fits that are left over take a round of their own"),
    (_started_each_round, "the workers start once, not before each fit"),
    (_started_in_turn, "the workers start at the same time"),
    (_without_start, "the workers need time to start"),
    (_alone, "the workers share the fits"),
    (_to_nearest, "a round that is half full is a round: round up"),
    (_one_round_more, "when the fits fill all rounds, there is no round more"),
    (_left_over_one_by_one, "the fits that are left over run side by side, in one round"),
    (_seconds_rounded_up, "round up the number of rounds, not the seconds"),
)


def _by_floor(fits, seconds, workers, start):
    return start + -(-fits // workers) * seconds


def _by_simulation(fits, seconds, workers, start):
    free = [start] * workers
    for _ in range(fits):
        place = free.index(min(free))
        free[place] += seconds
    return max(free)


def _round_by_round(fits, seconds, workers, start):
    while fits > 0:
        fits -= workers
        start += seconds
    return start


def _by_numpy(fits, seconds, workers, start):
    import numpy as np

    return np.ceil(fits / workers) * seconds + start


# --- 24.2 ------------------------------------------------------------------------------------


def do_again(records, worker, at):
    """Names of the fits that the death of a worker has cost."""
    names = set()
    for name, who, start, end in records:
        if who == worker and start <= at and at < end:
            names.add(name)
    return names


_RECORDS = [
    ("fit 1", "a", 0, 4),
    ("fit 2", "b", 0, 3),
    ("fit 3", "b", 3, 9),
    ("fit 4", "a", 4, 8),
    ("fit 5", "a", 8, 12),
    ("fit 6", "b", 10, 15),
    ("fit 7", "b", 9, 16),
]
_DEATHS = [
    Case(f"do_again({records}, {worker!r}, {at})", (records, worker, at), note)
    for records, worker, at, note in [
        (_RECORDS, "a", 6, ""),
        (_RECORDS, "b", 5, ""),
        (_RECORDS, "b", 12, "this worker runs two fits at a time"),
        (_RECORDS[:5], "b", 9.5, ""),
        (_RECORDS[:4], "a", 4, "a fit that has just begun is lost, one that has just ended is not"),
        (_RECORDS[2:], "a", 12, "a fit that has just ended is not lost"),
    ]
]


def _names(found, case):
    return set_of_names(found, case, [name for name, *_ in case.arguments[0]])


def _check_again(answer):
    judge(answer, do_again, _DEATHS, slips=_DEATH_SLIPS, form=_names)


def _all_of_the_worker(records, worker, at):
    return {n for n, w, _, _ in records if w == worker}


def _everybody(records, worker, at):
    return {n for n, _, s, e in records if s <= at < e}


def _finished_too(records, worker, at):
    return {n for n, w, s, _ in records if w == worker and s <= at}


def _later_too(records, worker, at):
    return {n for n, w, _, e in records if w == worker and at < e}


def _ended_counts(records, worker, at):
    return {n for n, w, s, e in records if w == worker and s < at <= e}


def _the_others(records, worker, at):
    return {n for n, w, s, e in records if w != worker and s <= at < e}


def _only_one(records, worker, at):
    return [n for n, w, s, e in records if w == worker and s <= at < e][:1]


def _both_ends(records, worker, at):
    return {n for n, w, s, e in records if w == worker and s <= at <= e}


def _not_begun(records, worker, at):
    return {n for n, w, s, _ in records if w == worker and s >= at}


def _already_done(records, worker, at):
    return {n for n, w, _, e in records if w == worker and e <= at}


def _as_one_text(records, worker, at):
    return ", ".join(sorted(do_again(records, worker, at)))


_DEATH_SLIPS = (
    (_all_of_the_worker, "scores of finished fits have been collected: they are not lost"),
    (_everybody, "the fits of the other worker go on"),
    (_finished_too, "scores of finished fits have been collected: they are not lost"),
    (_later_too, "a fit that starts later, as planned, had not begun"),
    (_ended_counts, "at the moment of its start a fit is running, at its end it is done"),
    (_the_others, "those are the fits that survive"),
    (_only_one, "a worker may run more than one fit: all of them are lost"),
    (_not_begun, "a fit that starts later, as planned, had not begun"),
    (_already_done, "scores of finished fits have been collected: they are not lost"),
    (_both_ends, "a fit that has just ended is not lost"),
)


def _by_comprehension(records, worker, at):
    return [name for name, who, start, end in records if who == worker and start <= at < end]


def _by_pandas(records, worker, at):
    import pandas as pd

    table = pd.DataFrame(records, columns=["name", "who", "start", "end"])
    running = (table["start"] <= at) & (at < table["end"])
    return table["name"][running & (table["who"] == worker)]


def _by_filter(records, worker, at):
    mine = filter(lambda record: record[1] == worker, records)
    return tuple(r[0] for r in mine if not (at < r[2] or r[3] <= at))


# --- 24.3 ------------------------------------------------------------------------------------

changing = {"C", "D", "F"}

_SAFE = {
    "A": "who does a fit does not matter, each begins with its own seed",
    "B": "no fit uses what another one has left behind",
    "E": "the same digits, parameters and seed give the same number again",
}


def _check_changing(answer):
    ask = (
        "Ask of each: does a fit still get the same "
        "digits, draw the same numbers and round in the same way?"
    )
    judge_letters(answer, changing, _SAFE, "changes no score", ask)


EXERCISES = (
    Exercise(
        id="24.1",
        title="when is the last fit done?",
        solution=finished_after,
        reason="The fits come in rounds of as many as there are workers, and the last round takes "
        "as long as a full one: round up. Before that all workers start at the same time.",
        check=_check_finished,
        hints=(
            "7 fits on 2 workers: how many fits does the busier one do?",
            "After import math, math.ceil rounds up.",
            "Starting happens once, at the same time for all.",
        ),
        wrong=_PLAN_SLIPS,
        right=(_by_floor, _by_simulation, _round_by_round, _by_numpy),
    ),
    Exercise(
        id="24.2",
        title="what a death costs",
        solution=do_again,
        reason="Only what was running on that worker at that moment is lost: begun, and not ended.",
        check=_check_again,
        hints=(
            "for name, who, start, end in records: goes through all fits.",
            "Three conditions: this worker, already begun, not yet ended.",
            "start <= at < end.",
        ),
        wrong=(*_DEATH_SLIPS, (_as_one_text, "which is no name of it")),
        right=(_by_comprehension, _by_pandas, _by_filter),
    ),
    Exercise(
        id="24.3",
        title="what can change a seeded score",
        solution=changing,
        reason="C is this day's ghost. D rounds in another order, so sums differ in their last "
        "digit, and a training makes much of it. F gives each run other digits to learn from. Who "
        "does a fit, in which order and how often, changes nothing.",
        check=_check_changing,
        hints=(
            "Three of the six can.",
            "Which of them were tried in this lesson, with equal scores?",
            "Day 13: did the same seeds promise the same verdict on another machine?",
        ),
        wrong=(
            ({"C"}, "1 right, 2 missing"),
            ({"C", "F"}, "2 right, 1 missing"),
            ({"A", "C"}, "A changes no score"),
            (["C", "D"], "2 right, 1 missing"),
            ({"A", "B", "C", "D", "E", "F"}, "A changes no score"),
            ("BCD", "B changes no score"),
            ({"C", "D", "E", "F"}, "E changes no score"),
            ({"C", "X"}, "from A to F"),
            (3, "a set of letters is asked for"),
        ),
        right=("CDF", "C, D, F", ["c", "d", "f"], "C, D and F", ("F", "D", "C")),
    ),
)
