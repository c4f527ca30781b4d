"""Make mnist_course/_digits/uci.npz anew from scikit-learn's digits, after a change of to_mnist.

    uv run python data/rebuild_uci.py

Put the two checksums that it prints into mnist_course/data.py. The accuracies on these digits in
models/manifest.json are of the digits they were measured on: say so where you report them, or
measure again with mnist-course evaluate.
"""

import numpy as np

from mnist_course._paths import DIGITS
from mnist_course.data import array_sha256, convert_uci_digits

if __name__ == "__main__":
    images, labels = convert_uci_digits()
    np.savez_compressed(DIGITS / "uci.npz", images=images, labels=labels)
    print(f"images {array_sha256(images)}\nlabels {array_sha256(labels)}")
