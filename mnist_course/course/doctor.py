"""Is this machine ready for the course: one check after another, each with what to do.

Standard library and ``packaging`` only, the rest is imported inside the check that looks at it:
the doctor works where the course does not. ``python -m mnist_course.course.doctor`` runs it
without the command line's packages.
"""

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from .._paths import MODELS_FOLDER, ROOT, extra_advice, keras_home, restore_advice
from . import progress

SYNC = "In the course's folder: uv sync"
MARKS = {"ok": "✓", "warning": "!", "error": "✗"}
ASCII_MARKS = {"ok": "+", "warning": "!", "error": "x"}
GPU_SECONDS = 90
GPU_PROBES = {  # each backend's package is its name, each prints how many GPUs it sees
    "tensorflow": "import tensorflow as t; print(len(t.config.list_physical_devices('GPU')))",
    "jax": "import jax; print(sum(d.platform != 'cpu' for d in jax.devices()))",
    "torch": "import torch as t; print(t.cuda.device_count() or +t.backends.mps.is_available())",
}


@dataclass(frozen=True)
class Check:
    """One finding.

    Attributes:
        name: what was looked at.
        status: "ok"; "warning" where lessons still run; "error" where they do not.
        found: what there is, one line.
        remedy: what to do, empty when nothing needs doing.
    """

    name: str
    status: Literal["ok", "warning", "error"]
    found: str
    remedy: str = ""


def run_checks(*, quick: bool = False) -> Iterator[Check]:
    """Yield findings as they come; a check that fails to run is itself a finding.

    Args:
        quick: leave out the search for a GPU, which starts the backend (seconds).
    """
    if find_spec("onnxruntime") and not any(map(find_spec, ("keras", "jupyterlab"))):
        found = "only the reader is installed, without what lessons need"
        yield Check("packages", "error", found, extra_advice("course"))
        return
    for name, check in CHECKS.items():
        if quick and check is check_gpu:
            continue
        try:
            yield from check()
        except Exception as problem:
            yield Check(name, "error", f"{type(problem).__name__}: {problem}", SYNC)


def lines(check: Check, *, width: int = 80, ascii_only: bool = False) -> list[str]:
    """A finding as text: mark, name, what was found, and below it what to do."""
    marks = ASCII_MARKS if ascii_only else MARKS
    found = _wrap(check.found, width - 22)
    rows = [f"{marks[check.status]} {check.name:<18}  {found[0]}"]
    rows += [" " * 22 + row for row in found[1:]]
    if check.remedy:
        first, *rest = _wrap(check.remedy, width - 25)
        rows += [" " * 22 + "-> " + first, *(" " * 25 + row for row in rest)]
    return rows


# --- the installation --------------------------------------------------------------------------


def check_python() -> Iterator[Check]:
    """This interpreter against ``requires-python``."""
    needed = SpecifierSet(_project()["requires-python"])
    found = f"{platform.python_version()}, the course needs {needed}"
    if needed.contains(platform.python_version(), prereleases=True):
        yield Check("Python", "ok", found)
    else:
        yield Check("Python", "error", found, f"{SYNC}, which brings the right Python")


def check_packages() -> Iterator[Check]:
    """Installed versions against the pins: too old is an error, newer a warning."""
    project = _project()
    lines = [*project["dependencies"], *project.get("optional-dependencies", {}).get("course", [])]
    pins = [Requirement(line) for line in lines]
    pins = [pin for pin in pins if pin.marker is None or pin.marker.evaluate({"extra": "course"})]
    problems = [problem for pin in pins if (problem := _check_pin(pin))]
    yield from problems
    yield Check("packages", "ok", f"{len(pins) - len(problems)} of {len(pins)} as pinned")


def check_kernel() -> Iterator[Check]:
    """The kernel that notebooks ask for, ``python3``, must be this interpreter."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    program = sys.executable  # PowerShell takes a program in quotes for a text
    program = f'"{program}"' if " " in program else program
    install = f"{program} -m ipykernel install --sys-prefix"
    try:
        spec = KernelSpecManager().get_kernel_spec("python3")
    except NoSuchKernel:
        yield Check("Jupyter kernel", "error", "python3 is not installed", install)
        return
    found = spec.argv[0]
    here = Path(sys.executable).parent.resolve()
    if not Path(found).is_absolute() or Path(found).parent.resolve() == here:
        yield Check("Jupyter kernel", "ok", f"python3 is {sys.executable}")
    else:
        remedy = f"Remove {spec.resource_dir} or run: {install}"
        yield Check("Jupyter kernel", "error", f"python3 is another Python, {found}", remedy)


def check_kernel_config() -> Iterator[Check]:
    """The setting that keeps TensorFlow's log lines out of notebooks."""
    config = Path(sys.prefix, "etc", "ipython", "ipython_kernel_config.py")
    if config.is_file() and "capture_fd_output = False" in config.read_text(encoding="utf-8"):
        yield Check("kernel settings", "ok", str(config))
        return
    found = f"{config} is not the course's: TensorFlow's log lines will appear in notebooks"
    remedy = f"{SYNC} --reinstall-package mnist-course"
    yield Check("kernel settings", "warning", found, remedy)


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


# --- the files ---------------------------------------------------------------------------------


