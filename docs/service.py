"""Writes service.md: the service under load, beside a naive one. ``uv run python docs/service.py``.

It takes about six minutes on two idle cores: one for the service, one for those who ask.
"""

import datetime
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import numpy as np
import psutil
from prometheus_client.parser import text_string_to_metric_families

from mnist_course._files import write_text
from mnist_course.app.local import running, running_service
from mnist_course.benchmark.load import CONNECTIONS, NAIVE, Load, put_under_load

HERE = Path(__file__).resolve().parent
TURNS, SECONDS, LONG, MANY = 5, 5.0, 60.0, 100_000


def main() -> None:
    """Measure ours and the naive service in turn, then ours for long."""
    ours, naive = [], []
    with running_service() as address, running(NAIVE) as rival:
        for where in (address, rival):
            put_under_load(where, seconds=2)  # warm
        for _ in range(TURNS):
            ours.append(put_under_load(address, seconds=SECONDS))
            naive.append(put_under_load(rival, seconds=SECONDS))
    with running_service() as address:
        full = float(np.median([load.per_second for load in ours]))
        put_under_load(address, seconds=2)
        before = answered_within(address)
        half = put_under_load(address, seconds=LONG, rate=full / 2)
        within = answered_within(address) - before
        idle = put_under_load(address, seconds=LONG, rate=full / 2, idle=True)
        memory = memory_over(address, full)
    starts = [seconds_to_start() for _ in range(5)]
    write_text(HERE / "service.md", page(ours, naive, half, idle, within, memory, starts))


def seconds_to_start() -> float:
    begin = time.perf_counter()
    with running_service():
        return time.perf_counter() - begin


def answered_within(address: str) -> np.ndarray:
    """Requests answered so far within 5 ms, within 25 ms, and in all, as the service counts."""
    with urlopen(f"{address}/metrics") as answer:
        families = text_string_to_metric_families(answer.read().decode())
    found = {
        sample.labels["le"]: sample.value
        for family in families
        for sample in family.samples
        if sample.name == "digits_request_seconds_bucket"
        and sample.labels["path"] == "/api/predict"
    }
    return np.array([found[limit] for limit in ("0.005", "0.025", "+Inf")])


def memory_over(address: str, per_second: float) -> tuple[int, int, int]:
    """Requests, and the service's megabytes after a tenth of them and after all."""
    server = psutil.Process().children()[-1]
    asked = len(put_under_load(address, seconds=MANY / 10 / per_second).latencies)
    before = server.memory_info().rss
    asked += len(put_under_load(address, seconds=0.9 * MANY / per_second).latencies)
    return asked, round(before / 1e6), round(server.memory_info().rss / 1e6)


def middle(values: list[float]) -> str:
    return f"{np.median(values):,.0f} ({min(values):,.0f} to {max(values):,.0f})"


def page(
    ours: list[Load],
    naive: list[Load],
    half: Load,
    idle: Load,
    within: np.ndarray,
    memory: tuple,
    starts: list,
) -> str:
    """The figures as Markdown."""
    ratios = [a.per_second / b.per_second for a, b in zip(ours, naive, strict=True)]
    requests, before, after = memory
    errors = sum(load.errors for load in (*ours, half))
    per_second = [[load.per_second for load in loads] for loads in (ours, naive)]
    return "\n".join([
        "# The service under load",
        "",
        "Written by `docs/service.py`; do not edit. One worker on one core, the askers on another; "
        f"{CONNECTIONS} connections over loopback, each request a digit of 28 x 28 numbers as "
        "JSON. The naive service is FastAPI with `model.predict` for each request, same network, "
        "same machine, in turn. The askers' clock includes their own wait for a core; the "
        "service's own count begins when a request has arrived. "
        f"{datetime.date.today().isoformat()}.",
        "",
        "| | ours | naive | goal |",
        "|---|---|---|---|",
        f"| requests a second, median of {TURNS} (range) | {middle(per_second[0])} | "
        f"{middle(per_second[1])} | |",
        f"| times the naive one, median of {TURNS} pairs | {np.median(ratios):.0f} "
        f"({min(ratios):.0f} to {max(ratios):.0f}) | 1 | 40 |",
        f"| p50 and p99 at half of our requests a second, {LONG:.0f} s, ms | "
        f"{1e3 * half.percentile(50):.1f}, {1e3 * half.percentile(99):.1f} | | p99 under 25: "
        f"{'reached' if half.percentile(99) < 0.025 else 'missed'} |",
        f"| the same of `/healthz`, which reads nothing | {1e3 * idle.percentile(50):.1f}, "
        f"{1e3 * idle.percentile(99):.1f} | | |",
        "| of those requests, answered within 5 and 25 ms by the service's own count | "
        f"{100 * within[0] / within[2]:.1f} %, {100 * within[1] / within[2]:.1f} % | | |",
        f"| errors | {errors} | {sum(load.errors for load in naive)} | 0 |",
        f"| memory after a tenth of {requests:,} requests, and after all, MB | {before}, {after} "
        "| | the same |",
        f"| seconds to start, median of {len(starts)} | {np.median(starts):.1f} | | 2 |",
        "",
    ])  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
