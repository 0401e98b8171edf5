"""The same networks and the same training in sknets and in its peers.

Every function that trains returns a :class:`Fit`. All train with Adam at a learning
rate of 1e-3 on the same float32 rows, in an order shuffled anew in each epoch, and
report the seconds of each epoch. A peer whose package is missing is None in
:func:`trainers`.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np

from sknets._core.build import cnn_layers, dense_layers
from sknets._core.layers import Conv, Dense, Dropout, Flatten, Layer, MaxPool

LEARNING_RATE = 1e-3
Data = tuple[np.ndarray, ...]


@dataclass
class Fit:
    """Seconds of each epoch, and accuracy on the test rows after the last."""

    seconds: list[float] = field(default_factory=list)
    accuracy: float = 0.0


@dataclass(frozen=True)
class Net:
    """A network as parameters of a sknets estimator.

    `parameters` are those that its build function in sknets.architectures takes, too.
    """

    name: str
    parameters: dict[str, Any]

    @property
    def is_cnn(self) -> bool:
        return "padding" in self.parameters

    def layers(self, image_shape: tuple[int, ...], n_classes: int) -> list[Layer]:
        p = {"dropout": 0.0, **self.parameters}
        if not self.is_cnn:
            return dense_layers(p["width"], p["dropout"], "relu", n_classes)
        return cnn_layers(
            image_shape, p["width"], p["dropout"], "relu", 3, p["padding"],
            p["pool_last"], p["dense_width"], n_classes,
        )  # fmt: skip


D3 = Net("D3", {"width": (256, 128, 64)})
D5 = Net("D5", {"width": (256, 128, 64), "dropout": (0.3, 0.2, 0.1)})
C1 = Net("C1", {"width": (32, 64, 128), "dropout": 0.0, "padding": "valid",
                "pool_last": False, "dense_width": ()})  # fmt: skip
C2 = Net("C2", {"width": (16, 32), "dropout": 0.0, "padding": "same",
                "pool_last": True, "dense_width": (128,)})  # fmt: skip


def installed(package: str) -> bool:
    return find_spec(package) is not None


def _timer(fit: Fit) -> Any:
    """Keras callback that notes the seconds of each epoch."""
    import keras

    class Timer(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.start = time.perf_counter()

        def on_epoch_end(self, epoch, logs=None):
            fit.seconds.append(time.perf_counter() - self.start)

    return Timer()


def sknets_estimator(net: Net, batch_size: int, epochs: int, **others: Any) -> Any:
    from sknets import DenseNetClassifier, SmallCNNClassifier

    common = {
        **net.parameters,
        "batch_size": batch_size,
        "epochs": epochs,
        "learning_rate": LEARNING_RATE,
        "learning_rate_schedule": "constant",
        "random_state": 0,
        **others,
    }
    if net.is_cnn:
        plain = {"warmup": 0.0, "input_scaling": "range", "augment": None}
        plain |= {"normalization": None, "optimizer": "adam"}
        return SmallCNNClassifier(**plain, **common)
    plain = {"weight_decay": 0.0, "label_smoothing": 0.0}
    plain |= {"input_scaling": None, "soft_steps": None}
    return DenseNetClassifier(**plain, **common)


def train_sknets(net: Net, data: Data, batch_size: int, epochs: int) -> Fit:
    fit = Fit()
    estimator = sknets_estimator(net, batch_size, epochs, callbacks=[_timer(fit)])
    estimator.fit(data[0], data[1])
    fit.accuracy = estimator.score(data[2], data[3])
    return fit


def keras_model(net: Net, rows: np.ndarray, n_classes: int, jit_compile: Any) -> Any:
    import keras

    from sknets.architectures import dense_net, small_cnn

    meta = {
        "n_features_in_": int(np.prod(rows.shape[1:])),
        "X_shape_": rows.shape,
        "n_classes_": n_classes,
        "target_type_": "multiclass",
    }
    model = (small_cnn if net.is_cnn else dense_net)(meta, **net.parameters)
    model.compile(
        optimizer=keras.optimizers.Adam(LEARNING_RATE),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=jit_compile,
    )
    return model


def train_keras(
    net: Net, data: Data, batch_size: int, epochs: int, jit_compile: Any = "auto"
) -> Fit:
    fit = Fit()
    X, y, X_test, y_test = data
    X, X_test = (_rows_for(net, rows) for rows in (X, X_test))
    model = keras_model(net, X, int(y.max()) + 1, jit_compile)
    model.fit(X, y, batch_size, epochs, verbose=0, callbacks=[_timer(fit)])
    fit.accuracy = model.evaluate(X_test, y_test, 1024, verbose=0)[1]
    return fit


def _rows_for(net: Net, images: np.ndarray) -> np.ndarray:
    """Images for a CNN, flat rows for a dense network."""
    return images if net.is_cnn else images.reshape(len(images), -1)


def torch_model(layers: list[Layer], shape: tuple[int, ...]) -> Any:
    """PyTorch module of a list of layers; images in PyTorch's order of axes."""
    from torch import nn

    modules: list[Any] = []
    for layer in layers:
        match layer:
            case Dense():
                modules.append(nn.Linear(shape[0], layer.units))
            case Conv():
                conv = nn.Conv2d(
                    shape[2], layer.filters, layer.kernel, padding=layer.padding
                )
                modules.append(conv)
            case MaxPool():
                modules.append(nn.MaxPool2d(layer.size))
            case Flatten():
                modules.append(nn.Flatten())
            case Dropout():
                modules.append(nn.Dropout(layer.rate))
        if getattr(layer, "activation", None) == "relu":
            modules.append(nn.ReLU())
        shape = layer.output_shape(shape)
    return nn.Sequential(*modules)


