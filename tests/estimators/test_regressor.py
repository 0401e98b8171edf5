"""Regressors: numbers of any size, scikit-learn's tools around them, what is stored."""

import inspect
import pickle

import numpy as np
import pytest
from sklearn.base import clone, is_regressor
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import (
    AdaBoostRegressor,
    BaggingRegressor,
    StackingRegressor,
    VotingRegressor,
)
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics import mean_squared_error, r2_score
from sklearn.model_selection import GridSearchCV, learning_curve
from sklearn.multioutput import MultiOutputRegressor, RegressorChain

import sknets
from sknets import (
    DenseNetClassifier,
    DenseNetRegressor,
    SmallCNNClassifier,
    SmallCNNRegressor,
    TextPoolRegressor,
)
from sknets._core.objectives import NUMBER_OBJECTIVES
from sknets._training import dense_trainer
from tests.reviews import make_ratings

LOSSES = list(NUMBER_OBJECTIVES)
RATINGS = make_ratings()


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 4))
    return X, 3 + X[:, 0] - 2 * X[:, 1] + 0.1 * rng.normal(size=120)


def dense(**params):
    return DenseNetRegressor(
        **{
            **{"width": 16, "dropout": 0.0, "batch_size": 16, "epochs": 15},
            **{"learning_rate": 0.02, "random_state": 0},
            **params,
        }
    )


@pytest.mark.parametrize("loss", LOSSES)
def test_each_loss_learns(loss, table):
    X, y = table
    net = dense(loss=loss, quantile=0.5, epochs=30).fit(X, np.exp(y / 4))
    assert net.score(X, np.exp(y / 4)) > 0.9
    assert list(net.history_) == ["loss"]
    assert net.predict(X).dtype == np.float64


@pytest.mark.parametrize("loss", LOSSES)
def test_both_ways_to_train_agree(loss, table, monkeypatch):
    X, y = table
    nets = []
    for seconds in (np.inf, 0.0):
        monkeypatch.setattr(dense_trainer, "MAX_SECONDS", seconds)
        params = {"loss": loss, "quantile": 0.3, "epochs": 3}
        nets.append(dense(**params).fit(X, np.abs(y)))
    in_numpy, compiled = nets
    assert in_numpy.history_["loss"] == pytest.approx(compiled.history_["loss"], 1e-3)
    np.testing.assert_allclose(in_numpy.predict(X), compiled.predict(X), atol=0.02)


@pytest.mark.parametrize("q", [0.1, 0.9])
def test_quantile_has_its_share_of_rows_below(q, table):
    X, y = table
    rng = np.random.default_rng(1)
    noisy = y + 3 * rng.normal(size=len(y))
    net = dense(loss="quantile", quantile=q, width=4).fit(X, noisy)
    assert np.mean(noisy < net.predict(X)) == pytest.approx(q, abs=0.06)


def test_quantile_needs_to_know_which(table):
    with pytest.raises(ValueError, match="set quantile, such as quantile=0.5"):
        dense(loss="quantile").fit(*table)


@pytest.mark.parametrize("factor", [1e-300, 1e-9, 1e9, 1e200])
def test_the_unit_of_the_target_does_not_matter(factor, table):
    X, y = table
    expected = dense().fit(X, y).predict(X)
    found = dense().fit(X, y * factor).predict(X)
    np.testing.assert_allclose(found / factor, expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "quantile"])
@pytest.mark.parametrize("constant", [0.0, -3.3, 1e300])
def test_constant_target_is_predicted_exactly(constant, loss, table):
    X, _ = table
    net = dense(loss=loss, quantile=0.3, epochs=2).fit(X, np.full(120, constant))
    assert (net.predict(X * 2) == constant).all()


def test_outliers_do_not_disturb_robust_losses(table):
    X, y = table
    spoilt = y.copy()
    spoilt[::20] = 1e12
    net = dense(loss="absolute_error", epochs=40).fit(X, spoilt)
    assert r2_score(y, net.predict(X)) > 0.8


def test_predictions_are_finite_for_huge_input(table):
    X, y = table
    net = dense(input_scaling="standard").fit(X, y * 1e300)
    assert np.isfinite(net.predict(X * 1e300)).all()
    counts = dense(input_scaling="standard", loss="poisson").fit(X, np.abs(y))
    assert np.isfinite(counts.predict(X * 1e300)).all()


def test_several_targets_of_different_size(table):
    X, y = table
    Y = np.c_[y, 1e6 * X[:, 2], 1e-6 * X[:, 3]]
    net = dense(epochs=30).fit(X, Y)
    assert net.predict(X).shape == Y.shape
    assert min(r2_score(Y, net.predict(X), multioutput="raw_values")) > 0.9
    assert dense(epochs=1).fit(X, y[:, None]).predict(X).shape == (120, 1)


