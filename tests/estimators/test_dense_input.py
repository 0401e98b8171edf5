"""What tables are to a network: their encoded columns, their scale, weight decay."""

import keras
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError

from sknets import DenseNetClassifier, DenseNetRegressor
from sknets._training import dense_trainer
from tests.networks import assert_all_equal

N = 60
Y = np.arange(N) % 2


def net(**params):
    return DenseNetClassifier(
        **{"width": 4, "epochs": 2, "batch_size": 32, "random_state": 0, **params}
    )


@pytest.fixture(autouse=True)
def _train_in_numpy(monkeypatch):
    monkeypatch.setattr(dense_trainer, "MAX_SECONDS", np.inf)


# --- Columns -------------------------------------------------------------------------


def test_arrays_of_numbers_are_left_alone():
    X = np.random.default_rng(0).normal(size=(N, 3))
    found = net().fit(X, Y)
    assert not hasattr(found, "columns_")
    assert found.encode_columns(X) is X
    assert list(found.get_feature_names_out()) == ["x0", "x1", "x2"]
    assert DenseNetClassifier().__sklearn_tags__().input_tags.allow_nan


def test_dense_net_takes_images_as_rows(quick, digits):
    X, y = digits
    est = quick(DenseNetClassifier, epochs=1)
    expected = est.fit(X, y).weights_
    assert_all_equal(est.fit(X.reshape(-1, 4, 4, 4), y).weights_, expected)
    assert est.n_features_in_ == 64


def test_images_are_encoded_as_rows():
    X = np.random.default_rng(0).random((N, 2, 3))
    assert_array_equal(net().fit(X, Y).encode_columns(X), X.reshape(N, 6))


def test_what_is_encoded_trains_the_same_network():
    frame = pd.DataFrame({"size": np.arange(N) * 1.0, "colour": ["red", "blue"] * 30})
    fitted = net(input_scaling=None, width=()).fit(frame, Y)
    encoded = fitted.encode_columns(frame)
    names = fitted.get_feature_names_out().tolist()
    assert names == ["size", "colour_blue", "colour_red"]
    assert encoded.shape == (N, 3)
    kernel, bias = fitted.weights_
    expected = encoded @ kernel + bias
    np.testing.assert_allclose(
        fitted.decision_function(frame), expected[:, 0], rtol=1e-5
    )


def test_unfitted_nets_have_no_columns():
    for method in ("encode_columns", "get_feature_names_out"):
        with pytest.raises(NotFittedError, match="not fitted yet"):
            getattr(DenseNetRegressor(), method)(np.eye(3))


# --- The scale of numbers ------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.uint8, np.int8])
@pytest.mark.parametrize("highest", [1, 9])
def test_bytes_that_are_no_pixels_are_learned_like_other_numbers(dtype, highest):
    rng = np.random.default_rng(0)
    X = rng.integers(0, highest + 1, (400, 8)).astype(dtype)
    y = (X[:, 0] > highest / 2).astype(int)
    net = DenseNetClassifier(32, epochs=30, random_state=0).fit(X, y)
    assert net.score(X, y) > 0.97
    same = DenseNetClassifier(32, epochs=30, random_state=0).fit(X.astype(float), y)
    np.testing.assert_allclose(
        net.input_scaling_["scale"], same.input_scaling_["scale"]
    )


@pytest.mark.parametrize("seconds", [np.inf, 0.0])  # in numpy, and in a program
@pytest.mark.parametrize("shape", [(-1, 64), (-1, 8, 8)])
def test_the_type_of_pixels_does_not_decide(monkeypatch, seconds, shape):
    """Bytes, the same numbers in floats, and these in 0..1 end at one network."""
    monkeypatch.setattr(dense_trainer, "MAX_SECONDS", seconds)
    X, y = load_digits(return_X_y=True)
    X, y = (X[:300] * 15.9375).astype(np.uint8).reshape(shape), y[:300]
    net = DenseNetClassifier(32, epochs=2, random_state=0)
    proba = net.fit(X, y).predict_proba(X)
    for floats in (X.astype(np.float32), X / 255):
        same = net.fit(floats, y).predict_proba(floats)
        np.testing.assert_allclose(proba, same, atol=1e-3)


