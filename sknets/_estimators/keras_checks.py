"""Whether the output of a Keras model fits its loss and the target."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._keras.compilation import loss_name
from .._warnings import warn_user
from .keras_targets import ONE_HOT, WITHOUT_COLUMN
from .targets import MULTILABEL

# Losses of Keras that take one unit for two classes; those that take one for each
# class, with class numbers or with columns of y; and all that compare each unit with a
# column.
_BINARY = ("binary_crossentropy", "binary_focal_crossentropy")
_WITH_NUMBERS = (
    "sparse_categorical_crossentropy",
    "categorical_generalized_cross_entropy",
)
_WITH_ONE_HOT = (
    *("categorical_crossentropy", "categorical_focal_crossentropy"),
    *("categorical_hinge", "kl_divergence"),
)
_HINGES = ("hinge", "squared_hinge")
_BY_COLUMN = (
    *_WITH_ONE_HOT,
    *_HINGES,
    *("mean_squared_error", "mean_absolute_error", "mean_absolute_percentage_error"),
    *("mean_squared_logarithmic_error", "huber", "log_cosh", "poisson"),
    *("cosine_similarity", "dice", "tversky"),
)
# Those that take probabilities, or logits with from_logits=True.
_CROSSENTROPIES = (
    *_BINARY,
    "sparse_categorical_crossentropy",
    *("categorical_crossentropy", "categorical_focal_crossentropy"),
)


def single_loss(model: Any) -> Any:
    """The loss of a compiled model with one output, unpacked."""
    return _only(model.loss)


def _only(loss: Any) -> Any:
    if isinstance(loss, list | tuple) and len(loss) == 1:
        return loss[0]
    if isinstance(loss, dict) and len(loss) == 1:
        return next(iter(loss.values()))
    return loss


def check_loss(
    model: Any, compiled_by_user: bool, given: Any, default: Any, owner: str
) -> None:
    """Raise if a model has no loss or optimizer, or another loss than was given."""
    losses = model.loss
    parts = losses.values() if isinstance(losses, dict) else losses
    structured = isinstance(losses, dict | list | tuple)
    if not losses or (structured and not any(parts)):
        raise ValueError(
            f"You must provide a loss: {owner}(..., loss=...), or compile the model "
            "with one in the build function."
        )
    if model.optimizer is None:
        raise ValueError(
            f"You must provide an optimizer: {owner}(..., optimizer=...), or compile "
            "the model with one in the build function."
        )
    if not compiled_by_user or given is None:
        return
    wanted, found = loss_name(given), loss_name(losses)
    unset = default is not None and loss_name(default) == wanted
    if None not in (wanted, found) and wanted != found and not unset:
        raise ValueError(
            f"loss={given!r} was given, but model compiled with {losses!r}. Leave out "
            "loss, or give the build function an argument compile_kwargs and compile "
            "with model.compile(**compile_kwargs)."
        )


def check_input(model: Any, inputs: Any) -> None:
    """Raise if X is one array and the model takes several, or rows of another shape."""
    taken = getattr(model, "inputs", None)
    if not taken or not hasattr(inputs, "shape"):
        return
    if len(taken) > 1:
        names = [tensor.name for tensor in taken]
        raise ValueError(
            f"The model takes {len(taken)} inputs, {names}, but X is one array, of "
            f"shape {tuple(inputs.shape)}: give a dict of arrays by these names, with "
            "y also a list of arrays, or the columns of each, inputs={name: columns}."
        )
    wanted, found = tuple(taken[0].shape)[1:], tuple(inputs.shape)[1:]
    differ = any(
        size not in (None, other) for size, other in zip(wanted, found, strict=False)
    )
    if len(wanted) == len(found) and differ:
        raise ValueError(
            f"The model takes rows of shape {wanted}, but X has rows of shape {found}: "
            f"use keras.Input({found}), or keras.Input(meta['X_shape_'][1:]) in a "
            "build function."
        )


def check_n_outputs(model: Any, expected: int | None, owner: str) -> None:
    """Raise if the target has another number of outputs than the model."""
    outputs = getattr(model, "outputs", None)
    if expected and outputs and expected != len(outputs):
        raise ValueError(
            f"The target has {expected} output{'s' * (expected > 1)}, but the "
            f"model has {len(outputs)} (Detected a Keras model input of size "
            f"{expected}). Give a subclass of {owner} a target_encoder "
            "that splits y."
        )


def n_units(model: Any) -> int | None:
    """Units of the only output, if that is known."""
    outputs = getattr(model, "outputs", None)
    if not outputs or len(outputs) != 1:
        return None
    shape = outputs[0].shape
    return int(shape[-1]) if len(shape) == 2 and shape[-1] is not None else None


def last_activation(model: Any) -> str | None:
    """Name of the activation of the only output; None where that is not known."""
    layers = getattr(model, "layers", None)
    outputs = getattr(model, "outputs", None)
    if not layers or not outputs or len(outputs) != 1:
        return None
    last = outputs[0]._keras_history.operation
    kind = type(last).__name__
    if kind in ("Softmax", "ReLU"):
        return kind.lower()
    if kind not in ("Dense", "Activation") or not hasattr(last, "activation"):
        return None
    return getattr(last.activation, "__name__", None)


def link(model: Any, loss: Any) -> str | None:
    """What turns the output of a model into probabilities, if its loss takes logits.

    Margins of a hinge loss are about zero, too.
    """
    loss, activation = _only(loss), last_activation(model)
    name = loss_name(loss)
    if name in _HINGES and activation in ("linear", "tanh"):
        return "sigmoid"
    if not getattr(loss, "from_logits", False) or activation != "linear":
        return None
    return "sigmoid" if name in _BINARY else "softmax"


def check_output(model: Any, target_type: str, n_classes: Any) -> None:
    """Raise if a classifier's output fits neither its loss nor its classes."""
    units, activation = n_units(model), last_activation(model)
    loss = single_loss(model)
    name = loss_name(loss)
    has_columns = target_type in (MULTILABEL, ONE_HOT)
    if has_columns and name in (*_WITH_NUMBERS, "circle"):
        raise ValueError(
            f"{name} takes class numbers, but y has {n_classes} columns: pass "
            "y.argmax(axis=1) if each row is one class, or use a sigmoid and "
            "binary_crossentropy if the columns are labels of their own."
        )
    known = (*_BINARY, *_WITH_NUMBERS, *_BY_COLUMN)
    if units is None or name not in known or not isinstance(n_classes, int):
        return
    found = f"The model gives {units} value{'s' * (units > 1)} a row"
    if name in _BINARY and activation == "softmax":
        raise ValueError(
            f"{found} with a softmax, which does not fit {name}: use a sigmoid, or "
            "with one unit for each class sparse_categorical_crossentropy."
        )
    if has_columns and units != n_classes:
        raise ValueError(f"{found}, but y has {n_classes} columns.")
    if not has_columns:
        _check_classes(found, name, units, target_type, n_classes)
    if name in _CROSSENTROPIES:
        _check_logits(found, name, activation, getattr(loss, "from_logits", False))


