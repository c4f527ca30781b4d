"""Day 12: the loss of a confident mistake, one momentum step, rates from a range test."""

import numpy as np
import pandas as pd

from .engine import Exercise, NotYet, call
from .suspects import Case, judge, number, same, two_results

# --- 12.1 ------------------------------------------------------------------------------------


def smoothed_loss(probabilities, label, smoothing):
    asked = np.full(10, smoothing / 10)
    asked[label] += 1 - smoothing
    return -(asked * np.log(probabilities)).sum()


def _answer(name: str, truth: float, rival: float, label: int, smoothing: float) -> Case:
    """Ten probabilities: so much for the truth, so much for the next digit, the rest spread."""
    rest = np.random.default_rng(12 + label).uniform(0.5, 1.5, 10)
    rest[[label, (label + 1) % 10]] = 0
    p = rest / rest.sum() * (1 - truth - rival)
    p[label], p[(label + 1) % 10] = truth, rival
    shown = f"the loss of {name} ({truth:g} for the true {label}), smoothing {smoothing:g}"
    return Case(shown, (p, label, smoothing))


_ANSWERS = (
    _answer("a confident mistake", 0.001, 0.97, 3, 0.0),
    _answer("a confident mistake", 0.001, 0.97, 3, 0.1),
    _answer("a good answer", 0.9, 0.02, 9, 0.2),
    _answer("an answer that knows nothing", 0.1, 0.1, 0, 0.5),
    _answer("a doubtful answer", 0.4, 0.35, 6, 0.05),
)


def _check_smoothed_loss(answer):
    # a tolerance wide enough for np.log(p + 1e-7) and for float32
    judge(answer, smoothed_loss, _ANSWERS, slips=_LOSS_SLIPS, form=number, within=1e-3)


def _asked(label, others, truth):
    asked = np.full(10, others)
    asked[label] = truth
    return asked


def _plain_surprise(p, label, smoothing):
    return -np.log(p[label])


def _nine_share(p, label, smoothing):
    return -(_asked(label, smoothing / 9, 1 - smoothing) * np.log(p)).sum()


def _truth_only(p, label, smoothing):
    return -(1 - smoothing) * np.log(p[label])


def _truth_in_full(p, label, smoothing):
    return -(_asked(label, smoothing / 10, 1) * np.log(p)).sum()


def _truth_without_its_share(p, label, smoothing):
    return -(_asked(label, smoothing / 10, 1 - smoothing) * np.log(p)).sum()


def _all_of_it_to_each(p, label, smoothing):
    return -(_asked(label, smoothing, 1) * np.log(p)).sum()


def _log_of_the_mean(p, label, smoothing):
    return -np.log((_asked(label, smoothing / 10, 1 - 0.9 * smoothing) * p).sum())


def _without_minus(p, label, smoothing):
    return -smoothed_loss(p, label, smoothing)


def _mean_of_ten(p, label, smoothing):
    return smoothed_loss(p, label, smoothing) / 10


def _base_two(p, label, smoothing):
    return smoothed_loss(p, label, smoothing) / np.log(2)


def _base_ten(p, label, smoothing):
    return smoothed_loss(p, label, smoothing) / np.log(10)


def _squared(p, label, smoothing):
    return ((p - _asked(label, smoothing / 10, 1 - 0.9 * smoothing)) ** 2).mean()


def _smoothing_of_a_tenth(p, label, smoothing):
    return smoothed_loss(p, label, 0.1)


_LOSS_SLIPS = (
    (_plain_surprise, "that is the plain surprise: the other nine are asked for a little too"),
    (_nine_share, "the smoothing is shared by all ten digits, the true one included"),
    (_truth_only, "only the truth is counted: the other nine are asked for a little too"),
    (_truth_in_full, "what is asked for adds up to more than 1: the truth gives up the smoothing "
     "first"),
    (_all_of_it_to_each, "what is asked for adds up to more than 1: the smoothing is shared"),
    (_truth_without_its_share, "what is asked for adds up to less than 1: the truth has its share "
     "of the smoothing as well"),
    (_log_of_the_mean, "take the surprise of each probability first, then weigh and add"),
    (_without_minus, "a loss is not negative: the surprise is minus the logarithm"),
    (_mean_of_ten, "add the ten parts up, do not average them"),
    (_base_two, "that is the logarithm of base 2: np.log is the natural one"),
    (_base_ten, "that is the logarithm of base 10: np.log is the natural one"),
    (_smoothing_of_a_tenth, "your smoothing is always 0.1: use the one that is given"),
)  # fmt: skip


def _with_a_small_number(probabilities, label, smoothing):
    asked = smoothing / 10 + (1 - smoothing) * np.eye(10)[label]
    return float(asked @ -np.log(np.asarray(probabilities) + 1e-7))


