"""Day 5: the nearest mean, how many components are enough, the strangest image of a class."""

import numpy as np

from .engine import Exercise, NotYet, call, require, require_equal, require_shape

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


def _unsquared() -> tuple[np.ndarray, np.ndarray]:
    """An image and ten means: the nearest is 7, with the differences unsquared it is 3."""
    means = np.full((10, 784), 200.0)
    means[7] = 100 + 40.0 * (np.arange(784) < 100)  # 100 differences of 40
    means[3] = 100 + 100.0 * (np.arange(784) < 20)  # 20 differences of 100
    return np.full((2, 28, 28), 100, np.uint8), means.reshape(10, 28, 28)


def nearest_mean(images, means):
    labels = []
    for image in images:
        gaps = image.astype(float) - means
        distances = np.sqrt((gaps**2).sum(axis=(1, 2)))
        labels.append(distances.argmin())
    return np.array(labels)


def _check_nearest_mean(answer):
    templates = _templates()
    images = _near(templates)
    cases = (("float64", templates.astype(float)), ("uint8", templates))
    for dtype, means in cases:
        shown = f"nearest_mean(12 images, ten means of dtype {dtype})"
        labels = _call_with_hint(answer, images.copy(), means.copy(), shown)
        _require_labels(labels, len(images))
        labels = np.asarray(labels)
        require(
            dtype == "float64" or np.array_equal(labels, NEAREST),
            "right for means of dtype float64, wrong for uint8: 3 - 5 is 254 there. Make one "
            "of the two a float before you subtract",
        )
        _require_nearest(labels, images, means)
    labels = call(answer, *_unsquared(), shown="nearest_mean(2 images, ten means)")
    require(
        list(labels) != [3, 3],
        "100 differences of 40 are nearer than 20 of 100: square the differences before you "
        "add them, as Pythagoras does",
    )
    require_equal(np.asarray(labels), [7, 7], what="the labels of two equal images")


def _call_with_hint(answer, images, means, shown):
    try:
        return call(answer, images, means, shown=shown)
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


