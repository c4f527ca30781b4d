"""The reader as a web service: pictures in, digits out, and the page to draw on.

``mnist-course serve`` starts it; ``uvicorn --factory mnist_course.app.service:create_app`` does
the same elsewhere. It runs on ONNX Runtime, without Keras.
"""

import base64
import os
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Annotated

import anyio
import numpy as np
from fastapi import FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from PIL import Image
from starlette.exceptions import HTTPException

from ..images import BlankImageError, preprocessing_stages
from ..manifest import read_manifest
from ..predictor import DigitReader, Reading
from . import page
from .guard import Guard
from .incoming import check_header, in_words, picture_of
from .metrics import READ_SECONDS, metrics_page
from .schema import BODY, PROBLEMS, DigitFound, Model, NumberRead, Prediction, Problem

MODELS = "MNIST_COURSE_MODELS"  # environment variable: which models to serve, the first by default
AT_ONCE = 4  # pictures that are worked on at the same time: bounds the memory


def create_app(models: tuple[str, ...] | None = None) -> FastAPI:
    """The service, its models verified by their checksums.

    Args:
        models: names in the manifest, the first of them read with by default; without them the
            environment variable ``MNIST_COURSE_MODELS`` names them, separated by commas.

    Raises:
        ModelError: no such model, or it is not the one that was shipped.
    """
    models = models or tuple(os.environ.get(MODELS, ",".join(page.MODELS)).split(","))
    app = FastAPI(title="A reader of digits", version="1", docs_url=None, redoc_url=None,
                  lifespan=_lifespan)  # fmt: skip
    app.state.readers = {name: DigitReader.load(name) for name in models}
    manifest = read_manifest()
    app.state.served = {name: _described(name, manifest[name]) for name in models}
    app.state.ready = False
    app.add_middleware(Guard)
    app.add_exception_handler(RequestValidationError, _say_what_is_wrong)
    app.add_exception_handler(BlankImageError, _say_that_it_is_blank)
    _add_readers(app, models)
    _add_watch(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Write the page into a folder of its own, for as long as the service runs."""
    with tempfile.TemporaryDirectory(prefix="mnist-page-") as folder:
        _serve_files(app, page.write_page(folder, service=True))
        app.state.turns = anyio.CapacityLimiter(AT_ONCE)
        app.state.ready = True
        yield
        app.state.ready = False


def _serve_files(app: FastAPI, folder: Path) -> None:
    """A route for each file of the page: what is no file of it does not exist."""
    static = StaticFiles(directory=folder)

    def route(file: str):
        async def answer(request: Request) -> Response:
            response = await static.get_response(file, request.scope)
            response.headers["cache-control"] = "no-cache"  # ask each time: no old page is shown
            return response

        return answer

    app.add_route("/", route("index.html"), methods=["GET"])
    for file in filter(Path.is_file, folder.rglob("*")):
        name = file.relative_to(folder).as_posix()
        app.add_route(f"/{name}", route(name), methods=["GET"])


def _add_readers(app: FastAPI, models: tuple[str, ...]) -> None:
    """The routes that read pictures."""
    chosen = Annotated[str, Query(pattern=f"^({'|'.join(models)})$", description="Which model.")]
    wants_stages = Annotated[bool, Query(description="Return each stage as a picture, too.")]
    ink_shade = Annotated[str, Query(pattern="^(auto|dark|light)$", description="Of the pen.")]

    @app.post("/api/predict", responses=PROBLEMS, openapi_extra=BODY)
    async def predict(
        request: Request, model: chosen = models[0], stages: wants_stages = False,
        ink: ink_shade = "auto",
    ) -> Prediction:  # fmt: skip
        """Read the digit in a picture, or in 28 x 28 pixels in MNIST form."""
        picture = await picture_of(request)
        start = time.perf_counter()  # not before: an upload takes as long as the client's line
        seen = await _stages_of(request, picture, ink)
        reading = app.state.readers[model].read(seen["28 x 28"])
        seconds = time.perf_counter() - start
        READ_SECONDS.labels(model).observe(seconds)
        return _prediction(reading, app.state.served[model], seconds, seen if stages else {})

    @app.post("/api/predict-number", responses=PROBLEMS, openapi_extra=BODY)
    async def predict_number(
        request: Request, model: chosen = models[0], ink: ink_shade = "auto"
    ) -> NumberRead:
        """Read a row of digits, or a sheet of rows."""
        picture = await picture_of(request)
        if isinstance(picture, np.ndarray):
            picture, ink = 255 - picture, "dark"  # MNIST form leaves no choice
        number = await _in_turn(request, app.state.readers[model].read_number, picture, ink)
        found = zip(number.readings, number.boxes, strict=True)
        digits = [DigitFound(digit=r.label, confidence=r.confidence, box=b) for r, b in found]
        return NumberRead(text=number.text, digits=digits, model=model)


def _prediction(
    reading: Reading, model: Model, seconds: float, stages: dict[str, np.ndarray]
) -> Prediction:
    return Prediction(
        digit=reading.label,
        confidence=reading.confidence,
        probabilities=reading.probabilities.tolist(),
        is_digit=reading.is_digit,
        model=model.name,
        sha256=model.sha256,
        milliseconds=1000 * seconds,
        image=reading.image.tolist(),
        stages={name: _as_url(stage) for name, stage in stages.items()} or None,
    )


def _add_watch(app: FastAPI) -> None:
    """The routes that tell what is served, and how it is."""

    @app.get("/api/models")
    async def served() -> list[Model]:
        """The models that can be asked, with the checksums of their files."""
        return list(app.state.served.values())

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


async def _stages_of(
    request: Request, picture: bytes | np.ndarray, ink: str
) -> dict[str, np.ndarray]:
    """The picture of a request, brought into MNIST form, which pixels have already."""
    if isinstance(picture, np.ndarray):
        return {"28 x 28": picture}
    return await _in_turn(request, preprocessing_stages, picture, ink)


async def _in_turn(request: Request, work: Callable, picture: bytes | np.ndarray, ink: str):
    """Work on a picture in a thread, a few at a time; what is wrong with it becomes a 4xx."""
    job = partial(_checked, work, picture, ink)
    try:
        return await anyio.to_thread.run_sync(job, limiter=request.app.state.turns)
    except BlankImageError:
        raise  # it has an answer of its own
    except ValueError as problem:
        raise HTTPException(400, str(problem)) from None


def _checked(work: Callable, picture: bytes | np.ndarray, ink: str):
    """Work on a picture, once the file's own header has said that it is of a bearable size."""
    if isinstance(picture, bytes):
        check_header(picture)
    return work(picture, ink=ink)


async def _say_what_is_wrong(_request: Request, problem: RequestValidationError) -> JSONResponse:
    return JSONResponse({"detail": in_words(problem.errors())}, 422)


async def _say_that_it_is_blank(_request: Request, problem: BlankImageError) -> JSONResponse:
    advice = problem.advice("?ink=dark or ?ink=light")
    return JSONResponse({"detail": problem.said} | ({"advice": advice} if advice else {}), 422)


def _described(name: str, entry: dict) -> Model:
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
