"""What the workers of a cluster hold while parts are read."""

import os
import signal
import threading
import time

import numpy as np
import pytest

from sknets._parts import as_parts
from tests.clusters import two_workers

distributed = pytest.importorskip("distributed")
da = pytest.importorskip("dask.array")
workers = pytest.importorskip("sknets._parts.workers")


@pytest.fixture(scope="module")
def client():
    with two_workers() as cluster, distributed.Client(cluster) as client:
        yield client


def addresses(client):
    return set(client.scheduler_info()["workers"])


def n_plugins_of_sknets(dask_worker):
    return sum(name.startswith("sknets") for name in dask_worker.plugins)


def test_a_worker_that_starts_later_holds_what_the_others_do(client):
    with workers.held_by_workers(client, len) as held:
        before = addresses(client)
        os.kill(min(client.run(os.getpid).values()), signal.SIGKILL)
        wait_until(lambda: addresses(client) - before and len(addresses(client)) == 2)
        for worker in addresses(client):
            call = client.submit(held, "four", workers=[worker], pure=False)
            assert call.result() == 4
    assert set(client.run(n_plugins_of_sknets).values()) == {0}


def test_a_pass_that_is_given_up_leaves_nothing_in_the_workers(client):
    rows = da.ones((240, 4), chunks=(60, -1))
    parts = as_parts(rows, da.zeros(240, chunks=60), None).read(prepare=negative)
    np.testing.assert_array_equal(next(parts)[1], -np.ones((60, 4)))
    assert set(client.run(n_plugins_of_sknets).values()) == {1}
    parts.close()
    assert set(client.run(n_plugins_of_sknets).values()) == {0}


def test_what_cannot_be_sent_is_named(client):
    unsendable = threading.Lock().acquire
    held = workers.held_by_workers(client, unsendable)
    with pytest.raises(TypeError, match="pickle") as error, held:
        pass
    assert "given as tokenizer" in error.value.__notes__[0]


def negative(number, part):
    return -part.X


def wait_until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)
