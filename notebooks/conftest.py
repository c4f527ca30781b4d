"""For nbval: no progress is recorded, and slow machines get time to answer."""

import os
import tempfile

os.environ["MNIST_COURSE_HOME"] = tempfile.mkdtemp(prefix="mnist-course-")


def pytest_collection_modifyitems(items):
    """nbval waits 5 s for an output by default; a busy machine needs more."""
    for item in items:
        if hasattr(item, "output_timeout"):
            item.output_timeout = 120
