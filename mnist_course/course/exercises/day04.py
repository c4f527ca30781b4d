"""Day 4: shares of the classes, find an image, find copies."""

from collections.abc import Iterator, ValuesView
from itertools import pairwise

import numpy as np

from .engine import Exercise, NotYet, call, is_rounded, require, require_equal, require_shape

LABELS = np.array([3, 1, 4, 1, 5, 9, 2, 5, 3, 5, 8, 9, 7, 9], dtype=np.uint8)  # no 0, no 6


def _images(number: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (number, 28, 28), dtype=np.uint8)


# --- 4.1 -------------------------------------------------------------------------------------


def class_shares(labels):
    return [(labels == digit).mean() for digit in range(10)]


def _check_class_shares(answer):
    # neither 8 nor 9: bincount gives eight counts
    low = np.append(LABELS[LABELS < 8], np.zeros(2, np.uint8))
    for labels in (LABELS, low):
        shares = call(answer, labels, shown=f"class_shares(np.array({labels.tolist()}))")
        require(
            not isinstance(shares, dict),
            "ten shares in the order of the digits, like [0.1, 0.0, ...], not a dictionary",
        )
        if isinstance(shares, Iterator | ValuesView):  # a generator, or dict.values()
            shares = list(shares)
        require_shape(shares, (10,), what="the ten shares, also of digits that never occur,")
        _compare_shares(np.asarray(shares, float), np.array(class_shares(labels)), labels)


def _compare_shares(shares, expected, labels):
    total = shares.sum()
    require(
        not is_rounded(shares, expected) or np.allclose(shares, expected, atol=1e-6),
        "the shares are rounded: leave them as they are",
    )
    require(
        np.isclose(total, 1, atol=2e-3),  # float16 is told apart below
        f"shares add up to 1, yours add up to {total:g}: divide by the number of labels",
    )
    same_but_moved = np.allclose(np.sort(shares), np.sort(expected))
    require(
        not same_but_moved or np.allclose(shares, expected),
        "the shares are right but not in the order of the digits 0 to 9",
    )
    require_equal(shares, expected, what=f"the shares of {labels.tolist()}", within=1e-6)


def _shares_without_absent(labels):
    return np.unique(labels, return_counts=True)[1] / len(labels)


def _shares_of_bincount(labels):
    return np.bincount(labels) / len(labels)


def _shares_as_dictionary(labels):
    return {int(label): (labels == label).mean() for label in labels}


def _shares_sorted(labels):
    return sorted(class_shares(labels), reverse=True)


def _counts_not_shares(labels):
    return [(labels == digit).sum() for digit in range(10)]


def _shares_of_what_is_not_0(labels):
    return [(labels == digit).sum() / np.count_nonzero(labels) for digit in range(10)]


def _shares_rounded(labels):
    return [round((labels == digit).mean(), 2) for digit in range(10)]


def _shares_by_generator(labels):
    return ((labels == digit).sum() / labels.size for digit in range(10))


def _shares_as_values(labels):
    counts = dict.fromkeys(range(10), 0)
    for label in labels:
        counts[int(label)] += 1
    return {digit: count / len(labels) for digit, count in counts.items()}.values()


def _shares_in_float32(labels):
    return (np.bincount(labels, minlength=10) / len(labels)).astype(np.float32)


def _shares_by_pandas(labels):
    import pandas as pd

    found = pd.Series(labels).value_counts(normalize=True)
    return found.reindex(range(10), fill_value=0)


def _shares_in_percent(labels):
    return [100 * (labels == digit).mean() for digit in range(10)]


def _equal_shares(labels):
    return [0.1] * 10


# --- 4.2 -------------------------------------------------------------------------------------


def find_nth(labels, digit, n):
    return np.flatnonzero(labels == digit)[n]


def _check_find_nth(answer):
    for labels, digit, n in ((LABELS, 5, 1), (LABELS, 9, 2), (LABELS, 3, 0), (LABELS[2:], 5, 1)):
        shown = f"find_nth(np.array({labels.tolist()}), {digit}, {n})"
        found = call(answer, labels, digit, n, shown=shown)
        require(np.shape(found) == (), f"one index is asked for, yours is {found!r}")
        whole = isinstance(found, int | np.integer) or np.asarray(found).dtype.kind in "iu"
        require(whole, f"an index is a whole number, yours is {found!r}")
        places = [i for i, label in enumerate(labels) if label == digit]
        require(
            not isinstance(found, bool | np.bool) and found in range(len(labels)),
            f"an index from 0 to {len(labels) - 1} is asked for, yours is {found!r}",
        )
        if labels[int(found)] != digit:
            raise NotYet(f"{shown} is {found}, but there stands a {labels[int(found)]}")
        require(
            found == places[n],
            f"the {digit}s stand at {places}; counted from 0, number {n} is at {places[n]}, "
            f"yours is {found}",
        )


def _counts_from_one(labels, digit, n):
    return np.flatnonzero(labels == digit)[n - 1]


def _place_in_the_class(labels, digit, n):
    return n


def _always_the_first(labels, digit, n):
    return (labels == digit).argmax()


def _index_as_a_float(labels, digit, n):
    return float(find_nth(labels, digit, n))


