"""Claims A1 to A7, A10 and A15: properties of the Fisher memory of every stable network."""

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
    NETWORK,
    REAL,
    THEORY,
    WHITE_NOISE,
    Condition,
)
from linmem.claims.evidence import Findings, at_least, at_most, equal
from linmem.claims.measures import (
    curve,
    measured,
    memory_lost,
    powers,
    precision_forms,
    quadratic_forms,
    rounding_of_powers,
    spatial,
    total,
)
from linmem.network import LinearNetwork, Network

INPUTS = (0, 4)  # seed of random inputs


def random_inputs(net: Network, count: int) -> np.ndarray:
    """Unit vectors, uniform on the sphere, as the columns of (N, count).

    The stream is not one of a single seed: a network drawn with the same seed would hold the same numbers.
    """
    vectors = np.random.default_rng(INPUTS).standard_normal((count, net.size))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).T


@claim("A1", source="GHS, eqs 2-3", conditions=(*ANY_INPUT, REAL), family=families.real)
def fisher_memory_is_the_information_about_the_past(net: LinearNetwork) -> Findings:
    """The Fisher memory matrix is the Fisher information that the state holds about the signal, whatever the signal is.

    KL(P(h | s + d) || P(h | s)) = d' J d / 2 for every d

    This is exact for a linear network, because the signal moves the mean of a Gaussian and nothing else. For other
    networks it is the second order of an expansion in d.
    """
    lags = min(net.size, 8)
    change = np.random.default_rng(1).standard_normal(lags)
    columns = powers(net, lags)
    move = columns @ change  # of the mean of the state
    form, error = precision_forms(net, move[:, None])
    form = form[0, 0].real
    # the move is rounded by r, so that its norm sqrt(form) is off by at most r
    r = rounding_of_powers(net, columns) * np.abs(change).sum()
    error += 2 * np.sqrt(max(form, 0)) * r + r**2
    J = measured(lm.fisher_memory_matrix, net, lags)
    yield equal(
        "the divergence is a quadratic form of the matrix",
        change @ J @ change / 2,
        form / 2,  # the divergence of two Gaussians of one covariance
        tolerance=1e-6,
        error=error / 2,
    )


@fisher_memory_is_the_information_about_the_past.control("units are tanh: the information depends on the signal")
def _(net: LinearNetwork) -> Findings:
    net = lm.ginibre(min(net.size, 5), gain=0.9, rng=5)
    silence, loud = (
        lm.empirical_fisher_memory(net, 1, rng=0, signal=level * np.ones(20), trials=400, nonlinearity="tanh").values
        for level in (0.0, 3.0)
    )
    yield equal(
        "the information is the same for a loud signal",
        loud,
        silence,
        tolerance=0.2,
    )


@claim("A2", source="GHS, after eq. 8", conditions=(*NETWORK, WHITE_NOISE), family=families.stable)
def trace_of_spatial_memory_is_n(net: LinearNetwork) -> Findings:
    """The spatial Fisher memory matrix has trace N: weights can distribute memory over directions, and not create it.

    eps tr J^s = N

    This holds for every stable network, real or complex, however ill-conditioned: tr(C^-1 sum_k W^k W*^k) = tr I.
    """
    yield equal(
        "the trace is the number of units",
        np.trace(spatial(net)).real,
        net.size,
    )


trace_of_spatial_memory_is_n.without("white noise", families.coloured)


@trace_of_spatial_memory_is_n.control("the noise of the readout is counted too")
def _(net: LinearNetwork) -> Findings:
    variances = sl.eigvalsh(lm.noise_covariance(net))  # along the principal axes of the noise
    trace = np.sum(variances / (variances + 0.3))
    yield equal(
        "the trace is the number of units",
        trace,
        net.size,
    )


@claim("A3", source="GHS, eq. 9", conditions=THEORY, family=families.stable, inequality=True)
def total_memory_is_at_most_n(net: LinearNetwork) -> Findings:
    """The total memory of a unit input is at most N, the number of units.

    0 < J_tot <= N

    It is strictly less for N > 1, because J^s is positive definite and has trace N. A chain whose weights grow comes as
    near to N as one likes.
    """
    yield at_least(
        "the total is positive",
        total(net),
        0,
    )
    yield at_most(
        "the total is at most the number of units",
        total(net),
        net.size,
    )


total_memory_is_at_most_n.without("a unit input", families.loud)


