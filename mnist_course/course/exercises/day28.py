"""Day 28: answers after reloading, the bytes of a network, files that must not be opened."""

import hashlib
import math
import zlib

import numpy as np

from .engine import Exercise
from .suspects import Case, judge, number, set_of_names, yes_or_no

# --- 28.1 ------------------------------------------------------------------------------------


def agrees(answers, reloaded, tolerance):
    """Whether a reloaded network answers as the saved one did."""
    if answers.shape != reloaded.shape:
        return False
    return bool(np.all(np.abs(answers - reloaded) <= tolerance))


_P = np.array([[0.5, 0.25, 0.25], [0.125, 0.75, 0.125], [0.125, 0.125, 0.75]])
_UP, _DOWN, _FAR, _HOLE = _P.copy(), _P.copy(), _P.copy(), _P.copy()
_UP[1, 0] += 0.25
_DOWN[2, 2] -= 0.25
_FAR[0] = [1.0, 0.0, 0.0]
_HOLE[1, 1] = np.nan
_SURE = np.array([[1.0, 0.0, 0.0]])
_TINY = 2.0**-20  # about a millionth, and added without rounding
_RELOADED = [
    Case(f"agrees({a.tolist()}, {b.tolist()}, {tolerance})", (a, b, tolerance), note)
    for a, b, tolerance, note in [
        (_P, _P.copy(), 0.0001, "they are equal"),
        (_P, _UP, 0.25, "exactly the tolerance is allowed"),
        (_P, _DOWN, 0.125, "one probability is 0.25 lower"),
        (_P, _UP, 0.125, "one probability is 0.25 higher"),
        (_P, _FAR, 0.4, "the same digits are read, but a probability is 0.5 apart"),
        (_P, _FAR, 0.6, "no probability is farther apart than 0.6"),
        (_P, _HOLE, 0.5, "nan agrees with nothing"),
        (_HOLE, _HOLE.copy(), 0.5, "nan agrees with nothing, not even with nan"),
        (_P, _P[:1], 0.9, "3 rows against 1: the shapes differ"),
        (_P, _P[:, :1], 0.9, "3 columns against 1: the shapes differ"),
        (_P, _P + _TINY, 0.0, "a tolerance of 0 allows no difference"),
        (_SURE, np.array([[0.0, 1.0, 0.0]]), 1.0, "exactly the tolerance is allowed"),
        (_P, np.array([[0.4, 0.3, 0.3], [0.2, 0.65, 0.15], [0.1, 0.2, 0.7]]), 0.2, ""),
    ]
]


def _check_agrees(answer):
    judge(answer, agrees, _RELOADED, slips=_AGREE_SLIPS, form=yes_or_no)


def _same_shape(judge_pair):
    """A slip that looks at the shapes first, as the solution does."""

    def slip(answers, reloaded, tolerance):
        return answers.shape == reloaded.shape and bool(judge_pair(answers, reloaded, tolerance))

    slip.__name__ = judge_pair.__name__
    return slip


@_same_shape
def _same_digits(answers, reloaded, tolerance):
    return np.array_equal(answers.argmax(axis=1), reloaded.argmax(axis=1))


@_same_shape
def _on_average(answers, reloaded, tolerance):
    return np.abs(answers - reloaded).mean() <= tolerance


@_same_shape
def _one_direction(answers, reloaded, tolerance):
    return np.all(answers - reloaded <= tolerance)


@_same_shape
def _strictly_below(answers, reloaded, tolerance):
    return np.all(np.abs(answers - reloaded) < tolerance)


@_same_shape
def _to_the_last_bit(answers, reloaded, tolerance):
    return np.array_equal(answers, reloaded)


@_same_shape
def _nothing_is_far(answers, reloaded, tolerance):
    return not np.any(np.abs(answers - reloaded) > tolerance)


@_same_shape
def _any_is_near(answers, reloaded, tolerance):
    return np.any(np.abs(answers - reloaded) <= tolerance)


def _any_shape(answers, reloaded, tolerance):
    return bool(np.all(np.abs(answers - reloaded) <= tolerance))


@_same_shape
def _nan_forgiven(answers, reloaded, tolerance):
    return np.nanmax(np.abs(answers - reloaded)) <= tolerance


@_same_shape
def _allclose_with_its_rtol(answers, reloaded, tolerance):
    return np.allclose(answers, reloaded, atol=tolerance)


def _same_length(answers, reloaded, tolerance):
    if len(answers) != len(reloaded):
        return False
    return bool(np.all(np.abs(answers - reloaded) <= tolerance))


