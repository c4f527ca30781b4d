"""A scikit-learn search on a cluster: Dask's workers, here or anywhere, behind one function."""

import contextlib
import logging
import os
import queue
import random
import threading
import warnings
from collections.abc import Iterator
from importlib import import_module
from itertools import chain

import keras
import numpy as np
from dask.distributed import Client, WorkerPlugin
from joblib import parallel_config
from joblib._dask import DaskDistributedBackend
from sklearn.base import BaseEstimator, is_classifier
from sklearn.model_selection import check_cv
from threadpoolctl import threadpool_limits

from .cluster_checks import check_workers
from .cluster_copies import copies_kept
from .experiments import is_live
from .tuning import count_fits

FITS = "mnist-course-fits"  # the topic under which workers tell what they have finished
ANSWER_WITHIN = 3  # seconds: a scheduler that is there answers in milliseconds
ONE_THREAD = {
    name: "1"
    for name in (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "TF_NUM_INTRAOP_THREADS",
        "TF_NUM_INTEROP_THREADS",
    )
}  # one worker per core: more threads would only wait for each other
ROLLS_DICE = ("dask.sizeof", "distributed.comm.core", "distributed.utils_comm")


class OwnDice(WorkerPlugin):
    """Give Dask dice of its own, one thread per worker, and a voice for the progress bar.

    Dask's event loop draws from Python's global generator: ``dask.sizeof`` samples large
    containers to estimate their size. Keras draws the seeds of its layers from the same one, so
    that ``random_state`` would mean little on a worker that moves data meanwhile, as after a
    neighbour's death.
    """

    name = "mnist-course-own-dice"

    def setup(self, worker) -> None:
        os.environ.update(ONE_THREAD)  # TensorFlow reads it at its first operation,
        threadpool_limits(1)  # but NumPy, when it is imported, which has happened by now
        own_dice()
        self.worker = worker

    def transition(self, key, start, finish, **_) -> None:
        if finish == "memory" and start == "executing":
            self.worker.log_event(FITS, str(key))


def own_dice() -> None:
    """Let no module of Dask in this process draw from Python's global generator."""
    for name in ROLLS_DICE:
        module = import_module(name)
        if getattr(module, "random", None) is random:
            module.random = random.Random()  # the same methods, another state


def local_cluster(workers: int = 2) -> Client:
    """Start processes of this machine as a Dask cluster, each on one thread.

    Args:
        workers: how many processes; as many as there are cores is a good number.

    Returns:
        Dask's client, with its ``dashboard_link``, as soon as every worker has imported Keras.
        ``close()`` ends the processes; so does the end of a ``with`` block, or of this program.

    Raises:
        ValueError: ``workers`` is not a whole number above 0.

    Example:
        >>> with local_cluster(2) as client:
        ...     search_on_cluster(search, x, y, client)
    """
    if not isinstance(workers, int) or workers < 1:
        raise ValueError(f"workers must be a whole number above 0, got {workers!r}")
    options = {"n_workers": workers, "threads_per_worker": 1, "dashboard_address": ":0"}
    quiet = {"silence_logs": logging.CRITICAL}  # that a worker died is told by the dashboard
    client = Client(env=ONE_THREAD, **options, **quiet)
    client.register_plugin(OwnDice())
    return client


def search_on_cluster(
    search: BaseEstimator,
    x: np.ndarray,
    y: np.ndarray,
    address: str | Client | None = None,
    *,
    workers: int = 2,
    verbose: bool = True,
) -> BaseEstimator:
    """Fit a scikit-learn search on Dask workers: the same scores as here, sooner.

    The data are sent to every worker once. A worker that dies loses nothing: its fits are done
    again by another one, and as each is seeded, with the same scores. Workers may come and go
    during the search, as long as one that has the data is left.

    Args:
        search: GridSearchCV, RandomizedSearchCV, HalvingRandomSearchCV: not fitted yet. Its
            estimator's builder must be a function that workers can import, or of the notebook.
        x: the training data, as for ``search.fit``.
        y: the labels.
        address: of a scheduler, such as ``"tcp://10.0.0.7:8786"``, or a Dask client; None: a
            cluster of processes on this machine, for the time of the search.
        workers: processes of that local cluster.
        verbose: show a progress bar of fits.

    Returns:
        The search, fitted; the best model was trained again here.

    Raises:
        ValueError: no scheduler answers at the address within 3 seconds, it has no worker within
            60, something has another version than here, a worker does several fits at a time, or
            ``workers`` is no count.

    Example:
        >>> search_on_cluster(GridSearchCV(keras_classifier(build), grid, cv=3), x, y)
    """
    own_dice()  # a local scheduler, and every client, has a thread in this process as well
    with _client(address, workers) as client:
        check_workers(client)
        client.register_plugin(OwnDice())
        fits = count_fits(search) if verbose else None
        with _folds_fixed(search, x, y) as folds, copies_kept(client), _progress(client, fits):
            data = [x, y, *chain(*folds)]
            with parallel_config(OnWorkers(client=client, scatter=data)):
                search.fit(x, y)
    return search


class OnWorkers(DaskDistributedBackend):
    """joblib's way to Dask, also where there is one worker: joblib would then stay at home."""

    def effective_n_jobs(self, n_jobs) -> int:
        return max(2, super().effective_n_jobs(n_jobs))


@contextlib.contextmanager
def _folds_fixed(search: BaseEstimator, x, y) -> Iterator[list[tuple]]:
    """The folds as arrays that can be sent to every worker.

    joblib sends whatever is larger than a kilobyte and not named in ``scatter`` to a single
    worker. With that worker die the rows of a fold, and with them every fit that needs them.
    """
    cv = search.cv
    stratify = is_classifier(search.estimator)
    search.cv = list(check_cv(cv, y, classifier=stratify).split(x, y))
    try:
        yield search.cv
    finally:
        search.cv = cv


@contextlib.contextmanager
def _client(address: str | Client | None, workers: int) -> Iterator[Client]:
    """A client of the cluster; what is started here is stopped here."""
    if isinstance(address, Client):
        yield address
    elif address is not None:
        with _connected(address) as client:
            yield client
    else:
        with local_cluster(workers) as client:
            yield client


def _connected(address: str) -> Client:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # versions are compared below
            return Client(address, timeout=ANSWER_WITHIN)
    except (OSError, ValueError, TypeError) as problem:
        raise ValueError(
            f"no Dask scheduler answers at {address!r} ({problem}). Start one with "
            "`dask scheduler`, workers with `dask worker ADDRESS`, and give the address that the "
            'scheduler prints, such as "tcp://10.0.0.7:8786"'
        ) from problem


@contextlib.contextmanager
def _progress(client: Client, fits: int | None) -> Iterator[None]:
    """A bar that counts what workers report; a fit that is done twice counts once."""
    if not fits or not is_live():
        yield
        return
    news = queue.SimpleQueue()

    def show() -> None:
        bar, done = keras.utils.Progbar(fits, unit_name="fit"), set()
        while key := news.get():
            done.add(key)
            bar.update(min(len(done), fits))

    # Jupyter shows what a thread prints below the cell that started it, and the client's own
    # thread may be of another cell
    thread = threading.Thread(target=show, daemon=True)
    thread.start()
    client.subscribe_topic(FITS, lambda event: news.put(event[1]))
    try:
        yield
    finally:
        client.unsubscribe_topic(FITS)
        news.put(None)
        thread.join()
