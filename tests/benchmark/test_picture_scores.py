"""The table of pictures: recipes, scores and their pages."""

import io
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from mnist_course.benchmark import picture_scores
from mnist_course.benchmark.picture_kinds import plain
from mnist_course.benchmark.picture_scores import PictureScore, measure_pictures, pictures_markdown
from mnist_course.cli.application import app
from mnist_course.data import load_mnist

SCORE = PictureScore("desk", 200, 199, 100, 30)


@pytest.mark.parametrize("kind", picture_scores.KINDS)
def test_every_kind_is_a_picture(mnist, kind):
    digits, _ = mnist[1]
    some = digits[: picture_scores.NUMBERS.get(kind, 1)]
    picture = picture_scores.draw(kind, some, np.random.default_rng(0))
    assert picture.dtype == np.uint8
    assert picture.ndim == 2 or picture.shape[2] == 3


def test_clean_photos_are_read_by_all_but_the_naive_recipe():
    score = measure_pictures("plain", n=40)
    assert score.ours >= 38
    assert score.otsu >= 38
    assert score.naive <= 30  # the digit is not centred


def test_a_dark_desk_defeats_the_threshold_and_not_ours():
    score = measure_pictures("desk", n=30)
    assert score.ours >= 28
    assert score.otsu <= 15


def test_a_number_is_right_when_all_its_digits_are():
    images, labels = load_mnist()[1]
    right, short, wrong = images[:2], images[:1], images[[0, 2]]
    reader, truth = picture_scores.DigitReader.load("tiny"), labels[:2]
    assert picture_scores.count_right(reader, [right, short, wrong], np.array([truth] * 3)) == 1


def test_numbers_need_to_be_split_where_the_digits_are():
    score = measure_pictures("two_digits", n=30)
    assert score.ours >= 28
    assert score.naive <= 15  # the gap is not in the middle


def test_the_same_seed_gives_the_same_score():
    assert measure_pictures("block", n=10) == measure_pictures("block", n=10)


@pytest.mark.parametrize("recipe", [picture_scores.ours, picture_scores.ours_of_numbers])
def test_a_refusal_is_a_blank_and_no_crash(recipe):
    assert not recipe(np.full((50, 50), 200, np.uint8)).any()


def test_a_refused_one_is_wrong(monkeypatch):
    empty = np.full((50, 50), 200, np.uint8)
    monkeypatch.setitem(picture_scores.KINDS, "mnist", lambda digit, rng: empty)
    score = measure_pictures("mnist", n=50)  # some are ones, and the network reads a blank as 1
    assert (score.ours, score.otsu) == (0, 0)


def test_otsu_finds_light_ink_as_well(mnist):
    picture = plain(mnist[1][0][0], np.random.default_rng(0))
    one, other = (picture_scores.otsu(p).astype(int) for p in (picture, 255 - picture))
    assert np.abs(one - other).mean() < 2


@pytest.mark.parametrize(
    ("kind", "n", "message"),
    [
        ("dsk", 5, "one of mnist, plain.*got 'dsk'"),
        ("desk", 0, "1 to 10,000, got 0"),
        ("five_digits", 2_001, "1 to 2,000, got 2001"),
        ("desk", 2.5, "a whole number from 1 to 10,000, got 2.5"),
    ],
)
def test_what_cannot_be_measured_is_refused(kind, n, message):
    with pytest.raises(ValueError, match=message):
        measure_pictures(kind, n=n)


def test_the_page_in_docs_is_of_this_table():
    page = (Path(__file__).parents[2] / "docs" / "pictures.md").read_text("utf-8")
    made = pictures_markdown([])
    assert page.split(". 20")[0] == made.split(". 20")[0]  # up to the date
    assert [line.split(" |")[0][2:] for line in page.splitlines()[6:]] == list(picture_scores.KINDS)


def test_table_and_page_tell_the_same():
    stream = io.StringIO()
    Console(file=stream, width=100).print(picture_scores.pictures_table([SCORE]))
    cells = ("desk", "200", "99.5", "97.2 to 99.9", "50.0", "15.0")
    assert f"| {' | '.join(cells)} |" in pictures_markdown([SCORE])
    assert all(cell in stream.getvalue() for cell in cells)


def test_the_command_writes_the_page(tmp_path, monkeypatch):
    monkeypatch.setattr(picture_scores, "KINDS", {"canvas": picture_scores.KINDS["canvas"]})
    answer = CliRunner().invoke(app, ["benchmark", "--pictures", "--quick", "--to", str(tmp_path)])
    assert answer.exit_code == 0
    assert "| canvas | 100 | " in (tmp_path / "pictures.md").read_text("utf-8")
