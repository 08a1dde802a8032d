"""Claims B1 to B7 and B13: normal networks, W W* = W* W."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import scipy.linalg as sl

import linmem as lm
from linmem.claims import families
from linmem.claims.claim import claim
from linmem.claims.conditions import (
    MATRIX,
    NETWORK,
    NORMAL,
    THEORY,
    WHITE_NOISE,
    Condition,
    ring_weight,
)
from linmem.claims.evidence import Findings, at_least, at_most, equal
from linmem.claims.measures import commutator, curve, spatial, total
from linmem.linalg.stein import ULP
from linmem.network import LinearNetwork, Network

NORMAL_THEORY = (*THEORY, NORMAL)


def modes(net: Network) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues, and orthonormal eigenvectors as columns: the Schur form of a normal matrix."""
    T, Z = sl.schur(net.dense(), output="complex")
    return np.diagonal(T), Z


def input_shares(net: Network) -> np.ndarray:
    """|u_i* v|^2, the share of the input in each mode."""
    _, Z = modes(net)
    return np.abs(Z.conj().T @ net.feedforward) ** 2


def _curve_by_modes(net: LinearNetwork, lags: int) -> np.ndarray:
    values, _ = modes(net)
    squares = np.abs(values) ** 2
    memory_of_modes = squares ** np.arange(lags)[:, None] * (1 - squares)
    return memory_of_modes @ input_shares(net)


@claim(
    "B1",
    source="GHS, eq. 4",
    conditions=NORMAL_THEORY,
    family=families.normal,
    figures=("normal_memory",),
)
def normal_memory_is_a_sum_over_modes(net: LinearNetwork) -> Findings:
    """The memory curve of a normal network is a mixture of exponentials, one for each eigenvalue.

    J(k) = sum_i |u_i* v|^2 |lambda_i|^2k (1 - |lambda_i|^2)
    """
    lags = 2 * net.size
    yield equal(
        "the curve is that of the eigenvalues",
        curve(net, lags),
        _curve_by_modes(net, lags),
    )


normal_memory_is_a_sum_over_modes.without("normality", families.non_normal)


@claim(
    "B2",
    source="GHS, eq. 5",
    conditions=NORMAL_THEORY,
    family=families.normal,
    figures=("normal_memory", "memory_of_four_networks"),
)
def normal_networks_have_unit_memory(net: LinearNetwork) -> Findings:
    """The total memory of a normal network is 1, for every unit input.

    J_tot = 1 for every unit v
    """
    last_unit = replace(net, feedforward=np.eye(net.size)[-1])
    yield equal(
        "the total is 1",
        total(net),
        1.0,
    )
    yield equal(
        "the total of another input is 1",
        total(last_unit),
        1.0,
    )


normal_networks_have_unit_memory.without("normality", families.non_normal)


def _normal_and_not() -> Iterator[LinearNetwork]:
    yield from families.normal()
    yield from families.non_normal()


@claim("B3", source="re-derived; stronger than GHS", conditions=(*NETWORK, WHITE_NOISE), family=_normal_and_not)
def unit_memory_implies_normality(net: LinearNetwork) -> Findings:
    """A network whose total memory is 1 for every unit input is normal, and every normal network is such a network.

    J^s = I if and only if W W* = W* W

    J^s = I gives C^-1 = I - W* W. Put into C = I + W C W*, this gives (I - W* W)^-1 = (I - W W*)^-1. Both directions
    are checked: on normal networks and on others.
    """
    distance = np.linalg.norm(spatial(net) - np.eye(net.size))
    if lm.normality_test(net).normal:
        yield equal(
            "the spatial matrix of a normal network is the identity",
            distance,
            0.0,
            scale=1.0,
        )
    else:
        least = 1e-3 * min(1.0, commutator(net.dense()))
        yield at_least(
            "the spatial matrix of another network is not",
            distance,
            least,
        )


@unit_memory_implies_normality.control("of one input only: a total of 1 proves nothing", families.amplifying)
def _(net: LinearNetwork) -> Findings:
    values, vectors = sl.eigh(lm.spatial_fisher_memory(net))
    share = (1 - values[0]) / (values[-1] - values[0])  # mixes the best and the worst input to a total of 1
    v = np.sqrt(share) * vectors[:, -1] + np.sqrt(1 - share) * vectors[:, 0]
    distance = abs(lm.total_fisher_memory(replace(net, feedforward=v)) - 1)
    yield at_least(
        "the total of another network is not 1",
        distance,
        1e-3,
    )


