"""The page's JavaScript run by Node, without a browser: does it answer as Python does?"""

import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from .web_network import write_network

SCRIPT = """
import { readFileSync } from "node:fs";
import { makeNetwork } from "./network.mjs";
const bytes = (name) => new Uint8Array(readFileSync(name));
const [about, weights] = [JSON.parse(readFileSync("NAME.json", "utf8")), bytes("NAME.bin")];
const network = makeNetwork(about, new Float32Array(weights.buffer));
const digits = bytes("digits.bin");
const answers = [];
for (let start = 0; start < digits.length; start += 784)
  answers.push(network.read(digits.subarray(start, start + 784)).probabilities);
console.log(JSON.stringify(answers));
"""


def javascript_source() -> str:
    """The page's ``network.js``: a trained network in plain JavaScript."""
    return (Path(__file__).parent / "static" / "network.js").read_text(encoding="utf-8")


def answers_by_node(name: str, images: np.ndarray) -> np.ndarray | None:
    """What the page's JavaScript answers, run by Node.

    Args:
        name: a model in the manifest that the page knows, as ``write_network`` says.
        images: uint8 in MNIST form, shape (n, 28, 28), 0 background to 255 ink.

    Returns:
        Probabilities, float64, shape (n, 10); None where Node is not installed.

    Raises:
        ValueError: Node is there, but too old for the script, or images of another kind.
    """
    if images.dtype != np.uint8 or images.shape[1:] != (28, 28):
        raise ValueError(
            "expected images in MNIST form, uint8 of shape (n, 28, 28), "
            f"got {images.dtype} of shape {images.shape}"
        )
    if (node := shutil.which("node")) is None:
        return None
    with tempfile.TemporaryDirectory() as room:
        folder = Path(room)
        write_network(folder, name)
        (folder / "network.mjs").write_text(javascript_source(), encoding="utf-8")
        (folder / "script.mjs").write_text(SCRIPT.replace("NAME", name), encoding="utf-8")
        (folder / "digits.bin").write_bytes(images.tobytes())
        command = [node, "script.mjs"]
        done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8")
    if done.returncode:
        raise ValueError(f"Node could not run the script:\n{done.stderr[-1000:]}")
    return np.array(json.loads(done.stdout)).reshape(-1, 10)
