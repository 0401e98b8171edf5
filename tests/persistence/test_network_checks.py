"""Whether stored layers are a network, and weights and optimizer state fit them."""

import numpy as np
import pytest

from sknets._persistence.network_checks import (
    check_network,
    check_optimizer_state,
    check_scaling,
    check_weights,
)
from sknets._persistence.requirements import StateError

HIDDEN = {"layer": "dense", "units": 4, "activation": "relu"}
DROPOUT = {"layer": "dropout", "rate": 0.1}
OUTPUT = {"layer": "dense", "units": 3, "activation": "linear"}
CONV = {
    "layer": "conv",
    "filters": 2,
    "kernel": (3, 3),
    "padding": "valid",
    "activation": "relu",
    "pool": None,
}
POOL = {"layer": "max_pool", "size": (2, 2)}
FLATTEN = {"layer": "flatten"}


def weights():
    """Of HIDDEN and OUTPUT, for five features."""
    return [np.ones(s, np.float32) for s in [(5, 4), (4,), (4, 3), (3,)]]


def refused(message):
    return pytest.raises(StateError, match=message)


# --- Layers --------------------------------------------------------------------------


def test_networks():
    found = check_network([HIDDEN, DROPOUT, OUTPUT], (5,), 3)
    assert found.weight_shapes() == [(5, 4), (4,), (4, 3), (3,)]
    # 7 x 6 pixels become 5 x 4, then 2 x 2, with two filters: 8 numbers.
    found = check_network([CONV, POOL, FLATTEN, OUTPUT], (7, 6, 1), 3)
    assert found.weight_shapes() == [(3, 3, 1, 2), (2,), (8, 3), (3,)]


@pytest.mark.parametrize(
    ("stored", "message"),
    [
        ([], "network_ must be a list of layers"),
        (None, "network_ must be a list of layers"),
        ([{"layer": "lambda"}, OUTPUT], "layer 0 .* is of no known kind: 'lambda'"),
        ([HIDDEN, {"layer": []}], r"layer 1 .* is of no known kind: \[\]"),
        ([3, OUTPUT], "layer 0 .* is of no known kind: None"),
        ([{**HIDDEN, "run": "x"}, OUTPUT], "layer 0 .* has not the values of its kind"),
        ([{"layer": "dense"}, OUTPUT], "layer 0 .* has not the values of its kind"),
        ([HIDDEN, {**DROPOUT, "rate": 1.0}, OUTPUT], "layer 1 .* that no layer has"),
        ([{**HIDDEN, "units": True}, OUTPUT], "layer 0 .* values that no layer has"),
        ([CONV, OUTPUT], r"layer 0 of network_, conv, cannot take input \(5,\)"),
        ([HIDDEN], "must end in a linear dense layer of 3 units; got Dense.units=4"),
        ([{**OUTPUT, "activation": "relu"}], "must end in a linear dense layer"),
        ([{**OUTPUT, "units": 2}], "must end in a linear dense layer of 3 units"),
        ([OUTPUT, DROPOUT], "must end in a linear dense layer"),
    ],
)
def test_other_layers_are_refused(stored, message):
    with refused(message):
        check_network(stored, (5,), 3)


def test_layers_that_leave_nothing_are_refused():
    with refused("layer 1 of network_ leaves nothing of its input"):
        check_network([CONV, POOL, FLATTEN, OUTPUT], (3, 3, 1), 3)


# --- Weights -------------------------------------------------------------------------


def test_weights():
    network = check_network([HIDDEN, OUTPUT], (5,), 3)
    check_weights(weights(), network)
    with refused("weights_ must be a list of 4 arrays, as its network_ has"):
        check_weights(weights()[:-1], network)
    with refused("weights_ must be a list of 4 arrays, as its network_ has"):
        check_weights(tuple(weights()), network)
    for number, value, message in [
        (0, np.ones((4, 5), np.float32), r"\[0\] must have shape \(5, 4\)"),
        (1, np.ones(4), r"\[1\] must have dtype float32"),
        (3, np.full(3, np.nan, np.float32), r"\[3\] has values that are not finite"),
    ]:
        changed = weights()
        changed[number] = value
        with refused(f"weights_{message}"):
            check_weights(changed, network)


# --- State of the optimizer ----------------------------------------------------------


def state(optimizer="adam", switches=(), n_slots=2, **changed):
    slots = [tuple(np.zeros_like(w) for _ in range(n_slots)) for w in weights()]
    return {
        "optimizer": (optimizer, switches),
        "n_steps": 7,
        "slots": slots,
        **changed,
    }


@pytest.mark.parametrize(
    "fine",
    [
        state(),
        state("adam", ("amsgrad",), n_slots=3),
        state("sgd", ("nesterov",), n_slots=1),
        state(n_steps=0, slots=None),
    ],
)
def test_states_of_optimizers(fine):
    check_optimizer_state(fine, weights())


def test_slots_may_be_infinite_but_not_nan():
    fine = state()
    fine["slots"][0][1][0, 0] = np.inf
    check_optimizer_state(fine, weights())
    fine["slots"][0][1][0, 0] = np.nan
    with refused("has slots that do not fit weights_"):
        check_optimizer_state(fine, weights())


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ([], "optimizer_state_ must be a dict of"),
        (state("os"), r"of no known optimizer: \('os', \(\)\)"),
        (state("adam", ("nesterov",)), "of no known optimizer"),
        (state("adam", ["amsgrad"]), "of no known optimizer"),
        (state(n_steps=-1), "has n_steps=-1"),
        (state(n_steps=1.5), "has n_steps=1.5"),
        (state(slots=[]), "must have slots for 4 weights"),
        (state(n_slots=1), "must have 2 slots for each weight"),
        (state("adam", ("amsgrad",)), "must have 3 slots for each weight"),
        (state(slots=state()["slots"][::-1]), "slots that do not fit weights_"),
        (
            state(slots=[(w.astype(float),) * 2 for w in weights()]),
            "slots that do not fit weights_",
        ),
    ],
)
def test_other_states_of_optimizers_are_refused(changed, message):
    with refused(message):
        check_optimizer_state(changed, weights())


# --- Scaling of the input ------------------------------------------------------------


def scaling(n_shift=5, n_scale=5, **changed):
    return {
        "shift": np.zeros(n_shift),
        "scale": np.ones(n_scale),
        "clip": 5.0,
    } | changed


@pytest.mark.parametrize("fine", [scaling(), scaling(1, 1), scaling(clip=None)])
def test_scalings(fine):
    check_scaling(fine, 5)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (None, "input_scaling_ must be a dict of"),
        (scaling(run=1), "input_scaling_ must be a dict of"),
        (scaling(4, 4), r"\['shift'\] has 4 values for 5 features"),
        (scaling(5, 1), r"\['scale'\] has 1 values for 5 features"),
        (scaling(shift=np.float64(0)), r"\['shift'\] must be an array"),
        (scaling(scale=np.full(5, np.inf)), r"\['scale'\] has values that are not fin"),
        (scaling(clip=0.0), "must be above 0 or None; got 0.0"),
        (scaling(clip=float("inf")), "must be above 0 or None; got inf"),
    ],
)
def test_other_scalings_are_refused(changed, message):
    with refused(message):
        check_scaling(changed, 5)
