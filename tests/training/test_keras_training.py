"""Epochs of Keras models against Model.fit, and what a failure leaves."""

import keras
import numpy as np
import pytest
import scipy.sparse as sp
from keras import callbacks as kc
from keras import layers
from sklearn.exceptions import ConvergenceWarning

from sknets._keras.copies import NotCopiedError, copy_model
from sknets._training import keras_training
from sknets._training.keras_training import Plan, Rows, has_batch_hooks, to_keras, train

# Keras 3 reads a learning rate in a way that numpy 2 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ impl:DeprecationWarning")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(30, 3)).astype(np.float32)
Y = (X @ [[1.0], [-2.0], [0.5]]).astype(np.float32)
W = RNG.uniform(0.5, 2, 30).astype(np.float32)
VALIDATION = Rows(X[:7], -Y[:7])


def compiled(rate=0.05, **params):
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((3,)), layers.Dense(4, activation="tanh"), layers.Dense(1)]
    )
    model.compile(keras.optimizers.SGD(rate, **params), "mse", weighted_metrics=["mae"])
    model.optimizer.build(model.trainable_variables)
    return model


def run(model, epochs=4, rows=None, plan=None, **others):
    plan = {
        "batch_size": 8,
        "validation_batch_size": 5,
        "shuffle": False,
        **(plan or {}),
    }
    rows = Rows(X, Y) if rows is None else rows
    return train(model, rows, Plan(epochs, **plan), np.random.default_rng(0), **others)


class Watcher(kc.Callback):
    """Numbers of the epochs, and the weights after each."""

    def __init__(self):
        super().__init__()
        self.epochs, self.weights = [], []

    def on_epoch_end(self, epoch, logs=None):
        self.epochs.append(epoch)
        self.weights.append(self.model.get_weights())


class Told:
    """An observer that writes down what it is told."""

    def __init__(self):
        self.steps, self.ends = [], []

    def on_train_begin(self, watched):
        self.watched = watched

    def on_epoch_begin(self, epoch):
        pass

    def on_steps(self, epoch, n_done):
        self.steps.append((epoch, n_done))

    def on_epoch_end(self, epoch, logs):
        self.ends.append(epoch)

    def on_train_end(self):
        pass


# --- Training ------------------------------------------------------------------------


def assert_same_weights(one, other, **tolerances):
    for a, b in zip(one, other, strict=True):
        np.testing.assert_allclose(a, b, **tolerances)


@pytest.mark.parametrize("weights", [None, W])
def test_epochs_are_those_of_keras(weights):
    ours, theirs = compiled(momentum=0.9), compiled(momentum=0.9)
    validation = [part[:7] for part in (-X, Y, weights) if part is not None]
    rows = Rows(X, Y, weights)
    outcome = run(ours, rows=rows, validation=Rows(*validation))
    expected = theirs.fit(
        X, Y, batch_size=8, epochs=4, shuffle=False, verbose=0, sample_weight=weights,
        validation_data=tuple(validation), validation_batch_size=5,
    ).history  # fmt: skip
    assert outcome.history.keys() == expected.keys()
    for name, figures in expected.items():
        np.testing.assert_allclose(outcome.history[name], figures, rtol=1e-4)
    assert_same_weights(ours.get_weights(), theirs.get_weights(), atol=1e-5)
    assert int(ours.optimizer.iterations.numpy()) == 4 * 4


@pytest.mark.parametrize("every", [None, 3])
def test_averages_of_the_weights_take_their_place_at_the_end(every):
    options = {"use_ema": True, "ema_momentum": 0.8, "ema_overwrite_frequency": every}
    ours, theirs = compiled(**options), compiled(**options)
    run(ours)
    theirs.fit(X, Y, epochs=4, batch_size=8, shuffle=False, verbose=0)
    assert_same_weights(ours.get_weights(), theirs.get_weights(), rtol=1e-5, atol=1e-6)


def test_the_best_epoch_is_the_one_that_a_callback_puts_back():
    stopper = kc.EarlyStopping("val_loss", patience=2, restore_best_weights=True)
    outcome = run(compiled(), validation=VALIDATION, callbacks=[stopper])
    assert outcome.best_epoch == stopper.best_epoch + 1 < len(outcome.history["loss"])


def test_rows_that_are_handed_over_in_parts_train_the_same(monkeypatch):
    whole, parts, told = compiled(), compiled(), Told()
    expected = run(whole, epochs=2).history
    monkeypatch.setattr(keras_training, "CHUNK_BYTES", 2 * 8 * 4 * 4)  # two batches
    outcome = run(parts, epochs=2, observers=[told])
    np.testing.assert_allclose(outcome.history["loss"], expected["loss"], rtol=1e-5)
    assert_same_weights(parts.get_weights(), whole.get_weights(), atol=1e-6)
    assert told.steps == [(0, 2), (0, 4), (1, 2), (1, 4)]


def test_the_order_of_the_rows_is_drawn_from_the_generator():
    def losses(shuffle):
        return run(compiled(), plan={"shuffle": shuffle}).history["loss"]

    assert losses(True) == losses(True) != losses(False)


@pytest.mark.parametrize("chunk_bytes", [1, 2**20])
def test_each_step_has_its_rate_and_the_rate_of_the_model_stays(
    chunk_bytes, monkeypatch
):
    """Two steps an epoch, on a loss whose slope is 1: the steps are the rates."""
    monkeypatch.setattr(keras_training, "CHUNK_BYTES", chunk_bytes)
    model, watcher = compiled(), Watcher()
    model.compile(keras.optimizers.SGD(0.5), lambda y, z: z)
    model.optimizer.build(model.trainable_variables)
    plan = {"batch_size": 15, "learning_rate_schedule": "cosine"}
    run(model, epochs=2, plan=plan, callbacks=[watcher])
    biases = [0.0, *(weights[-1].item() for weights in watcher.weights)]
    factors = (1 + np.cos(np.pi * np.arange(4) / 4)) / 2
    expected = -0.5 * factors.reshape(2, 2).sum(axis=1)
    np.testing.assert_allclose(np.diff(biases), expected, rtol=1e-5)
    assert float(model.optimizer.learning_rate.numpy()) == 0.5


