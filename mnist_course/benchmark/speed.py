"""Measurements of seconds and memory that need no complete training."""

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import keras
import numpy as np

from .._download import KERAS_URL
from .._paths import MODELS_FOLDER
from ..data import MNIST_FILE, SHA256, Arrays, keras_cache_file, load_mnist
from ..models import MODELS, create_model
from ..predictor import DigitReader
from ..preprocessing import scale_pixels
from ..shipping.formats import FORMATS
from ..shipping.opening import Answer, open_model
from ..training.compiling import compile_model
from ..training.loop import train
from .rows import Row, in_order, time_in_turn

BATCH = 128  # of the epochs
DIGITS = 60_000
SIZES = (1, 32, 1024)  # images at once, where latency is measured


def measure_epochs(
    names: Sequence[str] = tuple(MODELS), *, n: int = 5, steps: int = 96, data: Arrays | None = None
) -> list[Row]:
    """Seconds of one epoch of each network, in units of the Day 16 network ``cnn``.

    All train with the course's defaults, in turn, ``steps`` batches of 128 at a time; the
    seconds are scaled to 60,000 digits. The first 8 steps of each turn do not count.

    Args:
        names: networks of ``MODELS``; ``cnn`` is added.
        n: turns.
        steps: counted steps in each turn, a multiple of 8.
        data: raw digits; default: MNIST.
    """
    (x, y), _ = load_mnist() if data is None else data
    x, y = scale_pixels(x[: BATCH * (steps + 8)]), y[: BATCH * (steps + 8)]
    models = {
        name: compile_model(create_model(name, seed=0)) for name in dict.fromkeys(["cnn", *names])
    }
    for model in models.values():
        train(model, x[: 16 * BATCH], y[: 16 * BATCH], epochs=1, batch_size=BATCH, verbose=0)
    seconds = {name: [] for name in models}
    for turn in range(n):
        for name in in_order(models, turn):
            clock = StepClock()
            train(models[name], x, y, epochs=1, batch_size=BATCH, callbacks=[clock], verbose=0)
            seconds[name].append(clock.seconds_per_step() * DIGITS / BATCH)
    note = f"scaled from {steps} steps of batch {BATCH} to 60,000 digits; 1 is the unit"
    unit = tuple(seconds["cnn"])
    return [
        Row("One epoch", name, "s", tuple(seconds[name]), "cnn (Day 16)", unit, note)
        for name in names
    ]


class StepClock(keras.callbacks.Callback):
    """Seconds per training step, without what ``fit`` does before the first ones end."""

    def __init__(self):
        super().__init__()
        self.ends = []

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        self.ends.append((batch, time.perf_counter()))

    def seconds_per_step(self) -> float:
        (first, begin), (last, end) = self.ends[0], self.ends[-1]
        return (end - begin) / (last - first)


def measure_latency(
    name: str = "champion", *, n: int = 15, sizes: Sequence[int] = SIZES, seconds: float = 0.02
) -> list[Row]:
    """Seconds of one answer of a shipped network, for each way to ask it, against ``predict``.

    Images are in memory, scaled already, except for the ``DigitReader``, which does it itself.
    ONNX Runtime and LiteRT use one thread, Keras as many as it likes.

    Args:
        name: a model of the manifest.
        n: turns.
        sizes: how many images are asked about at once.
        seconds: how long one measurement takes at least, about.

    Raises:
        ModelError: the model is missing.
    """
    reader = DigitReader.load(name)
    model = keras.saving.load_model(MODELS_FOLDER / f"{name}.keras", compile=False)
    answers, missing = _runtimes(model, MODELS_FOLDER / f"{name}.onnx")
    (images, _), _ = load_mnist()
    rows = []
    for size in sizes:
        raw, x = images[:size], scale_pixels(images[:size])
        calls = {
            "model.predict": partial(model.predict, x, batch_size=size, verbose=0),
            "model(x)": lambda x=x: keras.ops.convert_to_numpy(model(x, training=False)),
            **{what: partial(answer, x) for what, answer in answers.items()},
            "DigitReader": partial(reader.predict, raw),
        }
        times = time_in_turn(calls, n=n, seconds=seconds)
        group, reference = f"Latency, {name}, batch {size}", "model.predict"
        rows += [Row(group, what, "s", times[what], reference, times[reference]) for what in calls]
        rows += [Row(group, what, note=why) for what, why in missing.items()]
    return rows


