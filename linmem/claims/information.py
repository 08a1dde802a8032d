"""Claim E6: the information that the state holds about the past.

The signal is white and has the variance x in units of the noise: x = s^2 / eps. F is the Fisher memory matrix for
eps = 1.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg as sl

import linmem as lm
from linmem.claims import families
from linmem.claims.claim import claim
from linmem.claims.conditions import ANY_INPUT, REAL
from linmem.claims.decoding import SNRS, matrix_over, matrix_over_all_lags
from linmem.claims.evidence import Findings, at_most, equal
from linmem.claims.measures import measured, total
from linmem.network import LinearNetwork


def _half_log_det(F: np.ndarray, x: float) -> float:
    """log det(1 + x F) / 2."""
    eigenvalues = np.maximum(sl.eigvalsh(F), 0)
    return float(np.sum(np.log1p(x * eigenvalues)) / 2)


def _slope_of_information(net: LinearNetwork, x: float) -> float:
    """x dI/dx, by differences of fourth order in log x."""
    h = 0.02
    information = {step: measured(lm.mutual_information, net, snr=x * np.exp(step * h)) for step in (-2, -1, 1, 2)}
    return (information[-2] - 8 * information[-1] + 8 * information[1] - information[2]) / (12 * h)


@claim(
    "E6",
    source="re-derived; the slope after Guo, Shamai & Verdu (2005)",
    conditions=(*ANY_INPUT, REAL),
    family=families.real,
    inequality=True,
)
def information_is_bounded_by_the_total_memory(net: LinearNetwork) -> Findings:
    """The information of the state about the past is a log-determinant, and the total Fisher memory bounds it.

    I = log det(1 + x F) / 2 <= (N / 2) log(1 + x J_tot / N) <= x J_tot / 2 for eps = 1, reached as x -> 0; and
    2 x dI/dx = sum_k m(k)

    This is for a Gaussian signal. The state knows less about any other signal of the same variance.
    """
    n, J_tot = net.size, total(net)
    F, beyond = matrix_over_all_lags(net)
    for x in SNRS:
        information = measured(lm.mutual_information, net, snr=x)
        capacity = measured(lm.memory_capacity, net, snr=x)
        log_det = _half_log_det(F, x)
        # the lags beyond add at most x / 2 times their memory
        yield equal(
            "it is a log-determinant",
            information,
            log_det,
            tolerance=1e-7,
            error=x * beyond / 2,
        )
        yield at_most(
            "the total bounds it",
            information,
            n / 2 * np.log1p(x * J_tot / n),
        )
        yield equal(
            "its slope is the capacity",
            2 * _slope_of_information(net, x),
            capacity,
            tolerance=1e-6,
        )
    x = 1e-6 / J_tot
    weak = 2 * measured(lm.mutual_information, net, snr=x) / x
    yield equal(
        "weak signals reach the bound",
        weak,
        J_tot,
        tolerance=2e-6,
    )
    F = matrix_over(net, min(2 * n, 40))
    over_horizon = measured(lm.mutual_information, net, snr=3.0, horizon=len(F))
    yield equal(
        "over a horizon it is that of the memory matrix",
        over_horizon,
        _half_log_det(F, 3.0),
        tolerance=1e-7,
    )


@information_is_bounded_by_the_total_memory.control(
    "the signal is binary", lambda: [LinearNetwork([[0.0]], [v], name=f"a unit, input {v:g}") for v in (1.0, 4.0)]
)
def _(net: LinearNetwork) -> Findings:
    level = abs(net.feedforward[0]) * np.sqrt(3.0)
    nodes, weights = np.polynomial.hermite_e.hermegauss(120)
    lost = weights / weights.sum() @ np.logaddexp(0, -2 * level * (level + nodes))
    yield equal(
        "it is a log-determinant",
        np.log(2) - lost,
        lm.mutual_information(net, 3.0),
        tolerance=1e-3,
    )


@information_is_bounded_by_the_total_memory.control("the slope is said to be half of it")
def _(net: LinearNetwork) -> Findings:
    low, high = (lm.mutual_information(net, 3.0 * step) for step in (0.99, 1.01))
    yield equal(
        "its slope is the capacity",
        (high - low) / 0.02,
        lm.memory_capacity(net, snr=3.0),
        tolerance=0.01,
    )
