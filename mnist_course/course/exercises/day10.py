"""Day 10: is A better than B, read a curve, when to stop."""

import numpy as np

from .engine import Exercise
from .suspects import Case, judge, number, one_of

# --- 10.1 ------------------------------------------------------------------------------------


def verdict(a, b):
    gap = np.mean(a) - np.mean(b)
    error = np.sqrt(np.var(a, ddof=1) / len(a) + np.var(b, ddof=1) / len(b))
    if abs(gap) <= 2 * error:
        return "unclear"
    return "A" if gap > 0 else "B"


def _runs(spread: float, n: int, *, lucky: int = 0) -> np.ndarray:
    """n accuracies with mean 0 and just this spread; ``lucky`` of them stand far above the rest."""
    values = np.random.default_rng(n).normal(size=n)
    values[:lucky] += 9
    return spread * (values - values.mean()) / values.std(ddof=1)


def _pair(errors: float, a: np.ndarray, b: np.ndarray, *, mean: float = 97) -> Case:
    """A above B by so many standard errors of the difference."""
    error = np.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b))
    a, b = (mean + errors * error + a).round(4), (mean + b).round(4)
    shown = f"verdict(a, b) with A: {_summary(a)}; B: {_summary(b)}"
    gap = a.mean() - b.mean()
    return Case(shown, (a, b), f"the means are {abs(gap):.3g} apart, the standard error of that "
                f"difference is {error:.3g}")  # fmt: skip


def _summary(values: np.ndarray) -> str:
    return (
        f"{len(values)} runs, mean {values.mean():.4g}, spread {values.std(ddof=1):.2g}, "
        f"best {values.max():.4g}"
    )


def _exactly_twice() -> Case:
    """Standard errors of 3/16 and 4/16, so 5/16 together; the means are 10/16 apart."""
    steps = np.array([3, 3, -3, -3, 2, 2, 2, -2, -2, -2, 0, 0, 0, 0, 0, 0])
    a, b = 97.625 + steps * 6 / 16, 97 + steps * 8 / 16
    return Case(
        f"verdict(a, b) with A: {_summary(a)}; B: {_summary(b)}",
        (a, b),
        "the means are 0.625 apart, which is just twice the standard error of the difference; "
        "clear begins above that",
    )


_VERDICTS = (
    _pair(9, _runs(0.2, 5), _runs(0.2, 5)),
    _pair(-9, _runs(0.2, 5), _runs(0.2, 5)),
    _pair(2.3, _runs(0.3, 16), _runs(0.3, 16)),
    _pair(-2.6, _runs(0.6, 12, lucky=1), _runs(0.3, 12)),
    _pair(2.4, _runs(0.6, 12, lucky=5), _runs(0.3, 12)),
    _pair(2.9, _runs(0.3, 9), _runs(0.3, 9)),
    _pair(4.2, np.linspace(-0.3, 0.3, 5), np.linspace(-0.3, 0.3, 5)),  # no run in common
    _pair(0.4, _runs(0.4, 5), _runs(0.4, 5)),
    _pair(0.8, _runs(0.3, 16), _runs(0.3, 16)),
    _pair(-1.8, _runs(0.3, 9), _runs(0.3, 9)),
    _pair(1.9, _runs(0.3, 30), _runs(0.2, 30)),
    _pair(1.7, _runs(0.6, 6), _runs(0.01, 6)),
    _pair(-1.7, _runs(0.01, 6), _runs(0.6, 6)),
    _pair(1.85, _runs(0.4, 25), _runs(0.4, 4)),
    _pair(-1.85, _runs(0.4, 4), _runs(0.4, 25)),
    _pair(2.25, _runs(0.4, 25), _runs(0.4, 4)),
    _pair(-2.25, _runs(0.4, 4), _runs(0.4, 25)),
    _pair(1.7, _runs(0.2, 20), _runs(0.8, 4)),
    _pair(2.3, _runs(0.8, 20), _runs(0.2, 4)),
    _pair(1.8, _runs(0.3, 3), _runs(0.3, 3)),
    _pair(-4, _runs(0.001, 5), _runs(0.001, 5), mean=0.968),
    _pair(-1.5, _runs(0.001, 5), _runs(0.002, 8), mean=0.968),
    _pair(7, _runs(0.001, 5), _runs(0.001, 5), mean=0.968),  # no run in common, small numbers
    _exactly_twice(),
)


