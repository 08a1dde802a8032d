"""Networks on which the numerical methods are tested, from easy to hard: functions of (n, rng), by kind.

Contents
--------
badly_scaled, coloured
    A network in units of very different size, and one in correlated noise; the library has no builder of them.
KINDS
    The functions by the name of the kind; every network is stable.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

import linmem as lm


def badly_scaled(n: int, rng: np.random.Generator) -> lm.LinearNetwork:
    """A Gaussian network of n units whose states are measured in units that differ by up to six decades."""
    net = lm.ginibre(n, gain=0.9, rng=rng)
    unit = 10 ** rng.uniform(-3, 3, n)
    return lm.LinearNetwork(unit[:, None] * net.recurrent / unit, net.feedforward)


def coloured(n: int, rng: np.random.Generator) -> lm.LinearNetwork:
    """A Gaussian network of n units with correlated noise, whose covariance has a condition number of up to 1e6."""
    basis, _ = np.linalg.qr(rng.standard_normal((n, n)))
    variances = 10 ** rng.uniform(-3, 3, n)
    noise = basis * variances @ basis.T
    # rounding leaves the product not quite symmetric
    symmetric_noise = (noise + noise.T) / 2
    return replace(lm.ginibre(n, gain=0.9, rng=rng), noise=symmetric_noise)


# In the names, "hidden" stands for a random basis: these names are keys of the committed calibration.json.
KINDS: dict[str, Callable[[int, np.random.Generator], lm.LinearNetwork]] = {
    "Gaussian": lambda n, rng: lm.ginibre(n, gain=0.95, rng=rng),
    "near instability": lambda n, rng: lm.ginibre(n, gain=1 - 10 ** rng.uniform(-6, -2), rng=rng),
    "symmetric": lambda n, rng: lm.symmetric_wigner(n, gain=rng.uniform(0.1, 0.99), rng=rng),
    "chain with feedback": lambda n, rng: lm.feedback_chain(n, feedforward=rng.uniform(0.8, 1.2), feedback=0.2),
    "chain with feedback, hidden": lambda n, rng: lm.in_random_basis(KINDS["chain with feedback"](n, rng), rng=rng),
    "hidden chain": lambda n, rng: lm.in_random_basis(lm.chain(n, gain=rng.uniform(0.8, 1.5)), rng=rng),
    "triangular": lambda n, rng: lm.random_upper_triangular(
        n, gain=0.9, feedforward=10 ** rng.uniform(-1, 0.6), rng=rng
    ),
    "triangular, hidden": lambda n, rng: lm.in_random_basis(KINDS["triangular"](n, rng), rng=rng),
    "Jordan block": lambda n, rng: lm.jordan(n, eigenvalue=rng.uniform(-0.9, 0.9), weight=10 ** rng.uniform(-1, 0.4)),
    "Grcar": lambda n, rng: replace(lm.grcar(n, gain=0.3 * rng.uniform(0.5, 1)), feedforward=rng.standard_normal(n)),
    "badly scaled": badly_scaled,
    "coloured noise": coloured,
}
