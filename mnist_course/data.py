"""Arrays in, checked: MNIST from the repository, Keras's cache or the network.

Whatever the source, the arrays are the original 70,000 digits: the SHA-256 of the bytes of each
array is verified on every load.
"""

from pathlib import Path

import numpy as np

from ._download import download_mnist
from ._npz import DataError, array_sha256, read_npz
from ._paths import DIGITS, MNIST_FILE, keras_home, restore_advice

SHA256 = {
    "x_train": "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
    "y_train": "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
    "x_test": "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
    "y_test": "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
}
FILE_SHA256 = "06af5dfe73b70e3bc1c36439982b18a8d76803db9b544f6fdf838a37fbb01b64"  # mnist.npz

SHAPES = {
    "x_train": (60_000, 28, 28),
    "y_train": (60_000,),
    "x_test": (10_000, 28, 28),
    "y_test": (10_000,),
}
UCI_SHA256 = {  # made anew by data/rebuild_uci.py, which prints these
    "images": "d0b30619ef26d64bd04fa9525880a6c7c75cdf43f0b3be4432995446441b67c7",
    "labels": "8ba4f891220f5e4c9c819638d1602d74b83618f167043c6da52a2a247841ddf0",
}
FONTS = (  # handwriting, from the npm packages @fontsource/NAME; licences: data/README.md
    *("architects-daughter", "caveat", "cedarville-cursive", "coming-soon"),
    *("covered-by-your-grace", "gloria-hallelujah", "homemade-apple", "indie-flower"),
    *("just-another-hand", "kalam", "la-belle-aurore", "nothing-you-could-do"),
    *("patrick-hand", "permanent-marker", "reenie-beanie", "shadows-into-light"),
)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LETTERS_SHA256 = {  # made anew by data/rebuild_letters.py, which prints these
    "images": "77dd17b98dd0c9a4e484d71ba6d9b15187a97fc121583294522e2521fba72c36",
    "labels": "9046452f772dc9672f4ab5897aa7709cd33743d53400a3128b7cba34533f6400",
    "fonts": "49d36418aed17ee267f25ace6572afaabc71911a6a44479c43cc504e1a7f72c2",
}

Arrays = tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


def load_mnist(path: str | Path | None = None) -> Arrays:
    """Load the 60,000 training and 10,000 test digits, each array verified by its checksum.

    Without ``path``, the sources are tried in this order: the repository's ``data/mnist.npz``,
    Keras's cache (``~/.keras/datasets/mnist.npz``), a download into that cache.

    Args:
        path: read this ``.npz`` file instead (keys ``x_train``, ``y_train``, ``x_test``,
            ``y_test``).

    Returns:
        ``(x_train, y_train), (x_test, y_test)``: images of dtype uint8 and shape
        (n, 28, 28), 0 background to 255 ink; labels of dtype uint8 and shape (n,), 0 to 9.

    Raises:
        DataError: a file is missing, damaged or not MNIST, or no source could be reached. A
            damaged file is reported, never overwritten.

    Source: LeCun, Cortes, Burges, "The MNIST database of handwritten digits", 1998.
    """
    if path is not None:
        return _read_verified(Path(path))
    for candidate in (MNIST_FILE, keras_cache_file()):
        if candidate.exists():
            return _read_verified(candidate)
    return _read_verified(download_mnist(keras_cache_file(), verify=_read_verified))


def load_uci_digits() -> tuple[np.ndarray, np.ndarray]:
    """Load scikit-learn's 1,797 digits (other hands, another scanner) in MNIST form.

    They were converted once, by ``convert_uci_digits``, and lie in the package.

    Returns:
        ``(images, labels)``: uint8 of shape (1797, 28, 28), 0 to 255; uint8 of shape (1797,).

    Raises:
        DataError: the file is missing or damaged.

    Source: Alpaydin and Kaynak, "Optical Recognition of Handwritten Digits", UCI, 1998.
    """
    arrays = _read_own(DIGITS / "uci.npz", UCI_SHA256)
    return arrays["images"], arrays["labels"]


def load_letters() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Load the capitals A to Z in sixteen handwriting fonts, one picture of each.

    Returns:
        ``(pictures, labels, fonts)``: uint8 of shape (416, 56, 56), 0 black ink to 255 white
        paper, as ``to_mnist`` takes them; uint8 of shape (416,), 0 for A to 25 for Z; the name
        of each picture's font, shape (416,).

    Raises:
        DataError: the file is missing or damaged.

    Source: sixteen free fonts, listed with their licences in ``data/README.md``.
    """
    arrays = _read_own(DIGITS / "letters.npz", LETTERS_SHA256)
    return arrays["images"], arrays["labels"], np.array(FONTS)[arrays["fonts"]]


def load_drawings(path: str | Path) -> tuple[np.ndarray, np.ndarray]:
    """Load drawings that were labelled on the course's page and downloaded there.

    Args:
        path: the ``.npz`` file.

    Returns:
        ``(images, labels)``: uint8 of shape (n, 28, 28), 0 background to 255 ink; uint8 of shape
        (n,), 0 to 9. They go wherever MNIST's digits go.

    Raises:
        DataError: there is no such file, or it holds something else.
    """
    remedy = "Download the drawings again from the page"
    arrays = read_npz(Path(path), ("images", "labels"), "file of drawings", remedy)
    images, labels = arrays["images"], arrays["labels"]
    fits = images.dtype == labels.dtype == np.uint8 and labels.ndim == 1
    if not fits or images.shape != (len(labels), 28, 28) or np.any(labels > 9):
        raise DataError(
            f"{path} holds no labelled drawings: expected images, uint8 of shape (n, 28, 28), and "
            f"labels, uint8 of shape (n,) from 0 to 9, got {images.dtype} of shape {images.shape} "
            f"and {labels.dtype} of shape {labels.shape}"
        )
    return images, labels


def convert_uci_digits(count: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Make what ``load_uci_digits`` loads: takes seconds.

    Each 8 x 8 image is enlarged smoothly and placed by ``to_mnist`` like any other picture.

    Args:
        count: only so many of the digits, the first.
    """
    from PIL import Image
    from sklearn.datasets import load_digits

    from .images import to_mnist

    digits = load_digits()
    pixels = np.round(digits.images[:count] * (255 / 16)).astype(np.uint8)
    large = [Image.fromarray(p).resize((160, 160), Image.Resampling.BICUBIC) for p in pixels]
    images = np.stack([to_mnist(np.asarray(image), ink="light") for image in large])
    return images, digits.target[:count].astype(np.uint8)


