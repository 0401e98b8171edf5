"""Files of estimators that a crash does not destroy and damage does not change.

A file holds parameters and plain state as JSON text, and arrays. Nothing in it is ever
run, and what it holds is compared with its own network before anybody gets it.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from typing import Any

from .._estimators.cnn import SmallCNNClassifier
from .._estimators.cnn_regressor import SmallCNNRegressor
from .._estimators.dense import DenseNetClassifier
from .._estimators.dense_regressor import DenseNetRegressor
from .._estimators.keras_classifier import KerasClassifier
from .._estimators.keras_model import BaseWrapper
from .._estimators.keras_regressor import KerasRegressor
from .._estimators.text import TextPoolClassifier
from .._estimators.text_regressor import TextPoolRegressor
from .._texts.ngrams import NgramCounter
from .._texts.symbols import Values, Words
from .._texts.union import NgramUnion
from .._version import __version__
from ..preprocessing import ImageNormalizer, ImageReshaper
from . import archive, disk, keras_files, metadata_requests
from .checks import check_names, check_state
from .plain import Arrays, Decoder, encode
from .requirements import StateError

# Raised when a release writes files that older ones misread.
FILE_FORMAT = 1

ESTIMATORS: dict[str, type] = {
    cls.__name__: cls
    for cls in (
        DenseNetClassifier,
        DenseNetRegressor,
        ImageNormalizer,
        ImageReshaper,
        KerasClassifier,
        KerasRegressor,
        SmallCNNClassifier,
        SmallCNNRegressor,
        TextPoolClassifier,
        TextPoolRegressor,
    )
}
# With the classes that are found in fitted attributes of estimators.
CLASSES = ESTIMATORS | {
    cls.__name__: cls for cls in (NgramCounter, NgramUnion, Values, Words)
}


def save(estimator: Any, path: str | bytes | os.PathLike) -> None:
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
    path : str, bytes or path-like
        Name of the file; nothing is appended to it.

    Raises
    ------
    TypeError
        If the estimator is not one of sknets', or one of its parameters is neither a
        plain value nor an array: a function, a Keras object, a RandomState. If the
        model of a Keras estimator cannot be described without code.
    ValueError
        If its attributes were changed so that they no longer fit together, which
        `load` would refuse.
    OSError
        If the file cannot be written, and the former one is still there. A file that
        is read-only stays.

    Warns
    -----
    UserWarning
        If a `KerasClassifier` or `KerasRegressor` has parameters that are code: build
        functions, callbacks, classes. The file has their names alone. The loaded
        estimator predicts without them. To go on training it needs no build function,
        but callbacks, and losses, metrics and optimizers that are code, set again; a
        new `fit` needs all of them. The optimizer goes on from its state after
        `partial_fit` or a `fit` with ``warm_start=True``, and else begins anew.

    See Also
    --------
    load : Load such a file.

    Notes
    -----
    Of a Keras model, the file has the weights and Keras' configuration, in which
    classes of your own stand by name: whoever loads it has them registered in Keras,
    or gives them as `custom_objects`.

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
    path = disk.path_of(path)
    disk.write_in_place(path, _to_bytes(estimator))


def load(path: str | bytes | os.PathLike) -> Any:
    """Load an estimator from a file that `save` wrote.

    Parameters
    ----------
    path : str, bytes or path-like
        Name of the file.

    Returns
    -------
    estimator
        Equal to the one saved: it predicts the same bits, and training goes on from it
        alike.

    Raises
    ------
    ValueError
        If the file is damaged, is none that `save` wrote, holds a state that does not
        fit its own network, or has a newer format than this version of sknets can read.
    OSError
        If the file cannot be read, or is a pipe or a device.

    Warns
    -----
    InconsistentVersionWarning
        If the estimator was fitted by another version of sknets.

    See Also
    --------
    save : Save an estimator, with an example.
    """
    path = disk.path_of(path)
    with disk.open_regular(path) as file:
        data = _read_whole(file, path)
    try:
        return _from_bytes(data)
    except StateError as error:  # from somebody who made up the checksum, too
        raise ValueError(
            f"The content of {path!r} is not what sknets.save writes: {error}."
        ) from error


def _read_whole(file: Any, path: str) -> bytes:
    """Content of an open file whose checksum is right."""
    # The end first: a large file of another kind need not be read.
    file.seek(-min(archive.MARK_SIZE, os.fstat(file.fileno()).st_size), os.SEEK_END)
    if not archive.has_mark(file.read()):
        raise ValueError(
            f"{path!r} is damaged, or no file that sknets.save wrote: it does not end "
            "with a checksum. joblib.load reads what joblib.dump wrote."
        )
    file.seek(0)
    data = file.read()
    if not archive.is_whole(data):
        raise ValueError(
            f"{path!r} is damaged: it is not what sknets.save wrote, as its SHA-256 "
            "checksum shows. Take another copy of it."
        )
    return data


# --- Content -------------------------------------------------------------------------


def _to_bytes(estimator: Any) -> bytes:
    name = type(estimator).__name__
    if ESTIMATORS.get(name) is not type(estimator):
        raise TypeError(
            f"sknets.save saves {', '.join(sorted(ESTIMATORS))}; got an object of type "
            f"{name}. Use joblib.dump or skops.io.dump for pipelines and other objects."
        )
    arrays: Arrays = []
    is_keras = isinstance(estimator, BaseWrapper)
    get_state = keras_files.state_of if is_keras else type(estimator).__getstate__
    own_state: Any = get_state(estimator)
    state = dict(own_state)
    if metadata_requests.NAME in state:
        requests = metadata_requests.plain(state[metadata_requests.NAME])
        state[metadata_requests.NAME] = requests
    described = {
        "format": FILE_FORMAT,
        "sknets": __version__,
        "estimator": _encode_estimator(estimator, state, arrays),
    }
    try:
        with _state_errors():
            check_names(type(estimator), state)
            check_state(_with_state(estimator, state) if is_keras else estimator)
    except StateError as error:
        raise ValueError(
            f"sknets.save cannot save this {name}, since its attributes were changed: "
            f"{error}."
        ) from None
    return archive.to_bytes(json.dumps(described, allow_nan=False), arrays)


def _with_state(estimator: Any, state: dict[str, Any]) -> Any:
    """Another estimator, with this state as it is."""
    other = object.__new__(type(estimator))
    other.__dict__.update(state)
    return other


def _encode_estimator(
    estimator: Any, attributes: dict[str, Any], arrays: Arrays
) -> dict:
    """Encode attribute by attribute, so that an error can name one."""
    name = type(estimator).__name__
    classes = keras_files.CLASSES if isinstance(estimator, BaseWrapper) else CLASSES
    state = {}
    for key, value in attributes.items():
        own = key.startswith("_") or key.endswith("_")
        what = f"{'Attribute' if own else 'Parameter'} {key}"
        try:
            state[key] = encode(value, what, arrays, classes)
        except TypeError as error:
            raise TypeError(
                f"sknets.save cannot save this {name}: {error}. It saves plain values "
                "(None, bool, int, float, str, tuple, list, set, dict) and arrays. Set "
                "the parameter to one of these, or use joblib.dump, which saves any "
                "object and runs code when it is loaded."
            ) from None
    return {name: state}


def _from_bytes(data: bytes) -> Any:
    with _state_errors():
        text, arrays = archive.from_bytes(data)
        described = json.loads(text, parse_constant=_no_constant)
        newer = described["format"] > FILE_FORMAT
    if newer:
        raise ValueError(
            f"The file was written by sknets {described['sknets']} in format "
            f"{described['format']}, which is newer than sknets {__version__} can read "
            f"(format {FILE_FORMAT}). Install sknets>={described['sknets']}."
        )
    with _state_errors():
        ((name, content),) = described["estimator"].items()
        if name not in ESTIMATORS:
            raise StateError(f"it holds an object of type {name}")
        cls = ESTIMATORS[name]
        decoder = Decoder(arrays)
        state = {
            key: decoder.decode(value, _classes_in(cls, key))
            for key, value in content.items()
        }
        decoder.check_all_used()
        check_names(cls, state)
        requests = state.pop(metadata_requests.NAME, {})
        estimator: Any = object.__new__(cls)
    estimator.__setstate__(state)  # also raises for newer versions
    with _state_errors():
        check_state(estimator)
        metadata_requests.restore(estimator, requests)
    return estimator


def _classes_in(cls: type, name: str) -> dict[str, type]:
    """Classes that may be in an attribute."""
    if issubclass(cls, BaseWrapper):
        return keras_files.CLASSES
    return CLASSES if name == "counter_" else {}


@contextlib.contextmanager
def _state_errors() -> Iterator[None]:
    """Whatever goes wrong with a content that was made up is wrong with the content."""
    try:
        yield
    except StateError:
        raise
    except Exception as error:
        raise StateError(f"{type(error).__name__}: {error}") from error


def _no_constant(name: str) -> None:
    raise StateError(f"its text has the constant {name}")
