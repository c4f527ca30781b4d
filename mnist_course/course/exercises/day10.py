"""Day 10: is A better than B, read a curve, when to stop."""

import numpy as np

from .engine import Exercise, NotYet, call, require

# --- 10.1 ------------------------------------------------------------------------------------


def verdict(a, b):
    gap = np.mean(a) - np.mean(b)
    error = np.sqrt(np.var(a, ddof=1) / len(a) + np.var(b, ddof=1) / len(b))
    if abs(gap) <= 2 * error:
        return "unclear"
    return "A" if gap > 0 else "B"


def _runs(mean: float, spread: float, number: int, *, lucky: float = 0.0) -> np.ndarray:
    """Accuracies with just this mean and spread; ``lucky`` lifts one run, and not the mean."""
    values = np.random.default_rng(number).normal(size=number)
    values[0] += lucky
    return mean + spread * (values - values.mean()) / values.std(ddof=1)


# what to think of, A, B
_VERDICTS = (
    ("two points apart, and a tiny spread", _runs(97, 0.2, 5), _runs(95, 0.2, 5)),
    ("the same the other way round", _runs(95, 0.2, 5), _runs(97, 0.2, 5)),
    (
        "single runs overlap, but many runs make a mean steady: divide the spread by √n",
        _runs(97.36, 0.3, 16),
        _runs(97.0, 0.3, 16),
    ),
    (
        "compare the means: a single lucky run decides nothing",
        _runs(95.5, 0.6, 12, lucky=12),
        _runs(96.5, 0.3, 12),
    ),
    (
        "a higher mean is not enough: the difference is smaller than its standard error",
        _runs(97.1, 0.4, 5),
        _runs(97.0, 0.4, 5),
    ),
    (
        "one standard error is not enough, clear begins at two",
        _runs(97, 0.3, 9),
        _runs(97.2, 0.3, 9),
    ),
    (
        "A varies though B is steady: the luck of both counts",
        _runs(97.5, 0.6, 6),
        _runs(97.1, 0.01, 6),
    ),
    (
        "B varies though A is steady: the luck of both counts",
        _runs(97.5, 0.01, 6),
        _runs(97.1, 0.6, 6),
    ),
    (
        "standard errors add up like the sides of a right angle, √(a² + b²), not a + b",
        _runs(97.34, 0.3, 9),
        _runs(97.0, 0.3, 9),
    ),
    (
        "B has only four runs: each spread is divided by the root of its own number",
        _runs(97.4, 0.4, 25),
        _runs(97.0, 0.5, 4),
    ),
    (
        "with three runs, the spread with NumPy's own ddof=0 is too small: use ddof=1",
        _runs(97.0, 0.3, 3),
        _runs(97.45, 0.3, 3),
    ),
    (
        "these accuracies are fractions: compare with the spread, not with a fixed number",
        _runs(0.968, 0.001, 5),
        _runs(0.972, 0.001, 5),
    ),
)


def _summary(name: str, values: np.ndarray) -> str:
    return f"{name}: {len(values)} runs, mean {values.mean():.4g}, spread {values.std(ddof=1):.2g}"


def _check_verdict(answer):
    for mistake, a, b in _VERDICTS:
        what = f"{_summary('A', a)}, best {a.max():.4g}; {_summary('B', b)}, best {b.max():.4g}"
        found = call(answer, a.copy(), b.copy(), shown=f"verdict(a, b) for {what},")
        require(
            isinstance(found, str) and found in ("A", "B", "unclear"),
            f'the answer is "A", "B" or "unclear", yours is {found!r}',
        )
        expected = verdict(a, b)
        require(
            found == expected,
            f'{what}. Expected "{expected}", yours is "{found}": {mistake}',
        )


def _name(gap, clear=True):
    return "unclear" if not clear else "A" if gap > 0 else "B"


def _higher_mean(a, b):
    return _name(a.mean() - b.mean())


