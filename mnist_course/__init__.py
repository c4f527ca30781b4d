"""Helpers of the thirty-day MNIST course, ready for use anywhere.

Public names load on first use (PEP 562), so ``import mnist_course`` is instant: Keras and
Matplotlib are imported only by the names that need them.

    >>> from mnist_course import DigitReader, load_mnist
    >>> (x_train, y_train), (x_test, y_test) = load_mnist()
    >>> DigitReader.load().read(x_test[0]).label
    7
"""

from importlib import import_module

__version__ = "0.1.0"

_HOME = {
    "DigitReader": "predictor",
    "accuracy_interval": "evaluation",
    "accuracy_ladder": "course.ladder",
    "balanced_subset": "data",
    "check": "course.exercises",
    "create_model": "models",
    "evaluate_model": "shipping.measure",
    "expect": "course.claims",
    "export_model": "shipping.export",
    "hint": "course.exercises",
    "load_drawings": "data",
    "load_letters": "data",
    "load_mnist": "data",
    "load_model": "shipping.export",
    "load_uci_digits": "data",
    "mcnemar": "evaluation",
    "one_hot": "preprocessing",
    "plot_accuracies": "plots",
    "plot_confusion": "plots",
    "plot_history": "plots",
    "preprocessing_stages": "images",
    "scale_pixels": "preprocessing",
    "set_seed": "training",
    "show_digits": "plots",
    "show_pixels": "plots",
    "solution": "course.exercises",
    "split_digits": "rows",
    "split_validation": "data",
    "to_mnist": "images",
    "train_and_evaluate_model": "training",
    "verdict": "evaluation",
    "visualize_predictions": "plots",
}

__all__ = sorted(_HOME)


def __getattr__(name: str):
    if name not in _HOME:
        raise AttributeError(f"module 'mnist_course' has no attribute {name!r}")
    try:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    except ModuleNotFoundError as problem:  # the base install reads and serves, no more
        from ._paths import extra_advice

        advice = f"{name} needs {problem.name}: {extra_advice('course')}"
        raise ModuleNotFoundError(advice, name=problem.name) from problem


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