def _in_float32(probabilities, label, smoothing):
    p = probabilities.astype("float32")
    own = (1 - smoothing) * -np.log(p[label])
    return own + np.float32(smoothing) * -np.log(p).mean()


def _by_loop(probabilities, label, smoothing):
    total = 0.0
    for digit in range(10):
        asked = smoothing / 10 + (1 - smoothing if digit == label else 0)
        total -= asked * np.log(max(probabilities[digit], 1e-12))
    return np.array(total)


# --- 12.2 ------------------------------------------------------------------------------------


def momentum_step(w, velocity, slope, rate):
    velocity = 0.9 * velocity + slope
    return w - rate * velocity, velocity


def _momentum(w, velocity, slope, rate) -> Case:
    arrays = [np.array(values) for values in (w, velocity, slope)]
    shown = f"momentum_step with w = {w}, velocity = {velocity}, slope = {slope}, rate = {rate}"
    return Case(f"{shown}, [w, velocity]", (*arrays, rate))


_STEPS = (
    _momentum([3.0, -1.0, 2.0], [0.0, 0.0, 0.0], [2.0, 4.0, -1.0], 0.5),
    _momentum([3.0, -1.0], [10.0, -20.0], [2.0, 4.0], 0.1),
    _momentum([0.5, 2.0, 1.0], [-1.0, 0.5, 3.0], [0.0, 0.0, 0.0], 0.2),
    _momentum([1.0], [0.5], [-3.0], 0.01),
)


def _two_arrays(found, case) -> np.ndarray | list:
    parts = [np.asarray(part) for part in two_results(found, case)]
    for what, part in zip(("w", "the velocity"), parts, strict=True):
        if part.shape != case.arguments[0].shape:
            raise NotYet(
                f"{case.shown}: {what} should have shape {case.arguments[0].shape}, "
                f"yours {part.shape}"
            )
    return np.stack(parts)


def _check_momentum_step(answer):
    call(answer, *_STEPS[0].arguments, shown=_STEPS[0].shown, pure=True)
    judge(answer, momentum_step, _STEPS, slips=_STEP_SLIPS, form=_two_arrays, within=1e-4)


def _swapped(w, velocity, slope, rate):
    return momentum_step(w, velocity, slope, rate)[::-1]


def _no_memory(w, velocity, slope, rate):
    return w - rate * slope, slope


def _old_velocity(w, velocity, slope, rate):
    return w - rate * velocity, 0.9 * velocity + slope


def _no_friction(w, velocity, slope, rate):
    return w - rate * (velocity + slope), velocity + slope


def _averaged(w, velocity, slope, rate):
    velocity = 0.9 * velocity + 0.1 * slope
    return w - rate * velocity, velocity


def _uphill(w, velocity, slope, rate):
    velocity = 0.9 * velocity + slope
    return w + rate * velocity, velocity


def _without_rate(w, velocity, slope, rate):
    velocity = 0.9 * velocity + slope
    return w - velocity, velocity


def _slope_moves(w, velocity, slope, rate):
    return w - rate * slope, 0.9 * velocity + slope


def _rate_in_velocity(w, velocity, slope, rate):
    velocity = 0.9 * velocity + rate * slope
    return w - velocity, velocity


def _rate_in_both(w, velocity, slope, rate):
    velocity = 0.9 * velocity + rate * slope
    return w - rate * velocity, velocity


def _downhill_velocity(w, velocity, slope, rate):
    velocity = 0.9 * velocity - rate * slope
    return w + velocity, velocity


def _nesterov(w, velocity, slope, rate):
    velocity = 0.9 * velocity + slope
    return w - rate * (0.9 * velocity + slope), velocity


def _slope_first(w, velocity, slope, rate):
    velocity = velocity + 0.9 * slope
    return w - rate * velocity, velocity


def _friction_for_both(w, velocity, slope, rate):
    velocity = 0.9 * (velocity + slope)
    return w - rate * velocity, velocity


def _mostly_new(w, velocity, slope, rate):
    velocity = 0.1 * velocity + 0.9 * slope
    return w - rate * velocity, velocity


def _in_place(w, velocity, slope, rate):
    velocity *= 0.9
    velocity += slope
    w -= rate * velocity
    return w, velocity


def _less_friction(w, velocity, slope, rate):
    velocity = 0.99 * velocity + slope
    return w - rate * velocity, velocity


def _only_the_place(w, velocity, slope, rate):
    return w - rate * (0.9 * velocity + slope)


