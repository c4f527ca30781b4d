import csv
import errno
import itertools
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from mnist_course import _files
from mnist_course.augmentation import random_shift
from mnist_course.data import balanced_subset, load_mnist
from mnist_course.models import create_model
from mnist_course.preprocessing import scale_pixels
from mnist_course.training import checkpoints
from mnist_course.training.compiling import compile_model
from mnist_course.training.learning_rates import one_cycle
from mnist_course.training.loop import train

X, Y = balanced_subset(*load_mnist()[0], per_class=20)
X = scale_pixels(X)


class Do(keras.callbacks.Callback):
    """Do something in the middle of the second epoch."""

    def __init__(self, deed):
        super().__init__()
        self.deed, self.epoch = deed, None

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self.epoch == 1 and 0 < batch < 19:
            self.deed()


def kill_minus_9():
    os.kill(os.getpid(), signal.SIGKILL)


def interrupt():
    raise KeyboardInterrupt


def new_model():
    """With dropout, batch normalisation, momentum, a schedule and an average: all is state."""
    optimizer = keras.optimizers.AdamW(one_cycle(0.01, 60), use_ema=True, ema_momentum=0.9)
    return compile_model(create_model("dense_regularized", seed=0), optimizer=optimizer)


def run(folder, deed=None, model=None, **options):
    """20 steps an epoch, 3 epochs; the files lie in the folder."""
    model = new_model() if model is None else model
    files = {"checkpoint": folder / "run.npz", "history_csv": folder / "run.csv"}
    defaults = {"epochs": 3, "batch_size": 10, "seed": 5, "augment": random_shift, "verbose": 0}
    callbacks = [Do(deed)] if deed else []
    settings = {"validation_data": (X[:50], Y[:50]), **defaults, **files, **options}
    return model, train(model, X, Y, callbacks=callbacks, **settings)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("uninterrupted")
    return folder, *run(folder)


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory):
    folder, model = tmp_path_factory.mktemp("interrupted"), new_model()
    with pytest.raises(KeyboardInterrupt):
        run(folder, interrupt, model)
    return folder, model


@pytest.fixture(scope="module")
def resumed(interrupted, tmp_path_factory):
    """The interrupted model itself, as when a cell of a notebook is run again."""
    folder = tmp_path_factory.mktemp("resumed")
    shutil.copytree(interrupted[0], folder, dirs_exist_ok=True)
    return folder, *run(folder, model=interrupted[1])


@pytest.fixture
def begun(interrupted, tmp_path):
    """A folder with the files of the interrupted run."""
    return Path(shutil.copytree(interrupted[0], tmp_path / "begun"))


def assert_equal_runs(found, expected):
    (model, record), (other, other_record) = found[-2:], expected[-2:]
    for weights, others in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(weights, others)
    assert record.history == other_record.history
    assert record.epoch == other_record.epoch == list(range(len(record.history["loss"])))


