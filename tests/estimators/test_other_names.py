"""Unknown parameters, and what they are called here."""

import pytest

from sknets import DenseNetClassifier, SmallCNNClassifier, TextPoolClassifier

ALL = pytest.mark.parametrize(
    "estimator_class", [DenseNetClassifier, SmallCNNClassifier, TextPoolClassifier]
)


@ALL
@pytest.mark.parametrize(
    ("unknown", "match"),
    [
        ("hidden_layer_sizes", "'hidden_layer_sizes'. Here it is: width"),
        ("max_iter", "'max_iter'. Here it is: epochs"),
        ("validation_split", "'validation_split'. Here it is: validation_fraction"),
        ("momentum", "'momentum'. Here it is: optimizer__momentum"),
        ("loss", "'loss'. Here it is: the loss follows from y"),
        ("widht", "'widht'. Did you mean 'width'"),
    ],
)
def test_unknown_parameters(estimator_class, unknown, match):
    with pytest.raises(TypeError, match=f"unexpected keyword argument {match}"):
        estimator_class(**{unknown: 1})
    match = match.replace("'. ", r"' for estimator \w+\(\). ", 1)
    with pytest.raises(ValueError, match=f"Invalid parameter {match}"):
        estimator_class().set_params(**{unknown: 1})


def test_unknown_parameters_without_a_name_here():
    with pytest.raises(TypeError, match="keyword argument 'zzzz'.$"):
        DenseNetClassifier(zzzz=1)
