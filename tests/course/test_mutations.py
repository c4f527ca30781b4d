"""mutations: every mutant exists, differs from its helper, and reaches a lesson's kernel."""

import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from mnist_course.course import lessons, mutations
from mnist_course.course.mutations import MUTATIONS, Mutation
from mnist_course.course.refresh import refresh
from mnist_course.scratch import forward

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


def mutant_of(name, helper):
    return next(m for m in MUTATIONS if m.name == name).mutate(helper)


def test_a_mutant_may_change_an_option_whatever_the_lesson_asks_for():
    rate = mutant_of("a-tenth-of-the-rate", lambda x, *, rate=0.3: rate)
    assert rate(0) == pytest.approx(0.03)
    assert rate(0, rate=1.5) == pytest.approx(0.15)


def test_a_mutant_comparison_gives_every_seed_the_same_training():
    trained = []

    def compare(variants, data, *, seeds):
        trained.extend(seeds)
        return pd.DataFrame({"seed": seeds, "accuracy": 0.9})

    table = mutant_of("one-seed-for-all", compare)({}, None, seeds=range(3))
    assert trained == [0]
    assert table.seed.tolist() == [0, 1, 2]


def test_a_mutant_comparison_trains_the_first_variant_under_every_name():
    names = mutant_of("first-variant-for-all", lambda variants, data: variants)
    assert names({"a": "first", "b": "second"}, None) == {"a": "first", "b": "first"}


def test_a_mutant_training_validates_on_what_it_learns_from():
    given = mutant_of("validates-on-training-digits", lambda *_, validation_data: validation_data)
    assert given("model", "x", "y", validation_data=("other x", "other y")) == ("x", "y")


def test_a_leaky_forward_pass_lets_a_fifth_of_what_is_negative_through():
    weights = [np.array([[-1.0]]), np.zeros(1), np.ones((1, 2)), np.zeros(2)]
    hidden, probabilities = mutant_of("leaky-not-relu", forward)(np.ones((1, 1)), weights)
    assert hidden.tolist() == [[-0.2]]
    assert probabilities.shape == (1, 2)


def test_heavy_dropout_reaches_the_layers_that_have_a_rate():
    layers = [SimpleNamespace(rate=0.3), SimpleNamespace(units=10)]
    model = mutant_of("dropout-of-nine-in-ten", lambda: SimpleNamespace(layers=layers))()
    assert model.layers == [SimpleNamespace(rate=0.9), SimpleNamespace(units=10)]


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
    refresh([1])
    mutation = next(m for m in MUTATIONS if m.name == "scaled-by-256")
    assert mutations.first_failure(1, mutation) == "Cell 2"


def test_a_lesson_that_does_not_look_is_reported(course, monkeypatch, capsys):
    course("from mnist_course import scale_pixels")
    refresh([1])
    mutation = Mutation("constant", "preprocessing.scale_pixels", (1,), lambda _: lambda x: 0)
    monkeypatch.setattr(mutations, "MUTATIONS", (mutation,))
    monkeypatch.setattr(mutations, "first_failure", lambda day, mutation: None)
    assert mutations.mutate([1]) == 1
    assert "not noticed" in capsys.readouterr().out


def test_a_red_lesson_is_not_mutated(course):
    course("1 / 0")
    with pytest.raises(ValueError, match=r"days \[1\] are red before anything is broken"):
        mutations.mutate([1])


def test_a_lesson_without_a_mutation_proves_nothing(course, monkeypatch):
    course("1")
    monkeypatch.setattr(mutations, "MUTATIONS", ())
    with pytest.raises(ValueError, match=r"no mutation for days \[1\]"):
        mutations.mutate([1])
