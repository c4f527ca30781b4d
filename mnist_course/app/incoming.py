"""From a request of a stranger to the bytes of one picture, or a clear 4xx."""

import base64
import binascii
from io import BytesIO

import numpy as np
from fastapi import Request
from PIL import Image
from pydantic import ValidationError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException

from ..images import MAX_PIXELS
from .guard import MAX_BYTES
from .schema import PictureIn

MAX_SIDE = 10_000  # pixels
# A phone's JPEG may hold a second, smaller picture of the same scene, a TIFF further pages: the
# first is read. In these formats, more pictures are one that moves.
ANIMATED = {"GIF", "WEBP", "PNG", "AVIF"}
TEXT = "text of that name: send what is in the file, as curl -F image=@photo.jpg does"


async def picture_of(request: Request) -> bytes | np.ndarray:
    """The bytes of a picture, or pixels in MNIST form, from a form or from JSON.

    Raises:
        HTTPException: 400, 415 or 422, with what was expected.
    """
    packed = request.headers.get("content-encoding", "identity").strip().lower()
    if packed != "identity":
        raise HTTPException(415, f"send the request without a content-encoding, got {packed}")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return await _uploaded(request)
    if kind == "application/json":
        return _from_json(await request.body())
    raise HTTPException(415, f"send a form (multipart/form-data) or JSON, got {kind or 'neither'}")


async def _uploaded(request: Request) -> bytes:
    try:
        async with request.form(max_files=1, max_fields=4, max_part_size=MAX_BYTES) as form:
            upload = form.get("image")
            if isinstance(upload, UploadFile):
                return await upload.read()
            came = TEXT if "image" in form else ", ".join(form)[:100] or "an empty one"
    except (MultiPartException, HTTPException) as problem:
        reason = getattr(problem, "message", None) or getattr(problem, "detail", "")
        raise HTTPException(400, f"the form cannot be read: {reason}") from None
    raise HTTPException(422, f"the form needs a file named image, got {came}")


def _from_json(body: bytes) -> bytes | np.ndarray:
    try:
        sent = PictureIn.model_validate_json(body)
    except ValidationError as problem:
        raise HTTPException(422, in_words(problem.errors())) from None
    if (sent.image is None) == (sent.pixels is None):
        raise HTTPException(422, "send either image or pixels")
    if sent.pixels is not None:
        return _inked(np.array(sent.pixels, np.uint8))
    text = "".join(sent.image.split())  # the program base64 writes lines
    try:
        return base64.b64decode(text.partition("base64,")[2] or text, validate=True)
    except (binascii.Error, ValueError):
        raise HTTPException(422, "image: expected an image file in base64") from None


def _inked(pixels: np.ndarray) -> np.ndarray:
    if not pixels.any():
        raise HTTPException(422, "pixels: nothing is drawn, all are 0: expected ink up to 255")
    return pixels


def check_header(content: bytes) -> None:
    """Look at what a picture's file says of itself, before any pixel is unpacked.

    Raises:
        HTTPException: 413, it is too large or too wide; 400, it is an animation.
    """
    try:
        with Image.open(BytesIO(content)) as file:
            width, height = file.size
            frames = getattr(file, "n_frames", 1) if file.format in ANIMATED else 1
    except Exception:  # what is no picture is told by whoever opens it, in words of its own
        return
    if width * height > MAX_PIXELS:
        words = f"a picture may have {MAX_PIXELS // 1_000_000} megapixels"
        raise HTTPException(413, f"{words}, got {width} x {height} pixels")
    if max(width, height) > MAX_SIDE:
        raise HTTPException(413, f"a picture may be {MAX_SIDE} pixels wide, got {width} x {height}")
    if frames > 1:
        raise HTTPException(400, f"expected one picture, got an animation of {frames}")


def in_words(errors) -> str:
    """The first problems that validation found, in a line."""
    told = [f"{'.'.join(map(str, e['loc'])) or 'body'}: {e['msg']}" for e in errors[:3]]
    return "; ".join(told)[:500]
