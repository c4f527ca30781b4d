"""Day 21: freeze layers, how many labels a target needs, which choice is worse."""

import numpy as np

from .engine import Exercise, NotYet, call
from .suspects import Case, judge, number, same, sort_letters

# --- 21.1 ------------------------------------------------------------------------------------


def freeze_through(model, name):
    frozen = True
    for layer in model.layers:
        layer.trainable = not frozen
        if layer.name == name:
            frozen = False
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


def _small_model():
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(3, 3, name="first"),
            layers.MaxPooling2D(2, name="pool"),
            layers.Conv2D(4, 2, name="second"),
            layers.Flatten(name="flat"),
            layers.Dense(5, name="hidden"),
            layers.Dense(2, name="answer"),
        ]
    )


def _learnable(model):
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


def _check_freeze_through(answer):
    for name, thawed in (
        ("second", ()),
        ("pool", ("first",)),
        ("hidden", ("second",)),
        ("flat", ()),
    ):
        model = _small_model()
        for layer in model.layers:
            layer.trainable = layer.name in thawed or not thawed
        shown = f'freeze_through(model, "{name}")'
        found = number(call(answer, model, name, shown=shown), Case(shown, ()))
        _judge_frozen(model, name, shown)
        expected = _learnable(model)
        if found != expected:
            raise NotYet(
                f"{shown}: {expected} numbers can still be learned, yours is {found}"
                + ("; that counts arrays" if found == len(model.trainable_weights) else "")
            )


def _judge_frozen(model, name, shown):
    names = [layer.name for layer in model.layers]
    last = names.index(name)
    for place, layer in enumerate(model.layers):
        if layer.trainable and place <= last and layer.weights:
            itself = " itself" if place == last else ", which comes before it,"
            raise NotYet(f"{shown}: {layer.name}{itself} is still trainable")
        if not layer.trainable and place > last and layer.weights:
            raise NotYet(f"{shown}: {layer.name} comes after {name} and should learn; it is frozen")


def _all_but_the_name(model, name):
    for layer in model.layers:
        if layer.name == name:
            break
        layer.trainable = False
    return model.count_params()


def _only_the_name(model, name):
    for layer in model.layers:
        layer.trainable = layer.name != name
    return _learnable(model)


def _all_after_too(model, name):
    model.trainable = False
    return 0


def _turned_round(model, name):
    freeze_through(model, name)
    for layer in model.layers:
        layer.trainable = not layer.trainable
    return _learnable(model)


def _counts_arrays(model, name):
    freeze_through(model, name)
    return len(model.trainable_weights)


def _counts_all(model, name):
    freeze_through(model, name)
    return model.count_params()


def _counts_the_frozen(model, name):
    return model.count_params() - freeze_through(model, name)


def _leaves_old_ones_frozen(model, name):
    for layer in model.layers:
        layer.trainable = False
        if layer.name == name:
            break
    return _learnable(model)


def _only_dense_layers(model, name):
    for layer in model.layers:
        layer.trainable = "kernel" in str(layer.weights) and layer.name in ("hidden", "answer")
    return _learnable(model)


def _changes_nothing(model, name):
    return _learnable(model)


def _by_index(model, name):
    cut = [layer.name for layer in model.layers].index(name)
    for place, layer in enumerate(model.layers):
        layer.trainable = place > cut
    return float(sum(np.size(array) for array in _learned(model)))


def _learned(model):
    return [np.asarray(weight) for layer in model.layers for weight in layer.trainable_weights]


def _by_two_slices(model, name):
    cut = model.layers.index(model.get_layer(name)) + 1
    for layer in model.layers[:cut]:
        layer.trainable = False
    for layer in model.layers[cut:]:
        layer.trainable = True
    return np.int64(sum(layer.count_params() for layer in model.layers[cut:]))


def _from_behind(model, name):
    learning, count = True, 0
    for layer in reversed(model.layers):
        learning = learning and layer.name != name
        layer.trainable = learning
        count += learning * layer.count_params()
    return count


# --- 21.2 ------------------------------------------------------------------------------------


def labels_needed(curve, target):
    for labels in sorted(curve):
        if np.mean(curve[labels]) >= target:
            return labels
    return np.inf


_CURVES = [
    Case(f"labels_needed({curve}, {target})", (curve, target))
    for curve, target in (
        ({1: [70, 72], 3: [80, 82], 10: [91, 92], 50: [96, 96]}, 90),
        ({1: [70, 72], 3: [80, 82], 10: [91, 92], 50: [96, 96]}, 81),
        ({50: [94, 95], 1: [55, 57], 10: [88, 87], 3: [72, 71]}, 80),
        ({1: [50, 90], 3: [74, 75], 10: [80, 81]}, 75),
        ({1: [60, 61, 95], 3: [69, 72, 72], 10: [85, 86, 87]}, 70.5),
        ({1: [60, 61], 3: [70, 72]}, 95),
        ({1: [80, 60, 70], 3: [72, 74, 76]}, 73),
        ({2: [90, 91], 4: [88, 89], 8: [93, 94]}, 90),
        ({3: [85, 87], 1: [61, 62], 10: [91, 92], 20: [95, 95]}, 80),
    )
]


def _check_labels_needed(answer):
    judge(answer, labels_needed, _CURVES, slips=_LABEL_SLIPS, form=_a_count)


def _a_count(found, case):
    if not isinstance(found, str) and same(found, np.inf):
        return "np.inf"
    return number(found, case)


def _needed(curve, target, *, value=np.mean, reached=lambda v, t: v >= t, pick=min):
    return pick([k for k, scores in curve.items() if reached(value(scores), target)] or [np.inf])


def _slip(words, **options):
    return lambda curve, target: _needed(curve, target, **options), words


