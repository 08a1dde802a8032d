"""What doubles leave open about a stored matrix, decided by exact arithmetic.

python-flint is loaded by the functions, where a decision is needed: these functions are imported with the package.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import scipy.linalg as sl
import scipy.sparse as sparse

from linmem.linalg.eigenvalue_bounds import Abscissa, Stability
from linmem.linalg.stein import ULP
from linmem.linalg.structure import with_unit_diagonal

LARGEST = 200  # units: seconds, and a minute for a complex matrix
PRECISIONS = (128, 512, 2048)  # bits at which a matrix is tried to be proved positive definite

Bounds = TypeVar("Bounds", bound=Stability)


def settled(bounds: Bounds, W: Any) -> Bounds:
    """The bounds of a spectral radius or abscissa where they decide stability, else those of ball arithmetic.

    The given bounds are returned for more than `LARGEST` units, and where no precision proves better ones.
    """
    if bounds.stable is not None or W.shape[-1] > LARGEST:
        return bounds
    from linmem.balls.bounded import InconclusiveError
    from linmem.balls.spectrum import enclose_spectral_radius

    dense = W.toarray() if sparse.issparse(W) else W
    try:
        enclosed, stable = enclose_spectral_radius(dense, continuous=isinstance(bounds, Abscissa))
    except InconclusiveError:
        return bounds
    value, error = float(enclosed.values[0]), float(enclosed.errors[0])
    lower, upper = (np.nextafter([value - error, value + error], [-np.inf, np.inf])) if error else (value, value)
    return type(bounds)(value, float(lower), float(upper), proved=stable)


def is_positive_definite(Q: np.ndarray) -> bool | None:
    """Whether a Hermitian matrix of doubles is positive definite; None where that stays open.

    It does not depend on the units of the entries: Q is scaled to a diagonal of about one, by powers of two. Where the
    smallest eigenvalue is within rounding of zero, ball arithmetic proves that it is positive, up to `LARGEST` units.
    """
    if not (Q.diagonal().real > 0).all():
        return False
    near_one, _ = with_unit_diagonal(Q)
    smallest = sl.eigvalsh(near_one)[0]
    margin = 4 * ULP * len(Q) * np.abs(near_one).max()
    if abs(smallest) > margin:
        return bool(smallest > 0)
    if len(Q) > LARGEST:
        return None
    from flint import ctx

    from linmem.balls.bounded import exact
    from linmem.balls.positive import factored

    for bits in PRECISIONS:
        with ctx.workprec(bits):
            if factored(exact(near_one)) is not None:
                return True
    return None
