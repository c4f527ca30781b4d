import importlib.util

import keras
import numpy as np
import onnx
import onnxruntime
import pytest
from keras import layers

from mnist_course import _paths
from mnist_course.data import load_mnist
from mnist_course.manifest import ModelError
from mnist_course.models import create_model
from mnist_course.preprocessing import scale_pixels
from mnist_course.shipping import opening
from mnist_course.shipping.formats import FORMATS, ExportError, format_of
from mnist_course.shipping.formats.onnx import write as write_onnx
from mnist_course.shipping.opening import open_model, verify_export

DIGITS = scale_pixels(load_mnist()[1][0][:100])
HAS_LITERT = importlib.util.find_spec("ai_edge_litert") is not None
needs_litert = pytest.mark.skipif(not HAS_LITERT, reason="the extra litert is not installed")


@pytest.fixture(scope="module")
def tiny():
    return create_model("tiny", seed=0)


@pytest.fixture(scope="module")
def onnx_file(tiny, tmp_path_factory):
    file = tmp_path_factory.mktemp("onnx") / "tiny.onnx"
    write_onnx(tiny, file)
    return file


def run(file, *outputs):
    return onnxruntime.InferenceSession(file).run(outputs, {"images": DIGITS[:7]})


def maps_by_keras(model, layer):
    return keras.Model(model.inputs[0], layer.output).predict(DIGITS[:7], verbose=0)


def test_onnx_carries_the_last_feature_maps(tiny, onnx_file):
    (maps,) = run(onnx_file, "feature_maps")
    *_, last, _, _, _ = tiny.layers
    assert maps.shape == (7, 3, 3, 32)
    np.testing.assert_allclose(maps, maps_by_keras(tiny, last), atol=1e-5)


def test_feature_maps_and_class_weights_give_the_probabilities(tiny, onnx_file):
    found, maps, weights = run(onnx_file, "probabilities", "feature_maps", "class_weights")
    scores = np.einsum("nhwc,hwck->nk", maps, weights) + tiny.layers[-1].bias.numpy()
    odds = np.exp(scores)
    np.testing.assert_allclose(odds / odds.sum(axis=1, keepdims=True), found, atol=1e-5)


def test_a_hidden_dense_layer_leaves_feature_maps_without_class_weights(tmp_path):
    model = create_model("cnn", seed=0)
    write_onnx(model, tmp_path / "cnn.onnx")
    outputs = [o.name for o in onnxruntime.InferenceSession(tmp_path / "cnn.onnx").get_outputs()]
    assert outputs == ["probabilities", "feature_maps"]
    (maps,) = run(tmp_path / "cnn.onnx", "feature_maps")
    np.testing.assert_allclose(maps, maps_by_keras(model, model.layers[3]), atol=1e-5)


def test_dropout_before_the_answer_does_not_hide_the_class_weights(tmp_path):
    image = keras.Input((28, 28, 1))
    pooled = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3)(image))
    answer = layers.Dense(10, activation="softmax")
    model = keras.Model(image, answer(layers.Dropout(0.5)(pooled)))
    write_onnx(model, tmp_path / "dropout.onnx")
    (weights,) = run(tmp_path / "dropout.onnx", "class_weights")
    np.testing.assert_allclose(weights[0, 0] * 26 * 26, answer.kernel.numpy(), rtol=1e-6)


def average_of_places(**options):
    """A network whose maps of 4 x 4 places are averaged with weights of their own."""
    stack = [keras.layers.Conv2D(3, 7, strides=7), keras.layers.DepthwiseConv2D(4, **options)]
    stack += [keras.layers.Flatten(), keras.layers.Dense(10, activation="softmax")]
    return keras.Sequential([keras.Input((28, 28, 1)), *stack])


def test_class_weights_see_through_a_learned_average_of_all_places(tmp_path):
    model = average_of_places()
    write_onnx(model, file := tmp_path / "average.onnx")
    found, maps, weights = run(file, "probabilities", "feature_maps", "class_weights")
    assert maps.shape[1:] == (4, 4, 3)
    scores = np.einsum("nhwc,hwcd->nd", maps, weights) + model.layers[-1].bias.numpy()
    np.testing.assert_allclose(keras.ops.softmax(scores), found, atol=1e-5)


def test_an_average_that_bends_leaves_no_class_weights(tmp_path):
    write_onnx(average_of_places(activation="relu"), file := tmp_path / "relu.onnx")
    assert len(run(file)) == 2


def test_a_second_dense_layer_leaves_no_class_weights(tmp_path):
    hidden, answer = layers.Dense(8), layers.Dense(10, activation="softmax")
    stack = [layers.Conv2D(4, 3), layers.GlobalAveragePooling2D(), hidden, answer]
    write_onnx(keras.Sequential([keras.Input((28, 28, 1)), *stack]), tmp_path / "two.onnx")
    names = [o.name for o in onnxruntime.InferenceSession(tmp_path / "two.onnx").get_outputs()]
    assert names == ["probabilities", "feature_maps"]


@pytest.mark.parametrize("name", ["softmax", "dense"])
def test_networks_without_convolutions_have_one_output(name, tmp_path):
    write_onnx(create_model(name, seed=0), tmp_path / "flat.onnx")
    (output,) = onnx.load(tmp_path / "flat.onnx").graph.output
    assert output.name == "probabilities"


