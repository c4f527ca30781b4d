"""Keras models as scikit-learn classifiers."""

import pickle
from functools import partial

import keras
import numpy as np
import pytest
from scipy.stats import uniform
from sklearn.base import clone, is_classifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    HalvingRandomSearchCV,
    LeaveOneOut,
    RandomizedSearchCV,
    RepeatedStratifiedKFold,
    check_cv,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from mnist_course.models import create_model
from mnist_course.preprocessing import scale_pixels
from mnist_course.training import tuning
from mnist_course.training.tuning import CompileOnce, FitBar, count_fits, keras_classifier

FEW = {"epochs": 1, "batch_size": 20}


def build(units=4):
    """A network so small that it trains in a moment."""
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Flatten(),
            keras.layers.Dense(units, activation="relu"),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )


@pytest.fixture(scope="module")
def digits():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1, 2], 20)
    images = rng.integers(0, 60, (60, 28, 28), dtype=np.uint8)
    for image, label in zip(images, y, strict=True):
        image[8 * label : 8 * label + 8] = 255
    return images, y


@pytest.fixture
def xy(digits):
    return scale_pixels(digits[0]), digits[1]


def test_scikit_learn_sees_a_classifier_and_stratifies(xy):
    model = keras_classifier(build)
    folds = check_cv(3, xy[1], classifier=is_classifier(model))
    assert {tuple(np.bincount(xy[1][test])) for _, test in folds.split(*xy)} <= {
        (7, 7, 6), (7, 6, 7), (6, 7, 7)
    }  # fmt: skip


def test_probabilities_add_up_to_one(xy):
    answers = keras_classifier(build, **FEW).fit(*xy).predict_proba(xy[0])
    assert answers.shape == (60, 3)
    np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-5)


def test_labels_may_be_texts(xy):
    model = keras_classifier(build, **FEW).fit(xy[0], np.array(["a", "b", "c"])[xy[1]])
    assert set(model.predict(xy[0])) <= {"a", "b", "c"}


def test_the_same_seed_gives_the_same_network(xy):
    a, b = (keras_classifier(build, **FEW).fit(*xy).predict_proba(xy[0]) for _ in range(2))
    np.testing.assert_array_equal(a, b)


def test_another_seed_gives_another_network(xy):
    a, b = (
        keras_classifier(build, **FEW, random_state=s).fit(*xy).predict_proba(xy[0]) for s in (0, 1)
    )
    assert np.abs(a - b).max() > 1e-4


def test_determinism_of_tensorflow_is_left_as_it_was(xy):
    config = pytest.importorskip("tensorflow.python.framework.config")
    before = config.is_op_determinism_enabled()
    keras_classifier(build, **FEW).fit(*xy)
    assert config.is_op_determinism_enabled() == before


def test_a_fit_leaves_the_global_generators_alone(xy):
    np.random.seed(7)
    before = np.random.get_state()[1].copy()
    keras_classifier(build, **FEW).fit(*xy)
    np.testing.assert_array_equal(np.random.get_state()[1], before)


def test_a_clone_has_the_same_parameters():
    model = keras_classifier(build, model__units=7, optimizer__learning_rate=0.1)
    assert clone(model).get_params() == model.get_params()


def test_a_fitted_model_survives_pickling(xy):
    model = keras_classifier(partial(create_model, "softmax", num_classes=3), **FEW).fit(*xy)
    copy = pickle.loads(pickle.dumps(model))
    np.testing.assert_allclose(copy.predict_proba(xy[0]), model.predict_proba(xy[0]), atol=1e-6)


def test_a_pipeline_may_scale_raw_pixels(digits):
    model = make_pipeline(FunctionTransformer(scale_pixels), keras_classifier(build, **FEW))
    assert len(cross_val_score(model, *digits, cv=2)) == 2


def test_a_grid_reaches_builder_and_optimizer(xy):
    grid = {"model__units": [2, 5], "optimizer__learning_rate": [0.01]}
    search = GridSearchCV(keras_classifier(build, **FEW), grid, cv=2).fit(*xy)
    units = search.best_params_["model__units"]
    assert search.best_estimator_.model_.layers[1].units == units
    assert float(search.best_estimator_.model_.optimizer.learning_rate) == pytest.approx(0.01)


def test_random_search_runs(xy):
    search = RandomizedSearchCV(
        keras_classifier(build, **FEW), {"model__units": [2, 3, 4]}, n_iter=2, cv=2, random_state=0
    )
    assert len(search.fit(*xy).cv_results_["params"]) == 2


def test_halving_gives_more_epochs_to_the_better_half(xy):
    search = HalvingRandomSearchCV(
        keras_classifier(build, **FEW), {"model__units": [2, 3, 4]}, n_candidates=2, factor=2,
        resource="epochs", min_resources=1, max_resources=2, cv=2, random_state=0,
    )  # fmt: skip
    assert search.fit(*xy).cv_results_["n_resources"].tolist() == [1, 1, 2]


@pytest.mark.parametrize(
    ("builder", "params", "words"),
    [
        (create_model("softmax"), {}, "a function that makes a new model"),
        (lambda **options: build(**options), {}, "swallow a misspelt"),
        (build, {"model__unts": 3}, "no parameter 'unts'.*it takes units"),
    ],
)
def test_a_builder_that_cannot_be_searched_over_is_refused(builder, params, words):
    with pytest.raises(ValueError, match=words):
        keras_classifier(builder, **params)


def test_a_misspelt_axis_stops_a_search_at_once(xy):
    search = GridSearchCV(keras_classifier(build), {"model__unts": [1, 2]}, cv=2)
    with pytest.raises(ValueError, match="no parameter 'unts'"):
        search.fit(*xy)


