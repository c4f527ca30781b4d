"""What a cluster must be before a search is sent there, checked."""

from dask.distributed import Client

WORKERS_WITHIN = 60  # seconds: a worker that starts imports Dask first
MUST_AGREE = (
    "python",
    "dask",
    "distributed",
    "numpy",
    "tensorflow",
    "keras",
    "scikeras",
    "scikit-learn",
    "mnist-course",
)  # as they are called in a package index, not as they are imported


def check_workers(client: Client) -> None:
    """Check that a cluster has workers, of one thread each, with the versions of this process.

    Raises:
        ValueError: that is not so, or no worker came within ``WORKERS_WITHIN`` seconds.
    """
    try:
        client.wait_for_workers(1, timeout=WORKERS_WITHIN)
    except TimeoutError:
        raise ValueError(
            f"the scheduler has no worker within {WORKERS_WITHIN} seconds: start some with "
            f"`dask worker {client.scheduler.address}`"
        ) from None
    _check_threads(client)
    _check_versions(client)


def _check_threads(client: Client) -> None:
    for address, threads in client.nthreads().items():
        if threads > 1:
            raise ValueError(
                f"the worker {address} does {threads} fits at a time in one process, and each "
                "would draw from the generator that the other has seeded: start it with "
                f"`--nthreads 1`, and `--nworkers {threads}` for as many processes"
            )


def _check_versions(client: Client) -> None:
    here, *there = _versions(client)
    for place, versions in there:
        other = [
            f"{name} {versions[name] or 'is missing'} there, {version} here"
            for name, version in here[1].items()
            if version and version != versions[name]
        ]
        if other:
            raise ValueError(f"{place} has other versions than this process: {', '.join(other)}")


def _versions(client: Client) -> list[tuple[str, dict[str, str | None]]]:
    """The versions that must agree: here, on the scheduler, on each worker."""
    found = client.get_versions(packages=list(MUST_AGREE[1:]))
    places = {"here": found["client"], "the scheduler": found["scheduler"]}
    places |= {f"the worker {name}": info for name, info in found["workers"].items()}
    told = []
    for place, info in places.items():
        versions = {name: info["packages"].get(name) for name in MUST_AGREE}
        versions["python"] = ".".join(versions["python"].split(".")[:2])  # 3.11.4 is 3.11.9
        told.append((place, versions))
    return told
