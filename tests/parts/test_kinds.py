"""Which reader is taken for which X, and that rows in memory need none."""

import numpy as np
import pandas as pd
import pytest

from sknets._parts import arrays, as_parts
from sknets._parts.arrays import ArrayParts
from sknets._parts.collections import DaskParts
from sknets._parts.iterables import IterableParts
from sknets._parts.parquet import DatasetParts
from tests.parts.rows import X, Y


@pytest.mark.parametrize(
    "rows", [X, X.tolist(), pd.DataFrame(X), X.tolist()[0], "text", ["a", "b"], None, 3]
)
def test_rows_in_memory_are_no_parts(rows):
    assert as_parts(rows, Y, None) is None
    assert as_parts(rows, None, None) is None


def test_each_kind_has_its_reader(tmp_path, monkeypatch):
    da = pytest.importorskip("dask.array")
    pytest.importorskip("pyarrow")
    monkeypatch.setattr(arrays, "MAPPED_BYTES", 0)
    mapped = np.memmap(tmp_path / "x", X.dtype, "w+", shape=X.shape)
    pd.DataFrame(X, columns=list("abc")).to_parquet(tmp_path / "x.parquet")
    assert type(as_parts(da.from_array(X), Y, None)) is DaskParts
    assert type(as_parts(mapped, Y, None)) is ArrayParts
    assert type(as_parts(tmp_path / "x.parquet", "a", None)) is DatasetParts
    assert type(as_parts([(X, Y)], None, None)) is IterableParts


def test_pairs_beside_y_are_rows():
    pairs = [(X, Y), (X, Y)]
    assert as_parts(pairs, [0, 1], None) is None


def test_weights_of_an_iterable_belong_in_its_parts():
    with pytest.raises(ValueError, match="parts .X, y, sample_weight. in place of"):
        as_parts([(X, Y)], None, np.ones(len(X)))