def check_data() -> Iterator[Check]:
    """MNIST is on this machine and is the original, array by array."""
    from mnist_course import data

    files = [file for file in (data.MNIST_FILE, data.keras_cache_file()) if file.exists()]
    if not files:
        remedy = f"{restore_advice(data.MNIST_FILE)}, or be online when a lesson first loads it"
        yield Check("MNIST", "warning", "not on this machine", remedy)
        return
    try:
        (x_train, _), (x_test, _) = data.load_mnist(files[0])
    except data.DataError as problem:
        found, *_, remedy = str(problem).splitlines()
        yield Check("MNIST", "error", found, remedy)
    else:
        count = f"{len(x_train):,} + {len(x_test):,} digits"
        yield Check("MNIST", "ok", f"{count}, checksums right")


def check_models() -> Iterator[Check]:
    """Every shipped model file against the manifest's SHA-256."""
    folder = MODELS_FOLDER
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        found = f"no readable {folder / 'manifest.json'} ({type(problem).__name__})"
        yield Check("models", "error", found, restore_advice(folder / "manifest.json"))
        return
    files = [file for model in manifest.values() for file in model["files"].values()]
    problems = [problem for file in files if (problem := _check_file(folder, file))]
    yield from problems
    if not problems:
        yield Check("models", "ok", f"{', '.join(manifest)}: {len(files)} checksums right")


# --- the machine -------------------------------------------------------------------------------


def check_disk() -> Iterator[Check]:
    """Room on the disk that holds the course, in GB (10⁹ bytes)."""
    free = shutil.disk_usage(ROOT).free / 1e9
    enough = free >= 2
    remedy = "" if enough else "Make room: lessons want 2 GB for checkpoints and exports"
    yield Check("disk", "ok" if enough else "warning", f"{free:.1f} GB free", remedy)


def check_memory() -> Iterator[Check]:
    """Memory of this machine, or of the container it is, in GB (10⁹ bytes)."""
    total = _memory_bytes() / 1e9
    enough = total >= 4
    remedy = "" if enough else "Lessons want 4 GB: run one notebook at a time, close the rest"
    yield Check("memory", "ok" if enough else "warning", f"{total:.1f} GB", remedy)


def check_progress() -> Iterator[Check]:
    """Passed exercises can be remembered."""
    trouble = progress.writable()
    found = trouble.partition(". ")[0] if trouble else f"kept in {progress.file().parent}"
    remedy = trouble.partition(". ")[2] if trouble else ""
    yield Check("progress", "warning" if trouble else "ok", found, remedy)


CHECKS: dict[str, Callable[[], Iterable[Check]]] = {
    "Python": check_python,
    "packages": check_packages,
    "Jupyter kernel": check_kernel,
    "kernel settings": check_kernel_config,
    "MNIST": check_data,
    "models": check_models,
    "disk": check_disk,
    "memory": check_memory,
    "progress": check_progress,
    "Keras backend": check_backend,
    "GPU": check_gpu,
}


def _project() -> dict:
    """The [project] table of the repository, or the same facts of an installed wheel."""
    file = ROOT / "pyproject.toml"
    if file.is_file():
        return tomllib.loads(file.read_text(encoding="utf-8"))["project"]
    return {
        "requires-python": metadata.metadata("mnist-course")["Requires-Python"],
        "dependencies": metadata.requires("mnist-course") or [],
    }


def _check_pin(pin: Requirement) -> Check | None:
    remedy = f'{SYNC} (or: pip install "{pin.name}{pin.specifier}")'
    try:
        found = Version(metadata.version(pin.name))
    except metadata.PackageNotFoundError:
        return Check(pin.name, "error", "not installed", remedy)
    if pin.specifier.contains(found, prereleases=True):
        return None
    older = any(found < Version(part.version) for part in pin.specifier)
    found_line = f"{found} is {'too old' if older else 'not tried'}: pinned {pin.specifier}"
    return Check(pin.name, "error" if older else "warning", found_line, remedy)


def _backend() -> tuple[str, str]:
    """The backend's name, and where it was chosen (Keras's own order)."""
    if chosen := os.environ.get("KERAS_BACKEND"):
        return chosen, "KERAS_BACKEND"
    file = keras_home() / "keras.json"
    if file.is_file():
        content = json.loads(file.read_text(encoding="utf-8"))
        return content.get("backend", "tensorflow"), str(file)
    return "tensorflow", "Keras's default"


def _check_file(folder: Path, file: dict) -> Check | None:
    path = folder / file["name"]
    restore = restore_advice(path)
    if not path.is_file():
        return Check("models", "error", f"{path} is missing", restore)
    if hashlib.sha256(path.read_bytes()).hexdigest() != file["sha256"]:
        found = f"{path} is not the file that was shipped: its SHA-256 differs"
        return Check("models", "error", found, restore)
    return None


def _memory_bytes() -> int:
    import psutil

    total = psutil.virtual_memory().total
    limit = Path("/sys/fs/cgroup/memory.max")  # a container may be given less
    text = limit.read_text().strip() if limit.is_file() else "max"
    return total if text == "max" else min(total, int(text))


def _wrap(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""]


def main() -> int:
    """Print every finding; return 1 when one is an error, else 0."""
    encoding = (sys.stdout.encoding or "").lower()
    red = False
    for check in run_checks(quick="--quick" in sys.argv[1:]):
        print(*lines(check, ascii_only=not encoding.startswith("utf")), sep="\n", flush=True)
        red |= check.status == "error"
    return int(red)


if __name__ == "__main__":
    sys.exit(main())
