"""Fisher memory curves of many small networks, one in each lane of the vector registers.

MEMBERS networks are a group, and a thread takes one group at a time. Arrays of a group are (rows, columns, MEMBERS),
rows and columns filled with zeros to multiples of SIDE. A lane that has its result is changed no more, so that no
network changes another's result in any bit.
"""

import numpy as np
from numba import prange

from linmem.kernels.compiling import compiled
from linmem.kernels.tiles import MEMBERS, SIDE, dot_of_members, multiply_members, symmetric_members

ULP = 2.0**-52
DOUBLINGS = 40
LONGEST = 1024  # lags after which a total is left to the methods for one network
PANEL = 16  # lags at a time


@compiled(nogil=True, error_model="numpy")
def _add(terms, total):
    """total += terms."""
    flat_total, flat_terms = total.reshape(-1), terms.reshape(-1)
    for i in range(len(flat_total)):
        flat_total[i] += flat_terms[i]


@compiled(nogil=True, error_model="numpy")
def _squares(X, rows, squares, scratch):
    """Fill squares[m] with the sum of X^2 over the first rows."""
    squares[:] = 0
    for i in range(rows):
        dot_of_members(X, i, X, i, True, X.shape[1], scratch)
        for m in range(MEMBERS):
            squares[m] += scratch[i, i, m]


@compiled(nogil=True, error_model="numpy")
def _covariance(W, size, C, A, S, T, terms):
    """Fill C = sum_k W^k W^k^T by doubling, C_2m = C_m + W^m C_m W^m^T, and the number of its terms, 0 where it does
    not settle.

    The powers of a lane that has settled, or overflowed, are set to zero, so that the lane changes no more.
    """
    A[:] = W
    C[:] = 0
    for i in range(len(W)):
        C[i, i] = 1
    terms[:] = 0
    waiting, norm = np.ones(MEMBERS, np.bool_), np.empty(MEMBERS)
    for doubling in range(DOUBLINGS):
        multiply_members(A, C, False, S)
        symmetric_members(S, A, T)
        _add(T, C)
        multiply_members(A, A, False, S)
        A, S = S, A
        _squares(A, size, norm, S)
        for m in range(MEMBERS):
            if waiting[m]:
                largest, smallest, settled = 0.0, np.inf, True
                for i in range(size):
                    settled &= T[i, i, m] <= ULP / 4 * C[i, i, m]
                    largest, smallest = max(largest, C[i, i, m]), min(smallest, C[i, i, m])
                # a later term A C A^T is about ||A||_F^2 max C at most, which changes no diagonal entry
                if settled or norm[m] * largest < ULP / 4 * smallest:
                    terms[m] = 2 ** (doubling + 1)
                if terms[m] > 0 or not np.isfinite(norm[m] * largest):
                    waiting[m] = False
                    A[:, :, m] = 0
        if not waiting.any():
            break


@compiled(nogil=True, error_model="numpy")
def _factor(C, L, S, positive):
    """Fill L, lower triangular, with C = L L^T, and whether C is positive definite."""
    L[:] = 0
    positive[:] = True
    for j in range(len(C)):
        for i in range(j, len(C)):
            dot_of_members(L, i, L, j, True, j, S)
            for m in range(MEMBERS):
                L[i, j, m] = C[i, j, m] - S[i, j, m]
        for m in range(MEMBERS):
            positive[m] &= L[j, j, m] > 0
            root = np.sqrt(L[j, j, m]) if positive[m] else 1.0
            for i in range(j, len(C)):
                L[i, j, m] /= root


@compiled(nogil=True, error_model="numpy")
def _solve(L, X):
    """X <- L^-1 X."""
    S = np.empty_like(X)
    for i in range(len(L)):
        for k in range(X.shape[1]):
            dot_of_members(L, i, X, k, False, i, S)
            for m in range(MEMBERS):
                X[i, k, m] = (X[i, k, m] - S[i, k, m]) / L[i, i, m]


