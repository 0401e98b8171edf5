"""Learning-rate schedules: the factor on the learning rate at each step."""

from __future__ import annotations

import numpy as np


def factors(
    schedule: str, warmup: float, steps: np.ndarray, n_steps: int
) -> np.ndarray:
    """Factors on the learning rate at some steps of a training run.

    Parameters
    ----------
    schedule : {"constant", "cosine", "one_cycle"}
        After the warm-up, "constant" stays at 1. "cosine" falls from 1 to 0 along
        half a cosine [1]_. "one_cycle" first rises from 1/25 to 1 over the warm-up
        (30 % of the steps where `warmup` is 0), then falls to 1/10 000, both along
        half a cosine [2]_.
    warmup : float in [0, 1)
        Share of all steps over which the factor rises linearly from 0 to 1.
    steps : ndarray of int
        Numbers of the steps, counted from 0.
    n_steps : int
        Number of steps of the whole run.

    Returns
    -------
    ndarray of float32, of the shape of `steps`

    References
    ----------
    .. [1] Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm
       restarts", ICLR 2017.
    .. [2] Smith and Topin, "Super-convergence", 2018; with cosines instead of lines.
    """
    if schedule == "one_cycle" and warmup == 0:
        warmup = 0.3
    rising = warmup * n_steps
    rise = np.minimum((steps + 1) / max(rising, 1), 1.0)
    fall = np.clip((steps - rising) / max(n_steps - rising, 1), 0.0, 1.0)
    half_cosine = (1 + np.cos(np.pi * fall)) / 2
    if schedule == "constant":
        factor = rise
    elif schedule == "cosine":
        factor = np.where(steps < rising, rise, half_cosine)
    else:
        up = 1 / 25 + (1 - 1 / 25) * (1 - np.cos(np.pi * rise)) / 2
        factor = np.where(steps < rising, up, 1e-4 + (1 - 1e-4) * half_cosine)
    return factor.astype(np.float32)


def mean_factor(schedule: str, warmup: float, n_steps: int) -> float:
    """Mean of `factors` over all steps of a training run."""
    every = factors(schedule, warmup, np.arange(n_steps), n_steps)
    return float(every.mean(dtype=np.float64))