_AGREE_SLIPS = (
    (_allclose_with_its_rtol, "np.allclose allows more than `atol`: give it rtol=0, too"),
    (_same_length, "the same number of rows is not enough: compare the shapes"),
    (_same_digits, "the same digits are not enough: compare the probabilities"),
    (_on_average, "each probability must be near, not the mean of all differences"),
    (_one_direction, "a difference in either direction counts: take np.abs"),
    (_strictly_below, "exactly the tolerance is allowed"),
    (_to_the_last_bit, "differences up to the tolerance are allowed"),
    (_nothing_is_far, "nan agrees with nothing: ask whether all are near, not whether any is far"),
    (_any_is_near, "all probabilities must be near, not any"),
    (_any_shape, "the shapes differ"),
    (_nan_forgiven, "nan agrees with nothing: ask whether all are near, not whether any is far"),
)


def _by_largest(answers, reloaded, tolerance):
    same_shape = np.shape(answers) == np.shape(reloaded)
    return same_shape and bool(np.max(np.abs(answers - reloaded)) <= tolerance)


def _by_allclose(answers, reloaded, tolerance):
    same_shape = answers.shape == reloaded.shape
    return same_shape and np.allclose(answers, reloaded, rtol=0, atol=tolerance)


def _by_loops(answers, reloaded, tolerance):
    if len(answers) != len(reloaded) or len(answers[0]) != len(reloaded[0]):
        return False
    for row, other in zip(answers, reloaded, strict=True):
        for a, b in zip(row, other, strict=True):
            if not abs(a - b) <= tolerance:
                return False
    return True


def _by_a_generator(answers, reloaded, tolerance):
    same_shape = answers.shape == reloaded.shape
    pairs = zip(answers.flat, reloaded.flat, strict=False)
    return same_shape and all(abs(a - b) <= tolerance for a, b in pairs)


def _array_of_no_axis(answers, reloaded, tolerance):
    same_shape = answers.shape == reloaded.shape
    return np.array(same_shape and np.max(np.abs(answers - reloaded)) <= tolerance)


def _numpy_bool(answers, reloaded, tolerance):
    if answers.shape != reloaded.shape:
        return np.False_
    return (np.abs(answers - reloaded) <= tolerance).all()


# --- 28.2 ------------------------------------------------------------------------------------


def model_bytes(shapes, bits, slots):
    """The bytes of all weights, and of what the optimizer keeps."""
    import math

    weights = sum(math.prod(shape) for shape in shapes)
    return weights * (1 + slots) * bits / 8


_DENSE = [(12, 8), (8,), (8, 5), (5,)]
_CONVOLUTION = [(3, 3, 1, 8), (8,), (32, 10), (10,)]
_SIZES = [
    Case(f"model_bytes({shapes}, {bits}, {slots})", (shapes, bits, slots), note)
    for shapes, bits, slots, note in [
        (_DENSE, 32, 0, ""),
        (_DENSE, 32, 2, "the weights themselves, and 2 more numbers for each"),
        (_CONVOLUTION, 16, 1, ""),
        ([(6, 4)], 8, 0, "24 numbers of one byte"),
        ([(2, 3, 4), ()], 64, 3, "a shape () is a single number"),
    ]
]


def _check_bytes(answer):
    judge(answer, model_bytes, _SIZES, slips=_BYTE_SLIPS, form=number)


def _bits_taken_for_bytes(shapes, bits, slots):
    return sum(math.prod(s) for s in shapes) * (1 + slots) * bits


def _only_the_optimizer(shapes, bits, slots):
    return sum(math.prod(s) for s in shapes) * slots * bits / 8


def _without_the_optimizer(shapes, bits, slots):
    return model_bytes(shapes, bits, 0)


def _sum_of_sides(shapes, bits, slots):
    return sum(sum(s) for s in shapes) * (1 + slots) * bits / 8


def _always_32(shapes, bits, slots):
    return model_bytes(shapes, 32, slots)


def _without_biases(shapes, bits, slots):
    return model_bytes([s for s in shapes if len(s) > 1], bits, slots)


def _numbers_only(shapes, bits, slots):
    return sum(math.prod(s) for s in shapes)


def _slots_added(shapes, bits, slots):
    return (sum(math.prod(s) for s in shapes) + slots) * bits / 8


def _in_kilobytes(shapes, bits, slots):
    return model_bytes(shapes, bits, slots) / 1000


def _slots_instead(shapes, bits, slots):
    return model_bytes(shapes, bits, max(slots, 1) - 1)


def _first_array_only(shapes, bits, slots):
    return model_bytes(shapes[:1], bits, slots)


def _optimizer_always_32(shapes, bits, slots):
    return sum(math.prod(s) for s in shapes) * (bits / 8 + 4 * slots)


