"""The display of `verbose=1`: a line that moves on a terminal, else lines of a log.

Written by hand: bars of libraries redraw themselves, which in the log of a search or of
a job makes either a line for each step or none. Here a log has few whole lines.
"""

from __future__ import annotations

import inspect
import itertools
import multiprocessing
import shutil
import sys
import time
from typing import Any

# At most about so many lines of a log for one fit, and one more whenever nothing has
# been written for so many seconds.
LOG_LINES = 50
LOG_SECONDS = 10.0
# Seconds between two states of the line on a terminal.
REFRESH_SECONDS = 0.1


class Progress:
    """Observer that prints losses and scores of the epochs to standard output.

    On a terminal, one line is rewritten in place. Elsewhere (a notebook, a pipe, a
    file) whole lines are written; of many epochs, evenly spaced ones. The last epoch
    is always shown. Within an epoch that is long, the share of it that is done and the
    time that the whole training still takes are shown.

    Parameters
    ----------
    name : str
        Name of the estimator, for the header.
    n_epochs_before : int
        Epochs of earlier calls, from which the count goes on.
    header : bool
        Whether to announce the estimator and the number of epochs; not for the single
        epochs of `partial_fit`, whose number is not known.
    """

    def __init__(self, name: str, n_epochs_before: int, *, header: bool) -> None:
        self.name, self.before, self.header = name, n_epochs_before, header
        # Some notebooks and editors put a plain writer in the place of stdout.
        self._in_place = hasattr(sys.stdout, "isatty") and sys.stdout.isatty()
        self._pending = self._figures = ""
        self._width = 0

    def on_train_begin(self, control: Any) -> None:
        self._control = control
        self._n_epochs = control.settings.epochs
        self._stride = next(
            factor * 10**power
            for power in itertools.count()
            for factor in (1, 2, 5)
            if self._n_epochs <= LOG_LINES * factor * 10**power
        )
        self._shown_at = -float("inf")
        self._began = time.perf_counter()
        if self.header:
            batches = control.steps_per_epoch
            _write(
                f"[{self.name}] {self._n_epochs} epochs of {batches} "
                f"batch{'es' if batches > 1 else ''}\n"
            )

    def on_epoch_begin(self, epoch: int) -> None:
        self._start = time.perf_counter()

    def on_steps(self, epoch: int, n_done: int) -> None:
        now = time.perf_counter()
        pause = REFRESH_SECONDS if self._in_place else LOG_SECONDS
        if now - max(self._shown_at, self._start) < pause:
            return
        n_steps = self._control.steps_per_epoch
        share = n_done / n_steps
        all_done = epoch * n_steps + n_done
        left = (now - self._began) * (self._n_epochs * n_steps / all_done - 1)
        self._pending = f"{self._number(epoch)}  {share:.0%}  {_duration(left)} left"
        if self._in_place and self._figures:  # else in a line above
            self._pending += f"  before:{self._figures}"
        self._show()
        self._shown_at = now

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> bool:
        now = time.perf_counter()
        self._pending = self._line(epoch, logs, now - self._start)
        if self._is_due(epoch, now - self._shown_at):
            self._show()
            self._shown_at = now
        return False

    def on_train_end(self) -> None:
        self._show()
        if self._width:
            _write("\n")  # leave the line that was rewritten
        n_epochs, kept = self._control.n_epochs, self._control.best_epoch
        if kept < n_epochs or n_epochs < self._n_epochs:
            _write(
                f"[{self.name}] stopped after epoch {self.before + n_epochs}; the "
                f"weights of epoch {self.before + kept} are kept\n"
            )

    def _line(self, epoch: int, logs: dict[str, float], seconds: float) -> str:
        self._figures = "".join(
            f"  {name} {logs[name]:.4f}" + _in_brackets(logs.get(f"val_{name}"))
            for name in logs
            if not name.startswith("val_")
        )
        return f"{self._number(epoch)}  {_duration(seconds)}{self._figures}"

    def _number(self, epoch: int) -> str:
        total = self.before + self._n_epochs
        of_total = f"/{total}" if self.header else ""
        return f"epoch {self.before + epoch + 1:>{len(str(total))}}{of_total}"

    def _is_due(self, epoch: int, seconds: float) -> bool:
        if self._in_place:
            return seconds >= REFRESH_SECONDS
        number = epoch + 1
        return number % self._stride == 0 or number == 1 or seconds >= LOG_SECONDS

    def _show(self) -> None:
        """Print the line that is waiting, if there is one."""
        line, self._pending = self._pending, ""
        if not line:
            return
        if not self._in_place:
            # Lines of several workers come in turns: each says whose it is.
            _write(f"[{self.name}] {line}\n" if _in_a_worker() else f"{line}\n")
            return
        # A line that wraps could not be rewritten; blanks cover a longer one before.
        line = line[: shutil.get_terminal_size().columns - 1]
        _write(f"\r{line:<{self._width}}")
        self._width = len(line)


def _write(text: str) -> None:
    """Write all at once: `print` writes the end of a line apart, and lines merge."""
    if sys.stdout is not None:
        sys.stdout.write(text)
        sys.stdout.flush()


def _in_a_worker() -> bool:
    return multiprocessing.current_process().name != "MainProcess"


def candidate_name(estimator: Any) -> str:
    """Name of an estimator, within a worker with the parameters that are not default.

    They tell the candidates of a search apart.
    """
    name = type(estimator).__name__
    if not _in_a_worker():
        return name
    defaults = _defaults(type(estimator))
    changed = [
        f"{key}={value!r}"
        for key, value in estimator.get_params(deep=False).items()
        if key not in ("verbose", "callbacks", "random_state")
        and repr(value) != defaults.get(key)
    ]
    return f"{name}({', '.join(changed)})"


def _defaults(kind: type) -> dict[str, str]:
    """What the parameters of `kind` and its bases are shown as by default."""
    defaults: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if "__init__" in vars(base):
            parameters = inspect.signature(base.__init__).parameters  # type: ignore[misc]
            defaults |= {name: repr(of.default) for name, of in parameters.items()}
    return defaults


def _duration(seconds: float) -> str:
    if seconds < 0.9995:
        return f"{1000 * seconds:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _in_brackets(value: float | None) -> str:
    return "" if value is None else f" (val {value:.4f})"
