"""C_n X = B for a sparse network: solved in single precision with a rough C, and checked in doubles with the whole one.

The error of J is the square of the residual, so few digits of X are needed, and the residual is computed in doubles. A
correction that does not help is computed again with more terms of C, then in doubles.

Contents
--------
RefinedSolver
    Solutions with their residuals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from math import sqrt

import numpy as np

from linmem.gramian.conjugate_gradients import conjugate_gradients
from linmem.gramian.sparse_operator import Operator, squared_columns
from linmem.gramian.sparse_series import Series

MARGIN = 0.25  # the squared residual is made smaller than what is asked, as a rough C is not the whole one
GAIN = 1e-10  # by which one correction in single precision reduces the squared residual at most
ROUGH = 0.1  # share of the residual that the omitted terms of a rough C may have; see `_terms`
USEFUL = 0.25  # a correction that leaves more of the squared residual is not worth another one of its kind


@dataclass(frozen=True, eq=False)
class RefinedSolver:
    """Solutions of C_n X = B.

    Attributes
    ----------
    operator, single
        W in doubles and in single precision; None where that overflows.
    series
        Which terms of C matter.
    left
        The share of C that is left after its first 0, 1, ... terms.
    report
        Called with the share that is done.
    in_doubles
        Whether corrections are computed in doubles where single precision does not do.
    """

    operator: Operator
    single: Operator | None
    series: Series
    left: np.ndarray
    report: Callable[[float], None]
    in_doubles: bool = True

    @np.errstate(over="ignore", invalid="ignore")  # single precision overflows early: doubles follow
    def solve(self, B: np.ndarray, X: np.ndarray, terms: int, aim: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """X, the residual R = B - C_n X, and ||W*^m x||^2, (m, c), from a first X.

        ||R||_F^2 <= aim where that can be reached; else each column has the smallest residual that was found.
        """
        evaluate = partial(self._residual, terms=terms)
        squares = np.zeros((self.series.checked(terms), B.shape[1]))
        R = B.copy()
        if X.any():
            R, squares = evaluate(B, X)
        X = X.copy()
        for operator, rough in self._attempts():
            is_useful = True
            while is_useful:
                size = squared_columns(R)
                before = size.sum()
                if not before > aim:
                    return X, R, squares
                columns = np.flatnonzero(size > aim / (2 * len(size)))
                corrected = X[:, columns] + self._correction(operator, R[:, columns], terms, aim, rough)
                residual, of_corrected = evaluate(B[:, columns], corrected)
                better = squared_columns(residual) < size[columns]
                improved = columns[better]
                X[:, improved], R[:, improved] = corrected[:, better], residual[:, better]
                squares[:, improved] = of_corrected[:, better]
                is_useful = squared_columns(R).sum() <= USEFUL * before
        return X, R, squares

    def _attempts(self) -> Iterator[tuple[Operator, float]]:
        """Operators for corrections, and how rough C may be, from the cheapest on."""
        if self.single is not None:
            yield self.single, ROUGH
            yield self.single, 0.0
        if self.in_doubles:
            yield self.operator, 0.0

    def _correction(self, operator: Operator, R: np.ndarray, terms: int, aim: float, rough: float) -> np.ndarray:
        """C_n^-1 R, roughly."""
        size = float(squared_columns(R).sum())
        scale = sqrt(size)
        goal = max(MARGIN * aim / size, GAIN)

        def apply(P: np.ndarray, size: float) -> np.ndarray:
            count = self._terms(rough * sqrt(goal / size)) if rough else terms
            return operator.covariance(P, min(count, terms))

        scaled = np.ascontiguousarray(R / scale, operator.matrix.dtype)
        return scale * conjugate_gradients(apply, scaled, goal, self.report).astype(R.dtype)

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
