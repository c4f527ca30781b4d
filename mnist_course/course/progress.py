"""How far am I: which exercises ``check`` has seen passed, in one small JSON file.

The file is ``progress.json`` in this user's data folder, or in the folder that the environment
variable ``MNIST_COURSE_HOME`` names. It is read on every check, so nothing heavy is imported.
"""

import json
import os
from contextlib import suppress
from datetime import date
from pathlib import Path


def file() -> Path:
    """Where progress is kept, whether the file exists yet or not."""
    home = os.environ.get("MNIST_COURSE_HOME")
    if not home:
        from platformdirs import user_data_dir

        home = user_data_dir("mnist-course", appauthor=False)
    return Path(home) / "progress.json"


def record(exercise_id: str) -> None:
    """Note that an exercise is passed today; the first day it was passed stays.

    Silent when the file cannot be written: a lesson goes on without a record.
    """
    with suppress(OSError):
        days = passed()
        if exercise_id not in days:
            _write(days | {exercise_id: date.today().isoformat()})


def passed() -> dict[str, str]:
    """The exercises passed so far: ``{"4.1": "2026-03-09"}``.

    A damaged file is moved to ``progress.json.damaged``, and the record starts afresh.

    Raises:
        OSError: the file is there but may not be read.
    """
    path = file()
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict) or set(map(type, content.values())) - {str}:
            raise ValueError("expected one date for each exercise")
    except FileNotFoundError:
        return {}
    except ValueError:  # JSONDecodeError and UnicodeDecodeError are ValueErrors too
        os.replace(path, path.with_name("progress.json.damaged"))
        return {}
    return content


def reset() -> None:
    """Forget everything.

    Raises:
        OSError: the file may not be removed.
    """
    file().unlink(missing_ok=True)


def _write(days: dict[str, str]) -> None:
    """Written aside, then renamed: never half a file, whatever stops the kernel."""
    path = file()
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"progress.json.{os.getpid()}.aside")
    aside.write_text(json.dumps(days, indent=1, sort_keys=True), encoding="utf-8")
    os.replace(aside, path)