def _check_verdict(answer):
    form = one_of("A", "B", "unclear")
    judge(answer, verdict, _VERDICTS, slips=_VERDICT_SLIPS, form=form)


def _name(gap, clear=True):
    return "unclear" if not clear else "A" if gap > 0 else "B"


def _beyond(a, b, error, times=2.0):
    gap = np.mean(a) - np.mean(b)
    return _name(gap, abs(gap) > times * error)


def _error(a, b, n_a=None, n_b=None, ddof=1):
    n_a, n_b = n_a or len(a), n_b or len(b)
    return np.sqrt(np.var(a, ddof=ddof) / n_a + np.var(b, ddof=ddof) / n_b)


def _higher_mean(a, b):
    return _name(np.mean(a) - np.mean(b))


def _best_run(a, b):
    return _name(max(a) - max(b))


def _first_run(a, b):
    return _name(a[0] - b[0])


def _ranges_apart(a, b):
    return _name(a.mean() - b.mean(), a.min() > b.max() or b.min() > a.max())


def _medians(a, b):
    gap = np.median(a) - np.median(b)
    return _name(gap, abs(gap) > 2 * _error(a, b))


def _spread_for_error(a, b):
    return _beyond(a, b, np.hypot(a.std(ddof=1), b.std(ddof=1)))


def _one_error(a, b):
    return _beyond(a, b, _error(a, b), times=1)


def _three_errors(a, b):
    return _beyond(a, b, _error(a, b), times=3)


def _a_fifth_less(a, b):
    return _beyond(a, b, _error(a, b), times=1.6)


def _only_error_of_a(a, b):
    return _beyond(a, b, a.std(ddof=1) / len(a) ** 0.5)


def _only_error_of_b(a, b):
    return _beyond(a, b, b.std(ddof=1) / len(b) ** 0.5)


def _errors_added(a, b):
    return _beyond(a, b, a.std(ddof=1) / len(a) ** 0.5 + b.std(ddof=1) / len(b) ** 0.5)


def _spreads_not_squared(a, b):
    return _beyond(a, b, np.sqrt(a.std(ddof=1) / len(a) + b.std(ddof=1) / len(b)))


def _intervals_apart(a, b):
    reach = [2 * runs.std(ddof=1) / len(runs) ** 0.5 for runs in (a, b)]
    return _name(a.mean() - b.mean(), abs(a.mean() - b.mean()) > sum(reach))


def _divided_by_n(a, b):
    return _beyond(a, b, np.hypot(a.std(ddof=1) / len(a), b.std(ddof=1) / len(b)))


def _run_by_run(a, b):
    n = min(len(a), len(b))
    gaps = a[:n] - b[:n]
    return _beyond(a, b, gaps.std(ddof=1) / n**0.5)


def _length_of_a_for_both(a, b):
    return _beyond(a, b, _error(a, b, n_b=len(a)))


def _length_of_b_for_both(a, b):
    return _beyond(a, b, _error(a, b, n_a=len(b)))


def _pooled(a, b):
    n, m = len(a), len(b)
    variance = ((n - 1) * a.var(ddof=1) + (m - 1) * b.var(ddof=1)) / (n + m - 2)
    return _beyond(a, b, np.sqrt(variance * (1 / n + 1 / m)))


def _numpy_default(a, b):
    return _beyond(a, b, _error(a, b, ddof=0))


def _twice_is_clear(a, b):
    gap, error = np.mean(a) - np.mean(b), _error(a, b)
    return _name(gap, abs(gap) >= 2 * error)


def _b_cannot_win(a, b):
    return "A" if verdict(a, b) == "A" else "unclear"


def _fixed_margin(a, b):
    gap = a.mean() - b.mean()
    return _name(gap, abs(gap) > 0.3)


def _yes_or_no(a, b):
    return a.mean() > b.mean()


