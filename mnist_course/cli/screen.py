"""What the commands print with."""

import codecs
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console

SPELT = {"✓": "+", "✗": "x", "○": "o", "±": "+-", "µ": "u", "×": "x", "−": "-", "–": "-"}


def _spell(problem: UnicodeError) -> tuple[str, int]:
    """Characters that a console does not have, in others that every console has."""
    missing = problem.object[problem.start : problem.end]
    return "".join(SPELT.get(character, "?") for character in missing), problem.end


codecs.register_error("spell", _spell)  # for open and reconfigure: errors="spell"


def plain(console: Console, text: str, style: str = "") -> None:
    """Print text as it is: brackets are no markup, numbers get no colour, nothing wraps."""
    console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)


def red(problem: object) -> None:
    plain(Console(stderr=True), f"mnist-course: {problem}", "red")


@contextmanager
def screen_alone() -> Iterator[TextIO]:
    """A stderr of our own, without what C libraries log: nothing else silences them."""
    sys.stderr.flush()
    screen = os.fdopen(os.dup(2), "w", encoding=sys.stderr.encoding, errors="spell")
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield screen
    finally:
        os.dup2(screen.fileno(), 2)
        screen.close()


def ascii_only(console: Console) -> bool:
    return not console.encoding.startswith("utf")
