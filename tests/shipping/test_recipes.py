from types import SimpleNamespace

import keras
import numpy as np
import pytest

from mnist_course.augmentation import elastic, random_affine, random_pen, random_shift
from mnist_course.data import balanced_subset, load_mnist
from mnist_course.models import MODELS
from mnist_course.preprocessing import scale_pixels
from mnist_course.shipping import recipes
from mnist_course.shipping.recipes import RECIPES, Recipe, train_recipe
from mnist_course.training.optimizers import ConvMuon

(X_ALL, Y_ALL), TEST = load_mnist()
SMALL = balanced_subset(X_ALL, Y_ALL, per_class=50), TEST
DIGITS = scale_pixels(X_ALL[:20])
PLAIN = Recipe("softmax", day=9, epochs=2)


@pytest.mark.parametrize("schedule", ["one_cycle", "cosine"])
def test_recipe_ends_its_schedule_with_its_last_step(schedule):
    recipe = PLAIN._replace(schedule=schedule, learning_rate=0.01, shift=1, epochs=5)
    model, history, seconds = train_recipe(recipe, data=SMALL, seed=0, verbose=0)
    assert len(history.history["loss"]) == 5
    assert float(model.optimizer.learning_rate) == pytest.approx(0, abs=1e-9)
    assert history.history["accuracy"][-1] > 0.4  # shifted digits are hard for it
    assert seconds > 0


def test_what_a_recipe_does_not_name_is_not_used():
    model, _, _ = train_recipe(PLAIN, data=SMALL, seed=0, verbose=0)
    optimizer = model.optimizer
    assert float(optimizer.learning_rate) == pytest.approx(0.001)
    assert (optimizer.weight_decay, optimizer.use_ema, model.loss.label_smoothing) == (0, False, 0)
    assert PLAIN.augment(DIGITS, seed=(0, 0, 0)) is DIGITS


def test_what_a_recipe_names_reaches_the_optimizer_and_the_loss():
    recipe = PLAIN._replace(weight_decay=0.02, averaging=0.9, label_smoothing=0.2, epochs=1)
    model, _, _ = train_recipe(recipe, data=SMALL, seed=0, verbose=0)
    optimizer = model.optimizer
    assert (optimizer.weight_decay, optimizer.use_ema, optimizer.ema_momentum) == (0.02, True, 0.9)
    assert model.loss.label_smoothing == 0.2


def test_a_recipe_with_muon_gives_it_rate_and_decay():
    recipe = PLAIN._replace(optimizer="muon", weight_decay=0.02, learning_rate=0.03, epochs=1)
    model, _, _ = train_recipe(recipe, data=SMALL, seed=0, verbose=0)
    optimizer = model.optimizer
    assert type(optimizer) is ConvMuon
    assert (optimizer.weight_decay, optimizer.adam_weight_decay) == (0.02, 0.02)
    assert float(optimizer.learning_rate) == pytest.approx(0.03)


def test_an_optimizer_that_is_not_there_is_said():
    with pytest.raises(ValueError, match="no optimizer 'sgd'; choose one of adamw, muon"):
        train_recipe(PLAIN._replace(optimizer="sgd"), data=SMALL, verbose=0)


@pytest.mark.parametrize(
    ("limits", "oracle"),
    [
        ({"shift": 2.0}, lambda x, seed: random_shift(x, pixels=2, seed=seed)),
        ({"shift": 2}, lambda x, seed: random_shift(x, pixels=2, seed=seed)),
        (
            {"degrees": 10, "shift": 1.5, "zoom": 0.1, "shear": 0.2},
            lambda x, seed: random_affine(x, degrees=10, shift=1.5, zoom=0.1, shear=0.2, seed=seed),
        ),
        ({"elastic": 0.8}, lambda x, seed: elastic(x, strength=0.8, seed=(*seed, 1))),
        (
            {"blur": 1.2, "gamma": 2},
            lambda x, seed: random_pen(x, blur=1.2, gamma=2, seed=(*seed, 2)),
        ),
    ],
)
def test_recipe_augments_within_its_limits(limits, oracle):
    found = PLAIN._replace(**limits).augment(DIGITS, seed=(4, 1, 0))
    np.testing.assert_array_equal(found, oracle(DIGITS, (4, 1, 0)))


def test_half_a_pixel_needs_an_affine_map():
    with pytest.raises(ValueError, match=r"whole number from 0 upwards, got 1\.5"):
        PLAIN._replace(shift=1.5).augment(DIGITS, seed=(0, 0, 0))


def test_recipe_bends_what_it_has_moved():
    both = PLAIN._replace(shift=2, elastic=1.0).augment(DIGITS, seed=(4, 1, 0))
    moved = PLAIN._replace(shift=2).augment(DIGITS, seed=(4, 1, 0))
    bent = PLAIN._replace(elastic=1.0).augment(moved, seed=(4, 1, 0))
    np.testing.assert_array_equal(both, bent)


