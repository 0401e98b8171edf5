"""How the package is built: what imports what, and how long things are."""

import ast
import re
from importlib.metadata import packages_distributions
from pathlib import Path

import sknets

PACKAGE = Path(sknets.__file__).parent
FILES = {
    path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted(PACKAGE.rglob("*.py"))
}

# What a module may import is on a lower line, or within its own package.
LAYERS = (
    ("_shared_context",),
    (
        "_version",
        "_optional",
        "_sklearn",
        "_deferred",
        "_containers",
        "_tensorflow",
        "_warnings",
        "_memory",
        "_threads",
    ),
    ("_dask",),
    ("_parts",),
    ("_core", "metrics"),
    ("_images", "_tables", "_texts", "_keras"),
    ("_training", "architectures", "preprocessing"),
    ("_estimators",),
    ("_persistence",),
    ("interop", "display", "datasets", "wrappers"),
    ("__init__",),
)
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}

MAX_FUNCTION_LINES = 50
MAX_FILE_LINES = 450
# Files that may be longer, docstrings aside, and why.
LONG_FILES = {"_estimators/base.py": "the steps of `fit` in their order"}


def module_name(file: str) -> str:
    """``_core.scaling`` for ``_core/scaling.py``, ``datasets`` for its __init__."""
    name = file.removesuffix(".py").replace("/", ".")
    return name if name == "__init__" else name.removesuffix(".__init__")


MODULES = {module_name(file): tree for file, tree in FILES.items()}


def imported_modules(name: str) -> set[str]:
    """Modules of sknets that a module imports, within functions too."""
    file = next(file for file in FILES if module_name(file) == name)
    package = file.split("/")[:-1]
    found = set()
    for node in ast.walk(MODULES[name]):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1]
            base = [*base, *(node.module.split(".") if node.module else [])]
            for alias in node.names:
                inner = ".".join([*base, alias.name])
                found.add(inner if inner in MODULES else ".".join(base) or "__init__")
    return found


def absolute_names(tree: ast.Module) -> set[str]:
    """Dotted names of what is imported from other packages, or looked up."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Attribute):
            names.add(ast.unparse(node))
    return names


def test_private_names_of_sklearn_are_in_one_file():
    private = {
        (file, name)
        for file, tree in FILES.items()
        for name in absolute_names(tree) - {"sklearn.__version__"}
        if re.match(r"sklearn\.(.*\.)?_", name)
    }
    assert {file for file, _ in private} == {"_sklearn.py"}, private


def test_every_module_has_its_layer():
    assert {_package(name) for name in MODULES} <= set(LEVEL)


def test_imports_go_down():
    upward = {
        f"{name} imports {other}"
        for name in MODULES
        for other in imported_modules(name)
        if _package(other) != _package(name)
        and LEVEL[_package(other)] >= LEVEL[_package(name)]
    }
    assert not upward


def _package(name: str) -> str:
    return name.partition(".")[0]


def test_every_module_has_its_test_file():
    missing = {
        test.as_posix()
        for file in FILES
        if not file.endswith("__init__.py")
        if not (test := _test_file(file)).exists()
    }
    assert not missing


def _test_file(file: str) -> Path:
    """``tests/core/test_scaling.py`` for ``_core/scaling.py``."""
    *packages, name = (part.removeprefix("_") for part in file.split("/"))
    return Path(__file__).parent.joinpath(*packages, f"test_{name}")


def test_programs_hide_no_package():
    # Python looks for packages beside a program first: tests/keras would be Keras.
    packages = set(packages_distributions())
    hidden = {
        f"{program.name} finds {other.name} beside it"
        for program in Path(__file__).parent.rglob("*.py")
        if re.search("^if __name__ ==", program.read_text("utf-8"), re.MULTILINE)
        for other in program.parent.iterdir()
        if other.stem in packages and other.stem != program.stem
    }
    assert not hidden


def test_no_cycle_of_imports():
    graph = {name: imported_modules(name) for name in MODULES}
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, f"imports go round: {[*path, name]}"
        if name not in done:
            for other in graph[name]:
                visit(other, (*path, name))
            done.add(name)

    for name in graph:
        visit(name, ())


def test_modules_import_each_other_by_relative_names():
    # `imported_modules` sees these alone.
    for file, tree in FILES.items():
        own = [name for name in absolute_names(tree) if _package(name) == "sknets"]
        assert not own, file


def test_functions_are_short():
    too_long = {
        f"{file}: {function.name}": n_lines
        for file, tree in FILES.items()
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        and (n_lines := _code_lines(function)) > MAX_FUNCTION_LINES
        and not _only_assigns(function)
    }
    assert not too_long


def test_files_are_short():
    too_long = {
        file
        for file, tree in FILES.items()
        if _file_lines(file) - sum(map(_docstring_lines, ast.walk(tree)))
        > MAX_FILE_LINES
    }
    assert too_long <= set(LONG_FILES)


def _file_lines(file: str) -> int:
    return len((PACKAGE / file).read_text(encoding="utf-8").splitlines())


def _code_lines(function) -> int:
    return function.end_lineno - function.lineno + 1 - _docstring_lines(function)


def _docstring_lines(node: ast.AST) -> int:
    kinds = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    if not isinstance(node, kinds) or ast.get_docstring(node) is None:
        return 0
    return node.body[0].end_lineno - node.body[0].lineno + 1


def _only_assigns(function) -> bool:
    """Whether this is an `__init__` that lists parameters, as scikit-learn asks for."""
    return function.name == "__init__" and all(
        isinstance(statement, ast.Assign | ast.Expr) for statement in function.body
    )
