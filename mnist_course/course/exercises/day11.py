"""Day 11: ReLU and its slope, the factor of a layer, dead units."""

from collections.abc import Callable

import numpy as np

from .engine import Exercise, NotYet, call, require
from .suspects import Case, judge, number, same, show, two_results

# --- 11.1 ------------------------------------------------------------------------------------


def relu_and_slope(z):
    return np.maximum(z, 0), (z > 0).astype(float)


_SUMS = (
    np.array([-2.0, -0.5, 0.25, 3.0]),
    np.random.default_rng(111).normal(0, 2, (3, 4)).round(2) + 0.001,  # never exactly 0
    np.array([1e-9, -1e-9, 40.0, -40.0]),
    np.array([0.7], dtype=np.float32),
)


def _check_relu_and_slope(answer):
    call(answer, _SUMS[0], shown=f"relu_and_slope of {show(_SUMS[0])}", pure=True)
    found = []
    for z in (*_SUMS, np.zeros(3)):
        case = Case(f"relu_and_slope of {show(z)}", (z,))
        found.append(two_results(call(answer, z, shown=case.shown), case))
    at_zero = found.pop()
    for z, parts in zip(_SUMS, found, strict=True):
        for what, part, right in zip(("values", "slopes"), parts, relu_and_slope(z), strict=True):
            _compare_part(z, what, part, right, _fitting_words(what, found))
    slopes = np.asarray(at_zero[1], float)
    require(same(at_zero[0], np.zeros(3)), f"ReLU of 0 is 0, yours is {show(at_zero[0])}")
    require(
        slopes.shape == (3,) and bool(((slopes >= 0) & (slopes <= 1)).all()),
        f"at a sum of exactly 0 any slope from 0 to 1 will do, yours is {show(slopes)}",
    )


def _compare_part(z, what, part, right, words):
    if same(part, right):
        return
    if np.shape(part) != z.shape:
        raise NotYet(f"the {what} of {show(z)} should have shape {z.shape}, yours {np.shape(part)}")
    message = f"the {what} at {show(z)} should be {show(right)}, yours {show(part)}"
    raise NotYet(f"{message}{words}")


_SLOPE_SLIPS = (
    (lambda z: np.maximum(z, 0), "that is ReLU itself: by how much does it change after a nudge?"),
    (np.sign, "below 0 a nudge changes nothing"),
    (np.ones_like, "below 0 a nudge changes nothing"),
    (lambda z: (z < 0).astype(float), "the slope is 1 above 0, not below"),
    (lambda z: (np.maximum(z + 1e-6, 0) - np.maximum(z - 1e-6, 0)) / 2e-6,
     "nudging goes wrong near 0, where ReLU bends: ask for the sign of the sum"),
)  # fmt: skip
_VALUE_SLIPS = (
    (np.abs, "negative sums become 0"),
    (lambda z: np.minimum(z, 0), "ReLU keeps what is above 0"),
    (lambda z: np.maximum(z, 0.2 * z), "that is leaky ReLU"),
)


def _fitting_words(what: str, found: list) -> str:
    slips, place = (_VALUE_SLIPS, 0) if what == "values" else (_SLOPE_SLIPS, 1)
    words = {
        text
        for slip, text in slips
        if all(same(slip(z), parts[place]) for z, parts in zip(_SUMS, found, strict=True))
    }
    return f": {words.pop()}" if len(words) == 1 else ""


def _with(values: Callable, slopes: Callable) -> Callable:
    def relu_and_slope(z):
        return values(z), slopes(z)

    return relu_and_slope


def _relu(z):
    return np.maximum(z, 0)


def _step(z):
    return (z > 0).astype(float)


def _nudging(z, nudge=1e-6):
    return _relu(z), (_relu(z + nudge) - _relu(z - nudge)) / (2 * nudge)


def _nudging_upwards(z):
    return _relu(z), (_relu(z + 0.001) - _relu(z)) / 0.001


def _relu6(z):
    return np.clip(z, 0, 6), ((z > 0) & (z < 6)).astype(float)


def _in_place(z):
    slopes = (z > 0).astype(float)
    z[z < 0] = 0
    return z, slopes


def _by_the_sign(z):
    values = z.clip(min=0)
    return values, np.sign(values)


def _by_loop(z):
    values, slopes = np.zeros(z.shape, np.float32), np.zeros(z.shape, np.float32)
    for place, one in np.ndenumerate(z):
        if one > 0:
            values[place], slopes[place] = one, 1
    return [values, slopes]


def _by_where(z):
    return np.stack([np.where(z > 0, z, 0), np.heaviside(z, 0.5)])


def _by_mask(z):
    mask = z >= 0
    return z * mask, mask


# --- 11.2 ------------------------------------------------------------------------------------


def layer_factor(weights, slopes):
    return np.sqrt(len(weights)) * np.std(weights) * np.sqrt(np.mean(np.square(slopes)))


def _layer(n: int, spread: float, slopes: np.ndarray, name: str) -> Case:
    """n x n weights with just this spread and mean 0, and the slopes of its units."""
    weights = np.random.default_rng(n).normal(size=(n, n))
    weights = spread * (weights - weights.mean()) / weights.std()
    shown = f"layer_factor for {n} units, weights of spread {spread:.3g}, {name}"
    return Case(shown, (weights, slopes))


