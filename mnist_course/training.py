"""One way to train: seeded, with the course's defaults, on any Keras backend."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import keras
import numpy as np

from .augmentation import random_shift
from .data import Arrays, load_mnist, split_validation
from .models import create_model
from .preprocessing import one_hot, scale_pixels

LearningRate = float | keras.optimizers.schedules.LearningRateSchedule
Augment = Callable[..., np.ndarray]


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


class Recipe(NamedTuple):
    """How a shipped network is trained, in numbers.

    Attributes:
        model: a name of ``models.MODELS``.
        day: the lesson that explains the recipe.
        epochs: passes over the 60,000 training digits.
        max_learning_rate: peak of the one-cycle schedule of AdamW.
        weight_decay: of AdamW, per step and times the learning rate.
        label_smoothing: probability mass spread over all classes.
        shift: largest random shift, pixels.
        batch_size: digits per step.
    """

    model: str
    day: int
    epochs: int
    max_learning_rate: float = 0.01
    weight_decay: float = 0.004
    label_smoothing: float = 0.1
    shift: int = 2
    batch_size: int = 128

    def __str__(self) -> str:
        return (
            f"one-cycle AdamW, peak {self.max_learning_rate:g}, weight decay "
            f"{self.weight_decay:g}, label smoothing {self.label_smoothing:g}, random shifts of "
            f"up to {self.shift} pixels, batch {self.batch_size}, {self.epochs} epochs"
        )


RECIPES = {
    "champion": Recipe("champion", day=27, epochs=8),
}


def set_seed(seed: int) -> None:
    """Seed Python, NumPy and Keras, so that what follows can be repeated.

    With the same seed, machine and package versions a training on a CPU repeats exactly: initial
    weights, order of the digits, dropout, results. Another processor, backend or version, or a
    GPU, rounds differently: the results then differ by about as much as between two seeds.

    Args:
        seed: 0 to 4,294,967,295.

    Raises:
        ValueError: the seed is not a whole number in that range.
    """
    if not isinstance(seed, int | np.integer) or not 0 <= seed < 2**32:
        raise ValueError(f"seed must be a whole number from 0 to 4,294,967,295, got {seed!r}")
    keras.utils.set_random_seed(int(seed))


@keras.saving.register_keras_serializable("mnist_course")
class OneCycle(keras.optimizers.schedules.LearningRateSchedule):
    """The schedule that ``one_cycle`` makes; Keras can save it with a model."""

    def __init__(self, max_learning_rate, steps, warmup=0.25, start=0.04, end=0.0):
        super().__init__()
        self.max_learning_rate = max_learning_rate
        self.steps, self.warmup, self.start, self.end = steps, warmup, start, end

    def __call__(self, step):
        ops = keras.ops
        position = ops.cast(step, "float32") / self.steps
        rising = self.start + (1 - self.start) * position / max(self.warmup, 1e-9)
        fall = ops.clip((position - self.warmup) / (1 - self.warmup), 0.0, 1.0)
        falling = self.end + (1 - self.end) * (1 + ops.cos(np.pi * fall)) / 2
        return self.max_learning_rate * ops.where(position < self.warmup, rising, falling)

    def get_config(self) -> dict:
        names = ("max_learning_rate", "steps", "warmup", "start", "end")
        return {name: getattr(self, name) for name in names}


def one_cycle(
    max_learning_rate: float,
    steps: int,
    *,
    warmup: float = 0.25,
    start: float = 0.04,
    end: float = 0.0,
) -> OneCycle:
    """One rise and one fall of the learning rate: linear up, half a cosine down.

    Args:
        max_learning_rate: the peak.
        steps: optimizer steps in all, which is epochs x batches per epoch.
        warmup: fraction of the steps spent rising, 0 up to but not including 1.
        start: first rate, as a fraction of the peak.
        end: last rate, as a fraction of the peak; it stays there after ``steps``.

    Returns:
        A Keras schedule, to be given to an optimizer or to ``train``.

    Raises:
        ValueError: a number is out of its range.

    Source: Smith, "Super-convergence", 2018.
    """
    if not max_learning_rate > 0 or not steps >= 1:
        raise ValueError(
            f"expected a positive max_learning_rate and at least one step, "
            f"got {max_learning_rate} and {steps}"
        )
    if not 0 <= warmup < 1 or not 0 <= start <= 1 or not 0 <= end <= 1:
        raise ValueError(
            "warmup, start and end are fractions (warmup below 1, the others up to 1), "
            f"got {warmup}, {start} and {end}"
        )
    return OneCycle(max_learning_rate, steps, warmup, start, end)


def compile_model(
    model: keras.Model,
    *,
    learning_rate: LearningRate = 1e-3,
    optimizer: str | keras.Optimizer | None = None,
    loss: str | keras.Loss = "sparse_categorical_crossentropy",
    metrics: Sequence = ("accuracy",),
) -> keras.Model:
    """Give a model the course's defaults: Adam, cross-entropy on integer labels, accuracy.

    Args:
        model: any Keras classifier.
        learning_rate: a number or a schedule, for the default optimizer.
        optimizer: use this one instead of Adam.
        loss: a Keras loss or its name.
        metrics: Keras metrics or their names.

    Returns:
        The same model, compiled.
    """
    model.compile(
        optimizer=optimizer or keras.optimizers.Adam(learning_rate),
        loss=loss,
        metrics=list(metrics),
        # several steps per call save time on small networks; torch allows one only
        steps_per_execution=1 if keras.backend.backend() == "torch" else 8,
    )
    return model


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
    callbacks: Sequence[keras.callbacks.Callback] = (),
    verbose: int | str = "auto",
) -> keras.callbacks.History:
    """Train a model on images that are scaled already.

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
        callbacks: Keras callbacks.
        verbose: 0 silent, 1 a progress bar, 2 a line per epoch, "auto" lets Keras choose.

    Returns:
        Keras's History: ``history.history["accuracy"]`` has one number per epoch.

    Raises:
        ValueError: x and y do not fit together, both validations are given, or a number is out
            of its range.
    """
    _check_training(x, y, epochs, batch_size)
    if validation_split and validation_data is not None:
        raise ValueError("give either validation_data or validation_split, not both")
    if validation_split:
        (x, y), validation_data = split_validation(
            x, y, validation_split=validation_split, seed=seed
        )
    if learning_rate is not None or not model.compiled:
        compile_model(model, learning_rate=1e-3 if learning_rate is None else learning_rate)
    set_seed(seed)
    options = {"epochs": epochs, "validation_data": validation_data, "verbose": verbose}
    options["callbacks"] = list(callbacks)
    if augment is None:
        return model.fit(x, y, batch_size=batch_size, **options)
    batches = AugmentedDigits(x, y, batch_size=batch_size, augment=augment, seed=seed)
    return model.fit(batches, shuffle=False, **options)


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
        ValueError: no such model, the data are not raw digits, or a number is out of its range.

    Example:
        >>> model, history, result = train_and_evaluate_model("cnn", epochs=2)
        >>> result.accuracy > 0.98
        True
    """
    (x_train, y_train), (x_test, y_test) = _unpack(load_mnist() if data is None else data)
    if isinstance(model, str):
        model = create_model(model, seed=seed)
    begin = time.perf_counter()
    history = train(
        model,
        scale_pixels(x_train),
        y_train,
        epochs=epochs,
        batch_size=batch_size,
        seed=seed,
        verbose=verbose,
        **options,
    )
    seconds = time.perf_counter() - begin
    scores = model.evaluate(scale_pixels(x_test), y_test, verbose=0, return_dict=True)
    return model, history, TestResult(scores["accuracy"], scores["loss"], seconds)


