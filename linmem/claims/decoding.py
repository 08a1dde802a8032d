"""Claims E: decoders, memory functions, capacity and information.

The signal is white, of variance x in units of the noise: x = s^2 / eps. F is the Fisher memory matrix for eps = 1.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.linalg as sl

import linmem as lm
from linmem.claims import families
from linmem.claims.claim import claim, measured
from linmem.claims.conditions import ANY_INPUT, ONE_INPUT, REAL, WHITE_NOISE, Condition, lacking
from linmem.claims.evidence import at_least, at_most, equal
from linmem.claims.fisher_memory import powers
from linmem.network import LinearNetwork

SNRS = (0.1, 3.0, 100.0)
WEAK = 1e22  # a signal beside which noise is nothing: cond P, of the few units that it is asked of, is below 1e14
FEW = 8  # units
LAGS = 12


def heard(net, lags):
    """W^k v for the first lags, as columns, and the sum of their outer products over all; noise counted as one."""
    L = sl.cholesky(measured(lm.noise_covariance, net) / net.noise_variance, lower=True)
    W = sl.solve_triangular(L, net.dense() @ L, lower=True)  # a contraction: the Stein equation is well-conditioned
    v = sl.solve_triangular(L, net.feedforward, lower=True)
    return powers(LinearNetwork(W, v), lags), sl.solve_discrete_lyapunov(W, np.outer(v, v.conj()))


def explained(w, G, x):
    """The share of the variance of each lag that the best readout explains: the forms of x (1 + x G)^-1."""
    return x * np.sum(w.conj() * sl.solve(np.eye(len(G)) + x * G, w, assume_a="pos"), axis=0).real


def memory_matrix(net, horizon):
    """F over a horizon, and the noise of it: all lags that there are."""
    w = powers(net, horizon)
    C = measured(lm.noise_covariance, net, horizon=horizon) / net.noise_variance
    return w.conj().T @ sl.solve(C, w, assume_a="pos")


def confusing():
    """Networks in which the memories of two lags overlap."""
    return [
        lm.ginibre(5, gain=0.9, rng=5),
        lm.ginibre(20, gain=0.99, rng=20),
        lm.jordan(6, eigenvalue=0.5),
        lm.feedback_chain(30, feedforward=0.9, feedback=0.2),
        lm.ring(8, gain=0.99),
        lm.symmetric_wigner(12, gain=0.9, rng=3),
    ]


def _dual(net, horizon, F):
    """m over a horizon, against the diagonal of an inverse."""
    for x in SNRS:
        m = measured(lm.memory_function, net, horizon, snr=x, horizon=horizon)
        dual = 1 - np.diagonal(sl.inv(np.eye(horizon) + x * F)).real
        yield equal("over a horizon it is the dual of the memory matrix", m, dual, tolerance=1e-7)


@claim(
    "E1",
    source="White, Lee & Sompolinsky (2004); GHS, Fig. 5C; the duality re-derived",
    conditions=ANY_INPUT,
    family=families.stable,
    figures=("shift_register", "fan_out_memory"),
)
def memory_function_is_the_dual_of_the_memory_matrix(net):
    """The memory function is the variance that the best readout explains; the Fisher memory matrix determines it.

    m(k) = 1 - MMSE / s^2 = x w* (C + x P)^-1 w = 1 - [(1 + x F)^-1]_kk, w = W^k v, P = sum_k W^k v v* W*^k, eps = 1

    Between state and signal all is Gaussian, so that the best of all readouts is linear. F is over all lags; over a
    horizon of n steps, for signal and noise, it is n x n.
    """
    w, G = heard(net, LAGS)
    for x in SNRS:
        m = measured(lm.memory_function, net, LAGS, snr=x)
        yield equal("it is the variance explained", m, explained(w, G, x), tolerance=1e-7)
        best = x * sl.solve(np.eye(len(G)) + x * G, w[:, 0], assume_a="pos")
        others = best[:, None] * (1 + 0.1 * np.random.default_rng(0).standard_normal((net.size, 20)))
        error = x * np.abs(1 - others.conj().T @ w[:, 0]) ** 2 + _forms(np.eye(len(G)) + x * (G - _outer(w)), others)
        yield at_most("no other readout explains more", 1 - error / x, m[0])
    horizon = max(4, min(2 * net.size, 40))
    yield from _dual(net, horizon, memory_matrix(net, horizon))


def _outer(w):
    return np.outer(w[:, 0], w[:, 0].conj())


def _forms(M, vectors):
    return np.einsum("in,ij,jn->n", vectors.conj(), M, vectors).real


@memory_function_is_the_dual_of_the_memory_matrix.control("lags are taken one by one: F is its diagonal", confusing)
def _(net):
    yield from _dual(net, 2 * net.size, np.diag(np.diagonal(memory_matrix(net, 2 * net.size))))


@claim(
    "E2",
    source="re-derived; the sum after White, Lee & Sompolinsky (2004)",
    conditions=ANY_INPUT,
    family=families.real,
    inequality=True,
    figures=("shift_register",),
)
def capacity_is_at_most_the_fisher_memory_and_the_rank(net):
    """Lags cannot be told apart for nothing: each is decoded at most as well as if the others were known.

    m(k) <= x J(k) / (1 + x J(k)), sum_k m(k) <= min(rank[v, W v, ...], x J_tot), for eps = 1

    What confusion costs is 1 + x J(k) - 1 / (1 - m(k)), at most x^2 f and at least x^2 f / (1 + x J_tot), where f is
    the sum of F_kl^2 over the other lags: nothing if and only if F is diagonal, as of delay lines and fan-out trees.
    """
    w, G = heard(net, LAGS)
    J = net.noise_variance * measured(lm.fisher_memory_curve, net, LAGS)
    total = net.noise_variance * measured(lm.total_fisher_memory, net)
    confused = np.maximum(_forms(G, w) - J**2, 0)
    for x in SNRS:
        m, capacity = measured(lm.memory_function, net, LAGS, snr=x), measured(lm.memory_capacity, net, snr=x)
        yield at_most("each lag is decoded as if alone, at most", m, x * J / (1 + x * J))
        yield at_most("capacity is at most what is reached", capacity, lm.memory_capacity(net))
        yield at_most("and at most the total", capacity, x * total)
        alone, precision = 1 + x * J, 1 / (1 - m)
        yield at_most("confusion costs something", precision, alone - x**2 * confused / (1 + x * total), slack=1e-7)
        yield at_least("and no more than that", precision, alone - x**2 * confused, slack=1e-7)


@capacity_is_at_most_the_fisher_memory_and_the_rank.control("no lags are said to be confused", confusing)
def _(net):
    ratio = lm.snr_curve(net, LAGS, snr=3.0)
    m = lm.memory_function(net, LAGS, snr=3.0).values
    yield equal("each lag is decoded as if alone", m, ratio / (1 + ratio), tolerance=1e-3)


@capacity_is_at_most_the_fisher_memory_and_the_rank.control(
    "the signal is correlated", lambda: [lm.chain(8, gain=1.3), lm.ginibre(5, gain=0.2, rng=5), lm.fan_out_tree(4)]
)
def _(net):
    ratio = lm.snr_curve(net, LAGS, snr=3.0)
    m = lm.memory_function(net, LAGS, snr=3.0, autocovariance=[1, 0.5]).values
    yield at_most("each lag is decoded as if alone, at most", m, ratio / (1 + ratio))


def _rank(net):
    """The number of dimensions that the input reaches, by orthonormal steps: powers would run together."""
    W, reached = net.dense(), np.zeros((net.size, 0))
    ahead = net.feedforward
    while reached.shape[1] < net.size:
        for _ in range(2):
            ahead = ahead - reached @ (reached.conj().T @ ahead)
        length = np.linalg.norm(ahead)
        if length <= 1e-8 * (np.linalg.norm(W) if reached.shape[1] else 0.0) or not length:
            break
        reached = np.column_stack([reached, ahead / length])
        ahead = W @ reached[:, -1]
    return reached.shape[1]


def _few(net):
    return None if net.size <= FEW else f"of more than {FEW} units"


def few():
    """All dimensions reached, or few of them."""
    yield lm.ginibre(2, gain=0.6, rng=2)
    yield lm.ginibre(5, gain=0.9, rng=5)
    yield lm.ginibre(8, gain=0.8, rng=8)
    yield lm.jordan(6, eigenvalue=0.5)
    yield lm.chain(5, gain=0.9)
    yield lm.ring(6, gain=0.9)
    yield lm.symmetric_wigner(6, gain=0.9, rng=3)
    yield from not_reached()


def not_reached():
    """Their input reaches some dimensions only, or some of equal eigenvalues."""
    yield LinearNetwork(
        np.diag([0.9, 0.7, 0.5, -0.3, -0.6, 0.2]), np.array([1, 1, 1, 1, 0, 0]) / 2, name="four of six modes"
    )
    yield lm.identity(5, gain=0.8)


@claim(
    "E3",
    source="Jaeger (2001); Ballarin, Grigoryeva & Ortega (2024), abstract; invariance re-derived",
    conditions=(*ANY_INPUT, Condition("few units", _few)),
    family=few,
)
def noiseless_capacity_tells_no_two_networks_apart(net):
    """Without noise the capacity is the number of dimensions that the input reaches, whatever the weights.

    sum_k m(k) = rank[v, W v, ..., W^(N-1) v], N if and only if (W, v) is controllable; m is that of (S W S^-1, S v) for
    any S, and of (W, p(W) v) for any p(W) that is invertible: it depends on eigenvalues alone

    Asked of a signal beside which noise is next to nothing, x = 1e22, and not by the eigenvalues. With noise none of
    this holds: capacity without noise is no measure of a network.
    """
    yield from _alike(net, WEAK, _rank(net))


def _alike(net, x, rank):
    rng = np.random.default_rng(0)
    S = np.eye(net.size) + 0.3 * rng.standard_normal((net.size, net.size))
    similar = replace(net, recurrent=S @ net.dense() @ np.linalg.inv(S), feedforward=S @ net.feedforward)
    other = replace(net, feedforward=net.feedforward + 0.5 * net.dense() @ net.feedforward)  # 1 + W / 2 is invertible
    yield equal("capacity is the rank", measured(lm.memory_capacity, net, snr=x), rank, tolerance=1e-6)
    m = measured(lm.memory_function, net, LAGS, snr=x)
    yield equal("coordinates do not matter", measured(lm.memory_function, similar, LAGS, snr=x), m, tolerance=1e-6)
    yield equal("nor does the input", measured(lm.memory_function, other, LAGS, snr=x), m, tolerance=1e-6)


@noiseless_capacity_tells_no_two_networks_apart.control("there is as much noise as signal")
def _(net):
    yield from _alike(net, 1.0, _rank(net))


@noiseless_capacity_tells_no_two_networks_apart.control("the number of units is taken for the rank", not_reached)
def _(net):
    yield from _alike(net, WEAK, net.size)


@noiseless_capacity_tells_no_two_networks_apart.control(
    "the other input misses an eigenvector",
    lambda: [LinearNetwork(np.diag(np.linspace(-0.6, 0.9, n)), np.ones(n) / np.sqrt(n)) for n in (3, 6)],
)
def _(net):
    fewer = replace(net, feedforward=np.append(net.feedforward[:-1], 0))
    yield equal("nor does the input", *(lm.memory_function(one, LAGS, snr=WEAK).values for one in (fewer, net)))


def _controllable(net):
    if lacking(net, ANY_INPUT):
        return None  # which is said already
    return None if _rank(net) == net.size else "with an input that does not reach every unit"


def takenaka_malmquist(spectrum, points):
    """sum_i |c_ik|^2 for k < points, the coefficients from values on the unit circle."""
    z = np.exp(2j * np.pi * np.arange(points) / points)
    values, product = np.zeros(points), np.ones(points, complex)
    for one in spectrum:
        series = product / (1 - one * z)
        values += (1 - abs(one) ** 2) * np.abs(np.fft.fft(series) / points) ** 2
        product = series * (z - np.conj(one))
    return values


@claim(
    "E4",
    source="re-derived, by the orthonormal functions of Takenaka and Malmquist",
    conditions=(*ANY_INPUT, REAL, Condition("controllable", _controllable)),
    family=lambda: [
        *(net for net in few() if _controllable(net) is None),
        lm.ginibre(20, gain=0.9, rng=20),
        lm.ginibre(50, gain=0.9, rng=50),
        lm.ginibre(100, gain=0.9, rng=100),
    ],
)
def noiseless_memory_is_a_cascade_of_filters(net):
    """Without noise memory is that of a cascade of filters, one for each eigenvalue, which lose nothing.

    m(k) = sum_i |c_ik|^2, sum_k c_ik z^k = sqrt(1 - |l_i|^2) / (1 - l_i z) prod_{j < i} (z - conj l_j) / (1 - l_j z);
    m(0) = 1 - det(W)^2; m does not increase; its sum is N

    A Gram matrix that is solved as it stands finds 38 of 50 units, and 53 of 100: the cascade finds them all.
    """
    W = net.dense()
    radius = np.abs(sl.eigvals(W)).max()
    points = 2 ** int(np.ceil(np.log2((40 + 2 * net.size) / (1 - radius))))
    m = measured(lm.memory_function, net, points, snr=np.inf)
    yield equal("the cascade", m, takenaka_malmquist(sl.eigvals(W), points), tolerance=1e-7)
    if net.size <= FEW:
        weak = measured(lm.memory_function, net, LAGS, snr=WEAK)
        yield equal("it is the limit of weak noise", m[:LAGS], weak, tolerance=1e-6)
    yield equal("the newest signal", m[0], 1 - np.linalg.det(W) ** 2, tolerance=1e-9)
    yield at_most("no lag is remembered better than the one before", m[1:], m[:-1])
    yield equal("the sum is the number of units", m.sum(), net.size)


noiseless_memory_is_a_cascade_of_filters.without("an input that reaches all", not_reached)


@noiseless_memory_is_a_cascade_of_filters.control(
    "the Gram matrix is solved as it stands", lambda: [lm.ginibre(n, gain=0.9, rng=n) for n in (50, 100)]
)
def _(net):
    P = sl.solve_discrete_lyapunov(net.dense(), np.outer(net.feedforward, net.feedforward))
    w = powers(net, 600)
    m = np.sum(w * np.linalg.lstsq(P, w)[0], axis=0)
    yield equal("the sum is the number of units", m.sum(), net.size, tolerance=0.01)


SAMPLES = {"units": 15, "steps": 400, "targets": 600}


def _states_and_noise(units, steps, targets):
    """States of a network, and targets that they know nothing of."""
    states = lm.simulate(lm.ginibre(units, gain=0.9, rng=1), steps=steps, rng=5, burn_in=100).states
    return states, np.random.default_rng(6).standard_normal((steps, targets))


def _naive(states, targets):
    """r^2 of a regression on the data that it was fitted to."""
    y, basis = targets - targets.mean(axis=0), np.linalg.qr(states - states.mean(axis=0))[0]
    return np.sum((basis.T @ y) ** 2, axis=0) / np.sum(y**2, axis=0)


def _biased(r2, units, steps, targets):
    """The mean of many r^2 of nothing is N / (T - 1)."""
    bias = units / (steps - 1)
    error = 4.5 * np.sqrt(2 * bias * (1 - bias) / (steps + 1) / targets)  # r^2 is of a beta distribution
    yield equal("the mean is N / (T - 1)", r2.mean(), bias, tolerance=error, scale=1)


@claim("E5", source="re-derived: r^2 of a regression on N regressors is beta distributed")
def memory_from_samples_is_too_large():
    """The memory function of a fitted readout is too large, by N / (T - 1) for each lag that is long forgotten.

    E r^2 = N / (T - 1), T steps of data; summed over K lags, about K N / T too much, so that it can exceed N

    Asked of 600 targets that the state knows nothing of, within 4.5 standard errors.
    """
    data = _states_and_noise(**SAMPLES)
    yield from _biased(_naive(*data), **SAMPLES)
    fitted = lm.fit_decoder(*data)
    error = 4.5 * np.sqrt(2 * SAMPLES["units"] / SAMPLES["targets"]) / SAMPLES["steps"]
    yield at_most("adjusted, there is none of it", abs(fitted.adjusted.mean()), error)
    yield at_most("nor on data that were held out", fitted.r2.mean(), error)
    n, lags, steps = 6, 60, 150
    signal = np.random.default_rng(7).standard_normal(lags + steps)
    states = lm.simulate(lm.ginibre(n, gain=0.7, rng=2), signal, rng=0, noise=False).states
    past = np.stack([np.roll(signal, k) for k in range(lags)], axis=1)
    yield at_least("the naive capacity exceeds the number of units", _naive(states[lags:], past[lags:]).sum(), n)


@memory_from_samples_is_too_large.control("r^2 is adjusted")
def _():
    yield from _biased(lm.fit_decoder(*_states_and_noise(**SAMPLES)).adjusted, **SAMPLES)


@memory_from_samples_is_too_large.control("data are held out")
def _():
    yield from _biased(lm.fit_decoder(*_states_and_noise(**SAMPLES)).r2, **SAMPLES)


@claim(
    "E6",
    source="re-derived; the slope after Guo, Shamai & Verdu (2005)",
    conditions=(*ANY_INPUT, REAL),
    family=families.real,
    inequality=True,
)
def information_is_bounded_by_the_total_memory(net):
    """The information of the state about the past is a log-determinant, below what total Fisher memory allows.

    I = log det(1 + x F) / 2 <= (N / 2) log(1 + x J_tot / N) <= x J_tot / 2 for eps = 1, reached as x -> 0; and
    2 x dI/dx = sum_k m(k)

    For a Gaussian signal: of any other of the same variance the state knows less.
    """
    n, (_, G) = net.size, heard(net, 1)
    total = net.noise_variance * measured(lm.total_fisher_memory, net)
    for x in SNRS:
        information = measured(lm.mutual_information, net, snr=x)
        yield equal("it is a log-determinant", information, _log_det(x * G), tolerance=1e-7)
        yield at_most("the total bounds it", information, n / 2 * np.log1p(x * total / n))
        h = 0.02
        at = {step: measured(lm.mutual_information, net, snr=x * np.exp(step * h)) for step in (-2, -1, 1, 2)}
        slope = (at[-2] - 8 * at[-1] + 8 * at[1] - at[2]) / (12 * h)  # right to h^4 / 30
        capacity = measured(lm.memory_capacity, net, snr=x)
        yield equal("its slope is the capacity", 2 * slope, capacity, tolerance=1e-6)
    x = 1e-6 / total
    yield equal(
        "weak signals reach the bound", 2 * measured(lm.mutual_information, net, snr=x) / x, total, tolerance=2e-6
    )
    F = memory_matrix(net, min(2 * n, 40))
    over_horizon = measured(lm.mutual_information, net, snr=3.0, horizon=len(F))
    yield equal("over a horizon it is that of the memory matrix", over_horizon, _log_det(3.0 * F), tolerance=1e-7)


def _log_det(M):
    return np.linalg.slogdet(np.eye(len(M)) + M)[1] / 2


@information_is_bounded_by_the_total_memory.control(
    "the signal is binary", lambda: [LinearNetwork([[0.0]], [v], name=f"a unit, input {v:g}") for v in (1.0, 4.0)]
)
def _(net):
    level = abs(net.feedforward[0]) * np.sqrt(3.0)
    z, weight = np.polynomial.hermite_e.hermegauss(120)
    lost = weight / weight.sum() @ np.logaddexp(0, -2 * level * (level + z))
    yield equal("it is a log-determinant", np.log(2) - lost, lm.mutual_information(net, 3.0), tolerance=1e-3)


@information_is_bounded_by_the_total_memory.control("the slope is said to be half of it")
def _(net):
    low, high = (lm.mutual_information(net, 3.0 * step) for step in (0.99, 1.01))
    yield equal("its slope is the capacity", (high - low) / 0.02, lm.memory_capacity(net, snr=3.0), tolerance=0.01)


def _gain_of_ring(net):
    """The weight of a ring that is driven at one unit; None of any other network."""
    if lacking(net, (ONE_INPUT,)):
        return None
    W, v = net.dense(), net.feedforward
    gain = W[1 % net.size, 0]
    alone = np.count_nonzero(v) == 1 and abs(v).max() == 1
    return (
        gain
        if alone and np.isrealobj(W) and gain > 0 and np.array_equal(W, gain * np.roll(np.eye(net.size), 1, axis=0))
        else None
    )


def _ring(net):
    return None if _gain_of_ring(net) else "not a ring with input to one unit"


@claim(
    "E7",
    source="White, Lee & Sompolinsky (2004), the model; the formula re-derived",
    conditions=(*ANY_INPUT, WHITE_NOISE, REAL, Condition("ring", _ring)),
    family=lambda: [lm.ring(n, gain=gain) for n, gain in [(1, 0.6), (3, 0.9), (10, 0.95), (24, 0.3), (48, 0.99)]],
    figures=("shift_register",),
)
def shift_register_is_decoded_in_closed_form(net):
    """A ring of delays keeps the signals of N steps apart, and confuses those that are N steps older with them.

    m(k) = al^k / (al^(k mod N) / (1 - al^N) + 1 / (x (1 - al))), al = a^2

    At x = 1000 the capacity of 100 units is 44.3, 88.2, 90.8 for al = .9, .98, .995; of a random rotation of the same
    gain it is 39.5, 76.8, 80.3. White's average over random rotations is not re-derived here.
    """
    yield from _register(net, _gain_of_ring(net) ** 2)


def _register(net, al):
    n, k = net.size, np.arange(2 * net.size + 3)
    for x in (*SNRS, 1e3):
        expected = al**k / (al ** (k % n) / (1 - al**n) + 1 / (x * (1 - al)))
        m = measured(lm.memory_function, net, len(k), snr=x)
        yield equal("the memory function", m, expected)
        j = np.arange(n)
        whole = np.sum(x * al**j / (x * al**j + (1 - al**n) / (1 - al)))
        yield equal("the capacity", measured(lm.memory_capacity, net, snr=x), whole)


@shift_register_is_decoded_in_closed_form.control(
    "rotations are random", lambda: [lm.random_orthogonal(n, gain=0.95, rng=n) for n in (3, 10, 24)]
)
def _(net):
    yield from _register(net, 0.95**2)


@shift_register_is_decoded_in_closed_form.control(
    "older signals are not confused", lambda: [lm.ring(n, gain=gain) for n, gain in [(3, 0.9), (10, 0.95), (100, 0.99)]]
)
def _(net):
    al, k = _gain_of_ring(net) ** 2, np.arange(2 * net.size + 3)
    m = lm.memory_function(net, len(k), snr=1e3).values
    yield equal("the memory function", m, al**k / (al**k / (1 - al**net.size) + 1 / (1e3 * (1 - al))), tolerance=1e-7)


def fan_out(layers):
    """A delay line with the amplification of a fan-out tree, k + 1, and so with its memory."""
    k = np.arange(1, layers)
    return replace(lm.inhomogeneous_chain(np.sqrt((k + 1) / k)), name=f"the line of a tree of {layers} layers")


@claim(
    "E8",
    source="White, Lee & Sompolinsky (2004); GHS, Fig. 5C and D",
    conditions=(*ANY_INPUT, REAL),
    family=lambda: [*families.real(), fan_out(118)],
    figures=("fan_out_memory",),
)
def memory_function_is_the_square_of_a_correlation(net):
    """The memory function is the square of Pearson's correlation between the signal and what is read out.

    m(k) = E[s s^] / E[s^2] = corr(s, s^)^2

    Both are called a correlation. Of a fan-out tree of 118 layers at x = 20 the memory function is .952 of the newest
    signal and .789 of the oldest, where Pearson's r is .888.
    """
    for name, number in _correlations(net):
        m = measured(lm.memory_function, net, LAGS, snr=20.0)
        yield equal(name, number, m, tolerance=1e-7)


def _correlations(net, x=20.0):
    """Of the best readout, from covariances."""
    w, G = heard(net, LAGS)
    state = np.eye(len(G)) + x * G
    readout = x * sl.solve(state, w, assume_a="pos")
    shared, variance = x * np.sum(readout * w, axis=0), _forms(state, readout)
    yield "E[s s^] / E[s^2]", shared / x
    yield "the square of Pearson's r", np.where(variance > 0, shared**2 / (x * np.where(variance > 0, variance, 1)), 0)


@memory_function_is_the_square_of_a_correlation.control("Pearson's r is taken for it")
def _(net):
    m = lm.memory_function(net, LAGS, snr=20.0).values
    for _, number in _correlations(net):
        yield equal("Pearson's r", np.sqrt(number), m, tolerance=1e-3)


DEGREES = 14  # lags, up to which products of the past are formed


def _processed(net, nonlinearity=None, steps=20_000):
    """Capacities for the past of a uniform signal, and for its Legendre products of degrees two and three."""
    signal = np.random.default_rng(5).uniform(-1, 1, steps + 100)
    states = lm.simulate(net, 6 * signal, rng=0, nonlinearity=nonlinearity, noise=False).states[100:]
    past = np.stack([np.roll(signal, k) for k in range(DEGREES)], axis=1)[100:]
    pairs = [past[:, i] * past[:, j] for i in range(DEGREES) for j in range(i)]
    others = np.concatenate([np.stack(pairs, axis=1), past**2 - 1 / 3, past**3 - 0.6 * past], axis=1)
    error = 9 * np.sqrt(2 * net.size * others.shape[1]) / steps  # twice 4.5 standard errors: states are correlated
    return lm.fit_decoder(states, past), lm.fit_decoder(states, others).adjusted.sum(), error


def _linear(others, error):
    return equal("nothing else is processed", others, 0.0, tolerance=error, scale=1)


@claim(
    "E9",
    source="Dambre, Verstraeten, Schrauwen & Massar (2012), abstract",
    conditions=(*ANY_INPUT, REAL, Condition("few units", _few)),
    family=lambda: [lm.ginibre(6, gain=0.7, rng=2), lm.chain(5), lm.symmetric_wigner(4, gain=0.8, rng=3)],
    open="that capacities for all functions of the past add up to N, of any network that forgets, is read in an "
    "abstract; seen here are products up to the third degree",
)
def a_linear_network_processes_nothing_but_its_past(net):
    """The capacities of a network for orthogonal functions of its past add up to N at most; linear ones spend it all.

    sum_y C[y] <= N, C[y] = 1 - min_w E (y - w' h)^2 / E y^2 over orthogonal functions y of the past

    By Bessel's inequality, in the space that the states span; a linear function of a white signal is orthogonal to all
    products of its values. Asked of 20,000 steps of simulation without noise.
    """
    past, others, error = _processed(net)
    theory = measured(lm.memory_function, net, DEGREES, snr=np.inf)
    spread = 9 * float(np.linalg.norm(past.adjusted_standard_error)) + 1e-6
    yield equal("the past is", past.adjusted.sum(), theory.sum(), tolerance=spread, scale=1)
    yield _linear(others, error)
    yield at_most("all together at most the number of units", past.adjusted.sum() + others, net.size + spread + error)


@a_linear_network_processes_nothing_but_its_past.control("units are tanh")
def _(net):
    yield _linear(*_processed(net, "tanh")[1:])