def _best_run(a, b):
    return _name(a.max() - b.max())


def _first_run(a, b):
    return _name(a[0] - b[0])


def _ranges_apart(a, b):
    return _name(a.mean() - b.mean(), a.min() > b.max() or b.min() > a.max())


def _beyond(gap, error):
    return _name(gap, abs(gap) > error)


def _spread_for_error(a, b):
    return _beyond(a.mean() - b.mean(), 2 * np.hypot(a.std(ddof=1), b.std(ddof=1)))


def _one_error(a, b):
    error = np.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b))
    return _beyond(a.mean() - b.mean(), error)


def _only_error_of_a(a, b):
    return _beyond(a.mean() - b.mean(), 2 * a.std(ddof=1) / len(a) ** 0.5)


def _only_error_of_b(a, b):
    return _beyond(a.mean() - b.mean(), 2 * b.std(ddof=1) / len(b) ** 0.5)


def _errors_added(a, b):
    error = a.std(ddof=1) / len(a) ** 0.5 + b.std(ddof=1) / len(b) ** 0.5
    return _beyond(a.mean() - b.mean(), 2 * error)


def _length_of_a_for_both(a, b):
    return _beyond(a.mean() - b.mean(), 2 * np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / len(a)))


def _numpy_default(a, b):
    return _beyond(a.mean() - b.mean(), 2 * np.sqrt(a.var() / len(a) + b.var() / len(b)))


def _forgets_that_b_may_win(a, b):
    return "A" if a.mean() - b.mean() > 0.3 else "unclear"


def _yes_or_no(a, b):
    return a.mean() > b.mean()


# --- 10.2 ------------------------------------------------------------------------------------


def diagnose(history):
    if history["accuracy"][-1] < 0.9:
        return "underfitting"
    if history["val_loss"][-1] > 1.1 * min(history["val_loss"]):
        return "overfitting"
    return "fine"


# what to think of, training accuracy, validation loss, gap between the accuracies
_CURVES = (
    ("it misreads a fifth of its own training digits", [0.3, 0.6, 0.8], [1.9, 1.5, 1.1], -0.01),
    (
        "the validation loss turned up, while the training loss went on falling",
        [0.7, 0.92, 1.0],
        [0.7, 0.38, 0.5],
        0.1,
    ),
    ("well learned, with the lowest loss at the end", [0.9, 0.96, 0.98], [0.3, 0.2, 0.1], 0.01),
    (
        "compare with the lowest validation loss, 0.3, not with the first, 0.9",
        [0.8, 0.95, 0.99, 1.0],
        [0.9, 0.3, 0.42, 0.41],
        0.09,
    ),
    (
        "0.103 is only 3 % above the lowest: a wobble within the 10 % is allowed",
        [0.9, 0.96, 0.98],
        [0.3, 0.1, 0.103],
        0.01,
    ),
    (
        "0.08 is a third above the lowest, 0.06: ten per cent of the lowest, not 0.1",
        [0.95, 0.99, 1.0],
        [0.2, 0.06, 0.08],
        0.08,
    ),
    (
        "there is a gap between the accuracies, but the rule asks for a validation loss that rises",
        [0.8, 0.97, 1.0],
        [1.0, 0.33, 0.32],
        0.08,
    ),
    (
        "the rule asks for the training accuracy, not for the validation accuracy",
        [0.6, 0.85, 0.92],
        [1.3, 0.6, 0.45],
        0.03,
    ),
    (
        "the training accuracy is asked first, and it is 0.7",
        [0.5, 0.65, 0.7],
        [1.5, 1.2, 1.5],
        0.08,
    ),
    (
        "what counts is the last training accuracy, 0.82, not the highest",
        [0.7, 0.92, 0.82],
        [0.9, 0.59, 0.6],
        0.01,
    ),
)


