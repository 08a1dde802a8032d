"""Fisher memory, enclosed: the curve and its total, the spatial matrix, the covariance of the noise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from flint import acb, arb, arb_mat, ctx

from linmem.balls.bounded import (
    Bounded,
    Enclosed,
    InconclusiveError,
    above,
    adjoint,
    cayley,
    exact,
    factored,
    frobenius,
    geometric_sum,
    series_by_residual,
    shifted,
    side_by_side,
)
from linmem.linalg.stein import accumulate

START_BITS = 128
LIMIT_BITS = 4096


def enclose_fisher_memory_curve(
    W, V, Q, lags, horizon=None, continuous=False, *, rtol=1e-13, limit=LIMIT_BITS
) -> Enclosed:
    r"""J(k) = V* W*^k C^-1 W^k V, (lags, d, d), and its sum over all lags, (d, d), for the stored doubles of W (N, N),
    V (N, d) and Q (N, N).

    Three errors are bounded, each relative to a positive quadratic form:

    * C is known to within e (Frobenius), and C >= Q >= q I, so that C~^-1 (1 - eta) <= C^-1 <= C~^-1 (1 + eta), eta =
    e / q.
    * w_k = W^k V is rounded at each step by r_j. In the norm of C^-1 later steps cannot enlarge that, as W^j Q W^j* <=
    C:
      ||w~_k - w_k||_{C^-1} <= sum_{j<k} ||r_j|| / sqrt(q) =: rho_k. Hence no wrapping, whatever the transient.
    * J_tot = V* X V, X = sum_k W^k* C^-1 W^k, comes from the same geometric sum as C.

    In continuous time `lags` holds times, J(t) = V* e^{A* t} C^-1 e^{A t} V for A = `W`, and C comes by the Cayley
    transform.

    Bits are doubled until every error is below `rtol` times the largest value, up to `limit`: then InconclusiveError.
    """

    def at_working_precision(A, V, source):
        step, injected, kick = cayley(A, source) if continuous else (A, source, None)
        C, q, eta = covariance_of(step, injected, horizon)
        columns, drift = _flow(A.mid, V, lags, q) if continuous else propagated(A.mid, V, lags, q)
        curve = [
            rounded(adjoint(x) * y, eta, rho) for x, y, rho in zip(columns, solved(C.mid, columns), drift, strict=True)
        ]
        X = spatial_of(step, C, eta, horizon, kick)
        total = rounded(adjoint(V) * (X.mid * V), arb(0), arb(0), X.error * frobenius(V) ** 2)
        values, errors = zip(*curve, strict=True)
        return (np.array(values), total[0]), (np.array(errors), total[1])

    return escalated(at_working_precision, (W, V, Q), rtol, limit, first_bits(W, Q, horizon, continuous, rtol))


def enclose_fisher_memory_matrix(
    W, V, Q, lags, horizon=None, continuous=False, *, rtol=1e-13, limit=LIMIT_BITS
) -> Enclosed:
    """F_kl = V* W*^k C^-1 W^l V, (lags, lags, d, d).

    The bounds are those of `enclose_fisher_memory_curve`.
    """
    d = V.shape[1]

    def at_working_precision(A, V, source):
        form, eta, rho = _form_of_lags(A, V, source, lags, horizon, continuous, 0.0)
        count = form.nrows() // d
        blocks = (array.reshape(count, d, count, d).transpose(0, 2, 1, 3) for array in rounded(form, eta, rho))
        return tuple((array,) for array in blocks)

    return escalated(at_working_precision, (W, V, Q), rtol, limit, first_bits(W, Q, horizon, continuous, rtol))


def enclose_snr_curve(
    W, V, Q, lags, horizon=None, continuous=False, *, readout_noise=0.0, rtol=1e-13, limit=LIMIT_BITS
) -> Enclosed:
    """V* W*^k M^-1 W^k V, (lags, d, d), M = C + r I, r = `readout_noise` times the mean variance of the noise.

    The bounds are those of `enclose_fisher_memory_curve`, as M >= C: a factor 1 +- eta of C, and a drift in the norm
    of C^-1, are at most that of M.
    """

    def at_working_precision(A, V, source):
        step, injected, _ = cayley(A, source) if continuous else (A, source, None)
        C, q, eta = covariance_of(step, injected, horizon)
        columns, drift = _flow(A.mid, V, lags, q) if continuous else propagated(A.mid, V, lags, q)
        M = shifted(C.mid, variance_of(source) * readout_noise)
        curve = [
            rounded(adjoint(x) * y, eta, rho) for x, y, rho in zip(columns, solved(M, columns), drift, strict=True)
        ]
        values, errors = zip(*curve, strict=True)
        return (np.array(values),), (np.array(errors),)

    return escalated(at_working_precision, (W, V, Q), rtol, limit, first_bits(W, Q, horizon, continuous, rtol))


def enclose_nuisance_information(
    W, V, Q, lags, horizon=None, continuous=False, *, readout_noise=0.0, rtol=1e-13, limit=LIMIT_BITS
) -> Enclosed:
    """1 / [F^-1]_kk, (lags, d), of F_kl = V* W*^k M^-1 W^l V with M as in `enclose_snr_curve`."""
    d = V.shape[1]

    def at_working_precision(A, V, source):
        form, eta, rho = _form_of_lags(A, V, source, lags, horizon, continuous, readout_noise)
        inverse = loosened(form, eta, rho).inv()
        balls = [1 / inverse[a, a].real for a in range(form.nrows())]
        values = np.array([float(ball.mid()) for ball in balls])
        errors = np.array([above(abs(ball - value)) for ball, value in zip(balls, values.tolist(), strict=True)])
        return (values.reshape(-1, d),), (errors.reshape(-1, d),)

    return escalated(at_working_precision, (W, V, Q), rtol, limit, first_bits(W, Q, horizon, continuous, rtol))


def _form_of_lags(A, V, source, lags, horizon, continuous, readout_noise):
    """F~ of all lags together, (lags d, lags d), with eta and the drift of the last lag."""
    step, injected, _ = cayley(A, source) if continuous else (A, source, None)
    C, q, eta = covariance_of(step, injected, horizon)
    columns, drift = _flow(A.mid, V, lags, q) if continuous else propagated(A.mid, V, lags, q)
    joined, M = side_by_side(columns), shifted(C.mid, variance_of(source) * readout_noise)
    return adjoint(joined) * M.solve(joined), eta, drift[-1]


def enclose_spatial_fisher_memory(W, Q, horizon=None, continuous=False, *, rtol=1e-13, limit=LIMIT_BITS) -> Enclosed:
    """J^s = sum_k W^k* C^-1 W^k, (N, N)."""

    def at_working_precision(A, source):
        step, injected, kick = cayley(A, source) if continuous else (A, source, None)
        C, _, eta = covariance_of(step, injected, horizon)
        return _one(spatial_of(step, C, eta, horizon, kick))

    return escalated(at_working_precision, (W, Q), rtol, limit, first_bits(W, Q, horizon, continuous, rtol))


def enclose_noise_covariance(W, Q, horizon=None, continuous=False, *, rtol=1e-13, limit=LIMIT_BITS) -> Enclosed:
    """C = sum_k W^k Q W^k*, (N, N)."""

    def at_working_precision(A, source):
        step, injected, _ = cayley(A, source) if continuous else (A, source, None)
        return _one(geometric_sum(step, injected, horizon))

    return escalated(at_working_precision, (W, Q), rtol, limit)


def escalated(at_working_precision: Callable, arrays, rtol, limit, bits=START_BITS) -> Enclosed:
    """Double the bits until the errors are small enough. The first array becomes a Bounded, the last too, any other an
    exact matrix.
    """
    dtype = np.result_type(*arrays)
    while bits <= limit:
        with ctx.workprec(bits):
            first, *others, last = (exact(np.asarray(array, dtype)) for array in arrays)
            try:
                values, errors = at_working_precision(Bounded(first), *others, Bounded(last))
                found = Enclosed(values, errors, bits)
            except (InconclusiveError, ZeroDivisionError):  # flint's solve and inv: the balls hold a singular matrix
                found = None
        if found is not None and found.relative_error <= rtol:
            return found
        bits *= 2
    raise InconclusiveError(f"no enclosure of relative width {rtol:g} within {limit} bits")


def first_bits(W, Q, horizon, continuous, rtol) -> int:
    """What residuals of rtol are likely to take: that of J^s counts ||C|| / q twice, and half is lost on the way."""
    if continuous:
        return START_BITS
    C, _ = accumulate(np.asarray(W), np.asarray(Q), horizon)
    # where C lost all its digits its diagonal may be negative, and is still about as large as it should be
    spread = np.abs(np.diag(C)).sum() / np.linalg.eigvalsh(Q)[0] if np.isfinite(C).all() else np.inf
    return (
        int(np.clip(2.5 * np.log2(spread) - np.log2(rtol) + 24, START_BITS, 1024))
        if np.isfinite(spread)
        else START_BITS
    )


def covariance_of(A, source, horizon) -> tuple[Bounded, arb, arb]:
    """C, a lower bound q of the eigenvalues of Q, and eta with (1 - eta) C <= C~ <= (1 + eta) C."""
    q = (1 / frobenius(source.mid.inv())).lower()
    if horizon is not None:
        C = geometric_sum(A, source, horizon)
        eta, proved = (C.error / q).upper(), True
    else:
        approximate, residual = series_by_residual(A, source)
        C, eta = Bounded(approximate), (residual / q).upper()
        proved = eta < 0.5 and factored(approximate) is not None
    if not (proved and eta < 0.5):
        raise InconclusiveError("C is not known well enough")
    return C, q, eta


def spatial_of(A, C, eta, horizon, kick) -> Bounded:
    """X = sum_k A*^k C^-1 A^k; of the whole series C has proved that it ends."""
    inverse = C.mid.inv()
    if horizon is not None:
        X = geometric_sum(A.adjoint, Bounded(inverse, eta / (1 - eta) * frobenius(inverse)), horizon)
    else:
        approximate, residual = series_by_residual(A.adjoint, Bounded(inverse))
        off = (residual * frobenius(C.mid)).upper()  # min eig C^-1 >= 1 / ||C||
        if not off < 0.5:
            raise InconclusiveError("J^s is not known well enough")
        worst = (1 + off / (1 - off)) * (1 + eta / (1 - eta)) - 1
        X = Bounded(approximate, worst * frobenius(approximate))
    return X if kick is None else kick.adjoint @ X @ kick


def propagated(A, x, lags, q):
    """W^k V rounded to the working precision, and the accumulated drift in the norm of C^-1."""
    columns, drift, rho = [], [], arb(0)
    for _ in range(lags):
        columns.append(x)
        drift.append(rho)
        balls = A * x
        x = balls.mid()
        rho = (rho + frobenius(balls - x) / q.sqrt()).upper()
    return columns, drift


def _flow(A, x, times, q):
    """e^{At} V at the given times and its drift: e^{As} shrinks every vector in the norm of C^-1 too.

    ||x||_{C^-1} <= ||x|| / sqrt(min eig C) bounds what a step rounds away; q is a lower bound of that eigenvalue.
    """
    columns, drift, rho, now, known = [], [], arb(0), 0.0, {}
    for time in times:
        span = float(time) - now
        if span > 0:
            if span not in known:
                known[span] = Bounded((A * arb(span)).exp())
            balls = known[span].mid * x
            rounded = balls.mid()
            rho = (rho + (frobenius(balls - rounded) + known[span].error * frobenius(x)) / q.sqrt()).upper()
            x, now = rounded, float(time)
        columns.append(x)
        drift.append(rho)
    return columns, drift


def solved(C, columns):
    """C^-1 x for every x of the list, by one solve."""
    width, kind = columns[0].ncols(), type(columns[0])
    solved = C.solve(side_by_side(columns)).tolist()
    for k in range(len(columns)):
        yield kind([row[k * width : (k + 1) * width] for row in solved])


def variance_of(Q: Bounded) -> arb:
    """trace Q / N."""
    return sum((Q.mid[i, i].real for i in range(Q.mid.nrows())), arb(0)) / Q.mid.nrows()


def _one(matrix: Bounded):
    value, error = rounded(matrix.mid, arb(0), arb(0), matrix.error)
    return (value,), (error,)


def rounded(form, eta, rho, extra=0) -> tuple[np.ndarray, np.ndarray]:
    """A Hermitian form in doubles, and the radius that eta, rho and `extra` leave each entry."""
    real, table = isinstance(form, arb_mat), loosened(form, eta, rho, extra).tolist()
    size = len(table)
    values, errors = np.empty((size, size), float if real else complex), np.empty((size, size))
    for a in range(size):
        for b in range(size):
            ball = table[a][b]
            values[a, b] = float(ball.mid()) if real else complex(ball.mid())
            errors[a, b] = above(abs(ball - values[a, b].item()))
    return values, errors


def loosened(form, eta, rho, extra=0):
    """A Hermitian form with room for errors in every entry: |x* D y| <= eta sqrt(J_x J_y), sqrt(J) moved by rho."""
    table: Any = form.tolist()
    around: Any = arb(0, 1)
    if not isinstance(form, arb_mat):
        around = acb(around, around)
    exact_root = eta.is_zero() and rho.is_zero()
    roots = [arb(0) if exact_root else (abs(row[a]) * (1 + eta)).upper().sqrt().upper() for a, row in enumerate(table)]
    return type(form)(
        [
            [ball + (eta * x * y + rho * (x + y + rho) + extra) * around for ball, y in zip(row, roots, strict=True)]
            for row, x in zip(table, roots, strict=True)
        ]
    )