def _check_classes(
    found: str, name: str, units: int, target_type: str, n_classes: int
) -> None:
    """Raise if a loss or an output does not fit labels of so many classes."""
    if target_type == "binary" and n_classes <= 2 and name in _BINARY and units != 1:
        raise ValueError(
            f"{found}, but {name} of two classes takes one: use Dense(1, "
            "activation='sigmoid'), or sparse_categorical_crossentropy."
        )
    one_a_class = name in (*_WITH_NUMBERS, *_WITH_ONE_HOT)
    if target_type == "binary" and n_classes == 2 and one_a_class and units == 1:
        raise ValueError(
            f"{found}, but {name} takes one for each class: use Dense(2, "
            "activation='softmax'), or Dense(1, activation='sigmoid') and "
            "binary_crossentropy."
        )
    if target_type == "multiclass" and (name in _BINARY or units < n_classes):
        raise ValueError(
            f"{found}, trained with {name}, but y has {n_classes} classes: use "
            f"Dense({n_classes}, activation='softmax') and "
            "sparse_categorical_crossentropy."
        )
    if 1 < n_classes < units and target_type in ("binary", "multiclass"):
        raise ValueError(
            f"{found}, but y has {n_classes} classes. Use Dense({n_classes}) as the "
            "last layer (meta['n_classes_'] in a build function); if y lacks some "
            "classes, name all of them in partial_fit(X, y, classes=[...])."
        )


def check_class_numbers(model: Any, y: Any) -> None:
    """Raise if a loss would compare class numbers with what they do not belong to."""
    units, name = n_units(model), loss_name(single_loss(model))
    are_numbers = isinstance(y, np.ndarray) and y.shape[1:] == (1,)
    if are_numbers and name == "categorical_generalized_cross_entropy":
        raise ValueError(
            f"{name} takes class numbers that are no column, which the classifier "
            f"gives it where it knows of it: set loss=keras.losses.{WITHOUT_COLUMN}."
        )
    if are_numbers and name in _BY_COLUMN and units is not None and units > 1:
        raise ValueError(
            f"The model gives {units} values a row, and {name} compares each with a "
            "column of y, but y holds class numbers: use "
            "sparse_categorical_crossentropy, or pass one-hot rows as y."
        )


def _check_logits(found: str, name: str, activation: Any, logits: Any) -> None:
    """Raise for logits that are taken for probabilities; warn for the other way."""
    if activation == "linear" and not logits:
        raise ValueError(
            f"{found} without an activation, but {name} takes them for probabilities: "
            f"add activation={'sigmoid' if name in _BINARY else 'softmax'!r} to the "
            "last layer, or use the loss with from_logits=True "
            "(loss__from_logits=True)."
        )
    if activation in ("sigmoid", "softmax") and logits:
        warn_user(
            f"{found} with a {activation}, but the loss has from_logits=True and takes "
            "them for logits. Leave out one of both.",
        )


def check_numbers(model: Any, n_outputs: int | None) -> None:
    """Raise if a regressor has another number of units than y has columns."""
    units = n_units(model)
    if units is None or n_outputs is None:
        return
    if units != n_outputs:
        raise ValueError(
            f"The model gives {units} value{'s' * (units > 1)} a row, but y has "
            f"{n_outputs} column{'s' * (n_outputs > 1)}: use Dense({n_outputs}) as the "
            "last layer."
        )
