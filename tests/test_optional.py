"""What is said of TensorFlow where it is missing, and where it cannot be forked."""

import os

import pytest

from sknets._optional import needs_tensorflow
from tests.programs import run

has_fork = pytest.mark.skipif(
    not hasattr(os, "fork"), reason="there is no fork on this system"
)

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

# A child of each stage, and a child of the last one.
STAGES = """
import os
from sknets._optional import forked_after_tensorflow

def report(name, next=None):
    if os.fork() == 0:
        os.write(1, f"{name}: {forked_after_tensorflow()}\\n".encode())
        if next:
            next()
        os._exit(0)
    os.wait()

report("not imported")
import tensorflow as tf
tf.config.threading.set_intra_op_parallelism_threads(3)

def threads():
    n_threads = tf.config.threading.get_intra_op_parallelism_threads()
    os.write(1, f"threads: {n_threads}\\n".encode())

report("imported", threads)
tf.constant(1.0) + 1.0
report("has run", lambda: report("grandchild"))
os.write(1, f"here: {forked_after_tensorflow()}\\n".encode())
"""


def test_what_needs_tensorflow_is_named_where_it_is_missing():
    missing = ModuleNotFoundError("No module named 'keras'", name="keras")
    message = (
        r"^training needs TensorFlow, which is not installed \(No module named "
        r"'keras'\)\. Install it with 'pip install tensorflow'"
    )
    with (
        pytest.raises(ModuleNotFoundError, match=message) as raised,
        needs_tensorflow("training"),
    ):
        raise missing
    assert raised.value.name == "keras"
    assert raised.value.__cause__ is missing


def test_other_errors_are_those_of_the_import():
    broken = ImportError("cannot load a library")
    with pytest.raises(ImportError) as raised, needs_tensorflow("training"):
        raise broken
    assert raised.value is broken


@has_fork
def test_fork_after_the_users_own_tensorflow_is_an_error_and_no_hang():
    done = run(FORK)
    assert "forked after TensorFlow had run in its parent" in done.stdout


@has_fork
def test_only_processes_forked_after_tensorflow_ran_are_told_apart():
    assert run(STAGES).stdout.splitlines() == [
        "not imported: False",
        "imported: False",
        "threads: 3",
        "has run: True",
        "grandchild: True",
        "here: False",
    ]
