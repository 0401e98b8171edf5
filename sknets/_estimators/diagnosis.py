"""Warnings of a fit that has plainly not learnt, with the likely cause.

Two things are looked for: features that reach the first layer far from unit scale,
and a trained network that is no better on its own training rows than one constant
answer. Targets of pure noise seldom count as that, since a network learns some of
their rows by heart: a permutation test is not flooded with warnings.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from .._core import prediction, scaling
from .._core.network import Network
from .._core.sampling import some_rows
from .._warnings import warn_user

# Fewer epochs, steps or rows tell nothing: a trial with one epoch, ten rows.
MIN_EPOCHS, MIN_STEPS, MIN_ROWS = 3, 100, 30
# Rows that are looked at: enough to see chance, cheap to predict.
SAMPLE_ROWS = 2000
# What a constant answer leaves of loss and of errors; a network that leaves more than
# these parts of both has not learnt. Random weights alone can take off some errors.
LOSS_LEFT, ERRORS_LEFT = 0.998, 0.5
# A network whose loss is below this part of a constant answer's has learnt something.
LEARNT = 0.5
# Images that are looked at without their random changes, by their number of values.
UNCHANGED_ROWS, UNCHANGED_VALUES = 200, 2**21
# Share of the rows that are nearer to numbers that a network has learnt.
NEARER = 0.7
# Times the loss of a constant answer: no start with random weights is as bad as that.
DIVERGED = 100.0
# Standardised columns have a root mean square near 1, pixels in 0..255 near 80.
LARGE_INPUT = 20.0


def warn_of_large_input(X: Any, index: np.ndarray) -> None:
    """Warn if unscaled features are of a size that training can hardly cope with.

    Parameters
    ----------
    X : ndarray or CSR matrix of shape (n_samples, ...)
    index : ndarray of int
        The rows to train on.
    """
    rows = scaling.dense_rows(X, index[some_rows(len(index), SAMPLE_ROWS)])
    with np.errstate(over="ignore"):  # infinite is large as well
        size = float(np.sqrt(np.mean(np.square(rows, dtype=np.float64))))
    if size <= LARGE_INPUT:
        return
    warn_user(
        f"The features are large (root mean square {size:.3g}) and input_scaling is "
        "None, so they reach the network as they are, and it may learn badly or not at "
        "all. Leave out input_scaling=None, or scale them before: pixels by 1/255, "
        "other features by StandardScaler.",
    )


def warn_if_not_learnt(
    network: Network,
    trained: Any,
    data: Any,
    settings: Any,
) -> None:
    """Warn if a trained network does no better than one constant answer.

    That is, if on the training rows its loss is not below that of always giving the
    shares of the classes, or the mean, and its accuracy not well above that of the
    most frequent answer. Very small data and very few steps are passed over, unless the
    loss is far beyond any that a start has.

    Parameters
    ----------
    network : Network
    trained : Trained
    data : TrainingData
    settings : Settings
    """
    constant_loss, _ = data.objective.constant_answer(data.y, data.w)
    last_loss = trained.history["loss"][-1]
    # Also in a fit of few steps, which says nothing of small differences.
    if last_loss > DIVERGED * max(constant_loss, np.log(2)):
        warn_user(
            f"Training diverged: the loss of its last epoch is {last_loss:.3g}, where "
            f"one answer for all rows has {constant_loss:.3g}. "
            + likely_cause(False, network, settings),
            ConvergenceWarning,
        )
        return
    n_steps = trained.n_epochs * -(-len(data) // settings.batch_size)
    if trained.n_epochs < MIN_EPOCHS or n_steps < MIN_STEPS or len(data) < MIN_ROWS:
        return
    # Smoothed labels keep the loss of the best network above that.
    if constant_loss <= settings.label_smoothing:
        return
    if settings.augment is not None and last_loss < LEARNT * constant_loss:
        _warn_if_unchanged_images_are_lost(network, trained, data)
    # Measured while dropout was on: the network itself is better yet.
    if last_loss < 0.95 * constant_loss:
        return
    data = _sample(data)
    constant_loss, constant_accuracy = data.objective.constant_answer(data.y, data.w)
    logits = _logits(network, trained.weights, data)
    loss, accuracy = data.objective.evaluate(logits, data.y, data.w)
    errors, constant_errors = 1 - accuracy, 1 - constant_accuracy
    if loss < LOSS_LEFT * constant_loss or errors < ERRORS_LEFT * constant_errors:
        return
    if data.objective.metric is None and _most_are_nearer(logits, data):
        return
    is_constant = float(np.ptp(logits, axis=0).max()) < 1e-3
    counted = f" (accuracy {accuracy:.3g} against {constant_accuracy:.3g})"
    warn_user(
        f"The network has not learnt: on its own training rows its loss {loss:.3g} is "
        f"no lower than the {constant_loss:.3g} of one answer for all rows"
        f"{counted if data.objective.metric else ''}. "
        + (
            "All training rows are the same: look at how X was made."
            if not network.takes_tokens and _all_alike(data)
            else likely_cause(is_constant, network, settings)
        ),
        ConvergenceWarning,
    )


def _warn_if_unchanged_images_are_lost(
    network: Network, trained: Any, data: Any
) -> None:
    """Warn if changed images were learnt, and the same ones without changes were not.

    Moving an image smooths the noise of its pixels, which may be nearly all there is.
    """
    n_rows = UNCHANGED_VALUES // data.n_features
    data = _sample(data, int(np.clip(n_rows, MIN_ROWS, UNCHANGED_ROWS)))
    constant_loss, _ = data.objective.constant_answer(data.y, data.w)
    logits = _logits(network, trained.weights, data)
    loss, _ = data.objective.evaluate(logits, data.y, data.w)
    if loss > constant_loss:
        warn_user(
            "The network has learnt images that are changed at random, and not those "
            f"of X: on its own training images as they are its loss {loss:.3g} is "
            f"higher than the {constant_loss:.3g} of one answer for all rows. Set "
            "augment=None, leave out some of the changes, or raise the share of images "
            "that stay as they are, augment={..., 'unchanged': 0.5}.",
            ConvergenceWarning,
        )


def _most_are_nearer(logits: np.ndarray, data: Any) -> bool:
    """Whether most numbers are predicted better than by one answer for all rows.

    A few outliers may be nearly all of the loss, and say nothing of the others.
    """
    constants = data.objective.constants(data.y, data.w)
    of_constant = data.objective.losses(constants, data.y)
    return bool(np.mean(data.objective.losses(logits, data.y) < of_constant) > NEARER)


def likely_cause(is_constant: bool, network: Network, settings: Any) -> str:
    """Say what probably went wrong and how to mend it.

    Parameters
    ----------
    is_constant : bool
        Whether all rows get the same logits.
    network : Network
    settings : Settings
    """
    rate = settings.optimizer.learning_rate
    usual = 0.1 if network.takes_tokens else settings.optimizer.rule.learning_rate
    if rate < usual / 20:
        return f"learning_rate={rate:g} is very low; {usual:g} is usual for it."
    if rate > 5 * usual:
        return f"learning_rate={rate:g} is very high; {usual:g} is usual for it."
    highest = max(network.dropout_rates, default=0.0)
    if highest > 0.7:
        return f"dropout={highest:g} leaves too little of the network; lower it."
    if is_constant:
        return (
            "All rows get the same answer, as where hidden units have died: lower "
            f"learning_rate (now {rate:g}), or scale the features."
        )
    return (
        "Look whether y belongs to the rows (was one of X and y shuffled or "
        "sorted without the other?) and whether the features are scaled; then try "
        f"more epochs or another learning_rate (now {rate:g})."
    )


def _all_alike(data: Any) -> bool:
    """Whether the rows do not differ, as images that were not read do not."""
    rows = scaling.dense_rows(data.X, data.index)
    return bool((rows == rows[0]).all())


def _sample(data: Any, n_rows: int = SAMPLE_ROWS) -> Any:
    """Some of the rows."""
    return data.part(some_rows(len(data), n_rows))


def _logits(network: Network, weights: Any, data: Any) -> np.ndarray:
    def rows(block: slice) -> Any:
        if network.takes_tokens:
            return data.X[data.index[block]]
        return data.scaled(block)

    return prediction.logits(network, weights, rows, len(data))