@claim(
    "A4",
    source="GHS, text to Fig. 3A; the variance re-derived",
    conditions=(*NETWORK, WHITE_NOISE, REAL),
    family=families.real,
)
def random_inputs_hold_one_unit(net: LinearNetwork) -> Findings:
    """The total memory of a random unit input is 1 on average, in every network.

    E J_tot = 1, Var J_tot = 2 (tr (J^s)^2 - N) / (N (N + 2)), v uniform on the unit sphere

    The check draws 20,000 inputs and allows 4.5 standard errors.
    """
    J = spatial(net)
    yield from _mean_and_variance(J, quadratic_forms(J, random_inputs(net, 20_000)))


@random_inputs_hold_one_unit.control("inputs of one sign", lambda: [lm.ginibre(n, gain=0.9, rng=n) for n in (5, 20)])
def _(net: LinearNetwork) -> Findings:
    J = lm.spatial_fisher_memory(net)
    yield from _mean_and_variance(J, quadratic_forms(J, np.abs(random_inputs(net, 20_000))))


def _mean_and_variance(J: np.ndarray, totals: np.ndarray) -> Findings:
    n, count = len(J), len(totals)
    rounding = 1e-9
    variance = 2 * max(np.sum(J * J.T) - n, 0) / (n * (n + 2))
    error_of_mean = np.sqrt(variance / count)
    yield equal(
        "the mean is 1",
        totals.mean(),
        1,
        tolerance=4.5 * error_of_mean + rounding,
    )
    fourth_moment = np.mean((totals - totals.mean()) ** 4)
    error_of_variance = np.sqrt(max(fourth_moment - totals.var() ** 2, 0) / count)
    yield equal(
        "the variance follows from the spatial matrix",
        totals.var(),
        variance,
        tolerance=1,
        scale=4.5 * error_of_variance + rounding,
    )


@claim("A5", source="GHS, after eq. 9", conditions=(*NETWORK, WHITE_NOISE), family=families.stable)
def best_input_is_the_top_eigenvector(net: LinearNetwork) -> Findings:
    """The unit input with the largest total memory is the top eigenvector of the spatial memory matrix.

    max_v J_tot = lambda_max(J^s), between 1 and N
    """
    J = spatial(net)
    best = net.noise_variance * lm.total_fisher_memory(replace(net, feedforward=lm.optimal_input(net)))
    random = quadratic_forms(J, random_inputs(net, 2000))
    yield equal(
        "the optimal input attains the largest eigenvalue",
        best,
        sl.eigvalsh(J)[-1],
    )
    yield at_most(
        "no random input has a larger total",
        random.max(),
        best,
    )
    yield at_least(
        "its total is at least 1",
        best,
        1,
    )
    yield at_most(
        "its total is at most N",
        best,
        net.size,
    )


@best_input_is_the_top_eigenvector.control("the direction that W amplifies most is taken", families.non_normal)
def _(net: LinearNetwork) -> Findings:
    J = lm.spatial_fisher_memory(net)
    amplified = sl.svd(net.dense())[2][0]
    yield equal(
        "it attains the largest eigenvalue",
        quadratic_forms(J, amplified[:, None]),
        sl.eigvalsh(J)[-1],
        tolerance=1e-3,
    )


@claim("A6", source="re-derived: C >= I and C >= W^k W*^k", conditions=THEORY, family=families.stable, inequality=True)
def memory_is_at_most_the_amplification(net: LinearNetwork) -> Findings:
    """The memory of an input is at most its amplification by the network, and at most the memory of the newest input.

    J(k) <= min(1, ||W^k v||^2) / eps
    """
    J = curve(net)
    amplification = np.sum(np.abs(powers(net, len(J))) ** 2, axis=0)
    yield at_most(
        "the curve is at most 1",
        J,
        1.0,
    )
    yield at_most(
        "the curve is at most the amplification",
        J,
        np.maximum(amplification, 1e-300),
    )


@memory_is_at_most_the_amplification.control("noise of variance 1/4 is not counted", families.amplifying)
def _(net: LinearNetwork) -> Findings:
    yield at_most(
        "the curve is at most 1",
        lm.fisher_memory_curve(replace(net, noise=0.25)).values,
        1.0,
    )


