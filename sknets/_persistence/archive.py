"""A text and arrays as the bytes of one file, and back again.

The file is an ``.npz`` archive without compression: `estimator.json` is the text, the
members beside it the arrays. Its comment, which is the end of the file, is the SHA-256
of all bytes before.

Reading takes no more memory than the file has bytes, whatever the file says of itself:
each size is compared with the bytes that are there before anything is allocated.
"""

from __future__ import annotations

import hashlib
import io
import math
import zipfile
from typing import Literal

import numpy as np

from .plain import ARRAY_KINDS, Arrays

_JSON = "estimator.json"
_MARK = b"sknets sha256 "
_DIGEST_SIZE = 64  # hexadecimal digits
MARK_SIZE = len(_MARK) + _DIGEST_SIZE
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # so that equal estimators make equal files


def to_bytes(text: str, arrays: Arrays) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo(_JSON, _EARLIEST), text)
        for number, array in enumerate(arrays):
            member = zipfile.ZipInfo(f"{number}.npy", _EARLIEST)
            with archive.open(member, "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, array, (1, 0), allow_pickle=False)
        archive.comment = _MARK + bytes(_DIGEST_SIZE)
    content = file.getbuffer()[:-_DIGEST_SIZE]
    return b"".join([content, digest(content)])


def has_mark(data: bytes) -> bool:
    """Whether `data` ends as a file does."""
    return data[-MARK_SIZE:-_DIGEST_SIZE] == _MARK


def is_whole(data: bytes) -> bool:
    """Whether `data` is what `to_bytes` returned, as its checksum shows."""
    return digest(memoryview(data)[:-_DIGEST_SIZE]) == data[-_DIGEST_SIZE:]


def digest(content: bytes | memoryview) -> bytes:
    return hashlib.sha256(content).hexdigest().encode("ascii")


def from_bytes(data: bytes) -> tuple[bytes, Arrays]:
    """Text and arrays of the archive; none is larger than the file itself."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = archive.infolist()
        stored = all(
            member.compress_type == zipfile.ZIP_STORED
            and member.file_size == member.compress_size
            for member in members
        )
        if not stored or sum(member.file_size for member in members) > len(data):
            raise zipfile.BadZipFile("its members are compressed or overlap")
        names = [f"{number}.npy" for number in range(len(members) - 1)]
        if archive.namelist() != [_JSON, *names]:
            raise zipfile.BadZipFile(f"its members are not {_JSON} and numbered arrays")
        return archive.read(_JSON), [_read_array(archive.read(n)) for n in names]


def _read_array(data: bytes) -> np.ndarray:
    stream = io.BytesIO(data)
    if np.lib.format.read_magic(stream) != (1, 0):
        raise TypeError("an array is not in version 1.0 of numpy's format")
    shape, fortran_order, dtype = np.lib.format.read_array_header_1_0(stream)
    if dtype.hasobject:
        raise TypeError("an array holds Python objects")
    # Types without a size, such as <U0, would become arrays of any length.
    if dtype.kind not in ARRAY_KINDS or not dtype.itemsize:
        raise TypeError(f"an array has dtype {dtype}, which sknets.save never writes")
    n_bytes = len(data) - stream.tell()
    if any(size < 0 for size in shape) or math.prod(shape) * dtype.itemsize != n_bytes:
        raise ValueError(
            f"an array of shape {shape} and dtype {dtype} has {n_bytes} bytes"
        )
    # Bits can depend on the order in memory.
    order: Literal["C", "F"] = "F" if fortran_order else "C"
    return np.ndarray(shape, dtype, data, stream.tell(), order=order).copy("K")
