"""Writes results.md from the manifest and the benchmark: ``uv run python docs/results.py``."""

import json
from pathlib import Path

from mnist_course._files import write_text
from mnist_course.manifest import read_manifest

HERE = Path(__file__).resolve().parent

# what, model, entry of the manifest, goal, published for comparison
ACCURACIES = (
    ("one network", "champion", "test_accuracy", 0.9974,
     "99.641 ± 0.047 %, n = 1500, one network of Deotte's"),
    ("averaged over 9 shifts by up to a pixel", "champion", "shifted_accuracy", 0.998, ""),
    ("its seeds together", "champion", "ensemble_accuracy", 0.998,
     "99.745 ± 0.020 %, n = 100, fifteen networks of Deotte's"),
    ("its seeds together, averaged over 9 shifts", "champion", "ensemble_shifted_accuracy", 0.998,
     ""),
    ("UCI digits: other hands, another scanner, never trained on", "champion", "uci_accuracy",
     0.98, ""),
    ("one network that learned European hands and fonts, too", "reader", "test_accuracy", 0.996,
     ""),
    ("UCI digits", "reader", "uci_accuracy", 0.985, ""),
    ("one network", "tiny", "test_accuracy", 0.995,
     "99.52 % with 3,762 parameters, one run, chosen on the test digits"),
    ("Day 16's network, plain Adam", "cnn", "test_accuracy", None, "99.22 %, Keras's example"),
    ("Day 9's network, plain Adam", "dense", "test_accuracy", None, ""),
)  # fmt: skip

# what, group and row of the benchmark, value's goal in microseconds, ratio's goal
LATENCIES = (
    ("one image, champion, ONNX, one thread", "champion", "ONNX Runtime", 60, 1 / 1000),
    ("the same, 8-bit", "champion", "ONNX Runtime, int8", 60, 1 / 1000),
    ("one image, tiny, ONNX, one thread", "tiny", "ONNX Runtime", 15, 1 / 1000),
)
SIZES = (("champion", 400), ("tiny", 40))  # kB of the ONNX file


def page() -> str:
    """The whole page as Markdown."""
    models = read_manifest()
    rows = json.loads((HERE / "benchmark" / "benchmark.json").read_text("utf-8"))["rows"]
    lines = [
        "# Results",
        "",
        "Written by `docs/results.py` from `models/manifest.json` and the "
        "[benchmark](benchmark/benchmark.md); do not edit. Mean ± sd over n seeds; each network "
        "saw all 60,000 training digits and was read once on the 10,000 test digits; choices were "
        "made on a validation split. Cards: [models/README.md](../models/README.md). Any picture: "
        "[pictures.md](pictures.md); the service under load: [service.md](service.md); what was "
        "tried for the goals that are missed: [tried.md](tried.md).",
        "",
        "| test accuracy | model | parameters | reached | n | goal | published, for comparison |",
        "|---|---|---|---|---|---|---|",
        *(_accuracy_row(models[row[1]], *row) for row in ACCURACIES),
        "",
        "| speed and size | reached | goal |",
        "|---|---|---|",
        *(_latency_row(rows, *latency) for latency in LATENCIES),
        *(_size_row(models[name], name, goal) for name, goal in SIZES),
        _training_row(models["champion"]),
        _time_row(rows),
        "",
        "![Test error against parameters, ours and published ones](benchmark/frontier.png)",
        "",
    ]
    return "\n".join(lines)


def _accuracy_row(entry: dict, what: str, name: str, key: str, goal, published: str) -> str:
    found = entry[key]
    if isinstance(found, dict):
        mean, n = found["mean"], len(found["values"])
        spread = "" if found["sd"] is None else f" ± {100 * found['sd']:.3f}"
        reached = f"{100 * mean:.3f}{spread} %"
    else:  # of all seeds together: one number
        mean, n, reached = found, 1, f"{100 * found:.2f} %"
    target = "" if goal is None else f"{100 * goal:.2f} %, {_gap(mean - goal)}"
    parameters = f"{entry['parameters']:,}"
    return f"| {what} | `{name}` | {parameters} | {reached} | {n} | {target} | {published} |"


def _gap(points: float) -> str:
    return "reached" if points >= 0 else f"**missed by {-100 * points:.2f}**"


def _met(holds: bool) -> str:
    return "reached" if holds else "**missed**"


def _latency_row(rows: list[dict], what: str, model: str, way: str, goal: int, ratio: float) -> str:
    (row,) = (r for r in rows if (r["group"], r["what"]) == (f"Latency, {model}, batch 1", way))
    microseconds, of = 1e6 * row["value"], round(1 / row["ratio"])
    reached = f"{microseconds:.0f} µs, 1/{of:,} of `model.predict` (n = {row['n']})"
    goals = f"{goal} µs, {_met(microseconds <= goal)}; 1/{1 / ratio:,.0f}"
    return f"| {what} | {reached} | {goals}, {_met(row['ratio'] <= ratio)} |"


def _size_row(entry: dict, name: str, goal: int) -> str:
    size = entry["files"]["onnx"]["bytes"] / 1000
    return f"| ONNX file, {name} | {size:.0f} kB | {goal} kB, {_met(size <= goal)} |"


def _training_row(entry: dict) -> str:
    seconds, cores = entry["training_seconds"], entry["training_cores"]
    core = "core" if cores == 1 else "cores"
    reached = f"{seconds:.0f} s on {cores} {core} (n = {len(entry['test_accuracy']['values'])})"
    return f"| training the champion | {reached} | 600 s on 2 cores, {_met(seconds <= 600)} |"


def _time_row(rows: list[dict]) -> str:
    (row,) = (r for r in rows if (r["group"], r["what"]) == ("Training to accuracy", "99.5%"))
    low, high = row["spread"]
    reached = f"{row['ratio']:.2f} (quartiles {low:.2f} to {high:.2f}, n = {row['n']})"
    what = "seconds to 99.5 %, over those of plain `cnn` in 5 epochs"
    return f"| {what} | {reached}; {row['note']} | 0.6, {_met(row['ratio'] <= 0.6)} |"


if __name__ == "__main__":
    write_text(HERE / "results.md", page())
