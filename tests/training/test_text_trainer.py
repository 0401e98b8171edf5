"""The text trainer: steps worked out with whole matrices, and what is easily lost."""

import numpy as np
import pytest
import scipy.sparse as sp

from sknets import TextPoolClassifier
from sknets._core.build import text_layers
from sknets._core.network import Network
from sknets._core.objectives import CLASS_OBJECTIVES
from sknets._core.scaling import identity
from sknets._training import text_trainer
from sknets._training.data import TrainingData
from sknets._training.optimizers import make_optimizer
from sknets._training.settings import Settings
from sknets._training.text_trainer import TextTrainer

# Tokens of three texts, the last one empty; row 0 is padding.
COUNTS = np.array([[0, 2, 1, 0], [0, 0, 1, 3], [0, 0, 0, 0]], np.float32)
LABELS = np.array([[1], [0], [1]], np.float32)
TABLE = np.array([[0, 0], [0.5, -1], [0.25, 0.5], [-1, 2]], np.float32)
KERNEL = np.array([[0.5], [-0.25]], np.float32)
BIAS = np.array([0.1], np.float32)
RATE = 0.5


def trainer(name="sgd", weight_decay=None, relative=False, slots=None, **settings):
    optimizer = make_optimizer(name, RATE, weight_decay, settings)
    weights = [TABLE, KERNEL, BIAS]
    data = TrainingData(
        sp.csr_array(COUNTS),
        np.arange(3),
        LABELS,
        np.ones((3, 1), np.float32),
        CLASS_OBJECTIVES["binary"],
        identity(),
    )
    return TextTrainer(
        Network(tuple(text_layers(4, 2, 0.0, "relu", "mean", (), 1)), ()),
        weights,
        slots or optimizer.first_slots(weights),
        data,
        Settings(1, 3, optimizer, relative_steps=relative),
        0,
    )


def step(one):
    keys = np.zeros((1, 2), np.uint64)
    one.run_epoch(np.arange(3), np.array([RATE], np.float32), keys)
    return one.read_weights()


def gradients():
    """Of all weights, with whole matrices."""
    shares = COUNTS / np.maximum(COUNTS.sum(axis=1), 1)[:, None]
    pooled = shares @ TABLE
    d = (1 / (1 + np.exp(-(pooled @ KERNEL + BIAS))) - LABELS) / 3
    return [shares.T @ (d @ KERNEL.T), pooled.T @ d, d.sum(axis=0)]


def test_a_step_is_that_of_whole_matrices():
    expected = [
        w - RATE * g for w, g in zip([TABLE, KERNEL, BIAS], gradients(), strict=True)
    ]
    for ours, wanted in zip(step(trainer()), expected, strict=True):
        np.testing.assert_allclose(ours, wanted, rtol=1e-5, atol=1e-7)


def test_weight_decay_shrinks_touched_rows_and_kernels():
    shrink = 1 - RATE * 0.2
    table, kernel, bias = gradients()
    ours = step(trainer(weight_decay=0.2))
    np.testing.assert_allclose(ours[0], TABLE * shrink - RATE * table, rtol=1e-5)
    np.testing.assert_allclose(ours[1], KERNEL * shrink - RATE * kernel, rtol=1e-5)
    np.testing.assert_allclose(ours[2], BIAS - RATE * bias, rtol=1e-5)


def test_rows_without_tokens_stay_as_they_are():
    ours = step(trainer(weight_decay=0.2, momentum=0.9))
    np.testing.assert_array_equal(ours[0][0], TABLE[0])


def test_relative_steps():
    """A value moves in proportion to its start, everything else at 3 per cent."""
    table, kernel, bias = gradients()
    ours = step(trainer(relative=True))
    np.testing.assert_allclose(ours[0], TABLE - RATE * np.abs(TABLE) * table, rtol=1e-5)
    np.testing.assert_allclose(ours[1], KERNEL - 0.03 * RATE * kernel, rtol=1e-5)
    np.testing.assert_allclose(ours[2], BIAS - 0.03 * RATE * bias, rtol=1e-5)


@pytest.mark.parametrize("clipping", ["clipnorm", "global_clipnorm", "clipvalue"])
def test_the_embedding_is_clipped_too(clipping):
    limit, parts = 0.01, gradients()
    if clipping == "clipvalue":
        limited = [np.clip(part, -limit, limit) for part in parts]
    else:
        norms = np.array([np.linalg.norm(part) for part in parts])
        if clipping == "global_clipnorm":
            norms[:] = np.linalg.norm(norms)
        limited = [p * min(1, limit / n) for p, n in zip(parts, norms, strict=True)]
    ours = step(trainer(**{clipping: limit}))
    for now, before, part in zip(ours, [TABLE, KERNEL, BIAS], limited, strict=True):
        np.testing.assert_allclose(now, before - RATE * part, rtol=1e-4, atol=1e-6)


def test_optimizer_slots_are_kept_by_row():
    one = trainer("adam")
    step(one)
    [(mean, square), *_] = one.read_slots()
    table = gradients()[0]
    np.testing.assert_allclose(mean, 0.1 * table, rtol=1e-4, atol=1e-8)
    np.testing.assert_allclose(square, 0.001 * table**2, rtol=1e-4, atol=1e-10)


def test_two_steps_of_momentum_go_on_from_the_slots():
    ours = trainer(momentum=0.5)
    step(ours)
    after = trainer(momentum=0.5, slots=ours.read_slots())
    plain = trainer()
    moved = step(after)[0] - step(plain)[0]
    np.testing.assert_allclose(moved, -0.5 * RATE * gradients()[0], rtol=1e-4)


def test_blocks_of_rows_change_nothing(monkeypatch):
    whole = step(trainer("adam"))
    monkeypatch.setattr(text_trainer, "BLOCK_VALUES", 2)
    for now, before in zip(step(trainer("adam")), whole, strict=True):
        np.testing.assert_array_equal(now, before)


# --- Going on ------------------------------------------------------------------------


def test_warm_start_goes_on_from_what_was_learnt():
    texts = ["good film", "bad film", "good end", "bad end"] * 5
    labels = [1, 0] * 8 + [0, 1] * 2
    net = TextPoolClassifier(
        epochs=3, learning_rate=0.3, warm_start=True, random_state=0
    ).fit(texts, labels)
    learnt = [weight.copy() for weight in net.weights_]
    net.set_params(epochs=1, learning_rate=1e-12).fit(texts, labels)
    for now, before in zip(net.weights_, learnt, strict=True):
        np.testing.assert_allclose(now, before, rtol=1e-5, atol=1e-7)
    fresh = TextPoolClassifier(epochs=1, learning_rate=1e-12, random_state=0)
    assert not np.allclose(fresh.fit(texts, labels).weights_[0], learnt[0], rtol=1e-3)


def test_rows_of_texts_of_before_rest():
    one = trainer("adam")
    keys, rate = np.zeros((1, 2), np.uint64), np.array([RATE], np.float32)
    one.run_epoch(np.array([0]), rate, keys)  # tokens 1 and 2
    before = one.read_weights()[0]
    one.run_epoch(np.array([1]), rate, keys)  # tokens 2 and 3
    moved = (one.read_weights()[0] != before).any(axis=1)
    assert moved.tolist() == [False, False, True, True]
