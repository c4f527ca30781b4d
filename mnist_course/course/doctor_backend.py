"""What the doctor looks at in Keras's backend: which one it is, whether it sees a GPU."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from importlib.util import find_spec

from .._paths import keras_home
from .doctor_checks import SYNC, Check

GPU_SECONDS = 90
GPU_PROBES = {  # each backend's package is its name, each prints how many GPUs it sees
    "tensorflow": "import tensorflow as t; print(len(t.config.list_physical_devices('GPU')))",
    "jax": "import jax; print(sum(d.platform != 'cpu' for d in jax.devices()))",
    "torch": "import torch as t; print(t.cuda.device_count() or +t.backends.mps.is_available())",
}


def check_backend() -> Iterator[Check]:
    """Which framework Keras will use, and whether it is installed."""
    try:
        backend, source = _backend()
    except (ValueError, AttributeError) as problem:
        file = keras_home() / "keras.json"
        yield Check("Keras backend", "error", f"{file} is damaged: {problem}", f"Delete {file}")
        return
    if backend not in GPU_PROBES:
        expected = f"Choose one of {', '.join(GPU_PROBES)} in {source}"
        yield Check("Keras backend", "error", f"{backend!r}, from {source}", expected)
    elif not find_spec(backend):
        remedy = f"Choose another in {source}, or: uv pip install {backend}"
        yield Check("Keras backend", "error", f"{backend} ({source}) is not installed", remedy)
    else:
        yield Check("Keras backend", "ok", f"{backend} {metadata.version(backend)}, {source}")


def check_gpu() -> Iterator[Check]:
    """GPUs that the backend sees, asked in a process of its own with a time limit."""
    backend = _backend()[0]
    if backend not in GPU_PROBES:
        return  # check_backend has said so
    try:
        answer = subprocess.run(
            [sys.executable, "-c", GPU_PROBES[backend]],
            capture_output=True, text=True, errors="replace", timeout=GPU_SECONDS,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        found = f"{backend} gave no answer within {GPU_SECONDS} s"
        yield Check("GPU", "warning", found, "Run the doctor again; the first start is slowest")
        return
    if answer.returncode:
        reason = (answer.stderr.strip().splitlines() or [f"exit status {answer.returncode}"])[-1]
        remedy = f"{SYNC} --reinstall-package {backend}"
        yield Check("GPU", "error", f"{backend} does not start: {reason}", remedy)
        return
    count = int(answer.stdout.split()[-1])
    if count == 0 and shutil.which("nvidia-smi"):
        found = f"there is an NVIDIA driver, but {backend} sees no GPU"
        remedy = "On Linux or WSL2: uv sync --extra gpu. Or go on: a CPU is enough"
        yield Check("GPU", "warning", found, remedy)
    else:
        found = f"{count} seen by {backend}" if count else "none, and none is needed"
        yield Check("GPU", "ok", found)


def _backend() -> tuple[str, str]:
    """The backend's name, and where it was chosen (Keras's own order)."""
    if chosen := os.environ.get("KERAS_BACKEND"):
        return chosen, "KERAS_BACKEND"
    file = keras_home() / "keras.json"
    if file.is_file():
        content = json.loads(file.read_text(encoding="utf-8"))
        return content.get("backend", "tensorflow"), str(file)
    return "tensorflow", "Keras's default"
