r"""Eigenvalues with a proof: the roots of the characteristic polynomial, which is exact.

Doubles are integers times a power of two, and so the characteristic polynomial is one of integers. Its roots are
isolated in balls by Arb. Repeated eigenvalues are repeated factors, which are split off exactly: a defective matrix is
no harder than another, while no enclosure by eigenvectors could tell its eigenvalues apart. The coefficients have N
times the bits of an entry: a fraction of a second at N = 100, seconds at N = 200, a minute or two at N = 400.

A complex matrix A + iB stands as [[A, -B], [B, A]], whose eigenvalues are its own and their conjugates.
"""

from __future__ import annotations

from functools import cached_property
from operator import lshift
from typing import Any

import numpy as np
import scipy.linalg as sl
from flint import arb, ctx, fmpz_mat, fmpz_poly

MANTISSA_BITS = 53


class Spectrum:
    """The eigenvalues of the stored doubles of a matrix: roots of an integer polynomial times 2^`unit`."""

    def __init__(self, W: np.ndarray):
        real = as_real(W)
        # a diagonal similarity leaves the eigenvalues as they are
        self.matrix, self.unit = integers(real, _exponents_of_balancing(real))

    @cached_property
    def polynomial(self) -> Any:
        """The characteristic polynomial of the matrix of integers, an `fmpz_poly`."""
        return fmpz_mat(self.matrix).charpoly()

    def at(self, bits: int) -> list[tuple[Any, int]]:
        """Every eigenvalue as a ball, real and imaginary part, and how often it occurs."""
        with ctx.workprec(bits):
            unit = arb(2) ** self.unit
            roots = self.polynomial.complex_roots()
            return [(root * unit, multiplicity) for root, multiplicity in roots]

    def has_mirrored_pair(self, continuous: bool) -> bool:
        """Whether two eigenvalues are mirror images in the unit circle (in the imaginary axis, in continuous time).

        An eigenvalue on the circle is one with its conjugate, which is an eigenvalue as well. Any such pair has one
        that is not inside. Exact: mirror images are common roots of the polynomial p(x) and of x^N p(1 / x), or p(-x).
        """
        coefficients = self.polynomial.coeffs()
        mirrored = []
        for power, coefficient in enumerate(coefficients):
            if continuous:
                mirrored.append(-coefficient if power % 2 else coefficient)
            else:
                # in units of 2^`unit` the circle has the radius 2^-unit
                shift = 2 * abs(self.unit) * (power if self.unit <= 0 else len(coefficients) - 1 - power)
                mirrored.insert(0, coefficient << shift)
        return self.polynomial.gcd(fmpz_poly(mirrored)).degree() > 0


def as_real(W: np.ndarray) -> np.ndarray:
    """[[A, -B], [B, A]] of A + iB, (2N, 2N): the eigenvalues and their conjugates, twice the square norm, and normal
    exactly if W is. A real matrix stays as it is.
    """
    if not np.iscomplexobj(W):
        return W
    return np.block([[W.real, -W.imag], [W.imag, W.real]])


def integers(W: np.ndarray, shifts: Any = 0) -> tuple[list[list[int]], int]:
    """Doubles times 2^`shifts` as integers, and the exponent of their unit."""
    mantissa, exponent = np.frexp(W)
    exponent = exponent - MANTISSA_BITS + shifts
    occupied = W != 0
    unit = int(exponent[occupied].min()) if occupied.any() else 0
    whole = np.ldexp(mantissa, MANTISSA_BITS).astype(np.int64)
    shift = np.where(occupied, exponent - unit, 0)
    # as Python integers, which have any number of bits
    table = []
    for numbers, bits in zip(whole.tolist(), shift.tolist(), strict=True):
        table.append(list(map(lshift, numbers, bits)))
    return table, unit


def _exponents_of_balancing(W: np.ndarray) -> np.ndarray:
    """Exponents b_j - b_i of a diagonal similarity by powers of two, after which integers are shorter."""
    balanced = sl.lapack.dgebal(W, scale=1, permute=0)
    scale = balanced[3]
    _, b = np.frexp(scale)
    return b[None, :] - b[:, None]
