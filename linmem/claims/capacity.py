"""Claims E3 to E5 and E9: capacity without noise, from samples, and for functions of the past."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import scipy.linalg as sl

import linmem as lm
from linmem.claims.claim import claim
from linmem.claims.conditions import ANY_INPUT, REAL, Condition, lacking
from linmem.claims.evidence import Evidence, Findings, at_least, at_most, equal, unanswered
from linmem.claims.measures import measured, powers
from linmem.connectivity.normal import haar
from linmem.errors import AccuracyError
from linmem.linalg.stein import ULP
from linmem.network import LinearNetwork, Network
from linmem.simulation.decoders import FittedDecoder

WEAK = 1e22  # a signal beside which noise is nothing: cond P of the few units that it is used for is below 1e14
FEW = 8  # units
MOST_LAGS = 2**20  # of a noiseless memory function
LAGS = 12


def _few(net: Network) -> str | None:
    return None if net.size <= FEW else f"of more than {FEW} units"


def few() -> Iterator[LinearNetwork]:
    """Small networks whose input reaches all dimensions, or few of them."""
    yield lm.ginibre(2, gain=0.6, rng=2)
    yield lm.ginibre(5, gain=0.9, rng=5)
    yield lm.ginibre(8, gain=0.8, rng=8)
    yield lm.jordan(6, eigenvalue=0.5)
    yield lm.chain(5, gain=0.9)
    yield lm.ring(6, gain=0.9)
    yield lm.symmetric_wigner(6, gain=0.9, rng=3)
    yield from not_reached()


def not_reached() -> Iterator[LinearNetwork]:
    """Networks whose input reaches some dimensions only, or only some of equal eigenvalues."""
    yield LinearNetwork(
        np.diag([0.9, 0.7, 0.5, -0.3, -0.6, 0.2]), np.array([1, 1, 1, 1, 0, 0]) / 2, name="four of six modes"
    )
    yield lm.identity(5, gain=0.8)


def _dimensions_reached(net: LinearNetwork) -> float:
    """The rank of [v, W v, ...]: the sum of the memory function without noise."""
    m = lm.memory_function(net, _lags_to_forget(net.radius.value, net.size), snr=np.inf).values
    return float(np.round(m.sum()))


def _lags_to_forget(radius: float, n: int) -> int:
    """A power of two of lags, after which a network of this radius remembers nothing."""
    lags = 2 ** int(np.ceil(np.log2((40 + 2 * n) / (1 - radius))))
    if lags > MOST_LAGS:
        raise AccuracyError(np.inf, 1e-8, reason=f"it takes {lags} lags to forget, more than {MOST_LAGS}")
    return lags


@claim(
    "E3",
    source="Jaeger (2001); Ballarin, Grigoryeva & Ortega (2024), abstract; invariance re-derived",
    conditions=(*ANY_INPUT, Condition("few units", _few)),
    family=few,
)
def noiseless_capacity_tells_no_two_networks_apart(net: LinearNetwork) -> Findings:
    """Without noise the capacity is the number of dimensions that the input reaches, whatever the weights are.

    sum_k m(k) = rank[v, W v, ..., W^(N-1) v], N if and only if (W, v) is controllable; m is that of (S W S^-1, S v) for
    any S, and of (W, p(W) v) for any p(W) that is invertible: it depends on eigenvalues alone

    The check takes a signal beside which noise is next to nothing, x = 1e22, and does not use eigenvalues. With noise
    none of this holds: the capacity without noise is no measure of a network.
    """
    yield from _alike(net, WEAK, _dimensions_reached(net))


def _alike(net: LinearNetwork, x: float, rank: float) -> Findings:
    rng = np.random.default_rng(0)
    left, right = haar(net.size, rng), haar(net.size, rng)
    stretch = rng.uniform(0.5, 2, net.size)
    S = left * stretch @ right
    inverse = (right.T / stretch) @ left.T
    similar = replace(net, recurrent=S @ net.dense() @ inverse, feedforward=S @ net.feedforward)
    other_input = net.feedforward + 0.5 * net.dense() @ net.feedforward  # 1 + W / 2 is invertible
    other = replace(net, feedforward=other_input)
    m = measured(lm.memory_function, net, LAGS, snr=x)
    # the rounding of S W S^-1 reaches new dimensions, with this power beside the noise
    condition = stretch.max() / stretch.min()  # of S: both products are rounded
    rounding = ULP * condition * np.linalg.norm(net.dense(), 2) * np.linalg.norm(net.feedforward)
    error = x * net.size * rounding**2
    yield equal(
        "the capacity is the rank",
        measured(lm.memory_capacity, net, snr=x),
        rank,
        tolerance=1e-6,
    )
    yield equal(
        "coordinates do not matter",
        measured(lm.memory_function, similar, LAGS, snr=x),
        m,
        tolerance=1e-6,
        error=error,
    )
    yield equal(
        "the input does not matter",
        measured(lm.memory_function, other, LAGS, snr=x),
        m,
        tolerance=1e-6,
    )


@noiseless_capacity_tells_no_two_networks_apart.control("there is as much noise as signal")
def _(net: LinearNetwork) -> Findings:
    yield from _alike(net, 1.0, _dimensions_reached(net))


@noiseless_capacity_tells_no_two_networks_apart.control("the number of units is taken for the rank", not_reached)
def _(net: LinearNetwork) -> Findings:
    yield from _alike(net, WEAK, net.size)


@noiseless_capacity_tells_no_two_networks_apart.control(
    "the other input misses an eigenvector",
    lambda: [LinearNetwork(np.diag(np.linspace(-0.6, 0.9, n)), np.ones(n) / np.sqrt(n)) for n in (3, 6)],
)
def _(net: LinearNetwork) -> Findings:
    fewer = replace(net, feedforward=np.append(net.feedforward[:-1], 0))
    curves = [lm.memory_function(network, LAGS, snr=WEAK).values for network in (fewer, net)]
    yield equal("the input does not matter", *curves)


def _controllable(net: Network) -> str | None:
    if lacking(net, ANY_INPUT):
        return None  # these conditions report that themselves
    try:
        reached = lm.memory_capacity(net)
    except AccuracyError:
        return "not known to be driven in every dimension"
    return None if reached == net.size else "with an input that does not reach every unit"


def takenaka_malmquist(eigenvalues: np.ndarray, points: int) -> np.ndarray:
    """sum_i |c_ik|^2 for k < points; the coefficients come from the values on the unit circle."""
    z = np.exp(2j * np.pi * np.arange(points) / points)
    m = np.zeros(points)
    product = np.ones(points, complex)
    for eigenvalue in eigenvalues:
        series = product / (1 - eigenvalue * z)
        coefficients = np.fft.fft(series) / points
        m += (1 - abs(eigenvalue) ** 2) * np.abs(coefficients) ** 2
        product = series * (z - np.conj(eigenvalue))
    return m


def _controllable_networks() -> Iterator[LinearNetwork]:
    for net in few():
        if _controllable(net) is None:
            yield net
    for n in (20, 50, 100):
        yield lm.ginibre(n, gain=0.9, rng=n)


@claim(
    "E4",
    source="re-derived, by the orthonormal functions of Takenaka and Malmquist",
    conditions=(*ANY_INPUT, REAL, Condition("controllable", _controllable)),
    family=_controllable_networks,
)
def noiseless_memory_is_a_cascade_of_filters(net: LinearNetwork) -> Findings:
    """Without noise the memory function is that of a cascade of lossless filters, one for each eigenvalue.

    m(k) = sum_i |c_ik|^2, sum_k c_ik z^k = sqrt(1 - |l_i|^2) / (1 - l_i z) prod_{j < i} (z - conj l_j) / (1 - l_j z);
    m(0) = 1 - det(W)^2; m does not increase; its sum is N

    A Gram matrix that is solved as it stands finds 38 of 50 units, and 53 of 100. The cascade finds all of them.
    """
    W = net.dense()
    eigenvalues = sl.eigvals(W)
    points = _lags_to_forget(net.radius.value, net.size)
    m = measured(lm.memory_function, net, points, snr=np.inf)
    yield _cascade(m, eigenvalues, net.radius.value)
    if net.size <= FEW:
        weak = measured(lm.memory_function, net, LAGS, snr=WEAK)
        yield equal(
            "it is the limit of weak noise",
            m[:LAGS],
            weak,
            tolerance=1e-6,
        )
    yield equal(
        "the memory of the newest signal",
        m[0],
        1 - np.linalg.det(W) ** 2,
        tolerance=1e-9,
    )
    seen = m[m > 1e-3 * m[0]]  # below, equal values differ by their errors
    yield at_most(
        "no lag is remembered better than the one before",
        seen[1:],
        seen[:-1],
    )
    yield equal(
        "the sum is the number of units",
        m.sum(),
        net.size,
    )


def _cascade(m: np.ndarray, eigenvalues: np.ndarray, radius: float) -> Evidence:
    sentence = "it is that of the cascade"
    largest = np.abs(eigenvalues).max()
    if largest >= 1 or abs(largest - radius) > 1e-2:
        return unanswered(sentence, "the eigenvalues that double precision finds are not those of W")
    return equal(
        sentence,
        m,
        takenaka_malmquist(eigenvalues, len(m)),
        tolerance=1e-7,
    )


noiseless_memory_is_a_cascade_of_filters.without("an input that reaches all", not_reached)


@noiseless_memory_is_a_cascade_of_filters.control(
    "the Gram matrix is solved as it stands", lambda: [lm.ginibre(n, gain=0.9, rng=n) for n in (50, 100)]
)
def _(net: LinearNetwork) -> Findings:
    P = sl.solve_discrete_lyapunov(net.dense(), np.outer(net.feedforward, net.feedforward))
    w = powers(net, 600)
    m = np.sum(w * np.linalg.lstsq(P, w)[0], axis=0)
    yield equal(
        "the sum is the number of units",
        m.sum(),
        net.size,
        tolerance=0.01,
    )


UNITS, STEPS, TARGETS = 15, 400, 600


def _states_and_noise() -> tuple[np.ndarray, np.ndarray]:
    """States of a network, (T, N), and targets that are independent of them, (T, K)."""
    states = lm.simulate(lm.ginibre(UNITS, gain=0.9, rng=1), steps=STEPS, rng=5, burn_in=100).states
    return states, np.random.default_rng(6).standard_normal((STEPS, TARGETS))


def _naive(states: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """r^2 of a regression, on the data that it was fitted to."""
    y = targets - targets.mean(axis=0)
    basis = np.linalg.qr(states - states.mean(axis=0))[0]
    explained = np.sum((basis.T @ y) ** 2, axis=0)
    return explained / np.sum(y**2, axis=0)


def _biased(r2: np.ndarray) -> Findings:
    bias = UNITS / (STEPS - 1)
    variance = 2 * bias * (1 - bias) / (STEPS + 1)  # r^2 has a beta distribution
    error = 4.5 * np.sqrt(variance / TARGETS)
    yield equal(
        "the mean is N / (T - 1)",
        r2.mean(),
        bias,
        tolerance=error,
        scale=1,
    )


@claim("E5", source="re-derived: r^2 of a regression on N regressors is beta distributed")
def memory_from_samples_is_too_large() -> Findings:
    """The memory function of a fitted readout is too large, by N / (T - 1) for each lag that is long forgotten.

    E r^2 = N / (T - 1), T steps of data; summed over K lags, about K N / T too much, so that it can exceed N

    The check takes 600 targets that are independent of the state, within 4.5 standard errors.
    """
    states, targets = _states_and_noise()
    yield from _biased(_naive(states, targets))
    fitted = lm.fit_decoder(states, targets)
    error = 4.5 * np.sqrt(2 * UNITS / TARGETS) / STEPS
    yield at_most(
        "the adjusted memory is not too large",
        abs(fitted.adjusted.mean()),
        error,
    )
    yield at_most(
        "the memory on held-out data is not too large",
        fitted.r2.mean(),
        error,
    )
    n, lags, steps = 6, 60, 150
    signal = np.random.default_rng(7).standard_normal(lags + steps)
    states = lm.simulate(lm.ginibre(n, gain=0.7, rng=2), signal, rng=0, noise=False).states
    past = np.stack([np.roll(signal, k) for k in range(lags)], axis=1)
    naive = _naive(states[lags:], past[lags:])
    yield at_least(
        "the naive capacity exceeds the number of units",
        naive.sum(),
        n,
    )


@memory_from_samples_is_too_large.control("r^2 is adjusted")
def _() -> Findings:
    yield from _biased(lm.fit_decoder(*_states_and_noise()).adjusted)


@memory_from_samples_is_too_large.control("data are held out")
def _() -> Findings:
    yield from _biased(lm.fit_decoder(*_states_and_noise()).r2)


PRODUCT_LAGS = 14  # lags whose products are formed


def _functions_of_the_past(signal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The past of a uniform signal, (T, K), and its Legendre products of degrees two and three."""
    past = np.stack([np.roll(signal, k) for k in range(PRODUCT_LAGS)], axis=1)[100:]
    pairs = [past[:, i] * past[:, j] for i in range(PRODUCT_LAGS) for j in range(i)]
    squares = past**2 - 1 / 3
    cubes = past**3 - 0.6 * past
    return past, np.concatenate([np.stack(pairs, axis=1), squares, cubes], axis=1)


