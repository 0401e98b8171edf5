"""Saliency maps, whose gradients are compared with differences."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sknets import DenseNetClassifier, SmallCNNClassifier, SmallCNNRegressor
from sknets.display import SaliencyDisplay


def numerical_gradient(net, image, column, step):
    """Central differences of one logit, computed in numpy from shifted images."""
    flat = np.asarray(image, np.float64).reshape(-1)
    shifts = step * np.eye(len(flat))
    low, high = (
        net.decision_function(flat - shifts),
        net.decision_function(flat + shifts),
    )
    change = (high - low).reshape(len(flat), -1)
    return change[:, column] / (2 * step)


@pytest.mark.parametrize("name", ["cnn", "dense"])
def test_gradient(name, digits, request):
    net = request.getfixturevalue(name)
    # Away from where ReLU and max-pooling bend, as between equal pixels.
    image = digits[0][5] + np.random.default_rng(0).random(64)
    display = SaliencyDisplay.from_estimator(net, image)
    assert display.gradient.shape == (8, 8, 1)
    column = net.predict_proba(image[None])[0].argmax()
    expected = numerical_gradient(net, image, column, 2e-3).reshape(8, 8, 1)
    scale = np.abs(expected).max()
    assert scale > 1e-3
    assert_allclose(display.gradient, expected, atol=0.01 * scale)
    assert display.target == net.classes_[column]


def test_artists(cnn, digits):
    X, _ = digits
    display = SaliencyDisplay.from_estimator(cnn, X[5].reshape(8, 8), target=3)
    image, saliency = display.images_
    assert_array_equal(image.get_array(), X[5].reshape(8, 8))
    assert_array_equal(saliency.get_array(), np.abs(display.gradient[..., 0]))
    assert saliency.get_clim() == (0, np.abs(display.gradient).max())
    assert saliency.get_cmap().name == "inferno"
    probability = cnn.predict_proba(X[5:6])[0, 3]
    assert_allclose(display.probability, probability)
    titles = [ax.get_title() for ax in display.axes_]
    assert titles == [f"class 3, {100 * probability:.0f} %", "saliency"]


def test_two_classes(digits, quick):
    X, y = digits
    net = quick(DenseNetClassifier).fit(X, np.where(y > 4, "high", "low"))
    low, high = (
        SaliencyDisplay.from_estimator(net, X[0], target=target).gradient
        for target in ("low", "high")
    )
    # classes_[1], whose logit there is, is "low".
    assert_allclose(low, -high)
    expected = numerical_gradient(net, X[0], 0, 2e-3).reshape(8, 8, 1)
    assert_allclose(low, expected, atol=0.01 * np.abs(expected).max())


def test_most_probable_of_several_labels(multilabel, quick):
    X, y = multilabel
    net = quick(DenseNetClassifier).fit(X, y)
    column = net.predict_proba(X[:1])[0].argmax()
    display = SaliencyDisplay.from_estimator(net, X[0])
    assert display.target == net.classes_[column]
    expected = numerical_gradient(net, X[0], column, 2e-3).reshape(2, 2, 1)
    assert_allclose(display.gradient, expected, atol=0.01 * np.abs(expected).max())


def test_image_is_the_one_that_the_last_step_gets(cnn, digits):
    X, _ = digits
    pipeline = make_pipeline(FunctionTransformer(lambda X: X / 2).fit(X), cnn)
    display = SaliencyDisplay.from_estimator(pipeline, X[5])
    expected = SaliencyDisplay.from_estimator(cnn, X[5] / 2)
    assert_array_equal(display.image, expected.image)
    assert_array_equal(display.gradient, expected.gradient)


def test_colour_is_the_highest_of_the_channels():
    gradient = np.zeros((2, 2, 3))
    gradient[0, 1] = [0.5, -2.0, 1.0]
    display = SaliencyDisplay(np.zeros((2, 2, 3)), gradient).plot()
    assert_array_equal(display.saliency, [[0, 2], [0, 0]])
    assert [ax.get_title() for ax in display.axes_] == ["image", "saliency"]


def test_pixels_that_fill_little_of_their_range_are_told_apart():
    image = np.linspace(293, 297, 12).reshape(3, 4, 1)  # in kelvins
    drawn = SaliencyDisplay(image, np.ones((3, 4, 1))).plot().images_[0]
    assert drawn.get_clim() == (293, 297)


def test_image_shape_of_a_dense_network(quick):
    X = np.random.default_rng(0).random((30, 10))
    net = quick(DenseNetClassifier).fit(X, np.arange(30) % 2)
    with pytest.raises(ValueError, match="10 pixels.*no square image"):
        SaliencyDisplay.from_estimator(net, X[0])
    display = SaliencyDisplay.from_estimator(net, X[0], image_shape=(2, 5))
    assert display.saliency.shape == (2, 5)


def test_bad_input(cnn, text, digits):
    X, y = digits
    with pytest.raises(NotFittedError):
        SaliencyDisplay.from_estimator(SmallCNNClassifier(), X[0])
    with pytest.raises(TypeError, match="SaliencyDisplay.*TextPool.*takes texts"):
        SaliencyDisplay.from_estimator(text, ["good film"])
    other = LogisticRegression(max_iter=5000).fit(X, y)
    with pytest.raises(TypeError, match="search of one; got LogisticRegression"):
        SaliencyDisplay.from_estimator(other, X[0])
    with pytest.raises(ValueError, match="target must be one of.*got 10"):
        SaliencyDisplay.from_estimator(cnn, X[0], target=10)
    with pytest.raises(ValueError, match=r"one image of 64.*shape \(63,\)"):
        SaliencyDisplay.from_estimator(cnn, X[0, 1:])


def test_a_regressor_has_no_score_of_a_class(digits):
    X, y = digits
    net = SmallCNNRegressor((2,), epochs=1, random_state=0).fit(X, y)
    with pytest.raises(TypeError, match="which SmallCNNRegressor does not have"):
        SaliencyDisplay.from_estimator(net, X[0])