def rows(file):
    with open(file, encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_run_killed_in_mid_epoch_goes_on_and_loses_nothing(tmp_path, uninterrupted):
    script = (
        "import pathlib, sys; from test_checkpoints import kill_minus_9, run; "
        "run(pathlib.Path(sys.argv[1]), kill_minus_9)"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    killed = subprocess.run(command, cwd=Path(__file__).parent, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len(rows(tmp_path / "run.csv")) == 1
    assert_equal_runs(run(tmp_path), uninterrupted)


def test_the_interrupted_model_itself_can_go_on(resumed, uninterrupted):
    assert_equal_runs(resumed, uninterrupted)
    assert len(resumed[-1].epoch) == 3


def test_the_order_of_digits_is_resumed_without_augmentation(tmp_path):
    def go(name, deed=None):
        model = compile_model(create_model("softmax", seed=0))
        return run(tmp_path / name, deed, model, augment=None, epochs=2)

    with pytest.raises(KeyboardInterrupt):
        go("one", interrupt)
    assert_equal_runs(go("one"), go("other"))


def test_a_checkpoint_does_not_change_an_augmented_training(tmp_path, uninterrupted):
    assert_equal_runs(run(tmp_path, checkpoint=None, history_csv=None), uninterrupted)


def test_a_finished_training_is_given_back_at_once(uninterrupted, tmp_path):
    folder = shutil.copytree(uninterrupted[0], tmp_path / "finished")
    assert_equal_runs(run(folder, interrupt), uninterrupted)  # no epoch left to interrupt


def test_earlier_seconds_are_counted(resumed, uninterrupted):
    assert resumed[-1].earlier_seconds > 0
    assert uninterrupted[-1].earlier_seconds == 0


def test_seconds_add_up_over_interruptions(begun, monkeypatch):
    times = itertools.count(0, 100)  # each look at the clock is 100 s after the last
    monkeypatch.setattr(checkpoints.time, "perf_counter", lambda: next(times))
    once, twice, thrice = (run(begun)[1].earlier_seconds for _ in range(3))
    assert once < 100 < twice < thrice


def test_the_table_has_one_row_per_epoch_also_after_resuming(resumed):
    folder, _, record = resumed
    table = rows(folder / "run.csv")
    assert [row["epoch"] for row in table] == ["1", "2", "3"]
    for name in ("accuracy", "loss", "val_accuracy", "val_loss"):
        assert [float(row[name]) for row in table] == record.history[name]


def test_a_table_needs_no_checkpoint_and_begins_anew(tmp_path):
    table = tmp_path / "new" / "history.csv"
    for epochs in (2, 1):
        train(create_model("softmax"), X, Y, epochs=epochs, history_csv=table, verbose=0)
        assert len(rows(table)) == epochs


def test_early_stopping_ends_a_training_for_good(tmp_path):
    def go():
        stop = keras.callbacks.EarlyStopping("loss", mode="max", restore_best_weights=True)
        model = create_model("softmax", seed=0)
        options = {"epochs": 9, "checkpoint": tmp_path / "run.npz", "callbacks": [stop]}
        return model, train(model, X, Y, verbose=0, **options)

    first, again = go(), go()
    assert_equal_runs(again, first)
    assert again[1].epoch == [0, 1]


@pytest.mark.parametrize(
    ("difference", "options"),
    [
        ("epochs", {"epochs": 4}),
        ("batch_size", {"batch_size": 20}),
        ("seed", {"seed": 6}),
        ("augmentation", {"augment": None}),
        ("validation", {"validation_data": None}),
        ("digits", {"validation_data": None, "validation_split": 0.2}),
    ],
)
def test_a_checkpoint_of_other_arguments_is_refused(begun, difference, options):
    with pytest.raises(ValueError, match=rf"belongs to another training: .*{difference}"):
        run(begun, **options)


@pytest.mark.parametrize(
    ("difference", "model", "rate"),
    [("model", "dense", one_cycle(0.01, 60)), ("optimizer or loss", "dense_regularized", 0.01)],
)
def test_a_checkpoint_of_another_model_is_refused(begun, difference, model, rate):
    other = compile_model(create_model(model), learning_rate=rate)
    with pytest.raises(ValueError, match=f"another training: .*{difference}.*remove the file"):
        run(begun, model=other)


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: b"no checkpoint",
        lambda content: content[: len(content) // 2],
        lambda content: content[:5000] + bytes([content[5000] ^ 1]) + content[5001:],
    ],
)
def test_a_damaged_checkpoint_is_told(begun, damage):
    path = begun / "run.npz"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match=r"run\.npz is damaged or no checkpoint; remove it"):
        run(begun)


def test_two_trainings_with_one_checkpoint_the_second_hears_that_it_is_in_use(tmp_path):
    def again():
        with pytest.raises(ValueError, match=r"run\.npz is in use by another training"):
            run(tmp_path)

    _, record = run(tmp_path, again)
    assert record.epoch == [0, 1, 2]
    assert_equal_runs(run(tmp_path), run(tmp_path))  # and free again at the end


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder that takes no files")
@pytest.mark.parametrize("option", ["checkpoint", "history_csv"])
def test_a_file_that_cannot_be_made_is_named_and_nobody_uses_it(option):
    model = compile_model(create_model("softmax", seed=0))
    with pytest.raises(OSError, match="No such file or directory: '/proc/run'"):
        train(model, X, Y, epochs=1, verbose=0, **{option: "/proc/run"})


def test_a_checkpoint_is_in_use_for_other_processes_too(tmp_path):
    script = "import pathlib, sys; from test_checkpoints import run; run(pathlib.Path(sys.argv[1]))"

    def elsewhere():
        if not seen:
            command = [sys.executable, "-c", script, str(tmp_path)]
            done = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True)
            seen.append(done.stderr.decode().splitlines()[-1])

    seen = []
    run(tmp_path, elsewhere)
    assert "run.npz is in use by another training" in seen[0]


def test_an_interrupted_training_gives_its_checkpoint_free(tmp_path):
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path, interrupt)


def test_a_full_disk_names_the_file_and_leaves_the_last_checkpoint(begun, monkeypatch):
    def full(path, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    before = (begun / "run.npz").read_bytes()
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match=r"No space left on device: '.*run\.(csv|npz)'"):
        run(begun)
    monkeypatch.undo()
    assert (begun / "run.npz").read_bytes() == before
    assert not list(begun.glob(".run.npz.*/"))


def test_a_crash_while_writing_leaves_the_last_checkpoint(begun, monkeypatch):
    def crash(draft, path):
        raise OSError("no space left on device")

    before = (begun / "run.npz").read_bytes()
    monkeypatch.setattr(_files.os, "replace", crash)
    with pytest.raises(OSError, match="no space"):
        run(begun)
    assert (begun / "run.npz").read_bytes() == before