def _of_any_radius() -> Iterator[LinearNetwork]:
    for radius in (0.9, 1.0, 1.2):
        yield lm.random_orthogonal(6, gain=radius, rng=2)
        yield lm.ginibre(6, gain=radius, rng=6)
        yield lm.chain(6, gain=radius)


@claim(
    "B4",
    source="a manuscript on finite horizons, propositions 3.1-3.2",
    conditions=(*MATRIX, WHITE_NOISE),
    family=_of_any_radius,
)
def trace_is_n_over_any_horizon(net: LinearNetwork) -> Findings:
    """Over a finite horizon the trace of the spatial memory matrix is N for every network, stable or not.

    C_n = sum_{j<n} W^j W*^j, M_n = sum_{k<n} W*^k C_n^-1 W^k: tr M_n = N, and M_n = I where W is normal
    """
    for horizon in (1, 2, 7, 20):
        M = spatial(net, horizon=horizon)
        yield equal(
            "the trace is the number of units",
            np.trace(M).real,
            net.size,
        )
        if lm.normality_test(net).normal:
            yield equal(
                "the matrix of a normal network is the identity",
                M,
                np.eye(net.size),
            )


@trace_is_n_over_any_horizon.control(
    "noise of the whole past, signal of the last three steps",
    lambda: [lm.ginibre(6, gain=0.9, rng=6), lm.chain(6, gain=0.9)],
)
def _(net: LinearNetwork) -> Findings:
    every_input = replace(net, feedforward=np.eye(net.size))
    J = lm.fisher_memory_curve(every_input, 3).values
    yield equal(
        "the trace is the number of units",
        np.trace(J.sum(axis=0)).real,
        net.size,
    )


@claim(
    "B5",
    source="a manuscript on finite horizons, proposition 3.2b",
    conditions=(*MATRIX, WHITE_NOISE),
    family=_of_any_radius,
)
def two_steps_tell_normal_from_not(net: LinearNetwork) -> Findings:
    """A horizon of two steps distinguishes a normal network from any other, stable or not.

    M_2 = I + (I + W W*)^-1 - (I + W* W)^-1, which is I if and only if W is normal
    """
    yield from _matrix_of_two_steps(net, 2)


def _matrix_of_two_steps(net: LinearNetwork, horizon: int) -> Findings:
    U, gains, Vh = sl.svd(net.dense())
    shrunk = 1 / (1 + gains**2)
    after = (U * shrunk) @ U.conj().T  # (I + W W*)^-1
    before = (Vh.conj().T * shrunk) @ Vh  # (I + W* W)^-1
    # a singular value is off by a few ulp of ||W||, and its inverse square moves no more than it does
    rounding = net.size * ULP * gains[0]
    M = spatial(net, horizon=horizon)
    yield equal(
        "the matrix of two steps is the formula",
        M,
        np.eye(net.size) + after - before,
        error=rounding,
    )
    if not lm.normality_test(net).normal:
        # M_2 - I = (I + W W*)^-1 (W* W - W W*) (I + W* W)^-1
        least = commutator(net.dense()) / (1 + gains[0] ** 2) ** 2
        yield at_least(
            "it is not the identity",
            np.linalg.norm(M - np.eye(net.size)),
            least,
            error=rounding,
        )


@two_steps_tell_normal_from_not.control(
    "one step", lambda: [net for net in _of_any_radius() if "orthogonal" not in net.name]
)
def _(net: LinearNetwork) -> Findings:
    yield from _matrix_of_two_steps(net, 1)


def rotations() -> Iterator[LinearNetwork]:
    """Damped rotations."""
    for n, gain in [(2, 0.5), (6, 0.9), (12, 0.99)]:
        yield lm.random_orthogonal(n, gain=gain, rng=n)
    yield lm.identity(4, gain=0.7)


def _gain_of_rotation(net: Network) -> float:
    """g of W = g R, R orthogonal; 0 for other networks."""
    W = net.dense()
    square = np.trace(W.conj().T @ W).real / net.size
    distance = np.abs(W.conj().T @ W - square * np.eye(net.size)).max()
    return float(np.sqrt(square)) if distance < 1e-12 * square else 0.0


def _rotation(net: Network) -> str | None:
    return None if _gain_of_rotation(net) else "not a multiple of an orthogonal matrix"


