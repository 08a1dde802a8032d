"""Claims C: delay lines, and how much memory transient amplification allows in any network."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import linmem as lm
from linmem.claims import families
from linmem.claims.claim import claim, measured
from linmem.claims.conditions import AT_THE_SOURCE, THEORY, Condition
from linmem.claims.evidence import at_least, at_most, equal


def curve(net, lags):
    """J(k) in units of 1 / eps."""
    return net.noise_variance * measured(lm.fisher_memory_curve, net, lags)


def total(net):
    """J_tot in units of 1 / eps."""
    return net.noise_variance * measured(lm.total_fisher_memory, net)


def links(net):
    """The weights of a delay line, W[i+1, i]; None where W holds others."""
    W = net.dense()
    below = np.diagonal(W, -1)
    return below if np.array_equal(W, np.diag(below, -1)) else None


def _uniform(net):
    below = links(net)
    alike = below is not None and len(below) and np.ptp(below) == 0 and below[0] > 0
    return None if alike else "no chain of one weight"


CHAIN = Condition("uniform chain", _uniform)
DELAY_LINE = Condition("delay line", lambda net: "no delay line" if links(net) is None else None)
OF_A_CHAIN = (*THEORY, CHAIN, AT_THE_SOURCE)


def chains():
    """Of all lengths; shrinking, keeping and amplifying."""
    for n, gain in [(2, 0.5), (5, 1.0), (12, 1.3), (30, 0.9), (100, 1.02), (60, 2.0)]:
        yield lm.chain(n, gain=gain)


def harmonic(n):
    """H_n, for each n."""
    return np.cumsum(1 / np.arange(1, np.max(n) + 1))[np.asarray(n) - 1]


def _geometric(a2, terms):
    """1 + a2 + ... of so many terms."""
    return np.array([np.sum(a2 ** np.arange(count)) for count in np.atleast_1d(terms)])


@claim(
    "C1",
    source="GHS, p. 18972; OP, section 2.2",
    conditions=OF_A_CHAIN,
    family=chains,
    figures=("memory_of_four_networks", "delay_lines"),
)
def chain_curve(net):
    """A chain remembers for as many steps as it has units, and then nothing.

    J(k) = a^2k (1 - a^2) / (1 - a^(2k+2)) for k < N, 0 beyond; 1 / (k + 1) at a = 1

    a is the amplitude gain, the weight; the power gain of GHS is a^2.
    """
    yield from _chain_curve(net)


def _chain_curve(net):
    n, a2 = net.size, np.max(net.dense()) ** 2
    lags = np.arange(n)
    expected = 1 / _geometric(1 / a2, lags + 1)
    found = curve(net, n + 5)
    yield equal("within the length", found[:n], expected)
    yield equal("beyond", found[n:], 0.0, scale=1.0)


@chain_curve.control(
    "the input enters at the second unit",
    lambda: [replace(lm.chain(n, gain=1.2), feedforward=np.eye(n)[1]) for n in (3, 12)],
)
def _(net):
    yield from _chain_curve(net)


@claim(
    "C2",
    source="GHS, p. 18972; the sums re-derived",
    conditions=OF_A_CHAIN,
    family=chains,
    figures=("delay_lines",),
)
def chain_total_is_a_lambert_sum(net):
    """A chain holds memory in proportion to its length where it amplifies, and a bounded one where it does not.

    a < 1: (1 - a^2) / a^2 sum_{m=1}^N a^2m / (1 - a^2m); a = 1: H_N; a > 1, q = 1 / a^2:
    (1 - q) (N + sum_{m=1}^N q^m / (1 - q^m))

    For a < 1 it is not 1, as is said for small a: without end it is 1.607 (a^2 = .5), 3.010 (.9), 5.206 (.99).
    """
    n, a2, m = net.size, np.max(net.dense()) ** 2, np.arange(1, net.size + 1)
    if a2 == 1:
        expected = harmonic(n)
    elif a2 < 1:
        expected = (1 - a2) / a2 * np.sum(a2**m / (1 - a2**m))
    else:
        q = 1 / a2
        expected = (1 - q) * (n + np.sum(q**m / (1 - q**m)))
    yield equal("the total", total(net), expected)


chain_total_is_a_lambert_sum.without(
    "the source", lambda: [replace(lm.chain(n, gain=1.2), feedforward=np.eye(n)[-1]) for n in (3, 12)]
)


@claim("C3", source="re-derived", conditions=(*THEORY, CHAIN), family=chains)
def chains_hold_most_at_their_source(net):
    """Inputs to different units of a chain do not mix, and the source is the best of them.

    J^s is diagonal and falls from source to sink: J^s_jj = sum_{i >= j} a^2(i-j) (a^2 - 1) / (a^2i - 1)
    """
    J = net.noise_variance * measured(lm.spatial_fisher_memory, net)
    n, a2 = net.size, np.max(net.dense()) ** 2
    received = _geometric(a2, np.arange(1, n + 1))  # noise variance of unit i
    expected = [np.sum(a2 ** np.arange(n - j) / received[j:]) for j in range(n)]
    yield equal("it is diagonal", J, np.diag(np.diagonal(J)))
    yield equal("with these entries", np.diagonal(J), expected)
    yield at_most("which fall", np.diagonal(J)[1:], np.diagonal(J)[:-1])


chains_hold_most_at_their_source.without(
    "a chain alone: with feedback", lambda: [lm.feedback_chain(n, feedforward=0.9, feedback=0.2) for n in (5, 20)]
)


def delay_lines():
    """With weights that differ."""
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
def chains_keep_lags_apart(net):
    """A delay line confuses no lag with another.

    J_kl = 0 for k != l
    """
    F = measured(lm.fisher_memory_matrix, net, net.size)
    yield equal("the memory matrix is diagonal", F, np.diag(np.diagonal(F)))


chains_keep_lags_apart.without(
    "a delay line: with feedback", lambda: [lm.feedback_chain(n, feedforward=0.9, feedback=0.2) for n in (5, 20)]
)


@claim(
    "C5",
    source="GHS, eq. 10",
    conditions=(*THEORY, DELAY_LINE, AT_THE_SOURCE),
    family=delay_lines,
    figures=("delay_lines",),
)
def delay_line_memory_is_of_its_amplification(net):
    """The memory of a delay line is told by how it amplifies, and by nothing else.

    J(k) = 1 / sum_{m <= k} 1 / A_m, A_m the squared amplification after m steps

    A_m = m^2 (A_0 = 1) leaves a plateau of 1 / (1 + pi^2 / 6); A_m = m + 1 gives 1 / H_{k+1}.
    """
    below = links(net)
    amplification = np.concatenate([[1.0], np.cumprod(below**2)])
    yield equal("the curve", curve(net, net.size), 1 / np.cumsum(1 / amplification))


@delay_line_memory_is_of_its_amplification.control(
    "with feedback, the amplification tells too much",
    lambda: [lm.feedback_chain(n, feedforward=0.9, feedback=0.2) for n in (5, 20)],
)
def _(net):
    amplification = lm.transient_amplification(net, 2 * net.size) ** 2
    yield equal("the curve", curve(net, 2 * net.size), 1 / np.cumsum(1 / amplification), tolerance=1e-3)


def _amplified(net, lags):
    """A_k = ||W^k v||^2."""
    return measured(lm.transient_amplification, net, lags) ** 2


def _bound(amplification):
    with np.errstate(divide="ignore"):
        return 1 / np.cumsum(1 / np.maximum(amplification, 1e-280))


@claim(
    "C6",
    source="GHS, eq. 11",
    conditions=THEORY,
    family=families.stable,
    inequality=True,
    figures=("delay_lines",),
)
def amplification_bounds_memory(net):
    """No network remembers better than the delay line that amplifies as it does.

    J(m) <= 1 / sum_{l <= m} 1 / A_l, A_l = ||W^l v||^2; with equality for that delay line, however it is rotated

    That no other network attains it is not asked here.
    """
    lags = 2 * net.size
    yield at_most("the curve", curve(net, lags), _bound(_amplified(net, lags)))


def _loud_first_unit():
    for net in (lm.chain(8, gain=1.3), lm.ginibre(5, gain=0.9, rng=5)):
        quiet = np.ones(net.size)
        quiet[0] = 0.05
        yield replace(net, feedforward=np.eye(net.size)[0], noise=np.diag(quiet * net.size / quiet.sum()))


@amplification_bounds_memory.control("noise is not white: the first unit has little", _loud_first_unit)
def _(net):
    yield at_most("the curve", lm.fisher_memory_curve(net, 4).values, _bound(lm.transient_amplification(net, 4) ** 2))


@claim("C7", source="GHS, after eq. 11", figures=("delay_lines",))
def memory_of_linear_growth_is_logarithmic():
    """Amplification that grows no faster than linearly leaves no memory that is extensive.

    A_m <= c (m + 1): J(k) <= c / H_{k+1}; A_m bounded: J(k) = O(1 / k) and J_tot = O(log N)

    Delay lines are the best that such amplification allows (C6).
    """
    sizes = np.array([20, 80, 320])
    linear = [_line(np.arange(1.0, n + 1)) for n in sizes]
    for net, n in zip(linear, sizes, strict=True):
        yield equal("linear growth", curve(net, n), 1 / harmonic(np.arange(1, n + 1)))
    shares = np.array([total(net) for net in linear]) / sizes
    yield at_most("its share of N falls", shares[1:], 0.99 * shares[:-1])
    bounded = np.array([total(lm.chain(int(n))) for n in sizes])
    yield equal("no growth: harmonic numbers", bounded, harmonic(sizes))


def _line(amplification):
    """The delay line of a squared amplification."""
    return lm.inhomogeneous_chain(np.sqrt(amplification[1:] / amplification[:-1]))


@memory_of_linear_growth_is_logarithmic.control("growth to the power 3/2: a plateau of 1 / zeta(3/2)", None)
def _():
    sizes = np.array([80, 320])
    shares = np.array([lm.total_fisher_memory(_line(np.arange(1.0, n + 1) ** 1.5)) for n in sizes]) / sizes
    yield at_most("its share of N falls below the plateau", shares[1], 0.9 / 2.612)


@claim(
    "C8",
    source="GHS, eq. 12; the sharper bound re-derived",
    conditions=THEORY,
    family=families.stable,
    inequality=True,
)
def noise_power_bounds_memory(net):
    """Memory costs noise: what a lag is remembered by is bounded by the noise in the state.

    tr C / eps >= N + sum_{m >= 1} A_m, so that J(k) <= 1 / (1 + k^2 / (tr C / eps - N))
    """
    lags = 2 * net.size
    power = np.trace(measured(lm.noise_covariance, net)).real / net.noise_variance
    k = np.arange(lags)
    yield at_least("the noise power", power, net.size + np.sum(_amplified(net, lags)[1:]))
    spare = power - net.size
    yield at_most("the curve", curve(net, lags), spare / (spare + k**2))


@noise_power_bounds_memory.control("the noise of the units alone: N", families.amplifying)
def _(net):
    yield at_most("the curve", lm.fisher_memory_curve(net, net.size).values[1:], 0.0)  # spare = 0


@claim(
    "C9",
    source="re-derived; against the code that accompanies OP",
    conditions=(*THEORY, CHAIN),
    family=chains,
    figures=("same_eigenvalues",),
)
def reversed_chains_forget(net):
    """A chain that is transposed, or driven at its end, forgets at once what it amplifies.

    W' with v = e_1: J_tot = 1 / C_11 = (a^2 - 1) / (a^2N - 1)

    Frameworks that multiply rows, h W, store the transpose: read in columns, their chains run backwards.
    """
    n, a2 = net.size, np.max(net.dense()) ** 2
    backwards = lm.LinearNetwork(net.dense().T, np.eye(n)[0], net.noise, f"{net.name}, transposed")
    yield equal("the total", total(backwards), 1 / _geometric(a2, n)[0], scale=1 / _geometric(a2, n)[0])


@reversed_chains_forget.control("the transpose is taken for the chain")
def _(net):
    a2 = np.max(net.dense()) ** 2
    yield equal("the total", lm.total_fisher_memory(net), 1 / _geometric(a2, net.size)[0], tolerance=0.01)


@claim(
    "C10",
    source="GHS, Fig. 5 and text; the closed form re-derived",
    figures=("fan_out_memory",),
)
def fan_out_memory_is_harmonic():
    """A tree that fans out amplifies by numbers, not by strength, and remembers harmonically for its depth.

    N_k = k units in layer k, weights 1 / k: A_k = k + 1, J(k) = 1 / H_{k+1} for k < L

    J_tot ~ L / ln L = sqrt(2 N) / ln sqrt(2 N), a logarithm below the square root of N that is claimed; the noise of a
    unit grows with its layer, as a logarithm.
    """
    for layers in (2, 9, 20):
        net = lm.fan_out_tree(layers)
        lags = np.arange(layers)
        yield equal("amplification", _amplified(net, layers), lags + 1.0)
        yield equal("the curve", curve(net, layers), 1 / harmonic(lags + 1))
        yield equal("beyond the last layer", curve(net, layers + 3)[layers:], 0.0, scale=1.0)


@fan_out_memory_is_harmonic.control("the tree is driven at its last layer", None)
def _():
    net = lm.fan_out_tree(9)
    net = replace(net, feedforward=np.eye(net.size)[-1])
    yield equal("the curve", lm.fisher_memory_curve(net, 9).values, 1 / harmonic(np.arange(1, 10)))
