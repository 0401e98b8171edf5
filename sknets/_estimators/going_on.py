"""What `warm_start` and `partial_fit` go on from: the same network, its optimizer."""

from __future__ import annotations

from typing import Any

from .._core.layers.base import Weights
from .._core.network import Network


def check_same_network(fitted: Network, weights: Weights, asked: Network) -> None:
    """Raise if the parameters now ask for another network than has these weights."""
    now, then = asked.weight_shapes(), [w.shape for w in weights]
    if now != then:
        raise ValueError(
            "warm_start and partial_fit go on from the fitted weights, whose "
            f"shapes are {then}; the parameters (width and the like) now ask "
            f"for {now}. Set them back, or fit with warm_start=False."
        )
    was, is_now = fitted.names("kind"), asked.names("kind")
    if was != is_now:
        raise ValueError(
            "warm_start and partial_fit go on from weights fitted in the layers "
            f"{', '.join(was)}; the parameters (normalization, pool_last) now ask "
            f"for {', '.join(is_now)}. Set them back, or fit with warm_start=False."
        )
    for name in ("activation", "padding", "pooling"):
        was, is_now = fitted.names(name), asked.names(name)
        if was != is_now:
            raise ValueError(
                f"warm_start and partial_fit go on from weights fitted with {name} "
                f"{', '.join(was)} in the layers; the parameters now ask for "
                f"{', '.join(is_now)}. Set {name} back, or fit with "
                "warm_start=False."
            )


def optimizer_state(optimizer: Any, trained: Any) -> dict[str, Any]:
    """State of the optimizer after training, as plain values and arrays."""
    return {
        "optimizer": optimizer.structure[:2],
        "n_steps": trained.n_steps,
        "slots": trained.slots,
    }


def slots_and_steps(state: dict[str, Any] | None, optimizer: Any) -> tuple[Any, int]:
    """Slots to go on from and the steps that made them; none of another rule."""
    if state is None or state["optimizer"] != optimizer.structure[:2]:
        return None, 0
    return state["slots"], state["n_steps"] if state["slots"] else 0
