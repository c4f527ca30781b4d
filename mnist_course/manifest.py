"""What is shipped: the manifest with its checksums.

It imports neither Keras nor NumPy: whoever opens a model asks here first.
"""

import datetime
import hashlib
import json
import os
import shutil
import statistics
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from ._files import usable_cores, write_bytes, write_text
from ._paths import MODELS_FOLDER, restore_advice


class ModelError(ValueError):
    """A model is unknown, missing or not the one that was shipped."""


def read_manifest(folder: str | Path = MODELS_FOLDER) -> dict[str, dict]:
    """What is shipped: the manifest's entries by model name, empty if there is none.

    Raises:
        ModelError: the manifest is damaged.
    """
    file = Path(folder) / "manifest.json"
    return _parse_manifest(file) if file.exists() else {}


def verified_bytes(name: str, kind: str = "onnx", *, folder: str | Path | None = None) -> bytes:
    """Read a shipped file, once, and compare its SHA-256 with the manifest's.

    Args:
        name: a model in ``manifest.json``.
        kind: which of its files, such as ``"keras"``, ``"onnx"`` or ``"onnx_int8"``.
        folder: where the models are; without it, where the package has them.

    Returns:
        The file's bytes: what was verified is what is opened.

    Raises:
        ModelError: no such model or file, or it is not the one that was shipped.
    """
    folder = Path(MODELS_FOLDER if folder is None else folder)
    manifest = _parse_manifest(folder / "manifest.json")
    if name not in manifest:
        raise ModelError(f"no model {name!r} in {folder}; there is {', '.join(manifest)}")
    entry = manifest[name]
    files = entry["files"]
    if kind not in files:
        raise ModelError(f"model {name!r} ships no {kind!r} file; there is {', '.join(files)}")
    file = folder / files[kind]["name"]
    content, expected = _read_shipped(folder, name, files[kind]), files[kind]["sha256"]
    if (found := _sha256(content)) != expected:
        if read_manifest(folder).get(name) != entry:  # it was shipped anew in this moment
            return verified_bytes(name, kind, folder=folder)
        raise ModelError(
            f"{file} is not the model that was shipped: its SHA-256 is\n"
            f"  found    {found}\n  expected {expected}\n{restore_advice(file)}"
        )
    return content


def files_of(name: str, *, folder: str | Path | None = None) -> dict[str, dict]:
    """A shipped model's files by kind, empty if there is no such model.

    Args:
        name: a model in ``manifest.json``.
        folder: where the models are; without it, where the package has them.
    """
    manifest = read_manifest(MODELS_FOLDER if folder is None else folder)
    return manifest.get(name, {"files": {}})["files"]


def new_entry(
    files: Mapping[str, dict],
    *,
    parameters: int,
    test_accuracies: Sequence[float],
    recipe: str,
    training_seconds: float,
    day: int,
    shifted_accuracies: Sequence[float] = (),
    ensemble: float | None = None,
    ensemble_shifted: float | None = None,
    uci_accuracies: Sequence[float] = (),
    int8_accuracy: float | None = None,
    about: str = "",
) -> dict:
    """What the manifest says of a model that was trained now.

    Args:
        files: as ``fingerprints`` gives them.
        parameters: all of them, batch statistics included.
        test_accuracies: one per seed, 0 to 1; the first belongs to the shipped model.
        recipe: how it was trained, in words.
        training_seconds: mean time of one training.
        day: the lesson that explains it.
        shifted_accuracies: of the test digits averaged over 9 shifts, one per seed.
        ensemble: test accuracy of all seeds together, 0 to 1.
        ensemble_shifted: the same, averaged over 9 shifts.
        uci_accuracies: on ``load_uci_digits()``, one per seed.
        int8_accuracy: test accuracy of the quantised file, 0 to 1, if one ships.
        about: what kind of network it is, in words.
    """
    return {
        "about": about,
        "files": dict(files),
        "parameters": int(parameters),
        "test_accuracy": accuracy_summary(test_accuracies),
        "shifted_accuracy": accuracy_summary(shifted_accuracies) if shifted_accuracies else None,
        "ensemble_accuracy": ensemble,
        "ensemble_shifted_accuracy": ensemble_shifted,
        "uci_accuracy": accuracy_summary(uci_accuracies) if uci_accuracies else None,
        "int8_test_accuracy": int8_accuracy,
        "recipe": recipe,
        "training_seconds": round(training_seconds, 1),
        "training_cores": usable_cores(),
        "day": day,
        "date": datetime.date.today().isoformat(),
    }


