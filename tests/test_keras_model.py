"""KerasClassifier and KerasRegressor: models of one's own as estimators."""

import copy
import pickle
import random
import re
import subprocess
import sys

import keras
import numpy as np
import pytest
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score

from sknets import KerasClassifier, KerasRegressor
from sknets._keras.stored import Stored
from sknets.wrappers import BaseWrapper

QUICK = {
    "loss": "sparse_categorical_crossentropy",
    "optimizer": "adam",
    "optimizer__learning_rate": 0.05,
    "epochs": 12,
    "random_state": 0,
}


def build(meta, width=8, dropout=0.0):
    """A classifier of dense layers."""
    return keras.Sequential(
        [
            keras.Input((meta["n_features_in_"],)),
            keras.layers.Dense(width, activation="relu"),
            keras.layers.Dropout(dropout),
            keras.layers.Dense(meta["n_classes_"], activation="softmax"),
        ]
    )


def build_numbers(meta, width=8):
    """A regressor of dense layers."""
    return keras.Sequential(
        [
            keras.Input((meta["n_features_in_"],)),
            keras.layers.Dense(width, activation="tanh"),
            keras.layers.Dense(meta["n_outputs_"]),
        ]
    )


def sequential(n_features=4, n_classes=3):
    return build({"n_features_in_": n_features, "n_classes_": n_classes})


@pytest.fixture
def clf():
    return KerasClassifier(build, **QUICK)


@pytest.fixture(scope="module")
def numbers():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 3))
    return X, X @ [1.0, -2.0, 0.5] + 0.3


@pytest.fixture
def reg():
    params = {"optimizer__learning_rate": 0.05, "epochs": 40, "random_state": 0}
    return KerasRegressor(build_numbers, loss="mse", optimizer="adam", **params)


