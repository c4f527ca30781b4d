"""mutations: every mutant exists, differs from its helper, and reaches a lesson's kernel."""

import subprocess
import sys

import pytest

from mnist_course.course import lessons, mutations
from mnist_course.course.mutations import MUTATIONS, Mutation

by_name = pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda m: m.name)


@by_name
def test_the_target_exists(mutation):
    _, owner, name = mutations._resolve(mutation.target)
    assert callable(getattr(owner, name))


@by_name
def test_some_lesson_must_notice(mutation):
    assert set(mutation.days) & set(lessons.available_days())


def test_names_are_distinct():
    assert len({mutation.name for mutation in MUTATIONS}) == len(MUTATIONS)


def test_a_mutant_replaces_the_helper_under_every_name_it_has():
    code = (
        "import mnist_course, mnist_course.images, numpy as np\n"
        "from mnist_course.course import mutations\n"
        "mutations.apply('scaled-by-256')\n"
        "full = np.full((1, 28, 28), 255, np.uint8)\n"
        "from mnist_course import scale_pixels\n"
        "from mnist_course.preprocessing import scale_pixels as same\n"
        "print(scale_pixels(full).max() < 1, same is scale_pixels)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True"]


def test_a_lesson_that_looks_notices(course):
    course(
        "import numpy as np\nfrom mnist_course import scale_pixels",
        "print(scale_pixels(np.full((28, 28), 255, np.uint8)).max())",
    )
    lessons.refresh([1])
    mutation = next(m for m in MUTATIONS if m.name == "scaled-by-256")
    assert mutations.first_failure(1, mutation) == "Cell 1"


def test_a_lesson_that_does_not_look_is_reported(course, monkeypatch, capsys):
    course("from mnist_course import scale_pixels")
    lessons.refresh([1])
    mutation = Mutation("constant", "preprocessing.scale_pixels", (1,), lambda _: lambda x: 0)
    monkeypatch.setattr(mutations, "MUTATIONS", (mutation,))
    monkeypatch.setattr(mutations, "first_failure", lambda day, mutation: None)
    assert mutations.mutate([1]) == 1
    assert "not noticed" in capsys.readouterr().out


def test_a_red_lesson_is_not_mutated(course):
    course("1 / 0")
    with pytest.raises(ValueError, match=r"days \[1\] are red before anything is broken"):
        mutations.mutate([1])
