"""Curves with all threads of BLAS, on the machine as it is and beside a busy process, in two checkouts of the package.

    python benchmarks/threads.py OLD NEW [--sizes 200 300 500 690] [--calls 5]

The busy process takes one core and never waits. Processes of the two checkouts take turns. Seconds on the clock are
medians, CPU seconds the least; "busy / idle" is the ratio of the medians.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CURVES = """
import json, sys, time
import numpy as np
import linmem as lm

size, calls = int(sys.argv[1]), int(sys.argv[2])
network = lm.ginibre(size, gain=0.9, rng=0)
lm.fisher_memory_curve(network)
on_the_clock, of_the_process = [], []
for _ in range(calls):
    clock, process = time.perf_counter(), time.process_time()
    lm.fisher_memory_curve(network)
    on_the_clock.append(time.perf_counter() - clock)
    of_the_process.append(time.process_time() - process)
print(json.dumps([float(np.median(on_the_clock)), min(of_the_process)]))
"""
VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")  # which would hold BLAS at fewer threads


@contextmanager
def busy_process(is_wanted: bool) -> Iterator[None]:
    """A process that takes a core inside the block."""
    if not is_wanted:
        yield
        return
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def timed(checkout: Path, size: int, calls: int) -> tuple[float, float]:
    """Seconds on the clock, and of the processor."""
    environment = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    environment["PYTHONPATH"] = str(checkout)
    process = subprocess.run(
        [sys.executable, "-c", CURVES, str(size), str(calls)],
        cwd=checkout,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    clock, processor = json.loads(process.stdout)
    return clock, processor


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=[200, 300, 500, 690])
    parser.add_argument("--calls", type=int, default=5)
    asked = parser.parse_args()
    print("| N | build | idle (ms) | CPU (ms) | busy (ms) | CPU (ms) | busy / idle |\n|---|---|---|---|---|---|---|")
    for size in asked.sizes:
        for name, checkout in (("old", asked.old.resolve()), ("new", asked.new.resolve())):
            cells = []
            for is_busy in (False, True):
                with busy_process(is_busy):
                    cells.append(timed(checkout, size, asked.calls))
            (idle, idle_cpu), (busy, busy_cpu) = cells
            figures = " | ".join(f"{1e3 * seconds:.3g}" for seconds in (idle, idle_cpu, busy, busy_cpu))
            print(f"| {size} | {name} | {figures} | {busy / idle:.2f} |", flush=True)


if __name__ == "__main__":
    main()
