"""Where files of data sets are looked for, and files that are damaged."""

import lzma
import tarfile

import numpy as np
import pytest

from sknets.datasets import load_imdb, load_mnist
from sknets.datasets._files import folders, read_archive, read_lines
from tests.datasets.small_sets import (
    TRAIN,
    write_archive,
    write_folder,
    write_lines,
    write_mnist,
)


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


def test_home_is_written_as_in_a_shell(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))  # where Windows looks
    monkeypatch.delenv("KERAS_HOME")
    (tmp_path / "mine").mkdir()
    expected = [tmp_path / "mine", tmp_path / ".keras" / "datasets"]
    assert list(folders("~/mine")) == expected


def test_data_folder_that_does_not_exist(tmp_path, keras_cache, monkeypatch):
    """It is a slip, even where the data could be found elsewhere."""
    write_mnist(keras_cache)
    with pytest.raises(FileNotFoundError, match="data_home must be a folder, got"):
        load_mnist(data_home=tmp_path / "slip")
    monkeypatch.setenv("SKNETS_DATA", str(tmp_path / "slip"))
    with pytest.raises(FileNotFoundError, match="SKNETS_DATA must be a folder, got"):
        load_mnist()


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
    ("write", "read"), [(write_archive, read_archive), (write_lines, read_lines)]
)
def test_changed_byte_is_noticed_or_changes_nothing(write, read, folder):
    """It may be in the date of the archive, which no review depends on."""
    path = write(folder, "train") if read is read_lines else write(folder)
    whole, expected = path.read_bytes(), read(path, "train")
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 0x55
        path.write_bytes(changed)
        found = rows_or_error(read, path)
        assert found == expected or f"{path.name} is damaged" in found


def rows_or_error(read, path):
    try:
        return read(path, "train")
    except ValueError as error:
        return str(error)


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


def test_a_link_to_nothing_in_an_archive_is_damage(tmp_path):
    path = tmp_path / "aclImdb_v1.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        link = tarfile.TarInfo("aclImdb/train/neg/0_0.txt")
        link.type, link.linkname = tarfile.SYMTYPE, "nowhere.txt"
        archive.addfile(link)
    with pytest.raises(ValueError, match="damaged"):
        read_archive(path, "train")
