"""The accurate method: a factor of C by orthogonal transformations alone, for where C itself has lost its digits.

Contents
--------
SquareRootGramian, gramian_by_square_root
    S, B and S^-* without C and without the inverse of an ill-conditioned matrix.
ReversedGramian, gramian_in_reversed_order
    The same with other roundings, which shows how far they reach.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import scipy.linalg as sl

from linmem.gramian.input_normal import InputNormalGramian
from linmem.gramian.quantities import Answer
from linmem.gramian.request import Request
from linmem.linalg.blas import product, product_adjoint
from linmem.linalg.stein import ULP, accumulate_factor, largest_rows_first


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


@dataclass(frozen=True, eq=False, kw_only=True)
class ReversedGramian(SquareRootGramian):
    """A square-root Gramian from the units in reversed order. Its S has lost small pivots: the factor is another's."""

    in_order: Callable[[], SquareRootGramian | None]

    def noise_covariance_factor(self, request: Request) -> Answer:
        """S, (N, N), from the units in their own order."""
        in_order = self.in_order()
        if in_order is None:
            return super().noise_covariance_factor(request)
        return in_order.noise_covariance_factor(request)


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


def gramian_in_reversed_order(W: np.ndarray, Q: np.ndarray | None, horizon: int | None) -> ReversedGramian | None:
    """The same from the units in reversed order, which rounds everything otherwise.

    S_r of the reversed units has S_r P = Z S with the reversal P and orthonormal Z, which turns the coordinates.
    """
    reverse = slice(None, None, -1)
    noise = None if Q is None else Q[reverse, reverse]
    gramian = gramian_by_square_root(W[reverse, reverse], noise, horizon)
    if gramian is None:
        return None
    Z, S = _orthonormal_and_triangle(gramian.factor[:, reverse])
    return ReversedGramian(
        method=gramian.method,
        factor=S,
        contraction=product(Z.conj().T, product(gramian.contraction, Z)),
        inverse=product(Z.conj().T, gramian.inverse[:, reverse]),
        relative_error=gramian.relative_error,
        in_order=partial(gramian_by_square_root, W, Q, horizon),
    )


def _by_one_more_step(
    S: np.ndarray, W: np.ndarray, G: np.ndarray, *, identity: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """S, B and S^-* from [S W*; G*] = Z S, Q = G G*: the stationary S satisfies C = W C W* + Q.

    Z has orthonormal columns. Its upper block is B* = S W* S^-1, a contraction to the last bit, and its lower block is
    G* S^-1.
    """
    size = len(S)
    Z, R = _orthonormal_and_triangle(np.vstack([product_adjoint(S, W), G.conj().T]))
    # QR leaves the sign (phase) of each row of R open; the coordinates before and after the step must be the same
    turn = _phase(np.diag(R)) * _phase(np.diag(S)).conj()
    Z *= turn
    S, B = turn.conj()[:, None] * R, Z[:size].conj().T
    inverse = Z[size:].conj().T
    if not identity:
        inverse = sl.solve_triangular(G, inverse.conj().T, lower=True, trans="C", check_finite=False).conj().T
    return S, B, inverse


def _orthonormal_and_triangle(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Z with orthonormal columns and R, rows = Z R, by transformations that meet the largest rows first."""
    order = largest_rows_first(rows)
    sorted_Z, R = sl.qr(rows[order], mode="economic", check_finite=False)
    Z = np.empty_like(sorted_Z)
    Z[order] = sorted_Z
    return Z, R


def _phase(values: np.ndarray) -> np.ndarray:
    modulus = np.abs(values)
    return values / np.where(modulus == 0, 1, modulus)
