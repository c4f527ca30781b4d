"""Progress survives damage and never disturbs a lesson."""

import json
import subprocess
import sys
from datetime import date

import pytest

from mnist_course.course import progress
from mnist_course.course.exercises.engine import day_exercises
from mnist_course.course.lessons import available_days


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("MNIST_COURSE_HOME", str(tmp_path))
    return tmp_path


def test_nothing_is_passed_at_first():
    assert progress.passed() == {}


def test_records_the_day_an_exercise_was_passed():
    progress.record("4.1")
    assert progress.passed() == {"4.1": date.today().isoformat()}


def test_the_first_date_stays(home):
    (home / "progress.json").write_text('{"4.1": "2025-01-02"}')
    progress.record("4.1")
    assert progress.passed() == {"4.1": "2025-01-02"}


def test_makes_the_folder(home, monkeypatch):
    monkeypatch.setenv("MNIST_COURSE_HOME", str(home / "new" / "folder"))
    progress.record("1.1")
    assert list(progress.passed()) == ["1.1"]


def test_leaves_no_file_aside(home):
    progress.record("1.1")
    progress.record("1.2")
    assert {path.name for path in home.iterdir()} == {"progress.json", "progress.lock"}


def test_keeps_its_file_in_the_users_data_folder(monkeypatch):
    import platformdirs

    monkeypatch.delenv("MNIST_COURSE_HOME")
    expected = platformdirs.user_data_path("mnist-course", appauthor=False)
    assert progress.file() == expected / "progress.json"


@pytest.mark.parametrize("content", [b"{", b"", b"\xff\xfe", b"[]", b'{"1.1": 3}'])
def test_a_damaged_file_is_kept_and_said_once(home, content, capsys):
    (home / "progress.json").write_bytes(content)
    progress.record("2.1")
    assert list(progress.passed()) == ["2.1"]
    assert (home / "progress.json.damaged-1").read_bytes() == content
    assert capsys.readouterr().out.count("was damaged") == 1


def test_an_older_backup_is_never_overwritten(home):
    for content in (b"first", b"second"):
        (home / "progress.json").write_bytes(content)
        progress.passed()
    kept = [(home / f"progress.json.damaged-{number}").read_bytes() for number in (1, 2)]
    assert kept == [b"first", b"second"]


def test_two_processes_at_once_lose_nothing(home):
    code = (
        "from mnist_course.course import progress\nfor n in range(20): progress.record(f'{}.{n}')"
    )
    commands = [[sys.executable, "-c", code.replace("{}", str(day), 1)] for day in (1, 2, 3)]
    for process in [subprocess.Popen(command) for command in commands]:
        assert process.wait() == 0
    assert len(progress.passed()) == 60


def test_a_tilde_means_the_users_home(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("MNIST_COURSE_HOME", "~/digits")
    assert progress.file() == tmp_path / "digits" / "progress.json"


def test_an_interrupted_write_keeps_what_was_there(monkeypatch):
    progress.record("1.1")

    def stop(*_):
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(progress.os, "replace", stop)
        progress.record("1.2")
    assert list(progress.passed()) == ["1.1"]


def test_a_folder_that_cannot_be_written_is_said_once(home, monkeypatch):
    (home / "in_the_way").write_text("a file where a folder should be")
    monkeypatch.setenv("MNIST_COURSE_HOME", str(home / "in_the_way"))
    assert "MNIST_COURSE_HOME to a folder of yours" in progress.record("1.1")
    assert progress.record("1.2") is None
    assert (home / "in_the_way").is_file()
    assert "cannot be written" in progress.writable()


def test_reset_forgets_everything_and_may_be_repeated():
    progress.record("1.1")
    progress.reset()
    progress.reset()
    assert progress.passed() == {}


def test_the_file_is_json_that_people_can_read(home):
    progress.record("1.2")
    progress.record("1.1")
    assert list(json.loads((home / "progress.json").read_text())) == ["1.1", "1.2"]


def _counts(**days):
    """Thirty days with two open exercises each, except for these: ``d4=(1, 2)``."""
    return {day: days.get(f"d{day}", (0, 2)) for day in range(1, 31)}


def test_counts_all_thirty_days_and_ignores_unknown_exercises():
    counts = progress.day_counts({"4.1": "2026-01-02", "4.99": "2026-01-02"})
    assert list(counts) == list(range(1, 31))
    assert counts[4][0] == 1
    assert counts[4][1] >= 2


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ({}, 1),
        ({"d1": (1, 2)}, 1),
        ({"d1": (2, 2)}, 2),
        ({"d1": (2, 2), "d2": (0, 0)}, 2),  # a day without exercises is still to be read
        ({"d1": (1, 2), "d7": (2, 2)}, 8),  # goes on from the last day begun
        ({f"d{day}": (2, 2) for day in range(2, 31)}, 1),  # then back to what was left open
        ({f"d{day}": (2, 2) for day in range(1, 31)}, None),
    ],
)
def test_the_next_day(days, expected):
    assert progress.next_day(_counts(**days)) == expected


def test_the_four_weeks_hold_each_day_once():
    assert [day for week in progress.WEEKS for day in week] == list(range(1, 31))


def test_lines_can_be_plain_ascii():
    text = "\n".join(progress.lines(_counts(d1=(2, 2), d2=(1, 2)), squares="#+."))
    assert text.isascii()
    assert "  #      +      .  " in text


def test_every_exercise_is_counted():
    for day in available_days():
        assert progress._exercise_ids(day) == set(day_exercises(f"{day}.0"))


def test_counting_exercises_imports_no_framework():
    code = "import sys; from mnist_course.course import progress as p; print(p.day_counts({})[4]); "
    command = [sys.executable, "-c", code + "print(*sys.modules)"]
    counted, *modules = subprocess.run(command, capture_output=True, text=True).stdout.splitlines()
    assert counted == "(0, 3)"
    assert not {"keras", "tensorflow", "matplotlib", "pandas"} & set(" ".join(modules).split())


def test_importing_it_imports_nothing_heavy():
    code = "import sys, mnist_course.course.progress; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout
    assert "mnist_course.course.progress" in loaded.split()
    assert not {"numpy", "keras", "rich", "platformdirs"} & set(loaded.split())


def test_a_week_is_drawn_as_squares_with_shares():
    counts = dict.fromkeys(range(1, 31), (0, 0)) | {1: (3, 3), 2: (1, 3), 3: (0, 2)}
    drawn = progress.lines(counts, squares="#o.")
    assert [row.split() for row in drawn[1:3]] == [list("#o....."), ["3/3", "1/3", "0/2"]]
    assert [row.split() for row in drawn[4:7]][:2] == [
        ["Week", "2", *map(str, range(8, 15))], ["."] * 7,
    ]  # fmt: skip
    assert drawn[6] == ""  # no shares where no day has exercises
    assert drawn[-1] == "4 of 8 exercises passed"


def test_a_day_with_more_passed_than_there_are_is_complete():
    counts = dict.fromkeys(range(1, 31), (2, 2)) | {1: (4, 3), 30: (0, 1)}
    assert progress.next_day(counts) == 30
    assert progress.lines(counts, squares="#o.")[1].split() == ["#"] * 7
