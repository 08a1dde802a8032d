"""Claims C6 to C8: how much memory transient amplification allows in any network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

import linmem as lm
from linmem.claims import families
from linmem.claims.chains import amplification, harmonic
from linmem.claims.claim import claim
from linmem.claims.conditions import THEORY
from linmem.claims.evidence import Findings, at_least, at_most, equal
from linmem.claims.measures import curve, measured, total
from linmem.network import LinearNetwork


def _curve_of_delay_line(squares: np.ndarray) -> np.ndarray:
    """1 / sum_{l <= m} 1 / A_l, the curve of the delay line that amplifies alike."""
    with np.errstate(divide="ignore"):
        return 1 / np.cumsum(1 / np.maximum(squares, 1e-280))


@claim(
    "C6",
    source="GHS, eq. 11",
    conditions=THEORY,
    family=families.stable,
    inequality=True,
    figures=("delay_lines",),
)
def amplification_bounds_memory(net: LinearNetwork) -> Findings:
    """The memory of any network is at most that of the delay line with the same amplification.

    J(m) <= 1 / sum_{l <= m} 1 / A_l, A_l = ||W^l v||^2; with equality for that delay line, however it is rotated

    The check does not show that no other network attains the bound.
    """
    lags = 2 * net.size
    bound = _curve_of_delay_line(amplification(net, lags))
    yield at_most(
        "the curve is at most that of the delay line",
        curve(net, lags),
        bound,
    )


def _with_a_quiet_first_unit() -> Iterator[LinearNetwork]:
    for net in (lm.chain(8, gain=1.3), lm.ginibre(5, gain=0.9, rng=5)):
        variances = np.ones(net.size)
        variances[0] = 0.05
        variances = variances * net.size / variances.sum()
        yield replace(net, feedforward=np.eye(net.size)[0], noise=np.diag(variances))


@amplification_bounds_memory.control("noise is not white: the first unit has little", _with_a_quiet_first_unit)
def _(net: LinearNetwork) -> Findings:
    bound = _curve_of_delay_line(lm.transient_amplification(net, 4) ** 2)
    yield at_most(
        "the curve is at most that of the delay line",
        lm.fisher_memory_curve(net, 4).values,
        bound,
    )


@claim("C7", source="GHS, after eq. 11", figures=("delay_lines",))
def memory_of_linear_growth_is_logarithmic() -> Findings:
    """A network whose squared amplification grows at most linearly has a total memory that is not proportional to N.

    A_m <= c (m + 1): J(k) <= c / H_{k+1}; A_m bounded: J(k) = O(1 / k) and J_tot = O(log N)

    The check takes delay lines, which are the best networks for a given amplification (C6).
    """
    sizes = np.array([20, 80, 320])
    linear = [_line_with(np.arange(1.0, n + 1)) for n in sizes]
    for net, n in zip(linear, sizes, strict=True):
        yield equal(
            "the curve of linear growth",
            curve(net, n),
            1 / harmonic(np.arange(1, n + 1)),
        )
    totals = np.array([total(net) for net in linear])
    shares = totals / sizes
    yield at_most(
        "the total as a share of N falls",
        shares[1:],
        0.99 * shares[:-1],
    )
    without_growth = np.array([total(lm.chain(int(n))) for n in sizes])
    yield equal(
        "without growth the total is a harmonic number",
        without_growth,
        harmonic(sizes),
    )


def _line_with(squares: np.ndarray) -> LinearNetwork:
    """The delay line that has a given squared amplification."""
    return lm.inhomogeneous_chain(np.sqrt(squares[1:] / squares[:-1]))


@memory_of_linear_growth_is_logarithmic.control("growth to the power 3/2: a plateau of 1 / zeta(3/2)", None)
def _() -> Findings:
    sizes = np.array([80, 320])
    totals = np.array([lm.total_fisher_memory(_line_with(np.arange(1.0, n + 1) ** 1.5)) for n in sizes])
    shares = totals / sizes
    yield at_most(
        "the total as a share of N falls below the plateau",
        shares[1],
        0.9 / 2.612,
    )


@claim(
    "C8",
    source="GHS, eq. 12; the sharper bound re-derived",
    conditions=THEORY,
    family=families.stable,
    inequality=True,
)
def noise_power_bounds_memory(net: LinearNetwork) -> Findings:
    """The power of the noise in the state bounds the memory at every lag.

    tr C / eps >= N + sum_{m >= 1} A_m, so that J(k) <= 1 / (1 + k^2 / (tr C / eps - N))

    Both are equalities for a chain of two units. The bound is checked for k >= 1: at lag 0 it is 1, whatever the power.
    """
    lags = 2 * net.size
    k = np.arange(1, lags)
    power = np.trace(measured(lm.noise_covariance, net)).real / net.noise_variance
    spare = power - net.size
    later = np.sum(amplification(net, lags)[1:])
    yield at_least(
        "the noise power",
        power,
        net.size + later,
    )
    yield at_most(
        "the curve is at most the bound",
        curve(net, lags)[1:],
        spare / (spare + k**2),
    )


@noise_power_bounds_memory.control("the noise of the units alone: N", families.amplifying)
def _(net: LinearNetwork) -> Findings:
    J = lm.fisher_memory_curve(net, net.size).values
    yield at_most(
        "the curve is at most the bound",
        J[1:],
        0.0,
    )  # the bound, where nothing is spare
