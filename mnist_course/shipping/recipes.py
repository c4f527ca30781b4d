"""How the shipped networks are trained, in numbers."""

import time
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np

from ..augmentation import elastic, random_affine, random_pen, random_shift
from ..data import Arrays, load_mnist
from ..models import create_model
from ..preprocessing import one_hot, scale_pixels
from ..training.compiling import LearningRate, compile_model
from ..training.learning_rates import cosine, one_cycle
from ..training.loop import train
from ..training.optimizers import ConvMuon
from .more_hands import other_hands
from .scans import LOOKS, once_more

_SCHEDULES = {"one_cycle": one_cycle, "cosine": cosine}


class Recipe(NamedTuple):
    """One way to train one network. What is not given is not used.

    Attributes:
        model: a name of ``models.MODELS``.
        day: the lesson that explains the recipe.
        epochs: passes over the 60,000 training digits.
        batch_size: digits per step.
        optimizer: ``"adamw"``, or ``"muon"`` for ``ConvMuon``.
        schedule: of the learning rate: ``"constant"``, ``"one_cycle"`` or ``"cosine"``.
        learning_rate: of the optimizer; with a schedule, its peak.
        warmup: fraction of the steps in which a schedule rises.
        weight_decay: per step and times the learning rate.
        label_smoothing: probability mass spread over all classes.
        averaging: momentum of the weights' exponential moving average, which is what training
            ends with, batch statistics measured anew; 0 keeps the last weights.
        shift: largest random shift, pixels; whole ones unless digits are also rotated, zoomed or
            sheared.
        degrees: largest random rotation.
        zoom: largest random change of size, as a fraction.
        shear: largest random slant, pixels per pixel.
        elastic: standard deviation of random bends, pixels.
        blur: largest standard deviation of a random blur, pixels.
        gamma: largest exponent of the brightness, or its inverse; 1 leaves it.
        blocks: of MNIST's digits, the fraction that is learned from once more, stretched to a
            square as some data sets do.
        scans: the same, as coarse scanners see them.
        photos: the same, as small and noisy photos.
        hands: other digits beside MNIST's, as a fraction of those: European ones drawn by a
            program, and those of handwriting fonts.
        teacher: name of the recipe of a network that is asked about every varied image, and whose
            answers are learned beside the labels.
        taught: their weight in the loss, 0 to 1.
        temperature: by which teacher's and student's answers are softened for that.
    """

    model: str
    day: int
    epochs: int
    batch_size: int = 128
    optimizer: str = "adamw"
    schedule: str = "constant"
    learning_rate: float = 0.001
    warmup: float = 0.25
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    averaging: float = 0.0
    shift: float = 0
    degrees: float = 0.0
    zoom: float = 0.0
    shear: float = 0.0
    elastic: float = 0.0
    blur: float = 0.0
    gamma: float = 1.0
    blocks: float = 0.0
    scans: float = 0.0
    photos: float = 0.0
    hands: float = 0.0
    teacher: str = ""
    taught: float = 0.0
    temperature: float = 1.0

    def augment(self, images: np.ndarray, *, seed: tuple[int, ...]) -> np.ndarray:
        """New variations of a batch of images, by the limits of this recipe."""
        if self.degrees or self.zoom or self.shear:
            limits = {name: getattr(self, name) for name in ("degrees", "shift", "zoom", "shear")}
            images = random_affine(images, **limits, seed=seed)
        elif self.shift:
            whole = int(self.shift) if self.shift == int(self.shift) else self.shift
            images = random_shift(images, pixels=whole, seed=seed)
        if self.elastic:
            images = elastic(images, strength=self.elastic, seed=(*seed, 1))
        if self.blur or self.gamma > 1:
            images = random_pen(images, blur=self.blur, gamma=self.gamma, seed=(*seed, 2))
        return images

    def rate(self, steps: int) -> LearningRate:
        """The learning rate, or its schedule over so many steps in all.

        Raises:
            ValueError: there is no schedule of that name, or a number is out of its range.
        """
        if self.schedule == "constant":
            return self.learning_rate
        if self.schedule not in _SCHEDULES:
            raise ValueError(
                f"there is no schedule {self.schedule!r}; choose one of constant, "
                f"{', '.join(_SCHEDULES)}"
            )
        return _SCHEDULES[self.schedule](self.learning_rate, steps, warmup=self.warmup)

    def __str__(self) -> str:
        name = "Muon" if self.optimizer == "muon" else "AdamW" if self.weight_decay else "Adam"
        if self.schedule == "constant":
            method = f"{name}, learning rate {self.learning_rate:g}"
        else:
            method = f"{self.schedule.replace('_', '-')} {name}, peak {self.learning_rate:g}"
        used = {
            f"warm-up {self.warmup:.0%}": self.schedule != "constant" and self.warmup != 0.25,
            f"weight decay {self.weight_decay:g}": self.weight_decay,
            f"label smoothing {self.label_smoothing:g}": self.label_smoothing,
            f"weights averaged with momentum {self.averaging:g}": self.averaging,
            f"random shifts of up to {self.shift:g} pixels": self.shift,
            f"rotations of up to {self.degrees:g} degrees": self.degrees,
            f"zoom of up to {self.zoom:.0%}": self.zoom,
            f"shear of up to {self.shear:g}": self.shear,
            f"elastic bends of {self.elastic:g} pixels": self.elastic,
            f"blur of up to {self.blur:g} pixels": self.blur,
            f"gamma of up to {self.gamma:g}": self.gamma > 1,
            f"{self.blocks:.0%} of the digits once more, stretched to a square": self.blocks,
            f"{self.scans:.0%} as coarse scans": self.scans,
            f"{self.photos:.0%} as small photos": self.photos,
            f"{self.hands:.0%} more, European digits and digits of fonts": self.hands,
            f"{self.taught:.0%} of the loss from the answers of its {self.teacher}, at a "
            f"temperature of {self.temperature:g}": self.teacher,
        }
        parts = [method, *(text for text, is_used in used.items() if is_used)]
        return ", ".join([*parts, f"batch {self.batch_size}", f"{self.epochs} epochs"])


