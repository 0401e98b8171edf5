"""Pages as tests: each closes its figures, as its reader would end the session."""

import sys

import pytest


def close_all_figures():
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close("all")


@pytest.fixture(autouse=True)
def no_figures_of_others():
    # Examples in docstrings, which ran before in the same process, leave some, too.
    close_all_figures()
    yield
    close_all_figures()
