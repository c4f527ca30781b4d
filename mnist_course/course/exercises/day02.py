"""Day 2: invert without overflow, the mean image of a class, ink per image."""

import re

import numpy as np

from .engine import Exercise, NotYet, call, require, require_equal, require_shape


def _images(number: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (number, 28, 28), dtype=np.uint8)


# --- 2.1 -------------------------------------------------------------------------------------


def invert(images):
    return 255 - images


def _check_invert(answer):
    for name, images in (
        ("one image", _images(1, seed=21)[0] // 2 + 20),  # neither 0 nor 255 in it
        ("three images", _images(3, seed=22)),
    ):
        result = _call_with_bytes(answer, images, shown=f"invert({name})")
        require_shape(result, images.shape, what=f"invert({name})")
        _check_tones(images.reshape(-1), np.reshape(result, -1))
        found = getattr(result, "dtype", type(result).__name__)
        require(
            found == np.uint8,
            f"the numbers are right, but pixels are uint8 and yours are {found}",
        )


def _call_with_bytes(answer, images, *, shown):
    """Call, and say in plain words when NumPy refuses a number that is no byte."""
    try:
        return call(answer, images, shown=shown, pure=True)
    except NotYet as problem:
        if not isinstance(problem.__cause__, OverflowError):
            raise
        number = re.search(r"-?\d+", str(problem.__cause__))
        raise NotYet(
            f"{number[0] if number else 'a number'} does not fit in a byte: what do a tone and "
            "its inverse add up to?"
        ) from None


def _check_tones(before, after):
    """Compare tone by tone: the darkest, the palest, then any that differ."""
    expected = 255 - before
    places = [before.argmax(), before.argmin(), *np.flatnonzero(after != expected)]
    for place in places:
        require(
            after[place] == expected[place],
            f"a pixel of {before[place]} should become {expected[place]}, "
            f"yours became {after[place]}",
        )


def _minus(images):
    return -images


def _one_minus(images):
    return 1 - images


def _from_256(images):
    return 256 - images


def _from_darkest(images):
    return images.max() - images


def _in_place(images):
    images[:] = 255 - images
    return images


def _as_float(images):
    return 255.0 - images


def _invert_by_not(images):
    return ~images


def _invert_one_by_one(images):
    result = np.zeros_like(images)
    for place in np.ndindex(images.shape):
        result[place] = 255 - int(images[place])
    return result


def _invert_in_wide_numbers(images):
    return np.abs(images.astype(int) - 255).astype("uint8")


def _invert_by_table(images):
    return np.arange(255, -1, -1, dtype=np.uint8)[images]


def _upside_down(images):
    return images[..., ::-1, :]


def _wrong_way_round(images):
    return np.abs(images - 255)


# --- 2.2 -------------------------------------------------------------------------------------


def class_mean(images, labels, digit):
    return images[labels == digit].mean(axis=0)


def _check_class_mean(answer):
    labels = np.array([3, 7, 3, 1, 7, 3, 3, 1, 8, 3], dtype=np.uint8)
    images = _images(len(labels), seed=23) // 2 + 120  # dark: a byte cannot hold the sum of two
    shown = f"class_mean(images, {labels.tolist()}, 3)"
    mean = _call_with_small_set(answer, images, labels, 3, shown=shown)
    require_shape(mean, (28, 28), what="the average of some images is one image: it")
    mean = np.asarray(mean, dtype=float)
    require(not np.isnan(mean).any(), "the mean of no images is nan: is your mask right?")
    expected = class_mean(images, labels, 3)
    threes = images[labels == 3]
    for mistake, message in (
        (images.mean(axis=0), "that is the average of all images, of whatever class"),
        (threes.sum(axis=0), "that is the sum of the 3s: divide by how many there are"),
        (threes.sum(axis=0) / len(images), "divide by the number of 3s, not of all images"),
        (images[labels != 3].mean(axis=0), "that is the mean of all that are no 3s"),
        (expected.T, "rows and columns are swapped"),
        (np.median(threes, axis=0), "that is the median of the 3s, not their mean"),
    ):
        require(not np.allclose(mean, mistake), message)
    times = mean / expected
    require(
        np.ptp(times) > 1e-4 or np.isclose(times.mean(), 1, atol=1e-3),
        f"each pixel is {times.mean():.3g} times the mean: divide the sum by the number of 3s, "
        "and by nothing else",
    )
    require(
        mean.mean() > 0.6 * expected.mean(),
        "the result is too pale: were bytes added to bytes? Their sum wraps around at 256",
    )
    coarse = mean.astype(np.float16) == mean
    rough = coarse.all() and not np.allclose(mean, expected, rtol=1e-5)
    require(
        not rough or np.abs(mean - expected).max() > 0.1 or not (mean % 1).any(),
        "the mean is rounded: float16 keeps three digits only. Leave the dtype as mean gives it",
    )
    rounded = not (mean % 1).any() and np.allclose(mean, expected, rtol=0, atol=1)
    require(not rounded, "the fractions are lost: keep the mean as it is, do not round it")
    _check_mean(mean, expected, what="the mean of the 3s")
    ones = call(answer, images, labels, 1, shown=shown.replace("3)", "1)"))
    require_shape(ones, (28, 28), what="the mean of the 1s")
    _check_mean(np.asarray(ones), class_mean(images, labels, 1), what="the mean of the 1s")
    images, labels = images[::-1] // 3, labels[::-1]
    threes = call(answer, images, labels, 3, shown="class_mean of other images")
    require_shape(threes, (28, 28), what="the mean of other 3s")
    expected = class_mean(images, labels, 3)
    _check_mean(np.asarray(threes), expected, what="the mean of the 3s among other images")
    swapped = np.where(labels == 3, 7, 3)
    threes = call(answer, images, swapped, 3, shown="class_mean with other labels")
    require_shape(threes, (28, 28), what="the mean of the 3s with other labels")
    expected = class_mean(images, swapped, 3)
    _check_mean(np.asarray(threes), expected, what="the mean of the 3s with other labels")


def _call_with_small_set(answer, images, labels, digit, *, shown):
    """Call; nine labels and 60,000 images at once mean that a name of the notebook was used."""
    try:
        return call(answer, images, labels, digit, shown=shown)
    except NotYet as problem:
        if not re.search("60000", str(problem)):
            raise
        raise NotYet(
            "your function uses x_train or y_train of the notebook; it should use what it is "
            "given: images and labels"
        ) from None


def _check_mean(mean, expected, *, what):
    """Name the worst pixel: two whole images would fill the screen."""
    row, column = np.unravel_index(np.abs(mean - expected).argmax(), expected.shape)
    require_equal(
        mean[row, column].item(),
        expected[row, column].item(),
        what=f"{what} in row {row}, column {column}",
        within=1e-4,
    )


def _mean_of_everything(images, labels, digit):
    return images[labels == digit].mean()


def _mean_per_image(images, labels, digit):
    return images[labels == digit].mean(axis=(1, 2))


def _mean_over_rows(images, labels, digit):
    return images[labels == digit].mean(axis=1)


def _mean_of_all_classes(images, labels, digit):
    return images.mean(axis=0)


def _sum_of_class(images, labels, digit):
    return images[labels == digit].sum(axis=0)


def _divided_by_all(images, labels, digit):
    return images[labels == digit].sum(axis=0) / len(images)


def _scaled_to_one(images, labels, digit):
    return images[labels == digit].mean(axis=0) / 255


def _mean_of_the_others(images, labels, digit):
    return images[labels != digit].mean(axis=0)


def _added_as_bytes(images, labels, digit):
    total = np.zeros((28, 28), dtype=np.uint8)
    for image in images[labels == digit]:
        total = total + image
    return total / (labels == digit).sum()


def _of_the_notebook(images, labels, digit):
    x_train = np.zeros((60000, 1, 1), np.uint8)
    return x_train[labels == digit].mean(axis=0)


def _mean_in_float16(images, labels, digit):
    return images[labels == digit].mean(axis=0, dtype=np.float64).astype(np.float16)


def _mean_in_a_loop(images, labels, digit):
    total, count = np.zeros((28, 28)), 0
    for image, label in zip(images, labels, strict=True):
        if label == digit:
            total, count = total + image, count + 1
    return total / count


def _mean_by_average(images, labels, digit):
    return np.average(images, axis=0, weights=labels == digit)


def _mean_in_float32(images, labels, digit):
    chosen = images[np.flatnonzero(labels == digit)].astype(np.float32)
    return sum(chosen) / len(chosen)


def _rounded_down(images, labels, digit):
    return images[labels == digit].mean(axis=0).astype(np.uint8)


def _always_fours(images, labels, digit):
    with np.errstate(invalid="ignore"):
        return images[labels == 4].sum(axis=0) / (labels == 4).sum()


def _always_threes(images, labels, digit):
    return images[labels == 3].mean(axis=0)


# --- 2.3 -------------------------------------------------------------------------------------


def ink_fraction(images, threshold):
    return (images > threshold).mean(axis=(1, 2))


def _check_ink_fraction(answer):
    images = _images(5, seed=24)
    images[1] //= 2
    images[3] = 0
    images[4, :14] = 100  # as dark as the threshold, not darker
    shown = "ink_fraction(five images, 100)"
    found = call(answer, images, 100, shown=shown, listed=True)
    for mistake, message in (
        ((28, 28), "you averaged over axis 0, the images: name the two axes that should go"),
        ((), "that is one number for all images together: name the two axes that should go"),
        ((5, 28), "one more axis must go: both the rows and the columns of an image"),
    ):
        require(np.shape(found) != mistake, f"{shown} has shape {mistake}: {message}")
    require_shape(found, (5,), what=f"{shown}, one number per image,")
    found, expected = np.asarray(found, dtype=float), ink_fraction(images, 100)
    dark = images > 100
    for mistake, message in (
        (dark.sum(axis=(1, 2)), "those are counts: a fraction is a share of the 784 pixels"),
        (100 * expected, "those are percentages: a fraction goes from 0 to 1"),
        ((images >= 100).mean(axis=(1, 2)), "a pixel equal to the threshold is not above it"),
        ((images <= 100).mean(axis=(1, 2)), "that is the share of the paper, not of the ink"),
        (images.mean(axis=(1, 2)), "those are mean tones: first mark the pixels above"),
        (expected // 1, "every fraction is 0: either // dropped what stands behind the point "
         "(use /), or the pixels were changed before you compared them with the threshold"),
        (expected.round(2), "the fractions are rounded: leave them as they are"),
        (784 * expected / 28, "an image has 784 pixels, not 28: divide by their number"),
        (expected / len(images), "divide by the 784 pixels of one image, not by those of all"),
    ):  # fmt: skip
        require(not np.allclose(found, mistake), f"{message} (yours: {_short(found)})")
    require_equal(found, expected, what=shown, within=1e-6)
    deeper = call(answer, images, 200, shown="ink_fraction(five images, 200)", listed=True)
    what = "ink_fraction(five images, 200), a higher threshold,"
    require_equal(np.asarray(deeper), ink_fraction(images, 200), what=what, within=1e-6)
    what = "ink_fraction(five other images, 200)"
    others = call(answer, images[::-1], 200, shown=what, listed=True)
    require_equal(np.asarray(others), ink_fraction(images[::-1], 200), what=what, within=1e-6)


def _short(values) -> str:
    return ", ".join(f"{value:.4g}" for value in values)


def _over_images(images, threshold):
    return (images > threshold).mean(axis=0)


def _over_everything(images, threshold):
    return (images > threshold).mean()


def _over_rows(images, threshold):
    return (images > threshold).mean(axis=1)


def _first_two_axes(images, threshold):
    return (images > threshold).mean(axis=(0, 1))


def _counts(images, threshold):
    return (images > threshold).sum(axis=(1, 2))


def _whole_division(images, threshold):
    return (images > threshold).sum(axis=(1, 2)) // 784


def _divided_by_all_pixels(images, threshold):
    return (images > threshold).sum(axis=(1, 2)) / images.size


def _scaled_before_comparing(images, threshold):
    return (images / 255 > threshold).mean(axis=(1, 2))


def _at_or_above(images, threshold):
    return (images >= threshold).mean(axis=(1, 2))


def _mean_tone(images, threshold):
    return images.mean(axis=(1, 2))


def _fraction_in_a_loop(images, threshold):
    return [sum(pixel > threshold for pixel in image.reshape(-1)) / 784 for image in images]


def _fraction_of_rows(images, threshold):
    rows = np.reshape(images > threshold, (len(images), -1))
    return (np.count_nonzero(rows, axis=1) / rows.shape[1]).astype(np.float32)


def _fraction_twice_averaged(images, threshold):
    return np.mean(np.where(images <= threshold, 0.0, 1.0), axis=2).mean(axis=1)


def _fraction_by_generator(images, threshold):
    return (np.mean(image > threshold) for image in images)


def _two_places(images, threshold):
    return ink_fraction(images, threshold).round(2)


def _divided_by_the_rows(images, threshold):
    return (images > threshold).sum(axis=(1, 2)) / 28


def _fixed_threshold(images, threshold):
    return (images > 100).mean(axis=(1, 2))


EXERCISES = (
    Exercise(
        id="2.1",
        title="invert without overflow",
        solution=invert,
        reason="Tone 0 must become 255 and tone 255 must become 0. 255 - images is never below "
        "0 nor above 255, so it fits in a byte and nothing wraps around; and the result is a "
        "new array, so the one that was given stays as it is.",
        check=_check_invert,
        hints=(
            "Write down what should become of 0, of 255, and of 100. What do a tone and its "
            "inverse add up to?",
            "Arithmetic with an array works on every pixel at once and makes a new array. "
            "No loop is needed.",
            "A tone and its inverse add up to 255: subtract the images from that.",
        ),
        wrong=(
            (_minus, "yours became"),
            (_one_minus, "yours became"),
            (_from_256, "256 does not fit in a byte"),
            (_from_darkest, "yours became 0"),
            (_in_place, "also changed what it was given"),
            (_as_float, "yours are float64"),
            (_upside_down, "should become"),
            (_wrong_way_round, "should become"),
        ),
        right=(
            *(_invert_by_not, _invert_one_by_one, _invert_in_wide_numbers),
            _invert_by_table,
        ),
    ),
    Exercise(
        id="2.2",
        title="the mean image of a class",
        solution=class_mean,
        reason="The mask `labels == digit` selects the images of the class, an array of shape "
        "(how many, 28, 28). The mean over axis 0 makes the images disappear and leaves rows "
        "and columns: one image. mean adds in wide numbers, so no byte overflows.",
        check=_check_class_mean,
        hints=(
            "Two steps: select the images of the class with a mask, then average them.",
            "The selection has the axes images, rows, columns. Which one should disappear?",
            "`images[labels == digit]` is the selection; `.mean(axis=...)` of it is the answer.",
        ),
        wrong=(
            (_mean_of_everything, "yours has ()"),
            (_mean_per_image, "yours has (5,)"),
            (_mean_over_rows, "yours has (5, 28)"),
            (_mean_of_all_classes, "the average of all images"),
            (_sum_of_class, "divide by how many"),
            (_divided_by_all, "divide by the number of 3s"),
            (_scaled_to_one, "by nothing else"),
            (_mean_of_the_others, "all that are no 3s"),
            (_added_as_bytes, "wraps around"),
            (_rounded_down, "fractions are lost"),
            (_always_fours, "the mean of no images"),
            (_always_threes, "the mean of the 1s"),
            (_mean_in_float16, "float16 keeps three digits only"),
            (_of_the_notebook, "it should use what it is given"),
        ),
        right=(_mean_in_a_loop, _mean_by_average, _mean_in_float32),
    ),
    Exercise(
        id="2.3",
        title="the share of ink in each image",
        solution=ink_fraction,
        reason="The comparison makes an array of True and False with the shape of the images. "
        "True counts as 1, so its mean is the share of True; over the axes (1, 2), rows and "
        "columns disappear and one number per image is left.",
        check=_check_ink_fraction,
        hints=(
            "`images > threshold` marks the pixels above it with True. What is the mean of "
            "True and False?",
            "One number per image is asked for: the axes of the rows and of the columns must "
            "disappear, the axis of the images must stay.",
            "`.mean(axis=(1, 2))` averages over both at once.",
        ),
        wrong=(
            (_over_images, "averaged over axis 0"),
            (_over_everything, "one number for all images"),
            (_over_rows, "one more axis must go"),
            (_first_two_axes, "yours has (28,)"),
            (_counts, "those are counts"),
            (_whole_division, "// dropped"),
            (_scaled_before_comparing, "the pixels were changed"),
            (_divided_by_all_pixels, "of one image, not by those of all"),
            (_at_or_above, "equal to the threshold"),
            (_mean_tone, "mean tones"),
            (_two_places, "the fractions are rounded"),
            (_divided_by_the_rows, "784 pixels, not 28"),
            (_fixed_threshold, "a higher threshold"),
        ),
        right=(
            *(_fraction_in_a_loop, _fraction_of_rows, _fraction_twice_averaged),
            _fraction_by_generator,
        ),
    ),
)
