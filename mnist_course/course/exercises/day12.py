"""Day 12: the loss of a confident mistake, one momentum step, a rate from a range test."""

import numpy as np
import pandas as pd

from .engine import Exercise, NotAttempted, NotYet, call, require, require_equal

# --- 12.1 ------------------------------------------------------------------------------------


def smoothed_loss(probabilities, label, smoothing):
    asked = np.full(10, smoothing / 10)
    asked[label] += 1 - smoothing
    return -(asked * np.log(probabilities)).sum()


def _answers(truth: float, rival: float, label: int, seed: int) -> np.ndarray:
    """Ten probabilities: so much for the truth, so much for the next digit, the rest spread."""
    rest = np.random.default_rng(seed).uniform(0.5, 1.5, 10)
    rest[[label, (label + 1) % 10]] = 0
    p = rest / rest.sum() * (1 - truth - rival)
    p[label], p[(label + 1) % 10] = truth, rival
    return p


def _check_smoothed_loss(answer):
    for name, truth, rival, label, smoothing in (
        ("a confident mistake (0.001 for the truth), smoothing 0", 0.001, 0.97, 3, 0.0),
        ("a confident mistake (0.001 for the truth), smoothing 0.1", 0.001, 0.97, 3, 0.1),
        ("a good answer (0.9 for the truth), smoothing 0.2", 0.9, 0.02, 9, 0.2),
        ("ten times 0.1, smoothing 0.5", 0.1, 0.1, 0, 0.5),
    ):
        p = _answers(truth, rival, label, seed=12) if truth != rival else np.full(10, 0.1)
        found = call(answer, p.copy(), label, smoothing, shown=f"the loss of {name}")
        require(np.shape(found) == (), f"one number is asked for, yours has {np.shape(found)}")
        found, expected = float(found), smoothed_loss(p, label, smoothing)
        for mistake, words in _loss_mistakes(p, label, smoothing):
            differs = not np.isclose(mistake, expected, atol=1e-6)
            require(not (differs and np.isclose(found, mistake, atol=1e-6)), f"{name}: {words}")
        close = np.isclose(found, expected, rtol=0, atol=1e-5)
        require(close, f"the loss of {name} should be {expected:.3f}, yours is {found:.3f}")


def _loss_mistakes(p, label, smoothing):
    surprise, asked = -np.log(p), np.full(10, smoothing / 10)
    asked[label] += 1 - smoothing
    nine = np.full(10, smoothing / 9)
    nine[label] = 1 - smoothing
    full = np.full(10, smoothing / 10)
    full[label] = 1
    short = np.full(10, smoothing / 10)
    short[label] = 1 - smoothing
    return (
        (-(asked * surprise).sum(), "a loss is not negative: the surprise is minus the logarithm"),
        (surprise[label], "that is the plain surprise: the other nine are asked for a little too"),
        (
            (nine * surprise).sum(),
            "the smoothing is shared by all ten digits, the true one included",
        ),
        (
            (1 - smoothing) * surprise[label],
            "only the truth is counted: the other nine are asked for a little too",
        ),
        (
            (full * surprise).sum(),
            "what is asked for adds up to more than 1: the truth gives up the smoothing first",
        ),
        (
            (short * surprise).sum(),
            "what is asked for adds up to less than 1: the truth has its share of the smoothing "
            "as well",
        ),
        (-np.log(asked @ p), "take the surprise of each probability first, then weigh and add"),
        ((asked * surprise).mean(), "add the ten parts up, do not average them"),
    )


def _plain_surprise(probabilities, label, smoothing):
    return -np.log(probabilities[label])


def _nine_share(probabilities, label, smoothing):
    asked = np.full(10, smoothing / 9)
    asked[label] = 1 - smoothing
    return -(asked * np.log(probabilities)).sum()


def _truth_only(probabilities, label, smoothing):
    return -(1 - smoothing) * np.log(probabilities[label])


def _truth_in_full(probabilities, label, smoothing):
    asked = np.full(10, smoothing / 10)
    asked[label] = 1
    return -(asked * np.log(probabilities)).sum()


def _truth_without_its_share(probabilities, label, smoothing):
    asked = np.full(10, smoothing / 10)
    asked[label] = 1 - smoothing
    return -(asked * np.log(probabilities)).sum()


def _log_of_the_mean(probabilities, label, smoothing):
    asked = np.full(10, smoothing / 10)
    asked[label] += 1 - smoothing
    return -np.log((asked * probabilities).sum())


def _without_minus(probabilities, label, smoothing):
    return -smoothed_loss(probabilities, label, smoothing)


def _mean_of_ten(probabilities, label, smoothing):
    return smoothed_loss(probabilities, label, smoothing) / 10


