"""Day 7: beat logistic regression, read a confusion matrix, put an interval on an accuracy."""

import warnings
from functools import cache

import numpy as np
from scipy.stats import binomtest, norm
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from threadpoolctl import threadpool_limits

from mnist_course.data import load_mnist
from mnist_course.preprocessing import scale_pixels

from .engine import Exercise, NotYet, call, require, require_shape

# --- 7.1 -------------------------------------------------------------------------------------

MARGIN = 0.04  # neither another C nor k-NN or a forest on plain pixels gets so far


@cache
def _digits() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """3,000 training digits to learn from and the next 2,000 to answer, as rows."""
    (images, labels), _ = load_mnist()
    rows = scale_pixels(images[:5000]).reshape(5000, 784)
    return rows[:3000], labels[:3000], rows[3000:], labels[3000:5000]


def _accuracy(model) -> float:
    learn, learn_labels, ask, ask_labels = _digits()
    with threadpool_limits(1), warnings.catch_warnings():  # as in the lesson: one core
        warnings.simplefilter("ignore")  # of convergence: the accuracy says what matters
        predicted = clone(model, safe=False).fit(learn, learn_labels).predict(ask)
    if not np.isin(predicted, range(10)).all():
        raise NotYet(
            f"your model answers with numbers such as {np.ravel(predicted)[0]:.2f}, which are "
            "no digits: take a classifier, not a regression"
        )
    return float((predicted == ask_labels).mean())


@cache
def _bar() -> float:
    return _accuracy(LogisticRegression(max_iter=1000))


def _check_challenger(model):
    if isinstance(model, type):
        name = model.__name__
        raise NotYet(f"{name} is a class, a plan for models; brackets make one: {name}()")
    require(
        not isinstance(model, list | tuple),
        "steps in a row become one model with make_pipeline(first, second)",
    )
    require(
        hasattr(model, "fit") and hasattr(model, "predict"),
        "expected a scikit-learn model that can fit and predict (in a pipeline the last step "
        f"predicts), got {model!r}",
    )
    try:
        accuracy = _accuracy(model)
    except NotYet:
        raise
    except Exception as problem:
        raise NotYet(f"your model stopped with {type(problem).__name__}: {problem}") from problem
    found, bar = f"your model reads {accuracy:.1%}", f"logistic regression {_bar():.1%}"
    require(accuracy > 0.2, f"{found}, about what one answer for every digit gets")
    require(accuracy >= _bar(), f"{found} and {bar}: the change did harm, try another")
    require(accuracy > _bar(), f"{found}, exactly as {bar}: change the method or add a step")
    require(
        accuracy >= _bar() + MARGIN,
        f"{found} and {bar}: better, but by less than four percentage "
        "points; another method, or a step before it, gains more",
    )


# --- 7.2 -------------------------------------------------------------------------------------

SIZES = np.array([500, 400, 150, 200, 180, 100, 300, 160, 50, 220])  # images of each true digit
MISREAD = {  # (true digit, answer): images; 1 has most misread, 5 the largest share, 2 the least
    (0, 9): 9, (0, 6): 3, (1, 7): 14, (1, 9): 10, (3, 5): 4, (3, 9): 4, (4, 9): 11, (5, 3): 4,
    (5, 6): 4, (5, 9): 4, (6, 0): 5, (7, 9): 6, (8, 3): 2, (9, 4): 6, (9, 7): 3,
}  # fmt: skip


def _matrix() -> np.ndarray:
    matrix = np.zeros((10, 10), dtype=int)
    for place, images in MISREAD.items():
        matrix[place] = images
    return matrix + np.diag(SIZES - matrix.sum(axis=1))


def hardest_digit(matrix):
    right = matrix.diagonal() / matrix.sum(axis=1)
    return right.argmin()


def _most_misread(matrix):
    return (matrix.sum(axis=1) - matrix.diagonal()).argmax()


def _rows_and_columns_swapped(matrix):
    return (matrix.diagonal() / matrix.sum(axis=0)).argmin()


def _diagonal_included(matrix):
    return matrix.sum(axis=1).argmax()


def _fewest_right(matrix):
    return matrix.diagonal().argmin()


