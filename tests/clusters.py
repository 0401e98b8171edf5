"""A cluster of Dask on this machine, over TCP."""

import os
from contextlib import contextmanager


@contextmanager
def two_workers():
    """Start two worker processes of one thread; leave the environment as it was."""
    from distributed import LocalCluster

    before = dict(os.environ)
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
    ) as cluster:
        assert cluster.scheduler_address.startswith("tcp://")
        yield cluster
    # Starting workers leaves OMP_NUM_THREADS=1 behind, for processes of other tests.
    os.environ.clear()
    os.environ.update(before)
