r"""The commutator W W* - W* W, which is 0 for normal matrices only, and what follows from its size.

Conventions
-----------
||.||_F is the Frobenius norm, ||.|| the spectral one, and d(W) Henrici's departure from normality. No function of these
numbers determines memory: a chain and its transpose agree in all of them.

Contents
--------
commutator_norm
    ||W W* - W* W||_F.
DepartureBounds, departure_bounds
    Bounds on the departure from normality, without eigenvalues.
normal_distance
    Bounds on the distance from W to the nearest normal matrix.
NormalityTest, normality_test
    Whether the stored numbers can be told from those of a normal matrix.
normality_margin
    The number that the test decides by.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import scipy.linalg as sl

from linmem.linalg.blas import blas_threads_for, congruence, squared_norm
from linmem.linalg.stein import ULP
from linmem.linalg.structure import scaled
from linmem.network import NetworkOrMatrix, as_network
from linmem.nonnormality.departure import henrici_departure


def commutator_norm(W: NetworkOrMatrix) -> float | np.ndarray:
    r"""Commutator norm ||W W* - W* W||_F, 0 for normal matrices only; over a stack, an array.

    It does not grow with the length of a chain, where Henrici's departure does: it is sqrt(2) |a^2 - b^2| for a chain
    with forward weights a and backward weights b. It is of the size of the *square* of W: for ||W|| below 1e-154 it is
    0 in double precision.

    Raises
    ------
    InvalidNetworkError
        W is a sparse matrix of more than 6000 units.

    Examples
    --------
    >>> import linmem as lm
    >>> round(commutator_norm(lm.chain(10, gain=2)) / 2**0.5, 12)
    4.0
    """
    network = as_network(W)
    matrices = network.dense().reshape(-1, network.size, network.size)
    norms = []
    with blas_threads_for(network.size):
        for matrix in matrices:
            near_one, exponent = scaled(matrix)
            norms.append(float(np.ldexp(_commutator(near_one), 2 * exponent)))
    return np.reshape(norms, network.stack_shape) if network.stack_shape else norms[0]


class DepartureBounds(NamedTuple):
    """Bounds on Henrici's departure from normality, without eigenvalues.

    `lower` and `commutator_upper` come from the commutator, `trace_upper` from the trace of the square of W - mean I;
    `upper` is the smaller of the two upper bounds.
    """

    lower: float
    upper: float
    commutator_upper: float
    trace_upper: float


def departure_bounds(W: NetworkOrMatrix) -> DepartureBounds:
    r"""Bounds on Henrici's departure from normality d(W), by c = ||W W* - W* W||_F and by a trace, without eigenvalues.

    With f = ||W||_F and B = W - (trace W / N) I:

    - d^2 >= f^2 - sqrt(f^4 - c^2 / 2), which is at least c^2 / (4 f^2) (Kress, de Vries & Wegmann 1974, Linear Algebra
      Appl. 8:109);
    - d^2 <= sqrt((N^3 - N) / 12) c (Henrici 1962, Numer. Math. 4:24);
    - d^2 <= ||B||_F^2 - |trace B^2|, with equality if and only if the eigenvalues lie on a line (Lee 1995, Linear
      Algebra Appl. 222:25).

    Raises
    ------
    InvalidNetworkError
        W is a stack, or a sparse matrix of more than 6000 units.

    Examples
    --------
    >>> [round(bound, 12) for bound in departure_bounds([[0, 0], [2, 0]])]        # nilpotent, 2 x 2: all are sharp
    [2.0, 2.0, 2.0, 2.0]
    """
    network = as_network(W)
    network.require_single("departure_bounds")
    matrix, exponent = scaled(network.dense())
    n = len(matrix)
    c = _commutator(matrix)
    f = np.sqrt(squared_norm(matrix))
    lower = _lower_bound(c, f) if f else 0.0
    commutator_upper = ((n**3 - n) / 12) ** 0.25 * np.sqrt(c)
    mean = np.trace(matrix) / n
    B = matrix - mean * np.eye(n)
    trace_of_square = np.einsum("ij,ji->", B, B)
    trace_upper = np.sqrt(max(squared_norm(B) - abs(trace_of_square), 0.0))
    bounds = (lower, min(commutator_upper, trace_upper), commutator_upper, trace_upper)
    return DepartureBounds(*(float(np.ldexp(bound, exponent)) for bound in bounds))


def _lower_bound(c: float, f: float) -> float:
    """sqrt(f^2 - sqrt(f^4 - c^2 / 2)) without cancellation; rounding may make the inner radicand negative."""
    radicand = max(f**4 - c**2 / 2, 0.0)
    denominator = 2 * (f**2 + np.sqrt(radicand))
    return c / np.sqrt(denominator)


def normal_distance(W: NetworkOrMatrix) -> tuple[float, float]:
    r"""Lower and upper bound on the distance to the nearest normal matrix, min ||W - A||_F over normal A.

    The upper bound is the smallest of the distances to the diagonal of the Schur form (d), to the Hermitian and to the
    skew-Hermitian part, and to the nearest multiple of a unitary matrix.

    The lower bound is the larger of d / sqrt(N) (Laszlo 1994, SIAM J. Matrix Anal. Appl. 15:1035) and the positive root
    e of c = 4 ||W|| e + sqrt(2) e^2 with c = ||W W* - W* W||_F: as A = W - E is normal, the commutator of W is that of
    the terms with E, of norm at most 4 ||W|| ||E||_F + sqrt(2) ||E||_F^2.

    d is `henrici_departure`; parameters and errors are those of it, for one matrix.

    Examples
    --------
    >>> normal_distance([[0, 1], [1, 0]])
    (0.0, 0.0)
    """
    network = as_network(W)
    network.require_single("normal_distance")
    departure = henrici_departure(network)
    matrix, exponent = scaled(network.dense())
    d = float(np.ldexp(departure, -exponent))
    singular = sl.svdvals(matrix, check_finite=False)
    lower = max(d / np.sqrt(len(matrix)), _distance_by_commutator(_commutator(matrix), singular[0]))
    adjoint = matrix.conj().T
    to_hermitian = sl.norm(matrix - adjoint) / 2
    to_skew_hermitian = sl.norm(matrix + adjoint) / 2
    to_unitary = sl.norm(singular - singular.mean())
    upper = min(d, to_hermitian, to_skew_hermitian, to_unitary)
    lower = min(lower, upper)  # rounding can turn them round where they are equal
    return float(np.ldexp(lower, exponent)), float(np.ldexp(upper, exponent))


def _distance_by_commutator(c: float, norm: float) -> float:
    """The positive root e of c = 4 norm e + sqrt(2) e^2."""
    if not c:
        return 0.0
    discriminant = 16 * norm**2 + np.sqrt(32) * c
    return 2 * c / (4 * norm + np.sqrt(discriminant))


@dataclass(frozen=True)
class NormalityTest:
    """Whether a matrix can be told from a normal one.

    Attributes
    ----------
    verdict
        "normal" where the stored numbers are a normal matrix exactly; "not normal" where no matrix that rounds to them
        is normal: both are proved. "undecided" otherwise.
    margin
        ||W W* - W* W||_F over the largest value that rounding alone explains: above 1 for a matrix that is not normal.
    """

    verdict: str
    margin: float

    @property
    def normal(self) -> bool:
        """Whether the matrix is normal as far as can be told from the stored numbers."""
        return self.verdict != "not normal"


def normality_test(W: NetworkOrMatrix) -> NormalityTest:
    r"""Test of W W* = W* W against what rounding the entries of W to doubles, and the computation, can explain.

    Entries off by half an ulp each are a matrix E with ||E||_F <= ulp ||W||_F / 2. They change the commutator by at
    most 4 ||W|| ||E||_F + sqrt(2) ||E||_F^2, and computing it adds at most 2 (N + 2) ulp ||W||_F^2. A commutator within
    these bounds is computed again in integers, which doubles are but for a power of two.

    Raises
    ------
    InvalidNetworkError
        W is a stack, or a sparse matrix of more than 6000 units.

    Examples
    --------
    >>> import linmem as lm
    >>> [normality_test(W).verdict for W in (lm.ring(20), lm.random_orthogonal(20, rng=0), lm.chain(3))]
    ['normal', 'undecided', 'not normal']
    """
    network = as_network(W)
    network.require_single("normality_test")
    matrix = network.dense()
    margin = normality_margin(matrix)
    if margin > 1:
        return NormalityTest("not normal", margin)
    from linmem.balls.departure import is_normal

    return NormalityTest("normal" if is_normal(matrix) else "undecided", margin)


def normality_margin(W: np.ndarray) -> float:
    """||W W* - W* W||_F over the largest value that rounding explains; 0 for W = 0."""
    W, _ = scaled(W)
    roundings = 2 * (len(W) + 2) + 3  # of the products, and of the entries of W: see normality_test
    explained = roundings * ULP * squared_norm(W)
    return float(_commutator(W) / explained) if explained else 0.0


def _commutator(W: np.ndarray) -> float:
    """||W W* - W* W||_F for entries of about 1."""
    adjoint = np.ascontiguousarray(W.conj().T)
    difference = congruence(W) - congruence(adjoint)
    return float(np.sqrt(squared_norm(difference)))
