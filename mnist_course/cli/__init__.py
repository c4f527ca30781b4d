"""The ``mnist-course`` command: a learner's front door, and the tools of those who write.

It must answer at once, so every command imports what it needs when it runs.
"""

import sys
from importlib.util import find_spec

from .._paths import extra_advice
from . import learn, serve, use  # noqa: F401 (importing them adds their commands)
from .application import COMMAND, app
from .screen import red

# the help names the commands in the order in which they are added
# isort: split
from . import benchmark, window, write  # noqa: F401


def main() -> None:
    """Run the command: problems become one red message, Ctrl-C ends quietly."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a cp1252 console has no ✓ and must not crash
            stream.reconfigure(errors="spell")
    try:
        app(prog_name="mnist-course")
    except (ValueError, OSError) as problem:
        red(problem)
        sys.exit(1)
    except ModuleNotFoundError as problem:
        if (problem.name or __name__).startswith("mnist_course"):
            raise  # a mistake of ours
        advice = f"{COMMAND} doctor says more" if find_spec("keras") else extra_advice("course")
        red(f"this command needs {problem.name}: {advice}")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
