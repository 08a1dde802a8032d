"""The accurate method: a factor of C by orthogonal transformations alone, for where C itself has lost its digits.

Contents
--------
SquareRootGramian, gramian_by_square_root
    S, B and S^-* without C and without the inverse of an ill-conditioned matrix.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg as sl

from linmem.gramian.input_normal import InputNormalGramian
from linmem.linalg.blas import product, product_adjoint
from linmem.linalg.stein import ULP, accumulate_factor


@dataclass(frozen=True, eq=False, kw_only=True)
class SquareRootGramian(InputNormalGramian):
    """A Gramian with B and S^-* as the orthogonal transformations gave them."""

    contraction: np.ndarray
    inverse: np.ndarray

    @property
    def step(self) -> np.ndarray:
        """B, (N, N)."""
        return self.contraction

    def whitened(self, columns: np.ndarray) -> np.ndarray:
        """S^-* X."""
        return product(self.inverse, columns)


def gramian_by_square_root(W: np.ndarray, Q: np.ndarray | None, horizon: int | None) -> SquareRootGramian | None:
    r"""S, B and S^-* without C: QR keeps what is small beside what is large, where C = S* S squares the condition.

    None where a power overflowed or S is singular to rounding. Over a horizon B and S^-* come from triangular solves,
    since the step below holds for the stationary covariance only.
    """
    try:
        G = np.eye(len(W)) if Q is None else np.linalg.cholesky(Q)
    except np.linalg.LinAlgError:
        return None
    accumulated = accumulate_factor(W, G, horizon)
    if accumulated is None:
        return None
    factor, terms = accumulated
    S = factor.astype(np.result_type(factor, W), copy=False)
    if not np.diag(S).all():
        return None
    if horizon is None:
        S, B, inverse = _by_one_more_step(S, W, G, identity=Q is None)
    else:
        B = sl.solve_triangular(S, product_adjoint(W, S), trans="C", check_finite=False)
        inverse = sl.solve_triangular(S, np.eye(len(W)), trans="C", check_finite=False)
    # rounding of sums over the units and over time; perturbed networks show what W makes of it
    error = ULP * (4 + len(W) + terms / 8)
    return SquareRootGramian(method="square-root", factor=S, contraction=B, inverse=inverse, relative_error=error)


def _by_one_more_step(
    S: np.ndarray, W: np.ndarray, G: np.ndarray, *, identity: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """S, B and S^-* from [S W*; G*] = Z S, Q = G G*: the stationary S satisfies C = W C W* + Q.

    Z has orthonormal columns. Its upper block is B* = S W* S^-1, a contraction to the last bit, and its lower block is
    G* S^-1.
    """
    size = len(S)
    Z, R = sl.qr(np.vstack([product_adjoint(S, W), G.conj().T]), mode="economic", check_finite=False)
    # QR leaves the sign (phase) of each row of R open; the coordinates before and after the step must be the same
    turn = _phase(np.diag(R)) * _phase(np.diag(S)).conj()
    Z *= turn
    S, B = turn.conj()[:, None] * R, Z[:size].conj().T
    inverse = Z[size:].conj().T
    if not identity:
        inverse = sl.solve_triangular(G, inverse.conj().T, lower=True, trans="C", check_finite=False).conj().T
    return S, B, inverse


def _phase(values: np.ndarray) -> np.ndarray:
    modulus = np.abs(values)
    return values / np.where(modulus == 0, 1, modulus)
