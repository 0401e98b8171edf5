"""The model of a Keras estimator: built or copied, compiled, rebuilt."""

import copy
import functools
import pickle

import keras
import numpy as np
import pytest
from sklearn.base import clone

from sknets import KerasClassifier
from tests.own_models import QUICK, build, sequential

ONE_EPOCH = {**QUICK, "epochs": 1}


def test_a_given_model_is_copied_and_never_changed(blobs):
    X, y = blobs
    model = sequential()
    before = model.get_weights()
    clf = KerasClassifier(model, **QUICK).fit(X, y)
    assert clf.model_ is not model
    assert not model.compiled
    assert all(map(np.array_equal, model.get_weights(), before))
    assert clf.get_params()["model"] is model


def test_a_compiled_model_trains_as_it_was_compiled(blobs):
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


def test_plain_names_go_to_the_build_function(blobs):
    clf = KerasClassifier(build, width=3, **ONE_EPOCH).fit(*blobs)
    assert clf.weights_[0].shape == (4, 3)
    assert clf.get_params()["width"] == 3


@pytest.mark.parametrize("name", ["model__widht", "widht"])
def test_an_unknown_name_lists_those_of_the_build_function(name, blobs):
    clf = KerasClassifier(build, **{**QUICK, name: 3})
    with pytest.raises(TypeError, match="'widht'. Valid are: width, dropout"):
        clf.fit(*blobs)


@pytest.mark.parametrize("name", ["model__width", "width"])
def test_arguments_for_a_model_that_is_there_are_refused(name, blobs):
    clf = KerasClassifier(sequential(), **{**ONE_EPOCH, name: 3})
    match = f"^{name} would have no effect, as model=.* function that takes width"
    with pytest.raises(TypeError, match=match):
        clf.fit(*blobs)
    assert not clf.initialized_


@pytest.mark.parametrize("function", [build, sequential])
def test_nested_arguments_are_refused_where_nothing_takes_them(function, blobs):
    model = function if function is build else function()
    clf = KerasClassifier(model, model__width__of_first=3, **ONE_EPOCH)
    with pytest.raises(TypeError, match="^model__width__of_first would have no effect"):
        clf.fit(*blobs)


def test_nested_arguments_reach_a_function_that_takes_params(blobs):
    def build_it(meta, params):
        return build(meta, params["model__width__of_first"])

    clf = KerasClassifier(build_it, model__width__of_first=3, **ONE_EPOCH).fit(*blobs)
    assert clf.weights_[0].shape == (4, 3)


def compiled(meta=None, width=8):
    model = build(meta, width) if meta else sequential()
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


@pytest.mark.parametrize("as_function", [False, True])
@pytest.mark.parametrize(
    ("params", "names"),
    [
        ({"optimizer__learning_rate": 0.5}, "optimizer__learning_rate"),
        ({"loss_weights": [1.0], "metrics__name": "m"}, "loss_weights, metrics__name"),
        ({"optimizer": "sgd"}, "optimizer"),
        ({"optimizer": keras.optimizers.SGD}, "optimizer"),
    ],
)
def test_parameters_that_a_compiled_model_cannot_know_of(
    as_function, params, names, blobs
):
    model = compiled if as_function else compiled()
    clf = KerasClassifier(model, random_state=0, **params)
    with pytest.warns(UserWarning, match=f"^{names} had no effect, as the model is co"):
        clf.fit(*blobs)
    clf.set_params(warm_start=True).fit(*blobs)  # has been warned


def test_parameters_that_a_compiled_model_may_know_of(blobs):
    def build_it(meta, params):
        assert params["optimizer__learning_rate"] == 0.5
        return compiled(meta)

    KerasClassifier(build_it, optimizer__learning_rate=0.5).fit(*blobs)
    KerasClassifier(compiled(), optimizer="adam", metrics=None).fit(*blobs)


def test_an_optimizer_given_as_an_instance_is_not_changed(clf, blobs):
    optimizer = keras.optimizers.Adam(0.01)
    clf.set_params(optimizer=optimizer)
    del clf._extra["optimizer__learning_rate"]
    clf.fit(*blobs).fit(*blobs)
    assert clf.model_.optimizer is not optimizer
    assert int(optimizer.iterations.numpy()) == 0