_STEP_SLIPS = (
    (_swapped, "the two results are swapped: first w, then the velocity"),
    (_no_memory, "the old velocity is forgotten: 0.9 of it stays"),
    (_old_velocity, "w moved with the old velocity: renew it first"),
    (_no_friction, "the old velocity stays in full: only 0.9 of it should"),
    (_averaged, "the slope counts in full, not a tenth"),
    (_uphill, "w moved uphill: subtract rate x velocity"),
    (_without_rate, "the rate is missing: subtract rate x velocity"),
    (_slope_moves, "w moved by the slope alone: the velocity should move it"),
    (_rate_in_velocity, "the rate belongs to the step of w, not to the velocity"),
    (_rate_in_both, "the rate belongs to the step of w, not to the velocity"),
    (_downhill_velocity, "the rate belongs to the step of w, not to the velocity"),
    (_nesterov, "w moves with the new velocity, nothing more"),
    (_slope_first, "the velocity is multiplied by 0.9, not the slope"),
    (_friction_for_both, "only the old velocity is multiplied by 0.9: the slope counts in full"),
    (_mostly_new, "nine tenths of the old velocity stay, and the slope counts in full"),
)


def _in_float32_step(w, velocity, slope, rate):
    w, velocity, slope = (a.astype("float32") for a in (w, velocity, slope))
    new = np.float32(0.9) * velocity + slope
    return [w - np.float32(rate) * new, new]


def _as_one_array(w, velocity, slope, rate):
    new = velocity - 0.1 * velocity + slope
    return np.array([w - rate * new, new])


def _element_by_element(w, velocity, slope, rate):
    speeds = [0.9 * v + s for v, s in zip(velocity, slope, strict=True)]
    return [a - rate * v for a, v in zip(w, speeds, strict=True)], speeds


# --- 12.3 ------------------------------------------------------------------------------------


def rates_to_try(table):
    smooth = table["loss"].rolling(9, center=True).mean()
    bottom = table["rate"][smooth.idxmin()]
    return [bottom / 2, bottom, 2 * bottom, 4 * bottom]


def _range(bottom: float, lucky: float, seed: int) -> Case:
    """A valley with noise, its lowest place near ``bottom``, and one lucky batch elsewhere."""
    rates = np.geomspace(1e-5, 10, 180)
    distance = np.log10(rates / bottom)
    left = 2.3 - 1.7 * np.exp(-(np.minimum(distance, 0) ** 2) / 0.9)
    right = 0.6 + 5 * np.maximum(distance, 0) ** 1.5
    losses = np.where(distance < 0, left, right)
    losses = losses + np.random.default_rng(seed).normal(0, 0.05, len(rates))
    losses[np.abs(np.log(rates / lucky)).argmin()] = 0.05
    shown = f"rates_to_try of a table with its valley near {bottom:g}, one lucky batch near {lucky}"
    return Case(shown, (pd.DataFrame({"rate": rates, "loss": losses}),))


_RANGES = tuple(
    _range(*case)
    for case in ((0.3, 0.02, 1), (0.006, 0.0004, 2), (0.3, 2.5, 3), (0.04, 0.001, 5), (0.1, 1, 8))
)


def _four_rates(found, case) -> np.ndarray:
    if isinstance(found, str | dict) or not same(found, found) or np.shape(found) != (4,):
        raise NotYet(f"{case.shown}: four rates are expected, yours is {found!r}")
    return np.sort(np.asarray(found, float))


def _check_rates_to_try(answer):
    judge(answer, rates_to_try, _RANGES, slips=_RATE_SLIPS, form=_four_rates, within=1e-3)


def _around(bottom):
    return [bottom / 2, bottom, 2 * bottom, 4 * bottom]


def _lowest_of(smooth):
    """``rates_to_try`` with another way to smooth."""

    def changed(table):
        return _around(table["rate"][smooth(table["loss"]).idxmin()])

    return changed


def _unsmoothed(table):
    return _around(table["rate"][table["loss"].idxmin()])


def _the_row(table):
    return _around(table["loss"].rolling(9, center=True).mean().idxmin())


def _the_loss(table):
    return _around(table["loss"].rolling(9, center=True).mean().min())


def _the_bottom(table):
    return rates_to_try(table)[1]


def _from_the_left_end(table):
    smooth = np.convolve(table["loss"], np.ones(9) / 9, mode="valid")
    return _around(table["rate"].to_numpy()[smooth.argmin()])


def _other_factors(*factors):
    def changed(table):
        return [factor * rates_to_try(table)[1] for factor in factors]

    return changed


def _the_middle(table):
    return _around(table["rate"].median())


def _always_the_same(table):
    return [0.05, 0.1, 0.2, 0.4]


