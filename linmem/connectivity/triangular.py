r"""Triangular and banded networks, and the Schur form: the classical non-normal matrices.

Conventions
-----------
`W[i, j]` is the weight from unit j to unit i. The Schur form of numerical linear algebra is *upper* triangular: in
it, and in the matrices named after people here, the signal flows from the last unit to the first, the source is v =
e_n. (Chains flow from first to last, below the diagonal.) A triangular network in other axes is `in_random_basis(net,
rng=...)`.

Contents
--------
jordan
    One eigenvalue, one eigenvector.
toeplitz_band
    The same weights around every unit.
grcar
    Eigenvalues that rounding cannot find.
from_schur
    Given eigenvalues, given feedforward weights between them.
random_upper_triangular
    Random eigenvalues; non-normality as a dial.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from linmem import validation as checks
from linmem.connectivity.chains import _first_unit
from linmem.connectivity.randomness import generator
from linmem.errors import InvalidNetworkError
from linmem.network import LinearNetwork, number, whole_number


def jordan(n: int, *, eigenvalue: float = 0.5, weight: float = 1.0, sparse: bool = False) -> LinearNetwork:
    r"""Jordan block: lambda on the diagonal, w (`weight`) above it; v = e_n.

    ||W^k v||^2 = sum_{j < n} (binom(k, j) lambda^(k-j) w^j)^2. Departure from normality |w| sqrt(n - 1). At lambda = 0
    it is the delay line, last unit first; for two units J_tot = 1 + w^2 / ((1 - lambda^2)^2 + w^2). A weight e in its
    empty corner would move the eigenvalues by |e w^(n-1)|^(1/n): nearly by |w|, however small e.

    Examples
    --------
    >>> jordan(3, eigenvalue=0.9).recurrent
    array([[0.9, 1. , 0. ],
           [0. , 0.9, 1. ],
           [0. , 0. , 0.9]])
    """
    n, eigenvalue, weight = whole_number("n", n), number("eigenvalue", eigenvalue), number("weight", weight)
    W = _toeplitz(n, {0: eigenvalue, -1: weight})
    name = f"Jordan block, n = {n}, eigenvalue {eigenvalue:g}, weight {weight:g}"
    return LinearNetwork(W if sparse else W.toarray(), _last_unit(n), name=name)


def toeplitz_band(
    n: int, *, below=(0.99,), diagonal: float = 0.0, above=(0.04,), sparse: bool = False
) -> LinearNetwork:
    r"""The same weights around every unit, W[i, j] = t_(i-j); v = e_1.

    t_1, t_2, ... (`below`) lead to the units ahead, t_0 to the unit itself, t_-1, ... (`above`) to those behind. Its
    symbol f(z) = sum_d t_d z^d tells what a long network does: ||W|| <= max |f| on the unit circle, attained as n
    grows; at every point that the curve f winds around, the resolvent grows exponentially with n; and where there is
    no way back (`above` empty) the entries of W^k v are the first n coefficients of f^k. With one diagonal on each
    side the eigenvalues are t_0 + 2 sqrt(t_1 t_-1) cos(j pi / (n + 1)). Trefethen & Embree (2005), chapter 7.

    Examples
    --------
    >>> toeplitz_band(4, below=(1, 2), diagonal=0.5, above=()).recurrent
    array([[0.5, 0. , 0. , 0. ],
           [1. , 0.5, 0. , 0. ],
           [2. , 1. , 0.5, 0. ],
           [0. , 2. , 1. , 0.5]])
    """
    n, diagonal = whole_number("n", n), number("diagonal", diagonal)
    bands = {0: diagonal}
    for side, argument, weights in ((1, "below", below), (-1, "above", above)):
        values = _sequence(argument, weights)
        if len(values) >= n:
            raise InvalidNetworkError(
                f"{argument} holds {len(values)} weights, but a matrix of n = {n} has {n - 1} diagonals {argument} the "
                "main one"
            )
        bands.update({side * (d + 1): value for d, value in enumerate(values)})
    W = _toeplitz(n, bands)
    return LinearNetwork(W if sparse else W.toarray(), _first_unit(n), name=f"Toeplitz band, n = {n}")


def grcar(n: int, *, gain: float = 0.4, superdiagonals: int = 3, sparse: bool = False) -> LinearNetwork:
    r"""Grcar's matrix times g: -1 below the diagonal, 1 on it and on `superdiagonals` diagonals above; v = e_n.

    The symbol is f(z) = g (-z + 1 + 1/z + 1/z^2 + 1/z^3). The eigenvalues of the classical matrix have moduli up to
    2.27, and ||W|| = 3.24: a radius below 1 needs g < 0.44. They are so ill-conditioned that eigenvalue routines
    return pseudo-eigenvalues for n of a few hundred. Grcar (1989), report SAND89-8691; Trefethen & Embree (2005),
    chapter 7.

    Examples
    --------
    >>> grcar(5, gain=1).recurrent
    array([[ 1.,  1.,  1.,  1.,  0.],
           [-1.,  1.,  1.,  1.,  1.],
           [ 0., -1.,  1.,  1.,  1.],
           [ 0.,  0., -1.,  1.,  1.],
           [ 0.,  0.,  0., -1.,  1.]])
    """
    n, gain = whole_number("n", n), number("gain", gain)
    superdiagonals = whole_number("superdiagonals", superdiagonals, at_least=0)
    W = _toeplitz(n, {1: -gain, **{-d: gain for d in range(superdiagonals + 1)}})
    name = f"Grcar, n = {n}, gain {gain:g}"
    return LinearNetwork(W if sparse else W.toarray(), _last_unit(n), name=name)


def from_schur(eigenvalues, feedforward=0.0) -> LinearNetwork:
    r"""T = diag(lambda) + F, F strictly upper triangular: every network is this in some orthonormal axes; v = e_n.

    Normal if and only if F = 0; the departure from normality is ||F||_F. Every W = U T U* has the J, J_tot and ||W^k||
    of T, with U* v in place of v. Ganguli, Huh & Sompolinsky (2008), Fig 3B.

    Parameters
    ----------
    eigenvalues
        lambda, (n,), real or complex.
    feedforward
        F, (n, n), nothing on or below its diagonal; or one number, all of its entries above.

    Examples
    --------
    >>> from_schur([0.5, -0.5, 0.9], feedforward=2).recurrent
    array([[ 0.5,  2. ,  2. ],
           [ 0. , -0.5,  2. ],
           [ 0. ,  0. ,  0.9]])
    """
    spectrum = _sequence("eigenvalues", eigenvalues)
    n = len(spectrum)
    if not n:
        raise InvalidNetworkError("eigenvalues is empty; a network has at least one unit")
    if np.ndim(feedforward) == 0:
        F = np.triu(np.full((n, n), number("feedforward", feedforward)), 1)
    else:
        F = checks.matrix("feedforward", feedforward)
        F = F.toarray() if sp.issparse(F) else F
    if F.shape != (n, n):
        raise InvalidNetworkError(
            f"feedforward has shape {F.shape}, but there are {n} eigenvalues; it must be {(n, n)}"
        )
    inside = np.argwhere(np.tril(F))
    if len(inside):
        i, j = map(int, inside[0])
        raise InvalidNetworkError(
            f"feedforward has {F[i, j]:g} at ({i}, {j}), on or below the diagonal; feedforward weights of a Schur form "
            "stand above it: pass numpy.triu(F, 1)"
        )
    return LinearNetwork(np.diag(spectrum) + F, _last_unit(n), name=f"Schur form, n = {n}")


def random_upper_triangular(n: int, *, gain: float = 0.95, feedforward: float = 1.0, rng) -> LinearNetwork:
    r"""T = diag(lambda) + F, lambda uniform in [-g, g], F_ij ~ N(0, f^2 / n) above the diagonal; v = e_n.

    `feedforward`, f, is the dial of non-normality: for one rng the eigenvalues stay the same and F scales, from a
    normal network at f = 0 on; the departure from normality, ||F||_F, is f sqrt((n - 1) / 2) on average (squared). A
    complex Ginibre matrix of gain g has such an F with f = g. Ganguli, Huh & Sompolinsky (2008), Fig 3B.

    Parameters
    ----------
    rng
        A seed or a `numpy.random.Generator`.

    Examples
    --------
    >>> weak, strong = (random_upper_triangular(4, feedforward=f, rng=0).recurrent for f in (1, 10))
    >>> np.array_equal(np.diag(weak), np.diag(strong)), np.allclose(10 * np.triu(weak, 1), np.triu(strong, 1))
    (True, True)
    """
    n, gain = whole_number("n", n), number("gain", gain, at_least=0)
    feedforward, draw = number("feedforward", feedforward, at_least=0), generator(rng)
    spectrum = gain * draw.uniform(-1, 1, n)
    F = np.triu(draw.standard_normal((n, n)), 1) * (feedforward / np.sqrt(n))
    name = f"random triangular, n = {n}, gain {gain:g}, {feedforward:g} forward"
    return replace(from_schur(spectrum, F), name=name)


def _toeplitz(n, bands) -> sp.csr_array:
    """W[i, j] = bands[i - j]."""
    kept = {d: np.full(n - abs(d), weight) for d, weight in bands.items() if abs(d) < n and weight != 0}
    if not kept:
        return sp.csr_array((n, n))
    return sp.diags_array(list(kept.values()), offsets=[-d for d in kept], shape=(n, n), format="csr")


def _sequence(argument, values) -> np.ndarray:
    """Numbers in a row, real or complex, or an error that names the argument."""
    try:
        row = np.asarray(values)
    except ValueError:  # ragged
        row = np.empty((0, 0))
    if row.ndim != 1 or row.dtype.kind not in "iufc" or not np.isfinite(row).all():
        raise InvalidNetworkError(f"{argument} is {values!r:.60}; it must be a sequence of finite numbers")
    return row.astype(complex if row.dtype.kind == "c" else float)


def _last_unit(n):
    v = np.zeros(n)
    v[-1] = 1
    return v
