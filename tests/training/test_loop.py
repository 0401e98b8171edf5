"""Interrupts, epochs that explode, and what observers of the loop are told."""

import csv
import signal
import warnings

import keras
import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from sknets import DenseNetClassifier, SmallCNNClassifier, TextPoolClassifier
from sknets._training import dense_trainer, text_trainer

# Keras 3 reads a learning rate in a way that numpy 2 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ impl:DeprecationWarning")

CONSTANT = {"learning_rate_schedule": "constant"}
INTERRUPTED = "Training was interrupted after epoch 2 of 5"


@pytest.fixture
def sigint():
    """Ctrl-C as in a terminal: whoever starts the tests may have it ignored."""
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, handler)


@pytest.fixture
def interrupt(monkeypatch, sigint):
    """Function that makes the n-th epoch of numpy training end by Ctrl-C."""

    def in_epoch(number):
        epochs = []

        def batches_of(original):
            def batches(self, order):
                epochs.append(0)
                for n, batch in enumerate(original(self, order)):
                    if len(epochs) == number and n == 2:
                        signal.raise_signal(signal.SIGINT)
                    yield batch

            return batches

        for trainer in (dense_trainer.DenseTrainer, text_trainer.TextTrainer):
            monkeypatch.setattr(trainer, "_batches", batches_of(trainer._batches))

    return in_epoch


def test_interrupt_keeps_the_last_whole_epoch(quick, blobs, interrupt):
    X, y = blobs
    shorter = quick(DenseNetClassifier, epochs=2, **CONSTANT).fit(X, y)
    est = quick(DenseNetClassifier, **CONSTANT)
    interrupt(3)
    with pytest.warns(ConvergenceWarning, match=f"{INTERRUPTED}; .* of epoch 2"):
        assert est.fit(X, y) is est
    assert est.n_iter_ == est.best_epoch_ == 2
    assert est.history_ == shorter.history_
    np.testing.assert_array_equal(est.predict_proba(X), shorter.predict_proba(X))


def test_interrupt_keeps_the_last_whole_epoch_of_texts(interrupt):
    texts, labels = ["a good film", "a bad film"] * 20, [1, 0] * 20
    params = {"batch_size": 8, "epochs": 5, "random_state": 0, **CONSTANT}
    shorter = TextPoolClassifier(**{**params, "epochs": 2}).fit(texts, labels)
    interrupt(3)
    with pytest.warns(ConvergenceWarning, match=INTERRUPTED):
        est = TextPoolClassifier(**params).fit(texts, labels)
    for ours, theirs in zip(est.weights_, shorter.weights_, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_interrupt_of_compiled_training(quick, digits, sigint):
    X, y = digits
    shorter = quick(SmallCNNClassifier, epochs=1, warmup=0, **CONSTANT).fit(X, y)

    class Interrupt(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                signal.raise_signal(signal.SIGINT)

    est = quick(SmallCNNClassifier, warmup=0, callbacks=[Interrupt()], **CONSTANT)
    with pytest.warns(ConvergenceWarning, match="interrupted after epoch 1 of 5"):
        est.fit(X, y)
    for ours, theirs in zip(est.weights_, shorter.weights_, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_interrupt_keeps_the_best_epoch_of_early_stopping(quick, blobs, interrupt):
    X, y = blobs
    # Trained on labels that the validation rows contradict: the first is best.
    validation = {"X_val": X, "y_val": (y + 1) % 3}
    params = {"early_stopping": True, **CONSTANT}
    first = quick(DenseNetClassifier, epochs=1, **params).fit(X, y, **validation)
    interrupt(3)
    with pytest.warns(ConvergenceWarning, match=f"{INTERRUPTED}; .* of epoch 1"):
        est = quick(DenseNetClassifier, **params).fit(X, y, **validation)
    assert (est.n_iter_, est.best_epoch_) == (2, 1)
    np.testing.assert_array_equal(est.predict_proba(X), first.predict_proba(X))


def test_interrupt_before_an_epoch_is_whole_leaves_the_state(quick, blobs, interrupt):
    X, y = blobs
    est = quick(DenseNetClassifier).fit(X, y)
    before = dict(vars(est))
    interrupt(1)
    with pytest.raises(KeyboardInterrupt):
        est.fit(X + 5, y)
    assert vars(est) == before


def test_interrupt_leaves_the_state_where_its_warning_is_an_error(
    quick, blobs, interrupt
):
    X, y = blobs
    est = quick(DenseNetClassifier).fit(X, y)
    before = dict(vars(est))
    interrupt(3)
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        warnings.filterwarnings("error", "Training was interrupted")
        with pytest.raises(KeyboardInterrupt):
            est.fit(X + 5, y)
    assert vars(est) == before


def test_training_goes_on_after_an_interrupt(quick, blobs, interrupt):
    est = quick(DenseNetClassifier, warm_start=True, **CONSTANT)
    interrupt(3)
    with pytest.warns(ConvergenceWarning, match=INTERRUPTED):
        est.fit(*blobs)
    assert est.fit(*blobs).n_iter_ == 2 + 5
    assert len(est.history_["loss"]) == 7


def test_callbacks_are_told_of_the_epoch_that_explodes(quick, blobs, tmp_path):
    path = tmp_path / "log.csv"
    est = quick(
        DenseNetClassifier, optimizer="sgd", learning_rate=1e30,
        callbacks=[keras.callbacks.CSVLogger(path)], **CONSTANT,
    )  # fmt: skip
    with pytest.warns(ConvergenceWarning, match="infinite or NaN in epoch"):
        est.fit(*blobs)
    with open(path, newline="") as file:
        losses = [float(row["loss"]) for row in csv.DictReader(file)]
    np.testing.assert_array_equal(losses, est.history_["loss"])
    assert len(losses) == est.n_iter_
