"""Every exercise of every day: solution, starter, wrong answers; and the engine itself."""

import re

import numpy as np
import pandas as pd
import pytest
from keras import layers

from mnist_course.course import progress
from mnist_course.course.exercises import check, engine, hint, solution
from mnist_course.course.lessons import available_days, code_cells

DAYS = sorted(available_days())
EXERCISES = [e for day in DAYS for e in engine.day_exercises(f"{day}.0").values()]
BY_ID = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.id)
WRONG = [
    pytest.param(e, answer, words, id=f"{e.id}-{getattr(answer, '__name__', number)}")
    for e in EXERCISES
    for number, (answer, words) in enumerate(e.wrong)
]

RIGHT = [
    pytest.param(e, answer, id=f"{e.id}-{getattr(answer, '__name__', number)}")
    for e in EXERCISES
    for number, answer in enumerate(e.right)
]


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("MNIST_COURSE_HOME", str(tmp_path))
    monkeypatch.delenv("MNIST_COURSE_STRICT", raising=False)


@BY_ID
def test_the_solution_passes(exercise, capsys):
    check(exercise.id, exercise.solution)
    assert capsys.readouterr().out.startswith(f"✓ {exercise.id} passed")
    assert exercise.id in progress.passed()


@pytest.mark.parametrize(("exercise", "answer", "words"), WRONG)
def test_a_wrong_answer_fails_with_words_that_name_the_mistake(exercise, answer, words, capsys):
    check(exercise.id, answer)
    printed = capsys.readouterr().out
    assert printed.startswith(f"✗ {exercise.id} not yet: ")
    assert words in printed
    assert exercise.id not in progress.passed()


@pytest.mark.parametrize(("exercise", "answer"), RIGHT)
def test_a_right_answer_written_another_way_passes(exercise, answer, capsys):
    check(exercise.id, answer)
    assert capsys.readouterr().out.startswith(f"✓ {exercise.id} passed")


@BY_ID
def test_the_lesson_has_a_starter_that_is_not_attempted(exercise):
    day = int(exercise.id.partition(".")[0])
    cells = [c for c in code_cells(available_days()[day]) if f'check("{exercise.id}"' in c.source]
    assert len(cells) == 1
    printed = "".join(output.get("text", "") for output in cells[0].outputs)
    assert f"○ {exercise.id} not attempted yet" in printed


@BY_ID
def test_an_exercise_is_complete(exercise):
    assert len(exercise.wrong) >= 5
    assert len(exercise.right) >= 3
    assert exercise.hints
    assert exercise.reason
    assert re.fullmatch(r"\d+\.\d", exercise.id)


@BY_ID
def test_a_function_that_returns_nothing_is_told_to_return(exercise, capsys):
    if not callable(exercise.solution):
        pytest.skip("a value is asked for")
    check(exercise.id, lambda *arguments, **options: None)
    assert "return" in capsys.readouterr().out


@BY_ID
def test_an_error_inside_the_answer_is_reported_not_raised(exercise, capsys):
    def fails(*arguments, **options):
        raise KeyError("seven")

    check(exercise.id, fails)
    assert capsys.readouterr().out.startswith("✗")


# --- the engine ------------------------------------------------------------------------------


def test_strict_mode_raises_when_not_passed(monkeypatch):
    monkeypatch.setenv("MNIST_COURSE_STRICT", "1")
    with pytest.raises(engine.NotYet, match="not attempted"):
        check("4.1", ...)
    check("4.1", engine.find("4.1").solution)


def test_hints_come_one_at_a_time_and_end_with_the_solution(capsys):
    engine._hints_shown.clear()
    number = len(engine.find("4.1").hints)
    for _ in range(number + 1):
        hint("4.1")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"Hint 1 of {number}")
    assert 'solution("4.1")' in lines[-1]


def test_solution_shows_code_that_runs_and_its_reason(capsys):
    solution("4.3")
    code, _, reason = capsys.readouterr().out.partition("\n\nWhy: ")
    namespace = {}
    exec(code, namespace)
    check("4.3", namespace["count_copies"])
    assert "copies" in reason


def test_check_never_shows_the_solution(capsys):
    for exercise in EXERCISES:
        for answer, _ in exercise.wrong:
            check(exercise.id, answer)
    printed = capsys.readouterr().out
    for exercise in EXERCISES:
        if callable(exercise.solution):
            assert engine._source(exercise.solution) not in printed


@pytest.mark.parametrize("exercise_id", ["4", "4.9", "31.1", "four.one", ""])
def test_an_unknown_exercise_says_which_there_are(exercise_id):
    with pytest.raises(ValueError, match=r"no exercise|such as"):
        check(exercise_id, 1)


# --- any answer ------------------------------------------------------------------------------


class _Contrary:
    """An object of which everything fails."""

    def __getattr__(self, name):
        raise RuntimeError("no")

    __repr__ = __eq__ = __len__ = __bool__ = __iter__ = __array__ = __float__ = __hash__ = (
        lambda self, *_: 1 / 0
    )


