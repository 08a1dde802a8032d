"""The noise covariance (controllability Gramian) of a network, in a form from which memory is computed.

Contents
--------
Answer
    A quantity that was computed from a Gramian: the numbers, an upper estimate of the error of each, and the method.
largest_entry, sizes_by_lag, sizes_by_pair, sizes_by_column
    The sizes of entries that their errors are relative to.
underflow
    What entries near the smallest double may have lost.
Gramian
    One method a quantity, named as the public function. A subclass overrides those that it can compute.
"""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from linmem.gramian.request import Request
from linmem.linalg.stein import ULP

NEAR_UNDERFLOW = np.finfo(float).tiny / ULP  # a sum of products below that may have lost digits of its own


@dataclass(frozen=True, eq=False)
class Answer:
    """The numbers of a quantity, for noise of mean variance one.

    Attributes
    ----------
    numbers
        The arrays that make up the quantity, as the method of `Gramian` lists them.
    errors
        Upper estimates of the absolute error of each entry, one array for each of the numbers.
    sizes
        What the errors of the entries are relative to: an array for each of the numbers. Where the entries are products
        y_k* y_l, it is ||y_k|| ||y_l||, which no change of units alters.
    method
        The computation: "structured", "matrix-free", "fast", "extended", "square-root" or
        "balls".
    """

    numbers: tuple[np.ndarray, ...]
    errors: tuple[np.ndarray, ...]
    sizes: tuple[np.ndarray, ...]
    method: str

    @classmethod
    def within(cls, relative_error: float, method: str, *parts: tuple[np.ndarray, np.ndarray]) -> Answer:
        """The answer with every entry right to `relative_error` of its size; parts are numbers and their sizes."""
        numbers = tuple(array for array, _ in parts)
        sizes = tuple(
            size if size.shape == array.shape else np.broadcast_to(size, array.shape) for array, size in parts
        )
        errors = tuple(relative_error * size for size in sizes)
        return cls(numbers, errors, sizes, method)

    def widened(self, *errors: np.ndarray | float) -> Answer:
        """This answer with absolute errors added, one array or number for each of the numbers."""
        wider = tuple(own + more for own, more in zip(self.errors, errors, strict=True))
        return replace(self, errors=wider)

    def with_part_of(self, other: Answer, index: int) -> Answer:
        """This answer, and one of the numbers of another."""
        part = slice(index, index + 1)
        return Answer(
            self.numbers + other.numbers[part],
            self.errors + other.errors[part],
            self.sizes + other.sizes[part],
            self.method,
        )

    @cached_property
    def relative_error(self) -> float:
        """The largest error of each array over its largest size, for the worst of the arrays."""
        return max(_ratio(error, size) for error, size in zip(self.errors, self.sizes, strict=True))


def _ratio(error: np.ndarray, size: np.ndarray) -> float:
    largest_error = float(error.max(initial=0.0))
    largest_size = float(size.max(initial=0.0))
    if largest_error == 0:
        return 0.0
    # an error that is nan is one of which nothing is known
    return largest_error / largest_size if largest_error > 0 and largest_size > 0 else np.inf


def underflow(array: np.ndarray, is_zero: np.ndarray) -> np.ndarray:
    """What products of small numbers may have lost below the smallest normal double; 0 where the exact product is 0."""
    return np.where((np.abs(array) < NEAR_UNDERFLOW) & ~is_zero, np.finfo(float).tiny, 0.0)


def largest_entry(array: np.ndarray) -> np.ndarray:
    """The largest modulus: where nothing more is known of the errors."""
    return np.asarray(np.abs(array).max(initial=0.0))


def sizes_by_lag(values: np.ndarray) -> np.ndarray:
    """The largest modulus at each lag of (K, d, d): (K, 1, 1). The values are positive matrices."""
    diagonal = np.einsum("kaa->ka", values)
    return np.abs(diagonal).max(axis=1)[:, None, None]


def sizes_by_pair(matrix: np.ndarray) -> np.ndarray:
    """sqrt(M_ii M_jj) of a positive matrix, (n, n), or of blocks (K, K, d, d): the bound of Cauchy and Schwarz."""
    if matrix.ndim == 2:
        deviation = np.sqrt(np.abs(np.diag(matrix)))
        return np.outer(deviation, deviation)
    by_lag = np.einsum("kkaa->ka", matrix)
    deviation = np.sqrt(np.abs(by_lag).max(axis=1))
    return np.outer(deviation, deviation)[:, :, None, None]


def sizes_by_column(factor: np.ndarray) -> np.ndarray:
    """The length of each column of a factor, (1, N)."""
    return np.sqrt(np.einsum("ij,ij->j", factor.conj(), factor).real)[None, :]


class Gramian(ABC):  # noqa: B024  a form that cannot compute a quantity leaves its method as it is: none is abstract
    r"""C = sum_k W^k Q W*^k of a network, over a horizon or over all steps.

    Each method answers the request with an `Answer`, or returns None where this form cannot compute the quantity.
    `perturbed` holds the same form of networks that differ in the last bit of each weight: how much their answers
    differ is what rounding can do to the quantity.
    """

    method: str = ""
    perturbed: tuple[Gramian, ...] = ()

    def holds_memory(self, request: Request) -> bool:
        """Whether this form holds what the input is measured against, or there is no input."""
        return True

    def fisher_memory_curve(self, request: Request) -> Answer | None:
        """J(k), (K, d, d), and the sum over all lags, (d, d)."""
        return None

    def fisher_memory_matrix(self, request: Request) -> Answer | None:
        """J_kl, (K, K, d, d). For K = 1 it is V* C^-1 V, the quadratic form of the columns in the precision."""
        return None

    def spatial_fisher_memory(self, request: Request) -> Answer | None:
        """J^s, (N, N)."""
        return None

    def noise_covariance(self, request: Request) -> Answer | None:
        """C, (N, N)."""
        return None

    def noise_covariance_factor(self, request: Request) -> Answer | None:
        """S, (N, N), upper triangular with a positive diagonal, C = S* S."""
        return None

    def memory_function(self, request: Request) -> Answer | None:
        """m(k), (K, d, d), the capacity and the information, of a white or a correlated signal."""
        return None

    def snr_curve(self, request: Request) -> Answer | None:
        """V* W*^k (C + r)^-1 W^k V, (K, d, d): Fisher memory behind a readout with noise of variance r."""
        return None

    def nuisance_information(self, request: Request) -> Answer | None:
        """1 / [F^-1]_kk, (K, d), of the size of J(k)."""
        return None

    def rounding_sensitivity(self, request: Request) -> Answer | None:
        """sum |G_ij W_ij| / J_tot, and the same / J(0) for each lag; each array ends with a 1, the least scale."""
        return None
