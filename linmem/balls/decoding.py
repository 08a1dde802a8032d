"""Decoding, enclosed: the memory function, its sum, and the information."""

from __future__ import annotations

from math import fsum

import numpy as np
import scipy.linalg as sl
from flint import arb

from linmem.balls.bounded import (
    Bounded,
    Enclosed,
    InconclusiveError,
    above,
    adjoint,
    exact,
    factored,
    frobenius,
    geometric_sum,
    series_by_residual,
    shifted,
    side_by_side,
)
from linmem.balls.fisher import (
    LIMIT_BITS,
    covariance_of,
    escalated,
    first_bits,
    propagated,
    rounded,
    solved,
    spatial_of,
    variance_of,
)


def enclose_memory_function(
    W, V, Q, lags, snr, readout_noise=0.0, horizon=None, *, rtol=1e-13, limit=LIMIT_BITS
) -> Enclosed:
    r"""m(k) = x V* W*^k M^-1 W^k V, (lags, d, d), its sum, and the information; M = C + r + x P.

    P = sum_k W^k V V* W*^k; x is `snr`, r `readout_noise`, both times the mean variance of the noise, trace Q / N.
    Errors are relative to M:

    * P~ leaves a residual E in its Stein equation, |P~ - P| <= (||E|| / q) C <= (||E|| / q) M; with eta of C, M~ is
      within a factor 1 +- delta of M, delta = eta + x ||E|| / q.
    * w_k drifts by rho_k in the norm of C^-1, so by no more in that of M^-1.
    * log det M~ is off by at most N delta / (1 - delta), and by as much for the factor it is read off.
    """
    start = first_bits(W, Q, horizon, False, rtol) + int(np.log2(1 + snr))

    def at_working_precision(A, V, source):
        variance = variance_of(source)
        x, r = variance * arb(snr), variance * arb(readout_noise)
        C, q, eta = covariance_of(A, source, horizon)
        injected = Bounded(V * adjoint(V))
        if horizon is None:
            P, residual = series_by_residual(A, injected)
        else:
            sums = geometric_sum(A, injected, horizon)
            P, residual = sums.mid, sums.error
        delta = (eta + x.upper() * residual / q).upper()
        if not delta < 0.5:
            raise InconclusiveError("C + x P is not known well enough")
        without = shifted(C.mid, r)
        M = Bounded((without + P * x).mid())
        columns, drift = propagated(A.mid, V, lags, q)
        curve = [
            rounded(adjoint(w) * y * x, delta, rho * x.sqrt())
            for w, y, rho in zip(columns, solved(M.mid, columns), drift, strict=True)
        ]
        Y = spatial_of(A, M, delta, horizon, None)
        traced = rounded(adjoint(V) * (Y.mid * V) * x, arb(0), arb(0), x.upper() * Y.error * frobenius(V) ** 2)
        capacity, uncertain = (fsum(np.diagonal(one).real) for one in traced)
        uncertain += np.spacing(capacity) * (V.ncols() > 1)  # the sum over inputs is rounded once
        values, errors = zip(*curve, strict=True)
        information, off = _information(M.mid, without, delta)
        return (
            (np.array(values), np.float64(capacity), information),
            (np.array(errors), np.float64(uncertain), off),
        )

    return escalated(at_working_precision, (W, V, Q), rtol, limit, start)


def enclose_memory_function_of_correlated_signal(
    W, V, Q, lags, snr, readout_noise, autocovariance, *, rtol=1e-13, limit=LIMIT_BITS
) -> Enclosed:
    r"""The same of a signal with autocorrelation r_0 = 1, r_1, ..., r_{m-1}, zero beyond.

    With H = r_0 / 2 + sum_{0 < j < m} r_j W^j the state covers H P + P H*, and z_k = sum_l r_|k-l| w_l stands in the
    place of w_k; from k = m - 1 on z_{k+1} = W z_k, so that their sum is finite. In the norm of C^-1 no W^j enlarges
    an error of w_k, and sum |r_j| bounds what becomes of it in z_k.
    """
    d, reach = V.shape[1], len(autocovariance)
    r = [arb(float(one)) for one in autocovariance]
    start = first_bits(W, Q, None, False, rtol) + int(np.log2(1 + snr))

    def at_working_precision(A, V, source):
        variance, one = variance_of(source), exact(np.eye(len(W)))
        x = variance * arb(snr)
        C, q, eta = covariance_of(A, source, None)
        P, residual = series_by_residual(A, Bounded(V * adjoint(V)))
        H = Bounded(one * 0 * A.mid)
        for weight in reversed(r[1:]):
            H = A @ (H + Bounded(one * weight))
        half = H + Bounded(one * (r[0] / 2))
        covered = half @ Bounded(P, 2 * residual / q * frobenius(C.mid))
        covered = covered + covered.adjoint
        delta = (eta + x.upper() * covered.error / q).upper()
        if not delta < 0.5:
            raise InconclusiveError("C + x P is not known well enough")
        without = shifted(C.mid, variance * arb(readout_noise))
        M = Bounded((without + covered.mid * x).mid())
        columns, drift = propagated(A.mid, V, max(lags, reach), q)
        joined = side_by_side(columns)
        ahead = sl.toeplitz(np.zeros(len(columns)), np.pad(autocovariance[1:], (1, len(columns)))[: len(columns)])
        balls = (H.mid + one * r[0]) * joined + joined * exact(np.kron(ahead, np.eye(d)))
        Z = balls.mid()
        away = (2 * sum(map(abs, r), arb(0)) * drift[-1]).upper()
        away = (away + (frobenius(balls - Z) + H.error * frobenius(joined)) / q.sqrt()).upper()
        seen, table = M.mid.solve(Z).tolist(), Z.tolist()
        curve = []
        for k in range(len(columns)):
            z, y = (type(Z)([row[k * d : (k + 1) * d] for row in rows]) for rows in (table, seen))
            curve.append(rounded(adjoint(z) * y * x, delta, away * x.sqrt()))
        values, errors = (np.array(found) for found in zip(*curve, strict=True))
        Y = spatial_of(A, M, delta, None, None)
        last = type(Z)([row[(reach - 1) * d : reach * d] for row in table])
        length, moved = frobenius(last), away * (2 * frobenius(C.mid)).sqrt()
        slack = x.upper() * (Y.error * length**2 + Y.norm * (2 * length + moved) * moved)
        left, off = rounded(adjoint(last) * (Y.mid * last) * x, arb(0), arb(0), slack)
        capacity, uncertain = (
            fsum(np.concatenate([np.diagonal(one).real for one in [*rows[: reach - 1], rest]]))
            for rows, rest in ((values, left), (errors, off))
        )
        information, open_ = _information(M.mid, without, delta)
        uncertain += np.spacing(capacity)  # the sum is rounded once
        return (values[:lags], capacity, information), (errors[:lags], uncertain, open_)

    return escalated(at_working_precision, (W, V, Q), rtol, limit, start)


def _information(M, C, delta) -> tuple[np.float64, np.float64]:
    """(log det M - log det C) / 2 and its error."""
    total, off = arb(0), 2 * M.nrows() * delta / (1 - delta)
    for sign, matrix in ((1, M), (-1, C)):
        found = factored(matrix)
        if found is None:
            raise InconclusiveError("C + x P is not proved positive")
        lower, away = found
        total += sign * 2 * sum((abs(lower[i, i]).log() for i in range(lower.nrows())), arb(0))
        off += lower.nrows() * away / (1 - away)
    value = float((total / 2).mid())
    return np.float64(value), np.float64(above(abs(total / 2 - value) + off / 2))
