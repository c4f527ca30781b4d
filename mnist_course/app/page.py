"""The page as a folder: what the service serves, and what any static host can serve without one."""

import hashlib
import json
from importlib.resources import files
from pathlib import Path

from .._files import write_bytes, write_text
from ..manifest import read_manifest
from .web_network import write_detector, write_network

# network.js knows their layers; the first one is chosen
MODELS = ("reader", "champion", "tiny", "dense")
ENDINGS = (".html", ".css", ".js", ".svg", ".png", ".webmanifest")


def write_page(folder: str | Path, *, service: bool = False) -> Path:
    """Write the page with its networks into a folder.

    It needs no server of ours: copy the folder to any static host (HTTPS, or localhost), open it
    once, and it works without a connection. Phones offer to install it.

    Args:
        folder: where to; made if it is missing. Files of the same names are replaced.
        service: whether the course's service stands behind it, which reads photographs.

    Returns:
        The folder.

    Raises:
        ModelError: a model is not the one that was shipped.
        OSError: the folder cannot be written.
    """
    folder = Path(folder)
    (folder / "networks").mkdir(parents=True, exist_ok=True)
    names = []
    for source in _sources():
        write_bytes(folder / source.name, source.read_bytes())
        names.append(source.name)
    for model in MODELS:
        written = list(write_network(folder / "networks", model).values())
        if "detector" in read_manifest()[model]["files"]:
            written += write_detector(folder / "networks", model).values()
        names += [f"networks/{file.name}" for file in written]
    config = {"service": service, "models": MODELS, "files": sorted(names)}
    config["version"] = _version(folder, config["files"])
    write_text(folder / "config.json", json.dumps(config, indent=1) + "\n")
    return folder


def _version(folder: Path, names: list[str]) -> str:
    """Another page has another one: by it a browser that has kept the page knows."""
    content = b"".join((folder / name).read_bytes() for name in names)
    return hashlib.sha256(content).hexdigest()[:16]


def _sources() -> list:
    app = files("mnist_course.app")
    found = [*app.joinpath("static").iterdir(), app / "pad.js", app / "pad.css"]
    return [file for file in found if file.name.endswith(ENDINGS)]
