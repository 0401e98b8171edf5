"""Where predictions are made by a compiled program, and where they are not."""

import asyncio
import sys
import threading

import numpy as np
import pytest

import sknets
from sknets import DenseNetClassifier, TextPoolClassifier
from sknets._estimators.compiled import is_wanted
from sknets._training.tensorflow import program

X, Y = np.random.default_rng(0).normal(size=(30, 4)), np.arange(30) % 3


@pytest.fixture(scope="module")
def net():
    return DenseNetClassifier(4, epochs=1, batch_size=16, random_state=0).fit(X, Y)


@pytest.fixture
def n_programs():
    """Function that counts the programs that have been asked for."""
    program.prediction_program.cache_clear()
    return lambda: program.prediction_program.cache_info().currsize


def test_a_program_predicts_within_the_block_only(net, n_programs):
    net.predict(X)
    with sknets.compiled_prediction():
        pass
    expected = net.predict_proba(X)
    assert n_programs() == 0
    with sknets.compiled_prediction():
        found = net.predict_proba(X)
    assert n_programs() == 1
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_blocks_may_be_nested():
    with sknets.compiled_prediction():
        with sknets.compiled_prediction():
            assert is_wanted()
        assert is_wanted()
    assert not is_wanted()


def test_a_block_that_fails_ends():
    with pytest.raises(ZeroDivisionError), sknets.compiled_prediction():
        raise ZeroDivisionError
    assert not is_wanted()


def test_a_block_does_not_concern_other_threads():
    seen = []
    thread = threading.Thread(target=lambda: seen.append(is_wanted()))
    with sknets.compiled_prediction():
        thread.start()
        thread.join()
    assert seen == [False]


def test_a_block_does_not_concern_other_tasks():
    async def within(entered, left):
        with sknets.compiled_prediction():
            entered.set()
            await left.wait()
            assert is_wanted()

    async def both():
        entered, left = asyncio.Event(), asyncio.Event()
        task = asyncio.create_task(within(entered, left))
        await entered.wait()
        assert not is_wanted()
        left.set()
        await task

    asyncio.run(both())


def test_text_stays_in_numpy(n_programs):
    net = TextPoolClassifier(4, min_df=1, epochs=1, batch_size=16, random_state=0)
    texts = ["good", "bad", "a film"] * 16
    net.fit(texts, np.arange(48) % 3)
    expected = net.predict_proba(texts)
    with sknets.compiled_prediction():
        np.testing.assert_array_equal(net.predict_proba(texts), expected)
    assert n_programs() == 0


def test_without_tensorflow_it_is_named(net, monkeypatch):
    monkeypatch.setitem(sys.modules, "sknets._training.tensorflow.prediction", None)
    with (
        pytest.raises(ModuleNotFoundError, match="compiled_prediction needs Tensor"),
        sknets.compiled_prediction(),
    ):
        net.predict(X)
