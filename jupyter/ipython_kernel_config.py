"""Settings of this environment's Jupyter kernels, installed to etc/ipython/.

TensorFlow's C++ code writes stamped log lines to file descriptor 2 when it is imported, and no
setting silences them. Kernels capture that descriptor by default, so every `import keras` would
open with a red block. Left alone, the lines go to the terminal that runs Jupyter. Python's own
errors and warnings still reach the notebook.

Figures look alike in whatever folder a kernel starts: Matplotlib is led to the course's style.
"""

import importlib.util
import os
from pathlib import Path

c = get_config()  # noqa: F821

c.IPKernelApp.capture_fd_output = False
c.IPKernelApp.log_level = "ERROR"

if package := importlib.util.find_spec("mnist_course"):
    style = Path(package.origin).parent / "plots" / "matplotlibrc"
    os.environ.setdefault("MATPLOTLIBRC", str(style))
