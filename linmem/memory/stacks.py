"""Curves of a stack of networks: one compiled pass, and one network at a time where it does not reach."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from linmem.dynamics.paths import of_member
from linmem.kernels import stacks as kernels
from linmem.network import LinearNetwork
from linmem.threads import one_blas_thread


def curve_of_stack(network: LinearNetwork, lags: int, horizon: int | None, rtol: float, curve_of_one: Callable):
    """Values, totals, relative errors and path of every member: the compiled fast path first, and `curve_of_one` for
    those it leaves open.
    """
    shape, size = network.stack_shape, network.size
    d = network.inputs
    V = np.ascontiguousarray(network.columns()).reshape(-1, size, d or 1)
    W = network.recurrent.reshape(-1, size, size)
    dtype = np.result_type(W, V)
    values, totals = np.zeros((len(W), lags, d or 1, d or 1), dtype), np.zeros((len(W), d or 1, d or 1), dtype)
    errors = np.full(len(W), np.inf)
    if horizon is None and not network.noise_is_matrix and network.known_radius is None:
        with one_blas_thread():
            kernels.curves(W.astype(dtype), V.astype(dtype), values, totals, errors)
        values /= network.noise_variance
        totals /= network.noise_variance
    left = np.flatnonzero(~(errors <= rtol))
    for position in left:
        index = tuple(int(i) for i in np.unravel_index(position, shape))
        one = of_member(network, index, lambda member: curve_of_one(member, lags, horizon, rtol))
        values[position], totals[position], errors[position] = (
            np.reshape(one.values, values.shape[1:]),
            one.total,
            one.relative_error,
        )
    path = "fast" if not len(left) else "mixed"
    if d is None:
        return (
            values[..., 0, 0].real.reshape(*shape, lags),
            totals[..., 0, 0].real.reshape(shape),
            errors.reshape(shape),
            path,
        )
    return values.reshape(*shape, lags, d, d), totals.reshape(*shape, d, d), errors.reshape(shape), path
