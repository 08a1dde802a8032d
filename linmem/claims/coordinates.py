"""Claims A8, A9 and A11: how Fisher memory depends on the coordinates of the state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import scipy.linalg as sl

import linmem as lm
from linmem.claims import families
from linmem.claims.claim import claim
from linmem.claims.conditions import (
    ANY_INPUT,
    LARGEST_CONDITION,
    REAL,
)
from linmem.claims.evidence import Findings, equal
from linmem.claims.measures import (
    curve_and_its_rounding,
    measured,
)
from linmem.connectivity.normal import haar
from linmem.linalg.stein import ULP
from linmem.network import LinearNetwork
from linmem.nonnormality.eigenvalue_conditions import is_well_conditioned


@claim("A8", source="GHS, on the Schur form", conditions=ANY_INPUT, family=families.stable)
def rotations_change_nothing(net: LinearNetwork) -> Findings:
    """Networks that differ by a rotation of their units have the same memory and the same departure from normality.

    (W, v) -> (R W R*, R v), R orthogonal: J and J_tot stay, J^s -> R J^s R*

    The departure is not compared where the eigenvalues are ill-conditioned: the rounding of R W R* moves them far.
    """
    R = haar(net.size, np.random.default_rng(3))
    yield from _same_memory(net, R, R.T)


def _same_memory(net: LinearNetwork, S: np.ndarray, inverse: np.ndarray) -> Findings:
    other = replace(
        net,
        recurrent=S @ net.dense() @ inverse,
        feedforward=S @ net.feedforward,
        noise=S @ net.noise @ S.T if net.noise_is_matrix else net.noise,
    )
    J, rounding = curve_and_its_rounding(other)
    growths = [measured(lm.transient_growth, network, 20) for network in (other, net)]
    yield equal(
        "the memory curve stays",
        J,
        measured(lm.fisher_memory_curve, net),
        tolerance=1e-6,
        error=rounding,
    )
    yield equal(
        "the transient growth stays",
        *growths,
        tolerance=1e-6,
    )
    if is_well_conditioned(net.dense(), LARGEST_CONDITION):
        departures = [lm.henrici_departure(network) for network in (other, net)]
        norm = np.linalg.norm(net.dense())
        yield equal(
            "the departure from normality stays",
            *departures,
            tolerance=1e-6,
            scale=norm,
        )


@rotations_change_nothing.control("coordinates are scaled, not rotated", families.non_normal)
def _(net: LinearNetwork) -> Findings:
    scale = np.linspace(1, 3, net.size)
    yield from _same_memory(net, np.diag(scale), np.diag(1 / scale))


@claim("A9", source="re-derived", conditions=(*ANY_INPUT, REAL), family=families.coloured)
def coloured_noise_is_white_in_other_coordinates(net: LinearNetwork) -> Findings:
    """Memory with noise of covariance Q is that of another network with white noise; tr(Q J^s) = N.

    W~ = L^-1 W L, v~ = L^-1 v, Q = L L': J = J~ and L' J^s L = J~^s

    v~ is not a unit vector. Whether a network is normal depends on the noise: with Q = X X*, any W = X Lambda X^-1 has
    J^s = Q^-1.
    """
    Q = net.covariance
    variances, axes = sl.eigh(Q)
    L = axes * np.sqrt(variances)  # Q = L L'
    inverse = (axes / np.sqrt(variances)).T
    white = replace(
        net, recurrent=inverse @ net.dense() @ L, feedforward=inverse @ net.feedforward, noise=1.0, known_radius=None
    )
    J = measured(lm.spatial_fisher_memory, net)
    curves = [measured(lm.fisher_memory_curve, network) for network in (net, white)]
    # eigh knows the smallest variance to a relative N ulp cond(Q)
    rounding = net.size * ULP * variances[-1] / variances[0]
    yield equal(
        "trace(Q J^s) is the number of units",
        np.trace(Q @ J),
        net.size,
    )
    yield equal(
        "the curve is the same",
        *curves,
        tolerance=1e-7,
        error=rounding * curves[0].max(),
    )
    yield equal(
        "the spatial matrix is the same",
        L.T @ J @ L,
        measured(lm.spatial_fisher_memory, white),
        tolerance=1e-7,
        error=rounding,
    )


@coloured_noise_is_white_in_other_coordinates.control(
    "normal in the plain metric, with noise that does not commute", lambda: [list(families.coloured())[2]]
)
def _(net: LinearNetwork) -> Findings:
    variances, axes = sl.eigh(net.noise)
    of_normal = np.sum((axes.T @ net.feedforward) ** 2 / variances)  # v' Q^-1 v
    yield equal(
        "the total is that of a normal network",
        lm.total_fisher_memory(net),
        of_normal,
        tolerance=1e-3,
    )


def _complex_networks() -> Iterator[LinearNetwork]:
    for n in (2, 7, 15):
        yield families.complex_gaussian(n, 0.9, seed=n)


@claim("A11", source="re-derived", conditions=ANY_INPUT, family=_complex_networks)
def complex_networks_take_the_conjugate_transpose(net: LinearNetwork) -> Findings:
    """A complex network has the memory of its real form, in which each real parameter has half of the noise.

    C = sum_k W^k W*^k, J(k) = v* W*^k C^-1 W^k v; of a real signal the Fisher information is 2 J for circular noise

    The trace of J^s is N even with plain transposes, for which C is not Hermitian: that test alone misses the mistake.
    """
    W, v = net.dense(), net.feedforward
    halves = np.block([[W.real, -W.imag], [W.imag, W.real]])
    Q = net.covariance
    noise = np.block([[Q.real, -Q.imag], [Q.imag, Q.real]]) / 2 if net.noise_is_matrix else net.noise / 2
    real_form = lm.LinearNetwork(halves, np.concatenate([v.real, v.imag]), noise)
    C = measured(lm.noise_covariance, net)
    yield equal(
        "C is Hermitian",
        C,
        C.conj().T,
        tolerance=1e-12,
    )
    yield equal(
        "the real form has twice the information",
        measured(lm.fisher_memory_curve, real_form, 2 * net.size),
        2 * measured(lm.fisher_memory_curve, net),
        tolerance=1e-7,
    )


@complex_networks_take_the_conjugate_transpose.control("plain transposes")
def _(net: LinearNetwork) -> Findings:
    power, C = np.eye(net.size), np.zeros((net.size, net.size))
    for _ in range(400):  # 0.9^800 is below rounding
        C = C + power @ power.T
        power = net.dense() @ power
    yield equal(
        "C is Hermitian",
        C,
        C.conj().T,
        tolerance=1e-3,
    )