def _first_two_sides(shapes, bits, slots):
    return model_bytes([s[:2] for s in shapes], bits, slots)


_BYTE_SLIPS = (
    (_bits_taken_for_bytes, "those are bits: a byte has 8"),
    (_only_the_optimizer, "the optimizer's numbers come on top of the weights"),
    (_without_the_optimizer, "the optimizer keeps `slots` more numbers for each weight"),
    (_sum_of_sides, "an array of shape (12, 8) has 12 times 8 numbers"),
    (_always_32, "a number takes `bits` bits, not always 32"),
    (_without_biases, "the arrays of one axis, the biases, count too"),
    (_numbers_only, "that is how many weights there are; how many bytes does each take?"),
    (_slots_added, "the optimizer keeps `slots` more numbers for each weight"),
    (_in_kilobytes, "bytes are asked for, not kB"),
    (_slots_instead, "the weights themselves are there once more: 1 + slots"),
    (_first_array_only, "add up all arrays, not the first only"),
    (_optimizer_always_32, "the optimizer's numbers take `bits` bits each, too"),
    (_first_two_sides, "multiply all sides of a shape, not only two"),
)


def _by_numpy(shapes, bits, slots):
    return int(np.sum([np.prod(shape) for shape in shapes])) * (slots + 1) * (bits // 8)


def _by_arrays(shapes, bits, slots):
    one = sum(np.zeros(shape, np.uint8).size for shape in shapes)
    return np.float64((one + slots * one) * bits) / 8


def _by_a_loop(shapes, bits, slots):
    total = 0
    for shape in shapes:
        numbers = 1
        for side in shape:
            numbers *= side
        total += numbers * bits + slots * numbers * bits
    return total // 8


# --- 28.3 ------------------------------------------------------------------------------------


def suspicious(contents, checksums):
    """The names of the files that must not be opened."""
    bad = set()
    for name, content in contents.items():
        found = hashlib.sha256(content).hexdigest()
        if name not in checksums or checksums[name].strip().lower() != found:
            bad.add(name)
    return bad


def _sha(content):
    return hashlib.sha256(content).hexdigest()


_GOOD, _FORGED = b"weights of a reader", b"weights of a readeR"
_NEAR = _sha(_GOOD)[:16] + _sha(_FORGED)[16:]  # the first half of one, the second of another
_FOLDERS = [
    Case(f"a folder with {', '.join(contents)} ({note})", (contents, letter))
    for contents, letter, note in [
        ({"a.onnx": _GOOD}, {"a.onnx": _sha(_GOOD)}, "as it was sent"),
        ({"a.onnx": _FORGED}, {"a.onnx": _sha(_GOOD)}, "one letter was changed in it"),
        (
            {"a.onnx": _GOOD, "b.onnx": _GOOD},
            {"a.onnx": _sha(_GOOD).upper(), "b.onnx": f"  {_sha(_GOOD)} \n"},
            "one checksum in capitals, one with spaces around it",
        ),
        (
            {"a.onnx": _GOOD, "extra.keras": _GOOD},
            {"a.onnx": _sha(_GOOD)},
            "the letter does not list extra.keras",
        ),
        (
            {"a.onnx": _GOOD},
            {"a.onnx": _sha(_GOOD), "lost.onnx": _sha(_FORGED)},
            "lost.onnx did not arrive, and nobody will open it",
        ),
        ({"a.onnx": _GOOD}, {"a.onnx": _NEAR}, "the first 16 characters fit, the others do not"),
        (
            {"a.onnx": _FORGED, "b.onnx": _GOOD, "c.onnx": b""},
            {"a.onnx": _sha(_GOOD), "b.onnx": _sha(_FORGED), "c.onnx": _sha(b"")},
            "a.onnx and b.onnx have changed their names",
        ),
    ]
]


def _check_suspicious(answer):
    judge(answer, suspicious, _FOLDERS, slips=_FOLDER_SLIPS, form=_names)


def _names(found, case):
    contents, checksums = case.arguments
    return set_of_names(found, case, {*contents, *checksums})


def _flagged(is_bad):
    """A slip: the names for which ``is_bad(name, content, checksums)``."""

    def slip(contents, checksums):
        return {name for name, content in contents.items() if is_bad(name, content, checksums)}

    slip.__name__ = is_bad.__name__
    return slip


@_flagged
def _capitals_refused(name, content, checksums):
    return checksums.get(name, "").strip() != _sha(content)


@_flagged
def _spaces_refused(name, content, checksums):
    return checksums.get(name, "").lower() != _sha(content)


@_flagged
def _as_written(name, content, checksums):
    return checksums.get(name) != _sha(content)


@_flagged
def _unlisted_believed(name, content, checksums):
    return name in checksums and checksums[name].strip().lower() != _sha(content)


@_flagged
def _first_eight(name, content, checksums):
    return checksums.get(name, "").strip().lower()[:8] != _sha(content)[:8]


@_flagged
def _any_checksum(name, content, checksums):
    return _sha(content) not in {c.strip().lower() for c in checksums.values()}


@_flagged
def _by_name_only(name, content, checksums):
    return name not in checksums


@_flagged
def _the_good_ones(name, content, checksums):
    return checksums.get(name, "").strip().lower() == _sha(content)


@_flagged
def _another_sum(name, content, checksums):
    return checksums.get(name, "").strip().lower() != f"{zlib.crc32(content):08x}"


def _lost_ones_too(contents, checksums):
    return suspicious(contents, checksums) | (set(checksums) - set(contents))


def _as_one_text(contents, checksums):
    return ", ".join(sorted(suspicious(contents, checksums)))


_FOLDER_SLIPS = (
    (_capitals_refused, "capitals and small letters mean the same: .lower() on what was copied"),
    (_spaces_refused, "spaces around a checksum mean nothing: .strip() on what was copied"),
    (_as_written, "bring what was copied into one form first: .strip().lower()"),
    (_unlisted_believed, "a file that the letter does not list must not be opened either"),
    (_first_eight, "compare the whole checksum, not its beginning"),
    (_any_checksum, "compare with the checksum of this name, not with any in the letter"),
    (_by_name_only, "that the name is listed is not enough: compare the checksums"),
    (_the_good_ones, "those are the good ones: the others are asked for"),
    (_another_sum, "take hashlib.sha256(content).hexdigest() of the content"),
    (_lost_ones_too, "only files that have arrived can be opened"),
)


def _by_comprehension(contents, checksums):
    clean = {name: text.strip().lower() for name, text in checksums.items()}
    return {n for n, c in contents.items() if clean.get(n) != hashlib.sha256(c).hexdigest()}


def _as_a_list(contents, checksums):
    bad = []
    for name in contents:
        digest = hashlib.sha256()
        digest.update(contents[name])
        if checksums.get(name, "").strip().upper() != digest.hexdigest().upper():
            bad.append(name)
    return bad


def _by_bytes(contents, checksums):
    good = {
        name
        for name, text in checksums.items()
        if name in contents and bytes.fromhex(text) == hashlib.sha256(contents[name]).digest()
    }
    return frozenset(contents) - good


EXERCISES = (
    Exercise(
        id="28.1",
        title="do the answers agree?",
        solution=agrees,
        reason="Shapes first, for NumPy would stretch one row over many. Then every difference, "
        "in either direction, is at most the tolerance. nan <= tolerance is False, so a nan "
        "never agrees, where `not any(... > tolerance)` would let it pass.",
        check=_check_agrees,
        hints=(
            "If answers.shape and reloaded.shape differ, the answer is False.",
            "np.abs(answers - reloaded) are the distances.",
            "np.all(distances <= tolerance) asks whether all of them are small enough.",
        ),
        wrong=_AGREE_SLIPS,
        right=(
            _by_largest,
            _by_allclose,
            _by_loops,
            _numpy_bool,
            _by_a_generator,
            _array_of_no_axis,
        ),
    ),
    Exercise(
        id="28.2",
        title="the bytes of a network",
        solution=model_bytes,
        reason="The numbers of an array are the product of its sides. Each weight is there once, "
        "and `slots` more times in the optimizer. Eight bits are a byte.",
        check=_check_bytes,
        hints=(
            "After import math, math.prod((784, 128)) is 784 times 128; math.prod(()) is 1.",
            "Add up the numbers of all shapes, then times (1 + slots).",
            "Times bits, divided by 8.",
        ),
        wrong=_BYTE_SLIPS,
        right=(_by_numpy, _by_arrays, _by_a_loop),
    ),
    Exercise(
        id="28.3",
        title="files that must not be opened",
        solution=suspicious,
        reason="Each file is compared with the checksum of its own name, the whole of it, in one "
        "spelling. What is not listed was not meant by the sender.",
        check=_check_suspicious,
        hints=(
            "for name, content in contents.items(): goes through what has arrived.",
            "checksums[name].strip().lower() is the copied checksum in one spelling.",
            "A name that is not in checksums is suspicious, too; so is one whose checksum differs.",
        ),
        wrong=(*_FOLDER_SLIPS, (_as_one_text, "yours has '', which is no name of it")),
        right=(_by_comprehension, _as_a_list, _by_bytes),
    ),
)
