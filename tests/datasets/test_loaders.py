"""Loaders of data sets, from every form and place of the data."""

import os
import subprocess
import sys

import numpy as np
import pytest
import sklearn.datasets
from sklearn.utils import Bunch

from sknets.datasets import load_faces, load_imdb, load_mnist
from tests.datasets.small_sets import (
    REVIEWS,
    TEST,
    TRAIN,
    write_archive,
    write_both,
    write_faces,
    write_folder,
    write_lines,
    write_mnist,
)

RNG = np.random.default_rng(0)


# --- MNIST ---------------------------------------------------------------------------


def assert_is_mnist(bunch, images, labels):
    np.testing.assert_array_equal(bunch.images, images)
    np.testing.assert_array_equal(bunch.data, images.reshape(len(images), 784))
    np.testing.assert_array_equal(bunch.target, labels)
    assert bunch.images.dtype == bunch.data.dtype == np.uint8


@pytest.mark.parametrize("given_by", ["data_home", "SKNETS_DATA", "Keras' cache"])
def test_mnist_is_found(given_by, folder, keras_cache, monkeypatch):
    write_mnist(keras_cache if given_by == "Keras' cache" else folder)
    data_home = folder if given_by == "data_home" else None
    if given_by == "SKNETS_DATA":
        monkeypatch.setenv("SKNETS_DATA", str(folder))
    bunch = load_mnist(data_home=data_home)
    assert_is_mnist(bunch, *TRAIN)


def test_mnist_has_the_fields_of_load_digits(folder):
    write_mnist(folder)
    bunch = load_mnist(data_home=folder)
    reference = sklearn.datasets.load_digits()
    assert set(bunch) <= set(reference)
    assert type(bunch) is Bunch
    assert bunch.target.dtype == reference.target.dtype
    np.testing.assert_array_equal(bunch.target_names, reference.target_names)
    assert "LeCun" in bunch.DESCR


def test_mnist_subsets(folder):
    write_mnist(folder)
    assert_is_mnist(load_mnist(data_home=folder, subset="test"), *TEST)
    both = [np.concatenate(parts) for parts in zip(TRAIN, TEST, strict=True)]
    assert_is_mnist(load_mnist(data_home=folder, subset="all"), *both)


def test_return_X_y(folder):
    write_mnist(folder)
    write_faces(folder, "orl", 3, 10, (4, 3))
    write_lines(folder, "train")
    for load in (load_mnist, load_faces, load_imdb):
        bunch = load(data_home=folder)
        X, y = load(data_home=folder, return_X_y=True)
        np.testing.assert_array_equal(X, bunch.data)
        np.testing.assert_array_equal(y, bunch.target)


def test_mnist_is_downloaded_by_keras(monkeypatch):
    import keras

    monkeypatch.setattr(keras.datasets.mnist, "load_data", lambda: (TRAIN, TEST))
    assert_is_mnist(load_mnist(subset="test"), *TEST)


def test_mnist_of_one_part_only(folder):
    """What is not asked for need not be there."""
    np.savez(folder / "mnist.npz", x_test=TEST[0], y_test=TEST[1])
    assert_is_mnist(load_mnist(data_home=folder, subset="test"), *TEST)
    with pytest.raises(ValueError, match=r"mnist\.npz is damaged.*x_train"):
        load_mnist(data_home=folder)


# --- Faces ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "n_images", "n_training", "shape"),
    [("orl", 10, 5, (56, 46)), ("yale", 11, 6, (100, 80))],
)
def test_faces(name, n_images, n_training, shape, folder):
    write_faces(folder, name, 3, n_images, shape)
    train, test, both = (
        load_faces(name, subset=part, data_home=folder)
        for part in ("train", "test", "all")
    )
    assert train.images.shape == (3 * n_training, *shape)
    assert train.data.shape == (3 * n_training, shape[0] * shape[1])
    np.testing.assert_array_equal(train.images[:, 0, 0], train.target)
    # The first images of each person, and the others.
    assert set(train.images[:, 0, 1]) == set(range(n_training))
    assert set(test.images[:, 0, 1]) == set(range(n_training, n_images))
    assert len(train.data) + len(test.data) == len(both.data) == 3 * n_images
    assert list(both.target_names) == ["person 0", "person 1", "person 2"]
    assert train.images.dtype == np.uint8
    assert train.target.dtype == np.int64


def test_faces_are_split_in_any_order(folder):
    path = write_faces(folder, "orl", 4, 10, (5, 4))
    with np.load(path) as file:
        x, y = file["x"], file["y"]
    order = RNG.permutation(40)
    np.savez(path, x=x[order], y=y[order])
    train = load_faces(subset="train", data_home=folder)
    test = load_faces(subset="test", data_home=folder)
    np.testing.assert_array_equal(np.bincount(train.target), 5)
    seen = {tuple(image[0, :2]) for image in np.r_[train.images, test.images]}
    assert len(seen) == 40


