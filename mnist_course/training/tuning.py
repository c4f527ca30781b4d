"""Keras models as scikit-learn classifiers, so that its searches and pipelines can use them."""

import contextlib
import inspect
import logging
import random
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from functools import partial
from numbers import Real
from types import FunctionType

import keras
import numpy as np
from sklearn.base import BaseEstimator
from sklearn.model_selection import ParameterGrid, check_cv
from sklearn.utils import ClassifierTags

from .._seed import set_seed
from .compiling import start_anew
from .experiments import is_live
from .loop import DIGITS_PER_VALIDATION_STEP

try:
    from scikeras.wrappers import KerasClassifier
except ImportError as problem:
    raise ImportError(
        f"scikeras does not load: {problem}. The course was tried with scikeras 0.13, "
        "scikit-learn 1.9 and Keras 3.15 (and TensorFlow, which scikeras imports whatever the "
        "backend): install these versions"
    ) from problem

BUILDER = "model__"  # what a parameter of the builder begins with
RATE = "optimizer__learning_rate"
PER_FIT = {RATE, "random_state", "epochs", "batch_size", "callbacks"}  # need no new compilation


class DigitClassifier(KerasClassifier):
    """scikeras's classifier, with what scikit-learn 1.9 and a search need.

    Tags: scikeras 0.13 has none, and scikit-learn then takes it for no classifier, so that an
    integer ``cv`` silently gives folds that are not stratified. (keras.wrappers'
    SKLearnClassifier is no way out: it has no ``predict_proba``, and a clone forgets its options
    of ``fit``.) Names: a parameter that the builder does not take is refused at once. Seeds: the
    course's own, for scikeras's leave TensorFlow's slow deterministic mode switched on. Classes:
    as many as the network has answers, or ``predict`` would look for a class that is none.
    """

    def __sklearn_tags__(self):
        tags = BaseEstimator.__sklearn_tags__(self)
        tags.estimator_type = "classifier"
        tags.classifier_tags = ClassifierTags()
        tags.target_tags.required = True
        return tags

    def set_params(self, **params) -> "DigitClassifier":
        _check_names(params.get("model", self.model), params)
        return super().set_params(**params)

    def fit(self, X, y, sample_weight=None, **kwargs) -> "DigitClassifier":  # noqa: N803
        with _seeded(self.random_state):
            return super().fit(X, y, sample_weight=sample_weight, **kwargs)

    def _build_keras_model(self) -> keras.Model:
        self._random_state = None  # scikeras's way to seed
        # many small models one after the other: TensorFlow would warn that it traces each
        logging.getLogger("tensorflow").setLevel(logging.ERROR)
        model = super()._build_keras_model()
        rates = [name for name in self.get_params() if name.startswith("optimizer__")]
        if model.compiled and rates:
            raise ValueError(
                f"{rates[0]} would be ignored, for the builder compiles its model by itself: "
                "return a model that is not compiled, or make the rate a parameter of the builder"
            )
        return model

    def _ensure_compiled_model(self) -> None:
        super()._ensure_compiled_model()
        # the same training a third sooner: while TensorFlow traces, new variables cost much
        if self.model_.built and not self.model_.optimizer.built:
            self.model_.optimizer.build(self.model_.trainable_variables)
        kept = _compiled.get()
        if kept is not None:
            self.model_ = kept.ready_for(self.get_params(), self.model_)

    def _check_model_compatibility(self, y: np.ndarray) -> None:
        super()._check_model_compatibility(y)
        shape, classes = getattr(self.model_, "output_shape", None), np.size(self.classes_)
        one_label_each = isinstance(shape, tuple) and np.size(y) == len(y)
        if one_label_each and shape[-1] not in (1, classes):  # one sigmoid serves two classes
            raise ValueError(
                f"the network answers with {shape[-1]} probabilities, but y holds {classes} "
                f"classes: build a network with {classes} answers, or give labels of all classes"
            )


def keras_classifier(
    build: Callable[..., keras.Model],
    *,
    epochs: int = 1,
    batch_size: int = 128,
    random_state: int | None = 0,
    **params,
) -> DigitClassifier:
    """A Keras model as a scikit-learn classifier: it clones, pickles, and can be searched over.

    Args:
        build: makes a new model each time, from named parameters that all have a default. It
            need not be compiled: it gets Adam, cross-entropy on whole labels and accuracy. A
            search that uses several processes needs a function that can be imported.
        epochs: passes over the training data.
        batch_size: images per step.
        random_state: seed of first weights, order and dropout; the same for every fit. None: new
            luck each time.
        **params: first values: of the builder's parameters, as ``model__NAME``; of the
            optimizer's, as ``optimizer__learning_rate``; anything else that scikeras takes.

    Returns:
        A classifier with ``fit``, ``predict``, ``predict_proba`` and ``score``. ``x`` is float32 of
        shape (n, 28, 28, 1), 0.0 to 1.0, or whatever the model takes; labels may be texts. In a
        search the same names make the grid: ``{"model__units": [32, 64]}``.

    Raises:
        ValueError: ``build`` is not a function, takes ``**kwargs`` (which would swallow a
            misspelt name), or does not take a parameter; at ``fit``: an ``optimizer__...`` is
            given and the builder compiles its model by itself, or the labels have more or fewer
            classes than the network has answers.

    Example:
        >>> search = GridSearchCV(keras_classifier(build), {"model__units": [32, 64]}, cv=3)
    """
    if not callable(build) or isinstance(build, keras.Model):
        raise ValueError(
            "expected a function that makes a new model each time, such as "
            f"lambda: create_model('dense'), got {type(build).__name__}"
        )
    _check_names(build, params)
    defaults = {"loss": "sparse_categorical_crossentropy", "optimizer": "adam", "verbose": 0}
    defaults |= {"predict__batch_size": DIGITS_PER_VALIDATION_STEP}
    return DigitClassifier(
        model=build,
        epochs=epochs,
        batch_size=batch_size,
        random_state=random_state,
        **defaults | {"metrics": ["accuracy"]} | params,
    )


