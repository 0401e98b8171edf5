"""The archive of a text and arrays: the same bits back, and no trust in its sizes."""

import hashlib
import io
import os
import zipfile

import numpy as np
import pytest

from sknets._persistence import archive
from tests.persistence.same import assert_same

TEXT = '{"name": "näme"}'
ARRAYS = [
    np.arange(6.0).reshape(2, 3),
    np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3)),
    np.array(["ü", ""]),
    np.array(3),
    np.zeros((0, 2), ">i2"),
]


@pytest.fixture
def content():
    """Bytes of a file."""
    return archive.to_bytes(TEXT, ARRAYS)


def test_there_and_back(content):
    text, arrays = archive.from_bytes(content)
    assert text.decode() == TEXT
    assert_same(ARRAYS, arrays)
    assert archive.to_bytes(TEXT, ARRAYS) == content


def test_numpy_reads_it(content):
    with np.load(io.BytesIO(content)) as file:
        for number, array in enumerate(ARRAYS):
            np.testing.assert_array_equal(file[str(number)], array, strict=True)


def test_it_ends_with_the_checksum_of_what_is_before(content):
    assert archive.has_mark(content)
    assert archive.is_whole(content)
    assert content[-64:].decode() == hashlib.sha256(content[:-64]).hexdigest()
    damaged = content[:100] + bytes([content[100] ^ 1]) + content[101:]
    assert archive.has_mark(damaged)
    assert not archive.is_whole(damaged)
    assert not archive.has_mark(content[:-1])
    assert not archive.has_mark(b"")


# --- Archives from others ------------------------------------------------------------


def rewritten(content, first_array, compression=zipfile.ZIP_STORED):
    """The archive with other bytes in the place of its first array."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(file, "w", compression) as new,
    ):
        for name in old.namelist():
            new.writestr(name, first_array if name == "0.npy" else old.read(name))
    return file.getvalue()


def npy(array, shape=None, version=None):
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version)
    data = file.getvalue()
    if shape is not None:
        old = str(array.shape).encode()
        data = data.replace(
            old + b", }" + b" " * (len(shape) - len(old)), shape + b", }"
        )
    return data


class Trap:
    """Makes a folder when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


def test_pickle_in_the_file_does_not_run(content, tmp_path):
    trap = npy(np.array([Trap(str(tmp_path / "sprung"))], object))
    with pytest.raises(TypeError, match="an array holds Python objects"):
        archive.from_bytes(rewritten(content, trap))
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("shape", [b"(9999999999999,)", b"(2,)", b"(-3,)", b"(-1, -3)"])
def test_array_of_another_size_than_its_member_is_refused(content, shape):
    changed = npy(np.zeros(3), shape)
    assert shape in changed
    with pytest.raises(ValueError, match="has 24 bytes"):
        archive.from_bytes(rewritten(content, changed))


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (npy(np.zeros(3, "c16")), "dtype complex128, which sknets.save never writes"),
        (npy(np.zeros(3, [("a", "f8")])), "which sknets.save never writes"),
        (npy(np.array([""])).replace(b"<U1", b"<U0"), "dtype <U0, which"),
        (npy(np.zeros(3), version=(2, 0)), "not in version 1.0"),
    ],
)
def test_arrays_that_save_does_not_write_are_refused(content, array, message):
    with pytest.raises(TypeError, match=message):
        archive.from_bytes(rewritten(content, array))


def test_compressed_member_is_refused(content):
    """Zeros that take a thousandth of their size until somebody unpacks them."""
    bomb = rewritten(content, npy(np.zeros(10**6)), zipfile.ZIP_DEFLATED)
    with pytest.raises(zipfile.BadZipFile, match="compressed or overlap"):
        archive.from_bytes(bomb)


def test_members_that_overlap_are_refused(content):
    """Each says that it is nearly as large as the file, so that all take much more."""
    changed, size = bytearray(content), (len(content) - 100).to_bytes(4, "little")
    start = changed.find(b"PK\x01\x02")
    while start >= 0:  # both sizes of each entry of the directory
        changed[start + 20 : start + 28] = 2 * size
        start = changed.find(b"PK\x01\x02", start + 1)
    with pytest.raises(zipfile.BadZipFile, match="compressed or overlap"):
        archive.from_bytes(bytes(changed))


def test_other_members_are_refused(content):
    file = io.BytesIO(rewritten(content, npy(np.zeros(3))))
    with zipfile.ZipFile(file, "a") as changed:
        changed.writestr("../../x.npy", npy(np.zeros(3)))
    with pytest.raises(zipfile.BadZipFile, match="estimator.json and numbered arrays"):
        archive.from_bytes(file.getvalue())
