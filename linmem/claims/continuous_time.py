"""Claims F: networks in continuous time, dx = (A x + V s) dt + dB."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.linalg as sl
from scipy.special import gammaincc

import linmem as lm
from linmem.claims import families
from linmem.claims.claim import claim, measured
from linmem.claims.conditions import FLOW, NORMAL, ONE_INPUT, REAL, UNIT_INPUT, WHITE_NOISE, Condition
from linmem.claims.evidence import at_least, at_most, equal
from linmem.network import ContinuousNetwork

PLAIN = (*FLOW, WHITE_NOISE)
TIMES = np.array([0.0, 0.1, 0.3, 1.0, 2.0, 5.0])


def spatial(net):
    """J^s in units of 1 / eps."""
    return net.noise_variance * measured(lm.spatial_fisher_memory, net)


def of_drift(A):
    """The drift alone, with white noise."""
    return ContinuousNetwork(A)


def coloured():
    """Flows with correlated noise."""
    for net in (families.hurwitz(6, seed=2), lm.leaky_chain(8, weight=2.0)):
        yield replace(net, noise=families.correlated(net.size, seed=1), name=f"{net.name}, coloured noise")


@claim("F1", source="GHS, the sum rule in continuous time", conditions=PLAIN, family=families.continuous)
def trace_is_n_in_continuous_time(net):
    """The sum rule holds in continuous time: the integrals of memory over a basis of inputs add up to N.

    A* J^s + J^s A = -C^-1, A C + C A* = -eps I: eps tr J^s = N, and the integral of J(t) is v* J^s v <= N
    """
    J = spatial(net)
    yield equal("the trace is the number of units", np.trace(J).real, net.size)
    yield at_most("the best input holds at most N", sl.eigvalsh(J)[-1], net.size)
    nodes, weights = np.polynomial.legendre.leggauss(400)
    end = -40 / net.abscissa.value
    times = end * ((1 + nodes) / 2) ** 2  # denser at the beginning
    weights = weights * end * (1 + nodes) / 2
    curve = measured(lm.fisher_memory_curve, net, times)
    total = measured(lm.total_fisher_memory, net)
    # what comes later has fallen by e^-80, times what the transient grew
    yield equal("the curve integrates to the total", weights @ curve, total, tolerance=1e-6)


trace_is_n_in_continuous_time.without("white noise", coloured)


def _normal_curve(net):
    values, vectors = sl.eig(net.dense())
    weights = np.abs(vectors.conj().T @ net.feedforward) ** 2
    return np.sum(weights * -2 * values.real * np.exp(2 * values.real * TIMES[:, None]), axis=1)


@claim(
    "F2",
    source="re-derived",
    conditions=(*PLAIN, NORMAL, UNIT_INPUT),
    family=families.continuous_normal,
)
def normal_flows_hold_one_unit(net):
    """A normal drift holds one unit of memory for every input, and no other drift does.

    J(t) = sum_i |u_i* v|^2 (-2 Re lambda_i) e^(2 Re lambda_i t), J_tot = 1; J^s = I if and only if A is normal

    J(0) is a rate here: it may exceed one.
    """
    eps = net.noise_variance
    yield equal("the total is one", eps * measured(lm.total_fisher_memory, net), 1.0)
    yield equal("the spatial matrix is the identity", spatial(net), np.eye(net.size))
    if len(np.unique(np.round(sl.eigvals(net.dense()), 6))) == net.size:
        yield equal(
            "the curve is that of the eigenvalues",
            eps * measured(lm.fisher_memory_curve, net, TIMES),
            _normal_curve(net),
        )


normal_flows_hold_one_unit.without("normality", lambda: [net for net in families.continuous() if net.size > 1])


@normal_flows_hold_one_unit.control("J(0) is taken for a share", lambda: [ContinuousNetwork([[-3.0]], [1.0])])
def _(net):
    yield at_most("J(0) is at most one", lm.fisher_memory_curve(net, [0.0]).values, 1.0)


@claim(
    "F3",
    source="re-derived; data processing",
    conditions=(*FLOW, ONE_INPUT),
    family=families.continuous,
    inequality=True,
)
def memory_never_increases_with_time(net):
    """Memory of a pulse is only ever lost, in continuous time as well.

    dJ/dt <= 0

    Asked at 200 times.
    """
    curve = measured(lm.fisher_memory_curve, net, np.linspace(0, -6 / net.abscissa.value, 200))
    yield at_most("no time remembers more than the one before", curve[1:], curve[:-1], slack=1e-7)


@memory_never_increases_with_time.control("C is replaced by I", lambda: [lm.leaky_chain(8, weight=2.0)])
def _(net):
    times = np.linspace(0, 6, 50)
    curve = np.array([np.sum((sl.expm(t * net.drift) @ net.feedforward) ** 2) for t in times])
    yield at_most("no time remembers more than the one before", curve[1:], curve[:-1], slack=1e-7)


@claim(
    "F4",
    source="re-derived",
    conditions=FLOW[:2],
    family=lambda: [families.hurwitz(n, seed=n) for n in (3, 6, 9)],
)
def small_gain_flows_remember_by_the_commutator(net):
    """Where the leak is strong, the gain over normal drifts is the commutator of the coupling.

    A = -g I + e M: J^s = I + (e^2 / 4 g^2) (M* M - M M*) + O(e^3)

    Halving e, what is left falls to an eighth; g = 1/2 and 2.
    """
    yield from _eighths(net, 1)


def _eighths(net, sign):
    M = net.drift / np.linalg.norm(net.drift, 2)
    commutator = M.conj().T @ M - M @ M.conj().T
    for g in (0.5, 2.0):
        left = []
        for e in (0.02 * g, 0.01 * g):
            J = measured(lm.spatial_fisher_memory, of_drift(-g * np.eye(len(M)) + e * M))
            left.append(np.abs(J - np.eye(len(M)) - sign * (e / (2 * g)) ** 2 * commutator).max())
        yield at_least("a halving leaves an eighth", left[0] / left[1], 7.0)


@small_gain_flows_remember_by_the_commutator.control("the sign is swapped")
def _(net):
    yield from _eighths(net, -1)


def _two_modes():
    for decay, feedforward in [(1.0, 0.5), (3.0, 2.0), (0.2, 10.0), (1.0, 1000.0)]:
        yield ContinuousNetwork([[-decay, feedforward], [0, -1]], [0, 1], name=f"two modes, {decay:g}, {feedforward:g}")
    sums_and_differences = np.array([[1, 1], [1, -1]]) / np.sqrt(2)
    balanced = lm.balanced_amplification().drift
    yield ContinuousNetwork(
        sums_and_differences @ balanced @ sums_and_differences, [0, 1], name="balanced amplification"
    )


def _is_two_modes(net):
    A = net.dense()
    return None if net.size == 2 and np.allclose(A[1], [0, -1], atol=1e-14) else "not two modes, the second of rate 1"


@claim(
    "F5",
    source="re-derived; Murphy & Miller (2009) for balanced amplification",
    family=_two_modes,
    conditions=(*PLAIN, REAL, Condition("two modes", _is_two_modes)),
)
def two_modes_hold_at_most_two_units(net):
    """Of two modes that are coupled one way, the driving one is remembered for up to two units.

    A = [[-l, f], [0, -1]]: J^s_22 = 1 + f^2 / (f^2 + (l + 1)^2), which tends to 2

    Excitation and inhibition in balance, W = [[w, -k w], [w, -k w]], are such modes: l = 1 + w (k - 1), f = w (1 + k).
    """
    (minus_l, f), _ = net.dense()
    expected = 1 + f**2 / (f**2 + (1 - minus_l) ** 2)
    yield equal("the memory of the driving mode", spatial(net)[1, 1], expected)
    yield at_most("below two", expected, 2.0)


@two_modes_hold_at_most_two_units.control("the modes are not coupled: nothing is gained")
def _(net):
    (minus_l, _), _ = net.dense()
    J = lm.spatial_fisher_memory(of_drift(np.diag([minus_l, -1.0])))
    yield at_least("the driving mode holds more than one unit", J[1, 1], 1.01)


@claim(
    "F6",
    source="numerical; re-derived from GHS, eq. 11",
    open="That it is extensive for w > 1 is numerical only; no closed form is known.",
)
def leaky_chains_are_extensive_above_weight_one():
    """A chain of leaky units holds a memory that grows with its length where its weight exceeds the leak.

    A = -I + w S, S the shift: J_tot grows with N for w > 1; it saturates for w < 1

    Of weight 5 and 20 units it is 14.3814 (in rational arithmetic), where a Lyapunov solver in double precision is off
    by six percent.
    """
    totals = {
        w: np.array([measured(lm.total_fisher_memory, lm.leaky_chain(n, weight=w)) for n in (5, 10, 20)])
        for w in (0.5, 1.0, 2.0, 5.0)
    }
    yield equal("weight 1/2 saturates at 1.067", totals[0.5], 1.067, tolerance=1e-3)
    yield equal("weight 1", totals[1.0], [1.352, 1.432, 1.491], tolerance=1e-3)
    yield equal("weight 2", totals[2.0], [2.515, 4.102, 7.238], tolerance=1e-3)
    yield equal("weight 5, 20 units", totals[5.0][2], 14.3814, tolerance=1e-5)
    growth = np.diff(totals[2.0]) / [5, 10]
    yield at_least("weight 2 grows as fast as before", growth[1], 0.95 * growth[0])


@leaky_chains_are_extensive_above_weight_one.control("weight 1: growth slows down", None)
def _():
    totals = [lm.total_fisher_memory(lm.leaky_chain(n, weight=1.0)) for n in (5, 10, 20)]
    growth = np.diff(totals) / [5, 10]
    yield at_least("weight 1 grows as fast as before", growth[1], 0.95 * growth[0])


@claim(
    "F7",
    source="Goldman (2009), Fig. 1; the formula re-derived",
    figures=("feedforward_integrator",),
)
def feedforward_integrators_hold_their_sum():
    """A leaky feedforward chain holds its sum after a pulse until the pulse has run through it.

    sum_i x_i(t) = Q(N, t) = Gamma(N, t) / Gamma(N), close to 1 until t = N (weights and leak 1)
    """
    yield from _sums([1, 5, 20, 100], weight=1.0)


def _sums(sizes, *, weight):
    for n in sizes:
        net = lm.leaky_chain(n, weight=weight)
        times = n * np.array([0.1, 0.5, 1.0, 1.5])
        sums = np.array([sl.expm(t * net.drift)[:, 0].sum() for t in times])
        yield equal("the sum is an incomplete gamma function", sums, gammaincc(n, times), tolerance=1e-9, scale=1.0)


@feedforward_integrators_hold_their_sum.control("the weight is not the leak", None)
def _():
    yield from _sums([5, 20], weight=0.9)


def _transfer(net, readout, s):
    return np.array([readout @ np.linalg.solve(z * np.eye(net.size) - net.drift, net.feedforward) for z in s])


def _pade(q, s):
    """Pade [q-1 / q] of e^-s, by its coefficients."""
    from scipy.interpolate import pade

    below = np.concatenate([[1.0], np.cumprod(-1.0 / np.arange(1, 2 * q))])
    numerator, denominator = pade(below, q, q - 1)
    return numerator(s) / denominator(s)


@claim(
    "F8",
    source="Voelker, Kajic & Eliasmith (2019)",
    figures=("legendre_memory",),
)
def legendre_memory_is_a_pade_delay():
    """The sum of a Legendre memory unit is its input, delayed by the window, as a Pade approximant has it.

    1' (s - A)^-1 B = [q-1 / q] of e^-s (window 1)
    """
    s = np.array([0.3, 1.0 + 2.0j, 4.0j])
    for q in (1, 2, 3, 6):
        yield equal("the transfer function", _transfer(lm.lmu(q), np.ones(q), s), _pade(q, s), tolerance=1e-9)


@legendre_memory_is_a_pade_delay.control("the oldest value is read with alternating signs: the newest", None)
def _():
    s, q = np.array([0.3, 1.0 + 2.0j, 4.0j]), 6
    yield equal("the transfer function", _transfer(lm.lmu(q), (-1.0) ** np.arange(q), s), _pade(q, s), tolerance=1e-3)


@claim("F9", source="Gu et al. (2020); the identities re-derived", figures=("legendre_memory",))
def hippo_drifts_are_normal_but_for_few_ranks():
    """The drifts of HiPPO have symmetric parts of rank one or two: they are dissipative, and skew otherwise.

    LegS: A + A' = -I - p p', p = B; LegT, normalised: A + A' = -b b' - p p'

    J_tot depends on the scaling of the states, since the metric of the noise does.
    """
    for n in (2, 6, 20):
        legs, legt = lm.hippo_legs(n), lm.hippo_legt(n)
        p = legs.feedforward
        yield equal("LegS", legs.drift + legs.drift.T, -np.eye(n) - np.outer(p, p), tolerance=1e-12)
        values = np.abs(sl.eigvalsh(legt.drift + legt.drift.T))
        yield at_most("LegT is of rank two", np.sort(values)[:-2].max(initial=0.0), 1e-10 * values.max())
        yield at_most("and dissipative", sl.eigvalsh(legt.drift + legt.drift.T)[-1], 1e-10 * values.max())
    raw, normalised = lm.lmu(6), lm.hippo_legt(6)
    for net, total, best in [(raw, 0.851, 2.88), (normalised, 1.271, 2.22)]:
        unit = replace(net, feedforward=net.feedforward / np.linalg.norm(net.feedforward))
        yield equal("its memory", measured(lm.total_fisher_memory, unit), total, tolerance=1e-3)
        yield equal("its best memory", sl.eigvalsh(spatial(unit))[-1], best, tolerance=2.5e-3)


@hippo_drifts_are_normal_but_for_few_ranks.control("states are not normalised", None)
def _():
    drift = lm.lmu(6).drift
    values = np.sort(np.abs(sl.eigvalsh(drift + drift.T)))
    yield at_most("LegT is of rank two", values[:-2].max(), 1e-10 * values[-1])