def _easiest(matrix):
    return (matrix.diagonal() / matrix.sum(axis=1)).argmax()


def _largest_confusion(matrix):
    others = matrix - np.diag(matrix.diagonal())
    return (others.max(axis=1) / matrix.sum(axis=1)).argmax()


MISTAKES = (  # what a result that equals such a function's says
    (
        _most_misread,
        "that digit has the most misread images, but it also has many images: compare shares",
    ),
    (
        _rows_and_columns_swapped,
        "that is the least trustworthy answer, a column: the true digits are the rows",
    ),
    (
        _diagonal_included,
        "that is the digit with the most images: the diagonal holds the right answers, "
        "so leave it out of the misread ones",
    ),
    (
        _fewest_right,
        "that digit has the fewest right answers because it has few images: compare shares",
    ),
    (
        _largest_confusion,
        "its largest single confusion has the largest share, but all of a row's misread images "
        "count together",
    ),
    (_easiest, "that is the easiest digit: the share on the diagonal is read right"),
)


def _check_hardest_digit(answer):
    for shift in (0, 3, 6):  # the same matrix with other names for the digits
        matrix = np.roll(_matrix(), (shift, shift), axis=(0, 1))
        found = call(answer, matrix, shown="hardest_digit(matrix)")
        is_text = isinstance(found, str)
        require(not is_text, f"a number is asked for, yours is the text {found!r}")
        require(np.shape(found) == (), f"one digit is asked for, yours is {found!r}")
        require(
            found in range(10),
            f"a digit from 0 to 9 is asked for, yours is {found}: its place, not its share",
        )
        for mistake, words in MISTAKES:
            require(found != mistake(matrix), f"you say {found}: {words}")
        require(
            found == hardest_digit(matrix),
            f"you say {found}, of whose {matrix[int(found)].sum()} images "
            f"{matrix[int(found)].sum() - matrix[int(found), int(found)]} are misread; "
            "another digit has a larger share",
        )


def _hardest_in_a_loop(matrix):
    shares = []
    for digit in range(10):
        row = matrix[digit]
        shares.append((sum(row) - row[digit]) / sum(row))
    return shares.index(max(shares))


def _hardest_normalised(matrix):
    rows = matrix / np.linalg.norm(matrix, ord=1, axis=1, keepdims=True)
    return float(np.argmin(np.diag(rows)))


def _hardest_sorted(matrix):
    return sorted(range(10), key=lambda digit: matrix[digit, digit] / matrix[digit].sum())[0]


def _digit_as_text(matrix):
    return str(hardest_digit(matrix))


def _share_instead(matrix):
    return (1 - matrix.diagonal() / matrix.sum(axis=1)).max()


def _always_five(matrix):
    return 5


# --- 7.3 -------------------------------------------------------------------------------------


def interval(correct, total):
    p = correct / total
    wobble = np.sqrt(p * (1 - p) / total)
    return p - 1.96 * wobble, p + 1.96 * wobble


def _wilson(correct: int, total: int, z: float) -> tuple[float, float]:
    middle = (correct + z**2 / 2) / (total + z**2)
    half = z * np.sqrt(correct * (total - correct) / total + z**2 / 4) / (total + z**2)
    return middle - half, middle + half


def _normal(correct: int, total: int, z: float) -> tuple[float, float]:
    p = correct / total
    half = z * np.sqrt(p * (1 - p) / total)
    return p - half, p + half


def _accepted(correct: int, total: int) -> np.ndarray:
    """Every usual reading of 95 %: normal or Wilson with 1.96 or 2 wobbles, and the exact one."""
    exact = binomtest(correct, total).proportion_ci(0.95)
    usual = [f(correct, total, z) for f in (_normal, _wilson) for z in (1.96, 2)]
    return np.array([*usual, (exact.low, exact.high)])


