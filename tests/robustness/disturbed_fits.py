"""Disturb fits, and count how they end.

    python tests/robustness/disturbed_fits.py

Fits are interrupted at random moments, callbacks raise exceptions, threads predict
beside a refit, and workers of loky search. Prints a table, and ends with status 1 if
anything ended otherwise than expected.
"""

import contextlib
import os
import pickle
import signal
import sys
import threading
import time
import warnings
from collections import Counter

import numpy as np
from sklearn.datasets import make_blobs
from sklearn.model_selection import GridSearchCV

from sknets import DenseNetClassifier, SmallCNNClassifier, TextPoolClassifier

X, Y = make_blobs(120, 16, centers=3, random_state=0)
TEXTS = [f"words {label} of class {label}" for label in Y]
HOOKS = ("on_train_begin", "on_epoch_begin", "on_epoch_end", "on_train_end")


def make_networks():
    """An estimator for each way of training, with its X; a fit takes some tenths."""
    quick = {"epochs": 40, "batch_size": 8, "random_state": 0}
    return [
        (DenseNetClassifier((32, 16), 0.1, **quick), X),
        (SmallCNNClassifier((4,), 0.1, augment=None, **quick), X),
        (TextPoolClassifier(8, min_df=1, pooling="max", **quick), TEXTS),
    ]


def fitted_state(net):
    return pickle.dumps({k: v for k, v in vars(net).items() if k.endswith("_")})


def is_whole(net):
    """Whether all of the fitted state is of the same number of epochs."""
    lengths = {len(values) for values in net.history_.values()}
    finite = all(np.isfinite(weight).all() for weight in net.weights_)
    return lengths == {net.n_iter_} and 1 <= net.best_epoch_ <= net.n_iter_ and finite


def interrupted(n_fits, seed=0):
    """Yield how fits end to which SIGINT comes at a random moment.

    That is "as before", "whole epochs kept", "was over already", or what is wrong.
    """
    # A program that a shell starts in the background ignores this signal.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    rng = np.random.default_rng(seed)
    networks = make_networks()
    taken = [_seconds_of_second_fit(net, rows) for net, rows in networks]
    for number in range(n_fits):
        net, rows = networks[number % len(networks)]
        # Rather early than late, since most of a fit is epochs that are kept.
        delay = taken[number % len(networks)] * rng.random() ** 3
        yield _interrupted_fit(net, rows, delay)


def _seconds_of_second_fit(net, rows):
    net.fit(rows, Y)
    start = time.perf_counter()
    net.fit(rows, Y)
    return time.perf_counter() - start


def _interrupted_fit(net, rows, delay):
    before = fitted_state(net)
    net.set_params(random_state=net.random_state + 1)
    timer = threading.Timer(delay, os.kill, (os.getpid(), signal.SIGINT))
    was_raised = False
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        try:
            timer.start()
            net.fit(rows, Y)
        except KeyboardInterrupt:
            was_raised = True
        finally:
            with contextlib.suppress(KeyboardInterrupt):
                timer.join()
                time.sleep(0.01)  # one that comes after the fit comes here
    if was_raised and fitted_state(net) == before:
        return "as before"
    if was_raised and not is_whole(net):
        return "interrupted, and neither as before nor whole"
    if not is_whole(net):
        return "fitted, and not whole"
    kept = any("Training was interrupted" in str(w.message) for w in seen)
    return "whole epochs kept" if kept else "was over already"


def failing_callbacks(n_fits, seed=0):
    """Yield how fits end whose callback raises: "as before", or what is wrong."""
    import keras

    class Failing(keras.callbacks.Callback):
        def __init__(self, hook, number):
            super().__init__()
            setattr(self, hook, self._fail)
            self.remaining = number

        def _fail(self, *args):
            if not self.remaining:
                raise self.error
            self.remaining -= 1

    rng = np.random.default_rng(seed)
    networks = make_networks()
    for net, rows in networks:
        net.set_params(epochs=5).fit(rows, Y)
    for number in range(n_fits):
        net, rows = networks[number % len(networks)]
        hook = rng.choice(HOOKS)
        callback = Failing(hook, rng.integers(5) if "epoch" in hook else 0)
        callback.error = rng.choice([ValueError, KeyError, OSError])("on purpose")
        before = fitted_state(net)
        net.set_params(callbacks=[callback])
        try:
            net.fit(rows, Y)
        except Exception as error:
            # The net has a copy of the callback, and so of its error.
            same = repr(error) == repr(callback.error) and fitted_state(net) == before
            yield "as before" if same else f"{error!r:.80}"
        else:
            yield f"an error in {hook} did not get out"


def predictions_beside_refits(n_threads=8, n_refits=20):
    """Yield what each prediction is while the same network is fitted again.

    That is "one of the states" if it is one of the two that the fits end in.
    """
    net = DenseNetClassifier((32, 16), epochs=10, batch_size=8)
    expected = [
        net.set_params(random_state=n).fit(X, Y).predict_proba(X) for n in (0, 1)
    ]
    outcomes, is_over = [], threading.Event()

    def predict():
        while not is_over.is_set():
            try:
                found = net.predict_proba(X)
            except Exception as error:
                outcomes.append(f"{error!r:.80}")
                continue
            known = any(np.array_equal(found, p) for p in expected)
            outcomes.append("one of the states" if known else "of no state")

    threads = [threading.Thread(target=predict) for _ in range(n_threads)]
    for thread in threads:
        thread.start()
    try:
        for number in range(n_refits):
            net.set_params(random_state=number % 2).fit(X, Y)
    finally:
        is_over.set()
        for thread in threads:
            thread.join()
    yield from outcomes


def loky_searches(n_searches):
    """Yield whether searches in two workers find what they find in this process."""
    for number in range(n_searches):
        makes_cnn = number % 5 == 4
        net = (
            SmallCNNClassifier((4,), augment=None, epochs=2, random_state=number)
            if makes_cnn
            else DenseNetClassifier(8, epochs=3, random_state=number)
        )
        grid = {"dropout": [0.0, 0.1 + number / 100]}
        scores = [
            GridSearchCV(net, grid, cv=2, n_jobs=n_jobs).fit(X, Y).cv_results_
            for n_jobs in (1, 2)
        ]
        one, two = (found["mean_test_score"] for found in scores)
        yield "the same" if np.array_equal(one, two) else f"{one} and {two}"


EXPECTED = {
    "interrupts": {"as before", "whole epochs kept", "was over already"},
    "exceptions of callbacks": {"as before"},
    "predictions beside refits": {"one of the states"},
    "searches in workers": {"the same"},
}


def main():
    runs = {
        "interrupts": interrupted(40),
        "exceptions of callbacks": failing_callbacks(30),
        "predictions beside refits": predictions_beside_refits(),
        "searches in workers": loky_searches(20),
    }
    n_wrong = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, outcomes in runs.items():
            counts = Counter(outcomes)
            wrong = sum(n for how, n in counts.items() if how not in EXPECTED[name])
            n_wrong += wrong
            print(f"{name:<28}{counts.total():>7}{wrong:>5} wrong  {dict(counts)}")
    sys.exit(bool(n_wrong))


if __name__ == "__main__":
    main()