def torch_dense(n_features: int, width: int, dropout: float, n_classes: int) -> Any:
    """Module for skorch."""
    layers = dense_layers(width, dropout, "relu", n_classes)
    return torch_model(layers, (n_features,))


def train_torch(
    net: Net, data: Data, batch_size: int, epochs: int, fused: bool = False
) -> Fit:
    """Bare loop over a shuffled tensor; convolutions in channels-last memory."""
    import torch

    torch.manual_seed(0)
    X, y, X_test, y_test = (torch.from_numpy(part) for part in data)
    shape = (*X.shape[1:], 1) if net.is_cnn else (X.shape[1] * X.shape[2],)
    model = torch_model(net.layers(shape, int(y.max()) + 1), shape)
    if net.is_cnn:
        X, X_test = (
            part[:, None].to(memory_format=torch.channels_last) for part in (X, X_test)
        )
        model = model.to(memory_format=torch.channels_last)
    else:
        X, X_test = X.flatten(1), X_test.flatten(1)
    optimizer = torch.optim.Adam(model.parameters(), LEARNING_RATE, fused=fused)
    loss = torch.nn.CrossEntropyLoss()
    fit = Fit()
    for _ in range(epochs):
        start = time.perf_counter()
        order = torch.randperm(len(X))
        for batch in order.split(batch_size):
            optimizer.zero_grad()
            loss(model(X[batch]), y[batch]).backward()
            optimizer.step()
        fit.seconds.append(time.perf_counter() - start)
    model.eval()
    with torch.no_grad():
        fit.accuracy = float((model(X_test).argmax(1) == y_test).float().mean())
    return fit


def train_mlp(net: Net, data: Data, batch_size: int, epochs: int) -> Fit:
    """scikit-learn's MLPClassifier, one `partial_fit` an epoch."""
    from sklearn.neural_network import MLPClassifier

    X, y, X_test, y_test = data
    X, X_test = (rows.reshape(len(rows), -1) for rows in (X, X_test))
    model = MLPClassifier(
        net.parameters["width"], alpha=0.0, batch_size=batch_size,
        learning_rate_init=LEARNING_RATE, random_state=0,
    )  # fmt: skip
    fit = Fit()
    for _ in range(epochs):
        start = time.perf_counter()
        model.partial_fit(X, y, classes=np.unique(y))
        fit.seconds.append(time.perf_counter() - start)
    fit.accuracy = model.score(X_test, y_test)
    return fit


