r"""Upper bounds on the resolvent R(z) = (z - W)^-1 and on its second derivative, from the norms of the powers of W.

Conventions
-----------
R(z) = sum_k W^k z^-(k+1) in discrete time and R(z) = int_0^inf e^{At} e^{-zt} dt in continuous time. The bounds depend
on the margin of z alone, its distance from the unit circle or from the imaginary axis, and fall with it.

Contents
--------
ResolventBounds
    The bounds, tabulated against the margin.
"""

from __future__ import annotations

import numpy as np

from linmem.linalg.blas import product
from linmem.linalg.expm import exponential
from linmem.linalg.structure import norm_bound
from linmem.nonnormality.matrix_powers import product_rounding
from linmem.nonnormality.unstable_regions import RightHalfPlane, UnstableRegion

MAX_POWERS = 4000  # powers whose norms are computed, until one is below a half
BLOCKS = 40  # of powers, each half as large as the one before: what comes after them is rounding
TABULATED = 200  # margins
SUM_ROUNDING = 1e-9  # of the sums, relative, far more than it is


class ResolventBounds:
    """Upper bounds of ||R|| and ||R''|| at margins from 0 on, for a matrix W (N, N)."""

    def __init__(self, W: np.ndarray, region: UnstableRegion):
        self.region = region
        margins = np.concatenate([[0.0], np.logspace(-6, 3, TABULATED - 1)])
        if isinstance(region, RightHalfPlane):
            self.margins, tables = _tables_in_continuous_time(W, margins)
        else:
            self.margins, tables = margins, _tables_in_discrete_time(W, margins)
        self.size_table, self.bend_table = tables

    def prove(self, squares: np.ndarray, margin: np.ndarray, level: float) -> np.ndarray:
        """Whether margin ||R|| <= level over each square, (M, 4) corners, with the largest margin of each."""
        norms = self.size_table[self._position(squares)]
        with np.errstate(invalid="ignore"):
            return margin * norms <= level

    def curvature(self, corners: np.ndarray) -> np.ndarray:
        """An upper bound of ||R''|| over each triangle; infinite where it crosses the boundary of the region."""
        is_inside = self.region.least_margin(corners) >= 0
        bounds = self.bend_table[self._position(corners)]
        return np.where(is_inside, bounds, np.inf)

    def _position(self, corners: np.ndarray) -> np.ndarray:
        """The position in the tables of the largest margin that is not above those of the points."""
        margin = np.maximum(self.region.least_margin(corners), 0)
        position = np.searchsorted(self.margins, margin, side="right") - 1
        return np.maximum(position, 0)


def _tables_in_discrete_time(W: np.ndarray, margins: np.ndarray) -> np.ndarray:
    """||R|| <= sum_k ||W^k|| r^-(k+1) and ||R''|| <= sum_k (k + 1) (k + 2) ||W^k|| r^-(k+3), r = 1 + margin."""
    norms = _norms_of_powers(W)
    k = np.arange(len(norms), dtype=float)
    bend_weights = (k + 1) * (k + 2) * norms
    weights = np.stack([norms, bend_weights])
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        decays = ((1 + margin) ** -(k + 1) for margin in margins)
        sums = [weights @ decay for decay in decays]
    return _rounded_up(sums)


def _tables_in_continuous_time(A: np.ndarray, margins: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The margins in units of A, and ||R|| <= int ||e^{At}|| e^{-at} dt, ||R''|| <= int t^2 ||e^{At}|| e^{-at} dt.

    The integrals are sums over short steps, within each of which ||e^{At}|| grows by at most e^{1/4}.
    """
    smallest = np.finfo(float).tiny
    step = 0.25 / max(norm_bound(A), smallest)
    first = exponential(A * step)
    norms = _norms_of_powers(first) * np.exp(0.25)
    margins = margins / (4 * step)
    k = np.arange(len(norms), dtype=float)
    size_weights = step * norms
    bend_weights = step**3 * (k + 1) ** 2 * norms
    weights = np.stack([size_weights, bend_weights])
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        decays = (np.exp(-margin * step * k) for margin in margins)
        sums = [weights @ decay for decay in decays]
    return margins, _rounded_up(sums)


def _rounded_up(sums: list[np.ndarray]) -> np.ndarray:
    """The sums (2, TABULATED), with their rounding; infinite where they are unknown."""
    with np.errstate(over="ignore", invalid="ignore"):
        tables = np.array(sums).T * (1 + SUM_ROUNDING)
    return np.nan_to_num(tables, nan=np.inf, posinf=np.inf)


def _norms_of_powers(first: np.ndarray) -> np.ndarray:
    """Bounds on ||first^k||, k = 0, 1, ..., until the rest is negligible; [inf] where the powers do not fall to 1/2.

    With ||first^m|| = q < 1/2, the norms of the first m powers bound those of the next m by a factor q. The rounding
    of a power is at most sum_{j < k} ||first^(k-1-j)|| delta ||first^j||, delta that of a product and of `first`.
    """
    norms = [1.0]
    power = first
    delta = 2 * product_rounding(len(first)) * norm_bound(first)
    while len(norms) < MAX_POWERS:
        before = np.array(norms)
        with np.errstate(over="ignore", invalid="ignore"):
            norm = norm_bound(power) + delta * float(before @ before[::-1])
        if not norm > 0.5:
            first_block = np.array(norms)
            blocks = [first_block * norm**block for block in range(BLOCKS if norm else 1)]
            return np.concatenate(blocks)
        norms.append(norm)
        power = product(first, power)
    return np.full(1, np.inf)
