"""Going on with other parameters: what takes effect, what is refused, what is equal."""

import functools
import pickle
import re

import keras
import numpy as np
import pytest
from sklearn.base import clone

import sknets
from sknets import KerasClassifier
from sknets._estimators.keras_changes import UNKNOWN, describe
from sknets._keras.stored import Stored
from tests.own_models import QUICK, build, one_layer, sequential

LOSS = "sparse_categorical_crossentropy"
Schedule = keras.optimizers.schedules.ExponentialDecay


@pytest.fixture
def warm(clf, blobs):
    """A classifier that was fitted for one epoch, and goes on."""
    return clf.set_params(warm_start=True, epochs=1).fit(*blobs)


def stored(estimator):
    return pickle.loads(pickle.dumps(estimator))


def same(one, other):
    return all(map(np.array_equal, one, other))


def rate_of(estimator):
    return float(estimator.model_.optimizer.learning_rate.numpy())


# --- What takes effect ---------------------------------------------------------------


@pytest.mark.parametrize("after", [lambda fitted: fitted, stored])
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_the_optimizer_goes_on_with_another_learning_rate(method, after, warm, blobs):
    warm = after(warm).set_params(optimizer__learning_rate=0.0)
    before, steps = warm.weights_, int(warm.model_.optimizer.iterations.numpy())
    getattr(warm, method)(*blobs)
    assert same(warm.weights_, before)
    assert int(warm.model_.optimizer.iterations.numpy()) == 2 * steps
    warm.set_params(optimizer__learning_rate=0.05)
    getattr(warm, method)(*blobs)
    assert not same(warm.weights_, before)


def test_the_learning_rate_of_an_optimizer_that_is_given_as_one(blobs):
    clf = KerasClassifier(one_layer(), loss=LOSS, warm_start=True)
    clf.set_params(optimizer=keras.optimizers.SGD(0.1, momentum=0.5)).fit(*blobs)
    clf.set_params(optimizer=keras.optimizers.SGD(0.025, momentum=0.5)).fit(*blobs)
    assert rate_of(clf) == np.float32(0.025)
    clf.set_params(optimizer=keras.optimizers.SGD(0.025, momentum=0.6))
    with pytest.raises(ValueError, match="fitted with optimizer__momentum=0.5; "):
        clf.fit(*blobs)