def test_early_stopping_waits_and_puts_the_best_epoch_back():
    model, watcher = compiled(), Watcher()
    plan = {"early_stopping": True, "patience": 3}
    outcome = run(model, 40, plan=plan, validation=VALIDATION, callbacks=[watcher])
    best = int(np.argmin(outcome.history["val_loss"]))
    assert outcome.best_epoch == best + 1
    assert watcher.epochs[-1] == best + 3
    assert_same_weights(model.get_weights(), watcher.weights[best], rtol=0)


def test_later_epochs_are_counted_on_for_callbacks_and_anew_for_observers():
    watcher, told = Watcher(), Told()
    plan = {"initial_epoch": 3}
    outcome = run(compiled(), 5, plan=plan, callbacks=[watcher], observers=[told])
    assert watcher.epochs == [3, 4]
    assert told.ends == [0, 1]
    assert told.watched.settings.epochs == told.watched.best_epoch == 2
    assert outcome.best_epoch == 5


# --- Failures ------------------------------------------------------------------------


class OfAFunction(keras.Model):
    """A model that Keras cannot describe, so that it is trained itself."""

    def __init__(self, change):
        super().__init__()
        self.change, self.dense = change, layers.Dense(1)

    def call(self, x):
        return self.dense(self.change(x))


def without_copies():
    model = OfAFunction(lambda x: keras.ops.cos(x))
    model.compile(keras.optimizers.SGD(0.05, momentum=0.9), "mse")
    model(X[:1])
    model.optimizer.build(model.trainable_variables)
    with pytest.raises(NotCopiedError):
        copy_model(model)
    return model


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
@pytest.mark.parametrize("make", [compiled, without_copies])
def test_a_callback_that_fails_leaves_the_model_as_it_was(make, error):
    class Fails(Watcher):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 1:
                raise error("stop here")

    model, fails = make(), Fails()
    run(model, epochs=1)
    weights = model.get_weights()
    state = [variable.numpy() for variable in model.optimizer.variables]
    with pytest.raises(error, match="stop here"):
        run(model, callbacks=[fails])
    assert_same_weights(model.get_weights(), weights, rtol=0)
    for variable, before in zip(model.optimizer.variables, state, strict=True):
        np.testing.assert_array_equal(variable.numpy(), before)
    assert fails.model is model


def test_an_epoch_that_explodes_is_undone_and_the_last_one():
    class Explodes(Watcher):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                self.model.optimizer.learning_rate.assign(1e30)

    model, watcher = compiled(), Explodes()
    with pytest.warns(ConvergenceWarning, match="infinite or NaN in epoch 3; training"):
        outcome = run(model, 9, callbacks=[watcher])
    assert watcher.epochs == [0, 1, 2]
    assert outcome.best_epoch == 2
    assert_same_weights(model.get_weights(), watcher.weights[1], rtol=0)


# --- Rows and callbacks --------------------------------------------------------------


def test_rows_of_nested_arrays():
    x = {"a": X[:, :1], "b": [sp.csr_array(X[:, 1:]), np.array(["x", "y"] * 15)]}
    rows = Rows(x, (Y, Y > 0), W)
    assert len(rows) == 30
    given, (y, sign), w = rows.dense(np.array([4, 2]))
    np.testing.assert_array_equal(given["a"], X[[4, 2], :1])
    np.testing.assert_array_equal(given["b"][0], X[[4, 2], 1:])
    assert given["b"][1].tolist() == ["x", "x"]
    np.testing.assert_array_equal(y, Y[[4, 2]])
    np.testing.assert_array_equal(sign, (Y > 0)[[4, 2]])
    np.testing.assert_array_equal(w, W[[4, 2]])


@pytest.mark.parametrize(
    ("given", "dtype"),
    [
        (np.ones(2), np.float32),
        (np.ones(2, np.float16), np.float32),
        (np.ones(2, np.int64), np.int64),
        (np.ones(2, np.uint8), np.uint8),
        (np.ones(2, bool), np.int8),
        (np.array(["a", "bc"]), object),
        (sp.csr_array(np.eye(2)), np.float32),
    ],
)
def test_types_that_models_take(given, dtype):
    assert to_keras(given).dtype == dtype


class OfBatches(kc.Callback):
    def on_train_batch_end(self, batch, logs=None):
        pass


@pytest.mark.parametrize(
    ("callback", "expected"),
    [
        (Watcher(), False),
        (OfBatches(), True),
        (kc.EarlyStopping("loss"), False),
        (kc.ReduceLROnPlateau("loss"), False),
        (kc.CSVLogger("x.csv"), False),
        (kc.ModelCheckpoint("x.keras"), False),
        (kc.ModelCheckpoint("x.keras", save_freq=3), True),
        (kc.TensorBoard("folder"), True),
        (kc.BackupAndRestore("folder"), True),
        (kc.LambdaCallback(on_epoch_end=print), False),
        (kc.LambdaCallback(on_train_batch_end=print), True),
    ],
)
def test_callbacks_for_the_middle_of_an_epoch(callback, expected):
    assert has_batch_hooks([kc.History(), callback]) == expected
