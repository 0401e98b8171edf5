"""Soft steps: each feature as several functions of it, in a layer that is not trained.

Between two edges, which are quantiles of the feature, ``tanh`` rises from -0.76 to
0.76; beyond them it is nearly constant. A network of such functions learns targets that
change many times along a feature, which it would approach slowly from the feature
itself. They are smooth relatives of the piecewise linear encoding of Gorishniy,
Rubachev and Babenko, "On embeddings for numerical features in tabular deep learning",
NeurIPS 2022.
"""

from __future__ import annotations

import numpy as np

# A value counts for no more than this share of what there is for a step: one that fills
# half of a feature, such as zero, would else take half of the edges.
MOST_SHARE = 0.25
# Nearest that edges may be, relative to the largest value: nearer ones could not be
# told apart in single precision.
NEAREST = 1e-4


def kernel_and_bias(
    x: np.ndarray, weights: np.ndarray, n_steps: int
) -> tuple[np.ndarray, np.ndarray]:
    """Kernel and bias of a dense layer of tanh, from scaled rows.

    Parameters
    ----------
    x : ndarray of shape (n_rows, n_features)
    weights : ndarray of shape (n_rows,)
        Not negative, and not all zero.
    n_steps : int
        Most steps of a feature. One of k different values has k - 1 at most.

    Returns
    -------
    kernel : ndarray of float32, shape (n_features, n_units)
        With one entry that is not zero in each column.
    bias : ndarray of float32, shape (n_units,)
    """
    edges = [_edges(column, weights, n_steps) for column in x.T]
    features = np.repeat(np.arange(len(edges)), [len(own) - 1 for own in edges])
    low = np.concatenate([own[:-1] for own in edges])
    high = np.concatenate([own[1:] for own in edges])
    kernel = np.zeros((len(edges), len(features)), np.float32)
    kernel[features, np.arange(len(features))] = 2 / (high - low)
    return kernel, (-(high + low) / (high - low)).astype(np.float32)


def _edges(values: np.ndarray, weights: np.ndarray, n_steps: int) -> np.ndarray:
    """Increasing edges between the steps of a feature; only one of a constant."""
    values = values[weights > 0].astype(np.float64)
    distinct, places = np.unique(values, return_inverse=True)
    totals = np.bincount(places, weights[weights > 0])
    totals = np.minimum(totals, MOST_SHARE * totals.sum() / n_steps)
    reached = np.cumsum(totals) / totals.sum()
    shares = np.linspace(0, 1, n_steps + 1)
    chosen = np.searchsorted(reached, shares * (1 - 1e-9))
    edges = distinct[np.unique(np.append(chosen, len(distinct) - 1))]
    apart = np.diff(edges) > NEAREST * np.abs(distinct[[0, -1]]).max()
    return edges[np.append(True, apart)]
