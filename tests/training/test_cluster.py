"""A search on Dask workers gives the same scores, also when a worker dies."""

import os
import random
import signal
import sys
import threading
import time
from functools import partial
from importlib import import_module

import cloudpickle
import numpy as np
import pytest
from dask.distributed import Client, LocalCluster, WorkerPlugin
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import GridSearchCV

from mnist_course import load_mnist, scale_pixels
from mnist_course.models import create_model
from mnist_course.training import cluster, cluster_checks
from mnist_course.training.cluster import own_dice, search_on_cluster
from mnist_course.training.cluster_checks import MUST_AGREE
from mnist_course.training.cluster_copies import copies_kept
from mnist_course.training.tuning import keras_classifier

pytestmark = pytest.mark.filterwarnings("default")  # Dask's own, of sockets that close late


@pytest.fixture(scope="module")
def digits():
    (x, y), _ = load_mnist()
    return scale_pixels(x[:1000]), y[:1000]


def searched(seeds=(1, 2, 3)):
    """Two fits per seed; of such short ones most is Keras's preparation, so seeds matter most."""
    model = keras_classifier(partial(create_model, "dense_regularized"), epochs=1)
    return GridSearchCV(model, {"random_state": seeds}, cv=2, refit=False)


def scores(search):
    return np.array([search.cv_results_[f"split{i}_test_score"] for i in range(2)])


@pytest.fixture(scope="module")
def here(digits):
    return scores(searched().fit(*digits))


@pytest.fixture(scope="module")
def client(here):
    """Starts when ``here`` is done: its scheduler is a thread of this process."""
    with cluster.local_cluster(2) as client:
        yield client


def test_the_cluster_gives_the_scores_of_this_process(client, digits, here):
    np.testing.assert_array_equal(scores(search_on_cluster(searched(), *digits, client)), here)


@pytest.mark.parametrize("which", [0, 1])
def test_a_worker_that_dies_loses_nothing(client, digits, here, which):
    def kill():
        client.wait_for_workers(2)
        address, pid = sorted(client.run(os.getpid).items())[which]
        end = time.monotonic() + 60
        while not client.processing().get(address) and time.monotonic() < end:
            time.sleep(0.05)
        time.sleep(0.3)  # in the middle of a fit
        os.kill(pid, signal.SIGKILL)
        killed.append(pid)

    killed = []
    thread = threading.Thread(target=kill, daemon=True)
    thread.start()
    found = scores(search_on_cluster(searched(), *digits, client))
    thread.join()
    assert killed
    np.testing.assert_array_equal(found, here)


class Talking(WorkerPlugin):
    """A worker whose Dask has much to tell at every moment, as after a neighbour's death."""

    def setup(self, worker):
        from dask.sizeof import sizeof

        def talk():
            while not self.silent.wait(0.002):
                sizeof(list(range(1000)))

        self.silent = threading.Event()
        threading.Thread(target=talk, daemon=True).start()

    def teardown(self, worker):
        self.silent.set()


class SharedDice(cluster.OwnDice):
    """The plugin without its cure."""

    def setup(self, worker):
        import_module("dask.sizeof").random = random


@pytest.fixture
def talking(client):
    """Both workers talk; they cannot import this file, so it travels with its classes."""
    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    client.register_plugin(Talking(), name="talking")
    yield
    client.unregister_worker_plugin("talking")
    cloudpickle.unregister_pickle_by_value(sys.modules[__name__])


def test_seeds_are_kept_while_dask_draws(client, talking, digits, here):
    found = search_on_cluster(searched([1]), *digits, client)
    np.testing.assert_array_equal(scores(found), here[:, :1])


def test_without_dice_of_their_own_they_are_not(client, talking, digits, here, monkeypatch):
    monkeypatch.setattr(cluster, "OwnDice", SharedDice)
    found = search_on_cluster(searched([1]), *digits, client)
    assert (scores(found) != here[:, :1]).any()


def test_a_worker_that_comes_later_gets_a_copy_and_all_keep_theirs(client):
    client.wait_for_workers(2)
    with copies_kept(client):
        future = client.scatter(np.zeros(500))
        assert len(client.who_has([future])[future.key]) == 1
        time.sleep(2.5)  # Dask's memory manager tidies every two seconds
        assert len(client.who_has([future])[future.key]) == 2
    assert client.amm.running()


