"""Importing scikit-learn without what predictions do not need."""

import os
import subprocess
import sys
import types
from pathlib import Path

import pytest

import sknets
from sknets._deferred import deferred


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package that notes in `deferred_log` that it runs."""
    (tmp_path / "slow").mkdir()
    (tmp_path / "slow" / "__init__.py").write_text(
        "import deferred_log\ndeferred_log.ran.append('slow')\nvalue = 1\n"
    )
    (tmp_path / "slow" / "part.py").write_text("value = 2\n")
    (tmp_path / "user.py").write_text("import slow\ndef get(): return slow.value\n")
    (tmp_path / "taker.py").write_text("from slow import value\n")
    (tmp_path / "deeper.py").write_text("import slow.part\n")
    log = types.ModuleType("deferred_log")
    log.ran = []
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, "deferred_log", log)
    yield log
    for name in ("slow", "slow.part", "user", "taker", "deeper"):
        sys.modules.pop(name, None)


def test_import_waits_until_something_is_looked_up(package):
    with deferred("slow"):
        import user
    assert "slow" not in sys.modules
    assert package.ran == []
    assert user.get() == 1
    assert user.get() == 1
    assert package.ran == ["slow"]


def test_next_import_is_an_ordinary_one(package):
    with deferred("slow"):
        import user
    import slow

    assert type(slow) is types.ModuleType
    assert sys.modules["slow"] is slow
    slow.value = 3
    assert user.get() == 3
    assert package.ran == ["slow"]


def test_names_and_parts_are_found_within_the_block(package):
    with deferred("slow"):
        import deeper
        import taker
    assert taker.value == 1
    assert deeper.slow.part.value == 2
    assert package.ran == ["slow"]


def test_absent_and_imported_modules_are_left_alone(package):
    import slow

    with deferred("slow", "a_module_that_is_not_there"):
        assert sys.modules["slow"] is slow
        with pytest.raises(ModuleNotFoundError):
            import a_module_that_is_not_there  # noqa: F401
    assert sys.modules["slow"] is slow


def test_nothing_stays_behind_after_an_error(package):
    with pytest.raises(ZeroDivisionError), deferred("slow"):
        raise ZeroDivisionError
    assert "slow" not in sys.modules


IN_A_FRESH_PROCESS = """
import sys
import sknets
assert "scipy.stats" not in sys.modules
import numpy as np, sklearn.utils.fixes, scipy
assert sklearn.utils.fixes._mode(np.array([1, 2, 2])).mode == [2]
assert scipy.stats is sys.modules["scipy.stats"]
assert type(scipy.stats) is type(sys)
assert scipy.stats.norm.cdf(0) == 0.5
assert scipy.stats.distributions.norm is scipy.stats.norm
import pandas as pd
from sklearn.preprocessing import StandardScaler
frame = pd.DataFrame({"a": [1.0, 3.0]})
scaler = StandardScaler().set_output(transform="pandas").fit(frame)
assert list(scaler.transform(frame).columns) == ["a"]
"""


def test_import_of_sknets_leaves_scipy_stats_for_later():
    path = os.pathsep.join([str(Path(sknets.__file__).parents[1]), *sys.path])
    subprocess.run(
        [sys.executable, "-W", "error", "-c", IN_A_FRESH_PROCESS],
        env={**os.environ, "PYTHONPATH": path},
        check=True,
        timeout=120,
    )
