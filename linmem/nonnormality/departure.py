r"""How far a matrix is from normal, W W* = W* W, in one number.

Conventions
-----------
||.||_F is the Frobenius norm, ||.|| the spectral one. Measures of a matrix take a matrix or a network, and over a stack
return an array where they say so. No function of these numbers determines memory: a chain and its transpose agree in
all of them.

Contents
--------
henrici_departure
    The size of the feedforward part of the Schur form.
DepartureBounds, departure_bounds
    What it is at least and at most, without eigenvalues.
commutator_norm
    ||W W* - W* W||_F.
normal_distance
    Bounds on the distance to the nearest normal matrix.
eigenvalue_conditions, eigenvector_condition
    How far perturbations move eigenvalues.
NormalityTest, normality_test
    Whether the stored numbers can be told from those of a normal matrix.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import scipy.linalg as sl
from scipy.sparse.csgraph import connected_components

from linmem.errors import AccuracyError, InvalidNetworkError
from linmem.linalg.blas import blas_threads_for, congruence, one_blas_thread, squared_norm
from linmem.linalg.eigenvalue_bounds import LARGEST_DENSE
from linmem.linalg.stein import ULP
from linmem.linalg.structure import scaled
from linmem.network import Network, as_network, number
from linmem.nonnormality.schur import feedforward_part

RTOL = 1e-9
SAFETY = 64  # on the change that perturbations of an ulp make
FAR = 0.1  # from normal, relative to ||W||_F: ||W||_F^2 less the eigenvalues cancels by two digits at most
LARGEST_ENCLOSED = 200  # units; balls take seconds there, and minutes soon beyond


def henrici_departure(W: Any, *, relative: bool = False, rtol: float = RTOL) -> float | np.ndarray:
    r"""Henrici's departure from normality d(W) = sqrt(||W||_F^2 - sum_i |lambda_i|^2), 0 for normal matrices only.

    The Frobenius norm of the strictly upper triangular part of the Schur form, in whatever order. Henrici (1962),
    Numer. Math. 4:24; Orhan & Pitkow (2020), section 2.4.

    Parameters
    ----------
    W
        A matrix or a network, or a stack of them.
    relative
        Return d / ||W||_F, between 0 and 1 (0 for W = 0).
    rtol
        The largest error to accept, relative to ||W||_F.

    Raises
    ------
    AccuracyError
        Where no computation reaches rtol; it carries the departure as `.result`.
    InvalidNetworkError
        A sparse matrix of more than 6000 units.

    Notes
    -----
    Double precision is wrong here by up to 20 % of ||W||_F exactly where it matters: eigenvalues of chains with
    feedback and of hidden chains are far off. So: units that are not on a common cycle do not share eigenvalues, and
    weights between such groups are feedforward exactly; a group that is a tree of links has d^2 = sum of (|w_ij| -
    |w_ji|)^2 over them, if all w_ij w_ji > 0 (real eigenvalues), or all < 0 and w_ii equal (imaginary but for a
    shift); of other groups double precision is taken where perturbations of an ulp move d by much less than rtol, and
    exact arithmetic, up to 200 units, where not: the characteristic polynomial of the stored numbers, with its roots
    in balls. Defective matrices are no exception.

    Examples
    --------
    >>> import linmem as lm
    >>> round(henrici_departure(lm.feedback_chain(101, feedforward=0.95, feedback=0.2)), 12)        # 10 (0.95 - 0.2)
    7.5
    """
    network, rtol = _dense_enough("henrici_departure", W), number("rtol", rtol, above=0)
    members = network.dense().reshape(-1, network.size, network.size)
    if len(members) == 1:
        with blas_threads_for(network.size):
            found = [_departure(members[0], rtol)]
    else:
        with one_blas_thread(), ThreadPoolExecutor(os.cpu_count()) as pool:
            found = list(pool.map(lambda member: _departure(member, rtol), members))
    for i, one in enumerate(found):  # one after the other: balls have one precision for all threads
        if not one.error <= rtol:
            found[i] = _departure(members[i], rtol, in_balls=True)
    departures = np.array([one.relative if relative else one.value for one in found])
    result = departures.reshape(network.stack_shape) if network.stack_shape else float(departures[0])
    worst = max(one.error for one in found)
    if not worst <= rtol:
        raise AccuracyError(worst, rtol, result, reason="the eigenvalues are not known well enough")
    return result


class DepartureBounds(NamedTuple):
    """Bounds on Henrici's departure, without eigenvalues.

    `lower` and `commutator_upper` come from the commutator, `trace_upper` from the trace of (W - mean)^2; `upper` is
    the smaller one.
    """

    lower: float
    upper: float
    commutator_upper: float
    trace_upper: float


def departure_bounds(W: Any) -> DepartureBounds:
    r"""Bounds on d(W) from c = ||W W* - W* W||_F, f = ||W||_F and B = W - (trace W / N) I.

    d^2 >= f^2 - sqrt(f^4 - c^2 / 2), which is at least c^2 / (4 f^2) (Kress, de Vries & Wegmann 1974, Linear Algebra
    Appl. 8:109); d^2 <= sqrt((N^3 - N) / 12) c (Henrici 1962); d^2 <= ||B||_F^2 - |trace B^2|, with equality if and
    only if the eigenvalues lie on a line (Lee 1995, Linear Algebra Appl. 222:25).

    Examples
    --------
    >>> [round(bound, 12) for bound in departure_bounds([[0, 0], [2, 0]])]        # nilpotent, 2 x 2: all are sharp
    [2.0, 2.0, 2.0, 2.0]
    """
    network = _dense_enough("departure_bounds", W)
    network.require_single("departure_bounds")
    W, scale = scaled(network.dense())
    n, c, f = len(W), _commutator(W), np.sqrt(squared_norm(W))
    B = W - np.trace(W) / n * np.eye(n)
    # f^2 - sqrt(f^4 - c^2 / 2) without cancellation; the radicand may round to below zero
    lower = c / np.sqrt(2 * (f**2 + np.sqrt(max(f**4 - c**2 / 2, 0.0)))) if f else 0.0
    commutator_upper = ((n**3 - n) / 12) ** 0.25 * np.sqrt(c)
    trace_upper = np.sqrt(max(squared_norm(B) - abs(np.einsum("ij,ji->", B, B)), 0.0))
    bounds = (lower, min(commutator_upper, trace_upper), commutator_upper, trace_upper)
    return DepartureBounds(*(float(np.ldexp(one, scale)) for one in bounds))


def commutator_norm(W: Any) -> float | np.ndarray:
    r"""||W W* - W* W||_F, 0 for normal matrices only; over a stack, an array.

    It does not grow with the length of a chain, where Henrici's departure does: sqrt(2) |a^2 - b^2| for a chain with
    weights a and b forwards and back. It is of the size of the *square* of W: below ||W|| of 1e-154 it is 0 in double
    precision.

    Examples
    --------
    >>> import linmem as lm
    >>> round(commutator_norm(lm.chain(10, gain=2)) / 2**0.5, 12)
    4.0
    """
    network = _dense_enough("commutator_norm", W)
    found = []
    with blas_threads_for(network.size):
        for member in network.dense().reshape(-1, network.size, network.size):
            W, scale = scaled(member)
            found.append(float(np.ldexp(_commutator(W), 2 * scale)))
    return np.reshape(found, network.stack_shape) if network.stack_shape else found[0]


def normal_distance(W: Any) -> tuple[float, float]:
    r"""A lower and an upper bound on min ||W - A||_F over normal A.

    Above: the distances to the diagonal of the Schur form (d), to the (skew-)Hermitian part, and to the nearest
    multiple of a unitary matrix. Below: d / sqrt(N) (Laszlo 1994, SIAM J. Matrix Anal. Appl. 15:1035); and, as 0 = [W
    - E, W* - E*] for E = W - A, so that c = ||[W, W*]||_F <= 4 ||W|| e + sqrt(2) e^2 with e = ||E||_F, the positive
    root of that. d is `henrici_departure`; parameters and errors as there, one matrix.

    Examples
    --------
    >>> normal_distance([[0, 1], [1, 0]])
    (0.0, 0.0)
    """
    network = _dense_enough("normal_distance", W)
    network.require_single("normal_distance")
    d = henrici_departure(network)
    W, scale = scaled(network.dense())
    d, c = float(np.ldexp(d, -scale)), _commutator(W)
    singular = sl.svdvals(W, check_finite=False)
    lower = max(
        d / np.sqrt(len(W)), 2 * c / (4 * singular[0] + np.sqrt(16 * singular[0] ** 2 + np.sqrt(32) * c)) if c else 0
    )
    parts = [sl.norm(W - W.conj().T) / 2, sl.norm(W + W.conj().T) / 2, sl.norm(singular - singular.mean())]
    upper = min(d, *parts)
    return float(np.ldexp(min(lower, upper), scale)), float(np.ldexp(upper, scale))


def eigenvalue_conditions(W: Any) -> tuple[np.ndarray, np.ndarray]:
    r"""The eigenvalues (N,), and the condition 1 / |y* x| of each (N,), x and y its unit right and left eigenvectors.

    A perturbation E moves the eigenvalue by at most that times ||E||, to first order; 1 for all eigenvalues of a
    normal matrix, infinite for a defective one. Of a normal matrix with equal eigenvalues, whose eigenvectors are not
    unique, 1 all the same. Wilkinson (1965), The Algebraic Eigenvalue Problem, ch. 2.

    Examples
    --------
    >>> _, conditions = eigenvalue_conditions([[0, 1], [0, 1]])
    >>> bool(abs(conditions - 2**0.5).max() < 1e-14)
    True
    """
    network = _dense_enough("eigenvalue_conditions", W)
    network.require_single("eigenvalue_conditions")
    W, scale = scaled(network.dense())
    values, left, right = sl.eig(W, left=True, right=True, check_finite=False)
    if _normality_margin(network.dense()) <= 1:
        conditions = np.ones(len(values))
    else:
        overlap = np.abs(np.einsum("ij,ij->j", left.conj(), right))
        with np.errstate(divide="ignore"):
            conditions = np.where(overlap > len(values) * ULP**2, np.maximum(1 / overlap, 1), np.inf)
    return np.ldexp(values.real, scale) + 1j * np.ldexp(values.imag, scale), conditions


def eigenvector_condition(W: Any) -> float:
    r"""kappa(X) = ||X|| ||X^-1|| of the eigenvectors, unit columns of X: 1 for normal matrices, infinite for defective
    ones.

    Infinite also where double precision cannot tell X from a singular matrix. No choice of lengths makes it smaller
    by more than a factor sqrt(N) (van der Sluis 1969). ||W^k|| <= kappa(X) rho^k; Bauer & Fike (1960): a perturbation
    E moves no eigenvalue further than kappa(X) ||E||.

    Examples
    --------
    >>> eigenvector_condition([[0, 1], [1, 0]]), eigenvector_condition([[1, 1], [0, 1]])
    (1.0, inf)
    """
    network = _dense_enough("eigenvector_condition", W)
    network.require_single("eigenvector_condition")
    if _normality_margin(network.dense()) <= 1:
        return 1.0
    _, X = sl.eig(scaled(network.dense())[0], check_finite=False)
    singular = sl.svdvals(X, check_finite=False)
    return float(singular[0] / singular[-1]) if singular[-1] > len(X) * ULP * singular[0] else float("inf")


@dataclass(frozen=True)
class NormalityTest:
    """Whether a matrix can be told from a normal one.

    Attributes
    ----------
    verdict
        "normal" where the stored numbers are a normal matrix exactly; "not normal" where no matrix that rounds to them
        is: both are proved. "undecided" between the two.
    margin
        ||W W* - W* W||_F over the largest value that rounding alone explains: above 1 for a matrix that is not normal.
    """

    verdict: str
    margin: float

    @property
    def normal(self) -> bool:
        """Whether it is normal as far as can be told from the stored numbers."""
        return self.verdict != "not normal"


def normality_test(W: Any) -> NormalityTest:
    r"""Tests W W* = W* W against what rounding the entries of W to doubles, and the computation, can make of it.

    Entries off by half an ulp each are a matrix E with ||E||_F <= ulp ||W||_F / 2, and move the commutator by at most 4
    ||W|| ||E||_F + sqrt(2) ||E||_F^2; computing it adds at most 2 (N + 2) ulp ||W||_F^2. What is within that is
    computed again in integers, which doubles are but for a power of two.

    Examples
    --------
    >>> import linmem as lm
    >>> [normality_test(W).verdict for W in (lm.ring(20), lm.random_orthogonal(20, rng=0), lm.chain(3))]
    ['normal', 'undecided', 'not normal']
    """
    network = _dense_enough("normality_test", W)
    network.require_single("normality_test")
    margin = _normality_margin(network.dense())
    if margin > 1:
        return NormalityTest("not normal", margin)
    from linmem.balls.departure import is_normal

    return NormalityTest("normal" if is_normal(network.dense()) else "undecided", margin)


def _normality_margin(W: np.ndarray) -> float:
    W, _ = scaled(W)
    explained = (2 * (len(W) + 2) + 3) * ULP * squared_norm(W)
    return float(_commutator(W) / explained) if explained else 0.0


def _dense_enough(what: str, W: Any) -> Network:
    network = as_network(W)
    if network.is_sparse and network.size > LARGEST_DENSE:
        raise InvalidNetworkError(
            f"{network.MATRIX} is sparse with {network.size} units; {what} needs a dense matrix, of at most "
            f"{LARGEST_DENSE} units"
        )
    return network


def _commutator(W: np.ndarray) -> float:
    adjoint = np.ascontiguousarray(W.conj().T)
    return float(np.sqrt(squared_norm(congruence(W) - congruence(adjoint))))


class _Found(NamedTuple):
    value: float
    relative: float
    error: float  # relative to ||W||_F


def _departure(given: np.ndarray, rtol: float, in_balls: bool = False) -> _Found:
    W, scale = scaled(given)
    norm = np.sqrt(squared_norm(W))
    if not norm:
        return _Found(0.0, 0.0, 0.0)
    count, group = connected_components(given != 0, directed=True, connection="strong")
    d, error, tolerance = np.sqrt(squared_norm(W * (group[:, None] != group))), 0.0, rtol * norm / (2 * np.sqrt(count))
    for one in np.flatnonzero(np.bincount(group) > 1):
        units = np.flatnonzero(group == one)
        members = np.ix_(units, units)
        inside, off = _departure_of_group(W[members])
        if in_balls and off > tolerance and len(units) <= LARGEST_ENCLOSED:
            # of the numbers as given: to scale them down may lose a weak link that closes a cycle
            enclosed = _in_balls(given[members], np.ldexp(tolerance, scale))
            inside, off = np.ldexp(enclosed, -scale) if enclosed else (inside, off)
        d, error = np.hypot(d, inside), np.hypot(error, off)
    return _Found(float(np.ldexp(d, scale)), float(d / norm), float((error + 4 * ULP * len(W) * d) / norm))


def _departure_of_group(W: np.ndarray) -> tuple[float, float]:
    """d of units that all reach each other, in double precision, and an estimate of its error."""
    links = _links_of_a_tree(W)
    if links is not None:
        return float(sl.norm(np.abs(W)[links] - np.abs(W).T[links])), 0.0
    if np.array_equal(W, W.conj().T):
        return 0.0, 0.0
    size, measure = np.sqrt(squared_norm(W)), _from_eigenvalues
    found = measure(W)
    if not found > FAR * size:
        measure = _from_schur
        found = measure(W)
    rng = np.random.default_rng(0)
    moved = [measure(W + ULP * size / len(W) * rng.standard_normal(W.shape)) for _ in range(2)]
    return found, SAFETY * max(abs(one - found) for one in moved)


def _in_balls(W: np.ndarray, tolerance: float) -> tuple[float, float] | None:
    from linmem.balls.bounded import InconclusiveError
    from linmem.balls.departure import enclose_henrici_departure

    try:
        enclosed = enclose_henrici_departure(W, tolerance)
    except InconclusiveError:
        return None
    return float(enclosed.values[0]), float(enclosed.errors[0])


def _links_of_a_tree(W: np.ndarray) -> np.ndarray | None:
    """The links (i, j), i < j, of units that a diagonal similarity makes symmetric, or skew-symmetric but for a shift;
    None of others.
    """
    links = np.triu((W != 0) | (W.T != 0), 1)
    if np.iscomplexobj(W) or links.sum() != len(W) - 1:
        return None
    signs = (np.sign(W) * np.sign(W.T))[links]
    skew = np.all(signs < 0) and np.ptp(np.diag(W)) == 0
    return links if np.all(signs > 0) or skew else None


def _from_eigenvalues(W: np.ndarray) -> float:
    squares = np.sum(np.abs(sl.eigvals(W, check_finite=False)) ** 2)
    return float(np.sqrt(max(squared_norm(W) - squares, 0.0)))


def _from_schur(W: np.ndarray) -> float:
    return float(np.sqrt(squared_norm(feedforward_part(sl.schur(W, check_finite=False)[0]))))
