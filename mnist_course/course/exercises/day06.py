"""Day 6: split class by class, scale any scanner's pixels, find the leaks."""

import random

import numpy as np

from .engine import Exercise, NotYet, call, require
from .suspects import sort_letters

# --- 6.1 -------------------------------------------------------------------------------------


def stratified_split(labels, fraction, seed):
    rng = np.random.default_rng(seed)
    train, validation = [], []
    for label in np.unique(labels):
        places = rng.permutation(np.flatnonzero(labels == label))
        cut = round(fraction * len(places))
        validation.extend(places[:cut])
        train.extend(places[cut:])
    return train, validation


def _labels(counts: dict[int, int], *, seed: int | None) -> np.ndarray:
    labels = np.repeat(list(counts), list(counts.values()))
    return labels if seed is None else np.random.default_rng(seed).permutation(labels)


SPLITS = (
    ("120 labels in the order of the digits", _labels({1: 60, 2: 40, 9: 20}, seed=None), 0.25),
    ("200 shuffled labels, 10 of them 7s", _labels({0: 110, 3: 80, 7: 10}, seed=1), 0.2),
    ("40 labels, 31 of them 4s", _labels({4: 31, 5: 9}, seed=2), 0.3),
)


def _check_stratified_split(answer):
    names = getattr(getattr(answer, "__code__", None), "co_names", ())
    require("train_test_split" not in names, "that is scikit-learn's own split: do it without")
    for name, labels, fraction in SPLITS:
        _check_split(answer, name, labels, fraction)
    name, labels, fraction = SPLITS[0]
    shown = f"stratified_split of {name}"
    parts = [_both_parts(call(answer, labels, fraction, s, shown=shown)) for s in (0, 0, 1)]
    first, again, other = (sorted(np.asarray(validation).tolist()) for _, validation in parts)
    require(first == again, "the same seed twice gave two different splits: use the seed given")
    require(
        first != other,
        "seeds 0 and 1 give the same validation part: choose at random in each class, with "
        "np.random.default_rng(seed)",
    )
    places = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    together = all(_adjacent(np.flatnonzero(np.isin(c, first))) for c in places)
    require(
        not together,
        "of each class you take neighbours in the file, one piece; choose them at random",
    )


def _adjacent(ranks: np.ndarray) -> bool:
    """Whether the chosen places of a class follow one another without a gap."""
    return len(ranks) < 2 or np.ptp(ranks) == len(ranks) - 1


def _check_split(answer, name: str, labels: np.ndarray, fraction: float) -> None:
    shown = f"stratified_split of {name}, fraction {fraction}, seed 0"
    result = _both_parts(call(answer, labels, fraction, 0, shown=shown))
    train, validation = (
        _positions(part, which, labels)
        for part, which in zip(result, ("training", "validation"), strict=True)
    )
    if both := sorted(set(train) & set(validation)):
        raise NotYet(f"{name}: position {both[0]} is in both parts, and {len(both) - 1} more are")
    require(
        len(train) + len(validation) == len({*train, *validation}),
        f"{name}: some positions occur twice in one part: choose without putting back",
    )
    swapped = round((1 - fraction) * len(labels))
    require(
        abs(len(validation) - swapped) > 2,
        f"{name}: the validation part has {len(validation)} positions; is the training part "
        "the first of the two that you return?",
    )
    for label, total in zip(*np.unique(labels, return_counts=True), strict=True):
        found = int((labels[validation] == label).sum())
        require(
            abs(found - fraction * total) < 1,
            f"{name}: a fraction {fraction} of the {total} {label}s is {fraction * total:g}, "
            f"and your validation part has {found}. Cut each class for itself",
        )
    lost = len(labels) - len(train) - len(validation)
    require(lost == 0, f"{name}: {lost} of {len(labels)} positions are in neither part")


def _both_parts(result):
    if not isinstance(result, tuple | list) or len(result) != 2:
        raise NotYet("two collections are asked for: `return train, validation`")
    return result


