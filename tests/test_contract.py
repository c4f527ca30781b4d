"""What a network of digits must do before it is believed."""

import keras
import numpy as np
import pytest
from keras import layers

from mnist_course import contract
from mnist_course.contract import check_answers, check_shapes
from mnist_course.data import load_mnist
from mnist_course.manifest import ModelError
from mnist_course.models import create_model
from mnist_course.preprocessing import scale_pixels
from mnist_course.shipping.export import export_model
from mnist_course.shipping.formats.keras import write as write_keras
from mnist_course.shipping.formats.onnx import write as write_onnx
from mnist_course.shipping.opening import open_model

(X, Y), _ = load_mnist()
RIGHT = np.repeat(np.eye(10), 2, axis=0)  # what the twenty digits are


def reader(images):
    """Knows the twenty digits, as a network that is perfect on them."""
    return RIGHT[: len(images)]


def test_the_twenty_digits_are_the_first_two_of_each_class_in_training():
    pixels, labels = contract._digits()
    expected = np.concatenate([X[np.flatnonzero(digit == Y)[:2]] for digit in range(10)])
    np.testing.assert_array_equal(pixels, scale_pixels(expected))
    np.testing.assert_array_equal(labels, RIGHT.argmax(axis=1))


@pytest.mark.parametrize(
    ("images", "answers", "message"),
    [
        ((None, 784), (None, 10), r"takes \(n, 784\) .*Reshape, makes it fit"),
        (("batch", 1, 28, 28), ("batch", 10), r"takes \(n, 1, 28, 28\) .*Reshape"),
        (
            (None, 32, 32, 3),
            (None, 10),
            r"takes \(n, 32, 32, 3\).*probabilities of shape \(n, 10\)$",
        ),
        ((1, 28, 28, 1), (1, 10), r"takes \(1, 28, 28, 1\) .*export it with a free first axis"),
        ((None, 28, 28, 1), (None, 1), "one number cannot tell ten digits apart"),
        ((None, 28, 28, 1), (None, 26), r"gives \(n, 26\): expected a network from"),
    ],
)
def test_shapes_of_another_network_are_refused_with_a_remedy(images, answers, message):
    with pytest.raises(ModelError, match=f"model 'mine' .*{message}"):
        check_shapes("mine", images, answers)


@pytest.mark.parametrize("n", [None, "n", "unk__12"])
def test_any_word_for_any_number_will_do(n):
    check_shapes("mine", [n, 28, 28, 1], [n, 10])


def test_what_a_file_does_not_state_is_left_to_its_answers():
    check_shapes("mine", [None, None, None, 1], [None, None])
    check_shapes("mine", [None, 28, 28, 1], [])


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda x: 600 * reader(x), r"scores \(logits\).*from 0 to 600.*a softmax layer behind it"),
        (lambda x: np.log(reader(x) + 1e-9), r"scores \(logits\)"),
        (lambda x: reader(x) / 2 + 0.4, "ten separate shares.*softmax in place of sigmoid"),
        (lambda x: reader(x) * np.nan, "NaN or infinity"),
        (lambda x: reader(x)[:, :3], r"answers 20 image\(s\) with shape \(20, 3\)"),
        (lambda x: reader(x)[:1], r"answers 20 image\(s\) with shape \(1, 10\)"),
        (lambda x: 1 / 0, r"does not answer 20 float32 .*division by zero"),
        (lambda x: reader(x) if len(x) > 1 else np.full((1, 10), 0.1), "image comes alone"),
        (lambda x: reader(x) if x.max() > 1 else np.full((len(x), 10), 0.1), "from 0 to 255"),
    ],
)
def test_answers_that_no_network_of_digits_gives_are_refused(answer, message):
    with pytest.raises(ModelError, match=f"model 'mine' .*{message}"):
        check_answers("mine", answer)


@pytest.mark.parametrize(
    "answer",
    [
        reader,
        lambda x: np.full((len(x), 10), 0.1),
        lambda x: np.round(reader(x) * 255) / 255 + 4e-4,
    ],
    ids=["perfect", "untrained", "rounded to 8 bits"],
)
def test_a_network_need_not_be_good(answer):
    check_answers("mine", answer)


# --- real networks -------------------------------------------------------------------------------


def network(*head, batch_size=None):
    return keras.Sequential([keras.Input((28, 28, 1), batch_size), layers.Flatten(), *head])


def trained_on_raw_pixels():
    """It scales by itself, as many tutorials do."""
    model = network(layers.Rescaling(1 / 255), layers.Dense(10, activation="softmax"))
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(X[:5000, ..., None].astype(np.float32), Y[:5000], epochs=3, verbose=0)
    return model


@pytest.mark.parametrize("write", [write_keras, write_onnx])
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: network(layers.Dense(10)), "logits"),
        (lambda: network(layers.Dense(1, activation="sigmoid")), "one number"),
        (trained_on_raw_pixels, r"Rescaling\(255\)"),
    ],
)
def test_no_format_hides_what_is_wrong(make, message, write, tmp_path):
    file = tmp_path / f"mine.{write.__module__.rpartition('.')[-1]}"
    write(make(), file)
    with pytest.raises(ModelError, match=message):
        open_model(file)


def test_a_network_of_one_image_at_a_time_is_refused_unless_export_frees_its_axis(tmp_path):
    model = network(layers.Dense(10, activation="softmax"), batch_size=1)
    write_keras(model, tmp_path / "mine.keras")
    with pytest.raises(ModelError, match="free first axis"):
        open_model(tmp_path / "mine.keras")
    write_onnx(model, tmp_path / "mine.onnx")
    assert open_model(tmp_path / "mine.onnx")(scale_pixels(X[:7])).shape == (7, 10)


def test_a_network_that_rescales_is_saved_by_the_remedy(tmp_path):
    remedied = keras.Sequential(
        [keras.Input((28, 28, 1)), layers.Rescaling(255), trained_on_raw_pixels()]
    )
    write_keras(remedied, tmp_path / "mine.keras")
    answers = open_model(tmp_path / "mine.keras")(scale_pixels(X[-500:]))
    assert np.mean(answers.argmax(axis=1) == Y[-500:]) > 0.8


def test_scores_are_refused_before_anything_is_written(tmp_path):
    with pytest.raises(ModelError, match="logits"):
        export_model(network(layers.Dense(10)), "mine", folder=tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_model_that_was_never_built_says_how_to_build_it(tmp_path):
    model = keras.Sequential([layers.Flatten(), layers.Dense(10, activation="softmax")])
    with pytest.raises(ModelError, match=r"not built yet: give it keras\.Input"):
        export_model(model, "mine", folder=tmp_path)


@pytest.mark.parametrize("name", ["softmax", "cnn", "champion"])
def test_untrained_networks_of_the_course_keep_the_contract(name):
    model = create_model(name, seed=0)
    check_answers(name, lambda images: model.predict(images, verbose=0))
