"""How far am I: which exercises ``check`` has seen passed, in one small JSON file.

The file is ``progress.json`` in this user's data folder, or in the folder that the environment
variable ``MNIST_COURSE_HOME`` names. It is read on every check, so nothing heavy is imported.
"""

import json
import os
import re
from contextlib import AbstractContextManager
from datetime import date
from itertools import count
from pathlib import Path
from tempfile import TemporaryFile

from .._files import write_text
from . import DAYS, WEEKS

SQUARES = "■◧□"  # all passed, begun, to come: told apart without colour

Counts = dict[int, tuple[int, int]]

_told: set[str] = set()  # what this process has said already


def file() -> Path:
    """Where progress is kept, whether the file exists yet or not."""
    home = os.environ.get("MNIST_COURSE_HOME")
    if not home:
        from platformdirs import user_data_dir

        home = user_data_dir("mnist-course", appauthor=False)
    return Path(home).expanduser() / "progress.json"


def record(exercise_id: str) -> str | None:
    """Note that an exercise is passed today; the first day it was passed stays.

    Two kernels that pass exercises at once lose none: the file is locked meanwhile.

    Returns:
        None, or what to tell the learner when it could not be noted: once in each process, for a
        lesson goes on without a record.
    """
    try:
        with _lock():
            days = passed()
            if exercise_id not in days:
                _write(days | {exercise_id: date.today().isoformat()})
    except OSError as problem:
        return _told_once(f"This cannot be remembered: {_trouble(problem)}")
    return None


def writable() -> str | None:
    """None when progress can be kept, else the reason and what to do."""
    try:
        with _lock(), TemporaryFile(dir=file().parent):
            return None
    except OSError as problem:
        return _trouble(problem)


def passed(path: Path | None = None) -> dict[str, str]:
    """The exercises passed so far: ``{"4.1": "2026-03-09"}``.

    A damaged file is kept under a numbered name, which is printed, and the record starts afresh.

    Args:
        path: another record than this user's.

    Raises:
        OSError: the file is there but may not be read.
    """
    path = path or file()
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict) or set(map(type, content.values())) - {str}:
            raise ValueError("expected one date for each exercise")
    except FileNotFoundError:
        return {}
    except ValueError:  # JSONDecodeError and UnicodeDecodeError are ValueErrors too
        kept = _put_aside(path)
        print(
            f"The record of passed exercises was damaged: it is kept as {kept}, a new one begins."
        )
        return {}
    return content


def _put_aside(path: Path) -> Path:
    """Rename a damaged file to the first free ``progress.json.damaged-1``, ``-2``, ..."""
    numbers = (path.with_name(f"{path.name}.damaged-{number}") for number in count(1))
    return path.rename(next(kept for kept in numbers if not kept.exists()))


def _lock() -> AbstractContextManager:
    from filelock import FileLock  # not above: the doctor looks at progress without packages

    path = file()
    path.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(path.with_name("progress.lock"), timeout=10)


def _trouble(problem: OSError) -> str:
    return (
        f"{file().parent} cannot be written ({problem.strerror or problem}). Free it, or set the "
        "environment variable MNIST_COURSE_HOME to a folder of yours"
    )


def _told_once(sentence: str) -> str | None:
    """The sentence the first time, None from then on."""
    if sentence in _told:
        return None
    _told.add(sentence)
    return sentence


def reset() -> None:
    """Forget everything.

    Raises:
        OSError: the file may not be removed.
    """
    file().unlink(missing_ok=True)


def day_counts(passed: dict[str, str]) -> Counts:
    """How many exercises of each of the thirty days are passed, and how many there are.

    Args:
        passed: as ``passed()`` returns it.

    Returns:
        ``{day: (passed, total)}``; total 0 where a day has no exercises.
    """
    counts = {}
    for day in DAYS:
        ids = _exercise_ids(day)
        counts[day] = len(ids & passed.keys()), len(ids)
    return counts


def _exercise_ids(day: int) -> set[str]:
    """Ids as the day's file spells them: importing it could import Keras, for a mere count."""
    file = Path(__file__).parent / "exercises" / f"day{day:02d}.py"
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    return set(re.findall(rf'^ +id="({day}\.\d+)",$', text, re.MULTILINE))


def next_day(counts: Counts) -> int | None:
    """The first unfinished day from the last one begun on; else any left open; else None."""
    unfinished = [day for day, (done, total) in counts.items() if not total or done < total]
    last = max((day for day, (done, _) in counts.items() if done), default=1)
    return next((day for day in unfinished if day >= last), next(iter(unfinished), None))


def lines(counts: Counts, *, squares: str = SQUARES) -> list[str]:
    """The thirty days as squares, week by week, and what the squares mean."""
    rows = []
    for number, week in enumerate(WEEKS, start=1):
        shares = [f"{counts[day][0]}/{counts[day][1]}" if counts[day][1] else "" for day in week]
        rows += [
            _row(f"Week {number}", [str(day) for day in week]),
            _row("", [_square(*counts[day], squares) for day in week]),
            *([_row("", shares)] if any(shares) else []),
            "",
        ]
    done, total = (sum(numbers) for numbers in zip(*counts.values(), strict=True))
    full, half, empty = squares
    rows.append(f"{full} all passed   {half} begun   {empty} to come")
    return [*rows, f"{done} of {total} exercises passed"]


def _row(title: str, cells: list[str]) -> str:
    return (f"{title:<8}" + "".join(f"{cell:^7}" for cell in cells)).rstrip()


def _square(done: int, total: int, squares: str) -> str:
    full, half, empty = squares
    return empty if not done else half if done < total else full


def _write(days: dict[str, str]) -> None:
    write_text(file(), json.dumps(days, indent=1, sort_keys=True))