class TestFit:
    def test_a_build_function_learns_labels_of_any_type(self, clf, blobs):
        X, y = blobs
        labels = np.array(["red", "green", "blue"])[y]
        clf.fit(X, labels)
        assert clf.score(X, labels) > 0.9
        assert clf.classes_.tolist() == ["blue", "green", "red"]
        assert clf.predict_proba(X).sum(axis=1) == pytest.approx(np.ones(len(X)), 1e-5)
        assert clf.engine_ == "loop"

    def test_numbers_are_predicted_in_the_shape_of_y(self, reg, numbers):
        X, y = numbers
        assert reg.fit(X, y).score(X, y) > 0.9
        assert reg.predict(X).shape == y.shape
        two = np.column_stack([y, -y])
        assert reg.fit(X, two).predict(X).shape == two.shape

    def test_scikit_learn_sees_what_they_are(self, clf, reg):
        assert is_classifier(clf)
        assert is_regressor(reg)

    def test_a_given_model_is_copied_and_never_changed(self, blobs):
        X, y = blobs
        model = sequential()
        before = model.get_weights()
        clf = KerasClassifier(model, **QUICK).fit(X, y)
        assert clf.model_ is not model
        assert not model.compiled
        assert all(map(np.array_equal, model.get_weights(), before))
        assert clf.get_params()["model"] is model

    def test_a_compiled_model_trains_as_it_was_compiled(self, blobs):
        X, y = blobs
        model = sequential()
        model.compile(
            keras.optimizers.SGD(0.25),
            "sparse_categorical_crossentropy",
            metrics=["accuracy"],
        )
        clf = KerasClassifier(model, epochs=2, random_state=0).fit(X, y)
        assert isinstance(clf.model_.optimizer, keras.optimizers.SGD)
        assert float(clf.model_.optimizer.learning_rate.numpy()) == 0.25
        assert set(clf.history_) == {"loss", "accuracy"}

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

    def test_the_same_seed_gives_the_same_bits(self, clf, blobs):
        X, y = blobs
        clf.set_params(model__dropout=0.3)
        first = clf.fit(X, y).predict_proba(X)
        assert (clone(clf).fit(X, y).predict_proba(X) == first).all()
        other = clone(clf).set_params(random_state=1).fit(X, y).predict_proba(X)
        assert (other != first).any()

    def test_the_random_state_of_the_user_stays(self, clf, blobs):
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

    def test_metrics_are_recorded_for_training_and_validation(self, reg, numbers):
        X, y = numbers
        reg.set_params(metrics=["mae"], validation_split=0.25, epochs=2)
        reg.fit(X, y)
        names = {"loss", "mean_absolute_error"}
        assert set(reg.history_) == names | {f"val_{name}" for name in names}

    def test_rows_of_weight_zero_count_as_absent(self, clf, blobs):
        X, y = blobs
        weight = (y < 2).astype(float)
        weighted = clf.fit(X, y, sample_weight=weight)
        assert weighted.classes_.tolist() == [0, 1, 2]
        with pytest.raises(ValueError, match="only zeros were passed in sample_weight"):
            clf.fit(X, y, sample_weight=np.zeros(len(y)))

    def test_class_weight_moves_predictions(self, blobs):
        X, y = blobs
        X = np.zeros_like(X)  # nothing but the weights tells the classes apart
        heavy = KerasClassifier(build, **QUICK, class_weight={0: 1, 1: 9, 2: 1})
        assert (heavy.fit(X, y).predict(X) == 1).all()

    def test_early_stopping_keeps_the_best_epoch(self, clf, blobs):
        X, y = blobs
        clf.set_params(early_stopping=True, patience=2, epochs=60)
        clf.set_params(optimizer__learning_rate=0.5)
        clf.fit(X, y)
        assert clf.n_iter_ < 60
        best = int(np.argmin(clf.history_["val_loss"])) + 1
        assert clf.best_epoch_ == best

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

    def test_partial_fit_counts_epochs(self, clf, blobs):
        X, y = blobs
        clf.partial_fit(X[y < 2], y[y < 2], classes=[0, 1, 2])
        clf.partial_fit(X, y)
        assert clf.current_epoch == len(clf.history_["loss"]) == 2
        with pytest.raises(ValueError, match="Found unknown categories"):
            clf.partial_fit(X, y + 1)
        with pytest.raises(TypeError, match="Invalid argument epochs=3"):
            clf.partial_fit(X, y, epochs=3)

    def test_going_on_after_a_pickle_is_going_on(self, reg, numbers):
        X, y = numbers
        alone, pickled = clone(reg), clone(reg)
        for _ in range(3):
            alone.partial_fit(X, y)
            pickled = pickle.loads(pickle.dumps(pickled)).partial_fit(X, y)
        assert all(map(np.array_equal, alone.weights_, pickled.weights_))

    def test_a_loss_that_is_no_number_stops_and_keeps_the_weights(self, reg, numbers):
        X, y = numbers
        reg.set_params(optimizer="sgd", optimizer__learning_rate=1e30)
        with pytest.warns(UserWarning, match="became infinite or NaN in epoch 1"):
            reg.fit(X, y)
        assert np.isfinite(reg.predict(X)).all()

    def test_nothing_is_printed_unless_asked(self, clf, blobs, capfd):
        clf.fit(*blobs)
        assert capfd.readouterr().out == ""
        clf.set_params(verbose=1, epochs=2, metrics=["accuracy"]).fit(*blobs)
        *_, last = capfd.readouterr().out.splitlines()
        history = clf.history_
        figures = (
            f"loss {history['loss'][1]:.4f}  accuracy {history['accuracy'][1]:.4f}"
        )
        assert re.fullmatch(rf"epoch 2/2  .+  {figures}", last)


