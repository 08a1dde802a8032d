r"""The Kreiss constant: how much growth the resolvent gives away.

Conventions
-----------
K(W) = sup over |z| > 1 of (|z| - 1) ||(z - W)^-1||; in continuous time K(A) = sup over Re z > 0 of Re z ||(z - A)^-1||.
At infinity the value is 1, so K >= 1.

Contents
--------
KreissConstant, kreiss_constant
    K between two bounds, and where it is attained.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg as sl
from scipy.optimize import minimize

from linmem.errors import AccuracyError, InvalidNetworkError
from linmem.linalg.blas import one_blas_thread, product
from linmem.linalg.eigenvalue_bounds import LARGEST_DENSE
from linmem.linalg.expm import exponential
from linmem.network import ContinuousNetwork, LinearNetwork, Network, as_network
from linmem.nonnormality.resolvent import schur_triangle, values_of_triangle
from linmem.validation import number

RTOL = 1e-4
ROUNDING = 1e-7  # of sigma^2: what the singular values are trusted to
FIRST = 16  # squares along the side of the region, to begin with
MOST = 1_000_000  # points
LONGEST = 4000  # powers whose norms are taken, until one is below a half
BLOCKS = 40  # of powers, each half as large as the one before: nothing is left after
TABLE = 200  # distances at which their sums are tabulated


@dataclass(frozen=True, eq=False)
class KreissConstant:
    """The Kreiss constant of a matrix.

    Attributes
    ----------
    network
        Whose it is.
    value, lower
        The largest value found, which is attained.
    upper
        No point has a larger one.
    point
        Where `value` is attained, complex; infinity where K is 1.
    """

    network: Network
    value: float
    lower: float
    upper: float
    point: complex


def kreiss_constant(W: Any, *, rtol: float = RTOL) -> KreissConstant:
    r"""Kreiss constant K(W), between two bounds.

    Parameters
    ----------
    W
        A matrix or a network in discrete or in continuous time; not a stack.
    rtol
        How far apart the bounds may be, (upper - lower) / lower, at least 1e-6; the lower one is the
        better one.

    Returns
    -------
    KreissConstant
        Infinite where the spectral radius (abscissa) is above 1 (0).

    Raises
    ------
    UndecidedStabilityError
        Where double precision cannot tell on which side of 1 the radius lies; also at exactly 1.
    AccuracyError
        Where the bounds are not brought together; it carries what was found.
    InvalidNetworkError
        A stack, more than 6000 units, rtol below 1e-6.

    Notes
    -----
    K <= max ||W^k|| <= e N K (Kreiss 1962; Spijker 1991, BIT 31:551); K = 1 for normal matrices of radius below 1. The
    lower bound comes from climbing. The upper one needs no grid that is fine enough: sigma_min(z - W)^2 - |z|^2 =
    lambda_min(W* W - z* W - z W*) is a *concave* function of z = x + i y, so that over a triangle it is at least the
    plane L through its values at the corners. That no point of the triangle exceeds K follows where

        K^2 (|z|^2 + L) - (|z| - 1)^2 = (K^2 - 1) |z|^2 + 2 |z| - 1 + K^2 L >= 0,

    a convex function plus a plane, which is tested at the corners with the tangent of the former. Triangles that fail
    are divided; beyond |z| = (K ||W|| - 1) / (K - 1) nothing is left to test. Where the resolvent is large over wide
    regions, triangles would have to be as small as sigma_min: there R'' = sum_k (k + 1) (k + 2) W^k z^-(k+3), bounded
    by the norms of the powers, says how far ||R|| can rise above the plane through its values at the corners. Bounds
    hold up to the error of the singular values, 1e-7.

    Examples
    --------
    >>> found = kreiss_constant([[0, 8], [0, 0]])
    >>> 1 < found.lower < 8, found.upper <= found.lower * (1 + 1.01e-4)
    (True, True)
    """
    network, rtol = as_network(W), number("rtol", rtol, at_least=1e-6)
    network.require_single("kreiss_constant")
    if network.is_sparse and network.size > LARGEST_DENSE:
        raise InvalidNetworkError(f"{network.MATRIX} is sparse with {network.size} units; it takes {LARGEST_DENSE}")
    continuous = isinstance(network, ContinuousNetwork)
    if network.stability.stable is False:
        return KreissConstant(network, np.inf, np.inf, np.inf, complex(network.stability.value))
    network.require_stable()
    matrix = network.dense()
    if continuous:
        exponent = int(np.frexp(np.abs(matrix.view(float)).max())[1])
        matrix = np.ldexp(matrix.view(float), -exponent).view(matrix.dtype)
    search = _Search(matrix, continuous, isinstance(network, LinearNetwork) and _turns(network))
    lower, upper = search.bounds(rtol)
    point = search.point * 2.0**exponent if continuous and np.isfinite(search.point) else search.point
    result = KreissConstant(network, lower, lower, upper, point)
    if not upper <= lower * (1 + rtol) * (1 + 2 * ROUNDING):
        raise AccuracyError(upper / lower - 1, rtol, result, reason=f"after {MOST} points")
    return result


def _turns(network: LinearNetwork) -> bool:
    """Whether e^{it} W is W in other axes for every t, as of delay lines: then one ray is as good as the plane."""
    return network.lines is not None and network.radius.value == 0


class _Search:
    """Climbing and covering, for one matrix."""

    def __init__(self, W: np.ndarray, continuous: bool, turns: bool = False):
        self.W, self.continuous, self.turns = W, continuous, turns
        self.T = schur_triangle(W)
        with one_blas_thread():
            self.norm = float(sl.svdvals(W, check_finite=False)[0])
            self.growth = _Growth(W, continuous)
        self.real = not np.iscomplexobj(W)
        self.best, self.point, self.used = 1.0, complex(np.inf), 0

    def bounds(self, rtol: float) -> tuple[float, float]:
        if not self.continuous and self.norm <= 1:
            return 1.0, 1.0
        with one_blas_thread():
            if self.continuous and sl.eigvalsh((self.W + self.W.conj().T) / 2, check_finite=False)[-1] <= 0:
                return 1.0, 1.0
        self.look(self.first_points())
        while self.used < MOST:
            level = self.best * (1 + rtol)
            if self.cover(level):
                return self.best, level * (1 + ROUNDING)
        return self.best, np.inf

    def margin(self, z: np.ndarray) -> np.ndarray:
        return z.real if self.continuous else np.abs(z) - 1

    def sigma(self, z: np.ndarray) -> np.ndarray:
        self.used += len(z)
        return values_of_triangle(self.T, z)[0]

    def look(self, z: np.ndarray, sigma: np.ndarray | None = None) -> bool:
        """Whether one of the points is better than the best so far; if so, climb from there."""
        sigma = self.sigma(z) if sigma is None else sigma
        with np.errstate(divide="ignore", invalid="ignore"):
            values = np.where(self.margin(z) > 0, self.margin(z) / sigma, 0)
        start = z[np.argmax(values)]
        if not values.max() > self.best * (1 + ROUNDING):
            return False
        found = minimize(self.descent, [start.real, start.imag], jac=True, method="BFGS", options={"gtol": 1e-10})
        point, value = complex(*found.x), float(np.exp(-found.fun)) if np.isfinite(found.fun) else 0.0
        better = value >= values.max() and self.margin(np.array([point]))[0] > 0
        self.best, self.point = (value, point) if better else (float(values.max()), complex(start))
        return True

    def descent(self, xy: np.ndarray) -> tuple[float, np.ndarray]:
        """-log of the quotient and its gradient, by the singular vectors."""
        z = complex(*xy)
        margin = float(self.margin(np.array([z]))[0])
        if not margin > 0:
            return np.inf, np.zeros(2)
        with one_blas_thread():
            left, values, right = sl.svd(self.W - z * np.eye(len(self.W)), check_finite=False)
        turn = -(left[:, -1].conj() @ right[-1].conj())  # d sigma = Re(turn dz)
        slope = np.array([turn.real, -turn.imag]) / values[-1]
        outward = np.array([1.0, 0.0]) if self.continuous else np.array([z.real, z.imag]) / abs(z)
        return float(np.log(values[-1]) - np.log(margin)), slope - outward / margin

    def first_points(self) -> np.ndarray:
        radii = self.norm * np.logspace(-6, 1, 40) if self.continuous else 1 + (self.norm + 1) * np.logspace(-6, 1, 40)
        half = np.pi / 2 if self.continuous else np.pi
        angles = np.linspace(0 if self.real else -half, half, 24)
        return (radii[:, None] * np.exp(1j * angles)).ravel()

    def reach(self, level: float) -> float:
        """No quotient is above `level` beyond: (r - 1) / (r - ||W||), or in continuous time r / (r - ||W||)."""
        w = self.norm
        return level * w / (level - 1) if self.continuous else (level * w - 1) / (level - 1)

    def cover(self, level: float) -> bool:
        """Whether no point has a value above `level`; False as soon as a better one is found, or too many were used."""
        reach = max(self.reach(level), 2 * self.norm, 0.0 if self.continuous else 2.0)
        edges = np.linspace(-1, 1, FIRST + 1)[:-1] * reach
        corner, side = (edges[None, :] + 1j * edges[:, None]).ravel(), np.full(FIRST**2, 2 * reach / FIRST)
        while len(corner):
            relevant = corner.imag + side > 0 if self.real else np.ones(len(corner), bool)  # one half mirrors the other
            square = corner[:, None] + side[:, None] * np.array([0, 1, 1j, 1 + 1j])
            if self.turns:
                relevant &= (corner.imag <= 0) & (corner.real + side > 0)
            relevant &= self.margin(square).max(axis=1) > 0
            relevant &= ~self.growth.proves(square, self.margin(square).max(axis=1), level)
            corner, side, square = corner[relevant], side[relevant], square[relevant]
            if not len(corner):
                break
            if self.used > MOST:
                return False
            points, where = np.unique(square.ravel(), return_inverse=True)
            sigma = self.sigma(points)
            if self.look(points, sigma):
                return False
            values = sigma[where].reshape(square.shape)
            proved = np.ones(len(square), bool)
            for three in ([0, 1, 2], [3, 1, 2]):
                corners, heights = square[:, three], values[:, three]
                proved &= self.by_concavity(corners, heights, level) | self.by_growth(corners, heights, level)
            half = side[~proved] / 2
            corner = (corner[~proved][:, None] + half[:, None] * np.array([0, 1, 1j, 1 + 1j])).ravel()
            side = np.repeat(half, 4)
        return True

    def by_concavity(self, corners: np.ndarray, sigma: np.ndarray, level: float) -> np.ndarray:
        """Whether K^2 sigma^2 >= margin^2 all over each triangle, (M, 3) corners with their singular values."""
        square = level**2
        plane = sigma**2 * (1 - ROUNDING) - np.abs(corners) ** 2
        centre = corners.mean(axis=1, keepdims=True)
        apart = corners - centre
        if self.continuous:  # (K^2 - 1) x^2 + K^2 y^2, by its tangent
            x, y = centre.real, centre.imag
            convex = (square - 1) * (x**2 + 2 * x * apart.real) + square * (y**2 + 2 * y * apart.imag)
            return np.all(convex + square * plane >= 0, axis=1)
        r = np.abs(centre)
        along = (centre.conj() * apart).real  # r dr
        with np.errstate(divide="ignore", invalid="ignore"):
            convex = (square - 1) * (r**2 + 2 * along) + 2 * (r + np.where(r > 0, along / r, 0)) - 1
        return np.all(convex + square * plane >= 0, axis=1)

    def by_growth(self, corners: np.ndarray, sigma: np.ndarray, level: float) -> np.ndarray:
        """The same by the resolvent: at most the plane through its norms at the corners and half of ||R''|| d^2.

        The margin is convex, at most a plane too; a product of two planes exceeds the largest of its corners by at most
        a third of what one gains while the other falls.
        """
        with np.errstate(divide="ignore", over="ignore"):
            norms = (1 + ROUNDING) / sigma
        margin = np.maximum(self.margin(corners), 0)
        centre = corners.mean(axis=1, keepdims=True)
        bent = self.growth.curvature(corners) * np.abs(corners - centre).max(axis=1) ** 2 / 2
        traded = np.zeros(len(corners))
        with np.errstate(invalid="ignore", over="ignore"):
            for i, j in ((0, 1), (0, 2), (1, 2)):
                traded = np.maximum(traded, -(margin[:, i] - margin[:, j]) * (norms[:, i] - norms[:, j]) / 3)
            highest = (margin * norms).max(axis=1) + traded + bent * margin.max(axis=1)
        return highest <= level


class _Growth:
    """Bounds of the resolvent and of its second derivative by the norms of the powers: R(z) = sum_k W^k z^-(k+1).

    In continuous time R(z) = int e^{At} e^{-zt} dt.
    """

    def __init__(self, W: np.ndarray, continuous: bool):
        self.continuous = continuous
        step = 0.25 / max(_norm_bound(W), np.finfo(float).tiny) if continuous else 1.0
        norms = _norms_of_powers(exponential(W * step) if continuous else W)
        margins = np.concatenate([[0.0], np.logspace(-6, 3, TABLE - 1)])
        k = np.arange(len(norms), dtype=float)
        if continuous:  # between two steps ||e^{At}|| grows by e^{1/4} at most
            margins, norms = margins / (4 * step), norms * np.exp(0.25)
            decays = (np.exp(-margin * step * k) for margin in margins)
            weights = np.stack([step * norms, step**3 * (k + 1) ** 2 * norms])
        else:
            decays = ((1 + margin) ** -(k + 1) for margin in margins)
            weights = np.stack([norms, (k + 1) * (k + 2) * norms])
        self.margins = margins
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):
            sums = np.array([weights @ decay for decay in decays])
        self.size_table, self.bend_table = np.nan_to_num(sums.T * (1 + 1e-9), nan=np.inf, posinf=np.inf)

    def proves(self, square: np.ndarray, margin: np.ndarray, level: float) -> np.ndarray:
        """Whether margin ||R|| <= level by the norms of the powers alone."""
        nearest = self._nearest(square)
        with np.errstate(invalid="ignore"):
            return margin * self.size_table[nearest] <= level

    def curvature(self, corners: np.ndarray) -> np.ndarray:
        """A bound of ||R''|| over each triangle; infinite where it crosses the edge of stability."""
        least = self._least(corners)
        return np.where(least >= 0, self.bend_table[self._nearest(corners)], np.inf)

    def _least(self, corners: np.ndarray) -> np.ndarray:
        """The smallest margin over the corners' hull, from below."""
        centre = corners.mean(axis=1)
        if self.continuous:
            return corners.real.min(axis=1)
        return np.abs(centre) - np.abs(corners - centre[:, None]).max(axis=1) - 1

    def _nearest(self, corners: np.ndarray) -> np.ndarray:
        """The place in the tables of the largest tabulated margin below."""
        return np.maximum(np.searchsorted(self.margins, np.maximum(self._least(corners), 0), side="right") - 1, 0)


def _norms_of_powers(first: np.ndarray) -> np.ndarray:
    """Bounds of ||first^k||, k = 0, 1, ..., as far as they count; infinite where the powers do not fall to a half."""
    norms, power = [1.0], first
    while len(norms) < LONGEST:
        norms.append(_norm_bound(power) * (1 + len(first) * 1e-15))
        if not norms[-1] > 0.5:
            last = norms.pop()
            return np.concatenate([np.array(norms) * last**block for block in range(BLOCKS if last else 1)])
        power = product(first, power)
    return np.full(1, np.inf)


def _norm_bound(W: np.ndarray) -> float:
    return float(min(sl.norm(W), np.sqrt(sl.norm(W, 1) * sl.norm(W, np.inf))))
