"""Smaller and faster networks: ONNX models that compute with 8-bit whole numbers."""

import tempfile
from pathlib import Path

import keras
import numpy as np

from ..._files import write_bytes
from ...data import load_mnist
from ...preprocessing import scale_pixels
from ..opening import BATCH, checked_images
from . import onnx
from .onnx import open as open  # the same runtime opens it

CALIBRATION_DIGITS = 500


def write(model: keras.Model, path: Path) -> None:
    """Write a model as ONNX, quantised on the first 500 training digits.

    Raises:
        ValueError: Keras does not run on TensorFlow.
    """
    (x_train, _), _ = load_mnist()
    with tempfile.TemporaryDirectory() as aside:
        full = Path(aside) / "model.onnx"
        onnx.write(model, full)
        quantize(full, scale_pixels(x_train[:CALIBRATION_DIGITS]), path=path)


def quantize(
    onnx_path: str | Path, calibration_images: np.ndarray, *, path: str | Path | None = None
) -> Path:
    """Write a copy of an ONNX model that computes with 8-bit whole numbers.

    Weights become int8 with one scale per channel, activations uint8 with one scale per tensor,
    from their smallest and largest value on the calibration images. The answers differ a little
    from the original's: measure the accuracy.

    Args:
        onnx_path: the original; it stays as it is.
        calibration_images: training digits (never test digits), float32, shape (n, 28, 28, 1),
            0.0 to 1.0; 500 are enough.
        path: the file to write; by default ``name_int8.onnx`` beside ``name.onnx``.

    Returns:
        The file written.

    Raises:
        ValueError: the images have another dtype or shape, or there are none.

    Source: Jacob et al., "Quantization and training of neural networks for efficient
    integer-arithmetic-only inference", 2018.
    """
    from onnxruntime.quantization import QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    images = checked_images(calibration_images)
    onnx_path = Path(onnx_path)
    path = onnx_path.with_name(f"{onnx_path.stem}_int8.onnx") if path is None else Path(path)
    with tempfile.TemporaryDirectory() as aside:
        prepared, draft = Path(aside) / "prepared.onnx", Path(aside) / "int8.onnx"
        quant_pre_process(onnx_path, prepared, skip_symbolic_shape=True)
        quantize_static(
            prepared,
            draft,
            _Calibration(images),
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            reduce_range=True,  # 7 bits: products of 8 overflow on processors without VNNI
        )
        write_bytes(path, draft.read_bytes())
    return path


class _Calibration:
    """Images in batches, as ONNX Runtime's ``CalibrationDataReader`` gives them."""

    def __init__(self, images: np.ndarray):
        starts = range(0, len(images), BATCH)
        self.batches = ({"images": images[i : i + BATCH]} for i in starts)

    def get_next(self) -> dict[str, np.ndarray] | None:
        return next(self.batches, None)