@compiled(nogil=True, error_model="numpy")
def _input_normal(W, b, size, WL, B, error):
    """Fill W L, B = L^-1 W L (input-normal coordinates, C = I) and b <- L^-1 b, and the proved relative error, which is
    infinite where this method does not reach.

    The error is the norm of the residual C - W C W^T - I of the computed factor, as C >= I, and the rounding of it.
    """
    C, L, S, T = np.empty_like(W), np.empty_like(W), np.empty_like(W), np.empty_like(W)
    terms, positive = np.empty(MEMBERS), np.empty(MEMBERS, np.bool_)
    _covariance(W, size, C, B, S, T, terms)
    _factor(C, L, S, positive)
    multiply_members(W, L, False, WL)
    symmetric_members(WL, WL, S)
    spread = np.zeros(MEMBERS)
    for i in range(size):
        for m in range(MEMBERS):
            spread[m] += C[i, i, m]
            C[i, i, m] -= 1
    for m in range(MEMBERS):
        error[m] = 2 * ULP * spread[m]
        for i in range(size):
            error[m] += 2 * ULP * S[i, i, m]
    for i in range(size):
        for j in range(size):
            for m in range(MEMBERS):
                T[i, j, m] = C[i, j, m] - S[i, j, m]
    squares = np.empty(MEMBERS)
    _squares(T, size, squares, S)
    for m in range(MEMBERS):
        error[m] += np.sqrt(squares[m])
        proved = terms[m] > 0 and positive[m] and error[m] < 1
        error[m] = error[m] + 4 * ULP * np.sqrt(spread[m]) * terms[m] if proved else np.inf
    B[:] = WL
    _solve(L, B)
    _solve(L, b)


@compiled(nogil=True, error_model="numpy")
def _first_panel(B, b, panel, after):
    """Fill the rows (lag, then input) of `panel` with B^k b, doubling their number, and return B^PANEL."""
    d, known, S = b.shape[1], 1, np.empty_like(B)
    panel[:] = 0
    for a in range(d):
        panel[a] = b[:, a]
    while known < PANEL:
        held = -(-known * d // SIDE) * SIDE
        multiply_members(panel[:held], B, True, after[:held])
        panel[known * d : 2 * known * d] = after[: known * d]
        multiply_members(B, B, False, S)
        B, S = S, B
        known *= 2
    return B


@compiled(nogil=True, error_model="numpy")
def _curves(W, b, size, values, total, error):
    """Fill J(k), (lags, d, d, MEMBERS), J_tot and the errors of a group."""
    d = b.shape[1]
    WL, B = np.empty_like(W), np.empty_like(W)
    _input_normal(W, b, size, WL, B, error)
    panel, after = np.empty((PANEL * d, len(W), MEMBERS)), np.empty((PANEL * d, len(W), MEMBERS))
    power = _first_panel(B, b, panel, after)
    memory, square = np.empty((d, d, MEMBERS)), np.empty(MEMBERS)
    waiting, known = error < 1, 0
    while waiting.any():
        for k in range(PANEL):
            amplitude = panel[k * d : (k + 1) * d]
            for a in range(d):
                for c in range(d):
                    dot_of_members(amplitude, a, amplitude, c, True, len(W), memory)
                    for m in range(MEMBERS):
                        total[a, c, m] += memory[a, c, m] if waiting[m] else 0.0
                        if known + k < len(values):
                            values[known + k, a, c, m] = memory[a, c, m]
        known += PANEL
        if known >= len(values):
            multiply_members(panel, WL, True, after)
            _squares(after[-d:], d, square, memory)
            for m in range(MEMBERS):
                so_far = 0.0
                for a in range(d):
                    so_far += total[a, a, m]
                # the rest is at most trace(J^s) ||W^k V||_F^2, and J^s has trace N
                waiting[m] &= size * square[m] > ULP / 16 * so_far
                if waiting[m] and known >= LONGEST:
                    waiting[m], error[m] = False, np.inf
        multiply_members(panel, power, True, after)
        panel, after = after, panel


@compiled(nogil=True, parallel=True)
def curves(recurrents, feedforwards, values, totals, errors):
    """Fill J(k), J_tot and the proved relative error of each real network; the error is infinite where this method does
    not reach.
    """
    count, size, d = feedforwards.shape
    rows = -(-size // SIDE) * SIDE
    lags = values.shape[1]
    for group in prange(-(-count // MEMBERS)):
        first = group * MEMBERS
        here = min(MEMBERS, count - first)
        W, b = np.zeros((rows, rows, MEMBERS)), np.zeros((rows, d, MEMBERS))
        for m in range(here):
            W[:size, :size, m], b[:size, :, m] = recurrents[first + m], feedforwards[first + m]
        known, total, error = np.zeros((lags, d, d, MEMBERS)), np.zeros((d, d, MEMBERS)), np.empty(MEMBERS)
        _curves(W, b, size, known, total, error)
        for m in range(here):
            values[first + m], totals[first + m], errors[first + m] = known[..., m], total[..., m], error[m]
