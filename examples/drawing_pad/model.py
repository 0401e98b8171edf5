"""The network behind the pad: trained in a process of its own, saved, loaded.

Training imports TensorFlow, predicting does not. A child process trains and leaves a
file, so that the server never holds TensorFlow in memory.
"""

from __future__ import annotations

import multiprocessing
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

import sknets

from . import digits
from .strokes import FIELD


class ModelError(Exception):
    """There is no network to serve; the message says why and what to do."""


def load_or_train(path: Path | None, data: Path | None) -> Any:
    """Load the network in the file `path`, or train one and save it there.

    Parameters
    ----------
    path : Path or None
        File of the network. With None, nothing is kept of a training.
    data : Path or None
        Folder of MNIST; not looked at where the file exists.

    Raises
    ------
    ModelError
        If the file is damaged or holds no network for the pad, if training failed, or
        if the network could not be saved.
    """
    if path is not None and path.exists():
        return load(path)
    if path is not None:
        _train_in_child(path, data)
        return load(path)
    with tempfile.TemporaryDirectory() as folder:
        temporary = Path(folder) / "digits.sknets"
        _train_in_child(temporary, data)
        return load(temporary)


def load(path: Path) -> Any:
    """Load a network that names digits in images of 28 x 28 bytes."""
    try:
        net = sknets.load(path)
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{error}\nDelete the file to train anew, or name another with --model."
        ) from error
    try:
        net.predict_proba(np.zeros((1, FIELD * FIELD), np.uint8))
        suits = np.array_equal(net.classes_, np.arange(10))
    except (AttributeError, TypeError, ValueError) as error:
        raise ModelError(
            f"The network in {path} cannot be used here: {error}"
        ) from error
    if not suits:
        raise ModelError(
            f"The network in {path} names the classes {net.classes_.tolist()}, not the "
            "digits 0 to 9."
        )
    return net


def source_of(net: Any) -> str | None:
    """What the network was trained on, None where another program trained it."""
    return getattr(net, "trained_on_", None)


def train(path: Path, data: Path | None) -> None:
    """Train a network and save it at `path`; imports TensorFlow."""
    training = digits.load("train", data)
    if training.source == digits.MNIST:
        # The defaults: 99 % of the test images after six epochs.
        net = sknets.SmallCNNClassifier(random_state=0, verbose=1)
    else:
        net = sknets.SmallCNNClassifier(
            width=(16, 32, 64), epochs=6, batch_size=64, random_state=0, verbose=1
        )
    net.fit(training.images, training.labels)
    net.trained_on_ = training.source
    sknets.save(net, path)


def _train_in_child(path: Path, data: Path | None) -> None:
    # Found out before the training, not after it.
    if not path.parent.is_dir():
        raise ModelError(f"The folder {path.parent} of --model does not exist.")
    # Not fork: it would share the threads' locks of whatever runs here.
    child = multiprocessing.get_context("spawn").Process(
        target=_report, args=(train, path, data)
    )
    child.start()
    child.join()
    if child.exitcode != 0:
        raise ModelError("No network was trained; see above.")


def _report(train: Any, path: Path, data: Path | None) -> None:
    """Train; errors that a user can mend are told without a traceback."""
    try:
        train(path, data)
    except (OSError, ValueError) as error:
        raise SystemExit(f"{type(error).__name__}: {error}") from None
