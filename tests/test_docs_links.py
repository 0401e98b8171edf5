"""Links of the pages to source code and to other projects."""

import ast
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import sknets

CONF = Path(__file__).parents[1] / "docs" / "conf.py"


@pytest.fixture(scope="module")
def conf():
    """The functions of docs/conf.py that find links, without what draws the pages."""
    wanted = {"link_to_other_project", "_exists", "module_of_source", "OTHERS"}
    tree = ast.parse(CONF.read_text(encoding="utf-8"))
    tree.body = [
        node
        for node in tree.body
        if (isinstance(node, ast.Import) and node.names[0].name != "sknets")
        or getattr(node, "name", "") in wanted
        or (isinstance(node, ast.Assign) and node.targets[0].id in wanted)
    ]
    reference = SimpleNamespace(reference=lambda *texts, **attributes: attributes)
    namespace = {"nodes": reference}
    exec(compile(tree, CONF, "exec"), namespace)
    return namespace


@pytest.mark.parametrize("name", [n for n in sknets.__all__ if n[0].isupper()])
def test_each_class_is_found_in_its_own_module(conf, name):
    module = conf["module_of_source"](None, "sknets", name)
    assert module != "sknets"
    source = Path(sys.modules[module].__file__).read_text(encoding="utf-8")
    assert f"class {name}(" in source


@pytest.mark.parametrize(
    ("target", "url"),
    [
        (
            "sklearn.utils.Bunch",
            "https://scikit-learn.org/stable/modules/generated/sklearn.utils.Bunch.html",
        ),
        ("sklearn.utils.NoSuchThing", None),
        ("sknets.SmallCNNClassifier", None),
    ],
)
def test_links_to_other_projects(conf, target, url):
    node = conf["link_to_other_project"](None, None, {"reftarget": target}, None)
    assert (node and node["refuri"]) == url
