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


def test_links_that_lead_nowhere_are_found(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(CONF.parent)
    from check_links import broken

    monkeypatch.delitem(sys.modules, "check_links")
    (tmp_path / "part").mkdir()
    (tmp_path / "index.html").write_text(
        '<a href="part/page.html#here"></a><a href="part/page.html#gone"></a>'
        '<a href="https://example.org/gone.html"></a><a href="#"></a>'
        '<a href="part/"></a>',
        encoding="utf-8",
    )
    (tmp_path / "part" / "page.html").write_text(
        '<p id="here"><img src="a%20b.png"><img src="gone.png"></p>', encoding="utf-8"
    )
    (tmp_path / "part" / "a b.png").touch()
    found = {(path.as_posix(), link) for path, link in broken(tmp_path)}
    expected = [("index.html", "part/page.html#gone"), ("index.html", "part/")]
    assert found == {*expected, ("part/page.html", "gone.png")}
