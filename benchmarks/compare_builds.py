"""CPU time of the same measures in two checkouts of the package, in one run.

    python benchmarks/compare_builds.py OLD NEW [--rounds 3] [--commands]

Processes of the two checkouts take turns, so that both meet the same machine. Each measure is the shortest of several
calls, in CPU seconds of its process, with one thread of BLAS; a round repeats the process. Names that one of the two
does not have are left out. With --commands they are commands instead: each first without compiled kernels ("cold"),
then with those that it has compiled ("warm").
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

MEASURES = """
import json, time, timeit
import numpy as np
import scipy.sparse
import linmem as lm

small, middle, large = (lm.ginibre(n, gain=0.9, rng=0) for n in (10, 100, 300))
chain = lm.feedback_chain(60, feedforward=0.95, feedback=0.2)
jordan = lm.jordan(40, eigenvalue=0.5)
hidden = lm.in_random_basis(lm.chain(60, gain=1.3), rng=0)
stack = lm.LinearNetwork(np.stack([lm.ginibre(16, gain=0.9, rng=seed).recurrent for seed in range(200)]), np.eye(16)[0])
hundreds = np.stack([lm.ginibre(100, gain=0.9, rng=seed).recurrent for seed in range(20)])
line = lm.chain(10**5, sparse=True)
flow = lm.leaky_chain(40, weight=2.0)
turning, resting, ring = lm.random_orthogonal(5, gain=1, rng=0), lm.ginibre(50, gain=0.95, rng=0), lm.ring(5)
edge = lm.LinearNetwork(lm.ginibre(50, gain=1, rng=0).recurrent, np.eye(50)[0])
huge = lm.ginibre(1000, gain=0.9, rng=0)
def sparse_network(n, radius):
    rng = np.random.default_rng(0)
    places = tuple(rng.integers(0, n, (2, 10 * n)))
    W = scipy.sparse.csr_array((rng.standard_normal(10 * n) * radius / 10**0.5, places), (n, n))
    return lm.LinearNetwork(W, rng.standard_normal(n) / n**0.5)
sparse_2000, sparse_6500 = sparse_network(2000, 0.9), sparse_network(6500, 0.8)
measures = {
    "curve, N = 10": (lambda: lm.fisher_memory_curve(small), 50),
    "curve, N = 10, network new each time": (
        lambda: lm.fisher_memory_curve(lm.LinearNetwork(small.recurrent, small.feedforward)), 50),
    "curve, N = 100": (lambda: lm.fisher_memory_curve(middle), 5),
    "curve, N = 300": (lambda: lm.fisher_memory_curve(large), 2),
    "curve over a horizon, N = 100": (lambda: lm.fisher_memory_curve(middle, horizon=300), 3),
    "curve, ring of 5, horizon 1e6": (lambda: lm.fisher_memory_curve(ring, horizon=10**6), 3),
    "curve, orthogonal, N = 5, horizon 1e6": (lambda: lm.fisher_memory_curve(turning, horizon=10**6), 3),
    "curve, N = 50, radius 0.95, horizon 1e6": (lambda: lm.fisher_memory_curve(resting, horizon=10**6), 3),
    "curve, N = 50, radius 1, horizon 1e6": (lambda: lm.fisher_memory_curve(edge, horizon=10**6), 3),
    "curve, N = 1000, 400 lags": (lambda: lm.fisher_memory_curve(huge, 400), 1),
    "matrix, N = 100": (lambda: lm.fisher_memory_matrix(middle, 50), 3),
    "spatial memory, N = 100": (lambda: lm.spatial_fisher_memory(middle), 3),
    "memory function, N = 10": (lambda: lm.memory_function(small, snr=10.0), 20),
    "memory function, N = 100": (lambda: lm.memory_function(middle, snr=10.0), 3),
    "nuisance information, N = 100": (lambda: lm.nuisance_information(middle, 20), 3),
    "curve, chain with feedback, N = 60": (lambda: lm.fisher_memory_curve(chain), 1),
    "curve, Jordan block, N = 40": (lambda: lm.fisher_memory_curve(jordan), 1),
    "curve, chain of gain 1.3 in a random basis, N = 60": (lambda: lm.fisher_memory_curve(hidden), 1),
    "spatial memory, the same": (lambda: lm.spatial_fisher_memory(hidden), 1),
    "memory function, the same": (lambda: lm.memory_function(hidden, snr=1.0), 1),
    "curves of 200 networks of 16 units": (lambda: lm.fisher_memory_curve(stack), 2),
    "curve, delay line of 1e5 units": (lambda: lm.fisher_memory_curve(line, 1000), 1),
    "curve, continuous time, N = 40": (lambda: lm.fisher_memory_curve(flow), 3),
    "curve, sparse, N = 2000, radius 0.9": (lambda: lm.fisher_memory_curve(sparse_2000, 50, rtol=1e-6), 1),
    "curve, sparse, N = 6500, radius 0.8": (lambda: lm.fisher_memory_curve(sparse_6500, 50, rtol=1e-6), 1),
    "departure, N = 100": (lambda: lm.henrici_departure(middle), 3),
    "numerical radius, N = 100": (lambda: lm.numerical_radius(middle), 2),
    "departure, 20 networks of 100 units": (lambda: lm.henrici_departure(hundreds), 1),
    "transient growth, 20 networks of 100 units": (lambda: lm.transient_growth(hundreds, 50), 1),
    "pseudospectral radius, N = 60": (lambda: lm.pseudospectral_radius(lm.ginibre(60, gain=0.9, rng=1), 0.1), 1),
    "Kreiss constant, N = 300": (lambda: lm.kreiss_constant(large), 1),
    "Kreiss constant, N = 60": (lambda: lm.kreiss_constant(lm.ginibre(60, gain=0.9, rng=1)), 1),
    "transient growth, N = 100": (lambda: lm.transient_growth(middle, 100), 1),
    "pseudospectrum, N = 60": (lambda: lm.pseudospectrum(lm.ginibre(60, gain=0.9, rng=1), points=40), 1),
    "certified curve, N = 30": (lambda: lm.certify(lm.fisher_memory_curve(lm.feedback_chain(30))), 1),
    "simulation, N = 100, 1000 steps": (lambda: lm.simulate(middle, np.zeros(1000), rng=0), 3),
}
times = {}
for name, (call, number) in measures.items():
    try:
        call()
    except (AttributeError, TypeError):
        continue
    times[name] = min(timeit.repeat(call, number=number, repeat=5, timer=time.process_time)) / number
