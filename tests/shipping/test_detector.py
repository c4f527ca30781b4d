"""The detector: how it is trained and written, and what the shipped one says. No font is needed."""

import json

import numpy as np
import onnxruntime
import pytest

from mnist_course._paths import DIGITS, MODELS_FOLDER
from mnist_course.app.web_network import write_detector
from mnist_course.data import load_mnist
from mnist_course.manifest import fingerprints, put_in_place, read_manifest
from mnist_course.predictor import DigitReader, ModelError
from mnist_course.shipping import negatives, ship_detector
from mnist_course.shipping.cards import write_cards
from mnist_course.shipping.detector import (
    Examples,
    build_detector,
    detector_onnx,
    train_detector,
)

(X_TRAIN, _), _ = load_mnist()


@pytest.fixture(scope="module")
def champion():
    return DigitReader.load()


# --- what is drawn -------------------------------------------------------------------------------

DRAWS = {
    **negatives.DRAWN,
    "numbers": negatives.number(X_TRAIN[:50]),
    "stars": negatives.star_heart_or_house,
    "arrows": negatives.arrow_tree_boat_or_key,
}


@pytest.mark.parametrize("kind", DRAWS)
def test_drawings_are_in_mnist_form_and_follow_from_the_seed(kind):
    images = negatives.draw_all(DRAWS[kind], 20, seed=1)
    assert (images.shape, images.dtype) == ((20, 28, 28), np.uint8)
    np.testing.assert_array_equal(images, negatives.draw_all(DRAWS[kind], 20, seed=1))
    assert len(np.unique(images, axis=0)) > 15


def test_a_digit_drawn_anew_stays_that_digit(champion):
    (x, y), rng = load_mnist()[0], np.random.default_rng(0)
    drawn = np.stack([negatives.redrawn_digit(image, rng) for image in x[:100]])
    assert np.mean(champion.predict(drawn).argmax(axis=1) == y[:100]) > 0.9


def test_pens_are_thin_and_thick():
    bar = np.zeros((60, 60), bool)
    bar[5:55, 25:35] = True
    widths = [negatives._with_pen(bar, width)[30].sum() for width in (5, 10, 16)]
    assert widths == sorted(widths)
    assert widths[0] < 10 < 13 < widths[2]


def test_some_glyphs_are_drawn_narrower():
    glyph, rng = np.ones((30, 40), bool), np.random.default_rng(0)
    widths = [negatives._perhaps_narrower(glyph, 1.0, rng).shape[1] for _ in range(60)]
    assert 16 <= min(widths) < 20
    assert 36 < max(widths) <= 40
    assert negatives._perhaps_narrower(glyph, 0.0, rng) is glyph


def test_look_alikes_are_not_among_the_letters_that_count():
    letters = ship_detector.letters_that_count()
    assert len(letters) == 52 - len(negatives.LOOK_ALIKES)
    assert not set(letters) & set("OoIlZzSs")


@pytest.mark.parametrize("scanned", [0.0, 1.0])
def test_digits_and_all_else_are_scanned_alike(scanned, monkeypatch):
    few = X_TRAIN[:12]
    monkeypatch.setattr(ship_detector, "glyphs", lambda texts, fonts, copies, seed: (few, None))
    monkeypatch.setattr(ship_detector, "DRAWN_COUNTS", {"faces": 12})
    monkeypatch.setattr(ship_detector, "NUMBERS", 12)
    plain = ship_detector.make_examples(few, [])
    others = ship_detector.make_examples(few, [], scanned=scanned)
    assert np.array_equal(plain.is_digit, others.is_digit)
    changed = (plain.images != others.images).any(axis=(1, 2))
    assert changed[plain.is_digit].mean() == changed[~plain.is_digit].mean() == scanned


def test_no_font_is_both_trained_on_and_judged_by():
    assert not set(ship_detector.FONTS) & set(negatives.HELD_OUT_FONTS)


# --- training and its file -----------------------------------------------------------------------


def test_a_detector_learns_and_its_file_answers_as_it_does(champion):
    drawn = [
        negatives.draw_all(negatives.noise, 150, 0),
        negatives.draw_all(negatives.face, 150, 0),
    ]
    images = np.concatenate([X_TRAIN[:300], *drawn])
    examples = Examples(images, np.arange(600) < 300)
    network = train_detector(examples, champion.feature_maps, epochs=8)
    maps = champion.feature_maps(images)
    logits = network.predict(maps, verbose=0)[:, 0]
    assert np.mean((logits > 0) == examples.is_digit) > 0.95
    content = detector_onnx(network, threshold=1.5)
    (scores,) = onnxruntime.InferenceSession(content).run(None, {"feature_maps": maps})
    np.testing.assert_allclose(scores[:, 0], logits - 1.5, atol=1e-3)


