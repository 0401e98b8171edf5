"""What a Keras estimator is given: checks of X and y, seeds, scores."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from sknets import KerasClassifier, KerasRegressor
from sknets.wrappers import BaseWrapper
from tests.own_models import QUICK, one_layer


def test_the_same_seed_gives_the_same_bits(clf, blobs):
    X, y = blobs
    clf.set_params(model__dropout=0.3)
    first = clf.fit(X, y).predict_proba(X)
    assert (clone(clf).fit(X, y).predict_proba(X) == first).all()
    other = clone(clf).set_params(random_state=1).fit(X, y).predict_proba(X)
    assert (other != first).any()


def test_not_fitted(clf, blobs):
    with pytest.raises(NotFittedError, match="not fitted yet: call fit, or init"):
        clf.predict(blobs[0])
    assert not hasattr(clf, "model_")


@pytest.mark.parametrize(
    ("make", "remedy"),
    [
        (lambda X, y: iter([(X, y)]), r"collect its rows first, list\(X\)"),
        (lambda X, y: ((X, y) for _ in range(2)), r"collect its rows first, list\(X\)"),
        (
            lambda X, y: tf.data.Dataset.from_tensor_slices((X, y)).batch(8),
            r"join its batches, np.concatenate\(",
        ),
    ],
    ids=["iterator", "generator", "Dataset"],
)
def test_streams_are_refused_with_the_way_to_go(make, remedy, clf, blobs):
    what = "X must be an array, a frame, or several arrays in a dict or list, got .*"
    with pytest.raises(TypeError, match=what + remedy):
        clf.fit(make(*blobs))
    clf.set_params(epochs=1).fit(*blobs)
    with pytest.raises(TypeError, match=what + remedy):
        clf.predict(make(*blobs))


def test_a_random_state_gives_each_fit_the_same_seed_and_stays(clf, blobs):
    X, y = blobs
    state = np.random.RandomState(3)
    clf.set_params(random_state=state, epochs=1)
    first, second = (clf.fit(X, y).predict_proba(X) for _ in range(2))
    assert (first == second).all()
    assert state.randint(1000) == np.random.RandomState(3).randint(1000)


def test_without_a_random_state_the_seed_of_keras_decides(clf, blobs):
    X, y = blobs
    clf.set_params(random_state=None, epochs=1)
    found = []
    for seed in (1, 1, 2):
        keras.utils.set_random_seed(seed)
        found.append(clf.fit(X, y).predict_proba(X))
    assert (found[0] == found[1]).all()
    assert (found[0] != found[2]).any()


def test_arguments_that_predict_has_not_are_refused(clf, blobs):
    X, y = blobs
    clf.set_params(epochs=1).fit(X, y)
    assert (clf.predict(X, batch_size=7, verbose=0) == clf.predict(X)).all()
    for method in (clf.predict, clf.predict_proba):
        with pytest.raises(TypeError, match="unexpected keyword argument 'batchsize'"):
            method(X, batchsize=7)


@pytest.fixture
def of_integers():
    """A regressor fitted on rows of three integers."""
    X = np.arange(12).reshape(4, 3)
    model = one_layer(1, None, n_features=3)
    return KerasRegressor(model, loss="mse").fit(X, X[:, 0])


@pytest.mark.parametrize(
    ("X", "y", "match"),
    [
        (np.ones((4, 3)), [1, 2, 3, 4], "Got X with dtype float64, but this KerasReg"),
        (np.ones((4, 3), int), [1.0, 2, 3, 4], "Got y with dtype float64.*fit anew"),
        (np.ones((4, 3), int), [[1], [2], [3], [4]], "y has 2 dim.*expecting 1 dim"),
        (np.ones((4, 3, 1), int), [1, 2, 3, 4], "X has 3 dim.*expecting 2 dim"),
        (np.ones((4, 2), int), [1, 2, 3, 4], "X has 2 features, but KerasRegressor"),
        (np.ones((4, 3), int), [1, 2, 3], "inconsistent numbers of samples"),
    ],
)
def test_going_on_with_other_data_is_refused(of_integers, X, y, match):
    with pytest.raises(ValueError, match=match):
        of_integers.partial_fit(X, y)


def test_predicting_takes_any_type_but_no_other_shape(of_integers):
    X = np.arange(12).reshape(4, 3)
    predicted = of_integers.predict(X)
    np.testing.assert_array_equal(of_integers.predict(X.astype(float)), predicted)
    X = np.ones((4, 5, 3))
    model = keras.Sequential([keras.Input((5, 3)), keras.layers.Flatten()])
    base = BaseWrapper(model).initialize(X)
    with pytest.raises(ValueError, match=r"shape \(5, 2\), but .* shape \(5, 3\)"):
        base.predict(X[:, :, 1:])


def test_the_score_gets_weights_and_its_routed_parameters(blobs):
    X, y = blobs
    clf = KerasClassifier(one_layer(), **{**QUICK, "epochs": 1}).fit(X, y)
    right = clf.predict(X) == y
    assert clf.score(X, y, np.arange(90)) == np.average(right, weights=np.arange(90))
    assert clf.set_params(score__normalize=False).score(X, y) == right.sum()


def test_the_base_has_no_score(blobs):
    X, _ = blobs
    base = BaseWrapper(one_layer(4, None)).initialize(X)
    with pytest.raises(NotImplementedError, match="has no score. Override scorer"):
        base.score(X, X)


def test_epochs_are_counted(clf, blobs):
    assert not clf.initialized_
    assert clf.current_epoch == 0
    assert clf.set_params(epochs=2).fit(*blobs).current_epoch == 2
    assert clf.partial_fit(*blobs).current_epoch == 3
    assert clf.initialized_
