"""A trained model as an object that reads digits. It runs on ONNX Runtime, without Keras."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import onnxruntime

from .images import Picture, to_mnist
from .preprocessing import scale_pixels

REPOSITORY_FOLDER = Path(__file__).resolve().parent.parent / "models"
INSTALLED_FOLDER = Path(__file__).resolve().parent / "_models"  # where a wheel puts them

BATCH = 1024  # images: bounds the memory that a call takes


class ModelError(ValueError):
    """A model is unknown, missing or not the one that was shipped."""


@dataclass(frozen=True, eq=False, repr=False)
class Reading:
    """What a network read in one image.

    Attributes:
        label: the likeliest digit, 0 to 9.
        confidence: its probability, 0.0 to 1.0.
        probabilities: of the digits 0 to 9, float32, shape (10,), sum 1.
        image: what the network saw, uint8, shape (28, 28), 0 background to 255 ink.
    """

    label: int
    confidence: float
    probabilities: np.ndarray
    image: np.ndarray

    def __repr__(self) -> str:
        return f"Reading(label={self.label}, confidence={self.confidence:.4f})"


class DigitReader:
    """Reads handwritten digits with a trained network.

    Example:
        >>> reader = DigitReader.load()
        >>> reader.read_picture("photo.jpg").label
        7
    """

    def __init__(self, onnx_model: bytes, *, name: str = "model"):
        """Make a reader of any ONNX model of digits.

        Args:
            onnx_model: the bytes of an ONNX file that takes float32 of shape (n, 28, 28, 1),
                0.0 to 1.0, and gives 10 probabilities for each image.
            name: what to call it.

        Raises:
            ModelError: the bytes are not an ONNX model.
        """
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # one image is too little work to share
        options.inter_op_num_threads = 1
        try:
            self._session = onnxruntime.InferenceSession(
                onnx_model, options, providers=["CPUExecutionProvider"]
            )
        except Exception as problem:  # ONNX Runtime has a class of its own for each failure
            raise ModelError(f"model {name!r} is not a usable ONNX file: {problem}") from problem
        self._input = self._session.get_inputs()[0].name
        self._outputs = [self._session.get_outputs()[0].name]
        self.name = name

    def __repr__(self) -> str:
        return f"DigitReader({self.name!r})"

    @classmethod
    def load(cls, name: str = "champion", *, folder: str | Path | None = None) -> Self:
        """Open a shipped model after its checksum has been verified.

        Args:
            name: a model in ``manifest.json``.
            folder: where the models are; without it, the repository's ``models``, or the copy
                in the installed package.

        Raises:
            ModelError: no such model, a file is missing, or it is not the one that was shipped.
        """
        folder = _models_folder() if folder is None else Path(folder)
        return cls(_verified_bytes(folder, name), name=name)

    def predict(self, images: np.ndarray) -> np.ndarray:
        """The probability of each digit for each image.

        Args:
            images: uint8 in MNIST form, shape (n, 28, 28) or (28, 28), 0 background to 255 ink.

        Returns:
            float32, shape (n, 10), each row sums to 1.

        Raises:
            ValueError: another dtype or shape.
        """
        images = _checked(images)
        batches = [
            self._session.run(
                self._outputs, {self._input: scale_pixels(images[start : start + BATCH])}
            )[0]
            for start in range(0, len(images), BATCH)
        ]
        return np.concatenate([np.empty((0, 10), np.float32), *batches])

    def read(self, image: np.ndarray) -> Reading:
        """Read one image in MNIST form: uint8, shape (28, 28), 0 background to 255 ink.

        Raises:
            ValueError: another dtype or shape: that is for ``read_picture``.
        """
        images = _checked(image)
        if len(images) != 1:
            raise ValueError(f"read takes one image, got {len(images)}: use predict for many")
        probabilities = self.predict(images)[0]
        label = int(probabilities.argmax())
        return Reading(label, float(probabilities[label]), probabilities, images[0])

    def read_picture(self, picture: Picture, *, ink: str = "auto") -> Reading:
        """Read any picture of one digit: ``to_mnist`` brings it into MNIST form first.

        Args:
            picture: a path, a Pillow image or an array, as ``to_mnist`` takes them.
            ink: ``"auto"``, ``"dark"`` or ``"light"``.

        Raises:
            BlankImageError, ValueError: as in ``to_mnist``.
        """
        return self.read(to_mnist(picture, ink=ink))


def _checked(images: np.ndarray) -> np.ndarray:
    images = np.asarray(images)
    if images.dtype != np.uint8 or images.ndim not in (2, 3) or images.shape[-2:] != (28, 28):
        raise ValueError(
            "expected images in MNIST form, uint8 of shape (n, 28, 28) or (28, 28), "
            f"got {images.dtype} of shape {images.shape}: "
            "use read_picture for any other picture, and raw pixels (0 to 255), not scaled ones"
        )
    return images.reshape(-1, 28, 28)


def _models_folder() -> Path:
    return INSTALLED_FOLDER if INSTALLED_FOLDER.is_dir() else REPOSITORY_FOLDER


def _verified_bytes(folder: Path, name: str) -> bytes:
    manifest = _read_manifest(folder / "manifest.json")
    if name not in manifest:
        raise ModelError(f"no model {name!r} in {folder}; there is {', '.join(manifest)}")
    entry = manifest[name]["files"]["onnx"]
    file = folder / entry["name"]
    content = _read(file)  # once: what is verified is what is opened
    found = hashlib.sha256(content).hexdigest()
    if found != entry["sha256"]:
        raise ModelError(
            f"{file} is not the model that was shipped: its SHA-256 is\n"
            f"  found    {found}\n  expected {entry['sha256']}\n{_remedy(file)}"
        )
    return content


def _read_manifest(file: Path) -> dict:
    try:
        return json.loads(_read(file))
    except (json.JSONDecodeError, UnicodeDecodeError) as problem:
        raise ModelError(f"{file} is damaged ({problem})\n{_remedy(file)}") from problem


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as problem:
        raise ModelError(f"cannot read {file} ({problem})\n{_remedy(file)}") from problem


def _remedy(file: Path) -> str:
    return f"Restore it with: git checkout -- models/{file.name} (or reinstall mnist-course)"
