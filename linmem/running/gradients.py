r"""Gradients along the steps of a network: how far an input moves the state, whatever the noise.

Contents
--------
GradientNorms, gradient_norms
    ||Phi_k B|| of the input k steps before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from linmem.errors import AccuracyError, ArgumentError, errors_of_other_libraries
from linmem.gramian.products import gradients
from linmem.running.linearised_path import LinearisedPaths
from linmem.running.time_varying_network import TimeVaryingNetwork
from linmem.validation import RTOL, number

NORMS = {
    "fro": lambda moved: float(np.linalg.norm(moved)),
    2: lambda moved: float(np.linalg.norm(moved, 2)),
}


@dataclass(frozen=True, eq=False)
class GradientNorms:
    """The norms of the derivative of the state after a step with respect to the inputs before.

    Attributes
    ----------
    network, at
        The network, and the step after which the state is taken.
    lags
        0, 1, ..., K - 1.
    values
        ||O Phi_k B||, (K,); 0 or infinite where that is no double.
    logarithms
        Their natural logarithms, (K,), which are always known; -inf where the input does not move the state at all.
    error
        An upper estimate of the error of each value, (K,).
    relative_error
        The largest error over the largest value.
    method
        "products".
    """

    network: Any
    at: int
    lags: np.ndarray
    values: np.ndarray
    logarithms: np.ndarray
    error: np.ndarray
    relative_error: float
    method: str
    AXES: ClassVar[dict[str, str]] = {"lag": "lags values logarithms error"}


def gradient_norms(
    network: TimeVaryingNetwork,
    lags: int | None = None,
    *,
    at: int = -1,
    norm: Any = "fro",
    observe: Any = None,
    rtol: float = RTOL,
) -> GradientNorms:
    r"""Norms ||O Phi_k B_{t-k}|| of the derivative of the state with respect to the input k steps before, (K,).

    Parameters
    ----------
    network
        A `TimeVaryingNetwork` of the Jacobians along a path.
    lags
        How many, from 0 on; all until then where None.
    at
        The step after which the state is taken.
    norm
        "fro", the root of the sum of squares, 2, the spectral norm; or the gradient g of a loss with respect to the
        state, (N,) (of what is observed, (p,)): then ||g* O Phi_k B||, the norm of the gradient of the loss.
    observe
        What is read of the state, as for `fisher_memory_curve`.
    rtol
        The largest error, relative to the largest norm, to accept.

    Raises
    ------
    ArgumentError
        Another norm, or a gradient of another length.
    AccuracyError
        rtol is not reached; the error carries the norms as `.result`.

    Notes
    -----
    Where every noise is regular, J_T(k) <= ||Phi_k B||^2 / lambda_min(Q_T): what has no gradient is not remembered.
    The other way it does not hold: noise grows as gradients do.

    Examples
    --------
    >>> import numpy as np
    >>> import linmem as lm
    >>> net = lm.TimeVaryingNetwork(np.full((3, 1, 1), 0.5), np.ones((3, 1)))
    >>> lm.gradient_norms(net).values
    array([1.  , 0.5 , 0.25])
    """
    if not isinstance(network, TimeVaryingNetwork):
        if isinstance(network, LinearisedPaths):
            raise ArgumentError("network has several paths; gradient_norms is of one of them: pass networks[0], ...")
        instead = getattr(type(network), "NOT_AN_ARRAY", "which has constant weights; take transient_amplification")
        raise ArgumentError(f"network is a {type(network).__name__}, {instead}")
    rtol = number("rtol", rtol, above=0)
    stop, count = network.steps_until(at, lags)
    matrix = network.readout(observe).matrix
    rows = np.eye(network.size) if matrix is None else matrix
    rows, measure = _measured_rows(norm, rows)
    logarithms, relative = gradients(network.path, stop, count, rows, measure)
    logarithms += network.input_exponent * np.log(2)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        values = np.exp(logarithms)
        relative = relative + np.spacing(np.abs(np.where(np.isfinite(logarithms), logarithms, 0)))
        error = np.where(logarithms > -np.inf, relative * values + np.finfo(float).smallest_subnormal, 0.0)
        largest = max(float(logarithms.max()), np.finfo(float).min)
        worst = float(np.max(relative * np.exp(logarithms - largest)))
    result = GradientNorms(network, stop - 1, np.arange(count), values, logarithms, error, worst, "products")
    if not worst <= rtol:
        raise AccuracyError(worst, rtol, result, reason="rounding of the products of Jacobians")
    return result


def _measured_rows(norm: Any, rows: np.ndarray) -> tuple[np.ndarray, Any]:
    """The rows that are followed, and the norm of what they see of an input."""
    if isinstance(norm, (str, int)) and norm in NORMS and not isinstance(norm, bool):
        return rows, NORMS[norm]
    with errors_of_other_libraries(ArgumentError, "norm is no array of numbers"):
        g = np.asarray(norm)
    if g.shape != (len(rows),) or g.dtype.kind not in "iufc" or not np.isfinite(g).all():
        raise ArgumentError(
            f"norm is {norm!r:.60}; it must be 'fro', 2, or the gradient of a loss, {len(rows)} finite numbers"
        )
    return g.conj()[None] @ rows, NORMS["fro"]
