"""Day 8: a softmax that survives, a walk downhill, blame through a hidden layer."""

import numpy as np

from .engine import (
    Exercise,
    NotAttempted,
    NotYet,
    call,
    is_rounded,
    require,
    require_equal,
    require_shape,
)


def _close(found, mistake) -> bool:
    """Whether an answer is this mistake (nan, infinity and other shapes are no match)."""
    found = np.asarray(found, dtype=float)
    return found.shape == np.shape(mistake) and np.allclose(found, mistake, rtol=0, atol=1e-6)


# --- 8.1 -------------------------------------------------------------------------------------


def stable_softmax(scores):
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _check_stable_softmax(answer):
    modest = np.array([[2.0, 1.0, 0.0], [0.5, -1.5, 3.0]])
    shown = "stable_softmax([[2, 1, 0], [0.5, -1.5, 3]])"
    found = _quiet(answer, modest, shown, "modest scores")
    powers = np.exp(modest)
    for mistake, message in (
        (powers / powers.sum(), "all rows together add up to 1: each row must, on its own"),
        (powers / powers.sum(axis=0), "columns add up to 1: the sum must run along each row"),
        (modest / modest.sum(axis=1, keepdims=True), "scores over their sum: powers of e first"),
        (1 / (1 + 1 / powers), "each score was turned for itself: the row does not add up to 1"),
    ):
        require(not _close(found, mistake), f"{shown}: {message}")
    total, expected = found[0].sum(), stable_softmax(modest)
    require(
        np.isclose(total, 1) or is_rounded(found, expected),
        f"{shown}: the first row adds up to {total:.6g}, not to 1",
    )
    require_equal(found, expected, what=shown, within=1e-6)
    for scores, words in (
        ([[1000.0, 999.0, 998.0], [-1000.0, -1001.0, -1002.0]], "scores of 1000, and of -1000"),
        ([[2000.0, 0.0, -2000.0]], "scores far apart, 2000, 0 and -2000"),
        ([[800.0, 790.0, 795.0, 1.0]], "four scores up to 800"),
    ):
        scores = np.array(scores)
        found = _quiet(answer, scores, f"stable_softmax of {words}", words)
        require_equal(found, stable_softmax(scores), what=f"with {words}, the result", within=1e-6)


def _quiet(answer, scores, shown, words):
    """Call it without NumPy's warnings: overflow is what the check is about."""
    with np.errstate(all="ignore"):
        found = call(answer, scores, shown=shown, pure=True)
    require_shape(found, scores.shape, what=f"{shown}, one probability per score,")
    found = np.asarray(found, dtype=float)
    require(
        not np.isnan(found).any(),
        f"with {words} there are nan in the result: "
        "some power of e overflowed, or a whole row of them became 0",
    )
    return found


def _naive(scores):
    return np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)


def _whole_table(scores):
    powers = np.exp(scores - scores.max())
    return powers / powers.sum()


def _columns(scores):
    powers = np.exp(scores - scores.max(axis=0))
    return powers / powers.sum(axis=0)


def _one_maximum_for_all(scores):
    powers = np.exp(scores - scores.max())
    return powers / powers.sum(axis=1, keepdims=True)


