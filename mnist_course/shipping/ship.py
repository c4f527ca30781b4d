"""From a recipe to a shipped model, from top to bottom: train, judge, export, record, card."""

import shutil
import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np

from .._files import alone_with
from .._paths import MODELS_FOLDER
from ..contract import Answer
from ..data import Arrays, load_mnist, load_uci_digits
from ..evaluation.statistics import answer_shifted, combine_answers
from ..manifest import (
    accuracy_summary,
    files_of,
    fingerprints,
    new_entry,
    put_in_place,
    read_manifest,
    work_folder,
)
from ..models import MODELS
from ..preprocessing import scale_pixels
from .cards import write_cards
from .export import export_model, load_model
from .formats.onnx_int8 import CALIBRATION_DIGITS
from .more_hands import judged_hands
from .opening import open_model
from .recipes import RECIPES, train_recipe

Digits = tuple[np.ndarray, np.ndarray]

SHIPPED = ("keras", "onnx", "onnx_int8")
KEPT = ("keras", "detector")  # when the others are written anew from the same weights
WORTH_BYTES = 0.5  # a quantised file ships if it is at most this fraction of the original
WORTH_ACCURACY = 0.0005  # and loses at most this, on training digits it was not calibrated on


class Score(NamedTuple):
    """One trained network.

    Attributes:
        plain: its probabilities for the test digits, shape (n, 10).
        shifted: the same, averaged over 9 shifts of each digit by up to a pixel.
        uci: accuracy on the UCI digits, 0 to 1.
        seconds: of its training.
    """

    plain: np.ndarray
    shifted: np.ndarray
    uci: float
    seconds: float


class Drafts(NamedTuple):
    """A model's files before they are put in place.

    Attributes:
        files: by kind.
        fingerprints: name, SHA-256 and bytes of each.
        int8_accuracy: test accuracy of the quantised one, 0 to 1; None if it does not ship.
    """

    files: dict[str, Path]
    fingerprints: dict[str, dict]
    int8_accuracy: float | None


def ship(
    name: str,
    *,
    seeds: int = 3,
    folder: str | Path = MODELS_FOLDER,
    data: Arrays | None = None,
    verbose: int | str = "auto",
    report: Callable[[str], None] = lambda line: None,
) -> dict:
    """Train a recipe with several seeds, export the first, write manifest and cards.

    The test digits are looked at once per seed, after its training. The first seed ships,
    whatever the others reach: choosing the best one would be choosing on the test set.

    Manifest and cards are written after every seed. A run that was broken off goes on where it
    was when it is started again: the states of its trainings wait in ``folder/unfinished``.

    Args:
        name: one of ``recipes.RECIPES``.
        seeds: how many trainings, with the seeds 0, 1, 2 and so on.
        folder: where the files go.
        data: raw digits as ``load_mnist`` gives them; default: all of MNIST.
        verbose: as in ``train``.
        report: called with a line of text before and after each training.

    Returns:
        The manifest's entry.

    Raises:
        ValueError: no such recipe, no seeds, or another program is training this model.
        ExportError: the exported files do not answer alike.
    """
    if seeds < 1:
        raise ValueError(f"seeds must be at least 1, got {seeds}")
    if name not in RECIPES:
        raise ValueError(f"there is no recipe {name!r}; choose one of {', '.join(RECIPES)}")
    data, folder = load_mnist() if data is None else data, Path(folder)
    checkpoints = [work_folder(folder) / f"{name}_seed{seed}.npz" for seed in range(seeds)]
    uci, scores = load_uci_digits(), []
    with _drafts_folder(name, folder) as aside:
        teacher, about_it = _teacher(name, data, folder, verbose=verbose, report=report)
        for seed, checkpoint in enumerate(checkpoints):
            goes_on = ", goes on where it was broken off" if checkpoint.exists() else ""
            report(f"{name}, seed {seed}: training {seed + 1} of {seeds}{goes_on}")
            model, _, seconds = train_recipe(
                name,
                seed=seed,
                data=data,
                teacher=teacher,
                checkpoint=checkpoint,
                verbose=verbose,
            )
            scores.append(_score(model, data[1][0], uci, seconds))
            if seed == 0:
                drafts = _export(model, name, aside, data, formats=SHIPPED)
                hands = _hands(name, drafts, data[1], folder)
            entry = _entry(name, scores, data[1][1], drafts, parameters=model.count_params())
            entry |= about_it | hands
            put_in_place(name, entry, drafts.files if seed == 0 else None, folder=folder)
            write_cards(folder)
            test = entry["test_accuracy"]["values"][-1]
            report(f"  test {test:.2%}, UCI digits {scores[-1].uci:.2%}, {seconds:.0f} s")
        for checkpoint in (*checkpoints, _teachers_checkpoint(name, folder)):
            checkpoint.unlink(missing_ok=True)
    return entry


def _teacher(
    name: str, data: Arrays, folder: Path, *, verbose: int | str, report: Callable[[str], None]
) -> tuple[keras.Model | None, dict]:
    """The network that a recipe learns from, if it does, and what the manifest says of it."""
    if not (recipe := RECIPES[name].teacher):
        return None, {}
    report(f"{name}: training its {recipe}, once for all seeds")
    checkpoint = _teachers_checkpoint(name, folder)
    model, _, seconds = train_recipe(recipe, data=data, checkpoint=checkpoint, verbose=verbose)
    return model, {"teacher": str(RECIPES[recipe]), "teacher_seconds": round(seconds, 1)}