_VERDICT_SLIPS = (
    (_higher_mean, "a higher mean is not enough, it has to be clear"),
    (_best_run, "you compare single runs: compare the means"),
    (_first_run, "you compare single runs: compare the means"),
    (_medians, "you compare the medians: compare the means"),
    (_ranges_apart, "single runs may overlap: many runs make a mean steady"),
    (_spread_for_error, "a mean is steadier than a run: divide each spread by √n"),
    (_divided_by_n, "a mean is steadier than a run by √n, not by n"),
    (_one_error, "you begin at one standard error; clear begins at two"),
    (_only_error_of_a, "you use the luck of A alone; the luck of both counts"),
    (_only_error_of_b, "you use the luck of B alone; the luck of both counts"),
    (_errors_added, "standard errors add up like the sides of a right angle, not a + b"),
    (_spreads_not_squared, "under the root stand squares: square each spread"),
    (_length_of_a_for_both, "each spread is divided by the root of its own number of runs"),
    (_length_of_b_for_both, "each spread is divided by the root of its own number of runs"),
    (_pooled, "you mix both spreads into one; each has its own standard error"),
    (_numpy_default, "your spreads are NumPy's own, with ddof=0: use ddof=1"),
    (_twice_is_clear, "just twice is not yet clear"),
    (_b_cannot_win, "B can be the better one, too"),
)


def _by_scipy(a, b):
    from scipy.stats import ttest_ind

    t = ttest_ind(a, b, equal_var=False).statistic
    return "unclear" if -2 <= t <= 2 else ("B", "A")[int(t > 0)]


def _by_pandas(a, b):
    import pandas as pd

    a, b = pd.Series(a), pd.Series(b)
    interval = 2 * np.hypot(a.sem(), b.sem())
    return np.select([a.mean() > b.mean() + interval, b.mean() > a.mean() + interval],
                     ["A", "B"], "unclear").item()  # fmt: skip


def _with_loops(a, b):
    means, parts = [], 0.0
    for runs in (list(a), list(b)):
        mean = sum(runs) / len(runs)
        means.append(mean)
        parts += sum((r - mean) ** 2 for r in runs) / (len(runs) - 1) / len(runs)
    ratio = (means[0] - means[1]) / parts**0.5
    if ratio > 2:
        return np.str_("A")
    return "B" if ratio < -2 else "unclear"


def _by_statistics(a, b):
    from statistics import fmean, variance

    gap = fmean(a) - fmean(b)
    error = (variance(a.tolist()) / len(a) + variance(b.tolist()) / len(b)) ** 0.5
    return {True: "A", False: "B"}[gap > 0] if abs(gap) > 2 * error else "unclear"


# --- 10.2 ------------------------------------------------------------------------------------


def diagnose(history):
    if history["accuracy"][-1] < 0.9:
        before, last = history["loss"][-2:]
        return "undertrained" if last < 0.95 * before else "underfitting"
    if history["val_loss"][-1] > 1.1 * min(history["val_loss"]):
        return "overfitting"
    return "fine"


