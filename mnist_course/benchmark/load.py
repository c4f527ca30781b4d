"""The service under load, beside a naive one: requests a second, latencies, errors."""

import http.client
import json
import sys
import threading
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

import numpy as np

from ..app.local import running, running_service
from ..data import load_mnist
from .rows import Row

CONNECTIONS = 8
NAIVE = [
    *(sys.executable, "-m", "uvicorn", "mnist_course.benchmark.naive_service:app"),
    *("--port", "0", "--no-access-log"),
]


@dataclass(frozen=True)
class Load:
    """What came of many requests.

    Attributes:
        seconds: how long it went on.
        latencies: of each answer, in seconds, sorted, float64 of shape (n,).
        errors: answers other than 200, and broken connections.
    """

    seconds: float
    latencies: np.ndarray
    errors: int

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds

    def percentile(self, percent: float) -> float:
        """Seconds within which so many percent of the requests were answered."""
        return float(np.percentile(self.latencies, percent))


def put_under_load(
    address: str,
    *,
    seconds: float,
    connections: int = CONNECTIONS,
    rate: float | None = None,
    idle: bool = False,
) -> Load:
    """Send digits from several connections at once, for some seconds.

    Args:
        address: of the service, such as ``"http://127.0.0.1:8000"``.
        seconds: how long.
        connections: how many ask at the same time, each in a thread.
        rate: requests a second, of all connections together; without it, each asks again as
            soon as it has been answered. At a given rate a latency counts from the moment at
            which the request was due, so that a server that stalls does not hide its queue.
        idle: ask ``/healthz`` instead, which reads no digit: what it takes is the way there and
            back, and the waits of a machine that has more to do.

    Returns:
        Latencies and errors.
    """
    digits, _ = load_mnist()[1]
    bodies = [None if idle else json.dumps({"pixels": digit.tolist()}) for digit in digits[:50]]
    latencies, errors = [], []
    start = time.perf_counter()

    def ask(which: int) -> None:
        connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)
        asked = 0
        while time.perf_counter() - start < seconds:
            due = start + (asked * connections + which) / rate if rate else time.perf_counter()
            time.sleep(max(0.0, due - time.perf_counter()))
            if _answered(connection, bodies[asked % len(bodies)]):
                latencies.append(time.perf_counter() - due)
            else:
                errors.append(which)
            asked += 1
        connection.close()

    threads = [threading.Thread(target=ask, args=(which,)) for which in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Load(time.perf_counter() - start, np.sort(latencies), len(errors))


def _answered(connection: http.client.HTTPConnection, body: str | None) -> bool:
    try:
        if body is None:
            connection.request("GET", "/healthz")
        else:
            headers = {"Content-Type": "application/json"}
            connection.request("POST", "/api/predict", body, headers)
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        connection.close()  # the next request connects again
        return False
    return answer.status == 200


def measure_load(*, n: int = 3, seconds: float = 5.0) -> list[Row]:
    """Ours and the naive service in turn, n times: seconds of the server per request.

    Args:
        n: repeats.
        seconds: of load, each time and for each.
    """
    ours, naive, loads = [], [], []
    with running_service() as address, running(NAIVE) as rival:
        for where in (address, rival):
            put_under_load(where, seconds=1)  # warm
        for _ in range(n):
            loads.append(put_under_load(address, seconds=seconds))
            ours.append(1 / loads[-1].per_second)
            naive.append(1 / put_under_load(rival, seconds=seconds).per_second)
        half = put_under_load(address, seconds=seconds, rate=loads[-1].per_second / 2)
    note = (
        f"{1 / np.median(ours):,.0f} against {1 / np.median(naive):,.0f} requests a second, one "
        f"worker, {CONNECTIONS} connections; at half of it p99 {1000 * half.percentile(99):.1f} "
        f"ms; {half.errors + sum(load.errors for load in loads)} errors"
    )
    reference = "FastAPI and model.predict"
    row = Row("Service, one request", "ours", "s", tuple(ours), reference, tuple(naive), note)
    return [row]
