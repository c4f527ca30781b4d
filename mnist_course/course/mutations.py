"""Can verification fail? Break one helper at a time and see whether its lesson notices.

A mutant is put in place by a start-up file of the kernel, before the first cell runs, so neither
the package nor the notebooks know about mutations.
"""

import sys
import tempfile
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import reduce, wraps
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from .._paths import MODELS_FOLDER
from ..manifest import read_manifest
from ..scratch import softmax
from . import DAYS
from .verify import run_nbval

STARTUP = "from mnist_course.course import mutations\nmutations.apply({name!r})\ndel mutations\n"


@dataclass(frozen=True)
class Mutation:
    """One way to break a helper.

    Attributes:
        name: what is broken, in words with hyphens.
        target: module and name inside the package: ``"preprocessing.scale_pixels"``.
        days: the lessons that teach the helper, and so must turn red.
        mutate: makes the broken helper from the sound one.
    """

    name: str
    target: str
    days: tuple[int, ...]
    mutate: Callable[[Callable], Callable]


def on_result(change: Callable) -> Callable[[Callable], Callable]:
    """A mutation that changes what the helper returns."""

    def mutate(original):
        @wraps(original)
        def mutant(*arguments, **options):
            return change(original(*arguments, **options))

        return mutant

    return mutate


def on_arguments(change: Callable) -> Callable[[Callable], Callable]:
    """A mutation that changes what the helper is given."""

    def mutate(original):
        @wraps(original)
        def mutant(*arguments, **options):
            arguments, options = change(arguments, options)
            return original(*arguments, **options)

        return mutant

    return mutate


def _each_image_set(change: Callable) -> Callable:
    return lambda sets: tuple((change(x), y) for x, y in sets)


def _change_one_pixel(images):
    images = images.copy()
    images[0, 0, 0] = 1
    return images


def _shift_labels(sets):
    return tuple((x, (y + 1) % 10) for x, y in sets)


def _unstratified(original):
    @wraps(original)
    def mutant(x, y, *, validation_split=0.1, seed=0):
        order = np.argsort(y, kind="stable")  # the last classes go to validation
        cut = round(len(x) * (1 - validation_split))
        return (x[order[:cut]], y[order[:cut]]), (x[order[cut:]], y[order[cut:]])

    return mutant


def _options(**changes) -> Callable[[Callable], Callable]:
    """A mutation that overrides options of the helper."""
    return on_arguments(lambda arguments, options: (arguments, options | changes))


def _tenth_of_the_rate(arguments, options):
    return arguments, options | {"rate": options.get("rate", 0.3) / 10}


def _first_variant_for_all(arguments, options):
    variants, *others = arguments
    first = next(iter(variants.values()))
    return (dict.fromkeys(variants, first), *others), options


def _validate_on_training_digits(arguments, options):
    _, x, y, *_ = arguments
    return arguments, options | {"validation_data": (x, y)}


def _one_seed_for_all(original):
    @wraps(original)
    def mutant(*arguments, seeds=(0, 1, 2), **options):
        table = original(*arguments, seeds=[0], **options)
        return pd.concat([table.assign(seed=seed) for seed in seeds], ignore_index=True)

    return mutant


def _leaky(original):
    @wraps(original)
    def mutant(x, weights):
        w1, b1, w2, b2 = weights
        sums = x @ w1 + b1
        hidden = np.maximum(sums, 0.2 * sums)
        return hidden, softmax(hidden @ w2 + b2)

    return mutant


def _drop_nine_in_ten(model):
    for layer in model.layers:
        if hasattr(layer, "rate"):
            layer.rate = 0.9
    return model


def _zeroed(model):
    for variable in model.trainable_variables:
        variable.assign(0 * variable)
    return model


def _rounded(model):
    halves = [weights.astype(np.float16) for weights in model.get_weights()]
    coarse = type(model).from_config(model.get_config())
    coarse.set_weights(halves)
    return coarse


