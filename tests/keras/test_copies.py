"""Copies of Keras models, and their configurations as data."""

import json
import warnings

import keras
import numpy as np
import pytest
from keras import layers

from sknets._keras import copies
from sknets._keras.arguments import own_arguments
from tests.own_models import needs_sorted_ids

X = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32)
Y = X[:, :1]


class Scaled(layers.Layer):
    """A layer that Keras does not know."""

    def __init__(self, factor=2.0, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, inputs):
        return self.factor * inputs

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}


def absolute(true, predicted):
    return keras.ops.abs(true - predicted)


def sequential(*stack, shape=(4,), dtype=None):
    return keras.Sequential([keras.Input(shape, dtype=dtype), *stack])


def two_paths(*, units=4, crossed=False):
    inputs = keras.Input((4,))
    left, right = layers.Dense(units)(inputs), layers.ReLU()(inputs)
    parts = [right, left] if crossed else [left, right]
    return keras.Model(inputs, layers.Dense(1)(layers.Concatenate()(parts)))


# --- Copies --------------------------------------------------------------------------


def test_a_copy_shares_nothing_with_the_model():
    model = two_paths()
    other = copies.copy_model(model)
    expected = np.asarray(model(X))
    np.testing.assert_array_equal(other(X), expected)
    copies.write(model.weights, [0 * w for w in copies.read(model.weights)])
    np.testing.assert_array_equal(other(X), expected)
    assert not other.compiled


def test_a_copy_trains_as_the_model():
    model = sequential(layers.Dense(8, "relu"), layers.Dense(1))
    momentum = keras.optimizers.SGD(0.1, momentum=0.9)
    model.compile(momentum, absolute, metrics=["mse"])
    other = copies.copy_model(model)
    assert other.optimizer is not model.optimizer
    ours, theirs = (
        each.fit(X, Y, epochs=3, shuffle=False, verbose=0).history
        for each in (model, other)
    )
    assert ours.keys() == theirs.keys() == {"loss", "mse"}
    assert all(ours[name] == pytest.approx(theirs[name]) for name in ours)
    assert not copies.copy_model(model, compiled=False).compiled


def test_own_layers_and_lambdas_are_copied():
    doubled = layers.Lambda(lambda x: 2 * x, output_shape=(4,))
    model = sequential(Scaled(3.0), doubled, layers.Dense(2))
    np.testing.assert_array_equal(copies.copy_model(model)(X), model(X))


def test_what_layers_have_learned_is_copied():
    normalization = layers.Normalization()
    normalization.adapt(10 + 5 * X)
    model = sequential(normalization)
    np.testing.assert_array_equal(copies.copy_model(model)(X), model(X))
    lookup = layers.StringLookup(output_mode="one_hot")
    lookup.adapt(["red", "blue", "red"])
    model = sequential(lookup, shape=(1,), dtype="string")
    words = keras.ops.convert_to_tensor([["blue"], ["red"], ["grey"]])
    np.testing.assert_array_equal(copies.copy_model(model)(words), model(words))


def test_models_that_their_configuration_does_not_give_again():
    class Forgetful(Scaled):
        def get_config(self):
            return {"name": self.name, "no_such": 1}

    class Silent(Scaled):
        def get_config(self):
            raise NotImplementedError

    class Grown(layers.Dense):
        def get_config(self):
            return {**super().get_config(), "units": self.units + 1}

    with pytest.raises(copies.NotCopiedError, match="no_such"):
        copies.copy_model(sequential(Forgetful()))
    with pytest.raises(copies.NotCopiedError, match="NotImplementedError"):
        copies.copy_model(sequential(Silent()))
    with pytest.raises(copies.NotCopiedError, match="weights.* have other shapes"):
        copies.copy_model(sequential(Grown(2)))


def scaled_by(factor):
    def scale(values):
        return factor * values

    return scale


def relu(values):
    return 0.1 * values


def own_class(factor):
    class Own(layers.Layer):
        def call(self, inputs):
            return factor * inputs

    return Own


def lambda_of(table):
    return lambda values: keras.ops.matmul(values, table)


