"""Programs that people publish with wrapped Keras models, with their import changed."""

import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from scipy.stats import loguniform
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import make_classification, make_regression
from sklearn.model_selection import RandomizedSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sknets.wrappers import KerasClassifier, KerasRegressor

sys.path.insert(0, str(Path(__file__).parent / "benchmarks"))

from keras_programs import Split, augmenting_cnn

layers = keras.layers
ADAM = {"optimizer": "adam", "optimizer__learning_rate": 0.02, "random_state": 0}


@pytest.fixture(scope="module")
def table():
    X, y = make_classification(
        300, 8, n_informative=5, n_classes=3, class_sep=2.0, random_state=0
    )
    return X.astype(np.float32), y


def mlp(meta, hidden=(16,), dropout=0.0):
    model = keras.Sequential([keras.Input((meta["n_features_in_"],))])
    for width in hidden:
        model.add(layers.Dense(width, activation="relu"))
        model.add(layers.Dropout(dropout))
    if meta["target_type_"] == "binary":
        model.add(layers.Dense(1, activation="sigmoid"))
    else:
        model.add(layers.Dense(meta["n_classes_"], activation="softmax"))
    return model


def test_binary_table_with_early_stopping(table):
    X, y = table
    clf = KerasClassifier(
        mlp,
        loss="binary_crossentropy",
        metrics=["accuracy"],
        callbacks=[keras.callbacks.EarlyStopping],
        callbacks__0__monitor="val_loss",
        callbacks__0__patience=2,
        callbacks__0__restore_best_weights=True,
        validation_split=0.2,
        epochs=40,
        hidden=(16, 8),
        **ADAM,
    )
    X, y = X[y < 2], y[y < 2]
    assert clf.fit(X, y).score(X, y) > 0.85
    assert "val_accuracy" in clf.history_


def test_labels_of_text_in_a_pipeline(table):
    X, y = table
    names = np.array(["setosa", "virginica", "versicolor"])[y]
    clf = KerasClassifier(
        mlp, loss="sparse_categorical_crossentropy", epochs=20, **ADAM
    )
    model = make_pipeline(StandardScaler(), clf).fit(X, names)
    assert model.score(X, names) > 0.85
    assert set(model.predict(X)) <= set(names)


def test_one_hot_targets(table):
    X, y = table
    clf = KerasClassifier(mlp, loss="categorical_crossentropy", epochs=20, **ADAM)
    one_hot = keras.utils.to_categorical(y)
    assert clf.fit(X, one_hot).score(X, one_hot) > 0.85


def test_regression_with_a_scaled_target():
    X, y = make_regression(300, 6, noise=1.0, random_state=0)

    def build(meta):
        return keras.Sequential(
            [
                keras.Input((meta["n_features_in_"],)),
                layers.Dense(16, activation="relu"),
                layers.Dense(meta["n_outputs_"]),
            ]
        )

    reg = KerasRegressor(build, loss="mse", epochs=40, **ADAM)
    model = TransformedTargetRegressor(
        make_pipeline(StandardScaler(), reg), transformer=StandardScaler()
    )
    assert model.fit(X, y).score(X, y) > 0.9


def test_a_functional_model_with_two_inputs(table):
    X, y = table
    deep, wide = keras.Input((5,), name="deep"), keras.Input((3,), name="wide")
    x = layers.Concatenate()([layers.Dense(16, activation="relu")(deep), wide])
    model = keras.Model([deep, wide], layers.Dense(3, activation="softmax")(x))

    class TwoInputs(KerasClassifier):
        @property
        def feature_encoder(self):
            return FunctionTransformer(lambda X: [X[:, :5], X[:, 5:]])

    params = {"loss": "sparse_categorical_crossentropy", "epochs": 30, **ADAM}
    assert TwoInputs(model, **params).fit(X, y).score(X, y) > 0.85


def test_an_lstm_on_sequences():
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=200)
    X = rng.integers(1, 10, size=(200, 8)) + 10 * y[:, None]

    def build():
        return keras.Sequential(
            [
                layers.Embedding(30, 8),
                layers.LSTM(8),
                layers.Dense(1, activation="sigmoid"),
            ]
        )

    clf = KerasClassifier(build, loss="binary_crossentropy", epochs=8, **ADAM)
    assert clf.fit(X, y).score(X, y) > 0.9


