r"""Supporting lines of the numerical range (field of values) F(W) = {x* W x : ||x|| = 1}.

Conventions
-----------
h(t) = lambda_max(H(t)) with H(t) = (e^{-it} W + e^{it} W*) / 2 is the support function of the convex set F(W): the
line Re(e^{-it} z) = h(t) touches F(W) at x* W x, where x is a unit eigenvector of H(t) for h(t) (Johnson 1978, SIAM J.
Numer. Anal. 15:595). Angles t are in radians and run counterclockwise.

Contents
--------
SupportingLine, supporting_line
    The supporting line at one angle, and the points in which it touches F(W).
rounding_of_support
    How far h(t) may be off, and the points.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy.linalg as sl

from linmem.linalg.blas import product, squared_norm
from linmem.linalg.stein import ULP
from linmem.linalg.structure import hermitian_part


class SupportingLine(NamedTuple):
    """The line Re(e^{-it} z) = h(t), which touches F(W) from `first` to `last`.

    Attributes
    ----------
    angle, support
        t and h(t).
    first, last
        The ends of the flat side along the line, counterclockwise; equal where the line touches in one point.
    """

    angle: float
    support: float
    first: complex
    last: complex

    def mirrored(self) -> SupportingLine:
        """The line at -t, for a real W: its F(W) is symmetric about the real axis."""
        return SupportingLine(
            angle=2 * np.pi - self.angle,
            support=self.support,
            first=self.last.conjugate(),
            last=self.first.conjugate(),
        )


def rounding_of_support(W: np.ndarray) -> float:
    """An estimate from above of the rounding of h(t): of the Hermitian matrix H(t), and of LAPACK's eigenvalue."""
    return float(16 * ULP * np.sqrt(squared_norm(W)))


def supporting_line(W: np.ndarray, angle: float, flat: float | None = None) -> SupportingLine:
    """The supporting line of F(W) at an angle, and where it touches.

    Eigenvalues of H(t) within `flat` of the largest count as equal to it: the boundary then has a flat side, and both
    its ends are given. Where `flat` is None, one point of contact is computed, whichever LAPACK finds.
    """
    rotated = np.exp(-1j * angle) * W if angle else W
    support, vectors = _largest_eigenvalue(rotated, flat)
    # Along the line F(W) is the numerical range of the part of W in these eigenvectors: a segment.
    compressed = product(vectors.conj().T, product(rotated, vectors))
    positions = sl.eigvalsh(hermitian_part(-1j * compressed))
    turn = np.exp(1j * angle)
    first = turn * (support + 1j * positions[0])
    last = turn * (support + 1j * positions[-1])
    return SupportingLine(angle, support, first, last)


def _largest_eigenvalue(rotated: np.ndarray, flat: float | None) -> tuple[float, np.ndarray]:
    """h(t) and an orthonormal basis of its eigenvectors, in columns."""
    H = hermitian_part(rotated)
    last = len(H) - 1
    first_needed = last if flat is None else max(last - 1, 0)
    values, vectors = sl.eigh(H, subset_by_index=[first_needed, last], check_finite=False)
    gap = values[-1] - values[0]
    if flat is None or gap > flat:
        return values[-1], vectors[:, -1:]
    values, vectors = sl.eigh(H, check_finite=False)
    largest = values[-1]
    belongs = values >= largest - flat
    return largest, vectors[:, belongs]
