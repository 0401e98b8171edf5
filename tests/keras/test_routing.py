"""Parameters with a prefix: where they go, and objects made of classes with them."""

import keras
import pytest

from sknets._keras.routing import (
    accepts,
    argument_names,
    construct,
    routed,
    takes_any,
)


class Part:
    """Keeps what it was made with."""

    def __init__(self, *args, **kwargs):
        self.args, self.kwargs = args, kwargs


def test_routed_are_those_behind_a_prefix():
    params = {"optimizer__lr": 1, "optimizer__loss__a": 2, "loss__b": 3, "optimizer": 4}
    assert routed(params, "optimizer") == {"lr": 1, "loss__a": 2}


def test_arguments_of_functions():
    def named(a, /, b, *rest, c=0):
        pass

    def any_name(a, **others):
        pass

    assert argument_names(named) == ["b", "c"]
    assert (takes_any(named), takes_any(any_name)) == (False, True)
    assert accepts(named, "c")
    assert not accepts(named, "d")
    assert accepts(any_name, "d")


def test_a_class_gets_arguments_by_number_and_name():
    made = construct("part", Part, {"1": "b", "0": "a", "c": 3})
    assert (made.args, made.kwargs) == (("a", "b"), {"c": 3})


def test_classes_in_arguments_get_what_is_behind_their_name():
    made = construct("part", Part, {"inner": Part, "inner__x": 1, "y": 2})
    assert made.kwargs.keys() == {"inner", "y"}
    assert made.kwargs["inner"].kwargs == {"x": 1}


def test_parts_of_collections_share_arguments_and_override_them():
    made = construct("parts", [Part, Part], {"a": 1, "1__a": 2, "0__b": 3})
    assert [part.kwargs for part in made] == [{"a": 1, "b": 3}, {"a": 2}]
    made = construct("parts", {"x": Part, "y": (Part,)}, {"y__0__a": 1})
    assert made["x"].kwargs == {}
    assert made["y"][0].kwargs == {"a": 1}
    assert isinstance(made["y"], tuple)


def test_other_values_stay_what_they_are():
    loss = keras.losses.MeanSquaredError()
    assert construct("loss", loss, {}) is loss
    assert construct("loss", ["mse", None], {}) == ["mse", None]


def test_instances_take_no_arguments():
    match = (
        "loss='mse' does not accept parameters because.*loss__a. Give the class "
        "instead, or set them in the str"
    )
    with pytest.raises(TypeError, match=match):
        construct("loss", "mse", {"a": 1})


def test_arguments_that_a_class_of_keras_has_not():
    match = (
        "Adam has no argument 'learning_rat', given as optimizer__learning_rat. Valid "
        "are: .*beta_1.*clipnorm.*learning_rate"
    )
    with pytest.raises(ValueError, match=match):
        construct("optimizer", keras.optimizers.Adam, {"learning_rat": 0.1})
    made = construct("optimizer", keras.optimizers.Adam, {"0": 0.5, "clipnorm": 2.0})
    assert float(made.learning_rate) == 0.5
    assert made.clipnorm == 2.0


def test_arguments_of_own_subclasses_are_their_own_matter():
    class Slow(keras.optimizers.SGD):
        def __init__(self, factor, **kwargs):
            super().__init__(learning_rate=factor * 0.01, **kwargs)

    made = construct("optimizer", Slow, {"factor": 0.5, "momentum": 0.9})
    assert float(made.learning_rate) == pytest.approx(0.005)
    assert made.momentum == 0.9
