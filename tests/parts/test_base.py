"""Readers of parts: which parts they give, in which order, and what fails."""

import pytest

from sknets._parts import Part, Parts


class Letters(Parts):
    n_parts = 4

    def read_one(self, number):
        return Part("abcd"[number], number)


def test_parts_come_in_their_order_or_the_one_asked_for():
    assert [part.X for _, part in Letters().read()] == ["a", "b", "c", "d"]
    found = [(number, part.X) for number, part in Letters().read([2, 0, 2])]
    assert found == [(2, "c"), (0, "a"), (2, "c")]
    assert list(Letters().read([])) == []


def test_parts_are_read_when_they_are_asked_for():
    class Failing(Letters):
        def read_one(self, number):
            if number == 2:
                raise OSError("the disk is gone")
            return super().read_one(number)

    reading = Failing().read()
    assert [next(reading)[0], next(reading)[0]] == [0, 1]
    with pytest.raises(OSError, match="the disk is gone") as caught:
        next(reading)
    assert caught.value.__notes__ == ["This was while part 2 of X was read."]