def _endless(*arguments):
    return _endless(*arguments)


def _leaves(*arguments):
    raise SystemExit


ODD_VALUES = [
    *(None, True, 0, -1, 7, 10**400, 0.5, float("nan"), float("inf"), 1j, "", "seven", b"7"),
    *([], [1, 2], [[1], [2, 3]], (), (1, "a"), {}, {1: 2}, {1, 2}, object, _Contrary()),
    *(np.array([1, 2]), np.array(["a", "b"]), np.zeros((2, 2, 2)), np.array([None, 1])),
    *(np.float16(3), np.datetime64("2026-01-01"), pd.DataFrame({"a": [1]}), pd.Series(["x"])),
]
ODD_FUNCTIONS = [
    *(lambda image: image > 127, lambda: 3, lambda a, b, c, d, e: a, lambda *a: a[0]),
    *(lambda *a: (x for x in (1, 2)), lambda *a: a, lambda *a: print, _endless, _leaves),
    *(lambda *a, value=value: value for value in ODD_VALUES),
]


@BY_ID
def test_any_answer_gets_a_sentence(exercise, capsys):
    functions = ODD_FUNCTIONS if callable(exercise.solution) else ODD_FUNCTIONS[:3]
    for answer in (*ODD_VALUES, *functions):
        check(exercise.id, answer)
        printed = capsys.readouterr().out
        assert printed.startswith(("✗", "○", "✓")), printed
        assert len(printed) < 2000


@BY_ID
def test_numbers_handed_in_as_texts_do_not_pass(exercise, capsys):
    changed = []

    def in_texts(found):
        if isinstance(found, tuple | list):
            return type(found)(map(in_texts, found))
        if isinstance(found, bool) or not isinstance(found, int | float | np.number | np.ndarray):
            return found
        changed.append(found)
        return np.asarray(found).astype(str)[()]

    solution = exercise.solution
    answer = in_texts(solution)
    check(exercise.id, (lambda *a: in_texts(solution(*a))) if callable(solution) else answer)
    assert capsys.readouterr().out.startswith("✗" if changed else "✓")


@pytest.mark.parametrize("exercise_id", ["2.3", "8.1", "8.2", "14.3", "25.1", "26.1", "27.2"])
def test_a_rounded_answer_is_told_so(exercise_id, capsys):
    solution = engine.find(exercise_id).solution
    check(exercise_id, lambda *given: np.round(solution(*given), 4))
    assert "rounded" in capsys.readouterr().out


@BY_ID
def test_an_answer_that_changes_its_input_spoils_nothing(exercise, capsys):
    def spoils(*arguments):
        for argument in arguments:
            if isinstance(argument, np.ndarray):
                argument[...] = 0
        return 0

    if callable(exercise.solution):
        check(exercise.id, spoils)
    check(exercise.id, exercise.solution)
    assert f"✓ {exercise.id} passed" in capsys.readouterr().out


def test_an_id_needs_no_quotes(capsys):
    check(4.1, engine.find("4.1").solution)
    hint(4.1)
    solution(4.1)
    assert "✓ 4.1 passed" in capsys.readouterr().out


def test_a_forgotten_first_value_is_named(capsys):
    def without_start(image):
        for row in image:
            text += str(row[0])  # noqa: F821
        return text

    check("1.1", without_start)
    printed = capsys.readouterr().out
    assert "first value before the loop" in printed
    assert "text += str(row[0])" in printed


def test_the_line_that_is_shown_is_the_learner_s_not_that_of_a_library():
    def with_a_list(units):
        return layers.Dense([units])

    with pytest.raises(engine.NotYet, match=r"in the line: return layers.Dense\(\[units\]\)\)$"):
        engine.call(with_a_list, 12, shown="network(12)")


def test_the_line_of_a_generator_is_shown_too():
    def one_by_one(values):
        yield values["a"]

    with pytest.raises(engine.NotYet, match=r'in the line: yield values\["a"\]\)$'):
        engine.call(one_by_one, {}, shown="values", listed=True)


def test_a_shortened_text_has_one_line_and_no_colours():
    assert engine._shorten("\x1b[1m Bad\n shape \x1b[0m") == "Bad shape"


def test_a_pure_call_refuses_a_function_that_changes_what_it_is_given():
    def doubled_in_place(values):
        values *= 2
        return values

    given = np.array([1, 2])
    assert list(engine.call(doubled_in_place, given, shown="doubled")) == [2, 4]
    with pytest.raises(engine.NotYet, match="doubled: .* also changed what it was given"):
        engine.call(doubled_in_place, given, shown="doubled", pure=True)
    assert list(given) == [1, 2]


def test_a_function_of_the_package_is_no_answer(capsys):
    from mnist_course.evaluation import combine_answers

    check("27.2", combine_answers)
    assert "combine_answers is the course's own function: write yours" in capsys.readouterr().out
