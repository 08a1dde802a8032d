r"""The spectral radius max |lambda| and the spectral abscissa max Re lambda, each between a lower and an upper bound.

Conventions
-----------
The eigenvalues of a strongly non-normal matrix change by far more than a rounding error when its entries are rounded. A
chain of weight 2 has spectral radius 0. After a random rotation of 100 units LAPACK reports 1.40, and both numbers are
right for matrices that differ in the last bit. The radius is therefore an interval here. Where the limit 1 lies inside
the interval, doubles leave stability open; `linmem.balls.decisions` then decides it for the stored matrix.

Contents
--------
Stability
    The spectral radius between bounds, which decides the stability of a network in discrete time.
Abscissa
    The spectral abscissa between bounds, which decides it in continuous time.
spectral_radius, spectral_abscissa
    The bounds for one matrix, by its structure where possible, else by its eigenvalues and their sensitivity.
eigenvalues
    The eigenvalues of a matrix whose entries may be of any size.
least_eigenvalue
    A lower bound of the least eigenvalue of a covariance, whose variances may differ by any factor.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import scipy.linalg as sl
import scipy.sparse as sparse
import scipy.sparse.csgraph as csgraph

from linmem.errors import InvalidNetworkError
from linmem.kernels import lines as line_kernels
from linmem.linalg.stein import ULP, accumulate_factor
from linmem.linalg.structure import (
    Matrix,
    balanced,
    find_lines,
    is_triangular,
    scaled,
    symmetrised_tridiagonal,
    with_unit_diagonal,
)

LARGEST_DENSE = 6000  # units up to which a sparse matrix is made dense: larger ones take too much memory and hours
FEW_ROUNDINGS = 8 * ULP  # relative error of a number that a few operations give
AT_THE_LIMIT = 16 * ULP  # lower bounds this close to 1 count as 1: a ring of weight 1 is unstable


@dataclass(frozen=True)
class Stability:
    """The spectral radius max |lambda| between bounds: stable networks have a radius below 1.

    Attributes
    ----------
    value
        The best estimate of the radius.
    lower, upper
        The radius of the stored matrix is at least `lower` and at most `upper`.
    proved
        Whether the stored matrix is stable, where ball arithmetic was asked and has proved it; else None.
    """

    LIMIT: ClassVar[float] = 1.0

    value: float
    lower: float
    upper: float
    proved: bool | None = None

    @classmethod
    def exactly(cls, value: float, rounding: float = 0.0) -> Stability:
        """The bounds of a radius that is known up to a few roundings, and a relative `rounding` more."""
        value = float(value)
        relative = FEW_ROUNDINGS + rounding
        return cls(value, lower=value * (1 - relative), upper=value * (1 + relative))

    @property
    def stable(self) -> bool | None:
        """True or False where it is proved or the bounds decide, None where they leave stability open."""
        if self.proved is not None:
            return self.proved
        if self.upper < self.LIMIT:
            return True
        if self.value >= self.LIMIT and self.lower >= self.LIMIT - AT_THE_LIMIT:
            return False
        return None


@dataclass(frozen=True)
class Abscissa(Stability):
    """The spectral abscissa max Re lambda between bounds: stable networks in continuous time have one below 0.

    The attributes are those of `Stability`.
    """

    LIMIT: ClassVar[float] = 0.0

    @classmethod
    def exactly(cls, value: float, scale: float = 0.0) -> Abscissa:
        """The bounds of an abscissa known up to a few roundings of itself, or of eigenvalues of modulus `scale`."""
        value = float(value)
        rounding = FEW_ROUNDINGS * max(abs(value), scale)
        return cls(value, lower=value - rounding, upper=value + rounding)


def spectral_radius(W: Matrix) -> Stability:
    """The spectral radius max |lambda| of one square matrix, dense or sparse, between bounds.

    The eigenvalues of W are those of its strongly connected components. A unit that is a component by itself, as all
    units of chains, trees and other feedforward networks are, contributes its diagonal entry.
    """
    lines = find_lines(W)
    if lines is not None:
        radius, *_ = line_kernels.rings(lines.source, lines.weight, lines.logarithm)
        # a geometric mean by logarithms, which are rounded and added up: the error of their mean is relative here
        moduli = np.abs(lines.logarithm)
        return Stability.exactly(radius, float(ULP * (2 * moduli.max() + moduli.sum() / 2)))
    alone, connected = _components(W)
    radii = [Stability.exactly(abs(weight)) for weight in alone]
    radii += [_radius_of_component(component) for component in connected]
    return Stability(*_largest_bounds(radii))


def spectral_abscissa(A: Matrix) -> Abscissa:
    """The spectral abscissa max Re lambda of one square matrix, dense or sparse, between bounds.

    It is computed by strongly connected components, as the spectral radius is.
    """
    alone, connected = _components(A)
    abscissae = [Abscissa.exactly(rate.real) for rate in alone]
    abscissae += [_abscissa_of_component(component) for component in connected]
    return Abscissa(*_largest_bounds(abscissae))


def eigenvalues(W: np.ndarray) -> np.ndarray:
    """The eigenvalues of a dense matrix, (N,), by LAPACK, which is given entries of about 1."""
    near_one, exponent = scaled(W)
    return sl.eigvals(near_one, check_finite=False) * 2.0**exponent


def least_eigenvalue(Q: np.ndarray) -> float:
    """A lower bound of the least eigenvalue of a positive definite Q, about as large as it; 0 where none is known.

    That of a matrix with a diagonal of about one is known to N ulps of the largest. With Q = D R D it is at least the
    smallest D_ii^2 times the least eigenvalue of R, which has such a diagonal.
    """
    near_one, exponents = with_unit_diagonal(Q)
    bounds = []
    for matrix, unit in ((Q, 1.0), (near_one, 4.0 ** exponents.min())):
        eigenvalues = sl.eigvalsh(matrix, check_finite=False)
        rounding = 4 * ULP * len(Q) * eigenvalues[-1]
        bounds.append((eigenvalues[0] - rounding) * unit)
        if eigenvalues[0] > 1e8 * rounding:
            break
    return float(max(*bounds, 0.0))


def _largest_bounds(bounds: Sequence[Stability]) -> tuple[float, float, float]:
    """Value, lower and upper bound of the maximum of several radii or abscissae."""
    value = max(bound.value for bound in bounds)
    lower = max(bound.lower for bound in bounds)
    upper = max(bound.upper for bound in bounds)
    return value, lower, upper


def _components(W: Matrix) -> tuple[list[complex], list[np.ndarray]]:
    """The eigenvalues that count among those of components of one unit, and the other components as dense matrices."""
    diagonal = np.asarray(W.diagonal())
    if is_triangular(W):
        return _extreme(diagonal), []
    _, component = csgraph.connected_components(sparse.csr_array(W != 0), connection="strong")
    sizes = np.bincount(component)
    if sizes.max() > LARGEST_DENSE and sparse.issparse(W):
        raise InvalidNetworkError(
            f"recurrent has a strongly connected part of {sizes.max()} units; eigenvalues of more than "
            f"{LARGEST_DENSE} are not computed: state a radius that you can prove (known_radius=r), or pass horizon=n"
        )
    connected = []
    for label in np.flatnonzero(sizes > 1):
        units = np.flatnonzero(component == label)
        part = W[units][:, units] if len(sizes) > 1 else W
        connected.append(sparse.csr_array(part).toarray() if sparse.issparse(part) else part)
    is_alone = sizes[component] == 1
    return _extreme(diagonal[is_alone]), connected


def _extreme(eigenvalues: np.ndarray) -> list[complex]:
    """The eigenvalue of largest modulus and the one of largest real part; an empty list where there are none."""
    if not len(eigenvalues):
        return []
    largest_modulus = eigenvalues[np.argmax(np.abs(eigenvalues))]
    largest_real_part = eigenvalues[np.argmax(eigenvalues.real)]
    return [largest_modulus.item(), largest_real_part.item()]


def _radius_of_component(W: np.ndarray) -> Stability:
    """The spectral radius of a strongly connected matrix."""
    well_conditioned = _well_conditioned_eigenvalues(W)
    if well_conditioned is not None:
        return Stability.exactly(np.abs(well_conditioned).max())
    similar, _ = balanced(W)
    value, lower, upper = _perturbation_bounds(similar, np.abs)
    lower = max(lower, 0.0)
    radius = Stability(value, lower, upper)
    # Upper bounds that cost more are computed only while stability is open.
    for upper_bound in (_bound_by_powers, _bound_by_contraction):
        if radius.stable is None:
            tightened = min(radius.upper, upper_bound(similar, radius))
            radius = Stability(value, lower, max(tightened, lower))
    return radius


def _abscissa_of_component(A: np.ndarray) -> Abscissa:
    """The spectral abscissa of a strongly connected matrix."""
    well_conditioned = _well_conditioned_eigenvalues(A)
    if well_conditioned is not None:
        return Abscissa.exactly(well_conditioned.real.max(), scale=np.abs(well_conditioned).max())
    return Abscissa(*_perturbation_bounds(balanced(A)[0], np.real))


def _well_conditioned_eigenvalues(W: np.ndarray) -> np.ndarray | None:
    """The eigenvalues of a matrix that is Hermitian, or becomes so by a diagonal similarity; None for any other."""
    tridiagonal = symmetrised_tridiagonal(W)
    if tridiagonal is not None:
        return sl.eigh_tridiagonal(*tridiagonal, eigvals_only=True)
    if np.array_equal(W, W.conj().T):
        return sl.eigvalsh(W)
    return None


def _perturbation_bounds(W: np.ndarray, measure: Callable[[np.ndarray], np.ndarray]) -> tuple[float, float, float]:
    r"""The largest modulus or real part of the eigenvalues, and its bounds over all matrices within rounding of W.

    Bauer and Fike: the eigenvalues of W + E lie in the discs |z - lambda_i| <= N ||E|| / |y_i* x_i|, with y_i and x_i
    the unit left and right eigenvectors. A group of discs that touches no other disc holds as many eigenvalues as it
    has discs (Demmel, Applied Numerical Linear Algebra, theorem 4.5).
    """
    n = len(W)
    W, exponent = scaled(W)
    norm = sl.norm(W)
    eigenvalues, left_vectors, right_vectors = sl.eig(W, left=True, right=True)
    overlap = np.abs(np.einsum("ij,ij->j", left_vectors.conj(), right_vectors))
    # of LAPACK, seen to lose up to 8 ulps of the norm for 3 units, and of the rounding of W itself
    backward_error = ULP * (8 + np.sqrt(n)) * norm
    with np.errstate(divide="ignore", over="ignore"):
        disc = n * backward_error / overlap
    size = measure(eigenvalues)
    inner = size - disc
    outer = size + disc
    largest_modulus = np.abs(eigenvalues).max()
    # The theorem is of first order in E: with discs as large as this, no group is sure to be apart from the others.
    if disc.max() > largest_modulus / 10:
        lower, upper = inner.min(), min(outer.max(), norm)
    else:
        lower, upper = _bounds_of_outermost_group(inner, outer)
    unit = 2.0**exponent
    return float(size.max() * unit), float(lower * unit), float(upper * unit)


def _bounds_of_outermost_group(inner: np.ndarray, outer: np.ndarray) -> tuple[float, float]:
    """The ends of the last of the groups into which the intervals [inner_i, outer_i] fall."""
    order = np.argsort(inner)
    inner = inner[order]
    outer = outer[order]
    reach = np.maximum.accumulate(outer)
    gaps = np.flatnonzero(inner[1:] > reach[:-1])
    start = gaps[-1] + 1 if len(gaps) else 0
    return inner[start], reach[-1]


def _bound_by_powers(W: np.ndarray, radius: Stability) -> float:
    """An upper bound: rho <= ||W^m||^(1/m) for m = 1, 2, 4, ..., with the rounding error of the powers.

    Squaring turns an error E of A into at most 2 ||A|| E + E^2, and adds about an ulp of ||A||_F^2 by rounding.
    """
    power = W
    norm = sl.norm(W, 2)
    error = 0.0
    upper = radius.upper
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


def _bound_by_contraction(W: np.ndarray, radius: Stability) -> float:
    """An upper bound: rho <= ||S^-* W S*|| for any S, or infinity where this S is not available.

    S* S = sum_k (W / r)^k (W / r)^k* with r half way between rho and 1: in its metric W shrinks every vector by r.
    """
    if not radius.value < 1:
        return np.inf
    factor = accumulate_factor(W * (2 / (1 + radius.value)), np.eye(len(W)))
    if factor is None:
        return np.inf
    S, _ = factor
    if not np.diag(S).all():
        return np.inf
    similar = sl.solve_triangular(S, W @ S.conj().T, trans="C")
    rounding = ULP * np.sqrt(len(W)) * np.linalg.cond(S) * (sl.norm(W) + sl.norm(similar))
    return float(sl.norm(similar, 2) + rounding)
