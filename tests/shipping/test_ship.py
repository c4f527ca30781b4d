import hashlib
import shutil

import keras
import numpy as np
import onnxruntime
import pytest

from mnist_course._paths import MODELS_FOLDER
from mnist_course.data import balanced_subset, load_mnist
from mnist_course.manifest import read_manifest, verified_bytes
from mnist_course.models import MODELS
from mnist_course.predictor import DigitReader
from mnist_course.preprocessing import scale_pixels
from mnist_course.shipping import ship as shipping
from mnist_course.shipping.cards import write_cards
from mnist_course.shipping.formats import FORMATS
from mnist_course.shipping.opening import verify_export
from mnist_course.shipping.recipes import RECIPES, Recipe
from mnist_course.shipping.ship import ship, ship_again
from mnist_course.shipping.ship_detector import ENDING

(X_TRAIN, Y_TRAIN), (X_TEST, Y_TEST) = load_mnist()
DIGITS = scale_pixels(X_TEST[:100])
DATA = balanced_subset(X_TRAIN, Y_TRAIN, per_class=60), (X_TEST[:1000], Y_TEST[:1000])


@pytest.fixture(autouse=True)
def few_uci_digits(monkeypatch):
    few = X_TEST[1000:1100], Y_TEST[1000:1100]
    monkeypatch.setattr(shipping, "load_uci_digits", lambda: few)


@pytest.fixture
def quick(monkeypatch):
    """A recipe of seconds."""
    monkeypatch.setitem(RECIPES, "tiny", Recipe("softmax", day=20, epochs=1))


def accuracy(model, images, labels):
    answers = model.predict(scale_pixels(images), verbose=0).argmax(axis=1)
    return np.mean(answers == labels)


def test_ship_exports_the_first_seed_whatever_the_others_reach(quick, tmp_path):
    entry = ship("tiny", seeds=2, folder=tmp_path, data=DATA, verbose=0)
    shipped = keras.saving.load_model(tmp_path / "tiny.keras")
    test, uci = entry["test_accuracy"], entry["uci_accuracy"]
    assert len(set(test["values"])) == len(test["values"]) == len(uci["values"]) == 2
    assert accuracy(shipped, *DATA[1]) == test["values"][0] == test["shipped"]
    assert accuracy(shipped, X_TEST[1000:1100], Y_TEST[1000:1100]) == uci["shipped"]
    assert read_manifest(tmp_path)["tiny"] == entry
    assert "Day 20" in (tmp_path / "README.md").read_text()


def test_ship_records_shifted_answers_and_all_seeds_together(quick, tmp_path):
    ship("tiny", seeds=1, folder=tmp_path, data=DATA, verbose=0)
    assert read_manifest(tmp_path)["tiny"]["ensemble_accuracy"] is None  # of one network
    entry = ship("tiny", seeds=2, folder=tmp_path, data=DATA, verbose=0)
    shipped = keras.saving.load_model(tmp_path / "tiny.keras")
    views = [np.roll(DATA[1][0], (y, x), (1, 2)) for y in (-1, 0, 1) for x in (-1, 0, 1)]
    logs = [np.log(shipped.predict(scale_pixels(view), verbose=0)) for view in views]
    shifted = np.mean(np.mean(logs, axis=0).argmax(axis=1) == DATA[1][1])
    assert entry["shifted_accuracy"]["shipped"] == pytest.approx(shifted, abs=0.002)
    values = entry["test_accuracy"]["values"]
    assert min(values) - 0.01 <= entry["ensemble_accuracy"] <= max(values) + 0.05
    assert "the 2 networks of these seeds together" in (tmp_path / "README.md").read_text()


def test_ship_says_where_it_is_and_leaves_no_checkpoints(quick, tmp_path):
    lines = []
    ship("tiny", seeds=1, folder=tmp_path, data=DATA, verbose=0, report=lines.append)
    assert lines[0] == "tiny, seed 0: training 1 of 1"
    assert lines[1].startswith("  test ")
    left = {file.name for file in (tmp_path / "unfinished").iterdir()}
    assert all(name == ".gitignore" or name.endswith(".lock") for name in left)


