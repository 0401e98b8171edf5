"""TensorFlow in the process: its log lines, and its memory in workers."""

import os
from pathlib import Path

import pytest
from joblib.externals.loky import process_executor

from sknets import _tensorflow
from sknets._tensorflow import is_chatter
from tests.programs import run

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

# What is written within the block, and the level that TensorFlow and workers see.
LINES = """
import os
from sknets._tensorflow import quiet

with quiet:
    os.write(2, b"I0000 00:00:1.2 3 a.cc:1] told\\n")
    os.write(2, b"E0000 00:00:1.2 3 a.cc:1] broken\\nsome warning\\n")
print(os.environ["TF_CPP_MIN_LOG_LEVEL"])
"""
TOLD = "I0000 00:00:1.2 3 a.cc:1] told\n"
BROKEN = "E0000 00:00:1.2 3 a.cc:1] broken\nsome warning\n"


def test_training_writes_nothing_to_standard_error():
    assert run(NETS).stderr == ""


@pytest.mark.parametrize(
    ("settings", "level"),
    [
        ({}, "2"),
        # As in a process that one with sknets has started.
        ({"TF_CPP_MIN_LOG_LEVEL": "2", "SKNETS_TF_LOG_LEVEL": "2"}, "2"),
    ],
)
def test_chatter_is_left_out_and_errors_are_shown(settings, level):
    done = run(LINES, **settings)
    assert done.stderr == BROKEN
    assert done.stdout == f"{level}\n"


def test_the_users_own_setting_stays():
    done = run(LINES, TF_CPP_MIN_LOG_LEVEL="0")
    assert done.stderr.endswith(TOLD + BROKEN)
    assert done.stdout == "0\n"


def test_there_may_be_no_standard_error():
    program = """
import os, sys

os.close(2)
sys.stderr = None
from sknets._tensorflow import quiet

with quiet:
    print("done")
"""
    assert run(program).stdout == "done\n"


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


@pytest.mark.parametrize("has_gpu", [False, True])
def test_a_search_for_a_gpu_fails_aloud_where_there_is_one(
    has_gpu, monkeypatch, tmp_path
):
    driver = tmp_path if has_gpu else Path(tmp_path, "none")
    monkeypatch.setattr(_tensorflow, "_GPU_DRIVER", driver)
    line = b"E0000 00:00:17.09 24 cuda_platform.cc:51] failed call to cuInit: no device"
    assert is_chatter(line) != has_gpu


@pytest.mark.parametrize("depth", [0, 1])
def test_memory_of_workers_alone_has_more_room(depth, monkeypatch):
    limit = 300_000_000
    monkeypatch.setattr(process_executor, "_CURRENT_DEPTH", depth)
    monkeypatch.setattr(process_executor, "_MAX_MEMORY_LEAK_SIZE", limit)
    _tensorflow._make_room_in_worker()
    more = process_executor._MAX_MEMORY_LEAK_SIZE - limit
    assert more > 10**9 if depth else more == 0


THREADS = """
import os
from concurrent.futures import ThreadPoolExecutor
import numpy as np
from sknets import SmallCNNClassifier

X, y = np.random.default_rng(0).random((16, 6, 6)), np.arange(16) % 2
before = os.fstat(2)
with ThreadPoolExecutor(4) as threads:
    nets = [SmallCNNClassifier((2,), epochs=1) for _ in range(4)]
    list(threads.map(lambda net: net.fit(X, y), nets))
after = os.fstat(2)
print((before.st_dev, before.st_ino) == (after.st_dev, after.st_ino))
"""


def test_first_fits_in_threads_leave_standard_error():
    assert run(THREADS).stdout.split()[-1] == "True"


def test_overlapping_quiet_blocks_leave_standard_error(monkeypatch):
    monkeypatch.setattr(_tensorflow, "_users_own", False)
    before = os.fstat(2).st_ino
    with _tensorflow.quiet:
        with _tensorflow.quiet:
            pass
        assert os.fstat(2).st_ino != before
    assert os.fstat(2).st_ino == before