# accuracy, loss, val_accuracy, val_loss; the four curves of trainings of three to five epochs
_CURVES = (
    ([0.8, 0.97, 1.0], [0.7, 0.1, 0.02], [0.78, 0.88, 0.88], [0.6, 0.4, 0.55],
     "the validation loss was 0.4 and is 0.55"),
    ([0.3, 0.6, 0.75], [2.1, 1.4, 0.9], [0.35, 0.6, 0.74], [1.8, 1.2, 0.8],
     "it has learned too little so far, and the training loss still falls fast"),
    ([0.5, 0.62, 0.63], [1.5, 1.12, 1.11], [0.5, 0.6, 0.6], [1.4, 1.15, 1.16],
     "it has learned too little, and the training loss falls by less than 5 % in an epoch"),
    ([0.9, 0.96, 0.98], [0.4, 0.15, 0.08], [0.91, 0.95, 0.97], [0.3, 0.2, 0.1],
     "well learned, with the lowest validation loss at the end"),
    ([0.8, 0.95, 0.99, 1.0], [0.6, 0.2, 0.05, 0.01], [0.7, 0.87, 0.9, 0.91],
     [0.9, 0.3, 0.42, 0.41],
     "the lowest validation loss was 0.3, and the last is 37 % above it"),
    ([0.92, 0.97, 0.99], [0.3, 0.12, 0.04], [0.9, 0.95, 0.96], [0.3, 0.1, 0.107],
     "0.107 is only 7 % above the lowest"),
    ([0.92, 0.97, 0.99], [0.3, 0.12, 0.04], [0.9, 0.95, 0.96], [0.3, 0.1, 0.103],
     "0.103 is only 3 % above the lowest"),
    ([0.92, 0.98, 0.97], [0.3, 0.1, 0.15], [0.9, 0.93, 0.93], [0.4, 0.3, 0.31],
     "the validation loss is 3 % above the lowest"),
    ([0.92, 0.97, 0.99], [0.3, 0.12, 0.04], [0.9, 0.95, 0.95], [0.3, 0.1, 0.113],
     "0.113 is 13 % above the lowest"),
    ([0.95, 0.99, 1.0], [0.2, 0.05, 0.01], [0.93, 0.95, 0.96], [0.2, 0.06, 0.08],
     "0.08 is a third above the lowest, 0.06"),
    ([0.8, 0.97, 1.0], [0.6, 0.1, 0.01], [0.72, 0.89, 0.9], [1.0, 0.33, 0.32],
     "there is a gap between the accuracies, but the validation loss has not risen"),
    ([0.6, 0.85, 0.92], [1.2, 0.6, 0.4], [0.57, 0.82, 0.88], [1.3, 0.6, 0.45],
     "the first question is about the training accuracy, 0.92"),
    ([0.5, 0.65, 0.7], [1.4, 1.0, 0.99], [0.42, 0.57, 0.6], [1.5, 1.2, 1.5],
     "the training accuracy comes first, and it is 0.7"),
    ([0.5, 0.65, 0.7], [1.4, 1.0, 0.8], [0.42, 0.57, 0.6], [1.5, 1.2, 1.5],
     "the training accuracy comes first, and it is 0.7"),
    ([0.7, 0.92, 0.82], [0.9, 0.3, 0.7], [0.7, 0.9, 0.82], [0.9, 0.4, 0.6],
     "what counts is the last training accuracy, 0.82, and the loss has not fallen in the last "
     "epoch"),
    ([0.7, 0.82, 0.88], [0.9, 0.5, 0.4], [0.69, 0.81, 0.87], [0.9, 0.59, 0.5],
     "0.88 is below 0.9"),
    ([0.7, 0.86, 0.9], [0.9, 0.5, 0.4], [0.69, 0.81, 0.89], [0.9, 0.59, 0.5],
     "0.9 is not below 0.9"),
    ([0.7, 0.8, 0.83], [1.0, 0.75, 0.7], [0.69, 0.79, 0.8], [1.0, 0.8, 0.79],
     "from 0.75 to 0.7 the training loss falls by 7 %"),
    ([0.7, 0.8, 0.83], [1.0, 0.72, 0.7], [0.69, 0.79, 0.8], [1.0, 0.9, 0.7],
     "from 0.72 to 0.7 the training loss falls by 3 %"),
    ([0.6, 0.62, 0.63, 0.63], [1.6, 1.2, 1.19, 1.18], [0.6, 0.6, 0.6, 0.6],
     [1.5, 1.3, 1.3, 1.31],
     "the loss fell early on, but by less than 5 % in the last epoch"),
    ([0.6, 0.61, 0.62], [0.08, 0.06, 0.04], [0.6, 0.6, 0.6], [0.3, 0.29, 0.28],
     "from 0.06 to 0.04 the training loss falls by a third"),
)  # fmt: skip


def _curves_case(accuracy, loss, val_accuracy, val_loss, note) -> Case:
    history = {
        "accuracy": accuracy,
        "loss": loss,
        "val_accuracy": val_accuracy,
        "val_loss": val_loss,
    }
    shown = "; ".join(f"{name} {values}" for name, values in history.items())
    return Case(f"diagnose(history) with {shown}", (history,), note)


