"""Cost of memory along time-varying networks, in products of two matrices a step: `python -m benchmarks.time_varying`.

One thread of BLAS; the fastest of a few runs, in CPU time. A product is timed in the same run, on matrices of the same
size. "Corrected" and "contraction" are the solver of one method alone; "curve" is the public function, with its error.
"""

import time

import numpy as np

import linmem as lm
from linmem.gramian.ends import ends_by_cholesky, ends_by_square_root
from linmem.gramian.time_varying import Readout, pulses_by_cholesky, pulses_by_square_root
from linmem.linalg.blas import one_blas_thread

CASES = ((32, 500), (64, 500), (100, 500), (200, 200))  # units, steps
LAGS = 100
WHOLE = Readout()
WORK = {
    "one end, all lags: curve": lambda net: lm.fisher_memory_curve(net),
    "one end, all lags: cholesky": lambda net: pulses_by_cholesky(net.path, net.steps, net.steps, WHOLE),
    "one end, all lags: square-root": lambda net: pulses_by_square_root(net.path, net.steps, net.steps, WHOLE),
    "all ends, 100 lags: curve": lambda net: lm.fisher_memory_curve(net, LAGS, at="all"),
    "all ends, 100 lags: cholesky": lambda net: ends_by_cholesky(net.path, LAGS, WHOLE),
    "all ends, 100 lags: square-root": lambda net: ends_by_square_root(net.path, LAGS, WHOLE),
    "one end: memory function": lambda net: lm.memory_function(net, snr=1.0),
    "one end: gradient norms": lambda net: lm.gradient_norms(net),
}


def shortest(function, runs=5) -> float:
    """CPU seconds of the fastest run."""
    taken = []
    for _ in range(runs):
        start = time.process_time()
        function()
        taken.append(time.process_time() - start)
    return min(taken)


def network(size: int, steps: int) -> lm.TimeVaryingNetwork:
    """Gaussian steps of gain 1: the noise of old steps does not fade, so that none is left out."""
    rng = np.random.default_rng(0)
    A = rng.standard_normal((steps, size, size)) / np.sqrt(size)
    return lm.TimeVaryingNetwork(A, rng.standard_normal((steps, size)))


def main() -> None:
    """The table, in Markdown."""
    columns = [f"N = {size}, T = {steps}" for size, steps in CASES]
    costs: dict[str, list[str]] = {name: [] for name in ("a product, microseconds", *WORK, "all ends over one end")}
    with one_blas_thread():
        for size, steps in CASES:
            net = network(size, steps)
            right = np.random.default_rng(1).standard_normal((size, size))
            product = shortest(lambda net=net, right=right: [step @ right for step in net.recurrent]) / steps
            costs["a product, microseconds"].append(f"{product * 1e6:.0f}")
            seconds = {name: shortest(lambda net=net, work=work: work(net), 3) for name, work in WORK.items()}
            for name, taken in seconds.items():
                costs[name].append(f"{taken / steps / product:.1f}")
            ratio = seconds["all ends, 100 lags: curve"] / seconds["one end, all lags: curve"]
            costs["all ends over one end"].append(f"{ratio:.2f}")
    print(f"| products a step | {' | '.join(columns)} |\n|{'---|' * (len(columns) + 1)}")
    for name, of_name in costs.items():
        print(f"| {name} | {' | '.join(of_name)} |")


if __name__ == "__main__":
    main()
