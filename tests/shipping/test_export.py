import errno
import hashlib

import keras
import numpy as np
import onnx
import onnxruntime
import pytest
from keras import layers

from mnist_course.data import load_mnist
from mnist_course.manifest import ModelError
from mnist_course.models import MODELS, create_model
from mnist_course.predictor import DigitReader
from mnist_course.preprocessing import scale_pixels
from mnist_course.shipping import export
from mnist_course.shipping.export import ExportError, export_model, load_model, verify_export
from mnist_course.shipping.formats import FORMATS
from mnist_course.training.compiling import compile_model

(X_TRAIN, Y_TRAIN), (X_TEST, Y_TEST) = load_mnist()
DIGITS = scale_pixels(X_TEST[:100])


@pytest.fixture(scope="module")
def champion():
    """With batch statistics that differ from their start, so that folding them matters."""
    model = compile_model(create_model("champion", seed=0))
    model.fit(scale_pixels(X_TRAIN[:512]), Y_TRAIN[:512], verbose=0)
    return model


@pytest.fixture(scope="module")
def files(champion, tmp_path_factory):
    return export_model(champion, "champion", folder=tmp_path_factory.mktemp("models"))


@pytest.mark.parametrize("name", ["dense_regularized", "resnet", "separable"])
def test_exported_models_answer_as_the_original(name, tmp_path):
    model = create_model(name, seed=0)
    exported = export_model(model, name, folder=tmp_path, formats=["onnx"], images=DIGITS)
    assert verify_export(model, exported["onnx"], DIGITS) < 1e-5


def test_onnx_takes_any_number_of_images_and_gives_probabilities_first(champion, files):
    session = onnxruntime.InferenceSession(files["onnx"])
    (images,), answers = session.get_inputs(), session.get_outputs()[0]
    assert (images.name, images.type, images.shape) == (
        "images",
        "tensor(float)",
        ["n", 28, 28, 1],
    )
    assert (answers.name, answers.shape) == ("probabilities", ["n", 10])
    for n in (1, 7):
        found = session.run(None, {"images": DIGITS[:n]})[0]
        np.testing.assert_allclose(found, champion.predict(DIGITS[:n], verbose=0), atol=1e-5)


def test_onnx_is_valid_and_has_batch_normalisation_folded(files):
    model = onnx.load(files["onnx"])
    onnx.checker.check_model(model, full_check=True)
    kinds = [node.op_type for node in model.graph.node]
    assert kinds.count("Conv") == 6
    assert "BatchNormalization" not in kinds
    (transpose,) = (node for node in model.graph.node if node.op_type == "Transpose")
    assert transpose.output == ["feature_maps"]  # the way to the probabilities has none


def test_weights_stand_in_the_order_of_their_use(files):
    graph = onnx.load(files["onnx"]).graph
    weights = [weights.name for weights in graph.initializer]
    used = [tensor for node in graph.node for tensor in node.input if tensor in weights]
    assert weights == [*dict.fromkeys(used), "class_weights"]


def test_onnx_does_not_depend_on_what_was_built_before(champion, files, tmp_path):
    create_model("cnn")  # moves Keras's layer counters on
    again = export_model(champion, "champion", folder=tmp_path)["onnx"]
    # the converter flattens in one of two ways, by its names' order (1 export in 60): the bytes may
    # differ, what is answered and how it is named may not
    first, second = (DigitReader(path.read_bytes()) for path in (files["onnx"], again))
    np.testing.assert_array_equal(first.predict(X_TEST[:100]), second.predict(X_TEST[:100]))
    graph = onnx.load(again).graph
    names = [node.name for node in graph.node] + [weights.name for weights in graph.initializer]
    assert not [name for name in names if "keras" in name or champion.name in name]


def test_keras_file_holds_the_network_alone(champion, files):
    loaded = keras.saving.load_model(files["keras"])
    assert not loaded.compiled
    expected = champion.predict(DIGITS, verbose=0)
    np.testing.assert_array_equal(loaded.predict(DIGITS, verbose=0), expected)


def test_export_leaves_nothing_but_the_two_files(files):
    assert {file.name for file in files["onnx"].parent.iterdir()} == {
        "champion.keras",
        "champion.onnx",
    }


