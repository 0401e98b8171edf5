"""Contexts of the whole process that several threads are in."""

import contextlib

import pytest

from sknets._shared_context import SharedContext


@pytest.fixture
def shared_and_told():
    told = []

    @contextlib.contextmanager
    def change():
        told.append("in")
        try:
            yield
        finally:
            told.append("out")

    return SharedContext(change), told


def test_the_first_one_enters_and_the_last_one_leaves(shared_and_told):
    shared, told = shared_and_told
    shared.__enter__()
    shared.__enter__()
    assert told == ["in"]
    shared.__exit__(None, None, None)
    assert told == ["in"]
    shared.__exit__(None, None, None)
    assert told == ["in", "out"]


def test_it_can_be_entered_again(shared_and_told):
    shared, told = shared_and_told
    for _ in range(2):
        with shared:
            pass
    assert told == ["in", "out"] * 2


def test_an_error_leaves(shared_and_told):
    shared, told = shared_and_told
    with pytest.raises(RuntimeError, match="ours"), shared:
        raise RuntimeError("ours")
    assert told == ["in", "out"]


def test_what_fails_to_enter_can_be_tried_again():
    outcomes = iter([RuntimeError("no"), None])

    @contextlib.contextmanager
    def change():
        if error := next(outcomes):
            raise error
        yield

    shared = SharedContext(change)
    with pytest.raises(RuntimeError, match="no"), shared:
        pass
    with shared:
        assert shared.n_inside == 1
