"""Day 14: dropout and batchnorm."""

from itertools import pairwise

import numpy as np

from .engine import ROUNDED, Exercise, call, is_rounded, require, require_shape
from .suspects import Case, judge, number

# --- 14.1 ------------------------------------------------------------------------------------


def enough_patience(val_loss):
    low, waited, longest = float("inf"), 0, 0
    for loss in val_loss:
        if loss < low:
            low, longest, waited = loss, max(longest, waited), 0
        else:
            waited += 1
    return longest + 1


def longest_wait(val_loss):
    return enough_patience(val_loss) - 1


def at_least_one(val_loss):
    return max(1, longest_wait(val_loss))


def waits_after_the_lowest(val_loss):
    low, waited, longest = float("inf"), 0, 0
    for loss in val_loss:
        waited = 0 if loss < low else waited + 1
        low, longest = min(low, loss), max(longest, waited)
    return longest + 1


def looks_one_epoch_back(val_loss):
    waited = longest = 0
    for before, loss in pairwise(val_loss[: np.argmin(val_loss) + 1]):
        waited = 0 if loss < before else waited + 1
        longest = max(longest, waited)
    return longest + 1


def counts_an_equal_loss_as_low(val_loss):
    low, waited, longest = float("inf"), 0, 0
    for loss in val_loss:
        if loss <= low:
            low, longest, waited = loss, max(longest, waited), 0
        else:
            waited += 1
    return longest + 1


def best_epoch(val_loss):
    return int(np.argmin(val_loss)) + 1


def only_the_last_wait(val_loss):
    low, waited, last = float("inf"), 0, 0
    for loss in val_loss:
        if loss < low:
            low, last, waited = loss, waited, 0
        else:
            waited += 1
    return last + 1


def waits_added_up(val_loss):
    return int(np.argmin(val_loss)) + 2 - sum(
        loss < min(val_loss[:k], default=np.inf) for k, loss in enumerate(val_loss)
    )  # fmt: skip


def _losses(*losses, note=""):
    return Case(f"enough_patience({list(losses)})", (list(losses),), note)


_TRAININGS = (
    _losses(0.9, 0.7, 0.6, 0.5, note="every epoch brings a new low: no epoch is waited for"),
    _losses(0.9, 0.5, 0.6, 0.7, 0.4, note="two epochs without a new low lie before the lowest"),
    _losses(0.9, 0.5, 0.4, 0.6, 0.7, 0.8, note="what comes after the lowest does not count"),
    _losses(0.9, 0.4, 0.7, 0.6, 0.5, 0.3, note="0.6 is below 0.7, but no new low"),
    _losses(0.5, 0.6, 0.5, 0.6, 0.2, note="an equal loss is no new low"),
    _losses(0.9, 0.5, 0.6, 0.7, 0.4, 0.45, 0.3, note="of all waits, the longest"),
    _losses(0.9, 0.8, 0.85, 0.7, 0.75, 0.76, 0.6, 0.9, 0.95, 0.99, note="the longest wait"),
    _losses(0.4, note="one epoch is the lowest at once, and patience is at least 1"),
)  # fmt: skip
_PATIENCE_SLIPS = (
    (longest_wait, "a patience of 2 stops at the second epoch without a new low: one more"),
    (at_least_one, "a patience of 2 stops at the second epoch without a new low: one more"),
    (waits_after_the_lowest, "what comes after the lowest loss does not count"),
    (looks_one_epoch_back, "compare with the lowest so far, not with the epoch before"),
    (counts_an_equal_loss_as_low, "an equal loss is no new low"),
    (best_epoch, "that is the number of the best epoch; patience counts epochs without a new low"),
    (only_the_last_wait, "of all waits the longest, not the last"),
    (waits_added_up, "the longest wait, not all of them together"),
)


def check_patience(answer):
    judge(answer, enough_patience, _TRAININGS, slips=_PATIENCE_SLIPS, form=number, within=1e-9)


def _patience_by_trial(val_loss):
    for patience in range(1, len(val_loss) + 1):
        low, waited = np.inf, 0
        for loss in val_loss:
            waited = 0 if loss < low else waited + 1
            low = min(low, loss)
            if waited == patience:
                break
        if low == min(val_loss):
            return patience


def _patience_from_places(val_loss):
    lows = [k for k in range(len(val_loss)) if val_loss[k] < min([np.inf, *val_loss[:k]])]
    return np.int64(max(np.diff(lows), default=1))