LONG = np.ones((4, 500), np.float32)
OF_ONE_NAME = {
    "functions of a factory": lambda: [
        layers.Activation(scaled_by(2.0)),
        layers.Dense(4, scaled_by(-3.0)),
    ],
    "classes of a factory": lambda: [own_class(2.0)(), own_class(-3.0)()],
    "a function named as one of Keras": lambda: [layers.Dense(4, relu)],
    "lambdas of long arrays": lambda: [
        layers.Lambda(lambda_of(LONG), output_shape=(500,)),
        layers.Lambda(lambda_of(2 * LONG.T), output_shape=(4,)),
        layers.Lambda(lambda_of(LONG + (np.arange(500) == 250)), output_shape=(500,)),
    ],
}


@pytest.mark.parametrize("name", OF_ONE_NAME)
def test_functions_and_classes_of_one_name_are_told_apart(name):
    model = sequential(*OF_ONE_NAME[name]())
    expected = np.asarray(model(X))
    np.testing.assert_array_equal(copies.copy_model(model)(X), expected)
    assert scaled_by(1).__name__ == "scale"
    assert relu.__name__ == "relu"


def test_configurations_are_tried():
    class Closed(keras.Model):
        def __init__(self):
            super().__init__()
            self.last = layers.Dense(1)

        def call(self, inputs):
            return self.last(inputs)

    class Method:
        def loss(self, true, predicted):
            return keras.ops.abs(true - predicted)

    model = Closed()
    model(X)
    model.compile("sgd", absolute)
    assert copies.tried_configs(model) == (None, copies.compile_config(model))
    model = sequential(Scaled(3.0), layers.Dense(1))
    assert copies.tried_configs(model) == (copies.model_config(model), None)
    model.compile("sgd", absolute)
    assert copies.tried_configs(model)[1] == copies.compile_config(model)
    model.compile("sgd", Method().loss)
    assert copies.tried_configs(model) == (copies.model_config(model), None)


def test_own_compilation_is_not_copied():
    class Own(keras.Sequential):
        def get_compile_config(self):
            return {}

    model = Own([keras.Input((4,)), layers.Dense(1)])
    model.compile(loss="mse")
    with pytest.raises(copies.NotCopiedError, match="does not say how it was compiled"):
        copies.copy_model(model)


# --- Configurations ------------------------------------------------------------------


def test_classes_of_a_configuration_must_be_known():
    model = sequential(Scaled(3.0), layers.Dense(2))
    text = copies.model_config(model)
    assert copies.unknown_names(text, {}) == ["Scaled"]
    with pytest.raises(ValueError, match="The model has Scaled, .*custom_objects="):
        copies.from_config(text, {})
    made = copies.from_config(text, {"Scaled": Scaled})
    assert made.layers[0].factor == 3.0


def test_registered_classes_may_be_given_by_their_plain_name():
    text = copies.model_config(sequential(Scaled(3.0)))
    text = text.replace('"registered_name": "Scaled"', '"registered_name": "my>Scaled"')
    assert copies.by_all_names(text, {"Scaled": Scaled}) == {
        "Scaled": Scaled,
        "my>Scaled": Scaled,
    }
    assert copies.from_config(text, {"Scaled": Scaled}).layers[0].factor == 3.0


