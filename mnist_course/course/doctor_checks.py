"""What the doctor looks at, one check after another: installation, files, machine.

Standard library and ``packaging`` only, the rest is imported inside the check that looks at it.
"""

import hashlib
import json
import platform
import shutil
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from .._paths import MODELS_FOLDER, ROOT, restore_advice
from . import progress

SYNC = "In the course's folder: uv sync"


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


def _check_file(folder: Path, file: dict) -> Check | None:
    path = folder / file["name"]
    restore = restore_advice(path)
    if not path.is_file():
        return Check("models", "error", f"{path} is missing", restore)
    if hashlib.sha256(path.read_bytes()).hexdigest() != file["sha256"]:
        found = f"{path} is not the file that was shipped: its SHA-256 differs"
        return Check("models", "error", found, restore)
    return None


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


def _memory_bytes() -> int:
    import psutil

    total = psutil.virtual_memory().total
    limit = Path("/sys/fs/cgroup/memory.max")  # a container may be given less
    text = limit.read_text().strip() if limit.is_file() else "max"
    return total if text == "max" else min(total, int(text))
