"""Whether the C library gives freed memory back while data are worked through."""

import ctypes
import platform

import numpy as np
import pytest

from sknets import DenseNetClassifier, _memory
from sknets._estimators import parts_fit
from sknets._parts import as_parts
from tests import programs

needs_glibc = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="other C libraries are left alone"
)


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    for name in (*_memory._SETTINGS, _memory._TRIM_SETTING):
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


# --- In workers of Dask --------------------------------------------------------------

KEPT, AS_BEFORE = [(-3, 2**25), (-1, 2**28)], [(-3, 2**17), (-1, 65536)]


@pytest.fixture
def trimmed(monkeypatch):
    """As in a worker of Dask."""
    monkeypatch.setenv("MALLOC_TRIM_THRESHOLD_", "65536")


@pytest.mark.usefixtures("trimmed")
def test_freed_blocks_are_kept_for_a_while(calls):
    with _memory.freed_blocks_kept:
        with _memory.freed_blocks_kept:
            pass
        assert calls == KEPT
    assert calls == KEPT + AS_BEFORE


def test_without_a_trim_threshold_glibc_keeps_them_anyway(calls):
    with _memory.freed_blocks_kept:
        pass
    assert calls == []


@pytest.mark.usefixtures("trimmed")
@pytest.mark.parametrize("name", _memory._SETTINGS)
def test_what_the_user_sets_beside_is_left_alone(calls, monkeypatch, name):
    monkeypatch.setenv(name, "1")
    with _memory.freed_blocks_kept:
        pass
    assert calls == []


X, Y = np.random.default_rng(0).normal(size=(40, 3)), np.arange(40) % 2


@pytest.mark.usefixtures("trimmed")
def test_fits_keep_them(calls):
    DenseNetClassifier(4, epochs=1).fit(X, Y)
    assert calls == KEPT + AS_BEFORE


def test_chunks_of_dask_keep_them(calls, monkeypatch):
    da = pytest.importorskip("dask.array")
    net = DenseNetClassifier(4, epochs=1).fit(X, Y)
    monkeypatch.setenv("MALLOC_TRIM_THRESHOLD_", "65536")
    net.predict(da.from_array(X, chunks=(40, 3))).compute(scheduler="synchronous")
    assert calls == KEPT + AS_BEFORE


def test_prepared_parts_keep_them(calls, monkeypatch):
    db = pytest.importorskip("dask.bag")
    bag = db.from_sequence(["good film", "bad film"], npartitions=1)
    monkeypatch.setenv("MALLOC_TRIM_THRESHOLD_", "65536")
    dask = pytest.importorskip("dask")
    with dask.config.set(scheduler="synchronous"):
        parts = as_parts(bag, bag.map(len), None)
        assert list(parts.read(prepare=lambda _, part: len(part.X))) == [(0, 2)]
    assert calls == KEPT + AS_BEFORE


FAULTS = """
import resource
import numpy as np
from sknets._memory import freed_blocks_kept

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(100):
        np.ones(2**17)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

often = faults()
with freed_blocks_kept:
    rarely = faults()
print(often > 20_000, rarely < 2_000, faults() > 20_000)
"""


@needs_glibc
@pytest.mark.usefixtures("trimmed")
def test_the_system_gives_pages_once():
    assert programs.run(FAULTS).stdout.split() == ["True"] * 3