def _patience_as_a_float(val_loss):
    record = np.minimum.accumulate(val_loss)
    new = np.flatnonzero(np.r_[True, record[1:] < record[:-1]])
    return float(np.diff(new).max()) if len(new) > 1 else 1.0


# --- 14.2 ------------------------------------------------------------------------------------


def dropout(values, rate, rng):
    stays = rng.random(np.shape(values)) >= rate
    return values * stays / (1 - rate)


def without_scaling(values, rate, rng):
    return values * (rng.random(values.shape) >= rate)


def multiplied_by_the_share(values, rate, rng):
    return values * (rng.random(values.shape) >= rate) * (1 - rate)


def divided_by_the_rate(values, rate, rng):
    return values * (rng.random(values.shape) >= rate) / max(rate, 1e-9)


def silences_the_others(values, rate, rng):
    return values * (rng.random(values.shape) < rate) / (1 - rate)


def one_mask_for_all_digits(values, rate, rng):
    return values * (rng.random(values.shape[1]) >= rate) / (1 - rate)


def whole_digits(values, rate, rng):
    return values * (rng.random((len(values), 1)) >= rate) / (1 - rate)


def nothing_silenced(values, rate, rng):
    return values / (1 - rate)


def nothing_done(values, rate, rng):
    return values.copy()


def in_place(values, rate, rng):
    values *= (rng.random(values.shape) >= rate) / (1 - rate)
    return values


def always_the_same(values, rate, rng):
    return dropout(values, rate, np.random.default_rng(0))


def from_another_generator(values, rate, rng):
    return values * (np.random.random(np.shape(values)) >= rate) / (1 - rate)


def a_few_too_many(values, rate, rng):
    return values * (rng.random(np.shape(values)) >= 1.4 * rate) / (1 - rate)


def a_fixed_number_of_each_digit(values, rate, rng):
    units = values.shape[1]
    ranks = rng.random(values.shape).argsort(axis=1)
    return values * (ranks >= round(rate * units)) / (1 - rate)


def mean_repaired(values, rate, rng):
    kept = values * (rng.random(np.shape(values)) >= rate)
    return kept * np.mean(values) / np.mean(kept)


def check_dropout(answer):
    values = np.random.default_rng(1).uniform(1, 2, (400, 50))
    shown = "dropout(values, 0.2, rng)"
    first = call(answer, values, 0.2, np.random.default_rng(2), shown=shown, pure=True)
    require_shape(first, values.shape, what="the result")
    _check_who_is_silent(np.asarray(first) == 0)
    _check_survivors(np.asarray(first) / values)
    again = call(answer, values, 0.2, np.random.default_rng(2), shown=shown)
    other = call(answer, values, 0.2, np.random.default_rng(3), shown=shown)
    require(
        np.array_equal(first, again),
        "the same rng, twice, and other values are silenced: draw the lots from rng, not from "
        "another generator",
    )
    require(
        not np.array_equal(first, other),
        "two calls silence the same values: draw the lots from the rng you are given",
    )
    halves = call(
        answer, values / 2, 0.2, np.random.default_rng(2), shown="dropout of half of them"
    )
    same = np.allclose(np.asarray(halves), np.asarray(first) / 2, rtol=1e-4)
    require(same, "values half as large, the same lots: the result should be half as large, too")
    all_stay = call(
        answer, values, 0.0, np.random.default_rng(2), shown="dropout(values, 0.0, rng)"
    )
    require(np.allclose(all_stay, values), "a rate of 0 should change nothing")


def _check_who_is_silent(silent):
    require(silent.any(), "nothing is silenced: at a rate of 0.2 about 20 % should become 0")
    for same, words in (
        (silent[0], "the same units are silenced for every digit"),
        (silent[:, :1], "whole digits are silenced"),
    ):
        require(not (silent == same).all(), f"{words}: draw a lot for each value")
    require(
        abs(silent.mean() - 0.2) < 0.015,  # five standard deviations
        f"at a rate of 0.2 about 20 % should be silenced, yours silences {silent.mean():.1%}",
    )

    counts = silent.sum(axis=1)
    require(
        counts.std() > 1,  # 2.8 is expected of 50 units
        f"every digit loses exactly {counts[0]} of its units: draw a lot for each value, then "
        "some digits lose more and some fewer",
    )


def _check_survivors(factors):
    factors = factors[factors != 0]
    if np.allclose(factors, 1.25, rtol=1e-4):
        return
    worst = factors[np.abs(factors - 1.25).argmax()]
    rule = "the survivors should be divided by 1 - rate, 0.8 here, which is times 1.25 exactly"
    require(False, f"{rule}; yours are times {worst:.6g}")