def _unverified_bytes(name, kind="onnx", *, folder=MODELS_FOLDER):
    files = read_manifest(folder or MODELS_FOLDER)[name]["files"]
    return Path(folder or MODELS_FOLDER, files[kind]["name"]).read_bytes()


def _one_hot_answers(probabilities):
    return np.eye(10, dtype=np.float32)[probabilities.argmax(axis=-1)]


def _noise_for_each_image(images, *, download=False):
    """As if weights that are missing were no reason to say so."""
    return np.random.default_rng(0).random((len(images), 1280), dtype=np.float32)


def _as_no_classifier(tags):
    tags.estimator_type = None
    return tags


MUTATIONS = (
    Mutation(
        "reader-answers-one-too-high",
        "predictor.DigitReader.predict",
        (1,),
        on_result(lambda probabilities: np.roll(probabilities, 1, axis=-1)),
    ),
    Mutation(
        "images-transposed",
        "data.load_mnist",
        (1, 2, 3, 4, 5),
        on_result(_each_image_set(lambda x: x.transpose(0, 2, 1))),
    ),
    Mutation(
        "labels-shifted-by-one", "data.load_mnist", (1, 2, 3, 4, 5, 7), on_result(_shift_labels)
    ),
    Mutation(
        "one-pixel-changed",
        "data.load_mnist",
        (4, 5),
        on_result(_each_image_set(_change_one_pixel)),
    ),
    Mutation(
        "scaled-by-256",
        "preprocessing.scale_pixels",
        (6, 7),
        on_result(lambda scaled: scaled * np.float32(255 / 256)),
    ),
    Mutation(
        "scaled-to-float64",
        "preprocessing.scale_pixels",
        (6,),
        on_result(lambda scaled: scaled.astype(np.float64)),
    ),
    Mutation(
        "one-hot-shifted",
        "preprocessing.one_hot",
        (6,),
        on_result(lambda rows: np.roll(rows, 1, axis=1)),
    ),
    Mutation("split-not-stratified", "data.split_validation", (6,), _unstratified),
    Mutation(
        "split-leaks",
        "data.split_validation",
        (6, 7),
        on_result(lambda sets: (sets[0], (sets[0][0][: len(sets[1][0])], sets[1][1]))),
    ),
    Mutation(
        "split-mixes-labels",
        "data.split_validation",
        (6,),
        on_result(lambda sets: ((sets[0][0], sets[0][1][::-1]), sets[1])),
    ),
    Mutation(
        "pad-mirrored",
        "app.pad.DrawingPad.picture",
        (1,),
        on_result(np.fliplr),
    ),
    Mutation(
        "not-centred-by-mass",
        "images.to_mnist",
        (6,),
        on_result(lambda image: np.roll(image, 2, axis=1)),
    ),
    Mutation(
        "interval-of-90-percent",
        "evaluation.statistics.accuracy_interval",
        (7,),
        _options(confidence=0.9),
    ),
    Mutation(
        "softmax-over-columns",
        "scratch.softmax",
        (8,),
        lambda original: wraps(original)(lambda scores: original(scores.T).T),
    ),
    Mutation(
        "slopes-summed-not-averaged",
        "scratch.gradient",
        (8, 9, 11),
        on_result(lambda result: (result[0], [128 * slope for slope in result[1]])),
    ),
    Mutation(
        "steps-uphill",
        "scratch.train_epoch",
        (8,),
        _options(rate=-0.3),
    ),
    Mutation(
        "seed-ignored",
        "models.create_model",
        (9,),
        _options(seed=None),
    ),
    Mutation(
        "ten-times-the-learning-rate",
        "training.compiling.compile_model",
        (9, 10),
        _options(learning_rate=0.01),
    ),
    Mutation("leaky-not-relu", "scratch.forward", (8, 9, 11), _leaky),
    Mutation(
        "a-tenth-of-the-rate",
        "scratch.train_epoch",
        (8, 9, 11),
        on_arguments(_tenth_of_the_rate),
    ),
    Mutation("one-seed-for-all", "training.experiments.compare", (10,), _one_seed_for_all),
    Mutation(
        "first-variant-for-all",
        "training.experiments.compare",
        (11, 12, 13, 14),
        on_arguments(_first_variant_for_all),
    ),
    Mutation(
        "validates-on-training-digits",
        "training.loop.train",
        (10, 14),
        on_arguments(_validate_on_training_digits),
    ),
    Mutation("batch-size-ignored", "training.loop.train", (10,), _options(batch_size=128)),
    Mutation(
        "rates-reversed",
        "training.learning_rates.range_test",
        (12,),
        on_arguments(
            lambda arguments, options: (arguments, options | {"rates": options["rates"][::-1]})
        ),
    ),
    Mutation(
        "running-mean-of-losses",
        "training.learning_rates.range_test",
        (12,),
        on_result(lambda table: table.assign(loss=table["loss"].expanding().mean())),
    ),
    Mutation(
        "optimizer-ignored", "training.compiling.compile_model", (12,), _options(optimizer=None)
    ),
    Mutation(
        "variants-named-backwards",
        "training.experiments.compare",
        (13,),
        on_result(lambda runs: runs.assign(variant=runs["variant"].to_numpy()[::-1])),
    ),
    Mutation("always-one-epoch", "training.loop.train", (13,), _options(epochs=1)),
    Mutation(
        "callbacks-forgotten",
        "training.experiments.compare",
        (14,),
        _options(callbacks=()),
    ),
    Mutation(
        "best-network-is-only-softmax",
        "models.create_model",
        (14,),
        on_arguments(lambda arguments, options: (("softmax",), options)),
    ),
    Mutation(
        "peak-a-hundred-times-too-high",
        "training.learning_rates.one_cycle",
        (14,),
        on_arguments(lambda arguments, options: ((100 * arguments[0], *arguments[1:]), options)),
    ),
    Mutation("dropout-of-nine-in-ten", "models.create_model", (14,), on_result(_drop_nine_in_ten)),
    Mutation(
        "one-side-doubled",
        "evaluation.statistics.mcnemar",
        (16, 25),
        on_result(lambda test: test._replace(p_value=1 - test.p_value / 2)),
    ),
    Mutation(
        "convolution-with-a-turned-filter",
        "scratch.convolve",
        (15,),
        on_arguments(lambda given, options: ((given[0], given[1][::-1, ::-1]), options)),
    ),
    Mutation(
        "slopes-of-the-first-row-only",
        "scratch.kernel_slopes",
        (15,),
        on_result(lambda slopes: slopes * (np.arange(len(slopes)) < 1)[:, None, None, None]),
    ),
    Mutation(
        "activations-of-the-image-before",
        "explain.activations",
        (17, 21),
        on_result(lambda maps: {name: np.roll(values, 1, axis=0) for name, values in maps.items()}),
    ),
    Mutation(
        "places-with-rows-for-columns",
        "explain.class_activation_map",
        (17,),
        on_result(lambda maps: maps.swapaxes(1, 2)),
    ),
    Mutation(
        "covers-elsewhere",
        "explain.occlusion_map",
        (17,),
        on_result(lambda losses: losses.swapaxes(1, 2)),
    ),
    Mutation(
        "half-the-way",
        "augmentation.affine",
        (18, 26),
        on_arguments(lambda given, options: (given, {k: v / 2 for k, v in options.items()})),
    ),
    Mutation(
        "nothing-changes",
        "augmentation.random_affine",
        (18,),
        lambda original: wraps(original)(lambda images, **options: images),
    ),
    Mutation(
        "no-warm-up",
        "training.learning_rates.one_cycle",
        (19,),
        on_arguments(lambda given, options: (given, options | {"warmup": 0.0})),
    ),
    Mutation(
        "checkpoint-without-the-optimizer",
        "training.checkpoints._variables",
        (19,),
        lambda original: wraps(original)(lambda model: list(model.variables)),
    ),
    Mutation(
        "tiny-with-ten-filters-more",
        "models._separable_conv",
        (20,),
        on_arguments(lambda given, options: ((given[0] + 10,), options)),
    ),
    Mutation(
        "seven-digits-in-ten-forgotten",
        "manifest.read_manifest",
        (20,),
        on_result(
            lambda manifest: {
                name: entry | {"test_accuracy": entry["test_accuracy"] | {"mean": 0.3}}
                for name, entry in manifest.items()
            }
        ),
    ),
    Mutation(
        "noise-for-features-of-photographs",
        "pretrained.imagenet_features",
        (21,),
        lambda original: wraps(original)(_noise_for_each_image),
    ),
    Mutation(
        "folds-not-stratified",
        "training.tuning.DigitClassifier.__sklearn_tags__",
        (22,),
        on_result(_as_no_classifier),
    ),
    Mutation(
        "fits-counted-without-folds",
        "training.tuning.count_fits",
        (22,),
        on_result(lambda fits: fits // 3),
    ),
    Mutation(
        "seeds-ignored-in-searches",
        "training.tuning._seeded",
        (22, 24),
        lambda original: wraps(original)(lambda seed: nullcontext()),
    ),
    Mutation(
        "parameters-of-the-builder-forgotten",
        "training.tuning.DigitClassifier.set_params",
        (22, 23),
        on_arguments(
            lambda given, options: (
                given,
                {name: value for name, value in options.items() if "__" not in name},
            )
        ),
    ),
    Mutation(
        "the-same-first-weights-for-all",
        "training.compiling.start_anew",
        (16, 23),
        on_arguments(lambda given, options: ((given[0], _zeroed(given[1])), options)),
    ),
    Mutation(
        "a-used-network-goes-on",
        "training.tuning.start_anew",
        (22, 23),
        lambda original: wraps(original)(lambda model, fresh: model),
    ),
    Mutation(
        "dask-draws-from-the-global-dice",
        "training.cluster.own_dice",
        (24,),
        lambda original: wraps(original)(lambda: None),
    ),
    Mutation(
        "workers-draw-from-the-global-dice",
        "training.cluster.OwnDice",
        (24,),
        lambda original: import_module("dask.distributed").WorkerPlugin,
    ),
    Mutation(
        "interval-half-as-wide",
        "evaluation.statistics.accuracy_interval",
        (7, 25),
        on_result(lambda ends: tuple((3 * e + f) / 4 for e, f in (ends, ends[::-1]))),
    ),
    Mutation(
        "never-shifted",
        "evaluation.statistics.answer_shifted",
        (27,),
        lambda original: wraps(original)(lambda answer, images, **_: answer(images)),
    ),
    Mutation(
        "first-answer-alone",
        "evaluation.statistics.combine_answers",
        (27,),
        lambda original: wraps(original)(lambda probabilities: probabilities[0]),
    ),
    Mutation(
        "temperature-turned-over",
        "evaluation.confidence.find_temperature",
        (26,),
        on_result(lambda temperature: 1 / temperature),
    ),
    Mutation(
        "calibration-error-never-small",
        "evaluation.confidence.expected_calibration_error",
        (26,),
        on_result(lambda error: error + 0.02),
    ),
    Mutation(
        "right-when-unsure",
        "evaluation.confidence.reliability",
        (26,),
        on_result(lambda bins: bins._replace(accuracy=bins.confidence, confidence=bins.accuracy)),
    ),
    Mutation(
        "temperature-ignored",
        "evaluation.confidence.apply_temperature",
        (26, 27),
        on_arguments(lambda given, options: ((given[0], 1.0), {})),
    ),
    Mutation(
        "checksum-not-compared",
        "manifest.verified_bytes",
        (28,),
        lambda original: wraps(original)(_unverified_bytes),
    ),
    Mutation(
        "weights-rounded-for-the-page",
        "app.web_network.web_network",
        (28,),
        on_result(lambda network: (network[0], network[1].round(2))),
    ),
    Mutation(
        "exports-weights-of-16-bits",
        "shipping.export.export_model",
        (28,),
        on_arguments(lambda given, options: ((_rounded(given[0]), *given[1:]), options)),
    ),
    Mutation(
        "bytes-not-counted",
        "app.guard._limited",
        (29,),
        lambda original: wraps(original)(lambda receive, announced: receive),
    ),
    Mutation(
        "last-digit-lost",
        "rows.split_digits",
        (30,),
        on_result(lambda rows: [row[:-1] or row for row in rows]),
    ),
    Mutation(
        "numbers-read-backwards",
        "predictor.DigitReader.read_number",
        (30,),
        on_result(lambda number: replace(number, text=number.text[::-1])),
    ),
    Mutation(
        "letters-all-of-one-font",
        "data.load_letters",
        (30,),
        on_result(lambda letters: (letters[0][letters[1]], *letters[1:])),
    ),
    Mutation(
        "always-equally-sure",
        "predictor.DigitReader.predict",
        (30,),
        on_result(_one_hot_answers),
    ),
    Mutation(
        "every-answer-passes",
        "course.exercises.engine.check",
        tuple(DAYS),
        lambda original: wraps(original)(lambda id, answer: print(f"✓ {id} passed")),
    ),
)


def apply(name: str) -> None:
    """Put a mutant in place of its helper, wherever the package already refers to it."""
    mutation = next(m for m in MUTATIONS if m.name == name)
    module, owner, attribute = _resolve(mutation.target)
    original = getattr(owner, attribute)
    mutant = mutation.mutate(original)
    setattr(owner, attribute, mutant)
    for loaded in [m for n, m in sys.modules.items() if n.startswith("mnist_course.")]:
        for key, value in vars(loaded).copy().items():
            if value is original and owner is module:
                setattr(loaded, key, mutant)


def _resolve(target: str):
    """Split ``"predictor.DigitReader.predict"`` into module, owner of the name, and name."""
    parts = target.split(".")
    split = next(i for i in range(len(parts) - 1, 0, -1) if _is_module(parts[:i]))
    module = import_module(".".join(("mnist_course", *parts[:split])))
    owner = reduce(getattr, parts[split:-1], module)
    return module, owner, parts[-1]


def _is_module(parts: list[str]) -> bool:
    path = Path(__file__).parents[1].joinpath(*parts)
    return path.with_suffix(".py").exists() or path.is_dir()


def mutate(days: list[int]) -> int:
    """Try every mutation on the lessons that teach its helper; print a table.

    Args:
        days: lessons to try, each of which must be green to begin with.

    Returns:
        0 when every mutation turned its lesson red, else 1.

    Raises:
        ValueError: a lesson is red before anything is broken, or has no helper to break.
    """
    if bare := [day for day in days if not any(day in m.days for m in MUTATIONS)]:
        raise ValueError(f"there is no mutation for days {bare}: add one to course/mutations.py")
    if red := [result.day for result in run_nbval(days) if not result.green]:
        raise ValueError(f"days {red} are red before anything is broken: see mnist-course verify")
    table = Table("day", "mutation", "helper", "noticed at")
    missed = 0
    for day in days:
        for mutation in (m for m in MUTATIONS if day in m.days):
            noticed = first_failure(day, mutation)
            missed += noticed is None
            mark = f"[green]✓[/] {noticed}" if noticed else "[red]✗ not noticed[/]"
            table.add_row(str(day), mutation.name, mutation.target, mark)
    Console().print(table)
    return 1 if missed else 0


def first_failure(day: int, mutation: Mutation) -> str | None:
    """The cell at which a lesson notices a mutation, or None when it stays green."""
    with tempfile.TemporaryDirectory() as folder:
        startup = Path(folder) / "profile_default" / "startup"
        startup.mkdir(parents=True)
        (startup / "00-mutate.py").write_text(STARTUP.format(name=mutation.name), encoding="utf-8")
        [result] = run_nbval([day], env={"IPYTHONDIR": folder}, options=("-x",))
    return result.failures[0].partition("\n")[0] if result.failures else None
