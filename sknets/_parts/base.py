"""What readers of parts have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from .._sklearn import num_samples


class Part(NamedTuple):
    """Some rows, as the user has them, or with X prepared for training."""

    X: Any
    y: Any
    sample_weight: Any = None


# What is made of a part, from its number and the part.
Prepare = Callable[[int, Part], Any]


class Parts:
    """Rows that are read part by part, as often as wanted.

    Attributes
    ----------
    n_parts : int or None
        None where only a pass over them can tell.
    can_choose : bool
        Whether parts can be read in any order.
    may_be_empty : bool
        Whether parts without rows are usual, and no mistake.
    """

    n_parts: int | None = None
    can_choose = True
    may_be_empty = False

    def read(
        self, numbers: Sequence[int] | None = None, prepare: Prepare | None = None
    ) -> Iterator[tuple[int, Any]]:
        """Yield parts, or what is made of them, each with its number.

        Parameters
        ----------
        numbers : sequence of int, optional
            Which parts, in this order; all in their own order where it is left out or
            parts cannot be chosen.
        prepare : callable, optional
            What is made of each part that has rows, where the part is: of a collection
            of Dask on a worker.
        """
        for number, part in self._read(numbers):
            yield number, part if prepare is None else prepared(prepare, number, part)

    def _read(self, numbers: Sequence[int] | None) -> Iterator[tuple[int, Part]]:
        for number in range(self.n_parts or 0) if numbers is None else numbers:
            try:
                yield number, self.read_one(number)
            except Exception as error:
                error.add_note(f"This was while part {number} of X was read.")
                raise

    def read_one(self, number: int) -> Part:
        """Subclass: one part."""
        raise NotImplementedError


def prepared(prepare: Prepare, number: int, part: Part) -> Any:
    """What is made of a part; one without rows stays as it is."""
    return prepare(number, part) if num_samples(part.X) else part
