"""The modes of a diagonal network: eigenvalues, how far inside the unit circle, and where they stand in the state.

Contents
--------
Modes
    Eigenvalues and the numbers of the state that belong to each.
inside_circle
    1 - |l|^2 without cancellation.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np

SPLITTER = 2.0**27 + 1
UNDECIDED = 2.0**-44  # of 1 - |l|^2, below which what is lost of what was lost counts


@dataclass(frozen=True, eq=False)
class Modes:
    """Eigenvalues, and the numbers of the state that belong to each.

    Attributes
    ----------
    eigenvalues
        l, (n,), real or complex.
    first, second
        The places in the state of each mode, (n,): of its number, or of its real and of its imaginary part; `second` is
        -1 where there is no imaginary part of its own.
    """

    eigenvalues: np.ndarray
    first: np.ndarray
    second: np.ndarray

    @classmethod
    def listed(cls, eigenvalues: np.ndarray) -> Modes:
        """Modes of which each is one number of the state."""
        places = np.arange(len(eigenvalues))
        return cls(eigenvalues, places, np.full(len(places), -1))

    @classmethod
    def with_conjugates(cls, eigenvalues: np.ndarray, is_complex: np.ndarray) -> Modes:
        """Modes of which those that are complex stand for themselves and their conjugates: two real numbers each."""
        widths = 1 + is_complex
        first = np.cumsum(widths) - widths
        return cls(eigenvalues, first, np.where(is_complex, first + 1, -1))

    @property
    def size(self) -> int:
        """N, the length of the state."""
        return len(self.first) + self.imaginary.size

    @cached_property
    def imaginary(self) -> np.ndarray:
        """The modes with an imaginary part of its own."""
        return np.flatnonzero(self.second >= 0)

    @cached_property
    def remainders(self) -> np.ndarray:
        """1 - |l|^2, (n,)."""
        return inside_circle(self.eigenvalues)

    def rows(self, columns: np.ndarray) -> np.ndarray:
        """What the columns of the state, (N, d), are of each mode, (n, d)."""
        if not self.imaginary.size:
            return columns[self.first]
        rows = columns[self.first].astype(complex)
        rows[self.imaginary] += 1j * columns[self.second[self.imaginary]]
        return rows

    def columns(self, rows: np.ndarray) -> np.ndarray:
        """The columns of the state, (N, d), of what each mode has, (n, d)."""
        if not self.imaginary.size:
            return rows if np.iscomplexobj(self.eigenvalues) else _real_where_exact(rows)
        columns = np.empty((self.size, rows.shape[1]))
        columns[self.first] = rows.real
        columns[self.second[self.imaginary]] = rows[self.imaginary].imag
        return columns

    def weights(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The entries of W in these coordinates: values, rows, columns."""
        own, both = self.eigenvalues, self.imaginary
        first, second = self.first, self.second[both]
        if not both.size:
            return own, first, first
        values = np.concatenate([own.real, own.real[both], -own.imag[both], own.imag[both]])
        rows = np.concatenate([first, second, first[both], second])
        columns = np.concatenate([first, second, second, first[both]])
        return values, rows, columns


def _real_where_exact(rows: np.ndarray) -> np.ndarray:
    return rows.real if np.iscomplexobj(rows) and not rows.imag.any() else rows


def inside_circle(eigenvalues: np.ndarray) -> np.ndarray:
    """1 - |l|^2 with a relative error of a few ulps, (n,).

    The squares are split into a rounded product and what it lost (Dekker 1971), and the sums too (Knuth).
    """
    products = [_exact_square(eigenvalues.real)]
    if np.iscomplexobj(eigenvalues):
        products.append(_exact_square(eigenvalues.imag))
    total, lost = np.ones(len(eigenvalues)), np.zeros(len(eigenvalues))
    for square, rest in products:
        total, missed = _exact_sum(total, -square)
        lost += missed - rest
    remainders = total + lost
    for near in np.flatnonzero(np.abs(remainders) < UNDECIDED):
        value = complex(eigenvalues[near])
        remainders[near] = float(1 - Fraction(value.real) ** 2 - Fraction(value.imag) ** 2)
    return remainders


def _exact_square(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """x^2 rounded, and what was lost."""
    shifted = SPLITTER * x
    high = shifted - (shifted - x)
    low = x - high
    square = x * x
    return square, ((high * high - square) + 2 * high * low) + low * low


def _exact_sum(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """a + b rounded, and what was lost."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)