def test_a_subclass_brings_its_own_model(blobs):
    class Own(KerasClassifier):
        def __init__(self, width=4, **kwargs):
            super().__init__(**kwargs)
            self.width = width

        def _keras_build_fn(self, meta, compile_kwargs):
            model = build(meta, self.width)
            model.compile(**compile_kwargs)
            return model

    own = Own(width=6, **ONE_EPOCH).fit(*blobs)
    assert clone(own).width == 6
    assert own.weights_[0].shape == (4, 6)
    with pytest.raises(ValueError, match="cannot implement ``_keras_build_fn``"):
        clone(own).set_params(model=build).fit(*blobs)


def test_no_model_at_all_says_what_to_give(blobs):
    with pytest.raises(ValueError, match="give model=..., or a subclass must"):
        KerasClassifier().fit(*blobs)
    with pytest.raises(TypeError, match="``model`` must be a build function"):
        KerasClassifier(object()).fit(*blobs)


def test_a_build_function_gets_what_it_asks_for(blobs):
    seen = {}

    def build_it(meta, compile_kwargs, params, width=1):
        seen.update(meta=meta, compile_kwargs=compile_kwargs, params=params)
        return build(meta, width)

    clf = KerasClassifier(build_it, **ONE_EPOCH, model__width=2, metrics=["accuracy"])
    clf.fit(*blobs)
    assert seen["meta"]["X_shape_"] == (90, 4)
    assert seen["meta"]["classes_"].tolist() == [0, 1, 2]
    loss, optimizer = (seen["compile_kwargs"][name] for name in ("loss", "optimizer"))
    assert loss is keras.losses.get(QUICK["loss"])
    assert optimizer.learning_rate.numpy() == np.float32(0.05)
    assert seen["params"] == clf.get_params()


def test_an_unknown_name_calls_a_partial_function_by_its_own_name(blobs):
    clf = KerasClassifier(functools.partial(build, width=3), **ONE_EPOCH, model__z=1)
    with pytest.raises(TypeError, match=r"build\(\) got an unexpected .*'z'"):
        clf.fit(*blobs)


def test_a_build_function_that_returns_no_model(blobs):
    with pytest.raises(TypeError, match=r"must return a keras.Model; got \[\]"):
        KerasClassifier(list, **ONE_EPOCH).fit(*blobs)


def test_the_former_name_of_model_still_works(blobs):
    clf = KerasClassifier(build_fn=build, **ONE_EPOCH)
    with pytest.warns(UserWarning, match="``build_fn`` will be renamed to ``model``"):
        assert clf.fit(*blobs).predict(blobs[0]).shape == (90,)


def test_a_model_that_has_no_shape_yet_gets_that_of_the_rows(blobs):
    model = keras.Sequential([keras.layers.Dense(3, activation="softmax")])
    clf = KerasClassifier(model, **ONE_EPOCH).fit(*blobs)
    assert [w.shape for w in clf.weights_] == [(4, 3), (3,)]
    assert not model.built


class Opaque(keras.Model):
    """A model that Keras cannot describe."""

    def __init__(self, units):
        super().__init__()
        self.dense = keras.layers.Dense(units, activation="softmax")

    def get_config(self):
        raise NotImplementedError

    def call(self, inputs):
        return self.dense(inputs)


def test_a_model_that_cannot_be_copied_is_refused_but_its_function_is_not(blobs):
    model = Opaque(3)
    model(np.ones((1, 4)))
    with pytest.raises(ValueError, match="cannot be copied.*function that builds it"):
        KerasClassifier(model, **ONE_EPOCH).fit(*blobs)
    clf = KerasClassifier(lambda: Opaque(3), **ONE_EPOCH).fit(*blobs)
    assert clf.weights_[0].shape == (4, 3)


def test_label_smoothing_goes_to_the_loss(blobs):
    params = {**ONE_EPOCH, "loss": keras.losses.CategoricalCrossentropy}
    clf = KerasClassifier(build, **params, label_smoothing=0.25).fit(*blobs)
    assert clf.model_.loss.label_smoothing == 0.25


def test_a_metric_given_as_an_instance_is_not_changed(clf, blobs):
    metric = keras.metrics.SparseCategoricalAccuracy()
    clf.set_params(metrics=metric, epochs=1).fit(*blobs)
    assert "sparse_categorical_accuracy" in clf.history_
    assert float(metric.total.numpy()) == 0


