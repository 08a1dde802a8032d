r"""Normal networks, W W* = W* W. Whatever their eigenvalues, their total Fisher memory is J_tot = v* v / eps.

Contents
--------
identity
    Units without connections, each with its own memory.
random_orthogonal
    A random rotation, uniformly distributed.
ring
    A delay line closed into a ring (circulant shift).
lattice
    Diffusion on a torus of one, two or more dimensions.
random_normal
    Eigenvalues of a given law, and random eigenvectors.
haar, haar_unitary
    Random orthogonal and unitary matrices.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from linmem.connectivity.construction import first_unit, stored
from linmem.connectivity.randomness import RandomSource, generator
from linmem.errors import ArgumentError
from linmem.network import LinearNetwork
from linmem.validation import number, option, whole_number

LAWS = ("disc", "ring", "edge")
LARGEST_LATTICE = 31  # dimensions of at least two sites each: more than 2^31 units do not fit into memory


def identity(n: int, *, gain: float = 0.99, sparse: bool = False) -> LinearNetwork:
    r"""Unconnected units, each with itself: W = g I, v = (1, ..., 1) / sqrt(n).

    J(k) = g^2k (1 - g^2) for g < 1. Over a horizon of h steps J(k) = g^2k (g^2 - 1) / (g^2h - 1), which is 1 / h at
    g = 1. Ganguli, Huh & Sompolinsky (2008), eq. 4.

    Parameters
    ----------
    n
        Number of units.
    gain
        g, the weight of each unit onto itself.
    sparse
        Store W as a `scipy.sparse` array.

    Examples
    --------
    >>> identity(2, gain=0.5).recurrent
    array([[0.5, 0. ],
           [0. , 0.5]])
    """
    n = whole_number("n", n)
    gain = number("gain", gain)
    W = sp.eye_array(n, format="csr") * gain
    v = np.full(n, n**-0.5)
    name = f"identity, n = {n}, gain {gain:g}"
    return LinearNetwork(stored(W, sparse), v, name=name)


def random_orthogonal(n: int, *, gain: float = 0.99, rng: RandomSource) -> LinearNetwork:
    r"""Random orthogonal network, W = g R with R uniformly distributed (Haar); v = e_1.

    J(k) = g^2k (1 - g^2) for every unit vector v, as for `identity`. The spectral radius is |g| by construction. R
    comes from the QR factorisation of a Gaussian matrix with the signs corrected: Mezzadri (2007), Notices AMS 54:592.

    Parameters
    ----------
    n
        Number of units.
    gain
        g, the modulus of all eigenvalues if g > 0.
    rng
        A seed or a `numpy.random.Generator`.

    Examples
    --------
    >>> W = random_orthogonal(3, gain=2, rng=0).recurrent
    >>> np.allclose(W @ W.T, 4 * np.eye(3))
    True
    """
    n = whole_number("n", n)
    gain = number("gain", gain)
    W = gain * haar(n, generator(rng))
    name = f"orthogonal, n = {n}, gain {gain:g}"
    return LinearNetwork(W, first_unit(n), name=name, known_radius=abs(gain))


def ring(n: int, *, gain: float = 0.99, sparse: bool = False) -> LinearNetwork:
    r"""Delay ring (circulant shift): W[i+1, i] = a with indices modulo n, v = e_1.

    J(k) = a^2k (1 - a^2): the memory of a ring decays with its gain, although without noise it is a delay line.
    Ganguli, Huh & Sompolinsky (2008), p. 18971.

    Parameters
    ----------
    n
        Number of units.
    gain
        The amplitude gain a of each link.
    sparse
        Store W as a `scipy.sparse` array.

    Examples
    --------
    >>> ring(3, gain=0.5).recurrent
    array([[0. , 0. , 0.5],
           [0.5, 0. , 0. ],
           [0. , 0.5, 0. ]])
    """
    n = whole_number("n", n)
    gain = number("gain", gain)
    source = np.arange(n)
    target = (source + 1) % n
    weights = np.full(n, gain)
    W = sp.csr_array((weights, (target, source)), shape=(n, n))
    name = f"ring, n = {n}, gain {gain:g}"
    return LinearNetwork(stored(W, sparse), first_unit(n), name=name)


def lattice(side: int, *, dimensions: int = 1, gain: float = 0.99, sparse: bool = False) -> LinearNetwork:
    r"""Torus of side^d units with weight g / (2 d) from each of the 2 d nearest neighbours; v = e_1, one site.

    Until the signal has travelled around the torus, for 2 k + 2 < side, J(k) = g^2k c_k - g^(2k+2) c_(k+1), where c_k
    is the probability that a random walk on the infinite lattice is back after 2 k steps: binom(2k, k) / 4^k for d = 1,
    and the square of that for d = 2. At g = 1, J(k) ~ k^-(d+2)/2: 1 / (2 sqrt(pi)) k^-3/2 for d = 1 and k^-2 / pi for
    d = 2. The spectral radius is |g| by construction, as every row sums to g. Ganguli, Huh & Sompolinsky (2008), Fig 2.

    Parameters
    ----------
    side
        Number of sites along each dimension.
    dimensions
        d, at most 31; at most 2^31 sites.
    gain
        g, the sum of the weights onto a unit.
    sparse
        Store W as a `scipy.sparse` array.

    Examples
    --------
    >>> lattice(4, gain=0.5).recurrent
    array([[0.  , 0.25, 0.  , 0.25],
           [0.25, 0.  , 0.25, 0.  ],
           [0.  , 0.25, 0.  , 0.25],
           [0.25, 0.  , 0.25, 0.  ]])
    """
    side = whole_number("side", side)
    d = whole_number("dimensions", dimensions)
    gain = number("gain", gain)
    if d > LARGEST_LATTICE or side**d > 2**LARGEST_LATTICE:
        raise ArgumentError(
            f"side is {side} and dimensions is {d}; a lattice has at most {LARGEST_LATTICE} dimensions and "
            f"2^{LARGEST_LATTICE} units, side^dimensions"
        )
    W = _nearest_neighbours(side, d, gain / (2 * d))
    name = f"lattice, {' x '.join([str(side)] * d)}, gain {gain:g}"
    return LinearNetwork(stored(W, sparse), first_unit(side**d), name=name, known_radius=abs(gain))


def _nearest_neighbours(side: int, d: int, weight: float) -> sp.csr_array:
    """W of a torus: one weight from each of the 2 d neighbours; weights from the same neighbour add up."""
    n = side**d
    site = np.arange(n).reshape((side,) * d)
    neighbours = []
    for axis in range(d):
        for step in (1, -1):
            neighbours.append(np.roll(site, step, axis).ravel())
    source = np.concatenate(neighbours)
    target = np.tile(site.ravel(), 2 * d)
    weights = np.full(2 * d * n, weight)
    return sp.csr_array((weights, (target, source)), shape=(n, n))


def random_normal(
    n: int,
    *,
    law: str = "disc",
    gain: float = 0.99,
    exponent: float | None = None,
    real: bool = True,
    rng: RandomSource,
) -> LinearNetwork:
    r"""Random normal network W = U diag(lambda) U*, |lambda| of a given law; v = sum of the eigenvectors / sqrt(n).

    The input has the same component along each eigenvector: J(k) is the mean of |lambda|^2k (1 - |lambda|^2), whatever
    U and the angles.

    Parameters
    ----------
    n
        Number of units.
    law
        The distribution of x = |lambda| / g; angles are uniform.

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
        True: W is real. Eigenvalues come in conjugate pairs, and U mixes 2 x 2 blocks that rotate and scale (for odd n,
        one eigenvalue is real). False: W is complex and U is a random unitary matrix.
    rng
        A seed or a `numpy.random.Generator`.

    Notes
    -----
    Angles and U are random; the moduli are the quantiles (i - 1/2) / m of their law, i = 1 ... m. J therefore follows
    the integrals above, up to lags at which the single largest eigenvalue dominates. The largest modulus is the
    spectral radius.

    References
    ----------
    .. [1] Ganguli, Huh & Sompolinsky (2008), eqs 4 and 6.

    Examples
    --------
    >>> W = random_normal(5, rng=0).recurrent
    >>> np.allclose(W @ W.T, W.T @ W)
    True
    """
    n = whole_number("n", n)
    gain = number("gain", gain, at_least=0)
    draw = generator(rng)
    count = (n + 1) // 2 if real else n  # of moduli: a real network has two eigenvalues for each
    moduli = gain * _quantiles(law, exponent, count)
    angles = draw.uniform(0, 2 * np.pi, count)
    if real:
        U = haar(n, draw)
        W = U @ _rotations(moduli, angles, n) @ U.T
    else:
        U = haar_unitary(n, draw)
        eigenvalues = moduli * np.exp(1j * angles)
        W = (U * eigenvalues) @ U.conj().T
    v = U.sum(axis=1) / np.sqrt(n)
    parameter = "" if exponent is None else f" {exponent:g}"
    name = f"normal, n = {n}, gain {gain:g}, {law}{parameter}"
    return LinearNetwork(W, v, name=name, known_radius=moduli[-1])


def haar(n: int, rng: np.random.Generator) -> np.ndarray:
    """A random orthogonal matrix, (n, n), uniformly distributed over the orthogonal group (Haar measure)."""
    Q, R = np.linalg.qr(rng.standard_normal((n, n)))
    # QR fixes the signs by its own rule; a positive diagonal of R makes Q uniform (Mezzadri 2007)
    negative = np.diag(R) < 0
    return np.where(negative, -1.0, 1.0) * Q


def haar_unitary(n: int, rng: np.random.Generator) -> np.ndarray:
    """A random unitary matrix, (n, n), uniformly distributed over the unitary group (Haar measure)."""
    real = rng.standard_normal((n, n))
    imaginary = rng.standard_normal((n, n))
    Q, R = np.linalg.qr(real + 1j * imaginary)
    # as for `haar`: R gets a positive diagonal
    angles = np.angle(np.diag(R))
    return Q * np.exp(1j * angles)


def _quantiles(law: str, exponent: float | None, count: int) -> np.ndarray:
    """The quantiles (i - 1/2) / count of |lambda| / g, in increasing order."""
    law = option("law", law, LAWS)
    if law != "edge" and exponent is not None:
        raise ArgumentError(
            f"exponent is {exponent!r}, but the law {law!r} has none; leave exponent out, or pass law='edge'"
        )
    p = (np.arange(count) + 0.5) / count
    if law == "disc":
        return np.sqrt(p)
    if law == "ring":
        return np.ones(count)
    nu = number("exponent", exponent, above=-1)
    # 1 - (1 - p)^(1 / (nu + 1)), without cancellation for small p
    return -np.expm1(np.log1p(-p) / (nu + 1))


def _rotations(moduli: np.ndarray, angles: np.ndarray, n: int) -> np.ndarray:
    """Blocks r [[cos, -sin], [sin, cos]] along the diagonal, (n, n); for odd n the first is the number r alone."""
    size = 2 * len(moduli)
    D = np.zeros((size, size))
    first = np.arange(0, size, 2)
    second = first + 1
    D[first, first] = moduli * np.cos(angles)
    D[second, second] = moduli * np.cos(angles)
    D[second, first] = moduli * np.sin(angles)
    D[first, second] = -moduli * np.sin(angles)
    if n % 2 == 0:
        return D
    D[1, 1] = moduli[0]
    return D[1:, 1:]
