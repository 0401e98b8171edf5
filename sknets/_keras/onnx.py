"""Keras models as ONNX graphs, by tf2onnx."""

from __future__ import annotations

import contextlib
import logging
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .._core.poolings import POOLINGS


def from_model(model: Any) -> Any:
    """ONNX of a Keras model; a single input is named "X", several as in the model."""
    inputs = getattr(model, "inputs", None)
    if not inputs:
        raise TypeError(
            f"to_onnx cannot see the inputs of a {type(model).__name__}, a model that "
            "is neither functional nor sequential: build it as keras.Model(inputs, "
            "outputs)."
        )
    names = ["X"] if len(inputs) == 1 else [tensor.name for tensor in inputs]
    signature = [
        (name, tensor.shape, tensor.dtype)
        for name, tensor in zip(names, inputs, strict=True)
    ]
    import keras

    def outputs(*X: Any) -> Any:
        one = len(X) == 1
        return model(X[0] if one else keras.tree.pack_sequence_as(model.input, [*X]))

    return _convert(outputs, signature)


def from_text_model(model: Any, table: np.ndarray, pooling: str) -> Any:
    """ONNX of a text network, from token numbers "X" and their weights "weights" on.

    The Keras model takes numbers alone, and counts each as often as it is there.
    """
    import keras
    import tensorflow as tf

    kinds = [type(layer).__name__ for layer in model.layers]
    last_of_pooling = model.layers[kinds.index("Multiply")]
    head = keras.Model(last_of_pooling.output, model.outputs)

    def logits_or_probabilities(numbers: Any, weights: Any) -> Any:
        embedded = tf.gather(tf.constant(table), numbers)
        pooled = POOLINGS[pooling].in_graph(tf, embedded, weights[:, :, None])
        return head(pooled)

    tokens = (None, None)
    return _convert(
        logits_or_probabilities,
        [("X", tokens, "int32"), ("weights", tokens, "float32")],
    )


_lock = threading.Lock()


def _convert(
    function: Callable[..., Any], signature: list[tuple[str, tuple, str]]
) -> Any:
    import tensorflow as tf
    import tf2onnx

    specs = [tf.TensorSpec(shape, dtype, name) for name, shape, dtype in signature]
    # Filters of warnings and levels of loggers are the process' own.
    quiet = _quiet("tf2onnx.tfonnx"), _quiet("tensorflow")
    with _lock, warnings.catch_warnings(), quiet[0], quiet[1]:
        # tf2onnx calls what NumPy, protobuf and TensorFlow have deprecated; it also
        # exports the lookup tables of all the process, of which TensorFlow complains.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)
        graph = tf.function(function, input_signature=specs)
        converted, _ = tf2onnx.convert.from_function(graph, input_signature=specs)
    _spell_erfc_out(converted.graph)
    _refuse_unknown_operations(converted.graph)
    return converted


@contextlib.contextmanager
def _quiet(name: str) -> Iterator[None]:
    """Keep a logger from writing what is raised or mended below."""
    logger = logging.getLogger(name)
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(level)


def _spell_erfc_out(graph: Any) -> None:
    """Replace Erfc, of "gelu", which ONNX does not have, by 1 - Erf."""
    from onnx import helper

    nodes = []
    for node in graph.node:
        if node.op_type != "Erfc":
            nodes.append(node)
            continue
        [source], [target] = node.input, node.output
        one, erf = f"{target}_one", f"{target}_erf"
        value = helper.make_tensor(one, 1, [], [1.0])  # 1 is float32
        nodes += [
            helper.make_node("Constant", [], [one], value=value),
            helper.make_node("Erf", [source], [erf]),
            helper.make_node("Sub", [one, erf], [target]),
        ]
    del graph.node[:]
    graph.node.extend(nodes)


def _refuse_unknown_operations(graph: Any) -> None:
    """tf2onnx leaves what it cannot convert in the graph, and only logs it."""
    from onnx import defs

    unknown = {node.op_type for node in graph.node if not defs.has(node.op_type)}
    if unknown:
        raise ValueError(
            f"tf2onnx cannot convert {', '.join(sorted(unknown))} of this model: take "
            "another layer or activation, or export model_ as a SavedModel."
        )
