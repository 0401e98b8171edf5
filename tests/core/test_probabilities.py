"""Probabilities from logits, against float64."""

import numpy as np
import pytest
from scipy.special import logsumexp

from sknets._core.probabilities import log_sigmoid, log_softmax, sigmoid, softmax

Z = np.array([[-200, 0, 90], [1, 2, 3], [-1e-3, 0, 1e-3], [5, 5, 5]], np.float32)


def test_softmax():
    expected = np.exp(Z - logsumexp(Z.astype(np.float64), axis=1, keepdims=True))
    np.testing.assert_allclose(softmax(Z), expected, rtol=1e-6, atol=1e-37)


def test_log_softmax_keeps_small_probabilities():
    expected = Z - logsumexp(Z.astype(np.float64), axis=1, keepdims=True)
    np.testing.assert_allclose(log_softmax(Z), expected, rtol=1e-6, atol=1e-6)
    assert log_softmax(Z)[0, 0] == pytest.approx(-290)


def test_sigmoid_and_its_logarithm():
    z = np.array([-200, -20, -1, 0, 1, 9], np.float32)
    exact = 1 / (1 + np.exp(-z.astype(np.float64)))
    np.testing.assert_allclose(sigmoid(z), exact, rtol=1e-6, atol=1e-37)
    np.testing.assert_allclose(log_sigmoid(z), np.log(exact), rtol=1e-5)


def test_logarithm_of_a_probability_that_rounds_to_one_is_zero():
    z = np.array([18, 30, 1e4], np.float32)
    np.testing.assert_array_equal(sigmoid(z), 1)
    np.testing.assert_array_equal(log_sigmoid(z), 0)
