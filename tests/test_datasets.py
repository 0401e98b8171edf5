"""Loaders of data sets: every place they look in, and files that are damaged."""

import io
import lzma
import os
import subprocess
import sys
import tarfile

import numpy as np
import pytest
import sklearn.datasets
from sklearn.utils import Bunch

from sknets.datasets import load_faces, load_imdb, load_mnist

RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def _empty_machine(tmp_path, monkeypatch):
    """No data folder, an empty cache of Keras', and no network."""
    monkeypatch.delenv("SKNETS_DATA", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "sklearn"))
    for name in ("http_proxy", "https_proxy"):  # nothing listens at port 9
        monkeypatch.setenv(name, "http://127.0.0.1:9")


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "data"
    path.mkdir()
    return path


@pytest.fixture
def keras_cache(tmp_path):
    path = tmp_path / "keras" / "datasets"
    path.mkdir(parents=True)
    return path


def digits(n):
    images = RNG.integers(0, 256, (n, 28, 28), dtype=np.uint8)
    return images, (np.arange(n) % 10).astype(np.uint8)


TRAIN, TEST = digits(20), digits(10)


def write_mnist(folder, **replaced):
    arrays = {"x_train": TRAIN[0], "y_train": TRAIN[1]}
    arrays |= {"x_test": TEST[0], "y_test": TEST[1], **replaced}
    path = folder / "mnist.npz"
    np.savez_compressed(path, **arrays)
    return path


def write_faces(folder, name, n_people, n_images, shape):
    """Faces whose first pixel is the person, and whose second is the image."""
    y = np.repeat(np.arange(n_people, dtype=np.uint8), n_images)
    x = np.zeros((len(y), *shape), np.uint8)
    x[:, 0, 0] = y
    x[:, 0, 1] = np.tile(np.arange(n_images), n_people)
    path = folder / f"{name}_faces.npz"
    np.savez_compressed(path, x=x, y=y)
    return path


# Return, U+0085 and form feed end a line elsewhere, but not in these files. There are
# enough negative reviews to notice another order.
REVIEWS = {
    "train": [
        *((f"awful\tfilm {number}", 0) for number in range(12)),
        ("bad \x85 worse \r worst", 0),
        ("fine<br />film", 1),
    ],
    "test": [("dull \x0c film", 0), ("café", 1)],
}


def write_lines(folder, part):
    lines = [f"{label}\t{text}\n" for text, label in REVIEWS[part]]
    path = folder / f"imdb_{part}.tsv.xz"
    path.write_bytes(lzma.compress("".join(lines).encode()))
    return path


def review_files():
    """Names in the authors' layout and contents, in the order that a folder has."""
    for part, rows in REVIEWS.items():
        yield f"aclImdb/{part}/unsup/0_0.txt", b"neither"
        # 10 comes behind 9, though not in the alphabet.
        for number, (text, label) in enumerate(rows, start=9):
            name = ("neg", "pos")[label]
            yield f"aclImdb/{part}/{name}/{number}_{label}.txt", text.encode()
            yield f"aclImdb/{part}/urls_{name}.txt", b"http://..."


def write_folder(folder):
    for name, content in review_files():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder / "aclImdb"


def write_archive(folder):
    path = folder / "aclImdb_v1.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, content in sorted(review_files()):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


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


