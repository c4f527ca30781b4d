"""Run by itself in a new process: what a program pays before its first answer.

    python fresh.py reader champion
    python fresh.py keras models/champion.keras

Prints JSON: seconds since the start of this file until each stage, and the peak memory in MB.
"""

import json
import sys
import time

BEGIN = time.perf_counter()


def seconds() -> float:
    """Since this file began; the start of Python itself, the same for all, is left out."""
    return time.perf_counter() - BEGIN


def package(_: str) -> dict:
    """Import the package alone."""
    import mnist_course  # noqa: F401

    return {"import": seconds()}


def reader(name: str) -> dict:
    """Import the reader and read one digit."""
    import mnist_course.predictor

    imported = seconds()
    mnist_course.predictor.DigitReader.load(name).read(one())
    return {"import": imported, "answer": seconds()}


def keras(file: str) -> dict:
    """Import Keras, load the same network and read one digit."""
    import keras

    imported = seconds()
    model = keras.saving.load_model(file, compile=False)
    model.predict(one().reshape(1, 28, 28, 1).astype("float32") / 255, verbose=0)
    return {"import": imported, "answer": seconds()}


def one():
    """A digit 1, uint8 of shape (28, 28)."""
    import numpy as np

    image = np.zeros((28, 28), np.uint8)
    image[5:23, 13:15] = 255
    return image


def peak_memory() -> float:
    """Largest memory this process ever had, MB."""
    try:
        with open("/proc/self/status", encoding="ascii") as status:  # Linux
            lines = dict(line.split(":", 1) for line in status)
        return int(lines["VmHWM"].split()[0]) * 1024 / 1e6  # ru_maxrss counts the parent's too
    except OSError:
        pass
    try:
        import resource  # macOS: bytes

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    except ImportError:
        import psutil  # Windows

        return psutil.Process().memory_info().peak_wset / 1e6


if __name__ == "__main__":
    _, case, argument = sys.argv
    found = {"package": package, "reader": reader, "keras": keras}[case](argument)
    print(json.dumps(found | {"memory": peak_memory()}))
