"""Claims F1 to F5: networks in continuous time, dx = (A x + V s) dt + dB."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import scipy.linalg as sl

import linmem as lm
from linmem.claims import families
from linmem.claims.claim import claim
from linmem.claims.conditions import (
    CONTINUOUS,
    FLOW,
    NORMAL,
    ONE_INPUT,
    REAL,
    SINGLE,
    UNIT_INPUT,
    WHITE_NOISE,
    Condition,
)
from linmem.claims.evidence import Findings, at_least, at_most, equal
from linmem.claims.measures import curve, measured, spatial, total
from linmem.network import ContinuousNetwork, Network

WHITE_FLOW = (*FLOW, WHITE_NOISE)


TIMES = np.array([0.0, 0.1, 0.3, 1.0, 2.0, 5.0])


def coloured() -> Iterator[ContinuousNetwork]:
    """Networks with correlated noise."""
    for net in (families.hurwitz(6, seed=2), lm.leaky_chain(8, weight=2.0)):
        yield replace(net, noise=families.correlated(net.size, seed=1), name=f"{net.name}, coloured noise")


@claim("F1", source="GHS, the sum rule in continuous time", conditions=WHITE_FLOW, family=families.continuous)
def trace_is_n_in_continuous_time(net: ContinuousNetwork) -> Findings:
    """In continuous time, too, the trace of the spatial memory matrix is N: memory over a basis of inputs adds up to N.

    A* J^s + J^s A = -C^-1, A C + C A* = -eps I: eps tr J^s = N, and the integral of J(t) is v* J^s v <= N
    """
    J = spatial(net)
    yield equal(
        "the trace is the number of units",
        np.trace(J).real,
        net.size,
    )
    yield at_most(
        "the largest total is at most N",
        sl.eigvalsh(J)[-1],
        net.size,
    )
    if net.feedforward is not None and not net.feedforward_is_matrix:
        yield equal(
            "the curve integrates to the total",
            _integral_of_curve(net),
            total(net),
            tolerance=1e-6,
        )


def _integral_of_curve(net: ContinuousNetwork) -> float:
    """The integral of J(t) up to the time at which the slowest mode has fallen by e^-80, by Gauss's rule."""
    end = -40 / net.abscissa.value
    nodes, weights = np.polynomial.legendre.leggauss(400)
    share = (1 + nodes) / 2
    times = end * share**2  # denser at the beginning
    return float(weights * end * share @ curve(net, times))


trace_is_n_in_continuous_time.without("white noise", coloured)


def _curve_by_modes(net: ContinuousNetwork) -> np.ndarray:
    values, vectors = sl.eig(net.dense())
    shares = np.abs(vectors.conj().T @ net.feedforward) ** 2
    rates = -2 * values.real
    return np.exp(-rates * TIMES[:, None]) @ (shares * rates)


@claim(
    "F2",
    source="re-derived",
    conditions=(*WHITE_FLOW, NORMAL, UNIT_INPUT),
    family=families.continuous_normal,
)
def normal_flows_hold_one_unit(net: ContinuousNetwork) -> Findings:
    """The total memory of a normal drift is 1 for every unit input, and that of no other drift is.

    J(t) = sum_i |u_i* v|^2 (-2 Re lambda_i) e^(2 Re lambda_i t), J_tot = 1; J^s = I if and only if A is normal

    J(0) is a rate here: it may exceed 1.
    """
    yield equal(
        "the total is 1",
        total(net),
        1.0,
    )
    yield equal(
        "the spatial matrix is the identity",
        spatial(net),
        np.eye(net.size),
    )
    if _has_distinct_eigenvalues(net):
        yield equal(
            "the curve is that of the eigenvalues",
            curve(net, TIMES),
            _curve_by_modes(net),
        )


def _has_distinct_eigenvalues(net: ContinuousNetwork) -> bool:
    """Of equal eigenvalues, the eigenvectors that `eig` finds are not orthogonal."""
    values = np.round(sl.eigvals(net.dense()), 6)
    return len(np.unique(values)) == net.size


normal_flows_hold_one_unit.without("normality", lambda: [net for net in families.continuous() if net.size > 1])


@normal_flows_hold_one_unit.control("J(0) is taken for a share", lambda: [ContinuousNetwork([[-3.0]], [1.0])])
def _(net: ContinuousNetwork) -> Findings:
    yield at_most(
        "J(0) is at most 1",
        lm.fisher_memory_curve(net, [0.0]).values,
        1.0,
    )


@claim(
    "F3",
    source="re-derived; data processing",
    conditions=(*FLOW, ONE_INPUT),
    family=families.continuous,
    inequality=True,
)
def memory_never_increases_with_time(net: ContinuousNetwork) -> Findings:
    """The memory of a pulse never increases with time, in continuous time as well.

    dJ/dt <= 0

    The check takes 200 times.
    """
    J = measured(lm.fisher_memory_curve, net, np.linspace(0, -6 / net.abscissa.value, 200))
    yield at_most(
        "no time is remembered better than the one before",
        J[1:],
        J[:-1],
        slack=1e-7,
    )


