r"""The two regions of the complex plane where no eigenvalue of a stable network lies, and the geometry of each.

Conventions
-----------
The margin of a point z is its distance from the boundary, positive inside: |z| - 1 outside of the unit disc, for
networks in discrete time; Re z in the right half plane, for networks in continuous time. The Kreiss constant K is the
supremum of margin ||(z - W)^-1||, the quotient of margin and sigma_min(z - W). ||W|| is called `norm`.

Contents
--------
OutsideUnitDisc, RightHalfPlane
    The regions, with the same methods.
UnstableRegion
    What the two have in common.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
import scipy.linalg as sl

from linmem.linalg.blas import one_blas_thread
from linmem.linalg.structure import hermitian_part
from linmem.nonnormality.matrix_powers import product_rounding

DISTANCES, ANGLES = 40, 24  # of the points at which a search starts


class UnstableRegion(ABC):
    """A region of the complex plane in which a stable network has no eigenvalue."""

    angle_of_upper_half: float  # from the real axis to the edge of the region

    def first_points(self, norm: float, is_real: bool) -> np.ndarray:
        """Points at all distances from the boundary and in all directions; of a real W only those of the upper half."""
        angle = self.angle_of_upper_half
        angles = np.linspace(0 if is_real else -angle, angle, ANGLES)
        radii = self.first_radii(norm)
        return (radii[:, None] * np.exp(1j * angles)).ravel()

    @abstractmethod
    def margin(self, z: np.ndarray) -> np.ndarray:
        """The distance of each point from the boundary, positive inside."""

    @abstractmethod
    def outward(self, z: complex) -> np.ndarray:
        """The gradient of the margin in (Re z, Im z)."""

    @abstractmethod
    def least_margin(self, corners: np.ndarray) -> np.ndarray:
        """A lower bound of the margin over the convex hull of each row of corners."""

    @abstractmethod
    def first_radii(self, norm: float) -> np.ndarray:
        """The moduli of the points at which a search starts."""

    @abstractmethod
    def reach(self, level: float, norm: float) -> float:
        """The modulus beyond which no quotient is above `level`."""

    @abstractmethod
    def has_no_growth(self, W: np.ndarray, norm: float) -> bool:
        """Whether ||W^k|| or ||e^{At}|| never exceeds 1, so that K = 1."""

    @abstractmethod
    def convex_part(self, corners: np.ndarray, level: float) -> np.ndarray:
        """A lower bound, linear over each row of corners, of level^2 |z|^2 - margin^2, which is convex.

        The bound is the tangent at the mean of the corners.
        """


class OutsideUnitDisc(UnstableRegion):
    """|z| > 1, for networks in discrete time."""

    angle_of_upper_half = np.pi

    def margin(self, z: np.ndarray) -> np.ndarray:
        return np.abs(z) - 1

    def outward(self, z: complex) -> np.ndarray:
        radial = np.array([z.real, z.imag])
        return radial / abs(z)

    def least_margin(self, corners: np.ndarray) -> np.ndarray:
        centre = corners.mean(axis=1)
        distances = np.abs(corners - centre[:, None])
        radius = distances.max(axis=1)
        return np.abs(centre) - radius - 1

    def first_radii(self, norm: float) -> np.ndarray:
        margins = np.logspace(-6, 1, DISTANCES)
        return 1 + (norm + 1) * margins

    def reach(self, level: float, norm: float) -> float:
        # the quotient at |z| = r is at most (r - 1) / (r - norm)
        beyond = (level * norm - 1) / (level - 1)
        return max(beyond, 2 * norm, 2.0)

    def has_no_growth(self, W: np.ndarray, norm: float) -> bool:
        occupied = W != 0
        if occupied.sum(axis=0).max() <= 1 and occupied.sum(axis=1).max() <= 1:  # the norm is the largest entry
            return bool(np.abs(W).max() <= 1)
        return norm * (1 + product_rounding(len(W))) <= 1

    def convex_part(self, corners: np.ndarray, level: float) -> np.ndarray:
        # (K^2 - 1) r^2 + 2 r - 1
        square = level**2
        centre = corners.mean(axis=1, keepdims=True)
        r = np.abs(centre)
        r_dr = (centre.conj() * (corners - centre)).real
        with np.errstate(divide="ignore", invalid="ignore"):
            dr = np.where(r > 0, r_dr / r, 0)
        return (square - 1) * (r**2 + 2 * r_dr) + 2 * (r + dr) - 1


class RightHalfPlane(UnstableRegion):
    """Re z > 0, for networks in continuous time."""

    angle_of_upper_half = np.pi / 2

    def margin(self, z: np.ndarray) -> np.ndarray:
        return z.real

    def outward(self, z: complex) -> np.ndarray:
        return np.array([1.0, 0.0])

    def least_margin(self, corners: np.ndarray) -> np.ndarray:
        return corners.real.min(axis=1)

    def first_radii(self, norm: float) -> np.ndarray:
        return norm * np.logspace(-6, 1, DISTANCES)

    def reach(self, level: float, norm: float) -> float:
        # the quotient at |z| = r is at most r / (r - norm)
        beyond = level * norm / (level - 1)
        return max(beyond, 2 * norm, 0.0)

    def has_no_growth(self, W: np.ndarray, norm: float) -> bool:
        with one_blas_thread():
            values = sl.eigvalsh(hermitian_part(W), check_finite=False)
        return bool(values[-1] <= -product_rounding(len(W)) * norm)

    def convex_part(self, corners: np.ndarray, level: float) -> np.ndarray:
        # (K^2 - 1) x^2 + K^2 y^2
        square = level**2
        centre = corners.mean(axis=1, keepdims=True)
        x, y = centre.real, centre.imag
        apart = corners - centre
        tangent_in_x = x**2 + 2 * x * apart.real
        tangent_in_y = y**2 + 2 * y * apart.imag
        return (square - 1) * tangent_in_x + square * tangent_in_y
