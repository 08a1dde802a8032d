r"""The fast method: C by doubling, one Cholesky factorisation, and a proved bound on the error of both.

Let C~ be the computed covariance, E = C~ - W C~ W* - Q its residual in the Stein equation, and q = min eig Q.

1. If C~ > 0 and ||E|| <= eta q with eta < 1, then W is stable and (1 - eta) C <= C~ <= (1 + eta) C (Lyapunov): every
   quadratic form in C^-1 is right to eta. See `_residual_bound`.
2. Where C varies much among its directions, that bound holds the largest noise against the smallest, and is far too
   large. In the norm of C^-1 <= N diag(p), p = diag(C^-1), E is about (p' |E|^2 p)^1/2. See `_weighted_bound`.
3. The triangular solves with the factor lose about an ulp of sum_i p_i C_ii. See `_solve_bound`.

Over a horizon there is no Stein equation, and only the third bound holds; perturbed networks show the rest.

Contents
--------
DoubledGramian, gramian_by_doubling
    S from C itself, with the powers of W that the doubling formed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from linmem.gramian.input_normal import VANISHED, InputNormalGramian
from linmem.gramian.request import Request
from linmem.linalg.blas import (
    cholesky_lower,
    congruence,
    product,
    product_lower,
    solve_lower,
    solve_upper_adjoint,
    squared_norm,
)
from linmem.linalg.eigenvalue_bounds import least_eigenvalue
from linmem.linalg.stein import ULP, accumulate, kept_powers

BLOCK = 32  # lags propagated by one matrix product, by a power that the doubling has formed
CHUNK = 256  # columns that are checked and brought to input-normal coordinates at a time
PLAIN = 256  # ulps a unit: an error bound below this is not worth refining


@dataclass(frozen=True, eq=False, kw_only=True)
class DoubledGramian(InputNormalGramian):
    """A Gramian that still has W and the powers that the doubling formed.

    They carry the signal, which is brought to input-normal coordinates afterwards. Each step w_{k+1} = W w_k is checked
    and the norms of what rounding left are added up: in the norm of C^-1 no later step enlarges an error, as
    W^m Q W^m* <= C.

    Attributes
    ----------
    recurrent
        W, (N, N).
    powers
        W, W^2, W^4, ...
    weight
        p, (N,): ||x||^2 in the norm of C^-1 is about sum_i p_i |x_i|^2, and at most N times that.
    """

    recurrent: np.ndarray
    powers: list[np.ndarray]
    weight: np.ndarray

    @cached_property
    def step(self) -> np.ndarray:
        """B = L^-1 W L, (N, N)."""
        L = self.factor.conj().T
        return solve_lower(L, product_lower(self.recurrent, L))

    def trajectory(self, request: Request, lags: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """B^k b in blocks, and the drift of each lag: what rounding has left of w_{k+1} - W w_k, summed over k."""
        V = request.columns
        size, d = V.shape
        block, doublings = V, 0
        while 2**doublings < min(BLOCK, lags) and doublings + 1 < len(self.powers):
            block = np.concatenate([block, product(self.powers[doublings], block)], axis=1)
            doublings += 1
        width = 2**doublings * d
        most = max(1, CHUNK // width) * 2**doublings  # lags in a chunk
        drift, expected = np.zeros(1), V
        for start in range(0, lags, most):
            blocks = -(-min(most, lags - start) * d // width)
            chunk = np.empty((size, blocks * width), V.dtype)
            for column in range(0, chunk.shape[1], width):
                if start or column:
                    block = product(self.powers[doublings], block)
                chunk[:, column : column + width] = block
            if request.horizon is None and np.abs(chunk[:, :d]).max() < VANISHED:
                return
            after = product(self.recurrent, chunk)
            difference = np.concatenate([expected, after[:, :-d]], axis=1) - chunk
            drift = drift[-1] + np.cumsum(self._rounding(difference, chunk, d))
            expected = after[:, -d:]
            known = min(lags - start, len(drift))
            yield solve_upper_adjoint(self.factor, chunk[:, : known * d]), drift[:known]

    def _rounding(self, difference: np.ndarray, chunk: np.ndarray, d: int) -> np.ndarray:
        """What rounding leaves of each step, in the norm of C^-1: the difference, and two ulps of measuring it."""
        squares = _squared_moduli(difference)
        squares += (2 * ULP) ** 2 * _squared_moduli(chunk)
        by_column = np.einsum("i,ij->j", self.weight, squares)
        by_lag = by_column if d == 1 else by_column.reshape(-1, d).sum(axis=1)
        return np.sqrt(by_lag)


def gramian_by_doubling(W: np.ndarray, Q: np.ndarray | None, horizon: int | None) -> DoubledGramian | None:
    """S from C itself, for noise Q, the identity where None. None where C overflowed or came out indefinite."""
    powers: list[np.ndarray] = []
    C, terms = accumulate(W, Q, horizon, powers)
    if not np.isfinite(C).all():
        return None
    L = cholesky_lower(C)
    if L is None:
        return None
    smallest, noise = (1.0, 0.0) if Q is None else (least_eigenvalue(Q), Q.trace().real)
    if not smallest > 0:
        return None
    size = len(W)
    weight = np.full(size, 1 / smallest)  # C^-1 <= 1 / q
    bound = _solve_bound if horizon is None else _bound_over_horizon
    error, residual = bound(C, weight), None
    if horizon is None:
        residual, carried = _residual(C, W, L, Q)
        eta = _residual_bound(residual, C, carried, smallest, noise)
        error = eta + error if eta < 1 else np.inf
    else:
        powers = _first_powers(W, horizon)
    if PLAIN * ULP * size < error < np.inf:
        weight = _diagonal_of_inverse(L)
        error = bound(C, weight) if residual is None else min(error, _weighted_bound(residual, C, weight, terms))
    return DoubledGramian(
        method="fast",
        factor=L.conj().T.astype(np.result_type(L, W), copy=False),
        relative_error=float(error),
        recurrent=W,
        powers=powers,
        weight=weight,
    )


def _residual(C: np.ndarray, W: np.ndarray, L: np.ndarray, Q: np.ndarray | None) -> tuple[np.ndarray, float]:
    """E = C - W C W* - Q, (N, N), and trace(W C W*). The product comes from L: it is positive by construction."""
    WCW = congruence(product_lower(W, L))
    carried = WCW.trace().real
    E = np.subtract(C, WCW, out=WCW)  # in place: large networks hold few matrices
    if Q is None:
        E.reshape(-1)[:: len(E) + 1] -= 1  # the diagonal
    else:
        E -= Q
    return E, float(carried)


def _residual_bound(E: np.ndarray, C: np.ndarray, carried: float, q: float, noise: float) -> float:
    """eta with ||E|| <= eta q: the residual as measured, and the rounding of measuring it.

    Each entry of W C W* and of C is rounded by at most about two ulps of (C_ii C_jj)^1/2, whose norm is the trace.
    """
    measured = np.sqrt(squared_norm(E)) / q
    rounding = 2 * ULP * (C.trace().real + carried + noise) / q
    return float(measured + rounding)


def _weighted_bound(E: np.ndarray, C: np.ndarray, p: np.ndarray, terms: int) -> float:
    """The error by (p' |E|^2 p)^1/2, with an ulp of (C_ii C_jj)^1/2 in each entry of E: an ulp of sum_i p_i C_ii.

    Each later step adds as much again, until W^k has decayed: powers that vanish within m terms have done so within
    about m / 64. The factor 4 is margin. E is overwritten.
    """
    squares = np.multiply(E, E.conj(), out=E).real
    measured = np.sqrt(p @ squares @ p)
    rounding = ULP * (C.diagonal().real @ p)
    steps = 1 + terms / 64
    return float(4 * (measured + rounding) * steps)


def _solve_bound(C: np.ndarray, p: np.ndarray) -> float:
    """What triangular solves lose, 4 ulps of (N sum_i p_i C_ii)^1/2: the condition of S scaled to unit columns."""
    condition = C.diagonal().real @ p
    return float(4 * ULP * np.sqrt(condition * len(C)))


def _squared_moduli(X: np.ndarray) -> np.ndarray:
    """|X|^2, entry by entry."""
    return (X.conj() * X).real if np.iscomplexobj(X) else X * X


def _bound_over_horizon(C: np.ndarray, p: np.ndarray) -> float:
    """The same, or two ulps of (C_ii C_jj)^1/2 in each entry of the sum, where no residual shows what it has lost.

    Perturbed networks may all lose the same.
    """
    rounding = 2 * ULP * (C.diagonal().real @ p)
    return float(max(_solve_bound(C, p), rounding))


def _first_powers(W: np.ndarray, horizon: int) -> list[np.ndarray]:
    """W, W^2, W^4, ... as far as the horizon needs them."""
    powers = [W]
    while len(powers) < min(kept_powers(len(W)), horizon.bit_length()):
        powers.append(product(powers[-1], powers[-1]))
    return powers


def _diagonal_of_inverse(L: np.ndarray) -> np.ndarray:
    """p = diag(C^-1), (N,): the squared norms of the columns of L^-1. L is overwritten nowhere."""
    inverse = solve_lower(L, np.eye(len(L), order="F"))
    return np.einsum("ij,ij->j", inverse.conj(), inverse).real
