"""The process in which TensorFlow runs: threads, GPU memory, forks."""

from __future__ import annotations

import threading

import tensorflow as tf

from ..._optional import forked_after_tensorflow
from ..._tensorflow import quiet
from ..._threads import given_threads

_configured, _lock = False, threading.Lock()


def prepare() -> None:
    """Call before anything runs in TensorFlow; cheap after the first time.

    Raises
    ------
    RuntimeError
        In a process forked from one in which TensorFlow has run already: its threads
        do not survive a fork, and the next operation would wait for them for ever.
    """
    global _configured
    if forked_after_tensorflow():
        raise RuntimeError(
            "This process was forked after TensorFlow had run in its parent, where "
            "training would hang. Start workers with the 'loky' backend of joblib "
            "(the default) or with multiprocessing's 'spawn' start method instead."
        )
    with _lock:
        if not _configured:
            with quiet:
                _configure()
            _configured = True


def _configure() -> None:
    try:
        for gpu in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(gpu, True)
        # TensorFlow by itself would start a thread a core in every worker.
        if threads := given_threads():
            tf.config.threading.set_intra_op_parallelism_threads(threads)
            tf.config.threading.set_inter_op_parallelism_threads(threads)
    except RuntimeError:
        # The user has run TensorFlow before: the settings are theirs.
        pass
