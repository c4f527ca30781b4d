"""Day 11: ReLU and its slope, which stacks train, dead units."""

import numpy as np

from .engine import (
    Exercise,
    NotAttempted,
    NotYet,
    call,
    require,
    require_equal,
    require_shape,
)

# --- 11.1 ------------------------------------------------------------------------------------


def relu_and_slope(z):
    return np.maximum(z, 0), (z > 0).astype(float)


def _sums(shape: tuple[int, ...], seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 2, shape).round(2) + 0.001  # never exactly 0


def _check_relu_and_slope(answer):
    for name, z in (
        ("z = [-2.0, -0.5, 0.25, 3.0]", np.array([-2.0, -0.5, 0.25, 3.0])),
        ("z of shape (3, 4)", _sums((3, 4), seed=111)),
    ):
        given = z.copy()
        result = call(answer, given, shown=f"relu_and_slope({name})")
        require(
            isinstance(result, tuple | list) and len(result) == 2,
            "two results are expected, the values and the slopes: `return values, slopes`",
        )
        require(
            np.array_equal(given, z),
            f"relu_and_slope({name}) also changed the array it was given; backpropagation still "
            "needs those sums: make new arrays",
        )
        values, slopes = result
        if values is ... and slopes is ...:
            raise NotAttempted
        require(
            not any(part is ... for part in (values, slopes)),
            "one of the two results is still `...`",
        )
        for what, part in (("the values", values), ("the slopes", slopes)):
            require_shape(part, z.shape, what=f"{what} for {name}")
        _check_pairs(z.ravel(), np.ravel(values), np.ravel(slopes))
    values, slopes = call(answer, np.zeros(3), shown="relu_and_slope([0.0, 0.0, 0.0])")
    require_equal(np.asarray(values, float), np.zeros(3), what="the values at sums of exactly 0")
    slopes = np.asarray(slopes, float)
    require(
        bool(((slopes >= 0) & (slopes <= 1)).all()),
        f"at a sum of exactly 0 the slope may be 0 or 1, yours is {slopes[0]}",
    )


def _check_pairs(z, values, slopes):
    for sum_, value, slope in zip(z, values, slopes, strict=True):
        require(
            np.isclose(value, max(sum_, 0)),
            f"ReLU of {sum_:.3g} is {max(sum_, 0):.3g}, yours is {float(value):.3g}",
        )
        require(
            np.isclose(float(slope), float(sum_ > 0)),
            f"at {sum_:.3g}, nudge the sum by 0.001: ReLU changes by "
            f"{'0.001' if sum_ > 0 else 'nothing'}. Yours claims a slope of {float(slope):.3g}",
        )


def _slope_is_the_value(z):
    return np.maximum(z, 0), np.maximum(z, 0)


def _slope_is_the_sign(z):
    return np.maximum(z, 0), np.sign(z)


def _slope_always_one(z):
    return np.maximum(z, 0), np.ones_like(z)


def _absolute_value(z):
    return np.abs(z), (z > 0).astype(float)


def _minimum(z):
    return np.minimum(z, 0), (z < 0).astype(float)


def _largest_of_all(z):
    return np.max(z), (z > 0).astype(float)


def _values_only(z):
    return np.maximum(z, 0)


def _in_place(z):
    z[z < 0] = 0
    return z, (z > 0).astype(float)


def _only_the_values_done(z):
    return np.maximum(z, 0), ...


# --- 11.2 ------------------------------------------------------------------------------------

TRAINS = {
    "sigmoid": False,
    "tanh": True,
    "ReLU": True,
    "ReLU, weights a tenth": False,
    "sigmoid, weights x 4": True,
}
REASONS = {
    "sigmoid": "how much blame reaches its first layer, compared with ReLU's? Look at the "
    "figure of the norms",
    "tanh": "it has an S like the sigmoid, but what is its largest slope, and where does its "
    "line run in the figure of the norms?",
    "ReLU": "where a unit is on, its slope is 1: what does the figure say reaches layer 1?",
    "ReLU, weights a tenth": "each layer makes the values a tenth as large. How large are they "
    "after eight layers, and what else is multiplied by these weights on the way back?",
    "sigmoid, weights x 4": "what counts is slope times weights. What did the table of spreads "
    "say reaches layer 1?",
}


def _check_prediction(answer):
    require(
        isinstance(answer, dict),
        f"a dictionary with True or False for each stack is expected, got {answer!r}",
    )
    for name in TRAINS:
        require(name in answer, f"the stack {name!r} is missing: say True or False for it")
    given = [answer[name] for name in TRAINS]
    if all(value is ... for value in given):
        raise NotAttempted
    for name, value in zip(TRAINS, given, strict=True):
        require(value is not ..., f"{name!r} is still open: say True or False")
        require(
            isinstance(value, bool | np.bool) or value in (0, 1),
            f"True or False is expected for {name!r}, got {value!r}",
        )
    doubtful = [name for name in TRAINS if bool(answer[name]) != TRAINS[name]]
    if doubtful:
        raise NotYet(f"think again about {doubtful[0]!r}: {REASONS[doubtful[0]]}")


# --- 11.3 ------------------------------------------------------------------------------------


def dead_share(values):
    return (values == 0).all(axis=0).mean()


def _values(on: list[list[int]]) -> np.ndarray:
    """ReLU outputs, one row per image: above 0 where ``on`` has a 1."""
    on = np.array(on)
    return on * np.random.default_rng(113).uniform(0.1, 3, on.shape)


