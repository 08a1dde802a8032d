"""Recurrent cells on LANES sequences at once: the forward pass, and gradients by back-propagation through time.

Conventions
-----------
z (T + 1, K, LANES) holds the rows [1, h_t, x_t]: the state *before* step t, and the input of step t. The matrix of a
cell, M = [b W V], has one column for each of these rows, so that a step is one product; the matrix of the readout, P =
[c U], multiplies [1, h]. Rows of M and P, and of all arrays that products with them fill, are padded with zeros to a
multiple of ROWS. `work` (T, rows, LANES) holds u = M z of each step, of an LSTM its activated gates, and after the
backward pass the gradient of the loss by u. Single precision has exponentials of its own, in loops that the compiler
turns into vector instructions; double precision, which serves for checks, has those of the C library.

Contents
--------
plain_forward, plain_backward
    A plain cell.
gated_forward, gated_backward
    An LSTM.
read_out, softmax_loss, squared_loss
    The readout, and the losses with their gradients.
place_symbols, place_values
    Inputs into the rows of z.
"""

import numpy as np
from numba import types
from numba.extending import overload

from linmem.kernels.codes import RELU, TANH
from linmem.kernels.compiling import compiled
from linmem.kernels.tiles import LANES, add_outer, product

GATES = 4  # of an LSTM, in the order input, forget, cell (the update), output

ONE = np.float32(1)
LOG2_E, LN2_HIGH, LN2_LOW = np.float32(1.4426950408889634), np.float32(0.693359375), np.float32(-2.12194440e-4)
SHIFT = np.float32(1.5 * 2**23)  # adding it rounds to a whole number, which the low bits then hold
SMALLEST = np.float32(-87)  # e^x of it is just above the smallest normal number
# coefficients 1 / n! of the exponential series
C2, C3, C4, C5, C6, C7 = (np.float32(1 / n) for n in (2, 6, 24, 120, 720, 5040))
EXPONENT, ONE_BITS = np.int32(23), np.int32(0x3F800000)


def exponential_less_one(x):
    """e^x - 1 for x <= 0, in the precision of x."""
    return np.expm1(x)


@overload(exponential_less_one)
def _exponential_less_one(x):
    """The code of `exponential_less_one` for a type, when it is compiled."""
    if x == types.float32:
        return _single_exponential_less_one
    return lambda x: np.expm1(x)


def _single_exponential_less_one(x):
    """e^x - 1 = 2^k (e^r - 1) + 2^k - 1 with x = k log 2 + r."""
    x = SMALLEST if x < SMALLEST else x
    shifted = x * LOG2_E + SHIFT
    k = shifted - SHIFT
    r = (x - k * LN2_HIGH) - k * LN2_LOW
    p = r + r * r * (C2 + r * (C3 + r * (C4 + r * (C5 + r * (C6 + r * C7)))))
    bits = np.int32(np.int32(np.float32(shifted).view(np.int32)) << EXPONENT) + ONE_BITS
    scale = np.int32(bits).view(np.float32)
    return scale * p + (scale - ONE)


def one_like(x):
    """1 in the precision of x."""
    return type(x)(1)


@overload(one_like)
def _one_like(x):
    """The code of `one_like` for a type, when it is compiled."""
    if x == types.float32:
        return lambda x: ONE
    return lambda x: 1.0


@compiled(nogil=True, error_model="numpy")
def _tanh(x):
    """tanh |x| = (1 - e^(-2|x|)) / (1 + e^(-2|x|)), without cancellation near 0, and the sign of x."""
    one = one_like(x)
    e = exponential_less_one(-(one + one) * abs(x))
    y = -e / (one + one + e)
    return -y if x < 0 else y


@compiled(nogil=True, error_model="numpy")
def _sigmoid(x):
    """1 / (1 + e^-x), by e^-|x|, which does not overflow."""
    one = one_like(x)
    e = exponential_less_one(-abs(x))
    return (one if x > 0 else one + e) / (one + one + e)


@compiled(nogil=True, error_model="numpy")
def _activate(kind, u, h):
    """h <- f(u)."""
    if kind == TANH:
        for n in range(len(h)):
            h[n] = _tanh(u[n])
    elif kind == RELU:
        zero = one_like(u[0]) - one_like(u[0])
        for n in range(len(h)):
            h[n] = zero if u[n] < 0 else u[n]
    else:
        for n in range(len(h)):
            e = exponential_less_one(-abs(u[n]))
            h[n] = e if u[n] < 0 else u[n]


