"""Learning rates: schedules that change them with every step, and the range test that finds one."""

from collections.abc import Sequence

import keras
import numpy as np
import pandas as pd

from .checks import check_digits, check_labels


@keras.saving.register_keras_serializable("mnist_course")
class OneCycle(keras.optimizers.schedules.LearningRateSchedule):
    """The schedule that ``one_cycle`` makes; Keras can save it with a model."""

    def __init__(self, max_learning_rate, steps, warmup=0.25, start=0.04, end=0.0):
        super().__init__()
        self.max_learning_rate = max_learning_rate
        self.steps, self.warmup, self.start, self.end = steps, warmup, start, end

    def __call__(self, step):
        ops = keras.ops
        position = ops.cast(step, "float32") / self.steps
        rising = self.start + (1 - self.start) * position / max(self.warmup, 1e-9)
        fall = ops.clip((position - self.warmup) / (1 - self.warmup), 0.0, 1.0)
        falling = self.end + (1 - self.end) * (1 + ops.cos(np.pi * fall)) / 2
        return self.max_learning_rate * ops.where(position < self.warmup, rising, falling)

    def get_config(self) -> dict:
        names = ("max_learning_rate", "steps", "warmup", "start", "end")
        return {name: getattr(self, name) for name in names}


def one_cycle(
    max_learning_rate: float,
    steps: int,
    *,
    warmup: float = 0.25,
    start: float = 0.04,
    end: float = 0.0,
) -> OneCycle:
    """One rise and one fall of the learning rate: linear up, half a cosine down.

    Args:
        max_learning_rate: the peak.
        steps: optimizer steps in all, which is epochs x batches per epoch.
        warmup: fraction of the steps spent rising, 0 up to but not including 1.
        start: first rate, as a fraction of the peak.
        end: last rate, as a fraction of the peak; it stays there after ``steps``.

    Returns:
        A Keras schedule, to be given to an optimizer or to ``train``.

    Raises:
        ValueError: a number is out of its range.

    Source: Smith, "Super-convergence", 2018.
    """
    _check_schedule(max_learning_rate, steps, warmup, start, end)
    return OneCycle(max_learning_rate, steps, warmup, start, end)


def cosine(
    max_learning_rate: float, steps: int, *, warmup: float = 0.0, end: float = 0.0
) -> keras.optimizers.schedules.CosineDecay:
    """Half a cosine down, after a linear rise from 0 if ``warmup`` asks for one.

    Keras's ``CosineDecay``, counted as ``one_cycle`` counts: ``steps`` are all steps.

    Args:
        max_learning_rate: the peak, and without ``warmup`` the first rate.
        steps: optimizer steps in all, which is epochs x batches per epoch.
        warmup: fraction of the steps spent rising, 0 up to but not including 1.
        end: last rate, as a fraction of the peak; it stays there after ``steps``.

    Returns:
        A Keras schedule, to be given to an optimizer or to ``train``.

    Raises:
        ValueError: a number is out of its range.

    Source: Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017.
    """
    _check_schedule(max_learning_rate, steps, warmup, end)
    rising = round(warmup * steps)
    return keras.optimizers.schedules.CosineDecay(
        0.0 if rising else float(max_learning_rate),
        decay_steps=max(steps - rising, 1),
        alpha=end,
        warmup_target=float(max_learning_rate) if rising else None,
        warmup_steps=rising,
    )


def range_test(
    model: keras.Model,
    x: np.ndarray,
    y: np.ndarray,
    *,
    rates: Sequence[float],
    batch_size: int = 100,
    seed: int = 0,
) -> pd.DataFrame:
    """Take one training step per learning rate and note the loss of its batch.

    With rates that grow from far too small to far too large, the loss first stays, then falls,
    then jumps: useful rates lie around the lowest point, often to its left. The model's weights
    are worthless afterwards, so train a fresh one.

    Args:
        model: compiled, with a number (no schedule) as learning rate.
        x: float32, shape (n, 28, 28, 1), 0.0 to 1.0.
        y: labels, as the model's loss expects them.
        rates: learning rates, one step each, such as ``np.geomspace(1e-3, 10, 200)``.
        batch_size: images per step; the images come in random order, and again from the first
            when they run out.
        seed: decides the order of the images.

    Returns:
        One row per step: ``rate``, and ``loss`` of the batch before the step.

    Raises:
        ValueError: the model is not compiled or follows a schedule, x and y do not fit together,
            the labels do not fit the loss, the pixels are not scaled, there are fewer images than
            a batch, or a rate is not positive.

    Source: Smith, "Cyclical learning rates for training neural networks", 2017.
    """
    x, y, rates = np.asarray(x), np.asarray(y), np.asarray(rates, dtype=float)
    if not model.compiled:
        raise ValueError("the model has no optimizer yet: compile it first")
    check_digits(x, y)
    check_labels(model, y)
    if not 1 <= batch_size <= len(x):
        raise ValueError(f"batch_size must be from 1 to {len(x)}, the images, got {batch_size}")
    if rates.size == 0 or not (rates > 0).all():
        raise ValueError(f"rates must be positive numbers, at least one, got {rates}")
    _check_settable(model.optimizer)
    order = np.random.default_rng(seed).permutation(len(x))
    places = np.arange(len(rates) * batch_size).reshape(len(rates), batch_size) % len(x)
    losses = []
    for rate, batch in zip(rates, order[places], strict=True):
        model.reset_metrics()  # or Keras would report the mean of all batches so far
        model.optimizer.learning_rate = rate
        losses.append(model.train_on_batch(x[batch], y[batch], return_dict=True)["loss"])
    return pd.DataFrame({"rate": rates, "loss": np.array(losses, dtype=float)})


def _check_settable(optimizer: keras.Optimizer) -> None:
    try:
        optimizer.learning_rate = optimizer.learning_rate
    except TypeError:  # Keras says it at length
        raise ValueError(
            "the model's learning rate follows a schedule, but the range test sets it: compile "
            "the model with a number"
        ) from None


def _check_schedule(max_learning_rate: float, steps: int, warmup: float, *fractions: float) -> None:
    if not max_learning_rate > 0 or not steps >= 1:
        raise ValueError(
            f"expected a positive max_learning_rate and at least one step, "
            f"got {max_learning_rate} and {steps}"
        )
    if not 0 <= warmup < 1 or not all(0 <= fraction <= 1 for fraction in fractions):
        raise ValueError(
            "warmup, start and end are fractions (warmup below 1, the others up to 1), "
            f"got {', '.join(map(str, (warmup, *fractions)))}"
        )
