"""Claims A: what holds of the Fisher memory of every stable network."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.linalg as sl

import linmem as lm
from linmem.claims import families
from linmem.claims.claim import claim, measured
from linmem.claims.conditions import (
    ANY_INPUT,
    CONTRACTION,
    DISCRETE,
    NETWORK,
    REAL,
    SINGLE,
    THEORY,
    WHITE_NOISE,
    Condition,
)
from linmem.claims.evidence import at_least, at_most, equal
from linmem.connectivity.normal import haar


def unit_noise(net):
    """J in units of 1 / eps."""
    return net.noise_variance


def random_inputs(net, count, seed=0):
    """Unit vectors, uniform on the sphere, (count, N)."""
    vectors = np.random.default_rng(seed).standard_normal((count, net.size))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def forms(M, vectors):
    """The quadratic forms of many vectors, (count,)."""
    return np.einsum("ni,ij,nj->n", vectors.conj(), M, vectors).real


def powers(net, count):
    """W^k v, k = 0 ... count - 1, as columns."""
    w, found = net.feedforward, []
    for _ in range(count):
        found.append(w)
        w = net.recurrent @ w
    return np.stack(found, axis=-1)


@claim("A1", source="GHS, eqs 2-3", conditions=(*ANY_INPUT, REAL), family=families.real)
def fisher_memory_is_the_information_about_the_past(net):
    """The Fisher memory matrix is the Fisher information of the state about the signal, whatever the signal.

    KL(P(h | s + d) || P(h | s)) = d' J d / 2 for every d

    Exact for a linear network, since the signal moves the mean of a Gaussian and nothing else; for others it is the
    second order of an expansion in d.
    """
    lags = min(net.size, 8)
    d = np.random.default_rng(1).standard_normal(lags)
    difference = sl.solve_triangular(
        sl.cholesky(measured(lm.noise_covariance, net), lower=True), powers(net, lags) @ d, lower=True
    )
    divergence = difference @ difference / 2  # of two Gaussians of one covariance
    J = measured(lm.fisher_memory_matrix, net, lags)
    yield equal("the divergence is a quadratic form of the matrix", d @ J @ d / 2, divergence, tolerance=1e-6)


@fisher_memory_is_the_information_about_the_past.control("units are tanh: information depends on the signal")
def _(net):
    net = lm.ginibre(min(net.size, 5), gain=0.9, rng=5)
    silence, loud = (
        lm.empirical_fisher_memory(net, 1, rng=0, signal=level * np.ones(20), trials=400, nonlinearity="tanh").values
        for level in (0.0, 3.0)
    )
    yield equal("the information is the same for a loud signal", loud, silence, tolerance=0.2)


@claim(
    "A2",
    source="GHS, after eq. 8",
    conditions=(*NETWORK, WHITE_NOISE),
    family=families.stable,
)
def trace_of_spatial_memory_is_n(net):
    """The spatial Fisher memory matrix has trace N: memory can be moved between directions, not made.

    eps tr J^s = N

    Of every stable network, real or complex, however ill-conditioned: tr(C^-1 sum_k W^k W*^k) = tr I.
    """
    trace = unit_noise(net) * np.trace(measured(lm.spatial_fisher_memory, net)).real
    yield equal("the trace is the number of units", trace, net.size)


trace_of_spatial_memory_is_n.without("white noise", families.coloured)


@trace_of_spatial_memory_is_n.control("noise of the readout is counted too")
def _(net):
    C = lm.noise_covariance(net)
    yield equal(
        "the trace is the number of units", np.trace(np.linalg.solve(C + 0.3 * np.eye(net.size), C)).real, net.size
    )


@claim("A3", source="GHS, eq. 9", conditions=THEORY, family=families.stable, inequality=True)
def total_memory_is_at_most_n(net):
    """No input is remembered for more than N steps' worth in all.

    0 < J_tot <= N

    Strictly less for N > 1, since J^s is positive definite of trace N; a chain of growing weight comes as near as one
    likes.
    """
    total = unit_noise(net) * measured(lm.total_fisher_memory, net)
    yield at_least("there is some memory", total, 0)
    yield at_most("no more than the number of units", total, net.size)


total_memory_is_at_most_n.without("a unit input", families.loud)


@claim(
    "A4",
    source="GHS, text to Fig. 3A; the variance re-derived",
    conditions=(*NETWORK, WHITE_NOISE, REAL),
    family=families.real,
)
def random_inputs_hold_one_unit(net):
    """A random input holds one unit of memory on average, in every network.

    E J_tot = 1, Var J_tot = 2 (tr (J^s)^2 - N) / (N (N + 2)), v uniform on the unit sphere

    Asked of 20,000 inputs, within 4.5 standard errors.
    """
    J = unit_noise(net) * measured(lm.spatial_fisher_memory, net)
    yield from _mean_and_variance(J, forms(J, random_inputs(net, 20_000)))


@random_inputs_hold_one_unit.control("inputs of one sign", lambda: [lm.ginibre(n, gain=0.9, rng=n) for n in (5, 20)])
def _(net):
    J = lm.spatial_fisher_memory(net)
    yield from _mean_and_variance(J, forms(J, np.abs(random_inputs(net, 20_000))))


def _mean_and_variance(J, totals):
    n, count = len(J), len(totals)
    variance = 2 * max(np.sum(J * J.T) - n, 0) / (n * (n + 2))
    fourth = np.mean((totals - totals.mean()) ** 4)
    rounding = 1e-9
    yield equal("the mean is one", totals.mean(), 1, tolerance=4.5 * np.sqrt(variance / count) + rounding)
    yield equal(
        "the variance is that of the form",
        totals.var(),
        variance,
        tolerance=1,
        scale=4.5 * np.sqrt(max(fourth - totals.var() ** 2, 0) / count) + rounding,
    )


@claim("A5", source="GHS, after eq. 9", conditions=(*NETWORK, WHITE_NOISE), family=families.stable)
def best_input_is_the_top_eigenvector(net):
    """The input that is remembered best is the top eigenvector of the spatial memory matrix.

    max_v J_tot = lambda_max(J^s), between 1 and N
    """
    J = unit_noise(net) * measured(lm.spatial_fisher_memory, net)
    largest = sl.eigvalsh(J)[-1]
    best = unit_noise(net) * lm.total_fisher_memory(replace(net, feedforward=lm.optimal_input(net)))
    yield equal("the optimal input attains the largest eigenvalue", best, largest)
    yield at_most("no other input does better", forms(J, random_inputs(net, 2000)).max(), best)
    yield at_least("it holds at least one unit", best, 1)
    yield at_most("and at most N", best, net.size)


@best_input_is_the_top_eigenvector.control("the direction that W amplifies most is taken", families.non_normal)
def _(net):
    J = lm.spatial_fisher_memory(net)
    amplified = sl.svd(net.dense())[2][0]
    yield equal("it attains the largest eigenvalue", forms(J, amplified[None]), sl.eigvalsh(J)[-1], tolerance=1e-3)


@claim("A6", source="re-derived: C >= I and C >= W^k W*^k", conditions=THEORY, family=families.stable, inequality=True)
def memory_is_at_most_the_amplification(net):
    """Memory is at most what the network does to the input, and at most what the newest input has.

    J(k) <= min(1, ||W^k v||^2) / eps
    """
    curve = unit_noise(net) * measured(lm.fisher_memory_curve, net)
    amplification = np.sum(np.abs(powers(net, len(curve))) ** 2, axis=0)
    yield at_most("at most one", curve, 1.0)
    yield at_most("at most the amplification", curve, np.maximum(amplification, 1e-300))


@memory_is_at_most_the_amplification.control("noise of variance 1/4 is not counted", families.amplifying)
def _(net):
    yield at_most("at most one", lm.fisher_memory_curve(replace(net, noise=0.25)).values, 1.0)


@claim(
    "A7",
    source="re-derived, by the push-through identity; data processing",
    conditions=ANY_INPUT,
    family=families.stable,
    inequality=True,
)
def memory_never_increases_with_the_lag(net):
    """Memory of a signal can only be lost, even while the network amplifies it.

    J(k) - J(k + 1) = w* (C + C W* Q^-1 W C)^-1 w >= 0, w = W^k v
    """
    curve = measured(lm.fisher_memory_curve, net)
    yield at_most("no lag is remembered better than the one before", curve[1:], curve[:-1])
    W, C, w = net.dense(), measured(lm.noise_covariance, net), powers(net, len(curve) - 1)
    Q = net.noise if net.noise_is_matrix else net.noise * np.eye(net.size)
    lost = C + C @ W.conj().T @ np.linalg.solve(Q, W @ C)
    decrement = np.sum(w.conj() * np.linalg.solve(lost, w), axis=0).real
    yield equal("what is lost is a positive form", curve[:-1] - curve[1:], decrement, tolerance=1e-6, scale=curve[0])


@memory_never_increases_with_the_lag.control("C is replaced by I", families.amplifying)
def _(net):
    curve = np.sum(np.abs(powers(net, 2 * net.size)) ** 2, axis=0)
    yield at_most("no lag is remembered better than the one before", curve[1:], curve[:-1])


@claim("A8", source="GHS, on the Schur form", conditions=ANY_INPUT, family=families.stable)
def rotations_change_nothing(net):
    """Networks that differ by a rotation of their units have the same memory and the same departure from normality.

    (W, v) -> (R W R*, R v), R orthogonal: J and J_tot stay, J^s -> R J^s R*

    Of a defective matrix the departure is not asked: the rounding of R W R* moves its eigenvalues by much.
    """
    R = haar(net.size, np.random.default_rng(3))
    yield from _same_memory(net, R, R.T)


def _same_memory(net, S, inverse):
    moved = replace(net, recurrent=S @ net.dense() @ inverse, feedforward=S @ net.feedforward)
    moved = replace(moved, noise=S @ net.noise @ S.T) if net.noise_is_matrix else moved
    curves = [measured(lm.fisher_memory_curve, one) for one in (moved, net)]
    yield equal("the memory curve stays", *curves, tolerance=1e-6)
    yield equal(
        "so does the growth",
        *(measured(lm.transient_growth, one, 20) for one in (moved, net)),
        tolerance=1e-6,
    )
    if lm.eigenvector_condition(net) < 1e6:
        yield equal(
            "and the departure",
            *(lm.henrici_departure(one) for one in (moved, net)),
            tolerance=1e-6,
            scale=np.linalg.norm(net.dense()),
        )


@rotations_change_nothing.control("coordinates are scaled, not rotated", families.non_normal)
def _(net):
    scale = np.linspace(1, 3, net.size)
    yield from _same_memory(net, np.diag(scale), np.diag(1 / scale))


@claim("A9", source="re-derived", conditions=(*ANY_INPUT, REAL), family=families.coloured)
def coloured_noise_is_white_in_other_coordinates(net):
    """Memory with noise of covariance Q is that of another network with white noise; tr(Q J^s) = N.

    W~ = L^-1 W L, v~ = L^-1 v, Q = L L': J = J~ and L' J^s L = J~^s

    v~ is no unit vector. Normal is a word relative to the noise: with Q = X X*, any W = X Lambda X^-1 has J^s = Q^-1.
    """
    Q = net.noise if net.noise_is_matrix else net.noise * np.eye(net.size)
    L = np.linalg.cholesky(Q)
    white = replace(
        net, recurrent=np.linalg.solve(L, net.dense() @ L), feedforward=np.linalg.solve(L, net.feedforward), noise=1.0
    )
    J = measured(lm.spatial_fisher_memory, net)
    yield equal("trace(Q J^s) is the number of units", np.trace(Q @ J), net.size)
    yield equal(
        "the curve is the same", *(measured(lm.fisher_memory_curve, one) for one in (net, white)), tolerance=1e-7
    )
    yield equal(
        "the spatial matrix is the same", L.T @ J @ L, measured(lm.spatial_fisher_memory, white), tolerance=1e-7
    )


@coloured_noise_is_white_in_other_coordinates.control(
    "normal in the plain metric, with noise that does not commute", lambda: [list(families.coloured())[2]]
)
def _(net):
    v = net.feedforward
    yield equal(
        "the total is that of a normal network",
        lm.total_fisher_memory(net),
        v @ np.linalg.solve(net.noise, v),
        tolerance=1e-3,
    )


def _orthonormal(net):
    V = net.columns()
    far = np.abs(V.conj().T @ V - np.eye(V.shape[1])).max()
    return None if far < 1e-9 else "with inputs that are not orthonormal"


@claim(
    "A10",
    source="re-derived",
    family=families.several_inputs,
    conditions=(*NETWORK, WHITE_NOISE, Condition("orthonormal inputs", _orthonormal)),
)
def several_inputs_share_the_largest_eigenvalues(net):
    """Of p orthonormal inputs the memories add up to the p largest eigenvalues of the spatial matrix at most.

    tr sum_k J(k) = tr V* J^s V <= lambda_1 + ... + lambda_p <= N, and p for normal networks
    """
    J, V = unit_noise(net) * measured(lm.spatial_fisher_memory, net), net.columns()
    total = unit_noise(net) * np.atleast_2d(measured(lm.total_fisher_memory, net))
    p = V.shape[1]
    yield equal("the total is a form of the spatial matrix", total, V.conj().T @ J @ V, tolerance=1e-7)
    yield at_most("its trace is at most that of the best p inputs", np.trace(total).real, sl.eigvalsh(J)[-p:].sum())
    if lm.normality_test(net).normal:
        yield equal("it is p for a normal network", np.trace(total).real, p)


several_inputs_share_the_largest_eigenvalues.without(
    "orthonormal inputs", lambda: families.several_inputs(orthonormal=False)
)


@claim(
    "A11",
    source="re-derived",
    conditions=ANY_INPUT,
    family=lambda: [families.complex_gaussian(n, 0.9, seed=n) for n in (2, 7, 15)],
)
def complex_networks_take_the_conjugate_transpose(net):
    """A complex network has the memory of its real form, half of it for each real parameter.

    C = sum_k W^k W*^k, J(k) = v* W*^k C^-1 W^k v; of a real signal the Fisher information is 2 J for circular noise

    The trace of J^s is N even with plain transposes, in which C is not Hermitian: that test alone misses the mistake.
    """
    W, v = net.dense(), net.feedforward
    halves = np.block([[W.real, -W.imag], [W.imag, W.real]])
    twin = lm.LinearNetwork(halves, np.concatenate([v.real, v.imag]), net.noise / 2)
    C = measured(lm.noise_covariance, net)
    yield equal("C is Hermitian", C, C.conj().T, tolerance=1e-12)
    yield equal(
        "the real form has twice the information",
        measured(lm.fisher_memory_curve, twin, 2 * net.size),
        2 * measured(lm.fisher_memory_curve, net),
        tolerance=1e-7,
    )


@complex_networks_take_the_conjugate_transpose.control("plain transposes")
def _(net):
    W = net.dense()
    C = np.linalg.solve(np.eye(net.size**2) - np.kron(W, W), np.eye(net.size).ravel()).reshape(W.shape)
    yield equal("C is Hermitian", C, C.conj().T, tolerance=1e-3)


@claim(
    "A12",
    source="re-derived",
    conditions=(SINGLE, DISCRETE),
    family=families.non_normal,
)
def small_gain_memory_is_the_commutator(net):
    """Of a weak network the gain over normal ones is its commutator with its transpose.

    J^s = I + W* W - W W* + O(||W||^4)

    Halving W, what is left falls to a sixteenth.
    """
    yield from _sixteenths(net, 1)


def _sixteenths(net, sign):
    M = net.dense() / np.linalg.norm(net.dense(), 2)
    left = []
    for g in (0.1, 0.05, 0.025):
        W = g * M
        commutator = W.conj().T @ W - W @ W.conj().T
        J = measured(lm.spatial_fisher_memory, lm.LinearNetwork(W))
        left.append(np.abs(J - np.eye(net.size) - sign * commutator).max())
    if left[0] > 1e-12:
        yield at_least("each halving leaves a sixteenth", [left[0] / left[1], left[1] / left[2]], 15)
    yield at_most("what is left is of fourth order", left[0], 10 * 0.1**4)


@small_gain_memory_is_the_commutator.control("the sign is swapped")
def _(net):
    yield from _sixteenths(net, -1)


def _two_by_two(seeds=range(12)):
    for seed in seeds:
        a, d, b = np.random.default_rng(seed).uniform([-0.95, -0.95, -3], [0.95, 0.95, 3])
        yield lm.LinearNetwork([[a, b], [0, d]], [0, 1], name=f"[[{a:.3f}, {b:.3f}], [0, {d:.3f}]]")


def _triangle(net):
    return None if net.size == 2 and net.dense()[1, 0] == 0 else "not an upper triangular 2 x 2 matrix"


@claim(
    "A13",
    source="re-derived",
    conditions=(*NETWORK, WHITE_NOISE, REAL, Condition("2 x 2, triangular", _triangle)),
    family=_two_by_two,
)
def two_units_in_closed_form(net):
    """Two units, one of which drives the other, are solved in closed form.

    W = [[a, b], [0, d]]: J^s = I + [[-b^2, b (a - d)], [b (a - d), b^2]] / D, D = (1 - a d)^2 + b^2, and
    lambda_max = 1 + |b| sqrt(b^2 + (a - d)^2) / D
    """
    (a, b), (_, d) = net.dense()
    D = (1 - a * d) ** 2 + b**2
    J = unit_noise(net) * measured(lm.spatial_fisher_memory, net)
    yield equal("the spatial matrix", J, np.eye(2) + np.array([[-b * b, b * (a - d)], [b * (a - d), b * b]]) / D)
    yield equal("its largest eigenvalue", sl.eigvalsh(J)[-1], 1 + abs(b) * np.hypot(b, a - d) / D)


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
def contractions_hold_little(net):
    """A network that shrinks every state holds a bounded memory, however many units it has.

    ||W|| < 1: lambda_max(J^s) <= 1 / (1 - ||W||^2)
    """
    J = unit_noise(net) * measured(lm.spatial_fisher_memory, net)
    yield at_most("the best memory", sl.eigvalsh(J)[-1], 1 / (1 - np.linalg.norm(net.dense(), 2) ** 2))


contractions_hold_little.without("||W|| < 1", lambda: [lm.chain(n, gain=1.3) for n in (8, 20)])


@claim(
    "A15",
    source="GHS, on J(k) as a signal-to-noise ratio; with unknown inputs re-derived",
    conditions=ANY_INPUT,
    family=lambda: [net for net in families.non_normal() if net.size <= 20],
)
def unknown_inputs_hide_the_one_that_is_asked_for(net):
    """J(k) is the information about one input when all others are known; it is less when they are not.

    1 / [F^-1]_kk <= J(k), F the memory matrix of the lags that are unknown; 0 for more than N of them
    """
    lags = min(net.size, 5)
    known = measured(lm.fisher_memory_curve, net, lags)
    unknown = lm.nuisance_information(net, lags)
    yield at_most("information beside unknown inputs is less", unknown, known)
    yield equal(
        "nothing is left beside more than N",
        lm.nuisance_information(net, net.size + 1),
        0.0,
        tolerance=1e-6,
        scale=known[0],
    )


@unknown_inputs_hide_the_one_that_is_asked_for.control(
    "a delay line keeps them apart", lambda: [lm.chain(n, gain=g) for n, g in [(5, 0.9), (8, 1.2)]]
)
def _(net):
    known, unknown = lm.fisher_memory_curve(net, 4).values, lm.nuisance_information(net, 4)
    yield at_most("information beside unknown inputs is strictly less", unknown[1], 0.999 * known[1])
