"""Whether the C library gives freed memory back while data are worked through."""

import ctypes
import platform

import numpy as np
import pytest

from sknets import DenseNetClassifier, _memory
from sknets._estimators import parts_fit
from tests import programs

needs_glibc = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="other C libraries are left alone"
)


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    for name in _memory._SETTINGS:
        monkeypatch.delenv(name, raising=False)
    found = _memory._mallopt
    found.cache_clear()
    yield
    found.cache_clear()


@pytest.fixture
def calls(monkeypatch):
    """What glibc is told."""
    told = []
    monkeypatch.setattr(_memory, "_mallopt", lambda: lambda *value: told.append(value))
    return told


# Blocks of 2 MB, of which every other one is freed; a large one was freed before, upon
# which glibc takes blocks of that size from its heap.
PROGRAM = """
import contextlib, re
from pathlib import Path
import numpy as np
from sknets._memory import large_blocks_mapped

def megabytes():
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(re.search(r"RssAnon:\\s+(\\d+)", status)[1]) / 1024

def kept(how):
    with how:
        before = megabytes()
        blocks = [np.ones(2**18) for _ in range(100)]
        del blocks[::2]
        return megabytes() - before

del_me = np.ones(2**21)
del del_me
print(kept(contextlib.nullcontext()) > 150, kept(large_blocks_mapped()) < 110)
"""


@needs_glibc
def test_freed_blocks_are_given_back():
    assert programs.run(PROGRAM).stdout.split() == ["True", "True"]


def test_fits_in_parts_map_large_blocks(calls, monkeypatch):
    seen = []
    whole = parts_fit._whole
    monkeypatch.setattr(
        parts_fit, "_whole", lambda *given: seen.append(list(calls)) or whole(*given)
    )
    X = np.random.default_rng(0).normal(size=(40, 3))
    parts = [(X[:20], np.arange(20) % 2), (X[20:], np.arange(20) % 2)]
    DenseNetClassifier(4, epochs=1).fit(parts)
    assert seen == [[(-3, 2**20)]]
    assert calls == [(-3, 2**20), (-3, 2**25)]


def test_errors_leave_the_usual_threshold(calls):
    with pytest.raises(RuntimeError), _memory.large_blocks_mapped():
        raise RuntimeError
    assert calls[-1] == (-3, 2**25)


@pytest.mark.parametrize("name", _memory._SETTINGS)
def test_settings_of_the_user_are_left_alone(calls, monkeypatch, name):
    monkeypatch.setenv(name, "1")
    with _memory.large_blocks_mapped():
        assert calls == []


@pytest.mark.parametrize("error", [AttributeError, OSError])
def test_other_libraries_are_left_alone(monkeypatch, error):
    def missing(name):
        raise error

    monkeypatch.setattr(ctypes, "CDLL", missing)
    with _memory.large_blocks_mapped():
        assert _memory._mallopt() is None


def test_other_systems_are_left_alone(monkeypatch):
    monkeypatch.setattr(_memory.sys, "platform", "darwin")
    with _memory.large_blocks_mapped():
        assert _memory._mallopt() is None
