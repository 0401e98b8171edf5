"""The defaults of SmallCNNClassifier that are more than a plain value."""

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from sknets import SmallCNNClassifier
from sknets._core.build import cnn_layers
from sknets._images.augment import AUTO, AUTO_OF_SIGNALS, named
from sknets._training import schedule
from tests.networks import assert_same_weights


def net(**params):
    defaults = {"epochs": 3, "batch_size": 16, "random_state": 0, "augment": None}
    return SmallCNNClassifier((4,), **{**defaults, **params})


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


def test_auto_learning_rate_leaves_a_given_one_alone(digits):
    X, y = digits
    given = net(optimizer__learning_rate=0.01).fit(X, y)
    assert_same_weights(given, net(learning_rate=0.01).fit(X, y))


def test_images_are_learnt_as_they_are():
    """Noise of three mean values, which moving an image would smooth."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 500)
    means = np.array([100, 120, 140])[y]
    X = rng.normal(means[:, None, None], 20, (500, 12, 12)).clip(0, 255)
    X = X.astype(np.uint8)
    auto = SmallCNNClassifier(random_state=0)
    assert auto.fit(X[:300], y[:300]).score(X[300:], y[300:]) > 0.75
    never = {**AUTO, "unchanged": 0, "refine": 0}
    changed = SmallCNNClassifier(random_state=0, augment=never)
    with pytest.warns(ConvergenceWarning, match="changed at random, and not those"):
        changed.fit(X[:300], y[:300])
    assert changed.score(X[300:], y[300:]) < 0.6


def test_the_light_of_images_may_be_their_class():
    """Patches on grounds of four levels: changes of the light hide which one it is."""
    rng = np.random.default_rng(0)
    y = rng.integers(4, size=700)
    level = np.array([70, 100, 130, 160])[y] + rng.normal(0, 6, 700)
    X = level[:, None, None] + rng.normal(0, 10, (700, 16, 16))
    X[:, 4:9, 5:10] += rng.normal(0, 30, (700, 1, 1))
    X = X.clip(0, 255).astype(np.uint8)
    auto = SmallCNNClassifier(random_state=0).fit(X[:200], y[:200])
    unrefined = SmallCNNClassifier(random_state=0, augment={**AUTO, "refine": 0})
    unrefined.fit(X[:200], y[:200])
    score = auto.score(X[200:], y[200:])
    assert score > 0.85
    assert score > unrefined.score(X[200:], y[200:]) + 0.05


def test_what_a_signal_has_may_be_anywhere():
    """Bumps of three widths at any place; SVC tells 95 % of them apart."""
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=500)
    place = rng.uniform(20, 108, (500, 1))
    width = np.array([3, 4.5, 6.5])[y][:, None]
    X = np.exp(-((np.arange(128) - place) ** 2) / (2 * width**2))
    X += rng.normal(0, 0.08, X.shape)
    net = SmallCNNClassifier(random_state=0, image_shape=(1, 128))
    net.fit(X[:150], y[:150])
    assert net.augment_ == AUTO_OF_SIGNALS
    assert net.score(X[150:], y[150:]) > 0.97


@pytest.mark.parametrize(
    ("shape", "changes"),
    [
        ((8, 8), AUTO),
        ((7, 32), AUTO_OF_SIGNALS),
        ((32, 1), AUTO_OF_SIGNALS),
        ((7, 31), None),
        ((1, 1), None),
    ],
)
def test_what_auto_changes_follows_the_shape(shape, changes):
    assert named("auto", (*shape, 1)) == changes