def train_recipe(
    name: str, *, seed: int = 0, data: Arrays | None = None, verbose: int | str = "auto"
) -> tuple[keras.Model, keras.callbacks.History, float]:
    """Train a shipped network anew, by its recipe, on all 60,000 training digits.

    Args:
        name: one of ``RECIPES``, such as ``"champion"``.
        seed: another seed gives another, equally good, network.
        data: raw digits as ``load_mnist`` gives them; only the training part is used.
        verbose: as in ``train``.

    Returns:
        ``(model, history, seconds)``.

    Raises:
        ValueError: there is no recipe of that name.
    """
    if name not in RECIPES:
        raise ValueError(f"there is no recipe {name!r}; choose one of {', '.join(RECIPES)}")
    recipe = RECIPES[name]
    (x, y), _ = _unpack(load_mnist() if data is None else data)
    begin = time.perf_counter()
    steps = recipe.epochs * -(-len(x) // recipe.batch_size)
    model = compile_model(
        create_model(recipe.model, seed=seed),
        optimizer=keras.optimizers.AdamW(
            one_cycle(recipe.max_learning_rate, steps), weight_decay=recipe.weight_decay
        ),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing),
    )
    augment = partial(random_shift, pixels=recipe.shift)
    options = {"epochs": recipe.epochs, "batch_size": recipe.batch_size, "verbose": verbose}
    history = train(model, scale_pixels(x), one_hot(y), seed=seed, augment=augment, **options)
    return model, history, time.perf_counter() - begin


class AugmentedDigits(keras.utils.PyDataset):
    """Batches in a new order, with new variations of every image, in each epoch."""

    def __init__(self, x, y, *, batch_size: int, augment: Augment, seed: int):
        super().__init__()
        self.x, self.y, self.batch_size = x, np.asarray(y), batch_size
        self.augment, self.seed, self.epoch = augment, seed, 0
        self._shuffle()

    def __len__(self) -> int:
        return -(-len(self.x) // self.batch_size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        rows = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        seed = (self.seed, self.epoch, index)
        return self.augment(self.x[rows], seed=seed), self.y[rows]

    def on_epoch_end(self) -> None:
        self.epoch += 1
        self._shuffle()

    def _shuffle(self) -> None:
        self.order = np.random.default_rng((self.seed, self.epoch)).permutation(len(self.x))


def _unpack(data: Arrays) -> Arrays:
    try:
        (x_train, y_train), (x_test, y_test) = data
    except (TypeError, ValueError):
        raise ValueError(
            "data must be ((x_train, y_train), (x_test, y_test)), as load_mnist() returns it"
        ) from None
    return (x_train, y_train), (x_test, y_test)


def _check_training(x: np.ndarray, y: np.ndarray, epochs: int, batch_size: int) -> None:
    if len(x) != len(y):
        raise ValueError(f"x and y must have one label per image, got {len(x)} and {len(y)}")
    if len(x) == 0:
        raise ValueError("there are no images to train on")
    if np.asarray(x).dtype == np.uint8:
        raise ValueError("x holds raw pixels, 0 to 255; give scale_pixels(x), 0.0 to 1.0")
    if epochs < 1 or batch_size < 1:
        raise ValueError(f"epochs and batch_size must be at least 1, got {epochs} and {batch_size}")
