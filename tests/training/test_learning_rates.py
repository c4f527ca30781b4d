import keras
import numpy as np
import pytest

from mnist_course.models import create_model
from mnist_course.training.learning_rates import OneCycle, cosine, one_cycle
from mnist_course.training.loop import compile_model, train


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
