"""Day 4: count classes, find an image, find copies."""

from itertools import pairwise

import numpy as np

from .engine import Exercise, NotYet, call, require, require_equal, require_shape

LABELS = np.array([3, 1, 4, 1, 5, 9, 2, 5, 3, 5, 8, 9, 7, 9], dtype=np.uint8)  # no 0, no 6


def _images(number: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (number, 28, 28), dtype=np.uint8)


# --- 4.1 -------------------------------------------------------------------------------------


def class_counts(labels):
    return [int((labels == digit).sum()) for digit in range(10)]


def _check_class_counts(answer):
    counts = call(answer, LABELS, shown=f"class_counts({LABELS.tolist()})")
    require(
        not isinstance(counts, dict),
        "ten counts in the order of the digits, like [2, 0, 5, ...], not a dictionary",
    )
    require_shape(counts, (10,), what="a list of ten counts, also of digits that never occur,")
    expected = class_counts(LABELS)
    require(
        sorted(counts) != sorted(expected) or list(counts) == expected,
        f"the counts are right but not in the order of the digits 0 to 9: {list(counts)}",
    )
    require_equal(np.asarray(counts), np.array(expected), what=f"the counts of {LABELS.tolist()}")


def _counts_without_absent(labels):
    return np.unique(labels, return_counts=True)[1]


def _counts_as_dictionary(labels):
    return {int(label): int((labels == label).sum()) for label in labels}


def _counts_sorted(labels):
    return sorted(class_counts(labels), reverse=True)


def _counts_nine_digits(labels):
    return [int((labels == digit).sum()) for digit in range(1, 10)]


def _sums_instead(labels):
    return [int(labels[labels == digit].sum()) for digit in range(10)]


# --- 4.2 -------------------------------------------------------------------------------------


def nth_of_class(images, labels, digit, n):
    return images[labels == digit][n]


def _check_nth_of_class(answer):
    images = _images(len(LABELS), seed=42)
    shown = f"nth_of_class(images, {LABELS.tolist()}, 5, 1)"
    image = call(answer, images, LABELS, 5, 1, shown=shown)
    require_shape(image, (28, 28), what="one image")
    where = np.flatnonzero((images == image).all(axis=(1, 2)))
    require(where.size > 0, "the result is none of the images: select, do not compute")
    index = int(where[0])
    if LABELS[index] != 5:
        raise NotYet(f"asked for a 5, you returned image {index}, which is a {LABELS[index]}")
    require(
        index == 7,
        f"the 5s are images 4, 7 and 9; counted from 0, number 1 is image 7, yours is {index}",
    )


def _counts_from_one(images, labels, digit, n):
    return images[labels == digit][n - 1]


def _ignores_class(images, labels, digit, n):
    return images[n]


def _first_n(images, labels, digit, n):
    return images[labels == digit][: n + 1]


def _swapped(images, labels, digit, n):
    return images[labels == n][digit % (labels == n).sum()]


# --- 4.3 -------------------------------------------------------------------------------------


def count_copies(images):
    return len(images) - len({image.tobytes() for image in images})


def _check_count_copies(answer):
    a, b, c = _images(3, seed=7)
    same_ink = a[::-1]  # upside down: the same pixels in other places
    cases = (
        ("two images and a copy of the first", np.stack([a, b, a]), 1),
        ("one image three times", np.stack([a, a, a]), 2),
        ("three different images", np.stack([a, b, c]), 0),
        ("an image and its mirror image, which is no copy", np.stack([a, same_ink]), 0),
    )
    for name, images, expected in cases:
        found = call(answer, images, shown=f"count_copies of {name}")
        require(np.shape(found) == (), f"one number is asked for, yours is {found!r}")
        require(found == expected, f"{name}: {expected} expected, yours is {found}")


def _copies_of_ink(images):
    return len(images) - len({int(image.sum()) for image in images})


def _copies_in_a_row(images):
    return sum(np.array_equal(a, b) for a, b in pairwise(images))


def _distinct_images(images):
    return len({image.tobytes() for image in images})


def _all_that_occur_twice(images):
    seen = [image.tobytes() for image in images]
    return sum(seen.count(image) > 1 for image in seen)


EXERCISES = (
    Exercise(
        id="4.1",
        title="count the images of each class",
        solution=class_counts,
        reason="`labels == digit` is a mask of True and False, and True counts as 1 in a sum. "
        "Going through range(10) keeps the order and gives 0 for a digit that never occurs. "
        "np.bincount(labels, minlength=10) does the same in one call.",
        check=_check_class_counts,
        hints=(
            "For one digit: `labels == 7` is a mask. What does its `.sum()` give?",
            "Do that for every digit in range(10) and collect the ten numbers in a list.",
            "`return [(labels == digit).sum() for digit in range(10)]`",
        ),
        wrong=(
            (_counts_without_absent, "also of digits that never occur"),
            (_counts_as_dictionary, "not a dictionary"),
            (_counts_sorted, "not in the order of the digits"),
            (_counts_nine_digits, "should have shape (10,)"),
            (_sums_instead, "the counts of"),
        ),
    ),
    Exercise(
        id="4.2",
        title="find the n-th image of a class",
        solution=nth_of_class,
        reason="The mask `labels == digit` keeps the images of that class in their order; "
        "indexing the result then counts within the class, from 0.",
        check=_check_nth_of_class,
        hints=(
            "Day 2's masks: `images[mask]` keeps the images where the mask is True.",
            "First keep the images of the class, then take number n of those.",
        ),
        wrong=(
            (_counts_from_one, "counted from 0"),
            (_ignores_class, "asked for a 5"),
            (_first_n, "one image should have shape (28, 28)"),
            (_swapped, "asked for a 5"),
        ),
    ),
    Exercise(
        id="4.3",
        title="count the copies",
        solution=count_copies,
        reason="Two images are copies when all their bytes agree. A set keeps one of each, so "
        "what it leaves out are the copies. len(np.unique(images, axis=0)) counts the distinct "
        "ones as well, only slower.",
        check=_check_count_copies,
        hints=(
            "A set keeps one of each. Images cannot go into a set, their bytes can: "
            "`image.tobytes()`.",
            "Copies = all images minus the distinct ones.",
        ),
        wrong=(
            (_copies_of_ink, "its mirror image, which is no copy"),
            (_copies_in_a_row, "a copy of the first: 1 expected, yours is 0"),
            (_distinct_images, "1 expected, yours is 2"),
            (_all_that_occur_twice, "1 expected, yours is 2"),
        ),
    ),
)