def trainers(net: Net) -> dict[str, Callable[..., Fit] | None]:
    """Functions that train `net` as sknets does, by peer; None: not installed."""
    torch = installed("torch")
    peers: dict[str, Callable[..., Fit] | None] = {
        "sknets": train_sknets,
        "Keras fit": train_keras,
        "Keras fit, jit_compile": partial(train_keras, jit_compile=True),
        "PyTorch loop": train_torch if torch else None,
        "PyTorch loop, fused Adam": partial(train_torch, fused=True) if torch else None,
    }
    if not net.is_cnn:
        peers["MLPClassifier"] = train_mlp
    return peers


# --- Estimators for small data: whole fits and grid searches ------------------------


def estimator(peer: str, epochs: int, batch_size: int, n_features: int) -> Any:
    """Return a peer's classifier of a dense network of 64 units, to fit or search."""
    if peer == "sknets":
        return sknets_estimator(Net("", {"width": 64}), batch_size, epochs)
    if peer == "scikeras":
        from scikeras.wrappers import KerasClassifier

        from sknets.architectures import dense_net

        return KerasClassifier(
            dense_net, model__width=64, model__dropout=0.0, epochs=epochs,
            batch_size=batch_size, loss="sparse_categorical_crossentropy",
            optimizer="adam", optimizer__learning_rate=LEARNING_RATE, verbose=0,
        )  # fmt: skip
    if peer == "skorch":
        import torch
        from skorch import NeuralNetClassifier

        return NeuralNetClassifier(
            torch_dense, module__n_features=n_features, module__width=64,
            module__dropout=0.0, module__n_classes=10, max_epochs=epochs,
            batch_size=batch_size, criterion=torch.nn.CrossEntropyLoss,
            optimizer=torch.optim.Adam, lr=LEARNING_RATE, train_split=None,
            iterator_train__shuffle=True, verbose=0,
        )  # fmt: skip
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    # It warns that it did not converge in that many epochs: so it shall be.
    warnings.simplefilter("ignore", ConvergenceWarning)
    return MLPClassifier(
        (64,), batch_size=batch_size, max_iter=epochs, n_iter_no_change=epochs,
        learning_rate_init=LEARNING_RATE, random_state=0,
    )  # fmt: skip


GRIDS: dict[str, dict[str, list]] = {
    "sknets": {"width": [32, 64], "dropout": [0.0, 0.2, 0.4]},
    "scikeras": {"model__width": [32, 64], "model__dropout": [0.0, 0.2, 0.4]},
    "skorch": {"module__width": [32, 64], "module__dropout": [0.0, 0.2, 0.4]},
    # It has no dropout; weight decay takes its place.
    "MLPClassifier": {
        "hidden_layer_sizes": [(32,), (64,)],
        "alpha": [0.0, 1e-4, 1e-2],
    },
}

PACKAGES = {"scikeras": "scikeras", "skorch": "skorch", "MLPClassifier": "sklearn"}


def import_frameworks(peer: str) -> None:
    """Import what a peer trains with, so that it stays outside the clock."""
    if peer in ("sknets", "scikeras"):
        import keras  # noqa: F401
        import tensorflow as tf

        tf.constant(0.0)  # starts TensorFlow's threads
    if peer == "scikeras":
        import scikeras.wrappers  # noqa: F401
    if peer == "skorch":
        import skorch  # noqa: F401
    if peer == "sknets":
        import sknets._training.loop  # noqa: F401
    import sklearn.neural_network  # noqa: F401