def _squared(probabilities, label, smoothing):
    asked = np.full(10, smoothing / 10)
    asked[label] += 1 - smoothing
    return ((probabilities - asked) ** 2).mean()


# --- 12.2 ------------------------------------------------------------------------------------


def momentum_step(w, velocity, slope, rate):
    velocity = 0.9 * velocity + slope
    return w - rate * velocity, velocity


def _check_momentum_step(answer):
    for w, velocity, slope, rate in (
        (np.array([3.0, -1.0]), np.zeros(2), np.array([2.0, 4.0]), 0.5),
        (np.array([3.0, -1.0]), np.array([10.0, -20.0]), np.array([2.0, 4.0]), 0.1),
        (np.array([0.5, 2.0, 1.0]), np.array([-1.0, 0.5, 3.0]), np.zeros(3), 0.2),
    ):
        values = f"w = {w}, velocity = {velocity}, slope = {slope}, rate = {rate}"
        shown = f"momentum_step with {values}"
        given = [w.copy(), velocity.copy(), slope.copy()]
        result = call(answer, *given, rate, shown=shown)
        pair = isinstance(result, tuple | list) and len(result) == 2
        require(pair, "two results are expected: `return new_w, new_velocity`")
        if result[0] is ... and result[1] is ...:
            raise NotAttempted
        require(
            result[0] is not ... and result[1] is not ..., "one of the two results is still `...`"
        )
        same = all(map(np.array_equal, given, (w, velocity, slope)))
        require(same, "an array that was given has changed: make new ones (no += on them)")
        _compare_step(result, w, velocity, slope, rate, values)


def _compare_step(result, w, velocity, slope, rate, values):
    place, speed = momentum_step(w, velocity, slope, rate)
    for mistake, words in (
        ((speed, place), "the two results are swapped: first w, then the velocity"),
        ((w - rate * velocity, speed), "w moved with the old velocity: renew it first"),
        ((w + rate * speed, speed), "w moved uphill: subtract rate x velocity"),
        ((w - rate * slope, speed), "w moved by the slope alone: the velocity should move it"),
        ((w - speed, speed), "the rate is missing: subtract rate x velocity"),
    ):
        if _same(result, mistake) and not _same(mistake, (place, speed)):
            raise NotYet(f"{words} ({values})")
    for mistake, words in (
        (slope, "the old velocity is forgotten: 0.9 of it stays"),
        (velocity + slope, "the old velocity stays in full: only 0.9 of it should"),
        (0.9 * velocity + 0.1 * slope, "the slope counts in full, not a tenth"),
        (0.9 * velocity + rate * slope, "the rate belongs to the step of w, not to the velocity"),
        (0.9 * velocity - rate * slope, "the rate belongs to the step of w, not to the velocity"),
        (0.9 * velocity - slope, "add the slope to the velocity, then subtract when w moves"),
    ):
        wrong = np.shape(mistake) == np.shape(result[1]) and np.allclose(result[1], mistake)
        if wrong and not np.allclose(mistake, speed):
            raise NotYet(f"{words} ({values})")
    require_equal(np.asarray(result[1], float), speed, what=f"velocity of {values}", within=1e-9)
    require_equal(np.asarray(result[0], float), place, what=f"w of {values}", within=1e-9)


def _same(pair, other) -> bool:
    return all(
        np.shape(a) == np.shape(b) and np.allclose(a, b) for a, b in zip(pair, other, strict=True)
    )


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


def _slope_moves(w, velocity, slope, rate):
    return w - rate * slope, 0.9 * velocity + slope


def _rate_in_velocity(w, velocity, slope, rate):
    velocity = 0.9 * velocity + rate * slope
    return w - velocity, velocity


def _only_the_place(w, velocity, slope, rate):
    return w - rate * (0.9 * velocity + slope)


def _in_place(w, velocity, slope, rate):
    velocity *= 0.9
    velocity += slope
    return w - rate * velocity, velocity


# --- 12.3 ------------------------------------------------------------------------------------


def pick_rate(table):
    smooth = table["loss"].rolling(9, center=True).mean()
    return table.loc[smooth.idxmin(), "rate"] / 2


def _range(bottom: float, lucky: float, seed: int) -> pd.DataFrame:
    """A valley with noise, its lowest place near ``bottom``, and one lucky batch elsewhere."""
    rates = np.geomspace(1e-5, 10, 180)
    distance = np.log10(rates / bottom)
    left = 2.3 - 1.7 * np.exp(-(np.minimum(distance, 0) ** 2) / 0.9)
    right = 0.6 + 5 * np.maximum(distance, 0) ** 1.5
    losses = np.where(distance < 0, left, right)
    losses = losses + np.random.default_rng(seed).normal(0, 0.03, len(rates))
    losses[np.abs(np.log(rates / lucky)).argmin()] = 0.05
    return pd.DataFrame({"rate": rates, "loss": losses})