def put_in_place(
    name: str,
    entry: dict,
    files: Mapping[str, Path] | None = None,
    *,
    folder: str | Path = MODELS_FOLDER,
) -> None:
    """Replace a model's files and its entry in ``manifest.json``, together or not at all.

    Two renames cannot be one. So the files that the manifest names are kept aside until it names
    the new ones, and ``verified_bytes`` looks for them there: whenever this is broken off, the
    manifest's model can be loaded. Entries of other models stay as they are.

    Args:
        name: of the model.
        entry: what the manifest will say, with the fingerprints of the files.
        files: new files by kind, on the same disk as ``folder``; they are moved. None leaves
            those in place as they are.
        folder: where the models are.
    """
    from filelock import FileLock

    folder = Path(folder)
    with FileLock(work_folder(folder) / "manifest.lock"):
        manifest = read_manifest(folder)
        former = manifest.get(name, {"files": {}})["files"]
        if files:
            _keep(folder, name, former.values())
        for file in (files or {}).values():
            os.replace(file, folder / file.name)
        text = json.dumps({**manifest, name: entry}, indent=2) + "\n"
        write_text(folder / "manifest.json", text)  # from here on it names the new files
        for dropped in _names(former) - _names(entry["files"]):
            (folder / dropped).unlink(missing_ok=True)
        shutil.rmtree(_kept(folder, name), ignore_errors=True)


def work_folder(folder: str | Path) -> Path:
    """The folder for what is under way beside the models; it keeps itself out of Git."""
    unfinished = Path(folder) / "unfinished"
    unfinished.mkdir(parents=True, exist_ok=True)
    (unfinished / ".gitignore").write_text("*\n", "utf-8")
    return unfinished


def fingerprints(files: Mapping[str, Path]) -> dict[str, dict]:
    """Name, SHA-256 and size in bytes of each file, by kind."""
    return {kind: _fingerprint(Path(file)) for kind, file in files.items()}


def accuracy_summary(accuracies: Sequence[float]) -> dict:
    """Accuracies (0 to 1, one per seed) as shipped (the first), mean, sd (None of one), values."""
    values = [round(float(value), 6) for value in accuracies]
    return {
        "shipped": values[0],
        "mean": round(statistics.fmean(values), 6),
        "sd": round(statistics.stdev(values), 6) if len(values) > 1 else None,
        "values": values,
    }


def _fingerprint(file: Path) -> dict:
    content = file.read_bytes()
    return {"name": file.name, "sha256": _sha256(content), "bytes": len(content)}


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _names(files: Mapping[str, dict]) -> set[str]:
    return {file["name"] for file in files.values()}


def _parse_manifest(file: Path) -> dict[str, dict]:
    try:
        return json.loads(read_file(file))
    except (json.JSONDecodeError, UnicodeDecodeError) as problem:
        raise ModelError(f"{file} is damaged ({problem})\n{restore_advice(file)}") from problem


def _keep(folder: Path, name: str, shipped: Iterable[Mapping]) -> None:
    """Copy the files that the manifest names aside; damaged ones are not worth it."""
    for file in shipped:
        with suppress(ModelError):
            content = _read_shipped(folder, name, file)
            if _sha256(content) == file["sha256"]:
                write_bytes(_kept(folder, name) / file["name"], content)


def _kept(folder: Path, name: str) -> Path:
    """Where a model's former files are while new ones are put in place."""
    return folder / "unfinished" / "replaced" / name


def _read_shipped(folder: Path, name: str, file: Mapping) -> bytes:
    """A shipped file: where a shipping was broken off, the one that it kept."""
    kept = _kept(folder, name) / file["name"]
    if kept.is_file() and _sha256(content := read_file(kept)) == file["sha256"]:
        return content
    return read_file(folder / file["name"])


def read_file(file: Path) -> bytes:
    """A model's file, or whatever comes with it.

    Raises:
        ModelError: it cannot be read.
    """
    try:
        return file.read_bytes()
    except OSError as problem:
        raise ModelError(f"cannot read {file} ({problem})\n{restore_advice(file)}") from problem