def test_a_run_broken_off_has_written_down_its_first_seeds_and_goes_on(
    quick, tmp_path, monkeypatch
):
    trained, real = [], shipping.train_recipe

    def train(name, *, seed, **options):
        trained.append((seed, options["checkpoint"].exists()))
        if len(trained) == 2:
            raise KeyboardInterrupt
        return real(name, seed=seed, **options)

    monkeypatch.setattr(shipping, "train_recipe", train)
    again = {"seeds": 2, "folder": tmp_path, "data": DATA, "verbose": 0}
    with pytest.raises(KeyboardInterrupt):
        ship("tiny", **again)
    (known,) = read_manifest(tmp_path)["tiny"]["test_accuracy"]["values"]
    assert verified_bytes("tiny", folder=tmp_path)
    values = ship("tiny", **again)["test_accuracy"]["values"]
    assert trained == [(0, False), (1, False), (0, True), (1, False)]
    assert values[0] == known


def test_a_teacher_is_trained_once_and_its_time_is_told_apart(quick, tmp_path, monkeypatch):
    plain = RECIPES["tiny"]
    monkeypatch.setitem(RECIPES, "teacher", plain)
    monkeypatch.setitem(RECIPES, "tiny", plain._replace(teacher="teacher", taught=0.5))
    lines, options = [], {"folder": tmp_path, "data": DATA, "verbose": 0}
    entry = ship("tiny", seeds=2, **options, report=lines.append)
    assert lines[0] == "tiny: training its teacher, once for all seeds"
    assert sum("training its teacher" in line for line in lines) == 1
    assert entry["teacher"] == str(plain)
    assert entry["teacher_seconds"] > 0
    assert not list((tmp_path / "unfinished").glob("*.npz"))
    assert "s for the teacher, once for all seeds" in (tmp_path / "README.md").read_text()


def test_a_model_is_shipped_by_one_program_at_a_time(quick, tmp_path):
    """Else one would record figures beside the other's files."""
    refused = []

    def report(line):
        with pytest.raises(ValueError, match="tiny is in use by another training"):
            ship("tiny", seeds=1, folder=tmp_path, data=DATA, verbose=0)
        refused.append(line)

    ship("tiny", seeds=1, folder=tmp_path, data=DATA, verbose=0, report=report)
    assert len(refused) == 2
    assert not (tmp_path / "unfinished" / "tiny").exists()


