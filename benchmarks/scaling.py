"""Cost against size: `python -m benchmarks.scaling [PART ...]` writes `benchmarks/scaling.json`, a part at a time.

Every figure is the shortest of a few runs. `benchmarks.performance` makes the page of it.
"""

import json
import os
import pickle
import platform
import resource
import subprocess
import sys
import tempfile
import time
import tracemalloc
from functools import partial
from pathlib import Path

import numba
import numpy as np

import linmem as lm
from benchmarks.test_fisher_memory import textbook_curve
from benchmarks.test_sparse import LAGS, RTOL, random_sparse
from linmem.errors import LinmemError
from linmem.linalg.blas import one_blas_thread
from linmem.sweeps.records import Records

FILE = Path(__file__).with_name("scaling.json")
SIZES = (25, 50, 100, 200, 400, 800, 1600, 3200)
LONGEST = 20.0  # seconds; the next size is not tried
MEASURES = {
    "matrix product": lambda net: net.recurrent @ net.recurrent,
    "fisher_memory_curve, 2 N lags": lambda net: lm.fisher_memory_curve(net, 2 * net.size),
    "spatial_fisher_memory": lm.spatial_fisher_memory,
    "memory_function, 2 N lags": lambda net: lm.memory_function(net, 2 * net.size, snr=1.0),
    "memory_capacity": partial(lm.memory_capacity, snr=1.0),
    "schur_form": lm.schur_form,
    "henrici_departure": lm.henrici_departure,
    "numerical_radius": lm.numerical_radius,
    "kreiss_constant": lm.kreiss_constant,
    "transient_growth, 100 steps": partial(lm.transient_growth, steps=100),
    "pseudospectrum, 2500 points": partial(lm.pseudospectrum, points=50),
    "certified curve, 2 N lags": lambda net: lm.certify(lm.fisher_memory_curve(net, 2 * net.size), rtol=1e-10),
}
STACKS = {4: 40000, 8: 40000, 16: 20000, 32: 8000, 64: 2000, 100: 1000, 200: 200}
SPARSE = ((10_000, 1), (10_000, 3), (10_000, 10), (30_000, 10), (100_000, 10))  # units, weights a unit
SWEPT = lm.grid(lm.ginibre, n=[200], gain=[0.9], rng=range(600))


def shortest(function, budget=3.0, most=7) -> float:
    """Seconds of the fastest run; runs are repeated up to a budget."""
    taken: list[float] = []
    while not taken or (sum(taken) < budget and len(taken) < most):
        start = time.perf_counter()
        function()
        taken.append(time.perf_counter() - start)
    return min(taken[1:] or taken)  # the first may load


def measures() -> dict:
    """Seconds by measure, then by N, for Gaussian networks of gain 0.9."""
    found: dict = {}
    for name, measure in MEASURES.items():
        found[name] = {}
        for n in SIZES:
            net = lm.ginibre(n, gain=0.9, rng=0)
            try:
                found[name][n] = shortest(lambda net=net, measure=measure: measure(net))
            except LinmemError as error:
                print(f"{name}, N = {n}: {error}")
                break
            print(f"{name}, N = {n}: {found[name][n]:.3g} s")
            if found[name][n] > LONGEST / 3:
                break
    return found


def stacks() -> dict:
    """Seconds a network of a stack, curves of 100 lags: by two threads, by one, and a loop over scipy."""
    found: dict = {}
    for n, count in STACKS.items():
        few = [lm.ginibre(n, gain=0.9, rng=seed) for seed in range(50)]
        W = np.array([few[i % 50].recurrent for i in range(count)])
        stack = lm.LinearNetwork(W, few[0].feedforward)
        found[n] = {}
        for threads in (1, 2):
            numba.set_num_threads(threads)
            found[n][f"{threads} threads"] = shortest(lambda stack=stack: lm.fisher_memory_curve(stack, 100)) / count
        with one_blas_thread():
            found[n]["scipy"] = shortest(lambda W=W, v=few[0].feedforward: [textbook_curve(A, v, 100) for A in W[:50]])
        found[n]["scipy"] /= 50
        print(n, found[n])
    return found