@contextlib.contextmanager
def _seeded(seed: int | None) -> Iterator[None]:
    """Seed what happens inside; Python's and NumPy's generators then go on as if nothing had."""
    if seed is None:
        yield
        return
    states = random.getstate(), np.random.get_state()
    set_seed(seed)
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])


def _check_names(build: Callable, params: dict) -> None:
    """Refuse what a builder does not take: a misspelt axis of a grid would only waste hours."""
    takes = inspect.signature(build).parameters
    if any(p.kind is p.VAR_KEYWORD for p in takes.values()):
        raise ValueError(
            "the builder takes **kwargs, which would swallow a misspelt parameter without a "
            f"word: name its parameters one by one, got {inspect.signature(build)}"
        )
    for name in params:
        if name.startswith(BUILDER) and name.removeprefix(BUILDER) not in takes:
            raise ValueError(
                f"the builder has no parameter {name.removeprefix(BUILDER)!r} (asked for by "
                f"{name!r}); it takes {', '.join(takes) or 'none'}"
            )


def count_fits(search: BaseEstimator) -> int | None:
    """How many fits a search makes, the last one on all data not counted.

    Returns:
        Candidates times folds; None where that is known only at the end, as in successive
        halving, when ``cv`` is an iterator, or when the folds follow from the data.
    """
    halving, once = hasattr(search, "factor"), isinstance(search.cv, Iterator)
    candidates = None if halving or once else _count_candidates(search)
    try:
        return candidates and candidates * check_cv(search.cv).get_n_splits()
    except (TypeError, ValueError):  # as many folds as digits, or as groups of them
        return None


def _count_candidates(search: BaseEstimator) -> int | None:
    if hasattr(search, "param_grid"):
        return len(ParameterGrid(search.param_grid))
    if not hasattr(search, "param_distributions"):
        return None
    given = search.param_distributions
    parts = [given] if isinstance(given, Mapping) else given
    drawn = any(hasattr(values, "rvs") for part in parts for values in part.values())
    return search.n_iter if drawn else min(search.n_iter, len(ParameterGrid(parts)))


class FitBar:
    """A callback for ``search.set_callbacks``: a bar of fits, for searches in this process.

    scikit-learn's own ProgressBar is a widget, of which a stored page keeps nothing.
    """

    bar = None

    def setup(self, estimator, context) -> None:
        live = is_live()
        self.bar = keras.utils.Progbar(count_fits(estimator), unit_name="fit") if live else None

    def on_fit_task_begin(self, estimator, context, **_) -> None:
        """A fit begins: nothing to show."""

    def on_fit_task_end(self, estimator, context, **_) -> None:
        if self.bar and context.task_name == "candidate-split-evaluation":
            self.bar.add(1)

    def teardown(self, estimator, context) -> None:
        self.bar = None


class CompileOnce:
    """A callback for ``search.set_callbacks``: one compilation for all networks of one shape.

    To compile a small network takes longer than to train it. With this, a fit of the search takes
    a network that an earlier fit has no more use for, and starts it anew (``start_anew``): the
    same scores, sooner. Fits in other threads or processes, and schedules as rates, go on as
    without. Scorers must not keep the networks.
    """

    def setup(self, estimator, context) -> None:
        self._idle, self._used = {}, []
        self._token = _compiled.set(self)

    def on_fit_task_begin(self, estimator, context, **_) -> None:
        """A fit begins: it asks for a network by itself."""

    def on_fit_task_end(self, estimator, context, **_) -> None:
        if context.task_name == "candidate-split-evaluation":
            self._idle.update(self._used)  # scored: nobody needs these any more
            self._used.clear()

    def teardown(self, estimator, context) -> None:
        _compiled.reset(self._token)
        del self._idle, self._used, self._token

    def ready_for(self, params: dict, fresh: keras.Model) -> keras.Model:
        """A network that is prepared, started anew as a fresh one, or the fresh one itself."""
        kind = _kind_of_network(params, fresh)
        model = self._idle.pop(kind, None)
        model = fresh if model is None else start_anew(model, fresh)
        if kind is not None:
            self._used.append((kind, model))
        return model


def _kind_of_network(params: dict, fresh: keras.Model) -> str | None:
    """The same text for networks that one compilation serves; None where nobody can know."""
    if not fresh.built:
        return None
    kind = {name: value for name, value in params.items() if name not in PER_FIT}
    texts = {name: repr(value) for name, value in kind.items() if _is_plain(value)}
    served = isinstance(params.get(RATE, 0), Real) and len(texts) == len(kind)
    shapes = [tuple(variable.shape) for variable in fresh.variables]
    return repr((sorted(texts.items()), RATE in params, shapes)) if served else None


def _is_plain(value) -> bool:
    """Whether equal texts mean equal values: not so for objects that come and go."""
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    known = str, Real, type(None), FunctionType, partial
    return isinstance(value, known)


_compiled: ContextVar[CompileOnce | None] = ContextVar("compiled", default=None)
