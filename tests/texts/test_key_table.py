"""Numbers of keys, against a dict."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sknets._texts import key_table
from sknets._texts.key_table import KeyTable

NO_KEYS = np.empty(0, np.uint64)
FEW = st.integers(1, 30)
KEYS = st.one_of(FEW, st.integers(1, 2**64 - 1))


@given(st.lists(st.lists(KEYS)))
def test_numbers_are_those_of_a_dict(calls):
    table, expected = KeyTable(NO_KEYS), {}
    for call in calls:
        keys = np.array(call, np.uint64)
        found = table.find(keys)
        assert found.dtype == np.int32
        assert found.tolist() == [expected.get(key, -1) for key in call]
        numbers, new = table.number(keys)
        for place in new.tolist():
            assert call.index(call[place]) == place
            expected[call[place]] = len(expected)
        assert numbers.tolist() == [expected[key] for key in call]
        assert len(table) == len(expected)


def test_a_table_grows_with_its_keys():
    rng = np.random.default_rng(0)
    keys = rng.integers(1, 2**63, 50_000, np.uint64)
    table = KeyTable(keys[:10])
    for start in range(10, len(keys), 999):
        table.number(keys[start : start + 999])
        assert 2 * len(table) <= len(table._slots) <= 8 * len(table)
    numbers = table.find(keys)
    assert numbers[:10].tolist() == [*range(10)]
    np.testing.assert_array_equal(np.sort(numbers), np.arange(len(keys)))


FACTOR = 0x9E3779B97F4A7C15


def keys_that_clash():
    """After the multiplication 2**64 - 1, 2**64 - 2 and so on: the last slot."""
    inverse = pow(FACTOR, -1, 2**64)
    clash = [(2**64 - i) * inverse % 2**64 for i in range(1, 41)]
    return np.array(clash, np.uint64)


def test_keys_that_want_the_same_slot_go_to_the_next_ones(monkeypatch):
    monkeypatch.setattr(key_table.secrets, "randbits", lambda bits: FACTOR)
    keys = keys_that_clash()
    table = KeyTable(keys[:20])
    assert len(set(table._first_slots(keys).tolist())) == 1
    assert table.find(keys).tolist() == [*range(20), *[-1] * 20]
    table.number(keys)
    assert sorted(table.find(keys).tolist()) == [*range(40)]


def test_keys_that_clash_are_not_known_beforehand():
    keys = keys_that_clash()
    slots = [KeyTable(keys)._first_slots(keys) for _ in range(5)]
    assert min(len(set(each.tolist())) for each in slots) > 5


@pytest.mark.parametrize("n_keys", [0, 1])
def test_few_keys(n_keys):
    table = KeyTable(np.arange(1, 1 + n_keys, dtype=np.uint64))
    assert table.find(NO_KEYS).tolist() == []
    assert table.find(np.array([1, 2], np.uint64)).tolist() == [n_keys - 1, -1]
