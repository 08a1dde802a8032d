"""The series of a sparse network: how many terms and lags matter, and bounds on the others.

What remains of a series after its n-th term is bounded by its next p terms times ||W^p||^2 / (1 - ||W^p||^2) and those
terms themselves, for a p whose power contracts (see `sparse_operator`).

Contents
--------
Series
    Terms of C and lags of the memory of one network.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from linmem.gramian.sparse_operator import Contraction, Operator, Step, gaussian, powers, squared_columns

SHARED = 20  # by how much the terms of C are more important to all lags than to lag 0, before they are known


@dataclass(frozen=True, eq=False)
class Series:
    """How many terms of sum_m ||A^m x||^2 matter, and bounds on the others."""

    operator: Operator
    contraction: Contraction | None
    horizon: int | None
    rtol: float

    def terms(self, V: np.ndarray) -> tuple[int, float]:
        """The terms of C that matter for lag 0, as x = s V shows them, and a lower bound on the largest J(0).

        J(0) >= 2 Re x* v - x* C x for any x, and the best s makes that ||v||^4 / v* C v.
        """
        share = self.rtol / (8 * SHARED)
        squares, rest = self._until(self.operator.backward, V, lambda total: share * total)
        v_C_v = squares.sum(axis=0) + rest
        present = squares[0] > 0
        largest = float((squares[0] ** 2 / v_C_v)[present].max())
        if self.contraction is None or len(squares) == self.horizon:
            return len(squares), largest
        return max(1, len(squares) - self.contraction.steps), largest

    def shares_left(self) -> np.ndarray:
        """The share of sum_m ||W*^m x||^2 that is left after 0, 1, ... terms, for a Gaussian x: how fast C's terms
        decay.
        """
        x = gaussian((self.operator.matrix.shape[0], 1), self.operator.matrix.dtype)
        squares, _ = self._until(self.operator.backward, x, lambda total: self.rtol * total)
        sums_from_term = np.cumsum(squares[::-1, 0])[::-1]
        return sums_from_term / sums_from_term[0]

    def later(self, V: np.ndarray, floor: float) -> np.ndarray:
        """Bounds on J(k) + J(k + 1) + ... for k = 0 ... K, the last of them the first below `floor`.

        J(k) <= ||W^k V||^2, as C >= I.
        """
        squares, rest = self._until(self.operator.forward, V, lambda total: floor / len(total))
        by_lag = squares.sum(axis=1)
        sums_from_lag = np.cumsum(by_lag[::-1])[::-1]
        sums_from_lag = np.append(sums_from_lag, 0.0) + rest.sum()
        is_small = sums_from_lag <= floor
        count = max(1, int(np.argmax(is_small)))
        return sums_from_lag[: 1 + count]

    def checked(self, terms: int) -> int:
        """How many powers W*^m x show what the terms after the first ones add."""
        if self.contraction is None or terms == self.horizon:
            return terms
        return terms + self.contraction.steps

    def omitted(self, squares: np.ndarray, terms: int, aim: float) -> tuple[np.ndarray, int]:
        """A bound on the sum of ||W*^m x||^2 after the first terms, (c,), and how many terms bring its sum over the
        columns below `aim`.

        `squares` are ||W*^m x||^2, (m, c), of as many powers as are `checked`.
        """
        if self.contraction is None or len(squares) == terms:
            return np.zeros(squares.shape[1]), terms
        sums_from_term = np.cumsum(squares[terms:][::-1], axis=0)[::-1]
        omitted = sums_from_term[0] + self.contraction.beyond(squares)
        enough = terms
        if omitted.sum() > aim:
            is_small = sums_from_term.sum(axis=1) <= aim / 4
            if is_small.any():
                enough += int(np.argmax(is_small))
            else:
                enough += len(sums_from_term)
        return omitted, min(enough, self.horizon or enough)

    def _until(self, step: Step, X: np.ndarray, floor: Callable[[np.ndarray], Any]) -> tuple[np.ndarray, np.ndarray]:
        """||A^m x||^2 for m = 0, 1, ..., (m, c), until the last ones and all that follow are below `floor(their sum)`,
        and a bound on the sum of what follows.
        """
        squares: list[np.ndarray] = []
        stride = 1 if self.contraction is None else 1 + self.contraction.steps // 16
        total, rest = np.zeros(X.shape[1]), np.zeros(X.shape[1])
        for power in islice(powers(step, X), self.horizon):
            squares.append(squared_columns(power))
            total = total + squares[-1]
            # looked at now and then, as the sum of the last ones costs as much as a product where they are many
            if self.contraction is not None and len(squares) >= self.contraction.steps and len(squares) % stride == 0:
                last = np.array(squares[-self.contraction.steps :])
                rest = self.contraction.beyond(last)
                if np.all(last.sum(axis=0) + rest <= floor(total)):
                    break
        if len(squares) == self.horizon:  # nothing follows
            rest = np.zeros_like(rest)
        return np.array(squares), rest
