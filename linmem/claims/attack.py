"""Attack: a search for networks that break an inequality.

Contents
--------
Tightness, attack
    The smallest margin that an optimiser finds, and the network that has it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
import scipy.linalg as sl
from scipy.optimize import minimize
from scipy.special import expit

from linmem.claims.claim import Claim
from linmem.claims.conditions import CONTINUOUS, CONTRACTION, NORMAL, Condition
from linmem.connectivity.randomness import generator
from linmem.errors import ArgumentError, LinmemError
from linmem.network import ContinuousNetwork, LinearNetwork, Network
from linmem.validation import number

SIZES = (2, 3, 4, 6, 8)
HOPELESS = 1.0  # the margin of a network that cannot be checked


@dataclass(frozen=True)
class Tightness:
    """How near a search came to breaking a claim.

    Attributes
    ----------
    claim
        The claim that was attacked.
    margin
        The smallest margin: 0 where the inequality is sharp.
    network
        The network that has it; None where no network could be checked.
    broken
        Whether enclosures confirm that the claim fails there.
    starts, asked
        The number of starts of the search, and of networks that were checked.
    seconds
        The time that all of it took.
    """

    claim: Claim
    margin: float
    network: Network | None
    broken: bool
    starts: int
    asked: int
    seconds: float


def attack(claim: Claim, *, budget: float = 5.0, rng: Any = 0) -> Tightness:
    """The smallest margin of an inequality over networks of 2 to 8 units that meet its conditions.

    A quasi-Newton search starts from Gaussian matrices, one size after the other, for `budget` seconds and at least
    once for each size. A network that seems to break the claim in double precision is checked again with enclosures.

    Raises
    ------
    ArgumentError
        A claim that is not an inequality, or a budget that is not a positive number of seconds.
    """
    if not claim.inequality:
        raise ArgumentError(f"claim {claim.id} is not an inequality that a network could break")
    budget = number("budget", budget, above=0)
    rng = generator(rng)
    began = perf_counter()
    searches: list[_Search] = []
    while len(searches) < len(SIZES) or perf_counter() - began < budget:
        size = SIZES[len(searches) % len(SIZES)]
        remaining = max(budget - (perf_counter() - began), 0.5)
        share = remaining / max(len(SIZES) - len(searches), 1)
        search = _Search(claim, size, until=perf_counter() + share)
        minimize(search, rng.standard_normal(_count_of_numbers(size)), method="L-BFGS-B", options={"maxiter": 200})
        searches.append(search)
    best = min(searches, key=lambda search: search.margin)
    return Tightness(
        claim=claim,
        margin=best.margin,
        network=best.network,
        broken=best.network is not None and _is_broken(claim, best.network),
        starts=len(searches),
        asked=sum(search.checked for search in searches),
        seconds=perf_counter() - began,
    )


class _Search:
    """The margin as a function of the numbers that make a network; it remembers the smallest."""

    def __init__(self, claim: Claim, size: int, until: float):
        self.claim = claim
        self.size = size
        self.until = until
        self.margin = HOPELESS
        self.network: Network | None = None
        self.checked = 0

    def __call__(self, numbers: np.ndarray) -> float:
        if perf_counter() > self.until:
            return self.margin  # a constant function: the optimiser stops
        self.checked += 1
        network = network_of(numbers, self.size, self.claim.conditions)
        margin = self._margin(network)
        if margin < self.margin:
            self.margin = margin
            self.network = network
        return margin

    def _margin(self, network: Network) -> float:
        try:
            if self.claim.lacks(network):
                return HOPELESS
            margin = self.claim.ask([network], controls=False).margin
        except LinmemError:
            return HOPELESS
        return HOPELESS if np.isnan(margin) else margin


def _count_of_numbers(n: int) -> int:
    return n * n + n + 1


def network_of(numbers: np.ndarray, n: int, conditions: Iterable[Condition]) -> Network:
    """A network of n units from n^2 + n + 1 numbers: W, v, and how near to unstable it is.

    It meets the conditions that a matrix can be made to meet.
    """
    M = numbers[: n * n].reshape(n, n)
    v = numbers[n * n : -1]
    v = v / (np.linalg.norm(v) or 1.0)
    level = 0.999 * expit(numbers[-1])  # the radius, or norm, below 1
    name = f"found, N = {n}"
    if NORMAL in conditions:
        M = _made_normal(M)
    if CONTINUOUS in conditions:
        abscissa = np.linalg.eigvals(M).real.max()
        drift = M - (abscissa - np.log(level)) * np.eye(n)
        return ContinuousNetwork(drift, v, name=name)
    size = np.linalg.norm(M, 2) if CONTRACTION in conditions else np.abs(np.linalg.eigvals(M)).max()
    return LinearNetwork(M * (level / (size or 1.0)), v, name=name)


def _made_normal(M: np.ndarray) -> np.ndarray:
    """A normal matrix: axes from the QR factors of M, scaled rotations from its diagonal and the entries beside it."""
    axes = sl.qr(M)[0]
    blocks = np.zeros_like(M)
    for i in range(0, len(M) - 1, 2):
        a, b = M[i, i], M[i, i + 1]
        blocks[i : i + 2, i : i + 2] = [[a, -b], [b, a]]
    if len(M) % 2:
        blocks[-1, -1] = M[-1, -1]
    return axes @ blocks @ axes.T


def _is_broken(claim: Claim, network: Network) -> bool:
    """Whether the claim fails in double precision, and with enclosures as well."""
    fails = claim.ask([network], controls=False).holds is False
    return fails and claim.ask([network], certified=True, controls=False).holds is False
