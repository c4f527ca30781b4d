"""Day 20: a residual block, weights of a separable convolution, who stands on the frontier."""

import numpy as np

from .engine import Exercise, NotYet, call
from .suspects import Case, judge, set_of_names, two_results

# --- 20.2 ------------------------------------------------------------------------------------


def conv_parameters(size, channels, filters):
    plain = size * size * channels * filters + filters
    separable = size * size * channels + channels * filters + filters
    return plain, separable


_BLOCKS = [
    Case(f"conv_parameters({size}, {channels}, {filters})", (size, channels, filters))
    for size, channels, filters in ((3, 32, 64), (5, 16, 8), (3, 1, 16), (1, 10, 20), (7, 3, 12))
]


def _check_conv_parameters(answer):
    judge(answer, conv_parameters, _BLOCKS, slips=_COUNT_SLIPS, form=two_results, within=1e-9)


def _counted(plain, separable):
    return lambda size, channels, filters: (
        plain(size, channels, filters),
        separable(size, channels, filters),
    )


def _plain(s, c, f):
    return s * s * c * f + f


def _separable(s, c, f):
    return s * s * c + c * f + f


_COUNT_SLIPS = (
    (
        _counted(lambda s, c, f: s * s * c * f, lambda s, c, f: s * s * c + c * f),
        "one bias per filter is missing",
    ),
    (
        _counted(_plain, lambda s, c, f: s * s * c + c * f),
        "the separable one has a bias per filter too",
    ),
    (
        _counted(_plain, lambda s, c, f: s * s * c + c + c * f + f),
        "only the second step has biases",
    ),
    (
        _counted(_plain, lambda s, c, f: s * s * c * f + c * f + f),
        "in the first step each channel has one filter of its own, not one per filter",
    ),
    (
        _counted(_plain, lambda s, c, f: s * s * f + c * f + f),
        "the first step works on the channels that come in",
    ),
    (
        _counted(_plain, lambda s, c, f: s * s + c * f + f),
        "in the first step every channel has a filter of its own",
    ),
    (
        _counted(_plain, lambda s, c, f: s * s * c + f),
        "the second step mixes the channels: a weight from each channel to each filter",
    ),
    (
        _counted(lambda s, c, f: s * s * f + f, _separable),
        "a plain filter looks at all channels",
    ),
    (
        _counted(lambda s, c, f: s * c * f + f, lambda s, c, f: s * c + c * f + f),
        "a window has size times size places",
    ),
    (
        lambda s, c, f: (s * s * c * f + c, s * s * c + c * f + c),
        "a bias for each filter, not for each channel that comes in",
    ),
    (
        lambda s, c, f: (_plain(3, c, f), _separable(3, c, f)),
        "the window has size times size places: 9 only when size is 3",
    ),
    (
        _counted(_plain, lambda s, c, f: s * s * c * c + c * f + f),
        "in the first step, each filter looks at its own channel only",
    ),
    (
        lambda s, c, f: (_separable(s, c, f), _plain(s, c, f)),
        "first the plain one, then the separable one",
    ),
)


def _by_keras(size, channels, filters):
    from keras import Input, Sequential, layers

    image = Input((9, 9, channels))
    kinds = (layers.Conv2D, layers.SeparableConv2D)
    return [Sequential([image, kind(filters, size)]).count_params() for kind in kinds]


def _as_array(size, channels, filters):
    window = size**2 * channels
    return np.array([(window + 1) * filters, window + (channels + 1) * filters])


def _as_floats(size, channels, filters):
    plain = float(filters) * (size**2 * channels + 1)
    return plain, size**2.0 * channels + filters * (channels + 1.0)


# --- 20.1 ------------------------------------------------------------------------------------


def residual_block(x, filters):
    from keras import layers

    y = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    y = layers.Conv2D(filters, 3, padding="same")(y)
    return layers.ReLU()(layers.add([x, y]))


def _numbers(answer, side, filters, shown):
    """Its count of parameters, and what it makes of random maps, in use and in training.

    The weights are random, in the order of the layers.
    """
    import keras

    x = keras.Input((side, side, filters))
    y = call(answer, x, filters, shown=shown)
    if not isinstance(y, keras.KerasTensor):
        raise NotYet(f"{shown}: maps are to be returned, what layers give; yours is {y!r:.60}")
    if y.shape != x.shape:
        raise NotYet(
            f"{shown}: what is added must have the shape of x, {x.shape[1:]}, and so has the "
            f"answer; yours has {y.shape[1:]}"
        )
    model = keras.Model(x, y)
    rng = np.random.default_rng(filters)
    weights = [rng.normal(0, 0.3, w.shape) for w in model.get_weights()]
    model.set_weights(weights)
    given = rng.normal(size=(2, side, side, filters)).astype("float32")
    found = [keras.ops.convert_to_numpy(model(given, training=mode)) for mode in (False, True)]
    return model.count_params(), np.stack(found)


