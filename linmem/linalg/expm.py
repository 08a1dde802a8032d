"""The matrix exponential, scaled by its norm and squared.

SciPy's `expm` (1.17) takes the wrong norm for the choice of its scaling, so that some non-normal matrices get too
little of it: the exponential of a balanced leaky chain is wrong in the fourth digit (scipy/scipy issues 25864, 24366).
Here the scaling is by the norm itself, to a size at which one Pade approximant is right to the last bit.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg as sl

from linmem.linalg.blas import product

# [7/7] Pade approximant of e^x, right to double precision for norms up to 0.95: Higham (2005), SIMAX 26:1179, table 2.3
PADE = (17297280.0, 8648640.0, 1995840.0, 277200.0, 25200.0, 1512.0, 56.0, 1.0)


def exponential(A: np.ndarray) -> np.ndarray:
    """e^A. Squaring loses nothing where A generates a contraction, which is what it is used for."""
    squarings = squarings_for(A)
    result = exponential_of_small(A / 2**squarings)
    for _ in range(squarings):
        result = product(result, result)
    return result


def squarings_for(A: np.ndarray) -> int:
    """How often A must be halved for its 1-norm to be at most 1/2."""
    return max(0, int(np.ceil(np.log2(max(sl.norm(A, 1), 0.25)))) + 1)


def exponential_of_small(A: np.ndarray) -> np.ndarray:
    """e^A for ||A||_1 <= 0.95."""
    identity = np.eye(len(A))
    A2 = product(A, A)
    A4 = product(A2, A2)
    A6 = product(A4, A2)
    odd = product(A, PADE[7] * A6 + PADE[5] * A4 + PADE[3] * A2 + PADE[1] * identity)
    even = PADE[6] * A6 + PADE[4] * A4 + PADE[2] * A2 + PADE[0] * identity
    return sl.solve(even - odd, even + odd, check_finite=False)
