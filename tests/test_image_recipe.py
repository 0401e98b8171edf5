"""The defaults of SmallCNNClassifier that are more than a plain value."""

import numpy as np
import pytest

from sknets import SmallCNNClassifier
from sknets._core.build import cnn_layers
from sknets._estimators import image_input
from sknets._training import schedule


def net(**params):
    defaults = {"epochs": 3, "batch_size": 16, "random_state": 0, "augment": None}
    return SmallCNNClassifier((4,), **{**defaults, **params})


def assert_same_weights(a, b):
    for one, other in zip(a.weights_, b.weights_, strict=True):
        np.testing.assert_array_equal(one, other)


def test_without_layers_is_a_linear_model(digits):
    X, y = digits
    linear = SmallCNNClassifier((), epochs=2, random_state=0).fit(X, y)
    assert [layer["layer"] for layer in linear.network_] == ["flatten", "dense"]
    assert linear.weights_[0].shape == (X[0].size, len(linear.classes_))


@pytest.mark.parametrize("dense_width", [(), (8,), (8, 6)])
@pytest.mark.parametrize("width", [4, (4, 8)])
def test_auto_dropout_is_half_before_the_output_and_nowhere_else(width, dense_width):
    layers = cnn_layers(
        (8, 8, 1), width, "auto", "relu", 3, "same", False, dense_width, 3
    )
    dropped = [i for i, layer in enumerate(layers) if layer.kind == "dropout"]
    assert len(dropped) == 1
    assert layers[dropped[0]].rate == 0.5
    after = [layer.kind for layer in layers[dropped[0] + 1 :]]
    assert after in (["dense"], ["flatten", "dense"])


def test_mean_of_the_auto_learning_rate_is_the_optimizers_own(digits):
    """Half of the highest rate, for a cosine with a warm-up; plainly, without."""
    X, y = digits
    n_steps = 3 * 13
    factors = schedule.factors("cosine", 0.1, np.arange(n_steps), n_steps)
    assert factors.mean() == pytest.approx(0.5, abs=0.03)
    explicit = net(learning_rate=0.001 / factors.mean(dtype=np.float64))
    assert_same_weights(net().fit(X, y), explicit.fit(X, y))
    constant = {"learning_rate_schedule": "constant", "warmup": 0.0}
    plain = net(learning_rate=None, **constant).fit(X, y)
    assert_same_weights(net(**constant).fit(X, y), plain)


@pytest.mark.parametrize(
    ("normalization", "many_rows", "factor"),
    [("pooled", 200, 4), ("pooled", 201, 1), (None, 200, 1)],
)
def test_auto_learning_rate_of_many_rows(
    monkeypatch, digits, normalization, many_rows, factor
):
    X, y = digits
    assert len(X) == 200
    monkeypatch.setattr(image_input, "MANY_ROWS", many_rows)
    params = {"normalization": normalization, "learning_rate_schedule": "constant"}
    params["warmup"] = 0.0
    explicit = net(learning_rate=0.001 * factor, **params).fit(X, y)
    assert_same_weights(net(**params).fit(X, y), explicit)


def test_auto_learning_rate_leaves_a_given_one_alone(digits):
    X, y = digits
    given = net(optimizer__learning_rate=0.01).fit(X, y)
    assert_same_weights(given, net(learning_rate=0.01).fit(X, y))


@pytest.mark.parametrize(
    ("n_rows", "batch_size", "epochs"),
    [
        (10, 8, 600),
        (100, 8, 92),
        (1000, 32, 38),
        (3999, 64, 30),
        (4000, 64, 24),
        (16_000, 128, 14),
        (60_000, 128, 10),
    ],
)
def test_epochs_and_batches_follow_the_number_of_rows(n_rows, batch_size, epochs):
    assert SmallCNNClassifier()._auto_size(n_rows) == (batch_size, epochs)


@pytest.mark.parametrize("optimizer", ["adam", "an instance"])
def test_auto_label_smoothing_is_at_most_a_fiftieth(digits, optimizer):
    X, y = digits
    if optimizer != "adam":
        optimizer = pytest.importorskip("keras").optimizers.Adam(0.002)
    params = {"optimizer": optimizer, "learning_rate": None}
    auto, given, none = (
        net(label_smoothing=smoothing, **params).fit(X, y)
        for smoothing in ("auto", 0.02, 0.0)
    )
    assert_same_weights(auto, given)
    assert not np.array_equal(auto.weights_[0], none.weights_[0])


def test_input_scaling_range_is_that_of_the_type(digits):
    X, y = digits
    pixels = (X * 15).astype(np.uint8)
    scaled = net(input_scaling="range").fit(pixels, y)
    floats = net(input_scaling="range").fit((pixels / 255).astype(np.float32), y)
    assert scaled.input_scaling_["scale"] == pytest.approx(1 / 255)
    for one, other in zip(scaled.weights_, floats.weights_, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("before", "after"), [("standard", "range"), ("range", "standard")]
)
def test_input_scaling_cannot_change_under_warm_start(digits, before, after):
    X, y = digits
    est = net(input_scaling=before, epochs=1, warm_start=True).fit(X, y)
    est.fit(X, y)
    est.set_params(input_scaling=after)
    message = f"fitted with input_scaling='{before}'; now input_scaling='{after}'"
    for go_on in (est.fit, est.partial_fit):
        with pytest.raises(ValueError, match=message):
            go_on(X, y)


@pytest.mark.parametrize("input_scaling", ["standard", "range"])
@pytest.mark.parametrize("value", [0, 7])
@pytest.mark.filterwarnings("ignore:Pixels of X lie")  # as they do for black images
def test_constant_images_can_be_warm_started(input_scaling, value):
    X = np.full((6, 4, 4), value, np.uint8)
    est = net(input_scaling=input_scaling, epochs=1, warm_start=True)
    est.fit(X, np.arange(6) % 2).fit(X, np.arange(6) % 2)
    assert est.n_iter_ == 2
    assert np.isfinite(est.predict_proba(X)).all()
