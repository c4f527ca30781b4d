import errno

import numpy as np
import onnx
import pytest

from mnist_course._paths import MODELS_FOLDER
from mnist_course.data import load_mnist
from mnist_course.models import create_model
from mnist_course.predictor import DigitReader
from mnist_course.preprocessing import scale_pixels
from mnist_course.shipping.formats import onnx_int8
from mnist_course.shipping.formats.onnx import write as write_onnx
from mnist_course.shipping.formats.onnx_int8 import quantize
from mnist_course.shipping.opening import open_model

(X_TRAIN, Y_TRAIN), _ = load_mnist()
CALIBRATION, REST = scale_pixels(X_TRAIN[:500]), slice(500, 3500)


@pytest.fixture(scope="module")
def champion():
    return MODELS_FOLDER / "champion.onnx"


@pytest.fixture(scope="module")
def int8(champion, tmp_path_factory):
    return quantize(champion, CALIBRATION, path=tmp_path_factory.mktemp("int8") / "small.onnx")


def bytes_of_network(file):
    """The size of a file without the class weights, which explain answers and stay as they are."""
    initializers = {w.name: w for w in onnx.load(file).graph.initializer}
    return file.stat().st_size - initializers["class_weights"].ByteSize()


def test_quantized_champion_is_a_third_in_size(champion, int8):
    assert bytes_of_network(int8) < bytes_of_network(champion) / 3


def test_quantized_champion_is_as_accurate(champion, int8):
    images, labels = scale_pixels(X_TRAIN[REST]), Y_TRAIN[REST]
    full, small = (open_model(f)(images).argmax(axis=1) for f in (champion, int8))
    assert np.mean(small == labels) >= np.mean(full == labels) - 0.001
    assert np.mean(small == full) >= 0.999


def test_all_convolutions_compute_with_8_bits(int8):
    graph = onnx.load(int8).graph
    makers = {output: node.op_type for node in graph.node for output in node.output}
    convolutions = [node for node in graph.node if node.op_type == "Conv"]
    assert len(convolutions) == 6
    for node in convolutions:
        assert {makers[tensor] for tensor in node.input} == {"DequantizeLinear"}


def test_every_filter_has_a_scale_of_its_own(int8):
    graph = onnx.load(int8).graph
    constants = {w.name: w for w in graph.initializer}
    makers = {output: node for node in graph.node for output in node.output}
    weights = [makers[node.input[1]] for node in graph.node if node.op_type == "Conv"]
    for kernel in weights:
        filters, scale = constants[kernel.input[0]].dims[0], constants[kernel.input[1]]
        assert list(scale.dims) == [filters]
        assert len(set(onnx.numpy_helper.to_array(scale))) > 1


def test_a_model_is_calibrated_on_the_first_500_training_digits(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(onnx_int8, "quantize", lambda file, images, *, path: seen.append(images))
    onnx_int8.write(create_model("softmax", seed=0), tmp_path / "softmax_int8.onnx")
    np.testing.assert_array_equal(seen[0], scale_pixels(X_TRAIN[:500]))


def test_weights_keep_to_7_bits_so_that_no_processor_overflows(int8):
    weights = [w for w in onnx.load(int8).graph.initializer if w.data_type == onnx.TensorProto.INT8]
    values = [np.abs(onnx.numpy_helper.to_array(w).astype(int)).max() for w in weights if w.dims]
    assert max(values) == 64


def test_class_activation_maps_survive(champion, int8):
    readers = [DigitReader(f.read_bytes()) for f in (champion, int8)]
    expected, found = (
        np.array([r.class_activation_map(image, 5) for image in X_TRAIN[:20]]) for r in readers
    )
    assert np.abs(found - expected).mean() < 0.05 * np.abs(expected).max()


def test_a_dense_network_can_be_quantized_too(tmp_path):
    write_onnx(create_model("dense", seed=0), tmp_path / "dense.onnx")
    file = quantize(tmp_path / "dense.onnx", CALIBRATION)
    assert file == tmp_path / "dense_int8.onnx"
    assert file.stat().st_size < (tmp_path / "dense.onnx").stat().st_size / 3
    answers = [open_model(f)(CALIBRATION) for f in (tmp_path / "dense.onnx", file)]
    assert 0 < np.abs(answers[0] - answers[1]).max() < 0.05


def test_quantizing_twice_gives_the_same_bytes_and_no_other_file(champion, int8, tmp_path):
    again = quantize(champion, CALIBRATION, path=tmp_path / "again.onnx")
    assert again.read_bytes() == int8.read_bytes()
    assert list(tmp_path.iterdir()) == [again]


def test_a_file_that_cannot_be_replaced_stays_as_it_is(champion, tmp_path, monkeypatch):
    def refuse(source, target):
        raise PermissionError(errno.EACCES, "in use")

    file = tmp_path / "small.onnx"
    file.write_bytes(b"the former one")
    monkeypatch.setattr("os.replace", refuse)
    with pytest.raises(PermissionError):
        quantize(champion, CALIBRATION[:10], path=file)
    assert file.read_bytes() == b"the former one"


@pytest.mark.parametrize("images", [CALIBRATION[:0], X_TRAIN[:9]], ids=["none", "raw"])
def test_calibration_images_in_another_form_are_refused(champion, images, tmp_path):
    with pytest.raises(ValueError, match="as scale_pixels makes them"):
        quantize(champion, images, path=tmp_path / "small.onnx")
    assert not list(tmp_path.iterdir())
