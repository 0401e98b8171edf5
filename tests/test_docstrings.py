"""Docstrings of the estimators: what they share is said in the same words."""

import ast
import inspect
import re

import pytest

import sknets

ESTIMATORS = [
    getattr(sknets, network + kind)
    for network in ("DenseNet", "SmallCNN", "TextPool")
    for kind in ("Classifier", "Regressor")
]
# What differs with the network: units, filters or an embedding, and what suits them.
OF_THE_NETWORK = {
    "activation", "batch_size", "dense_width", "dropout", "epochs", "input_scaling",
    "learning_rate", "n_features_in_", "optimizer", "random_state", "warmup",
    "weight_decay", "weights_", "width",
}  # fmt: skip
# What differs with the target: classes or numbers.
OF_THE_TARGET = {
    "binary", "embedding_init", "epochs", "history_", "learning_rate", "monitor",
    "pooling", "validation_fraction", "verbose",
}  # fmt: skip
# Numbers from texts start from ridge regression, which leaves less to learn.
OF_BOTH = {("epochs", "TextPool")}
# Of the three classifiers: texts have no smoothing by default.
OTHERS = {"label_smoothing"}


def entries(estimator_class):
    """Type and text of each parameter and attribute, without numbers of references."""
    doc = inspect.getdoc(estimator_class).partition("See Also")[0] + "\n"
    found = re.findall(r"^([\w, ]+) : (.*)\n((?:    .*\n|\n)+)", doc, re.MULTILINE)
    return {
        name: (kind, re.sub(r"\s+", " ", re.sub(r"\[\d\]_", "[]_", text)).strip())
        for names, kind, text in found
        for name in names.split(", ")
    }


ENTRIES = {cls: entries(cls) for cls in ESTIMATORS}
NAMES = sorted({name for found in ENTRIES.values() for name in found} - OTHERS)


def groups(name):
    """The classes whose texts have to be the same."""
    networks = ("DenseNet", "SmallCNN", "TextPool") if name in OF_THE_NETWORK else ("",)
    for network in networks:
        differs = name in OF_THE_TARGET or (name, network) in OF_BOTH
        for kind in ("Classifier", "Regressor") if differs else ("",):
            yield [
                cls
                for cls in ESTIMATORS
                if kind in cls.__name__ and network in cls.__name__
            ]


@pytest.mark.parametrize("name", NAMES)
def test_shared_parameters_are_said_in_the_same_words(name):
    for group in groups(name):
        texts = {ENTRIES[cls][name] for cls in group if name in ENTRIES[cls]}
        assert len(texts) <= 1


@pytest.mark.parametrize("estimator_class", ESTIMATORS, ids=lambda cls: cls.__name__)
def test_every_parameter_is_documented_with_its_default(estimator_class):
    documented = ENTRIES[estimator_class]
    for name, parameter in inspect.signature(estimator_class).parameters.items():
        if parameter.kind is not parameter.VAR_KEYWORD:
            default = documented[name][0].partition("default=")[2]
            assert ast.literal_eval(default) == parameter.default, name
