"""The noise covariance (controllability Gramian) of a network, in a form from which memory is computed.

Contents
--------
Answer
    A quantity that was computed from a Gramian: the numbers, an upper estimate of their error, and the method.
Gramian
    One method a quantity, named as the public function. A subclass overrides those that it can compute.
"""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass

import numpy as np

from linmem.validation import Request


@dataclass(frozen=True, eq=False)
class Answer:
    """The numbers of a quantity, for noise of mean variance one.

    Attributes
    ----------
    numbers
        The arrays that make up the quantity, as the method of `Gramian` lists them.
    relative_error
        An upper estimate of the error of each array, relative to its largest entry.
    method
        The computation: "structured", "matrix-free", "fast", "square-root" or "balls".
    """

    numbers: tuple[np.ndarray, ...]
    relative_error: float
    method: str


class Gramian(ABC):  # noqa: B024  a form that cannot compute a quantity leaves its method as it is: none is abstract
    r"""C = sum_k W^k Q W*^k of a network, over a horizon or over all steps.

    Each method answers the request with an `Answer`, or returns None where this form cannot compute the quantity.
    `perturbed` holds the same form of networks that differ in the last bit of each weight: how much their answers
    differ is what rounding can do to the quantity.
    """

    method: str = ""
    perturbed: tuple[Gramian, ...] = ()

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
        """1 / [F^-1]_kk, (K, d), in units of which the error is one of the largest J(k)."""
        return None

    def rounding_sensitivity(self, request: Request) -> Answer | None:
        """sum |G_ij W_ij| / J_tot, and the same / J(0) for each lag; each array ends with a 1, the least scale."""
        return None
