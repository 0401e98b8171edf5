"""Keras callbacks in a loop that is not ``Model.fit``: their epoch-level hooks.

The model that callbacks see is a real ``keras.Model``. Before their hooks it gets the
weights of now, and what they change in it (weights, learning rate, ``stop_training``)
is taken over afterwards.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .._core.layers.base import Weights
from .._tensorflow import keras
from .history import record_more
from .tensorflow.runtime import prepare

if TYPE_CHECKING:
    from .loop import Control

# Called in the middle of an epoch, which does not come back to Python.
BATCH_HOOKS = (
    *("on_batch_begin", "on_batch_end", "on_train_batch_begin", "on_train_batch_end"),
    *("on_test_begin", "on_test_end", "on_test_batch_begin", "on_test_batch_end"),
)
# These save, restore or average the state of a Keras optimizer.
OPTIMIZER_STATE = ("BackupAndRestore", "SwapEMAWeights", "OrbaxCheckpoint")


class KerasCallbacks:
    """Observer that calls the epoch-level hooks of Keras callbacks.

    Parameters
    ----------
    callbacks : sequence of keras.callbacks.Callback
        The user's own; they are copied and stay as they are.
    recorded : list of str
        Names of what is recorded of each epoch. Of all but losses, more is better.
    build_model : callable
        Takes the weights and returns the ``keras.Model`` that has them.
    first_epoch : int
        Number that the first epoch has for the callbacks.

    Raises
    ------
    TypeError
        If something is no Keras callback, or cannot be copied.
    ValueError
        If a callback needs more than epoch-level hooks can give.
    """

    def __init__(
        self,
        callbacks: Sequence[Any],
        recorded: list[str],
        build_model: Callable[[Weights], Any],
        first_epoch: int = 0,
    ) -> None:
        prepare()
        for callback in callbacks:
            _check_type(callback)
            _check_settings(callback)
            _check_hooks(callback)
        _check_monitors(callbacks, recorded)
        self._callbacks = _copies(callbacks, recorded)
        self._build_model, self._first_epoch = build_model, first_epoch
        self._logs: dict[str, float] = {}

    def on_train_begin(self, control: Control) -> None:
        self._control = control
        self._schedule = control.settings.learning_rate_schedule
        if self._schedule != "constant":
            _check_rates(self._callbacks, self._schedule)
        self._model = self._make_model()
        params = {
            "verbose": 1,  # read by ProgbarLogger alone
            "epochs": self._first_epoch + control.settings.epochs,
            "steps": control.steps_per_epoch,
        }
        for callback in self._callbacks:
            callback.set_params(params)
            callback.set_model(self._model)
        self._call("on_train_begin", {})

    def on_epoch_begin(self, epoch: int) -> None:
        self._call("on_epoch_begin", self._first_epoch + epoch, {})

    def on_steps(self, epoch: int, n_done: int) -> None:
        """Hooks are those of whole epochs."""

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> bool:
        """Call the hooks; return whether a callback wants to stop."""
        self._logs = dict(logs)  # callbacks add to it
        self._show_weights()
        self._call("on_epoch_end", self._first_epoch + epoch, self._logs)
        record_more(self._control.history, self._logs)
        return bool(self._model.stop_training)

    def on_train_end(self) -> None:
        self._show_weights()
        self._call("on_train_end", self._logs)
        before = self._first_epoch
        kept = restored_epoch(self._callbacks, before + self._control.best_epoch)
        self._control.best_epoch = kept - before

    def _make_model(self) -> Any:
        model = self._build_model(self._control.trainer.read_weights())
        # The base class: nothing of it but the learning rate is used.
        model.optimizer = keras.optimizers.Optimizer(self._control.learning_rate)
        model.stop_training = False
        self._frozen = _frozen(model)
        return model

    def _call(self, hook: str, *args: Any) -> None:
        shown = self._model.get_weights()
        for callback in self._callbacks:
            getattr(callback, hook)(*args)
        self._check_trainable()
        self._take_over_weights(shown)
        self._take_over_learning_rate()

    def _check_trainable(self) -> None:
        """Refuse to train a layer that a callback has frozen."""
        frozen = _frozen(self._model)
        if not self._model.trainable or frozen != self._frozen:
            raise ValueError(
                "A callback has set trainable=False (of layers: "
                f"{[name for name in frozen if name not in self._frozen]}), but "
                "training changes all layers. Set the learning rate to 0 to freeze "
                "them all, or train the network in Keras."
            )

    def _show_weights(self) -> None:
        self._model.set_weights(self._control.trainer.read_weights())

    def _take_over_weights(self, shown: Weights) -> None:
        weights = self._model.get_weights()
        if not all(map(np.array_equal, weights, shown)):
            self._control.trainer.write_weights(weights)

    def _take_over_learning_rate(self) -> None:
        rate = float(self._model.optimizer.learning_rate.numpy())
        if rate == np.float32(self._control.learning_rate):
            return
        if self._schedule != "constant":
            raise _two_rates("A callback", self._schedule)
        self._control.learning_rate = rate


def _copies(callbacks: Sequence[Any], recorded: list[str]) -> list[Any]:
    """Copy the callbacks, but not a model that one was used with in ``Model.fit``."""
    models = [getattr(callback, "_model", None) for callback in callbacks]
    without_models = {id(model): None for model in models if model is not None}
    try:
        copies = copy.deepcopy(list(callbacks), without_models)
    except Exception as error:
        raise TypeError(
            "Each fit trains with copies of callbacks, and these cannot be copied by "
            f"copy.deepcopy: {error}"
        ) from error
    for callback in copies:
        # Keras finds the direction of a metric in compiled models only.
        monitor = getattr(callback, "monitor", None)
        more_is_better = monitor in recorded and not str(monitor).endswith("loss")
        if more_is_better and getattr(callback, "mode", None) == "auto":
            callback.mode = "max"
    return copies


def _frozen(model: Any) -> list[str]:
    """Names of the layers that are not to be trained, within inner models, too."""
    names = [layer.name for layer in model.layers if not layer.trainable]
    inner = [layer for layer in model.layers if hasattr(layer, "layers")]
    return names + [name for layer in inner for name in _frozen(layer)]


def _check_type(callback: Any) -> None:
    known = keras.callbacks
    if isinstance(callback, known.CallbackList):
        raise TypeError("callbacks takes a plain list instead of a CallbackList.")
    if not isinstance(callback, known.Callback):
        raise TypeError(
            "callbacks must be instances of keras.callbacks.Callback (scikit-learn's "
            f"own are given to set_callbacks); got {callback!r}."
        )
    refused = [getattr(known, name, ()) for name in OPTIMIZER_STATE]
    if any(isinstance(callback, kind) for kind in refused):
        raise ValueError(
            f"{type(callback).__name__} works on the state of a Keras optimizer, and "
            "training does not use one."
        )


def _check_settings(callback: Any) -> None:
    """Refuse arguments of Keras' own callbacks that make them count batches."""
    if isinstance(callback, keras.callbacks.ModelCheckpoint):
        if callback.save_freq != "epoch":
            raise ValueError(
                "ModelCheckpoint can save after epochs only: expected "
                f"save_freq='epoch', got {callback.save_freq!r}."
            )
    elif isinstance(callback, keras.callbacks.TensorBoard) and (
        callback.update_freq != "epoch"
        or callback._should_trace
        or callback.write_steps_per_second
    ):
        raise ValueError(
            "TensorBoard can write after epochs only: expected update_freq='epoch', "
            "profile_batch=0 and write_steps_per_second=False."
        )


