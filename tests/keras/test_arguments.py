"""Copies of users' objects have the arguments that their configurations leave out."""

import keras
import numpy as np
import pytest
from keras import layers

from sknets._keras import copies
from sknets._keras.arguments import NotCopiedError
from tests.keras.test_copies import Scaled, sequential

X = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32)
Y = X[:, :1]


def quantile(share):
    def loss(true, predicted):
        error = true - predicted
        return keras.ops.maximum(share * error, (share - 1) * error)

    return loss


class Quantile(keras.losses.Loss):
    """A loss whose inherited get_config does not know of `share`."""

    def __init__(self, share=0.5, **kwargs):
        super().__init__(**kwargs)
        self.share = share

    def call(self, true, predicted):
        return quantile(self.share)(true, predicted)


class Hidden(Quantile):
    """One that does not say what it was made with."""

    def __init__(self, share=0.5, **kwargs):
        super().__init__(share, **kwargs)
        self.other = self.__dict__.pop("share")

    def call(self, true, predicted):
        return quantile(self.other)(true, predicted)


class Percent(Quantile):
    """One whose attribute is not what it was made with."""

    def __init__(self, share=50.0, **kwargs):
        super().__init__(share / 100, **kwargs)


class Slower(keras.optimizers.SGD):
    def __init__(self, learning_rate=0.1, factor=1.0, **kwargs):
        super().__init__(learning_rate, **kwargs)
        self.factor = factor

    def update_step(self, gradient, variable, learning_rate):
        super().update_step(self.factor * gradient, variable, learning_rate)


class Times(keras.metrics.Mean):
    def __init__(self, factor=1.0, name="times", **kwargs):
        super().__init__(name=name, **kwargs)
        self._factor = factor

    def update_state(self, true, predicted, sample_weight=None):
        return super().update_state(self._factor * keras.ops.abs(true - predicted))


@pytest.mark.parametrize(
    ("make_loss", "optimizer", "metric"),
    [
        (lambda: [quantile(0.1), quantile(0.9)], "sgd", None),
        (lambda: [Quantile(0.1), Quantile(0.9)], "sgd", None),
        (lambda: "mse", Slower(0.1, factor=0.01), None),
        (lambda: "mse", "sgd", Times(7.0)),
    ],
)
def test_what_a_user_compiles_with_is_copied_whole(make_loss, optimizer, metric):
    inputs = keras.Input((4,))
    outputs = [layers.Dense(1)(inputs), layers.Dense(1)(inputs)]
    model = keras.Model(inputs, outputs)
    model.compile(optimizer, make_loss(), metrics=metric and [[metric], []])
    other = copies.copy_model(model)
    ours, theirs = (
        each.fit(X, [Y, Y], epochs=3, shuffle=False, verbose=0).history
        for each in (model, other)
    )
    assert ours.keys() == theirs.keys()
    assert all(ours[name] == pytest.approx(theirs[name]) for name in ours)


def test_arguments_that_nothing_tells():
    class Forgetful(Scaled):
        def get_config(self):
            return layers.Layer.get_config(self)

    class Bounded(keras.constraints.Constraint):
        def __init__(self, most=1.0):
            self.most = most

        def __call__(self, weights):
            return keras.ops.minimum(weights, self.most)

    class Halved(keras.optimizers.schedules.LearningRateSchedule):
        def __init__(self, first=0.1):
            self.first = first

        def __call__(self, step):
            return self.first

        def get_config(self):
            return {}

    copies.copy_model(sequential(Forgetful(2.0)))  # its default
    bounded = layers.Dense(2, kernel_constraint=Bounded(3.0))
    for layer, missing in [(Forgetful(3.0), "factor=3.0"), (bounded, "most=3.0")]:
        with pytest.raises(NotCopiedError, match=missing):
            copies.copy_model(sequential(layer))
    model = sequential(layers.Dense(1))
    model.compile(keras.optimizers.SGD(Halved(0.5)), "mse")
    with pytest.raises(NotCopiedError, match="leaves out first=0.5"):
        copies.copy_model(model)
    model.compile("sgd", Hidden(0.9))
    with pytest.raises(NotCopiedError, match="Hidden leaves out share"):
        copies.copy_model(model)
    model.compile("sgd", Percent(90.0))
    with pytest.raises(NotCopiedError, match="Percent leaves out share"):
        copies.copy_model(model)
    model.compile("sgd", Hidden(), metrics=[Times()])
    assert copies.copy_model(model).loss.other == 0.5


class Halves(keras.Model):
    """Keras keeps its layers, but not what it was made with."""

    def __init__(self, rate=0.5, **kwargs):
        super().__init__(**kwargs)
        self.last = layers.Dense(1)
        self.dropout = layers.Dropout(rate)

    def call(self, inputs, training=False):
        return self.last(self.dropout(inputs, training=training))

    def build(self, shape):
        self.last.build(shape)
        self.built = True


class Graph(keras.Model):
    def __init__(self, rate=0.5, **kwargs):
        inputs = keras.Input((4,))
        super().__init__(inputs, layers.Dropout(rate)(inputs), **kwargs)


class Scaling(keras.Model):
    def __init__(self, *args, factor=1.0, **kwargs):
        super().__init__(*args, **kwargs)
        self.factor = factor

    def call(self, inputs):
        return self.factor * super().call(inputs)


def test_what_a_subclassed_model_was_made_with():
    for model in (Halves(0.25), Graph(0.25)):
        model(X)
        with pytest.raises(NotCopiedError, match=f"{type(model).__name__} lea"):
            copies.copy_model(model)
    inputs = keras.Input((4,))
    outputs = layers.Dense(2)(inputs)
    model = Scaling(inputs, outputs)
    np.testing.assert_array_equal(copies.copy_model(model)(X), model(X))
    with pytest.raises(NotCopiedError, match=r"Scaling leaves out factor=2"):
        copies.copy_model(Scaling(inputs, outputs, factor=2.0))