def _nth_in_a_loop(labels, digit, n):
    for index, label in enumerate(labels):
        if label == digit:
            if n == 0:
                return index
            n -= 1


def _nth_by_where(labels, digit, n):
    return np.where(np.asarray(labels) == digit)[0][n : n + 1].item()


def _nth_as_an_array(labels, digit, n):
    return np.array(np.arange(len(labels))[labels == digit][n])


def _all_places(labels, digit, n):
    return np.flatnonzero(labels == digit)


def _the_label(labels, digit, n):
    return labels[labels == digit][n]


# --- 4.3 -------------------------------------------------------------------------------------


def count_copies(images):
    return len(images) - len({image.tobytes() for image in images})


def _check_count_copies(answer):
    a, b, c = _images(3, seed=7)
    same_ink = a[::-1]  # upside down: the same pixels in other places
    other_end, other_grey = a.copy(), a // 2 + 1
    other_end[-1, -1] ^= 1  # one pixel, the last
    inked = np.maximum(a, 1)
    cases = (
        ("three images, the last two of them equal", np.stack([b, a, a]), 1),
        ("two images that differ in the last pixel only", np.stack([a, other_end]), 0),
        ("two images with ink in the same places, but paler", np.stack([inked, other_grey]), 0),
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


def _copies_of_the_first(images):
    return sum(np.array_equal(image, images[0]) for image in images[1:])


def _copies_by_first_row(images):
    return len(images) - len({image[0].tobytes() for image in images})


def _copies_of_where_ink_is(images):
    return len(images) - len({(image > 0).tobytes() for image in images})


def _copies_of_texts(images):
    return len(images) - len({str(image)[:200] for image in images})


def _copies_in_a_loop(images):
    seen, copies = set(), 0
    for image in images:
        key = tuple(image.ravel().tolist())
        copies += key in seen
        seen.add(key)
    return copies


def _copies_by_unique(images):
    return len(images) - len(np.unique(np.reshape(images, (len(images), -1)), axis=0))


def _copies_by_comparing(images):
    count = 0
    for i in range(len(images)):
        count += any((images[i] == images[k]).all() for k in range(i))
    return float(count)


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
        title="the share of each class",
        solution=class_shares,
        reason="`labels == digit` is a mask of True and False; True counts as 1, so its mean is "
        "the share. Going through range(10) keeps the order and gives 0 for a digit that never "
        "occurs. np.bincount(labels, minlength=10) / len(labels) does the same: without "
        "minlength the result is too short when the last digits are missing.",
        check=_check_class_shares,
        hints=(
            "For one digit: `labels == 7` is a mask. What does its `.mean()` give?",
            "Do that for every digit in range(10) and collect the ten numbers in a list.",
            "`shares.append((labels == digit).mean())` inside `for digit in range(10):`",
        ),
        wrong=(
            (_shares_without_absent, "also of digits that never occur"),
            (_shares_of_bincount, "yours has (8,)"),
            (_shares_as_dictionary, "not a dictionary"),
            (_shares_sorted, "not in the order of the digits"),
            (_counts_not_shares, "divide by the number of labels"),
            (_shares_of_what_is_not_0, "divide by the number of labels"),
            (_shares_in_percent, "yours add up to 100"),
            (_equal_shares, "the shares of"),
            (_shares_rounded, "the shares are rounded"),
        ),
        right=(_shares_by_generator, _shares_as_values, _shares_in_float32, _shares_by_pandas),
    ),
    Exercise(
        id="4.2",
        title="find the n-th image of a class",
        solution=find_nth,
        reason="np.flatnonzero lists the indices at which a mask is True, in order; number n of "
        "that list is the index asked for. A loop that counts the matches does it as well.",
        check=_check_find_nth,
        hints=(
            "Go through the labels with their index, and count how many equal the digit.",
            "`np.arange(len(labels))` holds all indices. Which does the mask keep?",
            "`np.flatnonzero(mask)` gives the indices where a mask is True. Take number n.",
        ),
        wrong=(
            (_counts_from_one, "counted from 0"),
            (_place_in_the_class, "but there stands a"),
            (_always_the_first, "counted from 0, number 1 is at 7"),
            (_all_places, "one index is asked for"),
            (_the_label, "but there stands a"),
            (_index_as_a_float, "an index is a whole number"),
        ),
        right=(_nth_in_a_loop, _nth_by_where, _nth_as_an_array),
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
            "Images cannot go into a set, their bytes can: `image.tobytes()`.",
            "Is an image's `tobytes()` already in the set of those seen before? Then it is a copy.",
            "Or: copies = all images minus the distinct ones.",
        ),
        wrong=(
            (_copies_of_ink, "its mirror image, which is no copy"),
            (_copies_in_a_row, "a copy of the first: 1 expected, yours is 0"),
            (_distinct_images, "1 expected, yours is 2"),
            (_all_that_occur_twice, "1 expected, yours is 2"),
            (_copies_of_the_first, "the last two of them equal: 1 expected, yours is 0"),
            (_copies_by_first_row, "differ in the last pixel only"),
            (_copies_of_where_ink_is, "differ in the last pixel only"),
            (_copies_of_texts, "differ in the last pixel only"),
        ),
        right=(_copies_in_a_loop, _copies_by_unique, _copies_by_comparing),
    ),
)