def _check_pick_rate(answer):
    for bottom, lucky, seed in ((0.3, 0.02, 1), (0.006, 0.0004, 2), (0.3, 2.5, 3)):
        table = _range(bottom, lucky, seed)
        name = f"a range test with its valley near {bottom} and one lucky batch near {lucky}"
        found = call(answer, table.copy(), shown=f"pick_rate of {name}")
        require(np.shape(found) == (), f"one rate is asked for, yours has {np.shape(found)}")
        found, expected = float(found), pick_rate(table)
        raw = table["rate"][table["loss"].idxmin()]
        smooth = table["loss"].rolling(9, center=True).mean()
        for mistake, words in (
            (raw, f"you trusted one lucky batch, at {raw:.2g}: smooth the losses first"),
            (raw / 2, f"you trusted one lucky batch, at {raw:.2g}: smooth the losses first"),
            (smooth.idxmin(), "that is the name of a row: which rate stands there?"),
            (smooth.min(), "that is a loss; return a rate, the one in its row"),
            (table["loss"].min(), "that is a loss; return a rate, the one in its row"),
            (smooth.min() / 2, "that is half a loss; return half a rate, the one in its row"),
        ):
            require(not np.isclose(found, mistake, rtol=0.02), f"{name}: {words}")
        ratio = found / expected
        require(
            not 1.75 < ratio < 2.5, f"{name}: {found:.2g} is the bottom itself; go to half of it"
        )
        require(
            0.6 <= ratio <= 1.7,
            f"{name}: expected about {expected:.2g}, half of the bottom, yours is {found:.2g}",
        )


def _unsmoothed(table):
    return table["rate"][table["loss"].idxmin()] / 2


def _the_bottom(table):
    smooth = table["loss"].rolling(9, center=True).mean()
    return table["rate"][smooth.idxmin()]


def _the_row(table):
    return table["loss"].rolling(9, center=True).mean().idxmin()


def _the_loss(table):
    return table["loss"].rolling(9, center=True).mean().min()


def _half_the_loss(table):
    return table["loss"].rolling(9, center=True).mean().min() / 2


def _the_largest(table):
    return table["rate"].max() / 2


def _always_a_tenth(table):
    return 0.1


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
        wrong=(
            (_plain_surprise, "the other nine are asked for a little too"),
            (_nine_share, "shared by all ten digits"),
            (_truth_only, "the other nine are asked for a little too"),
            (_truth_in_full, "adds up to more than 1"),
            (_truth_without_its_share, "the truth has its share of the smoothing as well"),
            (_log_of_the_mean, "the surprise of each probability first"),
            (_without_minus, "a loss is not negative"),
            (_mean_of_ten, "do not average them"),
            (
                _squared,
                "the loss of a confident mistake (0.001 for the truth), smoothing 0 should ",
            ),
        ),
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
            (_no_memory, "the old velocity is forgotten"),
            (_old_velocity, "w moved with the old velocity"),
            (_no_friction, "the old velocity stays in full"),
            (_averaged, "not a tenth"),
            (_uphill, "w moved uphill"),
            (_slope_moves, "w moved by the slope alone"),
            (_rate_in_velocity, "the rate belongs to the step of w"),
            (_only_the_place, "two results are expected"),
            (_in_place, "an array that was given has changed"),
        ),
    ),
    Exercise(
        id="12.3",
        title="pick a rate from the range test",
        solution=pick_rate,
        reason="One batch may be easy by luck, so the mean of nine neighbours looks for the "
        "bottom. Half that rate is a cautious first guess, to be tested: there may be better "
        "ones beyond the bottom.",
        check=_check_pick_rate,
        hints=(
            "Which rate has the lowest loss, if you look at nine neighbours together?",
            '`smooth = table["loss"].rolling(9, center=True).mean()`, then `idxmin` gives the '
            "name of its lowest row.",
            '`table.loc[smooth.idxmin(), "rate"]` is the bottom. Divide.',
        ),
        wrong=(
            (_unsmoothed, "you trusted one lucky batch"),
            (_the_bottom, "is the bottom itself"),
            (_the_row, "the name of a row"),
            (_the_loss, "that is a loss; return a rate"),
            (_half_the_loss, "that is half a loss; return half a rate"),
            (_the_largest, "half of the bottom, yours is"),
            (_always_a_tenth, "half of the bottom, yours is"),
        ),
    ),
)
