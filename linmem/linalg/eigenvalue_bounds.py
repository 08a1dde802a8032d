r"""The spectral radius, and how sure one can be of it.

The eigenvalues of a strongly non-normal matrix move by far more than rounding when the matrix is rounded. A chain of
weight 2 has radius 0; after a random rotation of 100 units LAPACK reports 1.40, and both answers belong to matrices
that differ in the last bit. So a radius is an interval here, and where one lies inside it the question of stability
stays open.

Contents
--------
Stability, Abscissa
    An estimate with a lower and an upper bound: max |lambda| in discrete, max Re lambda in continuous time.
spectral_radius, spectral_abscissa
    Of one matrix: read off its structure where possible, else from eigenvalues with their sensitivity.
eigenvalues
    Of a matrix of any size of entries.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import scipy.linalg as sl
import scipy.sparse as sparse
import scipy.sparse.csgraph as csgraph

from linmem.errors import InvalidNetworkError
from linmem.kernels import lines as line_kernels
from linmem.linalg.stein import ULP, accumulate_factor
from linmem.linalg.structure import find_lines, is_triangular, scaled, symmetrised_tridiagonal

BOUNDS = ("value", "lower", "upper")
LARGEST_DENSE = 6000  # units of a sparse matrix that is still made dense: beyond, memory and hours run out


@dataclass(frozen=True)
class Stability:
    """max |lambda|: `value` is the best estimate; that of the stored matrix lies in [`lower`, `upper`]."""

    LIMIT: ClassVar[float] = 1.0

    value: float
    lower: float
    upper: float

    @classmethod
    def exactly(cls, value: float) -> Stability:
        """A radius known up to a few roundings."""
        return cls(float(value), float(value) * (1 - 8 * ULP), float(value) * (1 + 8 * ULP))

    @property
    def stable(self) -> bool | None:
        """True, False, or None where the bounds leave it open."""
        if self.upper < self.LIMIT:
            return True
        return False if self.value >= self.LIMIT and self.lower >= self.LIMIT - 16 * ULP else None


@dataclass(frozen=True)
class Abscissa(Stability):
    """max Re lambda, in the same way: below 0 where a continuous network is stable."""

    LIMIT: ClassVar[float] = 0.0

    @classmethod
    def exactly(cls, value: float, scale: float = 0.0) -> Abscissa:
        """An abscissa known up to a few roundings of itself, or of eigenvalues of size `scale`."""
        slack = 8 * ULP * max(abs(value), scale)
        return cls(float(value), float(value) - slack, float(value) + slack)


def spectral_radius(W: Any) -> Stability:
    """The spectral radius of one square matrix, dense or sparse.

    The units are sorted into strongly connected components first: the eigenvalues are those of the components, so
    that every chain, tree or feedforward part contributes its diagonal and nothing else.
    """
    lines = find_lines(W)
    if lines is not None:
        return Stability.exactly(line_kernels.rings(lines.source, lines.weight, lines.logarithm)[0])
    alone, connected = _components(W)
    radii = [Stability.exactly(abs(weight)) for weight in alone] + [_connected_radius(part) for part in connected]
    return Stability(*(max(getattr(radius, bound) for radius in radii) for bound in BOUNDS))


def spectral_abscissa(A: Any) -> Abscissa:
    """The spectral abscissa of one square matrix, dense or sparse, component by component as for the radius."""
    alone, connected = _components(A)
    parts = [Abscissa.exactly(rate.real) for rate in alone] + [_connected_abscissa(part) for part in connected]
    return Abscissa(*(max(getattr(abscissa, bound) for abscissa in parts) for bound in BOUNDS))


def eigenvalues(W: np.ndarray) -> np.ndarray:
    """The eigenvalues of a dense matrix, (N,), by LAPACK, of entries of about 1."""
    near, exponent = scaled(W)
    return sl.eigvals(near, check_finite=False) * 2.0**exponent


def _components(W: Any) -> tuple[list[complex], list[np.ndarray]]:
    """The largest eigenvalue among units that no loop connects to another, and the connected rest, component by
    component.
    """
    diagonal = np.asarray(W.diagonal())
    if is_triangular(W):
        return _largest(diagonal), []
    _, component = csgraph.connected_components(sparse.csr_array(W != 0), connection="strong")
    sizes = np.bincount(component)
    if sizes.max() > LARGEST_DENSE and sparse.issparse(W):
        raise InvalidNetworkError(
            f"recurrent has a strongly connected part of {sizes.max()} units; eigenvalues of more than "
            f"{LARGEST_DENSE} are not computed: state a radius that you can prove (known_radius=r), or pass horizon=n"
        )
    connected = []
    for label in np.flatnonzero(sizes > 1):
        members = np.flatnonzero(component == label)
        part = W[members][:, members] if len(sizes) > 1 else W
        connected.append(part.toarray() if sparse.issparse(part) else part)
    return _largest(diagonal[sizes[component] == 1]), connected


def _largest(eigenvalues: np.ndarray) -> list[complex]:
    """Those of the largest modulus and of the largest real part; none of none."""
    if not len(eigenvalues):
        return []
    return [eigenvalues[np.argmax(np.abs(eigenvalues))].item(), eigenvalues[np.argmax(eigenvalues.real)].item()]


def _connected_radius(W: np.ndarray) -> Stability:
    """The radius of a matrix all of whose units reach each other."""
    known = _well_conditioned_eigenvalues(W)
    if known is not None:
        return Stability.exactly(np.abs(known).max())
    balanced, _ = sl.matrix_balance(W, permute=False)  # a diagonal similarity by powers of two: exact
    value, lower, upper = _bounds(balanced, np.abs)
    lower = max(lower, 0.0)
    radius = Stability(value, lower, upper)
    for tightened in (_by_powers, _by_contraction):
        if radius.stable is None:
            radius = Stability(value, lower, max(min(radius.upper, tightened(balanced, radius)), lower))
    return radius


def _connected_abscissa(A: np.ndarray) -> Abscissa:
    known = _well_conditioned_eigenvalues(A)
    if known is not None:
        return Abscissa.exactly(known.real.max(), scale=np.abs(known).max())
    balanced, _ = sl.matrix_balance(A, permute=False)
    return Abscissa(*_bounds(balanced, np.real))


def _well_conditioned_eigenvalues(W: np.ndarray) -> np.ndarray | None:
    """Eigenvalues of a matrix that is Hermitian, or is by a diagonal similarity; None of any other."""
    symmetric = symmetrised_tridiagonal(W)
    if symmetric is not None:
        return sl.eigh_tridiagonal(*symmetric, eigvals_only=True)
    return sl.eigvalsh(W) if np.array_equal(W, W.conj().T) else None


def _bounds(W: np.ndarray, measure: Callable[[np.ndarray], np.ndarray]) -> tuple[float, float, float]:
    r"""The largest `measure` (modulus or real part) of the eigenvalues, and bounds that hold for every matrix within
    rounding.

    Bauer and Fike: the eigenvalues of W + E lie in the discs |z - lambda_i| <= N ||E|| / |y_i* x_i|, and a group of
    discs apart from the others holds as many eigenvalues as discs (Demmel, Applied Numerical Linear Algebra, theorem
    4.5). Groups are taken by measure.
    """
    W, exponent = scaled(W)
    eigenvalues, left, right = sl.eig(W, left=True, right=True)
    overlap = np.abs(np.einsum("ij,ij->j", left.conj(), right))
    backward = ULP * np.sqrt(len(W)) * sl.norm(W)  # LAPACK's backward error, and the rounding of W itself
    with np.errstate(divide="ignore", over="ignore"):
        disc = len(W) * backward / overlap
    size, unit = measure(eigenvalues), 2.0**exponent
    if disc.max() > np.abs(eigenvalues).max() / 10:  # beyond first order: no group can be told from another
        lowest, highest = (size - disc).min(), min((size + disc).max(), sl.norm(W))
    else:
        order = np.argsort(size - disc)
        inner, outer = (size - disc)[order], (size + disc)[order]
        reach = np.maximum.accumulate(outer)
        apart = np.flatnonzero(inner[1:] > reach[:-1]) + 1
        lowest, highest = inner[apart[-1] if len(apart) else 0], reach[-1]
    return float(size.max() * unit), float(lowest * unit), float(highest * unit)


def _by_powers(W: np.ndarray, radius: Stability) -> float:
    """rho <= ||W^m||^(1/m) for m = 1, 2, 4, ..., with a running bound on the rounding error of the powers.

    Squaring turns an error E of A into at most 2 ||A|| E + E^2, and adds about an ulp of ||A||_F^2 by rounding.
    """
    power, norm, error, upper = W, sl.norm(W, 2), 0.0, radius.upper
    for doublings in range(1, 64):
        error = 2 * norm * error + error * error + ULP * sl.norm(power) * norm
        power = power @ power
        if not np.isfinite(power).all() or error > 1:
            break
        norm = sl.norm(power, 2)
        upper = min(upper, (norm + error) ** (0.5**doublings))
        if upper < 1:
            break
    return float(upper)


def _by_contraction(W: np.ndarray, radius: Stability) -> float:
    """rho <= ||S^-* W S*|| for any S: here S* S = sum_k (W / r)^k (W / r)^k*, in whose metric W shrinks every vector
    by r, half way from rho to 1.
    """
    if not radius.value < 1:
        return np.inf
    found = accumulate_factor(W * (2 / (1 + radius.value)), np.eye(len(W)))
    if found is None or not np.diag(found[0]).all():
        return np.inf
    S = found[0]
    B = sl.solve_triangular(S, W @ S.conj().T, trans="C")
    rounding = ULP * np.sqrt(len(W)) * np.linalg.cond(S) * (sl.norm(W) + sl.norm(B))
    return float(sl.norm(B, 2) + rounding)