@pytest.mark.parametrize(
    ("name", "seeds", "message"), [("vgg", 1, "no recipe"), ("champion", 0, "at least 1, got 0")]
)
def test_ship_says_what_is_wrong(name, seeds, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        ship(name, seeds=seeds, folder=tmp_path)
    assert not list(tmp_path.iterdir())


# --- the quantised copy --------------------------------------------------------------------------


@pytest.fixture
def copy(tmp_path):
    """The shipped champion in a folder of its own, as it was before int8 and UCI figures."""
    for file in ("manifest.json", "champion.keras", "champion.onnx", "champion_detector.onnx"):
        shutil.copy(MODELS_FOLDER / file, tmp_path)
    return tmp_path


def test_ship_again_writes_onnx_anew_and_keeps_the_training(copy):
    before = read_manifest(copy)["champion"]
    (copy / "champion.onnx").write_bytes(b"of an older edition")
    entry = ship_again("champion", folder=copy, data=DATA)
    kept = ("test_accuracy", "recipe", "training_seconds", "date", "parameters")
    assert [entry[key] for key in kept] == [before[key] for key in kept]
    assert entry["files"]["keras"] == before["files"]["keras"]
    assert verified_bytes("champion", "onnx", folder=copy) != b"of an older edition"
    assert "int8" in (copy / "README.md").read_text()
    assert DigitReader.load(folder=copy).read(X_TEST[0]).is_digit


def test_ship_again_refreshes_what_is_said_of_the_model(copy):
    text = (copy / "manifest.json").read_text("utf-8")
    (copy / "manifest.json").write_text(text.replace("Five convolutions", "Four"), "utf-8")
    entry = ship_again("champion", folder=copy, data=DATA)
    assert entry["about"].startswith("Five convolutions")


def test_the_quantised_copy_ships_with_its_test_accuracy(copy):
    entry = ship_again("champion", folder=copy, data=DATA)
    session = onnxruntime.InferenceSession(verified_bytes("champion", "onnx_int8", folder=copy))
    answers = session.run(None, {"images": scale_pixels(DATA[1][0])})[0].argmax(axis=1)
    assert entry["int8_test_accuracy"] == np.mean(answers == DATA[1][1])


@pytest.mark.parametrize(("limit", "value"), [("WORTH_BYTES", 0.1), ("WORTH_ACCURACY", -1)])
def test_a_quantised_copy_that_gains_too_little_does_not_ship(copy, monkeypatch, limit, value):
    monkeypatch.setattr(shipping, limit, value)
    entry = ship_again("champion", folder=copy, data=DATA)
    assert "onnx_int8" not in entry["files"]
    assert entry["int8_test_accuracy"] is None
    assert not (copy / "champion_int8.onnx").exists()


# --- what ships ----------------------------------------------------------------------------------

SHIPPED = read_manifest()
FILES = [(name, kind) for name, entry in SHIPPED.items() for kind in entry["files"]]


@pytest.mark.parametrize(("name", "kind"), FILES)
def test_every_shipped_file_is_what_the_manifest_says(name, kind):
    file = SHIPPED[name]["files"][kind]
    content = (MODELS_FOLDER / file["name"]).read_bytes()
    ending = FORMATS[kind].ending if kind in FORMATS else ENDING
    assert file["name"] == f"{name}{ending}"
    assert file["sha256"] == hashlib.sha256(content).hexdigest()
    assert file["bytes"] == len(content)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_model_is_that_of_its_recipe(name):
    entry = SHIPPED[name]
    assert entry["parameters"] == MODELS[RECIPES[name].model]().count_params()
    assert entry["recipe"] == str(RECIPES[name])


def shipped_answers(name, kind):
    """Probabilities for all test digits."""
    return DigitReader.load(name, kind=kind).predict(X_TEST)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_model_has_the_accuracy_of_its_card(name):
    """To the digit, on any processor: no two answers are so close that rounding turns them."""
    answers, accuracy = shipped_answers(name, "onnx"), SHIPPED[name]["test_accuracy"]
    *_, second, first = np.sort(answers, axis=1).T
    assert (first - second).min() > 1e-5  # single precision errs by some 1e-6
    right = np.mean(answers.argmax(axis=1) == Y_TEST)
    assert right == accuracy["shipped"] == accuracy["values"][0]


@pytest.mark.parametrize("name", [name for name, kind in FILES if kind == "onnx_int8"])
def test_every_quantised_model_has_the_accuracy_of_its_card(name):
    """To the digit, but for those whose two best answers are level, a step of 1/255 or none
    apart: a processor that rounds otherwise may answer these otherwise, and only these."""
    steps = np.rint(255 * shipped_answers(name, "onnx_int8"))
    others = steps.copy()
    truth = others[np.arange(len(Y_TEST)), Y_TEST]
    others[np.arange(len(Y_TEST)), Y_TEST] = -9
    lead = truth - others.max(axis=1)
    certainly, perhaps = np.sum(lead > 1), np.sum(np.abs(lead) <= 1)
    on_card = round(SHIPPED[name]["int8_test_accuracy"] * len(Y_TEST))
    assert certainly <= on_card <= certainly + perhaps
    assert perhaps <= 0.0025 * len(Y_TEST)  # few enough


@pytest.mark.parametrize("name", SHIPPED)
def test_both_files_of_a_shipped_model_answer_alike(name):
    model = keras.saving.load_model(MODELS_FOLDER / f"{name}.keras")
    assert verify_export(model, MODELS_FOLDER / f"{name}.onnx", DIGITS) < 1e-5


def test_cards_are_those_of_the_manifest(tmp_path):
    shutil.copy(MODELS_FOLDER / "manifest.json", tmp_path)
    write_cards(tmp_path)
    assert (tmp_path / "README.md").read_text() == (MODELS_FOLDER / "README.md").read_text()
