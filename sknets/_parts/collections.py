"""Collections of Dask: a part is a chunk or a partition."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np

from .._dask import kind_of
from .._memory import freed_blocks_kept
from .._sklearn import num_samples
from .arrays import some_rows
from .base import Part, Parts, Prepare, prepared

# Parts that are computed while those before are used. On a cluster they are in two
# groups, with two parts for each thread in both: while one group is fetched, no worker
# waits, nor where another is a little slower. Elsewhere they are one group, in the
# caller's own processes and threads.
AHEAD, MOST_AHEAD = 4, 32


class DaskParts(Parts):
    """Chunks of Dask arrays, partitions of frames, Series and Bags.

    Parameters
    ----------
    X : dask.array, dask.dataframe, Series or Bag
    y, sample_weight : collection with the chunks of X, or rows in memory
        The latter only beside an array whose chunks have known lengths.
    """

    may_be_empty = True

    def __init__(self, X: Any, y: Any, sample_weight: Any) -> None:
        import dask.base

        # Threads, which read ahead, would not see what `as_current` says.
        self.scheduler = dask.base.get_scheduler()
        self.columns = [
            values if values is None else _Column(values, X, name)
            for name, values in (("X", X), ("y", y), ("sample_weight", sample_weight))
        ]
        self.n_parts = _n_parts(X)

    def read(
        self, numbers: Sequence[int] | None = None, prepare: Prepare | None = None
    ) -> Iterator[tuple[int, Any]]:
        chosen = list(range(self.n_parts or 0) if numbers is None else numbers)
        client = _client_of(self.scheduler)
        if client is None or prepare is None:
            yield from self._read_ahead(chosen, client, prepare)
            return
        from .workers import held_by_workers

        with held_by_workers(client, prepare) as held:
            yield from self._read_ahead(chosen, client, held)

    def _read_ahead(
        self, chosen: list[int], client: Any, prepare: Prepare | None
    ) -> Iterator[tuple[int, Any]]:
        n_groups, size = 1, AHEAD
        if client is not None:
            n_threads = sum(client.nthreads().values())
            n_groups, size = 2, min(max(AHEAD, 4 * n_threads), MOST_AHEAD) // 2
        starts = range(0, len(chosen), size)
        groups = iter([chosen[start : start + size] for start in starts])
        threads = ThreadPoolExecutor(n_groups)
        pending: deque[tuple[list[int], Future]] = deque()

        def submit(n: int) -> None:
            for group in itertools.islice(groups, n):
                pending.append((group, threads.submit(self._compute, group, prepare)))

        try:
            submit(n_groups)
            while pending:
                group, future = pending.popleft()
                parts = future.result()
                submit(1)
                yield from zip(group, parts, strict=True)
        finally:
            threads.shutdown(cancel_futures=True)

    def _compute(self, numbers: list[int], prepare: Prepare | None) -> list[Any]:
        import dask

        lazy = [[column and column[i] for column in self.columns] for i in numbers]
        if prepare is None:  # which would do the same
            lazy = [[*map(_listed, self.columns, values)] for values in lazy]
        else:
            make = dask.delayed(_prepared)
            lazy = [make(prepare, *part) for part in zip(numbers, lazy, strict=True)]
        try:
            [computed] = dask.compute(lazy, scheduler=self.scheduler)
        except Exception as error:
            error.add_note(_hint(numbers, _client_of(self.scheduler)))
            raise
        if prepare is not None:
            return computed
        return [Part(*values) for values in computed]


def _prepared(prepare: Prepare, number: int, values: list[Any]) -> Any:
    """What is made of a part; partitions of a Bag may be iterators."""
    X, y, weight = (list(v) if isinstance(v, Iterator) else v for v in values)
    part = Part(X if hasattr(X, "shape") else list(X), y, weight)
    with freed_blocks_kept:
        return prepared(prepare, number, part)


def _listed(column: Any, values: Any) -> Any:
    """A partition of a Bag as a list, which may be an iterator."""
    import dask

    is_bag = column is not None and column.kind == "Bag"
    return dask.delayed(list)(values) if is_bag else values


def _client_of(scheduler: Any) -> Any:
    """The client of a cluster behind a scheduler of Dask; None where there is none."""
    client = getattr(scheduler, "__self__", None)
    return client if hasattr(client, "scatter") else None


def _hint(numbers: list[int], client: Any) -> str:
    hint = f"This was while parts {numbers} of X were computed."
    if client is None:
        hint += (
            " No Dask client is connected: if X holds what a client computed, as after "
            "persist(), and that client is closed, it is gone. Connect another client "
            "and make X anew."
        )
    return hint


class _Column:
    """X, y or the weights, by the number of the part."""

    def __init__(self, values: Any, X: Any, name: str) -> None:
        self.values, self.ends = values, _ends(X)
        self.kind = kind_of(values)
        if self.kind is None:
            self._check_rows_in_memory(name)
            return
        if self.kind == "Array":
            if self.ends is not None and _ends(values) is not None:
                _check_length(_ends(values)[-1], self.ends, name)
                values = values.rechunk({0: X.chunks[0]})
            values = values.rechunk(dict.fromkeys(range(1, values.ndim), -1))
        if _n_parts(values) != _n_parts(X):
            raise ValueError(
                f"X has {_n_parts(X)} parts, but {name} has {_n_parts(values)}, and "
                "they cannot be matched since their lengths are unknown: bring both "
                "to the same partitions, or arrays to known chunks by "
                "compute_chunk_sizes()."
            )
        # A partition of a frame by itself would be optimised anew each time.
        self.parts = np.ravel(np.array(values.to_delayed(), object))

    def _check_rows_in_memory(self, name: str) -> None:
        if np.ndim(self.values) == 0:  # one weight for all
            return
        if self.ends is None:
            raise TypeError(
                f"{name} must be a collection of Dask with the partitions of X, got "
                f"{type(self.values).__name__}: those of X have unknown lengths."
            )
        _check_length(num_samples(self.values), self.ends, name)

    def __getitem__(self, number: int) -> Any:
        if self.kind is not None:
            return self.parts[number]
        if np.ndim(self.values) == 0:
            return self.values
        start = self.ends[number - 1] if number else 0
        return some_rows(self.values, slice(start, self.ends[number]))


def _n_parts(values: Any) -> int:
    return values.numblocks[0] if kind_of(values) == "Array" else values.npartitions


def _ends(values: Any) -> Any:
    """Numbers of the first row behind each part; None where they are not known."""
    if kind_of(values) != "Array" or np.isnan(values.shape[0]):
        return None
    return np.cumsum(values.chunks[0]).tolist()


def _check_length(length: int, ends: list[int], name: str) -> None:
    if length != ends[-1]:
        raise ValueError(f"X has {ends[-1]} rows, but {name} has {length}.")