def split_validation(
    x: np.ndarray, y: np.ndarray, *, validation_split: float = 0.1, seed: int = 0
) -> Arrays:
    """Set aside a stratified validation part: every class keeps its share.

    Args:
        x: examples, any dtype, shape (n, ...).
        y: integer labels, shape (n,).
        validation_split: fraction of the examples to set aside, between 0 and 1.
        seed: decides which examples; the same seed gives the same split.

    Returns:
        ``(x_train, y_train), (x_validation, y_validation)``.

    Raises:
        ValueError: lengths differ, the fraction is not between 0 and 1, or not every class has
            enough examples for a share.
    """
    from sklearn.model_selection import train_test_split

    _require_same_length(x, y)
    if not 0 < validation_split < 1:
        raise ValueError(
            f"validation_split is a fraction between 0 and 1 (0.1 sets aside 10 %), "
            f"got {validation_split}"
        )
    try:
        x_train, x_validation, y_train, y_validation = train_test_split(
            x, y, test_size=float(validation_split), stratify=y, random_state=seed
        )
    except ValueError as problem:  # scikit-learn knows nothing of a validation_split
        raise ValueError(
            f"validation_split={validation_split:g} of these {len(x)} examples cannot be set aside "
            f"with a share of every class: {problem}"
        ) from problem
    return (x_train, y_train), (x_validation, y_validation)


def balanced_subset(
    x: np.ndarray, y: np.ndarray, *, per_class: int, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Pick the same number of examples of every class, in shuffled order.

    Args:
        x: examples, shape (n, ...).
        y: integer labels, shape (n,).
        per_class: how many examples of each class, at least 1.
        seed: decides which examples; the same seed gives the same subset.

    Returns:
        ``(x, y)`` with ``per_class`` times the number of classes examples.

    Raises:
        ValueError: there are no examples, a label is NaN, a class has fewer than asked for,
            ``per_class`` is no whole number, or lengths differ.
    """
    x, y = np.asarray(x), np.asarray(y)
    _require_same_length(x, y)
    if y.ndim != 1 or len(y) == 0:
        raise ValueError(f"expected labels of shape (n,), at least one, got shape {y.shape}")
    if (y != y).any():  # no other value differs from itself
        raise ValueError(f"the labels must name a class each, but {(y != y).sum()} are NaN")
    classes, counts = np.unique(y, return_counts=True)
    if not isinstance(per_class, int | np.integer) or not 1 <= per_class <= counts.min():
        rarest = classes[counts.argmin()]
        raise ValueError(
            f"per_class must be a whole number from 1 to {counts.min()} (all there are of class "
            f"{rarest}), got {per_class}"
        )
    rng = np.random.default_rng(seed)
    chosen = [rng.choice(np.flatnonzero(y == c), per_class, replace=False) for c in classes]
    order = rng.permutation(np.concatenate(chosen))
    return x[order], y[order]


def keras_cache_file() -> Path:
    """Where ``keras.datasets.mnist`` keeps its copy (``KERAS_HOME`` is honoured)."""
    return keras_home() / "datasets" / "mnist.npz"


def _read_verified(file: Path) -> Arrays:
    arrays = read_npz(file, SHA256, "MNIST file", _remedy(file), sha256=FILE_SHA256)
    for name, expected in SHA256.items():
        array, shape = arrays[name], SHAPES[name]
        if (array.dtype, array.shape) != (np.uint8, shape):  # the same bytes can be cut otherwise
            raise DataError(
                f"{file} does not hold the original MNIST: {name} is {array.dtype} of shape "
                f"{array.shape}, expected uint8 of shape {shape}\n{_remedy(file)}"
            )
        found = array_sha256(array)
        if found != expected:
            raise DataError(
                f"{file} does not hold the original MNIST: the SHA-256 of {name} is\n"
                f"  found    {found}\n  expected {expected}\n{_remedy(file)}"
            )
    return (arrays["x_train"], arrays["y_train"]), (arrays["x_test"], arrays["y_test"])


def _read_own(file: Path, checksums: dict[str, str]) -> dict[str, np.ndarray]:
    """The arrays of a file that comes with the package, verified."""
    arrays = read_npz(file, checksums, "file of the course", _remedy(file))
    for name, expected in checksums.items():
        if array_sha256(arrays[name]) != expected:
            raise DataError(f"{file} is not the one of the course\n{_remedy(file)}")
    return arrays


def _remedy(file: Path) -> str:
    if file == MNIST_FILE or file.is_relative_to(DIGITS):
        return restore_advice(file)
    return f"Move or delete {file}, then load again to fetch a good copy."


def _require_same_length(x: np.ndarray, y: np.ndarray) -> None:
    if len(x) != len(y):
        raise ValueError(f"x and y must have one label per example, got {len(x)} and {len(y)}")
