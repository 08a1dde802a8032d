r"""A discretised network that holds the memory of the flow although its weights are rounded.

In steps that are much shorter than the time of decay, and in long bilinear ones, the eigenvalues of W lie near the unit
circle, and the rounding of W to doubles moves the stationary covariance. Where doubles show that, W is computed to more
digits and rounded once, and the noise becomes

    Q_dt = C - W C W*,

for the W that is stored and the stationary covariance C of the flow: the stored network has C to the rounding of Q_dt.
Where that would be another noise than the one that enters in a step, by more than a tenth, the network is refused.
Q_dt is computed at two precisions, which must agree, and C and J(0) of the stored network are compared with those of
the flow in balls.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from linmem.balls.decisions import is_positive_definite
from linmem.errors import AccuracyError
from linmem.linalg.discretisation import (
    SAFETY,
    Step,
    at_random,
    discretised_in_doubles,
    memory_of_input,
    outwards,
    relative_change,
)
from linmem.linalg.stein import ULP
from linmem.linalg.structure import binary_exponent, times_power_of_two

LARGEST = 50  # units: seconds
PRECISIONS = (256, 512, 1024, 2048)  # bits
LARGEST_SHARE = 0.1  # of the noise that may be added or taken away
FORMULAS = {"zero-order hold": "e^(A dt)", "bilinear": "(I - A dt/2)^-1 (I + A dt/2)"}


def discretised(
    A: np.ndarray,
    Q: np.ndarray,
    V: np.ndarray | None,
    dt: float,
    method: str,
    rtol: float,
    is_unstable: Callable[[], bool],
) -> Step:
    """W and the noise, (N, N) each, where rounding moves them, and memory, by at most a relative `rtol`, as estimated.

    An unstable network has no stationary memory: there it is W and the noise alone.
    """
    # no square overflows or vanishes in units of the noise and of the input: the change of memory is relative
    exponent = binary_exponent(Q)
    Q = times_power_of_two(Q, -exponent)
    V = None if V is None else times_power_of_two(V, -binary_exponent(V))
    step, error, of_step = discretised_in_doubles(A, Q, V, dt, method, rtol)
    error = max(error, of_step)
    if not error <= rtol:
        if is_unstable():
            error = of_step
        elif len(A) <= LARGEST:
            more = _rounded_once(A, Q, dt, method)
            if more is not None and _is_little_more(step[1], more[0][1]):
                step, C = more
                error = _error(A, Q, V, step, C)
    if not error <= rtol:
        raise AccuracyError(
            error,
            rtol,
            reason=f"dt is {dt:g}, for which the rounding of W = {FORMULAS[method]} and of its noise moves memory: "
            "take a dt nearer to the times in which the network decays and turns, or its memory in continuous time",
        )
    W, noise = step
    return W, times_power_of_two(noise, exponent)


def _rounded_once(A: np.ndarray, Q: np.ndarray, dt: float, method: str) -> tuple[Step, np.ndarray] | None:
    """W and the noise that leaves C as it is, and C; None where no precision is enough, or there is no such noise."""
    from flint import ctx

    from linmem.balls.bounded import InconclusiveError, adjoint, as_doubles, exact
    from linmem.balls.covariance import prove_covariance

    dtype = np.result_type(A, Q)
    before = None
    for bits in PRECISIONS:
        with ctx.workprec(bits):
            try:
                W = as_doubles(_weights(exact(A), dt, method))[0]
                flow, noise, stored = (exact(array.astype(dtype)) for array in (A, Q, W))
                C = prove_covariance(flow, noise, continuous=True).near
            except (InconclusiveError, ZeroDivisionError):  # too few bits, or a flow that has no C
                continue
            remaining = as_doubles(C - stored * C * adjoint(stored))[0]
            covariance = as_doubles(C)[0]
        if before is not None and np.array_equal(before[0], W) and _agree(before[1], remaining):
            noise_of_step = (remaining + remaining.conj().T) / 2
            return ((W, noise_of_step), covariance) if is_positive_definite(noise_of_step) else None
        before = W, remaining
    return None


def _weights(A: Any, dt: float, method: str) -> Any:
    from linmem.balls.bounded import shifted

    if method == "bilinear":
        half = A * (dt / 2)
        return shifted(half * -1, 1).solve(shifted(half, 1))
    return (A * dt).exp()


def _is_little_more(noise: np.ndarray, other: np.ndarray) -> bool:
    """Whether the noise that makes good for the rounding of W is still that of the flow, but for a small share."""
    deviations = np.sqrt(noise.diagonal().real)
    return bool((np.abs(other - noise) <= LARGEST_SHARE * np.outer(deviations, deviations)).all())


def _agree(first: np.ndarray, second: np.ndarray) -> bool:
    deviations = np.sqrt(np.abs(second.diagonal()))
    return bool((np.abs(first - second) <= 4 * ULP * np.outer(deviations, deviations)).all())


def _error(A: np.ndarray, Q: np.ndarray, V: np.ndarray | None, step: Step, C: np.ndarray) -> float:
    """How far C and J(0) of the network as it is stored are from those of the flow, and an estimate for later lags.

    The first two are compared in balls; the estimate is the change of J(k) where W is rounded otherwise and C is the
    same.
    """
    from linmem.balls.bounded import InconclusiveError
    from linmem.balls.fisher import enclose_fisher_memory_curve, enclose_noise_covariance

    W, noise = step
    try:
        pairs = [(enclose_noise_covariance(A, Q, continuous=True), enclose_noise_covariance(W, noise))]
        if V is not None:
            of_flow = enclose_fisher_memory_curve(A, V, Q, np.zeros(1), continuous=True)
            pairs.append((of_flow, enclose_fisher_memory_curve(W, V, noise, 1)))
        L = np.linalg.cholesky(C)
    except (InconclusiveError, np.linalg.LinAlgError):
        return np.inf
    error = max(relative_change(flow.values[0], stored.values[0]) for flow, stored in pairs)
    if V is None:
        return error
    with np.errstate(all="ignore"):
        curve = memory_of_input(L, W, V)
        changes = [
            relative_change(curve, memory_of_input(L, rounded(W, np.abs(W)), V)) for rounded in (outwards, at_random)
        ]
    return max(error, SAFETY * max(changes))
