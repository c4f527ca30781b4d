"""Day 27: a temperature on both sides, answers combined, teachers and committees."""

import numpy as np

from ...scratch import softmax
from .engine import Exercise, require_shape
from .suspects import Case, judge, judge_letters, number

# --- 27.1 ------------------------------------------------------------------------------------


def distillation_loss(teacher, student, temperature):
    """How surprised the student is by the teacher's soft answers."""
    p = np.exp(teacher / temperature)
    q = np.exp(student / temperature)
    p = p / p.sum(axis=1, keepdims=True)
    q = q / q.sum(axis=1, keepdims=True)
    return np.mean(-np.sum(p * np.log(q), axis=1))


_RNG = np.random.default_rng(27)
_TEACHER, _STUDENT = _RNG.normal(0, 4, (2, 5, 10)).round(1)
_LOSSES = [
    Case(
        f"distillation_loss(teacher, student, {temperature}) with logits of shape {shape}",
        (teacher, student, temperature),
    )
    for teacher, student, temperature, shape in [
        (_TEACHER, _STUDENT, 10, "(5, 10)"),
        (_TEACHER, _STUDENT, 1, "(5, 10)"),
        (_STUDENT[:3], _TEACHER[:3], 4, "(3, 10)"),
        (_TEACHER[:2], _TEACHER[:2], 2.5, "(2, 10)"),
    ]
]


def _check_loss(answer):
    # so wide that a guard inside the logarithm passes
    judge(answer, distillation_loss, _LOSSES, slips=_LOSS_SLIPS, form=number, within=2e-3)


def _surprise(p, q):
    return np.mean(-np.sum(p * np.log(q), axis=1))


def _teacher_only(teacher, student, temperature):
    return _surprise(softmax(teacher / temperature), softmax(student))


def _student_only(teacher, student, temperature):
    return _surprise(softmax(teacher), softmax(student / temperature))


def _swapped(teacher, student, temperature):
    return distillation_loss(student, teacher, temperature)


def _multiplied(teacher, student, temperature):
    return _surprise(softmax(teacher * temperature), softmax(student * temperature))


def _softened_afterwards(teacher, student, temperature):
    return _surprise(softmax(teacher) / temperature, softmax(student) / temperature)


def _mean_of_all(teacher, student, temperature):
    return distillation_loss(teacher, student, temperature) / teacher.shape[1]


def _summed(teacher, student, temperature):
    return distillation_loss(teacher, student, temperature) * len(teacher)


def _without_the_minus(teacher, student, temperature):
    return -distillation_loss(teacher, student, temperature)


def _hard_teacher(teacher, student, temperature):
    p = np.eye(10)[teacher.argmax(axis=1)]
    return _surprise(p, softmax(student / temperature))


def _times_the_square(teacher, student, temperature):
    return distillation_loss(teacher, student, temperature) * temperature**2


def _divergence(teacher, student, temperature):
    own = distillation_loss(teacher, teacher, temperature)
    return distillation_loss(teacher, student, temperature) - own


_LOSS_SLIPS = (
    (_teacher_only, "the student's logits are divided by the temperature, too"),
    (_student_only, "the teacher's logits are divided by the temperature, too"),
    (_swapped, "the teacher's probabilities weigh, the student's stand in the logarithm"),
    (_multiplied, "divide by the temperature"),
    (_softened_afterwards, "divide the logits, before the softmax"),
    (_mean_of_all, "the sum over the ten classes, then the mean over the rows"),
    (_summed, "the mean over the rows, not the sum"),
    (_without_the_minus, "there is a minus before the sum"),
    (_hard_teacher, "all ten of the teacher's probabilities, not only its first answer"),
    (_times_the_square, "the mean itself, not times the temperature squared"),
    (_divergence, "the cross-entropy, from which the teacher's own surprise is not taken away"),
)


def _by_scipy(teacher, student, temperature):
    from scipy.special import log_softmax
    from scipy.special import softmax as theirs

    p = theirs(teacher / temperature, axis=1)
    return -(p * log_softmax(student / temperature, axis=1)).sum(axis=1).mean()


def _in_a_loop(teacher, student, temperature):
    total = 0.0
    for t, s in zip(teacher, student, strict=True):
        p, q = np.exp(t / temperature), np.exp(s / temperature)
        total -= float(np.dot(p / p.sum(), np.log(q / q.sum())))
    return total / len(teacher)


def _in_float32(teacher, student, temperature):
    p, q = (softmax((a / temperature).astype(np.float32)) for a in (teacher, student))
    return -np.einsum("ij,ij->", p, np.log(q)) / len(p)


def _guarded(teacher, student, temperature):
    p, q = softmax(teacher / temperature), softmax(student / temperature)
    return -(p * np.log(q + 1e-7)).sum(axis=1).mean()


def _by_keras(teacher, student, temperature):
    from keras.losses import CategoricalCrossentropy

    return CategoricalCrossentropy()(softmax(teacher / temperature), softmax(student / temperature))


# --- 27.2 ------------------------------------------------------------------------------------


def combine(answers):
    """One answer from several, each row adding up to 1."""
    shares = np.exp(np.mean(np.log(answers), axis=0))
    return shares / shares.sum(axis=1, keepdims=True)


