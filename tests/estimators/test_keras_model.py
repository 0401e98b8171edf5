"""BaseWrapper: the steps of a fit of a Keras estimator, and what a failure leaves."""

import pickle
import random
from collections import OrderedDict

import cloudpickle
import keras
import numpy as np
import pytest
from sklearn.base import is_classifier, is_regressor
from sklearn.exceptions import NotFittedError

import sknets
from sknets import KerasClassifier, KerasRegressor
from sknets._training.tensorflow import keras_program
from sknets.wrappers import BaseWrapper
from tests.own_models import QUICK, build, build_numbers, sequential

Schedule = keras.optimizers.schedules.ExponentialDecay


class BatchCounter(keras.callbacks.Callback):
    """A callback for batches, for which Keras' own loop trains."""

    n = 0

    def on_train_batch_end(self, batch, logs=None):
        self.n += 1


class TestFit:
    def test_scikit_learn_sees_what_they_are(self, clf, reg):
        assert is_classifier(clf)
        assert is_regressor(reg)

    def test_one_step_of_the_loop_is_one_of_keras(self, numbers):
        X, y = numbers
        X, y = X.astype(np.float32), y.astype(np.float32)
        model = build_numbers({"n_features_in_": 3, "n_outputs_": 1})
        model.compile(keras.optimizers.Adam(0.01), "mse")
        reg = KerasRegressor(model, epochs=3, shuffle=False, batch_size=50).fit(X, y)
        history = model.fit(X, y, epochs=3, shuffle=False, batch_size=50, verbose=0)
        assert reg.history_["loss"] == pytest.approx(history.history["loss"], 1e-5)
        for ours, theirs in zip(reg.weights_, model.get_weights(), strict=True):
            assert ours == pytest.approx(theirs, abs=1e-5)

    def test_the_random_state_of_the_user_stays(self, clf, blobs, monkeypatch):
        monkeypatch.setattr(keras_program, "_programs", OrderedDict())
        random.seed(5)
        np.random.seed(5)  # noqa: NPY002
        states = random.getstate(), np.random.get_state()[1].copy()  # noqa: NPY002
        clf.fit(*blobs)
        assert random.getstate() == states[0]
        assert (np.random.get_state()[1] == states[1]).all()  # noqa: NPY002

    def test_a_failed_fit_leaves_the_fitted_state(self, clf, blobs):
        X, y = blobs
        clf.fit(X, y)
        before = clf.predict_proba(X)
        clf.set_params(loss="mse", optimizer="no such")
        with pytest.raises(ValueError, match="no such"):
            clf.fit(X[:, :2], y)
        assert (clf.predict_proba(X) == before).all()

    def test_rows_of_weight_zero_count_as_absent(self, clf, blobs):
        X, y = blobs
        weight = (y < 2).astype(float)
        weighted = clf.fit(X, y, sample_weight=weight)
        assert weighted.classes_.tolist() == [0, 1, 2]
        with pytest.raises(ValueError, match="only zeros were passed in sample_weight"):
            clf.fit(X, y, sample_weight=np.zeros(len(y)))

    @pytest.mark.parametrize(
        "name", ["sample_weight", "fit__sample_weight", "fit__x", "fit__y"]
    )
    def test_rows_are_no_parameters(self, name, clf, blobs):
        X, y = blobs
        clf = KerasClassifier(**{**clf.get_params(), name: np.ones(len(y))})
        for method in (clf.fit, clf.partial_fit):
            with pytest.raises(TypeError, match=rf"^{name} cannot be set: .*fit\(X, y"):
                method(X, y)

    def test_given_validation_rows_are_monitored(self, clf, blobs):
        X, y = blobs
        clf.fit(X[::2], y[::2], X_val=X[1::2], y_val=y[1::2])
        assert len(clf.history_["val_loss"]) == clf.n_iter_
        with pytest.raises(ValueError, match="must be given together"):
            clf.fit(X, y, X_val=X)

    def test_a_schedule_ends_at_a_small_rate_and_keeps_the_first(self, clf, blobs):
        clf.set_params(learning_rate_schedule="cosine", warmup=0.1)
        clf.fit(*blobs)
        rate = float(clf.model_.optimizer.learning_rate.numpy())
        assert rate == pytest.approx(0.05)

    def test_warm_start_goes_on_and_fit_starts_anew(self, clf, blobs):
        X, y = blobs
        clf.set_params(warm_start=True, epochs=3)
        first = clf.fit(X, y).history_["loss"]
        model = clf.model_
        assert clf.fit(X, y).history_["loss"][0] < first[0]
        assert clf.model_ is model
        clf.set_params(warm_start=False).fit(X, y)
        assert clf.history_["loss"] == pytest.approx(first)

    @pytest.mark.parametrize(
        "params",
        [
            {},
            {"callbacks": [BatchCounter()]},
            {"optimizer": "adagrad"},
            {"optimizer": keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam())},
            {"optimizer__learning_rate": Schedule(0.05, 2, 0.5)},
            {"early_stopping": True, "warm_start": True},
        ],
    )
    def test_what_was_stored_trains_on_as_the_live_one_does(
        self, params, blobs, tmp_path
    ):
        rate = {} if "optimizer" in params else {"optimizer__learning_rate": 0.05}
        clf = KerasClassifier(
            sequential(), loss=QUICK["loss"], random_state=0, epochs=2,
            **{"optimizer": "adam", **rate, **params},
        ).fit(*blobs)  # fmt: skip
        others = [pickle.loads(pickle.dumps(clf))]
        if not {"callbacks", "optimizer__learning_rate"} & params.keys():  # code
            sknets.save(clf, tmp_path / "file.sknets")
            others.append(sknets.load(tmp_path / "file.sknets"))
        for fitted in (clf, *others):
            fitted.partial_fit(*blobs).partial_fit(*blobs)
        for other in others:
            assert all(map(np.array_equal, other.weights_, clf.weights_))
            assert other.history_ == clf.history_

    def test_partial_fit_counts_epochs(self, clf, blobs):
        X, y = blobs
        clf.partial_fit(X[y < 2], y[y < 2], classes=[0, 1, 2])
        clf.partial_fit(X, y)
        assert clf.current_epoch == len(clf.history_["loss"]) == 2
        with pytest.raises(ValueError, match="Found unknown categories"):
            clf.partial_fit(X, y + 1)
        with pytest.raises(TypeError, match="Invalid argument epochs=3"):
            clf.partial_fit(X, y, epochs=3)

    def test_a_loss_that_is_no_number_stops_and_keeps_the_weights(self, reg, numbers):
        X, y = numbers
        reg.set_params(optimizer="sgd", optimizer__learning_rate=1e30)
        with pytest.warns(UserWarning, match="became infinite or NaN in epoch 1"):
            reg.fit(X, y)
        assert np.isfinite(reg.predict(X)).all()

    @pytest.mark.parametrize("callbacks", [None, [BatchCounter()]])
    def test_a_smaller_rate_goes_on_after_that(self, callbacks, reg, numbers):
        reg.set_params(optimizer__learning_rate=1e30, callbacks=callbacks)
        with pytest.warns(UserWarning, match="A smaller optimizer__learning_rate"):
            reg.partial_fit(*numbers)
        reg.set_params(optimizer__learning_rate=0.01).partial_fit(*numbers)
        assert np.isfinite(reg.history_["loss"][1])