def _require_nearest(labels, images, means):
    if np.array_equal(labels, NEAREST):
        return
    distances = np.sqrt(((images[:, None].astype(float) - means) ** 2).sum(axis=(2, 3)))
    require(
        not np.array_equal(labels, distances.argmax(axis=1)),
        "these are the labels of the farthest means, not of the nearest",
    )
    require(
        len(set(labels.tolist())) > 1,
        f"all twelve answers are {labels[0]}, for different images: do positive and negative "
        "differences cancel in your sum? Square them first",
    )
    i = int(np.flatnonzero(labels != NEAREST)[0])
    right, yours = distances[i, NEAREST[i]], distances[i, int(labels[i])]
    raise NotYet(
        f"image {i} is {right:.0f} away from mean {NEAREST[i]}, but you answer {labels[i]}, "
        f"whose mean is {yours:.0f} away"
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


def _smallest_distances(images, means):
    return [((i.astype(float) - means) ** 2).sum(axis=(1, 2)).min() for i in images]


def _nearest_image(images, means):
    gaps = images[:, None].astype(float) - means
    return (gaps**2).sum(axis=(2, 3)).argmin(axis=0)


def _only_the_first_row(images, means):
    gaps = images[:, None, 0].astype(float) - means[:, 0]
    return (gaps**2).sum(axis=2).argmin(axis=1)


# --- 5.2 -------------------------------------------------------------------------------------

SHARES = np.array([0.4, 0.25, 0.15, 0.1, 0.06, 0.04])  # running: 40, 65, 80, 90, 96, 100 %


def components_needed(variances, share):
    kept = np.cumsum(variances) / np.sum(variances)
    return int((kept < share).sum()) + 1


def _check_components_needed(answer):
    for total in (1, 200):
        variances = SHARES * total
        for share in (0.75, 0.3, 0.85, 0.97):
            shown = f"components_needed({variances.round(2).tolist()}, {share})"
            found = call(answer, variances.copy(), share, shown=shown)
            is_number = np.ndim(found) == 0 and np.asarray(found).dtype.kind in "iuf"
            require(is_number, f"{shown}: one number is asked for, yours is {found!r}")
            expected = components_needed(variances, share)
            require(found == expected, _why_not(found, expected, shown, share, total))


def _why_not(found, expected, shown, share, total):
    """What a wrong number of components keeps, in percent."""
    if not 0 <= found <= len(SHARES) or found != int(found):
        return f"{shown}: a whole number from 1 to 6 is asked for, yours is {found!r}"
    if found == (share <= SHARES).sum():
        return f"{shown}: {found} of the variances reach {share:.0%} alone; add them up as you go"
    kept = f"keeping {found} keeps {SHARES[: int(found)].sum():.0%}"
    undivided = ". Did you divide by the sum of all variances?" if total > 1 else ""
    if found < expected:
        return f"{shown}: {kept}, too little for {share:.0%}{undivided}"
    fewer = f"{expected} would do, with {SHARES[:expected].sum():.0%}"
    return f"{shown}: {kept}, more than needed: {fewer}{undivided}"


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


def _share_of_the_number(variances, share):
    return int(np.ceil(share * len(variances)))


# --- 5.3 -------------------------------------------------------------------------------------

CLASSES = np.array([2, 7, 2, 7, 7, 2, 7, 2, 7, 2], dtype=np.uint8)  # the 7s: 1, 3, 4, 6, 8


def _odd_ones() -> np.ndarray:
    """The 2s are all ink, but for one; the 7s hardly any, but for two.

    Image 6 is farthest from the 7s' mean, image 1 from the mean of all, image 0 (a 2) is
    farther from the 7s' mean than any 7.
    """
    images = np.random.default_rng(53).integers(0, 20, (10, 28, 28))
    images[CLASSES == 2] += 130
    images[0] += 100
    images[CLASSES == 7, :14] += 100
    images[6, :14] -= 100
    images[6, 14:] += 100
    images[1, :14] = 0
    return images.clip(0, 255).astype(np.uint8)


def strangest(images, labels, digit):
    where = np.flatnonzero(labels == digit)
    gaps = images[where] - images[where].mean(axis=0)
    return where[(gaps**2).sum(axis=(1, 2)).argmax()]


def _check_strangest(answer):
    images = _odd_ones()
    index = call(
        answer, images.copy(), CLASSES.copy(), 7, shown=f"strangest(images, {CLASSES.tolist()}, 7)"
    )
    require(
        np.shape(index) != (28, 28), "the index of the image is asked for, not the image itself"
    )
    require(np.shape(index) == (), f"one index is asked for, yours is {index!r}")
    require(index in range(len(images)), f"an index from 0 to 9 is asked for, yours is {index!r}")
    require(
        index != 3,
        "the 7s are images 1, 3, 4, 6 and 8. The strangest is number 3 of those, counted from "
        "0: which index has it among all images?",
    )
    _require_strangest(int(index), images)
    again = call(answer, images, CLASSES, 2, shown=f"strangest(images, {CLASSES.tolist()}, 2)")
    require_equal(again, 0, what="right for the 7s, but the strangest 2")


def _require_strangest(index, images):
    require(
        CLASSES[index] == 7,
        f"asked for a 7, you returned image {index}, which is a {CLASSES[index]}",
    )
    sevens = np.flatnonzero(CLASSES == 7)
    own = np.sqrt(((images - images[sevens].mean(axis=0)) ** 2).sum(axis=(1, 2)))
    everyone = np.sqrt(((images - images.mean(axis=0)) ** 2).sum(axis=(1, 2)))
    require(
        index != sevens[own[sevens].argmin()],
        f"image {index} is the nearest of all 7s to their mean: the most ordinary one",
    )
    require(
        index != sevens[everyone[sevens].argmax()],
        f"image {index} is the 7 farthest from the mean of all images; measure from the mean "
        "of the 7s",
    )
    require(
        index == 6,
        f"image {index} is {own[index]:.0f} away from the mean of the 7s, another 7 is "
        f"{own[sevens].max():.0f} away",
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


def _the_image(images, labels, digit):
    return images[strangest(images, labels, digit)]


def _most_ink(images, labels, digit):
    where = np.flatnonzero(labels == digit)
    return where[images[where].sum(axis=(1, 2)).argmax()]


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
            (_without_the_square, "differences cancel"),
            (_absolute_differences, "as Pythagoras does"),
            (_all_at_once, "one at a time"),
            (_wraps_around, "wrong for uint8"),
            (_all_distances, "the distances?"),
            (_smallest_distances, "not distances"),
            (_nearest_image, "the labels of 12 images should have shape (12,)"),
            (lambda images, means: [3] * len(images), "all twelve answers are 3"),
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
            (_one_too_many, "more than needed: 3 would do"),
            (_not_cumulative, "add them up as you go"),
            (_not_a_fraction, "Did you divide by the sum of all variances?"),
            (_the_share_itself, "a whole number from 1 to 6"),
            (_share_of_the_number, "more than needed"),
        ),
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
            (_from_the_mean_of_all, "farthest from the mean of all images"),
            (_index_within_the_class, "number 3 of those, counted from 0"),
            (_any_class, "asked for a 7"),
            (_the_image, "not the image itself"),
            (_most_ink, "another 7 is"),
        ),
    ),
)
