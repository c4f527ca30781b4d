"""The anatomy of a lesson, as every notebook must have it."""

import re
from itertools import pairwise
from pathlib import Path
from statistics import median

import nbformat
import pytest

from mnist_course.course import lessons
from mnist_course.course.exercises.engine import day_exercises
from mnist_course.course.refresh import canonical
from mnist_course.manifest import read_manifest

PATHS = list(lessons.available_days().values())
each_notebook = pytest.mark.parametrize("path", PATHS, ids=lambda p: p.stem)


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def sources(path: Path, kind: str) -> list[str]:
    return [cell.source for cell in read(path).cells if cell.cell_type == kind]


def text_of(path: Path) -> str:
    return "\n\n".join(sources(path, "markdown"))


def outputs(path: Path) -> list[nbformat.NotebookNode]:
    return [output for cell in lessons.code_cells(path) for output in cell.outputs]


def longest_run_of_code(path: Path) -> int:
    kinds = "".join(cell.cell_type[0] for cell in read(path).cells)
    return max(len(run) for run in re.findall("c+", kinds))


def test_days_are_consecutive():
    days = list(lessons.available_days())
    assert days == list(range(1, len(days) + 1))


@each_notebook
def test_the_title_names_the_day(path):
    day = int(path.name[3:5])
    assert re.match(rf"# Day {day}: [^A-Z]", text_of(path))


@each_notebook
def test_the_opening_gives_goals_and_minutes(path):
    opening = sources(path, "markdown")[0]
    goals = re.search(r"\*\*Today you will\*\*:?\n\n((?:- .+\n)+)", opening)
    assert goals is not None
    assert 2 <= len(re.findall("^- ", goals[1], re.MULTILINE)) <= 4
    assert re.search(r"Reading: \d+ minutes\. Computing: .+\.", opening)


@each_notebook
def test_the_closing_has_questions_summary_and_outlook(path):
    text = text_of(path)
    sections = ["## Check your understanding", "## What you learned", "## Go further"]
    assert [section for section in sections if section not in text] == [], "sections are missing"
    places = [text.index(section) for section in sections]
    assert places == sorted(places)
    assert 3 <= text[places[0] :].count("<details>") <= 5
    assert "Tomorrow" in text[places[2] :] or path.name.startswith("day30")


@each_notebook
def test_the_envelope(path):
    cells, code = read(path).cells, sources(path, "code")
    lines = [len(source.splitlines()) for source in code]
    words = len(re.findall(r"\w+", text_of(path)))
    pictures = sum("image/png" in output.get("data", {}) for output in outputs(path))
    assert 20 <= len(cells) <= 50, f"{len(cells)} cells, expected 20 to 50"
    assert 0.7 <= (len(cells) - len(code)) / len(code) <= 1.5
    assert 800 <= words <= 2200, f"{words} words, expected 800 to 2,200"
    assert max(lines) <= 25, f"a cell of {max(lines)} lines, expected at most 25"
    assert median(lines) <= 7, f"{median(lines)} lines in the median cell, expected at most 7"
    assert longest_run_of_code(path) <= 3
    assert 2 <= pictures <= 6
    assert path.stat().st_size < 600_000


@each_notebook
def test_code_is_at_most_80_wide(path):
    lines = "\n".join(sources(path, "code")).splitlines()
    assert [line for line in lines if len(line) > 80] == []


@each_notebook
def test_an_ignored_cell_is_followed_by_a_claim(path):
    cells = lessons.code_cells(path)
    for index, cell in enumerate(cells):
        if lessons.is_ignored(cell):
            following = [c for c in cells[index + 1 :] if not lessons.is_ignored(c)]
            assert following, f"cell {index} has no claim after it"
            assert "expect(" in following[0].source, f"cell {index} has no claim after it"


@each_notebook
def test_there_are_claims_and_they_are_compared(path):
    cells = [cell for cell in lessons.code_cells(path) if "expect(" in cell.source]
    assert len(cells) >= 2
    assert not any(map(lessons.is_ignored, cells))


@each_notebook
def test_every_exercise_of_the_day_stands_in_the_lesson_and_not_at_the_end(path):
    exercises = day_exercises(f"{int(path.name[3:5])}.0")
    cells = [cell.source for cell in read(path).cells]
    places = [i for id in exercises for i, s in enumerate(cells) if f'check("{id}"' in s]
    assert 2 <= len(exercises) <= 3
    assert len(places) == len(exercises)
    assert places == sorted(places)
    assert all(b - a > 2 for a, b in pairwise(places))


@each_notebook
def test_the_text_before_an_exercise_sets_it(path):
    cells = [cell.source for cell in read(path).cells]
    for before, cell in pairwise(cells):
        if asked := re.search(r'^check\("(\d+\.\d)"', cell, re.MULTILINE):
            assert f"### Exercise {asked[1]}\n\n" in before, asked[1]


@each_notebook
def test_every_cell_was_executed_in_order(path):
    counts = [cell.execution_count for cell in lessons.code_cells(path)]
    assert counts == list(range(1, len(counts) + 1))


@each_notebook
def test_outputs_are_clean(path):
    for cell in lessons.code_cells(path):
        meant = "raises-exception" in cell.metadata.get("tags", [])
        for output in cell.outputs:
            assert output.output_type != "error" or meant
            assert output.get("name") != "stderr"
            assert "Ellipsis" not in str(output), 'a guess begins as "?"'
    content = path.read_text(encoding="utf-8")
    assert not re.search(r"/home/|/root/|/work/|/Users/|/tmp/|C:\\\\", content)


@each_notebook
def test_no_magics_and_no_tensorflow(path):
    for source in sources(path, "code"):
        assert not re.search(r"^\s*[%!]", source, re.MULTILINE)
        assert not re.search(r"\btf\.|import tensorflow", source)


@each_notebook
def test_the_file_is_in_canonical_form(path):
    assert read(path) == canonical(read(path))


@each_notebook
def test_links_within_the_repository_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)#]+)\)", text_of(path)):
        if not target.startswith(("http://", "https://")):
            assert (path.parent / target).exists(), target


def test_day_26_says_of_punctuation_what_the_manifest_says():
    accepted = read_manifest()["champion"]["detector"]["accepted"]
    passed, of = accepted["punctuation of fonts kept out"]
    said = re.search(r"(\d+) in 100 signs such as", text_of(lessons.available_days()[26]))
    assert said.group(1) == str(round(100 * passed / of))
