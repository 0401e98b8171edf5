"""Networks that people publish, from constructor parameters alone.

Their parameter counts are those of the published programs. The data are random, of
the right shape, since a count does not depend on them.
"""

import numpy as np
import pytest

from sknets import DenseNetClassifier, SmallCNNClassifier

ADAM = {"optimizer": "adam", "learning_rate": 1e-3}
CONSTANT = {**ADAM, "learning_rate_schedule": "constant"}
# A convolutional network trained plainly: every part of the recipe left out.
PLAIN = {
    **CONSTANT,
    "warmup": 0.0,
    "input_scaling": "range",
    "augment": None,
    "normalization": None,
}

# The faces: one convolution, one pooling, and a network that depends on their size.
FACES = {"width": 4, "dropout": 0.0, "pool_last": True, "epochs": 20, **PLAIN}

SYSTEMS = {
    "D1": (DenseNetClassifier(512, 0.0, epochs=5, batch_size=128), 407_050),
    "D2": (
        DenseNetClassifier((128, 32), 0.0, epochs=20, batch_size=32, **CONSTANT),
        104_938,
    ),
    "D3": (
        DenseNetClassifier((256, 128, 64), 0.0, epochs=20, batch_size=32, **CONSTANT),
        242_762,
    ),
    "D4": (
        DenseNetClassifier((128, 64), (0.3, 0.2), epochs=20, batch_size=32, **CONSTANT),
        109_386,
    ),
    "D5": (
        DenseNetClassifier(
            (256, 128, 64), (0.3, 0.2, 0.1), epochs=40, batch_size=32, **CONSTANT
        ),
        242_762,
    ),
    "C1": (
        SmallCNNClassifier((32, 64, 128), 0.0, epochs=5, batch_size=64, **PLAIN),
        104_202,
    ),
    "C2": (
        SmallCNNClassifier(
            (16, 32),
            0.0,
            padding="same",
            pool_last=True,
            dense_width=128,
            epochs=5,
            batch_size=64,
            **PLAIN,
        ),
        206_922,
    ),
    "C3": (
        SmallCNNClassifier(
            (16, 32, (64, 128)),
            0.25,
            kernel_size=5,
            padding="same",
            pool_last=True,
            dense_width=128,
            epochs=10,
            batch_size=300,
            **PLAIN,
        ),
        418_314,
    ),
    "C4": (
        SmallCNNClassifier(
            (32, 64),
            0.0,
            pool_last=True,
            dense_width=128,
            epochs=20,
            early_stopping=True,
            validation_fraction=None,
            patience=10,
            **PLAIN,
        ),
        225_034,
    ),
    "C5": (SmallCNNClassifier(**{**FACES, "width": 1, "epochs": 5}), 1_710),
}
SYSTEMS_ON_FACES = {
    "ORL": ((56, 46), 40, 64, 1_521_320),
    "Yale": ((100, 80), 15, 16, 458_815),
    "FERET": ((80, 80), 200, 4, 1_217_040),
}


def random_images(shape, n_classes):
    """One image of each class, as bytes."""
    rng = np.random.default_rng(0)
    X = rng.integers(0, 256, (n_classes, *shape), dtype=np.uint8)
    return X, np.arange(n_classes)


def assert_trains(est, X, y, n_parameters):
    est.set_params(epochs=1, batch_size=8, random_state=0).fit(X, y)
    assert est.model_.count_params() == n_parameters
    assert sum(w.size for w in est.weights_) == n_parameters
    assert np.isfinite(est.history_["loss"]).all()
    p = est.predict_proba(X)
    assert p.shape == (len(y), len(y))
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("name", SYSTEMS)
def test_on_images_of_28_by_28(name):
    est, n_parameters = SYSTEMS[name]
    assert_trains(est, *random_images((28, 28), 10), n_parameters)


@pytest.mark.parametrize("name", SYSTEMS_ON_FACES)
def test_on_faces(name):
    shape, n_people, filters, n_parameters = SYSTEMS_ON_FACES[name]
    est = SmallCNNClassifier(**{**FACES, "width": filters})
    assert_trains(est, *random_images(shape, n_people), n_parameters)


def test_layers_of_c3_are_in_the_published_order():
    """Convolutions in pairs, dropout after every pooling and after the dense layer."""
    est, _ = SYSTEMS["C3"]
    est.set_params(epochs=1).fit(*random_images((28, 28), 10))
    kinds = [layer["layer"] for layer in est.network_]
    assert kinds == [
        *("conv", "max_pool", "dropout"),
        *("conv", "max_pool", "dropout"),
        *("conv", "conv", "max_pool", "dropout"),
        *("flatten", "dense", "dropout", "dense"),
    ]
    rates = [layer["rate"] for layer in est.network_ if layer["layer"] == "dropout"]
    assert rates == [0.25] * 4