_LABEL_SLIPS = (
    _slip("the mean over seeds, not the best seed", value=max),
    _slip("the mean over seeds: one bad seed is luck too", value=min),
    _slip("the mean, not the median", value=np.median),
    _slip("a mean that is equal to the target has reached it", reached=lambda v, t: v > t),
    _slip("the smallest number of labels is asked for", pick=max),
    _slip("one seed is luck: take the mean over all seeds", value=lambda scores: scores[0]),
    (
        lambda curve, target: next(
            (k for k, scores in curve.items() if np.mean(scores) >= target), np.inf
        ),
        "the numbers of labels may come in any order",
    ),
    (
        lambda curve, target: next(
            (k for k in sorted(curve, key=str) if np.mean(curve[k]) >= target), np.inf
        ),
        "sorted as numbers, not as texts: 3 comes before 10",
    ),
    (
        lambda curve, target: min(curve, key=lambda k: abs(np.mean(curve[k]) - target)),
        "the mean must reach the target: to be near it is not enough",
    ),
    (
        lambda curve, target: next(
            (np.mean(curve[k]) for k in sorted(curve) if np.mean(curve[k]) >= target), np.inf
        ),
        "the number of labels is asked for, not the accuracy that they reach",
    ),
    (
        lambda curve, target: min(_needed(curve, target), max(curve)),
        "np.inf when no number of labels reaches the target",
    ),
    (
        lambda curve, target: sum(np.mean(scores) < target for scores in curve.values()),
        "the number of labels, not its place in the list",
    ),
)


def _by_min(curve, target):
    return min((k for k in curve if sum(curve[k]) / len(curve[k]) >= target), default=float("inf"))


def _by_numpy(curve, target):
    labels = np.array(sorted(curve))
    means = np.array([np.mean(curve[k]) for k in labels])
    enough = labels[means >= target]
    return enough[0] if len(enough) else np.inf


def _by_pandas(curve, target):
    import pandas as pd

    means = pd.DataFrame(curve).mean().sort_index()
    return float(means.index[means >= target].min()) if (means >= target).any() else np.inf


def _by_where(curve, target):
    labels, means = zip(*((k, np.mean(scores)) for k, scores in curve.items()), strict=True)
    return np.where(np.array(means) >= target, labels, np.float32(np.inf)).min()


def _as_an_array(curve, target):
    return np.array(labels_needed(curve, target))


# --- 21.3 ------------------------------------------------------------------------------------

worse = {"A", "B", "E"}

_FINE = {
    "C": "the classes are the same, and one label is too little to learn from pixels",
    "D": "edges and curves are the same in both, and three labels are too few to learn them from",
    "F": "a good start, and small steps from there",
}


def _check_worse(answer):
    found, missing = sort_letters(answer, worse, _FINE, "is no worse choice")
    if missing:
        raise NotYet(
            f"{found} right, {len(missing)} missing. Ask: do the old features hold what the "
            "new task needs, and are there too few labels to learn better ones?"
        )


EXERCISES = (
    Exercise(
        id="21.1",
        title="freeze layers",
        solution=freeze_through,
        reason="Everything up to and including the cut keeps its weights; everything after it "
        "learns, also what was frozen before. (Compile the model after freezing: the optimizer "
        "makes its list of weights then.)",
        check=_check_freeze_through,
        hints=(
            "layer.trainable = False freezes one layer; model.layers is the list, in order.",
            "Set it to False up to and including the cut, to True after it.",
            "sum(np.prod(w.shape) for w in model.trainable_weights) counts the numbers.",
        ),
        wrong=(
            (_all_but_the_name, "itself is still trainable"),
            (_only_the_name, "is still trainable"),
            (_all_after_too, "should learn; it is frozen"),
            (_turned_round, "is still trainable"),
            (_counts_arrays, "that counts arrays"),
            (_counts_all, "numbers can still be learned"),
            (_counts_the_frozen, "numbers can still be learned"),
            (_leaves_old_ones_frozen, "should learn; it is frozen"),
            (_only_dense_layers, "should learn; it is frozen"),
            (_changes_nothing, "is still trainable"),
        ),
        right=(_by_index, _by_two_slices, _from_behind),
    ),
    Exercise(
        id="21.2",
        title="how many labels does it take",
        solution=labels_needed,
        reason="Means over seeds, from few labels to many: the first that reaches the target. "
        "The answer says what a method saves: labels cost people's time.",
        check=_check_labels_needed,
        hints=(
            "sorted(curve) gives the numbers of labels from small to large.",
            "np.mean(curve[labels]) >= target: reached.",
            "Return at the first that has reached it; after the loop, return np.inf.",
        ),
        wrong=tuple(_LABEL_SLIPS),
        right=(_by_min, _by_numpy, _by_pandas, _by_where, _as_an_array),
    ),
    Exercise(
        id="21.3",
        title="which is the worse choice",
        solution=worse,
        reason="Old features help when they hold what the new task needs (C, D, F). They are the "
        "worse choice when they come from pictures of another kind (B), when the cut comes too "
        "late for new classes (A), or too early for the same classes (E).",
        check=_check_worse,
        hints=(
            "Three of the six.",
            "Which features would look for neighbours that are none?",
            "Same classes or new ones? That decides whether to cut late or early.",
        ),
        wrong=(
            ({"B"}, "1 right, 2 missing"),
            ({"A", "B"}, "2 right, 1 missing"),
            ({"B", "D"}, "D is no worse choice"),
            ("ABCE", "C is no worse choice"),
            ({"F"}, "F is no worse choice"),
            ({"B", "G"}, "from A to F"),
            (3, "a set of letters is asked for"),
        ),
        right=("ABE", ["a", "b", "e"], "A, B and E", ("E", "B", "A")),
    ),
)
