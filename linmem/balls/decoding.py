"""Decoding, enclosed: the memory function, its sum, and the information."""

from __future__ import annotations

import numpy as np
from flint import arb

from linmem.balls.bounded import (
    Bounded,
    Enclosed,
    InconclusiveError,
    adjoint,
    factored,
    frobenius,
    geometric_sum,
    series_by_residual,
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
)


def enclose_decoding(W, V, Q, lags, snr, readout=0.0, horizon=None, *, rtol=1e-13, limit=LIMIT_BITS) -> Enclosed:
    r"""m(k) = x V* W*^k M^-1 W^k V, (lags, d, d), its sum, and the information; M = C + r + x P.

    P = sum_k W^k V V* W*^k; x is `snr`, r `readout`, both times the mean variance of the noise, trace Q / N. Errors
    are relative to M:

    * P~ leaves a residual E in its Stein equation, |P~ - P| <= (||E|| / q) C <= (||E|| / q) M; with eta of C, M~ is
      within a factor 1 +- delta of M, delta = eta + x ||E|| / q.
    * w_k drifts by rho_k in the norm of C^-1, so by no more in that of M^-1.
    * log det M~ is off by at most N delta / (1 - delta), and by as much for the factor it is read off.
    """
    size = len(W)
    start = first_bits(W, Q, horizon, False, rtol) + int(np.log2(1 + snr))

    def at_working_precision(A, V, source):
        variance = sum((source.mid[i, i].real for i in range(size)), arb(0)) / size
        x, r = variance * arb(snr), variance * arb(readout)
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
        without = _shifted(C.mid, r)
        M = Bounded((without + P * x).mid())
        columns, drift = propagated(A.mid, V, lags, q)
        curve = [
            rounded(adjoint(w) * y * x, delta, rho * x.sqrt())
            for w, y, rho in zip(columns, solved(M.mid, columns), drift, strict=True)
        ]
        Y = spatial_of(A, M, delta, horizon, None)
        capacity = rounded(adjoint(V) * (Y.mid * V) * x, arb(0), arb(0), x.upper() * Y.error * frobenius(V) ** 2)
        values, errors = zip(*curve, strict=True)
        information, off = _information(M.mid, without, delta)
        return (
            (np.array(values), np.trace(capacity[0]).real, information),
            (np.array(errors), np.trace(capacity[1]), off),
        )

    return escalated(at_working_precision, (W, V, Q), rtol, limit, start)


def _shifted(matrix, shift):
    shifted = matrix * 1
    for i in range(shifted.nrows()):
        shifted[i, i] += shift
    return shifted


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
    return np.float64(value), np.float64((abs(total / 2 - value) + off / 2).upper())