@pytest.mark.parametrize("weighted", [False, True])
def test_validation_data_as_keras_has_it(clf, blobs, weighted):
    X, y = blobs
    rows = (X[1::2], y[1::2]) + (np.arange(1.0, len(y) // 2 + 1),) * weighted
    names = dict(zip(("X_val", "y_val", "sample_weight_val"), rows, strict=False))
    by_name = clf.fit(X[::2], y[::2], **names).history_["val_loss"]
    for given in (rows, list(rows)):
        found = clf.fit(X[::2], y[::2], validation_data=given).history_["val_loss"]
        np.testing.assert_array_equal(found, by_name)


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


class TestParameters:
    def test_routed_ones_are_kept_by_clone_and_searched(self, clf, blobs):
        clf.set_params(model__width=5, epochs=2)
        assert clone(clf).get_params()["model__width"] == 5
        search = GridSearchCV(clf, {"model__width": [4, 6]}, cv=2).fit(*blobs)
        assert search.best_params_["model__width"] in (4, 6)

    def test_plain_names_go_to_the_build_function(self, blobs):
        clf = KerasClassifier(build, width=3, **{**QUICK, "epochs": 1}).fit(*blobs)
        assert clf.weights_[0].shape == (4, 3)
        assert clf.get_params()["width"] == 3

    @pytest.mark.parametrize("name", ["model__widht", "widht"])
    def test_an_unknown_name_lists_those_of_the_build_function(self, name, blobs):
        clf = KerasClassifier(build, **{**QUICK, name: 3})
        with pytest.raises(TypeError, match="'widht'. Valid are: width, dropout"):
            clf.fit(*blobs)

    def test_an_unknown_name_of_the_optimizer_lists_its_own(self, clf, blobs):
        clf.set_params(optimizer__learning_rat=0.1)
        match = "Adam has no argument 'learning_rat'.*Valid are:.*learning_rate"
        with pytest.raises(ValueError, match=match):
            clf.fit(*blobs)

    def test_set_params_refuses_unknown_names_and_sets_nothing(self, clf):
        with pytest.raises(ValueError, match="Invalid parameter nope.*warm_start"):
            clf.set_params(epochs=77, nope=1)
        assert clf.epochs == 12

    def test_classes_get_their_arguments(self, blobs):
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

    def test_a_function_takes_no_arguments(self, clf, blobs):
        loss = keras.losses.sparse_categorical_crossentropy
        clf.set_params(loss=loss, loss__from_logits=True)
        with pytest.raises(TypeError, match="does not accept parameters because"):
            clf.fit(*blobs)

    def test_an_optimizer_given_as_an_instance_is_not_changed(self, clf, blobs):
        optimizer = keras.optimizers.Adam(0.01)
        clf.set_params(optimizer=optimizer)
        del clf._extra["optimizer__learning_rate"]
        clf.fit(*blobs).fit(*blobs)
        assert clf.model_.optimizer is not optimizer
        assert int(optimizer.iterations.numpy()) == 0

    def test_a_subclass_brings_its_own_model(self, blobs):
        class Own(KerasClassifier):
            def __init__(self, width=4, **kwargs):
                super().__init__(**kwargs)
                self.width = width

            def _keras_build_fn(self, meta, compile_kwargs):
                model = build(meta, self.width)
                model.compile(**compile_kwargs)
                return model

        own = Own(width=6, **{**QUICK, "epochs": 1}).fit(*blobs)
        assert clone(own).width == 6
        assert own.weights_[0].shape == (4, 6)
        with pytest.raises(ValueError, match="cannot implement ``_keras_build_fn``"):
            clone(own).set_params(model=build).fit(*blobs)

    def test_no_model_at_all_says_what_to_give(self, blobs):
        with pytest.raises(ValueError, match="give model=..., or a subclass must"):
            KerasClassifier().fit(*blobs)
        with pytest.raises(TypeError, match="``model`` must be a build function"):
            KerasClassifier(object()).fit(*blobs)

    def test_no_loss_says_what_to_give(self, clf, blobs):
        with pytest.raises(ValueError, match="You must provide a loss"):
            clf.set_params(loss=None).fit(*blobs)
        model = sequential()
        model.compile(loss="mse")
        clf.set_params(loss="mae", model=model)
        with pytest.raises(ValueError, match="but model compiled with"):
            clf.fit(*blobs)


class TestOutputs:
    """What fits neither the loss nor the target is an error that says what to do."""

    @pytest.mark.parametrize(
        ("units", "activation", "loss", "n_classes", "match"),
        [
            (2, "softmax", "binary_crossentropy", 2, "does not fit binary_crossent"),
            (1, "sigmoid", "binary_crossentropy", 3, "y has 3 classes: use Dense.3"),
            (2, "sigmoid", "binary_crossentropy", 2, "of two classes takes one"),
            (1, None, "binary_crossentropy", 2, "from_logits=True"),
            (3, None, "sparse_categorical_crossentropy", 3, "from_logits=True"),
            (2, "softmax", "sparse_categorical_crossentropy", 3, "y has 3 classes"),
        ],
    )
    def test_classifier(self, units, activation, loss, n_classes, match, blobs):
        X, y = blobs
        X, y = X[y < n_classes], y[y < n_classes]
        model = keras.Sequential(
            [keras.Input((4,)), keras.layers.Dense(units, activation=activation)]
        )
        with pytest.raises(ValueError, match=match):
            KerasClassifier(model, loss=loss).fit(X, y)

    def test_regressor(self, reg, numbers):
        X, y = numbers
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
        with pytest.raises(ValueError, match="gives 2 values a row, but y has 1 colu"):
            reg.set_params(model=model).fit(X, y)

    def test_numbers_are_no_labels(self, clf, numbers):
        with pytest.raises(ValueError, match="Unknown label type: continuous"):
            clf.fit(*numbers)

    def test_one_hot_rows_and_labels_for_a_categorical_crossentropy(self, blobs):
        X, y = blobs
        params = {**QUICK, "loss": "categorical_crossentropy"}
        clf = KerasClassifier(build, **params).fit(X, y)
        assert clf.score(X, y) > 0.9
        one_hot = np.eye(3, dtype=int)[y]
        assert clf.fit(X, one_hot).predict(X).shape == one_hot.shape
        assert clf.score(X, one_hot) > 0.9

    def test_logits_give_probabilities(self, blobs):
        X, y = blobs
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
        clf = KerasClassifier(
            model, **QUICK | {"loss": "SparseCategoricalCrossentropy"},
            loss__from_logits=True,
        ).fit(X, y)  # fmt: skip
        assert clf.predict_proba(X).sum(axis=1) == pytest.approx(np.ones(len(X)), 1e-5)
        assert clf.score(X, y) > 0.9

    def test_binary_and_multilabel(self, binary, multilabel):
        X, y = binary
        params = {**QUICK, "loss": "binary_crossentropy"}

        def build(meta):
            units = 1 if meta["target_type_"] == "binary" else meta["n_classes_"]
            last = keras.layers.Dense(units, activation="sigmoid")
            return keras.Sequential([keras.Input((4,)), last])

        clf = KerasClassifier(build, **params).fit(X, y)
        assert clf.predict_proba(X).shape == (len(X), 2)
        X, y = multilabel
        assert clf.fit(X, y).predict(X).shape == y.shape


class TestInputs:
    def make(self):
        a, b = keras.Input((1,), name="age"), keras.Input((3,), name="rest")
        x = keras.layers.Concatenate()([a, keras.layers.Dense(4)(b)])
        return keras.Model(
            {"age": a, "rest": b}, keras.layers.Dense(3, activation="softmax")(x)
        )

    def test_columns_are_cut_by_number_and_by_name(self, blobs):
        pd = pytest.importorskip("pandas")
        X, y = blobs
        by_number = {"age": [0], "rest": slice(1, None)}
        first = KerasClassifier(self.make(), **QUICK, inputs=by_number).fit(X, y)
        frame = pd.DataFrame(X, columns=["a", "b", "c", "d"])
        by_name = {"age": ["a"], "rest": ["b", "c", "d"]}
        second = clone(first).set_params(inputs=by_name).fit(frame, y)
        assert second.score(frame, y) > 0.9
        assert (first.predict(X) == second.predict(frame)).all()
        with pytest.raises(ValueError, match=r"inputs\['age'\] names column 'z'"):
            second.set_params(inputs={"age": ["z"]}).fit(frame, y)

    def test_a_dict_of_arrays(self, blobs):
        X, y = blobs
        parts = {"age": X[:, :1], "rest": X[:, 1:]}
        clf = KerasClassifier(self.make(), **QUICK).fit(parts, y)
        assert clf.score(parts, y) > 0.9


class TestState:
    def test_copies_predict_the_same(self, clf, blobs):
        X, y = blobs
        expected = clf.fit(X, y).predict_proba(X)
        for other in (pickle.loads(pickle.dumps(clf)), copy.deepcopy(clf)):
            assert (other.predict_proba(X) == expected).all()
            assert other.get_params()["optimizer__learning_rate"] == 0.05

    def test_callbacks_are_pickled_without_their_model(self, clf, blobs):
        stop = keras.callbacks.EarlyStopping(monitor="loss", patience=1)
        clf.set_params(callbacks=[stop], epochs=2).fit(*blobs)
        loaded = pickle.loads(pickle.dumps(clf))
        assert (loaded.predict(blobs[0]) == clf.predict(blobs[0])).all()
        assert loaded.partial_fit(*blobs).current_epoch == clf.current_epoch + 1

    def test_a_local_build_function_is_pickled(self, blobs):
        def local(meta):
            return build(meta, 3)

        clf = KerasClassifier(local, **{**QUICK, "epochs": 1})
        loaded = pickle.loads(pickle.dumps(clf))
        assert loaded.fit(*blobs).weights_[0].shape == (4, 3)

    def test_a_given_model_is_pickled_with_its_weights(self, blobs):
        model = sequential()
        clf = KerasClassifier(model, **QUICK, metrics=[keras.metrics.MeanSquaredError])
        loaded = pickle.loads(pickle.dumps(clf))
        found = loaded.get_params()["model"].get_weights()
        assert all(map(np.array_equal, found, model.get_weights()))

    def test_a_new_process_loads_without_tensorflow(self, clf, blobs, tmp_path):
        X, y = blobs
        clf.fit(X, y)
        path = tmp_path / "clf.pickle"
        path.write_bytes(pickle.dumps((clf, X, clf.predict(X))))
        program = (
            "import pickle, sys; from pathlib import Path;"
            f"clf, X, expected = pickle.loads(Path({str(path)!r}).read_bytes());"
            "assert 'tensorflow' not in sys.modules and 'keras' not in sys.modules;"
            "repr(clf); assert 'keras' not in sys.modules;"
            "assert (clf.predict(X) == expected).all()"
        )
        subprocess.run([sys.executable, "-c", program], check=True)

    def test_the_model_comes_back_compiled(self, clf, blobs):
        X, y = blobs
        clf.set_params(metrics=["accuracy"]).fit(X, y)
        model = pickle.loads(pickle.dumps(clf)).model_
        assert model.evaluate(X, y, verbose=0)[1] == pytest.approx(clf.score(X, y))

    def test_not_fitted(self, clf, blobs):
        with pytest.raises(NotFittedError, match="not fitted yet: call fit, or init"):
            clf.predict(blobs[0])
        assert not hasattr(clf, "model_")

    def test_initialize_predicts_with_the_weights_that_are_there(self, blobs):
        X, y = blobs
        model = sequential()
        clf = KerasClassifier(model).initialize(X, y)
        expected = model.predict(X, verbose=0)
        assert clf.predict_proba(X) == pytest.approx(expected, abs=1e-6)


class TestKerasLoop:
    """What the compiled loop cannot do is done by Keras' own fit."""

    def test_a_step_of_ones_own(self, blobs):
        X, y = blobs

        @keras.saving.register_keras_serializable(package="test_keras_model")
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

    def test_hooks_of_batches(self, clf, blobs):
        class Batches(keras.callbacks.Callback):
            n = 0

            def on_train_batch_end(self, batch, logs=None):
                self.n += 1

        batches = Batches()
        clf.set_params(callbacks=[batches], epochs=2, batch_size=30).fit(*blobs)
        assert clf.engine_ == "keras"
        assert batches.n == 6

    def test_hooks_of_epochs_steer_the_compiled_loop(self, clf, blobs):
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


def test_the_base_leaves_the_target_as_it_is(blobs):
    X, _ = blobs
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(4)])
    base = BaseWrapper(model, loss="mse", epochs=1).fit(X, X)
    assert base.predict(X).shape == X.shape


