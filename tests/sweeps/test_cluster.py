"""Sweeps on a Dask cluster: a real scheduler and real workers on this machine, some of which are killed."""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

import linmem as lm
from tests.sweeps import families_for_tests as made

distributed = pytest.importorskip("distributed")
pytest.importorskip("zarr")
ROOT = Path(__file__).parent.parent.parent
ENVIRONMENT = os.environ | {
    "PYTHONPATH": str(ROOT),
    "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "5s",
    "DASK_DISTRIBUTED__DEPLOY__LOST_WORKER_TIMEOUT": "3s",
}


def started(*arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "distributed.cli." + arguments[0], *arguments[1:]],
        env=ENVIRONMENT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, start_new_session=True,
    )  # fmt: skip


def killed(process):
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


class Cluster:
    """A scheduler and its workers, each a process."""

    def __init__(self):
        self.scheduler = started("dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        for line in self.scheduler.stderr:
            if found := re.search(r"Scheduler at:\s+(tcp://\S+)", line):
                self.address = found[1]
                break
        self.workers = [self.worker() for _ in range(2)]

    def worker(self):
        return started("dask_worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard")

    def stop(self):
        for process in (*self.workers, self.scheduler):
            killed(process)


@pytest.fixture(scope="module")
def cluster():
    """One for all tests: a test that kills a worker starts another, and the last one kills the scheduler."""
    running = Cluster()
    yield running
    running.stop()


@pytest.fixture
def client(cluster):
    client = distributed.Client(cluster.address, timeout="30s")
    client.wait_for_workers(2, timeout=60)
    yield client
    client.close(timeout=1)


def family():
    return lm.grid(made.slow_chain, n=range(2, 32), gain=[0.9, 1.0], pause=0.05)


def expected():
    return lm.sweep(lm.total_fisher_memory, lm.grid(lm.chain, n=range(2, 32), gain=[0.9, 1.0]), executor="serial")


def marked(store):
    return len(list((store / "checksum" / "c").glob("*")))


def in_background(script, folder, *arguments):
    path = folder / "driver.py"
    path.write_text(script)
    return subprocess.Popen(
        [sys.executable, str(path), *map(str, arguments)],
        cwd=folder,
        env=ENVIRONMENT,
        stderr=subprocess.PIPE,
        text=True,
    )


DRIVER = """
import sys, distributed, linmem as lm
from tests.sweeps import families_for_tests as made
if __name__ == "__main__":
    family = lm.grid(made.slow_chain, n=range(2, 32), gain=[0.9, 1.0], pause=0.05)
    with distributed.Client(sys.argv[1]) as client:
        lm.sweep(lm.total_fisher_memory, family, store=sys.argv[2], executor=client)
"""


def wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert condition()


def test_a_cluster_gives_the_same_bits(client, tmp_path):
    found = lm.sweep(lm.total_fisher_memory, family(), executor=client, store=tmp_path / "s.zarr")
    assert (found.total_fisher_memory.values == expected().total_fisher_memory.values).all()


@pytest.mark.parametrize("first", [0, 1])
def test_a_worker_that_is_killed_is_replaced(cluster, client, tmp_path, first):
    """It may be either worker, also the only one that holds the task."""
    store = tmp_path / "s.zarr"
    driver = in_background(DRIVER, tmp_path, cluster.address, store)
    wait_for(lambda: store.exists() and marked(store) > 0)
    assert driver.poll() is None
    killed(cluster.workers[first])
    assert driver.wait(timeout=120) == 0, driver.stderr.read()[-2000:]
    cluster.workers[first] = cluster.worker()
    found = lm.sweep(lm.total_fisher_memory, family(), store=store)
    assert (found.total_fisher_memory.values == expected().total_fisher_memory.values).all()


def test_a_scheduler_that_is_killed_ends_the_sweep_which_goes_on_elsewhere(cluster, client, tmp_path):
    store = tmp_path / "s.zarr"
    driver = in_background(DRIVER, tmp_path, cluster.address, store)
    wait_for(lambda: store.exists() and marked(store) > 0)
    assert driver.poll() is None
    killed(cluster.scheduler)
    assert driver.wait(timeout=120) != 0
    assert "the cluster is gone" in driver.stderr.read()
    kept = marked(store)
    found = lm.sweep(lm.total_fisher_memory, family(), store=store, executor="serial")
    assert (found.total_fisher_memory.values == expected().total_fisher_memory.values).all()
    assert kept > 0
