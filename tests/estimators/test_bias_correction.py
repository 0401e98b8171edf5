import numpy as np
import pytest

from sknets import TextPoolRegressor
from sknets._core.objectives import Quantile
from sknets._estimators.bias_correction import with_bias_corrected
from sknets._training.data import TrainingData


def texts_and_numbers(n, seed=0):
    """Texts of words of which two count, and numbers far from a normal distribution."""
    rng = np.random.default_rng(seed)
    words = rng.choice([f"word{number}" for number in range(300)], (n, 8))
    texts = [" ".join(row) for row in words]
    points = np.array([("word1 " in text) + 2 * ("word2 " in text) for text in texts])
    return texts, points + rng.exponential(size=n)


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.9])
def test_quantiles_of_texts(quantile):
    X, y = texts_and_numbers(2400)
    net = TextPoolRegressor(loss="quantile", quantile=quantile, random_state=0)
    below = y[600:] <= net.fit(X[:600], y[:600]).predict(X[600:])
    assert np.mean(below) == pytest.approx(quantile, abs=0.06)


def test_medians_of_skewed_numbers():
    X, y = texts_and_numbers(2400)
    net = TextPoolRegressor(loss="absolute_error", random_state=0)
    y = y**3
    below = y[600:] <= net.fit(X[:600], y[:600]).predict(X[600:])
    assert np.mean(below) == pytest.approx(0.5, abs=0.06)


def test_all_outputs():
    X, y = texts_and_numbers(1600)
    net = TextPoolRegressor(loss="quantile", quantile=0.9, random_state=0)
    net.fit(X[:600], np.column_stack([y, -100 * y])[:600])
    below = np.column_stack([y, -100 * y])[600:] <= net.predict(X[600:])
    np.testing.assert_allclose(below.mean(axis=0), 0.9, atol=0.06)


def corrected(errors, quantile=0.5, weights=None):
    """The bias, which was 1, after rows whose errors are these."""
    errors = np.asarray(errors, np.float64)
    w = np.ones_like(errors) if weights is None else weights
    every = np.arange(len(errors))
    data = TrainingData(
        errors, every, errors.astype(np.float32), w, Quantile(quantile), {}
    )
    seen = []

    def train(part):
        seen.extend(part.index)
        return [np.zeros(1)]

    def logits(weights, part):
        assert not set(part.index) & set(seen)
        assert len(part.index) == len(errors) / 5
        return np.zeros(part.y.shape)

    ones = [np.ones((2, 1), np.float32), np.ones(errors.shape[1], np.float32)]
    kernel, bias = with_bias_corrected(
        ones, data, train, logits, np.random.default_rng(0)
    )
    assert (kernel == 1).all()
    assert bias.dtype == np.float32
    return bias


def test_the_bias_moves_by_the_quantile_of_the_errors():
    # All of them, and those of one output only.
    assert corrected(np.full((100, 1), 3.0)) == 4
    assert corrected(np.tile([3.0, 0.0], (100, 1))).tolist() == [4, 1]
    rng = np.random.default_rng(1)
    errors = rng.exponential(size=(1000, 1))
    assert corrected(errors, 0.9) == pytest.approx(1 + np.quantile(errors, 0.9), 0.2)


def test_what_may_be_chance_moves_nothing():
    errors = np.random.default_rng(0).permutation(np.linspace(-1, 1.01, 500))
    assert corrected(errors[:, None]) == 1


def test_errors_of_rows_without_weight_do_not_count():
    errors = np.full((100, 2), 3.0)
    weights = np.ones((100, 2), np.float32)
    weights[:, 1] = 0
    assert corrected(errors, weights=weights).tolist() == [4, 1]


def test_errors_that_are_not_finite_move_nothing():
    assert corrected(np.full((100, 1), np.inf)) == 1


@pytest.mark.parametrize(
    "given",
    [
        {"loss": "squared_error"},
        {"loss": "poisson"},
        {"early_stopping": True},
        {"warm_start": True},
        {"embedding_init": "random"},
    ],
)
def test_others_train_once(monkeypatch, given):
    def fail(*args):
        raise AssertionError

    monkeypatch.setattr("sknets._estimators.bias_correction.with_bias_corrected", fail)
    X, y = texts_and_numbers(100)
    params = {"loss": "absolute_error", "epochs": 1} | given
    TextPoolRegressor(random_state=0, **params).fit(X, y)
    with pytest.raises(AssertionError):
        TextPoolRegressor(random_state=0, loss="absolute_error").fit(X, y)


def test_fits_are_repeatable_and_a_weight_of_zero_leaves_a_text_out():
    X, y = texts_and_numbers(300)
    net = TextPoolRegressor(loss="quantile", quantile=0.9, random_state=0)
    w = np.arange(300) % 3 > 0
    found = net.fit(X, y, sample_weight=w.astype(float)).predict(X)
    wanted = net.fit([X[row] for row in np.flatnonzero(w)], y[w]).predict(X)
    np.testing.assert_array_equal(found, wanted)
