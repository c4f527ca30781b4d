"""experiments: every variant with every seed, in one tidy table."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest

from mnist_course import create_model, scale_pixels
from mnist_course.training import compile_model, experiments
from mnist_course.training.experiments import compare


@pytest.fixture(scope="module")
def sets(mnist):
    (x, y), _ = mnist
    x, y = scale_pixels(x[:600]), y[:600]
    return (x[:400], y[:400]), (x[400:], y[400:])


def softmax():
    return create_model("softmax")


def dense():
    return create_model("dense")


def test_one_row_per_variant_seed_and_epoch(sets):
    variants = {"softmax": softmax, "dense": dense}
    table = compare(variants, sets[0], validation_data=sets[1], epochs=2, seeds=[3, 4])
    assert list(table.columns[:3]) == ["variant", "seed", "epoch"]
    assert {"accuracy", "loss", "val_accuracy", "val_loss", "seconds"} <= set(table.columns)
    rows = set(map(tuple, table[["variant", "seed", "epoch"]].to_numpy()))
    assert rows == {(v, s, e) for v in variants for s in (3, 4) for e in (1, 2)}
    assert len(table) == 8


def test_without_validation_digits_nothing_is_validated(sets):
    table = compare({"s": softmax}, sets[0], epochs=1, seeds=[0], verbose=False)
    assert not [column for column in table if column.startswith("val_")]
    assert len(table) == 1


def test_a_seed_repeats_exactly_and_another_differs(sets):
    options = {"validation_data": sets[1], "epochs": 1, "verbose": False}
    first, again = (compare({"s": softmax}, sets[0], seeds=[1], **options) for _ in range(2))
    other = compare({"s": softmax}, sets[0], seeds=[2], **options)
    assert first.loss[0] == again.loss[0]
    assert first.loss[0] != other.loss[0]


def test_the_seed_draws_the_first_weights(sets):
    drawn = []

    def build():
        model = softmax()
        drawn.append(model.get_weights()[0])
        return model

    compare({"a": build, "b": build}, sets[0], epochs=1, seeds=[1, 2], verbose=False)
    np.testing.assert_array_equal(drawn[0], drawn[1])  # both variants with seed 1
    assert not np.array_equal(drawn[0], drawn[2])


def test_the_seed_is_that_of_the_training_too(sets, monkeypatch):
    asked = []

    def train(model, x, y, *, seed, **_):
        asked.append(seed)
        return SimpleNamespace(history={"loss": [1.0]})

    monkeypatch.setattr(experiments, "train", train)
    compare({"a": softmax, "b": softmax}, sets[0], epochs=1, seeds=[3, 5], verbose=False)
    assert asked == [3, 3, 5, 5]


def dropped():
    return create_model("dense_regularized")


def first_weight(model):
    return {"weight": float(model.get_weights()[0][300, 0])}


def test_a_judge_adds_a_column_and_changes_no_number(sets):
    options = {"validation_data": sets[1], "epochs": 2, "seeds": [1, 2, 3], "learning_rate": 0.002}
    apart = compare({"d": dropped}, sets[0], **options)
    judged = compare({"d": dropped}, sets[0], judge=first_weight, **options)
    columns = ["seed", "epoch", "loss", "accuracy", "val_loss", "val_accuracy"]
    assert judged[columns].equals(apart[columns])
    assert judged["weight"].nunique() == 3


def test_with_a_judge_one_network_serves_all_seeds_of_a_variant(sets):
    networks = []

    def remember(model):
        networks.append(model)
        return {"rate": float(model.optimizer.learning_rate)}

    options = {"epochs": 1, "seeds": [1, 2], "verbose": False, "judge": remember}
    table = compare({"a": softmax, "b": softmax}, sets[0], learning_rate=0.25, **options)
    assert [networks.index(network) for network in networks] == [0, 1, 0, 1]
    assert set(table["rate"]) == {0.25}


def test_with_a_judge_each_seed_begins_with_the_first_rate(sets):
    halved = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)
    options = {"epochs": 1, "seeds": [1, 2], "callbacks": [halved]}
    table = compare({"a": softmax}, sets[0], judge=first_weight, **options)
    assert table["loss"].equals(compare({"a": softmax}, sets[0], **options)["loss"])


def test_a_judge_takes_a_model_that_is_compiled_already(sets):
    def build():
        return compile_model(softmax(), learning_rate=0.02)

    table = compare({"a": build}, sets[0], epochs=1, seeds=[1, 2], judge=first_weight)
    apart = compare({"a": build}, sets[0], epochs=1, seeds=[1, 2])
    assert table["loss"].equals(apart["loss"])


def unbuilt():
    layers = keras.layers
    return keras.Sequential([layers.Flatten(), layers.Dropout(0.5), layers.Dense(10, "softmax")])


def test_a_judged_model_need_not_know_its_input(sets):
    options = {"epochs": 1, "seeds": [1, 2], "verbose": False}
    judged = compare({"u": unbuilt}, sets[0], judge=first_weight, **options)
    assert judged["loss"].equals(compare({"u": unbuilt}, sets[0], **options)["loss"])


@pytest.mark.parametrize("name", ["seed", "epoch", "accuracy", "seconds"])
def test_a_judge_cannot_name_a_column_of_the_table(sets, name):
    with pytest.raises(ValueError, match=f"the judge gives .'{name}'."):
        compare({"s": softmax}, sets[0], epochs=1, seeds=[0], judge=lambda model: {name: 1})


@pytest.mark.parametrize(
    ("variant", "kind"), [(keras.Sequential(), "Sequential"), ("softmax", "str")]
)
def test_a_variant_is_a_function(sets, variant, kind):
    with pytest.raises(ValueError, match=f"a function .* for 'a', .*got {kind}"):
        compare({"a": variant}, sets[0], epochs=1)


def test_images_without_labels_are_no_data(sets):
    with pytest.raises(ValueError, match=r"data must be \(x, y\), got ndarray"):
        compare({"s": softmax}, sets[0][0], epochs=1)


def test_training_improves_over_epochs(sets):
    table = compare({"d": dense}, sets[0], validation_data=sets[1], epochs=3, seeds=[0])
    assert np.all(np.diff(table.loss) < 0)


def test_the_progress_bar_can_be_silenced(sets, capsys):
    compare({"s": softmax}, sets[0], validation_data=sets[1], epochs=1, seeds=[0], verbose=False)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("variants", "seeds"), [({}, [0]), ({"s": softmax}, [])])
def test_nothing_to_compare_is_refused(sets, variants, seeds):
    with pytest.raises(ValueError, match="expected variants and seeds"):
        compare(variants, sets[0], validation_data=sets[1], epochs=1, seeds=seeds)


@pytest.mark.parametrize("watched", [True, False])
def test_a_bar_is_drawn_only_where_somebody_watches(sets, capsys, monkeypatch, watched):
    monkeypatch.setattr(experiments, "is_live", lambda: watched)
    compare({"s": softmax}, sets[0], epochs=1, seeds=[0])
    assert bool(capsys.readouterr().out) == watched


def test_a_log_file_is_watched_by_nobody(monkeypatch, tmp_path):
    with (tmp_path / "run.log").open("w") as log:
        monkeypatch.setattr("sys.stdout", log)
        assert not experiments.is_live()
