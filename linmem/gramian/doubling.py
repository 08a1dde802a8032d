"""The fast path: matrix products, one Cholesky factorisation, and a bound on the error that it proves on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.linalg as sl

from linmem.gramian.input_normal import VANISHED, BalancedForm
from linmem.linalg.blas import congruence, product, product_lower, squared_norm
from linmem.linalg.stein import ULP, accumulate, kept_powers

BLOCK = 32  # lags propagated by one matrix product, by a power that the doubling has made
CHUNK = 256  # columns checked and seen in balanced coordinates at a time
PLAIN = 256  # ulps a unit: a bound below this is not worth refining


@dataclass(frozen=True, eq=False, kw_only=True)
class DoubledForm(BalancedForm):
    """A form that still has W and the powers that the doubling made: they carry the signal, which is then seen in
    balanced coordinates.

    Each step w_{k+1} = W w_k is checked afterwards, and what rounding left over is added up: in the norm of C^-1 no
    later step enlarges it, as W^m Q W^m* <= C.
    """

    recurrent: np.ndarray
    powers: list[np.ndarray]  # W, W^2, W^4, ...
    weight: np.ndarray  # p, (N,): the norm of C^-1 is about sum_i p_i |x_i|^2, and at most N times that

    @cached_property
    def step(self) -> np.ndarray:
        L = self.factor.conj().T
        return sl.solve_triangular(L, product_lower(self.recurrent, L), lower=True, check_finite=False)

    def _trajectory(self, V, lags) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        d = V.shape[1]
        block, doublings = V, 0
        while 2**doublings < min(BLOCK, lags) and doublings + 1 < len(self.powers):
            block = np.concatenate([block, product(self.powers[doublings], block)], axis=1)
            doublings += 1
        width = 2**doublings
        drift, expected = np.zeros(1), V
        most = width * max(1, CHUNK // (width * d))  # lags a chunk
        for start in range(0, lags, most):
            blocks = -(-min(most, lags - start) // width)
            chunk = np.empty((len(V), blocks * width * d), np.result_type(V, self.recurrent))
            for column in range(0, chunk.shape[1], width * d):
                if start or column:
                    block = product(self.powers[doublings], block)
                chunk[:, column : column + width * d] = block
            if np.abs(chunk[:, :d]).max() < VANISHED:
                return
            after = product(self.recurrent, chunk)
            left = np.concatenate([expected, after[:, :-d]], axis=1) - chunk
            noise = self._noise(left) + (2 * ULP) ** 2 * self._noise(chunk)
            drift = drift[-1] + np.cumsum(np.sqrt(noise.reshape(-1, d).sum(axis=1)))
            expected = after[:, -d:]
            known = min(lags - start, len(drift))
            yield self._seen(chunk[:, : known * d]), drift[:known]

    def _noise(self, X) -> np.ndarray:
        """sum_i p_i |X_ij|^2, without a BLAS."""
        return np.einsum("i,ij,ij->j", self.weight, X.conj(), X).real


def form_by_doubling(W: np.ndarray, Q: np.ndarray | None, horizon: int | None) -> DoubledForm | None:
    r"""S from C itself; None where C overflowed or came out indefinite.

    C~ - W C~ W* = Q + E with ||E|| <= eta q, q = min eig Q, eta < 1 and C~ > 0 proves two things (Lyapunov): W is
    stable, and (1 - eta) C <= C~ <= (1 + eta) C, so that every quadratic form in C^-1 is right to eta. E is measured,
    and the rounding of the measurement added to it, and that of the triangular solves.

    Where C varies much among its directions that is far too much: rounding leaves an error of about an ulp of (C_ii
    C_jj)^1/2 in each entry, while eta holds the largest against the smallest noise. With p = diag(C^-1), C^-1 <= N
    diag(p), so that E is about (p' |E|^2 p)^1/2 in the norm of C^-1, and an ulp of every entry of C about an ulp of
    sum_i p_i C_ii, at most N times the condition of C scaled to unit diagonal. Each later step adds as much again,
    until W^k has decayed; powers that vanish within m terms have done so within about m / 64.

    Over a horizon there is no such proof, and siblings must tell all but the rounding of the solves.
    """
    powers: list[np.ndarray] = []
    C, terms = accumulate(W, Q, horizon, powers)
    if not np.isfinite(C).all():
        return None
    try:
        L = sl.cholesky(C, lower=True, check_finite=False)
    except np.linalg.LinAlgError:
        return None
    q, largest = (1.0, 0.0) if Q is None else sl.eigvalsh(Q)[[0, -1]].tolist()
    if not q > 0:
        return None
    size, spread, weight, eta = len(W), np.trace(C).real / q, np.full(len(W), 1 / q), 0.0
    if horizon is None:
        WCW = congruence(product_lower(W, L))
        beside = np.trace(WCW).real
        E = np.subtract(C, WCW, out=WCW)  # matrices of large networks are few
        if Q is None:
            E[np.diag_indices_from(E)] -= 1
        else:
            E -= Q
        eta = np.sqrt(squared_norm(E)) / q + 2 * ULP * (spread + beside / q + size * largest / q)
    else:
        powers = [W]
        while len(powers) < min(kept_powers(size), horizon.bit_length()):
            powers.append(product(powers[-1], powers[-1]))
    error = eta + 4 * ULP * np.sqrt(spread * size) if eta < 1 else np.inf
    if PLAIN * ULP * size < error < np.inf:
        inverse = sl.solve_triangular(L, np.eye(size, order="F"), lower=True, overwrite_b=True, check_finite=False)
        weight = np.einsum("ij,ij->j", inverse.conj(), inverse).real
        spread = np.diag(C).real @ weight
        if horizon is None:
            known = np.sqrt(weight @ np.multiply(E, E.conj(), out=E).real @ weight) + ULP * spread
            error = min(error, 4 * known * (1 + terms / 64))
        else:
            error = 4 * ULP * np.sqrt(spread * size)
    return DoubledForm(
        method="fast",
        factor=L.conj().T.astype(np.result_type(L, W), copy=False),
        relative_error=float(error),
        horizon=horizon,
        recurrent=W,
        powers=powers,
        weight=weight,
    )
