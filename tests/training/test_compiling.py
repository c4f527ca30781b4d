import keras
import numpy as np
import pytest

from mnist_course.models import create_model
from mnist_course.training.compiling import compile_model, start_anew
from mnist_course.training.learning_rates import one_cycle
from mnist_course.training.loop import train


@pytest.mark.parametrize("rate", [1, np.float32(0.5)])
def test_any_number_is_a_learning_rate(rate):
    model = compile_model(create_model("softmax"), learning_rate=rate)
    assert float(model.optimizer.learning_rate) == rate


def test_a_learning_rate_beside_an_optimizer_is_refused():
    with pytest.raises(ValueError, match="either an optimizer, .* got 'sgd' and 0.5"):
        compile_model(create_model("softmax"), optimizer="sgd", learning_rate=0.5)


OPTIMIZERS = {
    "adam": lambda: keras.optimizers.Adam(0.002),
    "a schedule": lambda: keras.optimizers.Adam(one_cycle(0.005, 8)),
    "a product that begins at one": lambda: keras.optimizers.Nadam(0.002),
    "a sum that begins at 0.1": lambda: keras.optimizers.Adagrad(0.01),
    "a loss scale": lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.002)),
    "an average": lambda: keras.optimizers.Adam(0.002, use_ema=True, ema_momentum=0.5),
}
DIGITS = np.random.default_rng(0).random((256, 28, 28, 1)).astype("float32"), np.arange(256) % 10
SHORT = {"epochs": 2, "batch_size": 64, "seed": 3, "verbose": 0}


def small_cnn(seed, optimizer=None):
    model = create_model("cnn", seed=seed)
    return compile_model(model, optimizer=optimizer) if optimizer else model


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_a_model_started_anew_learns_as_a_new_one(make, compiled):
    used, new = small_cnn(1, make()), small_cnn(3, make())
    train(used, *DIGITS, **SHORT)
    train(start_anew(used, small_cnn(3, make() if compiled else None)), *DIGITS, **SHORT)
    train(new, *DIGITS, **SHORT)
    for a, b in zip(used.get_weights(), new.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(("compiled", "rate"), [(True, 0.002), (False, 0.5)])
def test_a_rate_that_a_callback_changed_stays_unless_the_fresh_model_has_one(compiled, rate):
    used = small_cnn(1, OPTIMIZERS["adam"]())
    used.optimizer.learning_rate = 0.5
    start_anew(used, small_cnn(3, OPTIMIZERS["adam"]() if compiled else None))
    assert float(used.optimizer.learning_rate) == pytest.approx(rate)


class Steps(keras.optimizers.schedules.LearningRateSchedule):
    """As a learner would write it, without ``get_config``."""

    def __call__(self, step):
        return 0.002 / (1 + step)


def test_a_schedule_of_ones_own_needs_a_fresh_model_that_is_compiled():
    used, fresh = (small_cnn(s, keras.optimizers.Adam(Steps())) for s in (1, 3))
    assert start_anew(used, fresh) is used
    with pytest.raises(ValueError, match="no Adam like the model's.*compile the fresh model"):
        start_anew(used, small_cnn(3))


def frozen(model):
    model.layers[0].trainable = False
    return model


@pytest.mark.parametrize(
    ("optimizer", "fresh", "message"),
    [
        (None, lambda: small_cnn(1), "compile it first"),
        ("adam", lambda: create_model("dense"), "expected a model with variables"),
        ("adam", lambda: small_cnn(0, "sgd"), "expected the optimizer Adam, got SGD"),
        ("adam", lambda: frozen(small_cnn(0)), "the same layers frozen"),
    ],
)
def test_only_a_compiled_model_of_the_same_kind_can_start_anew(optimizer, fresh, message):
    with pytest.raises(ValueError, match=message):
        start_anew(small_cnn(0, optimizer), fresh())


def test_a_fresh_model_may_be_its_own_first():
    model = small_cnn(0, "adam")  # as in a lesson's first round
    weights = model.get_weights()
    assert start_anew(model, model) is model
    for a, b in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(a, b)
