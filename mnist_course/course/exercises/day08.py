"""Day 8: a softmax that survives, a walk downhill, the slopes of the second layer."""

import numpy as np

from .engine import Exercise, NotYet, call, require, require_equal, require_shape


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
    total = found[0].sum()
    require(np.isclose(total, 1), f"{shown}: the first row adds up to {total:.3f}, not to 1")
    require_equal(found, stable_softmax(modest), what=shown, within=1e-6)
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
    given = scores.copy()
    with np.errstate(all="ignore"):
        found = call(answer, given, shown=shown, copied=False)
    same = np.array_equal(given, scores)
    require(same, "the scores that were given have changed: make new ones (no -= on them)")
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


# --- 8.2 -------------------------------------------------------------------------------------


def descend(slope_at, start, rate, steps):
    places = [start]
    for _ in range(steps):
        places.append(places[-1] - rate * slope_at(places[-1]))
    return places


def _check_descend(answer):
    _descend_by_hand(answer)
    _descend_in_the_plane(answer)
    place = call(answer, lambda w: w**3, 1.0, 0.5, 4, shown="descend in another valley")
    expected = descend(lambda w: w**3, 1.0, 0.5, 4)
    require_equal(np.asarray(place), np.array(expected), what="in another valley", within=1e-9)


def _descend_by_hand(answer):
    shown = "descend(slope_at, 5.0, 0.1, 3), where slope_at(w) is 2 * (w - 1),"
    found = call(answer, lambda w: 2 * (w - 1), 5.0, 0.1, 3, shown=shown)
    expected = descend(lambda w: 2 * (w - 1), 5.0, 0.1, 3)  # 5, 4.2, 3.56, 3.048
    require(np.ndim(found) == 1, f"{shown} should return all the places as a list: {found!r}")
    uphill = descend(lambda w: -2 * (w - 1), 5.0, 0.1, 3)
    for mistake, message in (
        (expected[1:], "the start is missing: it is the first place of the walk"),
        (expected[:-1], "one step is missing: three steps visit four places"),
        (descend(lambda w: 2 * (w - 1), 5.0, 0.1, 4), "that is one step too many"),
        (uphill, "that walk goes uphill: where the slope is positive, go down, to the left"),
        (uphill[1:], "that walk goes uphill, and its start is missing"),
        ([5, 4.2, 3.4, 2.6], "every step is the same: ask for the slope anew at each place"),
        (descend(lambda w: 2 * (w - 1), 5.0, 1, 3), "the steps are too long: rate * slope each"),
        (descend(lambda w: 1.0, 5.0, 0.1, 3), "each step has length rate: rate * slope is asked"),
    ):
        require(not _close(found, mistake), f"{message} (yours: {np.round(found, 3).tolist()})")
    require_equal(np.asarray(found, float), np.array(expected), what=shown, within=1e-9)


def _descend_in_the_plane(answer):
    start = np.array([4.0, -2.0])
    given = start.copy()
    shown = "descend with two weights, an array, as its place"
    found = call(answer, lambda w: w * [2.0, 0.5], given, 0.2, 3, shown=shown, copied=False)
    require(
        np.array_equal(given, start),
        "the array that was given as start has changed: -= works inside the array (Day 2), "
        "while place = place - ... makes a new one",
    )
    found = np.array([np.asarray(place, dtype=float) for place in found])
    require_shape(found, (4, 2), what=f"{shown}: the list of four places")
    if (found == found[-1]).all():
        raise NotYet(
            "with an array as place, all places are one and the same array: -= works inside "
            "it (Day 2), while place = place - ... makes a new one"
        )
    expected = np.array(descend(lambda w: w * [2.0, 0.5], start, 0.2, 3))
    require_equal(found, expected, what=shown, within=1e-9)


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


# --- 8.3 -------------------------------------------------------------------------------------


def slopes_of_w2(hidden, probabilities, labels):
    truth = np.eye(10)[labels]
    blame = (probabilities - truth) / len(labels)
    return hidden.T @ blame


def _check_slopes_of_w2(answer):
    rng = np.random.default_rng(83)
    for number, units in ((6, 4), (25, 7), (1, 3)):
        hidden = np.maximum(rng.normal(0.5, 1, size=(number, units)), 0)
        probabilities = stable_softmax(rng.normal(size=(number, 10)))
        labels = rng.integers(0, 10, number).astype(np.uint8)
        given = hidden.copy(), probabilities.copy(), labels.copy()
        shown = f"slopes_of_w2 for {number} image{'s' if number > 1 else ''}, {units} hidden units"
        found = call(answer, *given, shown=shown, copied=False)
        _name_mistake(found, hidden, probabilities, labels, shown)
        expected = slopes_of_w2(hidden, probabilities, labels)
        require_equal(np.asarray(found, dtype=float), expected, what=shown, within=1e-6)
        changed = not np.array_equal(given[1], probabilities)
        require(not changed, "the probabilities that were given have changed: copy them first")