def _positions(part, which: str, labels: np.ndarray) -> list[int]:
    try:
        array = np.asarray(list(part))
    except (TypeError, ValueError):
        raise NotYet(
            f"the {which} part should be one row of positions; np.concatenate joins a list of "
            "arrays"
        ) from None
    require(
        array.dtype != bool,
        f"the {which} part is a mask of True and False; np.flatnonzero(mask) gives positions",
    )
    require(array.size > 0, f"the {which} part is empty")
    if array.ndim != 1 or not np.issubdtype(array.dtype, np.integer):
        raise NotYet(
            f"the {which} part should be one row of whole numbers, yours is {array.dtype} of "
            f"shape {array.shape}"
        )
    require(
        not set(array.tolist()) <= set(labels.tolist()),
        f"the {which} part holds labels; positions are asked for, to index with",
    )
    require(
        array.min() >= 0 and array.max() < len(labels),
        f"positions go from 0 to {len(labels) - 1}, the {which} part has {array.min()} to "
        f"{array.max()}",
    )
    return array.tolist()


def _split_by_cut(labels, fraction, seed):
    cut = round((1 - fraction) * len(labels))
    return range(cut), range(cut, len(labels))


def _split_unstratified(labels, fraction, seed):
    order = np.random.default_rng(seed).permutation(len(labels))
    cut = round(fraction * len(labels))
    return order[cut:], order[:cut]


def _split_overlapping(labels, fraction, seed):
    return np.arange(len(labels)), stratified_split(labels, fraction, seed)[1]


def _split_with_replacement(labels, fraction, seed):
    rng = np.random.default_rng(seed)
    classes = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    chosen = np.concatenate([rng.choice(c, round(fraction * len(c))) for c in classes])
    return np.setdiff1d(np.arange(len(labels)), chosen), chosen


def _split_that_loses(labels, fraction, seed):
    rng = np.random.default_rng(seed)
    train, validation = [], []
    for label in np.unique(labels):
        places = rng.permutation(np.flatnonzero(labels == label))
        cut = round(fraction * len(places))
        validation.extend(places[:cut])
        train.extend(places[cut + 1 :])
    return train, validation


def _split_in_pieces(labels, fraction, seed):
    train, validation = stratified_split(labels, fraction, seed)
    return [np.array(train[:9]), np.array(train[9:])], validation


def _split_swapped(labels, fraction, seed):
    return stratified_split(labels, fraction, seed)[::-1]


def _split_of_labels(labels, fraction, seed):
    return tuple(labels[part] for part in stratified_split(labels, fraction, seed))


def _split_as_masks(labels, fraction, seed):
    mask = np.isin(np.arange(len(labels)), stratified_split(labels, fraction, seed)[0])
    return mask, ~mask


def _split_one_block_per_class(labels, fraction, seed):
    """Cuts a contiguous piece of each class; the seed decides where it begins."""
    rng, validation = np.random.default_rng(seed), []
    for label in np.unique(labels):
        places = np.flatnonzero(labels == label)
        size = round(fraction * len(places))
        begin = rng.integers(0, len(places) - size + 1)
        validation.extend(places[begin : begin + size])
    return np.setdiff1d(np.arange(len(labels)), validation), validation


def _split_with_masks(labels, fraction, seed):
    rng, held = np.random.default_rng(seed), np.zeros(len(labels), bool)
    for label in set(labels.tolist()):
        places = np.flatnonzero(labels == label)
        held[rng.choice(places, int(fraction * len(places) + 0.5), replace=False)] = True
    return np.flatnonzero(~held), np.flatnonzero(held)


def _split_by_sorting(labels, fraction, seed):
    lots = np.random.default_rng(seed).random(len(labels))
    train, validation = [], []
    for label in range(10):
        places = sorted(np.flatnonzero(labels == label).tolist(), key=lambda k: lots[k])
        cut = len(places) - round(fraction * len(places))
        train += places[:cut]
        validation += places[cut:]
    return np.array(sorted(train)), np.array(sorted(validation))


