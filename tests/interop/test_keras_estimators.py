"""Fitted Keras estimators to scikeras and back, whatever their model."""

import keras
import numpy as np
import pytest
from keras import layers
from scikeras import wrappers as theirs
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.preprocessing import FunctionTransformer

import sknets
from sknets import wrappers as ours
from sknets.interop import from_scikeras, to_scikeras

# Keras' way of saving variables is older than NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:.*copy keyword:DeprecationWarning")

rng = np.random.default_rng(0)
X = rng.normal(size=(48, 6)).astype(np.float32)
NAMES = np.array(["ant", "bee", "cat"])[X[:, :3].argmax(axis=1)]
NUMBERS = X[:, 0] - X[:, 1]
SPARSE = "sparse_categorical_crossentropy"


def normalised(meta):
    return keras.Sequential(
        [
            keras.Input((meta["n_features_in_"],)),
            layers.Dense(4, "relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.1),
            layers.Dense(3, "softmax"),
        ]
    )


def residual(units=3, activation="softmax"):
    inputs = keras.Input((6,))
    hidden = layers.Add()([inputs, layers.Dense(6, "relu")(inputs)])
    return keras.Model(inputs, layers.Dense(units, activation)(hidden))


def numbers(units=1):
    return residual(units, None)


def two_outputs():
    inputs = keras.Input((6,))
    outputs = [layers.Dense(1, "sigmoid")(inputs), layers.Dense(3, "softmax")(inputs)]
    model = keras.Model(inputs, outputs)
    model.compile("adam", ["binary_crossentropy", SPARSE])
    return model


class Splitting(TransformerMixin, BaseEstimator):
    """Two columns of y, the second of three classes, as two targets."""

    def fit(self, y, _=None):
        return self

    def transform(self, y):
        return [y[:, 0], y[:, 1]]

    def inverse_transform(self, y, return_proba=False):
        return np.stack([np.around(y[0].ravel()), y[1].argmax(axis=1)], axis=1)

    def get_metadata(self):
        return {"n_outputs_expected_": 2, "n_classes_": [2, 3], "classes_": [0, 1]}


class TheirTwoOutputs(theirs.KerasClassifier):
    @property
    def target_encoder(self):
        return Splitting()


class OurTwoOutputs(ours.KerasClassifier):
    @property
    def target_encoder(self):
        return Splitting()


TWO = np.stack([NAMES == "ant", X[:, 3:].argmax(axis=1)], axis=1).astype(int)
INDICATORS = np.stack([NAMES == "ant", X[:, 4] > 0], axis=1).astype(int)
ONE_HOT = np.eye(3, dtype=int)[X[:, :3].argmax(axis=1)]

# Name of the class, build function, y, parameters.
CASES = {
    "batch normalisation": ("KerasClassifier", normalised, NAMES, {"loss": SPARSE}),
    "one-hot loss": (
        "KerasClassifier",
        residual,
        NAMES,
        {"loss": "categorical_crossentropy"},
    ),
    "one-hot rows": (
        "KerasClassifier",
        residual,
        ONE_HOT,
        {"loss": "categorical_crossentropy"},
    ),
    "multilabel": (
        "KerasClassifier",
        lambda: residual(2, "sigmoid"),
        INDICATORS,
        {"loss": "binary_crossentropy"},
    ),
    "two numbers": (
        "KerasRegressor",
        lambda: numbers(2),
        np.stack([NUMBERS, -NUMBERS], axis=1),
        {"loss": keras.losses.Huber()},
    ),
    "base": ("BaseWrapper", lambda: numbers(6), X, {"loss": "mse"}),
}


def fitted(name, where):
    kind, build, y, params = CASES[name]
    estimator = getattr(where, kind)(
        build, optimizer="adam", metrics=["mse"], verbose=0, batch_size=16, **params
    )
    return estimator.fit(X, y), y


def assert_alike(one, other):
    assert type(one).__name__ == type(other).__name__
    assert np.asarray(one.predict(X)).dtype.kind == other.predict(X).dtype.kind
    if hasattr(one, "predict_proba"):
        assert one.predict(X).tolist() == other.predict(X).tolist()
        assert one.predict_proba(X) == pytest.approx(other.predict_proba(X), abs=1e-5)
    else:
        assert one.predict(X) == pytest.approx(other.predict(X), abs=1e-5)


@pytest.mark.parametrize("name", CASES)
def test_from_scikeras_and_back(name):
    wrapper, y = fitted(name, theirs)
    estimator = from_scikeras(wrapper)
    assert type(estimator) is getattr(ours, CASES[name][0])
    assert_alike(wrapper, estimator)
    assert estimator.history_.keys() == wrapper.history_.keys()
    assert_alike(estimator, to_scikeras(estimator))
    before = wrapper.model_.get_weights()
    assert estimator.partial_fit(X, y).current_epoch == 2
    assert all(map(np.array_equal, before, wrapper.model_.get_weights()))


@pytest.mark.parametrize("name", ["batch normalisation", "one-hot rows", "two numbers"])
def test_to_scikeras_and_back(name):
    estimator, y = fitted(name, ours)
    wrapper = to_scikeras(estimator)
    assert_alike(estimator, wrapper)
    expected = estimator.predict(X)
    assert wrapper.partial_fit(X, y).current_epoch == 2
    assert (estimator.predict(X) == expected).all()


def test_a_result_can_be_fitted_anew_and_searched():
    wrapper, y = fitted("batch normalisation", theirs)
    estimator = from_scikeras(wrapper)
    assert estimator.set_params(epochs=2).fit(X, y).n_iter_ == 2
    again = to_scikeras(estimator).fit(X, y)
    assert again.current_epoch == 2


def test_going_on_has_the_state_of_the_optimizer():
    wrapper, _ = fitted("batch normalisation", theirs)
    found = from_scikeras(wrapper).model_.optimizer
    assert int(found.iterations) == int(wrapper.model_.optimizer.iterations) == 3


@pytest.mark.parametrize("kind", [TheirTwoOutputs, OurTwoOutputs])
def test_several_outputs(kind):
    estimator = kind(two_outputs, verbose=0).fit(X, TWO)
    convert = from_scikeras if kind is TheirTwoOutputs else to_scikeras
    with pytest.warns(UserWarning, match=f"{kind.__name__} is a class of your own"):
        other = convert(estimator)
    assert other.predict(X).tolist() == estimator.predict(X).tolist()


def test_logits_become_probabilities():
    wrapper = theirs.KerasClassifier(
        lambda: residual(3, None),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        verbose=0,
    ).fit(X, NAMES)
    probabilities = from_scikeras(wrapper).predict_proba(X)
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(len(X)))
    assert from_scikeras(wrapper).predict(X).tolist() == wrapper.predict(X).tolist()


