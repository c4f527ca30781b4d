"""What a network of digits must do before a file is believed to hold one.

It takes float32 images of shape (n, 28, 28, 1), 0.0 to 1.0, any number at once, and gives ten
probabilities for each. Twenty training digits in the package show whether it does: a wheel has no
MNIST.
"""

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np

from ._paths import DIGITS
from .manifest import ModelError
from .preprocessing import scale_pixels

Answer = Callable[[np.ndarray], np.ndarray]  # images, 0.0 to 1.0, to probabilities

ROUNDING = 0.02  # of a row's sum: probabilities in whole 256ths add up to about 1
CLEARLY = 0.3  # of the digits: so many more right are no accident


def check_shapes(name: str, images: Sequence, answers: Sequence) -> None:
    """Check the shapes that a file states.

    Args:
        name: of the model, for the message.
        images: shape of the input; a free axis is None or a word.
        answers: shape of the output.

    Raises:
        ModelError: another input than (n, 28, 28, 1), a fixed n, or not ten answers.
    """
    images, answers = tuple(images), tuple(answers)
    taken = f"model {name!r} takes {_in_words(images)} and gives {_in_words(answers)}"
    expected = (
        "expected a network from images of shape (n, 28, 28, 1) to probabilities of shape (n, 10)"
    )
    if not _fits(images[1:], (28, 28, 1)):
        hint = "a layer in front that takes (28, 28, 1), such as Reshape, makes it fit"
        fits = all(isinstance(side, int) for side in images[1:]) and np.prod(images[1:]) == 784
        raise ModelError(f"{taken}: {expected}{f'; {hint}' if fits else ''}")
    if isinstance(images[0], int):
        raise ModelError(
            f"{taken}: expected any number of images at once; export it with a free first axis "
            "(None in Keras, dynamic_axes or dynamic_shapes in PyTorch)"
        )
    if not answers:  # the file does not say: check_answers will see
        return
    if answers[1:] == (1,):
        raise ModelError(
            f"{taken}: one number cannot tell ten digits apart; end the network with ten units "
            "and softmax, and train it on labels from 0 to 9"
        )
    if not _fits(answers[1:], (10,)):
        raise ModelError(f"{taken}: {expected}")


def check_answers(name: str, answer: Answer) -> None:
    """Ask about twenty digits, and check that the answers are what a network of digits gives.

    A network need not be good, only to give probabilities, the same whatever comes along with an
    image, and to want pixels from 0.0 to 1.0.

    Args:
        name: of the model, for the message.
        answer: from images, float32 of shape (n, 28, 28, 1), to what should be probabilities.

    Raises:
        ModelError: it does not answer any number of images, gives other numbers than
            probabilities, or reads digits well only where pixels go up to 255.
    """
    pixels, labels = _digits()
    found, alone = _ask(name, answer, pixels), _ask(name, answer, pixels[:1])
    _check_probabilities(name, found)
    if not np.allclose(found[:1], alone, atol=ROUNDING):
        raise ModelError(
            f"model {name!r} answers otherwise when an image comes alone: was it exported in "
            "training mode? Export it for inference (model.eval() in PyTorch)"
        )
    right, right_of_raw = (
        float(np.mean(answers.argmax(axis=1) == labels))
        for answers in (found, _ask(name, answer, pixels * 255))
    )
    if right_of_raw >= right + CLEARLY and right_of_raw > 0.5:
        raise ModelError(
            f"model {name!r} wants pixels from 0 to 255: so it reads {right_of_raw:.0%} of twenty "
            f"digits, and with 0.0 to 1.0, as they come here, {right:.0%}. Take the rescaling out "
            "of it, or put keras.layers.Rescaling(255) in front, and export it again"
        )


def _fits(shape: tuple, expected: tuple[int, ...]) -> bool:
    """Whether a shape is the expected one, as far as it is known."""
    if len(shape) != len(expected):
        return False
    return all(n == m for n, m in zip(shape, expected, strict=True) if isinstance(n, int))


def _check_probabilities(name: str, found: np.ndarray) -> None:
    if not np.isfinite(found).all():
        raise ModelError(f"model {name!r} answers with NaN or infinity: train it again")
    sums = found.sum(axis=1)
    if found.min() >= -1e-4 and np.abs(sums - 1).max() <= ROUNDING:
        return
    scale = f"from {found.min():.3g} to {found.max():.3g}, adding up to {sums[0]:.3g} for a digit"
    if found.min() >= 0 and found.max() <= 1:
        kind, remedy = "ten separate shares (sigmoid?)", "train it with softmax in place of sigmoid"
    else:
        kind, remedy = "scores (logits)", "export it with a softmax layer behind it"
    raise ModelError(f"model {name!r} gives {kind}, not probabilities: {scale}; {remedy}")


def _ask(name: str, answer: Answer, pixels: np.ndarray) -> np.ndarray:
    try:
        found = np.asarray(answer(pixels))
    except Exception as problem:  # every runtime has classes of its own
        raise ModelError(
            f"model {name!r} does not answer {len(pixels)} float32 image(s) of shape (28, 28, 1) "
            f"at once: {problem}"
        ) from problem
    if found.shape != (len(pixels), 10):
        raise ModelError(
            f"model {name!r} answers {len(pixels)} image(s) with shape {found.shape}: expected "
            f"({len(pixels)}, 10)"
        )
    return found


@cache
def _digits() -> tuple[np.ndarray, np.ndarray]:
    """The first two training digits of each class: float32 (20, 28, 28, 1), and their labels."""
    with DIGITS.joinpath("twenty.npz").open("rb") as file:
        images = np.load(file)["images"]
    return scale_pixels(images), np.repeat(np.arange(10), 2)


def _in_words(shape: Sequence) -> str:
    return f"({', '.join(str(n) if isinstance(n, int) else 'n' for n in shape)})"
