"""What is shipped: the manifest with its checksums.

It imports neither Keras nor NumPy: whoever opens a model asks here first.
"""

import datetime
import hashlib
import json
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

from ._files import usable_cores, write_text
from ._paths import MODELS_FOLDER


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
        kind: which of its files: ``"keras"``, ``"onnx"`` or ``"onnx_int8"``.
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
    files = manifest[name]["files"]
    if kind not in files:
        raise ModelError(f"model {name!r} ships no {kind!r} file; there is {', '.join(files)}")
    file = folder / files[kind]["name"]
    content = _read(file)
    found, expected = hashlib.sha256(content).hexdigest(), files[kind]["sha256"]
    if found != expected:
        raise ModelError(
            f"{file} is not the model that was shipped: its SHA-256 is\n"
            f"  found    {found}\n  expected {expected}\n{_remedy(file)}"
        )
    return content


def write_manifest_entry(
    name: str,
    files: Mapping[str, Path],
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
    folder: str | Path = MODELS_FOLDER,
) -> dict:
    """Record a shipped model in ``manifest.json``; entries of other models stay as they are.

    Args:
        name: of the model.
        files: the files by kind, as ``export_model`` returns them.
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
        folder: where the manifest is.

    Returns:
        The entry.
    """
    entry = {
        "about": about,
        "files": fingerprints(files),
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
    return save_entry(name, entry, folder=folder)


def save_entry(name: str, entry: dict, *, folder: str | Path = MODELS_FOLDER) -> dict:
    """Put one entry into ``manifest.json`` as it is, in place of the model's former one."""
    manifest = {**read_manifest(folder), name: entry}
    write_text(Path(folder) / "manifest.json", json.dumps(manifest, indent=2) + "\n")
    return entry


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
    digest = hashlib.sha256(content).hexdigest()
    return {"name": file.name, "sha256": digest, "bytes": len(content)}


def _parse_manifest(file: Path) -> dict[str, dict]:
    try:
        return json.loads(_read(file))
    except (json.JSONDecodeError, UnicodeDecodeError) as problem:
        raise ModelError(f"{file} is damaged ({problem})\n{_remedy(file)}") from problem


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as problem:
        raise ModelError(f"cannot read {file} ({problem})\n{_remedy(file)}") from problem


def _remedy(file: Path) -> str:
    return f"Restore it with: git checkout -- models/{file.name} (or reinstall mnist-course)"
