"""Eigenvalues to more digits than a double has, of the stored doubles of a matrix as exact numbers.

Nothing is proved here: they are approximations, not enclosures, as the eigenvalues of a defective matrix cannot be told
apart in balls. The caller compares what two precisions give. Enclosures are those of `linmem.balls.roots`.
"""

from __future__ import annotations

import numpy as np


def eigenvalues(W: np.ndarray, bits: int) -> np.ndarray:
    """The eigenvalues lambda_i, (N,), as complex doubles, computed with `bits` of precision."""
    from flint import acb_mat, ctx  # here, as the callers of this function are imported with the package

    from linmem.balls.bounded import exact

    with ctx.workprec(bits):
        roots = acb_mat(exact(np.asarray(W))).eig(algorithm="approx")
        return np.array([complex(root) for root in roots])
