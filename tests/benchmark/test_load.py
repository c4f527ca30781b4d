"""The service under load: what is counted, and when a latency begins."""

import http.server
import threading
import time

import pytest

from mnist_course.benchmark.load import put_under_load


@pytest.fixture
def server():
    """A server that answers as its ``reply`` says: a status and seconds of thought."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            status, seconds = self.server.reply
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            time.sleep(seconds)
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        server.address = f"http://127.0.0.1:{server.server_port}"
        yield server
        server.shutdown()


def test_answers_are_counted_and_timed(server):
    server.reply = 200, 0.02
    load = put_under_load(server.address, seconds=0.5, connections=2)
    assert load.errors == 0
    assert 4 <= len(load.latencies) <= 50
    assert 0.02 <= load.percentile(0) <= load.percentile(50) <= load.percentile(99)
    assert load.per_second == len(load.latencies) / load.seconds


def test_other_answers_are_errors(server):
    server.reply = 503, 0.01
    load = put_under_load(server.address, seconds=0.2, connections=2)
    assert load.errors >= 2
    assert len(load.latencies) == 0


def test_a_rate_is_kept(server):
    server.reply = 200, 0.0
    load = put_under_load(server.address, seconds=1.0, connections=2, rate=40)
    assert 30 <= len(load.latencies) + load.errors <= 44


def test_a_slow_server_does_not_hide_its_queue(server):
    server.reply = 200, 0.1
    load = put_under_load(server.address, seconds=1.0, connections=1, rate=40)
    assert load.percentile(100) > 0.4  # due long before it was sent


def test_an_idle_request_reads_no_digit(server):
    asked = []
    server.RequestHandlerClass.do_GET = lambda self: (asked.append(self.path), self.do_POST())
    server.reply = 200, 0.01
    load = put_under_load(server.address, seconds=0.2, connections=1, idle=True)
    assert load.errors == 0
    assert len(asked) == len(load.latencies) > 0
    assert set(asked) == {"/healthz"}
