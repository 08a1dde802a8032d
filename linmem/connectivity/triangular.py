r"""Triangular and banded networks, and the Schur form: the classical non-normal matrices.

Conventions
-----------
`W[i, j]` is the weight from unit j to unit i. The Schur form of numerical linear algebra is *upper* triangular. In it,
and in the matrices here that have the name of a person, the signal flows from the last unit to the first, and the input
enters at the last unit, v = e_n. (Chains flow from first to last, below the diagonal.) `in_random_basis(net, rng=...)`
gives a triangular network in other axes.

Contents
--------
jordan
    One eigenvalue with one eigenvector.
toeplitz_band
    The same weights around every unit.
grcar
    Eigenvalues that no eigenvalue routine computes correctly for some hundred units.
from_schur
    Given eigenvalues, and given feedforward weights between them.
random_upper_triangular
    Random eigenvalues, and feedforward weights of a chosen size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from linmem import validation
from linmem.connectivity.construction import banded, first_unit, last_unit, number_sequence, stored
from linmem.connectivity.randomness import RandomSource, generator
from linmem.errors import ArgumentError
from linmem.network import LinearNetwork
from linmem.validation import number, whole_number


def jordan(n: int, *, eigenvalue: float = 0.5, weight: float = 1.0, sparse: bool = False) -> LinearNetwork:
    r"""Jordan block: lambda on the diagonal, w (`weight`) above it; v = e_n.

    ||W^k v||^2 = sum_{j < n} (binom(k, j) lambda^(k-j) w^j)^2. The departure from normality is |w| sqrt(n - 1). At
    lambda = 0 it is the delay line with the units in reverse order; for two units J_tot = 1 + w^2 / ((1 - lambda^2)^2 +
    w^2). A weight e in its empty corner would move the eigenvalues by |e w^(n-1)|^(1/n), which for large n is nearly
    |w|, however small e is.

    Parameters
    ----------
    n
        Number of units.
    eigenvalue
        lambda, the only eigenvalue.
    weight
        w, the weight from each unit to the previous one.
    sparse
        Store W as a `scipy.sparse` array.

    Examples
    --------
    >>> jordan(3, eigenvalue=0.9).recurrent
    array([[0.9, 1. , 0. ],
           [0. , 0.9, 1. ],
           [0. , 0. , 0.9]])
    """
    n = whole_number("n", n)
    eigenvalue = number("eigenvalue", eigenvalue)
    weight = number("weight", weight)
    W = _toeplitz(n, {0: eigenvalue, 1: weight})
    name = f"Jordan block, n = {n}, eigenvalue {eigenvalue:g}, weight {weight:g}"
    return LinearNetwork(stored(W, sparse), last_unit(n), name=name)


def toeplitz_band(
    n: int,
    *,
    below: Sequence[complex] | np.ndarray = (0.99,),
    diagonal: float = 0.0,
    above: Sequence[complex] | np.ndarray = (0.04,),
    sparse: bool = False,
) -> LinearNetwork:
    r"""Banded Toeplitz network, the same weights around every unit: W[i, j] = t_(i-j); v = e_1.

    The symbol f(z) = sum_d t_d z^d describes a long network: ||W|| <= max |f| on the unit circle, with equality in the
    limit of large n; at every point around which the curve f(unit circle) winds, the resolvent grows exponentially with
    n; and if `above` is empty, the entries of W^k v are the first n coefficients of f^k. With one diagonal on each side
    the eigenvalues are t_0 + 2 sqrt(t_1 t_-1) cos(j pi / (n + 1)). Trefethen & Embree (2005), chapter 7.

    Parameters
    ----------
    n
        Number of units.
    below
        t_1, t_2, ..., the weights to the next unit, to the one after it, and so on; fewer than n.
    diagonal
        t_0, the weight of each unit onto itself.
    above
        t_-1, t_-2, ..., the weights to the previous units; fewer than n.
    sparse
        Store W as a `scipy.sparse` array.

    Examples
    --------
    >>> toeplitz_band(4, below=(1, 2), diagonal=0.5, above=()).recurrent
    array([[0.5, 0. , 0. , 0. ],
           [1. , 0.5, 0. , 0. ],
           [2. , 1. , 0.5, 0. ],
           [0. , 2. , 1. , 0.5]])
    """
    n = whole_number("n", n)
    weights: dict[int, complex] = {0: number("diagonal", diagonal)}
    for distance, weight in enumerate(_side("below", below, n), 1):
        weights[-distance] = weight
    for distance, weight in enumerate(_side("above", above, n), 1):
        weights[distance] = weight
    W = _toeplitz(n, weights)
    name = f"Toeplitz band, n = {n}"
    return LinearNetwork(stored(W, sparse), first_unit(n), name=name)


def grcar(n: int, *, gain: float = 0.4, superdiagonals: int = 3, sparse: bool = False) -> LinearNetwork:
    r"""Grcar's matrix times g: -1 below the diagonal, 1 on it and on `superdiagonals` diagonals above; v = e_n.

    The symbol is f(z) = g (-z + 1 + 1/z + 1/z^2 + 1/z^3). The eigenvalues of the classical matrix (g = 1) have moduli
    up to 2.27, and its norm is 3.24, so that a spectral radius below 1 needs g < 0.44. The eigenvalues are so
    ill-conditioned that eigenvalue routines return pseudo-eigenvalues for some hundred units. Grcar (1989), report
    SAND89-8691; Trefethen & Embree (2005), chapter 7.

    Parameters
    ----------
    n
        Number of units.
    gain
        g, a factor on all weights.
    superdiagonals
        Number of diagonals of ones above the main one.
    sparse
        Store W as a `scipy.sparse` array.

    Examples
    --------
    >>> grcar(5, gain=1).recurrent
    array([[ 1.,  1.,  1.,  1.,  0.],
           [-1.,  1.,  1.,  1.,  1.],
           [ 0., -1.,  1.,  1.,  1.],
           [ 0.,  0., -1.,  1.,  1.],
           [ 0.,  0.,  0., -1.,  1.]])
    """
    n = whole_number("n", n)
    gain = number("gain", gain)
    superdiagonals = whole_number("superdiagonals", superdiagonals, at_least=0)
    weights: dict[int, complex] = {-1: -gain}
    for distance in range(superdiagonals + 1):
        weights[distance] = gain
    W = _toeplitz(n, weights)
    name = f"Grcar, n = {n}, gain {gain:g}"
    return LinearNetwork(stored(W, sparse), last_unit(n), name=name)


def from_schur(
    eigenvalues: Sequence[complex] | np.ndarray, feedforward: float | np.ndarray | Sequence[Sequence[complex]] = 0.0
) -> LinearNetwork:
    r"""Network in Schur form, T = diag(lambda) + F with F strictly upper triangular; v = e_n.

    Every network has this form in some orthonormal axes: W = U T U* has the J, J_tot and ||W^k|| of T, with U* v in
    place of v. T is normal if and only if F = 0; the departure from normality is ||F||_F. Ganguli, Huh & Sompolinsky
    (2008), Fig 3B.

    Parameters
    ----------
    eigenvalues
        lambda, (n,), real or complex.
    feedforward
        F, (n, n), zero on and below its diagonal; or one number, the value of all entries above the diagonal.

    Examples
    --------
    >>> from_schur([0.5, -0.5, 0.9], feedforward=2).recurrent
    array([[ 0.5,  2. ,  2. ],
           [ 0. , -0.5,  2. ],
           [ 0. ,  0. ,  0.9]])
    """
    spectrum = number_sequence("eigenvalues", eigenvalues)
    n = len(spectrum)
    if not n:
        raise ArgumentError("eigenvalues is empty; a network has at least one unit")
    F = _strictly_upper(feedforward, n)
    T = np.diag(spectrum) + F
    return LinearNetwork(T, last_unit(n), name=f"Schur form, n = {n}")


def random_upper_triangular(
    n: int, *, gain: float = 0.95, feedforward: float = 1.0, rng: RandomSource
) -> LinearNetwork:
    r"""Random triangular network diag(lambda) + F, lambda uniform in [-g, g], F_ij ~ N(0, f^2 / n), i < j; v = e_n.

    f (`feedforward`) sets how non-normal the network is: for the same seed the eigenvalues stay the same and F is
    proportional to f, so that f = 0 is normal. The squared departure from normality, ||F||_F^2, is f^2 (n - 1) / 2 on
    average. A complex Ginibre matrix of gain g has such an F with f = g. Ganguli, Huh & Sompolinsky (2008), Fig 3B.

    Parameters
    ----------
    n
        Number of units.
    gain
        g >= 0, the bound on the moduli of the eigenvalues.
    feedforward
        f >= 0, the size of the feedforward weights.
    rng
        A seed or a `numpy.random.Generator`.

    Examples
    --------
    >>> weak, strong = (random_upper_triangular(4, feedforward=f, rng=0).recurrent for f in (1, 10))
    >>> np.array_equal(np.diag(weak), np.diag(strong)), np.allclose(10 * np.triu(weak, 1), np.triu(strong, 1))
    (True, True)
    """
    n = whole_number("n", n)
    gain = number("gain", gain, at_least=0)
    feedforward = number("feedforward", feedforward, at_least=0)
    draw = generator(rng)
    spectrum = gain * draw.uniform(-1, 1, n)
    x = draw.standard_normal((n, n))
    F = np.triu(x, 1) * (feedforward / np.sqrt(n))
    name = f"random triangular, n = {n}, gain {gain:g}, {feedforward:g} forward"
    return replace(from_schur(spectrum, F), name=name)


def _toeplitz(n: int, weights: dict[int, complex]) -> sp.csr_array:
    """The sparse matrix with W[i, j] = weights[j - i]; zeros are not stored."""
    diagonals = {}
    for offset, weight in weights.items():
        if weight != 0 and abs(offset) < n:
            diagonals[offset] = np.full(n - abs(offset), weight)
    return banded(n, diagonals)


def _side(argument: str, weights: Sequence[complex] | np.ndarray, n: int) -> np.ndarray:
    """The weights of the diagonals on one side of the main one, of which there are n - 1."""
    values = number_sequence(argument, weights)
    if len(values) >= n:
        raise ArgumentError(
            f"{argument} holds {len(values)} weights, but a matrix of n = {n} has {n - 1} diagonals {argument} the "
            "main one"
        )
    return values


def _strictly_upper(feedforward: float | np.ndarray | Sequence[Sequence[complex]], n: int) -> np.ndarray:
    """The feedforward weights F of a Schur form, (n, n), from a matrix or from one number for all of them."""
    if np.ndim(feedforward) == 0:
        weight = number("feedforward", feedforward)
        return np.triu(np.full((n, n), weight), 1)
    F = validation.matrix("feedforward", feedforward)
    if sp.issparse(F):
        F = F.toarray()
    if F.shape != (n, n):
        raise ArgumentError(f"feedforward has shape {F.shape}, but there are {n} eigenvalues; it must be {(n, n)}")
    misplaced = np.argwhere(np.tril(F))
    if len(misplaced):
        i, j = map(int, misplaced[0])
        raise ArgumentError(
            f"feedforward has {F[i, j]:g} at ({i}, {j}), on or below the diagonal; feedforward weights of a Schur form "
            "are above it: pass numpy.triu(F, 1)"
        )
    return F