_HISTORIES = tuple(_curves_case(*curves) for curves in _CURVES)


def _check_diagnose(answer):
    form = one_of("undertrained", "underfitting", "overfitting", "fine")
    judge(answer, diagnose, _HISTORIES, slips=_DIAGNOSE_SLIPS, form=form)


def _rule(
    *, few="accuracy", level=0.9, falls="loss", less=0.95, rises="val_loss", more=1.1,
    last=lambda values: values[-1], strict=True,
):  # fmt: skip
    """``diagnose`` with something changed."""

    def changed(history):
        accuracy, loss = last(history[few]), history[falls]
        if accuracy < level or (not strict and accuracy == level):
            return "undertrained" if loss[-1] < less * loss[-2] else "underfitting"
        return "overfitting" if history[rises][-1] > more * min(history[rises]) else "fine"

    return changed


def _overfitting_first(history):
    over = history["val_loss"][-1] > 1.1 * min(history["val_loss"])
    return "overfitting" if over else diagnose(history)


def _swapped(history):
    other = {"undertrained": "underfitting", "underfitting": "undertrained"}
    return other.get(diagnose(history), diagnose(history))


def _under_is_under(history):
    return diagnose(history).replace("undertrained", "underfitting")


def _since_the_first(history):
    if history["accuracy"][-1] < 0.9:
        loss = history["loss"]
        return "undertrained" if loss[-1] < 0.95 * loss[0] else "underfitting"
    return diagnose(history)


def _any_fall(history):
    if history["accuracy"][-1] < 0.9:
        loss = history["loss"]
        return "undertrained" if loss[-1] < loss[-2] else "underfitting"
    return diagnose(history)


def _against(reference):
    def changed(history):
        loss = history["val_loss"]
        if history["accuracy"][-1] < 0.9:
            return diagnose(history)
        return "overfitting" if loss[-1] > reference(loss) else "fine"

    return changed


def _above_the_training_loss(history):
    if history["accuracy"][-1] < 0.9:
        return diagnose(history)
    return "overfitting" if history["val_loss"][-1] > 1.1 * history["loss"][-1] else "fine"


def _by_the_gap(history):
    if history["accuracy"][-1] < 0.9:
        return diagnose(history)
    gap = history["accuracy"][-1] - history["val_accuracy"][-1]
    return "overfitting" if gap > 0.05 else "fine"


_DIAGNOSE_SLIPS = (
    (_rule(few="val_accuracy"), "you ask for the validation accuracy first; the rule asks for "
     "the training accuracy"),
    (_rule(falls="val_loss"), "you look whether the validation loss falls; the rule asks for "
     "the training loss"),
    (_rule(rises="loss"), "you look whether the training loss rises; the rule asks for the "
     "validation loss"),
    (_rule(last=max), "what counts is the last training accuracy, not the highest"),
    (_rule(last=lambda values: values[0]), "what counts is the last training accuracy, not the "
     "first"),
    (_overfitting_first, "the training accuracy is asked first"),
    (_swapped, "undertrained and underfitting are swapped"),
    (_under_is_under, "below 0.9 there are two answers: does the training loss still fall?"),
    (_since_the_first, "compare the last training loss with the one before it, not with the "
     "first"),
    (_any_fall, "any fall counts for you; the rule asks for more than 5 % in an epoch"),
    (_against(lambda loss: 1.1 * loss[0]), "compare with the lowest validation loss, not with "
     "the first"),
    (_against(lambda loss: 1.1 * loss[-2]), "compare with the lowest validation loss, not with "
     "the one before"),
    (_against(min), "any rise counts for you; the rule allows 10 %"),
    (_against(lambda loss: min(loss) + 0.1), "10 % above the lowest is 1.1 times the lowest, "
     "not 0.1 more"),
    (_above_the_training_loss, "you compare with the training loss; compare with the lowest "
     "validation loss"),
    (_by_the_gap, "you go by the gap; the rule asks for a validation loss that has risen"),
)  # fmt: skip


