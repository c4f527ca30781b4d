"""data: the right digits or a clear error, and nothing overwritten."""

import errno
import time

import numpy as np
import pytest

from mnist_course import (
    balanced_subset,
    data,
    load_drawings,
    load_letters,
    load_mnist,
    load_uci_digits,
    split_validation,
    to_mnist,
)


def test_shapes_types_and_first_labels(mnist):
    (x_train, y_train), (x_test, y_test) = mnist
    assert (x_train.shape, x_train.dtype) == ((60000, 28, 28), np.uint8)
    assert (x_test.shape, y_test.shape) == ((10000, 28, 28), (10000,))
    assert y_train[:5].tolist() == [5, 0, 4, 1, 9]
    assert y_test[:5].tolist() == [7, 2, 1, 0, 4]


def test_a_changed_pixel_is_refused_and_the_file_kept(tmp_path, mnist):
    (x_train, y_train), (x_test, y_test) = mnist
    changed = x_test.copy()
    changed[0, 0, 0] = 1
    file = tmp_path / "mnist.npz"
    np.savez(file, x_train=x_train, y_train=y_train, x_test=changed, y_test=y_test)
    before = file.read_bytes()
    with pytest.raises(data.DataError, match=r"SHA-256 of x_test is\n  found .*\n  expected 6d87"):
        load_mnist(file)
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "change"),
    [("x_test", lambda a: a.reshape(-1, 784)), ("y_test", lambda a: a.astype(np.int8))],
)
def test_the_right_bytes_in_another_shape_or_type_are_refused(tmp_path, mnist, name, change):
    (x_train, y_train), (x_test, y_test) = mnist
    arrays = {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}
    arrays[name] = change(arrays[name])
    np.savez(tmp_path / "mnist.npz", **arrays)
    with pytest.raises(data.DataError, match=f"{name} is .*expected uint8 of shape"):
        load_mnist(tmp_path / "mnist.npz")


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 broken"])
def test_a_file_that_is_no_archive_is_named_with_its_checksum(tmp_path, content):
    file = tmp_path / "mnist.npz"
    file.write_bytes(content)
    with pytest.raises(data.DataError, match=r"mnist.npz is damaged(.|\n)*expected 06af5d"):
        load_mnist(file)


def test_a_truncated_file_is_refused(tmp_path):
    file = tmp_path / "mnist.npz"
    file.write_bytes(data.MNIST_FILE.read_bytes()[:3_000_000])
    with pytest.raises(data.DataError, match="damaged"):
        load_mnist(file)


def test_a_flipped_bit_inside_the_archive_is_refused(tmp_path):
    raw = bytearray(data.MNIST_FILE.read_bytes())
    raw[5_000_000] ^= 1
    (tmp_path / "mnist.npz").write_bytes(raw)
    with pytest.raises(data.DataError, match="damaged|does not hold"):
        load_mnist(tmp_path / "mnist.npz")


def test_an_archive_of_other_arrays_is_refused(tmp_path):
    np.savez(tmp_path / "other.npz", images=np.zeros(3))
    with pytest.raises(data.DataError, match="x_train"):
        load_mnist(tmp_path / "other.npz")


def test_a_plain_npy_file_is_refused(tmp_path):
    np.save(tmp_path / "plain.npy", np.zeros(3))
    with pytest.raises(data.DataError, match="damaged or not"):
        load_mnist(tmp_path / "plain.npy")


