"""The download: only the right digits arrive, or an error says what to do."""

import gzip
import shutil
import socket
import threading

import numpy as np
import pytest

from mnist_course import _download, data, load_mnist
from mnist_course._paths import MNIST_FILE


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """No file in the repository, and Keras's cache in a temporary folder."""
    monkeypatch.setattr(data, "MNIST_FILE", tmp_path / "absent.npz")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return data.keras_cache_file()


def test_keras_cache_is_used_when_the_repository_has_no_file(elsewhere):
    elsewhere.parent.mkdir(parents=True)
    shutil.copy(MNIST_FILE, elsewhere)
    assert load_mnist()[1][1][0] == 7


def no_network(name, url, folder):
    raise OSError(f"{url}: no route to host")


def test_without_file_and_connection_one_error_says_where_to_put_it(elsewhere, monkeypatch):
    monkeypatch.setattr(_download, "_get_file", no_network)
    with pytest.raises(data.DataError) as error:
        load_mnist()
    assert str(elsewhere) in str(error.value)
    assert str(error.value).count("no route to host") == 2
    assert list(elsewhere.parent.iterdir()) == []


@pytest.fixture
def server():
    """A server of one's own: what it is given to do with each connection, it does."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        ending = threading.Timer(5, listening.close)  # so that nothing waits for ever
        ending.start()
        yield listening
        ending.cancel()


def test_a_server_that_says_nothing_is_given_up(elsewhere, monkeypatch, server):
    address = f"http://127.0.0.1:{server.getsockname()[1]}/"
    monkeypatch.setattr(_download, "KERAS_URL", address)
    monkeypatch.setattr(_download, "IDX_MIRROR", address)
    monkeypatch.setattr(_download, "TIMEOUT", 0.2)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with pytest.raises(data.DataError, match=r"(?s)nothing came from .* for 0\.2 s.*Try again"):
        load_mnist()


def test_a_download_that_breaks_off_is_told(elsewhere, monkeypatch, server, tmp_path):
    def answer():
        connection, _ = server.accept()
        with connection:
            connection.recv(1000)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")

    monkeypatch.setenv("no_proxy", "127.0.0.1")
    threading.Thread(target=answer, daemon=True).start()
    with pytest.raises(OSError, match="IncompleteRead"):
        _download._get_file("a", f"http://127.0.0.1:{server.getsockname()[1]}/a", tmp_path)


def test_downloads_are_given_up_after_30_seconds():
    assert _download.TIMEOUT == 30


def test_a_download_is_verified_and_moved_into_place(elsewhere, monkeypatch):
    source = MNIST_FILE
    monkeypatch.setattr(
        _download, "_get_file", lambda name, url, folder: shutil.copy(source, folder / name)
    )
    assert load_mnist()[0][1][0] == 5
    assert [file.name for file in elsewhere.parent.iterdir()] == ["mnist.npz"]


def test_a_cache_that_cannot_be_made_is_told_once_with_what_to_do(elsewhere):
    elsewhere.parents[1].write_text("a file, where Keras's folder would be", "utf-8")
    with pytest.raises(data.DataError, match="Try again with a connection") as found:
        load_mnist()
    assert str(found.value).count("[Errno") == 1


def test_a_bad_download_falls_through_to_the_mirror(elsewhere, monkeypatch, mnist):
    (x_train, y_train), (x_test, y_test) = mnist
    arrays = {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}
    idx = {name: (array, header) for array, (name, header) in
           zip(arrays.values(), _download.IDX_FILES.values(), strict=True)}  # fmt: skip

    def fetch(name, url, folder):
        file = folder / name
        if name == "mnist.npz":
            file.write_bytes(b"a login page of a hotel network")
        else:
            array, header = idx[name]
            file.write_bytes(gzip.compress(bytes(header) + array.tobytes(), 1))
        return file

    monkeypatch.setattr(_download, "_get_file", fetch)
    assert load_mnist()[1][1][0] == 7


def test_the_original_files_are_read_behind_their_headers(tmp_path, monkeypatch):
    def fetch(name, url, folder):
        header, pixels = (16, 784) if "images" in name else (8, 1)
        content = bytes([255] * header) + bytes(k % 251 for k in range(3 * pixels))
        (folder / name).write_bytes(gzip.compress(content))
        return folder / name

    monkeypatch.setattr(_download, "_get_file", fetch)
    with np.load(_download._fetch_idx(tmp_path)) as arrays:
        assert {name: arrays[name].shape for name in arrays} == {
            "x_train": (3, 28, 28), "y_train": (3,), "x_test": (3, 28, 28), "y_test": (3,)
        }  # fmt: skip
        assert {int(arrays[name].flat[0]) for name in arrays} == {0}
        assert [arrays["y_train"].tolist(), arrays["y_test"].tolist()] == [[0, 1, 2], [0, 1, 2]]