def test_folder_of_the_caller_comes_first(folder, keras_cache, monkeypatch, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    for place, value in ((folder, 1), (other, 2), (keras_cache, 3)):
        write_mnist(place, x_train=np.full_like(TRAIN[0], value))
    monkeypatch.setenv("SKNETS_DATA", str(other))
    assert load_mnist(data_home=str(folder)).images[0, 0, 0] == 1
    assert load_mnist().images[0, 0, 0] == 2
    (other / "mnist.npz").unlink()
    assert load_mnist().images[0, 0, 0] == 3


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


def write_both(folder):
    for part in REVIEWS:
        write_lines(folder, part)


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


def test_data_folder_that_does_not_exist(tmp_path, keras_cache, monkeypatch):
    """It is a slip, even where the data could be found elsewhere."""
    write_mnist(keras_cache)
    with pytest.raises(FileNotFoundError, match="data_home must be a folder, got"):
        load_mnist(data_home=tmp_path / "slip")
    monkeypatch.setenv("SKNETS_DATA", str(tmp_path / "slip"))
    with pytest.raises(FileNotFoundError, match="SKNETS_DATA must be a folder, got"):
        load_mnist()


@pytest.mark.parametrize("load", [load_mnist, load_imdb, load_faces])
def test_unknown_subset(load):
    with pytest.raises(ValueError, match="'subset' parameter.*'validation'"):
        load(subset="validation")


def test_unknown_faces():
    with pytest.raises(ValueError, match="'name' parameter.*'feret'"):
        load_faces("feret")


# --- Damaged files -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("write", "load"),
    [
        (write_mnist, load_mnist),
        (lambda folder: write_lines(folder, "train"), load_imdb),
        (write_archive, load_imdb),
    ],
    ids=["npz", "tsv.xz", "tar.gz"],
)
def test_truncated_at_any_length(write, load, folder):
    path = write(folder)
    whole = path.read_bytes()
    for length in np.linspace(0, len(whole) - 1, 25).astype(int):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=f"{path.name} is damaged"):
            load(data_home=folder)


@pytest.mark.parametrize(
    ("replaced", "problem"),
    [
        ({"x_train": TRAIN[0] / 255}, r"must be uint8.*got float64 of shape"),
        ({"x_train": TRAIN[0].reshape(20, 784)}, r"height, width\), got.*784"),
        ({"x_train": TRAIN[0][:0], "y_train": TRAIN[1][:0]}, r"of shape \(0, 28, 28\)"),
        ({"y_train": TRAIN[1][:5]}, r"must be 20 whole numbers.*\(5,\)"),
        ({"y_train": np.eye(20)}, r"must be 20 whole numbers.*float64"),
        ({"y_train": TRAIN[1].astype(object)}, "allow_pickle=False"),
    ],
)
def test_arrays_of_another_kind(replaced, problem, folder):
    write_mnist(folder, **replaced)
    with pytest.raises(ValueError, match=f"mnist.npz is damaged.*{problem}"):
        load_mnist(data_home=folder)


def test_single_array_instead_of_an_archive(folder):
    with open(folder / "mnist.npz", "wb") as file:
        np.save(file, TRAIN[0])
    with pytest.raises(ValueError, match="mnist.npz is damaged"):
        load_mnist(data_home=folder)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"0\tbad\n2\tgood\n", "line 2 does not start"),
        (b"0\tbad\ngood\n", "line 2 does not start"),
        (b"0\tbad\n1", "line 2 does not start"),
        (b"0\tbad\n1\t\xff\n", "'utf-8' codec"),
        (b"0\tbad\n0\tworse\n", "no train reviews of both labels"),
        (b"", "no train reviews of both labels"),
    ],
)
def test_lines_of_another_kind(content, problem, folder):
    path = folder / "imdb_train.tsv.xz"
    path.write_bytes(lzma.compress(content))
    with pytest.raises(ValueError, match=f"{path.name} is damaged.*{problem}"):
        load_imdb(data_home=folder)


def test_incomplete_folder(folder):
    root = write_folder(folder)
    for path in (root / "test" / "pos").glob("*"):
        path.unlink()
    with pytest.raises(ValueError, match="aclImdb is damaged.*no test reviews of both"):
        load_imdb(data_home=folder, subset="test")
    (root / "train" / "neg" / "9_0.txt").write_bytes(b"\xff")
    with pytest.raises(ValueError, match="9_0.txt is damaged.*'utf-8' codec"):
        load_imdb(data_home=folder)


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
