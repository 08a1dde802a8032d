r"""Memory systems in continuous time: chains with leaks, and the state-space models of machine learning.

Conventions
-----------
dx = (A x + V s) dt + dB, with noise of variance 1 per unit of time in every coordinate. The coordinates of a
polynomial memory can be scaled: `scaling` is "raw", coefficients of the Legendre polynomials P_i, or "normalised", of
sqrt(2 i + 1) P_i, which are orthonormal. Signals do not mind, but independent noise in one is not independent noise
in the other, so J differs. V is the published one, and no unit vector: J scales with ||V||^2.

Contents
--------
leaky_chain
    A delay line of leaky integrators.
lmu
    The last `window` of the signal, by Legendre polynomials: the Legendre memory unit.
hippo_legt
    The same in either scaling.
hippo_legs
    The whole past, ever more compressed.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from linmem.connectivity.chains import _first_unit
from linmem.errors import InvalidNetworkError
from linmem.network import ContinuousNetwork, number, whole_number

SCALINGS = ("normalised", "raw")
SHORTEST_WINDOW = 1e-300  # the rates of a shorter one overflow


def leaky_chain(n: int, *, weight: float = 1.0, sparse: bool = False) -> ContinuousNetwork:
    r"""Chain of leaky integrators in continuous time: A = -I + w S, S[i+1, i] = 1; v = e_1.

    After a pulse x_i(t) = (w t)^i e^-t / i!, i = 0 ... n - 1; at w = 1 their sum is Gamma(n, t) / Gamma(n), which
    stays near 1 until t = n: an integrator without feedback. J_tot grows with n only where w > 1 (a numerical
    finding). Spectral abscissa -1 for every w. Goldman (2009), Neuron 61:621; Ganguli, Huh & Sompolinsky (2008) in
    discrete time.

    Examples
    --------
    >>> leaky_chain(3, weight=2).drift
    array([[-1.,  0.,  0.],
           [ 2., -1.,  0.],
           [ 0.,  2., -1.]])
    """
    n, weight = whole_number("n", n), number("weight", weight)
    A = -sp.eye_array(n, format="csr") + weight * sp.eye_array(n, k=-1, format="csr")
    return ContinuousNetwork(
        A if sparse else A.toarray(),
        _first_unit(n),
        name=f"leaky chain, n = {n}, weight {weight:g}",
        known_abscissa=-1.0,
    )


def lmu(n: int, *, window: float = 1.0) -> ContinuousNetwork:
    r"""Legendre memory unit, the last `window` of the signal by Legendre polynomials, in continuous time.

    A_ij = (2 i + 1) / theta * (-1 if i < j, else (-1)^(i-j+1)), v_i = (2 i + 1) (-1)^i / theta. The state holds the
    Legendre coefficients of the signal in the last theta (`window`): without noise x_i P_i(2 t / theta - 1), summed
    over i = 0 ... n - 1, is about s(now - t), and the sum of the x_i has as transfer function the Pade approximant
    [n-1 / n] of a delay, e^(-theta s). Voelker, Kajic & Eliasmith (2019), NeurIPS 32, eqs 2 and 3.

    Examples
    --------
    >>> lmu(3).drift
    array([[-1., -1., -1.],
           [ 3., -3., -3.],
           [-5.,  5., -5.]])
    """
    return replace(hippo_legt(n, window=window, scaling="raw"), name=f"LMU, n = {n}, window {window:g}")


def hippo_legt(n: int, *, window: float = 1.0, scaling: str = "normalised") -> ContinuousNetwork:
    r"""HiPPO's translated Legendre memory, the Legendre memory unit in either scaling, in continuous time.

    A_ij = p_i p_j / theta * (-1 if i < j, else (-1)^(i-j+1)), v_i = (-1)^i p_i / theta, p_i = sqrt(2 i + 1). A + A' =
    -(theta v v' + p p' / theta): activity is lost by what enters and by what leaves the window theta, and by nothing
    else. With scaling "raw" it is the Legendre memory unit, `lmu`: D A D^-1, D v with D = diag(p). Gu, Dao, Ermon,
    Rudra & Re (2020), NeurIPS 33, theorem 1.

    Examples
    --------
    >>> hippo_legt(2).drift.round(3)
    array([[-1.   , -1.732],
           [ 1.732, -3.   ]])
    """
    n, window = whole_number("n", n), number("window", window, at_least=SHORTEST_WINDOW)
    i = np.arange(n)
    parity = (-1.0) ** i
    A = np.where(i[:, None] < i, -1.0, -np.outer(parity, parity)) / window
    A, v = _scaled(A, parity / window, scaling)
    return ContinuousNetwork(A, v, name=f"HiPPO-LegT, {scaling}, n = {n}, window {window:g}")


def hippo_legs(n: int, *, scaling: str = "normalised") -> ContinuousNetwork:
    r"""HiPPO's scaled Legendre memory, the whole past ever more compressed, in continuous time.

    A_ij = -p_i p_j if i > j, -(i + 1) if i = j, 0 above; v = p, p_i = sqrt(2 i + 1). A + A' = -(I + p p').
    Eigenvalues -1, -2, ..., -n. The memory of the whole past is x' = (A x + v s) / t; this is the network with
    constant coefficients, as in S4 models, whose memory fades: after a pulse x_i = p_i P_i(2 e^-t - 1) e^-t. J_tot =
    ||v||^2 = n^2, as of a normal network. With scaling "raw" it is D A D^-1, D v with D = diag(p), and J_tot is
    another. Gu, Dao, Ermon, Rudra & Re (2020), NeurIPS 33, theorem 2; Gu, Goel & Re (2022), ICLR, eq. 2.

    Examples
    --------
    >>> hippo_legs(3, scaling="raw").drift
    array([[-1.,  0.,  0.],
           [-3., -2.,  0.],
           [-5., -5., -3.]])
    """
    n = whole_number("n", n)
    i = np.arange(n)
    A = np.where(i[:, None] > i, -1.0, 0.0) + np.diag(-(i + 1) / (2 * i + 1))
    A, v = _scaled(A, np.ones(n), scaling)
    np.fill_diagonal(A, -(i + 1.0))  # exact: it is the spectrum
    return ContinuousNetwork(A, v, name=f"HiPPO-LegS, {scaling}, n = {n}", known_abscissa=-1.0)


def _scaled(A, v, scaling):
    """(p_i A_ij p_j, p_i v_i) where the coordinates are normalised; (p_i^2 A_ij, p_i^2 v_i) where they are raw."""
    if scaling not in SCALINGS:
        raise InvalidNetworkError(f"scaling is {scaling!r}; it must be one of {', '.join(map(repr, SCALINGS))}")
    degrees = 2.0 * np.arange(len(v)) + 1
    if scaling == "raw":
        return degrees[:, None] * A, degrees * v
    p = np.sqrt(degrees)
    return np.sqrt(np.outer(degrees, degrees)) * A, p * v
