"""The accurate path: a factor of C from orthogonal transformations alone, for where C itself has lost its digits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg as sl

from linmem.gramian.input_normal import BalancedForm
from linmem.linalg.blas import product, product_adjoint
from linmem.linalg.stein import ULP, accumulate_factor


@dataclass(frozen=True, eq=False, kw_only=True)
class FactoredForm(BalancedForm):
    """A form that has B at first hand, and S^-* too, without the inverse of an ill-conditioned matrix."""

    contraction: np.ndarray
    inverse: np.ndarray  # S^-*

    @property
    def step(self) -> np.ndarray:
        return self.contraction

    def _seen(self, V):
        return product(self.inverse, V)


def form_by_square_root(W: np.ndarray, Q: np.ndarray | None, horizon: int | None) -> FactoredForm | None:
    r"""S and B without C: QR keeps what is small beside what is large, where C = S* S has squared the condition away.
    None where a power overflowed.

    B comes from one more step of the same kind, [S W*; G*] = Z S (Q = G G*): the upper block of the orthonormal Z is B*
    = S W* S^-1, a contraction to the last bit, and the lower one G* S^-1. Over a horizon, where that step is not
    stationary, both are formed by triangular solves.
    """
    size = len(W)
    try:
        start = np.eye(size) if Q is None else np.linalg.cholesky(Q)
    except np.linalg.LinAlgError:
        return None
    found = accumulate_factor(W, start, horizon)
    if found is None:
        return None
    S, terms = found[0].astype(np.result_type(found[0], W), copy=False), found[1]
    if not np.diag(S).all():
        return None
    if horizon is not None:
        B = sl.solve_triangular(S, product_adjoint(W, S), trans="C", check_finite=False)
        inverse = sl.solve_triangular(S, np.eye(size), trans="C", check_finite=False)
    else:
        Z, R = sl.qr(np.vstack([product_adjoint(S, W), start.conj().T]), mode="economic", check_finite=False)
        # QR leaves the sign (phase) of each row of R open; the coordinates before and after the step must be the same
        turn = _phase(np.diag(R)) * _phase(np.diag(S)).conj()
        Z *= turn
        S, B = turn.conj()[:, None] * R, Z[:size].conj().T
        inverse = Z[size:].conj().T
        if Q is not None:
            inverse = sl.solve_triangular(start, inverse.conj().T, lower=True, trans="C", check_finite=False).conj().T
    error = ULP * (4 + size + terms / 8)  # of sums over the units, and over time; siblings tell what W makes of it
    return FactoredForm(
        method="square-root", factor=S, contraction=B, inverse=inverse, relative_error=error, horizon=horizon
    )


def _phase(values):
    modulus = np.abs(values)
    return values / np.where(modulus == 0, 1, modulus)
