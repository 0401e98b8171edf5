"""The switch from numpy to a compiled TensorFlow program for predictions."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar

_wanted: ContextVar[bool] = ContextVar("compiled_prediction", default=False)


@contextlib.contextmanager
def compiled_prediction() -> Iterator[None]:
    """Predict by a compiled TensorFlow program within a ``with`` block.

    For many rows at once where TensorFlow is installed: a convolutional network then
    takes about half of the time. It pays from some thousand images on, since TensorFlow
    has to be imported and the program to be compiled first: once for up to 512 rows and
    once for more, for each network and type of input. No number of rows compiles it
    again.

    Within the block `predict`, `predict_proba`, `predict_log_proba` and
    `decision_function` of dense and convolutional networks use it. They agree with
    the usual ones to about 0.00001, as sums are made in another order. Text networks
    stay in NumPy, which is faster for them. The block concerns the thread, or the
    asynchronous task, that it is in; others go on in NumPy, and so do predictions of
    Dask's collections, which are made later and elsewhere.

    Yields
    ------
    None

    Raises
    ------
    ModuleNotFoundError
        By the first prediction within the block, if TensorFlow is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> import sknets
    >>> from sklearn.datasets import load_digits
    >>> X, y = load_digits(return_X_y=True)
    >>> net = sknets.SmallCNNClassifier((8,), epochs=2, random_state=0).fit(X, y)
    >>> with sknets.compiled_prediction():
    ...     proba = net.predict_proba(X)
    >>> np.allclose(proba, net.predict_proba(X), atol=1e-5)
    True
    """
    token = _wanted.set(True)
    try:
        yield
    finally:
        _wanted.reset(token)


def is_wanted() -> bool:
    """Return whether this is within a block of `compiled_prediction`."""
    return _wanted.get()
