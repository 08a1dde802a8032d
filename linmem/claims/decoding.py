"""Claims E1, E2 and E7: linear decoders and memory functions.

The signal is white and has the variance x in units of the noise: x = s^2 / eps. F is the Fisher memory matrix for
eps = 1.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.linalg as sl

import linmem as lm
from linmem.claims import families
from linmem.claims.claim import claim
from linmem.claims.conditions import ANY_INPUT, ONE_INPUT, REAL, WHITE_NOISE, Condition, lacking, ring_weight
from linmem.claims.evidence import Evidence, Findings, at_least, at_most, equal
from linmem.claims.measures import ACCURACY, curve, measured, powers, quadratic_forms, total
from linmem.linalg.stein import ULP
from linmem.network import LinearNetwork, Network

SNRS = (0.1, 3.0, 100.0)


LAGS = 12
ALL_LAGS = 2000  # the most lags that stand for all of them


def with_signal_as_noise(net: LinearNetwork, snr: float) -> LinearNetwork:
    """The network whose noise is noise and signal: its noise covariance C + s^2 P is the covariance of the state.

    P = sum_k W^k v v* W*^k solves the Stein equation of the source v v*.
    """
    v = net.columns()
    variance = snr * net.noise_variance
    return replace(net, noise=net.covariance + variance * v @ v.conj().T, known_radius=net.radius.value)


def best_readouts(state: LinearNetwork, w: np.ndarray, variance: float) -> np.ndarray:
    """s^2 (C + s^2 P)^-1 w for the columns w: the readouts of the least error; `state` has the signal as noise.

    The Stein equation of J^s gives the inverse: (C + s^2 P)^-1 = J^s - W* J^s W.
    """
    J, W = measured(lm.spatial_fisher_memory, state), state.dense()
    return variance * (J @ w - W.conj().T @ (J @ (W @ w)))


def confusing() -> list[LinearNetwork]:
    """Networks in which the memories of two lags overlap."""
    return [
        lm.ginibre(5, gain=0.9, rng=5),
        lm.ginibre(20, gain=0.99, rng=20),
        lm.jordan(6, eigenvalue=0.5),
        lm.feedback_chain(30, feedforward=0.9, feedback=0.2),
        lm.ring(8, gain=0.99),
        lm.symmetric_wigner(12, gain=0.9, rng=3),
    ]


def matrix_over(net: LinearNetwork, horizon: int) -> np.ndarray:
    """F over a horizon, of all the lags that there are."""
    return net.noise_variance * measured(lm.fisher_memory_matrix, net, horizon, horizon=horizon)


def _dual(net: LinearNetwork, F: np.ndarray) -> Findings:
    """The memory function over a horizon, against the diagonal of (1 + x F)^-1."""
    values, vectors = sl.eigh(F)
    weights = np.abs(vectors) ** 2
    horizon = len(F)
    for x in SNRS:
        m = measured(lm.memory_function, net, horizon, snr=x, horizon=horizon)
        dual = 1 - weights @ (1 / (1 + x * values))
        # an error of F moves the inverse of 1 + x F >= 1 by no more than x times itself
        rounding = x * horizon * ULP * np.abs(values).max()
        yield equal(
            "over a horizon it is the dual of the memory matrix",
            m,
            dual,
            tolerance=1e-7,
            error=rounding,
        )


@claim(
    "E1",
    source="White, Lee & Sompolinsky (2004); GHS, Fig. 5C; the duality re-derived",
    conditions=ANY_INPUT,
    family=families.stable,
    figures=("shift_register", "fan_out_memory"),
)
def memory_function_is_the_dual_of_the_memory_matrix(net: LinearNetwork) -> Findings:
    """The memory function is the variance that the best readout explains; the Fisher memory matrix determines it.

    m(k) = 1 - MMSE / s^2 = x w* (C + x P)^-1 w = 1 - [(1 + x F)^-1]_kk, w = W^k v, P = sum_k W^k v v* W*^k, eps = 1

    State and signal are jointly Gaussian, so that the best of all readouts is linear. F is over all lags; over a
    horizon of n steps, for signal and noise, it is n x n.
    """
    w = powers(net, LAGS)
    for x in SNRS:
        state, variance = with_signal_as_noise(net, x), x * net.noise_variance
        m = measured(lm.memory_function, net, LAGS, snr=x)
        explained = variance * measured(lm.fisher_memory_curve, state, LAGS)
        yield equal(
            "it is the variance explained",
            m,
            explained,
            tolerance=1e-7,
        )
        yield _no_other_readout(state, w[:, :1], variance, m[0])
    horizon = max(4, min(2 * net.size, 40))
    yield from _dual(net, matrix_over(net, horizon))


def _no_other_readout(state: LinearNetwork, w: np.ndarray, variance: float, m: float) -> Evidence:
    """Evidence from twenty readouts near the best one of lag 0."""
    C = measured(lm.noise_covariance, state)
    away = 1 + 0.1 * np.random.default_rng(0).standard_normal((state.size, 20))
    readouts = best_readouts(state, w, variance) * away
    # 1 - E |s - g* h|^2 / s^2
    explained = 2 * (readouts.conj().T @ w)[:, 0].real - quadratic_forms(C, readouts) / variance
    longest = np.linalg.norm(readouts, axis=0).max()
    rounding = state.size * ULP * np.linalg.norm(C, 2) * longest**2 / variance
    return at_most(
        "no other readout explains more",
        explained,
        m,
        error=rounding,
    )


@memory_function_is_the_dual_of_the_memory_matrix.control("lags are taken one by one: F is its diagonal", confusing)
def _(net: LinearNetwork) -> Findings:
    F = matrix_over(net, 2 * net.size)
    yield from _dual(net, np.diag(np.diagonal(F)))


def matrix_over_all_lags(net: LinearNetwork) -> tuple[np.ndarray, float]:
    """F of as many lags as it takes, up to `ALL_LAGS`, and the total memory of the lags beyond them.

    It is taken in double precision: enclosures are of tens of lags.
    """
    whole = net.noise_variance * lm.total_fisher_memory(net)
    sums = net.noise_variance * np.cumsum(lm.fisher_memory_curve(net, ALL_LAGS).values)
    beyond = np.maximum(whole - sums, ACCURACY * whole)
    lags = max(LAGS, 1 + int(np.argmin(beyond)))
    F = net.noise_variance * lm.fisher_memory_matrix(net, lags)
    return F, float(beyond[lags - 1])


@claim(
    "E2",
    source="re-derived; the sum after White, Lee & Sompolinsky (2004)",
    conditions=ANY_INPUT,
    family=families.real,
    inequality=True,
    figures=("shift_register",),
)
def capacity_is_at_most_the_fisher_memory_and_the_rank(net: LinearNetwork) -> Findings:
    """Each lag is decoded at most as well as if all others were known, and the capacity is at most the rank.

    m(k) <= x J(k) / (1 + x J(k)), sum_k m(k) <= min(rank[v, W v, ...], x J_tot), for eps = 1

    The cost of confusing lags is 1 + x J(k) - 1 / (1 - m(k)). It is at most x^2 f and at least x^2 f / (1 + x J_tot),
    where f is the sum of F_kl^2 over the other lags. It is 0 if and only if F is diagonal, as it is for delay lines and
    fan-out trees.
    """
    J, J_tot = curve(net, LAGS), total(net)
    F, beyond = matrix_over_all_lags(net)
    squares = np.abs(F[:LAGS]) ** 2
    confused = squares.sum(axis=1) - np.diagonal(squares)
    more_confused = confused + J * beyond  # the sum of |F_kl|^2 over the lags beyond is at most that
    for x in SNRS:
        m = measured(lm.memory_function, net, LAGS, snr=x)
        capacity = measured(lm.memory_capacity, net, snr=x)
        alone = 1 + x * J
        yield at_most(
            "each lag is decoded at most as if alone",
            m,
            x * J / alone,
        )
        yield at_most(
            "the capacity is at most the rank",
            capacity,
            lm.memory_capacity(net),
        )
        yield at_most(
            "the capacity is at most the total",
            capacity,
            x * J_tot,
        )
        most = alone - x**2 * confused / (1 + x * J_tot)
        least = alone - x**2 * more_confused
        yield from _cost_of_confusion(m, least, most)


def _cost_of_confusion(m: np.ndarray, least: np.ndarray, most: np.ndarray) -> Findings:
    """1 / (1 - m) between its bounds."""
    precision = 1 / (1 - m)
    rounding = ACCURACY * precision**2
    yield at_most(
        "confusion costs at least its bound",
        precision,
        most,
        slack=1e-7,
        error=rounding,
    )
    yield at_least(
        "confusion costs at most its bound",
        precision,
        least,
        slack=1e-7,
        error=rounding,
    )


@capacity_is_at_most_the_fisher_memory_and_the_rank.control("no lags are said to be confused", confusing)
def _(net: LinearNetwork) -> Findings:
    ratio = lm.snr_curve(net, LAGS, snr=3.0)
    m = lm.memory_function(net, LAGS, snr=3.0).values
    yield equal(
        "each lag is decoded as if alone",
        m,
        ratio / (1 + ratio),
        tolerance=1e-3,
    )


@capacity_is_at_most_the_fisher_memory_and_the_rank.control(
    "the signal is correlated", lambda: [lm.chain(8, gain=1.3), lm.ginibre(5, gain=0.2, rng=5), lm.fan_out_tree(4)]
)
def _(net: LinearNetwork) -> Findings:
    ratio = lm.snr_curve(net, LAGS, snr=3.0)
    m = lm.memory_function(net, LAGS, snr=3.0, autocovariance=[1, 0.5]).values
    yield at_most(
        "each lag is decoded at most as if alone",
        m,
        ratio / (1 + ratio),
    )


def _weight_of_driven_ring(net: Network) -> float:
    """The weight of a ring that is driven at one unit; 0 for any other network."""
    if lacking(net, (ONE_INPUT, REAL)):
        return 0.0
    a, v = ring_weight(net), net.feedforward
    driven_once = np.count_nonzero(v) == 1 and abs(v).max() == 1
    return float(a) if driven_once and a is not None and a > 0 else 0.0


def _driven_ring(net: Network) -> str | None:
    return None if _weight_of_driven_ring(net) else "not a ring with input to one unit"


@claim(
    "E7",
    source="White, Lee & Sompolinsky (2004), the model; the formula re-derived",
    conditions=(*ANY_INPUT, WHITE_NOISE, REAL, Condition("ring", _driven_ring)),
    family=lambda: [lm.ring(n, gain=gain) for n, gain in [(1, 0.6), (3, 0.9), (10, 0.95), (24, 0.3), (48, 0.99)]],
    figures=("shift_register",),
)
def shift_register_is_decoded_in_closed_form(net: LinearNetwork) -> Findings:
    """A ring of delays keeps the signals of N steps apart, and confuses each with those that are N steps older.

    m(k) = al^k / (al^(k mod N) / (1 - al^N) + 1 / (x (1 - al))), al = a^2

    At x = 1000 the capacity of 100 units is 44.3, 88.2, 90.8 for al = .9, .98, .995. For a random rotation of the same
    gain it is 39.5, 76.8, 80.3. White's average over random rotations is not re-derived here.
    """
    yield from _register(net, _weight_of_driven_ring(net) ** 2)


def _register(net: LinearNetwork, al: float) -> Findings:
    n = net.size
    k, j = np.arange(2 * n + 3), np.arange(n)
    ring_sum = 1 - al**n
    for x in (*SNRS, 1e3):
        noise = 1 / (x * (1 - al))
        m = measured(lm.memory_function, net, len(k), snr=x)
        yield equal(
            "the memory function",
            m,
            al**k / (al ** (k % n) / ring_sum + noise),
        )
        capacity = np.sum(x * al**j / (x * al**j + ring_sum / (1 - al)))
        yield equal(
            "the capacity",
            measured(lm.memory_capacity, net, snr=x),
            capacity,
        )


@shift_register_is_decoded_in_closed_form.control(
    "rotations are random", lambda: [lm.random_orthogonal(n, gain=0.95, rng=n) for n in (3, 10, 24)]
)
def _(net: LinearNetwork) -> Findings:
    yield from _register(net, 0.95**2)


@shift_register_is_decoded_in_closed_form.control(
    "older signals are not confused", lambda: [lm.ring(n, gain=gain) for n, gain in [(3, 0.9), (10, 0.95), (100, 0.99)]]
)
def _(net: LinearNetwork) -> Findings:
    al = net.radius.value**2
    k = np.arange(2 * net.size + 3)
    m = lm.memory_function(net, len(k), snr=1e3).values
    noise = 1 / (1e3 * (1 - al))
    yield equal(
        "the memory function",
        m,
        al**k / (al**k / (1 - al**net.size) + noise),
        tolerance=1e-7,
    )