_ONE_CYCLE = {
    "schedule": "one_cycle",
    "learning_rate": 0.01,
    "weight_decay": 0.004,
    "label_smoothing": 0.1,
    "shift": 2,
}

_MUON = {"optimizer": "muon", "learning_rate": 0.02}

_MANY_HANDS = {"degrees": 10, "zoom": 0.1, "shear": 0.1, "blur": 1.2, "gamma": 2}

_BESIDE_MNIST = {"blocks": 0.12, "scans": 0.1, "photos": 0.15, "hands": 0.33}

# a small network underfits: milder augmentation and smoothing, a higher rate
_FOR_TINY = {"shift": 1, "label_smoothing": 0.02, "learning_rate": 0.02}

# smoothing would erase which wrong class is nearer, and that is what there is to teach
_TAUGHT = {"teacher": "teacher", "taught": 0.7, "temperature": 2}

RECIPES = {
    "champion": Recipe("champion", day=27, epochs=24, **_ONE_CYCLE | _MUON | _MANY_HANDS),
    "teacher": Recipe(
        "champion", day=27, epochs=12, **_ONE_CYCLE | _MUON | _MANY_HANDS | {"label_smoothing": 0}
    ),
    "reader": Recipe(
        "champion", day=27, epochs=20, **_ONE_CYCLE | _MUON | _MANY_HANDS | _BESIDE_MNIST
    ),
    "sprint": Recipe("sprint", day=19, epochs=3, **_ONE_CYCLE | _MUON | {"shift": 1}),
    "tiny": Recipe("tiny", day=27, epochs=80, **_ONE_CYCLE | _FOR_TINY | _TAUGHT),
    "cnn": Recipe("cnn", day=16, epochs=5),
    "dense": Recipe("dense", day=9, epochs=5),
}