def _runtimes(model: keras.Model, onnx: Path) -> tuple[dict[str, Answer], dict[str, str]]:
    """Ways to answer without Keras, and for those that are not to be had the reason."""
    answers, missing = {"ONNX Runtime": open_model(onnx)}, {}
    small = onnx.with_name(onnx.stem + FORMATS["onnx_int8"].ending)
    if small.exists():
        answers["ONNX Runtime, int8"] = open_model(small)
    with tempfile.TemporaryDirectory() as aside:
        file = Path(aside) / "model.tflite"
        try:
            FORMATS["litert"].module().write(model, file)
            answers["LiteRT"] = open_model(file)
        except ValueError as problem:  # not installed, or written by another backend only
            missing["LiteRT"] = f"not measured: {problem}"
    return answers, missing


def measure_start(*, n: int = 5) -> list[Row]:
    """Import times, and what a new process pays for its first digit: seconds and memory.

    Every repeat is a new Python process; its own start is not counted.

    Args:
        n: processes of each kind, in turn.
    """
    champion = str(MODELS_FOLDER / "champion.keras")
    kinds = {"package": "-", "reader": "champion", "keras": champion}
    found = {kind: [] for kind in kinds}
    for turn in range(n):
        for kind in in_order(kinds, turn):
            found[kind].append(run_fresh(kind, kinds[kind]))

    def row(group: str, what: str, kind: str, key: str, unit: str, reference: str) -> Row:
        values, others = (tuple(r[key] for r in found[k]) for k in (kind, "keras"))
        return Row(group, what, unit, values, reference, others)

    begin = "From start to first digit"
    return [
        row("Import", "mnist_course", "package", "import", "s", "keras"),
        row("Import", "mnist_course.predictor", "reader", "import", "s", "keras"),
        row(begin, "DigitReader", "reader", "answer", "s", "Keras"),
        row("Peak memory by then", "DigitReader", "reader", "memory", "MB", "Keras"),
    ]


def run_fresh(kind: str, argument: str) -> dict:
    """Run a case of ``fresh.py`` in a new process.

    Raises:
        ValueError: it failed; its last line of error says why.
    """
    file = Path(__file__).with_name("fresh.py")
    command = [sys.executable, "-P", str(file), kind, argument]  # -P: sees no files beside it
    done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        raise ValueError(f"a new process failed: {said[-1]}")
    return json.loads(done.stdout.splitlines()[-1])


def measure_loading(*, n: int = 7) -> list[Row]:
    """Seconds to load MNIST, checksums included, against what Keras's loader does.

    ``keras.datasets.mnist.load_data`` accepts its own download only. To need no network, its
    steps (``get_file`` with a SHA-256, then ``numpy.load``) run on a copy of the course's file.

    Args:
        n: turns.
    """
    load_mnist()  # downloads, where there is none yet
    file = MNIST_FILE if MNIST_FILE.exists() else keras_cache_file()
    with tempfile.TemporaryDirectory() as cache:
        calls = {"load_mnist": lambda: load_mnist(file), "Keras": keras_loader(file, Path(cache))}
        times = time_in_turn(calls, n=n, seconds=0)
    note = "Keras's loader: its get_file and numpy.load, on a copy of the course's file"
    pair = {"reference": "Keras's loader", "reference_values": times["Keras"]}
    return [Row("Load MNIST", "load_mnist()", "s", times["load_mnist"], **pair, note=note)]


def keras_loader(file: Path, cache: Path) -> Callable[[], dict]:
    """The steps of ``keras.datasets.mnist.load_data`` on a copy of a file."""
    (cache / "datasets").mkdir()
    shutil.copy(file, cache / "datasets" / "mnist.npz")
    digest = hashlib.sha256(file.read_bytes()).hexdigest()

    def load() -> dict:
        path = keras.utils.get_file("mnist.npz", KERAS_URL, file_hash=digest, cache_dir=cache)
        with np.load(path) as content:
            return {name: content[name] for name in SHA256}

    return load
