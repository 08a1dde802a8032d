"""Curves of a stack of networks: one compiled pass, and one network at a time where it does not reach."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from linmem.dynamics.paths import of_member
from linmem.kernels import stacks as kernels
from linmem.network import LinearNetwork, Network
from linmem.threads import one_blas_thread


def curve_of_stack(network: Network, lags: int, horizon: int | None, rtol: float, curve_of_one: Callable):
    """Values, totals, relative errors and path of every member: the compiled fast path first, and `curve_of_one` for
    those it leaves open.
    """
    shape, size = network.stack_shape, network.size
    d = network.inputs
    V = np.ascontiguousarray(network.columns()).reshape(-1, size, d or 1)
    W = network.matrix.reshape(-1, size, size)
    count = lags if isinstance(lags, int) else len(lags)
    dtype = np.result_type(W, V)
    values, totals = np.zeros((len(W), count, d or 1, d or 1), dtype), np.zeros((len(W), d or 1, d or 1), dtype)
    errors = np.full(len(W), np.inf)
    if (
        isinstance(network, LinearNetwork)
        and horizon is None
        and not (network.noise_is_matrix or network.bound_is_known)
    ):
        with one_blas_thread():
            kernels.curves(W.astype(dtype), V.astype(dtype), values, totals, errors)
        values /= network.noise_variance
        totals /= network.noise_variance
    left = np.flatnonzero(~(errors <= rtol))
    for position in left:
        index = tuple(int(i) for i in np.unravel_index(position, shape))
        one = of_member(network, index, lambda member: curve_of_one(member, lags, horizon, rtol))
        values[position] = np.reshape(one.values, values.shape[1:])
        totals[position], errors[position] = one.total, one.relative_error
    inner = () if d is None else (d, d)
    if d is None:
        values, totals = values.real, totals.real
    path = "mixed" if len(left) else "fast"
    return values.reshape(*shape, count, *inner), totals.reshape(*shape, *inner), errors.reshape(shape), path
