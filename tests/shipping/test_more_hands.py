import json
from subprocess import CalledProcessError

import numpy as np
import pytest

from mnist_course.data import balanced_subset, load_mnist
from mnist_course.manifest import read_manifest
from mnist_course.predictor import DigitReader
from mnist_course.shipping import more_hands, negatives
from mnist_course.shipping import ship as shipping
from mnist_course.shipping.hands import european_digits
from mnist_course.shipping.recipes import RECIPES, Recipe
from mnist_course.shipping.ship import ship

(X_TRAIN, Y_TRAIN), (X_TEST, Y_TEST) = load_mnist()
DATA = balanced_subset(X_TRAIN, Y_TRAIN, per_class=60), (X_TEST[:200], Y_TEST[:200])


@pytest.fixture
def no_fonts(monkeypatch, tmp_path):
    """Drawn digits in place of those of fonts, which npm would have to fetch."""
    monkeypatch.setattr(
        more_hands,
        "font_digits",
        lambda names, copies, seed, narrow=0.0: european_digits(200, seed + 1),
    )
    monkeypatch.setattr(
        more_hands, "fetched", lambda names: (tmp_path, dict.fromkeys(names, "OFL-1.1"))
    )
    monkeypatch.setattr(more_hands, "JUDGED", 40)
    more_hands.other_hands.cache_clear()
    yield
    more_hands.other_hands.cache_clear()


def test_other_hands_are_as_many_as_were_asked_for(no_fonts):
    x, y = more_hands.other_hands(100)
    assert (x.shape, x.dtype, y.shape, y.dtype) == ((100, 28, 28), np.uint8, (100,), np.uint8)
    assert set(y[:40]) == set(range(10))
    more_hands.other_hands.cache_clear()
    assert np.array_equal(x, more_hands.other_hands(100)[0])


@pytest.mark.parametrize("count", [0, 1])
def test_few_other_hands_need_no_font(count):
    x, y = more_hands.other_hands(count)
    assert (x.shape, y.shape) == ((count, 28, 28), (count,))


def test_fewer_than_no_other_hands_are_refused():
    with pytest.raises(ValueError, match="at least 0, got -1"):
        more_hands.other_hands(-1)


def test_no_font_is_both_learned_from_and_judged_with():
    lists = more_hands.LEARNED_FONTS, more_hands.VALIDATION_FONTS, more_hands.JUDGED_FONTS
    assert len(set().union(*lists)) == sum(map(len, lists))


@pytest.mark.parametrize(
    ("problem", "reason"),
    [
        (FileNotFoundError("no npm here"), "no npm here"),
        (CalledProcessError(1, ["npm"], stderr="npm error code E404\n"), "npm error code E404"),
    ],
)
def test_fonts_that_cannot_be_fetched_are_said(problem, reason, monkeypatch, tmp_path):
    def no_npm(*_, **__):
        raise problem

    monkeypatch.setattr(more_hands, "MODELS_FOLDER", tmp_path)
    monkeypatch.setattr(negatives.subprocess, "run", no_npm)
    with pytest.raises(ValueError, match=f"'kalam', which npm fetches once: (?s:.*)\n{reason}$"):
        more_hands.font_digits(["kalam"], copies=1, seed=0)


def test_npm_is_found_by_its_full_name(monkeypatch, tmp_path):
    commands = []
    monkeypatch.setattr(negatives.subprocess, "run", lambda command, **_: commands.append(command))
    monkeypatch.setattr(negatives.shutil, "which", lambda name: rf"C:\nodejs\{name}.cmd")
    with pytest.raises(ValueError, match="unpack"):  # nothing was fetched
        negatives.fetch_fonts(tmp_path, ["kalam"])
    assert commands[0][:2] == [r"C:\nodejs\npm.cmd", "pack"]


def test_shipping_records_other_hands_and_their_card(no_fonts, monkeypatch, tmp_path):
    few = X_TEST[1000:1100], Y_TEST[1000:1100]
    monkeypatch.setattr(shipping, "load_uci_digits", lambda: few)
    monkeypatch.setattr(more_hands, "load_uci_digits", lambda: few)
    monkeypatch.setitem(RECIPES, "tiny", Recipe("softmax", day=20, epochs=1, hands=0.2))
    entry = ship("tiny", seeds=1, folder=tmp_path, data=DATA, verbose=0)
    right = entry["hands"]["right"]
    assert right["UCI digits"]["tiny"] == (round(entry["uci_accuracy"]["shipped"] * 100), 100)
    assert right["European digits drawn with other limits"]["tiny"][1] == 40
    assert read_manifest(tmp_path)["tiny"] == json.loads(json.dumps(entry))
    card = (tmp_path / "README.md").read_text()
    assert "20% more, European digits" in card
    assert "| | n | `tiny` |\n|---|---|---|\n| MNIST test digits | 200 |" in card


def test_the_shipped_reader_reads_other_hands_better_than_the_champion():
    right = read_manifest()["reader"]["hands"]["right"]
    assert {kind for kind, counts in right.items() if counts["reader"] > counts["champion"]} == {
        "UCI digits",
        "digits of fonts kept out",
        "European digits drawn with other limits",
    }
    images, labels = european_digits(300, 77)
    reader = DigitReader.load("reader")
    assert np.mean(reader.predict(images).argmax(axis=1) == labels) > 0.98
    assert reader.class_activation_map(images[0], 7).shape == (6, 6)