def _dropout_by_choice(values, rate, rng):
    return np.where(rng.random(np.shape(values)) < rate, 0, values / (1 - rate))


def _dropout_by_binomial(values, rate, rng):
    return values * rng.binomial(1, 1 - rate, np.shape(values)) / (1 - rate)


def _dropout_in_float32(values, rate, rng):
    scaled = np.asarray(values, np.float32) / np.float32(1 - rate)
    scaled[rng.uniform(size=scaled.shape) < rate] = 0
    return scaled


# --- 14.3 ------------------------------------------------------------------------------------


def batch_norm(batch, epsilon):
    mean, variance = np.mean(batch, axis=0), np.var(batch, axis=0)
    return (batch - mean) / np.sqrt(variance + epsilon)


def each_digit_by_itself(batch, epsilon):
    return batch_norm(batch.T, epsilon).T


def all_at_once(batch, epsilon):
    return (batch - batch.mean()) / np.sqrt(batch.var() + epsilon)


def without_epsilon(batch, epsilon):
    return (batch - batch.mean(axis=0)) / batch.std(axis=0)


def without_the_root(batch, epsilon):
    return (batch - batch.mean(axis=0)) / (batch.var(axis=0) + epsilon)


def epsilon_outside_the_root(batch, epsilon):
    return (batch - batch.mean(axis=0)) / (batch.std(axis=0) + epsilon)


def mean_not_subtracted(batch, epsilon):
    return batch / np.sqrt(batch.var(axis=0) + epsilon)


def not_divided(batch, epsilon):
    return batch - batch.mean(axis=0)


def root_of_the_spread(batch, epsilon):
    return (batch - batch.mean(axis=0)) / np.sqrt(batch.std(axis=0) + epsilon)


def epsilon_of_keras(batch, epsilon):
    return batch_norm(batch, 1e-3)


def one_variance_for_all(batch, epsilon):
    return (batch - batch.mean(axis=0)) / np.sqrt(batch.var() + epsilon)


def only_the_mean_divided(batch, epsilon):
    return batch - batch.mean(axis=0) / np.sqrt(batch.var(axis=0) + epsilon)


def one_less_than_n(batch, epsilon):
    return (batch - batch.mean(axis=0)) / np.sqrt(batch.var(axis=0, ddof=1) + epsilon)


def _norm_in_a_loop(batch, epsilon):
    columns = []
    for column in np.asarray(batch, np.float32).T:
        spread = sum((column - column.mean()) ** 2) / len(column)
        columns.append((column - column.mean()) / (spread + epsilon) ** 0.5)
    return np.array(columns).T


def _norm_with_std(batch, epsilon):
    return (batch - np.average(batch, axis=0)) / np.hypot(np.std(batch, axis=0), epsilon**0.5)


def _norm_by_keras(batch, epsilon):
    from keras import layers

    layer = layers.BatchNormalization(epsilon=epsilon)
    return layer(np.asarray(batch, "float32"), training=True)


def check_batch_norm(answer):
    rng = np.random.default_rng(3)
    batch = rng.normal([5, -2, 0.5], [3, 0.5, 1], (40, 3))
    epsilon = 0.25
    with np.errstate(all="ignore"):
        value = np.asarray(call(answer, batch, epsilon, shown="batch_norm(batch, 0.25)", pure=True))
    require_shape(value, batch.shape, what="the result")
    mistakes = (
        (each_digit_by_itself, "you normalise each digit; take each unit, a column: axis=0"),
        (all_at_once, "you take one mean for everything; each unit has its own: axis=0"),
        (without_epsilon, "epsilon has no effect: add it to the variance, under the root"),
        (epsilon_of_keras, "you add 0.001; use the epsilon that is given, 0.25 here"),
        (
            one_variance_for_all,
            "you take one variance for everything; each unit has its own: axis=0",
        ),
        (only_the_mean_divided, "you divide the mean alone: brackets around batch - mean"),
        (without_the_root, "you divide by the variance; take the root of it"),
        (epsilon_outside_the_root, "add epsilon to the variance, under the root, not after it"),
        (mean_not_subtracted, "the mean of each unit should become 0: subtract it first"),
        (not_divided, "the means are 0; now divide by the root of variance + epsilon"),
        (root_of_the_spread, "the standard deviation is a root already: take the variance"),
        (one_less_than_n, "your variance divides by n - 1; here it is n, as np.var does"),
    )
    for wrong, words in mistakes:
        require(not np.allclose(value, wrong(batch, epsilon)), words)
    right = batch_norm(batch, epsilon)
    close = np.allclose(value, right, atol=1e-5)
    require(close or not is_rounded(value, right), ROUNDED)
    require(
        close,
        f"each unit should have mean 0, yours have {value.mean(axis=0).round(3).tolist()}, and be "
        "divided by the root of variance + epsilon",
    )
    other = call(answer, batch, 2.0, shown="batch_norm(batch, 2.0)")
    require(
        np.allclose(other, batch_norm(batch, 2.0), atol=1e-5),
        "with another epsilon, 2.0, the result is wrong: use the epsilon that is given",
    )
    with np.errstate(all="ignore"):
        silent = call(answer, np.full((4, 2), 7.0), 1e-3, shown="batch_norm(all sevens, 0.001)")
    require(np.allclose(silent, 0), f"a unit that always says 7 should become 0, not {silent!r}")