def _teachers_checkpoint(name: str, folder: Path) -> Path:
    return work_folder(folder) / f"{name}_teacher.npz"


@contextmanager
def _drafts_folder(name: str, folder: Path) -> Iterator[Path]:
    """An empty folder for a model's new files, for one program at a time."""
    drafts = work_folder(folder) / name
    with alone_with(drafts):
        shutil.rmtree(drafts, ignore_errors=True)  # of a program that was killed
        drafts.mkdir()
        try:
            yield drafts
        finally:
            shutil.rmtree(drafts, ignore_errors=True)


def _score(model: keras.Model, x_test: np.ndarray, uci: Digits, seconds: float) -> Score:
    answer, images = _answerer(model), scale_pixels(x_test)
    return Score(answer(images), answer_shifted(answer, images), _accuracy(answer, *uci), seconds)


def _export(
    model: keras.Model, name: str, folder: Path, data: Arrays, *, formats: Sequence[str]
) -> Drafts:
    """Write the files that would ship; the quantised one stays only if it is worth it."""
    (x_train, y_train), (x_test, y_test) = data
    files = export_model(model, name, folder=folder, formats=formats)
    others = slice(CALIBRATION_DIGITS, CALIBRATION_DIGITS + 10_000)
    full, small = (open_model(files[kind]) for kind in ("onnx", "onnx_int8"))
    lost = _accuracy(full, x_train[others], y_train[others])
    lost -= _accuracy(small, x_train[others], y_train[others])
    bytes_full, bytes_small = (files[kind].stat().st_size for kind in ("onnx", "onnx_int8"))
    is_worth_it = bytes_small <= WORTH_BYTES * bytes_full and lost <= WORTH_ACCURACY
    int8_accuracy = _accuracy(small, x_test, y_test) if is_worth_it else None
    if not is_worth_it:
        del files["onnx_int8"]
    return Drafts(files, fingerprints(files), int8_accuracy)


def _hands(name: str, drafts: Drafts, test: Digits, folder: Path) -> dict:
    """How a model that learned from other hands reads them, the champion beside it."""
    if not RECIPES[name].hands:
        return {}
    answers = {name: open_model(drafts.files["onnx"])}
    if "onnx" in (champion := files_of("champion", folder=folder)):
        answers["champion"] = open_model(folder / champion["onnx"]["name"])
    return {"hands": judged_hands(answers, test)}


def _entry(
    name: str, scores: Sequence[Score], labels: np.ndarray, drafts: Drafts, *, parameters: int
) -> dict:
    """What is known so far."""
    plain, shifted = [score.plain for score in scores], [score.shifted for score in scores]
    together = {"ensemble": plain, "ensemble_shifted": shifted} if len(scores) > 1 else {}
    averaged = {kind: _share_right(combine_answers(a), labels) for kind, a in together.items()}
    return new_entry(
        drafts.fingerprints,
        parameters=parameters,
        test_accuracies=[_share_right(answers, labels) for answers in plain],
        shifted_accuracies=[_share_right(answers, labels) for answers in shifted],
        **averaged,
        uci_accuracies=[score.uci for score in scores],
        int8_accuracy=drafts.int8_accuracy,
        recipe=str(RECIPES[name]),
        training_seconds=statistics.fmean(score.seconds for score in scores),
        **_description(name),
    )


def ship_again(
    name: str, *, folder: str | Path = MODELS_FOLDER, data: Arrays | None = None
) -> dict:
    """Write the ONNX files and the description of a shipped model anew; nothing is trained.

    Args:
        name: a model in the manifest.
        folder: where the models are.
        data: raw digits as ``load_mnist`` gives them; default: all of MNIST.

    Returns:
        The manifest's entry, with the new checksums.

    Raises:
        ModelError: no such model, a file is missing, or it is not the one that was shipped.
        ExportError: the ONNX file does not answer as the Keras model does.
    """
    data, folder = load_mnist() if data is None else data, Path(folder)
    model = load_model(name, folder=folder)
    with _drafts_folder(name, folder) as aside:
        entry = {**read_manifest(folder)[name], **_description(name)}
        if not entry.get("uci_accuracy"):
            right = _accuracy(_answerer(model), *load_uci_digits())
            entry["uci_accuracy"] = accuracy_summary([right])
        drafts = _export(model, name, aside, data, formats=SHIPPED[1:])
        kept = {kind: entry["files"][kind] for kind in KEPT if kind in entry["files"]}
        entry["files"] = {**kept, **drafts.fingerprints}
        entry["int8_test_accuracy"] = drafts.int8_accuracy
        put_in_place(name, entry, drafts.files, folder=folder)
    write_cards(folder)
    return entry


def _description(name: str) -> dict:
    """What a model's entry says besides what was measured."""
    recipe = RECIPES[name]
    about = " ".join((MODELS[recipe.model].__doc__ or name).split())
    return {"about": about, "day": recipe.day}


def _answerer(model: keras.Model) -> Answer:
    return partial(model.predict, batch_size=500, verbose=0)


def _accuracy(answer: Answer, images: np.ndarray, labels: np.ndarray) -> float:
    return _share_right(answer(scale_pixels(images)), labels)


def _share_right(probabilities: np.ndarray, labels: np.ndarray) -> float:
    return float(np.mean(probabilities.argmax(axis=1) == labels))
