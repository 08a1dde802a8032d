"""Hard networks: seconds, stated and true errors of a Fisher memory curve, beside what a user can do without linmem.

    python benchmarks/hard_networks.py [--large]

The other way is python-flint at 600 bits: the covariance by doubling, one solve for all lags. It is the truth of the
column "true error" as well. CPU seconds of one thread, each computed once. --large adds networks of 200 to 400 units,
of which the other way is taken for the one of 200.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
from flint import arb_mat, ctx

import linmem as lm

BITS = 600
NETWORKS: dict[str, Callable[[], lm.LinearNetwork]] = {
    "Jordan block, 0.9, N = 60": lambda: lm.jordan(60, eigenvalue=0.9),
    "Jordan block, 0.9, N = 100": lambda: lm.jordan(100, eigenvalue=0.9),
    "Grcar, radius 0.95, N = 60": lambda: with_input(lm.grcar(60).rescaled(0.95)),
    "Grcar, radius 0.95, N = 120": lambda: with_input(lm.grcar(120).rescaled(0.95)),
    "feedback chain (1.2, 0.1), N = 60": lambda: lm.feedback_chain(60, feedforward=1.2, feedback=0.1),
    "feedback chain (0.95, 0.2), N = 100": lambda: lm.feedback_chain(100, feedforward=0.95, feedback=0.2),
    "the same in a random basis, N = 80": lambda: lm.in_random_basis(
        lm.feedback_chain(80, feedforward=0.95, feedback=0.2), rng=0
    ),
    "chain of gain 1.3 in a random basis, N = 60": lambda: lm.in_random_basis(lm.chain(60, gain=1.3), rng=0),
}
LARGE: dict[str, Callable[[], lm.LinearNetwork]] = {
    "feedback chain (0.95, 0.2), N = 200": lambda: lm.feedback_chain(200, feedforward=0.95, feedback=0.2),
    "feedback chain (0.9, 0.2), N = 300": lambda: lm.feedback_chain(300, feedforward=0.9, feedback=0.2),
    "feedback chain (0.95, 0.2), N = 400": lambda: lm.feedback_chain(400, feedforward=0.95, feedback=0.2),
}
LARGEST_OTHERWISE = 200  # units: minutes


def with_input(net: lm.LinearNetwork) -> lm.LinearNetwork:
    """The network with the first unit as its input."""
    return lm.LinearNetwork(net.recurrent, np.eye(net.size)[0])


def by_flint(net: lm.LinearNetwork) -> np.ndarray:
    """J(k), (2 N,), for noise of variance one: doubling of C and one solve, at 600 bits."""
    W, v = net.dense(), net.columns()
    with ctx.workprec(BITS):
        A, C = arb_mat(W.tolist()), arb_mat(np.eye(len(W)).tolist())
        power = A
        while True:
            added = (power * C * power.transpose()).mid()
            C, power = (C + added).mid(), (power * power).mid()
            if not max(map(abs, added.entries())) > 2.0**-BITS:
                break
        states = [arb_mat(v.tolist())]
        for _ in range(2 * len(W) - 1):
            states.append((A * states[-1]).mid())
        side_by_side = arb_mat([[state[i, 0] for state in states] for i in range(len(W))])
        solved = C.solve(side_by_side)
        return np.array([
            float(sum((side_by_side[i, k] * solved[i, k] for i in range(len(W))), 0 * solved[0, 0]).mid())
            for k in range(len(states))
        ])  # fmt: skip


def timed(call: Callable[[], object]) -> tuple[float, object]:
    """CPU seconds and the result."""
    start = time.process_time()
    result = call()
    return time.process_time() - start, result


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--large", action="store_true")
    asked = parser.parse_args()
    lm.fisher_memory_curve(lm.jordan(20, eigenvalue=0.9))
    print(
        "| network | method | seconds | stated error | true error | flint, 600 bits (s) | ratio |\n" + "|---" * 7 + "|"
    )
    for name, build in (NETWORKS | LARGE if asked.large else NETWORKS).items():
        net = build()
        seconds, curve = timed(lambda net=net: lm.fisher_memory_curve(net))
        row = [name, curve.method, f"{seconds:.3g}", f"{curve.relative_error:.1e}"]
        if net.size <= LARGEST_OTHERWISE:
            others, values = timed(lambda net=net: by_flint(net))
            row += [
                f"{np.abs(curve.values - values).max() / values.max():.1e}",
                f"{others:.3g}",
                f"{others / seconds:.0f}",
            ]
        else:
            row += ["", "", ""]
        print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
