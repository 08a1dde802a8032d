"""Claims C1 to C5, C9 and C10: delay lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

import linmem as lm
from linmem.claims.claim import claim
from linmem.claims.conditions import AT_THE_SOURCE, THEORY, Condition, delay_line_weights
from linmem.claims.evidence import Findings, at_most, equal
from linmem.claims.measures import curve, measured, spatial, total
from linmem.network import LinearNetwork, Network


def _uniform(net: Network) -> str | None:
    weights = delay_line_weights(net)
    if weights is None or not len(weights):
        return "no chain of one weight"
    return None if np.ptp(weights) == 0 and weights[0] > 0 else "no chain of one weight"


def _delay_line(net: Network) -> str | None:
    return "no delay line" if delay_line_weights(net) is None else None


CHAIN = Condition("uniform chain", _uniform)
DELAY_LINE = Condition("delay line", _delay_line)
OF_A_CHAIN = (*THEORY, CHAIN, AT_THE_SOURCE)


def chains() -> Iterator[LinearNetwork]:
    """Chains of all lengths; shrinking, keeping and amplifying."""
    for n, gain in [(2, 0.5), (5, 1.0), (12, 1.3), (30, 0.9), (100, 1.02), (60, 2.0)]:
        yield lm.chain(n, gain=gain)


def with_feedback() -> Iterator[LinearNetwork]:
    """Chains with feedback, which are no delay lines."""
    for n in (5, 20):
        yield lm.feedback_chain(n, feedforward=0.9, feedback=0.2)


def squared_weight(net: LinearNetwork) -> float:
    """a^2 of a chain with weight a."""
    return float(np.max(net.dense()) ** 2)


def harmonic(n: Any) -> np.ndarray:
    """H_n = 1 + 1/2 + ... + 1/n, for each n."""
    sums = np.cumsum(1 / np.arange(1, np.max(n) + 1))
    return sums[np.asarray(n) - 1]


def geometric(ratio: float, terms: Any) -> np.ndarray:
    """1 + ratio + ... + ratio^(terms - 1), for each number of terms."""
    return np.array([np.sum(ratio ** np.arange(count)) for count in np.atleast_1d(terms)])


def amplification(net: LinearNetwork, lags: int) -> np.ndarray:
    """A_k = ||W^k v||^2."""
    return measured(lm.transient_amplification, net, lags) ** 2


@claim(
    "C1",
    source="GHS, p. 18972; OP, section 2.2",
    conditions=OF_A_CHAIN,
    family=chains,
    figures=("memory_of_four_networks", "delay_lines"),
)
def chain_curve(net: LinearNetwork) -> Findings:
    """A chain remembers an input for as many steps as it has units, and not at all after that.

    J(k) = a^2k (1 - a^2) / (1 - a^(2k+2)) for k < N, 0 beyond; 1 / (k + 1) at a = 1

    a is the amplitude gain, the weight. The power gain of GHS is a^2.
    """
    yield from _curve_of_chain(net)


def _curve_of_chain(net: LinearNetwork) -> Findings:
    n = net.size
    J = curve(net, n + 5)
    expected = 1 / geometric(1 / squared_weight(net), np.arange(1, n + 1))
    yield equal(
        "the curve within the length",
        J[:n],
        expected,
    )
    yield equal(
        "it is 0 beyond the length",
        J[n:],
        0.0,
        scale=1.0,
    )


@chain_curve.control(
    "the input enters at the second unit",
    lambda: [replace(lm.chain(n, gain=1.2), feedforward=np.eye(n)[1]) for n in (3, 12)],
)
def _(net: LinearNetwork) -> Findings:
    yield from _curve_of_chain(net)


@claim(
    "C2",
    source="GHS, p. 18972; the sums re-derived",
    conditions=OF_A_CHAIN,
    family=chains,
    figures=("delay_lines",),
)
def chain_total_is_a_lambert_sum(net: LinearNetwork) -> Findings:
    """The total memory of a chain is proportional to its length if the chain amplifies, and bounded if it shrinks.

    a < 1: (1 - a^2) / a^2 sum_{m=1}^N a^2m / (1 - a^2m); a = 1: H_N; a > 1, q = 1 / a^2:
    (1 - q) (N + sum_{m=1}^N q^m / (1 - q^m))

    For a < 1 the total of an infinite chain is not 1, as is sometimes said of small a: it is 1.607 (a^2 = .5),
    3.010 (.9), 5.206 (.99).
    """
    yield equal(
        "the total",
        total(net),
        _total_of_chain(net.size, squared_weight(net)),
    )


def _total_of_chain(n: int, a2: float) -> float:
    m = np.arange(1, n + 1)
    if a2 == 1:
        return float(harmonic(n))
    if a2 < 1:
        return (1 - a2) / a2 * np.sum(a2**m / (1 - a2**m))
    q = 1 / a2
    return (1 - q) * (n + np.sum(q**m / (1 - q**m)))


chain_total_is_a_lambert_sum.without(
    "the source", lambda: [replace(lm.chain(n, gain=1.2), feedforward=np.eye(n)[-1]) for n in (3, 12)]
)


@claim("C3", source="re-derived", conditions=(*THEORY, CHAIN), family=chains)
def chains_hold_most_at_their_source(net: LinearNetwork) -> Findings:
    """Inputs to different units of a chain do not mix, and an input to its source is remembered best.

    J^s is diagonal and falls from source to sink: J^s_jj = sum_{i >= j} a^2(i-j) (a^2 - 1) / (a^2i - 1)
    """
    J = spatial(net)
    diagonal = np.diagonal(J)
    a2 = squared_weight(net)
    variances = geometric(a2, np.arange(1, net.size + 1))  # of the noise in unit i
    gains = a2 ** np.arange(net.size)
    expected = [np.sum(gains[: net.size - j] / variances[j:]) for j in range(net.size)]
    yield equal(
        "the spatial matrix is diagonal",
        J,
        np.diag(diagonal),
    )
    yield equal(
        "its entries are the sums",
        diagonal,
        expected,
    )
    yield at_most(
        "they fall from source to sink",
        diagonal[1:],
        diagonal[:-1],
    )


chains_hold_most_at_their_source.without("a chain alone: with feedback", with_feedback)


def delay_lines() -> Iterator[LinearNetwork]:
    """Delay lines of equal, and of different weights."""
    yield from chains()
    rng = np.random.default_rng(0)
    for n in (4, 9, 20):
        yield lm.inhomogeneous_chain(rng.uniform(0.5, 1.8, n - 1))


@claim(
    "C4",
    source="GHS, discussion",
    conditions=(*THEORY, DELAY_LINE, AT_THE_SOURCE),
    family=delay_lines,
)
def chains_keep_lags_apart(net: LinearNetwork) -> Findings:
    """A delay line does not confuse the inputs of different lags: its Fisher memory matrix is diagonal.

    J_kl = 0 for k != l
    """
    F = measured(lm.fisher_memory_matrix, net, net.size)
    yield equal(
        "the memory matrix is diagonal",
        F,
        np.diag(np.diagonal(F)),
    )


chains_keep_lags_apart.without("a delay line: with feedback", with_feedback)


@claim(
    "C5",
    source="GHS, eq. 10",
    conditions=(*THEORY, DELAY_LINE, AT_THE_SOURCE),
    family=delay_lines,
    figures=("delay_lines",),
)
def delay_line_memory_is_of_its_amplification(net: LinearNetwork) -> Findings:
    """The memory curve of a delay line is a function of its amplification alone.

    J(k) = 1 / sum_{m <= k} 1 / A_m, A_m the squared amplification after m steps

    A_m = m^2 (A_0 = 1) leads to a plateau of 1 / (1 + pi^2 / 6); A_m = m + 1 gives 1 / H_{k+1}.
    """
    weights = np.diagonal(net.dense(), -1)
    squares = np.cumprod(weights**2)
    amplification = np.concatenate([[1.0], squares])
    yield equal(
        "the curve",
        curve(net, net.size),
        1 / np.cumsum(1 / amplification),
    )


@delay_line_memory_is_of_its_amplification.control("with feedback the amplification shows too much", with_feedback)
def _(net: LinearNetwork) -> Findings:
    amplification = lm.transient_amplification(net, 2 * net.size) ** 2
    yield equal(
        "the curve",
        curve(net, 2 * net.size),
        1 / np.cumsum(1 / amplification),
        tolerance=1e-3,
    )


@claim(
    "C9",
    source="re-derived; against the code that accompanies OP",
    conditions=(*THEORY, CHAIN),
    family=chains,
    figures=("same_eigenvalues",),
)
def reversed_chains_forget(net: LinearNetwork) -> Findings:
    """A chain that is transposed, or driven at its end, remembers only the newest input, in noise that it amplifies.

    W' with v = e_1: J_tot = 1 / C_11 = (a^2 - 1) / (a^2N - 1)

    Frameworks that multiply rows, h W, store the transpose: read as columns, their chains run backwards.
    """
    backwards = lm.LinearNetwork(net.dense().T, np.eye(net.size)[0], net.noise, f"{net.name}, transposed")
    expected = 1 / geometric(squared_weight(net), net.size)[0]
    yield equal(
        "the total",
        total(backwards),
        expected,
        scale=expected,
    )


@reversed_chains_forget.control("the transpose is taken for the chain")
def _(net: LinearNetwork) -> Findings:
    expected = 1 / geometric(squared_weight(net), net.size)[0]
    yield equal(
        "the total",
        lm.total_fisher_memory(net),
        expected,
        tolerance=0.01,
    )


@claim(
    "C10",
    source="GHS, Fig. 5 and text; the closed form re-derived",
    figures=("fan_out_memory",),
)
def fan_out_memory_is_harmonic() -> Findings:
    """A tree that fans out amplifies by its number of units, and its memory falls harmonically, down to its last layer.

    N_k = k units in layer k, weights 1 / k: A_k = k + 1, J(k) = 1 / H_{k+1} for k < L

    J_tot ~ L / ln L = sqrt(2 N) / ln sqrt(2 N), a logarithm below the square root of N that is claimed. The noise of a
    unit grows with its layer, as a logarithm.
    """
    for layers in (2, 9, 20):
        net = lm.fan_out_tree(layers)
        lags = np.arange(layers)
        J = curve(net, layers + 3)
        yield equal(
            "the amplification",
            amplification(net, layers),
            lags + 1.0,
        )
        yield equal(
            "the curve",
            J[:layers],
            1 / harmonic(lags + 1),
        )
        yield equal(
            "it is 0 beyond the last layer",
            J[layers:],
            0.0,
            scale=1.0,
        )


@fan_out_memory_is_harmonic.control("the tree is driven at its last layer", None)
def _() -> Findings:
    net = lm.fan_out_tree(9)
    net = replace(net, feedforward=np.eye(net.size)[-1])
    yield equal(
        "the curve",
        lm.fisher_memory_curve(net, 9).values,
        1 / harmonic(np.arange(1, 10)),
    )
