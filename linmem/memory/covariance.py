"""The covariance of the noise in the state, and its square-root factor.

Contents
--------
noise_covariance
    C, the solution of C = W C W* + Q.
noise_covariance_factor
    S with C = S* S.
"""

from __future__ import annotations

import numpy as np

from linmem.errors import InvalidNetworkError
from linmem.gramian.methods import best
from linmem.gramian.quantities import Answer
from linmem.gramian.request import Request
from linmem.measured import MeasuredArray, measured_array
from linmem.memory.stacks import for_each_member
from linmem.network import Network, as_network
from linmem.validation import RTOL


def noise_covariance(network: Network | np.ndarray, *, horizon: int | None = None, rtol: float = RTOL) -> MeasuredArray:
    r"""Covariance of the noise in the state, sum_k W^k Q W*^k, (N, N): the controllability Gramian, C = W C W* + Q.

    In continuous time int_0^inf e^{A t} Q e^{A* t} dt, the solution of A C + C A* = -Q.

    Over a horizon n, the sum of the first n terms: the noise that has entered in the last n steps. `network` may be a
    bare matrix (Q = I).

    Raises
    ------
    UnstableNetworkError, UndecidedStabilityError
        With horizon=None, where the sum does not exist, or this cannot be decided.
    AccuracyError
        Where no method reaches `rtol`, relative to the largest entry. Small directions of C may be known far less
        well than C, which is why memory is never computed from this matrix: see `noise_covariance_factor`.

    Examples
    --------
    >>> import linmem as lm
    >>> lm.noise_covariance([[0.6]]).round(12)
    array([[1.5625]])
    """
    request = Request.of_network(as_network(network), horizon, rtol)
    return for_each_member(request, _covariance)


def noise_covariance_factor(
    network: Network | np.ndarray, *, horizon: int | None = None, rtol: float = RTOL
) -> MeasuredArray:
    r"""Square-root factor S of the noise covariance (controllability Gramian), (N, N): upper triangular, C = S* S.

    S is accurate where C itself has lost its digits: C squares the condition of S. Quadratic forms in the precision
    follow from it, x* C^-1 y = (S^-* x)* (S^-* y), by one triangular solve for each vector. The diagonal of S is
    positive. Parameters and errors as for `noise_covariance`.

    References
    ----------
    Hammarling (1982), IMA Journal of Numerical Analysis 2:303, on factors without the covariance. Here S comes from
    doubling or from QR factorisations of its terms, as the error requires.

    Examples
    --------
    S* S solves the Stein equation; the residual is that of rounding:

    >>> import linmem as lm
    >>> net = lm.feedback_chain(60, feedforward=0.95, feedback=0.2)
    >>> S, W = lm.noise_covariance_factor(net), net.dense()
    >>> C = S.T @ S
    >>> residual = np.linalg.norm(C - W @ C @ W.T - np.eye(60)) / np.linalg.norm(C)
    >>> print(residual < 1e-14)
    True
    """
    request = Request.of_network(as_network(network), horizon, rtol)
    return for_each_member(request, _factor)


def _covariance(request: Request) -> MeasuredArray:
    answer = best(request, lambda gramian: gramian.noise_covariance(request))
    return answer.accept(_of_this_noise(answer, request.network.noise_variance))


def _factor(request: Request) -> MeasuredArray:
    answer = best(request, lambda gramian: gramian.noise_covariance_factor(request))
    return answer.accept(_of_this_noise(answer, np.sqrt(request.network.noise_variance)))


def _of_this_noise(answer: Answer, scale: float) -> MeasuredArray:
    """The answer for noise of variance 1, in units of the noise of the network."""
    with np.errstate(over="ignore"):
        numbers, errors = answer.numbers[0] * scale, answer.errors[0] * scale
    if not np.isfinite(numbers).all():
        raise InvalidNetworkError(
            "noise grows beyond the largest double in the state; measure the state in larger units: divide noise by a "
            "power of ten"
        )
    return measured_array(numbers, errors, answer.method)
