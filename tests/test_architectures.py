"""The build functions, by themselves and as `model=` of scikeras."""

import random
from functools import partial

import keras
import numpy as np
import pytest
from scikeras.utils.random_state import tf_disable_op_determinism
from scikeras.wrappers import KerasClassifier

from sknets._core.build import cnn_layers, dense_layers
from sknets._core.network import Network
from sknets._core.objectives import CLASS_OBJECTIVES
from sknets._core.probabilities import softmax
from sknets._core.scaling import identity
from sknets.architectures import dense_net, fitted_model, small_cnn, text_pool

MULTICLASS = CLASS_OBJECTIVES["multiclass"]


@pytest.fixture(autouse=True)
def _no_op_determinism():
    """Undo what the first `random_state` in scikeras can leave on for the process."""
    yield
    tf_disable_op_determinism()


def meta(n_features=None, shape=None, n_classes=3, target_type="multiclass"):
    return {
        "n_features_in_": n_features,
        "X_shape_": (5, *(shape or ())),
        "n_classes_": n_classes,
        "target_type_": target_type,
    }


# --- The functions by themselves -----------------------------------------------------


@pytest.mark.parametrize(
    ("build", "n_parameters"),
    [
        (lambda m: dense_net(m, width=(256, 128, 64)), 242_762),
        (lambda m: small_cnn(m, width=(32, 64, 128)), 104_202),
        (lambda m: text_pool(m, vocabulary_size=1000, width=16), 16_000 + 170),
    ],
    ids=["dense", "cnn", "text"],
)
def test_parameters_are_those_of_the_textbook_networks(build, n_parameters):
    model = build(meta(784, (28, 28), n_classes=10))
    assert model.count_params() == n_parameters
    assert not model.compiled


@pytest.mark.parametrize(
    ("build", "name", "value"),
    [
        (small_cnn, "padding", "auto"),
        (small_cnn, "normalization", "auto"),
        (small_cnn, "normalization", "layer"),
        (small_cnn, "average_mirrored", "auto"),
        (partial(text_pool, vocabulary_size=9), "pooling", "auto"),
    ],
)
def test_other_values_are_refused_by_name(build, name, value):
    with pytest.raises(ValueError, match=f"{name} must be one of .*; got '{value}'"):
        build(meta(64, (8, 8)), **{name: value})


@pytest.mark.parametrize(
    ("target_type", "n_classes", "n_units", "last"),
    [
        ("binary", 2, 1, "sigmoid"),
        ("multiclass", 3, 3, "softmax"),
        ("multilabel-indicator", 3, 3, "sigmoid"),
    ],
)
def test_output_follows_the_target(target_type, n_classes, n_units, last):
    model = dense_net(meta(4, (4,), n_classes, target_type))
    assert model.output_shape == (None, n_units)
    assert model.layers[-1].get_config()["activation"] == last


@pytest.mark.parametrize("shape", [(16,), (4, 4), (4, 4, 1)])
def test_small_cnn_takes_rows_of_the_shape_in_meta(shape):
    model = small_cnn(meta(shape=shape), width=(2, 3))
    assert model.input_shape == (None, *shape)
    assert model(np.zeros((2, *shape))).shape == (2, 3)


def test_small_cnn_reads_flat_rows_with_image_shape():
    model = small_cnn(meta(shape=(24,)), width=2, image_shape=(3, 4, 2), padding="same")
    assert model.layers[1].output.shape == (None, 3, 4, 2)


@pytest.mark.parametrize("activation", ["relu", "gelu", "selu"])
def test_cnn_equals_the_numpy_forward_pass(activation):
    layers = cnn_layers(
        (6, 5, 2), ((2, 3), 4), 0.3, activation, 3, "same", True, (5,), 3
    )
    network = Network(tuple(layers), (6, 5, 2))
    rng = np.random.default_rng(0)
    weights = network.initial_weights(rng)
    images = rng.normal(size=(4, 6, 5, 2)).astype(np.float32)
    model = fitted_model(network, weights, identity(), MULTICLASS)
    expected = softmax(network.predict(weights, images))
    np.testing.assert_allclose(model(images), expected, atol=1e-6)


