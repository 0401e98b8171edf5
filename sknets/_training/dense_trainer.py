"""Training small dense networks in numpy, where compiling takes longer than the fit.

Tracing and compiling a program costs about a second. In that time numpy makes ten
thousand steps of a network of 64 units, so a whole fit on a few thousand rows is done
before the program would be ready, and TensorFlow is not even imported.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from scipy.special import erf, expit
from threadpoolctl import ThreadpoolController

from .._core import forward
from .._core.network import Layer, Shape, Weights, dropout_rates
from .data import TrainingData
from .settings import Settings, Slots

# Estimated seconds of a whole fit up to which numpy is the faster way: a third of the
# first fit with a compiled program, so that a search over a few dozen candidates
# does not lose either.
MAX_SECONDS = 0.3
Batch = tuple[np.ndarray, np.ndarray, np.ndarray]

# Values of input that are gathered and scaled together.
BLOCK_VALUES = 2**18


class _SingleThread:
    """Context in which products run on one thread: of this size, more only wait.

    The setting is the process' own, so fits in several threads share it: the first
    one in limits the threads, the last one out restores them.
    """

    def __init__(self) -> None:
        self.lock, self.n_inside = threading.Lock(), 0
        self.libraries: Any = None

    def __enter__(self) -> None:
        with self.lock:
            # Searching the process for its libraries takes 8 ms.
            self.libraries = self.libraries or ThreadpoolController()
            if self.n_inside == 0:
                self.limit = self.libraries.limit(limits=1, user_api="blas")
            self.n_inside += 1

    def __exit__(self, *error: object) -> None:
        with self.lock:
            self.n_inside -= 1
            if self.n_inside == 0:
                self.limit.restore_original_limits()


single_thread = _SingleThread()


def fits_numpy(
    network: list[Layer], weights: Weights, n_rows: int, settings: Settings
) -> bool:
    """Whether a fit is small enough for numpy; a matter of shapes alone.

    Measured: 40 microseconds a step, 10 more a layer, 6 operations a parameter and row
    at 40 GFLOP/s, and 4 ns a parameter for the optimizer.
    """
    if any(layer["layer"] not in ("dense", "dropout") for layer in network):
        return False
    n_params = sum(w.size for w in weights)
    steps = settings.epochs * -(-n_rows // settings.batch_size)
    a_step = 4e-5 + 5e-6 * len(weights) + 4e-9 * n_params
    a_row = 6 * n_params / 4e10
    return steps * a_step + settings.epochs * n_rows * a_row < MAX_SECONDS


class DenseTrainer:
    """The same as TensorFlowTrainer, step by step in numpy.

    All weights lie in one vector, and so do the gradients and each slot of the
    optimizer: its update rule then takes a few calls a step, however many layers.
    """

    wants_input_gradient = False

    def __init__(
        self,
        network: list[Layer],
        input_shape: Shape,
        weights: Weights,
        slots: Slots,
        data: TrainingData,
        settings: Settings,
        n_steps: int,
    ) -> None:
        self.network, self.input_shape, self.data = network, input_shape, data
        self.settings, self.n_steps = settings, n_steps
        values = settings.optimizer.values
        self.hyper = {name: np.float32(value) for name, value in values.items()}
        self.drops = any(rate > 0 for rate in dropout_rates(network))
        self.shapes = [weight.shape for weight in weights]
        self.vector = _packed(weights)
        self.gradient = np.empty_like(self.vector)
        self.decaying = _packed(
            [np.full(s, len(s) > 1, np.float32) for s in self.shapes]
        )
        self.slots = [_packed(slot) for slot in zip(*slots, strict=True)]
        self.weights, self.gradients = map(self._views, (self.vector, self.gradient))

    def _views(self, vector: np.ndarray) -> Weights:
        ends = np.cumsum([math.prod(shape) for shape in self.shapes])
        parts = np.split(vector, ends[:-1])
        return [part.reshape(s) for part, s in zip(parts, self.shapes, strict=True)]

    def run_epoch(
        self, order: np.ndarray, learning_rates: np.ndarray, keys: np.ndarray
    ) -> tuple[float, float]:
        loss = right = 0.0
        # The loop looks for infinite and NaN values itself, and says what helps.
        with single_thread, np.errstate(all="ignore"):
            for batch, lr, key in zip(
                self._batches(order), learning_rates, keys, strict=True
            ):
                figures = self._step(batch, lr, key)
                loss, right = loss + figures[0], right + figures[1]
        return loss, right

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

    def _step(self, batch: Any, lr: np.float32, key: Any) -> tuple[float, float]:
        x, y, w = batch
        loss, right, _ = self._find_gradients(x, y, w, key)
        self._clip(self.gradients)
        self.n_steps += 1
        self._update(lr)
        return loss, right

    def _find_gradients(
        self, x: np.ndarray, y: np.ndarray, w: np.ndarray, key: Any
    ) -> tuple[float, float, np.ndarray]:
        """Fill `gradients`; return loss, weight of right rows, gradient by x."""
        rng = np.random.Generator(np.random.SFC64(key)) if self.drops else None
        z, tape = self._forward(x, rng)
        loss, right, dz = loss_and_gradient(
            z, y, w, self.settings.label_smoothing, self.data.kind
        )
        return loss, right, self._backward(dz, tape)

    def _forward(self, x: np.ndarray, rng: Any) -> tuple[np.ndarray, list]:
        """Logits, and for each layer what its gradient needs."""
        tape: list[tuple] = []
        remaining = iter(self.weights)
        for layer in self.network:
            if layer["layer"] == "dropout":
                keep = np.float32(1 - layer["rate"])
                mask = (rng.random(x.shape, np.float32) < keep) / keep
                tape.append((mask,))
                x = x * mask
                continue
            z = x @ next(remaining)
            z += next(remaining)
            # Activations work in place where they can; only some gradients need z.
            a = forward.ACTIVATIONS[layer["activation"]](
                z.copy() if layer["activation"] in NEED_INPUT else z
            )
            tape.append((x, z, a))
            x = a
        return x, tape

    def _backward(self, d: np.ndarray, tape: list) -> np.ndarray:
        """Go back through the layers, to the input where its gradient is wanted."""
        place = len(self.weights)
        for layer, kept in zip(reversed(self.network), reversed(tape), strict=True):
            if layer["layer"] == "dropout":
                d *= kept[0]
                continue
            x, z, a = kept
            derivative = DERIVATIVES[layer["activation"]]
            if derivative is not None:
                d *= derivative(z, a)
            place -= 2
            np.matmul(x.T, d, out=self.gradients[place])
            d.sum(axis=0, out=self.gradients[place + 1])
            if place or self.wants_input_gradient:
                d = d @ self.weights[place].T
        return d

    def _update(self, lr: np.float32) -> None:
        p, decay = self.vector, self.settings.optimizer.weight_decay
        if decay:
            p = p * (1 - lr * np.float32(decay) * self.decaying)
        p, slots = self._moved(p, self.gradient, self.slots, lr)
        self.vector[...] = p
        self.slots = list(slots)

    def _moved(
        self, p: np.ndarray, g: np.ndarray, slots: list, lr: Any
    ) -> tuple[np.ndarray, tuple]:
        """Values and slots after a step of the optimizer's rule."""
        optimizer = self.settings.optimizer
        switches = dict.fromkeys(optimizer.switches, True)
        number = np.float32(self.n_steps)
        return optimizer.rule.update(p, g, slots, number, lr, self.hyper, **switches)

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
        self.vector[...] = _packed(weights)

    def read_slots(self) -> Slots:
        views = [self._views(np.array(slot)) for slot in self.slots]
        return list(zip(*views, strict=True))

    def logits(self, data: TrainingData) -> np.ndarray:
        return forward.logits(
            self.network,
            self.weights,
            data.scaled,
            len(data),
            self.input_shape,
        )