def _processed(
    net: LinearNetwork, nonlinearity: str | None = None, steps: int = 20_000
) -> tuple[FittedDecoder, float, float]:
    """Capacities for the past, the sum of those for products of the past, and the error of that sum."""
    signal = np.random.default_rng(5).uniform(-1, 1, steps + 100)
    states = lm.simulate(net, 6 * signal, rng=0, nonlinearity=nonlinearity, noise=False).states[100:]
    spread = states.std(axis=0)
    states = states / np.where(spread > 0, spread, 1.0)  # a readout does not depend on the units of the states
    past, products = _functions_of_the_past(signal)
    # twice 4.5 standard errors, because successive states are correlated
    error = 9 * np.sqrt(2 * net.size * products.shape[1]) / steps
    return lm.fit_decoder(states, past), float(lm.fit_decoder(states, products).adjusted.sum()), float(error)


def _linear(products: float, error: float) -> Evidence:
    return equal(
        "nothing else is processed",
        products,
        0.0,
        tolerance=error,
        scale=1,
    )


@claim(
    "E9",
    source="Dambre, Verstraeten, Schrauwen & Massar (2012), abstract",
    conditions=(*ANY_INPUT, REAL, Condition("few units", _few)),
    family=lambda: [lm.ginibre(6, gain=0.7, rng=2), lm.chain(5), lm.symmetric_wigner(4, gain=0.8, rng=3)],
    open="the abstract states that the capacities of any network that forgets, for all functions of the past, add up "
    "to N; the check sees products up to the third degree",
)
def a_linear_network_processes_nothing_but_its_past(net: LinearNetwork) -> Findings:
    """The capacities of a network for orthogonal functions of its past add up to at most N; linear ones need all of it.

    sum_y C[y] <= N, C[y] = 1 - min_w E (y - w' h)^2 / E y^2 over orthogonal functions y of the past

    This follows from Bessel's inequality in the space that the states span. A linear function of a white signal is
    orthogonal to all products of its values. The check takes 20,000 steps of simulation without noise.
    """
    past, products, error = _processed(net)
    theory = measured(lm.memory_function, net, PRODUCT_LAGS, snr=np.inf)
    spread = 9 * float(np.linalg.norm(past.adjusted_standard_error)) + 1e-6
    linear = past.adjusted.sum()
    yield equal(
        "the capacity for the past is that of the theory",
        linear,
        theory.sum(),
        tolerance=spread,
        scale=1,
    )
    yield _linear(products, error)
    yield at_most(
        "the sum is at most the number of units",
        linear + products,
        net.size + spread + error,
    )


@a_linear_network_processes_nothing_but_its_past.control("units are tanh")
def _(net: LinearNetwork) -> Findings:
    _, products, error = _processed(net, "tanh")
    yield _linear(products, error)