@pytest.mark.parametrize("labels", [[0, 1], [0, 1, 2, 3]])
def test_a_network_answers_for_the_classes_of_the_labels(xy, labels):
    y = np.resize(labels, len(xy[1]))
    with pytest.raises(ValueError, match=f"with 3 probabilities, but y holds {len(labels)} class"):
        keras_classifier(build, **FEW).fit(xy[0], y)


def test_a_rate_that_the_builder_would_ignore_is_refused(xy):
    def compiled():
        model = build()
        model.compile("adam", "sparse_categorical_crossentropy")
        return model

    model = keras_classifier(compiled, optimizer__learning_rate=0.1)
    with pytest.raises(ValueError, match="optimizer__learning_rate would be ignored"):
        model.fit(*xy)


@pytest.mark.parametrize(
    ("search", "fits"),
    [
        (GridSearchCV(None, {"a": [1, 2], "b": [1, 2, 3]}, cv=4), 24),
        (GridSearchCV(None, [{"a": [1, 2]}, {"b": [1]}]), 15),
        (RandomizedSearchCV(None, {"a": uniform()}, n_iter=7, cv=2), 14),
        (RandomizedSearchCV(None, {"a": [1, 2]}, n_iter=7, cv=2), 4),
        (RandomizedSearchCV(None, [{"a": [1, 2]}, {"b": uniform()}], n_iter=7, cv=2), 14),
        (HalvingRandomSearchCV(None, {"a": [1, 2]}), None),
        (HalvingGridSearchCV(None, {"a": [1, 2]}, cv=3), None),
        (GridSearchCV(None, {"a": [1, 2]}, cv=[([0], [1])]), 2),
        (GridSearchCV(None, {"a": [1, 2]}, cv=np.int64(3)), 6),
        (GridSearchCV(None, {"a": [1]}, cv=RepeatedStratifiedKFold(n_splits=2, n_repeats=4)), 8),
        (GridSearchCV(None, {"a": [1]}, cv=LeaveOneOut()), None),
        (GridSearchCV(None, {"a": [1]}, cv=iter([])), None),
    ],
)
def test_fits_are_counted_beforehand(search, fits):
    assert count_fits(search) == fits


def test_to_count_takes_no_folds_from_an_iterator():
    folds = iter([([0], [1])])
    count_fits(GridSearchCV(None, {"a": [1]}, cv=folds))
    assert len(list(folds)) == 1


@pytest.mark.parametrize("watched", [True, False])
def test_a_bar_counts_fits_where_somebody_watches(xy, watched, monkeypatch, capsys):
    monkeypatch.setattr(tuning, "is_live", lambda: watched)
    search = GridSearchCV(keras_classifier(build, **FEW), {"model__units": [2, 3]}, cv=2)
    search.set_callbacks(FitBar())
    search.fit(*xy)
    assert ("4/4" in capsys.readouterr().out) == watched


RATES = {"model__units": [2, 5], "optimizer__learning_rate": [0.01, 0.1]}


def search_over(grid, xy, *callbacks, scoring=None, **params):
    search = GridSearchCV(keras_classifier(build, **FEW | params), grid, cv=2, scoring=scoring)
    return search.set_callbacks(*callbacks).fit(*xy)


def networks_of(grid, xy, **params):
    """How many different networks the fits of a search used."""
    used = []

    def remember(model, x, y):
        used.append(model.model_)  # kept alive, so that no two have one address
        return model.score(x, y)

    search_over(grid, xy, CompileOnce(), scoring=remember, **params)
    return len({id(network) for network in used})


def test_a_search_may_compile_a_network_of_one_shape_once(xy):
    assert networks_of(RATES, xy) == 2


@pytest.mark.parametrize("name", ["nadam", "adagrad"])
def test_an_optimizer_with_another_memory_is_compiled_once_as_well(xy, name):
    assert networks_of({"random_state": [0, 1]}, xy, optimizer=name) == 1


@pytest.mark.parametrize(
    ("grid", "params"),
    [
        ({"optimizer__momentum": [0.1, 0.9]}, {"optimizer": "sgd"}),
        ({"optimizer": ["adam", "sgd"]}, {}),
        ([{"optimizer__learning_rate": [0.1]}, {"model__units": [4]}], {}),
    ],
)
def test_what_is_compiled_in_needs_a_compilation_of_its_own(xy, grid, params):
    assert networks_of(grid, xy, **params) == 2


HALVED = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)


@pytest.mark.parametrize(
    "params", [{}, {"optimizer": "nadam"}, {"optimizer": "adagrad"}, {"callbacks": [HALVED]}]
)
def test_scores_are_those_of_new_networks(xy, params):
    options = {"scoring": "neg_log_loss"} | params
    one, other = (search_over(RATES, xy, *c, **options) for c in ([], [CompileOnce()]))
    for key in ("split0_test_score", "split1_test_score"):
        np.testing.assert_array_equal(one.cv_results_[key], other.cv_results_[key])


def test_the_winner_keeps_its_network_when_the_callback_serves_again(xy):
    once = CompileOnce()
    search = search_over(RATES, xy, once)
    before = search.predict_proba(xy[0])
    search_over(RATES, xy, once)
    np.testing.assert_array_equal(search.predict_proba(xy[0]), before)


def test_a_search_that_fails_leaves_nothing_behind(xy):
    with pytest.raises(ValueError, match="unts"):
        search_over({"model__unts": [1]}, xy, CompileOnce())
    models = [keras_classifier(build, **FEW).fit(*xy).model_ for _ in range(2)]
    assert models[0] is not models[1]
