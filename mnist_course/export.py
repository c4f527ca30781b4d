"""Models to files: Keras and ONNX, checked equal, with checksums in a manifest.

Files are written aside and renamed when they are complete and proven: never half a model.
"""

import datetime
import hashlib
import json
import os
import statistics
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import keras
import numpy as np

from .data import Arrays, load_mnist
from .models import MODELS
from .preprocessing import scale_pixels
from .training import RECIPES, train_recipe

MODELS_FOLDER = Path(__file__).resolve().parent.parent / "models"
TOLERANCE = 1e-4  # largest difference of a probability between two formats


class ExportError(ValueError):
    """An exported model is damaged or does not answer as the original does."""


def export_model(
    model: keras.Model, name: str, *, folder: str | Path = MODELS_FOLDER
) -> dict[str, Path]:
    """Write ``name.keras`` and ``name.onnx``, proven to answer alike.

    Both hold the network alone, without optimizer and loss. The ONNX model takes ``images``,
    float32 of shape (n, 28, 28, 1), 0.0 to 1.0, any n, and gives ``probabilities``, float32 of
    shape (n, 10); batch normalisation is folded into the convolutions.

    Args:
        model: a Keras model from images to probabilities.
        name: file name without its ending.
        folder: where to write; made if it is missing.

    Returns:
        The two files: ``{"keras": path, "onnx": path}``.

    Raises:
        ExportError: the two do not answer alike; nothing is replaced.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    images = np.random.default_rng(0).random((4, 28, 28, 1), dtype=np.float32)
    with tempfile.TemporaryDirectory(dir=folder) as aside:
        drafts = {kind: Path(aside) / f"{name}.{kind}" for kind in ("keras", "onnx")}
        _without_optimizer(model).save(drafts["keras"])
        write_onnx(model, drafts["onnx"])
        verify_export(keras.saving.load_model(drafts["keras"]), drafts["onnx"], images)
        return {kind: draft.replace(folder / draft.name) for kind, draft in drafts.items()}


def write_onnx(model: keras.Model, path: str | Path) -> None:
    """Write a Keras model as ONNX with plain names: images in, probabilities out.

    Args:
        model: a Keras model with one input and one output.
        path: the file to write, ending in ``.onnx``.
    """
    import onnx

    model(np.zeros((1, *model.input_shape[1:]), np.float32))  # Keras exports what it has called
    with warnings.catch_warnings():  # of the converter, about NumPy
        warnings.simplefilter("ignore", FutureWarning)
        model.export(path, format="onnx", verbose=False)
    onnx.save(_with_plain_names(onnx.load(path), model.name), path)


def verify_export(model: keras.Model, onnx_path: str | Path, images: np.ndarray) -> float:
    """Compare a Keras model with its ONNX file on real images.

    Args:
        model: the original.
        onnx_path: the exported file.
        images: float32, shape (n, 28, 28, 1), 0.0 to 1.0.

    Returns:
        The largest absolute difference of a probability, 0 to 1.

    Raises:
        ExportError: the file cannot be opened, or the difference is above 1e-4.
    """
    import onnxruntime

    try:
        session = onnxruntime.InferenceSession(onnx_path, providers=["CPUExecutionProvider"])
    except Exception as problem:  # ONNX Runtime has a class of its own for every cause
        raise ExportError(f"{onnx_path} is missing or no ONNX model: {problem}") from problem
    images = np.asarray(images, np.float32)
    found = session.run(None, {session.get_inputs()[0].name: images})[0]
    expected = model.predict(images, verbose=0)
    difference = float(np.abs(found - expected).max())
    if not difference <= TOLERANCE:  # also catches NaN
        raise ExportError(
            f"{onnx_path} does not answer as the Keras model does: probabilities differ by up "
            f"to {difference:.2g}, expected at most {TOLERANCE:g}; export the model again"
        )
    return difference


def write_manifest_entry(
    name: str,
    files: Mapping[str, Path],
    *,
    parameters: int,
    test_accuracies: Sequence[float],
    recipe: str,
    training_seconds: float,
    day: int,
    folder: str | Path = MODELS_FOLDER,
) -> dict:
    """Record a shipped model in ``manifest.json``; entries of other models stay as they are.

    Args:
        name: of the model.
        files: as ``export_model`` returns them.
        parameters: all of them, batch statistics included.
        test_accuracies: one per seed, 0 to 1; the first belongs to the shipped model.
        recipe: how it was trained, in words.
        training_seconds: mean time of one training.
        day: the lesson that explains it.
        folder: where the manifest is.

    Returns:
        The entry.
    """
    entry = {
        "files": {kind: _fingerprint(Path(file)) for kind, file in files.items()},
        "parameters": int(parameters),
        "test_accuracy": _summary(test_accuracies),
        "recipe": recipe,
        "training_seconds": round(training_seconds, 1),
        "day": day,
        "date": datetime.date.today().isoformat(),
    }
    manifest = {**read_manifest(folder), name: entry}
    _write_text(Path(folder) / "manifest.json", json.dumps(manifest, indent=2) + "\n")
    return entry


def read_manifest(folder: str | Path = MODELS_FOLDER) -> dict[str, dict]:
    """What is shipped: the manifest's entries by model name, empty if there is none."""
    file = Path(folder) / "manifest.json"
    return json.loads(file.read_text("utf-8")) if file.exists() else {}


