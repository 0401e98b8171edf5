"""Arguments of `compile` from names, classes and routed parameters."""

import pytest
from keras import losses, metrics, optimizers

from sknets._keras.compilation import compile_arguments, loss_name, metric_name
from tests.own_models import needs_sorted_ids


def compiled(params=None, **names):
    return compile_arguments(params or {}, names)


@pytest.mark.parametrize("given", ["sgd", "SGD", optimizers.SGD])
def test_optimizers_are_made_with_their_parameters(given):
    params = {"optimizer__learning_rate": 0.5, "optimizer__momentum": 0.25}
    made = compiled(params, optimizer=given)["optimizer"]
    assert type(made) is optimizers.SGD
    assert (float(made.learning_rate), made.momentum) == (0.5, 0.25)


def test_an_optimizer_takes_a_schedule_by_its_class():
    params = {
        "optimizer__learning_rate": optimizers.schedules.ExponentialDecay,
        "optimizer__learning_rate__initial_learning_rate": 0.5,
        "optimizer__learning_rate__decay_steps": 10,
        "optimizer__learning_rate__decay_rate": 0.9,
    }
    made = compiled(params, optimizer="adam")["optimizer"]
    assert float(made.learning_rate) == 0.5


@pytest.mark.parametrize(
    "given",
    [
        "sparse_categorical_crossentropy",
        "SparseCategoricalCrossentropy",
        losses.SparseCategoricalCrossentropy,
    ],
)
def test_losses_are_made_with_their_parameters(given):
    made = compiled({"loss__from_logits": True}, loss=given)["loss"]
    assert type(made) is losses.SparseCategoricalCrossentropy
    assert made.from_logits


def test_losses_without_parameters_stay_functions():
    assert compiled(loss="mse")["loss"] is losses.mean_squared_error
    assert compiled(loss=["mse", "mae"])["loss"] == [
        losses.mean_squared_error,
        losses.mean_absolute_error,
    ]


def test_metrics_of_outputs_get_their_parameters_each():
    params = {"metrics__name": "area", "metrics__b__0__name": "share"}
    given = {"a": ["AUC"], "b": [metrics.BinaryAccuracy]}
    made = compiled(params, metrics=given)["metrics"]
    assert type(made["a"][0]) is metrics.AUC
    assert [made["a"][0].name, made["b"][0].name] == ["area", "share"]


def test_a_single_metric_becomes_a_list():
    assert type(compiled(metrics="mae")["metrics"][0]) is metrics.MeanAbsoluteError
    assert compiled(metrics="accuracy")["metrics"] == ["accuracy"]
    assert compiled(metrics=None) == {"metrics": None}


def test_other_arguments_of_compile_are_routed():
    assert compiled({"compile__jit_compile": True, "epochs": 3}) == {
        "jit_compile": True
    }


def test_metrics_keep_their_names_from_time_to_time():
    for _ in range(2):
        assert compiled(metrics=["AUC"])["metrics"][0].name == "auc"


def test_two_metrics_of_a_kind_keep_their_numbers():
    names = [metric.name for metric in compiled(metrics=["AUC", "AUC"])["metrics"]]
    assert len(set(names)) == 2


def test_metrics_that_are_made_already_keep_their_names():
    given = [metrics.AUC(name="auc_2"), metrics.AUC(name="auc")]
    assert compiled(metrics=given)["metrics"] == given
    assert [metric.name for metric in given] == ["auc_2", "auc"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("mse", "mean_squared_error"),
        ("MeanSquaredError", "mean_squared_error"),
        (losses.Huber(), "huber"),
        (losses.KLDivergence, "kl_divergence"),
        (losses.binary_crossentropy, "binary_crossentropy"),
        (["mse"], None),
    ],
)
def test_long_names_of_losses(given, expected):
    assert loss_name(given) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("mse", "mean_squared_error"),
        ("AUC", "auc"),
        ("F1Score", "f1_score"),
        ("my_own", "my_own"),
    ],
)
def test_long_names_of_metrics(given, expected):
    assert metric_name(given) == expected


@needs_sorted_ids
def test_a_metric_that_is_named_anew_keeps_its_arguments():
    for _ in range(2):
        params = {"metrics__from_sorted_ids": True}
        given = metrics.SparseTopKCategoricalAccuracy
        [made] = compiled(params, metrics=[given])["metrics"]
        assert made._fn_kwargs["from_sorted_ids"] is True


def test_a_metric_that_cannot_be_copied_keeps_its_number():
    class Hidden(metrics.Mean):
        def __init__(self, factor=1.0, name=None):
            super().__init__(name=name)
            self.other = factor

    for _ in range(2):
        params = {"metrics__factor": 2.0}
        [made] = compiled(params, metrics=[Hidden])["metrics"]
        assert made.other == 2.0
