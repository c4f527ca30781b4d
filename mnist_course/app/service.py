"""The reader as a web service: pictures in, digits out, and the page to draw on.

``mnist-course serve`` starts it; ``uvicorn --factory mnist_course.app.service:create_app`` does
the same elsewhere. It runs on ONNX Runtime, without Keras.
"""

import base64
import binascii
import os
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from typing import Annotated, Any

import anyio
import numpy as np
from fastapi import FastAPI, HTTPException, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException

from ..images import BlankImageError, preprocessing_stages
from ..manifest import read_manifest
from ..predictor import DigitReader
from .guard import MAX_BYTES, Guard
from .metrics import READ_SECONDS, metrics_page
from .page import write_page

MODELS = "MNIST_COURSE_MODELS"  # environment variable: which models to serve, the first by default
AT_ONCE = 4  # pictures that are worked on at the same time: bounds the memory
MAX_SIDE = 10_000  # pixels

Pixel = Annotated[int, Field(ge=0, le=255)]
Row = Annotated[list[Pixel], Field(min_length=28, max_length=28)]
Rows = Annotated[list[Row], Field(min_length=28, max_length=28)]


class PictureIn(BaseModel):
    """A picture as text, or an image that is in MNIST form already: one of the two."""

    model_config = ConfigDict(extra="forbid")
    image: str | None = Field(None, description="An image file (PNG, JPEG, ...) in base64.")
    pixels: Rows | None = Field(None, description="28 x 28, 0 background to 255 ink.")


class Prediction(BaseModel):
    """What was read."""

    digit: int = Field(ge=0, le=9, examples=[7])
    confidence: float = Field(ge=0, le=1, description="Probability of that digit.")
    probabilities: list[float] = Field(min_length=10, max_length=10)
    is_digit: bool | None = Field(
        description="False for a letter, a scribble, a face; null where the model cannot tell."
    )
    model: str = Field(examples=["champion"])
    sha256: str = Field(description="Of the model's file.")
    milliseconds: float = Field(description="From the picture's bytes to the answer.")
    image: list[list[int]] = Field(description="What the network saw: 28 x 28, 0 to 255 ink.")
    stages: dict[str, str] | None = Field(None, description="Each stage as a PNG, a data: URL.")


class Model(BaseModel):
    """A model that is served."""

    name: str
    sha256: str
    parameters: int
    test_accuracy: float


class Problem(BaseModel):
    """What was wrong, and what was expected."""

    detail: str


PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "Not a picture, or it is damaged."},
    413: {"model": Problem, "description": "Too many bytes or pixels."},
    415: {"model": Problem, "description": "Neither a form nor JSON."},
    422: {"model": Problem, "description": "A field is missing or wrong, or nothing is drawn."},
}
BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {"image": {"type": "string", "format": "binary"}},
                    "required": ["image"],
                }
            },
            "application/json": {
                "schema": PictureIn.model_json_schema(),
                "examples": {
                    "a 1": {"value": {"pixels": [[0] * 13 + [255, 255] + [0] * 13] * 28}},
                },
            },
        },
    }
}