def test_callbacks_in_lists_and_dicts_of_lists_and_classes(clf, blobs):
    seen = []

    class Begun(keras.callbacks.Callback):
        def __init__(self, name):
            super().__init__()
            self.name = name

        def on_train_begin(self, logs=None):
            seen.append(self.name)

    clf.set_params(
        epochs=1,
        callbacks={"both": [Begun("a"), Begun("b")], "more": Begun},
        callbacks__more__name="c",
        fit__callbacks=[[Begun("d")]],
    ).fit(*blobs)
    assert seen == ["a", "b", "c", "d"]


def test_something_else_than_a_callback(clf, blobs):
    with pytest.raises(TypeError, match="``callbacks`` must be .*; got 3"):
        clf.set_params(callbacks=[3]).fit(*blobs)


def test_a_model_is_rebuilt_with_weights_loss_and_optimizer(clf, blobs):
    clf.partial_fit(*blobs)
    before = clf.model_
    after = copy.deepcopy(clf).model_
    assert after is not before
    assert all(map(np.array_equal, after.get_weights(), before.get_weights()))
    assert after.loss == before.loss
    for ours, kept in zip(
        after.optimizer.variables, before.optimizer.variables, strict=True
    ):
        np.testing.assert_array_equal(ours.numpy(), kept.numpy())


class Plain(keras.Model):
    """A model that takes no arguments, so that Keras cannot build it again."""

    def __init__(self):
        super().__init__()
        self.last = keras.layers.Dense(1)

    def call(self, inputs):
        return self.last(inputs)


def test_a_subclassed_model_predicts_and_is_built_again_by_its_function(reg, numbers):
    X, y = numbers
    reg.set_params(model=lambda: Plain(), epochs=1).fit(X, y)
    expected = reg.predict(X)
    again = pickle.loads(pickle.dumps(reg))
    np.testing.assert_array_equal(again.predict(X), expected)


class Squared(keras.regularizers.Regularizer):
    """A regularizer that Keras cannot describe."""

    def __call__(self, weights):
        return keras.ops.sum(weights**2)


def test_a_model_that_keras_cannot_describe_predicts(reg, numbers):
    X, y = numbers

    def with_penalty():
        layer = keras.layers.Dense(1, kernel_regularizer=Squared())
        return keras.Sequential([keras.Input((X.shape[1],)), layer])

    reg.set_params(model=with_penalty, epochs=1).fit(X, y)
    again = pickle.loads(pickle.dumps(reg))
    np.testing.assert_array_equal(again.predict(X), reg.predict(X))


class Constant(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule whose configuration may be given."""

    def __init__(self, rate):
        self.rate = rate

    def __call__(self, step):
        return self.rate


class Described(Constant):
    def get_config(self):
        return {"rate": self.rate}


def test_an_optimizer_with_a_schedule_of_ones_own(reg, numbers):
    X, y = numbers
    reg.set_params(optimizer=keras.optimizers.SGD(Described(0.25)), epochs=1)
    reg._extra = {}
    assert reg.fit(X, y).model_.optimizer.learning_rate == 0.25
    reg.set_params(optimizer=keras.optimizers.SGD(Constant(0.25)))
    with pytest.raises(ValueError, match=r"SGD cannot be copied.*optimizer=SGD, and"):
        reg.fit(X, y)
    reg.set_params(optimizer="sgd", optimizer__learning_rate=Constant(0.25)).fit(X, y)


def test_averaged_weights_are_put_in_to_predict(reg, numbers):
    X, y = numbers
    averages = keras.callbacks.SwapEMAWeights()
    reg.set_params(optimizer__use_ema=True, callbacks=[averages]).fit(X, y)
    expected = reg.predict(X)
    reg.set_params(callbacks=None)
    np.testing.assert_allclose(expected, reg.predict(X), rtol=1e-5)
    reg.set_params(callbacks=[averages])
    again = pickle.loads(pickle.dumps(reg))
    np.testing.assert_allclose(again.predict(X), expected, rtol=1e-5)


@pytest.mark.parametrize("width", [np.int64(5), np.uint8(5)])
def test_numbers_of_numpy_for_the_build_function(width, clf, blobs):
    clf.set_params(model__width=width, optimizer__learning_rate=np.float32(0.5))
    clf.set_params(epochs=np.int64(1), optimizer__amsgrad=np.True_).fit(*blobs)
    assert clf.model_.layers[0].units == 5
    assert clf.model_.optimizer.amsgrad is True
    assert clf.get_params()["model__width"] is width
