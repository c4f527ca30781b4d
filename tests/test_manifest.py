import hashlib
import json

import pytest

from mnist_course.manifest import (
    ModelError,
    read_manifest,
    verified_bytes,
)


def test_manifest_entry_has_checksums_and_spread(entry_of, model_files, tmp_path):
    entry = entry_of("champion", [0.99, 0.98, 0.97])
    content = model_files["onnx"].read_bytes()
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


def test_one_seed_has_no_spread(entry_of):
    entry = entry_of("champion", [0.99])
    assert entry["test_accuracy"]["sd"] is None


def test_entries_of_other_models_stay(entry_of, tmp_path):
    first = entry_of("champion", [0.99])
    second = entry_of("tiny", [0.98, 0.99])
    assert read_manifest(tmp_path) == {"champion": first, "tiny": second}


def test_no_manifest_means_nothing_is_shipped(tmp_path):
    assert read_manifest(tmp_path) == {}


def test_verified_bytes_are_those_of_the_file(entry_of, tmp_path):
    entry_of("champion", [0.99])
    assert verified_bytes("champion", "keras", folder=tmp_path) == b"network"


def test_tampered_bytes_are_refused(entry_of, model_files, tmp_path):
    entry_of("champion", [0.99])
    model_files["onnx"].write_bytes(b"Graph")
    with pytest.raises(ModelError, match="is not the model that was shipped"):
        verified_bytes("champion", "onnx", folder=tmp_path)


def test_a_kind_that_does_not_ship_lists_the_others(entry_of, tmp_path):
    entry_of("champion", [0.99])
    with pytest.raises(ModelError, match="ships no 'onnx_int8' file; there is keras, onnx"):
        verified_bytes("champion", "onnx_int8", folder=tmp_path)


def test_a_damaged_manifest_is_refused(tmp_path):
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(ModelError, match="manifest.json is damaged"):
        read_manifest(tmp_path)