@pytest.mark.parametrize("weighted", [False, True])
def test_validation_data_as_keras_has_it(clf, blobs, weighted):
    X, y = blobs
    rows = (X[1::2], y[1::2]) + (np.arange(1.0, len(y) // 2 + 1),) * weighted
    names = dict(zip(("X_val", "y_val", "sample_weight_val"), rows, strict=False))
    by_name = clf.fit(X[::2], y[::2], **names).history_["val_loss"]
    for given in (rows, list(rows)):
        found = clf.fit(X[::2], y[::2], validation_data=given).history_["val_loss"]
        np.testing.assert_array_equal(found, by_name)


def test_validation_data_of_a_parameter_and_of_partial_fit(clf, blobs):
    X, y = blobs
    y = np.array(["a", "b", "c"])[y]
    rows, data = (X[::2], y[::2]), (X[1::2], y[1::2])
    expected = clf.fit(*rows, validation_data=data).history_
    clf.set_params(fit__validation_data=data)
    assert clf.fit(*rows).history_ == expected
    clf.set_params(early_stopping=True)
    assert clf.fit(*rows).history_["val_loss"] == expected["val_loss"]
    clf.set_params(fit__validation_data=None).partial_fit(*rows, validation_data=data)
    assert len(clf.history_["val_loss"]) == clf.n_iter_
    with pytest.raises(ValueError, match="must be given together"):
        clf.fit(*rows, validation_data=(X, None))


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (([[1.0]],), "a tuple of 1"),
        (([[1.0]], [1], [1.0], 0), "a tuple of 4"),
        (np.ones((3, 2)), "an object of type ndarray"),
    ],
)
def test_other_validation_data(clf, blobs, given, found):
    with pytest.raises(ValueError, match=f"validation_data must be .*, got {found}"):
        clf.fit(*blobs, validation_data=given)


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda X, y: {"X_val": X[:, :2]}, "X_val has 2 features"),
        (lambda X, y: {"y_val": y + 7}, r"unknown categories .* in y_val; "),
        (lambda X, y: {"y_val": y[:-1]}, "inconsistent numbers of samples"),
        (lambda X, y: {"sample_weight_val": 0 * y}, "zeros .* in sample_weight_val"),
        (lambda X, y: {"X_val": X[0, 0] * np.nan * X}, "Input X_val contains NaN"),
    ],
)
def test_errors_about_validation_rows_name_them(make, match, clf, blobs):
    X, y = blobs
    with pytest.raises(ValueError, match=match):
        clf.fit(X, y, **{"X_val": X, "y_val": y, **make(X, y)})


