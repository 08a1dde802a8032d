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
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice, pairwise
from math import ceil, sqrt
from typing import Any

import numpy as np
import scipy.sparse as sparse

from linmem.kernels import sparse as kernels
from linmem.kernels.threads import in_threads
from linmem.linalg.stein import ULP
from linmem.progress import Progress

PROBES = 16
NORM_MARGIN = 6 * sqrt(2 / np.pi)  # a norm over the largest of PROBES samples, but with probability 6^-PROBES
MEMORY = 2**30  # bytes for the powers that Horner's rule comes back to, in each thread
NARROW, WIDE = 8, 64  # columns: products of fewer cost more per column, those of more do not cost less
LARGEST_SINGLE = 1e30  # weights beyond it are not taken in single precision

Step = Callable[[np.ndarray], np.ndarray]


class Workspaces:
    """Memory that is kept between products: new memory at every call costs as much as a third of the products."""

    def __init__(self) -> None:
        self._free: list[np.ndarray] = []

    @contextmanager
    def lent(self, size: int) -> Iterator[np.ndarray]:
        """An array of at least that many bytes, which no other thread has."""
        try:
            workspace = self._free.pop()
        except IndexError:
            workspace = np.empty(0, np.uint8)
        if workspace.nbytes < size:
            workspace = np.empty(size, np.uint8)
        yield workspace
        self._free.append(workspace)


@dataclass(frozen=True, eq=False)
class Operator:
    """W and W* as they act on blocks of columns, (N, c)."""

    matrix: sparse.csr_array
    adjoint: sparse.csr_array
    workspaces: Workspaces = field(default_factory=Workspaces)

    @classmethod
    def of(cls, W: Any) -> Operator:
        """The operator of a sparse matrix."""
        return cls(sparse.csr_array(W), sparse.csr_array(W.conj().T))

    def in_single_precision(self) -> Operator | None:
        """The operator with weights in single precision; None where one of them is beyond its range."""
        dtype = np.complex64 if self.matrix.dtype.kind == "c" else np.float32
        if self.matrix.nnz and not np.abs(self.matrix.data).max() < LARGEST_SINGLE:
            return None
        return Operator(self.matrix.astype(dtype), self.adjoint.astype(dtype), self.workspaces)

    def forward(self, X: np.ndarray) -> np.ndarray:
        """W X."""
        return _add_product(self.matrix, X, np.zeros_like(X))

    def backward(self, X: np.ndarray) -> np.ndarray:
        """W* X."""
        return _add_product(self.adjoint, X, np.zeros_like(X))

    def covariance(self, X: np.ndarray, terms: int, squares: np.ndarray | None = None) -> np.ndarray:
        """C_n X = X + W (W* X + W (W*^2 X + ...)), n = `terms`.

        The powers W*^m X are all kept where memory allows, of some columns at a time, else every sqrt(n)-th, and the
        others are computed twice. An array `squares`, at least (n, c), is filled with ||W*^m x||^2, m = 0, 1, ...
        """
        stretch, parts = _division(X, terms)
        result = np.empty_like(X)

        def fill(part: slice) -> None:
            columns = np.ascontiguousarray(X[:, part])
            of_columns = None if squares is None else squares[:, part]
            with self.workspaces.lent(stretch * columns.nbytes) as workspace:
                result[:, part] = self._covariance(columns, terms, stretch, workspace, of_columns)

        in_threads(fill, parts)
        return result

    def squares_of_powers(self, X: np.ndarray, terms: int) -> np.ndarray:
        """||W*^m x||^2 of every column, (terms, c)."""
        squares = np.empty((terms, X.shape[1]))

        def fill(part: slice) -> None:
            columns = np.ascontiguousarray(X[:, part])
            squares[:, part] = [squared_columns(power) for power in islice(powers(self.backward, columns), terms)]

        in_threads(fill, _division(X, 1)[1])
        return squares

    def _covariance(
        self, X: np.ndarray, terms: int, stretch: int, workspace: np.ndarray, squares: np.ndarray | None
    ) -> np.ndarray:
        starts = range(0, terms, stretch)
        first_powers = list(islice(powers(self.backward, X), 0, starts[-1] + 1, stretch))
        result = np.zeros_like(X)
        for start in reversed(starts):
            count = min(stretch, terms - start)
            stored = workspace[: count * X.nbytes].view(X.dtype).reshape(count, *X.shape)
            stored[0] = first_powers.pop()
            for before, power in pairwise(stored):
                power[:] = 0
                _add_product(self.adjoint, before, power)
            if squares is not None:
                squares[start : start + count] = [squared_columns(power) for power in stored]
                if start + count == terms < len(squares):
                    further = islice(powers(self.backward, stored[-1]), 1, 1 + len(squares) - terms)
                    squares[terms:] = [squared_columns(power) for power in further]
            # Horner: result <- W*^m X + W result, from the last power of the stretch to the first
            for power in stored[::-1]:
                result = _add_product(self.matrix, result, power)
            result = result.copy()  # the workspace is overwritten by the next stretch
        return result


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
    samples = gaussian((operator.matrix.shape[0], PROBES), operator.matrix.dtype)
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


def gaussian(shape: tuple[int, int], dtype: np.dtype[Any]) -> np.ndarray:
    """Gaussian vectors, complex ones of variance two for a complex matrix, as the bound on its norm needs them."""
    rng = np.random.default_rng(0)
    real = rng.standard_normal(shape)
    return real + 1j * rng.standard_normal(shape) if dtype.kind == "c" else real


def _division(X: np.ndarray, terms: int) -> tuple[int, list[slice]]:
    """How many powers of a series are kept at a time, and the columns of which they are kept, so that they fit into
    the memory; an even number of parts, for an even number of cores.
    """
    size, columns = X.shape
    for stretch, least in ((terms, NARROW), (ceil(sqrt(terms)), 1)):
        fitting = MEMORY // (stretch * size * X.itemsize)
        if fitting >= min(least, columns):
            break
    width = max(1, min(fitting, WIDE))
    count = 1 if columns <= NARROW else 2 * ceil(columns / (2 * width))
    ends = np.linspace(0, columns, min(count, columns) + 1).astype(int)
    return stretch, [slice(start, end) for start, end in pairwise(ends)]


def _add_product(matrix: sparse.csr_array, X: np.ndarray, out: np.ndarray) -> np.ndarray:
    """out + A X, in place."""
    kernels.add_product(matrix.data, matrix.indices, matrix.indptr, X, out)
    return out
