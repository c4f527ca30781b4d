import errno
import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from mnist_course._paths import MODELS_FOLDER
from mnist_course.data import load_mnist
from mnist_course.evaluation.statistics import accuracy_interval
from mnist_course.manifest import ModelError
from mnist_course.models import create_model
from mnist_course.predictor import DigitReader
from mnist_course.preprocessing import scale_pixels
from mnist_course.shipping import measure
from mnist_course.shipping.formats.keras import write as write_keras
from mnist_course.shipping.measure import evaluate_model

X, Y = load_mnist()[1]
TEST, UCI = (X[:500], Y[:500]), (X[500:600], Y[500:600])
CHAMPION = MODELS_FOLDER / "champion.onnx"


@pytest.fixture
def scripted(monkeypatch):
    """The champion answers what it is told to."""

    def answer(*answers):
        given = iter(np.eye(10, dtype=np.float32)[list(a)] for a in answers)
        always = np.eye(10, dtype=np.float32)[:1]
        monkeypatch.setattr(DigitReader, "predict", lambda self, images: next(given, always))

    return answer


def images(*labels):
    return np.zeros((len(labels), 28, 28), np.uint8), np.array(labels)


def test_accuracy_comes_with_its_interval(scripted):
    scripted([1, 2, 3, 3], [5])
    found = evaluate_model("champion", test=images(1, 2, 3, 4), uci=images(6))
    assert found.test[:3] == (3, 4, 0.75)
    assert (found.test.low, found.test.high) == accuracy_interval(3, 4)
    assert found.uci[:3] == (0, 1, 0.0)


def test_each_digit_has_its_errors_and_what_it_was_mostly_read_as(scripted):
    scripted([4, 9, 9, 7, 9], [0])
    found = evaluate_model("champion", test=images(4, 4, 4, 4, 9), uci=images(0))
    assert found.digits[4] == (4, 4, 3, 9)
    assert found.digits[9] == (9, 1, 0, None)
    assert found.digits[0] == (0, 0, 0, None)


def test_shipped_names_and_their_files_answer_alike():
    by_name, by_file = (evaluate_model(s, test=TEST, uci=UCI) for s in ("champion", CHAMPION))
    assert by_name.test == by_file.test
    assert by_name.uci.accuracy >= 0.97
    assert 0 < by_name.microseconds < 1e6


def test_a_keras_file_of_ones_own_is_measured(tmp_path):
    model = create_model("tiny", seed=0)
    write_keras(model, tmp_path / "mine.keras")
    expected = np.sum(model.predict(scale_pixels(TEST[0]), verbose=0).argmax(axis=1) == TEST[1])
    found = evaluate_model(tmp_path / "mine.keras", test=TEST, uci=UCI)
    assert found.test.correct == expected
    assert found.model == str(tmp_path / "mine.keras")


def test_the_time_of_one_image_is_the_median_of_many_calls(monkeypatch):
    clock = [0.0]
    durations = itertools.chain([0.4], itertools.repeat(20e-6))  # the first call warms up

    def predict(image):
        clock[0] += next(durations)

    monkeypatch.setattr(measure.time, "perf_counter", lambda: clock[0])
    assert measure._microseconds(predict, X[:1]) == pytest.approx(20)


def test_default_digits_are_the_whole_test_set_and_the_uci_digits(scripted, monkeypatch):
    monkeypatch.setattr(measure, "load_uci_digits", lambda: images(0, 0, 1))
    scripted(np.zeros(10_000, int), [0, 0, 0])
    found = evaluate_model("champion")
    assert (found.test.total, found.test.correct) == (10_000, 980)
    assert (found.uci.total, found.uci.correct) == (3, 2)


def test_as_dict_is_ready_for_json(scripted):
    scripted([1], [1])
    made = evaluate_model("champion", test=images(1), uci=images(1))
    found = json.loads(json.dumps(made.as_dict()))
    assert found["test"]["accuracy"] == 1.0
    assert found["digits"][1] == {"digit": 1, "total": 1, "errors": 0, "mostly_as": None}


def test_labels_may_be_a_list(scripted):
    scripted([4, 9], [0])
    found = evaluate_model("champion", test=(X[:2], [4, 4]), uci=images(0))
    assert found.digits[4] == (4, 2, 1, 9)


@pytest.mark.parametrize(
    ("labels", "form"),
    [
        (Y[:3, None], r"uint8 \(3, 1\)"),
        (Y[:2], r"uint8 \(2,\)"),
        (Y[:3] + 0.5, r"float64 \(3,\)"),
        ([1, 2, 10], r"int64 \(3,\)"),
        ((X, Y), "tuple"),
    ],
)
def test_what_is_no_label_for_each_image_is_refused(scripted, labels, form):
    scripted([1, 2, 3], [0])
    with pytest.raises(ValueError, match=f"expected test=.*got 3 images and labels {form}"):
        evaluate_model("champion", test=(X[:3], labels), uci=images(0))


@pytest.mark.parametrize("digits", [(X, Y, Y), X[:3]])
def test_digits_are_images_and_labels(digits):
    with pytest.raises(ValueError, match=r"expected test=\(images, labels\), got (tuple|ndarray)"):
        evaluate_model(CHAMPION, test=digits)


def test_a_model_is_measured_by_its_name_or_file():
    with pytest.raises(ModelError, match="export_model writes it, got Sequential"):
        evaluate_model(create_model("softmax"))


def test_a_file_that_may_not_be_read_is_named(tmp_path, monkeypatch):
    def refuse(self):
        raise PermissionError(errno.EACCES, "Permission denied")

    (tmp_path / "locked.onnx").touch()
    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(ModelError, match="cannot read .*locked.onnx .*Permission denied"):
        evaluate_model(tmp_path / "locked.onnx")


def test_without_digits_nothing_is_measured(scripted):
    scripted([1], [])
    with pytest.raises(ValueError, match="expected uci=.*at least one image.*got 0 images"):
        evaluate_model("champion", test=images(1), uci=images())


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("best", r"no model 'best' in .*; there is .*champion"),
        ("absent.onnx", "there is no file absent.onnx"),
        ("absent.keras", "there is no file absent.keras"),
        ("model.h5", r"HDF5 file"),
        ("models/champion", "ends in .*got 'champion'"),
    ],
)
def test_what_cannot_be_measured_is_named(source, message):
    with pytest.raises(ValueError, match=message):
        evaluate_model(source)