WRONG = [
    ("warmup", 1.5),
    ("warmup", -1.0),
    ("patience", 0),
    ("patience", -3),
    ("epochs", 0),
    ("epochs", -1),
    ("batch_size", 0),
    ("batch_size", -2),
    ("validation_batch_size", 0),
    ("validation_fraction", 1.0),
    ("validation_split", 1.0),
    ("learning_rate_schedule", "linear"),
    ("label_smoothing", 1.0),
    ("verbose", -1),
    ("shuffle", "batch"),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
@pytest.mark.parametrize("method", ["fit", "partial_fit", "initialize"])
def test_impossible_parameters_are_refused(method, name, value, clf, blobs):
    clf.set_params(**{name: value})
    match = f"The '{name}' parameter of KerasClassifier must be .* Got {value!r}"
    with pytest.raises(ValueError, match=match):
        getattr(clf, method)(*blobs)


@pytest.mark.parametrize("name", ["epochs", "batch_size", "validation_batch_size"])
def test_impossible_arguments_of_fit_are_refused(name, clf, blobs):
    with pytest.raises(ValueError, match=f"The '{name}' parameter of KerasClassifier"):
        clf.fit(*blobs, **{name: 0})
    with pytest.raises(ValueError, match=f"The '{name}' parameter of KerasClassifier"):
        clf.set_params(**{f"fit__{name}": 0}).fit(*blobs)


def test_what_scikeras_allows_is_taken(clf, blobs):
    clf.set_params(batch_size=-1, validation_batch_size=-1, patience=np.inf, verbose=0)
    clf.set_params(validation_fraction=None, early_stopping=True, epochs=np.int64(2))
    assert clf.fit(*blobs, verbose=False, initial_epoch=1).n_iter_ == 2


def test_classes_get_their_arguments(blobs):
    clf = KerasClassifier(
        build,
        **QUICK,
        metrics={"a": keras.metrics.SparseCategoricalAccuracy}["a"],
        metrics__name="share",
        callbacks={"stop": keras.callbacks.EarlyStopping},
        callbacks__stop__monitor="loss",
        callbacks__stop__min_delta=100.0,
    )
    clf.fit(*blobs)
    assert "share" in clf.history_
    assert clf.current_epoch < 12


@pytest.mark.parametrize("kind", [KerasRegressor, BaseWrapper])
def test_initialize_needs_no_target(kind, numbers):
    X, y = numbers
    model = build_numbers({"n_features_in_": 3, "n_outputs_": 1})
    net = kind(model, loss="mse", random_state=0).initialize(X)
    expected = model.predict(X, verbose=0)
    np.testing.assert_allclose(np.ravel(net.predict(X)), expected.ravel(), atol=1e-6)
    assert np.shape(net.partial_fit(X, y).predict(X))[0] == len(y)
    assert net.target_type_ == "continuous"


def test_initialize_without_labels_leaves_them_to_be_learned(blobs):
    X, y = blobs
    clf = KerasClassifier(sequential(), **QUICK).initialize(X)
    with pytest.raises(NotFittedError, match=r"initialize\(X, y\) with labels"):
        clf.predict(X)
    clf.partial_fit(X[:5], y[:5], classes=np.unique(y))
    assert clf.classes_.tolist() == np.unique(y).tolist()


def test_initialize_predicts_with_the_weights_that_are_there(blobs):
    X, y = blobs
    model = sequential()
    clf = KerasClassifier(model).initialize(X, y)
    expected = model.predict(X, verbose=0)
    assert clf.predict_proba(X) == pytest.approx(expected, abs=1e-6)


def test_the_base_leaves_the_target_as_it_is(blobs):
    X, _ = blobs
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(4)])
    base = BaseWrapper(model, loss="mse", epochs=1).fit(X, X)
    assert base.predict(X).shape == X.shape