@compiled(nogil=True, error_model="numpy")
def _through(kind, h, gradient, g):
    """g <- f'(u) * gradient, from h = f(u)."""
    if kind == TANH:
        for n in range(len(h)):
            g[n] = gradient[n] * (one_like(h[n]) - h[n] * h[n])
    elif kind == RELU:
        zero = one_like(h[0]) - one_like(h[0])
        for n in range(len(h)):
            g[n] = gradient[n] if h[n] > 0 else zero
    else:
        for n in range(len(h)):
            slope = h[n] + one_like(h[n])
            g[n] = gradient[n] * (one_like(h[n]) if h[n] > 0 else slope)


@compiled(nogil=True, error_model="numpy")
def plain_forward(kind, M, units, columns, z, work):
    """h_t = f(M z_t), which becomes the state in z[t + 1]."""
    for t in range(len(work)):
        product(M, z[t], columns, False, work[t])
        _activate(kind, work[t, :units].ravel(), z[t + 1, 1 : 1 + units].ravel())


@compiled(nogil=True, error_model="numpy")
def plain_backward(kind, W_transposed, U_transposed, units, outputs, truncation, z, work, errors, total):
    """Add the gradient of the loss by M to `total`.

    `errors` (S, rows, LANES) are the gradients by the outputs of the last S steps. The gradient does not flow back over
    steps whose number is a multiple of `truncation`.
    """
    # the gradient by h_t: of the output of this step, and what comes back from the next
    gradient = np.zeros((W_transposed.shape[0], LANES), z.dtype)
    first = len(work) - len(errors)
    for t in range(len(work) - 1, -1, -1):
        if t >= first:
            product(U_transposed, errors[t - first], outputs, True, gradient)
        _through(kind, z[t + 1, 1 : 1 + units].ravel(), gradient[:units].ravel(), work[t, :units].ravel())
        if t % truncation == 0:
            gradient[:] = 0
        else:
            product(W_transposed, work[t], units, False, gradient)
    add_outer(work, z, total)


@compiled(nogil=True, error_model="numpy")
def _gate(a, c_before, c, h, size):
    """Activate the four gates in place, and compute c and h."""
    # one loop for each function: the compiler makes vector instructions of short loops
    i, f, g, o = a[:size], a[size : 2 * size], a[2 * size : 3 * size], a[3 * size : 4 * size]
    for n in range(size):
        i[n] = _sigmoid(i[n])
    for n in range(size):
        f[n] = _sigmoid(f[n])
    for n in range(size):
        g[n] = _tanh(g[n])
    for n in range(size):
        o[n] = _sigmoid(o[n])
    for n in range(size):
        c[n] = f[n] * c_before[n] + i[n] * g[n]
    for n in range(size):
        h[n] = o[n] * _tanh(c[n])


@compiled(nogil=True, error_model="numpy")
def _ungate(a, c_before, c, by_h, by_c, size):
    """Replace the gates by the gradients by their arguments u; by_c becomes the gradient by c_before.

    by_h and by_c are the gradients by h and c. sigmoid' = y (1 - y), tanh' = 1 - y^2, for y their values.
    """
    i, f, g, o = a[:size], a[size : 2 * size], a[2 * size : 3 * size], a[3 * size : 4 * size]
    for n in range(size):
        one = one_like(c[n])
        y = _tanh(c[n])
        by_c[n] += by_h[n] * o[n] * (one - y * y)
        o[n] = by_h[n] * y * o[n] * (one - o[n])
    for n in range(size):
        one = one_like(c[n])
        by_i = by_c[n] * g[n] * i[n] * (one - i[n])
        g[n] = by_c[n] * i[n] * (one - g[n] * g[n])
        i[n] = by_i
    for n in range(size):
        one = one_like(c[n])
        before = by_c[n] * f[n]
        f[n] = before * c_before[n] * (one - f[n])
        by_c[n] = before


