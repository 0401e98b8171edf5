"""Plugin for pytest: other libraries' test modules, with our network for their own.

The modules are read where they are installed. Behind each import of a classifier, one
statement is added that binds its name to a stand-in, which makes the network to try
whatever its arguments. Nothing of the modules is copied or changed on the disk.
"""

from __future__ import annotations

import ast
import importlib.abc
import importlib.machinery
import inspect
import json
import os
import sys
from numbers import Integral
from pathlib import Path
from typing import Any

from sklearn.neural_network import MLPClassifier
from sklearn.utils import all_estimators

from sknets import DenseNetClassifier

# Constant answers are what tests compare with; the others are there to be trained.
KEPT = {"DummyClassifier"}
REPLACEMENTS = "_replacements"


def dense_net(random_state: Any = 0) -> Any:
    return DenseNetClassifier(
        width=16, dropout=0.0, epochs=30, batch_size=32, learning_rate=0.02,
        random_state=random_state,
    )  # fmt: skip


def default_net(random_state: Any = 0) -> Any:
    return DenseNetClassifier(random_state=random_state)


def mlp(random_state: Any = 0) -> Any:
    return MLPClassifier(
        (16,), max_iter=30, batch_size=32, learning_rate_init=0.02,
        random_state=random_state,
    )  # fmt: skip


class StandIn(type):
    """What the name of a classifier stands for: a class to call and to compare with."""

    make: Any
    seed: int

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        random_state = kwargs.get("random_state", 0)
        if isinstance(random_state, Integral):
            random_state = int(random_state) + cls.seed
        return cls.make(random_state)

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, type(cls.make()))


def stand_in(make: Any, seed: int) -> type:
    return StandIn("StandIn", (), {"make": staticmethod(make), "seed": seed})


def plain_classifiers() -> set[str]:
    """Names of scikit-learn's classifiers that contain no other estimators."""
    names = set()
    for name, kind in all_estimators(type_filter="classifier"):
        parameters = inspect.signature(kind).parameters
        if not {"estimator", "estimators", "base_estimator"} & parameters.keys():
            names.add(name)
    return names - KEPT


class Replacing(ast.NodeTransformer):
    """Adds ``Name = _replacements["Name"]`` behind the imports of some names."""

    def __init__(self, replacements: dict[str, type]) -> None:
        self.replacements = replacements

    def visit_ImportFrom(self, node: ast.ImportFrom) -> Any:
        lines = [
            f"{each.asname or each.name} = {REPLACEMENTS}[{each.name!r}]"
            for each in node.names
            if each.name in self.replacements
        ]
        added = [ast.parse(line).body[0] for line in lines]
        return [node, *[ast.copy_location(each, node) for each in added]]


class Loader(importlib.machinery.SourceFileLoader):
    replacements: dict[str, type]

    def get_code(self, fullname: str) -> Any:
        source = Path(self.path).read_bytes()
        tree = Replacing(self.replacements).visit(ast.parse(source, self.path))
        return compile(ast.fix_missing_locations(tree), self.path, "exec")

    def exec_module(self, module: Any) -> None:
        setattr(module, REPLACEMENTS, self.replacements)
        super().exec_module(module)


class Finder(importlib.abc.MetaPathFinder):
    """Finds some modules where they are, and loads them with names replaced."""

    def __init__(self, modules: set[str], replacements: dict[str, type]) -> None:
        self.modules, self.replacements = modules, replacements

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:
        if fullname not in self.modules:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        assert spec is not None
        assert spec.origin is not None
        loader = Loader(fullname, spec.origin)
        loader.replacements = self.replacements
        spec.loader = loader
        return spec


class Outcomes:
    """Writes the outcome of each test, and the error of each failed one, to a file."""

    def __init__(self, path: str) -> None:
        self.path, self.outcomes = path, {}

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.when != "call" and report.outcome == "passed":
            return
        for name in ("DenseNetClassifier", "MLPClassifier"):
            report.nodeid = report.nodeid.replace(name, "Net")
        crash = getattr(report.longrepr, "reprcrash", None)
        message = crash.message if crash else ""
        self.outcomes[report.nodeid] = (report.outcome, message)

    def pytest_sessionfinish(self) -> None:
        Path(self.path).write_text(json.dumps(self.outcomes))


def replacements(name: str, seed: int) -> dict[str, type]:
    """What stands for each name that is replaced."""
    if name == "mapped":
        from mapped import MappedClassifier, MappedRegressor

        return {"MLPClassifier": MappedClassifier, "MLPRegressor": MappedRegressor}
    make = {"dense": dense_net, "default": default_net, "mlp": mlp}[name]
    return dict.fromkeys(plain_classifiers(), stand_in(make, seed))


def pytest_configure(config: Any) -> None:
    settings = json.loads(os.environ["SKNETS_PEERS"])
    finder = Finder(
        set(settings["modules"]), replacements(settings["by"], settings["seed"])
    )
    sys.meta_path.insert(0, finder)
    config.pluginmanager.register(Outcomes(settings["outcomes"]))