def test_integers_are_numbers(table):
    X, y = table
    net = dense(epochs=30).fit(X, np.rint(10 * y).astype(int))
    assert net.score(X, 10 * y) > 0.9


def test_weights_count_as_repeated_rows(table):
    X, y = table
    times = np.arange(120) % 3
    Z, repeated = np.repeat(X, times, axis=0), np.repeat(y, times)
    params = {"batch_size": 256, "shuffle": False, "optimizer": "sgd", "epochs": 5}
    weighted = dense(**params, input_scaling=None).fit(X, y, sample_weight=times)
    expected = dense(**params, input_scaling=None).fit(Z, repeated)
    np.testing.assert_allclose(weighted.predict(X), expected.predict(X), rtol=1e-4)


def test_scores_and_validation_rows(table):
    X, y = table
    net = dense(scoring=["r2", "neg_mean_squared_error"])
    net.fit(X[:80], y[:80], X_val=X[80:], y_val=y[80:])
    assert set(net.history_) == {
        *("loss", "r2", "neg_mean_squared_error"),
        *("val_loss", "val_r2", "val_neg_mean_squared_error"),
    }
    error = mean_squared_error(y[80:], net.predict(X[80:]))
    assert net.history_["val_neg_mean_squared_error"][-1] == pytest.approx(-error)
    # Losses are relative to the variance of the rows trained on.
    expected = error / np.var(y[:80])
    assert net.history_["val_loss"][-1] == pytest.approx(expected, rel=1e-4)


def test_early_stopping_keeps_the_best_epoch(table):
    X, y = table
    net = dense(early_stopping=True, patience=3, epochs=60, monitor="r2", scoring="r2")
    net.fit(X, y)
    assert net.best_epoch_ == 1 + np.argmax(net.history_["val_r2"])
    with pytest.raises(ValueError, match="monitor must be one of \\['loss'\\]"):
        dense(monitor="accuracy").fit(X, y)


def test_partial_fit_goes_on(table):
    X, y = table
    net = dense()
    for _ in range(15):
        net.partial_fit(X, y)
    assert net.score(X, y) > 0.9
    assert net.n_iter_ == 15
    with pytest.raises(ValueError, match="the targets were learned from y of shape"):
        net.partial_fit(X, np.c_[y, y])
    with pytest.raises(ValueError, match="fitted with loss='squared_error'; now loss="):
        net.set_params(loss="huber").partial_fit(X, y)
    assert net.score(X, y) > 0.9  # as it was fitted, whatever the parameters are
    net = dense(loss="quantile", quantile=0.5).partial_fit(X, y)
    with pytest.raises(ValueError, match=r"with quantile=0\.5; now quantile=0\.9"):
        net.set_params(quantile=0.9).partial_fit(X, y)


def test_warm_start_goes_on(table):
    X, y = table
    net = dense(warm_start=True, epochs=3).fit(X, y)
    before = net.history_["loss"][-1]
    assert net.fit(X, y).history_["loss"][-1] < before
    assert net.n_iter_ == 6


@pytest.fixture(scope="module")
def fitted(table):
    X, y = table
    params = {"epochs": 3, "random_state": 0}
    Y = np.c_[y, 1e6 * X[:, 2]]
    cnn = SmallCNNRegressor((4,), batch_size=16, **params)
    images = np.random.default_rng(0).random((60, 8, 8))
    return {
        "dense": (dense().fit(X, y), X),
        "dense, poisson": (dense(loss="poisson").fit(X, np.exp(y / 4)), X),
        "dense, targets": (dense(loss="huber").fit(X, Y), X),
        "cnn": (cnn.fit(images, 1 + images.mean(axis=(1, 2))), images),
        "text": (TextPoolRegressor(random_state=0).fit(*RATINGS), RATINGS[0]),
    }


KINDS = ["dense", "dense, poisson", "dense, targets", "cnn", "text"]


@pytest.mark.parametrize("kind", KINDS)
def test_files_and_pickles_predict_the_same(kind, fitted, tmp_path):
    net, X = fitted[kind]
    sknets.save(net, tmp_path / "net")
    for copy in (sknets.load(tmp_path / "net"), pickle.loads(pickle.dumps(net))):
        np.testing.assert_array_equal(copy.predict(X), net.predict(X))


