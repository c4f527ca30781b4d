"""What a training leaves on disk after every epoch: a checkpoint to go on from, a CSV table.

Files are written aside and renamed when they are complete: a process may die at any moment.
"""

import csv
import io
import json
import re
import time
import zlib
from contextlib import AbstractContextManager, nullcontext
from itertools import zip_longest
from pathlib import Path

import keras
import numpy as np

from .._files import alone_with, write_bytes


class TrainingRecord(keras.callbacks.History):
    """Keras's History, also kept on disk if asked for: what ``train`` returns.

    Args:
        checkpoint: file that holds the complete state after every epoch, or None.
        history_csv: file that holds the history as a table, or None.

    Attributes:
        history: a list per metric, one number per epoch, those before an interruption included.
        epoch: the numbers of these epochs, from 0.
        next_epoch: the epoch to go on with.
        earlier_seconds: time that the training took before it was interrupted.
    """

    def __init__(self, checkpoint: str | Path | None = None, history_csv: str | Path | None = None):
        super().__init__()
        self._checkpoint = None if checkpoint is None else Path(checkpoint)
        self._history_csv = None if history_csv is None else Path(history_csv)
        self._run, self._begin = {}, time.perf_counter()
        self.epoch, self.next_epoch, self.earlier_seconds = [], 0, 0.0

    def alone(self) -> AbstractContextManager:
        """Keep other trainings away from the checkpoint, if there is one, in a ``with`` block.

        Raises:
            ValueError: another training, of this process or another, is at work with it.
        """
        return nullcontext() if self._checkpoint is None else alone_with(self._checkpoint)

    def resume(self, model: keras.Model, **run) -> None:
        """Bring model and record to where the checkpoint left them, if there is one.

        Args:
            model: built and compiled, as it was when the training began.
            **run: what else makes up this training: whole numbers, or lists of arrays.

        Raises:
            ValueError: the checkpoint is damaged, or it belongs to another training.
        """
        model.optimizer.build(model.trainable_variables)
        self._run = {
            "model": _checksum_of_config(model.get_config()),
            "optimizer or loss": _checksum_of_config(model.get_compile_config()),
            **{name: _checksum(part) for name, part in run.items()},
        }
        if not self._checkpoint.exists():
            return
        state, values = _read(self._checkpoint)
        other = [name for name in self._run if state["run"].get(name) != self._run[name]]
        if other:
            raise ValueError(
                f"{self._checkpoint} belongs to another training: {', '.join(other)} differ; "
                "give the arguments it began with, or remove the file to begin anew"
            )
        for variable, value in zip(_variables(model), values, strict=True):
            variable.assign(value)
        self.history, self.epoch = state["history"], state["epoch"]
        self.next_epoch, self.earlier_seconds = state["next_epoch"], state["seconds"]

    def on_train_begin(self, logs=None) -> None:
        """Keep what was resumed: Keras would forget the epochs."""

    def on_epoch_end(self, epoch: int, logs=None) -> None:
        """Note the epoch's metrics and write the files."""
        super().on_epoch_end(epoch, logs)
        self._write(self.params["epochs"] if self.model.stop_training else epoch + 1)

    def on_train_end(self, logs=None) -> None:
        """Write once more: other callbacks may have put their best weights back."""
        self._write(self.params["epochs"])

    def _write(self, next_epoch: int) -> None:
        if self._history_csv is not None:
            write_bytes(self._history_csv, _as_csv(self.epoch, self.history))
        if self._checkpoint is not None:
            state = {
                "run": self._run,
                "history": self.history,
                "epoch": self.epoch,
                "next_epoch": next_epoch,
                "seconds": self.earlier_seconds + time.perf_counter() - self._begin,
            }
            write_bytes(self._checkpoint, _as_npz(state, _variables(self.model)))


def _variables(model: keras.Model) -> list[keras.Variable]:
    """All that a step changes: weights, batch statistics, dropout's seeds, the optimizer's."""
    return [*model.variables, *model.optimizer.variables]


def _checksum(part: int | list | tuple | None) -> int | None:
    if part is None or isinstance(part, int | np.integer):
        return part if part is None else int(part)
    checksum = 0
    for array in part:
        checksum = zlib.crc32(np.ascontiguousarray(array), checksum)
    return checksum


def _checksum_of_config(config: dict) -> int:
    """The counters in names are left out: a second Adam in one process is named adam_1."""
    text = re.sub(r'_\d+"', '"', json.dumps(config, default=str))
    return zlib.crc32(text.encode())


def _as_csv(epochs: list[int], history: dict[str, list[float]]) -> bytes:
    table = io.StringIO(newline="")
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["epoch", *history])
    writer.writerows(zip_longest((epoch + 1 for epoch in epochs), *history.values()))
    return table.getvalue().encode()


def _as_npz(state: dict, variables: list[keras.Variable]) -> bytes:
    text = json.dumps(state, default=float)  # some callbacks log NumPy's numbers
    archive = io.BytesIO()
    np.savez(archive, *map(keras.ops.convert_to_numpy, variables), state=text)
    return archive.getvalue()


def _read(path: Path) -> tuple[dict, list[np.ndarray]]:
    content = path.read_bytes()
    try:
        with np.load(io.BytesIO(content)) as file:
            values = [file[f"arr_{i}"] for i in range(len(file.files) - 1)]
            return json.loads(str(file["state"])), values
    except Exception as problem:  # a damaged archive fails in many ways
        raise ValueError(
            f"{path} is damaged or no checkpoint; remove it to train from the beginning"
        ) from problem
