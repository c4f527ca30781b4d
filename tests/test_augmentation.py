import numpy as np
import onnxruntime
import pytest
from scipy.ndimage import gaussian_filter

from mnist_course._paths import MODELS_FOLDER
from mnist_course.augmentation import affine, elastic, random_affine, random_pen, random_shift
from mnist_course.data import load_mnist
from mnist_course.preprocessing import scale_pixels

DIGITS = load_mnist()[1][0][:300]  # more than two of the parts that are resampled at a time
RANDOM = [random_shift, random_affine, elastic, random_pen]
MOVES = [random_shift, random_affine, elastic]
each = pytest.mark.parametrize("augment", RANDOM)


def shifted(image, down, right):
    """The slow and obvious way to move an image."""
    result = np.zeros_like(image)
    for row, column in np.argwhere(image):
        if 0 <= row + down < 28 and 0 <= column + right < 28:
            result[row + down, column + right] = image[row, column]
    return result


@each
def test_same_seed_repeats_and_another_seed_does_not(augment):
    first = augment(DIGITS, seed=1)
    np.testing.assert_array_equal(first, augment(DIGITS, seed=1))
    assert not np.array_equal(first, augment(DIGITS, seed=2))
    assert not np.array_equal(first, augment(DIGITS, seed=(1, 2)))


@each
@pytest.mark.parametrize("images", [DIGITS, scale_pixels(DIGITS)], ids=["uint8", "float32"])
def test_dtype_shape_and_range_stay(augment, images):
    before = images.copy()
    result = augment(images, seed=0)
    np.testing.assert_array_equal(images, before)  # the originals are untouched
    assert (result.dtype, result.shape) == (images.dtype, images.shape)
    assert 0 <= result.min() < result.max() <= images.max()


@each
def test_float_and_integer_images_move_alike(augment):
    scaled = augment(scale_pixels(DIGITS), seed=0)[..., 0]
    np.testing.assert_allclose(scaled * 255, augment(DIGITS, seed=0), atol=0.51)


@each
def test_digits_keep_their_labels(augment):
    """A judge that reads 99.6 % of untouched digits still reads nearly all of the new ones."""
    judge = onnxruntime.InferenceSession(MODELS_FOLDER / "champion.onnx")
    images, labels = scale_pixels(DIGITS), load_mnist()[1][1][:300]
    answers = judge.run(None, {"images": augment(images, seed=0)})[0].argmax(axis=1)
    assert np.mean(answers == labels) > 0.97


@pytest.mark.parametrize("move", MOVES)
def test_ink_is_kept(move):
    assert move(DIGITS, seed=0).mean() == pytest.approx(DIGITS.mean(), rel=0.03)


@each
def test_no_images_is_no_error(augment):
    assert augment(DIGITS[:0]).shape == (0, 28, 28)


@each
@pytest.mark.parametrize("shape", [(28, 28), (5, 28, 28, 3)])
def test_what_is_no_batch_of_grey_images_is_refused(augment, shape):
    with pytest.raises(ValueError, match="expected a batch of grey images"):
        augment(np.zeros(shape))


def test_shift_moves_by_whole_pixels_as_the_slow_way_does():
    seven = DIGITS[0]
    candidates = [shifted(seven, d, r) for d in range(-2, 3) for r in range(-2, 3)]
    found = {
        next(i for i, c in enumerate(candidates) if np.array_equal(c, image))
        for image in random_shift(np.repeat(seven[None], 300, axis=0), pixels=2, seed=0)
    }
    assert len(found) == 25  # all shifts, and nothing but them


def test_no_shift_changes_nothing():
    np.testing.assert_array_equal(random_shift(DIGITS, pixels=0), DIGITS)


def test_a_whole_number_of_pixels_may_be_a_float():
    np.testing.assert_array_equal(random_shift(DIGITS, pixels=2.0), random_shift(DIGITS, pixels=2))


@pytest.mark.parametrize("pixels", [-1, 1.5, np.nan, np.inf])
def test_impossible_shift_is_refused(pixels):
    with pytest.raises(ValueError, match="whole number"):
        random_shift(DIGITS, pixels=pixels)


@pytest.mark.parametrize("images", [DIGITS, scale_pixels(DIGITS)], ids=["uint8", "float32"])
def test_affine_without_amounts_changes_nothing(images):
    np.testing.assert_array_equal(affine(images), images)


@pytest.mark.parametrize(("down", "right"), [(3, -2), (-40, 0), (0, 27)])
def test_affine_by_whole_pixels_equals_the_slow_way(down, right):
    moved = affine(DIGITS[:5], down=down, right=right)
    np.testing.assert_array_equal(moved, [shifted(d, down, right) for d in DIGITS[:5]])


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_affine_turns_counter_clockwise(quarters):
    turned = affine(DIGITS[:5], degrees=90 * quarters)
    np.testing.assert_allclose(turned, np.rot90(DIGITS[:5], quarters, axes=(1, 2)), atol=1)


