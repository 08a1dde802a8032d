r"""Eigenvalues with a proof: the roots of the characteristic polynomial, which is exact.

Conventions
-----------
Doubles are integers times a power of two. Repeated eigenvalues are repeated factors, split off exactly, so that a
defective matrix is no harder than another; no enclosure by eigenvectors could do that. The coefficients have N times
the bits of an entry: a fraction of a second at N = 100, seconds at N = 200, a minute or two at N = 400.

A complex matrix A + iB stands as [[A, -B], [B, A]], whose eigenvalues are its own and their conjugates.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import scipy.linalg as sl
from flint import arb, ctx, fmpz, fmpz_mat

MANTISSA = 53


class Spectrum:
    """The eigenvalues of the stored doubles of a matrix: roots of an integer polynomial times 2^`unit`."""

    def __init__(self, W: np.ndarray):
        W = as_real(W)
        similar, self.unit = integers(W, _balancing(W))
        self._matrix = similar

    @cached_property
    def polynomial(self) -> Any:
        return fmpz_mat(self._matrix).charpoly()

    def at(self, bits: int) -> list[tuple[Any, int]]:
        """Every eigenvalue as a ball, real and imaginary part, and how often it occurs."""
        with ctx.workprec(bits):
            return [(root * arb(2) ** self.unit, times) for root, times in self.polynomial.complex_roots()]

    def holds(self, whole: int) -> bool:
        """Whether a whole number is an eigenvalue, exactly."""
        if whole and self.unit > 0:
            return False  # all are multiples of 2^unit, or no whole numbers
        return self.polynomial(fmpz(whole << -self.unit if whole else 0)) == 0


def as_real(W: np.ndarray) -> np.ndarray:
    """[[A, -B], [B, A]] of A + iB: the eigenvalues and their conjugates, twice the square norm, and normal with it."""
    return np.block([[W.real, -W.imag], [W.imag, W.real]]) if np.iscomplexobj(W) else W


def integers(W: np.ndarray, shifts: Any = 0) -> tuple[list[list[int]], int]:
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