def test_files_go_to_the_current_folder_unless_told_otherwise(champion, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = export_model(champion, "champion", formats=["keras"], images=DIGITS)
    assert found["keras"].resolve() == tmp_path / "champion.keras"


def test_failed_export_replaces_nothing(champion, tmp_path, monkeypatch):
    (tmp_path / "champion.onnx").write_bytes(b"the one before")
    other = create_model("champion", seed=1)
    module = FORMATS["onnx"].module()
    write = module.write
    monkeypatch.setattr(module, "write", lambda model, path: write(other, path))
    with pytest.raises(ExportError, match=r"differ by up to .* expected at most 0.0001"):
        export_model(champion, "champion", folder=tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["champion.onnx"]
    assert (tmp_path / "champion.onnx").read_bytes() == b"the one before"


def test_answers_are_compared_on_1000_test_digits(champion, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(export, "verify_export", lambda model, file, images: seen.append(images))
    export_model(champion, "champion", folder=tmp_path, formats=["keras"])
    np.testing.assert_array_equal(seen, [scale_pixels(X_TEST[:1000])])


def test_class_activation_map_without_keras_is_that_of_keras(champion, files):
    *_, last, average, _, answer = champion.layers
    maps = keras.Model(champion.inputs[0], last.output).predict(DIGITS[:1], verbose=0)
    weights = average.kernel.numpy()[..., 0] * answer.kernel.numpy()[:, 7]  # (6, 6, 64)
    expected = np.einsum("hwc,hwc->hw", maps[0], weights)
    found = DigitReader(files["onnx"].read_bytes()).class_activation_map(X_TEST[0], 7)
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_litert_is_written_when_asked_for(champion, tmp_path):
    pytest.importorskip("ai_edge_litert")
    files = export_model(champion, "champion", folder=tmp_path, formats=["litert"])
    assert list(files.items()) == [("litert", tmp_path / "champion.tflite")]
    assert list(tmp_path.iterdir()) == [tmp_path / "champion.tflite"]


def test_unknown_formats_list_the_known_ones(champion, tmp_path):
    with pytest.raises(ValueError, match="no format h5; choose from keras, onnx, litert"):
        export_model(champion, "champion", folder=tmp_path, formats=["keras", "h5"])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["a/b", "/tmp/a", ""])
def test_a_name_is_that_of_a_file(champion, tmp_path, name):
    with pytest.raises(ValueError, match=f"name must be a file name, .* got '{name}'"):
        export_model(champion, name, folder=tmp_path)


def test_a_folder_that_cannot_be_written_to_is_named(champion, tmp_path, monkeypatch):
    def refuse(dir, **_):
        raise PermissionError(errno.EACCES, "Permission denied", f"{dir}/tmp1234")

    monkeypatch.setattr(export.tempfile, "TemporaryDirectory", refuse)
    with pytest.raises(PermissionError, match=f"Permission denied: '{tmp_path}'"):
        export_model(champion, "a", folder=tmp_path, formats=["keras"], images=DIGITS)


def test_lambda_layers_are_refused_by_name(tmp_path):
    code = layers.Lambda(lambda x: x * 2, name="double")
    model = keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), code])
    with pytest.raises(ExportError, match="'double' is a Lambda layer"):
        export_model(model, "code", folder=tmp_path)


def test_lambda_layers_are_found_in_models_and_wrappers_within(tmp_path):
    code = layers.Lambda(lambda x: x, name="hidden")
    inner = keras.Sequential([keras.Input((28, 28, 1)), layers.TimeDistributed(code)])
    outer = keras.Sequential([keras.Input((28, 28, 1)), keras.Sequential([inner])])
    with pytest.raises(ExportError, match="'hidden' is a Lambda layer"):
        export_model(outer, "code", folder=tmp_path)


@pytest.mark.parametrize("name", MODELS)
def test_no_model_of_the_course_has_lambda_layers(name):
    kinds = {type(layer) for layer in create_model(name).layers}
    assert layers.Lambda not in kinds


def test_a_shipped_model_loads_and_is_not_compiled():
    model = load_model("champion")
    assert not model.compiled
    answers = model.predict(DIGITS, verbose=0).argmax(axis=1)
    assert np.mean(answers == Y_TEST[:100]) >= 0.99


def shipped(folder, content, *, sha256=None):
    (folder / "champion.keras").write_bytes(content)
    digest = sha256 or hashlib.sha256(content).hexdigest()
    files = f'{{"keras": {{"name": "champion.keras", "sha256": "{digest}"}}}}'
    (folder / "manifest.json").write_text(f'{{"champion": {{"files": {files}}}}}')


def test_load_model_opens_the_file_that_was_shipped(champion, files, tmp_path):
    shipped(tmp_path, files["keras"].read_bytes())
    expected = champion.predict(DIGITS, verbose=0)
    found = load_model("champion", folder=tmp_path).predict(DIGITS, verbose=0)
    np.testing.assert_array_equal(found, expected)


def test_load_model_refuses_a_tampered_file_before_opening_it(tmp_path, monkeypatch):
    shipped(tmp_path, b"tampered", sha256="0" * 64)
    monkeypatch.setattr(keras.saving, "load_model", lambda *_, **__: pytest.fail("opened"))
    with pytest.raises(ModelError, match="is not the model that was shipped"):
        load_model("champion", folder=tmp_path)