def _check_residual_block(answer):
    for side, filters in ((6, 3), (5, 4)):
        shown = f"residual_block(maps of {side} × {side}, {filters})"
        count, found = _numbers(answer, side, filters, shown)
        right, expected = _numbers(residual_block, side, filters, shown)
        if count != right:
            raise NotYet(f"{shown}: two convolutions have {right} parameters, yours {count}")
        if not np.allclose(found, expected, atol=1e-4):
            raise NotYet(f"{shown}: {_what_is_wrong(found, expected, side, filters, shown)}")


def _what_is_wrong(found, expected, side, filters, shown):
    if np.allclose(found[0], expected[0], atol=1e-4):
        return "in training other values come out: only convolutions and ReLU, no Dropout"
    for slip, words in _BLOCK_SLIPS:
        count, slipped = _numbers(slip, side, filters, shown)
        if slipped.shape == found.shape and np.allclose(found, slipped, atol=1e-4):
            return words
    return "with the same weights, other values come out: ReLU(x + conv(ReLU(conv(x))))"


def _block(*, inner="relu", shortcut=True, outer=True, join="add", late=False, last=None):
    def build(x, filters):
        from keras import layers

        first = layers.Conv2D(filters, 3, padding="same", activation=inner)(x)
        y = layers.Conv2D(filters, 3, padding="same", activation=last)(first)
        if shortcut:
            y = getattr(layers, join)([first if late else x, y])
        return layers.ReLU()(y) if outer else y

    return build


_BLOCK_SLIPS = (
    (_block(shortcut=False), "x itself is missing: it is added to what the convolutions made"),
    (_block(inner=None), "the ReLU between the two convolutions is missing"),
    (_block(outer=False), "the ReLU after the addition is missing"),
    (
        _block(outer=False, last="relu"),
        "add first, then ReLU: else the block could only ever add, never take away",
    ),
    (_block(last="relu"), "no ReLU before the addition: the block could only ever add"),
    (_block(late=True), "the shortcut begins before the first convolution, at x"),
    (_block(join="multiply"), "x is added, not multiplied"),
    (_block(join="maximum"), "x is added; the larger of the two is something else"),
    (_block(join="average"), "a sum, not a mean"),
)


def _one_convolution(x, filters):
    from keras import layers

    return layers.ReLU()(layers.add([x, layers.Conv2D(filters, 3, padding="same")(x)]))


def _with_dropout(x, filters):
    from keras import layers

    return residual_block(layers.Dropout(0.2)(x), filters)


def _put_side_by_side(x, filters):
    from keras import layers

    return layers.concatenate([x, residual_block(x, filters)])


def _without_padding(x, filters):
    from keras import layers

    return layers.Conv2D(filters, 3)(layers.Conv2D(filters, 3, activation="relu")(x))


def _with_operators(x, filters):
    from keras import layers

    y = layers.Conv2D(filters, (3, 3), padding="same")(x)
    y = layers.Conv2D(filters, (3, 3), padding="same")(layers.Activation("relu")(y))
    return layers.Activation("relu")(y + x)


def _with_ops(x, filters):
    from keras import layers, ops

    y = ops.relu(layers.Conv2D(filters, 3, padding="same")(x))
    return ops.relu(ops.add(layers.Conv2D(filters, 3, padding="same")(y), x))


def _with_a_layer_in_a_loop(x, filters):
    from keras import layers

    y = x
    for activation in ("relu", None):
        y = layers.Conv2D(filters, 3, padding="same", activation=activation)(y)
    return layers.ReLU()(layers.Add()([y, x]))


# --- 20.3 ------------------------------------------------------------------------------------


def frontier(networks):
    kept = set()
    for name, (parameters, error) in networks.items():
        better = [
            other
            for other, (p, e) in networks.items()
            if p <= parameters and e <= error and (p < parameters or e < error)
        ]
        if not better:
            kept.add(name)
    return kept


_NETWORKS = [
    Case(f"frontier({networks})", (networks,))
    for networks in (
        {"a": (3550, 0.6), "b": (225034, 0.94), "c": (73050, 0.3), "d": (101770, 2.8)},
        {"a": (1000, 2.0), "b": (2000, 1.0), "c": (3000, 1.5), "d": (4000, 0.5)},
        {"a": (1000, 2.0), "b": (1000, 1.0), "c": (3000, 1.0)},
        {"a": (500, 1.0), "b": (500, 1.0), "c": (400, 3.0)},
        {"big": (9000, 0.2), "small": (100, 9.0), "poor": (9500, 9.5), "mid": (5000, 4.0)},
        {"one": (10, 10.0)},
    )
]


def _names(found, case):
    return set_of_names(found, case, case.arguments[0])


def _check_frontier(answer):
    judge(answer, frontier, _NETWORKS, slips=_FRONTIER_SLIPS, form=_names)


def _kept(networks, beaten):
    return {
        name
        for name, (p, e) in networks.items()
        if not any(beaten(q, f, p, e) for other, (q, f) in networks.items() if other != name)
    }


def _swept(networks, order):
    """From few parameters to many, keeping each new low of the error."""
    kept, lowest = set(), float("inf")
    for name in sorted(networks, key=order):
        if networks[name][1] < lowest:
            kept.add(name)
            lowest = networks[name][1]
    return kept


