"""Fair comparisons: every variant with every seed, as one tidy table."""

import sys
import time
from collections.abc import Callable, Mapping, Sequence

import keras
import numpy as np
import pandas as pd

from .._seed import set_seed
from .checks import check_pair
from .compiling import ensure_compiled, start_anew
from .loop import train

Data = tuple[np.ndarray, np.ndarray]
Judge = Callable[[keras.Model], Mapping[str, float]]

KEYS = ["variant", "seed", "epoch"]


def compare(
    variants: Mapping[str, Callable[[], keras.Model]],
    data: Data,
    *,
    validation_data: Data | None = None,
    epochs: int,
    seeds: Sequence[int] = (0, 1, 2),
    judge: Judge | None = None,
    verbose: bool = True,
    **options,
) -> pd.DataFrame:
    """Train each variant once per seed and note every epoch.

    Args:
        variants: name to a function without arguments that builds the model; a model that is
            not compiled gets ``compile_model``'s defaults.
        data: ``(x, y)`` to train on, images scaled to 0.0 to 1.0.
        validation_data: ``(x, y)`` to measure on after each epoch; None saves that time where
            only the trained models are judged, and the columns ``val_...`` are missing.
        epochs: passes over the training data.
        seeds: one training of each variant per seed: the same seed gives each variant the same
            order of digits.
        judge: called with each trained model; the named numbers that it returns become columns.
            Nobody needs the models after that, so a variant's network is compiled once and
            started anew for every other seed (``start_anew``): the same numbers, in less time.
            None leaves every model that a variant's function makes trained, and for itself.
        verbose: show a progress bar, one step per training; none in a log file, which it would
            fill with control characters.
        **options: more options of ``train``, such as ``batch_size`` or ``callbacks``.

    Returns:
        One row per variant, seed and epoch: ``variant``, ``seed``, ``epoch`` (from 1), the
        columns of Keras's history (``accuracy``, ``loss``, ``val_accuracy``, ``val_loss``), and
        ``seconds`` (of the whole training).

    Raises:
        ValueError: there is no variant or no seed, a variant is no function, a judge names a
            column of the table's own, or the data do not fit.

    Example:
        >>> table = compare({"dense": lambda: create_model("dense")}, (x, y),
        ...                 validation_data=(x_validation, y_validation), epochs=3)
        >>> table[table.epoch == 3].groupby("variant").val_accuracy.agg(["mean", "std"])
    """
    seeds = list(seeds)
    if not variants or not seeds:
        raise ValueError(f"expected variants and seeds, got {len(variants)} and {len(seeds)}")
    _check_builders(variants)
    check_pair("data", data)
    runs = [(variant, seed) for seed in seeds for variant in variants]
    bar = keras.utils.Progbar(len(runs), unit_name="training") if verbose and is_live() else None
    rate = options.pop("learning_rate", None) if judge else None
    tables, ready = [], {}
    for variant, seed in runs:
        set_seed(seed)
        model = fresh = variants[variant]()
        if judge:  # nobody keeps the models: one compilation serves all seeds
            model = ready.setdefault(variant, ensure_compiled(fresh, rate))
        if model is not fresh:
            if not fresh.built:
                fresh.build((None, *np.shape(data[0])[1:]))
            start_anew(model, fresh)
        table = _one_run(model, data, validation_data, epochs=epochs, seed=seed, **options)
        found = _checked(judge(model), {*KEYS, *table}) if judge else {}
        tables.append(table.assign(variant=variant, seed=seed, **found))
        if bar:
            bar.add(1)
    everything = pd.concat(tables, ignore_index=True)
    return everything[KEYS + [column for column in everything if column not in KEYS]]


def is_live() -> bool:
    """Whether somebody watches: a terminal, or a notebook's page."""
    return sys.stdout.isatty() or type(sys.stdout).__module__.startswith("ipykernel")


def _check_builders(variants: Mapping) -> None:
    for name, build in variants.items():
        if isinstance(build, keras.Model) or not callable(build):
            raise ValueError(
                f"expected a function that makes a new model each time for {name!r}, such as "
                f"lambda: create_model('dense'), got {type(build).__name__}"
            )


def _checked(found: Mapping[str, float], columns: set[str]) -> Mapping[str, float]:
    if taken := columns.intersection(found):
        raise ValueError(f"the judge gives {sorted(taken)}, which are columns of every table")
    return found


def _one_run(model, data: Data, validation_data: Data | None, **options) -> pd.DataFrame:
    start = time.perf_counter()
    history = train(model, *data, validation_data=validation_data, verbose=0, **options)
    table = pd.DataFrame(history.history)
    return table.assign(epoch=range(1, len(table) + 1), seconds=time.perf_counter() - start)