@memory_never_increases_with_time.control("C is replaced by I", lambda: [lm.leaky_chain(8, weight=2.0)])
def _(net: ContinuousNetwork) -> Findings:
    states = [sl.expm(t * net.drift) @ net.feedforward for t in np.linspace(0, 6, 50)]
    squares = np.sum(np.square(states), axis=1)
    yield at_most(
        "no time is remembered better than the one before",
        squares[1:],
        squares[:-1],
        slack=1e-7,
    )


@claim(
    "F4",
    source="re-derived",
    conditions=(SINGLE, CONTINUOUS),
    family=lambda: [families.hurwitz(n, seed=n) for n in (3, 6, 9)],
)
def small_gain_flows_remember_by_the_commutator(net: ContinuousNetwork) -> Findings:
    """With a strong leak, the memory beyond that of a normal drift is the commutator of the coupling.

    A = -g I + e M: J^s = I + (e^2 / 4 g^2) (M* M - M M*) + O(e^3)

    When e is halved, the remainder falls to an eighth; checked for g = 1/2 and 2.
    """
    yield from _eighths(net, sign=1)


def _eighths(net: ContinuousNetwork, sign: int) -> Findings:
    norm = np.linalg.norm(net.dense(), 2)
    M = net.dense() / (norm or 1.0)
    for leak in (0.5, 2.0):
        whole = _remainder(M, leak, 0.02 * leak, sign)
        half = _remainder(M, leak, 0.01 * leak, sign)
        if whole > 1e-12:  # below, only rounding remains
            yield at_least(
                "a halving leaves an eighth",
                whole / half,
                7.0,
            )
        else:
            yield at_most(
                "the remainder is rounding",
                whole,
                1e-12,
            )


def _remainder(M: np.ndarray, leak: float, e: float, sign: int) -> float:
    J = measured(lm.spatial_fisher_memory, ContinuousNetwork(-leak * np.eye(len(M)) + e * M))
    commutator = M.conj().T @ M - M @ M.conj().T
    expansion = np.eye(len(M)) + sign * (e / (2 * leak)) ** 2 * commutator
    return float(np.abs(J - expansion).max())


@small_gain_flows_remember_by_the_commutator.control("the sign is swapped")
def _(net: ContinuousNetwork) -> Findings:
    yield from _eighths(net, sign=-1)


def _two_modes() -> Iterator[ContinuousNetwork]:
    for decay, feedforward in [(1.0, 0.5), (3.0, 2.0), (0.2, 10.0), (1.0, 1000.0)]:
        yield ContinuousNetwork([[-decay, feedforward], [0, -1]], [0, 1], name=f"two modes, {decay:g}, {feedforward:g}")
    sum_and_difference = np.array([[1, 1], [1, -1]]) / np.sqrt(2)
    drift = sum_and_difference @ lm.balanced_amplification().drift @ sum_and_difference
    yield ContinuousNetwork(drift, [0, 1], name="balanced amplification")


def _is_two_modes(net: Network) -> str | None:
    if net.size == 2 and np.allclose(net.dense()[1], [0, -1], atol=1e-14):
        return None
    return "not two modes, the second of rate 1"


@claim(
    "F5",
    source="re-derived; Murphy & Miller (2009) for balanced amplification",
    family=_two_modes,
    conditions=(*WHITE_FLOW, REAL, Condition("two modes", _is_two_modes)),
)
def two_modes_hold_at_most_two_units(net: ContinuousNetwork) -> Findings:
    """When one mode drives another, the total memory of the driving mode is up to 2.

    A = [[-l, f], [0, -1]]: J^s_22 = 1 + f^2 / (f^2 + (l + 1)^2), which tends to 2

    Excitation and inhibition in balance, W = [[w, -k w], [w, -k w]], are such modes: l = 1 + w (k - 1), f = w (1 + k).
    """
    (minus_l, f), _ = net.dense()
    expected = 1 + f**2 / (f**2 + (1 - minus_l) ** 2)
    yield equal(
        "the total of the driving mode",
        spatial(net)[1, 1],
        expected,
    )
    yield at_most(
        "it is below 2",
        expected,
        2.0,
    )


@two_modes_hold_at_most_two_units.control("the modes are not coupled: nothing is gained")
def _(net: ContinuousNetwork) -> Findings:
    uncoupled = np.diag(np.diagonal(net.dense()))
    J = lm.spatial_fisher_memory(ContinuousNetwork(uncoupled))
    yield at_least(
        "the total of the driving mode exceeds 1",
        J[1, 1],
        1.01,
    )
