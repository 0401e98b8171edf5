"""One fit of a Keras estimator: which loop trains, on which rows, told what."""

import re

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

import sknets
from sknets import KerasClassifier, KerasRegressor
from sknets._estimators import keras_fit
from sknets._estimators.held_out import split
from sknets._estimators.keras_fit import trains_itself
from tests.own_models import QUICK, build, build_numbers, one_layer, sequential


class BatchCounter(keras.callbacks.Callback):
    """A callback for batches, for which Keras' own loop trains."""

    n = 0

    def on_train_batch_end(self, batch, logs=None):
        self.n += 1


def test_a_step_of_ones_own(blobs):
    X, y = blobs

    @keras.saving.register_keras_serializable(package="test_keras_fit")
    class Counted(keras.Sequential):
        steps = 0

        def train_step(self, data):
            Counted.steps += 1
            return super().train_step(data)

    def build_counted(meta):
        return Counted(build(meta).layers)

    clf = KerasClassifier(build_counted, **{**QUICK, "epochs": 1}).fit(X, y)
    assert clf.engine_ == "keras"
    assert Counted.steps > 0


def test_hooks_of_batches(clf, blobs):
    batches = BatchCounter()
    clf.set_params(callbacks=[batches], epochs=2, batch_size=30).fit(*blobs)
    assert clf.engine_ == "keras"
    assert batches.n == 6


