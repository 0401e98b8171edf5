"""A table of numbers by 64-bit key, for whole arrays of keys at a time."""

from __future__ import annotations

import secrets

import numpy as np

_UNKNOWN = -1
# At least, when the space for keys is used up.
_SLOTS_A_KEY = 2


class KeyTable:
    """Distinct keys, numbered in the order in which they come, or at once by size.

    A hash table with open addressing: a key has the slot that its highest bits name
    after a multiplication, or the next one behind it that is free. The factor is drawn
    anew for each table, so that nobody can make up keys that all want the same slot.

    Parameters
    ----------
    keys : ndarray of shape (n_keys,), uint64
        Distinct keys.

    Examples
    --------
    >>> import numpy as np
    >>> from sknets._texts.key_table import KeyTable
    >>> table = KeyTable(np.array([70, 50], np.uint64))
    >>> table.find(np.array([50, 60, 70], np.uint64))
    array([ 1, -1,  0], dtype=int32)
    >>> table.number(np.array([60, 50, 60], np.uint64))
    (array([2, 1, 2], dtype=int32), array([0]))
    """

    def __init__(self, keys: np.ndarray) -> None:
        self._keys = np.empty(0, np.uint64)  # with space for more behind the last one
        self._size = 0
        self._factor = np.uint64(secrets.randbits(64) | 1)
        self._slots = np.empty(0, np.int32)  # number of the key in each slot
        self._put(keys)

    def __len__(self) -> int:
        return self._size

    def find(self, keys: np.ndarray) -> np.ndarray:
        """Return the number of each key, int32, -1 where it is not in the table."""
        slots = self._first_slots(keys)
        numbers = self._slots[slots]
        others = np.flatnonzero((self._keys[numbers] != keys) & (numbers != _UNKNOWN))
        slots, keys = slots[others], keys[others]
        while len(others):
            slots = (slots + 1) & self._last_slot
            found = self._slots[slots]
            numbers[others] = found
            left = (self._keys[found] != keys) & (found != _UNKNOWN)
            others, slots, keys = others[left], slots[left], keys[left]
        return numbers

    def number(self, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the number of each key, and take in those that are not there.

        Parameters
        ----------
        keys : ndarray of shape (n,), uint64
            Keys.

        Returns
        -------
        numbers : ndarray of shape (n,), int32
            Number of each.
        new : ndarray of shape (n_new,)
            Where the keys that are new now stand in `keys` for the first time, in the
            order of their numbers.
        """
        numbers = self.find(keys)
        unknown = np.flatnonzero(numbers == _UNKNOWN)
        distinct, first, inverse = np.unique(
            keys[unknown], return_index=True, return_inverse=True
        )
        numbers[unknown] = self._size + inverse
        self._put(distinct)
        return numbers, unknown[first]

    def _first_slots(self, keys: np.ndarray) -> np.ndarray:
        return ((keys * self._factor) >> self._shift).astype(np.intp)

    def _put(self, keys: np.ndarray) -> None:
        """Give keys that are not in the table the next numbers."""
        first, self._size = self._size, self._size + len(keys)
        has_grown = self._size >= len(self._keys)
        if has_grown:
            self._grow()
        self._keys[first : self._size] = keys
        numbers = np.arange(0 if has_grown else first, self._size, dtype=np.int32)
        slots = self._first_slots(self._keys[numbers])
        while len(numbers):
            free = self._slots[slots] == _UNKNOWN
            # Where several keys want a slot, one of them gets it.
            self._slots[slots[free]] = numbers[free]
            left = self._slots[slots] != numbers
            numbers = numbers[left]
            slots = (slots[left] + 1) & self._last_slot

    def _grow(self) -> None:
        """Make space for all keys and for a half more; the slots become free."""
        space = self._size + self._size // 2 + 1
        self._keys = np.append(self._keys, np.zeros(space - len(self._keys), np.uint64))
        bits = (_SLOTS_A_KEY * space).bit_length()
        self._shift = np.uint64(64 - bits)
        self._last_slot = (1 << bits) - 1
        self._slots = np.full(1 << bits, _UNKNOWN, np.int32)