@pytest.mark.parametrize("kind", ["keras", "onnx"])
def test_a_file_opens_as_a_function_that_answers_alike(kind, tiny, tmp_path):
    file = tmp_path / f"tiny{FORMATS[kind].ending}"
    FORMATS[kind].module().write(tiny, file)
    assert verify_export(tiny, file, DIGITS) < 1e-5
    expected = tiny.predict(DIGITS[:3], verbose=0)
    np.testing.assert_allclose(open_model(file)(DIGITS[:3]), expected, atol=1e-5)


@needs_litert
def test_litert_answers_alike_for_any_number_of_images(tiny, tmp_path):
    FORMATS["litert"].module().write(tiny, tmp_path / "tiny.tflite")
    assert verify_export(tiny, tmp_path / "tiny.tflite", DIGITS) < 1e-5
    answer, expected = open_model(tmp_path / "tiny.tflite"), tiny.predict(DIGITS, verbose=0)
    for n in (1, 5, 2):
        np.testing.assert_allclose(answer(DIGITS[:n]), expected[:n], atol=1e-5)


def test_many_images_are_answered_in_batches_and_in_order(onnx_file, monkeypatch):
    together = open_model(onnx_file)(DIGITS)
    monkeypatch.setattr(opening, "BATCH", 30)
    np.testing.assert_allclose(open_model(onnx_file)(DIGITS), together, rtol=1e-5)


@pytest.mark.parametrize(
    ("in_clone", "uv", "advice"),
    [
        (True, True, "start it with: uv run --extra litert mnist-course"),
        (True, False, r'pip install -e ".\[litert\]" \(in the folder '),
        (False, False, r'pip install "mnist-course\[litert\]"'),
    ],
)
def test_without_the_extra_the_advice_fits_where_it_is_read(
    tmp_path, monkeypatch, in_clone, uv, advice
):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(_paths, "PACKAGE", tmp_path / "mnist_course")
    if in_clone:
        (tmp_path / "pyproject.toml").write_text("")
    monkeypatch.setenv("UV", "uv") if uv else monkeypatch.delenv("UV", raising=False)
    with pytest.raises(ValueError, match=f"LiteRT is not installed: {advice}"):
        open_model(tmp_path / "tiny.tflite")


@pytest.mark.parametrize("kind", ["onnx", "litert", "onnx_int8"])
def test_on_another_backend_the_remedy_is_said(kind, tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    module = importlib.import_module(f"mnist_course.shipping.formats.{kind}")
    with pytest.raises(ValueError, match=r"on jax: start again with KERAS_BACKEND=tensorflow"):
        module.write(tiny, tmp_path / "tiny")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.keras", "keras"),
        ("a.onnx", "onnx"),
        ("a_int8.onnx", "onnx_int8"),
        ("a.b.tflite", "litert"),
    ],
)
def test_the_longest_ending_tells_the_format(name, kind):
    assert format_of(f"folder/{name}").kind == kind


def test_verify_notices_another_model(onnx_file):
    with pytest.raises(ExportError, match="does not answer as the Keras model"):
        verify_export(create_model("tiny", seed=1), onnx_file, DIGITS)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("bad.onnx", b""),
        ("bad.onnx", b"not a model"),
        ("bad.keras", b"not a model"),
        pytest.param("bad.tflite", b"not a model", marks=needs_litert),
    ],
)
def test_a_damaged_file_is_refused(tiny, tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelError, match=r"bad\..* is damaged|'bad.onnx' is not a usable ONNX"):
        verify_export(tiny, tmp_path / name, DIGITS)


def test_a_keras_file_that_is_cut_off_is_not_called_missing(tiny, tmp_path):
    FORMATS["keras"].module().write(tiny, whole := tmp_path / "whole.keras")
    (tmp_path / "cut.keras").write_bytes(whole.read_bytes()[:-1000])
    with pytest.raises(ModelError, match=r"cut\.keras is damaged: .*cut off.*Copy it again"):
        open_model(tmp_path / "cut.keras")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ModelError, match="there is no file .*absent.keras"):
        open_model(tmp_path / "absent.keras")


def test_a_keras_file_that_holds_code_is_refused(tmp_path):
    code = layers.Lambda(lambda x: x * 2, output_shape=(10,))
    stack = [keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(10), code]
    keras.Sequential(stack).save(tmp_path / "code.keras")
    with pytest.raises(ExportError, match=r"(?i)lambda"):
        open_model(tmp_path / "code.keras")


def test_hdf5_files_which_know_no_safe_mode_are_refused_with_a_way_out(tmp_path):
    with pytest.raises(ModelError, match=r"model\.h5 is an HDF5 file.*ends in \.keras"):
        open_model(tmp_path / "model.h5")


def test_other_endings_are_refused_with_those_there_are():
    with pytest.raises(ModelError, match=r"ends in \.keras, \.onnx, \.tflite, .*got 'model\.pt'"):
        open_model("model.pt")


@pytest.mark.parametrize("images", [DIGITS.astype(np.float64), DIGITS[..., 0], DIGITS[:0]])
def test_images_in_another_form_are_refused(tiny, onnx_file, images):
    with pytest.raises(ValueError, match="as scale_pixels makes them"):
        verify_export(tiny, onnx_file, images)
