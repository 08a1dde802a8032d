"""Henrici's departure from normality with a proof: eigenvalues in balls, of the stored doubles as exact numbers."""

from __future__ import annotations

import numpy as np
from flint import acb_mat, arb, ctx

from linmem.balls.bounded import Enclosed, InconclusiveError, exact

PRECISIONS = (128, 256, 512, 1024, 2048)  # bits


def enclose_departure(W: np.ndarray, tolerance: float) -> Enclosed:
    """The departure, to an error of at most `tolerance`: ||W||_F^2 less the sum of |eigenvalue|^2.

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
            below = _sum_of_squares(matrix.entries()) - _sum_of_squares(spectrum)
            lower, upper = (max(bound, arb(0)).sqrt() for bound in (below.lower(), below.upper()))
            value = float(((lower + upper) / 2).mid())
            error = float(max((upper - value).upper(), (value - lower).upper()))
            if error <= tolerance / 2:  # which a nan is not
                return Enclosed((np.float64(value),), (np.float64(error + np.spacing(value)),), bits)
    finally:
        ctx.prec = working
    raise InconclusiveError(f"eigenvalues at {PRECISIONS[-1]} bits")


def _sum_of_squares(numbers) -> arb:
    """sum |x|^2, enclosed; by products, as a power of a ball around zero is no number."""
    return sum((one.real * one.real + one.imag * one.imag for one in numbers), arb(0))