def _history(accuracy, val_loss, gap) -> dict[str, list[float]]:
    return {
        "accuracy": accuracy,
        "loss": [round(0.8 * 0.3**epoch, 3) for epoch in range(len(accuracy))],  # always falls
        "val_accuracy": [round(value - gap, 2) for value in accuracy],
        "val_loss": val_loss,
    }


def _check_diagnose(answer):
    for reason, *curves in _CURVES:
        history = _history(*curves)
        shown = "; ".join(f"{name} {values}" for name, values in history.items())
        given = {name: list(values) for name, values in history.items()}
        found = call(answer, given, shown=f"diagnose(history) with {shown}")
        expected = diagnose(history)
        require(
            isinstance(found, str) and found in ("underfitting", "overfitting", "fine"),
            f'the answer is "underfitting", "overfitting" or "fine", yours is {found!r}',
        )
        require(
            found == expected,
            f'{shown}. Expected "{expected}", yours is "{found}": {reason}',
        )


def _says(under, over):
    return "underfitting" if under else "overfitting" if over else "fine"


def _risen(history, name="val_loss"):
    return history[name][-1] > 1.1 * min(history[name])


def _watches_training_loss(history):
    return _says(history["accuracy"][-1] < 0.9, _risen(history, "loss"))


def _against_the_first(history):
    loss = history["val_loss"]
    return _says(history["accuracy"][-1] < 0.9, loss[-1] > 1.1 * loss[0])


def _any_rise(history):
    loss = history["val_loss"]
    return _says(history["accuracy"][-1] < 0.9, loss[-1] > min(loss))


def _plus_a_tenth(history):
    loss = history["val_loss"]
    return _says(history["accuracy"][-1] < 0.9, loss[-1] > min(loss) + 0.1)


def _against_the_one_before(history):
    loss = history["val_loss"]
    return _says(history["accuracy"][-1] < 0.9, loss[-1] > 1.1 * loss[-2])


def _by_the_gap(history):
    accuracy = history["accuracy"][-1]
    return _says(accuracy < 0.9, accuracy - history["val_accuracy"][-1] > 0.05)


def _by_validation_accuracy(history):
    return _says(history["val_accuracy"][-1] < 0.9, _risen(history))


def _overfitting_first(history):
    over = _risen(history)
    return "overfitting" if over else _says(history["accuracy"][-1] < 0.9, over)


def _highest_accuracy(history):
    return _says(max(history["accuracy"]) < 0.9, _risen(history))


def _first_accuracy(history):
    return _says(history["accuracy"][0] < 0.9, _risen(history))


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

_STOPS = (
    ([0.9, 0.5, 0.4, 0.3], 2, "patience never ran out, so the last epoch counts"),
    (_DIP, 2, "after the low in epoch 3, epochs 4 and 5 bring no new low"),
    (
        [0.9, 0.95, 0.8, 0.85, 0.7, 0.75, 0.6],
        2,
        "the epochs without a new low must come in a row: a new low starts the count afresh",
    ),
    ([0.5, 0.4, 0.4, 0.4, 0.3, 0.35], 2, "an equal loss is no new low"),
    (_DIP, 3, "with more patience, epoch 6 comes and is a new low; 7, 8 and 9 are not"),
    ([0.3, 0.35, 0.2, 0.1], 1, "epoch 2 brings no new low, and patience is 1"),
)


def _check_stop_after(answer):
    for losses, patience, reason in _STOPS:
        shown = f"stop_after({losses}, {patience})"
        found = call(answer, list(losses), patience, shown=shown)
        require(np.shape(found) == (), f"{shown}: one epoch is asked for, yours is {found!r}")
        expected = stop_after(losses, patience)
        if found == expected:
            continue
        for mistake, message in _slips(losses, patience):
            require(found != mistake, f"{shown}: {expected} expected, yours is {found}: {message}")
        raise NotYet(f"{shown}: {expected} expected, yours is {found}: {reason}")


