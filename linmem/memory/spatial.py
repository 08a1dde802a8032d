r"""The spatial side of Fisher memory: which direction of input is remembered, and how well.

Contents
--------
spatial_fisher_memory
    J^s, whose quadratic form is the total memory of an input.
optimal_input
    The unit input that is remembered best.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg as sl

from linmem.gramian.methods import best
from linmem.gramian.request import Request
from linmem.linalg.stein import ULP
from linmem.linalg.structure import scaled
from linmem.measured import MeasuredArray, measured_array
from linmem.memory.along_path import MeasuredAlongPath, require_no_horizon, require_stationary_arguments
from linmem.memory.stacks import for_each_member
from linmem.network import Network, as_network
from linmem.validation import RTOL

FARTHEST = 2.0  # apart are two entries of unit vectors


def spatial_fisher_memory(
    network: Network | MeasuredAlongPath | np.ndarray,
    *,
    horizon: int | None = None,
    rtol: float = RTOL,
    at: int | None = None,
    observe: Any = None,
    readout_noise: float | None = None,
) -> MeasuredArray:
    r"""Spatial Fisher memory matrix J^s = sum_k W*^k C^-1 W^k, (N, N): J_tot = v* J^s v for every input v.

    It depends on W and the noise alone (`network` may be a bare matrix), and trace(Q J^s) = N whatever the stable W:
    memory is only ever moved from one direction to another. W is normal if and only if J^s is the identity (noise eps
    = 1). Over a horizon n both sums have n terms, and the trace is N as well. Ganguli, Huh & Sompolinsky (2008), eq. 8
    and after.

    Of a `TimeVaryingNetwork` it is sum_k Phi_k* C^-1 Phi_k over all steps until `at`, with Phi_k the product of the
    last k: v* J^s v is the memory of inputs that enter along v at every step. `at`, `observe` and `readout_noise` are
    those of `fisher_memory_curve`.

    Raises as `fisher_memory_curve`.

    Examples
    --------
    >>> import linmem as lm
    >>> lm.spatial_fisher_memory(lm.chain(2)).round(12)
    array([[1.5, 0. ],
           [0. , 0.5]])
    """
    if isinstance(network, MeasuredAlongPath):
        require_no_horizon(horizon=horizon)
        spatial: MeasuredArray = network.spatial_fisher_memory(
            at=-1 if at is None else at, observe=observe, readout_noise=readout_noise or 0.0, rtol=rtol
        )
        return spatial
    require_stationary_arguments(at=at, observe=observe, readout_noise=readout_noise)
    request = Request.of_network(as_network(network), horizon, rtol)
    return for_each_member(request, _spatial_matrix)


def optimal_input(network: Network | np.ndarray, *, horizon: int | None = None, rtol: float = RTOL) -> MeasuredArray:
    r"""The unit input v, (N,), that maximises J_tot: the top eigenvector of J^s.

    It attains J_tot = max eig J^s, between 1 and N (noise eps = 1). Its sign (phase) makes the entry of largest
    modulus positive. Where the top eigenvalue is repeated, as it is for every normal W, any vector of its eigenspace
    does as well, and one of them is returned: `.error`, which is about the vector, is then 2, while the J_tot of the
    vector, `total_fisher_memory`, is the largest to the error of J^s. Ganguli, Huh & Sompolinsky (2008), after eq. 9.

    Raises as `fisher_memory_curve`.

    Examples
    --------
    >>> import linmem as lm
    >>> lm.optimal_input(lm.chain(5)).round(12)
    array([1., 0., 0., 0., 0.])
    """
    request = Request.of_network(as_network(network), horizon, rtol)
    return for_each_member(request, _top_eigenvector)


def _spatial_matrix(request: Request) -> MeasuredArray:
    answer = best(request, lambda gramian: gramian.spatial_fisher_memory(request))
    matrix, error = map(request.memory, (answer.numbers[0], answer.errors[0]))
    return answer.accept(measured_array(matrix, error, answer.method))


def _top_eigenvector(request: Request) -> MeasuredArray:
    spatial = _spatial_matrix(request)
    matrix, exponent = scaled(np.asarray(spatial))
    # all eigenvectors: of a matrix near the identity LAPACK finds none where it is asked for the last one only
    values, vectors = sl.eigh(matrix, driver="evd")
    top = vectors[:, -1]
    largest = top[np.argmax(np.abs(top))]
    uncertainty = sl.norm(np.ldexp(spatial.error, -exponent)) + len(matrix) * ULP * values[-1]
    gap = values[-1] - values[-2] if len(values) > 1 else np.inf
    # Davis & Kahan: the sine of the angle between exact and computed vector is at most twice that ratio
    error = 3 * uncertainty / gap if gap > 0 else np.inf
    return measured_array(top * (np.abs(largest) / largest), min(error, FARTHEST), spatial.method)
