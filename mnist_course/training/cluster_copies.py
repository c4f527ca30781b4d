"""What a client sends to a cluster, kept on every worker: no death takes the last copy."""

import contextlib
from collections.abc import Iterator

from dask.distributed import Client
from distributed.active_memory_manager import (
    ActiveMemoryManagerExtension,
    ActiveMemoryManagerPolicy,
    Suggestion,
)

COPIES = "mnist-course-copies"  # what looks after them on the scheduler


@contextlib.contextmanager
def copies_kept(client: Client) -> Iterator[None]:
    """Let every worker have what was sent, and keep it.

    Dask's memory manager throws copies away that no task needs at the moment, and a worker that
    comes later has none. When the last worker with a copy dies, the fits that need it are
    cancelled.
    """
    managed, name = client.amm.running(), f"{COPIES}-{client.id}"
    if managed:
        client.amm.stop()
    client.run_on_scheduler(_copy_to_all, name)
    try:
        yield
    finally:
        client.run_on_scheduler(_copy_no_more, name)
        if managed:
            client.amm.start()


class ToAll(ActiveMemoryManagerPolicy):
    """Copy what a client has sent to every worker, also to one that comes later."""

    def run(self) -> Iterator[Suggestion]:
        scheduler = self.manager.scheduler
        for task in list(scheduler.tasks.values()):
            if task.state == "memory" and task.run_spec is None:  # sent, not computed
                for worker in scheduler.running - (task.who_has or set()):
                    yield Suggestion("replicate", task, {worker})


def _copy_to_all(name: str, dask_scheduler=None) -> None:
    """On the scheduler: look every second for a worker without a copy."""
    options = {"register": False, "start": True, "interval": 1.0}  # beside Dask's own manager
    manager = ActiveMemoryManagerExtension(dask_scheduler, {ToAll()}, **options)
    dask_scheduler.extensions[name] = manager


def _copy_no_more(name: str, dask_scheduler=None) -> None:
    dask_scheduler.extensions.pop(name).stop()
