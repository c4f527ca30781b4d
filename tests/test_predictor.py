import hashlib
import json
import subprocess
import sys

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from mnist_course import manifest, predictor
from mnist_course.benchmark.strangers import in_rows
from mnist_course.images import BlankImageError
from mnist_course.predictor import DigitReader, ModelError

# The model used here reads the digit k in an image whose row k is brightest.


def graph_bytes(nodes, constants, outputs, *, pixels=(None, 28, 28, 1)) -> bytes:
    """An ONNX model of these parts, from pixels to outputs given as (name, shape)."""
    infos = [helper.make_tensor_value_info(name, TensorProto.FLOAT, s) for name, s in outputs]
    source = helper.make_tensor_value_info("pixels", TensorProto.FLOAT, pixels)
    graph = helper.make_graph(nodes, "parts", [source], infos, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return model.SerializeToString()


def row_model() -> bytes:
    weights = np.zeros((28, 28, 10), np.float32)
    weights[np.arange(10), :, np.arange(10)] = 0.5
    nodes = [
        helper.make_node("Reshape", ["pixels", "shape"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weights"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["digits"]),
    ]
    constants = [
        numpy_helper.from_array(np.array([-1, 784]), "shape"),
        numpy_helper.from_array(weights.reshape(784, 10), "weights"),
    ]
    return graph_bytes(nodes, constants, [("digits", [None, 10]), ("scores", [None, 10])])


def bright_row(k: int) -> np.ndarray:
    image = np.zeros((28, 28), np.uint8)
    image[k] = 255
    return image


@pytest.fixture
def folder(tmp_path):
    content = row_model()
    (tmp_path / "rows.onnx").write_bytes(content)
    entry = {"name": "rows.onnx", "sha256": hashlib.sha256(content).hexdigest()}
    (tmp_path / "manifest.json").write_text(json.dumps({"rows": {"files": {"onnx": entry}}}))
    return tmp_path


@pytest.fixture
def reader(folder):
    return DigitReader.load("rows", folder=folder)


def test_predict_gives_probabilities_for_each_image(reader):
    images = np.stack([bright_row(k) for k in (3, 1, 4)])
    probabilities = reader.predict(images)
    assert probabilities.dtype == np.float32
    assert probabilities.argmax(axis=1).tolist() == [3, 1, 4]
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)


def test_predict_scales_pixels_to_one(reader):
    expected = np.exp(14) / (np.exp(14) + 9)  # 28 pixels of 1.0, weights of 0.5
    assert reader.predict(bright_row(2))[0, 2] == pytest.approx(expected, rel=1e-6)


def test_predict_of_one_image_or_none_keeps_the_batch_axis(reader):
    assert reader.predict(bright_row(0)).shape == (1, 10)
    assert reader.predict(np.zeros((0, 28, 28), np.uint8)).shape == (0, 10)


def test_large_batches_are_split_and_joined_in_order(reader, monkeypatch):
    images = np.stack([bright_row(k % 10) for k in range(23)])
    together = reader.predict(images)
    monkeypatch.setattr(predictor, "BATCH", 5)
    np.testing.assert_allclose(reader.predict(images), together, rtol=1e-6)


def test_read_says_what_the_network_saw_and_thinks(reader):
    reading = reader.read(bright_row(7))
    assert reading.label == 7
    assert reading.confidence == reading.probabilities[7]
    assert reading.probabilities.shape == (10,)
    np.testing.assert_array_equal(reading.image, bright_row(7))
    assert repr(reading) == "Reading(label=7, confidence=1.0000)"


def test_read_picture_brings_a_picture_into_mnist_form_first(reader):
    paper = np.full((120, 90), 255, np.uint8)
    paper[20:100, 40:50] = 0
    image = reader.read_picture(paper).image
    assert image.shape == (28, 28)
    assert image[5:25].any(axis=1).all()
    assert not image[:5].any()


def test_read_picture_of_blank_paper_is_refused(reader):
    with pytest.raises(BlankImageError, match="no ink"):
        reader.read_picture(np.full((50, 50), 255, np.uint8))


@pytest.mark.parametrize(
    "images",
    [np.zeros((28, 28)), np.zeros((8, 8), np.uint8), np.zeros((1, 28, 28, 1), np.uint8)],
    ids=["scaled", "small", "with channels"],
)
def test_images_in_another_form_are_sent_to_read_picture(reader, images):
    with pytest.raises(ValueError, match="use read_picture for any other picture"):
        reader.predict(images)
    with pytest.raises(ValueError, match="use read_picture for any other picture"):
        reader.read(images)


def test_read_refuses_several_images(reader):
    with pytest.raises(ValueError, match="got 2: use predict"):
        reader.read(np.zeros((2, 28, 28), np.uint8))


# --- class activation maps -----------------------------------------------------------------------


def mapped_model() -> bytes:
    """Its only feature map is the image itself, and digit k weighs its mean with k - 4."""
    weights = np.arange(-4, 6, dtype=np.float32)[None]
    nodes = [
        helper.make_node("Identity", ["pixels"], ["feature_maps"]),
        helper.make_node("ReduceMean", ["pixels"], ["means"], axes=[1, 2], keepdims=0),
        helper.make_node("MatMul", ["means", "kernel"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["digits"]),
    ]
    maps = {"feature_maps": [None, 28, 28, 1], "class_weights": [1, 1, 1, 10]}
    outputs = {"digits": [None, 10], **maps}
    per_pixel = weights[None, None] / 784
    constants = [
        numpy_helper.from_array(weights, "kernel"),
        numpy_helper.from_array(per_pixel, "class_weights"),
    ]
    return graph_bytes(nodes, constants, outputs.items())


@pytest.fixture
def mapped():
    return DigitReader(mapped_model(), name="mapped")


def test_class_activation_map_weighs_the_feature_maps_for_one_digit(mapped):
    image = bright_row(3)
    found = mapped.class_activation_map(image, 7)
    assert (found.shape, found.dtype) == ((28, 28), np.float32)
    np.testing.assert_allclose(found, 3 * (image / 255) / 784, rtol=1e-6)
    np.testing.assert_allclose(mapped.class_activation_map(image, 4), 0)


def test_class_activation_maps_sum_is_the_digits_score(mapped):
    scores = [mapped.class_activation_map(bright_row(3), digit).sum() for digit in range(10)]
    odds = np.exp(scores)
    np.testing.assert_allclose(mapped.predict(bright_row(3))[0], odds / odds.sum(), rtol=1e-5)


def test_a_network_without_feature_maps_has_no_class_activation_map(reader):
    with pytest.raises(ModelError, match="'rows' has no class activation map.*such as champion"):
        reader.class_activation_map(bright_row(1), 1)


@pytest.mark.parametrize("digit", [-1, 10, 7.0, "7", None])
def test_class_activation_map_of_no_digit_is_refused(mapped, digit):
    with pytest.raises(ValueError, match=r"digit must be a whole number from 0 to 9, got"):
        mapped.class_activation_map(bright_row(1), digit)


@pytest.mark.parametrize(
    ("image", "message"),
    [(np.zeros((28, 28)), "use read_picture"), (np.zeros((2, 28, 28), np.uint8), "got 2")],
)
def test_class_activation_map_takes_one_image_in_mnist_form(mapped, image, message):
    with pytest.raises(ValueError, match=message):
        mapped.class_activation_map(image, 1)


# --- "not a digit" -------------------------------------------------------------------------------


def detector_bytes(shape=(28, 28, 1), outputs=1) -> bytes:
    """Takes an image for a digit if less than half of it is ink: the score is 392 minus ink."""
    size = int(np.prod(shape))
    nodes = [
        helper.make_node("Reshape", ["feature_maps", "shape"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weights"], ["sums"]),
        helper.make_node("Add", ["sums", "bias"], ["score"]),
    ]
    constants = [
        numpy_helper.from_array(np.array([-1, size]), "shape"),
        numpy_helper.from_array(np.full((size, outputs), -1, np.float32), "weights"),
        numpy_helper.from_array(np.full(outputs, size / 2, np.float32), "bias"),
    ]
    maps = helper.make_tensor_value_info("feature_maps", TensorProto.FLOAT, [None, *shape])
    score = helper.make_tensor_value_info("score", TensorProto.FLOAT, [None, outputs])
    graph = helper.make_graph(nodes, "detector", [maps], [score], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return model.SerializeToString()


@pytest.fixture
def watchful():
    return DigitReader(mapped_model(), name="watchful", detector=detector_bytes())


def test_read_says_whether_it_is_a_digit(watchful):
    reading = watchful.read(bright_row(3))
    assert (reading.is_digit, reading.digit_score) == (True, 392 - 28)
    np.testing.assert_array_equal(reading.probabilities, watchful.predict(bright_row(3))[0])
    full = watchful.read(np.full((28, 28), 255, np.uint8))
    assert (full.is_digit, full.digit_score) == (False, -392)


def test_digit_scores_are_joined_in_order(watchful, monkeypatch):
    images = np.stack([np.full((28, 28), shade, np.uint8) for shade in range(0, 250, 25)])
    monkeypatch.setattr(predictor, "BATCH", 3)
    expected = 392 - 784 * (images[:, 0, 0] / 255)
    np.testing.assert_allclose(watchful.digit_scores(images), expected, rtol=1e-4)
    assert watchful.digit_scores(images[:0]).shape == (0,)


def test_feature_maps_need_an_image(mapped):
    with pytest.raises(ValueError, match="at least one image, got none"):
        mapped.feature_maps(np.empty((0, 28, 28), np.uint8))


def test_a_model_without_a_detector_says_nothing(reader, mapped):
    assert mapped.read(bright_row(1)).is_digit is None
    with pytest.raises(ModelError, match="'mapped' cannot tell what is no digit"):
        mapped.digit_scores(bright_row(1))
    with pytest.raises(ModelError, match="'rows' has no feature maps"):
        reader.feature_maps(bright_row(1))


@pytest.mark.parametrize(
    ("detector", "message"),
    [
        (b"no model", "not a usable ONNX file"),
        (detector_bytes((6, 6, 64)), "does not fit model"),
        (detector_bytes(outputs=2), r"gives \(2,\)"),
    ],
)
def test_a_detector_of_another_model_is_refused(detector, message):
    with pytest.raises(ModelError, match=message):
        DigitReader(mapped_model(), detector=detector)


def test_load_verifies_the_detector_too(tmp_path):
    files = {"onnx": mapped_model(), "detector": detector_bytes()}
    entry = {"files": {}}
    for kind, content in files.items():
        (tmp_path / kind).write_bytes(content)
        entry["files"][kind] = {"name": kind, "sha256": hashlib.sha256(content).hexdigest()}
    (tmp_path / "manifest.json").write_text(json.dumps({"mapped": entry}))
    assert DigitReader.load("mapped", folder=tmp_path).read(bright_row(1)).is_digit is True
    (tmp_path / "detector").write_bytes(files["detector"] + b"!")
    with pytest.raises(ModelError, match="is not the model that was shipped"):
        DigitReader.load("mapped", folder=tmp_path)


# --- models --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pixels", "output"),
    [
        ((None, 32, 32, 3), [None, 10]),
        ((None, 28, 28, 1), [None, 26]),
        ((1, 28, 28, 1), [1, 10]),
    ],
)
def test_a_network_of_other_images_or_classes_is_refused(pixels, output):
    nodes = [helper.make_node("Identity", ["pixels"], ["answers"])]
    content = graph_bytes(nodes, [], [("answers", output)], pixels=pixels)
    with pytest.raises(ModelError, match=r"expected (any number|a network|\(20, 10\))"):
        DigitReader(content)


def test_another_kind_of_file_of_the_same_model(folder):
    entry = json.loads((folder / "manifest.json").read_text())
    entry["rows"]["files"]["onnx_int8"] = entry["rows"]["files"]["onnx"]
    entry["rows"]["files"]["onnx_int8"] |= {"name": "small.onnx"}
    (folder / "manifest.json").write_text(json.dumps(entry))
    (folder / "rows.onnx").rename(folder / "small.onnx")
    assert DigitReader.load("rows", kind="onnx_int8", folder=folder).read(bright_row(1)).label == 1


def test_unknown_model_lists_the_known_ones(folder):
    with pytest.raises(ModelError, match=r"no model 'best'.*there is rows"):
        DigitReader.load("best", folder=folder)


@pytest.mark.parametrize("kind", ["keras", "detector"])
def test_a_reader_opens_networks_in_onnx_only(folder, kind):
    with pytest.raises(ModelError, match=f"opens 'onnx' or 'onnx_int8', got '{kind}'"):
        DigitReader.load("rows", kind=kind, folder=folder)


def test_tampered_model_is_refused_with_both_checksums_and_the_remedy(folder):
    file = folder / "rows.onnx"
    expected = hashlib.sha256(file.read_bytes()).hexdigest()
    file.write_bytes(file.read_bytes() + b"!")
    found = hashlib.sha256(file.read_bytes()).hexdigest()
    with pytest.raises(ModelError) as caught:
        DigitReader.load("rows", folder=folder)
    for part in (found, expected, "Copy it again from where it came from"):
        assert part in str(caught.value)


@pytest.mark.parametrize("name", ["rows.onnx", "manifest.json"])
def test_missing_file_is_named_with_its_remedy(folder, name):
    (folder / name).unlink()
    with pytest.raises(ModelError, match=f"cannot read .*{name}(.|\n)*Copy it again"):
        DigitReader.load("rows", folder=folder)


def test_damaged_manifest_is_refused(folder):
    (folder / "manifest.json").write_text('{"rows": ')
    with pytest.raises(ModelError, match=r"manifest.json is damaged"):
        DigitReader.load("rows", folder=folder)


def test_bytes_that_are_no_model_are_refused():
    with pytest.raises(ModelError, match="not a usable ONNX file"):
        DigitReader(b"not a model")


def test_without_a_folder_the_shipped_models_are_meant(folder, monkeypatch):
    monkeypatch.setattr(manifest, "MODELS_FOLDER", folder)
    assert repr(DigitReader.load("rows")) == "DigitReader('rows')"


def test_reading_needs_neither_keras_nor_matplotlib():
    code = (
        "import sys, mnist_course.predictor, mnist_course.app.pad\n"
        "print({'keras', 'tensorflow', 'matplotlib'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "set()", done.stderr


def test_onnx_model_of_these_tests_is_valid():
    onnx.checker.check_model(onnx.load_from_string(row_model()))


@pytest.fixture(scope="module")
def champion():
    return DigitReader.load()


def test_a_number_is_read_from_left_to_right(champion, mnist, rng):
    (images, labels), _ = mnist
    found = champion.read_number(in_rows(images[40000:40003], rng))
    assert found.text == "".join(map(str, labels[40000:40003]))
    assert [str(reading.label) for reading in found.readings] == list(found.text)
    assert [box[1] for box in found.boxes] == sorted(box[1] for box in found.boxes)


def test_each_row_of_a_sheet_is_a_line_of_the_number(champion, mnist, rng):
    (images, labels), _ = mnist
    found = champion.read_number(in_rows(images[40000:40004], rng, rows=2))
    first, second = labels[40000:40002], labels[40002:40004]
    assert found.text == "\n".join("".join(map(str, row)) for row in (first, second))


def test_a_picture_of_one_digit_is_a_number_of_one(champion):
    picture = np.full((120, 100), 255, np.uint8)
    picture[20:100, 45:55] = 0
    found = champion.read_number(picture)
    assert (found.text, found.boxes) == ("1", [(20, 45, 100, 55)])
