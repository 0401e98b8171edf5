"""Losses and weights that become infinite or NaN."""

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from sknets import DenseNetClassifier
from tests.networks import BOTH_WAYS

pytestmark = pytest.mark.usefixtures("compiled_unless_said_otherwise")


@BOTH_WAYS
@pytest.mark.parametrize("early_stopping", [False, True])
def test_loss_that_explodes_is_a_warning_and_keeps_good_weights(
    way, quick, blobs, early_stopping
):
    est = quick(
        DenseNetClassifier,
        activation="linear",
        optimizer="sgd",
        learning_rate=1e12,
        learning_rate_schedule="constant",
        early_stopping=early_stopping,
    )
    with pytest.warns(ConvergenceWarning, match="infinite or NaN in epoch .*clipnorm"):
        est.fit(*blobs)
    assert all(np.isfinite(w).all() for w in est.weights_)
    losses = est.history_["loss"]
    assert len(losses) == est.n_iter_ < 5
    assert np.isfinite(losses[:-1]).all()


@BOTH_WAYS
def test_weights_that_explode_in_the_last_step_are_not_good_ones(way, quick, blobs):
    """A loss is measured before the step, so it may look fine."""
    est = quick(
        DenseNetClassifier,
        activation="linear",
        optimizer="sgd",
        input_scaling=None,
        learning_rate=3e38,
        learning_rate_schedule="constant",
        batch_size=128,  # one step an epoch
        epochs=1,
    )
    with (
        pytest.warns(UserWarning, match="features are large"),
        pytest.warns(ConvergenceWarning, match="infinite or NaN in epoch 1"),
    ):
        est.fit(1e3 * blobs[0], blobs[1])
    assert all(np.isfinite(w).all() for w in est.weights_)


@BOTH_WAYS
def test_training_can_go_on_after_an_explosion(way, quick, blobs):
    est = quick(
        DenseNetClassifier,
        activation="linear",
        optimizer="sgd",
        optimizer__momentum=0.9,
        learning_rate=1e12,
        warm_start=True,
    )
    with pytest.warns(ConvergenceWarning, match="infinite or NaN"):
        est.fit(*blobs)
    est.set_params(learning_rate=0.01, epochs=20).fit(*blobs)
    assert est.score(*blobs) > 0.9