def with_lambdas():
    model = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(4, activation=lambda x: keras.ops.relu(x)),
            keras.layers.Lambda(lambda x: sum([x[:, n] for n in (0, 1)])[:, None]),
            keras.layers.Dense(1),
        ]
    )
    model.compile("sgd", loss=lambda y, z: keras.ops.mean(keras.ops.square(y - z)))
    return model


@pytest.mark.filterwarnings("error:.*lambda")
@pytest.mark.parametrize("model", [with_lambdas, with_lambdas()])
def test_lambdas_that_use_other_names_train_predict_and_pickle(model):
    X = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
    est = KerasRegressor(model, epochs=2, verbose=0, random_state=0)
    est.fit(X, X[:, 0])
    expected = est.predict(X)
    again = cloudpickle.loads(cloudpickle.dumps(est))
    np.testing.assert_array_equal(again.predict(X), expected)
    again.partial_fit(X, X[:, 0])


@pytest.mark.parametrize("compiled", [True, False])
def test_initialize_knows_that_a_model_gives_logits(compiled, blobs):
    X, y = blobs
    y, loss = y > 0, keras.losses.BinaryCrossentropy(from_logits=True)
    model = keras.Sequential([keras.Input(X.shape[1:]), keras.layers.Dense(1)])
    if compiled:
        model.compile("sgd", loss)
    clf = KerasClassifier(model, loss=None if compiled else loss).initialize(X, y)
    logits = model.predict(X, verbose=0).ravel()
    expected = 1 / (1 + np.exp(-logits))
    np.testing.assert_allclose(clf.predict_proba(X)[:, 1], expected, atol=1e-5)
    np.testing.assert_array_equal(clf.predict(X), logits > 0)
    assert clf.partial_fit(X, y).link_ == "sigmoid"


@pytest.mark.parametrize("verbose", [0, 1])
def test_epochs_are_counted_from_the_first_of_a_fit(verbose, clf, blobs, tmp_path):
    stop = keras.callbacks.EarlyStopping(
        "loss", patience=1, min_delta=100.0, restore_best_weights=True
    )
    clf.set_params(callbacks=[stop], epochs=4, verbose=verbose)
    clf.fit(*blobs, initial_epoch=5)
    assert (clf.n_iter_, clf.best_epoch_) == (2, 1)
    clf.set_params(callbacks=None, model=None)  # code, which files do not keep
    sknets.save(clf, tmp_path / "net.sknets")
    assert sknets.load(tmp_path / "net.sknets").best_epoch_ == 1


def test_what_is_printed_is_the_epoch_that_a_callback_restores(clf, blobs, capsys):
    stop = keras.callbacks.EarlyStopping(
        "loss", patience=1, min_delta=100.0, restore_best_weights=True
    )
    clf.set_params(callbacks=[stop], epochs=4, verbose=1).fit(*blobs)
    assert "after epoch 2; the weights of epoch 1 are kept" in capsys.readouterr().out
