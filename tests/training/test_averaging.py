import keras
import numpy as np
import pytest

from mnist_course.augmentation import random_shift
from mnist_course.data import balanced_subset, load_mnist
from mnist_course.models import create_model
from mnist_course.preprocessing import scale_pixels
from mnist_course.training.averaging import average_weights, refresh_batch_norm
from mnist_course.training.batches import AugmentedDigits
from mnist_course.training.compiling import compile_model
from mnist_course.training.loop import train

(X_ALL, Y_ALL), (X_TEST, Y_TEST) = load_mnist()
X, Y = balanced_subset(X_ALL, Y_ALL, per_class=100)
X = scale_pixels(X)


def averaging_model(name, momentum):
    optimizer = keras.optimizers.Adam(0.01, use_ema=True, ema_momentum=momentum)
    return compile_model(create_model(name, seed=0), optimizer=optimizer)


def numbers(variable):
    return keras.ops.convert_to_numpy(variable)


def batch_norms(model):
    kind = keras.layers.BatchNormalization
    return [layer for layer in model.layers if isinstance(layer, kind)]


def test_average_weights_is_the_mean_of_every_array(rng):
    sets = [[rng.random((3, 2)), rng.random(2)] for _ in range(4)]
    kernel, bias = average_weights(sets)
    np.testing.assert_allclose(kernel, np.mean([kernel for kernel, _ in sets], axis=0))
    np.testing.assert_allclose(bias, np.mean([bias for _, bias in sets], axis=0))


def test_average_weights_takes_what_can_be_read_only_once():
    (mean,) = average_weights([np.array([value])] for value in (1.0, 3.0))
    assert mean == 2


@pytest.mark.parametrize("sets", [[], [[np.zeros(2)], [np.zeros(3)]], [[np.zeros(2)], []]])
def test_average_weights_wants_sets_of_one_architecture(sets):
    with pytest.raises(ValueError, match="all of one architecture"):
        average_weights(sets)


@pytest.mark.parametrize("name", ["tiny", "dense_regularized", "resnet"])
def test_refreshed_statistics_are_numpys_in_every_layer(name):
    model = create_model(name, seed=0)
    images = X[:60]
    refresh_batch_norm(model, images, batch_size=25)
    for layer in batch_norms(model):
        signal = numbers(keras.Model(model.inputs, layer.input)([images], training=False))
        axes = tuple(range(signal.ndim - 1))
        variance = numbers(layer.moving_variance)
        mean = numbers(layer.moving_mean)
        np.testing.assert_allclose(mean, signal.mean(axes, np.float64), atol=1e-5)
        np.testing.assert_allclose(variance, signal.var(axes, np.float64), atol=1e-5)


def test_refreshing_changes_nothing_else():
    model = create_model("tiny", seed=0)
    before = [numbers(variable) for variable in model.trainable_variables]
    refresh_batch_norm(model, X[:20])
    for variable, old in zip(model.trainable_variables, before, strict=True):
        np.testing.assert_array_equal(numbers(variable), old)


@pytest.mark.parametrize(("images", "words"), [(X[:0], "no images"), (X_ALL[:9], "raw pixels")])
def test_refreshing_wants_scaled_images(images, words):
    with pytest.raises(ValueError, match=words):
        refresh_batch_norm(create_model("tiny"), images)


def test_averaged_weights_need_refreshed_statistics():
    model = averaging_model("dense_regularized", 0.98)
    batches = AugmentedDigits(X, Y, batch_size=64, augment=random_shift, seed=0)
    model.fit(batches, epochs=4, shuffle=False, verbose=0)  # ends with the average
    test = scale_pixels(X_TEST[:1000]), Y_TEST[:1000]
    stale, _ = model.evaluate(*test, verbose=0)
    refresh_batch_norm(model, X)
    fresh, _ = model.evaluate(*test, verbose=0)
    assert fresh < stale


def test_training_ends_with_the_average_and_its_statistics():
    model = averaging_model("dense_regularized", 0.5)
    kernels, train_kernel = [], model.layers[1].kernel

    class Watch(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            kernels.append(numbers(train_kernel))

    model.steps_per_execution = 1  # or the callback sees every eighth step only
    train(model, X[:200], Y[:200], epochs=1, batch_size=50, callbacks=[Watch()], verbose=0)
    expected = kernels[0]
    for kernel in kernels[1:]:
        expected = 0.5 * expected + 0.5 * kernel
    np.testing.assert_allclose(numbers(train_kernel), expected, atol=1e-6)
    entering = X[:200].reshape(200, -1) @ numbers(train_kernel)
    mean = numbers(batch_norms(model)[0].moving_mean)
    np.testing.assert_allclose(mean, entering.mean(axis=0), atol=1e-5)
