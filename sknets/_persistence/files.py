"""Files of estimators that a crash does not destroy and damage does not change.

A file is an ``.npz`` archive without compression: `estimator.json` holds parameters and
plain state, the members beside it the arrays. Its comment, which is the end of the
file, is the SHA-256 of all bytes before. Nothing in it is ever run.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import secrets
import shutil
import zipfile
from pathlib import Path
from typing import Any, Literal

import numpy as np

from .._estimators.cnn import SmallCNNClassifier
from .._estimators.dense import DenseNetClassifier
from .._estimators.text import TextPoolClassifier
from .._texts.ngrams import NgramCounter
from .._texts.symbols import Values, Words
from .._version import __version__
from ..preprocessing import ImageNormalizer, ImageReshaper
from .plain import Arrays, decode, encode

# Raised when a release writes files that older ones misread.
FILE_FORMAT = 1

ESTIMATORS: dict[str, type] = {
    cls.__name__: cls
    for cls in (
        DenseNetClassifier,
        ImageNormalizer,
        ImageReshaper,
        SmallCNNClassifier,
        TextPoolClassifier,
    )
}
# With the classes that are found in fitted attributes of estimators.
CLASSES = ESTIMATORS | {cls.__name__: cls for cls in (NgramCounter, Values, Words)}

_JSON = "estimator.json"
_MARK = b"sknets sha256 "
_DIGEST_SIZE = 64  # hexadecimal digits
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # so that equal estimators make equal files


def save(estimator: Any, path: str | os.PathLike) -> None:
    """Save an estimator of sknets to a file that is complete or not there at all.

    The file is written beside `path`, flushed to the disk and then moved in place:
    whenever a save fails or its process is killed, what was at `path` before is still
    there. It holds arrays and plain values, nothing that `load` would run, and a
    checksum, so that a damaged file is an error and never another prediction.

    Parameters
    ----------
    estimator : estimator of sknets
        Fitted or not. Everything is kept that pickle would keep: parameters, labels,
        history, and the state of the optimizer where training can go on from it.
    path : str or path-like
        Name of the file; nothing is appended to it.

    Raises
    ------
    TypeError
        If the estimator is not one of sknets', or one of its parameters is neither a
        plain value nor an array: a function, a Keras object, a RandomState.
    OSError
        If the file cannot be written, and the former one is still there.

    See Also
    --------
    load : Load such a file.

    Notes
    -----
    A process that is killed while it saves may leave a file ``.sknets-*.tmp`` in the
    folder.

    Examples
    --------
    >>> import os, tempfile
    >>> import sknets
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> net = sknets.DenseNetClassifier(epochs=2, random_state=0).fit(X, y)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "iris.sknets")
    ...     sknets.save(net, path)
    ...     loaded = sknets.load(path)
    >>> bool((loaded.predict_proba(X) == net.predict_proba(X)).all())
    True
    """
    _write_in_place(os.path.realpath(path), _to_bytes(estimator))


def load(path: str | os.PathLike) -> Any:
    """Load an estimator from a file that `save` wrote.

    Parameters
    ----------
    path : str or path-like
        Name of the file.

    Returns
    -------
    estimator
        Equal to the one saved: it predicts the same bits, and training goes on from it
        alike.

    Raises
    ------
    ValueError
        If the file is damaged, is none that `save` wrote, or has a newer format than
        this version of sknets can read.
    OSError
        If the file cannot be read.

    Warns
    -----
    InconsistentVersionWarning
        If the estimator was fitted by another version of sknets.

    See Also
    --------
    save : Save an estimator, with an example.
    """
    data = Path(path).read_bytes()
    if data[-len(_MARK) - _DIGEST_SIZE : -_DIGEST_SIZE] != _MARK:
        raise ValueError(
            f"{os.fspath(path)!r} is damaged, or no file that sknets.save wrote: it "
            "does not end with a checksum. joblib.load reads what joblib.dump wrote."
        )
    if _digest(data[:-_DIGEST_SIZE]) != data[-_DIGEST_SIZE:]:
        raise ValueError(
            f"{os.fspath(path)!r} is damaged: it is not what sknets.save wrote, as its "
            "SHA-256 checksum shows. Take another copy of it."
        )
    try:
        return _from_bytes(data)
    except ValueError:
        raise
    except Exception as error:  # from somebody who made up the checksum, too
        raise ValueError(
            f"The content of {os.fspath(path)!r} is not what sknets.save writes: "
            f"{type(error).__name__}: {error}"
        ) from error


# --- Content -------------------------------------------------------------------------


def _to_bytes(estimator: Any) -> bytes:
    name = type(estimator).__name__
    if ESTIMATORS.get(name) is not type(estimator):
        raise TypeError(
            f"sknets.save saves {', '.join(sorted(ESTIMATORS))}; got an object of type "
            f"{name}. Use joblib.dump or skops.io.dump for pipelines and other objects."
        )
    arrays: Arrays = []
    described = {
        "format": FILE_FORMAT,
        "sknets": __version__,
        "estimator": _encode_estimator(estimator, arrays),
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        text = json.dumps(described, allow_nan=False)
        archive.writestr(zipfile.ZipInfo(_JSON, _EARLIEST), text)
        for number, array in enumerate(arrays):
            member = zipfile.ZipInfo(f"{number}.npy", _EARLIEST)
            with archive.open(member, "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, array, (1, 0), allow_pickle=False)
        archive.comment = _MARK + bytes(_DIGEST_SIZE)
    content = file.getbuffer()[:-_DIGEST_SIZE]
    return b"".join([content, _digest(content)])


def _encode_estimator(estimator: Any, arrays: Arrays) -> dict:
    """Encode attribute by attribute, so that an error can name one."""
    name = type(estimator).__name__
    state = {}
    for key, value in estimator.__getstate__().items():
        own = key.startswith("_") or key.endswith("_")
        what = f"{'Attribute' if own else 'Parameter'} {key}"
        try:
            state[key] = encode(value, what, arrays, CLASSES)
        except TypeError as error:
            raise TypeError(
                f"sknets.save cannot save this {name}: {error}. It saves plain values "
                "(None, bool, int, float, str, tuple, list, dict) and arrays. Set the "
                "parameter to one of these, or use joblib.dump, which saves any object "
                "and runs code when it is loaded."
            ) from None
    return {name: state}


def _from_bytes(data: bytes) -> Any:
    text, arrays = _read_members(data)
    described = json.loads(text)
    _check_format(described)
    estimator = decode(described["estimator"], arrays, CLASSES)
    if type(estimator) not in ESTIMATORS.values():
        raise TypeError(f"it holds an object of type {type(estimator).__name__}")
    return estimator


def _read_members(data: bytes) -> tuple[bytes, Arrays]:
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
        return archive.read(_JSON), [_read_array(archive.read(n)) for n in names]


def _read_array(data: bytes) -> np.ndarray:
    stream = io.BytesIO(data)
    if np.lib.format.read_magic(stream) != (1, 0):
        raise TypeError("an array is not in version 1.0 of numpy's format")
    shape, fortran_order, dtype = np.lib.format.read_array_header_1_0(stream)
    if dtype.hasobject:
        raise TypeError("an array holds Python objects")
    # Bits can depend on the order in memory.
    order: Literal["C", "F"] = "F" if fortran_order else "C"
    # Raises if `data` is shorter than the header says.
    return np.ndarray(shape, dtype, data, stream.tell(), order=order).copy("K")


def _check_format(described: dict[str, Any]) -> None:
    if described["format"] > FILE_FORMAT:
        raise ValueError(
            f"The file was written by sknets {described['sknets']} in format "
            f"{described['format']}, which is newer than sknets {__version__} can read "
            f"(format {FILE_FORMAT}). Install sknets>={described['sknets']}."
        )


def _digest(content: bytes | memoryview) -> bytes:
    return hashlib.sha256(content).hexdigest().encode("ascii")


# --- Writing -------------------------------------------------------------------------


def _write_in_place(path: str, data: bytes) -> None:
    """Replace the file at `path` by one with `data`, or leave it as it is."""
    if os.path.exists(path) and not os.path.isfile(path):
        raise OSError(f"{path!r} is not a regular file.")
    folder = os.path.dirname(path)
    # Not tempfile: its files are readable by the owner alone, and so would this be.
    temporary = os.path.join(folder, f".sknets-{secrets.token_hex(8)}.tmp")
    try:
        with open(temporary, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if os.path.exists(path):
            shutil.copymode(path, temporary)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.remove(temporary)
        raise
    _flush_folder(folder)


def _flush_folder(folder: str) -> None:
    """Make the new name last through a power failure, where the system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
