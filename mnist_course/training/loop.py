"""One way to train: seeded, with the course's defaults, on any Keras backend."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np

from .._seed import set_seed
from ..data import Arrays, load_mnist, split_validation
from ..models import create_model
from ..preprocessing import scale_pixels
from .averaging import refresh_batch_norm
from .batches import Augment, AugmentedDigits
from .checkpoints import TrainingRecord
from .checks import check_alike, check_labels, check_training, checked_validation
from .compiling import LearningRate, ensure_compiled

DIGITS_PER_VALIDATION_STEP = 1000  # nothing is learned from them, so the steps may be large
DIGITS_FOR_STATISTICS = 10_000  # as good as all 60,000, in a sixth of the time


class TestResult(NamedTuple):
    """How a trained network did on digits it has never seen.

    Attributes:
        accuracy: fraction of the test digits answered right, 0 to 1.
        loss: mean loss per test digit.
        seconds: time spent in training, without the evaluation.
    """

    __test__ = False  # pytest: not a test class

    accuracy: float
    loss: float
    seconds: float


def train(
    model: keras.Model,
    x: np.ndarray,
    y: np.ndarray,
    *,
    epochs: int,
    batch_size: int = 128,
    validation_data: tuple[np.ndarray, np.ndarray] | None = None,
    validation_split: float = 0.0,
    learning_rate: LearningRate | None = None,
    seed: int = 0,
    augment: Augment | None = None,
    callbacks: Sequence[keras.callbacks.Callback] | None = (),
    checkpoint: str | Path | None = None,
    history_csv: str | Path | None = None,
    verbose: int | str = "auto",
) -> TrainingRecord:
    """Train a model on images that are scaled already.

    With a ``checkpoint`` the complete state is stored after every epoch: weights, optimizer,
    dropout's seeds, history. After a crash, or an interruption, the same call goes on after the
    last complete epoch and ends with exactly the weights and history of an uninterrupted run. A
    finished training stays in its file: the same call then gives it back at once, until the file
    is removed. Callbacks are not stored: those that remember epochs, such as EarlyStopping,
    begin anew.

    An optimizer with ``use_ema=True`` averages the weights of its steps, and training ends with
    the average; batch statistics are then measured anew, on about 10,000 images of x
    (``refresh_batch_norm``). The history, validation included, is of the weights before that.

    Args:
        model: compiled, or else it gets ``compile_model``'s defaults.
        x: float32, shape (n, 28, 28, 1), 0.0 to 1.0.
        y: labels of shape (n,), or whatever the model's loss expects per image.
        epochs: passes over the training digits.
        batch_size: images per step.
        validation_data: ``(x, y)`` to measure after every epoch.
        validation_split: or else a fraction of x to set aside for that, stratified by label.
        learning_rate: a number or a schedule: compiles the model anew, with Adam and this rate.
        seed: seeds everything first (``set_seed``); the initial weights are drawn earlier, when
            the model is made.
        augment: makes new images in every epoch: called as ``augment(images, seed=...)`` with
            one batch, such as ``mnist_course.augmentation.random_shift``.
        callbacks: Keras callbacks; None is none.
        checkpoint: a file to store the state in, such as ``"run.npz"``. The digits then come in
            an order that follows from seed and epoch alone, as they do with ``augment``.
        history_csv: a file to write the history to, a row per epoch, anew after every epoch;
            complete also when a run was resumed.
        verbose: 0 silent, 1 a progress bar, 2 a line per epoch, "auto" lets Keras choose.

    Returns:
        Keras's History: ``history.history["accuracy"]`` has one number per epoch.

    Raises:
        ValueError: the model is none of Keras's, x and y do not fit together, the labels do not
            fit the loss, the pixels are not scaled or not finite (all this of validation_data as
            well), both validations are given, a number is out of its range, or the checkpoint is
            damaged, of another training or in use.
    """
    x, y = np.asarray(x), np.asarray(y)
    check_training(x, y, epochs, batch_size)
    if validation_split and validation_data is not None:
        raise ValueError("give either validation_data or validation_split, not both")
    ensure_compiled(model, learning_rate)
    check_labels(model, y)
    (x, y), validation_data = _set_aside(model, x, y, validation_data, validation_split, seed)
    set_seed(seed)
    record = TrainingRecord(checkpoint, history_csv)
    if augment is None and checkpoint is None:
        digits = {"x": x, "y": y, "batch_size": batch_size}
    else:
        batches = AugmentedDigits(x, y, batch_size=batch_size, augment=augment, seed=seed)
        digits = {"x": batches, "shuffle": False}
    with record.alone():
        if checkpoint is not None:
            _resume(record, model, batches, epochs=epochs, validation=validation_data)
        model.fit(
            **digits,
            initial_epoch=record.next_epoch,
            epochs=epochs,
            validation_data=validation_data,
            validation_batch_size=max(batch_size, DIGITS_PER_VALIDATION_STEP),
            callbacks=[*(callbacks or ()), record],
            verbose=verbose,
        )
    if getattr(model.optimizer, "use_ema", False):
        refresh_batch_norm(model, x[:: max(1, len(x) // DIGITS_FOR_STATISTICS)])
    return record


def train_and_evaluate_model(
    model: str | keras.Model = "cnn",
    data: Arrays | None = None,
    *,
    epochs: int = 5,
    batch_size: int = 128,
    seed: int = 0,
    verbose: int | str = "auto",
    **options,
) -> tuple[keras.Model, keras.callbacks.History, TestResult]:
    """Train a network on raw digits and measure it on the test digits.

    Args:
        model: a name of ``MODELS`` (built with this seed) or a Keras model; compiled with the
            course's defaults unless it is compiled.
        data: ``(x_train, y_train), (x_test, y_test)`` as ``load_mnist`` gives them: images
            uint8, shape (n, 28, 28), 0 to 255. Default: ``load_mnist()``.
        epochs: passes over the training digits.
        batch_size: images per step.
        seed: the same seed on the same machine gives the same result.
        verbose: 0 silent, 1 a progress bar, 2 a line per epoch, "auto" lets Keras choose.
        **options: more options of ``train``, such as ``augment`` or ``validation_split``.

    Returns:
        ``(model, history, result)``: the trained model, Keras's History, and the test accuracy
        (0 to 1), loss and training seconds.

    Raises:
        ValueError: no such model, the data are not raw digits, with labels as the loss expects
            them, or a number is out of its range.

    Example:
        >>> model, history, result = train_and_evaluate_model("cnn", epochs=2)
        >>> result.accuracy > 0.98
        True
    """
    (x_train, y_train), (x_test, y_test) = _unpack(load_mnist() if data is None else data)
    if isinstance(model, str):
        model = create_model(model, seed=seed)
    images, images_test = scale_pixels(x_train), scale_pixels(x_test)
    check_alike(images_test, y_test, like=y_train)
    ensure_compiled(model, options.pop("learning_rate", None))
    check_labels(model, y_test, " of the test digits")
    begin = time.perf_counter()
    history = train(
        model,
        images,
        y_train,
        epochs=epochs,
        batch_size=batch_size,
        seed=seed,
        verbose=verbose,
        **options,
    )
    seconds = history.earlier_seconds + time.perf_counter() - begin
    scores = model.evaluate(images_test, y_test, verbose=0, return_dict=True)
    accuracy = scores.get("accuracy")
    if accuracy is None:  # compiled without it
        accuracy = _accuracy(model.predict(images_test, verbose=0), y_test)
    return model, history, TestResult(accuracy, scores["loss"], seconds)


def _set_aside(model, x, y, validation_data, share: float, seed: int):
    """The digits to train on, and those to measure after every epoch: a share, given ones, none."""
    if share:
        return split_validation(x, y, validation_split=share, seed=seed)
    if validation_data is not None:
        validation_data = checked_validation(model, validation_data)
    return (x, y), validation_data


def _resume(record: TrainingRecord, model, batches: AugmentedDigits, *, epochs, validation) -> None:
    """Go to where the checkpoint is; what must be the same as then is told from its numbers."""
    if not model.built:
        model.build((None, *batches.x.shape[1:]))
    record.resume(
        model,
        epochs=epochs,
        batch_size=batches.batch_size,
        seed=batches.seed,
        digits=[batches.x, batches.y],
        augmentation=batches[0],
        validation=validation,
    )
    batches.begin_epoch(record.next_epoch)


def _accuracy(answers: np.ndarray, y: np.ndarray) -> float:
    labels = y if np.ndim(y) == 1 else np.argmax(y, axis=1)
    return float(np.mean(answers.argmax(axis=1) == labels))


def _unpack(data: Arrays) -> Arrays:
    try:
        (x_train, y_train), (x_test, y_test) = data
    except (TypeError, ValueError):
        raise ValueError(
            "data must be ((x_train, y_train), (x_test, y_test)), as load_mnist() returns it"
        ) from None
    return (x_train, y_train), (x_test, y_test)
