"""Powers of a matrix to any number of bits, rounded to doubles at the end.

Nothing is proved here, except that the error of e^{W t} is bounded. The caller compares what two precisions give.
Enclosed norms of powers are those of `linmem.balls.transients`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from flint import acb_mat, arb, ctx

from linmem.balls.bounded import Matrix, exact, frobenius


def first_step(W: np.ndarray, time: float | None, bits: int) -> tuple[Matrix, float]:
    """W, exact, where `time` is None; else e^{W time}. And an upper bound of its error in the Frobenius norm."""
    if time is None:
        return exact(W), 0.0
    with ctx.workprec(bits):
        balls = (exact(W) * arb(time)).exp()
        middle = balls.mid()
        return middle, float(frobenius(balls - middle))


def powers(step: Matrix, steps: int, bits: int) -> Iterator[tuple[np.ndarray, int]]:
    """P and e with step^k = P 2^e, k = 1, 2, ..., steps, up to rounding: of each product to `bits`, of P to doubles."""
    power = step
    for k in range(steps):
        with ctx.workprec(bits):
            power = (step * power).mid() if k else power
            yield doubles_of(power)


def doubles_of(matrix: Matrix) -> tuple[np.ndarray, int]:
    """P in doubles, its largest entry near 1, and e with matrix = P 2^e, to rounding."""
    exponent = _exponent(matrix)
    scaled = matrix * arb(2) ** -exponent
    number = complex if isinstance(scaled, acb_mat) else float
    doubles = [number(entry) for entry in scaled.entries()]
    shape = scaled.nrows(), scaled.ncols()
    return np.reshape(doubles, shape), exponent


def _exponent(matrix: Matrix) -> int:
    """e with 2^(e-1) <= x < 2^e for the largest entry x, about; 0 for a matrix of zeros."""
    largest = max(abs(entry).upper() for entry in matrix.entries())
    mantissa, exponent = largest.man_exp()
    return int(mantissa).bit_length() + int(exponent)
