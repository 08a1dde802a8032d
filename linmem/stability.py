r"""The spectral radius, and how sure one can be of it.

The eigenvalues of a strongly non-normal matrix move by far more than rounding when the matrix is rounded. A chain of
weight 2 has radius 0; after a random rotation of 100 units LAPACK reports 1.40, and both answers belong to matrices
that differ in the last bit. So a radius is an interval here, and where one lies inside it the question of stability
stays open.

Contents
--------
Radius
    An estimate with a lower and an upper bound.
spectral_radius
    The radius of one matrix: read off its structure where possible, else from eigenvalues with their sensitivity.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg as sl
import scipy.sparse as sparse
import scipy.sparse.csgraph as csgraph

from linmem.errors import InvalidNetworkError
from linmem.kernels import lines as line_kernels
from linmem.stein import ULP, accumulate_factor
from linmem.structure import find_lines, is_triangular, symmetrised_tridiagonal

LARGEST_DENSE = 6000  # units; a dense eigenvalue problem beyond this takes hours


@dataclass(frozen=True)
class Radius:
    """max |lambda|: `value` is the best estimate; that of the stored matrix lies in [`lower`, `upper`]."""

    value: float
    lower: float
    upper: float

    @classmethod
    def exactly(cls, value: float) -> Radius:
        """A radius known up to a few roundings."""
        return cls(float(value), float(value) * (1 - 8 * ULP), float(value) * (1 + 8 * ULP))

    @property
    def stable(self) -> bool | None:
        """True, False, or None where the bounds leave it open."""
        if self.upper < 1:
            return True
        return False if self.value >= 1 and self.lower >= 1 - 16 * ULP else None


def spectral_radius(W) -> Radius:
    """The spectral radius of one square matrix, dense or sparse.

    The units are sorted into strongly connected components first: the eigenvalues are those of the components, so
    that every chain, tree or feedforward part contributes its diagonal and nothing else.
    """
    lines = find_lines(W)
    if lines is not None:
        return Radius.exactly(line_kernels.radius(lines.source, lines.weight))
    if is_triangular(W):
        return Radius.exactly(float(np.abs(W.diagonal()).max()))
    count, component = csgraph.connected_components(sparse.csr_array(W != 0), connection="strong")
    if count == 1:
        return _connected_radius(W)
    sizes = np.bincount(component)
    radii = [Radius.exactly(float(np.abs(W.diagonal()).max()))]
    indexable = W.tocsr() if sparse.issparse(W) else W
    for label in np.flatnonzero(sizes > 1):
        members = np.flatnonzero(component == label)
        radii.append(_connected_radius(indexable[members][:, members]))
    return Radius(*(max(getattr(radius, name) for radius in radii) for name in ("value", "lower", "upper")))


def _connected_radius(W) -> Radius:
    """The radius of a matrix all of whose units reach each other."""
    if sparse.issparse(W):
        if W.shape[0] > LARGEST_DENSE:
            raise InvalidNetworkError(
                f"recurrent has a strongly connected part of {W.shape[0]} units; the spectral radius of more than "
                f"{LARGEST_DENSE} "
                f"is not computed: state one that you can prove (known_radius=r), or pass horizon=n"
            )
        W = W.toarray()
    symmetric = symmetrised_tridiagonal(W)
    if symmetric is not None:
        eigenvalues = sl.eigh_tridiagonal(*symmetric, eigvals_only=True)
        return Radius.exactly(np.abs(eigenvalues).max())
    if np.array_equal(W, W.conj().T):
        return Radius.exactly(np.abs(sl.eigvalsh(W)).max())
    balanced, _ = sl.matrix_balance(W, permute=False)  # a diagonal similarity by powers of two: exact
    radius = _radius_by_eigenvalues(balanced)
    for tightened in (_by_powers, _by_contraction):
        if radius.stable is None:
            radius = Radius(
                radius.value, radius.lower, max(min(radius.upper, tightened(balanced, radius)), radius.lower)
            )
    return radius


def _radius_by_eigenvalues(W) -> Radius:
    r"""Eigenvalues with discs that hold those of every matrix within rounding.

    Bauer and Fike: the eigenvalues of W + E lie in the discs |z - lambda_i| <= N ||E|| / |y_i* x_i|, and a group of
    discs apart from the others holds as many eigenvalues as discs (Demmel, Applied Numerical Linear Algebra, theorem
    4.5). Groups are taken by modulus.
    """
    eigenvalues, left, right = sl.eig(W, left=True, right=True)
    overlap = np.abs(np.einsum("ij,ij->j", left.conj(), right))
    backward = ULP * np.sqrt(len(W)) * sl.norm(W)  # LAPACK's backward error, and the rounding of W itself
    with np.errstate(divide="ignore", over="ignore"):
        disc = len(W) * backward / overlap
    modulus = np.abs(eigenvalues)
    order = np.argsort(modulus - disc)
    inner, outer = (modulus - disc)[order], (modulus + disc)[order]
    reach = np.maximum.accumulate(outer)
    apart = np.flatnonzero(inner[1:] > reach[:-1]) + 1
    lower = max(0.0, inner[apart[-1] if len(apart) else 0])
    return Radius(float(modulus.max()), float(lower), float(min(reach[-1], sl.norm(W))))


def _by_powers(W, radius: Radius) -> float:
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


def _by_contraction(W, radius: Radius) -> float:
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
