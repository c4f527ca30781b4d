"""How long until a network answers 99 % of the test digits right: training as a race."""

import statistics
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from ..data import Arrays, load_mnist
from ..preprocessing import scale_pixels
from ..shipping.recipes import RECIPES, train_recipe
from ..training.loop import train_and_evaluate_model
from .rows import Row

Tell = Callable[[str], object]
REFERENCE_EPOCHS = 5
REFERENCE = f"cnn, {REFERENCE_EPOCHS} epochs"


def measure_time_to_accuracy(
    candidates: Sequence[tuple[str, int]] | None = None,
    *,
    targets: Sequence[float] = (0.990, 0.995),
    seeds: int = 3,
    data: Arrays | None = None,
    tell: Tell = lambda _: None,
) -> list[Row]:
    """Training seconds of the shortest recipe that reaches a target, against plain ``cnn``.

    A one-cycle schedule is exact only at its end, so each candidate is a complete short
    training. The first whose mean over the seeds reaches a target counts for it. Each of its
    trainings runs next to one of the reference: ``cnn`` with Adam, 5 epochs, whatever that
    reaches. Seconds are of training alone, compilation included, evaluation not.

    The test digits are only the finishing line here: nothing that ships is chosen by them.

    Args:
        candidates: recipes and their epochs, the shortest first; default: ``default_candidates``.
        targets: test accuracies, 0 to 1.
        seeds: trainings of each candidate, with the seeds 0, 1, 2 and so on.
        data: raw digits; default: MNIST.
        tell: called with what is being trained.
    """
    data = load_mnist() if data is None else data
    candidates = default_candidates() if candidates is None else candidates
    ahead, rows, last = sorted(targets), [], "nothing was tried"
    for name, epochs in candidates:
        if not ahead:
            break
        runs = [_pair(name, epochs, seed, data, tell) for seed in range(seeds)]
        mean = round(statistics.fmean(ours.accuracy for ours, _ in runs), 6)  # of whole digits
        plain = statistics.fmean(reference.accuracy for _, reference in runs)
        last = f"{_recipe(name, epochs)}: mean {mean:.2%}, n = {seeds}; {REFERENCE}: {plain:.2%}"
        rows += [_row(target, runs, last) for target in ahead if mean >= target]
        ahead = [target for target in ahead if mean < target]
    return rows + [_row(target, [], f"not reached; {last}") for target in ahead]


def default_candidates() -> list[tuple[str, int]]:
    """Recipes and epochs to try, the shortest first."""
    return [("sprint", epochs) for epochs in range(1, RECIPES["sprint"].epochs + 1)]


class Run(NamedTuple):
    """One training: test accuracy, 0 to 1, and its seconds."""

    accuracy: float
    seconds: float


def run_recipe(name: str, epochs: int, seed: int, data: Arrays) -> Run:
    """Train a recipe with its schedule squeezed into so many epochs."""
    recipe = RECIPES[name]._replace(epochs=epochs)
    model, _, seconds = train_recipe(recipe, seed=seed, data=data, verbose=0)
    x_test, y_test = data[1]
    answers = model.predict(scale_pixels(x_test), batch_size=500, verbose=0).argmax(axis=1)
    return Run(float(np.mean(answers == y_test)), seconds)


def run_reference(seed: int, data: Arrays) -> Run:
    """Train the Day 16 network with the course's defaults."""
    options = {"epochs": REFERENCE_EPOCHS, "seed": seed, "verbose": 0}
    _, _, result = train_and_evaluate_model("cnn", data, **options)
    return Run(result.accuracy, result.seconds)


def _pair(name: str, epochs: int, seed: int, data: Arrays, tell: Tell) -> tuple[Run, Run]:
    """A candidate and the reference, the one or the other first."""
    tell(f"{_recipe(name, epochs)} against {REFERENCE}, seed {seed}")
    if seed % 2:
        reference = run_reference(seed, data)
        return run_recipe(name, epochs, seed, data), reference
    return run_recipe(name, epochs, seed, data), run_reference(seed, data)


def _recipe(name: str, epochs: int) -> str:
    return f"{name} in {epochs} epoch{'s' * (epochs > 1)}"


def _row(target: float, runs: list[tuple[Run, Run]], note: str) -> Row:
    ours, reference = (tuple(pair[i].seconds for pair in runs) for i in (0, 1))
    return Row("Training to accuracy", f"{target:.1%}", "s", ours, REFERENCE, reference, note)
