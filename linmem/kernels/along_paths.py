"""Products of the Jacobians of small cells along many paths, one path in each lane of the vector registers.

Arrays of a group of MEMBERS paths are (rows, columns, MEMBERS), filled with zeros to multiples of SIDE.
"""

import numpy as np

from linmem.kernels.compiling import compiled
from linmem.kernels.tiles import MEMBERS, SIDE, multiply_members, symmetric_members


@compiled(nogil=True, error_model="numpy")
def _distances(signs, moved, columns, combined, distances):
    """distances[c] = the mean square over probes of how far rows combined now are from those that were combined first.

    The probes stand below the rows in `moved`; `combined`, of as many columns, is scratch.
    """
    multiply_members(signs, moved[: signs.shape[1]], False, combined)
    probes = moved[len(moved) - SIDE :]
    for c in range(columns):
        for m in range(MEMBERS):
            distances[c, m] = 0
        for probe in range(SIDE):
            for m in range(MEMBERS):
                difference = combined[probe, c, m] - probes[probe, c, m]
                distances[c, m] += difference * difference / SIDE


@compiled(nogil=True, error_model="numpy")
def products_of_steps(A, B, scales, signs, lag, ahead, C, pulses, drift, of_noise):
    """Take up to MEMBERS paths through n steps, the last first: C += Phi Q Phi', pulses[lag] = Phi B, Phi <- Phi A.

    A (members, n, N, N), B (members, n, N, d), and the standard deviations of the noise, (members, n, N), or (members,
    0, N) where all are 1. `ahead` is Phi with SIDE rows below that are its rows times `signs`, (SIDE, rows, MEMBERS),
    from the first step on; `drift`, (K, d, MEMBERS), and `of_noise`, (MEMBERS,), are the mean squares of what rounding
    has made of their difference.
    """
    count, steps, size, d = B.shape
    rows = len(C)
    a, b = np.zeros((rows, rows, MEMBERS)), np.zeros((rows, -(-d // SIDE) * SIDE, MEMBERS))
    after, scaled, total = np.empty_like(ahead), np.empty_like(ahead), np.empty_like(C)
    scale = np.zeros((rows, MEMBERS))
    seen = np.empty((len(ahead), b.shape[1], MEMBERS))
    distances = np.empty((max(size, d), MEMBERS))
    combined, combined_seen = np.empty((SIDE, rows, MEMBERS)), np.empty((SIDE, b.shape[1], MEMBERS))
    for t in range(steps - 1, -1, -1):
        for i in range(size):
            for j in range(size):
                for m in range(count):
                    a[i, j, m] = A[m, t, i, j]
            for j in range(d):
                for m in range(count):
                    b[i, j, m] = B[m, t, i, j]
        if lag < len(pulses):
            multiply_members(ahead, b, False, seen)
            pulses[lag] = seen[:size, :d]
            _distances(signs, seen, d, combined_seen, distances)
            drift[lag] = distances[:d]
        noisy = ahead
        if scales.shape[1] > 0:
            noisy = scaled
            for j in range(size):
                for m in range(count):
                    scale[j, m] = scales[m, t, j]
            for i in range(len(scaled)):
                for j in range(rows):
                    for m in range(MEMBERS):
                        scaled[i, j, m] = ahead[i, j, m] * scale[j, m]
        symmetric_members(noisy[:rows], noisy[:rows], total)
        flat_C, flat_total = C.reshape(-1), total.reshape(-1)
        for i in range(len(flat_C)):
            flat_C[i] += flat_total[i]
        _distances(signs, noisy, size, combined, distances)
        for j in range(size):
            for m in range(MEMBERS):
                of_noise[m] += distances[j, m]
        multiply_members(ahead, a, False, after)
        ahead[:] = after
        lag += 1
