"""scikit-learn's callbacks (1.9 and newer): one sub-task an epoch of `fit`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sklearn

try:
    from sklearn.callback import CallbackSupportMixin
except ImportError:  # scikit-learn < 1.9

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Say why there are no callbacks."""

        def set_callbacks(self, *callbacks: Any) -> Any:
            """Raise, because the installed scikit-learn has no callbacks."""
            raise NotImplementedError(
                "set_callbacks needs scikit-learn 1.9 or newer; "
                f"{sklearn.__version__} is installed."
            )


class EpochTasks:
    """Tell scikit-learn's callbacks of each epoch of one `fit`.

    Parameters
    ----------
    estimator : estimator
        It must have callbacks, see `has_callbacks`.
    X, y, sample_weight
        The caller's own, as scorers take them.
    n_epochs : int
    state : callable
        Takes the control of the training and returns the fitted attributes of now as
        a dict. Called only if a callback asks for the fitted estimator.
    task_name : str
    """

    def __init__(
        self,
        estimator: Any,
        X: Any,
        y: Any,
        sample_weight: Any,
        n_epochs: int,
        state: Callable[[Any], dict[str, Any]],
        task_name: str = "fit",
    ) -> None:
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        self.data = {"estimator": estimator, "X": X, "y": y, "metadata": metadata}
        self.state = state
        self.root = estimator._init_callback_context(
            task_name=task_name, max_subtasks=n_epochs
        )

    @staticmethod
    def has_callbacks(estimator: Any) -> bool:
        return bool(getattr(estimator, "_skl_callbacks", None))

    def on_train_begin(self, control: Any) -> None:
        self.control = control
        self.root.call_on_fit_task_begin(**self.data)

    def on_epoch_begin(self, epoch: int) -> None:
        self.task = self.root.subcontext(task_name="epoch")
        self.task.call_on_fit_task_begin(**self.data)

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> bool:
        return bool(
            self.task.call_on_fit_task_end(
                **self.data, reconstruction_attributes=self._state
            )
        )

    def on_train_end(self) -> None:
        self.root.call_on_fit_task_end(
            **self.data, reconstruction_attributes=self._state
        )

    def _state(self) -> dict[str, Any]:
        return self.state(self.control)