def test_code_in_a_configuration_is_run_only_where_it_is_trusted():
    model = sequential(layers.Lambda(lambda x: 2 * x, output_shape=(4,)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        text = json.dumps(keras.saving.serialize_keras_object(model))
    with pytest.raises(ValueError, match="lambda"):
        copies.from_config(text, {})
    np.testing.assert_array_equal(copies.from_config(text, {}, trusted=True)(X), 2 * X)


def test_lambdas_use_what_they_used():
    factor = 3.0
    first = layers.Dense(2, activation=lambda x: keras.ops.relu(x) * factor)
    second = layers.Lambda(lambda x: absolute(x, 0.0)[:, :1], output_shape=(1,))
    model = sequential(first, second)
    model.compile(
        "sgd",
        loss=lambda y, z: keras.ops.mean(keras.ops.square(y - z)),
        metrics=[lambda y, z: absolute(y, z)],
    )
    other = copies.copy_model(model)
    np.testing.assert_array_equal(other(X), model(X))
    ours, theirs = (
        each.fit(X, Y, epochs=2, shuffle=False, verbose=0).history
        for each in (model, other)
    )
    assert ours == theirs
    assert other.layers[0].activation is first.activation
    assert first.activation.__name__ == "<lambda>"


def test_lambdas_of_one_line_are_told_apart():
    stack = [layers.Lambda(lambda x, n=n: x + n, output_shape=(4,)) for n in (1, 10)]
    model = sequential(*stack)
    np.testing.assert_array_equal(copies.copy_model(model)(X), model(X))


def test_own_classes_and_functions_are_found_wherever_they_are():
    inner = sequential(Scaled())
    model = sequential(inner, layers.Dense(1))
    assert copies.custom_objects(model) == {"Scaled": Scaled}
    model.compile("sgd", [absolute], metrics=[absolute])
    assert copies.custom_objects(model) == {"Scaled": Scaled, "absolute": absolute}
    assert copies.custom_of(layers.Lambda(absolute)) == {"absolute": absolute}
    assert copies.custom_of(layers.Dense(1)) == {}


def test_layers_with_a_way_to_be_built_are_found_alone():
    class Gated(layers.Layer):
        def build(self, shape):
            self.gates = self.add_weight(shape=(shape[-1],), initializer="ones")

        def call(self, inputs):
            return inputs * self.gates

    model = sequential(Gated(), layers.Dense(1))
    assert copies.custom_objects(model) == {"Gated": Gated}


# --- Equal models --------------------------------------------------------------------


def test_names_that_keras_counts_up_make_no_difference():
    first, again, crossed, wider = (
        copies.without_names(copies.model_config(model))
        for model in (
            two_paths(),
            two_paths(),
            two_paths(crossed=True),
            two_paths(units=5),
        )
    )
    assert first == again
    assert crossed != first
    assert wider != first


def test_types_of_numbers_make_a_difference():
    texts = [
        copies.model_config(sequential(layers.Dense(1, dtype=dtype)))
        for dtype in ("float32", "mixed_bfloat16")
    ]
    first, second = map(copies.without_names, texts)
    assert first != second


def test_constants_are_what_layers_have_adapted_to():
    def adapted(X):
        normalization = layers.Normalization()
        normalization.adapt(X)
        return copies.constants(sequential(normalization, layers.Dense(1)))

    assert adapted(X) == adapted(X)
    assert adapted(X) != adapted(X + 1)
    assert copies.constants(sequential(layers.Dense(1))) == ""


# --- Parts ---------------------------------------------------------------------------


def test_states_of_dropout_are_no_weights():
    model = sequential(layers.Dense(2), layers.Dropout(0.5))
    [state] = copies.seed_states(model)
    assert state.shape == (2,)
    assert copies.seed_states(sequential(layers.Dense(2))) == []


def test_layers_within_others_are_layers():
    dense = layers.Dense(2)
    inner = sequential(dense)
    found = copies.all_layers(sequential(inner))
    assert inner in found
    assert dense in found


# --- Arguments that Keras leaves out -------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        (keras.losses.Huber, {"delta": 30.0}),
        (keras.losses.CosineSimilarity, {"axis": 1}),
        pytest.param(
            keras.metrics.SparseTopKCategoricalAccuracy,
            {"from_sorted_ids": True},
            marks=needs_sorted_ids,
        ),
    ],
)
def test_arguments_of_losses_and_metrics_are_whole(kind, arguments):
    part = kind(**arguments)
    assert own_arguments(part).items() >= arguments.items()
    described = copies.object_config(part)
    again = copies.from_config(described, {})
    assert again._fn_kwargs == part._fn_kwargs


@pytest.mark.parametrize("as_list", [False, True])
def test_a_copy_has_the_same_loss(as_list):
    model = sequential(layers.Dense(1))
    loss = keras.losses.Huber(delta=30.0)
    model.compile("sgd", [loss] if as_list else loss)
    assert '"delta": 30.0' in copies.compile_config(model)
    expected = model.evaluate(X, 100 * Y, verbose=0)
    copied = copies.copy_model(model)
    assert copied.evaluate(X, 100 * Y, verbose=0) == pytest.approx(expected)


def test_own_functions_are_asked_for_by_name():
    model = sequential(layers.Dense(1, activation=keras.ops.square))
    text = copies.model_config(model)
    with pytest.raises(ValueError, match="The model has square, which Keras does not"):
        copies.from_config(text, {})
    again = copies.from_config(text, {"square": keras.ops.square})
    assert again.layers[-1].activation is keras.ops.square
