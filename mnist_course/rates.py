"""Find a learning rate by trying many: the range test."""

from collections.abc import Sequence

import keras
import numpy as np
import pandas as pd


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
        ValueError: the model is not compiled, there are fewer images than a batch, or a rate is
            not positive.

    Source: Smith, "Cyclical learning rates for training neural networks", 2017.
    """
    rates = np.asarray(rates, dtype=float)
    if not model.compiled:
        raise ValueError("the model has no optimizer yet: compile it first")
    if not 1 <= batch_size <= len(x):
        raise ValueError(f"batch_size must be from 1 to {len(x)}, the images, got {batch_size}")
    if rates.size == 0 or not (rates > 0).all():
        raise ValueError(f"rates must be positive numbers, at least one, got {rates}")
    order = np.random.default_rng(seed).permutation(len(x))
    places = np.arange(len(rates) * batch_size).reshape(len(rates), batch_size) % len(x)
    losses = []
    for rate, batch in zip(rates, order[places], strict=True):
        model.reset_metrics()  # or Keras would report the mean of all batches so far
        model.optimizer.learning_rate = rate
        losses.append(model.train_on_batch(x[batch], y[batch], return_dict=True)["loss"])
    return pd.DataFrame({"rate": rates, "loss": np.array(losses, dtype=float)})
