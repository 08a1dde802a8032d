r"""Normal networks: W W* = W* W. Whatever their eigenvalues, they hold one unit of memory: J_tot = v* v / eps.

Contents
--------
identity
    Every unit remembers alone.
random_orthogonal
    A rotation, uniformly distributed.
ring
    A delay line that bites its tail.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from linmem.connectivity.chains import _first_unit
from linmem.connectivity.randomness import generator
from linmem.network import LinearNetwork, number, whole_number


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


def haar(n: int, rng: np.random.Generator) -> np.ndarray:
    """A random orthogonal matrix, uniform over the group."""
    Q, R = np.linalg.qr(rng.standard_normal((n, n)))
    return Q * np.where(np.diag(R) < 0, -1.0, 1.0)
