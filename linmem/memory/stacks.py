"""Curves of a stack of networks: one compiled pass, and one network at a time where it does not reach."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from linmem.gramian.methods import of_member
from linmem.kernels import stacks as kernels
from linmem.network import LinearNetwork, Network


def curve_of_stack(
    network: Network, lags: int, horizon: int | None, rtol: float, curve_of_one: Callable[..., Any]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, str]:
    """Values, totals, relative errors and path of every member: the compiled fast path first, and `curve_of_one` for
    those it leaves open.
    """
    shape, size = network.stack_shape, network.size
    d = network.n_inputs if network.feedforward_is_matrix else None
    V = np.ascontiguousarray(network.columns()).reshape(-1, size, d or 1)
    W = network.matrix.reshape(-1, size, size)
    count = lags if isinstance(lags, int) else len(lags)
    if (
        isinstance(network, LinearNetwork)
        and horizon is None
        and not (network.noise_is_matrix or network.stability_is_known)
    ):
        values, totals, errors = _compiled(W, V, count)
        values /= network.noise_variance
        totals /= network.noise_variance
    else:
        dtype = np.result_type(W, V)
        values, totals = (np.zeros((len(W), *several, d or 1, d or 1), dtype) for several in ((count,), ()))
        errors = np.full(len(W), np.inf)
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


def _compiled(W: np.ndarray, V: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """J(k), J_tot and relative errors with noise of variance 1; errors are infinite where this path does not reach."""
    is_complex = np.iscomplexobj(W) or np.iscomplexobj(V)
    if is_complex:
        W, V = _as_real(W), _as_real(V)
    d = V.shape[-1]
    values, totals, errors = np.zeros((len(W), count, d, d)), np.zeros((len(W), d, d)), np.full(len(W), np.inf)
    kernels.curves(np.ascontiguousarray(W), V, values, totals, errors)
    if is_complex:
        values, totals = (J[..., : d // 2, : d // 2] + 1j * J[..., d // 2 :, : d // 2] for J in (values, totals))
    return values, totals, errors


def _as_real(M: np.ndarray) -> np.ndarray:
    """X + iY as [[X, -Y], [Y, X]], which keeps sums, products and adjoints: the memory of complex networks in real
    ones.
    """
    return np.block([[M.real, -M.imag], [M.imag, M.real]])