def _name_mistake(found, hidden, probabilities, labels, shown):
    number, units = hidden.shape
    expected = slopes_of_w2(hidden, probabilities, labels)
    require(
        np.shape(found) != (10, units) or units == 10,
        f"{shown}: shape (10, {units}), but w2 has shape ({units}, 10): turn the product round",
    )
    require_shape(found, (units, 10), what=f"{shown}, one slope per weight of w2,")
    truth = np.eye(10)[labels]
    blame = probabilities - truth
    for mistake, message in (
        (-expected, "every sign is turned: blame is probabilities - truth"),
        (hidden.T @ probabilities / number, "the truth is missing: blame = probabilities - truth"),
        (expected * number, "that is the sum over the images: the loss is their mean"),
        (expected / number, "that was divided by the number of images twice"),
        (expected * number / 10, "divide by the number of images, not by the ten classes"),
        (
            np.outer(hidden.mean(axis=0), blame.mean(axis=0)),
            "means were multiplied: multiply for each image, then take the mean",
        ),
        (
            np.outer(hidden.mean(axis=0), blame.sum(axis=0)),
            "means were multiplied: multiply for each image, then take the mean",
        ),
        (
            (hidden > 0).T @ blame / number,
            "only on or off came in: what comes in is the value of the hidden unit",
        ),
    ):
        require(number == 1 or not _close(found, mistake), f"{shown}: {message}")


def _turned_signs(hidden, probabilities, labels):
    return -slopes_of_w2(hidden, probabilities, labels)


def _without_truth(hidden, probabilities, labels):
    return hidden.T @ probabilities / len(labels)


def _sum_of_images(hidden, probabilities, labels):
    return slopes_of_w2(hidden, probabilities, labels) * len(labels)


def _mean_of_everything(hidden, probabilities, labels):
    return slopes_of_w2(hidden, probabilities, labels) * len(labels) / 10


def _transposed(hidden, probabilities, labels):
    return slopes_of_w2(hidden, probabilities, labels).T


def _means_multiplied(hidden, probabilities, labels):
    blame = probabilities - np.eye(10)[labels]
    return np.outer(hidden.mean(axis=0), blame.mean(axis=0))


def _blame_alone(hidden, probabilities, labels):
    return (probabilities - np.eye(10)[labels]) / len(labels)


def _image_by_image(hidden, probabilities, labels):
    blame = probabilities - np.eye(10)[labels]
    return hidden[:, :, None] * blame[:, None, :]


def _on_or_off(hidden, probabilities, labels):
    return slopes_of_w2(hidden > 0, probabilities, labels)


def _probability_of_the_label(hidden, probabilities, labels):
    blame = probabilities - labels[:, None]
    return hidden.T @ blame / len(labels)


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
            (_changes_the_scores, "the scores that were given have changed"),
            (_sigmoid, "each score was turned for itself"),
            (_flat_maximum, "broadcast"),
        ),
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
            (_in_place, "given as start has changed"),
            (_in_place_of_a_copy, "one and the same array"),
        ),
    ),
    Exercise(
        id="8.3",
        title="the slopes of the second layer",
        solution=slopes_of_w2,
        reason="For one image, the slope of the weight from unit j to score k is hidden[j] times "
        "blame[k]. hidden.T @ blame makes all these products and adds them up over the images; "
        "dividing the blame by the number of images first turns the sum into the mean.",
        check=_check_slopes_of_w2,
        hints=(
            "First the blame at the scores, shape (n, 10): probabilities minus truth. For the "
            "truth as rows, Day 6's `one_hot(labels)`, from mnist_course.",
            "For image i, `np.outer(hidden[i], blame[i])` has shape (units, 10), one product per "
            "weight. You need the mean of these over the images.",
            "A loop over the images will do. Shorter: `hidden.T @ blame` multiplies and adds over "
            "the images in one go; divide by how many there are.",
        ),
        wrong=(
            (_turned_signs, "every sign is turned"),
            (_without_truth, "the truth is missing"),
            (_sum_of_images, "the sum over the images"),
            (_mean_of_everything, "not by the ten classes"),
            (_transposed, "turn the product round"),
            (_means_multiplied, "multiply for each image"),
            (_blame_alone, "one slope per weight of w2"),
            (_image_by_image, "one slope per weight of w2"),
            (_on_or_off, "what comes in is the value"),
            (_probability_of_the_label, "should be"),
        ),
    ),
)