def test_recipes_read_as_a_sentence_of_what_is_used():
    assert str(PLAIN) == "Adam, learning rate 0.001, batch 128, 2 epochs"
    rich = PLAIN._replace(schedule="cosine", warmup=0.1, averaging=0.99, degrees=8, zoom=0.1)
    assert str(rich) == (
        "cosine Adam, peak 0.001, warm-up 10%, weights averaged with momentum 0.99, rotations "
        "of up to 8 degrees, zoom of up to 10%, batch 128, 2 epochs"
    )


def test_muon_and_another_pen_are_named_in_the_sentence():
    sentence = str(PLAIN._replace(optimizer="muon", blur=1.2, gamma=2))
    assert sentence.startswith("Muon, learning rate 0.001, blur of up to 1.2 pixels, gamma of up")


def test_every_recipe_is_of_a_model_and_can_be_scheduled():
    for recipe in RECIPES.values():
        assert recipe.model in MODELS
        assert recipe.rate(100)
    assert {"champion", "tiny", "cnn", "dense"} <= set(RECIPES)


def test_a_recipe_goes_on_from_its_checkpoint_with_the_same_result(tmp_path):
    recipe = PLAIN._replace(shift=1, averaging=0.9)
    plain, _, _ = train_recipe(recipe, data=SMALL, seed=1, verbose=0)
    kept = {"checkpoint": tmp_path / "run.npz", "history_csv": tmp_path / "run.csv"}
    for _ in range(2):  # the second one finds it finished
        model, _, _ = train_recipe(recipe, data=SMALL, seed=1, **kept, verbose=0)
        for weights, expected in zip(model.get_weights(), plain.get_weights(), strict=True):
            np.testing.assert_array_equal(weights, expected)
    assert len((tmp_path / "run.csv").read_text("utf-8").splitlines()) == 3


def test_seconds_before_an_interruption_count(monkeypatch):
    record = SimpleNamespace(earlier_seconds=1000.0)
    monkeypatch.setattr(recipes, "train", lambda *_, **__: record)
    assert 1000 < train_recipe(PLAIN, data=SMALL)[2] < 1010


TAUGHT = PLAIN._replace(teacher="teacher", taught=0.75, temperature=2, epochs=8)


def teacher_of_ones():
    """A network that takes every digit for a 1, rather than for a 7, and for others hardly."""
    bias = keras.initializers.Constant(np.log([1e-3, 0.8, *[1e-3] * 5, 0.19, 1e-3, 1e-3]))
    answer = keras.layers.Dense(10, "softmax", kernel_initializer="zeros", bias_initializer=bias)
    return keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten(), answer])


def test_a_student_learns_its_teachers_answers_beside_the_labels():
    recipe = TAUGHT._replace(taught=1.0, learning_rate=0.01)
    student, _, _ = train_recipe(recipe, data=SMALL, teacher=teacher_of_ones(), verbose=0)
    mean = student.predict(DIGITS, verbose=0).mean(axis=0)
    assert mean.argsort()[::-1][:2].tolist() == [1, 7]
    assert mean[1] > 0.5 > mean[7] > 0.05


def test_a_student_with_little_taught_learns_its_labels():
    recipe = TAUGHT._replace(taught=0.01, learning_rate=0.01)
    student, _, _ = train_recipe(recipe, data=SMALL, teacher=teacher_of_ones(), verbose=0)
    answers = student.predict(scale_pixels(SMALL[0][0]), verbose=0).argmax(axis=1)
    assert np.mean(answers == SMALL[0][1]) > 0.8


def test_a_teacher_does_not_change():
    teacher = teacher_of_ones()
    before = teacher.get_weights()
    train_recipe(TAUGHT._replace(epochs=1), data=SMALL, teacher=teacher, verbose=0)
    for weights, expected in zip(teacher.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weights, expected)


def test_a_taught_training_goes_on_from_its_checkpoint(tmp_path):
    options = {"data": SMALL, "teacher": teacher_of_ones(), "verbose": 0}
    first, _, _ = train_recipe(TAUGHT, **options, checkpoint=tmp_path / "run.npz")
    again, _, _ = train_recipe(TAUGHT, **options, checkpoint=tmp_path / "run.npz")
    for weights, expected in zip(again.get_weights(), first.get_weights(), strict=True):
        np.testing.assert_array_equal(weights, expected)


def test_a_missing_teacher_is_trained_first(monkeypatch):
    monkeypatch.setitem(RECIPES, "teacher", PLAIN._replace(epochs=1, learning_rate=0.01))
    model, _, _ = train_recipe(TAUGHT, data=SMALL, verbose=0)
    plain, _, _ = train_recipe(TAUGHT._replace(teacher=""), data=SMALL, verbose=0)
    assert not np.array_equal(model.get_weights()[0], plain.get_weights()[0])


def test_a_taught_recipe_names_its_teacher():
    assert "75% of the loss from the answers of its teacher, at a temperature of 2" in str(TAUGHT)


def test_unknown_recipe_lists_the_recipes():
    with pytest.raises(ValueError, match="no recipe 'cnnn'; choose one of champion"):
        train_recipe("cnnn")


def test_unknown_schedule_lists_the_schedules():
    with pytest.raises(ValueError, match="no schedule 'step'; choose one of constant, one_cycle"):
        train_recipe(PLAIN._replace(schedule="step"), data=SMALL)
