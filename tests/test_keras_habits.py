"""What people do with Keras models, and what they are told where it does not fit."""

import pickle

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

import sknets
from sknets import KerasClassifier, KerasRegressor

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4)).astype(np.float32)
BINARY = np.where(X[:, 0] > 0, "yes", "no")
THREE = np.array(["a", "b", "c"])[np.digitize(X[:, 0], [-0.5, 0.5])]


def dense(units, activation, *, n_features=4):
    last = keras.layers.Dense(units, activation=activation, kernel_initializer="zeros")
    return keras.Sequential([keras.Input((n_features,)), last])


def classifier(model=None, **params):
    defaults = {"loss": "sparse_categorical_crossentropy", "epochs": 1}
    model = dense(3, "softmax") if model is None else model
    return KerasClassifier(model, random_state=0, **{**defaults, **params})


# --- Shapes and losses ---------------------------------------------------------------


def test_rows_of_another_shape_than_the_model_takes():
    match = r"The model takes rows of shape \(7,\), but X has rows of shape \(4,\)"
    with pytest.raises(ValueError, match=match):
        classifier(dense(3, "softmax", n_features=7)).fit(X, THREE)


def test_two_classes_and_two_units_with_categorical_crossentropy():
    net = classifier(dense(2, "softmax"), loss="categorical_crossentropy", epochs=40)
    net.set_params(optimizer="adam", optimizer__learning_rate=0.1).fit(X, BINARY)
    assert net.score(X, BINARY) > 0.9
    assert net.predict_proba(X).shape == (60, 2)


def test_two_classes_and_one_unit_with_categorical_crossentropy():
    with pytest.raises(ValueError, match="takes one for each class: use Dense"):
        classifier(dense(1, "sigmoid"), loss="categorical_crossentropy").fit(X, BINARY)


@pytest.mark.parametrize("wrapper", [KerasClassifier, KerasRegressor])
def test_a_missing_loss_is_asked_for_by_name(wrapper):
    match = rf"You must provide a loss: {wrapper.__name__}\(\.\.\., loss="
    with pytest.raises(ValueError, match=match):
        wrapper(dense(1, None), loss=None).fit(X, X[:, 0] > 0)


# --- Class weights -------------------------------------------------------------------


def test_class_weights_of_one_hot_rows_go_by_column():
    one_hot = pd.get_dummies(THREE).to_numpy(np.float32)
    params = {"loss": "categorical_crossentropy", "optimizer": "sgd"}
    model = dense(3, "softmax")
    plain = classifier(model, **params).fit(X, one_hot)
    ones = dict.fromkeys(range(3), 1.0)
    equal = classifier(model, class_weight=ones, **params).fit(X, one_hot)
    np.testing.assert_allclose(
        equal.predict_proba(X), plain.predict_proba(X), rtol=1e-5
    )
    only_last = classifier(class_weight={0: 0.0, 1: 0.0, 2: 1.0}, epochs=40, **params)
    only_last.set_params(optimizer__learning_rate=0.5).fit(X, one_hot)
    assert only_last.predict(X)[:, 2].mean() > 0.7


def test_class_weights_of_labels_that_are_not_there():
    match = r"class_weight has the keys \['x', 'y'\], but the classes of y are"
    with pytest.raises(ValueError, match=match):
        classifier(class_weight={"x": 1.0, "y": 2.0}).fit(X, THREE)


# --- Streams -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "remedy"),
    [
        (lambda: iter([(X, THREE)]), r"collect its rows first, list\(X\)"),
        (lambda: ((X, THREE) for _ in range(2)), r"collect its rows first, list\(X\)"),
        (
            lambda: tf.data.Dataset.from_tensor_slices((X, X[:, 0])).batch(8),
            r"join its batches, np.concatenate\(",
        ),
    ],
    ids=["iterator", "generator", "Dataset"],
)
def test_streams_are_refused_with_the_way_to_go(make, remedy):
    what = "X must be an array, a frame, or several arrays in a dict or list, got .*"
    with pytest.raises(TypeError, match=what + remedy):
        classifier().fit(make())
    fitted = classifier().fit(X, THREE)
    with pytest.raises(TypeError, match=what + remedy):
        fitted.predict(make())


# --- Metrics -------------------------------------------------------------------------


def test_metrics_keep_their_names_from_fit_to_fit():
    names = set()
    for _ in range(2):
        net = classifier(
            dense(1, "sigmoid"), loss="binary_crossentropy", metrics=["AUC"]
        )
        names |= set(net.fit(X, BINARY).history_)
    assert names == {"loss", "auc"}


def test_two_metrics_of_a_kind_keep_their_numbers():
    metrics = [keras.metrics.AUC(name="auc"), keras.metrics.AUC(name="auc_2")]
    net = classifier(dense(1, "sigmoid"), loss="binary_crossentropy", metrics=metrics)
    assert {"auc", "auc_2"} <= set(net.fit(X, BINARY).history_)


@pytest.mark.parametrize("by_keras", [False, True])
def test_a_metric_of_several_values_is_recorded_by_value(by_keras):
    one_hot = pd.get_dummies(THREE).to_numpy(np.float32)
    callbacks = [BatchCounter()] if by_keras else None
    net = classifier(
        loss="categorical_crossentropy",
        metrics=[keras.metrics.F1Score(name="f1")],
        callbacks=callbacks,
        epochs=2,
    ).fit(X, one_hot)
    assert {"f1_0", "f1_1", "f1_2"} <= set(net.history_)
    assert all(len(run) == 2 for run in net.history_.values())


class BatchCounter(keras.callbacks.Callback):
    """A callback for batches, for which Keras' own loop trains."""

    def on_train_batch_end(self, batch, logs=None):
        pass


# --- Texts ---------------------------------------------------------------------------


def test_texts_of_a_model_that_looks_words_up(tmp_path):
    words = np.array([["red"], ["blue"], ["green"]] * 20, dtype=object)
    lookup = keras.layers.StringLookup(output_mode="one_hot")
    lookup.adapt(words)
    model = keras.Sequential([
        keras.Input((1,), dtype="string"),
        lookup,
        keras.layers.Dense(3, activation="softmax"),
    ])  # fmt: skip
    net = classifier(model, epochs=60, optimizer="adam", optimizer__learning_rate=0.1)
    net.fit(words, words[:, 0])
    assert net.score(words, words[:, 0]) == 1
    copy = pickle.loads(pickle.dumps(net))
    np.testing.assert_array_equal(copy.predict(words), words[:, 0])
    sknets.save(net, tmp_path / "net.sknets")
    loaded = sknets.load(tmp_path / "net.sknets")
    np.testing.assert_array_equal(loaded.predict(words), words[:, 0])