def sparse() -> list:
    """Seconds and resident memory of curves of sparse networks, each in a process of its own."""
    return [apart(f"one_sparse({n}, {per_row})") for n, per_row in SPARSE]


def one_sparse(n: int, per_row: int) -> dict:
    W, v = random_sparse(n, per_row)
    start = time.perf_counter()
    curve = lm.fisher_memory_curve(lm.LinearNetwork(W, v), LAGS, rtol=RTOL)
    seconds = time.perf_counter() - start
    return {"n": n, "weights": W.nnz, "seconds": seconds, "error": curve.relative_error, "gb": resident()}


def dense() -> dict:
    """One curve of 4000 units, 400 lags, in a process of its own: seconds, and memory in units of N^2 doubles."""
    return apart("one_dense(4000)")


def one_dense(n: int) -> dict:
    lm.fisher_memory_curve(lm.ginibre(100, gain=0.9, rng=0))
    net = lm.ginibre(n, gain=0.9, rng=0)
    tracemalloc.start()
    start = time.perf_counter()
    curve = lm.fisher_memory_curve(net, 400)
    seconds, most = time.perf_counter() - start, tracemalloc.get_traced_memory()[1]
    return {"n": n, "seconds": seconds, "matrices": most / (8 * n**2), "error": curve.relative_error}


def apart(call: str) -> dict:
    """The result of a function of this module in another process."""
    code = f"import json; from benchmarks import scaling; print(json.dumps(scaling.{call}))"
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    print(run.stdout.strip())
    return json.loads(run.stdout)


def sweeps() -> dict:
    """Seconds of sweeps over all of a family and over half of it, by one process and by two, and of a bare loop: the
    difference is what networks cost, and the rest what it costs to begin.
    """

    def loop(family):
        with one_blas_thread():
            return [lm.total_fisher_memory(family.network(number)) for number in range(family.size)]

    half = lm.grid(lm.ginibre, n=[200], gain=[0.9], rng=range(SWEPT.size // 2))
    found: dict = {"networks": SWEPT.size}
    with tempfile.TemporaryDirectory() as folder:
        lm.sweep(lm.total_fisher_memory, lm.grid(lm.chain, n=[2, 3]), store=f"{folder}/libraries.zarr")
        for who in ("a loop", "serial", 1, 2, "a loop, again"):
            for size, family in (("half", half), ("all", SWEPT)):
                start = time.perf_counter()
                if isinstance(who, str) and who.startswith("a loop"):
                    loop(family)
                else:
                    lm.sweep(lm.total_fisher_memory, family, executor=who, store=f"{folder}/{who}-{size}.zarr")
                found.setdefault(str(who), {})[size] = time.perf_counter() - start
            print(who, found[str(who)])
        found["written"] = written(f"{folder}/written.zarr")
    return found


def written(store: str, batch: int = 100, batches: int = 50) -> float:
    """Seconds a network that the one process which writes spends, in batches of a second at 10 ms a network."""
    records = Records.create(store, {}, batch * batches, batch, {"total_fisher_memory": ()})
    rows = [({"total_fisher_memory": np.asarray(1.0)}, "")] * batch
    start = time.perf_counter()
    for number in range(batches):
        records.write(number, pickle.loads(pickle.dumps(rows)))
    return (time.perf_counter() - start) / (batch * batches)


def resident() -> float:
    """GB that this process has held at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


PARTS = {"measures": measures, "stacks": stacks, "sparse": sparse, "dense": dense, "sweeps": sweeps}


def main() -> None:
    known = json.loads(FILE.read_text()) if FILE.exists() else {}
    for part in sys.argv[1:] or PARTS:
        known[part] = PARTS[part]()
        known["machine"] = {"cores": os.cpu_count(), "python": platform.python_version(), "numpy": np.__version__}
        FILE.write_text(json.dumps(known, indent=1))


if __name__ == "__main__":
    main()
