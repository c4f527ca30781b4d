"""Features of a network that others have trained on photographs, when its weights are here."""

import keras
import numpy as np

from ._paths import keras_home

SIDE = 96  # pixels: the smallest images for which there are weights
FILE = f"mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_{SIDE}_no_top.h5"


def imagenet_features(images: np.ndarray, *, download: bool = False) -> np.ndarray:
    """What MobileNetV2, trained on the photographs of ImageNet, says about digits.

    Each digit is enlarged to 96 x 96 pixels and repeated in three colours.

    Args:
        images: float32, shape (n, 28, 28, 1), 0.0 to 1.0.
        download: fetch the weights (9 MB) when they are not in Keras's cache.

    Returns:
        float32, shape (n, 1280): the mean of each of the last maps.

    Raises:
        ValueError: the weights are not in the cache and may not be, or could not be, fetched.

    Source: Sandler et al., "MobileNetV2: Inverted residuals and linear bottlenecks", 2018.
    """
    cached = keras_home() / "models" / FILE
    advice = f"the weights of MobileNetV2 ({FILE}) are not in Keras's cache"
    if not cached.exists() and not download:
        raise ValueError(f"{advice}; with a network connection, call it with download=True (9 MB)")
    try:
        network = keras.applications.MobileNetV2(
            input_shape=(SIDE, SIDE, 3), include_top=False, pooling="avg", weights="imagenet"
        )
    except Exception as problem:  # without a network, downloads fail in many ways
        raise ValueError(f"{advice}, and could not be used or fetched: {problem}") from problem
    large = keras.ops.image.resize(images, (SIDE, SIDE), data_format="channels_last")
    photographs = 2 * np.repeat(keras.ops.convert_to_numpy(large), 3, axis=-1) - 1  # -1 to 1
    return network.predict(photographs, batch_size=50, verbose=0)
