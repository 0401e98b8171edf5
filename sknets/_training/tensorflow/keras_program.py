"""Compiled programs around a real Keras model, and the cache that keeps them.

A program runs many batches in one call: a loop in the graph around Keras' own
``train_step``, which calls the model, its losses (those of ``add_loss``, too), its
metrics and the optimizer. It has a model of its own, a copy, into which a fit puts its
weights, optimizer state and seeds, and out of which it takes them again. Fits of equal
models, such as folds and candidates of a search, so share one program.

The graph has batches of any size, so that the last, smaller batch of an epoch and data
of another length need no program of their own. XLA compiles the steps of recurrent
networks, which take a third of the time then; others it does not, since there
convolutions are 10 to 20 times slower.
"""

from __future__ import annotations

import contextlib
import functools
import json
import threading
import weakref
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from ..._keras import copies
from ..._tensorflow import dismantle, keras, start_xla
from ..history import scalars
from .seeds import seeded

# A program of a small network holds a few MB of graph.
MAX_PROGRAMS = 24
# Steps of a fit from which on it pays to let XLA compile one of a recurrent network,
# once for each size of a batch.
MIN_XLA_STEPS = 250
RECURRENT = {"LSTM", "GRU", "SimpleRNN"}
# What may be beside those: tried under XLA.
BESIDE_RECURRENT = {
    *("LSTMCell", "GRUCell", "SimpleRNNCell", "Sequential", "Functional"),
    *("InputLayer", "Embedding", "Masking", "Bidirectional", "TimeDistributed"),
    *("Dense", "Activation", "Dropout", "SpatialDropout1D", "Flatten", "RepeatVector"),
    *("BatchNormalization", "LayerNormalization", "Add", "Concatenate"),
    *("GlobalAveragePooling1D", "GlobalMaxPooling1D"),
}


class KerasProgram:
    """A compiled model and the functions that train, evaluate and predict with it.

    Parameters
    ----------
    model : keras.Model
        Compiled and built; it belongs to this program alone while that runs.
    first : tuple of arrays
        One row of x, y and, where rows have weights, of those.
    scheduled : bool
        Whether each step has a learning rate of its own.
    by_xla : bool
        Whether XLA compiles the training steps.
    """

    def __init__(
        self, model: Any, first: tuple, *, scheduled: bool, by_xla: bool = False
    ) -> None:
        build_variables(model, first)
        self.model, self.scheduled, self.by_xla = model, scheduled, by_xla
        signature = specs(first)
        self.lock = threading.Lock()
        self.owner: int | None = None
        number = tf.TensorSpec([], tf.int32)
        rates = tf.TensorSpec([None], tf.float32)
        self._train_signature = signature, number, rates
        self._test_signature = signature, number

    @functools.cached_property
    def train(self) -> Any:
        """Function of (rows, batch size, learning rate of each step)."""
        return traced(self._train, *self._train_signature)

    @functools.cached_property
    def evaluate(self) -> Any:
        """Function of (rows, batch size)."""
        return traced(self._evaluate, *self._test_signature)

    def _train(self, rows: Any, batch_size: Any, rates: Any) -> None:
        def train_on(batch: tuple) -> Any:
            self.model.train_step(batch)
            return 0  # the figures of a step stay in the metrics

        if self.by_xla:
            start_xla()
            train_on = tf.function(train_on, autograph=False, jit_compile=True)

        def step(i: Any, batch: tuple) -> None:
            if self.scheduled:
                self.model.optimizer.learning_rate.assign(rates[i])
            train_on(batch)

        _for_each_batch(step, rows, batch_size)

    def _evaluate(self, rows: Any, batch_size: Any) -> None:
        def step(i: Any, batch: tuple) -> None:
            self.model.test_step(batch)

        _for_each_batch(step, rows, batch_size)

    def load(self, model: Any) -> None:
        """Take over weights, seeds and optimizer state of another model."""
        for mine, theirs in _pairs(self.model, model):
            copies.write(mine, copies.read(theirs))

    def store(self, model: Any) -> None:
        """Put weights, seeds and optimizer state into another model."""
        for mine, theirs in _pairs(self.model, model):
            copies.write(theirs, copies.read(mine))
        copies.settle_constants(model)

    def figures(self) -> dict[str, float]:
        """Loss and metrics since they were reset; of several values, each by itself."""
        results = self.model.get_metrics_result()
        found: dict[str, float] = {}
        for name, result in sorted(results.items(), key=lambda item: item[0] != "loss"):
            found |= scalars(name, np.asarray(result))
        return found


