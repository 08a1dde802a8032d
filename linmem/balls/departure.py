r"""Henrici's departure from normality with a proof, for the stored doubles of a matrix as the exact numbers they are.

Conventions
-----------
Eigenvalues are the roots of the characteristic polynomial, which is exact: doubles are integers times a power of two.
Repeated eigenvalues are repeated factors, split off exactly, so that a defective matrix is no harder than another; no
enclosure by eigenvectors could do that. The coefficients have N times the bits of an entry: a fraction of a second at
N = 100, seconds at N = 200.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg as sl
from flint import arb, ctx, fmpz_mat

from linmem.balls.bounded import Enclosed, InconclusiveError

PRECISIONS = (128, 256, 512, 1024, 2048)  # bits of the roots
MANTISSA = 53


def enclose_departure(W: np.ndarray, tolerance: float) -> Enclosed:
    """The departure, to an error of at most `tolerance`: ||W||_F^2 less the sum of |eigenvalue|^2.

    Raises InconclusiveError where that difference is not known well enough at any precision tried.
    """
    copies = 1 + np.iscomplexobj(W)
    W = _as_real(W)
    entries, entry_unit = _integers(W)
    square = sum(entry * entry for row in entries for entry in row)
    similar, unit = _integers(W, _balancing(W))
    polynomial = fmpz_mat(similar).charpoly()
    for bits in PRECISIONS:
        with ctx.workprec(bits):
            roots: Any = polynomial.complex_roots()
            # by products: a power of a ball around zero is no number
            squares = sum(((z.real * z.real + z.imag * z.imag) * times for z, times in roots), arb(0))
            left = (arb(square) * arb(4) ** entry_unit - squares * arb(4) ** unit) / copies
            lower, upper = (bound.max(arb(0)).sqrt() for bound in (left.lower(), left.upper()))
            value = float(((lower + upper) / 2).mid())
            error = float(abs(upper - value).max(abs(lower - value)).upper())
        if error <= tolerance:
            return Enclosed((np.float64(value),), (np.float64(np.nextafter(error, np.inf)),), bits)
    raise InconclusiveError(f"eigenvalues at {PRECISIONS[-1]} bits")


def is_normal(W: np.ndarray) -> bool:
    """Whether W W* = W* W, exactly."""
    if np.array_equal(W, W.conj().T):
        return True
    integers = fmpz_mat(_integers(_as_real(W))[0])
    return bool(integers * integers.transpose() == integers.transpose() * integers)


def _as_real(W) -> np.ndarray:
    """A + iB as [[A, -B], [B, A]]: the eigenvalues and their conjugates, twice the square norm, and normal with it."""
    return np.block([[W.real, -W.imag], [W.imag, W.real]]) if np.iscomplexobj(W) else W


def _integers(W, shifts=0) -> tuple[list[list[int]], int]:
    """Doubles times 2^`shifts` as integers, and the exponent of their unit."""
    mantissa, exponent = np.frexp(W)
    exponent = exponent - MANTISSA + shifts
    unit = int(exponent[W != 0].min()) if W.any() else 0
    whole = np.ldexp(mantissa, MANTISSA).astype(np.int64)
    rows = zip(whole.tolist(), (exponent - unit).tolist(), strict=True)
    return [[entry << shift if entry else 0 for entry, shift in zip(*row, strict=True)] for row in rows], unit


def _balancing(W) -> np.ndarray:
    """Exponents b_j - b_i of a diagonal similarity by powers of two, after which integers are shorter."""
    _, _, _, scale, _ = sl.lapack.dgebal(W, scale=1, permute=0)
    powers = np.frexp(scale)[1]
    return powers[None, :] - powers[:, None]
