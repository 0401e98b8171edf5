"""Requests of metadata as plain values."""

import pytest
import sklearn

from sknets import DenseNetClassifier
from sknets._persistence import metadata_requests


def test_requests_come_back():
    with sklearn.config_context(enable_metadata_routing=True):
        net = DenseNetClassifier().set_score_request(sample_weight="weight")
    stored = metadata_requests.plain(net._metadata_request)
    assert stored["score"] == {"sample_weight": "weight"}
    other = DenseNetClassifier()
    metadata_requests.restore(other, stored)
    assert metadata_requests.plain(other._metadata_request) == stored


@pytest.mark.parametrize(
    "requests",
    [{"nothing": {"sample_weight": True}}, {"fit": {"nothing": True}}, {"fit": 3}],
)
def test_what_an_estimator_has_not_is_an_error(requests):
    with pytest.raises((TypeError, ValueError, AttributeError)):
        metadata_requests.restore(DenseNetClassifier(), requests)
