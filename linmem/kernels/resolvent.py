"""The smallest singular values of T - z, T block triangular, for many shifts z at once.

The largest eigenvalue of (T - z)^-* (T - z)^-1 is found by Lanczos' method (Trefethen & Embree 2005, ch. 39), for LANES
shifts side by side; a lane that has converged takes the next shift. T is a Schur form: complex and upper triangular, or
real with 2 x 2 blocks on the diagonal, which takes half the arithmetic. A row of a vector holds the real parts of all
lanes and then their imaginary parts, so that a real weight multiplies one long vector.

T comes with its reflection J T^T J, J the reversal of the order. (T - z)^-* y is the conjugate of (T - z)^-T y*, and
(T - z)^-1 y is J (J T^T J - z)^-T J y, so that one loop, which reads its matrix along the rows, does both.
"""

import numpy as np

from linmem.kernels.compiling import compiled

LANES = 32
ROWS = 4  # that are eliminated together: T has a multiple of them, and its blocks begin at even rows
ARRAYS = 8  # of the work space, (ARRAYS, rows, 2 LANES)
FIRST_TEST = 3  # steps before convergence is tested
LATE, SELDOM = 80, 8  # steps after which convergence is tested once in so many, as a test takes longer and longer
CLOSE = 1e-6  # residual at which a lane has converged that late, which bounds the error whatever is close by
OVERFLOW = 1e150  # inverse squares of singular values beyond which they are taken for 0
LAGUERRE = 60  # steps of Laguerre's method from the right, which converges from there, past clusters too


@compiled(nogil=True, error_model="numpy")
def _subtract(y, i, h, real, imaginary):
    """y_i <- y_i - t y_h, with the same weight t in every lane."""
    for s in range(2 * LANES):
        y[i, s] -= real * y[h, s]
    if imaginary != 0:
        for s in range(LANES):
            y[i, s] += imaginary * y[h, LANES + s]
            y[i, LANES + s] -= imaginary * y[h, s]


@compiled(nogil=True, error_model="numpy")
def _multiply(y, i, factors, k):
    """y_i <- y_i f_k, lane by lane."""
    for s in range(LANES):
        real = y[i, s] * factors[k, s] - y[i, LANES + s] * factors[k, LANES + s]
        y[i, LANES + s] = y[i, LANES + s] * factors[k, s] + y[i, s] * factors[k, LANES + s]
        y[i, s] = real


@compiled(nogil=True, error_model="numpy")
def _solve_block(y, i, inverse, turn, across, k):
    """(y_i, y_i+1) <- B^-T (y_i, y_i+1), B = Q R the 2 x 2 block at k: see `_factorise`."""
    _multiply(y, i, inverse, k)
    for s in range(LANES):
        real, imaginary = across[k, s], across[k, LANES + s]
        y[i + 1, s] -= real * y[i, s] - imaginary * y[i, LANES + s]
        y[i + 1, LANES + s] -= real * y[i, LANES + s] + imaginary * y[i, s]
    _multiply(y, i + 1, inverse, k + 1)
    for s in range(LANES):
        real, imaginary, below = turn[k, s], turn[k, LANES + s], turn[k + 1, s]
        ar, ai, br, bi = y[i, s], y[i, LANES + s], y[i + 1, s], y[i + 1, LANES + s]
        y[i, s] = real * ar + imaginary * ai - below * br
        y[i, LANES + s] = real * ai - imaginary * ar - below * bi
        y[i + 1, s] = below * ar + real * br - imaginary * bi
        y[i + 1, LANES + s] = below * ai + real * bi + imaginary * br


@compiled(nogil=True, error_model="numpy")
def _solve(Tr, Ti, is_complex, pairs, is_reflected, inverse, turn, across, turned, y):
    """y <- (T - z)^-T y, where T is the matrix whose factors are given, or its reflection.

    Four rows are eliminated at a time, from two others, so that few numbers are read and written for each product.
    """
    size = Tr.shape[0]
    for a in range(0, size, ROWS):
        b, c, d = a + 1, a + 2, a + 3
        for i in range(a, a + ROWS, 2):
            for h in range(a, i):
                for j in range(i, i + 2):
                    _subtract(y, j, h, Tr[h, j], Ti[h, j] if is_complex else 0.0)
            k = size - 2 - i if is_reflected else i
            if pairs[k]:  # both of its diagonal entries are the same, so that its reflection is itself
                _solve_block(y, i, inverse, turn, across, k)
            else:
                _multiply(y, i, inverse, k + 1 if is_reflected else k)
                _subtract(y, i + 1, i, Tr[i, i + 1], Ti[i, i + 1] if is_complex else 0.0)
                _multiply(y, i + 1, inverse, k if is_reflected else k + 1)
        if is_complex:
            for i in range(ROWS):
                for s in range(LANES):
                    turned[i, s], turned[i, LANES + s] = -y[a + i, LANES + s], y[a + i, s]
        for j in range(a + ROWS, size, 2):
            k = j + 1
            aj, bj, cj, dj = Tr[a, j], Tr[b, j], Tr[c, j], Tr[d, j]
            ak, bk, ck, dk = Tr[a, k], Tr[b, k], Tr[c, k], Tr[d, k]
            for s in range(2 * LANES):
                ya, yb, yc, yd = y[a, s], y[b, s], y[c, s], y[d, s]
                y[j, s] -= (aj * ya + bj * yb) + (cj * yc + dj * yd)
                y[k, s] -= (ak * ya + bk * yb) + (ck * yc + dk * yd)
            if is_complex:
                aj, bj, cj, dj = Ti[a, j], Ti[b, j], Ti[c, j], Ti[d, j]
                ak, bk, ck, dk = Ti[a, k], Ti[b, k], Ti[c, k], Ti[d, k]
                for s in range(2 * LANES):
                    ya, yb, yc, yd = turned[0, s], turned[1, s], turned[2, s], turned[3, s]
                    y[j, s] -= (aj * ya + bj * yb) + (cj * yc + dj * yd)
                    y[k, s] -= (ak * ya + bk * yb) + (ck * yc + dk * yd)


