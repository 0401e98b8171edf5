"""Keras callbacks in `callbacks`, against files, Keras itself and direct figures."""

import csv
import gc
import pickle
import random
import weakref

import keras
import numpy as np
import pytest
from keras import callbacks as kc
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV

from sknets import DenseNetClassifier, SmallCNNClassifier, TextPoolClassifier

# Keras 3 reads a learning rate in a way that numpy 2 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ impl:DeprecationWarning")

CONSTANT = {"learning_rate_schedule": "constant"}
# One step of plain gradient descent an epoch.
FULL_BATCH = {
    "optimizer": "sgd",
    "weight_decay": 0.0,
    "dropout": 0.0,
    "label_smoothing": 0.0,
    "batch_size": 90,
    **CONSTANT,
}


@pytest.fixture
def net(quick):
    """Function that makes a quick dense classifier with these callbacks."""

    def make(*callbacks, **params):
        return quick(DenseNetClassifier, callbacks=list(callbacks), **params)

    return make


class Recorder(kc.Callback):
    """What a callback sees, in lists that all copies of it share."""

    def __init__(self):
        super().__init__()
        self.seen = []
        self.copies = []

    def __deepcopy__(self, memo):
        copied = type(self)()
        copied.seen, copied.copies = self.seen, self.copies
        self.copies.append(weakref.ref(copied))
        return copied


