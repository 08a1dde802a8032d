"""Eigenvalues to more digits than a double has, of the stored doubles of a matrix as exact numbers.

They are approximations, not enclosures: a defective matrix has none that could be told apart. Who uses them compares
what comes of them at two precisions.
"""

from __future__ import annotations

import numpy as np


def eigenvalues(W: np.ndarray, bits: int) -> np.ndarray:
    """The eigenvalues as double complex numbers, computed with `bits` of precision."""
    import flint

    working = flint.ctx.prec
    flint.ctx.prec = bits
    try:
        matrix = flint.acb_mat(
            [[flint.acb(float(entry.real), float(entry.imag)) for entry in row] for row in np.asarray(W)]
        )
        return np.array([complex(one) for one in matrix.eig(algorithm="approx")])
    finally:
        flint.ctx.prec = working
