"""Packages that only a part of sknets needs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator


@contextlib.contextmanager
def needs_tensorflow(what: str) -> Iterator[None]:
    """Say what an import of TensorFlow or Keras is for, where it fails."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"{what} needs TensorFlow, which is not installed ({error}). Install it "
            "with 'pip install tensorflow'; predicting does without.",
            name=error.name,
        ) from error
