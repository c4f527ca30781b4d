"""Learning rates that change with every step: Keras schedules, for an optimizer or ``train``."""

import keras
import numpy as np


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