@pytest.fixture
def shipped_detector(tmp_path, monkeypatch):
    """The content of a detector that ``ship_detector`` ships for a copy of the champion."""
    for name in ("manifest.json", "champion.onnx"):
        (tmp_path / name).write_bytes((MODELS_FOLDER / name).read_bytes())
    content = detector_onnx(build_detector((6, 6, 64)), threshold=0.0)
    images = {kind: X_TRAIN[:5] for kind in ("letters", "digits of fonts kept out")}
    licences = dict.fromkeys((*ship_detector.FONTS, *negatives.HELD_OUT_FONTS), "OFL-1.1")
    monkeypatch.setattr(ship_detector, "fetch_fonts", lambda folder: licences)
    monkeypatch.setattr(ship_detector, "_trained", lambda *rest: content)
    monkeypatch.setattr(ship_detector, "letters", lambda fonts: images)
    monkeypatch.setattr(ship_detector, "shapes", lambda digits: {})
    monkeypatch.setattr(ship_detector, "load_mnist", lambda: ((X_TRAIN[:500], _labels()),) * 2)
    return content


def test_shipping_records_file_and_figures_together(shipped_detector, tmp_path):
    entry = ship_detector.ship_detector(folder=tmp_path)
    assert (tmp_path / "champion_detector.onnx").read_bytes() == shipped_detector
    assert entry["detector"]["accepted"]["letters"][1] == 5
    refused = entry["detector"]["refused"]
    assert refused["MNIST test digits as small photos"][1] == refused["MNIST test digits"][1]
    assert DigitReader.load(folder=tmp_path).read(X_TRAIN[0]).is_digit is not None
    write_cards(tmp_path)
    assert "| letters | 5 |" in (tmp_path / "README.md").read_text("utf-8")


def test_no_detector_is_recorded_for_a_model_that_was_shipped_meanwhile(
    shipped_detector, tmp_path, monkeypatch
):
    def ship_again(digits):
        (tmp_path / "champion.onnx").write_bytes(b"another")
        entry = read_manifest(tmp_path)["champion"]
        entry["files"] |= fingerprints({"onnx": tmp_path / "champion.onnx"})
        put_in_place("champion", entry, folder=tmp_path)
        return {}

    monkeypatch.setattr(ship_detector, "shapes", ship_again)
    with pytest.raises(ModelError, match="was shipped anew meanwhile"):
        ship_detector.ship_detector(folder=tmp_path)
    assert not (tmp_path / "champion_detector.onnx").exists()


def _labels() -> np.ndarray:
    return np.repeat(np.arange(10), 50)


# --- the shipped one -----------------------------------------------------------------------------


def share_of_digits(reader, images) -> float:
    return float(np.mean(reader.digit_scores(images) >= 0))


@pytest.mark.parametrize("kind", negatives.DRAWN)
def test_it_refuses_what_people_draw_besides_digits(champion, kind):
    images = negatives.draw_all(negatives.DRAWN[kind], 200, seed=5)
    assert share_of_digits(champion, images) <= 0.06


def test_it_accepts_digits(champion):
    assert share_of_digits(champion, X_TRAIN[:3000]) >= 0.98
    with np.load(DIGITS / "twenty.npz") as file:
        assert share_of_digits(champion, file["images"]) == 1


def test_it_was_judged_on_enough_and_refuses_what_it_should():
    judged = read_manifest()["champion"]["detector"]
    refused, accepted = judged["refused"], judged["accepted"]
    assert refused["MNIST test digits"][1] == 10_000
    few, many = accepted["letters of fonts kept out"]
    assert many > 3000
    assert few <= 0.10 * many
    few, many = judged["validation"]
    assert abs(few / many - ship_detector.REFUSED) < 0.002


def test_the_int8_copy_has_the_same_detector():
    small = DigitReader.load(kind="onnx_int8")
    assert share_of_digits(small, X_TRAIN[:1000]) >= 0.97
    assert share_of_digits(small, negatives.draw_all(negatives.noise, 100, seed=5)) <= 0.06


def test_a_model_without_a_detector_does_not_know():
    reader = DigitReader.load("dense")
    reading = reader.read(X_TRAIN[0])
    assert reading.is_digit is None
    assert reading.digit_score is None
    with pytest.raises(ModelError, match="cannot tell what is no digit; choose champion"):
        reader.digit_scores(X_TRAIN[:2])


def test_the_page_gets_it_with_its_maps_channel_after_channel(champion, tmp_path):
    files = write_detector(tmp_path, "champion")
    layers = json.loads(files["json"].read_text())["layers"]
    assert [layer["kind"] for layer in layers] == ["dense", "relu", "dense"]
    weights = np.frombuffer(files["bin"].read_bytes(), "<f4")
    values = champion.feature_maps(X_TRAIN[:1])[0].transpose(2, 0, 1).ravel()
    for layer in layers:
        if layer["kind"] == "relu":
            values = np.maximum(values, 0)
            continue
        kernel, bias, weights = np.split(weights, np.cumsum([layer["weights"], layer["bias"]]))
        values = values @ kernel.reshape(len(values), -1) + bias
    np.testing.assert_allclose(values, champion.digit_scores(X_TRAIN[:1]), atol=1e-3)
    assert len(weights) == 0
