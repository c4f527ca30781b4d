import re

import keras
import numpy as np
import pytest

from mnist_course.models import MODELS, create_model, multiplications

IMAGES = np.random.default_rng(0).random((3, 28, 28, 1), dtype=np.float32)


@pytest.mark.parametrize("name", MODELS)
def test_every_model_answers_with_ten_probabilities(name):
    answers = keras.ops.convert_to_numpy(create_model(name, seed=0)(IMAGES))
    assert answers.shape == (3, 10)
    assert answers.dtype == np.float32
    assert answers.min() >= 0
    np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("name", MODELS)
def test_name_and_documented_parameter_count_are_true(name):
    stated = re.search(r"([\d,]+) parameters", MODELS[name].__doc__)[1]
    model = create_model(name)
    assert (model.name, model.count_params()) == (name, int(stated.replace(",", "")))


@pytest.mark.parametrize("name", ["champion", "resnet"])
def test_models_can_be_saved_and_loaded(name, tmp_path):
    model = create_model(name, seed=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    answers = model.predict(IMAGES, verbose=0)
    np.testing.assert_array_equal(loaded.predict(IMAGES, verbose=0), answers)


def test_default_is_the_cnn():
    assert create_model().name == "cnn"


def test_tiny_stays_under_3_700_parameters():
    assert create_model("tiny").count_params() <= 3700


def test_the_champion_keeps_where_a_feature_was_seen_up_to_its_dense_layer():
    model = create_model("champion")
    assert [layer.output.shape[1:] for layer in model.layers[-4:-1]] == [
        (6, 6, 64),
        (1, 1, 64),
        (64,),
    ]
    average = model.layers[-3].get_weights()[0]
    assert average.shape == (6, 6, 64, 1)  # a weight for each place, at first all alike
    np.testing.assert_allclose(average, 1 / 36)


def test_same_seed_gives_the_same_weights_and_another_seed_does_not():
    first, again, other = (create_model("dense", seed=s).get_weights()[0] for s in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_number_of_classes_can_be_chosen():
    assert create_model("resnet", num_classes=5).output_shape == (None, 5)


def test_unknown_name_lists_the_names():
    with pytest.raises(ValueError, match=r"no model 'cnnn'; choose one of softmax, dense.*tiny"):
        create_model("cnnn")


@pytest.mark.parametrize("count", [1, 10.0, "10"])
def test_fewer_than_two_classes_or_no_number_of_them_is_refused(count):
    with pytest.raises(ValueError, match=f"whole number, at least 2, got {count!r}"):
        create_model("cnn", num_classes=count)


def test_numbers_may_be_those_of_numpy():
    labels = np.array([0, 4], np.uint8)
    model = create_model("softmax", num_classes=labels.max() + 1, seed=np.int64(3))
    expected = create_model("softmax", num_classes=5, seed=3)
    np.testing.assert_array_equal(model.get_weights()[0], expected.get_weights()[0])


def test_what_is_no_seed_is_named():
    with pytest.raises(ValueError, match="seed must be a whole number .* got -1"):
        create_model("cnn", seed=-1)


def test_multiplications_count_every_use_of_a_weight():
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((6, 6, 2)),
            layers.Conv2D(3, 3),  # 4 x 4 places, 3 x 3 x 2 x 3 weights
            layers.SeparableConv2D(5, 2),  # 3 x 3 places, 2 x 2 x 3 and 3 x 5 weights
            layers.BatchNormalization(),
            layers.Flatten(),
            layers.Dense(4),  # 45 x 4
        ]
    )
    assert multiplications(model) == 16 * 54 + 9 * (12 + 15) + 180
