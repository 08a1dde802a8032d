"""The spectral radius of a sparse matrix, and what it takes to be sure that the matrix is stable.

Contents
--------
radius_by_powers, radius_by_arpack
    The radius bounded from above in a moment, and from both sides in some minutes.
early_contraction, required_contraction
    A power that contracts, or an error: looked for in a moment, or in some minutes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse.linalg as ssl

from linmem.errors import AccuracyError, UndecidedStabilityError, UnstableNetworkError
from linmem.gramian.request import Request
from linmem.gramian.sparse_operator import Contraction, Operator, find_contraction
from linmem.linalg.eigenvalue_bounds import Stability
from linmem.linalg.stein import ULP

LONGEST = 4096  # steps in which a power must contract, where there is no horizon
SHORT = 256  # steps in which the radius is bounded for show
LONG = 1024  # steps after which ARPACK is asked whether a power can ever contract
RESTARTS = 100  # of ARPACK, about forty products each


def radius_by_powers(W: Any) -> Stability:
    """The spectral radius of a sparse W from above: that of W^p to the power 1 / p, by its norm."""
    upper = find_contraction(Operator.of(W), SHORT)[1]
    return Stability(upper, 0.0, upper)


def radius_by_arpack(operator: Operator, upper: float) -> Stability | None:
    """The spectral radius as ARPACK sees it, below the bound `upper`; None where it finds no eigenvalue.

    The lower bound is that of first order, ten times the residuals over the overlap y* x of the eigenvectors.
    """
    start = np.random.default_rng(2).standard_normal(operator.matrix.shape[0])
    options = {"k": 2, "ncv": min(64, len(start)), "v0": start, "tol": 1e-6, "maxiter": RESTARTS}
    try:
        values, right_vectors = ssl.eigs(operator.matrix, **options)
        adjoint_values, left_vectors = ssl.eigs(operator.adjoint, **options)
    except ssl.ArpackError:
        return None
    largest = int(np.argmax(np.abs(values)))
    value, x = values[largest], right_vectors[:, largest]
    y = left_vectors[:, int(np.argmin(np.abs(adjoint_values.conj() - value)))]
    residual = np.linalg.norm(operator.matrix @ x - value * x)
    residual += np.linalg.norm(operator.adjoint @ y - value.conj() * y)
    lower = abs(value) - 10 * residual / max(abs(y.conj() @ x), ULP)
    return Stability(min(float(abs(value)), upper), max(float(lower), 0.0), upper)


def early_contraction(operator: Operator, request: Request) -> Contraction | None:
    """A power up to `LONG` that contracts; None where a horizon is short enough to be counted to its end.

    Raises AccuracyError where there is none.
    """
    contraction, _, is_found = _contraction_within(LONG, operator, request.horizon)
    if is_found:
        return contraction
    raise AccuracyError(np.inf, request.rtol, reason=f"no power of recurrent up to {LONG} contracts")


def required_contraction(operator: Operator, request: Request) -> Contraction | None:
    """A power that contracts; None where a horizon is short enough to be counted to its end.

    Raises UnstableNetworkError or UndecidedStabilityError where the network is not seen to be stable, and AccuracyError
    where its series are too long to be summed.
    """
    contraction, upper, is_found = _contraction_within(LONG, operator, request.horizon)
    if is_found:
        return contraction
    undecided = request.horizon is None and request.network.known_radius is None
    if undecided:
        _require_not_outside(radius_by_arpack(operator, upper))
    contraction, upper, is_found = _contraction_within(LONGEST, operator, request.horizon)
    if is_found:
        return contraction
    if undecided and not upper < 1:
        raise UndecidedStabilityError(0.0, upper)
    raise AccuracyError(
        np.inf,
        request.rtol,
        reason=f"recurrent decays so slowly that no power up to {LONGEST} is seen to halve every state; count the last "
        f"n <= {LONGEST} steps, horizon=n",
    )


def _contraction_within(
    longest: int, operator: Operator, horizon: int | None
) -> tuple[Contraction | None, float, bool]:
    """As `find_contraction`, and whether it was found or a horizon, counted to its end, does without."""
    contraction, upper = find_contraction(operator, min(longest, horizon or longest))
    return contraction, upper, contraction is not None or (horizon is not None and horizon <= longest)


def _require_not_outside(radius: Stability | None) -> None:
    if radius is not None and radius.stable is False:
        raise UnstableNetworkError(radius.value)
    if radius is not None and radius.value >= 1:
        raise UndecidedStabilityError(radius.lower, radius.upper)