def test_the_search_gets_its_own_folds_back(client, digits):
    search = GridSearchCV(DummyClassifier(), {"strategy": ["prior"]}, cv=2)
    assert search_on_cluster(search, *digits, client).cv == 2


def test_dask_does_not_draw_from_the_global_generator():
    from dask.sizeof import sizeof

    own_dice()
    random.seed(0)
    before = random.getstate()
    sizeof(list(range(10_000)))
    assert random.getstate() == before


def test_an_unreachable_scheduler_is_told_within_seconds():
    start = time.monotonic()
    with pytest.raises(ValueError, match="no Dask scheduler answers at 'tcp://127.0.0.1:9'"):
        search_on_cluster(searched(), np.zeros((4, 2)), np.zeros(4), "tcp://127.0.0.1:9")
    assert time.monotonic() - start < 4 * cluster.ANSWER_WITHIN


def test_a_scheduler_without_workers_is_told(monkeypatch):
    monkeypatch.setattr(cluster_checks, "WORKERS_WITHIN", 0.5)
    with (
        LocalCluster(n_workers=0, dashboard_address=":0") as empty,
        Client(empty) as client,
        pytest.raises(ValueError, match="has no worker"),
    ):
        search_on_cluster(searched(), np.zeros((4, 2)), np.zeros(4), client)


@pytest.mark.parametrize("name", MUST_AGREE)
def test_another_version_is_told(client, monkeypatch, name):
    found = client.get_versions(packages=list(MUST_AGREE[1:]))
    assert found["client"]["packages"][name]  # or nothing is compared
    found["scheduler"]["packages"][name] = "2.7"
    monkeypatch.setattr(client, "get_versions", lambda packages: found)
    with pytest.raises(ValueError, match=f"the scheduler has other versions.*{name} 2.7 there"):
        search_on_cluster(searched(), np.zeros((4, 2)), np.zeros(4), client)


def test_a_package_that_is_missing_is_told(client, monkeypatch):
    found = client.get_versions(packages=list(MUST_AGREE[1:]))
    next(iter(found["workers"].values()))["packages"]["mnist-course"] = None
    monkeypatch.setattr(client, "get_versions", lambda packages: found)
    with pytest.raises(ValueError, match="the worker tcp://.*mnist-course is missing there"):
        search_on_cluster(searched(), np.zeros((4, 2)), np.zeros(4), client)


def test_a_worker_with_several_threads_is_refused(client, monkeypatch):
    monkeypatch.setattr(client, "nthreads", lambda: {"tcp://10.0.0.8:1": 4})
    with pytest.raises(ValueError, match="4 fits at a time.*--nthreads 1.*--nworkers 4"):
        search_on_cluster(searched(), np.zeros((4, 2)), np.zeros(4), client)


@pytest.mark.parametrize("workers", [0, -1, 1.5, "two"])
def test_a_count_of_workers_that_is_none_is_refused(workers):
    with pytest.raises(ValueError, match="workers must be a whole number"):
        cluster.local_cluster(workers)


def test_every_worker_computes_on_one_thread(client):
    def limits():
        import threadpoolctl

        return [pool["num_threads"] for pool in threadpoolctl.threadpool_info()]

    assert set(client.nthreads().values()) == {1}
    assert {n for found in client.run(limits).values() for n in found} == {1}


def test_any_classifier_may_be_searched_over(client, digits):
    grid = {"strategy": ["prior", "uniform"]}
    search = search_on_cluster(GridSearchCV(DummyClassifier(), grid, cv=2), *digits, client)
    assert search.best_params_["strategy"] in grid["strategy"]


def test_the_bar_counts_every_fit_once(client, digits, monkeypatch, capsys):
    monkeypatch.setattr(cluster, "is_live", lambda: True)
    grid = {"strategy": ["prior", "uniform"]}
    search_on_cluster(GridSearchCV(DummyClassifier(), grid, cv=3), *digits, client)
    assert "6/6" in capsys.readouterr().out