def _with_arrays(history):
    h = {name: np.asarray(values, np.float32) for name, values in history.items()}
    if round(float(h["accuracy"][-1]), 6) < 0.9:
        return np.str_("undertrained" if 1 - h["loss"][-1] / h["loss"][-2] > 0.05 else
                       "underfitting")  # fmt: skip
    low = h["val_loss"].min()
    return "overfitting" if (h["val_loss"][-1] - low) / low > 0.1 else "fine"


def _with_pandas(history):
    import pandas as pd

    table = pd.DataFrame(history)
    last = table.iloc[-1]
    if last["accuracy"] < 0.9:
        falls = table["loss"].pct_change().iloc[-1] < -0.05
        return "undertrained" if falls else "underfitting"
    return "overfitting" if last["val_loss"] / table["val_loss"].min() > 1.1 else "fine"


def _with_match(history):
    before, last = history["loss"][-2:]
    worse = history["val_loss"][-1] / np.min(history["val_loss"]) - 1
    match history["accuracy"][-1] < 0.9, (before - last) / before > 0.05, worse > 0.1:
        case True, falls, _:
            return "undertrained" if falls else "underfitting"
        case False, _, rises:
            return "overfitting" if rises else "fine"


def _with_nested_ifs(history):
    answer = "fine"
    if not history["accuracy"][-1] >= 0.9:
        answer = "underfitting"
        if history["loss"][-2] - history["loss"][-1] > 0.05 * history["loss"][-2]:
            answer = "undertrained"
    elif sorted(history["val_loss"])[0] * 1.1 < history["val_loss"][-1]:
        answer = "overfitting"
    return answer


# --- 10.3 ------------------------------------------------------------------------------------


def stop_after(val_loss, patience):
    lowest, waited = float("inf"), 0
    for epoch, loss in enumerate(val_loss, start=1):
        if loss < lowest:
            lowest, waited = loss, 0
        else:
            waited = waited + 1
        if waited == patience:
            return epoch
    return len(val_loss)


_DIP = [0.9, 0.6, 0.5, 0.55, 0.52, 0.4, 0.45, 0.5, 0.6]

_STOPS = tuple(
    Case(f"stop_after({losses}, {patience})", (losses, patience), note)
    for losses, patience, note in (
        ([0.9, 0.5, 0.4, 0.3], 2, "patience never ran out, so the last epoch counts"),
        (_DIP, 2, "after the low in epoch 3, epochs 4 and 5 bring no new low"),
        ([0.9, 0.95, 0.8, 0.85, 0.7, 0.75, 0.6], 2, "no two epochs in a row are without a new low"),
        ([0.5, 0.4, 0.4, 0.4, 0.3, 0.35], 2, "an equal loss is no new low"),
        (_DIP, 3, "with more patience, epoch 6 comes and is a new low; 7, 8 and 9 are not"),
        ([0.3, 0.35, 0.2, 0.1], 1, "epoch 2 brings no new low, and patience is 1"),
        ([0.5, 0.6, 0.6, 0.6, 0.4], 1, "epoch 2 brings no new low, and patience is 1"),
        (
            [0.5, 0.499, 0.4985, 0.4984, 0.498, 0.6],
            2,
            "a new low is a new low, however small the step",
        ),
        ([5.0, 7.0, 6.0, 5.5, 5.2, 4.0], 4, "epochs 2 to 5 bring no new low, though they fall"),
        ([0.4, 0.5, 0.6], 5, "patience never ran out, so the last epoch counts"),
        ([0.7, 0.3, 0.31, 0.29, 0.3, 0.31, 0.32, 0.2], 4, "epochs 5, 6 and 7 are only three"),
    )
)


def _check_stop_after(answer):
    judge(answer, stop_after, _STOPS, slips=_STOP_SLIPS, form=number)


def _counts_from_zero(val_loss, patience):
    return stop_after(val_loss, patience) - 1


def _lowest_of_all(val_loss, patience):
    return int(np.argmin(val_loss)) + 1


def _best_so_far(val_loss, patience):
    return int(np.argmin(val_loss[: stop_after(val_loss, patience)])) + 1


def _always_the_last(val_loss, patience):
    return len(val_loss)