def test_a_rate_that_callbacks_lowered_stays_until_another_is_asked_for(warm, blobs):
    class Lower(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.optimizer.learning_rate.assign(0.25)

    warm.set_params(callbacks=[Lower()]).fit(*blobs)
    assert rate_of(warm.set_params(callbacks=None).fit(*blobs)) == 0.25
    assert rate_of(warm.set_params(optimizer__learning_rate=0.5).fit(*blobs)) == 0.5


def test_a_fit_that_fails_leaves_the_learning_rate(warm, blobs):
    class Fails(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            raise RuntimeError("broken")

    warm.set_params(optimizer__learning_rate=0.5, callbacks=[Fails()])
    with pytest.raises(RuntimeError, match="broken"):
        warm.fit(*blobs)
    assert rate_of(warm) == np.float32(0.05)
    assert rate_of(warm.set_params(callbacks=None).fit(*blobs)) == 0.5


# --- What is refused -----------------------------------------------------------------


def other_build(meta):
    return build(meta, 5)


CHANGES = [
    ({"model__width": 9}, "model__width=8", "model__width=9"),
    ({"model": other_build}, "<tests.own_models.build>", "test_keras_changes.other_bu"),
    ({"model": sequential()}, "<tests.own_models.build>", "model=<Sequential "),
    ({"inputs": {"x": slice(2)}}, "inputs=None", "{'x': '<slice(None, 2, None)>'}"),
    ({"optimizer": "sgd"}, "optimizer=<Adam>", "optimizer=<SGD>"),
    ({"optimizer": keras.optimizers.SGD}, "optimizer=<Adam>", "optimizer=<SGD>"),
    ({"optimizer__beta_1": 0.5}, "optimizer__beta_1=0.9", "optimizer__beta_1=0.5"),
    ({"loss": "mse"}, f"loss=<{LOSS}>", "loss=<mean_squared_error>"),
    ({"metrics": ["accuracy"]}, "metrics=None", "metrics=['accuracy']"),
    ({"run_eagerly": True}, "run_eagerly=False", "run_eagerly=True"),
    ({"compile__loss_weights": [2.0]}, "<not given>", "compile__loss_weights=[2.0]"),
    (
        {"optimizer__learning_rate": Schedule(0.05, 9, 0.5)},
        "optimizer__learning_rate=0.05",
        "'ExponentialDecay'",
    ),
    (
        {"model__width": 9, "loss": "mse", "model__dropout": 0.5},
        f"model__width=8, model__dropout=0.0, loss=<{LOSS}>",
        "model__width=9, model__dropout=0.5, loss=<mean_squared_error>",
    ),
]


@pytest.mark.parametrize("after", [lambda fitted: fitted, stored])
@pytest.mark.parametrize(("changes", "was", "asked"), CHANGES)
def test_another_model_or_compilation_is_refused(
    changes, was, asked, after, warm, blobs
):
    before, warm = warm.get_params(), after(warm)
    kept, model = warm.weights_, warm.model_.get_weights()
    warm.set_params(**changes)
    match = f"was fitted with .*{re.escape(was)}.* now ask for .*{re.escape(asked)}"
    for method in (warm.fit, warm.partial_fit):
        with pytest.raises(ValueError, match=match + ".* back, or fit with warm_start"):
            method(*blobs)
    assert warm.weights_ is kept
    assert same(warm.model_.get_weights(), model)
    assert rate_of(warm) == np.float32(0.05)
    warm._extra = {name: v for name, v in warm._extra.items() if name in before}
    back = {name: before[name] for name in changes if name in before}
    warm.set_params(**back).fit(*blobs)


def test_fit_starts_anew_with_what_is_asked(warm, blobs):
    warm.set_params(model__width=5, optimizer="sgd", warm_start=False).fit(*blobs)
    assert warm.weights_[0].shape == (4, 5)
    warm.partial_fit(*blobs)
    with pytest.raises(ValueError, match="fitted with optimizer=<SGD>"):
        warm.set_params(optimizer="adam").partial_fit(*blobs)


def test_a_schedule_that_changes_is_refused(blobs):
    clf = KerasClassifier(build, loss=LOSS, optimizer="sgd", warm_start=True)
    clf.set_params(optimizer__learning_rate=Schedule(0.1, 9, 0.5)).fit(*blobs)
    clf.set_params(optimizer__learning_rate=Schedule(0.1, 9, 0.5)).fit(*blobs)
    for other in (Schedule(0.2, 9, 0.5), 0.1):
        with pytest.raises(ValueError, match="Set optimizer__learning_rate back"):
            clf.set_params(optimizer__learning_rate=other).fit(*blobs)


class OfLayers(KerasClassifier):
    """A class with a model, and a parameter that has nothing to do with it."""

    def __init__(self, widths=(4,), threshold=0.5, **kwargs):
        super().__init__(**kwargs)
        self.widths, self.threshold = widths, threshold

    def _keras_build_fn(self, compile_kwargs):
        layers = [keras.layers.Dense(width) for width in self.widths]
        last = keras.layers.Dense(3, activation="softmax")
        model = keras.Sequential([keras.Input((4,)), *layers, last])
        model.compile(**compile_kwargs)
        return model


def test_a_parameter_that_a_class_builds_its_model_from(blobs):
    clf = OfLayers(**{**QUICK, "epochs": 1}, warm_start=True).fit(*blobs)
    clf.set_params(threshold=0.7, widths=[4]).fit(*blobs)
    with pytest.raises(ValueError, match=r"widths=\[4\]; .*ask for widths=\[4, 4\]"):
        clf.set_params(widths=(4, 4)).fit(*blobs)


def test_an_argument_of_the_build_function_without_a_prefix(blobs):
    clf = KerasClassifier(build, width=6, **{**QUICK, "epochs": 1}).fit(*blobs)
    with pytest.raises(ValueError, match="width=6; .* ask for width=7"):
        clf.set_params(width=7).partial_fit(*blobs)


def test_what_initialize_built_is_compiled_by_the_fit_that_goes_on(blobs):
    clf = KerasClassifier(build, loss=LOSS, optimizer="sgd").initialize(*blobs)
    clf.set_params(optimizer="adam").partial_fit(*blobs)
    assert isinstance(clf.model_.optimizer, keras.optimizers.Adam)
    with pytest.raises(ValueError, match="fitted with optimizer=<Adam>"):
        clf.set_params(optimizer="sgd").partial_fit(*blobs)
    clf.initialize(*blobs)
    with pytest.raises(ValueError, match="fitted with model__width=8"):
        clf.set_params(model__width=9).partial_fit(*blobs)


# --- What is no change ---------------------------------------------------------------


def compiled(meta):
    model = build(meta)
    model.compile(keras.optimizers.SGD(0.1), LOSS)
    return model


def takes_anything(meta, compile_kwargs, layer=None, array=None, number=None):
    model = build(meta)
    model.compile(**compile_kwargs)
    return model


def half_of_the_loss(y_true, y_pred):
    return keras.losses.sparse_categorical_crossentropy(y_true, y_pred) / 2


@keras.saving.register_keras_serializable(package="test_keras_changes")
class Doubled(keras.losses.Loss):
    def __init__(self, factor=2.0, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, y_true, y_pred):
        return self.factor * keras.losses.sparse_categorical_crossentropy(
            y_true, y_pred
        )

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}


UNCHANGED = {
    "objects": {
        "model": sequential(),
        "optimizer": keras.optimizers.Adam(0.05),
        "loss": keras.losses.SparseCategoricalCrossentropy(),
        "metrics": [keras.metrics.SparseCategoricalAccuracy(), "accuracy"],
    },
    "classes": {
        "model": build,
        "optimizer": keras.optimizers.AdamW,
        "optimizer__learning_rate": Schedule(0.05, 9, 0.5),
        "loss": Doubled,
        "loss__factor": 3.0,
        "metrics": {"a": keras.metrics.SparseCategoricalAccuracy}["a"],
    },
    "functions": {
        "model": functools.partial(build, width=5),
        "loss": half_of_the_loss,
    },
    "hyperparameters": {
        "model": takes_anything,
        "loss": LOSS,
        "model__layer": keras.layers.Dense(3),
        "model__array": np.arange(4.0),
        "model__number": float("nan"),
    },
    "not built": {
        "model": keras.Sequential([keras.layers.Dense(3, activation="softmax")]),
        "loss": LOSS,
    },
}


@pytest.mark.parametrize("name", UNCHANGED)
def test_equal_objects_are_no_change(name, blobs):
    clf = KerasClassifier(**UNCHANGED[name], warm_start=True).fit(*blobs)
    copies = clone(clf).get_params()  # copies of what a fit could change
    clf.set_params(**copies).fit(*blobs)
    stored(stored(clf)).fit(*blobs).partial_fit(*blobs)
    clone(clf).fit(*blobs).fit(*blobs)


def test_parameters_that_ask_for_the_same_are_no_change(warm, blobs):
    warm.set_params(loss=keras.losses.sparse_categorical_crossentropy)
    warm.set_params(optimizer=keras.optimizers.Adam, optimizer__beta_1=0.9)
    warm.set_params(model__width=np.int64(8), model__dropout=0).fit(*blobs)


def test_the_parameters_of_training_may_change(warm, blobs):
    warm.set_params(
        epochs=2, batch_size=50, shuffle=False, random_state=3, early_stopping=True,
        patience=2, learning_rate_schedule="cosine", class_weight="balanced",
        validation_fraction=0.2, verbose=0, callbacks=[keras.callbacks.History()],
        fit__initial_epoch=0, predict__batch_size=9,
    ).fit(*blobs)  # fmt: skip


def test_parameters_that_no_model_was_compiled_with_may_change(blobs):
    clf = KerasClassifier(compiled, warm_start=True).fit(*blobs)
    clf.set_params(optimizer="adam", optimizer__learning_rate=1.0).fit(*blobs)
    assert rate_of(clf) == np.float32(0.1)
    with pytest.raises(ValueError, match="but model compiled with"):
        clf.set_params(loss="mse").fit(*blobs)


def test_a_file_without_the_code_goes_on(blobs, tmp_path):
    clf = KerasClassifier(build, **{**QUICK, "epochs": 1}, model__width=5).fit(*blobs)
    with pytest.warns(UserWarning, match=r"model \(build\) will be missing"):
        sknets.save(clf, tmp_path / "file.sknets")
    loaded = sknets.load(tmp_path / "file.sknets").partial_fit(*blobs)
    assert same(loaded.weights_, clf.partial_fit(*blobs).weights_)
    with pytest.raises(ValueError, match="fitted with model__width=5"):
        loaded.set_params(model__width=6).partial_fit(*blobs)
    with pytest.raises(ValueError, match="fitted with model=<tests.own_models.build>"):
        loaded.set_params(model__width=5, model=other_build).partial_fit(*blobs)


def test_of_another_version_of_keras_plain_values_are_compared(blobs):
    clf = KerasClassifier(one_layer(), loss=LOSS, warm_start=True).fit(*blobs)
    clf.built_from_ = {**clf.built_from_, "keras": "3.0.0"}
    clf.built_from_["model"]["model"] = "<Sequential described otherwise>"
    clf.fit(*blobs)
    clf.built_from_["keras"] = "3.0.0"
    with pytest.raises(ValueError, match="optimizer__momentum=0.0; .*momentum=0.5"):
        clf.set_params(optimizer__momentum=0.5).fit(*blobs)


def test_an_estimator_of_an_older_version_goes_on_and_is_recorded(warm, blobs):
    del warm.built_from_
    warm.fit(*blobs)
    with pytest.raises(ValueError, match="fitted with model__width=8"):
        warm.set_params(model__width=9).fit(*blobs)


# --- Descriptions --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "described"),
    [
        (None, None),
        (np.float32(0.5), 0.5),
        ((1, [2.0, "a"]), [1, [2.0, "a"]]),
        ({1: True}, {"1": True}),
        (slice(1, 3), "<slice(1, 3, None)>"),
        (len, "<len>"),
        (build, "<tests.own_models.build>"),
        (keras.optimizers.Adam, "<Adam>"),
        (functools.partial(len, 2), ["<partial>", "<len>", [2], {}]),
        (Stored("absent", "build", None), UNKNOWN),
        (object(), "<object>"),
        (np.array([None]), "<ndarray>"),
    ],
)
def test_values_are_described_by_plain_ones(value, described):
    assert describe(value) == described


def test_arrays_and_keras_objects_are_described_by_what_is_in_them():
    assert describe(np.arange(3)) == describe(np.arange(3)) != describe(np.arange(4))
    losses = [keras.losses.Huber(delta) for delta in (1.0, 1.0, 2.0)]
    first, equal, other = map(describe, losses)
    assert first == equal != other
    assert '"delta": 2.0' in other
    assert describe(sequential()) == describe(sequential()) != describe(one_layer())
