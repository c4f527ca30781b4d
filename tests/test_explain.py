"""explain: exact maps, honest covers, clear errors."""

import keras
import numpy as np
import pytest
from keras import layers

from mnist_course import DigitReader, create_model, load_mnist, load_model, scale_pixels
from mnist_course.explain import activations, class_activation_map, cover, occlusion_map
from mnist_course.scratch import softmax

RNG = np.random.default_rng(0)
IMAGES = RNG.random((3, 28, 28, 1)).astype("float32")


def small(*head):
    """One convolution, then a head, then three classes."""
    keras.utils.set_random_seed(0)
    stack = [keras.Input((28, 28, 1)), layers.Conv2D(4, 5, strides=4, activation="relu")]
    return keras.Sequential([*stack, *head, layers.Dense(3, activation="softmax")])


HEADS = {
    "average": [layers.GlobalAveragePooling2D()],
    "flatten": [layers.Flatten()],
    "weighted": [layers.DepthwiseConv2D(6, use_bias=False), layers.Flatten()],
    "dropout": [layers.GlobalAveragePooling2D(), layers.Dropout(0.5)],
}


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_places_and_bias_add_up_to_the_answer(head):
    model = small(*head)
    bias = model.layers[-1].get_weights()[1] + [0.5, -0.5, 0.0]
    model.layers[-1].set_weights([model.layers[-1].get_weights()[0], bias])
    scores = class_activation_map(model, IMAGES).sum(axis=(1, 2)) + bias
    np.testing.assert_allclose(softmax(scores), model.predict(IMAGES, verbose=0), atol=1e-5)


@pytest.mark.parametrize("name", ["champion", "resnet", "tiny", "softmax"])
def test_the_course_s_own_networks_have_a_map(name):
    assert class_activation_map(create_model(name), IMAGES).shape[-1] == 10


def test_the_reader_s_map_is_the_same():
    digits = load_mnist()[1][0][:2]
    maps = class_activation_map(load_model("champion"), scale_pixels(digits))
    theirs = DigitReader.load("champion").class_activation_map(digits[1], 2)
    np.testing.assert_allclose(maps[1, :, :, 2], theirs, atol=1e-4)


@pytest.mark.parametrize("name", ["cnn", "dense"])
def test_a_network_without_such_an_end_is_refused(name):
    with pytest.raises(ValueError, match="only an average over places or Flatten"):
        class_activation_map(create_model(name), IMAGES)


def test_activations_are_what_each_layer_answers():
    model = small(layers.Flatten())
    found = activations(model, IMAGES)
    assert list(found) == [layer.name for layer in model.layers]
    np.testing.assert_allclose(
        list(found.values())[-1], model.predict(IMAGES, verbose=0), atol=1e-6
    )
    assert next(iter(found.values())).shape == (3, 6, 6, 4)


def test_activations_of_many_images_come_in_order():
    model = keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten()])
    many = np.repeat(np.arange(1100, dtype="float32"), 784).reshape(-1, 28, 28, 1)
    [flat] = activations(model, many).values()
    np.testing.assert_array_equal(flat[:, 0], np.arange(1100))


@pytest.mark.parametrize("look", [activations, class_activation_map])
@pytest.mark.parametrize(
    "images",
    [np.zeros((2, 28, 28, 1), np.uint8), IMAGES[..., 0], IMAGES[0], IMAGES[:0]],
    ids=["raw", "no channel", "no batch", "none"],
)
def test_images_that_the_network_does_not_take_are_refused(look, images):
    with pytest.raises(ValueError, match=r"scaled pixels, floats of shape \(n, 28, 28, 1\)"):
        look(small(layers.Flatten()), images)


def test_a_network_without_fixed_sides_takes_any():
    model = keras.Sequential([keras.Input((None, None, 1)), layers.Conv2D(2, 3)])
    [maps] = activations(model, IMAGES[:, :20]).values()
    assert maps.shape == (3, 18, 26, 2)


def sum_of_ink(images):
    """Stand-in: class 1 has the share of ink in the picture, class 0 the rest."""
    share = np.asarray(images, float).reshape(len(images), -1).sum(axis=1) / 100
    return np.stack([1 - share, share], axis=1)


def test_an_occlusion_map_tells_what_covering_costs():
    images = RNG.random((2, 6, 5))
    losses = occlusion_map(sum_of_ink, images, [1, 0], size=2)
    assert losses.shape == (2, 5, 4)
    np.testing.assert_allclose(losses[0, 3, 1], images[0, 3:5, 1:3].sum() / 100)
    np.testing.assert_allclose(losses[1, 4, 3], -images[1, 4:, 3:].sum() / 100)


def test_a_stride_leaves_positions_out():
    images = RNG.random((1, 28, 28))
    all_of_them = occlusion_map(sum_of_ink, images, [1], size=7)
    few = occlusion_map(sum_of_ink, images, [1], size=7, stride=4)
    np.testing.assert_allclose(few, all_of_them[:, ::4, ::4])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"size": 7}, "1 to 5 pixels"),
        ({"size": 0}, "got size 0"),
        ({"size": 2, "stride": 0}, "stride 0"),
    ],
)
def test_a_square_that_does_not_fit_is_refused(options, words):
    with pytest.raises(ValueError, match=words):
        occlusion_map(sum_of_ink, np.zeros((1, 6, 5)), [1], **options)


@pytest.mark.parametrize(
    ("digits", "words"),
    [
        ([1], "2 images and 1 labels"),
        ([-1, 0], "from 0 to 1, got -1 to 0"),
        ([2, 0], "got 0 to 2"),
        ([0.5, 1.0], "integer labels"),
    ],
)
def test_a_class_is_needed_for_each_image(digits, words):
    with pytest.raises(ValueError, match=words):
        occlusion_map(sum_of_ink, np.zeros((2, 6, 5)), digits, size=2)


def test_one_image_is_no_batch_to_cover():
    for use in (lambda image: cover(image, 1, 1), lambda i: occlusion_map(sum_of_ink, i, [1])):
        with pytest.raises(ValueError, match=r"\(n, height, width\) .*got \(28, 28\)"):
            use(np.zeros((28, 28)))


@pytest.mark.parametrize("shape", [(2, 6, 5), (2, 6, 5, 1)])
def test_cover_makes_copies_with_a_square_of_background(shape):
    images = np.ones(shape, np.uint8)
    covered = cover(images, [1, 3], [0, 2], size=2)
    assert images.min() == 1
    assert covered.dtype == np.uint8
    np.testing.assert_array_equal(covered[0].reshape(6, 5)[1:3, :2], 0)
    np.testing.assert_array_equal(covered[1].reshape(6, 5)[3:5, 2:4], 0)
    assert covered.sum() == 2 * (30 - 4)


def test_an_average_that_bends_is_refused():
    bent = layers.DepthwiseConv2D(6, use_bias=False, activation="relu")
    with pytest.raises(ValueError, match="only an average over places"):
        class_activation_map(small(bent, layers.Flatten()), IMAGES)
