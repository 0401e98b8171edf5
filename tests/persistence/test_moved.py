"""Modules under the names of version 0.1.0, which its pickles look up."""

import importlib
import pickle

import pytest

import sknets
from sknets._persistence.moved import MOVED
from sknets._texts import ngrams, symbols


@pytest.mark.parametrize(
    ("name", "class_name", "today"),
    [
        ("_cnn", "SmallCNNClassifier", sknets.SmallCNNClassifier),
        ("_dense", "DenseNetClassifier", sknets.DenseNetClassifier),
        ("_text", "TextPoolClassifier", sknets.TextPoolClassifier),
        ("_ngrams", "NgramCounter", ngrams.NgramCounter),
        ("_symbols", "Values", symbols.Values),
        ("_symbols", "Words", symbols.Words),
    ],
)
def test_an_old_pickle_finds_the_class_of_today(name, class_name, today):
    """In the pickle is the class alone: c, its module, its name."""
    old = f"csknets.{name}\n{class_name}\n.".encode("ascii")
    assert pickle.loads(old) is today


@pytest.mark.parametrize("name", MOVED)
def test_new_pickles_name_the_module_of_today(name):
    module = importlib.import_module(f"sknets.{name}")
    assert module.__name__ != f"sknets.{name}"
    assert module is importlib.import_module(module.__name__)
