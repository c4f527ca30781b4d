"""The file formats of a network: one table, and a module of the same name for each.

It imports no framework, so that the command line can name the formats at once.
"""

import importlib
import importlib.util
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from ..._paths import extra_advice
from ...manifest import ModelError


class ExportError(ModelError):
    """An exported model is damaged or does not answer as the original does."""


class Format(NamedTuple):
    """One way to store a network.

    Attributes:
        kind: its name in the manifest; the module of that name has ``write`` and ``open``.
        ending: of its files.
        runtime: what opens them, in words.
        needs: a module that must be installed, of the package's extra ``extra``.
        extra: of ``pyproject.toml``.
        tolerance: largest difference of a probability from the original's, 0 to 1.
    """

    kind: str
    ending: str
    runtime: str
    needs: str = ""
    extra: str = ""
    tolerance: float = 1e-4

    def module(self) -> ModuleType:
        """The module with ``write(model, path)`` and ``open(path)``.

        Raises:
            ValueError: what the format needs is not installed.
        """
        if self.needs and importlib.util.find_spec(self.needs) is None:
            raise ValueError(f"{self.runtime} is not installed: {extra_advice(self.extra)}")
        return importlib.import_module(f".{self.kind}", __name__)


FORMATS = {
    known.kind: known
    for known in (
        Format("keras", ".keras", "Keras"),
        Format("onnx", ".onnx", "ONNX"),
        Format("litert", ".tflite", "LiteRT", needs="ai_edge_litert", extra="litert"),
        Format("onnx_int8", "_int8.onnx", "ONNX", tolerance=0.5),
    )
}


def format_of(path: str | Path) -> Format:
    """The format of a file, by the longest ending that fits its name.

    Raises:
        ModelError: no format has this ending.
    """
    path = Path(path)
    fitting = [known for known in FORMATS.values() if path.name.endswith(known.ending)]
    if fitting:
        return max(fitting, key=lambda known: len(known.ending))
    if path.suffix in (".h5", ".hdf5"):
        raise ModelError(
            f"{path.name} is an HDF5 file, which may run code when it is opened. If you trust it: "
            "keras.saving.load_model opens it, and model.save with a name that ends in .keras "
            "makes a file that is read here"
        )
    endings = ", ".join(known.ending for known in FORMATS.values())
    raise ModelError(f"a model file ends in {endings}, got {path.name!r}")
