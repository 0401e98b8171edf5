"""All that draws at random draws from a seed for a while, and then as before."""

import random
import threading

import keras
import numpy as np
import pytest
import tensorflow as tf

from sknets._training.tensorflow.seeds import seeded


def draws():
    """A number of each generator that a model or its layers may use."""
    layer = keras.layers.Dense(1)
    layer.build((1, 1))
    dropped = keras.layers.Dropout(0.5)(tf.range(64.0), training=True)
    return [
        random.random(),
        np.random.rand(),  # noqa: NPY002
        float(tf.random.uniform(())),
        float(keras.random.uniform(())),
        float(layer.get_weights()[0].item()),
        float(tf.reduce_sum(dropped)),
    ]


def draws_from(seed):
    with seeded(seed):
        return draws()


def test_a_seed_repeats_all_draws_and_another_changes_them_all():
    first = draws_from(3)
    draws()
    assert draws_from(3) == first
    assert all(np.not_equal(draws_from(4), first))


@pytest.mark.parametrize("fails", [False, True])
def test_afterwards_all_is_as_if_nothing_had_been_drawn(fails):
    def start():
        keras.backend.clear_session()
        keras.utils.set_random_seed(5)
        return draws()

    start()
    expected = draws()
    start()
    try:
        with seeded(1):
            draws()
            if fails:
                raise ZeroDivisionError
    except ZeroDivisionError:
        assert fails
    assert draws() == expected


def test_blocks_may_be_nested():
    with seeded(1):
        expected = draws(), draws()
    with seeded(1):
        first = draws()
        draws_from(2)
        assert (first, draws()) == expected


def test_without_a_seed_draws_go_on():
    random.seed(5)
    expected = [random.random() for _ in range(3)]
    random.seed(5)
    found = [random.random()]
    with seeded(None):
        found.append(random.random())
    assert [*found, random.random()] == expected


def test_threads_wait_for_each_other():
    expected, found = draws_from(1), []

    def other():
        with seeded(2):
            draws()

    with seeded(1):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join(0.2)
        assert thread.is_alive()
        found = draws()
    thread.join()
    assert found == expected
