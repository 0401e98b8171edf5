"""Let `scipy.stats` run when something in it is first used.

`sklearn.utils.fixes` imports it for one function that neither fitting nor predicting
calls, and that is 0.9 s of the 2.0 s of CPU time and 35 MB of the 116 MB of ``import
sknets`` (without pandas; with it, 0.8 of 2.4 s and 34 of 146 MB).
The module that is imported is the real one, with its own loader, but it has not run.
`importlib.util.LazyLoader` would do that, too, if the import statement itself did not
make such a module run.
"""

from __future__ import annotations

import importlib.util
import sys
import threading
from collections.abc import Iterable
from types import ModuleType
from typing import Any

_lock = threading.RLock()


class _Postponed(ModuleType):
    """A module that runs as soon as a name in it is looked up."""

    def __getattr__(self, name: str) -> Any:
        self._run()
        return getattr(self, name)

    def __dir__(self) -> Iterable[str]:
        self._run()
        return dir(self)

    def _run(self) -> None:
        spec: Any = self.__spec__
        with _lock:  # other threads wait until all names are there
            if type(self) is not _Postponed:
                return
            if spec.loader_state == "runs":  # it looks for a name of its own
                raise AttributeError(f"{spec.name} has not run to its end")
            spec.loader_state = "runs"
            try:
                # Absent until now, so that an import of a part made the whole run.
                self.__path__ = spec.submodule_search_locations or []
                spec.loader.exec_module(self)
                self.__class__ = ModuleType  # type: ignore[assignment]
            finally:
                spec.loader_state = None


def import_when_used(name: str) -> None:
    """Import a module so that it runs as soon as something in it is looked up.

    One that is imported already, or is not installed, is left alone.
    """
    if name in sys.modules:
        return
    spec = importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        return
    module = _Postponed(name)
    module.__spec__, module.__loader__ = spec, spec.loader
    module.__package__, module.__file__ = spec.parent, spec.origin
    # Unless another thread has begun to import it in the meantime.
    sys.modules.setdefault(name, module)


import_when_used("scipy.stats")
