"""The covariance of the noise in the state."""

from __future__ import annotations

import numpy as np

from linmem.gramian.methods import RTOL, each_member, request, trusted
from linmem.network import Network


def noise_covariance(network: Network | np.ndarray, *, horizon: int | None = None, rtol: float = RTOL) -> np.ndarray:
    r"""Covariance of the noise in the state, sum_k W^k Q W*^k, (N, N): the solution of C = W C W* + Q.

    In continuous time int_0^inf e^{A t} Q e^{A* t} dt, the solution of A C + C A* = -Q.

    Over a horizon n, the sum of the first n terms: the noise that has entered in the last n steps. `network` may be a
    bare matrix (Q = I).

    Raises
    ------
    UnstableNetworkError, UndecidedStabilityError
        With horizon=None, where the sum does not exist, or cannot be told to.
    AccuracyError
        Where no path knows it to `rtol`, relative to its largest entry. (Small directions of C may be known far less
        well than C, which is why memory is never computed from this matrix: see `fisher_memory_curve`.)

    Examples
    --------
    >>> import linmem as lm
    >>> lm.noise_covariance([[0.6]]).round(12)
    array([[1.5625]])
    """
    network, horizon, rtol = request(network, horizon, rtol)
    if network.stack_shape:
        return each_member(network, lambda one: noise_covariance(one, horizon=horizon, rtol=rtol))
    return trusted(
        network, horizon, rtol, "covariance", (), lambda numbers, error, path: numbers[0] * network.noise_variance
    )