def _packed(arrays: Any) -> np.ndarray:
    return np.concatenate([np.ravel(array) for array in arrays]).astype(np.float32)


def loss_and_gradient(
    z: np.ndarray, y: np.ndarray, w: np.ndarray, smoothing: float, kind: str
) -> tuple[float, float, np.ndarray]:
    """Summed plain loss, summed weight of right rows, and gradient by the logits.

    The gradient is that of the mean over the rows (and labels) of the loss with label
    smoothing.
    """
    if kind != "multiclass":
        target = y * np.float32(1 - smoothing) + np.float32(0.5 * smoothing)
        losses = np.logaddexp(0, z) - z * y
        hits = ((z > 0) == y).all(axis=1)
        d = (expit(z) - target) * w / np.float32(z.size)
        loss = float((losses * w).mean(axis=1).sum())
        return loss, float((hits * w.mean(axis=1)).sum()), d
    rows = np.arange(len(z))
    right = float(w @ (z.argmax(axis=1) == y))
    z = z - z.max(axis=1, keepdims=True)
    of_class = z[rows, y]
    d = np.exp(z, out=z)
    total = d.sum(axis=1)
    loss = float(w @ (np.log(total) - of_class))
    d /= total[:, None]
    if smoothing:
        d -= np.float32(smoothing / z.shape[1])
    d[rows, y] -= np.float32(1 - smoothing)
    d *= (w / np.float32(len(z)))[:, None]
    return loss, right, d


NEED_INPUT = {"gelu", "silu", "elu", "selu"}
_SELU_SCALE = np.float32(1.0507009873554805)
_SELU_SLOPE = np.float32(1.7580993408473766)  # scale times alpha


def _gelu(z: np.ndarray, a: np.ndarray) -> np.ndarray:
    density = np.exp(np.float32(-0.5) * z * z) * np.float32(1 / math.sqrt(2 * math.pi))
    return np.float32(0.5) * (1 + erf(z * np.float32(math.sqrt(0.5)))) + z * density


def _silu(z: np.ndarray, a: np.ndarray) -> np.ndarray:
    s = expit(z)
    return s + a * (1 - s)


# Derivative of an activation, from its input z and its output a.
DERIVATIVES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray] | None] = {
    "relu": lambda z, a: a > 0,
    "elu": lambda z, a: np.where(z > 0, np.float32(1), a + 1),
    "selu": lambda z, a: np.where(z > 0, _SELU_SCALE, a + _SELU_SLOPE),
    "gelu": _gelu,
    "silu": _silu,
    "tanh": lambda z, a: 1 - a * a,
    "sigmoid": lambda z, a: a * (1 - a),
    "linear": None,
}
