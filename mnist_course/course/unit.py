"""The course's clock: a unit is one epoch of the Day 16 network on this machine.

Seconds differ from laptop to laptop; compute budgets in units hold on all of them.
"""

import statistics
import subprocess
import sys
import time

IMAGES = 60_000
BATCH_SIZE = 128
STEPS = 80  # of the 469 steps of an epoch
REPEATS = 3  # the median counts: a single measurement is off by a fifth now and then


def measure() -> float:
    """Seconds of one epoch (batch 128, 60,000 images), measured now in a process of its own."""
    command = [sys.executable, "-m", __name__]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    if done.returncode:
        raise ValueError(f"the unit could not be measured:\n{done.stderr[-2000:]}")
    return float(done.stdout.split()[-1])


def _time_steps() -> float:
    import numpy as np

    from .. import create_model, load_mnist, scale_pixels

    (x, y), _ = load_mnist()
    number = STEPS * BATCH_SIZE
    x, y = scale_pixels(x[:number]), y[:number].astype(np.int32)
    model = create_model("cnn")
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    model.fit(x[: 5 * BATCH_SIZE], y[: 5 * BATCH_SIZE], batch_size=BATCH_SIZE, verbose=0)
    seconds = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        model.fit(x, y, batch_size=BATCH_SIZE, verbose=0)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds) * IMAGES / number


if __name__ == "__main__":
    print(_time_steps())
