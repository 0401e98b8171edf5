import importlib
import inspect
import operator
import os
import sys
import warnings
from pathlib import Path

from docutils import nodes

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # no banner of TensorFlow's

import sknets

# `picture_style`; and sphinx-gallery finds `strict_and_in_style` below there.
sys.path.insert(0, str(Path(__file__).parent))

project = "sknets"
author = "The sknets developers"
copyright = "2026, The sknets developers"
release = sknets.__version__
version = ".".join(release.split(".")[:2])

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx.ext.viewcode",
    "myst_parser",
    "numpydoc",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
]

# A link to something of sknets that does not exist fails the build.
nitpicky = True
nitpick_ignore_regex = [("py:.*", r"(?!sknets\b).*")]


# --- Links to other projects and to the source ---------------------------------------

# Pages of public names, {} being the name: without inventories, the build needs no
# network.
OTHERS = {
    "sklearn": "https://scikit-learn.org/stable/modules/generated/{}.html",
    "numpy": "https://numpy.org/doc/stable/reference/generated/{}.html",
    "pandas": "https://pandas.pydata.org/docs/reference/api/{}.html",
    "scipy": "https://docs.scipy.org/doc/scipy/reference/generated/{}.html",
}


def link_to_other_project(app, env, node, text):
    """Link to something of another project, if it is there."""
    project, *_ = target = node["reftarget"].split(".")
    if project not in OTHERS or not _exists(*target):
        return None
    url = OTHERS[project].format(".".join(target))
    return nodes.reference("", "", text, internal=False, refuri=url)


def _exists(*names):
    *module, name = names
    try:
        return hasattr(importlib.import_module(".".join(module)), name)
    except (ImportError, ValueError):
        return False


def module_of_source(app, module, name):
    """Name of the module in which a public class or function stands."""
    try:
        found = operator.attrgetter(name)(sys.modules[module])
    except (AttributeError, KeyError):
        return None
    # A class says where it is to be imported from, its methods where they stand.
    own = vars(found).values() if inspect.isclass(found) else [found]
    functions = filter(inspect.isfunction, map(inspect.unwrap, own))
    return next((function.__globals__["__name__"] for function in functions), None)


def setup(app):
    app.connect("missing-reference", link_to_other_project)
    app.connect("viewcode-follow-imported", module_of_source)


templates_path = ["_templates"]
exclude_patterns = ["_build", "sg_execution_times.rst"]

html_theme = "furo"
html_title = f"sknets {release}"
html_static_path = ["_static"]
html_favicon = "_static/favicon.svg"
html_css_files = ["sknets.css"]
html_js_files = ["accessible.js"]
html_theme_options = {"top_of_page_buttons": []}

# Copies what is typed, without prompts and results.
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
copybutton_exclude = ".linenos, .gp, .go"

autosummary_generate = True
autodoc_typehints = "none"

# The class template lists the members, the inherited ones of sknets included.
numpydoc_show_class_members = False
numpydoc_xref_param_type = False
# Every public docstring is checked while the pages are built, and a finding
# fails the build. Not asked for: an extended summary (ES01), "See Also" (SA01),
# an example for each method (EX01; those of the classes are doctests), a text
# beside a return value's type (RT03). Not followed, as in scikit-learn: return
# values without a name (RT02), the summary on a line of its own (GL01), and no
# summary that starts with a plural (SS05 takes it for a verb).
numpydoc_validation_checks = {
    "all",
    "ES01",
    "EX01",
    "GL01",
    "RT02",
    "RT03",
    "SA01",
    "SS05",
}

# --- The gallery ---------------------------------------------------------------------


def strict_and_in_style(gallery_conf, fname, when):
    """Let an example fail at a warning, and draw it for light and dark pages."""
    import matplotlib.pyplot as plt
    from picture_style import STYLE

    warnings.resetwarnings()
    if when == "before":
        warnings.simplefilter("error")
        # Keras' variables turn into arrays in a way that is older than NumPy 2.
        warnings.filterwarnings("ignore", ".*copy keyword", DeprecationWarning)
        plt.rcParams.update(STYLE)


sphinx_gallery_conf = {
    "examples_dirs": "../examples/gallery",
    "gallery_dirs": "gallery",
    "backreferences_dir": "gallery/backreferences",
    "doc_module": ("sknets",),
    "reference_url": {"sknets": None},
    "subsection_order": [
        f"../examples/gallery/{topic}"
        for topic in ("basics", "tables", "images", "texts", "keras", "deploying")
    ],
    "within_subsection_order": "ExampleTitleSortKey",
    # All in this process, so that examples share compiled programs.
    "parallel": False,
    # Objects at the end of a cell are shown only where they have something to show.
    "capture_repr": (),
    "reset_modules": ("matplotlib", f"conf.{strict_and_in_style.__name__}"),
    "reset_modules_order": "both",
    "abort_on_example_error": False,
    "show_memory": False,
    "show_signature": False,
    "write_computation_times": False,
    "download_all_examples": False,
    "remove_config_comments": True,
}