def _slopes(n: int, values: list[float], shares: list[float]) -> np.ndarray:
    return np.random.default_rng(n).choice(values, size=(40, n), p=shares)


_LAYERS = (
    _layer(64, np.sqrt(2 / 64), np.full((40, 64), 0.25), "all slopes 0.25"),
    _layer(64, 0.125, np.ones((40, 64)), "all slopes 1"),
    _layer(64, np.sqrt(2 / 64), _slopes(64, [0.0, 1.0], [0.5, 0.5]), "slopes half 0, half 1"),
    _layer(20, 0.5, _slopes(20, [0.05, 0.2, 0.9], [0.4, 0.3, 0.3]), "slopes 0.05, 0.2 and 0.9"),
    _layer(100, 0.02, _slopes(100, [-0.1, 0.6, 1.1], [0.2, 0.5, 0.3]), "slopes -0.1, 0.6 and 1.1"),
)


def _check_layer_factor(answer):
    judge(answer, layer_factor, _LAYERS, slips=_LAYER_SLIPS, form=number, within=1e-3)


def _rms(values):
    return np.sqrt(np.mean(np.square(values)))


def _mean_slope(weights, slopes):
    return np.sqrt(len(weights)) * np.std(weights) * np.mean(slopes)


def _largest_slope(weights, slopes):
    return np.sqrt(len(weights)) * np.std(weights) * np.max(slopes)


def _spread_of_slopes(weights, slopes):
    return np.sqrt(len(weights)) * np.std(weights) * np.std(slopes)


def _without_root(weights, slopes):
    return np.sqrt(len(weights)) * np.std(weights) * np.mean(np.square(slopes))


def _n_times(weights, slopes):
    return len(weights) * np.std(weights) * _rms(slopes)


def _one_weight(weights, slopes):
    return np.std(weights) * _rms(slopes)


def _variance(weights, slopes):
    return np.sqrt(len(weights)) * np.var(weights) * _rms(slopes)


def _squared(weights, slopes):
    return layer_factor(weights, slopes) ** 2


def _only_weights(weights, slopes):
    return np.sqrt(len(weights)) * np.std(weights)


def _images_for_units(weights, slopes):
    return np.sqrt(len(slopes)) * np.std(weights) * _rms(slopes)


def _median_slope(weights, slopes):
    return np.sqrt(len(weights)) * np.std(weights) * np.sqrt(np.median(np.square(slopes)))


def _mean_of_roots(weights, slopes):
    sizes = np.sqrt(np.mean(np.square(slopes), axis=0))
    return np.sqrt(len(weights)) * np.std(weights) * sizes.mean()


def _mean_size_of_slopes(weights, slopes):
    return np.sqrt(len(weights)) * np.std(weights) * np.abs(slopes).mean()


def _mean_size_of_weights(weights, slopes):
    return np.sqrt(len(weights)) * np.abs(weights).mean() * _rms(slopes)


_LAYER_SLIPS = (
    (_mean_slope, "you take the mean slope; many products have the size of the root of the mean "
     "square"),
    (_largest_slope, "you take the largest slope; take the root of the mean square"),
    (_spread_of_slopes, "you take the spread of the slopes; take the root of the mean of their "
     "squares"),
    (_mean_of_roots, "you take a root for each unit: first the mean of all squares, then one root"),
    (_without_root, "the root of the mean square is missing"),
    (_n_times, "a sum of n random numbers grows like √n, not like n"),
    (_one_weight, "each blame is a sum over n units: it grows like √n"),
    (_variance, "you take the variance of the weights; take their spread"),
    (_squared, "that is the square of the factor"),
    (_only_weights, "the slopes are missing"),
    (_images_for_units, "n is the number of units; `len(slopes)` counts images"),
    (_mean_size_of_slopes, "you take the mean size of the slopes; take the root of the mean of "
     "their squares"),
    (_mean_size_of_weights, "you take the mean size of the weights; take their spread"),
    (_median_slope, "you take the median of the squares; take their mean"),
)  # fmt: skip


def _by_norms(weights, slopes):
    return np.linalg.norm(weights) / len(weights) ** 0.5 * np.linalg.norm(slopes) / slopes.size**0.5


def _by_variances(weights, slopes):
    squared = weights.shape[1] * weights.astype(np.float32).var() * (slopes**2).mean()
    return np.float32(squared) ** 0.5


def _with_ddof_one(weights, slopes):
    return weights.std(ddof=1) * (len(weights) * np.mean(slopes * slopes)) ** 0.5


def _by_loops(weights, slopes):
    n = len(weights)
    spread = (sum(w * w for row in weights.tolist() for w in row) / n**2) ** 0.5
    flat = [s for row in slopes.tolist() for s in row]
    return np.array(n**0.5 * spread * (sum(s * s for s in flat) / len(flat)) ** 0.5)


# --- 11.3 ------------------------------------------------------------------------------------


def dead_share(values):
    return (values == 0).all(axis=0).mean()


