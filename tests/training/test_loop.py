from types import SimpleNamespace

import keras
import numpy as np
import pytest

from mnist_course.augmentation import random_shift
from mnist_course.data import balanced_subset, load_mnist
from mnist_course.models import create_model
from mnist_course.preprocessing import one_hot, scale_pixels
from mnist_course.training import loop
from mnist_course.training.compiling import compile_model
from mnist_course.training.loop import set_seed, train, train_and_evaluate_model

(X_ALL, Y_ALL), (X_TEST, Y_TEST) = load_mnist()
X_RAW, Y = balanced_subset(X_ALL, Y_ALL, per_class=50)
X = scale_pixels(X_RAW)
SMALL = (X_RAW, Y), (X_TEST[:500], Y_TEST[:500])


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


def test_validation_digits_are_decided_by_the_seed(monkeypatch):
    def set_aside(seed):
        seen = []
        monkeypatch.setattr(keras.Model, "fit", lambda self, **how: seen.append(how))
        train(create_model("softmax"), X, Y, epochs=1, validation_split=0.2, seed=seed)
        return seen[0]["validation_data"][0]

    first, again, other = (set_aside(seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_validation_data_are_measured():
    model = create_model("softmax")
    data = (X[:50], Y[:50])
    history = train(model, X, Y, epochs=2, validation_data=data, verbose=0).history
    expected = model.evaluate(*data, verbose=0, return_dict=True)["loss"]
    assert history["val_loss"][-1] == pytest.approx(expected, rel=1e-5)


def test_labels_may_be_lists():
    data = X[:50], Y[:50].tolist()
    model = create_model("softmax")
    history = train(model, X, Y.tolist(), epochs=1, validation_data=data, verbose=0).history
    assert history["val_accuracy"][0] == model.evaluate(X[:50], Y[:50], verbose=0)[1]


def test_one_hot_labels_train_too():
    model = compile_model(create_model("softmax"), loss="categorical_crossentropy")
    assert train(model, X, one_hot(Y), epochs=1, verbose=0).history["accuracy"][0] > 0


@pytest.mark.parametrize(
    ("x", "y", "options", "message"),
    [
        (X, Y[:-1], {}, "one label per image, got 500 and 499"),
        (X[:0], Y[:0], {}, "no images"),
        (X, Y, {"epochs": 0}, "epochs and batch_size must be whole numbers of at least 1"),
        (X, Y, {"batch_size": 0}, "epochs and batch_size must be .* at least 1, got 1 and 0"),
        (X, Y, {"epochs": 2.0}, "whole numbers of at least 1, got 2.0 and 128"),
        (X_RAW, Y, {}, "scale_pixels"),
        (X_RAW[..., None].astype(np.float32), Y, {}, "pixels from 0 to 255; divide by 255"),
        (X * np.nan, Y, {}, "no finite numbers"),
        (X - 300, Y, {}, "pixels from -300 to -299"),
        (X, Y + 1, {}, "go from 1 to 10, but the network has 10 classes, 0 to 9: give y - 1"),
        (X, Y.astype(int) - 1, {}, r"go from -1 to 8, .* 0 to 9: give y \+ 1"),
        (X, Y.astype(str), {}, "labels must be whole numbers, got <U3, as in"),
        (X, Y + 0.5, {}, "labels must be whole numbers, got float64, as in"),
        (X, np.where(Y == 3, np.nan, Y), {}, "whole numbers, got float64, as in nan"),
        (X, Y * 2, {}, "go from 0 to 18, .*look for what is no class"),
        (X, one_hot(Y), {}, r"one-hot rows, shape \(500, 10\), .*give y.argmax\(axis=1\)"),
        (X, Y, {"validation_data": (X, Y), "validation_split": 0.1}, "not both"),
        (X, Y, {"validation_data": (X_RAW, Y)}, "x of validation_data holds raw pixels"),
        (X, Y, {"validation_data": (X, Y[1:])}, "x and y of validation_data .* 500 and 499"),
        (X, Y, {"validation_data": (X, one_hot(Y))}, "y of validation_data holds one-hot rows"),
        (X, Y, {"validation_data": (X, Y + 1)}, "labels of validation_data go from 1 to 10"),
        (X, Y, {"validation_data": X}, r"validation_data must be \(x, y\), got ndarray"),
    ],
)
def test_train_says_what_is_wrong(x, y, options, message):
    with pytest.raises(ValueError, match=message):
        train(create_model("softmax"), x, y, **{"epochs": 1, "verbose": 0, **options})


def test_callbacks_may_be_none_as_in_keras():
    train(create_model("softmax"), X, Y, epochs=1, callbacks=None, verbose=0)


@pytest.mark.parametrize("model", ["cnn", create_model])
def test_what_is_no_keras_model_is_not_trained(model):
    with pytest.raises(ValueError, match="expected a Keras model, .* got (str|function)"):
        train(model, X, Y, epochs=1)


@pytest.mark.parametrize(
    "loss", ["categorical_crossentropy", keras.losses.CategoricalCrossentropy(label_smoothing=0.1)]
)
def test_labels_for_a_loss_of_one_hot_rows_are_refused(loss):
    model = compile_model(create_model("softmax"), loss=loss)
    with pytest.raises(ValueError, match=r"y holds labels, shape \(500,\), .*give one_hot\(y\)"):
        train(model, X, Y, epochs=1, verbose=0)


def test_standardised_pixels_are_trained_on():
    model = create_model("softmax")
    assert train(model, (X - 0.13) / 0.31, Y, epochs=1, verbose=0).epoch == [0]


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


def test_seconds_before_an_interruption_count(monkeypatch):
    record = SimpleNamespace(earlier_seconds=1000.0)
    monkeypatch.setattr(loop, "train", lambda *_, **__: record)
    model = compile_model(create_model("softmax"))
    _, _, result = train_and_evaluate_model(model, SMALL, epochs=1)
    assert 1000 < result.seconds < 1010


def test_train_and_evaluate_takes_a_model_with_its_own_optimizer():
    model = compile_model(create_model("softmax"), optimizer="sgd")
    same, _, _ = train_and_evaluate_model(model, SMALL, epochs=1, verbose=0)
    assert same is model
    assert isinstance(model.optimizer, keras.optimizers.SGD)


@pytest.mark.parametrize("rows", [False, True])
def test_a_model_compiled_without_accuracy_is_measured_all_the_same(rows):
    (x, y), (x_test, y_test) = SMALL
    loss = "categorical_crossentropy" if rows else "sparse_categorical_crossentropy"
    data = ((x, one_hot(y)), (x_test, one_hot(y_test))) if rows else SMALL
    model = compile_model(create_model("softmax", seed=0), loss=loss, metrics=[])
    model, _, result = train_and_evaluate_model(model, data, epochs=1, verbose=0)
    answers = model.predict(scale_pixels(x_test), verbose=0).argmax(axis=1)
    assert result.accuracy == pytest.approx(np.mean(answers == y_test))


@pytest.mark.parametrize(
    ("test", "message"),
    [
        ((X_TEST[:9], one_hot(Y_TEST[:9])), "a label for each of the 9 test images"),
        ((X_TEST[:9], Y_TEST[:8]), "a label for each of the 9 test images"),
        ((X, Y), "scaled already"),
        ((X_TEST[:0], Y_TEST[:0]), "no test images"),
        ((X_TEST[:9], Y_TEST[:9] + 1), "labels of the test digits go from 1 to 10"),
        ((X_TEST[:9], Y_TEST[:9].astype(str)), "labels of the test digits must be whole numbers"),
    ],
)
def test_digits_that_cannot_be_measured_are_refused_before_training(test, message, monkeypatch):
    monkeypatch.setattr(loop, "train", lambda *_, **__: pytest.fail("trained"))
    with pytest.raises(ValueError, match=message):
        train_and_evaluate_model("softmax", (SMALL[0], test), epochs=1)


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