def ship(
    name: str,
    *,
    seeds: int = 3,
    folder: str | Path = MODELS_FOLDER,
    data: Arrays | None = None,
    verbose: int | str = "auto",
) -> dict:
    """Train a recipe with several seeds, export the first, write manifest and cards.

    The test digits are looked at once per seed, after its training. The first seed ships,
    whatever the others reach: choosing the best one would be choosing on the test set.

    Args:
        name: one of ``training.RECIPES``.
        seeds: how many trainings, with the seeds 0, 1, 2 and so on.
        folder: where the files go.
        data: raw digits as ``load_mnist`` gives them; default: all of MNIST.
        verbose: as in ``train``.

    Returns:
        The manifest's entry.

    Raises:
        ValueError: no such recipe, or no seeds.
        ExportError: the exported files do not answer alike.
    """
    if seeds < 1:
        raise ValueError(f"seeds must be at least 1, got {seeds}")
    data = load_mnist() if data is None else data
    x_test, y_test = scale_pixels(data[1][0]), data[1][1]
    runs, accuracies = [], []
    for seed in range(seeds):
        model, _, seconds = train_recipe(name, seed=seed, data=data, verbose=verbose)
        answers = model.predict(x_test, batch_size=500, verbose=0).argmax(axis=1)
        accuracies.append(float(np.mean(answers == y_test)))
        runs.append((model, seconds))
    shipped = runs[0][0]
    files = export_model(shipped, name, folder=folder)
    verify_export(shipped, files["onnx"], x_test[:1000])
    entry = write_manifest_entry(
        name,
        files,
        parameters=shipped.count_params(),
        test_accuracies=accuracies,
        recipe=str(RECIPES[name]),
        training_seconds=statistics.fmean(seconds for _, seconds in runs),
        day=RECIPES[name].day,
        folder=folder,
    )
    write_cards(folder)
    return entry


def write_cards(folder: str | Path = MODELS_FOLDER) -> None:
    """Write ``README.md`` with a card for each model of the manifest."""
    cards = [_card(name, entry) for name, entry in read_manifest(folder).items()]
    _write_text(Path(folder) / "README.md", "\n".join([_CARDS_HEAD, *cards]))


_CARDS_HEAD = """\
# Shipped models

Written by `mnist-course train NAME`, as is `manifest.json`; do not edit either by hand. Each
model takes float32 images of shape (n, 28, 28, 1) in MNIST form, 0.0 background to 1.0 ink, and
gives ten probabilities. `.keras` holds the network without an optimizer, `.onnx` the same with
batch normalisation folded into the convolutions. Accuracies are of the 10,000 test digits, looked
at once per seed after training; the first seed is the one shipped, never the best one.
"""

_CARD = """\
## {name}

{about}

| | |
|---|---|
| parameters | {parameters:,} |
| test accuracy, shipped model | {shipped:.2%} |
| test accuracy, mean ± sd of n = {n} seeds | {mean:.3%} ± {sd} |
| trained on | all 60,000 MNIST training digits |
| recipe | {recipe} |
| training time | {seconds:.0f} s on 2 CPU cores |
| size | .keras {keras_size:.0f} kB, .onnx {onnx_size:.0f} kB |
| date, lesson | {date}, Day {day} |

Limits: it reads one upright digit, centred as MNIST centres them, and always answers with one of
ten digits: letters, noise and blank images get an answer too. Photographs need
`mnist_course.to_mnist` first. MNIST's writers were mostly from the United States.

Rebuild: `mnist-course train {name} --seeds {n}`
"""


def _card(name: str, entry: dict) -> str:
    accuracy, files = entry["test_accuracy"], entry["files"]
    about = MODELS[name].__doc__ if name in MODELS else name
    return _CARD.format(
        name=name,
        about=" ".join(about.split()),
        n=len(accuracy["values"]),
        shipped=accuracy["shipped"],
        mean=accuracy["mean"],
        sd="-" if accuracy["sd"] is None else f"{accuracy['sd']:.3%}",
        seconds=entry["training_seconds"],
        keras_size=files["keras"]["bytes"] / 1000,
        onnx_size=files["onnx"]["bytes"] / 1000,
        **{key: entry[key] for key in ("parameters", "recipe", "date", "day")},
    )


def _without_optimizer(model: keras.Model) -> keras.Model:
    bare = type(model).from_config(model.get_config())  # clone_model would compile it too
    bare.set_weights(model.get_weights())
    return bare


def _with_plain_names(graph_model, name: str):
    """Rename tensors and nodes: converters name them after the session's layer counters."""
    graph = graph_model.graph
    names = {graph.input[0].name: "images", graph.output[0].name: "probabilities"}
    for i, weights in enumerate(graph.initializer):
        weights.name = names.setdefault(weights.name, f"weights_{i}")
    for i, node in enumerate(graph.node):
        node.name = f"{node.op_type.lower()}_{i}"
        outputs = [names.setdefault(output, node.name) for output in node.output]
        inputs = [names.get(tensor, tensor) for tensor in node.input]
        del node.input[:], node.output[:]
        node.input.extend(inputs)
        node.output.extend(outputs)
    for tensor in (graph.input[0], graph.output[0]):
        tensor.name = names[tensor.name]
        tensor.type.tensor_type.shape.dim[0].dim_param = "n"
    del graph.value_info[:]
    graph.name, graph.doc_string = name, ""
    return graph_model


def _fingerprint(file: Path) -> dict:
    content = file.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    return {"name": file.name, "sha256": digest, "bytes": len(content)}


def _summary(accuracies: Sequence[float]) -> dict:
    values = [round(float(value), 6) for value in accuracies]
    return {
        "shipped": values[0],
        "mean": round(statistics.fmean(values), 6),
        "sd": round(statistics.stdev(values), 6) if len(values) > 1 else None,
        "values": values,
    }


def _write_text(file: Path, text: str) -> None:
    draft = file.with_suffix(".draft")
    draft.write_text(text, "utf-8")
    os.replace(draft, file)