def _split_by_python(labels, fraction, seed):
    lot, parts = random.Random(seed), ([], [])
    for label in sorted(set(labels.tolist())):
        places = [k for k, found in enumerate(labels) if found == label]
        lot.shuffle(places)
        cut = round(fraction * len(places))
        parts[0].extend(places[cut:])
        parts[1].extend(places[:cut])
    return parts


def _split_not_random(labels, fraction, seed):
    return stratified_split(labels, fraction, 42)


def _split_by_scikit_learn(labels, fraction, seed):
    from sklearn.model_selection import train_test_split

    places = np.arange(len(labels))
    return train_test_split(places, test_size=fraction, stratify=labels, random_state=seed)


def _split_ignores_seed(labels, fraction, seed):
    return stratified_split(labels, fraction, None)


# --- 6.2 -------------------------------------------------------------------------------------


def scale(images, full_ink):
    return (images / full_ink).astype(np.float32)[..., np.newaxis]


def _scans(seed: int, shape: tuple[int, int, int], dtype, full_ink: int) -> np.ndarray:
    """Faint digits: the darkest pixel of all has 80 % of full ink."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, 4 * full_ink // 5, shape, dtype, endpoint=True)


SCANS = (
    ("three faint museum digits", _scans(1, (3, 40, 30), np.uint16, 4095), 4095),
    ("two faint MNIST digits", _scans(2, (2, 28, 28), np.uint8, 255), 255),
    ("one digit with full ink 16", _scans(3, (1, 8, 8), np.uint8, 16), 16),
)


def _check_scale(answer):
    for name, images, full_ink in SCANS:
        found = call(answer, images, full_ink, shown=f"scale of {name}", pure=True)
        require(isinstance(found, np.ndarray), f"an array is asked for, yours is {found!r:.80}")
        _check_scaled(name, found, images, full_ink)


def _check_scaled(name: str, found: np.ndarray, images: np.ndarray, full_ink: int) -> None:
    flat = found.reshape(images.shape) if found.size == images.size else found
    require(
        np.issubdtype(found.dtype, np.floating),
        f"{name}: the result is {found.dtype}, which has no fractions: nothing lies between 0 "
        "and 1. float32 is asked for",
    )
    if flat.shape == images.shape:
        _check_values(name, flat, images, full_ink)
    wanted = (*images.shape, 1)
    require(
        found.shape != images.shape,
        f"{name}: the channel axis is missing: {wanted} is asked for, yours has {found.shape}",
    )
    require(
        found.shape == wanted,
        f"{name}: images of shape {images.shape} should become {wanted}, yours are {found.shape}",
    )
    require(
        found.dtype == np.float32,
        f"{name}: the type is {found.dtype}; float32 is asked for: .astype(np.float32)",
    )


def _check_values(name: str, found: np.ndarray, images: np.ndarray, full_ink: int) -> None:
    expected = images / full_ink

    def same(values):
        return np.allclose(found, values, rtol=0, atol=2e-7)

    mistakes = (
        (np.floor(expected), "every value is a whole number: `//` throws the fraction away, "
         "and so does .astype before the division; divide first, with `/`"),
        (images / (full_ink + 1), f"you divide by {full_ink + 1}, the number of grey levels. "
         f"The largest value is {full_ink}, and it should become 1.0"),
        (images / images.max(), "you divide by the darkest pixel of these images, so faint "
         f"images become dark and two batches no longer compare; full ink is {full_ink}"),
        ((images - images.min()) / np.ptp(images), "you stretch these images from their lightest "
         f"to their darkest pixel; 0 is paper and {full_ink} full ink in every batch"),
        (expected - expected.mean(), "the mean is subtracted; the pixels asked for go from 0 to 1"),
        ((images - images.mean()) / images.std(), "you standardise (mean 0, spread 1); the "
         "pixels asked for go from 0 to 1"),
        (1 - expected, "paper has become 1 and ink 0: nothing is to be inverted"),
        (images, "the values are still those of the scanner"),
    )  # fmt: skip
    for values, words in mistakes:
        require(same(expected) or not same(values), f"{name}: {words}")
    place = np.unravel_index(np.abs(found - expected).argmax(), images.shape)
    require(
        same(expected),
        f"{name}: a pixel of {images[place]} should become {expected[place]:.7g}, yours is "
        f"{found[place]:.7g}: fractions are not to be rounded"
        if np.allclose(found, expected, atol=0.01)
        else f"{name}: a pixel of {images[place]} should become {expected[place]:.4f}, yours is "
        f"{found[place]:.4f}",
    )


def _scale_by_levels(images, full_ink):
    return scale(images, full_ink + 1)


def _scale_whole(images, full_ink):
    return (images // full_ink).astype(np.float32)[..., None]


def _scale_to_integers(images, full_ink):
    return (images / full_ink).astype(images.dtype)[..., None]


def _scale_without_channel(images, full_ink):
    return (images / full_ink).astype(np.float32)


def _scale_channel_first(images, full_ink):
    return scale(images, full_ink)[..., 0][:, np.newaxis]


def _scale_rounded(images, full_ink):
    return scale(images, full_ink).round(2)


def _scale_by_multiplying(images, full_ink):
    return np.expand_dims(np.float32(images) * (1 / full_ink), -1).astype("float32")


def _scale_one_by_one(images, full_ink):
    stack = np.empty((*images.shape, 1), dtype=np.float32)
    for k, image in enumerate(images):
        stack[k, :, :, 0] = image / full_ink
    return stack


def _scale_by_true_divide(images, full_ink):
    n, rows, columns = images.shape
    return np.true_divide(images, full_ink, dtype=np.float32).reshape(n, rows, columns, 1)


def _scale_to_28(images, full_ink):
    return (images / full_ink).astype(np.float32).reshape(-1, 28, 28, 1)


def _scale_by_255(images, full_ink):
    return scale(images, 255)


def _scale_by_maximum(images, full_ink):
    return scale(images, images.max())


def _scale_in_place(images, full_ink):
    images[images < 0.1 * full_ink] = 0  # "noise"
    return scale(images, full_ink)


def _scale_divides_in_place(images, full_ink):
    images /= full_ink
    return images[..., None]


def _scale_to_float64(images, full_ink):
    return (images / full_ink)[..., None]


def _standardise(images, full_ink):
    return ((images - images.mean()) / images.std()).astype(np.float32)[..., None]


def _always_blank(images, full_ink):
    return np.zeros((*images.shape, 1), np.float32)


# --- 6.3 -------------------------------------------------------------------------------------

NO_LEAK = {
    "A": "255 comes from the file format, not from the digits: no digit helps another",
    "C": "the copies are of training digits only and stay in the training part",
    "F": "the pixels were chosen by looking at the training part only",
}
LEAKS = {  # a question that leads there, without the letter
    "B": "is a number computed from validation digits before it is used on training digits",
    "D": "is the reported score the best of several, chosen on the same validation digits",
    "E": "would those whom it meets later be strangers, and are strangers in the validation part",
}


def _check_leaks(answer):
    found, missing = sort_letters(answer, LEAKS, NO_LEAK, "does not leak")
    if missing:
        raise NotYet(
            f"{found} right, and not all leaks are found. Ask of each plan: {LEAKS[missing[0]]}?"
        )


EXERCISES = (
    Exercise(
        id="6.1",
        title="split so that every class keeps its share",
        solution=stratified_split,
        reason="Each class is shuffled and cut for itself, so its share in the validation part "
        "can be off by less than one example, however rare it is. Cutting one shuffled list of "
        "positions in two cannot lose or repeat any.",
        check=_check_stratified_split,
        hints=(
            "Do it for one class first: `np.flatnonzero(labels == 7)` are the positions of the 7s.",
            "Shuffle them with `rng.permutation(...)`, then cut: the first "
            "`round(fraction * len(places))` go to validation, the rest to training.",
            "`rng = np.random.default_rng(seed)` and two empty lists before a loop over "
            "`np.unique(labels)`; in the loop, `validation.extend(places[:cut])` and "
            "`train.extend(places[cut:])`.",
        ),
        wrong=(
            (_split_by_cut, "Cut each class for itself"),
            (_split_unstratified, "Cut each class for itself"),
            (_split_overlapping, "is in both parts"),
            (_split_with_replacement, "occur twice"),
            (_split_that_loses, "in neither part"),
            (_split_in_pieces, "np.concatenate joins"),
            (_split_swapped, "is the training part the first"),
            (_split_of_labels, "holds labels; positions are asked for"),
            (_split_as_masks, "a mask of True and False"),
            (_split_not_random, "choose at random in each class"),
            (_split_ignores_seed, "use the seed given"),
            (_split_by_scikit_learn, "do it without"),
            (_split_one_block_per_class, "one piece; choose them at random"),
        ),
        right=(_split_with_masks, _split_by_sorting, _split_by_python),
    ),
    Exercise(
        id="6.2",
        title="scale the pixels of any scanner",
        solution=scale,
        reason="`/` makes fractions in a new array, so the images given stay as they are; "
        "float32 is enough for pixels and half the size of float64; `[..., np.newaxis]` adds "
        "the channel axis at the end, whatever the shape before. Dividing by full ink, and not "
        "by the darkest pixel at hand, treats every image alike.",
        check=_check_scale,
        hints=(
            "Divide with `/`: it makes a new array of fractions. By what, so that full ink "
            "becomes 1.0?",
            "Then the type: `.astype(np.float32)`. Then the shape: rows and columns are not "
            "always 28, so take them from `images.shape`.",
            "`.reshape(*images.shape, 1)` or `[..., np.newaxis]` adds the channel axis.",
        ),
        wrong=(
            (_scale_by_levels, "the number of grey levels"),
            (_scale_whole, "throws the fraction away"),
            (_scale_to_integers, "has no fractions"),
            (_scale_without_channel, "the channel axis is missing"),
            (_scale_channel_first, "should become (3, 40, 30, 1)"),
            (_scale_to_28, "cannot reshape"),
            (_scale_by_255, "should become 0.8"),
            (_scale_by_maximum, "the darkest pixel of these images"),
            (_scale_in_place, "also changed what it was given"),
            (_scale_divides_in_place, "stopped with"),
            (_scale_to_float64, "the type is float64"),
            (_standardise, "you standardise"),
            (_always_blank, "every value is a whole number"),
            (_scale_rounded, "not to be rounded"),
        ),
        right=(_scale_by_multiplying, _scale_one_by_one, _scale_by_true_divide),
    ),
    Exercise(
        id="6.3",
        title="find the leaks",
        solution={"B", "D", "E"},
        reason="B: the mean image was computed with the validation digits, so each training "
        "digit knows a little of them. D: the best of twenty is partly the luckiest, and its "
        "luck is in the score; report a score on digits that chose nothing. E: the same patients "
        "are in both parts, so the score holds for known patients; split by patient. A, C and F "
        "use nothing of the validation digits.",
        check=_check_leaks,
        hints=(
            "For each plan: could the training part, or the choice of the model, have come out "
            "otherwise if other digits had been in the validation part?",
            "Validation stands in for the future. Numbers, choices and people of the future are "
            "not known today.",
            "There are three: one computes too early, one chooses and reports on the same "
            "digits, one mixes what belongs together.",
        ),
        wrong=(
            ({"A", "B"}, "A does not leak: 255 comes from the file format"),
            ({"B", "C", "D"}, "C does not leak"),
            ({"B", "F", "E"}, "F does not leak"),
            ({"D", "E"}, "2 right, and not all leaks are found"),
            ({"B", "D"}, "would those whom it meets later be strangers"),
            ("E", "1 right, and"),
            (set(), "0 right, and"),
            ("ABCDEF", "does not leak"),
            ({"G"}, "from A to F"),
            (3, "a set of letters is asked for"),
        ),
        right=("BDE", "B, D, E", "B, D and E", ["e", "d", "b"], ("B", "E", "D")),
    ),
)