def test_hooks_of_epochs_steer_the_compiled_loop(clf, blobs):
    rates = []

    class Halve(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            rate = self.model.optimizer.learning_rate
            rates.append(float(rate.numpy()))
            rate.assign(rate / 2)
            self.model.stop_training = epoch == 2

    clf.set_params(callbacks=[Halve()]).fit(*blobs)
    assert clf.engine_ == "loop"
    assert rates == pytest.approx([0.05, 0.025, 0.0125])


@pytest.mark.parametrize(
    "params", [{"learning_rate_schedule": "cosine"}, {"warmup": 0.1}]
)
@pytest.mark.parametrize(
    "callback",
    [
        keras.callbacks.LearningRateScheduler(lambda epoch: 0.1),
        keras.callbacks.ReduceLROnPlateau(monitor="loss"),
    ],
)
def test_two_that_set_the_learning_rate(params, callback, clf, blobs):
    clf.set_params(callbacks=[callback], **params)
    with pytest.raises(ValueError, match=f"{type(callback).__name__} sets the learn"):
        clf.fit(*blobs)


@pytest.mark.parametrize(("freq", "gaps"), [(2, [1, 0, 1, 0]), ([1, 4], [0, 1, 1, 0])])
def test_epochs_that_are_not_validated_are_gaps(freq, gaps, clf, blobs, tmp_path):
    clf.set_params(epochs=4, validation_split=0.2, fit__validation_freq=freq)
    clf.set_params(model=sequential()).fit(*blobs)
    assert np.isnan(clf.history_["val_loss"]).tolist() == [gap == 1 for gap in gaps]
    sknets.save(clf, tmp_path / "clf.sknets")
    found = sknets.load(tmp_path / "clf.sknets").history_
    np.testing.assert_array_equal(found["val_loss"], clf.history_["val_loss"])


def test_callbacks_of_a_call_are_one_or_several(clf, blobs):
    clf.set_params(epochs=3)
    stop = keras.callbacks.EarlyStopping("loss", min_delta=99.0, patience=1)
    for given in (stop, [stop], {"stop": stop}):
        assert clf.fit(*blobs, callbacks=given).n_iter_ == 2
    for wrong in (keras.callbacks.EarlyStopping, "stop"):
        with pytest.raises(TypeError, match="given to fit must be Keras callbacks; go"):
            clf.fit(*blobs, callbacks=wrong)


def test_metrics_are_recorded_for_training_and_validation(reg, numbers):
    X, y = numbers
    reg.set_params(metrics=["mae"], validation_split=0.25, epochs=2)
    reg.fit(X, y)
    names = {"loss", "mean_absolute_error"}
    assert set(reg.history_) == names | {f"val_{name}" for name in names}


def test_early_stopping_keeps_the_best_epoch(clf, blobs):
    X, y = blobs
    clf.set_params(early_stopping=True, patience=2, epochs=60)
    clf.set_params(optimizer__learning_rate=0.5)
    clf.fit(X, y)
    assert clf.n_iter_ < 60
    best = int(np.argmin(clf.history_["val_loss"])) + 1
    assert clf.best_epoch_ == best


def test_nothing_is_printed_unless_asked(clf, blobs, capfd):
    clf.fit(*blobs)
    assert capfd.readouterr().out == ""
    clf.set_params(verbose=1, epochs=2, metrics=["accuracy"]).fit(*blobs)
    *_, last = capfd.readouterr().out.splitlines()
    history = clf.history_
    figures = f"loss {history['loss'][1]:.4f}  accuracy {history['accuracy'][1]:.4f}"
    assert re.fullmatch(rf"epoch 2/2  .+  {figures}", last)


@pytest.mark.parametrize("by_keras", [False, True])
def test_a_metric_of_several_values_is_recorded_by_value(by_keras, blobs):
    X, y = blobs
    clf = KerasClassifier(
        one_layer(),
        loss="categorical_crossentropy",
        metrics=[keras.metrics.F1Score(name="f1")],
        callbacks=[BatchCounter()] if by_keras else None,
        epochs=2,
    ).fit(X, np.eye(3, dtype=np.float32)[y])
    assert {"f1_0", "f1_1", "f1_2"} <= set(clf.history_)
    assert all(len(run) == 2 for run in clf.history_.values())


def test_which_models_train_themselves():
    class OwnStep(keras.Sequential):
        def test_step(self, data):
            return super().test_step(data)

    class OwnCall(keras.Sequential):
        def call(self, *args, **kwargs):
            return super().call(*args, **kwargs)

    assert not trains_itself(sequential())
    assert not trains_itself(OwnCall())
    assert trains_itself(OwnStep())
    model = sequential()
    model.fit = print
    assert trains_itself(model)


@pytest.mark.parametrize("params", [{"fit__steps_per_epoch": 2}, {"run_eagerly": True}])
def test_what_the_compiled_loop_cannot_do_is_left_to_keras(params, clf, blobs):
    clf.set_params(epochs=1, **params).fit(*blobs)
    assert clf.engine_ == "keras"


def test_a_split_holds_out_the_last_rows(reg, numbers):
    X, y = numbers
    reg.set_params(epochs=2, shuffle=False)
    given = reg.fit(X[:90], y[:90], X_val=X[90:], y_val=y[90:]).history_
    split = reg.set_params(validation_split=0.25).fit(X, y).history_
    assert split.keys() == given.keys() == {"loss", "val_loss"}
    assert split["val_loss"] == pytest.approx(given["val_loss"])
    with pytest.raises(ValueError, match="validation_split=0.25 of 1 rows leaves none"):
        reg.fit(X[:1], y[:1])


def test_early_stopping_in_the_loop_of_keras(clf, blobs):
    clf.set_params(early_stopping=True, patience=1, epochs=60)
    clf.set_params(optimizer__learning_rate=0.5, callbacks=[BatchCounter()])
    clf.fit(*blobs)
    assert clf.engine_ == "keras"
    assert clf.n_iter_ < 60
    assert clf.best_epoch_ == int(np.argmin(clf.history_["val_loss"])) + 1
    assert clf.partial_fit(*blobs).best_epoch_ == clf.n_iter_


def test_early_stopping_of_few_rows(clf, blobs):
    X, y = blobs
    clf.set_params(early_stopping=True, epochs=2, model=sequential())
    with pytest.raises(
        ValueError, match="fraction=0.1 cannot hold out .* 1 rows.*Give X"
    ):
        clf.fit(X[:1], y[:1])
    clf.set_params(validation_fraction=None).fit(X, y)
    assert set(clf.history_) == {"loss"}


@pytest.fixture
def splits(monkeypatch):
    """What is held out: a list of pairs of rows, as fits split them."""
    found = []

    def noted(*args, **kwargs):
        found.append(split(*args, **kwargs))
        return found[-1]

    monkeypatch.setattr(keras_fit, "split", noted)
    return found


def test_the_same_share_of_each_class_is_held_out_of_the_rows_with_weight(
    clf, blobs, splits
):
    X, y = blobs
    y = np.where(np.arange(90) < 80, 0, 1)
    weight = np.ones(90)
    weight[[3, 85]] = 0
    clf.set_params(early_stopping=True, validation_fraction=0.33, epochs=1)
    for seed in range(3):
        clf.set_params(random_state=seed).fit(X, y, weight)
    for _, held_out in splits:
        assert np.bincount(y[weight > 0][held_out]).tolist() == [27, 3]


@pytest.mark.parametrize("form", [lambda y: np.eye(2)[y], lambda y: y[:, None]])
def test_the_same_share_is_held_out_of_classes_in_columns(form, blobs, splits):
    y = np.where(np.arange(90) < 80, 0, 1)
    one_hot = form(y).shape[1] == 2
    clf = KerasClassifier(
        one_layer(*(2, "softmax") if one_hot else (1, "sigmoid")),
        loss="categorical_crossentropy" if one_hot else "binary_crossentropy",
        early_stopping=True,
        random_state=0,
    ).fit(blobs[0], form(y))
    assert np.bincount(y[splits[0][1]]).tolist() == [8, 1]
    assert clf.n_classes_ == 2


@pytest.mark.parametrize("own", [None, [BatchCounter()]])
@pytest.mark.parametrize("random_state", [3, np.random.RandomState(3)])
def test_calls_that_go_on_hold_out_the_same_rows(random_state, own, clf, blobs, splits):
    clf.set_params(early_stopping=True, warm_start=True, epochs=1, callbacks=own)
    clf.set_params(random_state=random_state).fit(*blobs).fit(*blobs)
    (_, first), (_, second) = splits
    np.testing.assert_array_equal(first, second)
    clf.set_params(random_state=None).fit(*blobs)
    assert not np.array_equal(splits[-1][1], first)


def test_a_class_that_is_held_out_whole_is_warned_of(clf, blobs):
    X, y = blobs
    y = np.where(np.arange(90) == 5, 7, y)
    clf.set_params(early_stopping=True, validation_fraction=0.9, epochs=1)
    with pytest.warns(UserWarning, match="All rows of 1 of 4 classes are held out by"):
        clf.fit(X, y)


def test_a_schedule_has_no_place_in_the_loop_of_keras(clf, blobs):
    clf.set_params(learning_rate_schedule="cosine", callbacks=[BatchCounter()])
    with pytest.raises(ValueError, match="have no effect in Keras' own loop"):
        clf.fit(*blobs)


def test_an_argument_that_fit_does_not_have(clf, blobs):
    match = "Model.fit got an unexpected keyword argument 'epoch', given as fit__epoch"
    with pytest.raises(TypeError, match=match):
        clf.set_params(fit__epoch=3).fit(*blobs)


def test_a_batch_of_all_rows(clf, blobs):
    X, y = blobs
    clf.set_params(batch_size=-1, epochs=3, warm_start=True).fit(X, y)
    assert int(clf.model_.optimizer.iterations.numpy()) == 3
    clf.set_params(model=of_two_inputs(), warm_start=False)
    with pytest.raises(ValueError, match="`batch_size=-1` requires .* several inputs"):
        clf.fit({"a": X[:, :2], "b": X[:, 2:]}, y)


def of_two_inputs():
    parts = {name: keras.Input((2,), name=name) for name in "ab"}
    joined = keras.layers.Concatenate()(list(parts.values()))
    return keras.Model(parts, keras.layers.Dense(3, activation="softmax")(joined))


@pytest.mark.parametrize("validation_weights", [None, np.ones(30)])
def test_weights_of_the_training_rows_alone(validation_weights, reg, numbers):
    X, y = numbers
    reg.set_params(epochs=2)
    reg.fit(
        X[:90],
        y[:90],
        np.full(90, 2.0),
        X_val=X[90:],
        y_val=y[90:],
        sample_weight_val=validation_weights,
    )
    error = np.mean((reg.predict(X[90:]) - y[90:]) ** 2)
    assert reg.history_["val_loss"][-1] == pytest.approx(error, rel=1e-4)


class Breaks(BatchCounter):
    def on_train_batch_end(self, batch, logs=None):
        raise RuntimeError("broken")


def test_a_failure_in_the_loop_of_keras_leaves_the_model(clf, blobs):
    clf.set_params(warm_start=True, epochs=1).fit(*blobs)
    before = clf.model_.get_weights()
    with pytest.raises(RuntimeError, match="broken"):
        clf.set_params(callbacks=[Breaks()]).fit(*blobs)
    assert all(map(np.array_equal, clf.model_.get_weights(), before))


class BreaksLater(BatchCounter):
    def on_train_batch_end(self, batch, logs=None):
        super().on_train_batch_end(batch)
        if self.n == 2:
            raise RuntimeError("broken")


@pytest.mark.parametrize("after", ["loop", "keras"])
def test_a_failure_in_the_loop_of_keras_changes_no_later_fit(after, clf, blobs):
    calm = [BatchCounter()] if after == "keras" else None
    clf.set_params(warm_start=True, epochs=1, model__dropout=0.5)
    other = clone(clf).fit(*blobs)
    clf.fit(*blobs)
    state = [variable.numpy() for variable in clf.model_.optimizer.variables]
    with pytest.raises(RuntimeError, match="broken"):
        clf.set_params(callbacks=[BreaksLater()]).fit(*blobs)
    for variable, before in zip(clf.model_.optimizer.variables, state, strict=True):
        np.testing.assert_array_equal(variable.numpy(), before)
    for fitted in (clf, other):
        fitted.set_params(callbacks=calm).fit(*blobs)
        assert fitted.engine_ == after
    assert all(map(np.array_equal, clf.weights_, other.weights_))


@pytest.mark.parametrize("by_keras", [False, True])
def test_the_best_epoch_is_the_one_that_a_callback_puts_back(by_keras, reg, numbers):
    X, y = numbers
    stopper = keras.callbacks.EarlyStopping(
        "val_loss", patience=2, restore_best_weights=True
    )
    reg.set_params(callbacks=[stopper], epochs=20, run_eagerly=by_keras)
    reg.fit(X, y, X_val=X, y_val=-y)
    assert reg.best_epoch_ == int(np.argmin(reg.history_["val_loss"])) + 1 < reg.n_iter_


def test_an_epoch_that_explodes_in_the_loop_of_keras_is_undone(reg, numbers):
    X, y = numbers
    reg.set_params(optimizer="sgd", optimizer__learning_rate=1e4, run_eagerly=True)
    with pytest.warns(ConvergenceWarning, match=r"now 10000.*optimizer__clipnorm"):
        reg.fit(X, 1000 * y)
    assert reg.engine_ == "keras"
    assert np.isfinite(reg.predict(X)).all()
    assert reg.best_epoch_ == reg.n_iter_ - 1


def test_names_of_validation_are_as_long_as_those_of_training(numbers):
    def compiled(meta):
        model = build_numbers(meta)
        model.compile("sgd", "mse", metrics=["mse"])
        return model

    reg = KerasRegressor(compiled, validation_split=0.25)
    for callbacks in (None, [keras.callbacks.TerminateOnNaN()]):
        history = reg.fit(*numbers, callbacks=callbacks).history_
        names = {"loss", "val_loss", "mean_squared_error", "val_mean_squared_error"}
        assert set(history) == names