def _values(on: list[list[float]], name: str) -> Case:
    """ReLU outputs, one row per image: a size above 0 where ``on`` has one."""
    values = np.array(on, float)
    return Case(f"dead_share of {name}, {show(values).replace(chr(10), '')}", (values,))


_UNITS = (
    _values(
        [[1.2, 0, 0.4, 0, 0], [0, 0, 2.1, 0.3, 0], [0, 0, 0, 0, 0]],
        "three images and five units, of which the second and the last are always 0",
    ),
    _values(
        [[0.9, 0, 0, 0], [0, 1.4, 0, 0], [0, 0, 2.2, 0], [0, 0, 0, 0.6], [0, 0, 0, 0]],
        "units that are each on for one image",
    ),
    _values([[0, 0], [0, 0], [0, 0]], "two units that are always 0"),
    _values([[0.7, 0, 1.1], [0.7, 0, 0.3], [0.7, 0, 0.8]], "a unit that is always 0.7, one always "
            "0, one that varies"),
    _values([[0, 0.02, 0], [0.04, 0, 0], [0, 0.01, 0], [0, 0, 0]], "units that are hardly on"),
    _values([[0, 3, 0, 2, 1, 0, 5]], "a single image"),
)  # fmt: skip


def _check_dead_share(answer):
    judge(answer, dead_share, _UNITS, slips=_DEAD_SLIPS, form=number)


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


def _without_spread(values):
    return (values.std(axis=0) == 0).mean()


def _nearly_off(values):
    return (values.max(axis=0) <= 0.1).mean()


def _mean_nearly_zero(values):
    return (values.mean(axis=0) < 0.05).mean()


def _per_image(values):
    return (values == 0).all(axis=0).sum() / len(values)


def _in_percent(values):
    return 100 * dead_share(values)


def _one_per_unit(values):
    return (values == 0).all(axis=0)


def _never_dead(values):
    return 0.0


_DEAD_SLIPS = (
    (_share_of_zeros, "that is the share of zeros; a unit that is off for some images is not dead"),
    (_share_of_images, "that is the share of images: which axis counts the units?"),
    (_number_of_units, "that is their number; the share is asked for"),
    (_per_image, "you divide by the number of images: divide by the number of units"),
    (_in_percent, "that is in percent: a share goes from 0 to 1"),
    (_off_for_any, "those are off for some image; dead is off for all images"),
    (_living, "that is the share of units that are on for some image"),
    (_without_spread, "a unit that always has the same value above 0 is not dead"),
    (_nearly_off, "a unit that is on only a little is not dead"),
    (_mean_nearly_zero, "a unit that is on only a little is not dead"),
)


def _by_maximum(values):
    return np.float32(np.mean(values.max(axis=0) == 0))


def _by_sums(values):
    return 1 - np.count_nonzero(values.sum(axis=0)) / values.shape[1]


def _unit_by_unit(values):
    dead = [not any(unit) for unit in values.T.tolist()]
    return np.array(sum(dead) / len(dead))


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
            (_with(_relu, _relu), "that is ReLU itself"),
            (_with(_relu, np.sign), "the slopes at [-2"),
            (_with(_relu, np.ones_like), "the slopes at [-2"),
            (_with(np.abs, _step), "negative sums become 0"),
            (_with(lambda z: np.minimum(z, 0), _step), "ReLU keeps what is above 0"),
            (_with(lambda z: np.maximum(z, 0.2 * z), _step), "that is leaky ReLU"),
            (_with(_relu, lambda z: (z < 0).astype(float)), "above 0, not below"),
            (_with(np.max, _step), "should have shape (4,)"),
            (_relu, "two results are expected"),
            (_nudging, "nudging goes wrong near 0"),
            (_nudging_upwards, "the slopes at"),
            (_relu6, "the values at"),
            (_in_place, "also changed what it was given"),
            (_with(_relu, lambda z: ...), "still `...`"),
        ),
        right=(_by_loop, _by_where, _by_mask, _by_the_sign),
    ),
    Exercise(
        id="11.2",
        title="the factor of a layer",
        solution=layer_factor,
        reason="A sum of n random numbers of spread s has the spread √n s: that is the share of "
        "the weights. Every result is multiplied by a slope of its own, and the size of many "
        "products is the root of the mean of the squared slopes. For ReLU, half of whose slopes "
        "are 1, that root is 0.71, and He's √(2 / n) makes the factor 1.",
        check=_check_layer_factor,
        hints=(
            "The factor is a product of three: one for the number of units, one for the weights, "
            "one for the slopes.",
            "`np.sqrt(len(weights)) * weights.std()` is the share of the weights.",
            "The share of the slopes is the root of the mean of their squares: "
            "`np.sqrt((slopes**2).mean())`.",
        ),
        wrong=_LAYER_SLIPS,
        right=(_by_norms, _by_variances, _with_ddof_one, _by_loops),
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
            *_DEAD_SLIPS,
            (_one_per_unit, "one number is asked for"),
            (_never_dead, "expected 0.4, yours 0"),
        ),
        right=(_by_maximum, _by_sums, _unit_by_unit),
    ),
)