def test_orl_faces_from_scikit_learn(monkeypatch):
    """The same bytes that scikit-learn divided by 255."""
    y = np.repeat(np.arange(40), 10)
    pixels = RNG.integers(0, 256, (400, 64, 64))
    images = np.nextafter(pixels.astype(np.float32) / 255, np.float32(0))
    monkeypatch.setattr(
        sklearn.datasets,
        "fetch_olivetti_faces",
        lambda **_: Bunch(images=images, target=y),
    )
    faces = load_faces("orl", subset="train")
    np.testing.assert_array_equal(faces.images, pixels[np.arange(400) % 10 < 5])
    assert faces.images.dtype == np.uint8


# --- IMDB ----------------------------------------------------------------------------


def assert_are_reviews(bunch, *parts):
    rows = [row for part in parts for row in REVIEWS[part]]
    assert bunch.data == [text for text, _ in rows]
    assert bunch.target.tolist() == [label for _, label in rows]
    assert bunch.target.dtype == np.int64
    assert bunch.target_names == ["negative", "positive"]
    assert "Maas" in bunch.DESCR


FORMS = {
    "lines": write_both,
    "folder": write_folder,
    "archive": write_archive,
    "extracted by Keras 3": lambda folder: write_folder(
        folder / "aclImdb_v1_extracted"
    ),
    "extracted by older Keras": lambda folder: write_folder(folder / "aclImdb_v1"),
}


@pytest.mark.parametrize("form", FORMS)
def test_imdb(form, folder, keras_cache):
    """Every form of the data gives the same reviews in the same order."""
    FORMS[form](folder)
    FORMS[form](keras_cache)
    assert_are_reviews(load_imdb(data_home=folder), "train")
    assert_are_reviews(load_imdb(data_home=folder, subset="test"), "test")
    assert_are_reviews(load_imdb(subset="all"), "train", "test")


def test_imdb_is_downloaded_by_keras(folder, monkeypatch):
    import keras

    path = write_archive(folder)
    monkeypatch.setattr(keras.utils, "get_file", lambda *_, **__: str(path))
    assert_are_reviews(load_imdb(subset="test"), "test")


# --- Nothing there -------------------------------------------------------------------

THREE_WAYS = r"three ways.*data_home.*SKNETS_DATA.*Keras' download cache.*download"


@pytest.mark.parametrize(
    ("load", "file", "reason"),
    [
        (load_mnist, r"mnist\.npz", "it failed: URL fetch failure"),
        (load_imdb, r"aclImdb_v1\.tar\.gz", "it failed: URL fetch failure"),
        (load_faces, r"orl_faces\.npz", "it failed: .*refused"),
    ],
)
def test_without_data_and_network(load, file, reason, monkeypatch, folder):
    monkeypatch.setattr("time.sleep", lambda _: None)  # between scikit-learn's attempts
    with (
        pytest.warns(UserWarning, match="Retry")
        if load is load_faces
        else _no_context(),
        pytest.raises(FileNotFoundError, match=f"{file}.*{THREE_WAYS}.*{reason}"),
    ):
        load(data_home=folder)


def _no_context():
    from contextlib import nullcontext

    return nullcontext()


@pytest.mark.parametrize("load", [load_mnist, load_imdb, load_faces])
def test_download_is_not_tried_if_not_wanted(load):
    with pytest.raises(FileNotFoundError, match=f"{THREE_WAYS}.*download_if_missing"):
        load(download_if_missing=False)


def test_nothing_downloads_the_yale_faces():
    with pytest.raises(FileNotFoundError, match=f"{THREE_WAYS}.*neither Keras nor"):
        load_faces("yale")


@pytest.mark.parametrize("load", [load_mnist, load_imdb, load_faces])
def test_unknown_subset(load):
    with pytest.raises(ValueError, match="'subset' parameter.*'validation'"):
        load(subset="validation")


def test_unknown_faces():
    with pytest.raises(ValueError, match="'name' parameter.*'feret'"):
        load_faces("feret")


# --- Imports, and the real files -----------------------------------------------------


def test_loading_a_file_does_not_import_tensorflow(folder):
    write_mnist(folder)
    code = (
        "import sys; from sknets.datasets import load_mnist; "
        "load_mnist(data_home=sys.argv[1]); "
        "print([m for m in ('keras', 'tensorflow') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, folder], check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == "[]"


REAL = os.environ.get("SKNETS_DATA")


@pytest.mark.skipif(not REAL, reason="SKNETS_DATA does not name the real data")
def test_real_files():
    for subset, n in (("train", 60_000), ("test", 10_000)):
        mnist = load_mnist(subset=subset, data_home=REAL)
        assert mnist.images.shape == (n, 28, 28)
        assert set(mnist.target) == set(range(10))
        reviews = load_imdb(subset=subset, data_home=REAL)
        assert len(reviews.data) == 25_000
        assert reviews.target.mean() == 0.5
    assert load_faces("orl", data_home=REAL).images.shape == (400, 56, 46)
    assert load_faces("yale", data_home=REAL).images.shape == (165, 100, 80)