def rows_of(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def column(path, name):
    return [float(row[name]) for row in rows_of(path)]


def test_csv_file_equals_history(net, blobs, tmp_path):
    X, y = blobs
    path = tmp_path / "log.csv"
    clf = net(kc.CSVLogger(path)).fit(X, y, X_val=X[:30], y_val=y[:30])
    assert column(path, "epoch") == [0, 1, 2, 3, 4]
    assert set(clf.history_) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    for name, values in clf.history_.items():
        assert column(path, name) == values


def test_reduce_lr_on_plateau_trains_as_keras_does(net, blobs, tmp_path):
    X, y = blobs
    plateau = kc.ReduceLROnPlateau("loss", patience=2, min_delta=0.2, min_lr=1e-3)
    common = [plateau, kc.CSVLogger(tmp_path / "ours.csv")]
    start = []

    class Start(Recorder):
        def on_train_begin(self, logs=None):
            start.append((self.model.get_weights(), self.model.get_config()))

    clf = net(Start(), *common, epochs=12, learning_rate=0.5, **FULL_BATCH).fit(X, y)

    weights, config = start[0]
    model = keras.Model.from_config(config)
    model.set_weights(weights)
    model.compile(
        keras.optimizers.SGD(0.5),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    kept = kc.CSVLogger(tmp_path / "keras.csv")
    model.fit(X, y, batch_size=90, epochs=12, verbose=0, callbacks=[plateau, kept])

    rates = column(tmp_path / "ours.csv", "learning_rate")
    assert rates == column(tmp_path / "keras.csv", "learning_rate")
    assert rates[0] == 0.5
    assert rates[-1] < 0.01
    for name in ("loss", "accuracy"):
        keras_figures = column(tmp_path / "keras.csv", name)
        np.testing.assert_allclose(clf.history_[name], keras_figures, atol=1e-4)
    for ours, theirs in zip(clf.weights_, model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-4)


def test_learning_rate_scheduler_sets_the_rate_of_each_epoch(net, blobs, tmp_path):
    path = tmp_path / "log.csv"
    rate = [0.1, 0.05, 0.0, 0.0, 0.02]
    scheduler = kc.LearningRateScheduler(lambda epoch, _: rate[epoch])
    clf = net(scheduler, kc.CSVLogger(path), **FULL_BATCH).fit(*blobs)
    np.testing.assert_allclose(column(path, "learning_rate"), rate)
    np.testing.assert_allclose(clf.history_["learning_rate"], rate)
    # The loss of an epoch is taken before its step: two steps of rate zero.
    loss = clf.history_["loss"]
    assert loss[0] != loss[1] != loss[2]
    assert loss[2] == pytest.approx(loss[3], rel=1e-6)
    assert loss[2] == pytest.approx(loss[4], rel=1e-6)


@pytest.mark.parametrize("monitor", ["val_loss", "val_accuracy", "accuracy"])
def test_early_stopping_stops_and_restores_as_documented_by_keras(
    net, blobs, tmp_path, monitor
):
    X, y = blobs
    saved = kc.ModelCheckpoint(tmp_path / "{epoch}.weights.h5", save_weights_only=True)
    stopping = kc.EarlyStopping(monitor, patience=3, restore_best_weights=True)
    clf = net(stopping, saved, epochs=40, learning_rate=0.5)
    clf.fit(X, y, X_val=X[:30], y_val=1 - y[:30] % 2)

    values = np.array(clf.history_[monitor])
    best = values.argmax() if "accuracy" in monitor else values.argmin()
    assert clf.n_iter_ == best + 1 + 3 < 40
    assert clf.best_epoch_ == best + 1
    model = clf.model_
    model.load_weights(tmp_path / f"{best + 1}.weights.h5")
    for ours, saved_then in zip(clf.weights_, model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, saved_then)


def test_best_epoch_is_the_last_one_where_no_weights_are_restored(net, blobs):
    clf = net(kc.EarlyStopping("loss", min_delta=10, patience=2)).fit(*blobs)
    assert clf.n_iter_ == clf.best_epoch_ == 3


def test_own_early_stopping_next_to_a_callback_that_stops(net, blobs):
    X, y = blobs
    clf = net(
        kc.EarlyStopping("val_loss", min_delta=10, patience=2),
        early_stopping=True, validation_fraction=0.3, patience=20, epochs=30,
    ).fit(X, y)  # fmt: skip
    assert clf.n_iter_ == 3
    assert clf.best_epoch_ == np.argmin(clf.history_["val_loss"]) + 1


def texts():
    words = [["bright", "warm", "kind"], ["dark", "cold", "grim"]]
    rng = np.random.default_rng(0)
    y = np.tile([0, 1], 30)
    return [" ".join(rng.choice(words[label], 4)) for label in y], y


@pytest.mark.parametrize(
    "estimator", [DenseNetClassifier, SmallCNNClassifier, TextPoolClassifier]
)
def test_saved_model_predicts_as_the_estimator(estimator, tmp_path, request, quick):
    path = tmp_path / "{epoch:02d}-{loss:.2f}.keras"
    params = {"callbacks": [kc.ModelCheckpoint(path)], "epochs": 3}
    if estimator is TextPoolClassifier:
        X, y = texts()
        # Of words alone, so that the text has the one token that the model is given.
        params |= {"analyzer": "word", "ngram_range": (1, 1)}
        clf = estimator(width=4, random_state=0, **params).fit(X, y)
        inputs = np.array([[clf.vocabulary_["warm"] + 1, 0]])
        expected = clf.predict_proba(["warm"])[:, 1:]
    else:
        dense = estimator is DenseNetClassifier
        X, y = request.getfixturevalue("blobs" if dense else "digits")
        clf = quick(estimator, **params).fit(X, y)
        inputs = X[:20] if dense else X[:20].reshape(-1, 8, 8, 1)
        expected = clf.predict_proba(X[:20])
    losses = clf.history_["loss"]
    names = {f"{epoch:02d}-{loss:.2f}.keras" for epoch, loss in enumerate(losses, 1)}
    assert {file.name for file in tmp_path.iterdir()} == names
    model = keras.models.load_model(next(tmp_path.glob("03-*.keras")))
    given = model.predict(inputs, verbose=0)
    np.testing.assert_allclose(given, expected, atol=1e-5)


def test_checkpoint_keeps_the_best_epoch_only(net, blobs, tmp_path):
    X, y = blobs
    saved = kc.ModelCheckpoint(tmp_path / "best.keras", save_best_only=True)
    clf = net(saved, early_stopping=True, learning_rate=0.5).fit(X, y)
    model = keras.models.load_model(tmp_path / "best.keras")
    for ours, theirs in zip(clf.weights_, model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_terminate_on_nan(net, blobs):
    clf = net(
        kc.TerminateOnNaN(), kc.EarlyStopping("loss", restore_best_weights=True),
        optimizer="sgd", learning_rate=1e30, **CONSTANT,
    )  # fmt: skip
    with pytest.warns(ConvergenceWarning, match="infinite or NaN in epoch"):
        clf.fit(*blobs)
    assert clf.n_iter_ < 5
    assert all(np.isfinite(weight).all() for weight in clf.weights_)


def test_lambda_callback_sees_the_logs(net, blobs):
    seen = []
    callback = kc.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(logs))
    clf = net(callback).fit(*blobs)
    assert [logs["loss"] for logs in seen] == clf.history_["loss"]
    assert [logs["accuracy"] for logs in seen] == clf.history_["accuracy"]


def test_own_callback_has_the_model_of_the_epoch(net, blobs):
    X, y = blobs

    class Predict(Recorder):
        def on_epoch_end(self, epoch, logs=None):
            self.seen.append(self.model.predict(X, verbose=0))
            self.seen.append(np.asarray(self.model(X)))

        def on_train_begin(self, logs=None):
            assert isinstance(self.model, keras.Model)
            assert self.params["epochs"] == 5
            assert self.params["steps"] == 6

    recorder = Predict()
    net(recorder, **CONSTANT).fit(X, y)
    for epochs in (2, 5):
        shorter = net(epochs=epochs, **CONSTANT).fit(X, y).predict_proba(X)
        for seen in recorder.seen[2 * epochs - 2 : 2 * epochs]:
            np.testing.assert_allclose(seen, shorter, atol=1e-5)


def test_weights_set_in_a_layer_are_trained_on(net, blobs):
    class Zero(kc.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 3:
                for variable in self.model.layers[-2].weights:
                    variable.assign(np.zeros(variable.shape))

    ended = net(Zero(), epochs=4).fit(*blobs)
    assert not ended.weights_[-1].any()
    np.testing.assert_allclose(ended.predict_proba(blobs[0]), 1 / 3, atol=1e-6)
    # The next epoch starts from there: no class is preferred yet.
    assert net(Zero(), learning_rate=1e-9).fit(*blobs).history_["loss"][
        -1
    ] == pytest.approx(np.log(3), abs=1e-5)


def test_figures_that_a_callback_adds_reach_later_ones(net, blobs, tmp_path):
    class Score(kc.Callback):
        def on_epoch_end(self, epoch, logs):
            logs["score"] = [0.5, 0.9, 0.8, 0.7, 0.6][epoch]

    path = tmp_path / "log.csv"
    stopping = kc.EarlyStopping(
        "score", mode="max", patience=2, restore_best_weights=True
    )
    clf = net(Score(), kc.CSVLogger(path), stopping).fit(*blobs)
    assert column(path, "score") == [0.5, 0.9, 0.8, 0.7]
    assert clf.best_epoch_ == 2
    assert clf.history_["score"] == [0.5, 0.9, 0.8, 0.7]
    assert set(clf.history_) == {"loss", "accuracy", "score"}


def test_progbar_logger_prints_each_epoch(net, blobs, capsys):
    net(kc.ProgbarLogger(), epochs=2).fit(*blobs)
    printed = capsys.readouterr().out
    assert "Epoch 2/2" in printed
    assert printed.count("6/6") == 2


# --- What is refused -----------------------------------------------------------------


class BatchHook(kc.Callback):
    def on_train_batch_end(self, batch, logs=None):
        pass


class CheckpointWithTestHook(kc.ModelCheckpoint):
    def on_test_begin(self, logs=None):
        pass


REFUSED = {
    "a function": (print, TypeError, "must be instances of keras.callbacks.Callback"),
    "a class": (kc.CSVLogger, TypeError, "got <class 'keras.*CSVLogger'>"),
    "CallbackList": (kc.CallbackList([]), TypeError, "plain list instead"),
    "batch hook": (BatchHook(), ValueError, "BatchHook defines on_train_batch_end"),
    "test hook": (CheckpointWithTestHook("x.keras"), ValueError, "on_test_begin"),
    "LambdaCallback": (
        kc.LambdaCallback(on_train_batch_begin=print),
        ValueError,
        "LambdaCallback defines on_train_batch_begin, but each epoch runs as a whole",
    ),
    "BackupAndRestore": (
        kc.BackupAndRestore("folder"),
        ValueError,
        "BackupAndRestore works on the state of a Keras optimizer",
    ),
    "SwapEMAWeights": (kc.SwapEMAWeights(), ValueError, "SwapEMAWeights works on"),
    "save_freq": (
        kc.ModelCheckpoint("x.keras", save_freq=3),
        ValueError,
        "expected save_freq='epoch', got 3",
    ),
    "TensorBoard": (
        kc.TensorBoard("folder", update_freq="batch"),
        ValueError,
        "expected update_freq='epoch', profile_batch=0",
    ),
    "monitor": (
        kc.EarlyStopping(),
        ValueError,
        r"monitors 'val_loss', but \['loss', 'accuracy'\] is all.*give X_val and y_val",
    ),
    "unknown monitor": (
        kc.ModelCheckpoint("x.keras", monitor="f1", save_best_only=True),
        ValueError,
        "ModelCheckpoint monitors 'f1'",
    ),
    "plateau under a schedule": (
        kc.ReduceLROnPlateau("loss"),
        ValueError,
        "ReduceLROnPlateau sets .*learning_rate_schedule='cosine'. Set .*'constant'",
    ),
    "scheduler under a schedule": (
        kc.LearningRateScheduler(lambda epoch: 0.1),
        ValueError,
        "LearningRateScheduler sets the learning rate, and so does",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_at_the_start_of_fit(net, blobs, name):
    callback, error, match = REFUSED[name]
    epochs = []
    recorder = kc.LambdaCallback(on_epoch_begin=lambda epoch, logs: epochs.append(0))
    with pytest.raises(error, match=match):
        net(callback, recorder, learning_rate_schedule="cosine").fit(*blobs)
    assert not epochs


def test_callback_that_cannot_be_copied(net, blobs, tmp_path):
    with open(tmp_path / "file", "w") as file:
        callback = kc.LambdaCallback(on_epoch_end=print, file=file)
        with pytest.raises(
            TypeError, match="cannot be copied by copy.deepcopy: cannot"
        ):
            net(callback).fit(*blobs)


def test_learning_rate_assigned_under_a_schedule(net, blobs):
    class Halve(kc.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            rate = self.model.optimizer.learning_rate
            rate.assign(rate.value / 2)

    with pytest.raises(ValueError, match="A callback sets the learning rate, and so"):
        net(Halve(), learning_rate_schedule="one_cycle").fit(*blobs)
    net(Halve(), **CONSTANT).fit(*blobs)


# --- Copies, clone, pickle, failures -------------------------------------------------


def own_state(callback):
    return {k: v for k, v in vars(callback).items() if not callable(v)}


def test_callbacks_of_the_user_stay_as_they_are(net, blobs, tmp_path):
    callbacks = [
        kc.CSVLogger(tmp_path / "log.csv"),
        kc.EarlyStopping("accuracy", patience=1, restore_best_weights=True),
        kc.ReduceLROnPlateau("loss", patience=1, min_delta=10),
        kc.ModelCheckpoint(tmp_path / "x.keras"),
        kc.History(),
    ]
    before = [own_state(callback) for callback in callbacks]
    clf = net(*callbacks, **CONSTANT)
    n_iter = clf.fit(*blobs).n_iter_
    assert [own_state(callback) for callback in callbacks] == before
    # Patience and the best value start afresh, as in a new estimator.
    assert clf.fit(*blobs).n_iter_ == n_iter
    assert clf.callbacks[0] is callbacks[0]


def test_callback_that_model_fit_has_used(net, blobs):
    X, y = blobs
    stopping = kc.EarlyStopping("loss")
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(X, y, verbose=0, callbacks=[stopping])
    net(stopping).fit(X, y)
    assert stopping.model is model


def halved(epoch, rate):
    return rate / 2


@pytest.mark.parametrize("fitted", [False, True])
def test_clone_and_pickle(net, blobs, tmp_path, fitted):
    X, y = blobs
    clf = net(
        kc.CSVLogger(tmp_path / "log.csv"),
        kc.LearningRateScheduler(halved),
        kc.EarlyStopping("loss"),
        **CONSTANT,
    )
    expected = clone(clf).fit(X, y).predict_proba(X)
    if fitted:
        clf.fit(X, y)
        loaded = pickle.loads(pickle.dumps(clf))
        np.testing.assert_array_equal(loaded.predict_proba(X), expected)
    for copied in (clone(clf), pickle.loads(pickle.dumps(clf))):
        np.testing.assert_array_equal(copied.fit(X, y).predict_proba(X), expected)
        assert copied.callbacks[0] is not clf.callbacks[0]


def test_under_grid_search(net, blobs):
    search = GridSearchCV(
        net(kc.EarlyStopping("loss", min_delta=10, patience=1)),
        {"dropout": [0.0, 0.5]},
        cv=2,
        error_score="raise",
    )
    assert search.fit(*blobs).best_estimator_.n_iter_ == 2


class Failing(kc.Callback):
    error = RuntimeError

    def on_epoch_end(self, epoch, logs=None):
        if epoch == 1:
            raise self.error("stop here")


class Interrupting(Failing):
    error = KeyboardInterrupt


@pytest.mark.parametrize("callback", [Failing(), Interrupting()])
def test_fitted_state_stays_when_a_callback_fails(net, blobs, callback):
    X, y = blobs
    clf = net().fit(X, y)
    before = dict(vars(clf))
    weights = [weight.copy() for weight in clf.weights_]
    clf.set_params(callbacks=[callback], dropout=0.5)
    with pytest.raises(callback.error, match="stop here"):
        clf.fit(X, y + 10)
    changed = {"callbacks", "dropout"}
    assert vars(clf).keys() == before.keys()
    assert all(vars(clf)[k] is before[k] for k in before.keys() - changed)
    for now, then in zip(clf.weights_, weights, strict=True):
        np.testing.assert_array_equal(now, then)


def test_nothing_of_the_callbacks_is_kept(net, blobs):
    recorder = Recorder()
    attributes = vars(net().fit(*blobs)).keys()
    clf = net(recorder).fit(*blobs)
    gc.collect()
    assert [reference() for reference in recorder.copies] == [None]
    assert vars(clf).keys() == attributes


def test_callbacks_change_neither_the_weights_nor_the_global_generators(
    net, blobs, tmp_path
):
    def global_states():
        legacy = np.random.get_state()  # noqa: NPY002
        return random.getstate(), legacy[1].tolist(), legacy[2:]

    before = global_states()
    watched = net(kc.CSVLogger(tmp_path / "x.csv"), kc.EarlyStopping("loss"), epochs=4)
    plain = net(epochs=4).fit(*blobs)
    for ours, theirs in zip(watched.fit(*blobs).weights_, plain.weights_, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert global_states() == before


def test_epochs_of_partial_fit_count_on(net, blobs, tmp_path):
    X, y = blobs
    path = tmp_path / "log.csv"
    rates = kc.LearningRateScheduler(lambda epoch, _: [0.1, 0.01, 0.0][epoch])
    clf = net(rates, kc.CSVLogger(path, append=True), epochs=1)
    for _ in range(3):
        before = clf.weights_ if hasattr(clf, "weights_") else None
        clf.partial_fit(X, y, X_val=X[:9], y_val=y[:9])
    assert column(path, "epoch") == [0, 1, 2]
    np.testing.assert_allclose(column(path, "learning_rate"), [0.1, 0.01, 0.0])
    assert column(path, "val_loss") == clf.history_["val_loss"]
    assert clf.n_iter_ == clf.best_epoch_ == 3
    for now, then in zip(clf.weights_, before, strict=True):  # the rate was 0
        np.testing.assert_array_equal(now, then)


def test_frozen_layer_is_refused(net, blobs):
    class Freeze(kc.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.layers[-2].trainable = False

    with pytest.raises(ValueError, match="set trainable=False .* changes all layers"):
        net(Freeze()).fit(*blobs)


def test_callbacks_monitor_scores(net, blobs):
    X, y = blobs
    stopping = kc.EarlyStopping("val_f1_macro", patience=2, restore_best_weights=True)
    clf = net(stopping, scoring=["f1_macro"], epochs=20)
    clf.fit(X, y, X_val=X[:30], y_val=1 - y[:30] % 2)
    scores = clf.history_["val_f1_macro"]
    assert clf.best_epoch_ == np.argmax(scores) + 1
    assert clf.n_iter_ == clf.best_epoch_ + 2


def test_epochs_of_a_warm_start_count_from_zero(net, blobs):
    epochs = []
    callback = kc.LambdaCallback(on_epoch_end=lambda epoch, logs: epochs.append(epoch))
    stopping = kc.EarlyStopping("loss", restore_best_weights=True)
    clf = net(callback, stopping, warm_start=True, epochs=2).fit(*blobs)
    clf.fit(*blobs)
    assert epochs == [0, 1, 0, 1]
    assert clf.n_iter_ == 4
    assert clf.best_epoch_ == 3 + np.argmin(clf.history_["loss"][2:])


def test_what_is_printed_is_the_epoch_that_a_callback_restores(capsys):
    stopping = kc.EarlyStopping(
        "loss", patience=2, min_delta=100.0, restore_best_weights=True
    )
    net = DenseNetClassifier(4, epochs=9, random_state=0, callbacks=[stopping])
    X = np.random.default_rng(0).normal(size=(40, 3))
    net.set_params(verbose=1).fit(X, X[:, 0] > 0)
    assert net.best_epoch_ == 1
    assert "after epoch 3; the weights of epoch 1 are kept" in capsys.readouterr().out