def _slips(losses, patience):
    """Results that give a mistake away."""
    stop = stop_after(losses, patience)
    lowest, best_so_far = np.argmin(losses) + 1, np.argmin(losses[:stop]) + 1
    if lowest > stop:
        yield lowest, "that is the lowest of all, but in mid-training nobody knows what will come"
    if best_so_far < stop - 1:
        yield best_so_far, "that is the best epoch so far; training stops when patience is over"
    yield stop - 1, "that is one too early: epochs count from 1"
    yield losses[stop - 1], "that is a loss: the epoch is asked for"
    yield min(losses), "that is a loss: the epoch is asked for"


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


def _not_in_a_row(val_loss, patience):
    return _stop_when(val_loss, patience, lambda loss, past: loss >= min(past), in_a_row=False)


def _one_epoch_more(val_loss, patience):
    return stop_after(val_loss, patience + 1)


def _patience_of_two(val_loss, patience):
    return stop_after(val_loss, 2)


def _the_loss(val_loss, patience):
    return val_loss[stop_after(val_loss, patience) - 1]


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
            (_best_run, "a single lucky run"),
            (_first_run, "a single lucky run"),
            (_ranges_apart, "divide the spread by √n"),
            (_spread_for_error, "divide the spread by √n"),
            (_one_error, "clear begins at two"),
            (_only_error_of_a, "the luck of both counts"),
            (_only_error_of_b, "the luck of both counts"),
            (_errors_added, "not a + b"),
            (_length_of_a_for_both, "B has only four runs"),
            (_numpy_default, "use ddof=1"),
            (_forgets_that_b_may_win, 'Expected "B"'),
            (_yes_or_no, 'the answer is "A", "B" or "unclear"'),
        ),
    ),
    Exercise(
        id="10.2",
        title="read a training curve",
        solution=diagnose,
        reason="Underfitting shows in the training accuracy: what was seen was not learned. "
        "Overfitting shows in the validation loss: it has been lower than it is now. [-1] is "
        "the last epoch, min() the lowest of all, and 10 % above it is 1.1 times as much.",
        check=_check_diagnose,
        hints=(
            'A history is a dictionary of lists: `history["accuracy"][-1]` is the last training '
            "accuracy.",
            "The rule has an order: ask for underfitting first, and return at once.",
            '`history["val_loss"][-1] > 1.1 * min(history["val_loss"])` is the second question.',
        ),
        wrong=(
            (_watches_training_loss, "the validation loss turned up"),
            (_against_the_first, "the validation loss turned up"),
            (_against_the_one_before, "not with the first"),
            (_any_rise, "a wobble within the 10 % is allowed"),
            (_plus_a_tenth, "ten per cent of the lowest"),
            (_by_the_gap, "the rule asks for a validation loss that rises"),
            (_by_validation_accuracy, "not for the validation accuracy"),
            (_overfitting_first, "is asked first"),
            (_highest_accuracy, "not the highest"),
            (_first_accuracy, "the validation loss turned up"),
        ),
    ),
    Exercise(
        id="10.3",
        title="when to stop",
        solution=stop_after,
        reason="Only two numbers need to be remembered: the lowest loss so far, and how many "
        "epochs have passed since. A new low sets the count back to 0. Keras's EarlyStopping "
        "works just so (Day 14), and can bring back the weights of the best epoch.",
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
            (_counts_from_zero, "epochs count from 1"),
            (_lowest_of_all, "nobody knows what will come"),
            (_best_so_far, "that is the best epoch so far"),
            (_always_the_last, "epochs 4 and 5 bring no new low"),
            (_worse_than_the_one_before, "bring no new low"),
            (_ties_are_new_lows, "an equal loss is no new low"),
            (_not_in_a_row, "must come in a row"),
            (_one_epoch_more, "epochs 4 and 5 bring no new low"),
            (_patience_of_two, "with more patience"),
            (_the_loss, "that is a loss"),
        ),
    ),
)