def _check_interval(answer):
    for correct, total in ((930, 1000), (182, 200), (5820, 6000)):
        shown = f"interval({correct}, {total})"
        found = call(answer, correct, total, shown=shown)
        require_shape(found, (2,), what="the lower and the upper end, two numbers,")
        low, high = (float(end) for end in found)
        require(
            np.isfinite([low, high]).all(),
            f"{shown}: yours goes from {low} to {high}: under the root stands p, "
            "the share that was right, not the count",
        )
        p = correct / total
        require(
            high < 2,
            f"{shown}: fractions from 0 to 1 are expected, yours are {low:.1f} and {high:.1f}",
        )
        require(low <= high, f"{shown}: the lower end comes first, yours is {low:.4f}")
        require(
            low < p < high,
            f"{shown}: your own result, {p:.3f}, lies inside the interval, with room below and "
            f"above; yours goes from {low:.4f} to {high:.4f}",
        )
        if not (np.abs(_accepted(correct, total) - (low, high)).max(axis=1) < 6e-4).any():
            raise NotYet(
                f"{shown}: yours goes from {low:.4f} to {high:.4f}{_width(p, total, high)}"
            )


def _width(p: float, total: int, high: float) -> str:
    """Name the mistake that a width betrays."""
    wobbles = (high - p) / np.sqrt(p * (1 - p) / total)
    if np.isclose(high - p, 1.96 * np.sqrt(0.97 * 0.03 / total), rtol=0.02):
        return ": that is the wobble at 97 %; your own result stands in for p"
    if np.isclose(high, round(p + 1.96 * (high - p) / wobbles, 2), atol=1e-9):
        return ": rounded to whole percent; leave the ends as they are"
    if np.isclose(high - p, 1.96 * p * (1 - p) / total, rtol=0.05):
        return ": far too narrow, is the square root missing?"
    if np.isclose(high - p, 1.96 * np.sqrt(p * (1 - p)) / total, rtol=0.05):
        return ": far too narrow, the division by n belongs under the square root"
    if np.isclose(high - p, 1.96 * np.sqrt(p * (1 - p)), rtol=0.05):
        return ": far too wide, the number of digits is not used"
    return f", which is {wobbles:.2f} wobbles up; 95 % takes 1.96 down and 1.96 up"


def _from_half(half):
    """An answer whose half width is wrong."""

    def wrong(correct, total):
        p = correct / total
        return p - half(p, total), p + half(p, total)

    return wrong


def _by_scipy(correct, total):
    found = binomtest(int(correct), int(total)).proportion_ci(0.95)  # the exact interval
    return found.low, found.high


def _by_wilson(correct, total):
    return np.array(_wilson(correct, total, 1.96))


def _with_two_wobbles(correct, total):
    p = np.float32(correct / total)
    return [p - 2 * (p * (1 - p) / total) ** 0.5, p + 2 * (p * (1 - p) / total) ** 0.5]


def _by_tosses(correct, total):
    half = norm.ppf(0.975) * np.std(np.repeat([1, 0], [correct, total - correct])) / total**0.5
    return correct / total - half, correct / total + half


_no_square_root = _from_half(lambda p, n: 1.96 * p * (1 - p) / n)
_divides_outside = _from_half(lambda p, n: 1.96 * np.sqrt(p * (1 - p)) / n)
_ignores_total = _from_half(lambda p, n: 1.96 * np.sqrt(p * (1 - p)))
_one_wobble = _from_half(lambda p, n: np.sqrt(p * (1 - p) / n))
_ninety_percent = _from_half(lambda p, n: 1.645 * np.sqrt(p * (1 - p) / n))


_wobble_at_97 = _from_half(lambda p, n: 1.96 * np.sqrt(0.97 * 0.03 / n))


def _count_for_p(correct, total):
    with np.errstate(invalid="ignore"):
        half = 1.96 * np.sqrt(np.float64(correct * (1 - correct) / total))
    return correct / total - half, correct / total + half


def _rounded(correct, total):
    low, high = interval(correct, total)
    return round(low, 2), round(high, 2)


def _in_percent(correct, total):
    return [100 * end for end in interval(correct, total)]


def _one_sided(correct, total):
    return interval(correct, total)[0], correct / total


def _half_width_only(correct, total):
    low, high = interval(correct, total)
    return (high - low) / 2


def _upper_end_first(correct, total):
    return interval(correct, total)[::-1]


