"""Claims F6 to F9: leaky chains, feedforward integrators and Legendre memory, in continuous time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import scipy.linalg as sl
from scipy.interpolate import pade
from scipy.special import gammaincc

import linmem as lm
from linmem.claims.claim import claim
from linmem.claims.evidence import Findings, at_least, at_most, equal
from linmem.claims.measures import measured, spatial, total
from linmem.network import ContinuousNetwork


@claim(
    "F6",
    source="numerical; re-derived from GHS, eq. 11",
    open="that the memory is extensive for w > 1 is seen in numbers only; no closed form is known",
)
def leaky_chains_are_extensive_above_weight_one() -> Findings:
    """The total memory of a chain of leaky units grows with its length where its weight exceeds the leak.

    A = -I + w S, S the shift: J_tot grows with N for w > 1; it saturates for w < 1

    For weight 5 and 20 units it is 14.3814 (in rational arithmetic), where a Lyapunov solver in double precision is
    wrong by six percent.
    """
    yield equal(
        "for weight 1/2 the total saturates at 1.067",
        _totals(0.5),
        1.067,
        tolerance=1e-3,
    )
    yield equal(
        "the totals for weight 1",
        _totals(1.0),
        [1.352, 1.432, 1.491],
        tolerance=1e-3,
    )
    yield equal(
        "the totals for weight 2",
        _totals(2.0),
        [2.515, 4.102, 7.238],
        tolerance=1e-3,
    )
    yield equal(
        "the total for weight 5 and 20 units",
        _totals(5.0)[2],
        14.3814,
        tolerance=1e-5,
    )
    growth = np.diff(_totals(2.0)) / [5, 10]
    yield at_least(
        "for weight 2 the growth does not slow down",
        growth[1],
        0.95 * growth[0],
    )


def _totals(weight: float) -> np.ndarray:
    """J_tot of leaky chains of 5, 10 and 20 units."""
    return np.array([measured(lm.total_fisher_memory, lm.leaky_chain(n, weight=weight)) for n in (5, 10, 20)])


@leaky_chains_are_extensive_above_weight_one.control("weight 1: the growth slows down", None)
def _() -> Findings:
    growth = np.diff(_totals(1.0)) / [5, 10]
    yield at_least(
        "for weight 1 the growth does not slow down",
        growth[1],
        0.95 * growth[0],
    )


@claim(
    "F7",
    source="Goldman (2009), Fig. 1; the formula re-derived",
    figures=("feedforward_integrator",),
)
def feedforward_integrators_hold_their_sum() -> Findings:
    """The sum of a leaky feedforward chain stays constant after a pulse until the pulse has run through the chain.

    sum_i x_i(t) = Q(N, t) = Gamma(N, t) / Gamma(N), close to 1 until t = N (weights and leak 1)
    """
    yield from _sums([1, 5, 20, 100], weight=1.0)


def _sums(sizes: list[int], *, weight: float) -> Findings:
    for n in sizes:
        drift = lm.leaky_chain(n, weight=weight).drift
        times = n * np.array([0.1, 0.5, 1.0, 1.5])
        sums = np.array([sl.expm(t * drift)[:, 0].sum() for t in times])
        yield equal(
            "the sum is an incomplete gamma function",
            sums,
            gammaincc(n, times),
            tolerance=1e-9,
            scale=1.0,
        )


@feedforward_integrators_hold_their_sum.control("the weight is not the leak", None)
def _() -> Findings:
    yield from _sums([5, 20], weight=0.9)


FREQUENCIES = np.array([0.3, 1.0 + 2.0j, 4.0j])


def _transfer(net: ContinuousNetwork, readout: np.ndarray) -> np.ndarray:
    """c' (s - A)^-1 b = det(s - A + b c') / det(s - A) - 1 at some s, by the matrix determinant lemma."""
    values = []
    for s in FREQUENCIES:
        M = s * np.eye(net.size) - net.drift
        changed = M + np.outer(net.feedforward, readout)
        values.append(np.linalg.det(changed) / np.linalg.det(M) - 1)
    return np.array(values)


def _pade_of_delay(q: int) -> Any:
    """The Pade approximant [q-1 / q] of e^-s at some s."""
    coefficients = np.concatenate([[1.0], np.cumprod(-1.0 / np.arange(1, 2 * q))])
    numerator, denominator = pade(coefficients, q, q - 1)
    return numerator(FREQUENCIES) / denominator(FREQUENCIES)


@claim(
    "F8",
    source="Voelker, Kajic & Eliasmith (2019)",
    figures=("legendre_memory",),
)
def legendre_memory_is_a_pade_delay() -> Findings:
    """The sum of a Legendre memory unit is its input, delayed by the window, in the Pade approximation of the delay.

    1' (s - A)^-1 B = [q-1 / q] of e^-s (window 1)
    """
    for q in (1, 2, 3, 6):
        yield equal(
            "the transfer function",
            _transfer(lm.lmu(q), np.ones(q)),
            _pade_of_delay(q),
            tolerance=1e-9,
        )


@legendre_memory_is_a_pade_delay.control("the readout has alternating signs: it reads the newest value", None)
def _() -> Findings:
    q = 6
    alternating = (-1.0) ** np.arange(q)
    yield equal(
        "the transfer function",
        _transfer(lm.lmu(q), alternating),
        _pade_of_delay(q),
        tolerance=1e-3,
    )


@claim("F9", source="Gu et al. (2020); the identities re-derived", figures=("legendre_memory",))
def hippo_drifts_are_normal_but_for_few_ranks() -> Findings:
    """The drifts of HiPPO are skew-symmetric up to a part of rank one or two, and a leak; they are dissipative.

    LegS: A + A' = -I - p p', p = B; LegT, normalised: A + A' = -b b' - p p'

    J_tot depends on the scaling of the states, because the metric of the noise does.
    """
    for n in (2, 6, 20):
        legs = lm.hippo_legs(n)
        p = legs.feedforward
        yield equal(
            "LegS",
            legs.drift + legs.drift.T,
            -np.eye(n) - np.outer(p, p),
            tolerance=1e-12,
        )
        yield from _rank_two(lm.hippo_legt(n).drift)
    yield from _memory_of(lm.lmu(6), total_of_given=0.851, largest=2.88)
    yield from _memory_of(lm.hippo_legt(6), total_of_given=1.271, largest=2.22)


def _rank_two(drift: np.ndarray) -> Findings:
    """The symmetric part has two eigenvalues that are not 0, and they are negative."""
    values = sl.eigvalsh(drift + drift.T)
    sizes = np.sort(np.abs(values))
    yield equal(
        "LegT is of rank two",
        sizes[:-2].max(initial=0.0),
        0.0,
        tolerance=1e-10,
        scale=sizes[-1],
    )
    yield at_most(
        "LegT is dissipative",
        values[-1],
        1e-10 * sizes[-1],
    )


def _memory_of(net: ContinuousNetwork, *, total_of_given: float, largest: float) -> Findings:
    v = net.feedforward
    unit = replace(net, feedforward=v / np.linalg.norm(v))
    yield equal(
        "the total of its input",
        total(unit),
        total_of_given,
        tolerance=1e-3,
    )
    yield equal(
        "the largest total",
        sl.eigvalsh(spatial(unit))[-1],
        largest,
        tolerance=2.5e-3,
    )


@hippo_drifts_are_normal_but_for_few_ranks.control("states are not normalised", None)
def _() -> Findings:
    yield from _rank_two(lm.lmu(6).drift)