def create_app(models: tuple[str, ...] | None = None) -> FastAPI:
    """The service, its models verified by their checksums.

    Args:
        models: names in the manifest, the first of them read with by default; without them the
            environment variable ``MNIST_COURSE_MODELS`` names them, separated by commas.

    Raises:
        ModelError: no such model, or it is not the one that was shipped.
    """
    models = models or tuple(os.environ.get(MODELS, "champion,tiny,dense").split(","))
    app = FastAPI(title="A reader of digits", version="1", docs_url=None, redoc_url=None,
                  lifespan=_lifespan)  # fmt: skip
    app.state.readers = {name: DigitReader.load(name) for name in models}
    app.state.manifest = read_manifest()
    app.state.ready = False
    app.add_middleware(Guard)
    app.add_exception_handler(RequestValidationError, _say_what_is_wrong)
    _add_routes(app, models)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Write the page into a folder of its own, for as long as the service runs."""
    with tempfile.TemporaryDirectory(prefix="mnist-page-") as folder:
        app.mount("/", StaticFiles(directory=write_page(folder, service=True), html=True))
        app.state.turns = anyio.CapacityLimiter(AT_ONCE)
        app.state.ready = True
        yield
        app.state.ready = False


def _add_routes(app: FastAPI, models: tuple[str, ...]) -> None:
    chosen = Annotated[str, Query(pattern=f"^({'|'.join(models)})$", description="Which model.")]
    wants_stages = Annotated[bool, Query(description="Return each stage as a picture, too.")]
    ink_shade = Annotated[str, Query(pattern="^(auto|dark|light)$", description="Of the pen.")]

    @app.post("/api/predict", responses=PROBLEMS, openapi_extra=BODY)
    async def predict(
        request: Request, model: chosen = models[0], stages: wants_stages = False,
        ink: ink_shade = "auto",
    ) -> Prediction:  # fmt: skip
        """Read the digit in a picture, or in 28 x 28 pixels in MNIST form."""
        start = time.perf_counter()
        seen = await _stages_of(request, ink)
        reading = app.state.readers[model].read(seen["28 x 28"])
        seconds = time.perf_counter() - start
        READ_SECONDS.labels(model).observe(seconds)
        return Prediction(
            digit=reading.label,
            confidence=reading.confidence,
            probabilities=reading.probabilities.tolist(),
            is_digit=reading.is_digit,
            model=model,
            sha256=_describe(app, model).sha256,
            milliseconds=1000 * seconds,
            image=reading.image.tolist(),
            stages={name: _as_url(stage) for name, stage in seen.items()} if stages else None,
        )

    @app.get("/api/models")
    async def served() -> list[Model]:
        """The models that can be asked, with the checksums of their files."""
        return [_describe(app, name) for name in models]

    @app.get("/healthz")
    async def healthy() -> dict[str, str]:
        """The process lives."""
        return {"status": "ok"}

    @app.get("/readyz", responses={503: {"model": Problem, "description": "Not yet."}})
    async def ready() -> dict[str, str]:
        """The models are loaded and verified: requests may come."""
        if not app.state.ready:
            raise HTTPException(503, "starting or stopping")
        return {"status": "ready"}

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        """Counters for Prometheus."""
        return metrics_page()


async def _stages_of(request: Request, ink: str) -> dict[str, np.ndarray]:
    """The picture of a request, brought into MNIST form."""
    found = await _picture_of(request)
    if isinstance(found, np.ndarray):
        return {"28 x 28": found}
    try:
        return await anyio.to_thread.run_sync(
            _checked_stages, found, ink, limiter=request.app.state.turns
        )
    except BlankImageError as problem:
        raise HTTPException(422, str(problem)) from None
    except ValueError as problem:
        raise HTTPException(400, str(problem)) from None


def _checked_stages(content: bytes, ink: str) -> dict[str, np.ndarray]:
    """The stages, once the file's own header has said that it is of a bearable size."""
    try:
        with Image.open(BytesIO(content)) as file:
            width, height, frames = *file.size, getattr(file, "n_frames", 1)
    except Exception:  # what is no picture is told below, in words of its own
        return preprocessing_stages(content, ink=ink)
    if max(width, height) > MAX_SIDE:
        raise HTTPException(413, f"a picture may be {MAX_SIDE} pixels wide, got {width} x {height}")
    if frames > 1:
        raise HTTPException(400, f"expected one picture, got an animation of {frames}")
    return preprocessing_stages(content, ink=ink)


async def _picture_of(request: Request) -> bytes | np.ndarray:
    """The bytes of a picture, or pixels in MNIST form, from a form or from JSON."""
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
    except (MultiPartException, HTTPException) as problem:
        reason = getattr(problem, "message", None) or getattr(problem, "detail", "")
        raise HTTPException(400, f"the form cannot be read: {reason}") from None
    raise HTTPException(422, "the form needs a file named image")


def _from_json(body: bytes) -> bytes | np.ndarray:
    try:
        sent = PictureIn.model_validate_json(body)
    except ValidationError as problem:
        raise HTTPException(422, _in_words(problem.errors())) from None
    if (sent.image is None) == (sent.pixels is None):
        raise HTTPException(422, "send either image or pixels")
    if sent.pixels is not None:
        return np.array(sent.pixels, np.uint8)
    try:
        return base64.b64decode(sent.image.partition("base64,")[2] or sent.image, validate=True)
    except (binascii.Error, ValueError):
        raise HTTPException(422, "image: expected an image file in base64") from None


async def _say_what_is_wrong(_request: Request, problem: RequestValidationError) -> JSONResponse:
    return JSONResponse({"detail": _in_words(problem.errors())}, 422)


def _in_words(errors) -> str:
    told = [f"{'.'.join(map(str, e['loc'])) or 'body'}: {e['msg']}" for e in errors[:3]]
    return "; ".join(told)[:500]


def _describe(app: FastAPI, name: str) -> Model:
    entry = app.state.manifest[name]
    return Model(
        name=name,
        sha256=entry["files"]["onnx"]["sha256"],
        parameters=entry["parameters"],
        test_accuracy=entry["test_accuracy"]["shipped"],
    )


def _as_url(stage: np.ndarray) -> str:
    file = BytesIO()
    Image.fromarray(stage).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
