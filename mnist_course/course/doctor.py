"""Is this machine ready for the course: one check after another, each with what to do.

The doctor works where the course does not. ``python -m mnist_course.course.doctor`` runs it
without the command line's packages.
"""

import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator
from importlib.util import find_spec

from .._paths import extra_advice
from .doctor_backend import check_backend, check_gpu
from .doctor_checks import (
    SYNC,
    Check,
    check_data,
    check_disk,
    check_kernel,
    check_kernel_config,
    check_memory,
    check_models,
    check_packages,
    check_progress,
    check_python,
)

MARKS = {"ok": "✓", "warning": "!", "error": "✗"}
ASCII_MARKS = {"ok": "+", "warning": "!", "error": "x"}
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
