r"""Normal networks: W W* = W* W. Whatever their eigenvalues, they hold one unit of memory: J_tot = v* v / eps.

Contents
--------
identity
    Every unit remembers alone.
random_orthogonal
    A rotation, uniformly distributed.
ring
    A delay line that bites its tail.
lattice
    Diffusion on a torus of one, two or more dimensions.
random_normal
    Eigenvalues of a given law, seen from random axes.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from linmem.connectivity.chains import _first_unit
from linmem.connectivity.randomness import generator
from linmem.errors import InvalidNetworkError
from linmem.network import LinearNetwork, number, whole_number

LAWS = ("disc", "ring", "edge")
LARGEST_LATTICE = 31  # dimensions, of at least two sites each: more units than memory holds


def identity(n: int, *, gain: float = 0.99, sparse: bool = False) -> LinearNetwork:
    r"""W = g I, v = (1, ..., 1) / sqrt(n).

    J(k) = g^2k (1 - g^2) for g < 1; over a horizon of h steps g^2k (g^2 - 1) / (g^2h - 1), and 1 / h at g = 1.
    Ganguli, Huh & Sompolinsky (2008), eq. 4.

    Examples
    --------
    >>> identity(2, gain=0.5).recurrent
    array([[0.5, 0. ],
           [0. , 0.5]])
    """
    n, gain = whole_number("n", n), number("gain", gain)
    W = sp.eye_array(n, format="csr") * gain
    return LinearNetwork(W if sparse else W.toarray(), np.full(n, n**-0.5), name=f"identity, n = {n}, gain {gain:g}")


def random_orthogonal(n: int, *, gain: float = 0.99, rng) -> LinearNetwork:
    r"""W = g R with R orthogonal, uniform (Haar) by QR of a Gaussian matrix with the signs fixed; v = e_1.

    J(k) = g^2k (1 - g^2) for every unit v, as for `identity`. Radius g by construction. Mezzadri (2007), Notices AMS
    54:592, for the signs.

    Parameters
    ----------
    rng
        A seed or a `numpy.random.Generator`.

    Examples
    --------
    >>> W = random_orthogonal(3, gain=2, rng=0).recurrent
    >>> np.allclose(W @ W.T, 4 * np.eye(3))
    True
    """
    n, gain = whole_number("n", n), number("gain", gain)
    W = gain * haar(n, generator(rng))
    return LinearNetwork(W, _first_unit(n), name=f"orthogonal, n = {n}, gain {gain:g}", known_radius=abs(gain))


def ring(n: int, *, gain: float = 0.99, sparse: bool = False) -> LinearNetwork:
    r"""Delay ring: W[i+1, i] = a with indices modulo n, v = e_1.

    J(k) = a^2k (1 - a^2): the memory of a ring decays at its gain, although without noise it is a delay line.
    Ganguli, Huh & Sompolinsky (2008), p. 18971.

    Examples
    --------
    >>> ring(3, gain=0.5).recurrent
    array([[0. , 0. , 0.5],
           [0.5, 0. , 0. ],
           [0. , 0.5, 0. ]])
    """
    n, gain = whole_number("n", n), number("gain", gain)
    unit = np.arange(n)
    W = sp.csr_array((np.full(n, gain), ((unit + 1) % n, unit)), shape=(n, n))
    return LinearNetwork(W if sparse else W.toarray(), _first_unit(n), name=f"ring, n = {n}, gain {gain:g}")


def lattice(side: int, *, dimensions: int = 1, gain: float = 0.99, sparse: bool = False) -> LinearNetwork:
    r"""Torus of side^d units, each of which hears its 2 d nearest neighbours with weight g / (2 d); v is one site.

    Until the signal has gone around, 2 k + 2 < side, J(k) = g^2k c_k - g^(2k+2) c_(k+1), c_k the probability that a
    random walk on the infinite lattice is back after 2 k steps: binom(2k, k) / 4^k for d = 1, the square of that for
    d = 2. At g = 1, J(k) ~ k^-(d+2)/2: 1 / (2 sqrt(pi)) k^-3/2 and k^-2 / pi. Radius g by construction, as every row
    sums to g. Ganguli, Huh & Sompolinsky (2008), Fig 2.

    Examples
    --------
    >>> lattice(4, gain=0.5).recurrent
    array([[0.  , 0.25, 0.  , 0.25],
           [0.25, 0.  , 0.25, 0.  ],
           [0.  , 0.25, 0.  , 0.25],
           [0.25, 0.  , 0.25, 0.  ]])
    """
    side, d, gain = whole_number("side", side), whole_number("dimensions", dimensions), number("gain", gain)
    if d > LARGEST_LATTICE or side**d > 2**LARGEST_LATTICE:
        raise InvalidNetworkError(
            f"side is {side} and dimensions is {d}; a lattice has at most {LARGEST_LATTICE} dimensions and "
            f"2^{LARGEST_LATTICE} units, side^dimensions"
        )
    n = side**d
    site = np.arange(n).reshape((side,) * d)
    neighbours = [np.roll(site, step, axis).ravel() for axis in range(d) for step in (1, -1)]
    source, target = np.concatenate(neighbours), np.tile(site.ravel(), 2 * d)
    W = sp.csr_array((np.full(2 * d * n, gain / (2 * d)), (target, source)), shape=(n, n))
    name = f"lattice, {' x '.join([str(side)] * d)}, gain {gain:g}"
    return LinearNetwork(W if sparse else W.toarray(), _first_unit(n), name=name, known_radius=abs(gain))


def random_normal(
    n: int, *, law: str = "disc", gain: float = 0.99, exponent: float | None = None, real: bool = True, rng
) -> LinearNetwork:
    r"""W = U diag(lambda) U* with U random and |lambda| of a given law; v = sum of the eigenvectors / sqrt(n).

    All eigenvectors hear the input alike: J(k) = mean of |lambda|^2k (1 - |lambda|^2), whatever U and the angles.

    Parameters
    ----------
    law
        Of x = |lambda| / g; angles are uniform.

        - "disc": uniform in the disc, J(k) = g^2k / (k + 1) - g^(2k+2) / (k + 2), which is 1 / ((k + 1) (k + 2)) at
          g = 1.
        - "ring": x = 1, J(k) = g^2k (1 - g^2).
        - "edge": density (nu + 1) (1 - x)^nu, J(k) = (nu + 1) g^2k (B(2k+1, nu+1) - g^2 B(2k+3, nu+1)), B the beta
          function: at g = 1 a power law, k^-(nu+2) [1]_.
    gain
        g >= 0, the radius of the law.
    exponent
        nu > -1, for the law "edge" only.
    real
        W is real: eigenvalues come in conjugate pairs, and U mixes 2 x 2 blocks that rotate and scale (at odd n, one
        eigenvalue is real). Else W is complex and U a random unitary matrix.
    rng
        A seed or a `numpy.random.Generator`.

    Notes
    -----
    Angles and U are drawn; the moduli are the quantiles (i - 1/2) / m of their law, i = 1 ... m, so that J follows
    the integrals above up to lags at which the single outermost eigenvalue is heard. The largest modulus is the
    radius.

    References
    ----------
    .. [1] Ganguli, Huh & Sompolinsky (2008), eqs 4 and 6.

    Examples
    --------
    >>> W = random_normal(5, rng=0).recurrent
    >>> np.allclose(W @ W.T, W.T @ W)
    True
    """
    n, gain, draw = whole_number("n", n), number("gain", gain, at_least=0), generator(rng)
    moduli = gain * _quantiles(law, exponent, (n + 1) // 2 if real else n)
    angles = draw.uniform(0, 2 * np.pi, len(moduli))
    if real:
        U = haar(n, draw)
        W = U @ _rotations(moduli, angles, n) @ U.T
    else:
        U = haar_unitary(n, draw)
        W = (U * (moduli * np.exp(1j * angles))) @ U.conj().T
    name = f"normal, n = {n}, gain {gain:g}, {law}{'' if exponent is None else f' {exponent:g}'}"
    return LinearNetwork(W, U.sum(axis=1) / np.sqrt(n), name=name, known_radius=moduli[-1])


def haar(n: int, rng: np.random.Generator) -> np.ndarray:
    """A random orthogonal matrix, uniform over the group."""
    Q, R = np.linalg.qr(rng.standard_normal((n, n)))
    return Q * np.where(np.diag(R) < 0, -1.0, 1.0)


def haar_unitary(n: int, rng: np.random.Generator) -> np.ndarray:
    """A random unitary matrix, uniform over the group."""
    Q, R = np.linalg.qr(rng.standard_normal((n, n)) + 1j * rng.standard_normal((n, n)))
    return Q * np.exp(1j * np.angle(np.diag(R)))


def _quantiles(law, exponent, count) -> np.ndarray:
    """The quantiles (i - 1/2) / count of |lambda| / g, increasing."""
    if law not in LAWS:
        raise InvalidNetworkError(f"law is {law!r}; it must be one of {', '.join(map(repr, LAWS))}")
    if law != "edge" and exponent is not None:
        raise InvalidNetworkError(f"exponent is {exponent!r}, but the law {law!r} has none; leave it, or law='edge'")
    p = (np.arange(count) + 0.5) / count
    if law == "disc":
        return np.sqrt(p)
    if law == "ring":
        return np.ones(count)
    nu = number("exponent", exponent, above=-1)
    return -np.expm1(np.log1p(-p) / (nu + 1))


def _rotations(moduli, angles, n) -> np.ndarray:
    """Blocks r [[cos, -sin], [sin, cos]] along the diagonal; at odd n the first is the number r alone."""
    D = np.zeros((2 * len(moduli), 2 * len(moduli)))
    first = np.arange(0, len(D), 2)
    D[first, first] = D[first + 1, first + 1] = moduli * np.cos(angles)
    D[first + 1, first] = moduli * np.sin(angles)
    D[first, first + 1] = -D[first + 1, first]
    if n % 2:
        D[1, 1] = moduli[0]
        return D[1:, 1:]
    return D
