"""A trained model as an object that reads digits. It runs on ONNX Runtime, without Keras."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import onnxruntime

from .contract import check_answers, check_shapes
from .images import Picture, to_mnist
from .manifest import ModelError, files_of, verified_bytes
from .preprocessing import scale_pixels
from .rows import split_digits

__all__ = ["DigitReader", "ModelError", "NumberReading", "Reading"]

BATCH = 1024  # images: bounds the memory that a call takes
KINDS = "onnx", "onnx_int8"  # of the shipped files


@dataclass(frozen=True, eq=False, repr=False)
class Reading:
    """What a network read in one image.

    Attributes:
        label: the likeliest digit, 0 to 9.
        confidence: its probability, 0.0 to 1.0.
        probabilities: of the digits 0 to 9, float32, shape (10,), sum 1.
        image: what the network saw, uint8, shape (28, 28), 0 background to 255 ink.
        is_digit: whether it is a digit at all, and no letter, scribble or face; None where the
            model has no detector. How often that is wrong stands in the model's card.
        digit_score: from 0 upwards for a digit, below 0 for anything else; None likewise.
    """

    label: int
    confidence: float
    probabilities: np.ndarray
    image: np.ndarray
    is_digit: bool | None = None
    digit_score: float | None = None

    def __repr__(self) -> str:
        return f"Reading(label={self.label}, confidence={self.confidence:.4f})"


@dataclass(frozen=True, eq=False)
class NumberReading:
    """What a network read in a picture of several digits.

    Attributes:
        text: the digits, such as ``"407"``; a new line for each row.
        readings: one of each digit, in the order of the text.
        boxes: where each digit is: top, left, bottom, right in pixels of the upright picture.
    """

    text: str
    readings: list[Reading]
    boxes: list[tuple[int, int, int, int]]


class DigitReader:
    """Reads handwritten digits with a trained network.

    Example:
        >>> reader = DigitReader.load()
        >>> reader.read_picture("photo.jpg").label
        7
    """

    def __init__(self, onnx_model: bytes, *, name: str = "model", detector: bytes | None = None):
        """Make a reader of any ONNX model of digits.

        Args:
            onnx_model: the bytes of an ONNX file that takes float32 of shape (n, 28, 28, 1),
                0.0 to 1.0, and gives 10 probabilities for each image first. Its other outputs
                may be ``feature_maps`` and ``class_weights``, as ``shipping.formats.onnx.write``
                makes them.
            name: what to call it.
            detector: the bytes of an ONNX file that takes the model's ``feature_maps`` and tells
                digits from all else: one number for each image, from 0 upwards for a digit.

        Raises:
            ModelError: the bytes are not an ONNX model, or no network of digits (``contract``);
                or the detector does not fit the model.
        """
        self._session = open_session(onnx_model, name=name)
        (source, *_), (target, *more) = self._session.get_inputs(), self._session.get_outputs()
        self._input, self._outputs = source.name, [target.name]
        self._more = {output.name for output in more}
        check_answers(name, self._answer)
        self.name = name
        self._detector = self._opened(detector) if detector else None

    def __repr__(self) -> str:
        return f"DigitReader({self.name!r})"

    @classmethod
    def load(
        cls, name: str = "champion", *, kind: str = "onnx", folder: str | Path | None = None
    ) -> Self:
        """Open a shipped model after its checksum has been verified.

        Args:
            name: a model in ``manifest.json``.
            kind: ``"onnx"``, or ``"onnx_int8"`` for the smaller copy in whole numbers.
            folder: where the models are; without it, the repository's ``models``, or the copy
                in the installed package.

        Raises:
            ModelError: no such model, a file is missing, it is not the one that was shipped, or
                of a kind that is no network in ONNX.
        """
        if kind not in KINDS:
            raise ModelError(
                f"a reader opens {' or '.join(map(repr, KINDS))}, got {kind!r}: Keras models are "
                "for load_model"
            )
        content, detector = verified_bytes(name, kind, folder=folder), None
        if "detector" in files_of(name, folder=folder):
            detector = verified_bytes(name, "detector", folder=folder)
        return cls(content, name=name, detector=detector)

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
        if 0 < len(images) <= BATCH:
            return self._answer(scale_pixels(images))
        batches = [self._answer(scale_pixels(batch)) for batch in _batches(images)]
        return np.concatenate([np.empty((0, 10), np.float32), *batches])

    def _read_all(self, images: np.ndarray) -> list[Reading]:
        """One reading of each image, in MNIST form: few enough for one batch."""
        if self._detector is None:
            answers, scores = self.predict(images), [None] * len(images)
        else:
            answers, maps = self._run([*self._outputs, "feature_maps"], images)
            scores = self._score(maps).tolist()
        rows = zip(answers, images, scores, strict=True)
        return [_reading(probabilities, image, score) for probabilities, image, score in rows]

    def feature_maps(self, images: np.ndarray) -> np.ndarray:
        """What the network's last layer with places sees in each image.

        Args:
            images: as for ``predict``, at least one.

        Returns:
            float32, shape (n, h, w, channels), the champion's (n, 6, 6, 64).

        Raises:
            ModelError: the model does not give them out.
            ValueError: no image, another dtype or shape.
        """
        if "feature_maps" not in self._more:
            raise ModelError(f"model {self.name!r} has no feature maps; choose champion")
        images = _checked(images)
        if not len(images):  # only an answer tells h, w and channels
            raise ValueError("expected at least one image, got none")
        batches = _batches(images)
        return np.concatenate([self._run(["feature_maps"], batch)[0] for batch in batches])

    def digit_scores(self, images: np.ndarray) -> np.ndarray:
        """Whether each image is a digit at all: from 0 upwards it is, below 0 it is not.

        Args:
            images: as for ``predict``.

        Returns:
            float32, shape (n,). The threshold was put where 1 % of training digits that the
            detector had not learned from are refused.

        Raises:
            ModelError: the model has no detector.
            ValueError: as in ``predict``.
        """
        if self._detector is None:
            raise ModelError(f"model {self.name!r} cannot tell what is no digit; choose champion")
        batches = [
            self._score(self._run(["feature_maps"], batch)[0])
            for batch in _batches(_checked(images))
        ]
        return np.concatenate([np.empty(0, np.float32), *batches])

    def read(self, image: np.ndarray) -> Reading:
        """Read one image in MNIST form: uint8, shape (28, 28), 0 background to 255 ink.

        Raises:
            ValueError: another dtype or shape: that is for ``read_picture``.
        """
        return self._read_all(_one(image))[0]

    def class_activation_map(self, image: np.ndarray, digit: int) -> np.ndarray:
        """Which parts of one image speak for a digit, and which against it.

        Args:
            image: uint8 in MNIST form, shape (28, 28), 0 background to 255 ink.
            digit: 0 to 9: the digit asked about, not the one in the image.

        Returns:
            float32, shape (h, w), the champion's 6 x 6: what each part adds to the digit's
            score. Their sum, plus a constant, is the score that softmax turns into a
            probability. Row 0 is the top of the image.

        Raises:
            ModelError: between its last feature maps and its answer is more than one dense layer.
            ValueError: no such digit, or another dtype or shape of the image.

        Source: Zhou et al., "Learning deep features for discriminative localization", 2016.
        """
        if not {"feature_maps", "class_weights"} <= self._more:
            raise ModelError(
                f"model {self.name!r} has no class activation map, for it has no feature maps that "
                "only one dense layer follows; choose another one, such as champion"
            )
        if not isinstance(digit, int | np.integer) or digit not in range(10):
            raise ValueError(f"digit must be a whole number from 0 to 9, got {digit!r}")
        pixels = {self._input: scale_pixels(_one(image))}
        maps, weights = self._session.run(["feature_maps", "class_weights"], pixels)
        return (maps[0] * weights[..., digit]).sum(axis=-1)

    def read_picture(self, picture: Picture, *, ink: str = "auto") -> Reading:
        """Read any picture of one digit: ``to_mnist`` brings it into MNIST form first.

        Args:
            picture: a path, a Pillow image or an array, as ``to_mnist`` takes them.
            ink: ``"auto"``, ``"dark"`` or ``"light"``.

        Raises:
            BlankImageError, ValueError: as in ``to_mnist``.
        """
        return self.read(to_mnist(picture, ink=ink))

    def read_number(self, picture: Picture, *, ink: str = "auto") -> NumberReading:
        """Read any picture of several digits, in one row or more.

        Args:
            picture: a path, a Pillow image or an array, as ``to_mnist`` takes them.
            ink: ``"auto"``, ``"dark"`` or ``"light"``.

        Raises:
            BlankImageError, ValueError: as in ``to_mnist``.
        """
        rows = split_digits(picture, ink=ink)
        digits = [digit for row in rows for digit in row]
        readings = self._read_all(np.stack([digit.image for digit in digits]))
        labels = iter(str(reading.label) for reading in readings)
        text = "\n".join("".join(next(labels) for _ in row) for row in rows)
        return NumberReading(text, readings, [digit.box for digit in digits])

    def _answer(self, pixels: np.ndarray) -> np.ndarray:
        return self._session.run(self._outputs, {self._input: pixels})[0]

    def _run(self, outputs: list[str], images: np.ndarray) -> list[np.ndarray]:
        return self._session.run(outputs, {self._input: scale_pixels(images)})

    def _score(self, maps: np.ndarray) -> np.ndarray:
        return self._detector.run(None, {"feature_maps": maps})[0].reshape(-1)

    def _opened(self, detector: bytes) -> onnxruntime.InferenceSession:
        """The detector's session, once it has answered for this model's maps."""
        session = _start(detector, f"{self.name} detector")
        try:
            maps = self.feature_maps(np.zeros((2, 28, 28), np.uint8))
            (answers,) = session.run(None, {"feature_maps": maps})
        except Exception as problem:  # ONNX Runtime has a class of its own for each failure
            raise ModelError(f"the detector does not fit model {self.name!r}: {problem}") from None
        if answers.size != 2:
            raise ModelError(
                f"the detector of model {self.name!r} gives {answers.shape[1:]} for each image: "
                "expected one number"
            )
        return session


def _reading(probabilities: np.ndarray, image: np.ndarray, score: float | None) -> Reading:
    label, is_digit = int(probabilities.argmax()), None if score is None else score >= 0
    return Reading(label, float(probabilities[label]), probabilities, image, is_digit, score)


def open_session(onnx_model: bytes, *, name: str = "model") -> onnxruntime.InferenceSession:
    """Open an ONNX model to run on one thread: the package starts no other.

    Args:
        onnx_model: the bytes of an ONNX file.
        name: what to call it in messages.

    Raises:
        ModelError: the bytes are not an ONNX model, or it takes or gives other shapes.
    """
    session = _start(onnx_model, name)
    check_shapes(name, session.get_inputs()[0].shape, session.get_outputs()[0].shape)
    return session


def _start(onnx_model: bytes, name: str) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # one image is too little work to share
    options.inter_op_num_threads = 1
    try:
        return onnxruntime.InferenceSession(onnx_model, options, providers=["CPUExecutionProvider"])
    except Exception as problem:  # ONNX Runtime has a class of its own for each failure
        raise ModelError(f"model {name!r} is not a usable ONNX file: {problem}") from problem


def _batches(images: np.ndarray) -> Iterator[np.ndarray]:
    return (images[start : start + BATCH] for start in range(0, len(images), BATCH))


def _checked(images: np.ndarray) -> np.ndarray:
    images = np.asarray(images)
    if images.dtype != np.uint8 or images.ndim not in (2, 3) or images.shape[-2:] != (28, 28):
        raise ValueError(
            "expected images in MNIST form, uint8 of shape (n, 28, 28) or (28, 28), "
            f"got {images.dtype} of shape {images.shape}: "
            "use read_picture for any other picture, and raw pixels (0 to 255), not scaled ones"
        )
    return images.reshape(-1, 28, 28)


def _one(image: np.ndarray) -> np.ndarray:
    images = _checked(image)
    if len(images) != 1:
        raise ValueError(f"expected one image, got {len(images)}: use predict for many")
    return images
