import keras
import numpy as np
import pytest

from mnist_course.training.loop import set_seed
from mnist_course.training.optimizers import ConvMuon

RATE = 0.02


def steps(optimizer, start, gradients):
    """A variable after some steps of an optimizer."""
    variable = keras.Variable(start)
    optimizer.build([variable])
    for gradient in gradients:
        optimizer.apply([keras.ops.convert_to_tensor(gradient)])
    return keras.ops.convert_to_numpy(variable)


@pytest.fixture
def arrays():
    """Makes a start and two gradients of a shape."""
    rng = np.random.default_rng(0)
    return lambda *shape: rng.normal(size=(3, *shape)).astype(np.float32)


@pytest.mark.parametrize("shape", [(3, 3, 4, 8), (1, 1, 8, 4)])
def test_a_convolution_steps_as_keras_steps_the_matrix_of_its_weights(arrays, shape):
    start, *gradients = arrays(*shape)
    flat = [gradient.reshape(-1, shape[-1]) for gradient in gradients]
    expected = steps(keras.optimizers.Muon(RATE), start.reshape(-1, shape[-1]), flat)
    ours = steps(ConvMuon(RATE), start, gradients)
    np.testing.assert_allclose(ours.reshape(-1, shape[-1]), expected, atol=1e-5)


@pytest.mark.parametrize(
    "shape",
    [(5, 5, 1, 16), (3, 3, 16, 1), (8, 10), (16,)],
    ids=["first", "depthwise", "dense", "bias"],
)
def test_all_else_steps_as_with_adamw(arrays, shape):
    start, *gradients = arrays(*shape)
    expected = steps(keras.optimizers.AdamW(RATE), start, gradients)
    np.testing.assert_allclose(steps(ConvMuon(RATE), start, gradients), expected, atol=1e-5)


def spread(kernel) -> float:
    """How much further the strongest direction of a kernel goes than the weakest."""
    strengths = np.linalg.svd(kernel.reshape(-1, kernel.shape[-1]), compute_uv=False)
    return strengths.max() / strengths.min()


def test_a_step_of_a_convolution_favours_no_direction(arrays):
    start, gradient, _ = arrays(3, 3, 8, 16)
    gradient[..., 0] *= 10  # one filter's gradient dwarfs the others
    assert spread(gradient) > 10
    assert spread(start - steps(ConvMuon(RATE, weight_decay=0), start, [gradient])) < 3


def test_it_is_saved_and_loaded_with_a_model(tmp_path):
    set_seed(0)
    model = keras.Sequential([keras.Input((8, 8, 2)), keras.layers.Conv2D(4, 3)])
    model.compile(optimizer=ConvMuon(RATE), loss="mse")
    model.fit(np.ones((4, 8, 8, 2)), np.ones((4, 6, 6, 4)), verbose=0)
    model.save(tmp_path / "model.keras")
    optimizer = keras.saving.load_model(tmp_path / "model.keras").optimizer
    assert type(optimizer) is ConvMuon
    assert int(optimizer.iterations) == 1