def _stop_when(val_loss, patience, worse, *, in_a_row=True):
    waited = 0
    for epoch in range(1, len(val_loss)):
        if worse(val_loss[epoch], val_loss[:epoch]):
            waited += 1
        elif in_a_row:
            waited = 0
        if waited >= patience:
            return epoch + 1
    return len(val_loss)


def _worse_than_the_one_before(val_loss, patience):
    return _stop_when(val_loss, patience, lambda loss, past: loss >= past[-1])


def _ties_are_new_lows(val_loss, patience):
    return _stop_when(val_loss, patience, lambda loss, past: loss > min(past))


def _with_a_margin(val_loss, patience):
    return _stop_when(val_loss, patience, lambda loss, past: loss > min(past) - 0.001)


def _not_in_a_row(val_loss, patience):
    return _stop_when(val_loss, patience, lambda loss, past: loss >= min(past), in_a_row=False)


def _against_the_first(val_loss, patience):
    return _stop_when(val_loss, patience, lambda loss, past: loss >= past[0])


def _waits_from_the_first(val_loss, patience):
    lowest, waited = val_loss[0], 0
    for epoch, loss in enumerate(val_loss, start=1):
        lowest, waited = (loss, 0) if loss < lowest else (lowest, waited + 1)
        if waited == patience:
            return epoch
    return len(val_loss)


def _one_epoch_more(val_loss, patience):
    return stop_after(val_loss, patience + 1)


def _one_epoch_less(val_loss, patience):
    return stop_after(val_loss, max(patience - 1, 1))


def _patience_of_two(val_loss, patience):
    return stop_after(val_loss, 2)


def _the_loss(val_loss, patience):
    return val_loss[stop_after(val_loss, patience) - 1]


_STOP_SLIPS = (
    (_counts_from_zero, "that is one too early: epochs count from 1"),
    (_lowest_of_all, "you take the lowest of all, but in mid-training nobody knows what will come"),
    (_best_so_far, "that is the best epoch so far; training stops when patience is over"),
    (_always_the_last, "your training never stops early"),
    (_worse_than_the_one_before, "you compare with the epoch before; compare with the lowest so "
     "far"),
    (_ties_are_new_lows, "an equal loss is no new low"),
    (_with_a_margin, "a new low is a new low, however small the step"),
    (_not_in_a_row, "a new low sets the count back to 0"),
    (_against_the_first, "you compare with the first epoch; compare with the lowest so far"),
    (_waits_from_the_first, "the first epoch is a low, no epoch without one: begin with infinity"),
    (_one_epoch_more, "you wait one epoch too long"),
    (_patience_of_two, "you always wait two epochs: use patience"),
    (_the_loss, "that is a loss: the epoch is asked for"),
)  # fmt: skip


def _by_age_of_the_low(val_loss, patience):
    for n in range(1, len(val_loss) + 1):
        if n - 1 - int(np.argmin(val_loss[:n])) >= patience:
            return np.int64(n)
    return len(val_loss)


def _with_running_minimum(val_loss, patience):
    lows = np.minimum.accumulate(np.asarray(val_loss, float))
    for i in range(patience, len(lows)):
        if lows[i] == lows[i - patience]:
            return float(i + 1)
    return len(val_loss)


def _with_windows(val_loss, patience):
    for i in range(len(val_loss) - patience):
        if min(val_loss[i + 1 : i + 1 + patience]) >= val_loss[i]:
            return i + 1 + patience
    return len(val_loss)


def _with_while(val_loss, patience):
    epoch, best = 0, 0
    while epoch + 1 < len(val_loss) and epoch - best < patience:
        epoch += 1
        best = epoch if val_loss[epoch] < val_loss[best] else best
    return np.array(epoch + 1)


