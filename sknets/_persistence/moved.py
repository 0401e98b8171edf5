"""Modules under the names that pickles and skops files of version 0.1.0 give them."""

from __future__ import annotations

import sys

from .._estimators import cnn, dense, text
from .._texts import ngrams, symbols

MOVED = {
    "_cnn": cnn,
    "_dense": dense,
    "_text": text,
    "_ngrams": ngrams,
    "_symbols": symbols,
}


def keep_old_names() -> None:
    """Let ``import sknets._dense`` and the like find the module of today."""
    package = __name__.partition(".")[0]
    for name, module in MOVED.items():
        sys.modules.setdefault(f"{package}.{name}", module)
