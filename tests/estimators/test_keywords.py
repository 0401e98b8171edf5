"""Keywords that other libraries have: the error says what has them here."""

import numpy as np
import pytest
import sklearn
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknets import DenseNetClassifier, SmallCNNClassifier, TextPoolClassifier

ALL = [DenseNetClassifier, SmallCNNClassifier, TextPoolClassifier]
DATA = [[0.0]], [0]


@pytest.mark.parametrize("estimator_class", ALL)
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize(
    ("keyword", "way"),
    [
        ("epochs", r"parameter of the estimator: \w+\(epochs=...\) or set_params"),
        ("batch_size", r"set_params\(batch_size=...\)"),
        ("callbacks", r"set_params\(callbacks=...\)"),
        ("class_weight", r"set_params\(class_weight=...\)"),
        ("verbose", r"set_params\(verbose=...\)"),
        ("validation_data", "Give the validation rows as X_val=..., y_val=..."),
        ("validation_split", "Set the parameter validation_fraction"),
        ("initial_epoch", "set warm_start=True"),
        ("colour", "unexpected keyword argument 'colour'. $"),
    ],
)
def test_training(estimator_class, method, keyword, way):
    name = estimator_class.__name__
    match = f"{name}.{method}\\(\\) got an unexpected keyword argument '{keyword}'.*"
    with pytest.raises(TypeError, match=match) as caught:
        getattr(estimator_class(), method)(*DATA, **{keyword: 1})
    caught.match(way)


@pytest.mark.parametrize(
    "method", ["predict", "predict_proba", "predict_log_proba", "decision_function"]
)
@pytest.mark.parametrize(
    ("keyword", "way"),
    [
        ("batch_size", "Predictions take the rows in blocks by themselves."),
        ("verbose", "Predictions print nothing."),
        ("colour", "unexpected keyword argument 'colour'. $"),
    ],
)
def test_predictions(method, keyword, way):
    with pytest.raises(TypeError, match=way):
        getattr(DenseNetClassifier(), method)([[0.0]], **{keyword: 1})


def test_through_a_pipeline(quick, blobs):
    pipeline = make_pipeline(StandardScaler(), quick(DenseNetClassifier))
    with pytest.raises(TypeError, match=r"set_params\(epochs=...\)"):
        pipeline.fit(*blobs, densenetclassifier__epochs=3)


def test_metadata_of_fit_is_what_fit_takes():
    with sklearn.config_context(enable_metadata_routing=True):
        requests = DenseNetClassifier().get_metadata_routing().fit.requests
    assert sorted(requests) == [
        *("X_val", "groups", "sample_weight", "sample_weight_val", "y_val"),
    ]
    assert np.all([value is None for value in requests.values()])
