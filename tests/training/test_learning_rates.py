"""learning_rates: schedules step by step, and the range test."""

import keras
import numpy as np
import pytest

from mnist_course import scale_pixels, scratch
from mnist_course.models import create_model
from mnist_course.training.compiling import compile_model
from mnist_course.training.learning_rates import OneCycle, cosine, one_cycle, range_test
from mnist_course.training.loop import train


def rates(schedule, steps):
    return [float(schedule(step)) for step in steps]


def test_one_cycle_rises_in_a_line_and_falls_along_a_cosine():
    schedule = one_cycle(0.01, 100, warmup=0.2, start=0.1, end=0.01)
    # start, middle of the rise, peak, middle of the fall, end
    expected = [0.001, 0.0055, 0.01, 0.00505, 0.0001]
    assert rates(schedule, [0, 10, 20, 60, 100]) == pytest.approx(expected, rel=1e-5)


def test_one_cycle_stays_at_its_end():
    assert rates(one_cycle(1.0, 10, end=0.25), [10, 11, 1000]) == pytest.approx([0.25] * 3)


def test_one_cycle_without_warmup_starts_at_the_peak():
    assert rates(one_cycle(0.5, 10, warmup=0), [0]) == [0.5]


def test_one_cycle_is_saved_and_loaded_with_a_model(tmp_path):
    model = compile_model(create_model("softmax"), learning_rate=one_cycle(0.02, 30, warmup=0.5))
    train(model, np.zeros((8, 28, 28, 1)), np.arange(8), epochs=1, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras").optimizer._learning_rate
    assert isinstance(loaded, OneCycle)
    assert rates(loaded, [0, 15, 20]) == rates(one_cycle(0.02, 30, warmup=0.5), [0, 15, 20])


@pytest.mark.parametrize("warmup", [0.0, 0.25])
def test_cosine_is_one_cycle_that_rises_from_nothing(warmup):
    steps = [0, 1, 10, 24, 25, 60, 99, 100, 500]
    expected = rates(one_cycle(0.02, 100, warmup=warmup, start=0, end=0.1), steps)
    found = rates(cosine(0.02, 100, warmup=warmup, end=0.1), steps)
    assert found == pytest.approx(expected, rel=1e-5, abs=1e-9)


def test_cosine_falls_from_the_peak_to_its_end():
    assert rates(cosine(1, 10, end=0.5), [0, 5, 10, 11]) == pytest.approx([1, 0.75, 0.5, 0.5])


@pytest.mark.parametrize("schedule", [one_cycle, cosine])
@pytest.mark.parametrize(
    ("arguments", "options"),
    [((0, 10), {}), ((0.1, 0), {}), ((0.1, 10), {"warmup": 1}), ((0.1, 10), {"end": -1})],
)
def test_schedules_refuse_impossible_numbers(schedule, arguments, options):
    with pytest.raises(ValueError, match="expected a positive|are fractions"):
        schedule(*arguments, **options)


# --- the range test ------------------------------------------------------------------------------


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


def test_labels_may_be_a_list(digits):
    x, y = digits
    listed, arrays = (range_test(softmax(), x, labels, rates=[0.1]) for labels in (y.tolist(), y))
    assert listed.equals(arrays)


def test_digits_are_checked_as_for_a_training(digits):
    x, y = digits
    for images, labels, message in [
        (x, y[:-1], "one label per image"),
        (255 * x, y, "from 0 to 255"),
        (x, y + 1, "go from 1 to 10"),
        (x, y.astype(str), "whole numbers"),
    ]:
        with pytest.raises(ValueError, match=message):
            range_test(softmax(), images, labels, rates=[0.1])


def test_a_schedule_leaves_nothing_to_test(digits):
    model = compile_model(create_model("softmax"), learning_rate=cosine(0.1, 5))
    with pytest.raises(ValueError, match="compile the model with a number"):
        range_test(model, *digits, rates=[0.1])


def test_a_batch_must_not_exceed_the_digits(digits):
    with pytest.raises(ValueError, match="from 1 to 500"):
        range_test(softmax(), *digits, rates=[0.1], batch_size=501)
