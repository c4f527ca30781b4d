import hashlib
import itertools
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mnist_course import manifest
from mnist_course.manifest import (
    ModelError,
    fingerprints,
    new_entry,
    put_in_place,
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


# --- files and manifest change together ----------------------------------------------------------

KINDS = {"keras": ".keras", "onnx": ".onnx", "onnx_int8": "_int8.onnx"}


def edition(content: str, folder: Path, kinds=tuple(KINDS)) -> tuple[dict, dict]:
    """An entry and its files, which hold the content and their kind."""
    folder.mkdir(exist_ok=True)
    files = {kind: folder / f"tiny{KINDS[kind]}" for kind in kinds}
    for kind, file in files.items():
        file.write_text(f"{content} {kind}")
    facts = {"parameters": 1, "recipe": "", "training_seconds": 1, "day": 1, "about": content}
    return new_entry(fingerprints(files), test_accuracies=[0.9], **facts), files


def what_loads(folder: Path) -> set[str]:
    """The edition of each file that can be read, and of the manifest."""
    entry = read_manifest(folder)["tiny"]
    read = [verified_bytes("tiny", kind, folder=folder).decode() for kind in entry["files"]]
    return {text.split()[0] for text in read} | {entry["about"]}


def ship_until(step: int, folder: Path) -> bool:
    """Ship the second edition in a process that is killed at this step on the disk; survived?"""
    draft = edition("new", folder / "drafts", ["keras", "onnx"])
    if (child := os.fork()) == 0:
        steps = itertools.count(1)

        def kill_in_time(event, _):
            on_disk = event == "open" or event.partition(".")[0] in ("os", "shutil")
            if on_disk and next(steps) == step:
                os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(kill_in_time)
        put_in_place("tiny", *draft, folder=folder)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def kill_at_every_step(folder: Path) -> None:
    """One shipping for each step, killed there, killed once more and then let through."""
    import filelock  # noqa: F401 (once, not in each child)

    survived, seen = False, []
    while not survived:
        (place := folder / str(len(seen))).mkdir()
        put_in_place("tiny", *edition("old", place / "drafts"), folder=place)
        survived = ship_until(len(seen) + 1, place)
        seen.append(what_loads(place))
        ship_until(len(seen) // 2 + 1, place)
        assert what_loads(place) in ({"old"}, {"new"}), (seen, what_loads(place))
        assert ship_until(0, place)
        assert what_loads(place) == {"new"}
    changed = seen.index({"new"})
    assert seen == [{"old"}] * changed + [{"new"}] * (len(seen) - changed), seen
    assert changed > 10


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_kill_at_any_step_leaves_one_whole_edition_and_shipping_again_heals(tmp_path):
    code = (
        "import pathlib, sys, test_manifest as t; t.kill_at_every_step(pathlib.Path(sys.argv[1]))"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]  # a process without threads may fork
    done = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_what_no_longer_ships_is_removed_and_nothing_is_left_aside(tmp_path):
    put_in_place("tiny", *edition("old", tmp_path / "drafts"), folder=tmp_path)
    put_in_place("tiny", *edition("new", tmp_path / "drafts", ["keras", "onnx"]), folder=tmp_path)
    assert {file.name for file in tmp_path.glob("tiny*")} == {"tiny.keras", "tiny.onnx"}
    assert not (tmp_path / "unfinished" / "replaced" / "tiny").exists()


def test_a_reader_who_asks_while_a_model_is_shipped_anew_gets_the_new_one(tmp_path, monkeypatch):
    put_in_place("tiny", *edition("old", tmp_path / "drafts"), folder=tmp_path)
    real, asked = manifest._read_shipped, []

    def ship_meanwhile(*where):
        if not asked:
            asked.append(where)
            put_in_place("tiny", *edition("new", tmp_path / "drafts"), folder=tmp_path)
        return real(*where)

    monkeypatch.setattr(manifest, "_read_shipped", ship_meanwhile)
    assert verified_bytes("tiny", folder=tmp_path) == b"new onnx"


def test_a_damaged_file_does_not_keep_a_model_from_being_shipped_anew(tmp_path):
    put_in_place("tiny", *edition("old", tmp_path / "drafts"), folder=tmp_path)
    (tmp_path / "tiny.onnx").unlink()
    (tmp_path / "tiny.keras").write_bytes(b"damaged")
    put_in_place("tiny", *edition("new", tmp_path / "drafts"), folder=tmp_path)
    assert what_loads(tmp_path) == {"new"}