@compiled(nogil=True, error_model="numpy")
def _factorise(Tr, Ti, is_complex, pairs, s, zr, zi, tiny, inverse, turn, across):
    """In lane s, the inverses of T_ii - z, and the factors of the 2 x 2 blocks B at i with `pairs[i]`.

    B = Q R, Q = [[g, -k], [k, g*]] with a complex g and a real k, R = [[r, across], [0, r']]: no pivot is chosen, and
    the error is that of a unitary factorisation. A pivot below `tiny` is taken for `tiny`.
    """
    for i in range(Tr.shape[0]):
        real, imaginary = Tr[i, i] - zr, -zi
        if is_complex:
            imaginary += Ti[i, i]
        if pairs[i]:
            below, above, last = Tr[i + 1, i], Tr[i, i + 1], Tr[i + 1, i + 1] - zr
            length = max(np.sqrt(real * real + imaginary * imaginary + below * below), tiny)
            gr, gi, k = real / length, imaginary / length, below / length
            turn[i, s], turn[i, LANES + s], turn[i + 1, s] = gr, gi, k
            across[i, s], across[i, LANES + s] = gr * above + k * last, -gi * above - k * zi
            real, imaginary = length, 0.0
        elif i > 0 and pairs[i - 1]:
            gr, gi, k, above = turn[i - 1, s], turn[i - 1, LANES + s], turn[i, s], Tr[i - 1, i]
            real, imaginary = gr * real - gi * imaginary - k * above, gr * imaginary + gi * real
        modulus = real * real + imaginary * imaginary
        # z on an eigenvalue: the singular value is then found to be about `tiny`
        if modulus < tiny * tiny:
            real, imaginary, modulus = tiny, 0.0, tiny * tiny
        inverse[i, s], inverse[i, LANES + s] = real / modulus, -imaginary / modulus


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
def _orthogonalise(x, y, q, p, alpha, beta):
    """y <- J x - beta p - alpha q, alpha = Re q* (J x - beta p): one step of Lanczos' method; beta <- ||y||."""
    size = y.shape[0]
    products, squares = np.zeros(2 * LANES), np.zeros(2 * LANES)
    for i in range(size):
        h = size - 1 - i
        for s in range(2 * LANES):
            y[i, s] = x[h, s] - beta[s] * p[i, s]
            products[s] += q[i, s] * y[i, s]
    for s in range(LANES):
        alpha[s] = products[s] + products[LANES + s]
        alpha[LANES + s] = alpha[s]
    for i in range(size):
        for s in range(2 * LANES):
            y[i, s] -= alpha[s] * q[i, s]
            squares[s] += y[i, s] * y[i, s]
    for s in range(LANES):
        beta[s] = np.sqrt(squares[s] + squares[LANES + s])
        beta[LANES + s] = beta[s]


@compiled(nogil=True, error_model="numpy")
def _test(diagonal, beside, step, s, rtol, value, change, quiet):
    """The Ritz value of lane s, and in `quiet` how often in a row it has been near its limit."""
    before, earlier = value[s], change[s]
    # above the largest eigenvalue: the rows since the last test, by Gershgorin's discs, beside those before them
    first = step - SELDOM + 1 if step > LATE else step
    guess = before
    for i in range(first, step + 1):
        left = beside[i - 1, s] if i > first else 0.0
        right = beside[i, s] if i < step else 0.0
        guess = max(guess, diagonal[i, s] + left + right)
    if first > 0:
        guess += beside[first - 1, s]
    value[s], last = _largest_ritz(diagonal, beside, step + 1, s, guess)
    change[s] = abs(value[s] - before)
    # changes that shrink by q leave change q / (1 - q) = change^2 / (earlier - change) in all
    remaining = change[s] ** 2 / (earlier - change[s]) if change[s] < earlier else change[s] + earlier
    enough = max(remaining, change[s]) <= rtol * value[s]
    # the residual of the Ritz pair is beside * last
    settled = enough and beside[step, s] * last <= (np.sqrt(rtol) if step < LATE else CLOSE) * value[s]
    # the Krylov space is exhausted, and the value exact
    exhausted = beside[step, s] <= 1e-14 * value[s]
    quiet[s] = 2 if exhausted else quiet[s] + 1 if settled and step >= FIRST_TEST else 0


