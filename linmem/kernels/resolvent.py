"""The smallest singular values of T - z, T upper triangular, for many shifts z at once.

The largest eigenvalue of (T - z)^-* (T - z)^-1 is found by Lanczos' method (Trefethen & Embree 2005, ch. 39), for LANES
shifts side by side. Real and imaginary parts are in arrays of their own, and the last axis is the lane, so that every
innermost loop runs over vectors. The caller runs one block of shifts in each thread.
"""

import numpy as np

from linmem.kernels.compiling import compiled

LANES = 16
FIRST_TEST = 3  # steps before convergence is tested
LAGUERRE = 60  # steps of Laguerre's method from the right, which converges from there, past clusters too


@compiled(nogil=True, error_model="numpy")
def _solve_lower(Tr, Ti, dr, di, yr, yi):
    """y <- (T - z)^-* y, with d = 1 / (T_ii - z).

    Four rows are eliminated at a time, which halves the traffic to memory: y_j is read and written once for four.
    """
    size = Tr.shape[0]
    for start in range(0, size, 4):
        stop = min(start + 4, size)
        for i in range(start, stop):
            for h in range(start, i):
                tr, ti = Tr[h, i], Ti[h, i]
                for s in range(LANES):
                    yr[i, s] -= tr * yr[h, s] + ti * yi[h, s]
                    yi[i, s] -= tr * yi[h, s] - ti * yr[h, s]
            for s in range(LANES):
                real = yr[i, s] * dr[i, s] + yi[i, s] * di[i, s]
                yi[i, s] = yi[i, s] * dr[i, s] - yr[i, s] * di[i, s]
                yr[i, s] = real
        if stop - start < 4:
            return
        for j in range(stop, size):
            ar, br, cr, er = Tr[start, j], Tr[start + 1, j], Tr[start + 2, j], Tr[start + 3, j]
            ai, bi, ci, ei = Ti[start, j], Ti[start + 1, j], Ti[start + 2, j], Ti[start + 3, j]
            for s in range(LANES):
                yr[j, s] -= (
                    (ar * yr[start, s] + ai * yi[start, s])
                    + (br * yr[start + 1, s] + bi * yi[start + 1, s])
                    + (cr * yr[start + 2, s] + ci * yi[start + 2, s])
                    + (er * yr[start + 3, s] + ei * yi[start + 3, s])
                )
                yi[j, s] -= (
                    (ar * yi[start, s] - ai * yr[start, s])
                    + (br * yi[start + 1, s] - bi * yr[start + 1, s])
                    + (cr * yi[start + 2, s] - ci * yr[start + 2, s])
                    + (er * yi[start + 3, s] - ei * yr[start + 3, s])
                )


@compiled(nogil=True, error_model="numpy")
def _solve_upper(Tr, Ti, dr, di, yr, yi):
    """y <- (T - z)^-1 y, as `_solve_lower` from the last row upwards."""
    size = Tr.shape[0]
    for stop in range(size, 0, -4):
        start = max(stop - 4, 0)
        for i in range(stop - 1, start - 1, -1):
            for h in range(i + 1, stop):
                tr, ti = Tr[i, h], Ti[i, h]
                for s in range(LANES):
                    yr[i, s] -= tr * yr[h, s] - ti * yi[h, s]
                    yi[i, s] -= tr * yi[h, s] + ti * yr[h, s]
            for s in range(LANES):
                real = yr[i, s] * dr[i, s] - yi[i, s] * di[i, s]
                yi[i, s] = yr[i, s] * di[i, s] + yi[i, s] * dr[i, s]
                yr[i, s] = real
        if stop - start < 4:
            return
        for j in range(start):
            ar, br, cr, er = Tr[j, start], Tr[j, start + 1], Tr[j, start + 2], Tr[j, start + 3]
            ai, bi, ci, ei = Ti[j, start], Ti[j, start + 1], Ti[j, start + 2], Ti[j, start + 3]
            for s in range(LANES):
                yr[j, s] -= (
                    (ar * yr[start, s] - ai * yi[start, s])
                    + (br * yr[start + 1, s] - bi * yi[start + 1, s])
                    + (cr * yr[start + 2, s] - ci * yi[start + 2, s])
                    + (er * yr[start + 3, s] - ei * yi[start + 3, s])
                )
                yi[j, s] -= (
                    (ar * yi[start, s] + ai * yr[start, s])
                    + (br * yi[start + 1, s] + bi * yr[start + 1, s])
                    + (cr * yi[start + 2, s] + ci * yr[start + 2, s])
                    + (er * yi[start + 3, s] + ei * yr[start + 3, s])
                )


@compiled(nogil=True, error_model="numpy")
def _largest_ritz(diagonal, beside, steps, lane, guess):
    """The largest eigenvalue of the leading tridiagonal matrix of `steps` rows, by Laguerre's method from above, and
    the last entry of its unit eigenvector.
    """
    value = guess
    for _ in range(LAGUERRE):
        # p_k / p_{k-1} with two derivatives, from the first row on; sums of p'/p and of its negative derivative
        ratio, slope, curvature = value - diagonal[0, lane], 1.0, 0.0
        first = slope / ratio if ratio != 0 else np.inf
        second = first * first
        for k in range(1, steps):
            square = beside[k - 1, lane] ** 2 / ratio
            relative = slope / ratio
            curvature = square / ratio * (curvature - 2 * slope * relative)
            slope = 1.0 + square * relative
            ratio = value - diagonal[k, lane] - square
            relative = slope / ratio
            first += relative
            second += relative * relative - curvature / ratio
        if not first > 0 or not np.isfinite(first):
            break
        step = steps / (first + np.sqrt(max((steps - 1) * (steps * second - first * first), 0.0)))
        value -= step
        if not step > 1e-14 * value:
            break
    # the last row gives the entry before from the last one, that row the next, and so on upwards
    last, entry, above, norm = 1.0, 1.0, 0.0, 1.0
    for k in range(steps - 1, 0, -1):
        following = (value - diagonal[k, lane]) * entry
        if k < steps - 1:
            following -= beside[k, lane] * above
        if beside[k - 1, lane] == 0:
            break
        above, entry = entry, following / beside[k - 1, lane]
        norm += entry**2
        if norm > 1e200:
            last, entry, above, norm = last * 1e-100, entry * 1e-100, above * 1e-100, norm * 1e-200
    return value, abs(last) / np.sqrt(norm)


