"""C_n X = B for a sparse network: solved in single precision with a rough C, and checked in doubles with the whole one.

The error of J is the square of the residual, so few digits of X are needed, and the residual is computed in doubles. A
correction that does not help is computed again with more terms of C, then in doubles.

Contents
--------
RefinedSolver
    Solutions with their residuals.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

import numpy as np

from linmem.gramian.conjugate_gradients import conjugate_gradients
from linmem.gramian.sparse_operator import Operator, squared_columns
from linmem.gramian.sparse_series import Series

MARGIN = 0.25  # the squared residual is made smaller than what is asked, as a rough C is not the whole one
GAIN = 1e-10  # by which one correction in single precision reduces the squared residual at most
ROUGH = 0.1  # share of the residual that the omitted terms of a rough C may have; see `_terms`
USEFUL = 0.25  # a correction that leaves more of the squared residual is not worth another one of its kind


@dataclass(eq=False)
class RefinedSolver:
    """Solutions of C_n X = B, block by block.

    Attributes
    ----------
    operator, single
        W in doubles and in single precision; None where that overflows.
    series
        Which terms of C matter.
    left
        The share of C that is left after its first 0, 1, ... terms.
    in_doubles
        Whether corrections are computed in doubles where single precision does not do.
    """

    operator: Operator
    single: Operator | None
    series: Series
    left: np.ndarray
    in_doubles: bool = True

    def __post_init__(self) -> None:
        # operators for corrections, and how rough C may be, from the cheapest on; what has failed once is left out
        self._attempts: list[tuple[Operator, float]] = []
        if self.single is not None:
            self._attempts += [(self.single, ROUGH), (self.single, 0.0)]
        if self.in_doubles or self.single is None:
            self._attempts.append((self.operator, 0.0))

    @np.errstate(over="ignore", invalid="ignore")  # single precision overflows early: doubles follow
    def solve(
        self, B: np.ndarray, X: np.ndarray, terms: int, aim: float, report: Callable[[float], None]
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """X, the residual R = B - C_n X, and ||W*^m x||^2, (m, c), from a first X.

        ||R||_F^2 <= aim where that can be reached; else each column has the smallest residual that was found. `report`
        is called with the share that is done.
        """
        X, R = X.copy(), B.copy()
        squares = np.zeros((self.series.checked(terms), B.shape[1]))
        if X.any():
            R, squares = self._residual(B, X, terms)
        while True:
            size = squared_columns(R)
            before = size.sum()
            if not before > aim:
                return X, R, squares
            columns = np.flatnonzero(size > aim / (2 * len(size)))
            corrected = X[:, columns] + self._correction(R[:, columns], terms, aim, report)
            residual, of_corrected = self._residual(B[:, columns], corrected, terms)
            better = squared_columns(residual) < size[columns]
            improved = columns[better]
            X[:, improved], R[:, improved] = corrected[:, better], residual[:, better]
            squares[:, improved] = of_corrected[:, better]
            if squared_columns(R).sum() > USEFUL * before:
                if len(self._attempts) == 1:
                    return X, R, squares
                self._attempts.pop(0)

    def _correction(self, R: np.ndarray, terms: int, aim: float, report: Callable[[float], None]) -> np.ndarray:
        """C_n^-1 R, roughly."""
        operator, rough = self._attempts[0]
        size = float(squared_columns(R).sum())
        scale = sqrt(size)
        goal = max(MARGIN * aim / size, GAIN)

        def apply(P: np.ndarray, size: float) -> np.ndarray:
            count = self._terms(rough * sqrt(goal / size)) if rough else terms
            return operator.covariance(P, min(count, terms))

        scaled = np.ascontiguousarray(R / scale, operator.matrix.dtype)
        return scale * conjugate_gradients(apply, scaled, goal, report).astype(R.dtype)

    def _terms(self, share: float) -> int:
        """How many terms leave this share of the whole.

        The product of conjugate gradients with a direction may be wrong by what is left to be solved, relative to the
        residual (van den Eshof & Sleijpen 2004, SIAM J. Matrix Anal. Appl. 26:125).
        """
        return max(1, int(np.searchsorted(-self.left, -share)))

    def _residual(self, B: np.ndarray, X: np.ndarray, terms: int) -> tuple[np.ndarray, np.ndarray]:
        """B - C_n X, and ||W*^m x||^2, in doubles."""
        squares = np.empty((self.series.checked(terms), X.shape[1]))
        product = self.operator.covariance(X, terms, squares)
        return B - product, squares
