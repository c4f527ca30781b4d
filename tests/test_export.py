import hashlib
import json

import keras
import numpy as np
import onnx
import onnxruntime
import pytest

from mnist_course import export
from mnist_course.data import balanced_subset, load_mnist
from mnist_course.export import (
    MODELS_FOLDER,
    ExportError,
    export_model,
    read_manifest,
    ship,
    verify_export,
    write_cards,
    write_manifest_entry,
)
from mnist_course.models import MODELS, create_model
from mnist_course.preprocessing import scale_pixels
from mnist_course.training import RECIPES, Recipe, compile_model

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
    exported = export_model(model, name, folder=tmp_path)
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
    assert kinds.count("Conv") == 5
    assert not {"BatchNormalization", "Transpose"} & set(kinds)


def test_onnx_does_not_depend_on_what_was_built_before(champion, files, tmp_path):
    create_model("cnn")  # moves Keras's layer counters on
    again = export_model(champion, "champion", folder=tmp_path)
    assert again["onnx"].read_bytes() == files["onnx"].read_bytes()


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


def test_failed_export_replaces_nothing(champion, tmp_path, monkeypatch):
    (tmp_path / "champion.onnx").write_bytes(b"the one before")
    other = create_model("champion", seed=1)
    real = export.write_onnx
    monkeypatch.setattr(export, "write_onnx", lambda model, path: real(other, path))
    with pytest.raises(ExportError, match=r"differ by up to .* expected at most 0.0001"):
        export_model(champion, "champion", folder=tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["champion.onnx"]
    assert (tmp_path / "champion.onnx").read_bytes() == b"the one before"


def test_verify_notices_another_model(files):
    with pytest.raises(ExportError, match="does not answer as the Keras model"):
        verify_export(create_model("champion", seed=1), files["onnx"], DIGITS)


@pytest.mark.parametrize("content", [b"", b"not a model"])
def test_verify_refuses_a_damaged_file(champion, tmp_path, content):
    (tmp_path / "bad.onnx").write_bytes(content)
    with pytest.raises(ExportError, match=r"bad.onnx is missing or no ONNX model"):
        verify_export(champion, tmp_path / "bad.onnx", DIGITS)


def entry_of(folder, name, files, values):
    return write_manifest_entry(
        name,
        files,
        parameters=12,
        test_accuracies=values,
        recipe="stir well",
        training_seconds=70.04,
        day=27,
        folder=folder,
    )


def test_manifest_entry_has_checksums_and_spread(files, tmp_path):
    entry = entry_of(tmp_path, "champion", files, [0.99, 0.98, 0.97])
    content = files["onnx"].read_bytes()
    assert entry["files"]["onnx"] == {
        "name": "champion.onnx",
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
    }
    assert entry["test_accuracy"] == {
        "shipped": 0.99,
        "mean": 0.98,
        "sd": 0.01,
        "values": [0.99, 0.98, 0.97],
    }
    assert entry["training_seconds"] == 70.0
    assert json.loads((tmp_path / "manifest.json").read_text()) == {"champion": entry}


def test_one_seed_has_no_spread(files, tmp_path):
    entry = entry_of(tmp_path, "champion", files, [0.99])
    assert entry["test_accuracy"]["sd"] is None


def test_entries_of_other_models_stay(files, tmp_path):
    first = entry_of(tmp_path, "champion", files, [0.99])
    second = entry_of(tmp_path, "tiny", files, [0.98, 0.99])
    assert read_manifest(tmp_path) == {"champion": first, "tiny": second}


def test_cards_state_the_manifests_numbers(files, tmp_path):
    entry_of(tmp_path, "champion", files, [0.9967, 0.9961, 0.9972])
    entry_of(tmp_path, "tiny", files, [0.99])
    write_cards(tmp_path)
    text = (tmp_path / "README.md").read_text()
    assert "99.667% ± 0.055%" in text
    assert "of n = 3 seeds" in text
    assert "mnist-course train tiny --seeds 1" in text


def test_no_manifest_means_nothing_is_shipped(tmp_path):
    assert read_manifest(tmp_path) == {}


def test_ship_exports_the_first_seed_whatever_the_others_reach(tmp_path, monkeypatch):
    monkeypatch.setitem(RECIPES, "tiny", Recipe("tiny", day=20, epochs=1))
    train = balanced_subset(X_TRAIN, Y_TRAIN, per_class=30)
    data = train, (X_TEST[:1000], Y_TEST[:1000])
    entry = ship("tiny", seeds=2, folder=tmp_path, data=data, verbose=0)
    shipped = keras.saving.load_model(tmp_path / "tiny.keras")
    answers = shipped.predict(scale_pixels(X_TEST[:1000]), verbose=0).argmax(axis=1)
    values = entry["test_accuracy"]["values"]
    assert len(set(values)) == 2
    assert np.mean(answers == Y_TEST[:1000]) == values[0] == entry["test_accuracy"]["shipped"]
    assert read_manifest(tmp_path)["tiny"] == entry
    assert "Day 20" in (tmp_path / "README.md").read_text()


@pytest.mark.parametrize(
    ("name", "seeds", "message"), [("cnn", 1, "no recipe"), ("champion", 0, "at least 1, got 0")]
)
def test_ship_says_what_is_wrong(name, seeds, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        ship(name, seeds=seeds, folder=tmp_path)


def test_every_shipped_model_is_what_its_manifest_says():
    manifest = read_manifest()
    assert "champion" in manifest
    for name, entry in manifest.items():
        for kind, file in entry["files"].items():
            content = (MODELS_FOLDER / file["name"]).read_bytes()
            assert file["name"] == f"{name}.{kind}"
            assert file["sha256"] == hashlib.sha256(content).hexdigest()
            assert file["bytes"] == len(content)
        assert entry["parameters"] == MODELS[name]().count_params()
        assert entry["recipe"] == str(RECIPES[name])


@pytest.mark.parametrize("name", read_manifest())
def test_every_shipped_model_has_the_accuracy_of_its_card(name):
    accuracy = read_manifest()[name]["test_accuracy"]
    session = onnxruntime.InferenceSession(MODELS_FOLDER / f"{name}.onnx")
    answers = session.run(None, {"images": scale_pixels(X_TEST)})[0].argmax(axis=1)
    assert np.mean(answers == Y_TEST) == accuracy["shipped"] == accuracy["values"][0]


@pytest.mark.parametrize("name", read_manifest())
def test_both_files_of_a_shipped_model_answer_alike(name):
    model = keras.saving.load_model(MODELS_FOLDER / f"{name}.keras")
    assert verify_export(model, MODELS_FOLDER / f"{name}.onnx", DIGITS) < 1e-5


def test_cards_are_those_of_the_manifest(tmp_path):
    (tmp_path / "manifest.json").write_text((MODELS_FOLDER / "manifest.json").read_text())
    write_cards(tmp_path)
    assert (tmp_path / "README.md").read_text() == (MODELS_FOLDER / "README.md").read_text()
