"""TensorFlow in the process: its log lines, and forks."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import sknets
from sknets._tensorflow import is_chatter

NETS = """
import warnings
import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sknets import DenseNetClassifier, SmallCNNClassifier
from sknets._training import dense_trainer

warnings.simplefilter("ignore", ConvergenceWarning)
dense_trainer.MAX_SECONDS = 0.0
X, y = np.random.default_rng(0).random((32, 8, 8)), np.arange(32) % 2
for width in range(3, 9):  # more often than TensorFlow takes without a warning
    DenseNetClassifier(width, epochs=1).fit(X, y)
net = SmallCNNClassifier((3,), epochs=1).fit(X, y)
net.model_.predict(X.astype(np.float32), verbose=0)
"""

FORK = """
import os, signal
import numpy as np
import sknets
from sknets._training import dense_trainer
import tensorflow as tf

tf.constant(1.0) + 1.0
if os.fork() == 0:
    signal.alarm(60)  # no process stays behind, should it hang
    dense_trainer.MAX_SECONDS = 0.0
    try:
        sknets.DenseNetClassifier(2, epochs=1).fit(np.eye(6), np.arange(6) % 2)
    except RuntimeError as error:
        os.write(1, str(error).encode())
    os._exit(0)
os.wait()
"""


def run(program, **settings):
    package = str(Path(sknets.__file__).parents[1])
    own = {k: v for k, v in os.environ.items() if not k.startswith("TF_")}
    path = os.pathsep.join([package, *sys.path])
    return subprocess.run(
        [sys.executable, "-c", program],
        env={**own, "PYTHONPATH": path, **settings},
        capture_output=True,
        text=True,
        check=True,
        timeout=240,
    )


def test_training_writes_nothing_to_standard_error():
    assert run(NETS).stderr == ""


def test_the_users_own_setting_stays():
    program = "import os, sknets._tensorflow; print(os.environ['TF_CPP_MIN_LOG_LEVEL'])"
    done = run(program, TF_CPP_MIN_LOG_LEVEL="0")
    assert done.stdout == "0\n"


def test_errors_are_shown():
    program = """
import os
from sknets._tensorflow import quiet

with quiet():
    os.write(2, b"I0000 00:00:1.2 3 a.cc:1] told\\n")
    os.write(2, b"E0000 00:00:1.2 3 a.cc:1] broken\\nsome warning\\n")
"""
    assert run(program).stderr == "E0000 00:00:1.2 3 a.cc:1] broken\nsome warning\n"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"WARNING: All log messages before absl::InitializeLog() is called", True),
        (b"I0000 00:00:17.09 24 cudart_stub.cc:31] Could not find cuda", True),
        (b"W0000 00:00:17.09 24 gpu_device.cc:2342] Cannot dlopen", True),
        (b"E0000 00:00:17.09 24 allocator.cc:1] Out of memory", False),
        (b"F0000 00:00:17.09 24 check.cc:1] Check failed", False),
        (b"Traceback (most recent call last):", False),
    ],
)
def test_what_is_chatter(line, expected):
    assert is_chatter(line) == expected


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
def test_fork_after_the_users_own_tensorflow_is_an_error_and_no_hang():
    done = run(FORK)
    assert "forked after TensorFlow had run in its parent" in done.stdout
