"""The service: answers, and what it says to all that is no picture."""

import asyncio
import base64
import contextlib
import gzip
import http.client
import json
import os
import re
import signal
import time
from io import BytesIO
from unittest.mock import AsyncMock

import httpx2 as httpx
import numpy as np
import psutil
import pytest
from PIL import Image
from starlette.testclient import TestClient

from mnist_course import load_mnist
from mnist_course.app import guard, metrics, page, service
from mnist_course.app.local import running_service
from mnist_course.app.strokes import draw_strokes
from mnist_course.manifest import ModelError
from mnist_course.predictor import DigitReader

SEVEN = [[[0.3, 0.25], [0.7, 0.25], [0.45, 0.8]]]


@pytest.fixture(scope="module")
def client():
    with TestClient(service.create_app()) as client:
        yield client


def file_of(pixels, kind="PNG", **options) -> bytes:
    file = BytesIO()
    Image.fromarray(pixels).save(file, kind, **options)
    return file.getvalue()


def drawn() -> np.ndarray:
    return draw_strokes(SEVEN, 280)


def upload(client, content, query="", name="image"):
    return client.post(f"/api/predict{query}", files={name: ("p.png", content)})


@pytest.mark.parametrize("model", page.MODELS)
def test_it_answers_as_the_reader_does(client, model):
    reading = DigitReader.load(model).read_picture(file_of(drawn()))
    answer = upload(client, file_of(drawn()), f"?model={model}").json()
    assert answer["digit"] == reading.label == 7
    assert answer["model"] == model
    np.testing.assert_allclose(answer["probabilities"], reading.probabilities, atol=1e-6)
    np.testing.assert_array_equal(answer["image"], reading.image)


def test_a_picture_may_come_as_text(client):
    text = base64.b64encode(file_of(drawn())).decode()
    lines = base64.encodebytes(file_of(drawn())).decode()  # as the program base64 writes them
    for image in (text, lines, f"data:image/png;base64,{text}", f"data:image/png;base64, {lines}"):
        assert client.post("/api/predict", json={"image": image}).json().get("digit") == 7


def test_pixels_in_mnist_form_are_read_as_they_are(client):
    (digit, *_), (label, *_) = load_mnist()[1]
    answer = client.post("/api/predict", json={"pixels": digit.tolist()}).json()
    assert (answer["digit"], answer["image"]) == (label, digit.tolist())


def test_it_says_what_is_no_digit_where_the_model_can_tell(client):
    grey = {"pixels": [[128] * 28] * 28}
    assert upload(client, file_of(drawn())).json()["is_digit"] is True
    assert client.post("/api/predict", json=grey).json()["is_digit"] is False
    assert client.post("/api/predict?model=dense", json=grey).json()["is_digit"] is None


def test_the_milliseconds_are_those_of_reading_not_of_the_upload(client):
    def slow_upload():
        yield b'{"pixels": '
        time.sleep(1)
        yield json.dumps(np.eye(28, dtype=int).tolist()).encode() + b"}"

    headers = {"content-type": "application/json"}
    answer = client.post("/api/predict", content=slow_upload(), headers=headers)
    assert answer.json()["milliseconds"] < 1000


def test_stages_come_as_pictures_when_asked_for(client):
    assert upload(client, file_of(drawn())).json()["stages"] is None
    stages = upload(client, file_of(drawn()), "?stages=true").json()["stages"]
    assert list(stages)[-1] == "28 x 28"
    content = base64.b64decode(stages["28 x 28"].removeprefix("data:image/png;base64,"))
    assert Image.open(BytesIO(content)).size == (28, 28)


def test_a_row_of_digits_is_read_as_a_number(client):
    row = np.hstack([draw_strokes(SEVEN, 140), draw_strokes([[[0.5, 0.2], [0.5, 0.8]]], 140)])
    answer = client.post("/api/predict-number", files={"image": file_of(row)}).json()
    assert answer["text"] == "71"
    assert [found["digit"] for found in answer["digits"]] == [7, 1]
    assert answer["digits"][0]["box"][3] <= answer["digits"][1]["box"][1]


@pytest.mark.parametrize("ink", ["auto", "dark", "light"])
def test_pixels_are_a_number_of_one_whatever_ink_is_asked_for(client, ink):
    (digit, *_), (label, *_) = load_mnist()[1]
    answer = client.post(f"/api/predict-number?ink={ink}", json={"pixels": digit.tolist()})
    assert answer.json().get("text") == str(label)


@pytest.mark.parametrize(
    ("content", "status"), [(b"x", 400), (file_of(np.zeros((9, 9), "u1")), 422)]
)
def test_what_is_no_number_gets_a_clear_answer(client, content, status):
    answer = client.post("/api/predict-number", files={"image": content})
    assert answer.status_code == status
    assert answer.json()["detail"]


def test_models_are_listed_with_their_checksums(client):
    models = client.get("/api/models").json()
    assert [model["name"] for model in models] == [*page.MODELS]
    assert all(len(model["sha256"]) == 64 for model in models)
    assert upload(client, file_of(drawn())).json()["sha256"] == models[0]["sha256"]


