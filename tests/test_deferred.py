"""Importing scikit-learn without running `scipy.stats`."""

import os
import pickle
import subprocess
import sys
import threading
import types
from pathlib import Path

import pytest

import sknets
from sknets._deferred import import_when_used


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package `slow` that notes in `deferred_log.ran` that it runs."""
    (tmp_path / "slow").mkdir()
    (tmp_path / "slow" / "__init__.py").write_text(
        "import time, deferred_log, slow\n"
        "deferred_log.ran.append('slow')\n"
        "assert not hasattr(slow, 'value')\n"
        "if deferred_log.broken: raise ImportError('broken')\n"
        "time.sleep(0.1)\n"
        "value = 1\n"
        "def function(): return 2\n"
    )
    (tmp_path / "slow" / "part.py").write_text("import slow\nvalue = slow.value + 1\n")
    log = types.ModuleType("deferred_log")
    log.ran, log.broken = [], False
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, "deferred_log", log)
    yield log
    for name in ("slow", "slow.part"):
        sys.modules.pop(name, None)


def test_module_runs_when_something_is_looked_up(package):
    import_when_used("slow")
    import slow

    assert package.ran == []
    assert slow.value == 1
    assert package.ran == ["slow"]
    # From then on it is a module like any other, and was the same one all along.
    assert type(slow) is types.ModuleType
    assert sys.modules["slow"] is slow
    assert pickle.loads(pickle.dumps(slow.function))() == 2
    with pytest.raises(AttributeError, match="module 'slow' has no attribute 'other'"):
        slow.other  # noqa: B018


@pytest.mark.parametrize(
    "statement",
    [
        "from slow import value",
        "from slow import part",
        "import slow.part",
        "dir(slow)",
    ],
)
def test_names_and_parts_make_it_run(package, statement):
    import_when_used("slow")
    exec(statement, {"slow": sys.modules["slow"]})
    assert package.ran == ["slow"]
    assert sys.modules["slow"].value == 1


def test_threads_see_the_whole_module(package):
    import_when_used("slow")
    import slow

    values = []
    threads = [
        threading.Thread(target=lambda: values.append(slow.value)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert values == [1] * 4
    assert package.ran == ["slow"]


def test_broken_module_says_so_at_each_use(package):
    package.broken = True
    import_when_used("slow")
    import slow

    for _ in range(2):
        with pytest.raises(ImportError, match="broken"):
            slow.value  # noqa: B018
    package.broken = False
    assert slow.value == 1


def test_absent_and_imported_modules_are_left_alone(package):
    import slow

    import_when_used("slow")
    assert type(slow) is types.ModuleType
    import_when_used("a_module_that_is_not_there")
    assert "a_module_that_is_not_there" not in sys.modules


IN_A_FRESH_PROCESS = """
import sys
import sknets
import numpy as np, sklearn.utils.fixes, scipy

def has_run():
    return type(sys.modules["scipy.stats"]) is type(sys)

X = np.random.default_rng(0).normal(size=(30, 2))
y = (X[:, 0] > 0).astype(int)
net = sknets.DenseNetClassifier((4,), random_state=0).fit(X, y)
net.predict(X)
assert not has_run()
assert sklearn.utils.fixes._mode(np.array([1, 2, 2])).mode == [2]
assert has_run()
assert scipy.stats is sys.modules["scipy.stats"]
assert scipy.stats.norm.cdf(0) == 0.5
assert scipy.stats.distributions.norm is scipy.stats.norm
"""


def test_training_and_predicting_do_not_run_scipy_stats():
    path = os.pathsep.join([str(Path(sknets.__file__).parents[1]), *sys.path])
    subprocess.run(
        [sys.executable, "-W", "error", "-c", IN_A_FRESH_PROCESS],
        env={**os.environ, "PYTHONPATH": path},
        check=True,
        timeout=120,
    )
