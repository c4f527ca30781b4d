"""Models to files, each proven to answer as the original does.

Files are written aside and renamed when they are complete and proven: never half a model.
"""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np

from .._files import naming
from ..contract import check_answers, check_shapes
from ..data import load_mnist
from ..manifest import verified_bytes
from ..preprocessing import scale_pixels
from .formats import FORMATS, ExportError
from .formats.keras import answer_of, shapes_of
from .opening import verify_export

__all__ = ["ExportError", "export_model", "load_model", "verify_export"]

VERIFIED_DIGITS = 1000


def export_model(
    model: keras.Model,
    name: str,
    *,
    folder: str | Path = ".",
    formats: Sequence[str] = ("keras", "onnx"),
    images: np.ndarray | None = None,
) -> dict[str, Path]:
    """Write a model in several formats, all proven to answer as it does.

    They hold the network alone, without optimizer and loss. ONNX and LiteRT take float32 images
    of shape (n, 28, 28, 1), 0.0 to 1.0, any n, and give float32 probabilities of shape (n, 10);
    batch normalisation is folded into the convolutions. ONNX also has the last feature maps, as
    ``formats.onnx.write`` explains.

    Args:
        model: a Keras model from images to probabilities, without ``Lambda`` layers.
        name: file name without its ending, and without folders.
        folder: where to write, by default the current folder; made if it is missing.
        formats: of ``FORMATS``: ``"keras"``, ``"onnx"``, ``"litert"`` (needs the extra
            ``litert``), ``"onnx_int8"``.
        images: what to compare the answers on, float32 of shape (n, 28, 28, 1), 0.0 to 1.0; by
            default the first 1,000 test digits.

    Returns:
        The files by format, such as ``{"keras": path, "onnx": path}``.

    Raises:
        ValueError: no such format, the name is none of a file, LiteRT is not installed, or Keras
            is not on TensorFlow.
        ModelError: the model is no network of digits, as ``contract`` says.
        ExportError: the model holds code, or a file does not answer as it does; nothing is
            replaced.
    """
    if unknown := set(formats) - set(FORMATS):
        raise ValueError(f"no format {', '.join(unknown)}; choose from {', '.join(FORMATS)}")
    if not name or Path(name).name != name:
        raise ValueError(f"name must be a file name, as in name='mine', got {name!r}")
    _refuse_lambda(model)
    check_shapes(name, *shapes_of(model))
    check_answers(name, answer_of(model))
    if images is None:
        images = scale_pixels(load_mnist()[1][0][:VERIFIED_DIGITS])
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    drafts = {}
    with naming(folder), tempfile.TemporaryDirectory(dir=folder) as aside:
        for kind in formats:
            drafts[kind] = Path(aside) / f"{name}{FORMATS[kind].ending}"
            FORMATS[kind].module().write(model, drafts[kind])
            verify_export(model, drafts[kind], images)
        for draft in drafts.values():
            os.replace(draft, folder / draft.name)
    return {kind: folder / draft.name for kind, draft in drafts.items()}


def load_model(name: str = "champion", *, folder: str | Path | None = None) -> keras.Model:
    """Open a shipped Keras model after its checksum has been verified, in Keras's safe mode.

    Args:
        name: a model in ``manifest.json``.
        folder: where the models are; without it, where the package has them.

    Returns:
        The network, not compiled.

    Raises:
        ModelError: no such model, a file is missing, or it is not the one that was shipped.
    """
    content = verified_bytes(name, "keras", folder=folder)
    with tempfile.TemporaryDirectory() as aside:  # what was verified is what is opened
        file = Path(aside) / f"{name}.keras"
        file.write_bytes(content)
        return keras.saving.load_model(file, compile=False, safe_mode=True)


def _refuse_lambda(model: keras.Model) -> None:
    """A Lambda layer is code in a file: Keras's safe mode would not open it."""
    for layer in model._flatten_layers():  # also those of models and wrappers within
        if isinstance(layer, keras.layers.Lambda):
            raise ExportError(
                f"layer {layer.name!r} is a Lambda layer, which Keras refuses to load from a file; "
                "write it as a layer class or with keras.ops"
            )
