"""Stacks of networks: a measure of every member, and the compiled curves of all members together.

Contents
--------
for_each_member, of_members, arranged
    A measure of one network, or of every member of a stack.
curve_of_stack
    The Fisher memory curves of a stack: in one compiled pass, and one by one where that does not reach.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from linmem.errors import LinmemError
from linmem.gramian.request import Request
from linmem.kernels import stacks as kernels
from linmem.measured import MeasuredArray, measured_array


def for_each_member(request: Request, measure: Callable[[Request], Any]) -> Any:
    """The measure of one network, a number or an array with its errors; of a stack an array with its leading axes."""
    if not request.network.stack_shape:
        return measure(request)
    return arranged_with_errors(request, of_members(request, measure))


def of_members(request: Request, measure: Callable[[Request], Any]) -> list[Any]:
    """The measures of all members of a stack, the last axis first."""
    indices = np.ndindex(request.network.stack_shape)
    return [_of_member(request, index, measure) for index in indices]


def arranged(request: Request, values: list[Any]) -> np.ndarray:
    """One value a member, with the leading axes of the stack."""
    array = np.array(values)
    return array.reshape(*request.network.stack_shape, *array.shape[1:])


def arranged_with_errors(request: Request, members: list[Any]) -> MeasuredArray:
    """The numbers or arrays of the members, with their errors."""
    errors = arranged(request, [member.error for member in members])
    return measured_array(arranged(request, members), errors, common_method(members))


def common_method(members: list[Any]) -> str:
    """The method of all members, or "mixed"."""
    methods = {member.method for member in members}
    return methods.pop() if len(methods) == 1 else "mixed"


def curve_of_stack(request: Request, curve_of_one: Callable[[Request], Any]) -> dict[str, Any]:
    """The fields of the curve of a stack: by the compiled fast method first, and by `curve_of_one` for the members
    whose error it cannot bound.
    """
    network, size, d = request.network, request.network.size, request.columns.shape[-1]
    W = network.matrix.reshape(-1, size, size)
    V = np.ascontiguousarray(request.columns).reshape(-1, size, d)
    count = np.size(request.lags) if network.is_continuous else request.lags
    if _is_compiled(request):
        values, totals, relative_errors = _compiled(W, V, count)
    else:
        values, totals = np.zeros((len(W), count, d, d), V.dtype), np.zeros((len(W), d, d), V.dtype)
        relative_errors = np.full(len(W), np.inf)
    numbers = [request.memory(array) for array in _with_errors(relative_errors, values, totals)]
    open_members = np.flatnonzero(~(relative_errors <= request.rtol))
    for position in open_members:
        index = tuple(int(i) for i in np.unravel_index(position, network.stack_shape))
        curve = _of_member(request, index, curve_of_one)
        for array, part in zip(numbers, (curve.values, curve.error, curve.total, curve.total.error), strict=True):
            array[position] = np.reshape(part, array.shape[1:])
        relative_errors[position] = curve.relative_error
    method = "mixed" if len(open_members) else "fast"
    values, errors, totals, total_errors = (
        request.without_input_axes(array.reshape(*network.stack_shape, *array.shape[1:])) for array in numbers
    )
    if not network.feedforward_is_matrix:
        values, totals = values.real, totals.real
    return {
        "lags": request.lags if network.is_continuous else np.arange(request.lags),
        "values": values,
        "error": errors,
        "total": measured_array(totals, total_errors, method),
        "relative_error": relative_errors.reshape(network.stack_shape),
        "method": method,
    }


def _with_errors(relative_errors: np.ndarray, *arrays: np.ndarray) -> list[np.ndarray]:
    """Each array, its first axis that of the members, and its errors: relative to the largest number of the member.

    Errors that are not known are left at 0: such members, which may have overflowed, are computed otherwise.
    """
    is_known = relative_errors < np.inf
    pairs = []
    for array in arrays:
        largest = np.abs(array).reshape(len(array), -1).max(axis=1)
        error = np.zeros(len(array))
        np.multiply(relative_errors, largest, out=error, where=is_known)
        error = error.reshape(-1, *[1] * (array.ndim - 1))
        pairs += [array, np.array(np.broadcast_to(error, array.shape))]
    return pairs


def _of_member(request: Request, index: tuple[int, ...], measure: Callable[[Request], Any]) -> Any:
    """The measure of one member, or its error with the index in the message."""
    try:
        return measure(request.member(index))
    except LinmemError as error:
        error.args = (f"in member [{', '.join(map(str, index))}] of the stack: {error}",)
        raise


def _is_compiled(request: Request) -> bool:
    """Whether the kernel computes such a stack: discrete time, stationary white noise, stability not yet proved."""
    network = request.network
    is_plain = not (network.noise_is_matrix or network.stability_is_known)
    return is_plain and not network.is_continuous and request.horizon is None


def _compiled(W: np.ndarray, V: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """J(k), J_tot and relative errors with noise of variance 1; infinite errors where the kernel does not reach."""
    is_complex = np.iscomplexobj(V)
    if is_complex:
        W, V = _as_real(W), _as_real(V)
    members, d = len(W), V.shape[-1]
    values, totals = np.zeros((members, count, d, d)), np.zeros((members, d, d))
    errors = np.full(members, np.inf)
    kernels.curves(np.ascontiguousarray(W), V, values, totals, errors)
    if is_complex:
        values, totals = _as_complex(values), _as_complex(totals)
    return values, totals, errors


def _as_real(M: np.ndarray) -> np.ndarray:
    """X + iY as [[X, -Y], [Y, X]], which keeps sums, products and adjoints: complex networks as real ones."""
    X, Y = M.real, M.imag
    return np.block([[X, -Y], [Y, X]])


def _as_complex(J: np.ndarray) -> np.ndarray:
    """The complex matrices of the real ones that `_as_real` describes."""
    half = J.shape[-1] // 2
    result = np.empty((*J.shape[:-2], half, half), complex)
    # not by a product with the imaginary unit, which makes no number of an infinity
    result.real, result.imag = J[..., :half, :half], J[..., half:, :half]
    return result
