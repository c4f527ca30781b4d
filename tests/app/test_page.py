"""The page's folder, and its JavaScript beside Python and ONNX Runtime."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mnist_course import load_drawings, load_mnist
from mnist_course.app import page
from mnist_course.app.pad import DrawingPad
from mnist_course.app.web_network import web_network
from mnist_course.drawing import drawing_stages
from mnist_course.manifest import ModelError, read_manifest, verified_bytes
from mnist_course.predictor import DigitReader

SEVEN = [[[0.3, 0.25], [0.7, 0.25], [0.45, 0.8]]]
DRAWINGS = {
    "a seven": SEVEN,
    "a small one in a corner": [[[0.9, 0.85], [0.9, 0.97]]],
    "a dot": [[[0.5, 0.5]]],
    "strokes beyond the edge": [[[0.0, 0.1], [1.0, 0.9]], [[1.0, 0.0], [0.0, 1.0]]],
}
NODE = shutil.which("node")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return page.write_page(tmp_path_factory.mktemp("page"))


def described(strokes) -> dict:
    pad = DrawingPad()
    pad.strokes = strokes
    grey = pad.picture(140)
    stages = {name: stage.ravel().tolist() for name, stage in drawing_stages(grey).items()}
    del stages["ink"]
    height, width = grey.shape
    return {"grey": grey.ravel().tolist(), "width": width, "height": height, "stages": stages}


def write_fixtures(folder: Path) -> None:
    digits = load_mnist()[1][0][:50]
    (folder / "digits.bin").write_bytes(digits.tobytes())
    drawings = {name: described(strokes) for name, strokes in DRAWINGS.items()}
    (folder / "drawings.json").write_text(json.dumps(drawings))
    for name in ("reader", "champion"):
        scores = DigitReader.load(name).digit_scores(digits)
        (folder / f"{name}.scores.bin").write_bytes(scores.astype("<f4").tobytes())
    for name in page.MODELS:
        reader = DigitReader.load(name)
        (folder / f"{name}.probabilities.bin").write_bytes(reader.predict(digits).tobytes())
        if name != "dense":
            found = reader.class_activation_map(digits[0], 7)
            (folder / f"{name}.map.bin").write_bytes(found.astype("<f4").tobytes())


@pytest.mark.skipif(NODE is None, reason="Node.js is not installed")
def test_javascript_answers_as_python_does(folder, tmp_path):
    write_fixtures(tmp_path)
    shutil.copytree(folder / "networks", tmp_path / "networks")
    shutil.copytree(folder, tmp_path / "modules", ignore=shutil.ignore_patterns("networks"))
    (tmp_path / "modules" / "package.json").write_text('{"type": "module"}')
    env = os.environ | {"FIXTURES": str(tmp_path), "STATIC": str(tmp_path / "modules")}
    command = [NODE, "--test", str(Path(__file__).with_name("page.test.mjs"))]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-3000:]
    images, labels = load_drawings(tmp_path / "made.npz")  # what a learner can download
    np.testing.assert_array_equal(images, load_mnist()[1][0][:2])
    np.testing.assert_array_equal(labels, [7, 2])


def test_the_folder_names_all_its_files(folder):
    config = json.loads((folder / "config.json").read_text())
    there = {str(f.relative_to(folder).as_posix()) for f in folder.rglob("*") if f.is_file()}
    assert set(config["files"]) == there - {"config.json"}
    assert config["service"] is False
    assert {"index.html", "pad.js", "sw.js", "networks/reader.bin"} <= there


def test_a_page_of_other_content_has_another_version(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(page, "MODELS", ("reader", "tiny"))
    other = page.write_page(tmp_path)
    first, second = (json.loads((f / "config.json").read_text()) for f in (folder, other))
    assert first["version"] != second["version"]


def test_the_page_asks_no_foreign_address_and_runs_nothing_inline(folder):
    for file in folder.glob("*.*"):
        if file.suffix in {".html", ".js", ".css", ".webmanifest"}:
            assert "://" not in file.read_text("utf-8").replace("http://www.w3.org", ""), file.name
    html = (folder / "index.html").read_text("utf-8")
    assert "style=" not in html
    assert not re.search(r"\son\w+=", html)
    assert html.count("<script") == html.count('<script type="module" src=')


def test_where_it_errs_is_what_the_manifest_says(folder):
    text = " ".join((folder / "index.html").read_text("utf-8").split())
    reader, champion = (read_manifest()[name] for name in ("reader", "champion"))
    accepted, refused = (reader["detector"][kind] for kind in ("accepted", "refused"))
    for share in (
        accepted["letters of fonts kept out"],
        accepted["punctuation of fonts kept out"],
        refused["MNIST test digits"],
        refused["UCI digits"],
        refused["MNIST test digits as small photos"],
        (reader["uci_accuracy"]["shipped"], 1),
        (champion["uci_accuracy"]["shipped"], 1),
    ):
        assert f"{100 * share[0] / share[1]:.1f}" in text


def test_every_id_that_the_script_asks_for_is_in_the_page(folder):
    html, script = ((folder / name).read_text("utf-8") for name in ("index.html", "app.js"))
    asked = set(re.findall(r"\$\(\"([\w-]+)\"\)", script))
    assert asked
    assert asked <= set(re.findall(r'id="([\w-]+)"', html))


def test_the_installed_page_has_icons_of_the_sizes_it_states(folder):
    manifest = json.loads((folder / "manifest.webmanifest").read_text())
    for icon in manifest["icons"][1:]:
        with Image.open(folder / icon["src"]) as picture:
            assert "x".join(map(str, picture.size)) == icon["sizes"]


def test_writing_again_gives_the_same_bytes(folder, tmp_path):
    again = page.write_page(tmp_path / "a" / "b")
    for file in filter(Path.is_file, again.rglob("*")):
        assert file.read_bytes() == (folder / file.relative_to(again)).read_bytes()


def test_the_weights_are_the_onnx_files(folder):
    layers, weights = web_network(verified_bytes("tiny"))
    assert [layer["kind"] for layer in layers].count("convolution") == 6
    assert len(weights) == sum(layer["weights"] + layer["bias"] for layer in layers)
    assert (folder / "networks" / "tiny.bin").read_bytes() == weights.tobytes()


def test_a_model_that_the_page_cannot_read_is_refused():
    with pytest.raises(ModelError, match="no layer for ONNX's Shape"):
        web_network(verified_bytes("cnn"))
