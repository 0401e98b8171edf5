"""What the tests of files share: whether two values are the same."""

import numpy as np


def assert_same(one, other):
    """The same types and values down to the last bit."""
    assert type(one) is type(other)
    if isinstance(one, dict):
        assert_same(list(one.items()), list(other.items()))
    elif isinstance(one, list | tuple):
        assert len(one) == len(other)
        for parts in zip(one, other, strict=True):
            assert_same(*parts)
    elif isinstance(one, np.ndarray) and one.dtype != object:
        assert (one.dtype, one.shape) == (other.dtype, other.shape)
        assert one.strides == other.strides
        assert one.tobytes() == other.tobytes()
        assert other.flags.writeable == one.flags.writeable
    elif isinstance(one, np.ndarray):
        assert one.shape == other.shape
        assert_same(one.tolist(), other.tolist())
    elif type(one).__module__.partition(".")[0] == "sknets":
        assert_same(one.__getstate__(), other.__getstate__())
    else:
        assert repr(one) == repr(other)