@compiled(nogil=True, error_model="numpy")
def smallest_singular_values(Tr, Ti, zr, zi, tiny, most, rtol, sigma, converged):
    """Fill sigma and converged for LANES shifts z.

    A diagonal entry of T - z below `tiny` is taken for `tiny`. A lane has converged when, twice in a row, the changes
    of its Ritz value, taken for a geometric series, leave less than rtol, and its residual is below sqrt(rtol) of it.
    """
    # No slice is assigned and no array filled by numpy's functions here: numba compiles their messages of errors too,
    # which takes longer than all the rest. Threads take one block of shifts each, as a parallel loop would, which takes
    # as long to compile as two kernels.
    size = Tr.shape[0]
    dr, di = np.empty((size, LANES)), np.empty((size, LANES))
    qr, qi = np.empty((size, LANES)), np.empty((size, LANES))
    pr, pi = np.empty((size, LANES)), np.empty((size, LANES))
    yr, yi = np.empty((size, LANES)), np.empty((size, LANES))
    diagonal, beside = np.empty((most, LANES)), np.empty((most, LANES))
    alpha, beta, square = np.empty(LANES), np.empty(LANES), np.empty(LANES)
    value, change, quiet = np.empty(LANES), np.empty(LANES), np.empty(LANES)
    for i in range(size):
        angle = 2.399963 * i * i + 0.7 * i  # spread over all angles, so as to miss no direction
        for s in range(LANES):
            real, imaginary = Tr[i, i] - zr[s], Ti[i, i] - zi[s]
            modulus = real * real + imaginary * imaginary
            # z on an eigenvalue: the singular value is then found to be about `tiny`
            if modulus < tiny * tiny:
                real, imaginary, modulus = tiny, 0.0, tiny * tiny
            dr[i, s], di[i, s] = real / modulus, -imaginary / modulus
            qr[i, s], qi[i, s] = np.cos(angle) / np.sqrt(size), np.sin(angle) / np.sqrt(size)
            pr[i, s], pi[i, s] = 0.0, 0.0
    for s in range(LANES):
        beta[s], value[s], quiet[s], change[s] = 0.0, 0.0, 0.0, np.inf
    for step in range(most):
        for i in range(size):
            for s in range(LANES):
                yr[i, s], yi[i, s] = qr[i, s], qi[i, s]
        _solve_lower(Tr, Ti, dr, di, yr, yi)
        _solve_upper(Tr, Ti, dr, di, yr, yi)
        # y - beta p - alpha q, alpha = q* (y - beta p): one step of Lanczos' method
        for s in range(LANES):
            alpha[s], square[s] = 0.0, 0.0
        for i in range(size):
            for s in range(LANES):
                yr[i, s] -= beta[s] * pr[i, s]
                yi[i, s] -= beta[s] * pi[i, s]
                alpha[s] += qr[i, s] * yr[i, s] + qi[i, s] * yi[i, s]
        for i in range(size):
            for s in range(LANES):
                yr[i, s] -= alpha[s] * qr[i, s]
                yi[i, s] -= alpha[s] * qi[i, s]
                square[s] += yr[i, s] * yr[i, s] + yi[i, s] * yi[i, s]
        done = True
        for s in range(LANES):
            diagonal[step, s], beside[step, s] = alpha[s], np.sqrt(square[s])
            if quiet[s] < 2:
                before = value[s]
                guess = max(before, alpha[s]) + beta[s] if step else alpha[s]
                value[s], last = _largest_ritz(diagonal, beside, step + 1, s, guess)
                change[s], earlier = abs(value[s] - before), change[s]
                # changes that shrink by q leave change q / (1 - q) = change^2 / (earlier - change) in all
                remaining = change[s] ** 2 / (earlier - change[s]) if change[s] < earlier else change[s] + earlier
                enough = max(remaining, change[s]) <= rtol * value[s]
                # the residual of the Ritz pair is beside * last
                settled = enough and beside[step, s] * last <= np.sqrt(rtol) * value[s]
                # the Krylov space is exhausted, and the value exact
                exhausted = beside[step, s] <= 1e-14 * value[s]
                quiet[s] = 2 if exhausted else quiet[s] + 1 if settled and step >= FIRST_TEST else 0
                done = done and quiet[s] == 2
            beta[s] = beside[step, s]
        if done:
            break
        for i in range(size):
            for s in range(LANES):
                scale = 1 / beta[s] if beta[s] > 0 else 0.0
                pr[i, s], pi[i, s] = qr[i, s], qi[i, s]
                qr[i, s], qi[i, s] = yr[i, s] * scale, yi[i, s] * scale
    for s in range(LANES):
        sigma[s] = 1 / np.sqrt(value[s]) if value[s] > 0 else np.nan
        converged[s] = quiet[s] == 2