EXERCISES = (
    Exercise(
        id="10.1",
        title="is A better than B?",
        solution=verdict,
        reason="The mean of n runs has a standard error of spread / √n, whose square is variance "
        "/ n. Two such squares add up, and the root is the standard error of the difference. "
        "Only a difference beyond twice that is called clear; its sign says who won.",
        check=_check_verdict,
        hints=(
            "Three steps: the difference of the means, its standard error, and a decision "
            "between three answers.",
            "The standard error of one mean: `np.std(a, ddof=1) / np.sqrt(len(a))`. Do the same "
            "for b, with b's own number of runs.",
            "`error = np.sqrt(error_a**2 + error_b**2)`. If `abs(gap) <= 2 * error`, it is "
            "unclear; otherwise the sign of the gap decides.",
        ),
        wrong=(
            (_higher_mean, "a higher mean is not enough"),
            (_best_run, "compare single runs"),
            (_first_run, "compare single runs"),
            (_medians, "you compare the medians"),
            (_ranges_apart, "single runs may overlap"),
            (_spread_for_error, "divide each spread by √n"),
            (_divided_by_n, "by √n, not by n"),
            (_one_error, "clear begins at two"),
            (_three_errors, 'yours "unclear": the means are'),
            (_a_fifth_less, 'expected "unclear"'),
            (_only_error_of_a, "the luck of both counts"),
            (_only_error_of_b, "the luck of both counts"),
            (_errors_added, "not a + b"),
            (_intervals_apart, "not a + b"),
            (_spreads_not_squared, "square each spread"),
            (_run_by_run, "the standard error of that difference is"),
            (_length_of_a_for_both, "the root of its own number"),
            (_length_of_b_for_both, "the root of its own number"),
            (_pooled, "you mix both spreads into one"),
            (_numpy_default, "use ddof=1"),
            (_twice_is_clear, "just twice is not yet clear"),
            (_b_cannot_win, "B can be the better one"),
            (_fixed_margin, 'expected "'),
            (_yes_or_no, 'the answer is one of "A", "B", "unclear"'),
        ),
        right=(_by_scipy, _by_pandas, _with_loops, _by_statistics),
    ),
    Exercise(
        id="10.2",
        title="read a training curve",
        solution=diagnose,
        reason="A low training accuracy means that what was seen was not learned: not yet, if "
        "the training loss still falls, or not at all. Overfitting shows in the validation loss: "
        "it has been lower than it is now. [-1] is the last epoch, [-2] the one before, min() the "
        "lowest of all, and 10 % above it is 1.1 times as much.",
        check=_check_diagnose,
        hints=(
            'A history is a dictionary of lists: `history["accuracy"][-1]` is the last training '
            "accuracy, and `[-2]` is the one before.",
            "The rule has an order: look at the training accuracy first, and return at once.",
            '`history["loss"][-1] < 0.95 * history["loss"][-2]` asks whether the training loss '
            'still falls; `history["val_loss"][-1] > 1.1 * min(history["val_loss"])` whether the '
            "validation loss has risen.",
        ),
        wrong=(
            *((slip, words) for slip, words in _DIAGNOSE_SLIPS),
            (_rule(level=0.85), "0.88 is below 0.9"),
            (_rule(level=0.95), "expected"),
            (_rule(strict=False), "0.9 is not below 0.9"),
            (_rule(more=1.2), "0.113 is 13 % above"),
            (_rule(more=1.05), "only 7 % above"),
            (_rule(less=0.99), "falls by 3 %"),
            (_rule(less=0.9), "falls by 7 %"),
        ),
        right=(_with_arrays, _with_pandas, _with_match, _with_nested_ifs),
    ),
    Exercise(
        id="10.3",
        title="when to stop",
        solution=stop_after,
        reason="Only two numbers need to be remembered: the lowest loss so far, and how many "
        "epochs have passed since. A new low sets the count back to 0. Keras's EarlyStopping "
        "counts in the same way.",
        check=_check_stop_after,
        hints=(
            "Go through the losses in order, as if you lived through the epochs. What must you "
            "remember to know whether this one is a new low?",
            "Keep the lowest loss so far and a counter. A new low sets the counter to 0, "
            "anything else adds 1.",
            "`for epoch, loss in enumerate(val_loss, start=1):` counts the epochs from 1. Return "
            "when the counter reaches patience, and after the loop return the last epoch.",
        ),
        wrong=(
            *((slip, words) for slip, words in _STOP_SLIPS),
            (_one_epoch_less, "expected"),
        ),
        right=(_by_age_of_the_low, _with_running_minimum, _with_windows, _with_while),
    ),
)
