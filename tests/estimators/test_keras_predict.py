"""Outputs of the model of a Keras estimator, by the ways there are to get them."""

import pickle

import keras
import numpy as np
import pytest
from keras import layers

from sknets import KerasClassifier, KerasRegressor
from sknets.wrappers import BaseWrapper
from tests.own_models import one_layer


def branched():
    """A model that sknets cannot run without Keras."""
    inputs = keras.Input((4,))
    hidden = layers.Add()([inputs, layers.Dense(4, activation="tanh")(inputs)])
    return keras.Model(inputs, layers.Dense(2)(hidden))


def initialized(model, X, **params):
    return BaseWrapper(model, **params).initialize(X)


def test_predictions_are_those_of_keras_and_keep_to_the_fitted_weights(blobs):
    X, _ = blobs
    model = branched()
    base = initialized(model, X)
    expected = model.predict(X, verbose=0)
    assert base.predict(X) == pytest.approx(expected, abs=1e-5)
    base.model_.set_weights([np.zeros_like(w) for w in model.get_weights()])
    assert base.predict(X) == pytest.approx(expected, abs=1e-5)


def test_a_model_that_keras_cannot_describe(blobs):
    X, _ = blobs

    class Opaque(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(2)

        def get_config(self):
            raise NotImplementedError

        def call(self, inputs):
            return self.dense(inputs) + 1

    base = initialized(Opaque, X)
    assert base.keras_config_ is None
    weights, bias = base.weights_
    for rows in (X, X[:7], X.round().astype(int)):
        expected = rows @ weights + bias + 1
        assert base.predict(rows) == pytest.approx(expected, abs=1e-4)


@keras.saving.register_keras_serializable(package="test_keras_predict")
class Doubling(keras.Sequential):
    def predict_step(self, data):
        return 2 * super().predict_step(data)


def test_a_way_of_ones_own_to_predict_is_used(blobs):
    X, _ = blobs
    model = Doubling([keras.Input((4,)), layers.Dense(2)])
    base = initialized(model, X)
    weights, bias = base.weights_
    assert base.predict(X) == pytest.approx(2 * (X @ weights + bias), abs=1e-4)
    stored = pickle.loads(pickle.dumps(base))
    np.testing.assert_array_equal(stored.predict(X), base.predict(X))


class Listener(keras.callbacks.Callback):
    """Counts the batches of each prediction."""

    def __init__(self):
        super().__init__()
        self.batches = []

    def on_predict_begin(self, logs=None):
        self.batches.append(0)

    def on_predict_batch_end(self, batch, logs=None):
        self.batches[-1] += 1


@pytest.mark.parametrize("name", ["callbacks", "predict__callbacks"])
@pytest.mark.parametrize(("batch_size", "n_batches"), [(40, 3), (-1, 1)])
def test_callbacks_hear_of_predictions(name, batch_size, n_batches, blobs):
    X, _ = blobs
    listener = Listener()
    base = initialized(one_layer(), X, **{name: [listener]})
    base.predict(X, batch_size=batch_size)
    assert listener.batches == [n_batches]


@pytest.mark.parametrize("model", [one_layer, branched])
def test_callbacks_of_a_call_hear_of_it(model, blobs):
    X, _ = blobs
    own, given = Listener(), Listener()
    base = initialized(model(), X, callbacks=[own])
    expected = base.predict(X)
    deaf = keras.callbacks.EarlyStopping()
    found = base.predict(X, callbacks=[[given], deaf], batch_size=40)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    assert (own.batches, given.batches) == ([3, 3], [3])
    base.set_params(callbacks=None).predict(X, callbacks=given)
    assert given.batches == [3, 3]
    with pytest.raises(TypeError, match="given to predict must be Keras .*; got 3"):
        base.predict(X, callbacks=3)


def test_a_number_of_steps_limits_the_rows(blobs):
    X, _ = blobs
    base = initialized(branched(), X, batch_size=10)
    assert base.predict(X, steps=2) == pytest.approx(base.predict(X[:20]), abs=1e-5)


def test_one_batch_of_several_inputs_has_no_size(blobs):
    X, y = blobs
    parts = {name: keras.Input((2,), name=name) for name in "ab"}
    joined = layers.Concatenate()(list(parts.values()))
    model = keras.Model(parts, layers.Dense(1)(joined))
    several = {"a": X[:, :2], "b": X[:, 2:]}
    reg = KerasRegressor(model).initialize(several, y)
    with pytest.raises(ValueError, match="`batch_size=-1` requires .* several inputs"):
        reg.predict(several, batch_size=-1)


def test_models_of_the_same_shapes_keep_to_their_own_programs(blobs):
    X, y = blobs
    found = []
    for activation in ("softmax", "sigmoid"):
        inputs = keras.Input((4,))
        zeros = layers.Dense(3, kernel_initializer="zeros")(inputs)
        both = layers.Add()([zeros, zeros])
        model = keras.Model(inputs, layers.Activation(activation)(both))
        found.append(KerasClassifier(model).initialize(X, y).predict_proba(X)[0, 0])
    assert found == pytest.approx([1 / 3, 1 / 2])


def test_the_state_between_batches_is_that_of_keras(numbers):
    X, y = numbers
    inputs = keras.Input((3, 1), batch_size=30)
    last = layers.Dense(1)(layers.SimpleRNN(2, stateful=True)(inputs))
    sizes = {"batch_size": 30, "predict__batch_size": 30}
    reg = KerasRegressor(keras.Model(inputs, last), loss="mse", **sizes)
    reg.fit(X[..., None], y)
    again = pickle.loads(pickle.dumps(reg))
    expected = again.model_.predict(X[..., None], batch_size=30, verbose=0)
    found = pickle.loads(pickle.dumps(reg)).predict(X[..., None])
    np.testing.assert_allclose(found, expected.ravel(), rtol=1e-5, atol=1e-6)
    assert np.isfinite(reg.predict(X[..., None])).all()


def test_changing_a_model_that_keras_cannot_copy_changes_no_prediction(numbers):
    class Closed(keras.Model):
        def __init__(self):
            super().__init__()
            self.last = layers.Dense(1)

        def call(self, inputs):
            return self.last(inputs)

    X, y = numbers
    reg = KerasRegressor(lambda: Closed(), loss="mse").fit(X, y)
    expected = reg.predict(X)
    reg.model_.set_weights([np.zeros_like(w) for w in reg.weights_])
    np.testing.assert_array_equal(reg.predict(X), expected)
