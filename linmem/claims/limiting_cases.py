"""Claims A12 to A14: networks with weak weights, of two units, and with a norm below 1."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy.linalg as sl

import linmem as lm
from linmem.claims import families
from linmem.claims.claim import claim
from linmem.claims.conditions import CONTRACTION, MATRIX, NETWORK, REAL, WHITE_NOISE, Condition
from linmem.claims.evidence import Findings, at_least, at_most, equal
from linmem.claims.measures import measured, spatial
from linmem.network import LinearNetwork, Network


@claim("A12", source="re-derived", conditions=MATRIX, family=families.non_normal)
def small_gain_memory_is_the_commutator(net: LinearNetwork) -> Findings:
    """The memory that a network with weak weights has beyond a normal one is the commutator of W* and W.

    J^s = I + W* W - W W* + O(||W||^4)

    When W is halved, the remainder falls to a sixteenth.
    """
    yield from _sixteenths(net, sign=1)


def _sixteenths(net: LinearNetwork, sign: int) -> Findings:
    norm = np.linalg.norm(net.dense(), 2)
    M = net.dense() / (norm or 1.0)
    remainders = [_remainder(g * M, sign) for g in (0.1, 0.05, 0.025)]
    if remainders[0] > 1e-12:  # below, only rounding remains
        ratios = [remainders[0] / remainders[1], remainders[1] / remainders[2]]
        yield at_least(
            "each halving leaves a sixteenth",
            ratios,
            15,
        )
    yield at_most(
        "the remainder is of fourth order",
        remainders[0],
        10 * 0.1**4,
    )


def _remainder(W: np.ndarray, sign: int) -> float:
    J = measured(lm.spatial_fisher_memory, lm.LinearNetwork(W))
    expansion = np.eye(len(W)) + sign * (W.conj().T @ W - W @ W.conj().T)
    return float(np.abs(J - expansion).max())


@small_gain_memory_is_the_commutator.control("the sign is swapped")
def _(net: LinearNetwork) -> Findings:
    yield from _sixteenths(net, sign=-1)


def _two_by_two() -> Iterator[LinearNetwork]:
    for seed in range(12):
        a, d, b = np.random.default_rng(seed).uniform([-0.95, -0.95, -3], [0.95, 0.95, 3])
        yield lm.LinearNetwork([[a, b], [0, d]], [0, 1], name=f"[[{a:.3f}, {b:.3f}], [0, {d:.3f}]]")


def _triangular(net: Network) -> str | None:
    return None if net.size == 2 and net.dense()[1, 0] == 0 else "not an upper triangular 2 x 2 matrix"


@claim(
    "A13",
    source="re-derived",
    conditions=(*NETWORK, WHITE_NOISE, REAL, Condition("2 x 2, triangular", _triangular)),
    family=_two_by_two,
)
def two_units_in_closed_form(net: LinearNetwork) -> Findings:
    """The memory of two units, one of which drives the other, has a closed form.

    W = [[a, b], [0, d]]: J^s = I + [[-b^2, b (a - d)], [b (a - d), b^2]] / D, D = (1 - a d)^2 + b^2, and
    lambda_max = 1 + |b| sqrt(b^2 + (a - d)^2) / D
    """
    (a, b), (_, d) = net.dense()
    D = (1 - a * d) ** 2 + b**2
    mixed = b * (a - d)
    closed_form = np.eye(2) + np.array([[-(b**2), mixed], [mixed, b**2]]) / D
    largest = 1 + abs(b) * np.hypot(b, a - d) / D
    J = spatial(net)
    yield equal(
        "the spatial matrix is the closed form",
        J,
        closed_form,
    )
    yield equal(
        "its largest eigenvalue is the closed form",
        sl.eigvalsh(J)[-1],
        largest,
    )


two_units_in_closed_form.without(
    "a zero below the diagonal", lambda: [lm.LinearNetwork([[0.3, b], [-0.4, 0.5]], [0, 1]) for b in (0.5, 0.9)]
)


@claim(
    "A14",
    source="re-derived, from A6",
    conditions=(*NETWORK, WHITE_NOISE, CONTRACTION),
    family=families.contractions,
    inequality=True,
)
def contractions_hold_little(net: LinearNetwork) -> Findings:
    """A network that shrinks every state has a total memory below a bound, however many units it has.

    ||W|| < 1: lambda_max(J^s) <= 1 / (1 - ||W||^2)
    """
    largest = sl.eigvalsh(spatial(net))[-1]
    norm = np.linalg.norm(net.dense(), 2)
    yield at_most(
        "the largest total is at most the bound",
        largest,
        1 / (1 - norm**2),
    )


contractions_hold_little.without("||W|| < 1", lambda: [lm.chain(n, gain=1.3) for n in (8, 20)])