def test_bytes_far_from_zero_are_centred():
    """Bright pixels without this: many alike inputs drown what tells them apart."""
    rng = np.random.default_rng(0)
    y = np.arange(60) % 10
    X = 200 + 10 * rng.normal(size=(10, 3000))[y] + rng.normal(size=(60, 3000))
    X = X.clip(0, 255).astype(np.uint8)
    net = DenseNetClassifier(16, epochs=20, random_state=0).fit(X, y)
    assert net.score(X, y) == 1.0


def test_bytes_scaled_by_an_earlier_version_are_trained_on():
    X = np.random.default_rng(0).integers(0, 256, (60, 4)).astype(np.uint8)
    net = DenseNetClassifier(4, epochs=1).fit(X, np.arange(60) % 2)
    net.input_scaling_ = {
        "shift": np.zeros(1),
        "scale": np.array([1 / 255]),
        "clip": None,
    }
    assert net.partial_fit(X, np.arange(60) % 2).n_iter_ == 2


@pytest.mark.parametrize("dtype", [np.float64, np.uint8])
@pytest.mark.parametrize("before", ["robust", "standard", None])
@pytest.mark.parametrize("after", ["robust", "standard", None])
def test_input_scaling_cannot_change_under_warm_start(digits, dtype, before, after):
    X, y = digits[0].astype(dtype), digits[1]
    est = net(input_scaling=before, epochs=1, warm_start=True).fit(X, y)
    est.set_params(input_scaling=after)
    if before == after:
        est.fit(X, y)
        est.partial_fit(X, y)
        return
    message = f"go on with input_scaling={before!r}.*now it is {after!r}"
    with pytest.raises(ValueError, match=message):
        est.fit(X, y)
    with pytest.raises(ValueError, match=message):
        est.partial_fit(X, y)
    est.set_params(warm_start=False).fit(X, y)


def test_a_standard_column_that_needs_no_scaling_goes_on():
    X = np.array([[-1.0], [1.0]] * 20)
    net = DenseNetClassifier(4, input_scaling="standard").partial_fit(X, X[:, 0] > 0)
    assert net.partial_fit(X, X[:, 0] > 0).n_iter_ == 2


# --- Weight decay --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "decay"),
    [
        # 90 rows in batches of 9 make 10 steps an epoch.
        ({"epochs": 100}, 1 / (0.002 * 1000)),
        ({"epochs": 100, "learning_rate": 0.05}, 1 / (0.05 * 1000)),
        # Very few steps do not get a larger and larger decay.
        ({"epochs": 1, "learning_rate": 0.05}, 1 / (0.05 * 500)),
        ({"weight_decay": 0.25}, 0.25),
        ({"weight_decay": None}, 0.0),
        ({"weight_decay": None, "optimizer": "adamw"}, 0.004),
        ({"optimizer__weight_decay": 0.125}, 0.125),
        ({"optimizer": keras.optimizers.Adam(weight_decay=0.5)}, 0.5),
    ],
)
def test_weight_decay_follows_the_steps_and_the_rate(params, decay):
    settings = DenseNetClassifier(batch_size=9, **params)._settings(90, False)
    assert settings.optimizer.weight_decay == pytest.approx(decay, rel=2e-3)


def test_weight_decay_leaves_partial_fit_alone():
    assert DenseNetRegressor()._settings(90, True).optimizer.weight_decay == 0.0


def test_a_whole_fit_takes_off_the_same_share_however_long_it_is(binary):
    """Nothing else moves a kernel that sees no input: 0.37 of it is left."""
    X, y = binary
    X = np.c_[X, np.zeros(len(X))]
    params = {"batch_size": 6, "learning_rate": 0.001, "input_scaling": None}
    params["learning_rate_schedule"] = "constant"
    first = net(epochs=1, weight_decay=None, **params).fit(X, y).weights_[0][-1]
    for epochs in (100, 300):
        last = net(epochs=epochs, **params).fit(X, y).weights_[0][-1]
        np.testing.assert_allclose(last / first, np.exp(-1), rtol=1e-3)
