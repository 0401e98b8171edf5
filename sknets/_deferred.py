"""Import scikit-learn without what it loads but does not use while importing.

`sklearn.utils.fixes` imports `scipy.stats` and, where it is installed, pandas, each for
one function that predicting never calls. They are more than half of the time of
``import sklearn.base`` and of its memory (1.3 s of CPU time and 142 MB with both, 0.6 s
and 76 MB without, on the machine of docs/benchmarks.rst).
"""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from types import ModuleType
from typing import Any


class _Deferred(ModuleType):
    """Stands for a module; imports it as soon as anything in it is looked up."""

    def __getattr__(self, name: str) -> Any:
        _forget(self)
        return getattr(importlib.import_module(self.__name__), name)


def _forget(stand_in: ModuleType) -> None:
    if sys.modules.get(stand_in.__name__) is stand_in:
        del sys.modules[stand_in.__name__]


@contextlib.contextmanager
def deferred(*names: str) -> Iterator[None]:
    """Let statements such as ``import pandas`` only note the name of the module.

    Afterwards it counts as not imported: the next import of it is an ordinary one. A
    module that is imported already, or is not installed, is left alone.
    """
    stand_ins = [
        _Deferred(name)
        for name in names
        if name not in sys.modules and _is_installed(name)
    ]
    sys.modules.update({module.__name__: module for module in stand_ins})
    try:
        yield
    finally:
        for module in stand_ins:
            _forget(module)


def _is_installed(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ImportError:
        return False


def import_sklearn() -> None:
    """Import the base of scikit-learn, which every estimator here needs, quickly."""
    if "sklearn.utils.fixes" in sys.modules:
        return
    with deferred("scipy.stats", "pandas"):
        importlib.import_module("sklearn.base")


import_sklearn()