def pays_by_xla(model: Any, n_steps: int) -> bool:
    """Whether XLA makes so many steps of a model faster, compiling included."""
    if n_steps < MIN_XLA_STEPS or copies.custom_objects(model):
        return False
    layers = copies.all_layers(model)
    if any(getattr(layer, "stateful", False) for layer in layers):
        return False
    kinds = {type(layer).__name__ for layer in layers}
    return bool(kinds & RECURRENT) and kinds <= RECURRENT | BESIDE_RECURRENT


def build_variables(model: Any, first: tuple) -> None:
    """Let a compiled model make those of its metrics and optimizer, in no graph."""
    model.test_step(first)
    model.reset_metrics()
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)


def traced(function: Any, *signature: Any) -> Any:
    """Compile a function once, for arrays of these specs."""
    graph = tf.function(function, autograph=False).get_concrete_function(*signature)

    def run(*arrays: Any) -> Any:
        return graph(*tf.nest.map_structure(tf.convert_to_tensor, arrays))

    weakref.finalize(run, dismantle, graph.graph).atexit = False
    return run


def _pairs(one: Any, other: Any) -> Iterator[tuple[list[Any], list[Any]]]:
    if one is other:
        return
    yield one.weights, other.weights
    yield copies.seed_states(one), copies.seed_states(other)
    yield one.optimizer.variables, other.optimizer.variables


def _for_each_batch(step: Any, arrays: Any, batch_size: Any) -> None:
    n_rows = tf.shape(tf.nest.flatten(arrays)[0])[0]
    n_steps = -(-n_rows // batch_size)

    def body(i: Any) -> tuple:
        start = i * batch_size
        rows = slice(start, tf.minimum(start + batch_size, n_rows))
        step(i, tf.nest.map_structure(lambda a: a[rows], arrays))
        return (i + 1,)

    tf.while_loop(lambda i: i < n_steps, body, (tf.constant(0),), parallel_iterations=1)


# --- The cache -----------------------------------------------------------------------

_programs: OrderedDict[str, KerasProgram] = OrderedDict()
_lock = threading.Lock()


@contextlib.contextmanager
def program_for(model: Any, first: tuple, **options: bool) -> Iterator[KerasProgram]:
    """Program for a compiled and built model, with its weights, while it is used.

    Its optimizer has to be built, too; for `first` and the options see `KerasProgram`.

    A model that Keras cannot copy gets a program of its own, around itself.
    """
    try:
        key = _key(model, specs(first), options)
    except copies.NotCopiedError:
        yield KerasProgram(model, first, **options)
        return
    program = _cached(key, model, first, options)
    with program.lock:
        program.owner = threading.get_ident()
        try:
            program.load(model)
            yield program
        finally:
            program.owner = None


def _cached(
    key: str, model: Any, first: tuple, options: dict[str, bool]
) -> KerasProgram:
    with _lock:
        program = _programs.get(key)
        if program is not None:
            _programs.move_to_end(key)
    if program is not None and program.owner != threading.get_ident():
        return program
    # A fit within a callback of a fit of an equal model has a program of its own.
    nested = program is not None
    try:
        with seeded(0):  # its seeds are loaded, as its weights are
            own = copies.copy_model(model)
    except copies.NotCopiedError:
        return KerasProgram(model, first, **options)
    program = KerasProgram(own, first, **options)
    if not nested:
        with _lock:
            program = _programs.setdefault(key, program)
            while len(_programs) > MAX_PROGRAMS:
                _programs.popitem(last=False)
    return program


def _key(model: Any, signature: tuple, options: dict[str, bool]) -> str:
    """All that is compiled into a program: two fits of equal keys share one."""
    compiled = json.loads(copies.compile_config(model))
    optimizer = compiled.get("optimizer")
    if optimizer is None:
        raise copies.NotCopiedError("it does not say how it was compiled")
    settings = optimizer["config"]
    settings.pop("name", None)
    if not isinstance(settings.get("learning_rate"), dict):
        settings.pop("learning_rate", None)  # a variable
    parts = [
        copies.without_names(copies.model_config(model)),
        compiled,
        copies.identities(copies.custom_objects(model)),
        copies.constants(model),
        [str(spec) for spec in tf.nest.flatten(signature)],
        str(tf.nest.map_structure(lambda _: 0, signature)),
        options,
        keras.config.floatx(),
    ]
    return json.dumps(parts, sort_keys=True)


def specs(arrays: Any) -> Any:
    """TensorSpecs of arrays whose first axis has any length."""
    return tf.nest.map_structure(
        lambda a: tf.TensorSpec([None, *a.shape[1:]], tf.as_dtype(a.dtype)), arrays
    )
