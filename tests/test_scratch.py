"""scratch: Day 8's network, checked against finite differences, Keras and its own definition."""

import numpy as np
import pytest

from mnist_course import load_mnist, scale_pixels, scratch

NAMES = ["w1", "b1", "w2", "b2"]


@pytest.fixture(scope="module")
def digits():
    (images, labels), _ = load_mnist()
    return scale_pixels(images[:2000]).reshape(-1, 784), labels[:2000]


@pytest.fixture
def batch(digits):
    x, labels = digits
    return x[:20].astype(float), labels[:20]


@pytest.fixture
def weights():
    """float64, larger than at the start, and biases that are not zero."""
    rng = np.random.default_rng(3)
    start = scratch.initial_weights(seed=0, hidden=16)
    return [5 * w + 0.1 * rng.normal(size=w.shape) for w in start]


def test_initial_weights_are_small_random_and_as_keras_keeps_them():
    weights = scratch.initial_weights(seed=0)
    assert [w.shape for w in weights] == [(784, 128), (128,), (128, 10), (10,)]
    assert all(w.dtype == np.float32 for w in weights)
    assert [round(float(w.std()), 3) for w in weights] == [0.02, 0, 0.02, 0]


def test_the_seed_decides_the_weights():
    a, b, c = (scratch.initial_weights(seed)[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(a, b)
    assert not np.array_equal(a, c)


def test_softmax_by_hand_and_with_scores_beyond_exp():
    by_hand = [[0.66524, 0.24473, 0.09003]]
    for shift in (0, 1000, -1000):
        scores = np.array([[2.0, 1.0, 0.0]]) + shift
        np.testing.assert_allclose(scratch.softmax(scores), by_hand, atol=1e-5)


def test_each_row_has_its_own_softmax():
    rows = scratch.softmax(np.array([[1000.0, 0.0], [-1000.0, -1000.0]]))
    np.testing.assert_allclose(rows, [[1, 0], [0.5, 0.5]])


def test_hidden_units_below_zero_are_off(batch, weights):
    hidden, probabilities = scratch.forward(batch[0], weights)
    sums = batch[0] @ weights[0] + weights[1]
    np.testing.assert_allclose(hidden, np.where(sums > 0, sums, 0))
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)


def test_cross_entropy_is_the_mean_surprise():
    probabilities = np.array([[0.5, 0.5], [0.1, 0.9]])
    loss = scratch.cross_entropy(probabilities, np.array([0, 1]))
    assert loss == pytest.approx((np.log(2) - np.log(0.9)) / 2)


@pytest.mark.filterwarnings("error")
def test_the_impossible_surprises_infinitely_and_silently():
    assert scratch.cross_entropy(np.array([[1.0, 0.0]]), np.array([1])) == np.inf


@pytest.mark.parametrize("which", range(4), ids=NAMES)
def test_gradients_match_finite_differences(batch, weights, which):
    loss, slopes = scratch.gradient(*batch, weights)
    assert loss == scratch.cross_entropy(scratch.forward(batch[0], weights)[1], batch[1])
    w, slope = weights[which], slopes[which]
    assert slope.shape == w.shape
    for i in np.random.default_rng(0).choice(np.flatnonzero(slope), 20):
        here, losses = w.flat[i], []
        for value in (here + 1e-5, here - 1e-5):
            w.flat[i] = value
            losses.append(scratch.gradient(*batch, weights)[0])
        w.flat[i] = here
        assert slope.flat[i] == pytest.approx((losses[0] - losses[1]) / 2e-5, abs=1e-8)


def test_float32_stays_float32(digits):
    x, labels = digits
    weights, _ = scratch.train_epoch(x[:200], labels[:200], scratch.initial_weights(seed=0))
    assert {w.dtype for w in weights} == {np.dtype("float32")}


def test_a_step_goes_down_each_batch_in_a_seeded_order(digits):
    x, labels = digits
    start = scratch.initial_weights(seed=0)
    once, losses = scratch.train_epoch(x, labels, start, batch_size=300, seed=4)
    again, _ = scratch.train_epoch(x, labels, start, batch_size=300, seed=4)
    other, _ = scratch.train_epoch(x, labels, start, batch_size=300, seed=5)
    assert len(losses) == 7  # the last batch has 200
    assert losses[-1] < losses[0]
    np.testing.assert_array_equal(once[0], again[0])
    assert not np.array_equal(once[0], other[0])


def test_one_step_is_rate_times_slope(digits):
    x, labels = digits
    start = scratch.initial_weights(seed=0)
    new, [loss] = scratch.train_epoch(x, labels, start, rate=0.5, batch_size=2000)
    expected_loss, slopes = scratch.gradient(x, labels, start)
    assert loss == pytest.approx(expected_loss, abs=1e-5)
    for before, after, slope in zip(start, new, slopes, strict=True):
        np.testing.assert_allclose(after, before - 0.5 * slope, atol=1e-6)


def test_training_leaves_the_given_weights_alone(digits):
    x, labels = digits
    start = scratch.initial_weights(seed=0)
    scratch.train_epoch(x[:200], labels[:200], start)
    np.testing.assert_array_equal(start[0], scratch.initial_weights(seed=0)[0])


def test_three_epochs_read_most_digits(digits):
    x, labels = digits
    weights = scratch.initial_weights(seed=0)
    for epoch in range(3):
        weights, _ = scratch.train_epoch(x, labels, weights, batch_size=20, seed=epoch)
    assert (scratch.forward(x, weights)[1].argmax(axis=1) == labels).mean() > 0.9


def test_keras_computes_the_same_from_the_same_weights(digits):
    import keras

    from mnist_course import create_model

    start = [w + np.float32(0.01) for w in scratch.initial_weights(seed=0)]
    model = create_model("dense")
    model.set_weights(start)
    keras_says = model(digits[0][:100].reshape(-1, 28, 28, 1))
    _, probabilities = scratch.forward(digits[0][:100], start)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(keras_says), probabilities, atol=1e-5)