@pytest.mark.parametrize("load", [load_mnist, load_drawings])
def test_a_file_that_may_not_be_read_is_named(tmp_path, monkeypatch, load):
    def refuse(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    (tmp_path / "locked.npz").touch()
    monkeypatch.setattr(data.Path, "open", refuse)
    monkeypatch.setattr(data.Path, "read_bytes", refuse)
    with pytest.raises(data.DataError, match="cannot read .*locked.npz .*Permission denied"):
        load(tmp_path / "locked.npz")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(data.DataError, match="no MNIST file at .*nowhere.npz"):
        load_mnist(tmp_path / "nowhere.npz")


def test_uci_digits_come_in_mnist_form():
    images, labels = load_uci_digits()
    assert (images.shape, images.dtype) == ((1797, 28, 28), np.uint8)
    assert (images.max(axis=(1, 2)) == 255).all()
    assert labels[:5].tolist() == [0, 1, 2, 3, 4]


def test_uci_digits_are_what_to_mnist_makes_of_them_now():
    images, labels = data.convert_uci_digits(50)
    stored, stored_labels = (array[:50] for array in load_uci_digits())
    np.testing.assert_array_equal(labels, stored_labels)
    # other processors round otherwise; after a change of to_mnist: data/rebuild_uci.py
    assert np.abs(images.astype(int) - stored).max() <= 2


def test_uci_digits_are_quick_and_ones_own():
    begin = time.process_time()
    first, again = load_uci_digits()[0], load_uci_digits()[0]
    assert time.process_time() - begin < 1
    first[:] = 0
    assert again.any()


@pytest.mark.parametrize("damage", [lambda raw: raw[:5000], lambda raw: b""])
def test_damaged_uci_digits_are_refused_with_a_remedy(tmp_path, monkeypatch, damage):
    (tmp_path / "uci.npz").write_bytes(damage((data.DIGITS / "uci.npz").read_bytes()))
    monkeypatch.setattr(data, "DIGITS", tmp_path)
    with pytest.raises(data.DataError, match=r"uci.npz is damaged(.|\n)*Copy it again"):
        load_uci_digits()


def test_other_uci_digits_are_refused(tmp_path, monkeypatch):
    images, labels = load_uci_digits()
    np.savez(tmp_path / "uci.npz", images=images + 1, labels=labels)
    monkeypatch.setattr(data, "DIGITS", tmp_path)
    with pytest.raises(data.DataError, match="is not the one of the course"):
        load_uci_digits()


def test_split_keeps_every_class_at_its_share(mnist):
    (x, y), _ = mnist
    (_, y_train), (_, y_validation) = split_validation(x, y, validation_split=0.1)
    assert len(y_validation) == 6000
    shares = [np.bincount(part) / len(part) for part in (y_train, y_validation)]
    assert np.abs(shares[0] - shares[1]).max() < 0.001


def test_split_loses_and_repeats_nothing():
    x, y = np.arange(100), np.arange(100) % 10
    (a, _), (b, _) = split_validation(x, y, validation_split=0.2)
    assert sorted([*a, *b]) == list(range(100))


def test_split_is_decided_by_the_seed():
    x, y = np.arange(100), np.arange(100) % 10
    first, again = (split_validation(x, y, seed=1)[1][0] for _ in range(2))
    other = split_validation(x, y, seed=2)[1][0]
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("fraction", [0, 1, 10, -0.1])
def test_split_wants_a_fraction(fraction):
    with pytest.raises(ValueError, match="between 0 and 1"):
        split_validation(np.arange(20), np.arange(20) % 2, validation_split=fraction)


@pytest.mark.parametrize("labels", [np.arange(50) % 10, np.full(50, np.nan), np.arange(50) // 49])
def test_what_cannot_be_split_is_told_with_the_name_that_was_given(labels):
    with pytest.raises(ValueError, match="validation_split=0.1 of these 50 examples cannot be"):
        split_validation(np.arange(50), labels)


def test_a_fraction_may_be_a_number_of_numpy():
    x, y = np.arange(100), np.arange(100) % 10
    assert len(split_validation(x, y, validation_split=np.float32(0.25))[1][0]) == 25


def test_split_wants_a_label_for_each_example():
    with pytest.raises(ValueError, match="one label per example, got 20 and 19"):
        split_validation(np.arange(20), np.arange(19))


def test_balanced_subset_has_the_same_number_of_each_class(mnist):
    (x, y), _ = mnist
    images, labels = balanced_subset(x, y, per_class=7, seed=3)
    assert np.bincount(labels).tolist() == [7] * 10
    assert (images[0] == x[y == labels[0]]).all(axis=(1, 2)).any()
    assert labels.tolist() != sorted(labels)


def test_balanced_subset_is_decided_by_the_seed(mnist):
    (x, y), _ = mnist
    first, again, other = (balanced_subset(x, y, per_class=9, seed=s)[0] for s in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    pixels = {image.tobytes() for image in first}
    assert sum(image.tobytes() in pixels for image in other) < 5  # others, not another order


def test_balanced_subset_names_the_rarest_class():
    with pytest.raises(ValueError, match="from 1 to 2 .*class 1.*got 3"):
        balanced_subset(np.arange(5), np.array([0, 0, 0, 1, 1]), per_class=3)


def test_balanced_subset_takes_nothing_twice():
    x, y = np.arange(30), np.repeat([0, 1, 2], 10)
    chosen, labels = balanced_subset(x, y, per_class=10)
    assert sorted(chosen.tolist()) == x.tolist()
    assert np.array_equal(y[chosen], labels)


def test_balanced_subset_has_the_seed_0_unless_told(mnist):
    (x, y), _ = mnist
    assert np.array_equal(
        balanced_subset(x, y, per_class=3)[1], balanced_subset(x, y, per_class=3, seed=0)[1]
    )


def test_balanced_subset_takes_lists():
    chosen, labels = balanced_subset(list("abcd"), [0, 1, 0, 1], per_class=2)
    assert sorted(zip(chosen, labels, strict=True)) == [("a", 0), ("b", 1), ("c", 0), ("d", 1)]


@pytest.mark.parametrize("labels", [np.zeros(0, int), np.eye(3)])
def test_balanced_subset_wants_a_row_of_labels(labels):
    with pytest.raises(ValueError, match=r"labels of shape \(n,\), at least one, got"):
        balanced_subset(np.zeros(len(labels)), labels, per_class=1)


def test_balanced_subset_wants_a_class_for_each_example():
    with pytest.raises(ValueError, match="2 are NaN"):
        balanced_subset(np.arange(3), [0, np.nan, np.nan], per_class=1)


@pytest.mark.parametrize("per_class", [0, -1, 1.5])
def test_balanced_subset_wants_at_least_one_of_each(per_class):
    with pytest.raises(ValueError, match="per_class must be a whole number from 1 to 5"):
        balanced_subset(np.arange(10), np.repeat([0, 1], 5), per_class=per_class)


def test_options_of_a_split_have_names(mnist):
    with pytest.raises(TypeError):
        split_validation(np.arange(10), np.repeat([0, 1], 5), 0.2)


def saved(path, images, labels):
    np.savez(path / "drawings.npz", images=images, labels=labels)
    return path / "drawings.npz"


def test_drawings_are_loaded(tmp_path):
    images, labels = np.ones((2, 28, 28), np.uint8), np.array([3, 9], np.uint8)
    found = data.load_drawings(saved(tmp_path, images, labels))
    np.testing.assert_array_equal(found[0], images)
    np.testing.assert_array_equal(found[1], labels)


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        (np.zeros((2, 28, 28)), np.zeros(2, np.uint8)),
        (np.zeros((2, 28, 28), np.uint8), np.zeros(3, np.uint8)),
        (np.zeros((2, 28, 27), np.uint8), np.zeros(2, np.uint8)),
        (np.zeros((1, 28, 28), np.uint8), np.array([10], np.uint8)),
        (np.zeros((1, 28, 28), np.uint8), np.uint8(3)),
        (np.zeros((1, 28, 28), np.uint8), np.array(["3"])),
    ],
)
def test_what_holds_no_drawings_is_refused(tmp_path, images, labels):
    with pytest.raises(data.DataError, match="holds no labelled drawings"):
        data.load_drawings(saved(tmp_path, images, labels))


def test_nobody_is_told_to_delete_damaged_drawings(tmp_path):
    (tmp_path / "drawings.npz").write_bytes(b"half a file")
    with pytest.raises(data.DataError, match="file of drawings") as error:
        data.load_drawings(tmp_path / "drawings.npz")
    assert str(error.value).endswith("Download the drawings again from the page")


def test_missing_drawings_are_called_drawings(tmp_path):
    with pytest.raises(data.DataError, match="no file of drawings at .*nowhere.npz"):
        data.load_drawings(tmp_path / "nowhere.npz")


def test_letters_are_one_of_each_in_sixteen_fonts():
    pictures, labels, fonts = load_letters()
    assert (pictures.shape, pictures.dtype) == ((416, 56, 56), np.uint8)
    assert np.bincount(labels).tolist() == [16] * 26
    assert sorted(set(fonts.tolist())) == sorted(data.FONTS)
    assert len({(font, label) for font, label in zip(fonts, labels, strict=True)}) == 416
    assert pictures.min(axis=(1, 2)).max() < 30  # each has ink
    assert (pictures[:, :8] == 255).all()  # on paper with a margin


def test_letters_are_pictures_that_to_mnist_takes():
    pictures, _, _ = load_letters()
    forms = np.stack([to_mnist(picture) for picture in pictures[::7]])
    assert (forms.max(axis=(1, 2)) == 255).all()
    assert len(np.unique(forms.reshape(len(forms), -1), axis=0)) == len(forms)


def test_other_letters_are_refused(tmp_path, monkeypatch):
    with np.load(data.DIGITS / "letters.npz") as arrays:
        changed = dict(arrays) | {"labels": arrays["labels"][::-1]}
    np.savez(tmp_path / "letters.npz", **changed)
    monkeypatch.setattr(data, "DIGITS", tmp_path)
    with pytest.raises(data.DataError, match=r"letters.npz is not the one of the course"):
        load_letters()


def test_every_font_of_the_letters_is_named_with_its_licence():
    text = (data.MNIST_FILE.parent / "README.md").read_text("utf-8")
    for font in data.FONTS:
        assert f"| {font} | " in text
    for name, checksum in data.LETTERS_SHA256.items():
        assert f"`{name}`" in text
        assert f"`{checksum}`" in text