@pytest.mark.parametrize("kind", KINDS[:-1])
def test_keras_model_predicts_in_the_units_of_y(kind, fitted):
    net, X = fitted[kind]
    X = X[..., None] if kind == "cnn" else X
    found = net.model_.predict(X, verbose=0)
    expected = net.predict(X).reshape(len(X), -1)
    np.testing.assert_allclose(found / expected, 1, rtol=1e-3)


@pytest.mark.parametrize("kind", KINDS[:-1])
def test_compiled_predictions_agree(kind, fitted):
    net, X = fitted[kind]
    with sknets.compiled_prediction():
        found = net.predict(X)
    np.testing.assert_allclose(found / net.predict(X), 1, rtol=1e-3)


AROUND = {
    "MultiOutput": MultiOutputRegressor(dense()),
    "TransformedTarget": TransformedTargetRegressor(
        dense(), func=np.sqrt, inverse_func=np.square
    ),
    "Chain": RegressorChain(dense()),
    "Voting": VotingRegressor([("net", dense()), ("linear", LinearRegression())]),
    "Stacking": StackingRegressor([("net", dense())], Ridge(), cv=2),
    "AdaBoost": AdaBoostRegressor(dense(), n_estimators=2, random_state=0),
    "Bagging": BaggingRegressor(dense(), n_estimators=2, random_state=0),
    "GridSearch": GridSearchCV(
        dense(),
        {"loss": ["squared_error", "huber"]},
        scoring="neg_median_absolute_error",
        cv=2,
    ),
}


@pytest.mark.parametrize("name", AROUND)
def test_meta_estimators(name, table):
    X, y = table
    y = np.abs(y)
    around = clone(AROUND[name])
    Y = np.c_[y, X[:, 2]] if name in ("MultiOutput", "Chain") else y
    assert is_regressor(around)
    assert r2_score(Y, around.fit(X, Y).predict(X)) > 0.8


def test_curves_and_importances(table):
    X, y = table
    _, train, test = learning_curve(dense(), X, y, cv=2, train_sizes=[0.5, 1.0])
    assert np.isfinite(train).all()
    assert np.isfinite(test).all()
    net = dense().fit(X, y)
    found = permutation_importance(net, X, y, n_repeats=2, random_state=0)
    assert set(np.argsort(found.importances_mean)[-2:]) == {0, 1}


def test_displays(table):
    pytest.importorskip("matplotlib").use("Agg")
    from sklearn.inspection import PartialDependenceDisplay
    from sklearn.metrics import PredictionErrorDisplay

    X, y = table
    net = dense(early_stopping=True).fit(X, y)
    curves = sknets.display.TrainingCurvesDisplay.from_estimator(net)
    assert [axes.get_ylabel() for axes in curves.axes_] == ["loss"]
    PredictionErrorDisplay.from_estimator(net, X, y)
    PartialDependenceDisplay.from_estimator(net, X, [0])


def test_keras_callbacks_see_the_loss(table):
    keras = pytest.importorskip("keras")
    stop = keras.callbacks.EarlyStopping("loss", patience=1, min_delta=10)
    assert dense(callbacks=[stop]).fit(*table).n_iter_ < 15


def test_progress_shows_the_loss(table, capsys):
    dense(verbose=1, epochs=2).fit(*table)
    shown = capsys.readouterr().out
    assert "loss" in shown
    assert "accuracy" not in shown


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("n_targets", [1, 2])
def test_training_starts_at_the_best_constant_of_the_weighted_rows(n_targets):
    """Its loss is the weighted variance, which is one in units of the deviation."""
    X = np.random.default_rng(0).normal(size=(40, 3))
    y = np.tile([[0.0], [0.0], [0.0], [7.0]], (10, n_targets))
    weight = np.tile([1.0, 1.0, 1.0, 5.0], 10)
    net = DenseNetRegressor(
        4, 0.0, epochs=1, learning_rate=1e-12, batch_size=40, random_state=0
    )
    net.fit(X, y, weight)
    np.testing.assert_allclose(net.history_["loss"], [1.0], rtol=1e-5)
    np.testing.assert_allclose(net.predict(X), 7 * 5 / 8, rtol=1e-5)


@pytest.mark.parametrize(
    ("regressor", "classifier"),
    [
        (DenseNetRegressor, DenseNetClassifier),
        (SmallCNNRegressor, SmallCNNClassifier),
    ],
)
def test_defaults_are_those_of_the_classifier(regressor, classifier):
    ours, theirs = (
        inspect.signature(kind).parameters for kind in (regressor, classifier)
    )
    assert set(ours) - set(theirs) == {"loss", "quantile"}
    assert set(theirs) - set(ours) == {"label_smoothing", "class_weight"}
    for name in set(ours) & set(theirs):
        assert ours[name].default == theirs[name].default