@pytest.mark.parametrize("shape", [(784,), (2, 28, 28), (2, 28, 28, 1), (2, 10)])
def test_images_that_are_no_rows_are_refused(shape):
    with pytest.raises(ValueError, match=r"shape \(n, 784\)"):
        scratch.forward(np.zeros(shape), scratch.initial_weights(seed=0))


def test_a_label_is_needed_for_each_image(batch, weights):
    with pytest.raises(ValueError, match="20 images and 19 labels"):
        scratch.gradient(batch[0], batch[1][:19], weights)


LOSSES = {
    "cross_entropy": lambda x, y, w: scratch.cross_entropy(scratch.forward(x, w)[1], y),
    "gradient": scratch.gradient,
    "train_epoch": scratch.train_epoch,
}


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda labels: labels[:5], "20 images and 5 labels"),
        (lambda labels: labels.astype(int) - 1, "from 0 to 9, got -1"),
        (lambda labels: labels[:, None], r"of shape \(20, 1\)"),
        (lambda labels: np.eye(10)[labels], "integer labels"),
    ],
    ids=["few", "below 0", "column", "one-hot"],
)
def test_labels_that_are_no_classes_are_refused(batch, weights, loss, change, words):
    with pytest.raises(ValueError, match=words):
        loss(batch[0], change(batch[1]), weights)


def test_no_hidden_units_and_empty_batches_are_refused(batch, weights):
    with pytest.raises(ValueError, match="at least 1 hidden unit"):
        scratch.initial_weights(seed=0, hidden=0)
    with pytest.raises(ValueError, match="at least 1 image"):
        scratch.train_epoch(*batch, weights, batch_size=0)


def test_backward_carries_blame_along_the_weights_and_stops_at_units_that_are_off():
    x, hidden = np.array([[1.0, 0.5]]), np.array([[2.5, 0.0]])
    blame, w2 = np.array([[0.6, -0.6]]), np.array([[0.8, 0.2], [1.3, -0.7]])
    back, w1_slopes, b1_slopes = scratch.backward(x, hidden, blame, w2)
    np.testing.assert_allclose(back, [[0.36, 0]])
    np.testing.assert_allclose(w1_slopes, [[0.36, 0], [0.18, 0]])
    np.testing.assert_allclose(b1_slopes, [0.36, 0])


@pytest.fixture
def convolution():
    rng = np.random.default_rng(15)
    return rng.normal(size=(2, 6, 5, 3)), rng.normal(size=(2, 2, 3, 4))


def test_convolve_is_the_layer_of_keras(convolution):
    import keras

    images, kernel = convolution
    expected = keras.ops.conv(images, kernel, padding="valid")
    assert np.allclose(scratch.convolve(images, kernel), expected, atol=1e-5)


def test_sums_of_whole_numbers_do_not_overflow():
    images, kernel = np.full((1, 3, 3, 1), 200, np.uint8), np.full((3, 3, 1, 1), 9, np.uint8)
    assert scratch.convolve(images, kernel).item() == 9 * 9 * 200


def test_kernel_slopes_match_nudging(convolution):
    images, kernel = convolution
    blame = np.random.default_rng(16).normal(size=(2, 5, 4, 4))
    slopes = scratch.kernel_slopes(images, blame)
    for place in np.ndindex(kernel.shape):
        nudge = np.zeros(kernel.shape)
        nudge[place] = 1
        moved = scratch.convolve(images, nudge)  # linear: no small nudge is needed
        assert np.isclose(slopes[place], (moved * blame).sum())


def test_a_kernel_needs_the_channels_of_the_images(convolution):
    images, kernel = convolution
    with pytest.raises(ValueError, match=r"\(size, size, 3, filters\).*got \(2, 2, 2, 4\)"):
        scratch.convolve(images, kernel[:, :, :2])


def test_filters_larger_than_the_image_are_refused(convolution):
    images, _ = convolution
    with pytest.raises(ValueError, match="at least 7 high and wide"):
        scratch.convolve(images, np.ones((7, 7, 3, 1)))
