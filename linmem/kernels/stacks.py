"""Fisher memory curves of many small networks, one network a thread. BLAS must be held at one thread by the caller."""

import numpy as np
from numba import njit, prange

ULP = 2.0**-52
DOUBLINGS = 40
LONGEST = 1024  # lags after which a total is left to the path for one network


@njit(cache=True, nogil=True)
def _covariance(W, C, A, scratch, added):
    """Fill C = sum_k W^k W^k* by doubling; returns the number of terms, 0 where it does not settle."""
    size = W.shape[0]
    A[:] = W
    C[:] = 0
    for i in range(size):
        C[i, i] = 1
    for doubling in range(DOUBLINGS):
        np.dot(A, C, scratch)
        np.dot(scratch, np.conj(A).T, added)
        largest, smallest, settled = 0.0, np.inf, True
        for i in range(size):
            for j in range(size):
                C[i, j] += added[i, j]
            settled &= added[i, i].real <= ULP / 4 * C[i, i].real
            largest, smallest = max(largest, C[i, i].real), min(smallest, C[i, i].real)
        if not np.isfinite(largest):
            return 0
        if settled:
            return 2 ** (doubling + 1)
        np.dot(A, A, scratch)
        A[:] = scratch
        norm = 0.0
        for i in range(size):
            for j in range(size):
                norm += A[i, j].real ** 2 + A[i, j].imag ** 2
        if norm * largest < ULP / 4 * smallest:
            return 2 ** (doubling + 1)
    return 0


@njit(cache=True, nogil=True)
def _factor(C, L):
    """Fill L, lower triangular, with C = L L*; False where C is not positive definite."""
    size = C.shape[0]
    L[:] = 0
    for j in range(size):
        pivot = C[j, j].real
        for k in range(j):
            pivot -= L[j, k].real ** 2 + L[j, k].imag ** 2
        if not pivot > 0:
            return False
        L[j, j] = np.sqrt(pivot)
        for i in range(j + 1, size):
            entry = C[i, j]
            for k in range(j):
                entry -= L[i, k] * np.conj(L[j, k])
            L[i, j] = entry / L[j, j]
    return True


@njit(cache=True, nogil=True)
def _solve(L, X):
    """X <- L^-1 X."""
    for i in range(L.shape[0]):
        for j in range(i):
            for k in range(X.shape[1]):
                X[i, k] -= L[i, j] * X[j, k]
        for k in range(X.shape[1]):
            X[i, k] /= L[i, i]


@njit(cache=True, nogil=True)
def _squares(X):
    total = 0.0
    for entry in X.flat:
        total += entry.real**2 + entry.imag**2
    return total


@njit(cache=True, nogil=True)
def _balanced(W, V):
    """B, b, L and the proved relative error of one network; infinite where this path does not reach."""
    C, A, scratch, added = np.empty_like(W), np.empty_like(W), np.empty_like(W), np.empty_like(W)
    terms = _covariance(W, C, A, scratch, added)
    L = A
    if terms == 0 or not _factor(C, L):
        return W, V, L, np.inf
    B = np.dot(W, L)
    np.dot(B, np.conj(B).T, scratch)
    spread, heard = 0.0, 0.0
    for i in range(len(W)):
        spread += C[i, i].real
        heard += scratch[i, i].real
        C[i, i] -= 1
    eta = np.sqrt(_squares(C - scratch)) + 2 * ULP * (spread + heard)
    b = V.copy()
    _solve(L, B)
    _solve(L, b)
    return B, b, L, eta + 4 * ULP * np.sqrt(spread) * terms if eta < 1 else np.inf


@njit(cache=True, nogil=True)
def _curve(W, V, values, total):
    """Fill J(k) and J_tot of one network and return the error; the trajectory B^k b is doubled until what is left is
    negligible.
    """
    size, d = V.shape
    B, block, L, error = _balanced(W, V)
    if not error < 1:
        return np.inf
    power, width = B, 1
    while True:
        if width >= len(values):
            # J^s has trace N, so that what is left is at most N ||w||^2 of the next lag
            w = np.dot(W, np.dot(L, np.ascontiguousarray(block[:, (width - 1) * d :])))
            if size * _squares(w) <= ULP / 16 * _squares(block):
                break
            if width >= LONGEST:
                return np.inf
        longer = np.empty((size, 2 * width * d), block.dtype)
        longer[:, : width * d] = block
        longer[:, width * d :] = np.dot(power, block)
        block, width = longer, 2 * width
        power = np.dot(power, power)
    if d == 1:
        memory = np.zeros(width)
        for i in range(size):
            for k in range(width):
                memory[k] += block[i, k].real ** 2 + block[i, k].imag ** 2
        total[0, 0] = memory.sum()
        for k in range(len(values)):
            values[k, 0, 0] = memory[k]
        return error
    for k in range(width):
        amplitude = np.ascontiguousarray(block[:, k * d : (k + 1) * d])
        memory = np.dot(np.conj(amplitude).T, amplitude)
        total += memory
        if k < len(values):
            values[k] = memory
    return error


@njit(cache=True, nogil=True, parallel=True)
def curves(recurrents, feedforwards, values, totals, errors):
    """Fill J(k), J_tot and the proved relative error of each network; the error stays infinite where this path does
    not reach.
    """
    for m in prange(recurrents.shape[0]):
        errors[m] = _curve(recurrents[m], feedforwards[m], values[m], totals[m])