def _minus_mean(scores):
    powers = np.exp(scores - scores.mean(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _clipped(scores):
    powers = np.exp(np.minimum(scores, 700))
    return powers / powers.sum(axis=1, keepdims=True)


def _minus_1000(scores):
    powers = np.exp(scores - 1000)
    return powers / powers.sum(axis=1, keepdims=True)


def _nan_to_one(scores):
    return np.nan_to_num(_naive(scores), nan=1.0)


def _divided_by_maximum(scores):
    powers = np.exp(scores / scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _without_sum(scores):
    return np.exp(scores - scores.max(axis=1, keepdims=True))


def _changes_the_scores(scores):
    scores -= scores.max(axis=1, keepdims=True)
    return np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)


def _sigmoid(scores):
    return 1 / (1 + np.exp(-scores))


def _flat_maximum(scores):
    powers = np.exp(scores - scores.max(axis=1))
    return powers / powers.sum(axis=1)


def _softmax_in_float32(scores):
    return stable_softmax(scores.astype(np.float32))


def _softmax_in_a_loop(scores):
    rows = []
    for row in scores:
        powers = [np.exp(score - max(row)) for score in row]
        rows.append([power / sum(powers) for power in powers])
    return rows


def _softmax_by_logarithms(scores):
    return np.exp(scores - np.logaddexp.reduce(scores, axis=1)[:, None])


def _softmax_of_keras(scores):
    from keras import ops

    return ops.softmax(ops.convert_to_tensor(scores), axis=1)


# --- 8.2 -------------------------------------------------------------------------------------


def descend(slope_at, start, rate, steps):
    places = [start]
    for _ in range(steps):
        places.append(places[-1] - rate * slope_at(places[-1]))
    return places


def _check_descend(answer):
    _descend_by_hand(answer)
    _descend_in_the_plane(answer)
    place = call(
        answer, lambda w: w**3, 1.0, 0.5, 4, shown="descend in another valley", listed=True
    )
    expected = descend(lambda w: w**3, 1.0, 0.5, 4)
    require_equal(np.asarray(place), np.array(expected), what="in another valley", within=1e-5)


def _descend_by_hand(answer):
    shown = "descend(slope_at, 5.0, 0.1, 3), where slope_at(w) is 2 * (w - 1),"
    found = call(answer, lambda w: 2 * (w - 1), 5.0, 0.1, 3, shown=shown, listed=True)
    expected = descend(lambda w: 2 * (w - 1), 5.0, 0.1, 3)  # 5, 4.2, 3.56, 3.048
    require(np.ndim(found) == 1, f"{shown} should return all the places as a list: {found!r}")
    uphill = descend(lambda w: -2 * (w - 1), 5.0, 0.1, 3)
    for mistake, message in (
        (expected[1:], "the start is missing: it is the first place of the walk"),
        (expected[:-1], "one step is missing: three steps visit four places"),
        (descend(lambda w: 2 * (w - 1), 5.0, 0.1, 4), "that is one step too many"),
        (uphill, "that walk goes uphill: where the slope is positive, go down, to the left"),
        (uphill[1:], "that walk goes uphill, and its start is missing"),
        (expected[::-1], "the walk is backwards: the start comes first"),
        ([5, 4.2, 3.4, 2.6], "every step is the same: ask for the slope anew at each place"),
        (descend(lambda w: 2 * (w - 1), 5.0, 1, 3), "the steps are too long: rate * slope each"),
        (descend(lambda w: 1.0, 5.0, 0.1, 3), "each step has length rate: rate * slope is asked"),
    ):
        require(not _close(found, mistake), f"{message} (yours: {np.round(found, 3).tolist()})")
    require_equal(np.asarray(found, float), np.array(expected), what=shown, within=1e-5)


def _descend_in_the_plane(answer):
    start = np.array([4.0, -2.0])
    shown = "descend with two weights, an array, as its place"
    found = call(
        answer, lambda w: w * [2.0, 0.5], start, 0.2, 3, shown=shown, pure=True, listed=True
    )
    found = np.array([np.asarray(place, dtype=float) for place in found])
    require_shape(found, (4, 2), what=f"{shown}: the list of four places")
    if (found == found[-1]).all():
        raise NotYet(
            "with an array as place, all places are one and the same array: -= works inside "
            "it (Day 2), while place = place - ... makes a new one"
        )
    expected = np.array(descend(lambda w: w * [2.0, 0.5], start, 0.2, 3))
    require_equal(found, expected, what=shown, within=1e-5)


def _uphill(slope_at, start, rate, steps):
    places = [start]
    for _ in range(steps):
        places.append(places[-1] + rate * slope_at(places[-1]))
    return places


def _slope_once(slope_at, start, rate, steps):
    slope = slope_at(start)
    return [start - k * rate * slope for k in range(steps + 1)]


def _without_start(slope_at, start, rate, steps):
    return descend(slope_at, start, rate, steps)[1:]


def _without_end(slope_at, start, rate, steps):
    return descend(slope_at, start, rate, steps)[:-1]


def _only_the_end(slope_at, start, rate, steps):
    return descend(slope_at, start, rate, steps)[-1]


def _without_rate(slope_at, start, rate, steps):
    return descend(slope_at, start, 1, steps)


def _only_the_sign(slope_at, start, rate, steps):
    return descend(lambda w: np.sign(slope_at(w)), start, rate, steps)


def _backwards(slope_at, start, rate, steps):
    return descend(slope_at, start, rate, steps)[::-1]


def _one_too_many(slope_at, start, rate, steps):
    return descend(slope_at, start, rate, steps + 1)


def _in_place(slope_at, start, rate, steps):
    place, places = start, [start]
    for _ in range(steps):
        place -= rate * slope_at(place)
        places.append(place)
    return places


def _in_place_of_a_copy(slope_at, start, rate, steps):
    place = np.array(start)
    places = [place]
    for _ in range(steps):
        place -= rate * slope_at(place)
        places.append(place)
    return places if np.ndim(start) else descend(slope_at, start, rate, steps)


def _walk_as_array(slope_at, start, rate, steps):
    return np.array(descend(slope_at, start, rate, steps))


def _walk_as_tuple(slope_at, start, rate, steps):
    return tuple(descend(slope_at, start, rate, steps))


def _walk_one_by_one(slope_at, start, rate, steps):
    yield start
    for _ in range(steps):
        start = start - rate * slope_at(start)
        yield start


def _walk_in_float32(slope_at, start, rate, steps):
    return [np.float32(place) for place in descend(slope_at, start, rate, steps)]


# --- 8.3 -------------------------------------------------------------------------------------


def backward(x, hidden, blame, w2):
    hidden_blame = (blame @ w2.T) * (hidden > 0)
    w1_slopes = x.T @ hidden_blame
    b1_slopes = hidden_blame.sum(axis=0)
    return hidden_blame, w1_slopes, b1_slopes


NAMES = ("hidden_blame", "w1_slopes", "b1_slopes")


def _check_backward(answer):
    for seed, number, inputs, units in ((83, 6, 5, 4), (84, 9, 3, 7), (85, 1, 4, 6)):
        given, measured = _measured(seed, number, inputs, units)
        shown = f"backward for {number} image{'s' if number > 1 else ''}, {units} hidden units"
        found = _three_arrays(call(answer, *given, shown=shown), shown)
        for name, value, slopes in zip(NAMES, found, measured, strict=True):
            require(value is not ..., f"so far, so good; {name} is still `...`")
            _judge_line(name, value, slopes, given, shown)


def _three_arrays(found, shown):
    require(
        isinstance(found, tuple | list) and len(found) == 3,
        f"{shown} should return three arrays: {', '.join(NAMES)}",
    )
    if all(part is ... for part in found):
        raise NotAttempted
    return found


def _measured(seed, number, inputs, units):
    """Arguments for the answer, and the three arrays of slopes, measured by nudging."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(0.2, 1, (number, inputs))
    w1, b1 = rng.normal(0, 1, (inputs, units)), rng.normal(0, 0.3, units)
    w2, labels = rng.normal(0, 1, (units, 10)), rng.integers(0, 10, number)
    nudge = np.zeros((number, units))

    def loss():
        hidden = np.maximum(x @ w1 + b1 + nudge, 0)
        return -np.log(stable_softmax(hidden @ w2)[np.arange(number), labels]).mean()

    hidden = np.maximum(x @ w1 + b1, 0)
    blame = (stable_softmax(hidden @ w2) - np.eye(10)[labels]) / number
    return (x, hidden, blame, w2), [_nudged(loss, numbers) for numbers in (nudge, w1, b1)]


def _nudged(loss, numbers, step=1e-6):
    slopes = np.empty(numbers.shape)
    for i in range(numbers.size):
        here, losses = numbers.flat[i], []
        for value in (here + step, here - step):
            numbers.flat[i] = value
            losses.append(loss())
        numbers.flat[i] = here
        slopes.flat[i] = (losses[0] - losses[1]) / (2 * step)
    return slopes


def _judge_line(name, found, measured, given, shown):
    """One of the three results; a mistake is named only where it explains every number."""
    x, hidden, blame, w2 = given
    what = f"{shown}: {name}"
    if np.shape(found) == measured.shape[::-1] != measured.shape:
        raise NotYet(f"{what} has shape {np.shape(found)}, not {measured.shape}: turned round")
    require_shape(found, measured.shape, what=what)
    unmasked = blame @ w2.T
    masked = unmasked * (hidden > 0)
    b1 = masked.sum(axis=0)
    mistakes = {
        "hidden_blame": (
            (unmasked, "a unit that is off passes on 0 whatever its sum: its blame is 0"),
            (unmasked * hidden, "on or off is asked for (hidden > 0), not the hidden value"),
            (np.abs(measured), "a sign was lost: blame can be below zero"),
        ),
        "w1_slopes": (
            ((x > 0).T @ masked, "the value that comes in, not whether"),
            (np.outer(x.mean(axis=0), b1), "multiply for each image, then add up"),
            (np.outer(x.sum(axis=0), b1), "multiply for each image, then add up"),
            (x.T @ unmasked, "take hidden_blame, in which units that are off have none"),
            (np.outer(x[-1], masked[-1]), "only the last image counts: add up over all of them"),
        ),
        "b1_slopes": (
            (np.zeros_like(b1), "a bias has a slope too: what comes in is a 1"),
            (unmasked.sum(axis=0), "take hidden_blame, in which units that are off have none"),
        ),
    }[name]
    always = (
        (measured / len(x), "divided by the number of images once more: blame has it already"),
        (measured * len(x), "blame was divided by the number of images already: add up"),
        (-measured, "every sign is turned"),
    )
    for mistake, message in (*mistakes, *always):
        fits = _close(found, mistake) and not np.allclose(mistake, measured, atol=1e-6)
        require(not fits, f"{what}: {message}")
    require_equal(
        np.asarray(found, dtype=float), measured, what=f"{what}, by nudging,", within=2e-6
    )


def _line_by_line(x, hidden, blame, w2):
    n, units = hidden.shape
    hidden_blame = np.zeros((n, units))
    w1_slopes, b1_slopes = np.zeros((x.shape[1], units)), np.zeros(units)
    for i in range(n):
        for j in range(units):
            if hidden[i, j] > 0:
                hidden_blame[i, j] = sum(w2[j, k] * blame[i, k] for k in range(10))
        w1_slopes += np.outer(x[i], hidden_blame[i])
        b1_slopes += hidden_blame[i]
    return [hidden_blame, w1_slopes, b1_slopes]


def _in_float32(x, hidden, blame, w2):
    return tuple(part.astype(np.float32) for part in backward(x, hidden, blame, w2))


def _by_einsum(x, hidden, blame, w2):
    back = np.where(hidden != 0, np.einsum("nk,jk->nj", blame, w2), 0)
    return back, np.einsum("ni,nj->ij", x, back), np.ones(len(x)) @ back


def _keras_tensors(x, hidden, blame, w2):
    from keras import ops

    return tuple(ops.convert_to_tensor(part) for part in backward(x, hidden, blame, w2))


def _no_mask(x, hidden, blame, w2):
    back = blame @ w2.T
    return back, x.T @ back, back.sum(axis=0)


def _mask_only_once(x, hidden, blame, w2):
    back = blame @ w2.T
    return back * (hidden > 0), x.T @ back, back.sum(axis=0)


def _bias_without_mask(x, hidden, blame, w2):
    back, w1, _ = backward(x, hidden, blame, w2)
    return back, w1, (blame @ w2.T).sum(axis=0)


def _last_image(x, hidden, blame, w2):
    back, _, _ = backward(x, hidden, blame, w2)
    return back, np.outer(x[-1], back[-1]), back[-1]


def _first_line_only(x, hidden, blame, w2):
    return backward(x, hidden, blame, w2)[0], ..., ...


def _times_hidden(x, hidden, blame, w2):
    back = blame @ w2.T * hidden
    return back, x.T @ back, back.sum(axis=0)


def _mean_again(x, hidden, blame, w2):
    back, w1, b1 = backward(x, hidden, blame, w2)
    return back, w1 / len(x), b1 / len(x)


def _hidden_divided(x, hidden, blame, w2):
    hidden /= len(x)
    return _times_hidden(x, hidden, blame, w2)


def _bias_as_a_mean(x, hidden, blame, w2):
    back, w1, _ = backward(x, hidden, blame, w2)
    return back, w1, back.mean(axis=0)


def _bias_per_image(x, hidden, blame, w2):
    back, w1, _ = backward(x, hidden, blame, w2)
    return back, w1, back.sum(axis=1)


def _bias_forgotten(x, hidden, blame, w2):
    back, w1, b1 = backward(x, hidden, blame, w2)
    return back, w1, 0 * b1


def _transposed(x, hidden, blame, w2):
    back, w1, b1 = backward(x, hidden, blame, w2)
    return back, w1.T, b1


def _means_multiplied(x, hidden, blame, w2):
    back, _, b1 = backward(x, hidden, blame, w2)
    return back, np.outer(x.mean(axis=0), b1), b1


def _turned_signs(x, hidden, blame, w2):
    return backward(x, hidden, -blame, w2)


def _two_arrays(x, hidden, blame, w2):
    return backward(x, hidden, blame, w2)[1:]


def _hidden_came_in(x, hidden, blame, w2):
    back, _, b1 = backward(x, hidden, blame, w2)
    return back, hidden.T @ back, b1


EXERCISES = (
    Exercise(
        id="8.1",
        title="a softmax that survives large scores",
        solution=stable_softmax,
        reason="Only differences between the scores of a row count, so subtracting the row's "
        "largest score changes no probability. After that the largest is 0 and its power of e "
        "is 1: nothing overflows, and no row of powers is all 0. keepdims=True keeps the "
        "maxima as a column of shape (n, 1), which broadcasts along the rows.",
        check=_check_stable_softmax,
        hints=(
            "Adding 5 to all scores changed nothing. Which number could you add to, or subtract "
            "from, a row, so that none of its scores is large?",
            "Subtract the largest score of each row. Then every score is at most 0.",
            "`scores.max(axis=1, keepdims=True)` has shape (n, 1): one maximum per row, ready to "
            "be subtracted (Day 2's broadcasting). The sum needs the same axis and keepdims.",
        ),
        wrong=(
            (_naive, "there are nan"),
            (_whole_table, "each row must, on its own"),
            (_columns, "columns add up to 1"),
            (_one_maximum_for_all, "a whole row of them became 0"),
            (_minus_mean, "2000, 0 and -2000 there are nan"),
            (_clipped, "a whole row of them became 0"),
            (_minus_1000, "with modest scores there are nan"),
            (_nan_to_one, "the result should be"),
            (_divided_by_maximum, "should be"),
            (_without_sum, "adds up to 1.503"),
            (_changes_the_scores, "also changed what it was given"),
            (_sigmoid, "each score was turned for itself"),
            (_flat_maximum, "broadcast"),
        ),
        right=(_softmax_in_float32, _softmax_in_a_loop, _softmax_by_logarithms, _softmax_of_keras),
    ),
    Exercise(
        id="8.2",
        title="walk downhill",
        solution=descend,
        reason="Each step starts from the last place, asks for the slope there, and goes against "
        "it, by rate times slope. The slope must be asked anew at each place, because it changes "
        "on the way: that is why the steps shorten by themselves as the valley flattens.",
        check=_check_descend,
        hints=(
            "Begin with a list that holds only the start, and append one place per step.",
            "From a place `w`, the next is `w - rate * slope_at(w)`. Where does `w` come from in "
            "the second step?",
            "`places = [start]`, then in a loop over range(steps): take `places[-1]`, the last "
            "one, and append its successor.",
        ),
        wrong=(
            (_uphill, "goes uphill"),
            (_slope_once, "every step is the same"),
            (_without_start, "the start is missing"),
            (_without_end, "one step is missing"),
            (_only_the_end, "all the places as a list"),
            (_without_rate, "too long"),
            (_only_the_sign, "each step has length rate"),
            (_one_too_many, "one step too many"),
            (_backwards, "the start comes first"),
            (_in_place, "also changed what it was given"),
            (_in_place_of_a_copy, "one and the same array"),
        ),
        right=(_walk_as_array, _walk_as_tuple, _walk_in_float32, _walk_one_by_one),
    ),
    Exercise(
        id="8.3",
        title="blame goes back through the hidden layer",
        solution=backward,
        reason="blame @ w2.T adds, for each image and unit, weight times blame over the scores; "
        "the mask stops it at units that are off. x.T @ hidden_blame makes value times blame for "
        "each image and adds the images up. A bias always receives a 1, so its slope is the "
        "blame alone, added up over the images. blame holds the 1/n of the mean already.",
        check=_check_backward,
        hints=(
            "Take one image first: its unit j gets the sum over k of w2[j, k] * blame[k], if it "
            "is on. A loop over images and units is a good first version.",
            "For all images at once: `blame` is (n, 10), `w2` is (units, 10), and (n, units) is "
            "wanted. Which of the two must be turned round (`.T`) so that `@` fits?",
            "Slopes of weights: value that comes in, times blame, added up over the images. "
            "`x` is (n, inputs), the result (inputs, units). For a bias a 1 comes in.",
        ),
        wrong=(
            (_no_mask, "its blame is 0"),
            (_mask_only_once, "take hidden_blame"),
            (_bias_without_mask, "take hidden_blame"),
            (_last_image, "only the last image counts"),
            (_first_line_only, "w1_slopes is still `...`"),
            (_times_hidden, "not the hidden value"),
            (_mean_again, "blame has it already"),
            (_hidden_divided, "hidden_blame, by nudging"),
            (_bias_as_a_mean, "blame has it already"),
            (_bias_per_image, "b1_slopes should have shape"),
            (_bias_forgotten, "a bias has a slope too"),
            (_transposed, "turned round"),
            (_means_multiplied, "multiply for each image"),
            (_turned_signs, "every sign is turned"),
            (_two_arrays, "three arrays"),
            (_hidden_came_in, "w1_slopes should have shape"),
        ),
        right=(_line_by_line, _in_float32, _by_einsum, _keras_tensors),
    ),
)
