"""What is left after a benchmark: the machine, a table, JSON and a picture."""

import datetime
import json
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import metadata
from itertools import groupby
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import psutil
from rich import box
from rich.markup import escape
from rich.table import Table

from .._files import usable_cores, write_text, written_aside
from .frontier import plot_frontier
from .rows import Row

CAPTION = "ratio to the reference, below 1: quicker or smaller; spread: half the IQR"
PACKAGES = ("mnist-course", "keras", "tensorflow", "jax", "torch", "numpy", "onnxruntime")


def describe_machine() -> dict:
    """Where the figures come from: hardware, versions, backend, date."""
    versions = {}
    for name in (*PACKAGES, "ai-edge-litert"):
        with suppress(metadata.PackageNotFoundError):
            versions[name] = metadata.version(name)
    return {
        "processor": _processor(),
        "cores": usable_cores(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "gpu": _gpu(),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "backend": keras.backend.backend(),
        "versions": versions,
        "date": datetime.date.today().isoformat(),
    }


def results_table(rows: Sequence[Row], machine: Mapping) -> Table:
    """Rows as a table for the terminal, a section for each group.

    Args:
        rows: what was measured.
        machine: of ``describe_machine``.
    """
    title = _machine_line(machine)
    look = {"box": box.SIMPLE, "pad_edge": False, "collapse_padding": True}
    table = Table(title=title, caption=CAPTION, **look)
    table.add_column("what", overflow="fold")
    for column in ("median", "ratio", "spread", "n"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("reference", overflow="fold")
    for group, members in groupby(rows, key=lambda row: row.group):
        table.add_section()
        table.add_row(f"[bold]{escape(group)}[/]")
        for row in members:
            table.add_row(f"  {escape(row.what)}", *_cells(row), escape(row.reference))
    return table


def results_markdown(rows: Sequence[Row], machine: Mapping) -> str:
    """The same as a page in Markdown, with the footnotes.

    Args:
        rows: what was measured.
        machine: of ``describe_machine``.
    """
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    caption = CAPTION[0].upper() + CAPTION[1:]  # capitalize would make "iqr" of "IQR"
    head = f"# Benchmark\n\n{_machine_line(machine)}. {versions}.\n\n{caption}.\n"
    lines = [
        head,
        "| what | median | ratio | spread | n | reference |",
        "|---|--:|--:|--:|--:|---|",
    ]
    for group, members in groupby(rows, key=lambda row: row.group):
        lines.append(f"| **{group}** | | | | | |")
        lines += [f"| {' | '.join((row.what, *_cells(row), row.reference))} |" for row in members]
    notes = "".join(f"- {note}\n" for note in footnotes(rows))
    return "\n".join([*lines, "", notes])


def footnotes(rows: Sequence[Row]) -> list[str]:
    """What the table has no room for: how things were measured, and why some were not."""
    notes = {(row.group, row.note): row for row in rows if row.note}
    alike = {note: {row.what for row in rows if row.note == note} for _, note in notes}
    return [
        f"{group}{f', {row.what}' if len(alike[note]) == 1 else ''}: {note}"
        for (group, note), row in notes.items()
    ]


def prepare_folder(folder: str | Path) -> Path:
    """Make a folder and make sure that it can be written to, before minutes are spent.

    Raises:
        ValueError: it cannot.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as problem:
        raise ValueError(
            f"cannot write to {folder} ({problem}): choose another folder"
        ) from problem


def write_results(
    folder: str | Path, rows: Sequence[Row], machine: Mapping, shipped: Mapping
) -> dict[str, Path]:
    """Write ``benchmark.json``, ``.md`` and ``frontier.png``, each aside first, then renamed.

    Args:
        folder: where; made if it is missing.
        rows: what was measured.
        machine: of ``describe_machine``.
        shipped: the models' manifest, for the picture.

    Returns:
        The files: ``{"json": path, "md": path, "png": path}``.

    Raises:
        ValueError: the folder cannot be written to.
    """
    folder = prepare_folder(folder)
    names = {"json": "benchmark.json", "md": "benchmark.md", "png": "frontier.png"}
    files = {kind: folder / name for kind, name in names.items()}
    figure = plot_frontier(shipped).figure
    with written_aside(files["png"]) as aside:
        figure.savefig(aside, dpi=150)
    plt.close(figure)
    content = {"machine": machine, "rows": [row.as_dict() for row in rows]}
    write_text(files["json"], json.dumps(content, indent=1) + "\n")
    write_text(files["md"], results_markdown(rows, machine))
    return files


def _machine_line(machine: Mapping) -> str:
    facts = ("{processor}", "cores: {cores}", "{memory_gb:g} GB", "{backend}", "{date}")
    return ", ".join(facts).format_map(machine) + f", {machine['gpu'] or 'no GPU'}"


def _cells(row: Row) -> tuple[str, ...]:
    if not row.n:
        return ("-", "-", "-", "0")
    low, high = row.spread
    spread = f"±{50 * (high - low) / row.ratio:.0f} %"  # half the interquartile range
    return _quantity(row.value, row.unit), _ratio(row.ratio), spread, str(row.n)


def _quantity(value: float, unit: str) -> str:
    """Three digits in a unit of fitting size: 24.1 µs."""
    sizes = ((1, "s"), (1e-3, "ms"), (1e-6, "µs")) if unit == "s" else ((1, unit),)
    size, name = next((pair for pair in sizes if value >= pair[0]), sizes[-1])
    return f"{_three_digits(value / size)} {name}"


def _ratio(value: float) -> str:
    return f"1/{1 / value:,.0f}" if 0 < value < 0.095 else _three_digits(value)


def _three_digits(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _processor() -> str:
    """The model's name, which Python knows on no system."""
    with suppress(OSError):
        if sys.platform == "darwin":
            return _output("sysctl", "-n", "machdep.cpu.brand_string")
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _gpu() -> str | None:
    """The GPU that Keras's backend computes on, by name where its driver tells."""
    device = str(keras.ops.zeros(1).device)  # where a new tensor lives, on any backend
    if "cpu" in device.lower():
        return None
    if shutil.which("nvidia-smi"):
        return _output("nvidia-smi", "--query-gpu=name", "--format=csv,noheader").splitlines()[0]
    return device


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, errors="replace").stdout.strip()
