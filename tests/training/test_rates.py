"""rates: one step per learning rate, and the loss before it."""

import keras
import numpy as np
import pytest

from mnist_course import create_model, scale_pixels, scratch
from mnist_course.training.learning_rates import range_test
from mnist_course.training.loop import compile_model


@pytest.fixture(scope="module")
def digits(mnist):
    (x, y), _ = mnist
    return scale_pixels(x[:500]), y[:500]


def softmax():
    return compile_model(create_model("softmax", seed=0), optimizer=keras.optimizers.SGD())


def test_each_row_is_the_loss_before_the_step_of_its_own_batch(digits):
    x, y = digits
    model = softmax()
    weights = model.get_weights()
    table = range_test(model, x, y, rates=[0.1, 0.3, 0.5], batch_size=100, seed=4)
    order = np.random.default_rng(4).permutation(500)
    for step, rate in enumerate([0.1, 0.3, 0.5]):
        batch = order[100 * step : 100 * step + 100]
        w, b = weights
        rows = x[batch].reshape(100, 784)
        probabilities = scratch.softmax(rows @ w + b)
        assert table.loss[step] == pytest.approx(
            scratch.cross_entropy(probabilities, y[batch]), abs=1e-4
        )
        blame = (probabilities - np.eye(10)[y[batch]]) / 100
        weights = [w - rate * rows.T @ blame, b - rate * blame.sum(axis=0)]


def test_the_rates_stand_beside_their_losses(digits):
    table = range_test(softmax(), *digits, rates=np.geomspace(0.01, 1, 7))
    assert list(table.columns) == ["rate", "loss"]
    np.testing.assert_allclose(table.rate, np.geomspace(0.01, 1, 7))


def test_the_digits_come_again_when_they_run_out(digits):
    x, y = digits
    table = range_test(softmax(), x[:100], y[:100], rates=[1e-9] * 3, batch_size=100)
    np.testing.assert_allclose(table.loss, table.loss[0], rtol=1e-5)


def test_a_seed_repeats_and_another_differs(digits):
    options = {"rates": [0.1, 0.1], "batch_size": 50}
    first, again = (range_test(softmax(), *digits, seed=1, **options).loss for _ in range(2))
    other = range_test(softmax(), *digits, seed=2, **options).loss
    np.testing.assert_array_equal(first, again)
    assert first[0] != other[0]


def test_an_uncompiled_model_is_refused(digits):
    with pytest.raises(ValueError, match="compile it first"):
        range_test(create_model("softmax"), *digits, rates=[0.1])


@pytest.mark.parametrize("rates", [[], [0.1, 0.0], [-1.0]])
def test_rates_must_be_positive(digits, rates):
    with pytest.raises(ValueError, match="positive"):
        range_test(softmax(), *digits, rates=rates)


def test_a_batch_must_not_exceed_the_digits(digits):
    with pytest.raises(ValueError, match="from 1 to 500"):
        range_test(softmax(), *digits, rates=[0.1], batch_size=501)
