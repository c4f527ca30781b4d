"""What makes notebooks a course: claims, exercises, verified lessons, progress."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "notebooks"
RECORD = "MNIST_COURSE_RECORD"  # tells the accuracy ladder to write down what it draws