@compiled(nogil=True, error_model="numpy")
def smallest_singular_values(
    Tr, Ti, Rr, Ri, is_complex, pairs, start, work, zr, zi, tiny, most, rtol, sigma, converged
):
    """Fill sigma and converged for the shifts z, (K,).

    R is the reflection of T. Of a real T, `pairs` says at which rows a 2 x 2 block begins, and Ti and Ri are not read.
    `start` (rows, 2) is the first vector, in real and imaginary parts. A pivot of T - z below `tiny` is taken for
    `tiny`. A lane has converged when, twice in a row, the changes of its Ritz value, taken for a geometric series,
    leave less than rtol, and its residual is below sqrt(rtol) of it (late: below CLOSE). After `most` steps it is given
    up.
    """
    # No slice is assigned and no array filled by numpy's functions here: numba compiles their messages of errors too,
    # which takes longer than all the rest. Threads take one block of shifts each, as a parallel loop would, which takes
    # as long to compile as two kernels.
    size = Tr.shape[0]
    inverse, turn, across, turned = work[0], work[1], work[2], work[3]
    q, p, x, y = work[4], work[5], work[6], work[7]
    diagonal, beside = np.zeros((most, LANES)), np.zeros((most, LANES))
    alpha, beta = np.zeros(2 * LANES), np.zeros(2 * LANES)
    value, change, quiet = np.zeros(LANES), np.zeros(LANES), np.zeros(LANES)
    point, step = np.zeros(LANES, np.int64), np.zeros(LANES, np.int64)  # a lane without a point has -1
    following, running = 0, LANES
    for s in range(LANES):
        quiet[s] = 2  # every lane begins as one that has converged, with nothing to write
        point[s] = -1
    while True:
        for s in range(LANES):
            if quiet[s] < 2 and step[s] < most:
                continue
            if point[s] >= 0:
                sigma[point[s]] = 1 / np.sqrt(value[s]) if value[s] > 0 else np.nan
                converged[point[s]] = quiet[s] == 2
            is_idle = following >= len(zr)
            for i in range(size):
                real, imaginary = (0.0, 0.0) if is_idle else (start[i, 0], start[i, 1])
                q[i, s], q[i, LANES + s], p[i, s], p[i, LANES + s] = real, imaginary, 0.0, 0.0
            point[s], step[s], value[s], change[s], quiet[s] = following, 0, 0.0, np.inf, 0
            beta[s], beta[LANES + s] = 0.0, 0.0
            if is_idle:
                running -= 1
                point[s], step[s] = -1, -1
            else:
                _factorise(Tr, Ti, is_complex, pairs, s, zr[following], zi[following], tiny, inverse, turn, across)
                following += 1
        if running == 0:
            return
        # one call for both factors, as every call is compiled anew into this function, which takes half a second
        for half in range(2):
            is_reflected = half == 1
            before, after = (y, x) if is_reflected else (q, y)
            for i in range(size):
                h = size - 1 - i if is_reflected else i
                for s in range(LANES):
                    after[i, s], after[i, LANES + s] = before[h, s], -before[h, LANES + s]
            Mr, Mi = (Rr, Ri) if is_reflected else (Tr, Ti)
            _solve(Mr, Mi, is_complex, pairs, is_reflected, inverse, turn, across, turned, after)
        _orthogonalise(x, y, q, p, alpha, beta)
        for s in range(LANES):
            if point[s] >= 0:
                diagonal[step[s], s], beside[step[s], s] = alpha[s], beta[s]
                # also where they are nan: what has overflown is an entry of the inverse, or of its square
                if not (alpha[s] < OVERFLOW and beta[s] < OVERFLOW):
                    value[s], quiet[s] = np.inf, 2
                elif step[s] < LATE or step[s] % SELDOM == 0:
                    _test(diagonal, beside, step[s], s, rtol, value, change, quiet)
                step[s] += 1
            # of what has reached its end there is no next vector
            alpha[s] = 1 / beta[s] if beta[s] > 0 else 0.0
            alpha[LANES + s] = alpha[s]
        for i in range(size):
            for s in range(2 * LANES):
                p[i, s], q[i, s] = q[i, s], y[i, s] * alpha[s]
