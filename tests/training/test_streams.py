"""The order in which parts are read, and what is trained on together."""

import numpy as np
import pytest

from sknets._core.objectives import Multiclass
from sknets._core.scaling import identity
from sknets._training.data import TrainingData
from sknets._training.streams import StreamedData, mixed_order


def streamed(n_parts=6, size=7, n_at_once=2, can_choose=True):
    """Rows that are numbered, whose class is the number of their part."""
    numbers = np.arange(n_parts * size).reshape(n_parts, size)

    def read(chosen):
        for part in range(n_parts) if chosen is None else chosen:
            rows = numbers[part]
            yield rows[:, None], np.full(size, part), np.ones(size, np.float32)

    n = numbers.size
    sample = TrainingData(
        numbers.reshape(n, 1), np.arange(n), None, None, Multiclass(), identity()
    )
    keys = np.arange(n_parts)
    return StreamedData(read, None, lambda X: X, keys, n, n_at_once, can_choose, sample)


def epoch(data, batch_size, seed=0, shuffle=True):
    rng = np.random.default_rng(seed)
    order = data.order(rng, shuffle)
    return [
        (part.X[part.index[rows]].ravel(), part.y[rows])
        for part, rows in data.buffers(order, batch_size)
    ]


@pytest.mark.parametrize("can_choose", [True, False])
@pytest.mark.parametrize("batch_size", [1, 4, 5, 64])
def test_each_row_is_trained_on_once(can_choose, batch_size):
    buffers = epoch(streamed(can_choose=can_choose), batch_size)
    rows = np.concatenate([rows for rows, _ in buffers])
    assert sorted(rows) == list(range(42))
    assert list(rows) != sorted(rows)
    assert all(len(rows) % batch_size == 0 for rows, _ in buffers[:-1])
    for rows, y in buffers:
        np.testing.assert_array_equal(rows // 7, y)


def test_without_shuffling_rows_come_in_their_order():
    rows = np.concatenate([rows for rows, _ in epoch(streamed(), 4, shuffle=False)])
    np.testing.assert_array_equal(rows, np.arange(42))


def test_each_epoch_has_its_own_order():
    first, again, other = (epoch(streamed(), 4, seed) for seed in (0, 0, 1))
    for (a, _), (b, _) in zip(first, again, strict=True):
        np.testing.assert_array_equal(a, b)
    assert any(list(a) != list(b) for (a, _), (b, _) in zip(first, other, strict=True))


@pytest.mark.parametrize(("n_parts", "n_at_once"), [(40, 4), (41, 4), (43, 10), (3, 4)])
def test_a_buffer_has_parts_of_all_kinds(n_parts, n_at_once):
    buffers = mixed_order(np.arange(n_parts), n_at_once, np.random.default_rng(0))
    assert sorted(np.concatenate(buffers)) == list(range(n_parts))
    assert max(map(len, buffers)) <= n_at_once
    for parts in buffers:  # one of each run of parts that are alike
        assert len(set(parts // len(buffers))) == len(parts)


def test_an_error_while_reading_ends_the_epoch():
    data = streamed()

    def fail(chosen):
        yield next(streamed().read(chosen))
        raise OSError("no such file")

    data.read = fail
    with pytest.raises(OSError, match="no such file"):
        epoch(data, 4)
