"""Attack: a search for networks that break an inequality, and how near they come.

Contents
--------
Tightness, attack
    The smallest margin that an optimiser finds.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
import scipy.linalg as sl
from scipy.optimize import minimize
from scipy.special import expit

from linmem.claims.claim import Claim
from linmem.claims.conditions import CONTINUOUS, CONTRACTION, NORMAL
from linmem.connectivity.randomness import generator
from linmem.errors import InvalidNetworkError, LinmemError
from linmem.network import ContinuousNetwork, LinearNetwork, Network
from linmem.validation import number

SIZES = (2, 3, 4, 6, 8)
HOPELESS = 1.0  # the margin of what cannot be asked


@dataclass(frozen=True)
class Tightness:
    """How near a search came to breaking a claim.

    Attributes
    ----------
    claim
        That was attacked.
    margin
        The smallest that was found: 0 where the inequality is sharp.
    network
        It was found on; None where no network could be asked.
    broken
        Whether enclosures confirm that the claim fails there.
    starts, asked
        How many times the search set out, and how many networks it asked.
    seconds
        For all of it.
    """

    claim: Claim
    margin: float
    network: Network | None
    broken: bool
    starts: int
    asked: int
    seconds: float


def attack(claim: Claim, *, budget: float = 5.0, rng: Any = 0) -> Tightness:
    """Minimise the margin of an inequality over all networks of 2 to 8 units that meet its conditions.

    A quasi-Newton search from Gaussian matrices, one size after the other, for `budget` seconds at least one start of
    each. What seems broken in double precision is asked again of enclosures.
    """
    if not claim.inequality:
        raise InvalidNetworkError(f"claim {claim.id} is not an inequality that a network could break")
    budget, rng, began = number("budget", budget, above=0), generator(rng), perf_counter()
    best, network, starts, asked = HOPELESS, None, 0, 0
    while starts < len(SIZES) or perf_counter() - began < budget:
        n = SIZES[starts % len(SIZES)]
        start = rng.standard_normal(_numbers(n))
        share = max(budget - (perf_counter() - began), 0.5) / max(len(SIZES) - starts, 1)
        search = _Search(claim, n, until=perf_counter() + share)
        minimize(search, start, method="L-BFGS-B", options={"maxiter": 200})
        starts, asked = starts + 1, asked + search.asked
        if search.best < best:
            best, network = search.best, search.network
    broken = network is not None and not _holds(claim, network) and not _holds(claim, network, certified=True)
    return Tightness(claim, best, network, broken, starts, asked, perf_counter() - began)


class _Search:
    """The margin as a function of the numbers that make a network; it keeps the best."""

    def __init__(self, claim: Claim, n: int, until: float):
        self.claim, self.n, self.until = claim, n, until
        self.best, self.asked = HOPELESS, 0
        self.network: Network | None = None

    def __call__(self, x) -> float:
        if perf_counter() > self.until:
            return self.best  # a plain: the search ends
        self.asked += 1
        network = drawn(x, self.n, self.claim.conditions)
        try:
            if self.claim.lacks(network):
                return HOPELESS
            margin = self.claim.ask([network], controls=False).margin
        except LinmemError:
            return HOPELESS
        if margin < self.best:
            self.best, self.network = margin, network
        return margin


def _numbers(n: int) -> int:
    return n * n + n + 1


def drawn(x, n: int, conditions) -> Network:
    """A network of n units from n^2 + n + 1 numbers, which meets the conditions that a matrix can be made to meet."""
    M, v, level = x[: n * n].reshape(n, n), x[n * n : -1], 0.999 * expit(x[-1])
    v = v / (np.linalg.norm(v) or 1.0)
    if NORMAL in conditions:
        M = _normal(M)
    if CONTINUOUS in conditions:
        abscissa = np.linalg.eigvals(M).real.max()
        return ContinuousNetwork(M - (abscissa - np.log(level)) * np.eye(n), v, name=f"found, N = {n}")
    size = np.linalg.norm(M, 2) if CONTRACTION in conditions else np.abs(np.linalg.eigvals(M)).max()
    return LinearNetwork(M * (level / (size or 1.0)), v, name=f"found, N = {n}")


def _normal(M) -> np.ndarray:
    """Axes from all of it, rotations from the diagonal and what is beside it."""
    axes, blocks = sl.qr(M)[0], np.zeros_like(M)
    for i in range(0, len(M) - 1, 2):
        a, b = M[i, i], M[i, i + 1]
        blocks[i : i + 2, i : i + 2] = [[a, -b], [b, a]]
    if len(M) % 2:
        blocks[-1, -1] = M[-1, -1]
    return axes @ blocks @ axes.T


def _holds(claim: Claim, network: Network, *, certified: bool = False) -> bool:
    return claim.ask([network], certified=certified, controls=False).holds is not False
