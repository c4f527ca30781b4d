"""A model made ready to train: the course's optimizer, loss and metrics, or a fresh start."""

from collections.abc import Sequence
from numbers import Real

import keras

LearningRate = float | keras.optimizers.schedules.LearningRateSchedule


def compile_model(
    model: keras.Model,
    *,
    learning_rate: LearningRate | None = None,
    optimizer: str | keras.Optimizer | None = None,
    loss: str | keras.Loss = "sparse_categorical_crossentropy",
    metrics: Sequence = ("accuracy",),
) -> keras.Model:
    """Give a model the course's defaults: Adam, cross-entropy on integer labels, accuracy.

    Args:
        model: any Keras classifier.
        learning_rate: a number or a schedule, for the default optimizer; None means 0.001.
        optimizer: use this one instead of Adam.
        loss: a Keras loss or its name.
        metrics: Keras metrics or their names.

    Returns:
        The same model, compiled.

    Raises:
        ValueError: a learning rate is given beside an optimizer, which has its own.
    """
    if optimizer is not None and learning_rate is not None:
        raise ValueError(
            "give either an optimizer, such as keras.optimizers.SGD(0.1), or a learning_rate for "
            f"Adam, got {optimizer!r} and {learning_rate!r}"
        )
    rate = 1e-3 if learning_rate is None else learning_rate
    rate = float(rate) if isinstance(rate, Real) else rate  # Keras takes no 1 and no NumPy number
    model.compile(
        optimizer=optimizer or keras.optimizers.Adam(rate),
        loss=loss,
        metrics=list(metrics),
        # several steps per call save time on small networks; torch allows one only
        steps_per_execution=1 if keras.backend.backend() == "torch" else 8,
    )
    return model


def ensure_compiled(model: keras.Model, learning_rate: LearningRate | None) -> keras.Model:
    """The same model, compiled with the course's defaults if it is not, or if a rate is given.

    Raises:
        ValueError: it is no Keras model.
    """
    if not isinstance(model, keras.Model):
        raise ValueError(
            f"expected a Keras model, such as create_model('cnn'), got {type(model).__name__}"
        )
    if learning_rate is not None or not model.compiled:
        compile_model(model, learning_rate=learning_rate)
    return model


def start_anew(model: keras.Model, fresh: keras.Model) -> keras.Model:
    """Make a compiled model as new: first weights of another one, an optimizer at its start.

    The same as to compile and train ``fresh``, without the seconds that a compilation takes; for
    trainings with several seeds, one after the other. Loss, metrics and the optimizer's settings
    stay those of ``model``.

    Args:
        model: compiled, trained or not.
        fresh: of the same architecture, not trained; its weights and dropout's seeds are
            copied. If it is compiled, with the same settings, the state of its optimizer
            is copied as well, the learning rate included; if not, the present rate stays, also
            one that a callback has changed.

    Returns:
        ``model``.

    Raises:
        ValueError: the model is not compiled, the shapes of the variables, frozen layers or kinds
            of optimizer differ, or an optimizer like the model's cannot be made.
    """
    if not model.compiled:
        raise ValueError("the model has no optimizer yet: compile it first")
    _check_same_variables("a model", model, fresh)
    optimizer = _optimizer_at_its_start(model.optimizer, fresh)
    for owner, one in ((model, model.optimizer), (fresh, optimizer)):
        if not one.built:
            one.build(owner.trainable_variables)
    _check_same_variables("the same layers frozen and an optimizer", model.optimizer, optimizer)
    for mine, first in ((model, fresh), (model.optimizer, optimizer)):
        for variable, value in zip(mine.variables, first.variables, strict=True):
            variable.assign(keras.ops.copy(value))  # a copy: JAX gives away what it trains
    return model


def _check_same_variables(what: str, mine, first) -> None:
    shapes, others = ([tuple(v.shape) for v in one.variables] for one in (mine, first))
    if shapes != others:
        raise ValueError(f"expected {what} with variables of shapes {shapes}, got {others}")


def _optimizer_at_its_start(used: keras.Optimizer, fresh: keras.Model) -> keras.Optimizer:
    """The optimizer of a fresh model, or a new one like the used one."""
    if not fresh.compiled:
        try:
            return type(used).from_config(used.get_config())
        except (NotImplementedError, TypeError, ValueError) as problem:  # a schedule of one's own
            raise ValueError(
                f"no {type(used).__name__} like the model's can be made ({problem}): compile the "
                "fresh model as well"
            ) from problem
    if type(fresh.optimizer) is not type(used):
        kinds = [type(one).__name__ for one in (used, fresh.optimizer)]
        raise ValueError(f"expected the optimizer {kinds[0]}, got {kinds[1]}")
    return fresh.optimizer
