"""Day 5: the nearest mean, how many components are enough, the strangest image of a class."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from sklearn.metrics import pairwise_distances
from sklearn.neighbors import KNeighborsClassifier

from .engine import Exercise, NotYet, call, require, require_shape


def _only_fit(found: Any, mistakes: Sequence[tuple[Callable, str]], *case: Any) -> str | None:
    """What to say of the one mistake that gives this result; None when none or several do."""
    fits = [words for mistake, words in mistakes if np.array_equal(found, mistake(*case))]
    return fits[0] if len(fits) == 1 else None


# --- 5.1 -------------------------------------------------------------------------------------

NEAREST = np.array([3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 8, 7])  # no 0: the answer of sums that cancel


def _templates() -> np.ndarray:
    """Ten pictures with the same ink in all: only its place tells them apart."""
    one = np.random.default_rng(51).integers(70, 186, (28, 28), dtype=np.uint8)
    return np.stack([np.roll(one, 5 * digit, axis=1) for digit in range(10)])


def _near(templates: np.ndarray) -> np.ndarray:
    """Images of dtype uint8, each one template with half of its pixels darker, half lighter.

    Every image has as much ink as every template, so signed differences cancel. The changes
    are from 20 to 60, because squares below 256 would survive the wrapping of uint8.
    """
    rng = np.random.default_rng(52)
    changes = np.repeat([rng.integers(20, 61, 392)], 2, axis=0) * [[1], [-1]]
    noise = np.stack([rng.permutation(changes.ravel()) for _ in NEAREST])
    return (templates[NEAREST] + noise.reshape(-1, 28, 28)).astype(np.uint8)


def _odd_gaps() -> tuple[np.ndarray, np.ndarray]:
    """Two images and ten means: 7 is the nearest, 3 by absolute and 5 by largest differences."""
    gaps = np.full((10, 784), 100.0)
    gaps[7] = 30.0 * (np.arange(784) < 99)  # 99 differences of 30 and one of 150
    gaps[7, 99] = 150
    gaps[3] = 100.0 * (np.arange(784) < 20)
    gaps[5] = 25
    gaps[1, :500] = 0  # the median of its differences is 0, and 284 are 100
    return np.full((2, 28, 28), 100, np.uint8), (100 + gaps).reshape(10, 28, 28)


def _black_on_white() -> tuple[np.ndarray, np.ndarray]:
    """Pixels 0 or 255 in images and means: a square of 255 does not fit into int16."""
    rng = np.random.default_rng(54)
    means = rng.choice(np.array([0, 255], np.uint8), (10, 28, 28))
    images = np.where(rng.random((12, 28, 28)) < 0.2, 255 - means[NEAREST], means[NEAREST])
    return images, means


def nearest_mean(images, means):
    labels = []
    for image in images:
        gaps = image.astype(float) - means
        distances = np.sqrt((gaps**2).sum(axis=(1, 2)))
        labels.append(distances.argmin())
    return np.array(labels)


def _check_nearest_mean(answer):
    templates = _templates()
    cases = {
        "12 images, ten means of dtype float64": (_near(templates), templates.astype(float)),
        "12 images, ten means of dtype uint8": (_near(templates), templates),
        "2 images, ten means": _odd_gaps(),
        "12 images of 0 and 255, such means": _black_on_white(),
    }
    possible = MISREADINGS
    for name, (images, means) in cases.items():
        shown = f"nearest_mean({name})"
        labels = _call_with_hint(answer, images, means, shown)
        _require_labels(labels, len(images))
        labels, nearest = np.asarray(labels), nearest_mean(images, means)
        if not np.array_equal(labels, nearest):
            require(
                labels.any() or not _always_zero(answer),
                f"{shown}: every answer is 0. A sum over all axes leaves a single number; "
                "axis=(1, 2) leaves ten distances",
            )
            named = _only_fit(labels, possible, images, means)
            raise NotYet(f"{shown}: {named or _farther(labels, nearest, images, means)}")
        possible = [m for m in possible if np.array_equal(m[0](images, means), nearest)]


def _always_zero(answer) -> bool:
    """Also where differences do not cancel."""
    shown = "nearest_mean(2 images, ten means)"
    return not np.any(call(answer, *_odd_gaps(), shown=shown, listed=True))


def _call_with_hint(answer, images, means, shown):
    try:
        return call(answer, images, means, shown=shown, listed=True)
    except NotYet as problem:
        if "broadcast" in str(problem):
            raise NotYet(
                f"{problem.args[0].strip()}. Twelve images do not fit to ten means: take the "
                "images one at a time, in a loop"
            ) from problem
        raise


def _require_labels(labels, number):
    require(
        np.shape(labels) != (number, 10),
        f"a label for each image is asked for, yours has shape {np.shape(labels)}: the "
        "distances? Which of the ten is the smallest?",
    )
    require_shape(labels, (number,), what=f"the labels of {number} images")
    values = np.asarray(labels)
    require(
        values.dtype.kind in "iuf" and bool(np.isin(values, range(10)).all()),
        f"labels from 0 to 9 are asked for, not distances; your first one is {values[0]!r}",
    )


def _farther(labels, nearest, images, means) -> str:
    """One image that got the label of a mean farther away."""
    i = int(np.flatnonzero(labels != nearest)[0])
    distances = np.sqrt(((images[i].astype(float) - means) ** 2).sum(axis=(1, 2)))
    return (
        f"image {i} is {distances[nearest[i]]:.0f} away from mean {nearest[i]}, but you answer "
        f"{labels[i]}, whose mean is {distances[int(labels[i])]:.0f} away"
    )


def _farthest_mean(images, means):
    return [((image.astype(float) - means) ** 2).sum(axis=(1, 2)).argmax() for image in images]


def _without_the_square(images, means):
    return [np.abs((image.astype(float) - means).sum(axis=(1, 2))).argmin() for image in images]


def _absolute_differences(images, means):
    return [np.abs(image.astype(float) - means).sum(axis=(1, 2)).argmin() for image in images]


def _all_at_once(images, means):
    return ((images.astype(float) - means) ** 2).sum(axis=(1, 2)).argmin()


def _wraps_around(images, means):
    return [((image - means) ** 2).sum(axis=(1, 2)).argmin() for image in images]


def _all_distances(images, means):
    return [np.sqrt(((i.astype(float) - means) ** 2).sum(axis=(1, 2))) for i in images]


def _largest_difference(images, means):
    return [np.abs(image.astype(float) - means).max(axis=(1, 2)).argmin() for image in images]


def _squares_in_int16(images, means):
    gaps = [image.astype(np.int16) - means for image in images]
    return [(gap**2).sum(axis=(1, 2)).argmin() for gap in gaps]


def _median_of_squares(images, means):
    return [np.median((i.astype(float) - means) ** 2, axis=(1, 2)).argmin() for i in images]


MISREADINGS = (
    (_farthest_mean, "these are the labels of the farthest means, not of the nearest"),
    (
        _without_the_square,
        "positive and negative differences cancel in your sum: square them first",
    ),
    (
        _absolute_differences,
        "Pythagoras squares the differences before they are added; 20 differences of 100 are "
        "farther than 100 of 30",
    ),
    (_largest_difference, "one large difference does not decide alone: add the squares of all"),
    (
        _wraps_around,
        "3 - 5 is 254 in uint8, and squares wrap around too: make one of the two a float before "
        "you subtract",
    ),
    (
        _squares_in_int16,
        "the squares wrap around: 255 squared does not fit into int16. Make one of the two a "
        "float before you subtract",
    ),
)


def _sum_over_all_axes(images, means):
    return [((image.astype(float) - means) ** 2).sum().argmin() for image in images]


def _smallest_distances(images, means):
    return [((i.astype(float) - means) ** 2).sum(axis=(1, 2)).min() for i in images]


def _nearest_image(images, means):
    gaps = images[:, None].astype(float) - means
    return (gaps**2).sum(axis=(2, 3)).argmin(axis=0)


def _only_the_first_row(images, means):
    gaps = images[:, None, 0].astype(float) - means[:, 0]
    return (gaps**2).sum(axis=2).argmin(axis=1)


def _by_broadcasting(images, means):
    gaps = images[:, np.newaxis].astype(np.float32) - means.astype(np.float32)
    return np.argmin((gaps**2).mean(axis=(2, 3)), axis=1)


def _by_loops(images, means):
    labels = []
    for image in images:
        distances = [np.linalg.norm(image.astype(float) - mean) for mean in means]
        labels.append(distances.index(min(distances)))
    return labels


def _by_generator(images, means):
    return (((image.astype(float) - means) ** 2).sum(axis=(1, 2)).argmin() for image in images)


def _by_scikit_learn(images, means):
    flat = means.reshape(10, -1).astype(float)
    return pairwise_distances(images.reshape(len(images), -1).astype(float), flat).argmin(axis=1)


def _by_one_neighbour(images, means):
    reader = KNeighborsClassifier(n_neighbors=1).fit(means.reshape(10, 784), range(10))
    return reader.predict(images.reshape(-1, 784))


# --- 5.2 -------------------------------------------------------------------------------------

# Sums of the third and fourth are exact in binary, so that a share can be met to the letter.
VARIANCES = (
    (np.array([0.4, 0.25, 0.15, 0.1, 0.06, 0.04]), (0.75, 0.3, 0.85, 0.97)),
    (np.array([80.0, 50.0, 30.0, 20.0, 12.0, 8.0]), (0.75, 0.3, 0.85, 0.97)),
    (np.array([2.0, 1.0, 1.0]), (0.5, 0.75, 0.6)),
    (np.array([8.0, 4.0, 2.0, 1.0, 1.0]), (0.875, 0.5, 0.7)),
)


def components_needed(variances, share):
    kept = np.cumsum(variances) / np.sum(variances)
    return int((kept < share).sum()) + 1


def _check_components_needed(answer):
    for variances, shares in VARIANCES:
        for share in shares:
            shown = f"components_needed({variances.tolist()}, {share})"
            found = call(answer, variances, share, shown=shown)
            is_number = np.ndim(found) == 0 and np.asarray(found).dtype.kind in "iuf"
            require(is_number, f"{shown}: one number is asked for, yours is {found!r}")
            expected = components_needed(variances, share)
            require(found == expected, f"{shown}: {_why_not(found, expected, variances, share)}")


def _why_not(found, expected, variances, share):
    """What a wrong number of components keeps, in percent."""
    kept = 100 * np.cumsum(variances) / variances.sum()
    if not 1 <= found <= len(variances) or found != int(found):
        words = f"a whole number from 1 to {len(variances)} is asked for, yours is {found!r}"
    elif found < expected:
        words = f"keeping {found} keeps {kept[int(found) - 1]:.4g}%, too little for {share:.4%}"
        words = words.replace("0000%", "%").replace(".%", "%")
    else:
        words = (
            f"keeping {found} keeps {kept[int(found) - 1]:.4g}%, more than needed: "
            f"{expected} would do, with {kept[expected - 1]:.4g}%"
        )
    named = _only_fit(found, MISCOUNTS, variances, share)
    return f"{words}. {named}" if named else words


def _counts_from_zero(variances, share):
    return (np.cumsum(variances) / np.sum(variances) < share).sum()


def _one_too_many(variances, share):
    return components_needed(variances, share) + 1


def _not_cumulative(variances, share):
    return (variances / np.sum(variances) >= share).sum()


def _not_a_fraction(variances, share):
    return (np.cumsum(variances) < share).sum() + 1


def _the_share_itself(variances, share):
    return np.cumsum(variances)[components_needed(variances, share) - 1] / np.sum(variances)


def _more_than_the_share(variances, share):
    return (np.cumsum(variances) / np.sum(variances) <= share).sum() + 1


def _of_the_largest(variances, share):
    return (np.cumsum(variances) / variances[0] < share).sum() + 1


MISCOUNTS = (
    (_not_cumulative, "Do you add the variances up as you go?"),
    (_not_a_fraction, "Did you divide by the sum of all variances?"),
    (_more_than_the_share, "Exactly the share is enough"),
    (_counts_from_zero, "Is that the place, counted from 0, and not the number?"),
)


def _share_of_the_number(variances, share):
    return int(np.ceil(share * len(variances)))


def _by_adding_up(variances, share):
    total, kept, number = sum(variances), 0, 0
    while kept < share * total:
        kept += variances[number]
        number += 1
    return number


def _by_searching(variances, share):
    return np.searchsorted(np.cumsum(variances) / np.sum(variances), share) + 1


def _by_the_first_true(variances, share):
    running = np.array([sum(variances[:k]) for k in range(1, len(variances) + 1)], np.float32)
    return np.flatnonzero(running / running[-1] >= np.float32(share))[0] + 1


def _as_a_float(variances, share):
    return float(_by_searching(variances, share))


# --- 5.3 -------------------------------------------------------------------------------------

CLASSES = np.array([2, 7, 7, 2, 7, 2, 7, 7, 2, 7, 7, 7, 2], dtype=np.uint8)
SEVENS = np.flatnonzero(CLASSES == 7)  # 1, 2, 4, 6, 7, 9, 10, 11
STRANGEST = {7: 9, 2: 5}


def _odd_ones() -> np.ndarray:
    """Eight 7s and five 2s in which every mistake points at an image of its own.

    Of the 7s, number 9 is the strangest: 200 pixels that lack 80. Others are the farthest by
    absolute differences (1), by the largest difference (2), from the median image (4, because
    two share a patch that the median does not have), and from the mean of all images (7).
    """
    images = np.zeros((len(CLASSES), 784))
    images[SEVENS, :300] = 110
    images[SEVENS, 300:560] = 45
    images[CLASSES == 2, 300:560] = 200
    images[9, :200] -= 80
    images[1, :560] -= 48
    images[1, 560:] += 48
    images[2, 600:603] = 250
    images[[4, 6], 620:740] = [[120], [118]]
    images[4, :300] -= 10
    images[7, 300:560] = 0
    images[5, :260] = 150  # the strangest 2
    noise = np.random.default_rng(53).integers(0, 6, images.shape)
    return (images + noise).clip(0, 255).astype(np.uint8).reshape(-1, 28, 28)


def strangest(images, labels, digit):
    where = np.flatnonzero(labels == digit)
    gaps = images[where] - images[where].mean(axis=0)
    return where[(gaps**2).sum(axis=(1, 2)).argmax()]


def _check_strangest(answer):
    for digit, expected in STRANGEST.items():
        images = _odd_ones()
        shown = f"strangest(images, {CLASSES.tolist()}, {digit})"
        index = call(answer, images, CLASSES, digit, shown=shown)
        require(
            np.shape(index) != (28, 28), "the index of the image is asked for, not the image itself"
        )
        is_index = np.shape(index) == () and np.asarray(index).dtype.kind in "iuf"
        require(is_index, f"{shown}: one index is asked for, yours is {index!r}")
        require(
            index in range(len(images)),
            f"{shown}: an index from 0 to {len(images) - 1} is asked for, yours is {index!r}",
        )
        require(index == expected, f"{shown}: {_another(int(index), digit, expected)}")
    moved, labels = np.roll(_odd_ones(), 1, axis=0), np.roll(CLASSES, 1)
    index = call(answer, moved, labels, 7, shown="strangest of the same images, moved by one")
    require(index == 10, f"the same images, moved by one: 10 is expected, yours is {index!r}")
    turned = np.where(CLASSES == 2, 7, 2)
    index = call(answer, _odd_ones(), turned, 7, shown="strangest with 2s and 7s exchanged")
    require(index == 5, f"the labels 2 and 7 exchanged: 5 is expected, yours is {index!r}")


def _another(index: int, digit: int, expected: int) -> str:
    """Why this index is not the strangest one."""
    images = _odd_ones()
    if named := _only_fit(index, MISTAKEN, images, CLASSES, digit):
        return f"image {index}? {named}"
    if CLASSES[index] != digit:
        return f"image {index} is a {CLASSES[index]}"
    distances = np.sqrt(((images - images[digit == CLASSES].mean(axis=0)) ** 2).sum(axis=(1, 2)))
    return (
        f"image {index} is {distances[index]:.0f} away from the mean of the {digit}s, another "
        f"{digit} is {distances[expected]:.0f} away"
    )


def _most_ordinary(images, labels, digit):
    where = np.flatnonzero(labels == digit)
    gaps = images[where] - images[where].mean(axis=0)
    return where[(gaps**2).sum(axis=(1, 2)).argmin()]


def _from_the_mean_of_all(images, labels, digit):
    where = np.flatnonzero(labels == digit)
    gaps = images[where] - images.mean(axis=0)
    return where[(gaps**2).sum(axis=(1, 2)).argmax()]


def _index_within_the_class(images, labels, digit):
    mine = images[labels == digit]
    return ((mine - mine.mean(axis=0)) ** 2).sum(axis=(1, 2)).argmax()


def _any_class(images, labels, digit):
    gaps = images - images[labels == digit].mean(axis=0)
    return (gaps**2).sum(axis=(1, 2)).argmax()


def _by_absolute_distance(images, labels, digit):
    where = np.flatnonzero(labels == digit)
    return where[np.abs(images[where] - images[where].mean(axis=0)).sum(axis=(1, 2)).argmax()]


def _by_the_largest_difference(images, labels, digit):
    where = np.flatnonzero(labels == digit)
    return where[np.abs(images[where] - images[where].mean(axis=0)).max(axis=(1, 2)).argmax()]


def _from_the_median(images, labels, digit):
    where = np.flatnonzero(labels == digit)
    gaps = images[where] - np.median(images[where], axis=0)
    return where[(gaps**2).sum(axis=(1, 2)).argmax()]


MISTAKEN = (
    (_most_ordinary, "It is the nearest to the mean of its class: the most ordinary one"),
    (_from_the_mean_of_all, "It is the farthest from the mean of all images; take its class's"),
    (
        _index_within_the_class,
        "That is the place among the images of the class, counted from 0: which index has it "
        "among all images?",
    ),
    (_any_class, "It is far from the mean of the class, but has another label"),
    (_by_absolute_distance, "It is the farthest if you add differences without squaring them"),
    (_by_the_largest_difference, "It has the largest single difference; add the squares of all"),
    (_from_the_median, "It is the farthest from the median image; the mean was asked for"),
)


def _the_image(images, labels, digit):
    return images[strangest(images, labels, digit)]


def _most_ink(images, labels, digit):
    where = np.flatnonzero(labels == digit)
    return where[images[where].sum(axis=(1, 2)).argmax()]


def _by_a_loop(images, labels, digit):
    mean = images[labels == digit].mean(axis=0)
    best, farthest = None, -1.0
    for index, image in enumerate(images):
        distance = np.sqrt(((image.astype(float) - mean) ** 2).sum())
        if labels[index] == digit and distance > farthest:
            best, farthest = index, distance
    return best


def _by_masking(images, labels, digit):
    gaps = images.astype(np.float32) - images[labels == digit].mean(axis=0)
    distances = np.linalg.norm(gaps.reshape(len(images), -1), axis=1)
    return int(np.where(labels == digit, distances, 0).argmax())


def _by_sorting(images, labels, digit):
    where = np.flatnonzero(labels == digit)
    flat = images[where].reshape(len(where), -1)
    distances = pairwise_distances(flat, flat.mean(axis=0, keepdims=True)).ravel()
    return where[np.argsort(distances)[-1]]


EXERCISES = (
    Exercise(
        id="5.1",
        title="read digits by their nearest mean",
        solution=nearest_mean,
        reason="`image - means` subtracts the image from all ten means at once; squaring "
        "before summing keeps positive and negative differences from cancelling, and argmin "
        "says at which digit the smallest distance stands. astype(float) keeps two uint8 "
        "arrays from wrapping around. The root may be left out: it changes no order.",
        check=_check_nearest_mean,
        hints=(
            "Start with one image: how far is it from each of the ten means?",
            "Ten distances, and the position of the smallest one is the label: "
            "`distances.argmin()`.",
            "Go through the images in a loop: `distances_to(means, image)` of the lesson gives "
            "the ten distances of one. Append the argmin to a list.",
        ),
        wrong=(
            (_farthest_mean, "the farthest means"),
            (_without_the_square, "cancel in your sum"),
            (_absolute_differences, "Pythagoras squares"),
            (_sum_over_all_axes, "axis=(1, 2) leaves ten distances"),
            (_largest_difference, "one large difference does not decide"),
            (_squares_in_int16, "does not fit into int16"),
            (_median_of_squares, "but you answer"),
            (_only_the_first_row, "but you answer"),
            (_all_at_once, "one at a time"),
            (_wraps_around, "is 254 in uint8"),
            (_all_distances, "the distances?"),
            (_smallest_distances, "not distances"),
            (_nearest_image, "the labels of 12 images should have shape (12,)"),
            (lambda images, means: [3] * len(images), "but you answer 3"),
            (lambda images, means: ["7"] * len(images), "should consist of numbers"),
        ),
        right=(
            *(_by_broadcasting, _by_loops, _by_generator, _by_scikit_learn),
            _by_one_neighbour,
        ),
    ),
    Exercise(
        id="5.2",
        title="count the components that keep a share",
        solution=components_needed,
        reason="np.cumsum adds up as it goes, and dividing by the total turns the running sum "
        "into shares. The components before the share is reached are too few, so one more "
        "than their number is enough.",
        check=_check_components_needed,
        hints=(
            "Add the variances one after the other. After how many do you have enough?",
            "`np.cumsum(variances)` is the running sum. Divide it by the total to get shares.",
            "In how many places is the running share still below `share`? You need one more.",
        ),
        wrong=(
            (_counts_from_zero, "keeping 2 keeps 65%, too little for 75%"),
            (_more_than_the_share, "Exactly the share is enough"),
            (_of_the_largest, "keeping 1 keeps 40%, too little for 75%"),
            (lambda variances, share: components_needed(variances, 0.8), "would do"),
            (_one_too_many, "more than needed: 3 would do"),
            (_not_cumulative, "a whole number from 1 to 6"),
            (_not_a_fraction, "Did you divide by the sum of all variances?"),
            (_the_share_itself, "a whole number from 1 to 6"),
            (_share_of_the_number, "more than needed"),
        ),
        right=(_by_adding_up, _by_searching, _by_the_first_true, _as_a_float),
    ),
    Exercise(
        id="5.3",
        title="find the strangest image of a class",
        solution=strangest,
        reason="The mean and the distances are taken within the class; np.flatnonzero keeps "
        "the positions of the class among all images, so the winner's place in the class can "
        "be turned back into an index of `images`.",
        check=_check_strangest,
        hints=(
            "`np.flatnonzero(labels == digit)` gives the positions of the class. Take the mean "
            "of those images only.",
            "How far is each of them from that mean? `argmax` of the distances is a place "
            "within the class.",
            "With `where` the positions and `place` the argmax, the answer is `where[place]`.",
        ),
        wrong=(
            (_most_ordinary, "the most ordinary one"),
            (_from_the_mean_of_all, "the farthest from the mean of all images"),
            (_index_within_the_class, "counted from 0"),
            (_any_class, "has another label"),
            (_by_absolute_distance, "without squaring"),
            (_by_the_largest_difference, "largest single difference"),
            (_from_the_median, "the median image"),
            (_the_image, "not the image itself"),
            (_most_ink, "another 7 is"),
            (lambda images, labels, digit: 9, "image 9 is a 7"),
        ),
        right=(_by_a_loop, _by_masking, _by_sorting),
    ),
)
