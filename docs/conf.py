import sknets

project = "sknets"
author = "The sknets developers"
copyright = "2026, The sknets developers"
release = sknets.__version__
version = ".".join(release.split(".")[:2])

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "numpydoc",
]
templates_path = ["_templates"]
exclude_patterns = ["_build"]

html_theme = "furo"
html_title = f"sknets {release}"

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