def test_only_layers_that_keras_ships():
    models = [
        dense_net(meta(4), dropout=0.1),
        small_cnn(meta(shape=(4, 4)), dropout=0.1),
        text_pool(meta(), vocabulary_size=5, pooling="mean_max"),
    ]
    layers = [layer for model in models for layer in model.layers]
    assert all(type(layer).__module__.startswith("keras.") for layer in layers)
    assert all(
        isinstance(layer, keras.layers.Layer)
        for model in models
        for layer in model.operations
    )


def test_fitted_model_leaves_random_state_alone():
    network = Network(tuple(dense_layers((4,), 0.5, "relu", 2)), (3,))
    weights = network.initial_weights(np.random.default_rng(0))
    random.seed(0)
    before = random.getstate()
    fitted_model(network, weights, identity(), MULTICLASS)
    assert random.getstate() == before


# --- In scikeras ---------------------------------------------------------------------


def dense_rows(y):
    rng = np.random.default_rng(0)
    return np.hstack([y, 1 - y]) + rng.normal(0, 0.1, (len(y), 2 * y.shape[1]))


def images(y):
    """4 x 4 images with a bright quarter for each label."""
    quarters = np.kron(np.pad(y, [(0, 0), (0, 4 - y.shape[1])]), np.ones((1, 4)))
    order = np.arange(16).reshape(2, 2, 2, 2).swapaxes(1, 2).ravel()
    return quarters[:, np.argsort(order)].reshape(-1, 4, 4)


def token_numbers(y):
    """Token 1 + label for each label of a text, then padding; 8 is in every text."""
    tokens = np.where(y, 1 + np.arange(y.shape[1]), 0)
    return np.hstack([tokens, np.full((len(y), 1), 8), np.zeros((len(y), 2))])


CASES = {
    "dense": (dense_net, dense_rows, {"width": (8,)}),
    "cnn": (small_cnn, images, {"width": (4, 8), "dense_width": 8}),
    "text": (text_pool, token_numbers, {"vocabulary_size": 9, "pooling": "mean_max"}),
}


def wrapped(build, loss, **params):
    return KerasClassifier(
        model=build,
        loss=loss,
        optimizer="adam",
        optimizer__learning_rate=0.1,
        epochs=5,
        batch_size=15,
        random_state=0,
        verbose=0,
        **{f"model__{name}": value for name, value in params.items()},
    )


@pytest.mark.parametrize("name", CASES)
def test_scikeras_multiclass(name):
    build, make, params = CASES[name]
    labels = np.arange(60) % 3
    y = np.array(["ant", "bee", "cat"])[labels]
    X = make(np.eye(3)[labels])
    clf = wrapped(build, "sparse_categorical_crossentropy", **params)
    clf.fit(X, y)
    assert np.mean(clf.predict(X) == y) > 0.8
    proba = clf.predict_proba(X)
    assert proba.shape == (60, 3)
    np.testing.assert_allclose(proba.sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("name", CASES)
def test_scikeras_binary(name):
    build, make, params = CASES[name]
    y = np.where(np.arange(60) % 3 == 0, "no", "yes")
    X = make((y == "yes").reshape(-1, 1).astype(float))
    clf = wrapped(build, "binary_crossentropy", **params).fit(X, y)
    assert clf.model_.output_shape == (None, 1)
    assert np.mean(clf.predict(X) == y) > 0.8
    assert clf.predict_proba(X).shape == (60, 2)


@pytest.mark.parametrize("name", CASES)
def test_scikeras_multilabel(name):
    build, make, params = CASES[name]
    y = np.random.default_rng(1).integers(0, 2, (60, 3))
    clf = wrapped(build, "binary_crossentropy", **params).fit(make(y), y)
    assert np.mean(clf.predict(make(y)) == y) > 0.8


def test_scikeras_flat_images():
    labels = np.arange(60) % 3
    X = images(np.eye(3)[labels]).reshape(60, 16)
    clf = wrapped(small_cnn, "sparse_categorical_crossentropy", width=4)
    clf.set_params(model__image_shape=(2, 8), epochs=2).fit(X, labels)
    assert clf.model_.layers[1].output.shape == (None, 2, 8, 1)