@compiled(nogil=True, error_model="numpy")
def gated_forward(M, units, columns, z, cells, work):
    """i, f, o = sigmoid and g = tanh of M z_t; c_t = f c_{t-1} + i g, in cells (T + 1, N, LANES); h_t = o tanh c_t."""
    for t in range(len(work)):
        product(M, z[t], columns, False, work[t])
        _gate(
            work[t].ravel(), cells[t].ravel(), cells[t + 1].ravel(), z[t + 1, 1 : 1 + units].ravel(), units * LANES
        )  # fmt: skip


@compiled(nogil=True, error_model="numpy")
def gated_backward(W_transposed, U_transposed, units, outputs, truncation, z, cells, work, errors, total):
    """Add the gradient of the loss by M to `total`, as `plain_backward` does; W_transposed is (rows, 4 N)."""
    by_h = np.zeros((W_transposed.shape[0], LANES), z.dtype)
    by_c = np.zeros((units, LANES), z.dtype)
    first = len(work) - len(errors)
    for t in range(len(work) - 1, -1, -1):
        if t >= first:
            product(U_transposed, errors[t - first], outputs, True, by_h)
        _ungate(
            work[t].ravel(), cells[t].ravel(), cells[t + 1].ravel(), by_h.ravel(), by_c.ravel(), units * LANES
        )  # fmt: skip
        if t % truncation == 0:
            by_h[:], by_c[:] = 0, 0
        else:
            product(W_transposed, work[t], GATES * units, False, by_h)
    add_outer(work, z, total)


@compiled(nogil=True, error_model="numpy")
def read_out(P, columns, z, outputs):
    """outputs[s] = P z[s]."""
    for s in range(len(outputs)):
        product(P, z[s], columns, False, outputs[s])


@compiled(nogil=True, error_model="numpy")
def softmax_loss(outputs, classes, labels, weights):
    """The weighted sum of -log p(label), and the number of labels that are the likeliest class.

    `outputs` (S, rows, LANES) become the gradients of the sum by them, weight (p - 1 of the label). `labels` is (S,
    LANES); a lane of weight 0 is empty.
    """
    loss, hits = 0.0, 0
    largest, total = np.empty(LANES, outputs.dtype), np.empty(LANES, outputs.dtype)
    for s in range(len(outputs)):
        # exponentials of differences to the largest output cannot overflow
        largest[:] = outputs[s, 0]
        for k in range(1, classes):
            row = outputs[s, k]
            for b in range(LANES):
                largest[b] = row[b] if row[b] > largest[b] else largest[b]
        for b in range(LANES):
            own = outputs[s, labels[s, b], b]
            hits += weights[b] > 0 and own == largest[b]
            loss -= weights[b] * np.float64(own - largest[b])
        total[:] = 0
        for k in range(classes):
            row = outputs[s, k]
            for b in range(LANES):
                row[b] = exponential_less_one(row[b] - largest[b]) + one_like(row[b])
                total[b] += row[b]
        for b in range(LANES):
            loss += weights[b] * np.log(total[b])
            total[b] = weights[b] / total[b]
        for k in range(classes):
            row = outputs[s, k]
            for b in range(LANES):
                row[b] *= total[b]
        for b in range(LANES):
            outputs[s, labels[s, b], b] -= weights[b]
    return loss, hits


@compiled(nogil=True, error_model="numpy")
def squared_loss(outputs, values, weights):
    """The weighted sum of squared errors for targets `values` (S, K, LANES).

    `outputs` (S, rows, LANES) become the gradients of the sum by them.
    """
    loss = 0.0
    for s in range(len(outputs)):
        for k in range(values.shape[1]):
            for b in range(LANES):
                error = outputs[s, k, b] - values[s, k, b]
                loss += weights[b] * np.float64(error) ** 2
                outputs[s, k, b] = weights[b] * (error + error)
    return loss


@compiled(nogil=True, error_model="numpy")
def place_symbols(symbols, x):
    """Fill x (T, D, LANES) with the symbols (lanes, T), one-hot."""
    x[:] = 0
    for b in range(len(symbols)):
        for t in range(symbols.shape[1]):
            x[t, symbols[b, t], b] = 1


@compiled(nogil=True, error_model="numpy")
def place_values(values, x):
    """Fill x (T, D, LANES) with the values (lanes, T, D)."""
    x[:] = 0
    for b in range(len(values)):
        for t in range(values.shape[1]):
            for d in range(values.shape[2]):
                x[t, d, b] = values[b, t, d]
