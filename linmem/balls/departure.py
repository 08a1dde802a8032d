r"""Henrici's departure from normality, enclosed, and normality decided.

What is proved, for the stored doubles of a matrix taken as exact: d^2 = ||W||_F^2 - sum |lambda_i|^2, where the first
term is an integer times a power of two, and the eigenvalues are the roots of the exact characteristic polynomial, each
known up to its last bits however defective the matrix is (`linmem.balls.roots`). Normality, W W* = W* W, is decided in
integers.
"""

from __future__ import annotations

import numpy as np
from flint import arb, ctx, fmpz_mat

from linmem.balls.bounded import Enclosed, InconclusiveError, between, squared_modulus
from linmem.balls.roots import Spectrum, as_real, integers

PRECISIONS = (128, 256, 512, 1024, 2048)  # bits of the roots


def enclose_henrici_departure(W: np.ndarray, tolerance: float) -> Enclosed:
    """d(W), enclosed to an error of at most `tolerance`.

    Raises InconclusiveError where the difference is not known well enough at any precision tried.
    """
    copies = 1 + np.iscomplexobj(W)  # of every eigenvalue in the real form
    entries, unit = integers(as_real(W))
    square_norm = sum(entry * entry for row in entries for entry in row)
    spectrum = Spectrum(W)
    for bits in PRECISIONS:
        with ctx.workprec(bits):
            norm = arb(square_norm) * arb(4) ** unit
            square = (norm - _squared_moduli(spectrum, bits)) / copies
            # d^2 >= 0 although its ball may reach below
            lower, upper = square.lower().max(arb(0)), square.upper().max(arb(0))
            departure = between(lower.sqrt(), upper.sqrt(), bits)
        if departure.errors[0] <= tolerance:
            return departure
    raise InconclusiveError(f"eigenvalues at {PRECISIONS[-1]} bits")


def _squared_moduli(spectrum: Spectrum, bits: int) -> arb:
    """sum |lambda_i|^2."""
    total = arb(0)
    for eigenvalue, multiplicity in spectrum.at(bits):
        total += squared_modulus(eigenvalue) * multiplicity
    return total


def is_normal(W: np.ndarray) -> bool:
    """Whether W W* = W* W, exactly."""
    if np.array_equal(W, W.conj().T):
        return True
    whole = fmpz_mat(integers(as_real(W))[0])
    return bool(whole * whole.transpose() == whole.transpose() * whole)
