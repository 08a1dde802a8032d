"""Henrici's departure from normality with a proof: eigenvalues in balls, of the stored doubles as exact numbers."""

from __future__ import annotations

import numpy as np
from flint import acb_mat, arb, ctx

from linmem.balls.bounded import InconclusiveError, exact

PRECISIONS = (128, 256, 512, 1024, 2048)  # bits


def enclose_departure(W: np.ndarray, tolerance: float) -> tuple[float, float]:
    """The departure, and a bound on its error of at most `tolerance`: ||W||_F^2 less the sum of |eigenvalue|^2.

    Raises InconclusiveError where the eigenvalues are not told apart well enough at any precision tried.
    """
    working = ctx.prec
    try:
        for bits in PRECISIONS:
            ctx.prec = bits
            matrix = acb_mat(exact(W))
            try:
                spectrum = matrix.eig(multiple=True)
            except ValueError:
                continue
            squares = sum((one.real**2 + one.imag**2 for one in spectrum), arb(0))
            below = (frobenius_square(matrix) - squares).max(arb(0)).sqrt()
            value, error = float(below.mid()), float(below.rad().upper())
            if error <= tolerance / 2:
                return value, error + np.spacing(value)
    finally:
        ctx.prec = working
    raise InconclusiveError(f"eigenvalues at {PRECISIONS[-1]} bits")


def frobenius_square(matrix) -> arb:
    """||matrix||_F^2, enclosed; `frobenius` is an upper bound only."""
    return sum((one.real**2 + one.imag**2 for one in matrix.entries()), arb(0))
