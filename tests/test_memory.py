"""Freed memory that the C library keeps, and what makes it give it back."""

import ctypes
import platform
import re
from pathlib import Path

import numpy as np
import pytest

from sknets import _memory


@pytest.fixture(autouse=True)
def fresh():
    _memory._trim.cache_clear()
    yield
    _memory._trim.cache_clear()


def anonymous_megabytes():
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(re.search(r"RssAnon:\s+(\d+)", status)[1]) / 1024


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc keeps blocks")
def test_freed_blocks_are_given_back():
    # Blocks too small to be mapped; the last one holds the end of the heap.
    blocks = [np.ones(5000) for _ in range(5000)]
    last = np.ones(5000)
    del blocks
    before = anonymous_megabytes()
    _memory.give_back()
    assert anonymous_megabytes() < before - 100
    assert last.all()


@pytest.mark.parametrize("error", [AttributeError, OSError])
def test_other_libraries_are_left_alone(monkeypatch, error):
    def missing(name):
        raise error

    monkeypatch.setattr(ctypes, "CDLL", missing)
    _memory.give_back()


def test_other_systems_are_left_alone(monkeypatch):
    monkeypatch.setattr(_memory.sys, "platform", "darwin")
    monkeypatch.setattr(ctypes, "CDLL", None)  # would fail if it were called
    _memory.give_back()