def test_a_cnn_with_augmentation_layers(digits):
    X, y = digits
    X = X.reshape(-1, 8, 8, 1) / 16

    params = {"loss": "sparse_categorical_crossentropy", "epochs": 25, **ADAM}
    clf = KerasClassifier(augmenting_cnn, **params)
    probabilities = clf.fit(X, y).predict_proba(X)
    assert clf.score(X, y) > 0.8
    assert (clf.predict_proba(X) == probabilities).all()  # no noise in predictions
    again = KerasClassifier(augmenting_cnn, **params).fit(X, y)
    assert again.predict_proba(X).shape == probabilities.shape


def test_several_outputs_by_a_target_encoder(table):
    X, y = table
    both = np.column_stack([y == 0, y == 1]).astype(int)

    class TwoOutputs(KerasClassifier):
        @property
        def target_encoder(self):
            return Split()

    inputs = keras.Input((8,))
    x = layers.Dense(16, activation="relu")(inputs)
    outputs = [layers.Dense(1, activation="sigmoid", name=n)(x) for n in ("a", "b")]
    model = keras.Model(inputs, outputs)
    params = {"loss": ["binary_crossentropy"] * 2, "epochs": 25, **ADAM}
    clf = TwoOutputs(model, **params).fit(X, both)
    assert clf.predict(X).shape == both.shape
    assert clf.score(X, both) > 0.75


class Unknown(BaseEstimator, TransformerMixin):
    """Encodes labels, and tells the wrapper nothing of them."""

    def fit(self, y):
        self.labels = np.unique(y)
        return self

    def transform(self, y):
        return np.searchsorted(self.labels, y)

    def inverse_transform(self, y, return_proba=False):
        return y if return_proba else self.labels[y.argmax(axis=1)]


def test_target_encoders_that_tell_nothing(table):
    X, y = table
    names = np.array(["setosa", "virginica", "versicolor"])[y]

    class OwnLabels(KerasClassifier):
        @property
        def target_encoder(self):
            return Unknown()

    def build():
        inputs = keras.Input((8,))
        return keras.Model(inputs, layers.Dense(3, activation="softmax")(inputs))

    params = {"loss": "sparse_categorical_crossentropy", "epochs": 30, **ADAM}
    clf = OwnLabels(build, **params).fit(X, names)
    assert clf.partial_fit(X, names, classes=np.unique(names)).score(X, names) > 0.8

    class Twice(KerasRegressor):
        @property
        def target_encoder(self):
            return FunctionTransformer(
                lambda y: np.column_stack([y, -y]), lambda p: p @ [0.5, -0.5]
            )

    def build_two():
        return keras.Sequential([keras.Input((8,)), layers.Dense(2)])

    reg = Twice(build_two, loss="mse", epochs=30, **ADAM).fit(X, X[:, 0])
    assert reg.score(X, X[:, 0]) > 0.95


def test_transfer_from_a_frozen_part(table):
    X, y = table
    body = keras.Sequential([keras.Input((8,)), layers.Dense(32, activation="relu")])
    body.trainable = False
    frozen = body.get_weights()

    def build(meta):
        return keras.Sequential(
            [body, layers.Dense(meta["n_classes_"], activation="softmax")]
        )

    params = {"loss": "sparse_categorical_crossentropy", "epochs": 30, **ADAM}
    clf = KerasClassifier(build, **params).fit(X, y)
    assert clf.score(X, y) > 0.8
    assert all(map(np.array_equal, clf.weights_[:2], frozen))


def test_a_randomized_search(table):
    X, y = table
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    clf = KerasClassifier(
        mlp, loss="sparse_categorical_crossentropy", epochs=10, dropout=0.0, **ADAM
    )
    space = {
        "optimizer__learning_rate": loguniform(0.01, 0.1),
        "model__hidden": [(8,), (16,)],
        "batch_size": [16, 32],
    }
    search = RandomizedSearchCV(clf, space, n_iter=2, cv=2, random_state=0)
    assert search.fit(X_train, y_train).score(X_test, y_test) > 0.75