@claim(
    "B6",
    source="GHS, on the ring; over a horizon a manuscript on finite horizons",
    conditions=(*THEORY, Condition("damped rotation", _rotation)),
    family=rotations,
    figures=("memory_of_four_networks",),
)
def orthogonal_memory_is_the_same_for_every_input(net: LinearNetwork) -> Findings:
    """The memory of a damped rotation is the same exponential for every input; undamped, it is 1/n over n steps.

    J(k) = g^2k (1 - g^2); over n steps g^2k (g^2 - 1) / (g^2n - 1), which is 1/n for g = 1
    """
    g = _gain_of_rotation(net)
    g2, lags = g**2, np.arange(20)
    undamped = replace(net, recurrent=net.recurrent / g, known_radius=None)
    yield equal(
        "the stationary curve",
        curve(net, 20),
        g2**lags * (1 - g2),
    )
    over_horizon = g2**lags * (g2 - 1) / (g2**20 - 1)
    yield equal(
        "the curve over twenty steps",
        curve(net, 20, horizon=20),
        over_horizon,
    )
    yield equal(
        "the undamped curve over twenty steps",
        curve(undamped, 20, horizon=20),
        np.full(20, 1 / 20),
    )


orthogonal_memory_is_the_same_for_every_input.without("damping", lambda: [lm.random_orthogonal(6, gain=1.0, rng=2)])


def _ring(net: Network) -> str | None:
    return None if net.size > 1 and ring_weight(net) is not None else "not a ring"


@claim(
    "B7",
    source="GHS, p. 18971",
    conditions=(*THEORY, Condition("ring", _ring)),
    family=lambda: [lm.ring(n, gain=g) for n, g in [(3, 0.5), (20, 0.9), (100, 0.99)]],
    figures=("normal_memory",),
)
def rings_forget_exponentially(net: LinearNetwork) -> Findings:
    """The memory of a ring of units is that of any damped rotation, although the ring delays its input.

    W_{i+1,i} = a, around: J(k) = a^2k (1 - a^2)
    """
    a2 = net.radius.value**2
    lags = np.arange(3 * net.size)
    yield equal(
        "the curve",
        curve(net, len(lags)),
        a2**lags * (1 - a2),
    )


def _rings_with_coloured_noise() -> Iterator[LinearNetwork]:
    for net in (lm.ring(3, gain=0.5), lm.ring(20, gain=0.9)):
        yield replace(net, noise=families.correlated(net.size, seed=1))


rings_forget_exponentially.without("white noise", _rings_with_coloured_noise)


def _with_unequal_modes() -> Iterator[LinearNetwork]:
    for net in families.normal():
        moduli = np.abs(modes(net)[0])
        if len(np.unique(moduli.round(9))) > 1:
            yield net


@claim(
    "B13",
    source="Tino (2018), abstract; the formulas re-derived",
    conditions=NORMAL_THEORY,
    family=_with_unequal_modes,
)
def dominant_modes_hold_most_beyond_lag_zero(net: LinearNetwork) -> Findings:
    """Without lag zero, the input that a normal network remembers best is its dominant mode.

    sum_{k >= 1} J(k) = sum_i |u_i* v|^2 |lambda_i|^2, at most the squared spectral radius, attained by that mode

    All inputs have the same total. An optimum among them exists only when lag 0 is left out.
    """
    values, Z = modes(net)
    moduli = np.abs(values)
    beyond = total(net) - curve(net, 1)[0]
    dominant = replace(net, feedforward=Z[:, np.argmax(moduli)])
    attained = total(dominant) - curve(dominant, 1)[0]
    yield equal(
        "the memory beyond lag zero is a sum over modes",
        beyond,
        np.sum(input_shares(net) * moduli**2),
    )
    yield at_most(
        "it is at most the squared radius",
        beyond,
        moduli.max() ** 2,
    )
    yield equal(
        "the dominant mode attains it",
        attained,
        moduli.max() ** 2,
    )


@dominant_modes_hold_most_beyond_lag_zero.control("lag zero is counted: all inputs are alike")
def _(net: LinearNetwork) -> Findings:
    values, Z = modes(net)
    order = np.argsort(np.abs(values))
    weakest, dominant = (lm.total_fisher_memory(replace(net, feedforward=Z[:, order[i]])) for i in (0, -1))
    yield at_least(
        "the dominant mode has a larger total",
        dominant,
        weakest * (1 + 1e-6),
        slack=0.0,
    )