print(json.dumps(times))
"""


COMMANDS = {
    "curve": "curve ginibre:n=100,gain=0.9,rng=0",
    "nonnormality": "nonnormality ginibre:n=100,gain=0.9,rng=0",
    "report": "report ginibre:n=100,gain=0.9,rng=0 -o {folder}/report.html",
}


def timed_commands(checkout: Path) -> dict[str, float]:
    """CPU seconds of each command, of a process of its own, without compiled kernels and with them."""
    times = {}
    for name, words in COMMANDS.items():
        with tempfile.TemporaryDirectory() as folder:
            environment = os.environ | {"PYTHONPATH": str(checkout), "OPENBLAS_NUM_THREADS": "1"}
            environment |= {"NUMBA_CACHE_DIR": folder, "PYTHONDONTWRITEBYTECODE": "1"}
            command = [sys.executable, "-m", "linmem", *words.format(folder=folder).split()]
            for state in ("cold", "warm"):
                before = resource.getrusage(resource.RUSAGE_CHILDREN)
                subprocess.run(command, cwd=checkout, env=environment, capture_output=True, check=True)
                after = resource.getrusage(resource.RUSAGE_CHILDREN)
                spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
                times[f"linmem {name}, N = 100, {state}"] = spent
    return times


def timed(checkout: Path) -> dict[str, float]:
    """CPU seconds by measure, of a process of its own."""
    environment = os.environ | {"PYTHONPATH": str(checkout), "OPENBLAS_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
    process = subprocess.run(
        [sys.executable, "-c", MEASURES], cwd=checkout, env=environment, capture_output=True, text=True, check=True
    )
    return json.loads(process.stdout)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--commands", action="store_true", help="of commands, not of functions")
    asked = parser.parse_args()
    measure = timed_commands if asked.commands else timed
    shortest: list[dict[str, float]] = [{}, {}]
    for _ in range(asked.rounds):
        for times, checkout in zip(shortest, (asked.old, asked.new), strict=True):
            for name, seconds in measure(checkout.resolve()).items():
                times[name] = min(seconds, times.get(name, seconds))
    old, new = shortest
    print("| measure | old (ms) | new (ms) | old / new |\n|---|---|---|---|")
    for name in [name for name in old if name in new]:
        print(f"| {name} | {1e3 * old[name]:.3g} | {1e3 * new[name]:.3g} | {old[name] / new[name]:.2f} |")


if __name__ == "__main__":
    main()
