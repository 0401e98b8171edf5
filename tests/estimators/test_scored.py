"""The score of regressors, of this package's networks and of one's own."""

import keras
import numpy as np
import pytest
from sklearn.metrics import r2_score

from sknets import DenseNetRegressor, KerasRegressor
from sknets._estimators.scored import ScoredRegressor


class Given(ScoredRegressor):
    """Predicts what X is."""

    def predict(self, X):
        return np.asarray(X)


def test_a_worked_example():
    y = [1.0, 2.0, 6.0]  # squares around the mean: 4 + 1 + 9
    assert Given().score(y, y) == 1
    assert Given().score([3.0, 3.0, 3.0], y) == 0
    assert Given().score([1.0, 4.0, 6.0], y) == pytest.approx(1 - 4 / 14)
    assert Given().score([6.0, 2.0, 1.0], y) == pytest.approx(1 - 50 / 14)


def test_weights_count_as_repeated_rows():
    y, predicted = np.array([1.0, 2.0, 6.0]), np.array([2.0, 2.0, 5.0])
    times = [1, 3, 2]
    expected = Given().score(np.repeat(predicted, times), np.repeat(y, times))
    assert Given().score(predicted, y, times) == pytest.approx(expected)
    assert Given().score(predicted, y, sample_weight=times) == pytest.approx(expected)


def test_several_outputs_have_the_mean_of_their_scores():
    y = np.array([[1.0, 100.0], [2.0, 300.0], [6.0, 200.0]])
    predicted = np.array([[1.0, 200.0], [4.0, 200.0], [6.0, 200.0]])
    assert Given().score(predicted, y) == pytest.approx((1 - 4 / 14 + 0) / 2)


@pytest.mark.parametrize("kind", ["dense", "keras"])
def test_estimators_are_scored_by_their_predictions(kind):
    rng = np.random.default_rng(0)
    X, weight = rng.normal(size=(40, 3)).astype(np.float32), rng.random(40)
    y = X[:, 0] + 5
    est = DenseNetRegressor(4, epochs=3, batch_size=8, random_state=0)
    if kind == "keras":
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
        est = KerasRegressor(model, loss="mse", epochs=1, random_state=0)
    est.fit(X, y)
    expected = r2_score(y, est.predict(X), sample_weight=weight)
    assert est.score(X, y, weight) == pytest.approx(expected)