@claim(
    "A7",
    source="re-derived, by the push-through identity; data processing",
    conditions=ANY_INPUT,
    family=families.stable,
    inequality=True,
)
def memory_never_increases_with_the_lag(net: LinearNetwork) -> Findings:
    """The memory of a signal never increases with the lag, even while the network amplifies the signal.

    J(k) - J(k + 1) = w* (C + C W* Q^-1 W C)^-1 w >= 0, w = W^k v
    """
    J = measured(lm.fisher_memory_curve, net)
    yield at_most(
        "no lag is remembered better than the one before",
        J[1:],
        J[:-1],
    )
    form, error = memory_lost(net, len(J) - 1)
    yield equal(
        "the decrease is a positive form",
        J[:-1] - J[1:],
        form,
        tolerance=1e-6,
        scale=J[0],
        error=error,
    )


@memory_never_increases_with_the_lag.control("C is replaced by I", families.amplifying)
def _(net: LinearNetwork) -> Findings:
    amplification = np.sum(np.abs(powers(net, 2 * net.size)) ** 2, axis=0)
    yield at_most(
        "no lag is remembered better than the one before",
        amplification[1:],
        amplification[:-1],
    )


def _orthonormal(net: Network) -> str | None:
    V = net.columns()
    distance = np.abs(V.conj().T @ V - np.eye(V.shape[1])).max()
    return None if distance < 1e-9 else "with inputs that are not orthonormal"


@claim(
    "A10",
    source="re-derived",
    family=families.several_inputs,
    conditions=(*NETWORK, WHITE_NOISE, Condition("orthonormal inputs", _orthonormal)),
)
def several_inputs_share_the_largest_eigenvalues(net: LinearNetwork) -> Findings:
    """The total memories of p orthonormal inputs add up to at most the p largest eigenvalues of the spatial matrix.

    tr sum_k J(k) = tr V* J^s V <= lambda_1 + ... + lambda_p <= N, and p for normal networks
    """
    J, V = spatial(net), net.columns()
    p = V.shape[1]
    totals = np.atleast_2d(total(net))
    trace = np.trace(totals).real
    yield equal(
        "the total is a form of the spatial matrix",
        totals,
        V.conj().T @ J @ V,
        tolerance=1e-7,
    )
    yield at_most(
        "its trace is at most that of the best p inputs",
        trace,
        sl.eigvalsh(J)[-p:].sum(),
    )
    if lm.normality_test(net).normal:
        yield equal(
            "its trace is p for a normal network",
            trace,
            p,
        )


several_inputs_share_the_largest_eigenvalues.without(
    "orthonormal inputs", lambda: families.several_inputs(orthonormal=False)
)


def _small_networks() -> Iterator[LinearNetwork]:
    for net in families.non_normal():
        if net.size <= 20:
            yield net


@claim(
    "A15",
    source="GHS, on J(k) as a signal-to-noise ratio; with unknown inputs re-derived",
    conditions=ANY_INPUT,
    family=_small_networks,
)
def unknown_inputs_hide_the_one_that_is_asked_for(net: LinearNetwork) -> Findings:
    """J(k) is the information about one input when all others are known; it is less when they are unknown.

    1 / [F^-1]_kk <= J(k), F the memory matrix of the lags that are unknown; 0 for lag N beside all younger ones

    W^N v is a sum of the younger W^k v, by the theorem of Cayley and Hamilton. Whether these show themselves beside it
    depends on the network: they do in a delay line, where W^N v = 0.
    """
    lags = min(net.size, 5)
    known = measured(lm.fisher_memory_curve, net, lags)
    unknown = lm.nuisance_information(net, lags)
    nothing = lm.nuisance_information(net, net.size + 1, rtol=2.0)[-1]  # the error of the younger lags does not matter
    yield at_most(
        "the information beside unknown inputs is at most J(k)",
        unknown,
        known,
    )
    yield equal(
        "it is 0 for lag N beside the younger ones",
        nothing,
        0.0,
        tolerance=1e-6,
        scale=known[0],
        error=nothing.error,
    )


@unknown_inputs_hide_the_one_that_is_asked_for.control(
    "a delay line keeps the inputs apart", lambda: [lm.chain(n, gain=g) for n, g in [(5, 0.9), (8, 1.2)]]
)
def _(net: LinearNetwork) -> Findings:
    known = lm.fisher_memory_curve(net, 4).values
    unknown = lm.nuisance_information(net, 4)
    yield at_most(
        "the information beside unknown inputs is strictly less",
        unknown[1],
        0.999 * known[1],
    )
