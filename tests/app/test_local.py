"""local: the service for as long as a block runs."""

import sys
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from mnist_course.app import local


def test_it_is_ready_inside_the_block_and_gone_after_it():
    with local.running_service() as address:
        assert urlopen(f"{address}/readyz", timeout=5).status == 200
    with pytest.raises(URLError):
        urlopen(f"{address}/readyz", timeout=5)


def test_a_proxy_is_not_asked_for_a_service_of_this_machine(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # nobody listens there
    monkeypatch.setattr(local, "START_WITHIN", 15)
    with local.running_service() as address:
        assert address.startswith("http://127.0.0.1:")


def test_it_is_ended_when_the_block_fails():
    with pytest.raises(ZeroDivisionError), local.running_service() as address:
        1 / 0  # noqa: B018
    with pytest.raises(URLError):
        urlopen(f"{address}/readyz", timeout=5)


def test_a_service_that_does_not_start_says_why():
    with (
        pytest.raises(ValueError, match="(?s)did not start.*no model 'nosuch'"),
        local.running_service(models=("nosuch",)),
    ):
        pass


def test_a_service_that_says_nothing_is_given_up(monkeypatch):
    monkeypatch.setattr(local, "START_WITHIN", 0.1)
    with pytest.raises(ValueError, match="did not start"), local.running_service():
        pass


STUBBORN = """
import http.server, signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
server = http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
"""


def test_a_server_that_will_not_end_is_killed(monkeypatch):
    monkeypatch.setattr(local, "STOP_WITHIN", 0.2)
    with local.running([sys.executable, "-c", STUBBORN], ready="/") as address:
        assert urlopen(address, timeout=5).status == 200
    with pytest.raises(URLError):
        urlopen(address, timeout=5)