def train_recipe(
    recipe: str | Recipe,
    *,
    seed: int = 0,
    data: Arrays | None = None,
    teacher: keras.Model | None = None,
    checkpoint: str | Path | None = None,
    history_csv: str | Path | None = None,
    verbose: int | str = "auto",
) -> tuple[keras.Model, keras.callbacks.History, float]:
    """Train a shipped network anew, by its recipe, on all 60,000 training digits.

    A recipe with ``hands`` learns from other digits, too: npm fetches their fonts, once.

    Args:
        recipe: a name of ``RECIPES``, such as ``"champion"``, or a recipe of your own.
        seed: another seed gives another, equally good, network.
        data: raw digits as ``load_mnist`` gives them; only the training part is used.
        teacher: the network that a recipe with a ``teacher`` learns from; without it, it is
            trained first, by its own recipe and with seed 0.
        checkpoint: as in ``train``: a file to go on from, one per recipe and seed. It does not
            change the result.
        history_csv: as in ``train``.
        verbose: as in ``train``.

    Returns:
        ``(model, history, seconds)``; the seconds before an interruption count too, a teacher's
        do not.

    Raises:
        ValueError: there is no recipe of that name, the checkpoint is of another training, or
            fonts that the recipe needs cannot be fetched.
    """
    if isinstance(recipe, str):
        recipe = _find(recipe)
    (x, y), _ = load_mnist() if data is None else data
    x, y = _with_others(recipe, x, y)
    if recipe.teacher and teacher is None:
        teacher, _, _ = train_recipe(recipe.teacher, data=data, verbose=verbose)
    begin = time.perf_counter()
    model, learner = _compiled(recipe, seed, digits=len(x), teacher=teacher)
    history = train(
        learner,
        scale_pixels(x),
        one_hot(y),
        epochs=recipe.epochs,
        batch_size=recipe.batch_size,
        seed=seed,
        augment=recipe.augment,
        checkpoint=checkpoint,
        history_csv=history_csv,
        verbose=verbose,
    )
    return model, history, history.earlier_seconds + time.perf_counter() - begin


def _find(name: str) -> Recipe:
    if name not in RECIPES:
        raise ValueError(f"there is no recipe {name!r}; choose one of {', '.join(RECIPES)}")
    return RECIPES[name]


def _with_others(recipe: Recipe, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """MNIST's digits, and after them all others that the recipe learns from."""
    parts = [once_more(x, y, look, share=getattr(recipe, look)) for look in LOOKS]
    parts.append(other_hands(round(recipe.hands * len(x))))
    images, labels = zip((x, y), *parts, strict=True)
    return np.concatenate(images), np.concatenate(labels)


def _compiled(
    recipe: Recipe, seed: int, *, digits: int, teacher: keras.Model | None = None
) -> tuple[keras.Model, keras.Model]:
    """The recipe's network, and what is trained: the network itself, or with its teacher."""
    steps = recipe.epochs * -(-digits // recipe.batch_size)
    optimizer = _optimizer(recipe, recipe.rate(steps))
    model = create_model(recipe.model, seed=seed)
    learner = _with_teacher(model, teacher, recipe) if recipe.teacher else model
    loss = keras.losses.CategoricalCrossentropy(
        label_smoothing=recipe.label_smoothing, from_logits=bool(recipe.teacher)
    )
    return model, compile_model(learner, optimizer=optimizer, loss=loss)


def _with_teacher(model: keras.Model, teacher: keras.Model, recipe: Recipe) -> keras.Model:
    """A network and the one it learns from, which is asked about every batch and does not learn.

    Source: Hinton, Vinyals and Dean, "Distilling the knowledge in a neural network", 2015; asked
    about the varied images as in Beyer et al., "Knowledge distillation: A good teacher is patient
    and consistent", 2022.
    """
    # by its name, which is the default, the loss would take logits for probabilities (Keras 3.15)
    loss = keras.losses.KLDivergence()
    return keras.distillation.Distiller(
        teacher=_with_logits(teacher),
        student=_with_logits(model),
        distillation_losses=keras.distillation.LogitsDistillation(recipe.temperature, loss=loss),
        student_loss_weight=1 - recipe.taught,
    )


def _with_logits(model: keras.Model) -> keras.Model:
    """The same layers, ending in logarithms: a softmax gives the probabilities back."""
    (answers,) = model.outputs
    return keras.Model(model.inputs, keras.ops.log(answers + 1e-30))  # no logarithm of 0


def _optimizer(recipe: Recipe, rate: LearningRate) -> keras.Optimizer:
    decay = recipe.weight_decay
    averaging = {"use_ema": recipe.averaging > 0, "ema_momentum": recipe.averaging}
    match recipe.optimizer:
        case "adamw":
            return keras.optimizers.AdamW(rate, weight_decay=decay, **averaging)
        case "muon":
            return ConvMuon(rate, weight_decay=decay, adam_weight_decay=decay, **averaging)
        case other:
            raise ValueError(f"there is no optimizer {other!r}; choose one of adamw, muon")
