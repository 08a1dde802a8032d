"""Claim E8: the memory function as the square of a correlation.

The signal is white and has the variance x in units of the noise: x = s^2 / eps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import scipy.linalg as sl

import linmem as lm
from linmem.claims import families
from linmem.claims.claim import claim
from linmem.claims.conditions import ANY_INPUT, REAL
from linmem.claims.decoding import LAGS, best_readouts, with_signal_as_noise
from linmem.claims.evidence import Findings, equal
from linmem.claims.measures import measured, powers, precision_forms, quadratic_forms, rounding_of_powers
from linmem.linalg.stein import ULP
from linmem.network import LinearNetwork

KNOWN = 1e-9  # the error of a memory function that the claim can do with


def fan_out(layers: int) -> LinearNetwork:
    """A delay line with the amplification of a fan-out tree, k + 1, and so with its memory."""
    k = np.arange(1, layers)
    return replace(lm.inhomogeneous_chain(np.sqrt((k + 1) / k)), name=f"the line of a tree of {layers} layers")


def _real_and_fan_out() -> Iterator[LinearNetwork]:
    yield from families.real()
    yield fan_out(118)


@claim(
    "E8",
    source="White, Lee & Sompolinsky (2004); GHS, Fig. 5C and D",
    conditions=(*ANY_INPUT, REAL),
    family=_real_and_fan_out,
    figures=("fan_out_memory",),
)
def memory_function_is_the_square_of_a_correlation(net: LinearNetwork) -> Findings:
    """The memory function is the square of Pearson's correlation between the signal and what is read out.

    m(k) = E[s s^] / E[s^2] = corr(s, s^)^2

    Both m and the correlation are called a correlation in the literature. For a fan-out tree of 118 layers at x = 20
    the memory function is .952 for the newest signal and .789 for the oldest, where Pearson's r is .888.
    """
    m = measured(lm.memory_function, net, LAGS, snr=20.0)
    shared, square, error = _correlations(net, 20.0)
    yield equal(
        "E[s s^] / E[s^2]",
        shared,
        m,
        tolerance=1e-7,
        error=error,
    )
    yield equal(
        "the square of Pearson's r",
        square,
        m,
        tolerance=1e-7,
        error=error,
    )


def _correlations(net: LinearNetwork, x: float) -> tuple[np.ndarray, np.ndarray, float]:
    """E[s s^] / E[s^2] and corr(s, s^)^2 of the best readouts, from covariances, and a bound of their error.

    Where doubles do not know them, both are s^2 w* (C + s^2 P)^-1 w by ball arithmetic.
    """
    state, variance = with_signal_as_noise(net, x), x * net.noise_variance
    C, w = measured(lm.noise_covariance, state), powers(net, LAGS)
    readouts = best_readouts(state, w, variance)
    error = _error_of_readouts(state, C, readouts, variance * w) / np.sqrt(variance)
    if error > KNOWN:
        return _explained_by_balls(state, w, variance)
    shared = np.sum(readouts * w, axis=0)
    power = quadratic_forms(C, readouts) / variance
    square = np.where(power > 0, shared**2 / np.where(power > 0, power, 1), 0)
    return shared, square, float(error)


def _explained_by_balls(state: LinearNetwork, w: np.ndarray, variance: float) -> tuple[np.ndarray, np.ndarray, float]:
    form, error = precision_forms(state, w)
    # w is rounded by r in the norm of the form, which is at most 1 / s^2
    r = np.sqrt(variance) * rounding_of_powers(state, w)
    explained = variance * np.diagonal(form).real
    return explained, explained, variance * error + 2 * r + r**2


def _error_of_readouts(state: LinearNetwork, C: np.ndarray, readouts: np.ndarray, target: np.ndarray) -> float:
    """How far the residual r of C g = s^2 w may move s w* g: by ||r|| / sqrt(q) at most.

    C >= q I bounds r* C^-1 r, and C >= s^2 w w* bounds w* C^-1 w.
    """
    rounding = state.size * ULP * np.linalg.norm(C, 2) * np.linalg.norm(readouts, axis=0).max()
    residual = np.linalg.norm(C @ readouts - target, axis=0).max()
    smallest = sl.eigvalsh(state.covariance)[0]
    return float(residual + rounding) / float(np.sqrt(smallest))


@memory_function_is_the_square_of_a_correlation.control("Pearson's r is taken for it")
def _(net: LinearNetwork) -> Findings:
    m = lm.memory_function(net, LAGS, snr=20.0).values
    for number in _correlations(net, 20.0)[:2]:
        yield equal(
            "Pearson's r",
            np.sqrt(number),
            m,
            tolerance=1e-3,
        )