EXERCISES = (
    Exercise(
        id="7.1",
        title="beat logistic regression",
        solution=SVC(C=5),
        reason="Logistic regression has one weight per pixel and class, so a pixel always counts "
        "the same, whatever its neighbours do. A support vector machine compares whole images "
        "with stored ones and can draw curved borders. make_pipeline(PCA(40), SVC(C=5)) is "
        "about as good and quicker.",
        check=_check_challenger,
        hints=(
            "A model is made with brackets: `challenger = LogisticRegression(max_iter=1000)` "
            "would be the model to beat.",
            "Logistic regression only adds up pixels, one by one. Which method does more?",
            "On plain pixels, k-NN and the forest gain about three points. What helped k-NN "
            "in the folds? Or try a support vector machine: `SVC()`.",
        ),
        wrong=(
            (SVC, "brackets make one: SVC()"),
            (LogisticRegression(max_iter=1000), "exactly as logistic regression"),
            (DummyClassifier(), "about what one answer for every digit gets"),
            (make_pipeline(StandardScaler(), KNeighborsClassifier()), "the change did harm"),
            (KNeighborsClassifier(3), "by less than four percentage points"),
            (LogisticRegression(C=0.1, max_iter=1000), "by less than four percentage points"),
            (LinearRegression(), "take a classifier"),
            ((PCA(40), SVC()), "make_pipeline(first, second)"),
            (make_pipeline(SVC(), PCA(40)), "in a pipeline the last step predicts"),
            (KNeighborsClassifier("3"), "your model stopped with"),
        ),
        right=(
            make_pipeline(PCA(40), SVC(C=5)),
            make_pipeline(PCA(40), KNeighborsClassifier(1)),
            SVC(),
        ),
    ),
    Exercise(
        id="7.2",
        title="find the hardest digit in a confusion matrix",
        solution=hardest_digit,
        reason="A row holds all images of one true digit, so its sum is their number and its "
        "place on the diagonal the ones read right. Their quotient is the share read right "
        "(Day 25 calls it recall); the hardest digit has the smallest. Counts would mislead, "
        "because digits with more images have more of them misread.",
        check=_check_hardest_digit,
        hints=(
            "For one digit: row 5 holds all true 5s. How many are there, and how many of them "
            "are on the diagonal?",
            "`matrix.diagonal()` are the right answers, `matrix.sum(axis=1)` the images of each "
            "true digit.",
            "Divide one by the other; `.argmin()` gives the place of the smallest share.",
        ),
        wrong=(
            (_most_misread, "it also has many images: compare shares"),
            (_rows_and_columns_swapped, "a column: the true digits are the rows"),
            (_diagonal_included, "the diagonal holds the right answers"),
            (_fewest_right, "because it has few images"),
            (_easiest, "that is the easiest digit"),
            (_share_instead, "its place, not its share"),
            (_always_five, "you say 5"),
            (_largest_confusion, "its largest single confusion"),
            (_digit_as_text, "yours is the text"),
        ),
        right=(_hardest_in_a_loop, _hardest_normalised, _hardest_sorted),
    ),
    Exercise(
        id="7.3",
        title="put an interval on an accuracy",
        solution=interval,
        reason="The wobble of an exam of n digits is √(p(1 - p)/n); the truth is unknown, so "
        "your own result stands in for p. 95 % of all results lie within 1.96 wobbles of the "
        "truth, so in 95 % of all exams the truth lies within 1.96 wobbles of the result.",
        check=_check_interval,
        hints=(
            "First `p = correct / total`. What is the wobble for that p?",
            "`wobble = np.sqrt(p * (1 - p) / total)`: everything is under the root.",
            "Return two numbers: p minus and p plus 1.96 wobbles.",
        ),
        wrong=(
            (_no_square_root, "is the square root missing?"),
            (_divides_outside, "belongs under the square root"),
            (_ignores_total, "the number of digits is not used"),
            (_one_wobble, "1.00 wobbles"),
            (_ninety_percent, "95 % takes 1.96"),
            (_wobble_at_97, "your own result stands in for p"),
            (_count_for_p, "not the count"),
            (_rounded, "rounded to whole percent"),
            (_in_percent, "fractions from 0 to 1"),
            (_one_sided, "lies inside the interval"),
            (_half_width_only, "two numbers, should have shape (2,)"),
            (_upper_end_first, "the lower end comes first"),
        ),
        right=(_by_scipy, _by_wilson, _with_two_wobbles, _by_tosses),
    ),
)