def _check_hooks(callback: Any) -> None:
    """Refuse hooks that are never called, on the class or on the instance."""
    # Keras' own callbacks have some; `_check_settings` has seen to those.
    nearest = next(kind for kind in type(callback).__mro__ if _is_keras(kind))
    own = [
        hook
        for hook in BATCH_HOOKS
        if getattr(getattr(callback, hook), "__func__", None)
        is not getattr(nearest, hook)
    ]
    if own:
        raise ValueError(
            f"The callback {type(callback).__name__} defines {', '.join(own)}, but "
            "each epoch runs as a whole in a compiled program: only on_train_begin, "
            "on_epoch_begin, on_epoch_end and on_train_end are called."
        )


def _check_monitors(callbacks: Sequence[Any], recorded: list[str]) -> None:
    for callback in callbacks:
        if isinstance(callback, keras.callbacks.LambdaCallback) or not _is_keras(
            type(callback)
        ):
            return  # it may add to the logs that later callbacks see
        monitor = getattr(callback, "monitor", None)
        used = monitor is not None and getattr(callback, "save_best_only", True)
        if used and monitor not in recorded:
            raise ValueError(
                f"{type(callback).__name__} monitors {monitor!r}, but {recorded} is "
                "all that is recorded. For val_loss and val_accuracy, give X_val and "
                "y_val or set validation_fraction; for other scores, set scoring."
            )


def _check_rates(callbacks: Sequence[Any], schedule: str) -> None:
    known = keras.callbacks
    for callback in callbacks:
        if isinstance(callback, known.LearningRateScheduler | known.ReduceLROnPlateau):
            raise _two_rates(type(callback).__name__, schedule)


def _two_rates(who: str, schedule: str) -> ValueError:
    return ValueError(
        f"{who} sets the learning rate, and so does learning_rate_schedule="
        f"{schedule!r}. Set learning_rate_schedule='constant'."
    )


def _is_keras(kind: type) -> bool:
    return kind.__module__.partition(".")[0] == "keras"


def restored_epoch(callbacks: Sequence[Any], otherwise: int) -> int:
    """Epoch, from 1, whose weights the last of these callbacks has put back, if any."""
    for callback in callbacks:
        stops = isinstance(callback, keras.callbacks.EarlyStopping)
        if stops and callback.best_weights is not None:
            otherwise = callback.best_epoch + 1
    return otherwise
