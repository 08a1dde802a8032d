"""What a sweep costs beside its work, at some 10 ms a network; and two processes against one.

Run and tabulated as `test_fisher_memory.py`. Nothing here passes or fails by its time.
"""

import pytest
from test_fisher_memory import timed

import linmem as lm
from linmem.linalg.blas import one_blas_thread

FAMILY = lm.grid(lm.ginibre, n=[200], gain=[0.9], rng=range(200))


def loop(family):
    with one_blas_thread():
        return [lm.total_fisher_memory(family.network(number)) for number in range(family.size)]


@pytest.mark.parametrize("peer", ["a loop", "sweep, serial", "sweep, 2 processes"])
def test_overhead(benchmark, peer, tmp_path):
    def run():
        if peer == "a loop":
            return loop(FAMILY)
        executor = "serial" if peer == "sweep, serial" else 2
        run.count += 1
        return lm.sweep(lm.total_fisher_memory, FAMILY, executor=executor, store=tmp_path / f"{run.count}.zarr")

    run.count = 0
    timed(benchmark, "sweep over 200 networks, N = 200", run, rounds=3)