def test_folds_are_stratified_and_scored(clf, blobs):
    X, y = blobs
    order = np.argsort(y)
    assert cross_val_score(clf, X[order], y[order], cv=3).min() > 0.8


class TestDataAlone:
    """Formats that keep data alone, where nothing of a file is run."""

    def test_skops_gives_back_the_same_predictions(self, blobs):
        skops_io = pytest.importorskip("skops.io")
        X, y = blobs
        clf = KerasClassifier(sequential(), **QUICK).fit(X, y)
        data = skops_io.dumps(clf)
        trusted = skops_io.get_untrusted_types(data=data)
        own = [name for name in trusted if name != "numpy.dtype"]
        assert all(name.startswith("sknets.") for name in own)
        loaded = skops_io.loads(data, trusted=trusted)
        assert (loaded.predict_proba(X) == clf.predict_proba(X)).all()

    def test_code_in_a_file_is_refused(self):
        state = {"kind": "code", "label": "build", "content": b"..."}
        with pytest.raises(ValueError, match="may not hold the code of 'build'"):
            object.__new__(Stored).__setstate__(state)

    @pytest.mark.parametrize("name", [["os", "system"], ["keras.src.saving", "load"]])
    def test_a_file_names_nothing_but_parts_of_models(self, name):
        with pytest.raises(ValueError, match="A file may not name"):
            Stored("name", "it", name).restore()
