"""Load files that were made up or damaged, and kill processes that save.

    python tests/robustness/saved_files.py

Prints a table: how many files of each kind, how many gave the expected error, and how
many loaded, gave another error or took memory that their size does not explain. All of
the last column have to be zero. Takes about two minutes.
"""

import collections
import os
import random
import re
import signal
import sys
import tempfile
import time
import tracemalloc
import warnings
from pathlib import Path

import numpy as np

import sknets
from sknets import DenseNetClassifier
from sknets._persistence import files

# Of the memory that loading a small file may take beyond some times its size.
SPARE_BYTES = 8 * 2**20


def outcome(path, content, message):
    """What loading a file leads to: "refused", or what is wrong with it."""
    path.write_bytes(content)
    tracemalloc.start()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            sknets.load(path)
        result = "loaded"
    except ValueError as error:
        clear = re.search(message, str(error)) and str(path) in str(error)
        result = "refused" if clear else f"unclear: {error}"
    except Exception as error:
        result = f"{type(error).__name__}: {error}"
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    if peak > 20 * len(content) + SPARE_BYTES:
        return f"took {peak / 1e6:.0f} MB"
    return result


def quick_net(seed=0):
    """A small dense network, which trains without TensorFlow."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(3, 2, (48, 16)), np.arange(48) % 3
    return DenseNetClassifier((8,), epochs=2, batch_size=16, random_state=seed).fit(
        X, y
    )


def crafted(folder, every=1):
    """Outcomes of files with a right checksum; of every so many of them."""
    from crafted_files import crafted as contents

    for number, (name, content, message) in enumerate(contents()):
        if number % every == 0:
            yield name, outcome(folder / "net.sknets", content, message)


def flipped_bits(folder, n_bits):
    content = files._to_bytes(quick_net())
    chosen = np.random.default_rng(0).choice(8 * len(content), n_bits, replace=False)
    for bit in chosen.tolist():
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        yield f"bit {bit}", outcome(folder / "net.sknets", bytes(damaged), "damaged")


def truncations(folder, n_lengths):
    content = files._to_bytes(quick_net())
    chosen = np.random.default_rng(0).choice(len(content), n_lengths, replace=False)
    for length in chosen.tolist():
        result = outcome(folder / "net.sknets", content[:length], "damaged")
        yield f"{length} bytes", result


def kills(folder, n_kills):
    """Outcomes of SIGKILL while another process saves two networks in turn.

    "refused" says that the file was whole: the former one or the new one. Yields, too,
    how many kills came before the file was in place. Must run where nothing has started
    threads, since it forks.
    """
    nets = [quick_net(seed) for seed in (0, 1)]
    contents = [files._to_bytes(net) for net in nets]
    path = folder / "net.sknets"
    sknets.save(nets[0], path)
    rng = random.Random(0)
    in_the_middle = 0
    for number in range(n_kills):
        child = os.fork()
        if child == 0:
            while True:
                for net in nets[::-1]:
                    sknets.save(net, path)
        time.sleep(0.01 + 0.02 * rng.random())
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        whole = files._to_bytes(sknets.load(path)) in contents
        for left in folder.glob(".sknets-*.tmp"):
            left.unlink()
            in_the_middle += 1
        yield f"kill {number}", "whole" if whole else "another file"
    yield "in the middle", in_the_middle


def main():
    kinds = {
        "kills during a save": lambda folder: kills(folder, 40),
        "crafted files": crafted,
        "bit flips": lambda folder: flipped_bits(folder, 1500),
        "truncations": lambda folder: truncations(folder, 400),
    }
    print(f"{'kind':<22}{'tried':>8}{'as expected':>14}{'otherwise':>12}")
    failed = []
    for kind, run in kinds.items():
        with tempfile.TemporaryDirectory() as folder:
            found = dict(run(Path(folder)))
        middle = found.pop("in the middle", None)
        good = collections.Counter(found.values())
        n_good = good["refused"] + good["whole"]
        print(f"{kind:<22}{len(found):>8}{n_good:>14}{len(found) - n_good:>12}")
        if middle is not None:
            print(f"  of these {middle} before the new file was in place")
        failed += [
            f"{name}: {result}"
            for name, result in found.items()
            if result not in ("refused", "whole")
        ]
    print(*failed, sep="\n")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
