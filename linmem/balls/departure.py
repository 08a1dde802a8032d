r"""Henrici's departure from normality with a proof, for the stored doubles of a matrix as the exact numbers they are.

Conventions
-----------
Eigenvalues are those of `linmem.balls.roots`: exact but for the last bits of each, however defective the matrix.
"""

from __future__ import annotations

import numpy as np
from flint import arb, ctx, fmpz_mat

from linmem.balls.bounded import Enclosed, InconclusiveError
from linmem.balls.roots import Spectrum, as_real, integers

PRECISIONS = (128, 256, 512, 1024, 2048)  # bits of the roots


def enclose_henrici_departure(W: np.ndarray, tolerance: float) -> Enclosed:
    """The departure, to an error of at most `tolerance`: ||W||_F^2 less the sum of |eigenvalue|^2.

    Raises InconclusiveError where that difference is not known well enough at any precision tried.
    """
    copies = 1 + np.iscomplexobj(W)
    entries, unit = integers(as_real(W))
    square = sum(entry * entry for row in entries for entry in row)
    spectrum = Spectrum(W)
    for bits in PRECISIONS:
        with ctx.workprec(bits):
            # by products: a power of a ball around zero is no number
            squares = sum(((z.real * z.real + z.imag * z.imag) * times for z, times in spectrum.at(bits)), arb(0))
            left = (arb(square) * arb(4) ** unit - squares) / copies
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
    whole = fmpz_mat(integers(as_real(W))[0])
    return bool(whole * whole.transpose() == whole.transpose() * whole)
