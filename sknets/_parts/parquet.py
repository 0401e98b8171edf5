"""Parquet files and data sets of pyarrow: a part is a row group."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from .base import Part, Parts


def is_dataset(X: Any) -> bool:
    """Whether X is a data set of pyarrow, or the path of a folder or Parquet file."""
    if isinstance(X, str | os.PathLike):
        path = Path(X)
        try:
            return path.is_dir() or (path.suffix == ".parquet" and path.is_file())
        except (OSError, ValueError):  # a text that is no path
            return False
    module = sys.modules.get("pyarrow.dataset")
    return module is not None and isinstance(X, module.Dataset)


class DatasetParts(Parts):
    """Row groups of a data set.

    Parameters
    ----------
    dataset : pyarrow.dataset.Dataset or path
    y : str or list of str
        Names of columns; those left are X.
    sample_weight : str, optional
        Name of a column.
    """

    may_be_empty = True

    def __init__(self, dataset: Any, y: Any, sample_weight: Any) -> None:
        if isinstance(dataset, str | os.PathLike):
            dataset = _opened(dataset)
        self.schema = dataset.schema
        self.y = _check_names(y, "y", dataset.schema.names, several=True)
        self.sample_weight = None
        if sample_weight is not None:
            self.sample_weight = _check_names(
                sample_weight, "sample_weight", dataset.schema.names
            )
        taken = {*([self.y] if isinstance(self.y, str) else self.y), self.sample_weight}
        index = _index_columns(dataset.schema)
        self.needs_index = bool(index & taken)
        self.X = [name for name in dataset.schema.names if name not in taken | index]
        if not self.X:
            raise ValueError(
                f"X is a data set of the columns {dataset.schema.names}, which y and "
                "sample_weight name all: none is left for X."
            )
        self.groups = [
            group
            for fragment in dataset.get_fragments()
            for group in (
                fragment.split_by_row_group()
                if hasattr(fragment, "split_by_row_group")
                else [fragment]
            )
        ]
        self.n_parts = len(self.groups)

    def read_one(self, number: int) -> Part:
        frame = self.groups[number].to_table(schema=self.schema).to_pandas()
        if self.needs_index:
            frame = frame.reset_index()
        weight = None if self.sample_weight is None else frame[self.sample_weight]
        return Part(frame[self.X], frame[self.y], weight)


def _opened(path: Any) -> Any:
    try:
        from pyarrow import dataset
    except ImportError as error:
        raise ImportError(
            f"X is the path {os.fspath(path)!r}, and reading Parquet files needs "
            "pyarrow: pip install pyarrow."
        ) from error
    # Folders such as year=2026 are columns, as they are to pandas and Dask.
    names = "hive" if Path(path).is_dir() else None
    return dataset.dataset(path, format="parquet", partitioning=names)


def _index_columns(schema: Any) -> set[str]:
    """Columns that pandas has written for the index of a frame."""
    index = (schema.pandas_metadata or {}).get("index_columns", ())
    return {name for name in index if isinstance(name, str)}  # a range is a dict


def _check_names(given: Any, name: str, known: list[str], several: bool = False) -> Any:
    is_list = several and isinstance(given, list | tuple)
    wanted = list(given) if is_list else [given]
    named = [column for column in wanted if isinstance(column, str) and column in known]
    if len(named) < len(wanted) or not wanted:
        raise ValueError(
            f"X is a data set of the columns {known}, of which {name} must name "
            f"{'one or several' if several else 'one'}; got {given!r}."
        )
    return given
