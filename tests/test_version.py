"""The version: one for the package, its files and the code."""

from importlib.metadata import PackageNotFoundError, version

import pytest
from packaging.version import Version

import sknets
from sknets import _version


def test_it_is_a_release_that_others_can_compare():
    assert sknets.__version__ is _version.__version__
    assert str(Version(sknets.__version__)) == sknets.__version__
    assert len(Version(sknets.__version__).release) == 3


def test_it_is_that_of_the_installed_package():
    try:
        installed = version("sknets")
    except PackageNotFoundError:
        pytest.skip("run without being installed")
    assert installed == sknets.__version__
