"""TensorFlow in a process: its share of the cores, and forks."""

import os
import subprocess
import sys

import pytest


@pytest.fixture(scope="module")
def forked():
    """What a process says that was told to use one core, and that forks."""
    program = """
import os
import signal
import numpy as np
from sknets import DenseNetClassifier
from sknets._training import dense_trainer

dense_trainer.MAX_SECONDS = 0.0
X, y = np.eye(6), np.arange(6) % 2
est = DenseNetClassifier(2, epochs=1).fit(X, y)

import tensorflow as tf
print(tf.config.threading.get_intra_op_parallelism_threads(), flush=True)
print(tf.config.threading.get_inter_op_parallelism_threads(), flush=True)

child = os.fork()
if child == 0:
    signal.alarm(60)  # no process stays behind, should it hang
    try:
        assert est.predict(X).shape == (6,)
        dense_trainer.MAX_SECONDS = 1.0
        est.fit(X, y)  # in numpy
        dense_trainer.MAX_SECONDS = 0.0
        est.fit(X, y)
    except RuntimeError as error:
        os.write(1, str(error).encode())
    os._exit(0)
os.waitpid(child, 0)
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
def test_fork_after_training_is_an_error_and_no_hang(forked):
    message = forked[-1]
    assert "forked after TensorFlow had run in its parent" in message
    assert "'loky' backend of joblib" in message


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
def test_worker_takes_its_share_of_the_cores(forked):
    assert forked[:2] == ["1", "1"]


def said_by(program, **settings):
    own = {k: v for k, v in os.environ.items() if k != "OMP_NUM_THREADS"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**own, **settings},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout.split()


THREADS = """
import sys
import tensorflow as tf
from sknets._training.tensorflow import runtime

if "first" in sys.argv:
    tf.constant(1.0) + 1.0
runtime.prepare()
runtime.prepare()
print(tf.config.threading.get_intra_op_parallelism_threads())
print(tf.config.threading.get_inter_op_parallelism_threads())
"""


@pytest.mark.parametrize("share", ["", "many"])
def test_cores_are_left_to_tensorflow_where_no_share_is_told(share):
    assert said_by(THREADS, OMP_NUM_THREADS=share) == ["0", "0"]


def test_settings_of_a_tensorflow_that_has_run_stay():
    program = "import sys; sys.argv.append('first')" + THREADS
    assert said_by(program, OMP_NUM_THREADS="3") == ["0", "0"]