def _check_dead_share(answer):
    cases = (
        (
            "five units and three images, the second and the last unit always 0",
            [[1, 0, 1, 0, 0], [0, 0, 1, 1, 0], [0, 0, 0, 0, 0]],
            0.4,
        ),
        (
            "four units that are each on for one image only",
            [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0]],
            0.0,
        ),
        ("two units that are always 0", [[0, 0], [0, 0], [0, 0]], 1.0),
    )
    for name, on, expected in cases:
        share = call(answer, _values(on), shown=f"dead_share of {name}")
        require(np.shape(share) == (), f"one number is expected, yours is {share!r}")
        share = float(share)
        require(
            np.isclose(share, expected),
            f"{name}: {expected:g} expected, yours is {share:.3g}{_suspect(_values(on), share)}",
        )


def _suspect(values: np.ndarray, share: float) -> str:
    """Name the mistake that a result betrays."""
    off = values == 0
    suspects = (
        (off.all(axis=0).sum(), "that is their number; the share is asked for"),
        (off.mean(), "that is the share of zeros; a unit that is off for some images is not dead"),
        (off.all(axis=1).mean(), "that is the share of images: which axis counts the units?"),
        (off.any(axis=0).mean(), "those are off for some image; dead is off for all images"),
        (1 - off.all(axis=0).mean(), "that is the share of units that live"),
    )
    return next((f": {words}" for value, words in suspects if np.isclose(share, value)), "")


def _share_of_zeros(values):
    return (values == 0).mean()


def _share_of_images(values):
    return (values == 0).all(axis=1).mean()


def _number_of_units(values):
    return (values == 0).all(axis=0).sum()


def _off_for_any(values):
    return (values == 0).any(axis=0).mean()


def _living(values):
    return (values > 0).any(axis=0).mean()


def _one_per_unit(values):
    return (values == 0).all(axis=0)


def _never_dead(values):
    return 0.0


EXERCISES = (
    Exercise(
        id="11.1",
        title="ReLU and its slope",
        solution=relu_and_slope,
        reason="Above 0 ReLU hands its sum on, so a nudge comes out as large as it went in: slope "
        "1. Below 0 nothing comes out, before and after the nudge: slope 0. Day 8's mask "
        "`hidden > 0` was this slope. At exactly 0 there is a kink and no single slope; libraries "
        "take 0, and it makes no difference.",
        check=_check_relu_and_slope,
        hints=(
            "Day 8's hidden layer has the values in one call: `np.maximum`.",
            "Nudge a sum of 3 by 0.001, then a sum of -3. By how much does ReLU change?",
            "A mask is the slope: `z > 0`, as numbers with `.astype(float)`. Return both, with a "
            "comma in between.",
        ),
        wrong=(
            (_slope_is_the_value, "claims a slope of 0.25"),
            (_slope_is_the_sign, "ReLU changes by nothing"),
            (_slope_always_one, "ReLU changes by nothing"),
            (_absolute_value, "ReLU of -2 is 0, yours is 2"),
            (_minimum, "ReLU of -2 is 0, yours is -2"),
            (_largest_of_all, "the values for"),
            (_values_only, "two results are expected"),
            (_in_place, "also changed the array"),
            (_only_the_values_done, "still `...`"),
        ),
    ),
    Exercise(
        id="11.2",
        title="predict which stacks train",
        solution=TRAINS,
        reason="What counts is the factor per layer, slope times weights, over eight layers. It "
        "is near 1 for tanh and ReLU with He's weights. It is about a third for the sigmoid, "
        "which four times larger weights make up for, though they saturate many units. With a "
        "tenth of He's weights ReLU loses a factor of ten per layer, forwards and backwards.",
        check=_check_prediction,
        hints=(
            "Ask of each stack how much blame reaches its first layer: the figure of the norms "
            "has the first three.",
            "For the other two, think of the factor per layer: slope times weights, eight times "
            "over. The table and the figure of the spreads help.",
        ),
        wrong=(
            (dict.fromkeys(TRAINS, True), "think again about 'sigmoid': how much blame"),
            (dict.fromkeys(TRAINS, False), "think again about 'tanh'"),
            (TRAINS | {"ReLU": False}, "what does the figure say reaches layer 1?"),
            (TRAINS | {"ReLU, weights a tenth": True}, "each layer makes the values a tenth"),
            (TRAINS | {"sigmoid, weights x 4": False}, "slope times weights"),
            (TRAINS | {"tanh": ...}, "'tanh' is still open"),
            (TRAINS | {"tanh": "yes"}, "True or False is expected for 'tanh'"),
            ({"sigmoid": False}, "the stack 'tanh' is missing"),
        ),
    ),
    Exercise(
        id="11.3",
        title="the share of dead units",
        solution=dead_share,
        reason="A unit is dead when it is 0 for every image: `.all(axis=0)` asks along the images "
        "and leaves one True or False per unit, and the mean of those is the share. A unit that "
        "is off for some images is at work: being off for them is what it has learned.",
        check=_check_dead_share,
        hints=(
            "Axis 0 counts images, axis 1 units. Day 2: the axis that you name disappears. Which "
            "one must stay?",
            "`(values == 0)` is a mask; `.all(axis=...)` asks whether all along an axis are True.",
            "`(values == 0).all(axis=0)` has one True or False per unit. Take the mean.",
        ),
        wrong=(
            (_share_of_zeros, "that is the share of zeros"),
            (_share_of_images, "which axis counts the units?"),
            (_number_of_units, "that is their number"),
            (_off_for_any, "dead is off for all images"),
            (_living, "that is the share of units that live"),
            (_one_per_unit, "one number is expected"),
            (_never_dead, "0.4 expected, yours is 0"),
        ),
    ),
)