def test_affine_shift_by_half_a_pixel_averages_neighbours():
    image = np.zeros((1, 28, 28), np.float32)
    image[0, 10, 10] = 1
    assert affine(image, right=0.5)[0, 10, 9:13].tolist() == [0, 0.5, 0.5, 0]


def test_affine_zoom_scales_the_ink_area():
    blob = np.zeros((1, 28, 28), np.float32)
    blob[0, 11:17, 11:17] = 1
    assert affine(blob, zoom=2).sum() == pytest.approx(4 * 36, rel=0.02)


def test_affine_shear_slants_to_the_right_above_the_centre():
    bar = np.zeros((1, 28, 28), np.float32)
    bar[0, :, 13:15] = 1
    slanted = affine(bar, shear=0.5)[0]
    centres = (slanted * np.arange(28)).sum(axis=1) / slanted.sum(axis=1)
    np.testing.assert_allclose(centres, 13.5 + 0.5 * (13.5 - np.arange(28)), atol=1e-4)


def test_affine_takes_one_amount_per_image():
    moved = affine(DIGITS[:2], down=np.array([0, 3]))
    np.testing.assert_array_equal(moved, [DIGITS[0], shifted(DIGITS[1], 3, 0)])


def test_affine_refuses_a_zoom_of_zero():
    with pytest.raises(ValueError, match="factor above 0.* got 0"):
        affine(DIGITS, zoom=0)


@pytest.mark.parametrize("name", ["degrees", "down", "right", "zoom", "shear"])
def test_affine_refuses_amounts_that_are_not_finite(name):
    with pytest.raises(ValueError, match="finite|factor"):
        affine(DIGITS[:2], **{name: np.array([1, np.nan])})


@pytest.mark.parametrize(
    "limits",
    [{"degrees": -1}, {"zoom": 1}, {"shift": -2}, {"shift": np.inf}, {"degrees": np.nan}],
)
def test_random_affine_refuses_impossible_limits(limits):
    with pytest.raises(ValueError, match="limits must be"):
        random_affine(DIGITS, **limits)


def test_random_affine_stays_within_its_limits():
    dot = np.zeros((500, 28, 28), np.float32)
    dot[:, 13:15, 13:15] = 1  # at the centre, so that only shifts move it
    moved = random_affine(dot, shift=3, seed=0)
    rows = (moved.sum(axis=2) * np.arange(28)).sum(axis=1) / moved.sum(axis=(1, 2))
    assert np.abs(rows - 13.5).max() < 3.02  # bilinear reading blurs a little
    assert np.abs(rows - 13.5).max() > 2.8


def test_elastic_displaces_by_the_stated_strength():
    ramp = np.broadcast_to(np.arange(28, dtype=np.float32), (2000, 28, 28))  # value: column
    moved = elastic(ramp, strength=1.5, seed=0)[:, 8:20, 8:20] - ramp[:, 8:20, 8:20]
    assert moved.std() == pytest.approx(1.5, rel=0.05)
    assert np.abs(np.diff(moved, axis=2)).mean() < 0.5  # neighbours move together


def test_elastic_of_no_strength_changes_nothing():
    np.testing.assert_array_equal(elastic(DIGITS, strength=0), DIGITS)


@pytest.mark.parametrize("options", [{"strength": -1}, {"smoothness": 0.5}, {"strength": np.nan}])
def test_elastic_refuses_impossible_amounts(options):
    with pytest.raises(ValueError, match="strength from 0 and smoothness from 1"):
        elastic(DIGITS, **options)


def test_pen_without_amounts_changes_nothing():
    np.testing.assert_array_equal(random_pen(DIGITS, blur=0, gamma=1), DIGITS)


def test_pen_keeps_the_brightest_pixel_as_bright_as_it_was():
    np.testing.assert_array_equal(random_pen(DIGITS).max(axis=(1, 2)), DIGITS.max(axis=(1, 2)))


def test_pen_raises_brightness_to_powers_within_its_limits():
    grey = np.tile(np.float32([[[1.0, 0.5], [0.5, 0.0]]]), (500, 1, 1))
    powers = np.log(random_pen(grey, blur=0, gamma=3)[:, 0, 1]) / np.log(0.5)
    assert 1 / 3 <= powers.min() < 0.36
    assert 2.8 < powers.max() <= 3.0001


def test_pen_blurs_up_to_the_gaussian_of_scipy():
    dot = np.zeros((500, 28, 28), np.float32)
    dot[:, 14, 14] = 1
    most = gaussian_filter(dot[0], 1.5, mode="constant", truncate=10)
    beside = random_pen(dot, blur=1.5, gamma=1)[:, 14, 15]
    assert beside.min() < 0.01  # hardly blurred
    assert beside.max() == pytest.approx(most[14, 15] / most[14, 14], rel=0.05)


@pytest.mark.parametrize("options", [{"blur": -1}, {"gamma": 0.5}, {"gamma": np.inf}])
def test_pen_refuses_impossible_amounts(options):
    with pytest.raises(ValueError, match="blur from 0 and gamma from 1 upwards"):
        random_pen(DIGITS, **options)