def bomb() -> bytes:
    return file_of(np.zeros((9_000, 9_000), np.uint8))  # 81 megapixels in 80 kB


def animation() -> bytes:
    frames = [Image.fromarray(np.full((30, 30), n, np.uint8)) for n in (0, 200)]
    file = BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (b"", 400, "cannot read this picture"),
        (b"no picture", 400, "cannot read this picture"),
        (file_of(drawn())[:300], 400, "cannot read this picture"),
        (file_of(drawn(), "JPEG")[:700], 400, "cannot read this picture"),
        (bomb(), 413, "9000 x 9000 pixels"),
        (file_of(np.zeros((2, 20_000), np.uint8)), 413, "10000 pixels wide"),
        (animation(), 400, "animation of 2"),
        (file_of(np.zeros((1, 1), np.uint8)), 422, "no ink"),
        (file_of(np.full((90, 90), 255, np.uint8)), 422, "no ink"),
    ],
)
def test_what_is_no_digit_gets_a_clear_answer(client, content, status, words):
    answer = upload(client, content)
    assert (answer.status_code, words in answer.json()["detail"]) == (status, True), answer.text


def test_advice_to_programs_is_apart_and_only_for_those_who_have_not_named_the_ink(client):
    blank = file_of(np.full((90, 90), 255, np.uint8))
    not_named, named = (upload(client, blank, query).json() for query in ("", "?ink=dark"))
    assert not_named.pop("advice").endswith("?ink=dark or ?ink=light")
    assert not_named == named
    assert "ink=" not in named["detail"]


def test_a_file_that_cannot_be_read_is_told_what_files_can(client):
    detail = upload(client, b"no picture").json()["detail"]
    assert detail.endswith("expected an image file such as PNG or JPEG of at most 50 megapixels")


def test_a_phones_photo_with_a_second_picture_in_it_is_read(client):
    second = Image.fromarray(drawn()[::4, ::4])
    answer = upload(client, file_of(drawn(), "MPO", save_all=True, append_images=[second]))
    assert answer.json().get("digit") == 7, answer.text


def boundary(rest: bytes) -> dict:
    return {"content": rest, "headers": {"content-type": "multipart/form-data; boundary=x"}}


@pytest.mark.parametrize(
    ("request_", "status", "words"),
    [
        ({"files": {"photo": b"x"}}, 422, "file named image, got photo"),
        ({"data": {"image": "text"}}, 415, "send a form"),
        (
            boundary(
                b'--x\r\nContent-Disposition: form-data; name="image"\r\n\r\na.png\r\n--x--\r\n'
            ),
            422,
            "got text of that name: send what is in the file",
        ),
        (boundary(b""), 422, "file named image, got an empty one"),
        (boundary(b"--y\r\n"), 400, "form cannot be read"),
        ({"content": b"x", "headers": {"content-type": "multipart/form-data"}}, 400, "boundary"),
        ({"content": b"{"}, 415, "neither"),
        ({"content": b"{", "headers": {"content-type": "application/json"}}, 422, "Invalid JSON"),
        ({"json": {}}, 422, "either image or pixels"),
        ({"json": {"image": "a", "pixels": [[0] * 28] * 28}}, 422, "either image or pixels"),
        ({"json": {"image": "é"}}, 422, "base64"),
        ({"json": {"image": 5}}, 422, "valid string"),
        ({"json": {"pixels": [[0] * 28] * 27}}, 422, "28 items"),
        ({"json": {"pixels": [[256] * 28] * 28}}, 422, "255"),
        ({"json": {"pixels": [[0] * 28] * 28}}, 422, "nothing is drawn"),
        ({"json": {"pixels": [[True] * 28] * 28}}, 422, "valid integer"),
        ({"json": {"pixels": [["7"] * 28] * 28}}, 422, "valid integer"),
        ({"json": {"path": "/etc/passwd"}}, 422, "path"),
    ],
)
def test_a_wrong_request_hears_what_was_expected(client, request_, status, words):
    answer = client.post("/api/predict", **request_)
    assert (answer.status_code, words in answer.json()["detail"]) == (status, True), answer.text


def test_a_compressed_request_is_told_to_come_as_it_is(client):
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    answer = client.post("/api/predict", content=gzip.compress(b"{}"), headers=headers)
    assert (answer.status_code, "got gzip" in answer.json()["detail"]) == (415, True)


@pytest.mark.parametrize("query", ["?model=../cnn", "?model=cnn", "?stages=perhaps", "?ink=red"])
def test_a_wrong_option_is_named(client, query):
    answer = upload(client, file_of(drawn()), query)
    assert answer.status_code == 422
    assert query[1:].partition("=")[0] in answer.json()["detail"]


def test_more_bytes_than_a_request_may_have_are_refused_while_they_come(client, monkeypatch):
    monkeypatch.setattr(guard, "MAX_BYTES", 1000)
    sent = []

    def pieces():
        for _ in range(100):
            sent.append(500)
            yield b"x" * 500

    options = {"headers": {"content-type": "application/json"}}
    answer = client.post("/api/predict", content=pieces(), **options)
    assert answer.status_code == 413
    assert "a request may have 1,000 bytes" in answer.json()["detail"]


