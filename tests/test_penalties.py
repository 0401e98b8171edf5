"""Penalties of the kernels: each step against the gradient of Keras' regularizer."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from sknets import DenseNetClassifier, SmallCNNClassifier, TextPoolClassifier

RATE = 0.5
ONE_STEP = {
    "epochs": 1,
    "optimizer": "sgd",
    "learning_rate_schedule": "constant",
    "label_smoothing": 0.0,
    "weight_decay": 0.0,
    "random_state": 0,
}
PENALTIES = {"l1": 0.02, "l2": 0.3}


def expected_step(weight):
    """What the penalties add to a step from this weight."""
    if weight.ndim == 1:
        return np.zeros_like(weight)
    variable = tf.Variable(weight)
    with tf.GradientTape() as tape:
        penalty = keras.regularizers.L1L2(**PENALTIES)(variable)
    return -RATE * tape.gradient(penalty, variable).numpy()


def check_step(make, X, y):
    def second_step(**penalties):
        net = make(learning_rate=RATE, warm_start=True).fit(X, y)
        first = net.weights_
        return first, net.set_params(**penalties).fit(X, y).weights_

    first, plain = second_step()
    _, penalised = second_step(**PENALTIES)
    assert all(weight.any() for weight in first)  # biases are zero before the first
    for start, without, with_penalty in zip(first, plain, penalised, strict=True):
        step = with_penalty - without
        np.testing.assert_allclose(step, expected_step(start), atol=2e-6)


@pytest.mark.parametrize("way", ["numpy", "compiled"], indirect=True)
def test_dense(way, quick, blobs):
    def make(**params):
        return quick(DenseNetClassifier, **{**ONE_STEP, "batch_size": 90, **params})

    check_step(make, *blobs)


def test_convolutions(quick, digits):
    def make(**params):
        fixed = {"batch_size": 200, "augment": None, "warmup": 0.0}
        return quick(SmallCNNClassifier, **{**ONE_STEP, **fixed, **params})

    check_step(make, *digits)


def test_embedding():
    def make(**params):
        fixed = {"embedding_init": "random", "width": 3, "batch_size": 40}
        return TextPoolClassifier(dense_width=4, **{**ONE_STEP, **fixed, **params})

    X, y = ["a good film", "a bad film"] * 20, [1, 0] * 20
    first = make(learning_rate=1e-30).fit(X, y).weights_
    plain = make(learning_rate=RATE).fit(X, y).weights_
    penalised = make(learning_rate=RATE, **PENALTIES).fit(X, y).weights_
    step = penalised[0][1:] - plain[0][1:]  # row 0, padding, is in no text
    np.testing.assert_allclose(step, expected_step(first[0])[1:], atol=2e-6)
    for n in (1, 2, 3, 4):
        step = penalised[n] - plain[n]
        np.testing.assert_allclose(step, expected_step(first[n]), atol=2e-6)


def test_the_gradient_is_clipped_with_the_penalties_in_it(quick, blobs):
    fixed = {**ONE_STEP, "batch_size": 90, "optimizer__global_clipnorm": 0.01}
    first = quick(DenseNetClassifier, **{**fixed, "learning_rate": 1e-30}).fit(*blobs)
    est = quick(DenseNetClassifier, **{**fixed, "learning_rate": RATE}, l2=100.0)
    steps = [
        now - then
        for now, then in zip(est.fit(*blobs).weights_, first.weights_, strict=True)
    ]
    size = np.sqrt(sum(np.square(step).sum() for step in steps))
    assert size == pytest.approx(RATE * 0.01, rel=1e-3)


def test_l1_makes_small_weights(quick, blobs):
    plain = quick(DenseNetClassifier, weight_decay=0.0, epochs=40).fit(*blobs)
    sparse = quick(DenseNetClassifier, weight_decay=0.0, epochs=40, l1=0.01)
    sparse.fit(*blobs)
    shares = [np.mean(np.abs(e.weights_[0]) < 0.02) for e in (plain, sparse)]
    assert shares[1] > shares[0] + 0.3
    assert sparse.score(*blobs) > 0.9


@pytest.mark.parametrize("name", ["l1", "l2"])
def test_negative_penalties_are_refused(blobs, name):
    with pytest.raises(ValueError, match=f"'{name}' parameter .* range \\[0.0, inf"):
        DenseNetClassifier(**{name: -0.1}).fit(*blobs)