_FRONTIER_SLIPS = (
    (
        lambda networks: _kept(networks, lambda q, f, p, e: q < p and f < e),
        "one with as many parameters and fewer errors beats it too",
    ),
    (
        lambda networks: _kept(networks, lambda q, f, p, e: q <= p and f <= e),
        "two that are equal in both do not push each other off",
    ),
    (
        lambda networks: _kept(networks, lambda q, f, p, e: f < e),
        "a small network with more errors may stand there too",
    ),
    (
        lambda networks: _kept(networks, lambda q, f, p, e: q < p),
        "a larger network with fewer errors may stand there too",
    ),
    (
        lambda networks: _kept(networks, lambda q, f, p, e: q >= p and f >= e and (q, f) != (p, e)),
        "those that are beaten by none, not those that beat none",
    ),
    (
        lambda networks: _swept(networks, lambda name: networks[name]),
        "two that are equal in both do not push each other off",
    ),
    (
        lambda networks: _swept(networks, lambda name: networks[name][0]),
        "sorted by parameters alone, equally many come in any order: compare their errors too",
    ),
    (
        lambda networks: set(networks) - frontier(networks) or {next(iter(networks))},
        "those that nobody beats are asked for, not the others",
    ),
    (
        lambda networks: {
            min(networks, key=lambda n: networks[n][0]),
            min(networks, key=lambda n: networks[n][1]),
        },
        "between the smallest and the best there may be others",
    ),
    (
        lambda networks: {min(networks, key=lambda n: networks[n][0] * networks[n][1])},
        "several may stand there: no product decides",
    ),
)


def _by_sorting(networks):
    kept, best = [], float("inf")
    for name, (_, error) in sorted(networks.items(), key=lambda item: item[1]):
        same = [other for other in kept if networks[other] == networks[name]]
        if error < best or same:
            kept.append(name)
            best = min(best, error)
    return kept


def _by_numpy(networks):
    names, values = np.array(list(networks)), np.array(list(networks.values()), float)
    no_worse = (values[:, None] <= values[None]).all(axis=2)
    better = (values[:, None] < values[None]).any(axis=2)
    return names[~(no_worse & better).any(axis=0)]


def _by_pandas(networks):
    import pandas as pd

    table = pd.DataFrame(networks, index=["p", "e"]).T
    return tuple(
        name
        for name, row in table.iterrows()
        if not ((table <= row).all(axis=1) & (table < row).any(axis=1)).any()
    )


def _one_by_one(networks):
    for name, (p, e) in networks.items():
        if not any(q <= p and f <= e and (q, f) != (p, e) for q, f in networks.values()):
            yield name


EXERCISES = (
    Exercise(
        id="20.1",
        title="a residual block",
        solution=residual_block,
        reason="The convolutions make a correction, and x goes past them and is added. If the "
        "correction is 0, the block hands on what it got. No ReLU before the addition: else the "
        "correction could never be negative.",
        check=_check_residual_block,
        hints=(
            'layers.Conv2D(filters, 3, padding="same", activation="relu")(x) is the first half.',
            "The second convolution has no activation. Its maps have the shape of x.",
            "layers.add([x, y]) adds, layers.ReLU() comes after.",
        ),
        wrong=(
            *_BLOCK_SLIPS,
            (_one_convolution, "two convolutions have"),
            (_with_dropout, "in training other values come out"),
            (_put_side_by_side, "must have the shape of x"),
            (_without_padding, "must have the shape of x"),
        ),
        right=(_with_operators, _with_ops, _with_a_layer_in_a_loop),
    ),
    Exercise(
        id="20.2",
        title="weights of a separable convolution",
        solution=conv_parameters,
        reason="A plain filter has a weight for every place of its window and every channel, and "
        "there are `filters` of them. A separable one first gives each channel one filter of its "
        "own, then mixes the channels at each place by a 1 × 1 convolution. Biases: one per "
        "filter, at the end.",
        check=_check_conv_parameters,
        hints=(
            "A plain one: (places of the window) × (channels) for each filter, and one bias.",
            "First step of the separable one: one window per channel, no bias.",
            "Second step: a weight from each channel to each filter, and one bias per filter.",
        ),
        wrong=tuple(_COUNT_SLIPS),
        right=(_by_keras, _as_array, _as_floats),
    ),
    Exercise(
        id="20.3",
        title="who stands on the frontier",
        solution=frontier,
        reason="A network is off the frontier when another one is no worse in both numbers and "
        "better in one. What is left is a list of honest choices: fewer errors cost parameters.",
        check=_check_frontier,
        hints=(
            "Ask of each network: is there another one that makes it pointless?",
            "Pointless: as few parameters or fewer, and as few errors or fewer, and not equal in "
            "both.",
            "p <= parameters and e <= error and (p < parameters or e < error).",
        ),
        wrong=tuple(_FRONTIER_SLIPS),
        right=(_by_sorting, _by_numpy, _by_pandas, _one_by_one),
    ),
)
