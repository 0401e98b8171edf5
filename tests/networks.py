"""What the tests of training share: small networks, targets, steps."""

import keras
import numpy as np
import pytest

from sknets._core import prediction, scaling
from sknets._core.network import Network
from sknets._core.objectives import CLASS_OBJECTIVES, Multiclass
from sknets._training import dense_trainer, loop
from sknets._training.data import TrainingData
from sknets._training.loop import Settings, train
from sknets._training.optimizers import make_optimizer
from sknets._training.tensorflow import trainer
from sknets.architectures import to_keras

BOTH_WAYS = pytest.mark.parametrize("way", ["numpy", "compiled"], indirect=True)
N_OUTPUTS = {"binary": 1, "multiclass": 3, "multilabel-indicator": 3}


def chain(layers, shape):
    return Network(tuple(layers), shape)


def patch_epochs(monkeypatch, replace):
    """Put something in the place of the method that runs an epoch."""
    for kind in (trainer.TensorFlowTrainer, dense_trainer.DenseTrainer):
        monkeypatch.setattr(kind, "run_epoch", replace(kind.run_epoch))


def random_weights(network, shape, seed=0):
    rng = np.random.default_rng(seed)
    return [
        rng.normal(size=s, scale=0.5).astype(np.float32)
        for s in chain(network, shape).weight_shapes()
    ]


def random_target(kind, n_rows, rng):
    if kind == "multiclass":
        return rng.integers(0, 3, n_rows).astype(np.int32)
    return rng.integers(0, 2, (n_rows, N_OUTPUTS[kind])).astype(np.float32)


def training_data(X, y, kind, w=None):
    w = np.ones_like(y, np.float32) if w is None else w
    return TrainingData(
        X, np.arange(len(X)), y, w, CLASS_OBJECTIVES[kind], scaling.identity()
    )


def step(network, shape, weights, data, *, learning_rate=0.1, smoothing=0.0, seed=0):
    """One step of gradient descent on all rows."""
    settings = Settings(
        epochs=1,
        batch_size=len(data),
        optimizer=make_optimizer("sgd", learning_rate, None, {}),
        label_smoothing=smoothing,
    )
    rng = np.random.default_rng(seed)
    return train(chain(network, shape), weights, data, settings, rng)


def assert_all_equal(arrays_a, arrays_b):
    for a, b in zip(arrays_a, arrays_b, strict=True):
        np.testing.assert_array_equal(a, b)


def assert_same_weights(a, b):
    """Two fitted estimators have the same weights, to the bit."""
    assert_all_equal(a.weights_, b.weights_)


def generator():
    return np.random.default_rng(0)


def spy_on_split(monkeypatch):
    """Numbers of the rows of each data set that training gets."""
    seen = {}
    original = loop.train

    def train(network, weights, data, *args, validation=None, **kwargs):
        seen["train"] = data.index
        seen["validation"] = None if validation is None else validation.index
        return original(network, weights, data, *args, validation=validation, **kwargs)

    monkeypatch.setattr(loop, "train", train)
    return seen


def moderate_weights(network, shape, rng):
    """Weights with biases other than zero, of a size that keeps outputs near one."""
    return [
        rng.normal(size=s, scale=max(1, np.prod(s[:-1])) ** -0.5).astype(np.float32)
        for s in chain(network, shape).weight_shapes()
    ]


def keras_logits(network, shape, weights, rows):
    model = to_keras(chain(network, shape), Multiclass())
    model.set_weights(weights)
    return keras.Model(model.input, model.layers[-1].input)(rows).numpy()


def assert_equals_keras(network, shape, seed=0, n_rows=5):
    """Predictions in NumPy are those of the Keras model, and leave the rows alone."""
    rng = np.random.default_rng(seed)
    weights = moderate_weights(network, shape, rng)
    rows = rng.normal(size=(n_rows, *shape)).astype(np.float32)
    before = rows.copy()
    ours = prediction.logits(chain(network, shape), weights, rows.__getitem__, n_rows)
    np.testing.assert_array_equal(rows, before)
    expected = keras_logits(network, shape, weights, rows)
    assert ours.dtype == np.float32
    assert ours.shape == expected.shape
    np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=3e-6)
