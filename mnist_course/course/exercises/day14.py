"""Day 14: dropout and batchnorm."""

from itertools import pairwise

import numpy as np

from .engine import Exercise, call, require, require_shape

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


def check_patience(answer):
    cases = (
        ([0.9, 0.7, 0.6, 0.5], 1, "every epoch brings a new low, so no epoch is waited for"),
        ([0.9, 0.5, 0.6, 0.7, 0.4], 3, "two epochs without a new low lie before the lowest"),
        ([0.9, 0.5, 0.4, 0.6, 0.7, 0.8], 1, "what comes after the lowest loss does not count"),
        (
            [0.9, 0.4, 0.7, 0.6, 0.5, 0.3],
            4,
            "0.6 is below 0.7, but no new low: compare with the lowest so far",
        ),
        ([0.5, 0.6, 0.5, 0.6, 0.2], 4, "an equal loss is no new low"),
        ([0.9, 0.8, 0.85, 0.7, 0.75, 0.76, 0.6, 0.9, 0.95, 0.99], 3, "of all waits, the longest"),
    )
    for losses, expected, reason in cases:
        value = call(answer, list(losses), shown=f"enough_patience({losses})")
        require(
            np.ndim(value) == 0 and not isinstance(value, str),
            f"return one whole number, yours is {value!r}",
        )
        off = (
            "; a patience of 2 stops at the second epoch without a new low"
            if (value == expected - 1)
            else ""
        )
        require(
            value == expected,
            f"for {losses} it should be {expected}, yours is {value}: {reason}{off}",
        )


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


def in_place(values, rate, rng):
    values *= (rng.random(values.shape) >= rate) / (1 - rate)
    return values


def always_the_same(values, rate, rng):
    return dropout(values, rate, np.random.default_rng(0))


def check_dropout(answer):
    values = np.random.default_rng(1).uniform(1, 2, (400, 50))
    given, rng, shown = values.copy(), np.random.default_rng(2), "dropout(values, 0.2, rng)"
    result = np.asarray(call(answer, given, 0.2, rng, shown=shown, copied=False))
    require(
        np.array_equal(given, values),
        "your function changed the values it was given: return a new array",
    )
    require_shape(result, values.shape, what="the result")
    silent = result == 0
    require(
        abs(silent.mean() - 0.2) < 0.1,
        f"at a rate of 0.2 about 20 % should be silenced, yours silences {silent.mean():.0%}",
    )
    require(
        not (silent == silent[0]).all(),
        "the same units are silenced for every digit: draw a lot for each value",
    )
    require(
        not (silent == silent[:, :1]).all(),
        "whole digits are silenced: draw a lot for each value",
    )
    factor = (result / values)[~silent]
    require(
        np.allclose(factor, 1.25),
        f"at a rate of 0.2 the survivors should be divided by 0.8, which is times 1.25; yours are "
        f"times {factor.mean():.3g}",
    )
    again = np.asarray(call(answer, values, 0.2, rng, shown=shown))
    require(
        not np.array_equal(again, result),
        "two calls silence the same values: draw the lots from the rng you are given",
    )
    all_stay = call(answer, values, 0.0, rng, shown="dropout(values, 0.0, rng)")
    require(np.allclose(all_stay, values), "a rate of 0 should change nothing")


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


def one_less_than_n(batch, epsilon):
    return (batch - batch.mean(axis=0)) / np.sqrt(batch.var(axis=0, ddof=1) + epsilon)


def check_batch_norm(answer):
    rng = np.random.default_rng(3)
    batch = rng.normal([5, -2, 0.5], [3, 0.5, 1], (40, 3))
    given, epsilon = batch.copy(), 0.25
    with np.errstate(all="ignore"):
        value = np.asarray(
            call(answer, given, epsilon, shown="batch_norm(batch, 0.25)", copied=False)
        )
    require(np.array_equal(given, batch), "your function changed the batch: return a new array")
    require_shape(value, batch.shape, what="the result")
    mistakes = (
        (each_digit_by_itself, "you normalise each digit; take each unit, a column: axis=0"),
        (all_at_once, "you take one mean for everything; each unit has its own: axis=0"),
        (without_epsilon, "epsilon has no effect: add it to the variance, under the root"),
        (without_the_root, "you divide by the variance; take the root of it"),
        (epsilon_outside_the_root, "add epsilon to the variance, under the root, not after it"),
        (mean_not_subtracted, "the mean of each unit should become 0: subtract it first"),
        (not_divided, "the means are 0; now divide by the root of variance + epsilon"),
        (root_of_the_spread, "the standard deviation is a root already: take the variance"),
        (one_less_than_n, "your variance divides by n - 1; here it is n, as np.var does"),
    )
    for wrong, words in mistakes:
        require(not np.allclose(value, wrong(batch, epsilon)), words)
    require(
        np.allclose(value, batch_norm(batch, epsilon), atol=1e-5),
        f"each unit should have mean 0, yours have {value.mean(axis=0).round(3).tolist()}, and be "
        "divided by the root of variance + epsilon",
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
            (longest_wait, "yours is 0"),
            (waits_after_the_lowest, "after the lowest loss does not count"),
            (looks_one_epoch_back, "compare with the lowest so far"),
            (counts_an_equal_loss_as_low, "an equal loss is no new low"),
            (best_epoch, "every epoch brings a new low"),
        ),
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
            (without_scaling, "should be divided by 0.8"),
            (multiplied_by_the_share, "yours are times 0.8"),
            (divided_by_the_rate, "yours are times 5"),
            (silences_the_others, "yours silences 80%"),
            (one_mask_for_all_digits, "the same units are silenced for every digit"),
            (whole_digits, "whole digits are silenced"),
            (in_place, "return a new array"),
            (always_the_same, "two calls silence the same values"),
        ),
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
        ),
    ),
)
