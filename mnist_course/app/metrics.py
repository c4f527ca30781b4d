"""Counters that Prometheus collects from the service."""

import os

from fastapi import Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    multiprocess,
)

# any other path is one of the page's files, or a stranger's
KNOWN = (
    "/api/predict", "/api/predict-number", "/api/models", "/healthz", "/readyz", "/metrics",
)  # fmt: skip
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)

REQUESTS = Counter("digits_requests", "Requests answered.", ["path", "status"])
SECONDS_TAKEN = Histogram("digits_request_seconds", "To answer.", ["path"], buckets=SECONDS)
READ_SECONDS = Histogram("digits_read_seconds", "To read.", ["model"], buckets=SECONDS)


def count_request(path: str, status: int, seconds: float) -> None:
    """Count one answer; a stranger's path makes no series of its own."""
    path = path if path in KNOWN else "page"
    REQUESTS.labels(path, status).inc()
    SECONDS_TAKEN.labels(path).observe(seconds)


def metrics_page() -> Response:
    """All counters as text, those of the other worker processes included."""
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:  # set by ``mnist-course serve --workers``
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
