"""Models to files, each proven to answer as the original does.

Files are written aside and renamed when they are complete and proven: never half a model.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np

from .._paths import MODELS_FOLDER
from ..data import load_mnist
from ..manifest import verified_bytes
from ..preprocessing import scale_pixels
from .formats import ExportError, verify_export, write_keras, write_litert, write_onnx

__all__ = ["FORMATS", "ExportError", "export_model", "load_model", "verify_export"]

FORMATS = {
    "keras": (".keras", write_keras),
    "onnx": (".onnx", write_onnx),
    "litert": (".tflite", write_litert),
}
VERIFIED_DIGITS = 1000


def export_model(
    model: keras.Model,
    name: str,
    *,
    folder: str | Path = MODELS_FOLDER,
    formats: Sequence[str] = ("keras", "onnx"),
    images: np.ndarray | None = None,
) -> dict[str, Path]:
    """Write a model in several formats, all proven to answer as it does.

    They hold the network alone, without optimizer and loss. ONNX and LiteRT take float32 images
    of shape (n, 28, 28, 1), 0.0 to 1.0, any n, and give float32 probabilities of shape (n, 10);
    batch normalisation is folded into the convolutions. ONNX also has the last feature maps, as
    ``formats.write_onnx`` explains.

    Args:
        model: a Keras model from images to probabilities, without ``Lambda`` layers.
        name: file name without its ending.
        folder: where to write; made if it is missing.
        formats: of ``FORMATS``: ``"keras"``, ``"onnx"``, ``"litert"`` (the extra
            ``mnist-course[litert]``).
        images: what to compare the answers on, float32 of shape (n, 28, 28, 1), 0.0 to 1.0; by
            default the first 1,000 test digits.

    Returns:
        The files by format, such as ``{"keras": path, "onnx": path}``.

    Raises:
        ValueError: no such format, LiteRT is not installed, or Keras is not on TensorFlow.
        ExportError: a file does not answer as the model does; nothing is replaced.
    """
    if unknown := set(formats) - set(FORMATS):
        raise ValueError(f"no format {', '.join(unknown)}; choose from {', '.join(FORMATS)}")
    if images is None:
        images = scale_pixels(load_mnist()[1][0][:VERIFIED_DIGITS])
    _refuse_lambda(model)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    drafts = {}
    with tempfile.TemporaryDirectory(dir=folder) as aside:
        for kind in formats:
            ending, write = FORMATS[kind]
            drafts[kind] = Path(aside) / f"{name}{ending}"
            write(model, drafts[kind])
            verify_export(model, drafts[kind], images)
        return {kind: draft.replace(folder / draft.name) for kind, draft in drafts.items()}


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
    for layer in model.layers:
        if isinstance(layer, keras.layers.Lambda):
            raise ExportError(
                f"layer {layer.name!r} is a Lambda layer, which Keras refuses to load from a file; "
                "write it as a layer class or with keras.ops"
            )
