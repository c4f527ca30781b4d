"""The models' cards, written from the manifest: a table of all, then a page for each."""

from collections.abc import Mapping
from pathlib import Path

from .._files import write_text
from .._paths import MODELS_FOLDER
from ..manifest import read_manifest

_HEAD = """\
# Shipped models

Written by `mnist-course train NAME`, as is `manifest.json`; do not edit either by hand. Each
model takes float32 images of shape (n, 28, 28, 1) in MNIST form, 0.0 background to 1.0 ink, and
gives ten probabilities. `.keras` holds the network without an optimizer, `.onnx` the same with
batch normalisation folded into the convolutions and the last feature maps as a second output,
`_int8.onnx` a copy that computes with 8-bit whole numbers: smaller and, on most machines, faster.
Accuracies are of the 10,000 test digits, looked at once per seed after training; the first seed
is the one shipped, never the best one. How fast they answer and train, each beside its rival of
the same run: [benchmark](../docs/benchmark/benchmark.md); against the course's goals:
[README](../README.md#what-the-models-reach).
"""

_OVERVIEW_HEAD = """\
| | parameters | test accuracy, mean ± sd | n | UCI digits | training | ONNX | date |
|---|---|---|---|---|---|---|---|
"""

_CARD = """\
## {name}

{about}

| | |
|---|---|
{rows}

Limits: it reads one upright digit, centred as MNIST centres them, and always answers with one of
ten digits: letters, noise and blank images get an answer too. Photographs need
`mnist_course.to_mnist` first. MNIST's writers were mostly from the United States.

Rebuild: `mnist-course train {name} --seeds {n}`
"""


def write_cards(folder: str | Path = MODELS_FOLDER) -> None:
    """Write ``README.md``: a table of all models of the manifest, then a card for each."""
    manifest = read_manifest(folder)
    cards = [_card(name, entry) for name, entry in manifest.items()]
    write_text(Path(folder) / "README.md", "\n".join([_HEAD, _overview(manifest), *cards]))


def _overview(manifest: Mapping[str, dict]) -> str:
    """One line for each model: what the figures of a choice are."""
    lines = []
    for name, entry in manifest.items():
        test, uci = entry["test_accuracy"], entry.get("uci_accuracy")
        onnx = f"{entry['files']['onnx']['bytes'] / 1000:.0f} kB"
        seconds = f"{entry['training_seconds']:.0f} s"
        facts = (f"`{name}`", f"{entry['parameters']:,}", _mean(test, 3), len(test["values"]))
        facts += (_mean(uci, 2) or "-", seconds, onnx, entry["date"])
        lines.append(f"| {' | '.join(map(str, facts))} |\n")
    return _OVERVIEW_HEAD + "".join(lines)


def _card(name: str, entry: dict) -> str:
    test, shifted, uci = (entry.get(f"{key}_accuracy") for key in ("test", "shifted", "uci"))
    int8 = entry.get("int8_test_accuracy")
    sizes = [f"{file['name']} {file['bytes'] / 1000:.0f} kB" for file in entry["files"].values()]
    rows = {
        "parameters": f"{entry['parameters']:,}",
        "test accuracy, shipped model": f"{test['shipped']:.2%}",
        "test accuracy of its int8 copy": f"{int8:.2%}" if int8 else None,
        f"test accuracy, {_of_seeds(test)}": _mean(test, 3) if test["sd"] is not None else None,
        f"the same averaged over 9 shifts by up to a pixel, {_of_seeds(shifted)}": _mean(
            shifted, 3
        ),
        f"the {len(test['values'])} networks of these seeds together": _share(entry, "ensemble"),
        "the same averaged over 9 shifts": _share(entry, "ensemble_shifted"),
        f"accuracy on the 1,797 UCI digits (another scanner), {_of_seeds(uci)}": _mean(uci, 2),
        "trained on": "all 60,000 MNIST training digits",
        "recipe": entry["recipe"],
        "training time": _training_time(entry),
        "size": ", ".join(sizes),
        "date, lesson": f"{entry['date']}, Day {entry['day']}",
    }
    table = "\n".join(f"| {fact} | {value} |" for fact, value in rows.items() if value)
    about = entry.get("about") or name
    return _CARD.format(name=name, about=about, rows=table, n=len(test["values"]))


def _training_time(entry: dict) -> str:
    cores = entry.get("training_cores", 2)
    return f"{entry['training_seconds']:.0f} s on {cores} CPU core{'s' if cores > 1 else ''}"


def _share(entry: dict, kind: str) -> str | None:
    accuracy = entry.get(f"{kind}_accuracy")
    return None if accuracy is None else f"{accuracy:.2%}"


def _of_seeds(accuracy: dict | None) -> str:
    n = len(accuracy["values"]) if accuracy else 0
    return f"mean ± sd of n = {n} seeds" if n > 1 else "shipped model alone"


def _mean(accuracy: dict | None, digits: int) -> str | None:
    if accuracy is None:
        return None
    spread = "" if accuracy["sd"] is None else f" ± {accuracy['sd']:.{digits}%}"
    return f"{accuracy['mean']:.{digits}%}{spread}"
