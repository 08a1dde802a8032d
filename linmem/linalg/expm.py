"""The matrix exponential, by scaling, a Pade approximant, and repeated squaring.

SciPy's `expm` (1.17) takes the wrong norm when it chooses its scaling, so that some non-normal matrices are scaled too
little: the exponential of a balanced leaky chain is wrong in the fourth digit (scipy/scipy issues 25864, 24366). Here
the matrix is scaled by its 1-norm, to a size at which a single Pade approximant is right to double precision.

Contents
--------
exponential
    e^A of any square matrix.
squarings_for, exponential_of_small
    Its two steps, for callers that do the squaring themselves.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg as sl

from linmem.linalg.blas import product

# [7/7] Pade approximant of e^x, right to double precision for norms up to 0.95: Higham (2005), SIMAX 26:1179, table 2.3
PADE = (17297280.0, 8648640.0, 1995840.0, 277200.0, 25200.0, 1512.0, 56.0, 1.0)


def exponential(A: np.ndarray) -> np.ndarray:
    """e^A, (N, N). Squaring loses no digits where A generates a contraction, the case for which it is used here."""
    squarings = squarings_for(A)
    result = exponential_of_small(A / 2**squarings)
    for _ in range(squarings):
        result = product(result, result)
    return result


def squarings_for(A: np.ndarray) -> int:
    """How often A must be halved so that its 1-norm is at most 1/2."""
    norm = max(sl.norm(A, 1), 0.25)
    halvings = int(np.ceil(np.log2(norm))) + 1
    return max(0, halvings)


def exponential_of_small(A: np.ndarray) -> np.ndarray:
    """e^A for ||A||_1 <= 0.95: p(A) / p(-A), p the numerator of the Pade approximant, in its odd and even part."""
    identity = np.eye(len(A))
    A2 = product(A, A)
    A4 = product(A2, A2)
    A6 = product(A4, A2)
    odd_over_A = PADE[7] * A6 + PADE[5] * A4 + PADE[3] * A2 + PADE[1] * identity
    odd = product(A, odd_over_A)
    even = PADE[6] * A6 + PADE[4] * A4 + PADE[2] * A2 + PADE[0] * identity
    return sl.solve(even - odd, even + odd, check_finite=False)
