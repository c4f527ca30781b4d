"""Draw docs/picture.png for the README: from strokes on a pad to the reader's answer.

uv run python docs/picture.py
"""

from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np

from mnist_course import DigitReader, preprocessing_stages
from mnist_course.app.pad import DrawingPad

HERE = Path(__file__).resolve().parent
STAGES = {"grey": "you draw", "box": "cut out", "20 x 20": "20 × 20", "28 x 28": "centred by mass"}


def a_five() -> np.ndarray:
    """A 5 in two strokes, drawn small and off centre as people do."""
    angle = np.linspace(-0.62 * np.pi, 0.75 * np.pi, 40)
    belly = np.column_stack([0.36 + 0.12 * np.cos(angle), 0.59 + 0.13 * np.sin(angle)])
    down = np.array([[0.34, 0.28], [0.32, 0.47]])
    pad = DrawingPad()
    pad.strokes = [np.vstack([down, belly]).tolist(), [[0.34, 0.28], [0.52, 0.26]]]
    return pad.picture()


def main() -> None:
    matplotlib.use("Agg")
    matplotlib.rc_file(HERE.parent / "mnist_course" / "plots" / "matplotlibrc")
    drawing = a_five()
    stages, reading = preprocessing_stages(drawing), DigitReader.load().read_picture(drawing)
    fig, axes = plt.subplots(1, 5, figsize=(10, 2.3), width_ratios=[1, 1, 1, 1, 1.7])
    for ax, (stage, title) in zip(axes, STAGES.items(), strict=False):
        ax.imshow(stages[stage], cmap="gray" if stage == "grey" else "gray_r", vmin=0, vmax=255)
        ax.set(xticks=[], yticks=[])
        ax.set_title(title, loc="center")
        ax.spines[:].set(visible=True, color="#BBBBBB")
    probabilities = 100 * reading.probabilities
    axes[-1].bar(range(10), probabilities, color=np.where(probabilities > 50, "#0072B2", "#999999"))
    axes[-1].set(xticks=range(10), ylim=(0, 100), xlabel="digit", ylabel="probability (%)")
    axes[-1].set_title(f"the network reads {reading.label}", loc="center")
    fig.savefig(HERE / "picture.png", dpi=110)


if __name__ == "__main__":
    main()