EXERCISES = (
    Exercise(
        id="14.1",
        title="enough patience to reach the lowest loss",
        solution=enough_patience,
        reason="the longest wait before a new low must not be enough to stop the training, so "
        "patience must be one more; the wait after the last new low does not matter.",
        check=check_patience,
        hints=(
            "Try [0.9, 0.5, 0.6, 0.7, 0.4] on paper, with a patience of 1, then 2, then 3.",
            "Keep the lowest loss so far and count the epochs since; at a new low, note the "
            "count if it is the longest, and begin again from 0.",
            "Longest wait that ended with a new low, plus 1.",
        ),
        wrong=(
            (longest_wait, "one more"),
            (at_least_one, "one more"),
            (waits_after_the_lowest, "after the lowest loss does not count"),
            (looks_one_epoch_back, "compare with the lowest so far"),
            (counts_an_equal_loss_as_low, "an equal loss is no new low"),
            (best_epoch, "the number of the best epoch"),
            (only_the_last_wait, "not the last"),
            (waits_added_up, "not all of them together"),
        ),
        right=(_patience_by_trial, _patience_from_places, _patience_as_a_float),
    ),
    Exercise(
        id="14.2",
        title="inverted dropout",
        solution=dropout,
        reason="a lot for every value decides who stays, and the division by 1 - rate keeps the "
        "mean of what the next layer hears.",
        check=check_dropout,
        hints=(
            "rng.random(values.shape) draws a number from 0 to 1 for every value.",
            "A number is at least rate with probability 1 - rate: those values stay.",
            "values * stays / (1 - rate)",
        ),
        wrong=(
            (without_scaling, "yours are times 1"),
            (multiplied_by_the_share, "yours are times 0.8"),
            (divided_by_the_rate, "yours are times 5"),
            (silences_the_others, "about 20 % should be silenced, yours silences"),
            (one_mask_for_all_digits, "the same units are silenced for every digit"),
            (whole_digits, "whole digits are silenced"),
            (nothing_silenced, "nothing is silenced"),
            (nothing_done, "nothing is silenced"),
            (in_place, "also changed what it was given"),
            (always_the_same, "two calls silence the same values"),
            (from_another_generator, "draw the lots from rng"),
            (a_fixed_number_of_each_digit, "some digits lose more and some fewer"),
            (a_few_too_many, "about 20 % should be silenced"),
            (mean_repaired, "times 1.25 exactly"),
        ),
        right=(_dropout_by_choice, _dropout_by_binomial, _dropout_in_float32),
    ),
    Exercise(
        id="14.3",
        title="batch normalisation in training",
        solution=batch_norm,
        reason="axis=0 runs over the digits of the batch, so every unit gets its own mean and "
        "variance, and epsilon keeps a silent unit from a division by 0.",
        check=check_batch_norm,
        hints=(
            "Which axis runs over the digits? Each unit needs one mean, so 3 units have 3 means.",
            "batch.mean(axis=0) and batch.var(axis=0); broadcasting does the rest.",
            "(batch - mean) / np.sqrt(variance + epsilon)",
        ),
        wrong=(
            (each_digit_by_itself, "you normalise each digit"),
            (all_at_once, "one mean for everything"),
            (without_epsilon, "epsilon has no effect"),
            (without_the_root, "take the root"),
            (epsilon_outside_the_root, "not after it"),
            (mean_not_subtracted, "subtract it first"),
            (not_divided, "now divide"),
            (root_of_the_spread, "a root already"),
            (one_less_than_n, "here it is n"),
            (epsilon_of_keras, "you add 0.001"),
            (one_variance_for_all, "one variance for everything"),
            (only_the_mean_divided, "brackets around"),
        ),
        right=(_norm_in_a_loop, _norm_with_std, _norm_by_keras),
    ),
)
