"""SmallCNNRegressor: numbers that images show."""

import numpy as np
import pytest

from sknets import SmallCNNClassifier, SmallCNNRegressor
from sknets._estimators import image_input


@pytest.fixture(scope="module")
def images():
    """Where a bright column stands in an image of 8 x 8 pixels."""
    rng = np.random.default_rng(0)
    place = rng.integers(1, 7, 120)
    images = rng.random((120, 8, 8)) * 0.2
    images[np.arange(120), :, place] += 1
    return images, place.astype(float)


def test_images(images):
    X, y = images
    params = {"augment": None, "batch_size": 16, "epochs": 20, "random_state": 0}
    net = SmallCNNRegressor((8, 8), **params).fit(X, y)
    assert net.score(X, y) > 0.8


def test_images_with_numbers_are_changed_less(images):
    X, y = images
    quick = {"epochs": 1, "random_state": 0}
    fitted = SmallCNNRegressor((4,), **quick).fit(X, y)
    assert fitted.augment_ == {"shift": 0.05, "elastic": 0.02, "refine": 0.125}
    given = SmallCNNRegressor((4,), augment=fitted.augment_, **quick).fit(X, y)
    np.testing.assert_array_equal(fitted.predict(X), given.predict(X))
    all_changes = SmallCNNRegressor((4,), augment=True, **quick).fit(X, y)
    assert "brightness" in all_changes.augment_
    of_classes = SmallCNNClassifier((4,), **quick).fit(X, y > np.median(y))
    assert of_classes.augment_ == all_changes.augment_


def test_several_numbers_of_an_image_have_their_own_units(images):
    X, y = images
    Y = np.c_[y, -1e6 * y]
    params = {"augment": None, "batch_size": 16, "epochs": 20, "random_state": 0}
    net = SmallCNNRegressor((8, 8), **params).fit(X, Y)
    predicted = net.predict(X)
    assert predicted.shape == Y.shape
    for found, expected in zip(predicted.T, Y.T, strict=True):
        assert np.corrcoef(found, expected)[0, 1] > 0.9


@pytest.mark.parametrize(("optimizer", "factor"), [("muon", 2), ("adam", 1)])
def test_rate_of_many_rows(monkeypatch, images, optimizer, factor):
    """It is lower than the classifier's."""
    monkeypatch.setattr(image_input, "MANY_ROWS", 100)
    params = {"learning_rate_schedule": "constant", "warmup": 0.0, "epochs": 1}
    params |= {"batch_size": 16, "augment": None, "random_state": 0}
    found, expected = (
        SmallCNNRegressor(
            (4, 4), learning_rate=rate, optimizer=optimizer, **params
        ).fit(*images)
        for rate in ("auto", 0.001 * factor)
    )
    assert found.normalization_ == "pooled"
    np.testing.assert_array_equal(found.weights_[0], expected.weights_[0])
