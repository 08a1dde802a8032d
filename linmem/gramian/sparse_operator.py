r"""A sparse W as it acts on blocks of columns: products, the covariance as an operator, and a power that contracts.

C_n = sum_{m < n} W^m W*^m, in coordinates in which the noise is white, costs 2 n sparse products by Horner's rule; it
is applied and never formed.

||W^p|| is bounded from what W^p does to 16 Gaussian vectors: ||A|| <= 6 sqrt(2 / pi) max_i ||A g_i|| but with
probability 6^-16 < 10^-12 (Halko, Martinsson & Tropp 2011, SIAM Review 53:217, lemma 4.1), and the rounding of the
powers is added. A power with a norm below one also proves that the spectral radius is below one.

Contents
--------
Operator
    W, W* and C_n as they act on columns.
Contraction, find_contraction
    A power of W with a norm of at most a half, and what it bounds.
powers, inner, squared_columns
    A^m X for m = 0, 1, ...; x* y and ||x||^2 column by column.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice, pairwise
from math import ceil, sqrt
from typing import Any

import numpy as np
import scipy.sparse as sparse

from linmem.gramian.progress import Progress
from linmem.kernels import sparse as kernels
from linmem.linalg.stein import ULP

PROBES = 16
NORM_MARGIN = 6 * sqrt(2 / np.pi)  # a norm over the largest of PROBES samples, but with probability 6^-PROBES
MEMORY = 2**31  # bytes for the powers that Horner's rule comes back to
LARGEST_SERIAL = 2**22  # multiplications, some milliseconds: below, threads cost more than they bring

Step = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class Operator:
    """W and W* as they act on blocks of columns, (N, c)."""

    matrix: sparse.csr_array
    adjoint: sparse.csr_array

    @classmethod
    def of(cls, W: Any) -> Operator:
        """The operator of a sparse matrix."""
        return cls(sparse.csr_array(W), sparse.csr_array(W.conj().T))

    def forward(self, X: np.ndarray) -> np.ndarray:
        """W X."""
        return _add_product(self.matrix, X, np.zeros_like(X))

    def backward(self, X: np.ndarray) -> np.ndarray:
        """W* X."""
        return _add_product(self.adjoint, X, np.zeros_like(X))

    def covariance(self, X: np.ndarray, terms: int, workspace: np.ndarray | None = None) -> np.ndarray:
        """C_n X = X + W (W* X + W (W*^2 X + ...)), n = `terms`.

        The powers W*^m X are all kept where memory allows, else every sqrt(n)-th, and the others are computed twice.
        They are kept in `workspace`: memory that is new at every call costs as much as a third of the products.
        """
        stretch = _stretch(X, terms)
        starts = range(0, terms, stretch)
        first_powers = list(islice(powers(self.backward, X), 0, starts[-1] + 1, stretch))
        workspace = self.workspace(X, terms) if workspace is None else workspace
        result = np.zeros_like(X)
        for start in reversed(starts):
            count = min(stretch, terms - start)
            stored = workspace[: count * X.size].reshape(count, *X.shape)
            stored[0] = first_powers.pop()
            for before, power in pairwise(stored):
                power[:] = 0
                _add_product(self.adjoint, before, power)
            # Horner: result <- W*^m X + W result, from the last power of the stretch to the first
            for power in stored[::-1]:
                result = _add_product(self.matrix, result, power)
            result = result.copy()  # the workspace is overwritten by the next stretch
        return result

    def workspace(self, X: np.ndarray, terms: int) -> np.ndarray:
        """Memory for the powers of one stretch."""
        return np.empty(_stretch(X, terms) * X.size, X.dtype)


@dataclass(frozen=True)
class Contraction:
    """||W^steps||^2 <= squared < 1."""

    steps: int
    squared: float

    def beyond(self, squares: np.ndarray) -> np.ndarray:
        """A bound on sum_m ||W^m x||^2 over all m after those in `squares`, (m, c), which holds at least `steps`.

        The next p terms are at most ||W^p||^2 times the last p, those after them ||W^p||^4 times, and so on.
        """
        last = squares[-self.steps :].sum(axis=0)
        return last * (self.squared / (1 - self.squared))


@np.errstate(over="ignore", invalid="ignore")
def find_contraction(operator: Operator, longest: int) -> tuple[Contraction | None, float]:
    """The first power with a norm of at most a half, None where there is none up to `longest`; and a bound on the
    spectral radius, min_p ||W^p||^(1 / p).
    """
    samples = _gaussian((operator.matrix.shape[0], PROBES), operator.matrix.dtype)
    rounding = _rounding_of_product(operator.matrix)
    norms = [_largest_norm(samples)]
    upper = np.inf
    progress = Progress(f"at most {longest} powers of {len(samples)} units, until one contracts")
    for steps, power in enumerate(islice(powers(operator.forward, samples), 1, longest + 1), start=1):
        progress.report(steps / longest)
        norms.append(_largest_norm(power))
        if not norms[-1] < np.inf:
            break
        norm = NORM_MARGIN * norms[-1]
        if norms[-1]:
            # an error e in a product grows to at most ||W^j|| e in j more steps
            norm += NORM_MARGIN**2 * rounding * float(np.dot(norms[:-1], norms[-2::-1]))
        upper = min(upper, norm ** (1 / steps))
        if norm <= 0.5:
            return Contraction(steps, norm**2), upper
    return None, upper


def powers(step: Step, X: np.ndarray) -> Iterator[np.ndarray]:
    """X, A X, A^2 X, ..., each computed when it is needed."""
    yield X
    while True:
        X = step(X)
        yield X


def squares_of_powers(step: Step, X: np.ndarray, terms: int) -> np.ndarray:
    """||A^m x||^2 of every column, (terms, c)."""
    first = islice(powers(step, X), terms)
    return np.array([squared_columns(power) for power in first])


def squared_columns(X: np.ndarray) -> np.ndarray:
    """||x||^2, column by column."""
    return inner(X, X).real


def inner(X: np.ndarray, Y: np.ndarray) -> np.ndarray:
    """x* y, column by column."""
    return np.einsum("ij,ij->j", X.conj(), Y)


def _rounding_of_product(matrix: sparse.csr_array) -> float:
    """A bound on the norm of the error of one product: an ulp a term, and || |W| || <= (||W||_1 ||W||_inf)^1/2."""
    modulus = abs(matrix)
    terms = np.diff(modulus.indptr).max() + 2
    norm = sqrt(modulus.sum(axis=0).max() * modulus.sum(axis=1).max())
    return float(ULP * terms * norm)


def _largest_norm(X: np.ndarray) -> float:
    return sqrt(squared_columns(X).max())


def _gaussian(shape: tuple[int, int], dtype: np.dtype[Any]) -> np.ndarray:
    """Gaussian vectors, complex ones of variance two for a complex matrix, as the bound on its norm needs them."""
    rng = np.random.default_rng(0)
    real = rng.standard_normal(shape)
    return real + 1j * rng.standard_normal(shape) if dtype.kind == "c" else real


def _stretch(X: np.ndarray, terms: int) -> int:
    """How many powers of a series are kept at a time."""
    return terms if terms * X.nbytes <= MEMORY else ceil(sqrt(terms))


def _add_product(matrix: sparse.csr_array, X: np.ndarray, out: np.ndarray) -> np.ndarray:
    """out + A X, in place."""
    multiplications = matrix.nnz * X.shape[1]
    kernel = kernels.add_product if multiplications < LARGEST_SERIAL else kernels.add_product_threaded
    kernel(matrix.data, matrix.indices, matrix.indptr, X, out)
    return out
