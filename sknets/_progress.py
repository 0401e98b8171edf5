"""The display of `verbose=1`: one line an epoch, rewritten in place on a terminal."""

from __future__ import annotations

import sys
import time
from typing import Any


class Progress:
    """Print loss and accuracy of each epoch to standard output.

    On a terminal the line of the running epoch is followed by the next one; in a
    notebook or a log file nothing but whole lines is written, so both stay readable.
    """

    def __init__(self, name: str, n_epochs: int) -> None:
        self.name, self.n_epochs = name, n_epochs
        self._in_place = sys.stdout is not None and sys.stdout.isatty()

    def on_train_begin(self, control: Any) -> None:
        pass

    def on_epoch_begin(self, epoch: int) -> None:
        self._start = time.perf_counter()
        if self._in_place:
            print(f"\r{self._label(epoch)} ...", end="", flush=True)

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> bool:
        seconds = time.perf_counter() - self._start
        figures = "  ".join(f"{name}: {value:.4f}" for name, value in logs.items())
        start = "\r" if self._in_place else ""
        print(f"{start}{self._label(epoch)}  {seconds:.2f} s  {figures}", flush=True)
        return False

    def on_train_end(self) -> None:
        pass

    def _label(self, epoch: int) -> str:
        digits = len(str(self.n_epochs))
        return f"[{self.name}] epoch {epoch + 1:>{digits}}/{self.n_epochs}"
