"""Training small dense networks in numpy, where compiling takes longer than the fit.

Importing TensorFlow costs five seconds, and a program of each shape another or two. In
one of them numpy makes ten thousand steps of a network of 64 units, so a whole fit on a
few thousand rows is done before the program would be ready, in each process anew.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import threadpoolctl

from .._core import prediction
from .._core.layers.base import Layer, Weights
from .._core.network import Network
from .._shared_context import SharedContext
from .data import TrainingData
from .settings import Settings, Slots
from .update_rules import Update, penalty_gradient

# Estimated seconds of a whole fit up to which numpy is the faster way. Numpy takes 1.4
# to 2.4 times as long as a program that is there already, so that a dozen fits of this
# size are done before the program catches up.
MAX_SECONDS = 1.0
Batch = tuple[np.ndarray, np.ndarray, np.ndarray]

# Values in a cache line. NumPy takes up to twice as long for arrays that start within
# one, as those of its own do.
LINE = 16

# Values of input that are gathered and scaled together.
BLOCK_VALUES = 2**18


def _let_any_thread_limit() -> None:
    """From threadpoolctl 3.8 on, the first thread that limits OpenBLAS owns the limit.

    What others set has no effect then, and the last one out may be another thread.
    """
    openblas = getattr(threadpoolctl, "OpenBLASController", None)
    clear = getattr(openblas, "clear_controlling_thread", None)
    if clear is not None:
        clear(force=True)


# Searching the process for its libraries takes 8 ms.
_libraries = functools.cache(threadpoolctl.ThreadpoolController)


@contextlib.contextmanager
def _products_on_one_thread() -> Iterator[None]:
    _let_any_thread_limit()
    limit = _libraries().limit(limits=1, user_api="blas")
    try:
        yield
    finally:
        _let_any_thread_limit()
        limit.restore_original_limits()
        _let_any_thread_limit()


# Of this size, products on more threads only wait.
single_thread = SharedContext(_products_on_one_thread)


def trains_in_numpy(network: Network) -> bool:
    """Whether numpy can train it, however long that takes."""
    return all(layer.trains_in_numpy for layer in network.layers)


def fits_numpy(network: Network, n_rows: int, settings: Settings) -> bool:
    """Whether a fit is small enough for numpy; a matter of shapes alone.

    Measured: 55 microseconds a step, 6 more a layer, 6 operations a parameter and row
    at 80 GFLOP/s, and 1.2 ns a parameter for the optimizer.
    """
    if not trains_in_numpy(network):
        return False
    sizes = [math.prod(shape) for shape in network.weight_shapes()]
    steps = settings.epochs * -(-n_rows // settings.batch_size)
    a_step = 5.5e-5 + 3e-6 * len(sizes) + 1.2e-9 * sum(sizes)
    a_row = 6 * sum(sizes) / 8e10
    return steps * a_step + settings.epochs * n_rows * a_row < MAX_SECONDS


class DenseTrainer:
    """The same as TensorFlowTrainer, step by step in numpy.

    All weights lie in one vector, and so do the gradients and each slot of the
    optimizer: its update rule then takes a few calls a step, however many layers.
    """

    wants_input_gradient = False
    report: Callable[[int], None] | None = None

    def __init__(
        self,
        network: Network,
        weights: Weights,
        slots: Slots,
        data: TrainingData,
        settings: Settings,
        n_steps: int,
    ) -> None:
        self.network, self.data = network, data
        self.settings, self.n_steps = settings, n_steps
        values = settings.optimizer.values
        self.hyper = {name: np.float32(value) for name, value in values.items()}
        self.drops = any(rate > 0 for rate in network.dropout_rates)
        self.shapes = [weight.shape for weight in weights]
        self.vector = self._packed(weights)
        # Zero stays what layers that are not trained leave as it is.
        self.gradient = _aligned_zeros(len(self.vector))
        self.slots = [self._packed(slot) for slot in zip(*slots, strict=True)]
        self.scratch = _aligned_zeros(len(self.vector))
        self.weights, self.gradients = map(self._views, (self.vector, self.gradient))
        self.kernels = [
            (kernel, gradient)
            for kernel, gradient, weight in zip(
                self.weights, self.gradients, network.weights(), strict=True
            )
            if weight.trained and len(weight.shape) > 1
        ]

    # The arrays stay, only their values change.
    @functools.cached_property
    def _own_weights(self) -> list[tuple[Layer, Weights]]:
        """Each layer with its weights."""
        return list(self.network.own_weights(self.weights))

    @functools.cached_property
    def _own_gradients(self) -> list[Weights]:
        return [own for _, own in self.network.own_weights(self.gradients)]

    @functools.cached_property
    def _last_place(self) -> int:
        """The layer at which gradients have gone back far enough."""
        if self.wants_input_gradient:
            return 0
        own_weights = self.network.own_weights(self.network.weights())
        trains = [any(weight.trained for weight in own) for _, own in own_weights]
        return trains.index(True)

    def _views(self, vector: np.ndarray) -> Weights:
        """The arrays that a vector holds, each from the start of a cache line."""
        sizes = [math.prod(shape) for shape in self.shapes]
        starts = itertools.accumulate((_whole_lines(n) for n in sizes), initial=0)
        return [
            vector[start : start + size].reshape(shape)
            for start, size, shape in zip(starts, sizes, self.shapes, strict=False)
        ]

    def _packed(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        """A vector that holds these values, with zeros between the arrays."""
        vector = _aligned_zeros(sum(_whole_lines(array.size) for array in arrays))
        for view, array in zip(self._views(vector), arrays, strict=True):
            view[...] = array
        return vector

    def run_epoch(
        self, order: np.ndarray, learning_rates: np.ndarray, keys: np.ndarray
    ) -> tuple[float, float]:
        loss = correct = 0.0
        rng = np.random.Generator(np.random.SFC64(keys)) if self.drops else None
        # The loop looks for infinite and NaN values itself, and says what helps.
        with single_thread, np.errstate(all="ignore"):
            steps = zip(self._batches(order), learning_rates, strict=True)
            for number, (batch, lr) in enumerate(steps, start=1):
                more_loss, more_correct = self._step(batch, lr, rng)
                loss, correct = loss + more_loss, correct + more_correct
                if self.report:
                    self.report(number)
        return loss, correct

    def _batches(self, order: np.ndarray) -> Iterator[Batch]:
        """Yield scaled input, targets and loss weights of each batch."""
        size = self.settings.batch_size
        block = size * max(1, BLOCK_VALUES // (size * self.data.n_features))
        for first in range(0, len(order), block):
            rows = order[first : first + block]
            X, y, w = self.data.scaled(rows), self.data.y[rows], self.data.w[rows]
            for start in range(0, len(rows), size):
                part = slice(start, start + size)
                yield X[part], y[part], w[part]

    def _step(self, batch: Any, lr: np.float32, rng: Any) -> tuple[float, float]:
        x, y, w = batch
        loss, correct, _ = self._find_gradients(x, y, w, rng)
        if self.settings.has_penalty:
            self._add_penalty_gradients()
        self._clip(self.gradients)
        self.n_steps += 1
        self._update(lr)
        return loss, correct

    def _find_gradients(
        self, x: np.ndarray, y: np.ndarray, w: np.ndarray, rng: Any
    ) -> tuple[float, float, np.ndarray]:
        """Fill `gradients`; return summed loss and metric, and the gradient by x.

        The last is not computed where it is not wanted.
        """
        kept = []
        for layer, weights in self._own_weights:
            x, kept_by_layer = layer.train(weights, x, rng)
            kept.append(kept_by_layer)
        loss, correct, d = self.data.objective.train(
            x, y, w, self.settings.label_smoothing
        )
        for place in reversed(range(self._last_place, len(kept))):
            layer, weights = self._own_weights[place]
            gradients = self._own_gradients[place]
            by_input = layer.backward(weights, kept[place], d, gradients)
            if place > self._last_place or self.wants_input_gradient:
                d = by_input()
        return loss, correct, d

    def _add_penalty_gradients(self) -> None:
        for kernel, gradient in self.kernels:
            gradient += self._penalty_gradient(kernel)

    def _penalty_gradient(self, p: np.ndarray) -> np.ndarray:
        l1, l2 = np.float32(self.settings.l1), np.float32(self.settings.l2)
        return penalty_gradient(p, l1, l2)

    def _update(self, lr: np.float32) -> None:
        decay = self.settings.optimizer.weight_decay
        if decay:
            for kernel, _ in self.kernels:
                kernel *= 1 - lr * np.float32(decay)
        before = [[p.copy(), *(slot.copy() for slot in s)] for p, _, s in self._hidden]
        self._move(self.vector, self.gradient, self.slots, lr)
        for (p, g, slots), kept in zip(self._hidden, before, strict=True):
            for array, value in zip((p, *slots), kept, strict=True):
                array[...] = value
            self._move(p, g, slots, lr, self.settings.optimizer.rule.hidden_update)

    @functools.cached_property
    def _hidden(self) -> list[tuple[np.ndarray, np.ndarray, Weights]]:
        """Kernels that have a rule of their own, with their gradients and slots."""
        if self.settings.optimizer.rule.hidden_update is None:
            return []
        slots = list(map(self._views, self.slots))
        return [
            (self.weights[place], self.gradients[place], [own[place] for own in slots])
            for place in np.flatnonzero(self.network.hidden_kernels())
        ]

    def _move(
        self,
        p: np.ndarray,
        g: np.ndarray,
        slots: Sequence[np.ndarray],
        lr: Any,
        update: Update | None = None,
    ) -> None:
        """Change values and slots by a step of the optimizer's rule, or of `update`."""
        optimizer = self.settings.optimizer
        switches = dict.fromkeys(optimizer.switches, True)
        step = (p, g, slots, np.float32(self.n_steps), lr, self.hyper)
        if update is None and optimizer.rule.in_place is not None:
            optimizer.rule.in_place(*step, self._scratch(p.shape), **switches)
            return
        moved, new = (update or optimizer.rule.update)(*step, **switches)
        for array, value in zip((p, *slots), (moved, *new), strict=True):
            array[...] = value

    def _scratch(self, shape: tuple[int, ...]) -> np.ndarray:
        """Array to compute in, the same at each step."""
        size = math.prod(shape)
        if len(self.scratch) < size:
            self.scratch = _aligned_zeros(size)
        return self.scratch[:size].reshape(shape)

    def _clip(self, gradients: Weights) -> None:
        """Limit the gradients in place."""
        clipping = self.settings.optimizer.clipping
        if clipping is None:
            return
        limit = self.hyper[clipping]
        if clipping == "clipvalue":
            for part in gradients:
                np.clip(part, -limit, limit, out=part)
            return
        norms = np.array([np.sqrt(np.square(part).sum()) for part in gradients])
        if clipping == "global_clipnorm":
            norms[:] = np.sqrt(np.square(norms).sum())
        for part, norm in zip(gradients, norms, strict=True):
            if norm > limit:
                part *= limit / norm

    def read_weights(self) -> Weights:
        return [weight.copy() for weight in self.weights]

    def write_weights(self, weights: Weights) -> None:
        for own, array in zip(self.weights, weights, strict=True):
            own[...] = array

    def read_slots(self) -> Slots:
        views = [self._views(np.array(slot)) for slot in self.slots]
        return list(zip(*views, strict=True))

    def logits(self, data: TrainingData) -> np.ndarray:
        return prediction.logits(self.network, self.weights, data.scaled, len(data))


def _whole_lines(size: int) -> int:
    return -(-size // LINE) * LINE


def _aligned_zeros(size: int) -> np.ndarray:
    """Zeros that start with a cache line."""
    memory = np.zeros(size + LINE, np.float32)
    start = -memory.ctypes.data // memory.itemsize % LINE
    return memory[start : start + size]
