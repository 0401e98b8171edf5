"""The network and the optimizer that `warm_start` and `partial_fit` go on from."""

import numpy as np
import pytest

from sknets import DenseNetClassifier, SmallCNNClassifier, TextPoolClassifier


def test_warm_start_keeps_the_state_of_the_optimizer(quick, blobs):
    """Two fits of one epoch with momentum move as one of two does, not as two firsts.

    One batch an epoch, so that the order of the rows does not matter.
    """
    X, y = blobs
    params = {
        "optimizer": "sgd",
        "optimizer__momentum": 0.9,
        "learning_rate_schedule": "constant",
        "batch_size": 128,
    }
    both = quick(DenseNetClassifier, epochs=2, **params).fit(X, y).weights_
    est = quick(DenseNetClassifier, epochs=1, warm_start=True, **params)
    est.fit(X, y).fit(X, y)
    for a, b in zip(both, est.weights_, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("learned", ["fit", "other optimizer"])
def test_fresh_optimizer_state_starts_counting_anew(quick, blobs, learned):
    """Adam's first step is of the size of the learning rate, whatever came before."""
    X, y = blobs
    est = quick(DenseNetClassifier, epochs=30, warm_start=learned != "fit")
    if learned == "other optimizer":
        est.set_params(optimizer="sgd", optimizer__momentum=0.5)
    est.fit(X, y)
    before = est.weights_
    for name in [name for name in est.get_params() if name.startswith("optimizer__")]:
        delattr(est, name)
    est.set_params(optimizer="adam", batch_size=128, learning_rate=1e-3)
    est.partial_fit(X, y)
    steps = np.abs(est.weights_[0] - before[0])
    assert steps.max() == pytest.approx(1e-3, rel=0.02)


@pytest.mark.parametrize("call", ["fit", "partial_fit"])
def test_going_on_with_another_width(quick, blobs, call):
    est = quick(DenseNetClassifier, warm_start=True).fit(*blobs)
    est.set_params(width=9)
    with pytest.raises(ValueError, match=r"shapes are \[\(4, 8\).*ask for \[\(4, 9\)"):
        getattr(est, call)(*blobs)


@pytest.mark.parametrize("call", ["fit", "partial_fit"])
def test_going_on_with_another_activation(quick, blobs, call):
    est = quick(DenseNetClassifier, warm_start=True).fit(*blobs)
    est.set_params(activation="tanh")
    with pytest.raises(ValueError, match="activation relu, linear .*Set activation ba"):
        getattr(est, call)(*blobs)


@pytest.mark.parametrize("call", ["fit", "partial_fit"])
def test_going_on_with_another_pooling(call):
    data = ["good film", "bad film"] * 4, [1, 0] * 4
    est = TextPoolClassifier(width=4, epochs=1, warm_start=True, random_state=0)
    est.fit(*data).set_params(pooling="max")
    with pytest.raises(ValueError, match="pooling mean in .* ask for max. Set pooling"):
        getattr(est, call)(*data)


@pytest.mark.parametrize(
    ("fitted", "asked", "match"),
    [
        ({"normalization": "batch"}, {"normalization": "pooled"}, "normalization"),
        ({"padding": "valid"}, {"padding": "same"}, "padding valid"),
    ],
)
def test_another_network_of_the_same_shapes_is_refused(quick, fitted, asked, match):
    X = np.random.default_rng(0).uniform(size=(12, 5, 5))
    y = [0, 1] * 6
    est = quick(
        SmallCNNClassifier,
        kernel_size=2,
        pool_last=True,
        epochs=1,
        warm_start=True,
        **fitted,
    ).fit(X, y)
    before = est.network_
    est.set_params(**asked)
    for train in (est.fit, est.partial_fit):
        with pytest.raises(ValueError, match=f"{match}.* Set "):
            train(X, y)
    assert est.network_ == before