def test_a_large_request_is_refused_before_it_comes(client):
    answer = upload(client, bytes(50_000_000))
    assert answer.status_code == 413


def test_every_answer_has_the_security_headers(client):
    for answer in (client.get("/"), client.get("/nowhere"), upload(client, b"x")):
        for name, value in guard.HEADERS.items():
            assert answer.headers[name] == value
        assert "access-control-allow-origin" not in answer.headers


def test_the_page_is_served(client):
    assert "A reader of digits" in client.get("/").text
    assert client.get("/config.json").json()["service"] is True
    assert client.get("/networks/champion.bin").status_code == 200
    assert client.get("/..%2f..%2fpyproject.toml").status_code == 404


def test_requests_and_their_seconds_are_counted(client):
    upload(client, b"x")
    client.get("/a-strangers-path")
    text = client.get("/metrics").text
    assert 'digits_requests_total{path="/api/predict",status="400"}' in text
    assert "digits_request_seconds_bucket" in text
    assert "strangers" not in text


def test_paths_that_strangers_make_up_are_counted_as_one(client):
    for end in ("/", "//", "x"):
        client.post(f"/api/predict{end}", follow_redirects=False)
    paths = set(re.findall(r'digits_requests_total{path="([^"]+)"', client.get("/metrics").text))
    assert paths <= {*metrics.KNOWN, "page"}


def test_every_documented_path_is_counted_by_its_name(client):
    assert set(client.get("/openapi.json").json()["paths"]) <= set(metrics.KNOWN)


def test_browsers_ask_whether_the_page_is_still_the_same(client):
    for path in ("/", "/app.js", "/networks/tiny.bin"):
        assert client.get(path).headers["cache-control"] == "no-cache"


def test_a_client_that_hangs_up_is_counted_and_is_no_error(client):
    scope = {"type": "http", "method": "POST", "path": "/api/predict", "query_string": b""}
    scope["headers"] = [(b"content-type", b"application/json")]
    gone = AsyncMock(return_value={"type": "http.disconnect"})
    asyncio.run(client.app(scope, gone, AsyncMock()))
    text = client.get("/metrics").text
    assert 'digits_requests_total{path="/api/predict",status="499"} 1.0' in text


def test_it_is_ready_only_while_it_runs():
    app = service.create_app(("tiny",))
    assert TestClient(app).get("/readyz").status_code == 503  # not started yet
    with TestClient(app) as client:
        assert client.get("/readyz").json() == {"status": "ready"}
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200


def test_a_model_that_was_not_shipped_stops_the_start():
    with pytest.raises(ModelError, match="no model 'nobody'"):
        service.create_app(("nobody",))


def test_the_document_names_every_status(client):
    document = client.get("/openapi.json").json()
    answers = document["paths"]["/api/predict"]["post"]["responses"]
    assert {"200", "400", "413", "415", "422"} <= set(answers)


def test_the_command_serves(service):
    assert httpx.get(f"{service}/readyz").status_code == 200
    answer = httpx.post(f"{service}/api/predict", files={"image": file_of(drawn())}, timeout=60)
    assert answer.json()["digit"] == 7


@pytest.mark.parametrize("path", ["/", "/app.js", "/healthz", "/readyz", "/metrics", "/api/models"])
def test_whoever_watches_may_ask_with_head(service, path):
    answer = httpx.head(service + path)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == httpx.get(service + path).headers["content-type"]


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_killed_worker_is_replaced():
    with running_service(workers=2) as address:
        before = workers()
        os.kill(before[-1], signal.SIGKILL)
        end = time.monotonic() + 60
        while not set(workers()) - set(before) and time.monotonic() < end:
            time.sleep(0.1)
        assert set(workers()) - set(before)
        assert httpx.get(f"{address}/readyz", timeout=60).status_code == 200


def workers() -> list[int]:
    """The processes of the service that this test has started."""
    return [child.pid for child in psutil.Process().children(recursive=True) if serves(child)]


def serves(child: psutil.Process) -> bool:
    try:
        return "spawn_main" in " ".join(child.cmdline())
    except psutil.Error:  # it has just died
        return False


def test_what_is_in_flight_is_answered_when_the_service_stops():
    picture = base64.b64encode(file_of(np.kron(drawn(), np.ones((4, 4), np.uint8)))).decode()
    headers = {"Content-Type": "application/json"}
    with running_service() as address:
        netloc = address.removeprefix("http://")
        connections = [http.client.HTTPConnection(netloc, timeout=60) for _ in range(4)]
        for connection in connections:
            connection.request("POST", "/api/predict", json.dumps({"image": picture}), headers)
        time.sleep(0.3)  # they are at work
    assert [answered(connection) for connection in connections] == [200] * 4


def answered(connection: http.client.HTTPConnection) -> int:
    with contextlib.closing(connection), connection.getresponse() as answer:
        answer.read()
        return answer.status