_ANSWERS = np.stack([softmax(_RNG.normal(0, 3, (4, 10))) for _ in range(5)])
_COMMITTEES = [
    Case(f"combine(answers) with answers of shape {answers.shape}", (answers,))
    for answers in (_ANSWERS[:3], _ANSWERS[:2, :1], _ANSWERS[1:, 2:], _ANSWERS[:1])
]


def _check_combine(answer):
    judge(answer, combine, _COMMITTEES, slips=_COMBINE_SLIPS, form=_rows)


def _rows(found, case):
    require_shape(found, case.arguments[0].shape[1:], what=f"{case.shown}: the result")
    return np.asarray(found, float)


def _plain_mean(answers):
    return answers.mean(axis=0)


def _not_divided(answers):
    return np.exp(np.log(answers).mean(axis=0))


def _product(answers):
    shares = answers.prod(axis=0)
    return shares / shares.sum(axis=1, keepdims=True)


def _divided_by_all(answers):
    shares = np.exp(np.log(answers).mean(axis=0))
    return shares / shares.sum()


def _divided_by_columns(answers):
    shares = np.exp(np.log(answers).mean(axis=0))
    return shares / shares.sum(axis=0, keepdims=True)


def _votes(answers):
    return np.eye(10)[answers.argmax(axis=2)].mean(axis=0)


def _logarithms(answers):
    return np.log(answers).mean(axis=0)


def _first_only(answers):
    return answers[0]


_COMBINE_SLIPS = (
    (_plain_mean, "that is the ordinary mean: take the mean of the logarithms"),
    (_not_divided, "divide each row by its sum"),
    (_product, "the mean of the logarithms, not their sum"),
    (_divided_by_all, "divide each row by its own sum, not by the sum of all"),
    (_divided_by_columns, "divide each row by its sum, not each column"),
    (_votes, "combine the probabilities, not only the first answers"),
    (_logarithms, "those are logarithms: take np.exp, and divide by the sum"),
    (_first_only, "use all of the answers"),
)


def _by_powers(answers):
    shares = np.prod(answers ** (1 / len(answers)), axis=0)
    return shares / shares.sum(axis=-1)[:, None]


def _by_scipy_mean(answers):
    from scipy.stats import gmean

    shares = gmean(answers, axis=0)
    return (shares.T / shares.sum(axis=1)).T


def _by_softmax(answers):
    return softmax(np.log(answers).mean(axis=0)).astype(np.float32)


# --- 27.3 ------------------------------------------------------------------------------------

true = {"B", "C", "E"}

_FALSE = {
    "A": "the champion taught nothing about 3s, the dense network nearly everything",
    "D": "yours read 3s today without having seen one",
    "F": "two weak ones can outvote a strong one",
}


def _check_true(answer):
    ask = "Ask of each sentence: which table or picture of today speaks for it, or against it?"
    judge_letters(answer, true, _FALSE, "is not right", ask)


EXERCISES = (
    Exercise(
        id="27.1",
        title="a temperature on both sides",
        solution=distillation_loss,
        reason="Dividing the logits before the softmax softens; both sides are softened alike. "
        "Then it is Day 12's cross-entropy with the teacher's probabilities for labels.",
        check=_check_loss,
        hints=(
            "np.exp(teacher / temperature), divided by its sum along axis 1 (keepdims=True), is p.",
            "q in the same way from the student.",
            "-np.sum(p * np.log(q), axis=1) for each row, and the mean of the rows.",
        ),
        wrong=_LOSS_SLIPS,
        right=(_by_scipy, _in_a_loop, _in_float32, _guarded, _by_keras),
    ),
    Exercise(
        id="27.2",
        title="combine answers",
        solution=combine,
        reason="The mean of the logarithms is the logarithm of the geometric mean. It does not "
        "add up to 1 by itself, so each row is divided by its sum.",
        check=_check_combine,
        hints=(
            "np.log(answers).mean(axis=0): one row per image is left.",
            "np.exp brings it back.",
            "Divide by .sum(axis=1, keepdims=True).",
        ),
        wrong=_COMBINE_SLIPS,
        right=(_by_powers, _by_scipy_mean, _by_softmax),
    ),
    Exercise(
        id="27.3",
        title="teachers and committees",
        solution=true,
        reason="Smoothing gives all wrong classes the same probability (B); a temperature lifts "
        "small ones (C); nine positions are nine answers (E). The rest was refuted today.",
        check=_check_true,
        hints=(
            "Three of the six are right.",
            "Which teacher's student read most 3s?",
            "Look at the errors of the three networks together.",
        ),
        wrong=(
            ({"B"}, "1 right, 2 missing"),
            ({"B", "C"}, "2 right, 1 missing"),
            ({"A", "B"}, "A is not right"),
            ("BCD", "D is not right"),
            ({"E", "F"}, "F is not right"),
            ({"B", "X"}, "from A to F"),
            (3, "a set of letters is asked for"),
        ),
        right=("BCE", ["b", "c", "e"], "B, C and E", ("E", "C", "B")),
    ),
)