# Keras 3.6 warns where a model with a list of inputs gets them by their names.
@pytest.mark.filterwarnings("ignore:The structure of .inputs. doesn't match")
def test_inputs_go_along():
    def build():
        parts = [keras.Input((3,), name="a"), keras.Input((3,), name="b")]
        return keras.Model(parts, layers.Dense(1)(layers.Concatenate()(parts)))

    inputs = {"a": slice(0, 3), "b": [3, 4, 5]}
    reg = sknets.KerasRegressor(build, loss="mse", inputs=inputs).fit(X, NUMBERS)
    with pytest.warns(UserWarning, match="scikeras has no parameters inputs:"):
        wrapper = to_scikeras(reg)
    assert wrapper.predict(X) == pytest.approx(reg.predict(X), abs=1e-5)


@pytest.mark.filterwarnings("ignore:The structure of .inputs. doesn't match")
def test_several_arrays_are_refused():
    def build():
        parts = [keras.Input((3,), name="a"), keras.Input((3,), name="b")]
        return keras.Model(parts, layers.Dense(1)(layers.Concatenate()(parts)))

    several = {"a": X[:, :3], "b": X[:, 3:]}
    reg = sknets.KerasRegressor(build, loss="mse").fit(several, NUMBERS)
    with pytest.raises(ValueError, match="scikeras takes X as one array.*inputs="):
        to_scikeras(reg)


class Negated(ours.KerasRegressor):
    @property
    def feature_encoder(self):
        return FunctionTransformer(np.negative)


def test_own_feature_encoders_go_along():
    reg = Negated(numbers, loss="mse", verbose=0).fit(X, NUMBERS)
    with pytest.warns(UserWarning, match="Negated is a class of your own"):
        wrapper = to_scikeras(reg)
    assert wrapper.predict(X) == pytest.approx(reg.predict(X), abs=1e-5)
    assert from_scikeras(wrapper).predict(-X) == pytest.approx(
        reg.predict(-X), abs=1e-5
    )


def test_several_targets_of_classes_are_refused():
    y = X.reshape(48, 2, 3).argmax(axis=2)
    clf = ours.KerasClassifier(lambda: numbers(2), loss="mse", verbose=0).fit(X, y)
    with pytest.raises(ValueError, match="several multiclass targets at once"):
        to_scikeras(clf)
