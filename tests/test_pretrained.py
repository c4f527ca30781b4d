"""pretrained: weights from the cache, and a kind word when there are none."""

import h5py
import keras
import numpy as np
import pytest
from keras.src.legacy.saving import legacy_h5_format

from mnist_course import pretrained
from mnist_course.pretrained import imagenet_features

DIGITS = np.random.default_rng(0).random((3, 28, 28, 1)).astype("float32")


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty cache of Keras's."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(keras.src.utils.file_utils.config, "keras_home", lambda: str(tmp_path))
    (tmp_path / "models").mkdir()
    return tmp_path / "models" / pretrained.FILE


def test_weights_in_the_cache_are_used(home):
    keras.utils.set_random_seed(0)
    made = keras.applications.MobileNetV2(
        input_shape=(96, 96, 3), include_top=False, pooling="avg", weights=None
    )
    with h5py.File(home, "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, made)
    large = keras.ops.image.resize(DIGITS, (96, 96))
    expected = made.predict(2 * np.repeat(np.asarray(large), 3, axis=-1) - 1, verbose=0)
    np.testing.assert_allclose(imagenet_features(DIGITS), expected, atol=1e-4)


def test_without_weights_the_error_says_what_to_do(home):
    with pytest.raises(ValueError, match="download=True"):
        imagenet_features(DIGITS)


def test_a_download_that_fails_is_said(home, monkeypatch):
    def no_network(*arguments, **options):
        raise OSError("no route to host")

    monkeypatch.setattr(keras.src.applications.mobilenet_v2.file_utils, "get_file", no_network)
    with pytest.raises(ValueError, match="could not be used or fetched: no route to host"):
        imagenet_features(DIGITS, download=True)


def test_a_damaged_file_is_said(home):
    home.write_bytes(b"no weights")
    with pytest.raises(ValueError, match="could not be used or fetched"):
        imagenet_features(DIGITS)
