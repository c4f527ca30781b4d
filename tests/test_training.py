import keras
import numpy as np
import pytest

from mnist_course.augmentation import random_shift
from mnist_course.data import balanced_subset, load_mnist
from mnist_course.models import create_model
from mnist_course.preprocessing import one_hot, scale_pixels
from mnist_course.training import (
    RECIPES,
    AugmentedDigits,
    OneCycle,
    Recipe,
    compile_model,
    one_cycle,
    set_seed,
    train,
    train_and_evaluate_model,
    train_recipe,
)

(X_ALL, Y_ALL), (X_TEST, Y_TEST) = load_mnist()
X_RAW, Y = balanced_subset(X_ALL, Y_ALL, per_class=50)
X = scale_pixels(X_RAW)
SMALL = (X_RAW, Y), (X_TEST[:500], Y_TEST[:500])


def rates(schedule, steps):
    return [float(schedule(step)) for step in steps]


def test_set_seed_repeats_python_numpy_and_keras():
    import random

    def draw():
        set_seed(7)
        return random.random(), np.random.rand(), float(keras.random.normal(()))

    assert draw() == draw()


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, None])
def test_set_seed_refuses_what_is_no_seed(seed):
    with pytest.raises(ValueError, match=r"whole number from 0 to 4,294,967,295"):
        set_seed(seed)


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
    train(model, X, Y, epochs=1, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras").optimizer._learning_rate
    assert isinstance(loaded, OneCycle)
    assert rates(loaded, [0, 15, 20]) == rates(one_cycle(0.02, 30, warmup=0.5), [0, 15, 20])


@pytest.mark.parametrize(
    ("arguments", "options"),
    [((0, 10), {}), ((0.1, 0), {}), ((0.1, 10), {"warmup": 1}), ((0.1, 10), {"end": -1})],
)
def test_one_cycle_refuses_impossible_numbers(arguments, options):
    with pytest.raises(ValueError, match="expected a positive|are fractions"):
        one_cycle(*arguments, **options)


def test_train_compiles_with_adam_and_gives_a_history_per_epoch():
    model = create_model("softmax", seed=0)
    history = train(model, X, Y, epochs=3, verbose=0).history
    assert isinstance(model.optimizer, keras.optimizers.Adam)
    assert float(model.optimizer.learning_rate) == pytest.approx(1e-3)
    assert {name: len(values) for name, values in history.items()} == {"accuracy": 3, "loss": 3}


def test_train_leaves_a_compiled_model_as_it_is():
    model = compile_model(create_model("softmax"), optimizer="sgd")
    train(model, X, Y, epochs=1, verbose=0)
    assert isinstance(model.optimizer, keras.optimizers.SGD)


def test_a_learning_rate_compiles_anew():
    model = compile_model(create_model("softmax"), optimizer="sgd")
    train(model, X, Y, epochs=1, learning_rate=0.02, verbose=0)
    assert float(model.optimizer.learning_rate) == pytest.approx(0.02)


def test_training_repeats_exactly_with_the_same_seed():
    def loss(seed):
        model = create_model("dense", seed=0)
        return train(model, X, Y, epochs=1, seed=seed, verbose=0).history["loss"]

    assert loss(1) == loss(1)
    assert loss(1) != loss(2)


def test_validation_split_keeps_every_class():
    """A loss of the labels alone: its value tells which labels were set aside."""

    def mean_square(labels, answers):
        return keras.ops.mean(keras.ops.cast(labels, "float32") ** 2) + 0 * answers[:, 0]

    model = compile_model(create_model("softmax"), loss=mean_square, metrics=[])
    options = {"epochs": 1, "batch_size": 100, "verbose": 0}
    history = train(model, X, Y, validation_split=0.2, **options).history
    assert history["val_loss"] == pytest.approx([28.5])  # mean of 0, 1, 4, ..., 81
    assert history["loss"] == pytest.approx([28.5])


def test_validation_data_are_measured():
    model = create_model("softmax")
    data = (X[:50], Y[:50])
    history = train(model, X, Y, epochs=2, validation_data=data, verbose=0).history
    expected = model.evaluate(*data, verbose=0, return_dict=True)["loss"]
    assert history["val_loss"][-1] == pytest.approx(expected, rel=1e-5)


def test_one_hot_labels_train_too():
    model = compile_model(create_model("softmax"), loss="categorical_crossentropy")
    assert train(model, X, one_hot(Y), epochs=1, verbose=0).history["accuracy"][0] > 0


@pytest.mark.parametrize(
    ("x", "y", "options", "message"),
    [
        (X, Y[:-1], {}, "one label per image, got 500 and 499"),
        (X[:0], Y[:0], {}, "no images"),
        (X, Y, {"epochs": 0}, "epochs and batch_size must be at least 1"),
        (X, Y, {"batch_size": 0}, "epochs and batch_size must be at least 1"),
        (X_RAW, Y, {}, "scale_pixels"),
        (X, Y, {"validation_data": (X, Y), "validation_split": 0.1}, "not both"),
    ],
)
def test_train_says_what_is_wrong(x, y, options, message):
    with pytest.raises(ValueError, match=message):
        train(create_model("softmax"), x, y, **{"epochs": 1, "verbose": 0, **options})


def test_augmented_batches_cover_every_digit_once_per_epoch():
    batches = AugmentedDigits(
        np.arange(10), np.arange(10), batch_size=4, augment=lambda x, seed: x, seed=0
    )
    epochs = []
    for _ in range(2):
        epochs.append(np.concatenate([x for x, y in batches if np.array_equal(x, y)]).tolist())
        batches.on_epoch_end()
    assert [sorted(epoch) for epoch in epochs] == [list(range(10))] * 2
    assert epochs[0] != epochs[1]


def test_every_batch_is_augmented_with_a_seed_of_its_own():
    batches = AugmentedDigits(
        np.zeros(10), np.zeros(10), batch_size=4, augment=lambda x, seed: [seed], seed=5
    )
    seeds = []
    for _ in range(2):
        seeds += [x[0] for x, _ in batches]
        batches.on_epoch_end()
    assert seeds == [(5, epoch, batch) for epoch in range(2) for batch in range(3)]


def test_train_sees_the_augmented_images():
    def blank(images, *, seed):
        return np.zeros_like(images)

    model = create_model("softmax")
    before = model.get_weights()[0]
    train(model, X, Y, epochs=1, augment=blank, verbose=0)
    np.testing.assert_array_equal(model.get_weights()[0], before)  # no ink, no gradient


def test_train_and_evaluate_learns_from_500_digits():
    model, history, result = train_and_evaluate_model(
        "cnn", SMALL, epochs=6, batch_size=32, seed=0, verbose=0
    )
    right = model.predict(scale_pixels(X_TEST[:500]), verbose=0).argmax(axis=1) == Y_TEST[:500]
    assert result.accuracy == pytest.approx(right.mean())
    assert result.accuracy > 0.8
    assert result.seconds > 0
    assert result.loss < history.history["loss"][0] / 2


def test_train_and_evaluate_takes_a_model_with_its_own_optimizer():
    model = compile_model(create_model("softmax"), optimizer="sgd")
    same, _, _ = train_and_evaluate_model(model, SMALL, epochs=1, verbose=0)
    assert same is model
    assert isinstance(model.optimizer, keras.optimizers.SGD)


def test_train_and_evaluate_is_exactly_repeatable():
    first, again = (
        train_and_evaluate_model(
            "dense_regularized", SMALL, epochs=1, seed=3, augment=random_shift, verbose=0
        )[2]
        for _ in range(2)
    )
    assert first[:2] == again[:2]


@pytest.mark.parametrize(
    ("model", "data", "message"),
    [
        ("cnnn", SMALL, "no model 'cnnn'"),
        ("cnn", SMALL[0], r"data must be \(\(x_train"),
        ("cnn", 3, r"data must be \(\(x_train"),
        ("cnn", ((X, Y), (X, Y)), "scaled already"),
    ],
)
def test_train_and_evaluate_says_what_is_wrong(model, data, message):
    with pytest.raises(ValueError, match=message):
        train_and_evaluate_model(model, data, epochs=1, verbose=0)


def test_recipe_ends_its_schedule_with_its_last_step(monkeypatch):
    monkeypatch.setitem(RECIPES, "softmax", Recipe("softmax", day=9, epochs=5))
    model, history, seconds = train_recipe("softmax", data=SMALL, seed=0, verbose=0)
    assert len(history.history["loss"]) == 5
    assert float(model.optimizer.learning_rate) == pytest.approx(0, abs=1e-9)
    assert history.history["accuracy"][-1] > 0.4  # shifted digits are hard for it
    assert seconds > 0


def test_recipes_read_as_a_sentence():
    assert "peak 0.01" in str(RECIPES["champion"])
    assert "8 epochs" in str(RECIPES["champion"])


def test_unknown_recipe_lists_the_recipes():
    with pytest.raises(ValueError, match="no recipe 'cnn'; choose one of champion"):
        train_recipe("cnn")