_RATE_SLIPS = (
    (_unsmoothed, "you trust one lucky batch: smooth the losses first"),
    (_lowest_of(lambda losses: losses.rolling(9).mean()),
     "your mean looks back only, so that the bottom appears too far right: center=True"),
    (_lowest_of(lambda losses: losses.rolling(9, center=True).median()),
     "you smooth with the median: take the mean of nine neighbours"),
    (_from_the_left_end, "a mean of nine neighbours belongs to the middle one, not to the first"),
    (_the_row, "you use the name of a row: which rate stands there?"),
    (_the_loss, "you use the loss at the bottom: which rate stands in its row?"),
    (_other_factors(0.25, 0.5, 1, 2), "half, once, twice and four times the bottom"),
    (_other_factors(1, 2, 4, 8), "half, once, twice and four times the bottom"),
    (_other_factors(0.5, 1, 1.5, 2), "half, once, twice and four times the bottom"),
)  # fmt: skip


def _by_convolution(table):
    smooth = np.convolve(table["loss"], np.ones(9) / 9, mode="valid")
    return table["rate"].to_numpy()[smooth.argmin() + 4] * np.array([0.5, 1, 2, 4])


def _by_looking_back(table):
    smooth = table["loss"].rolling(9).mean().shift(-4)
    return _around(table.loc[smooth.idxmin(), "rate"])


def _by_windows(table):
    losses, rates = table["loss"].tolist(), table["rate"].tolist()
    best = min(range(4, len(losses) - 4), key=lambda i: sum(losses[i - 4 : i + 5]))
    return tuple(np.float32(rates[best] * factor) for factor in (4, 2, 1, 0.5))


def _as_a_series(table):
    smooth = table.assign(loss=table["loss"].rolling(9, center=True).mean())
    bottom = smooth.sort_values("loss")["rate"].iloc[0]
    return pd.Series([0.5, 1, 2, 4]) * bottom


EXERCISES = (
    Exercise(
        id="12.1",
        title="the loss of a confident mistake",
        solution=smoothed_loss,
        reason="Cross-entropy weighs the surprise at each digit with what is asked of it. "
        "Without smoothing only the truth is asked for, and what is left is its surprise. With "
        "smoothing a right answer of 100 % is dear too, because the other nine, of which a "
        "little is asked, would then surprise without end.",
        check=_check_smoothed_loss,
        hints=(
            "How much is asked of each digit? Write the ten numbers for smoothing 0.1: they add "
            "up to 1.",
            "`np.full(10, smoothing / 10)` asks the same of all; the true one is asked for "
            "`1 - smoothing` more.",
            "Weigh the ten surprises: `(asked * -np.log(probabilities)).sum()`",
        ),
        wrong=(*_LOSS_SLIPS, (_squared, "expected")),
        right=(_with_a_small_number, _in_float32, _by_loop),
    ),
    Exercise(
        id="12.2",
        title="one momentum step",
        solution=momentum_step,
        reason="The velocity remembers: nine tenths of it stay, the new slope is added, and w "
        "moves with the result. Slopes that keep their sign pile up to ten times their size; "
        "slopes that change it at every step cancel.",
        check=_check_momentum_step,
        hints=(
            "Two lines: first the new velocity, then the new w, which uses it.",
            "The new velocity is nine tenths of the old one plus the slope.",
            "`velocity = 0.9 * velocity + slope`, and w moves by `- rate * velocity`.",
        ),
        wrong=(
            *_STEP_SLIPS,
            (_only_the_place, "two results are expected"),
            (_in_place, "also changed what it was given"),
            (_less_friction, "expected"),
        ),
        right=(_in_float32_step, _as_one_array, _element_by_element),
    ),
    Exercise(
        id="12.3",
        title="rates to try, from the range test",
        solution=rates_to_try,
        reason="One batch may be easy by luck, so the mean of nine neighbours looks for the "
        "bottom. The bottom is the rate of a moment, in a test of few steps: a good rate for a "
        "whole training lies near it, on either side. So it gives candidates, and a short "
        "training with each decides.",
        check=_check_rates_to_try,
        hints=(
            "Which rate has the lowest loss, if you look at nine neighbours together?",
            '`smooth = table["loss"].rolling(9, center=True).mean()`, then `idxmin` gives the '
            "name of its lowest row.",
            '`table["rate"][smooth.idxmin()]` is the bottom. Return a list of four.',
        ),
        wrong=(
            *_RATE_SLIPS,
            (_lowest_of(lambda losses: losses.rolling(7, center=True).mean()), "expected"),
            (_lowest_of(lambda losses: losses.rolling(11, center=True).mean()), "expected"),
            (_the_bottom, "four rates are expected"),
            (_the_middle, "expected"),
            (_always_the_same, "expected"),
        ),
        right=(_by_convolution, _by_looking_back, _by_windows, _as_a_series),
    ),
)
