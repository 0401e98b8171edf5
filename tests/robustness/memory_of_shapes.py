"""Fit networks of many shapes, and see how the memory of the process grows.

    python tests/robustness/memory_of_shapes.py [--shapes N] [--kind cnn|dense]

Each shape has a program of its own, of which the cache keeps `--kept`. The table has
the resident memory after each tenth of the shapes.
"""

import argparse
import gc
import warnings
from functools import lru_cache

import numpy as np

from sknets import DenseNetClassifier, SmallCNNClassifier
from sknets._training import dense_trainer
from sknets._training.tensorflow import fused, program, trainer, updates


def resident():
    """Resident memory of this process in MB; Linux only."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 2**20


def fit(kind, width):
    X = np.random.default_rng(0).random((64, 8, 8), np.float32)
    y = np.arange(64) % 2
    quick = {"epochs": 1, "batch_size": 16, "random_state": 0}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if kind == "cnn":
            SmallCNNClassifier((width,), **quick).fit(X, y)
        else:
            DenseNetClassifier((width,), **quick).fit(X.reshape(64, -1), y)


def compiled_by_xla(set_attribute):
    """List that gets the functions that XLA compiles from now on."""
    made, original = [], fused.traced

    def traced(function, *, by_xla):
        compiled = original(function, by_xla=by_xla)
        if by_xla:
            made.append(compiled)
        return compiled

    for cached in (fused.augmentation, fused._compiled_factors):
        cached.cache_clear()
    updates._compiled_update.cache_clear()
    program.training_program.cache_clear()
    for module in (fused, updates, program):
        set_attribute(module, "traced", traced)
    return made


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--shapes", type=int, default=200)
    parser.add_argument("--kind", choices=["cnn", "dense"], default="cnn")
    parser.add_argument("--kept", type=int, default=program.MAX_PROGRAMS)
    arguments = parser.parse_args()
    # Small networks of dense layers would not be trained in TensorFlow.
    dense_trainer.MAX_SECONDS = 0.0
    make = program.training_program.__wrapped__
    trainer.training_program = lru_cache(arguments.kept)(make)
    before = None
    for number in range(1, arguments.shapes + 1):
        fit(arguments.kind, 2 + number)
        if number % max(arguments.shapes // 10, 1) == 0:
            gc.collect()
            now = resident()
            grown = "" if before is None else f"{now - before:>+8.0f}"
            print(f"{number:>6} shapes {now:>7.0f} MB{grown}", flush=True)
            before = now


if __name__ == "__main__":
    main()
