r"""Memory systems in continuous time: leaky chains, and the state-space models of machine learning.

Conventions
-----------
dx = (A x + V s) dt + dB, with noise of variance 1 per unit of time in every coordinate. The coordinates of a
polynomial memory can be scaled: they are the coefficients of the Legendre polynomials P_i (`scaling="raw"`), or of the
orthonormal sqrt(2 i + 1) P_i (`scaling="normalised"`). The response to a signal does not depend on the scaling, but
independent noise in one scaling is not independent noise in the other, so J differs. V is the published one, which is
not a unit vector: J is proportional to ||V||^2.

Contents
--------
leaky_chain
    A delay line of leaky integrators.
lmu
    The signal in the last `window`, by Legendre polynomials: the Legendre memory unit.
hippo_legt
    The Legendre memory unit in either scaling.
hippo_legs
    The whole past, compressed more and more with age.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from linmem.connectivity.construction import first_unit, stored
from linmem.network import ContinuousNetwork
from linmem.validation import number, option, whole_number

SCALINGS = ("normalised", "raw")
SHORTEST_WINDOW = 1e-300  # the rates of a shorter one overflow


def leaky_chain(n: int, *, weight: float = 1.0, sparse: bool = False) -> ContinuousNetwork:
    r"""Chain of leaky integrators in continuous time: A = -I + w S, S[i+1, i] = 1; v = e_1.

    After a pulse x_i(t) = (w t)^i e^-t / i!, i = 0 ... n - 1. At w = 1 the sum of the x_i is Gamma(n, t) / Gamma(n),
    which stays near 1 until t = n: an integrator without feedback. J_tot grows with n only for w > 1 (a numerical
    finding). The spectral abscissa is -1 for every w. Goldman (2009), Neuron 61:621; Ganguli, Huh & Sompolinsky (2008)
    in discrete time.

    Parameters
    ----------
    n
        Number of units.
    weight
        w, the weight from each unit to the next.
    sparse
        Store A as a `scipy.sparse` array.

    Examples
    --------
    >>> leaky_chain(3, weight=2).drift
    array([[-1.,  0.,  0.],
           [ 2., -1.,  0.],
           [ 0.,  2., -1.]])
    """
    n = whole_number("n", n)
    weight = number("weight", weight)
    leak = sp.eye_array(n, format="csr")
    links = sp.eye_array(n, k=-1, format="csr")
    A = -leak + weight * links
    name = f"leaky chain, n = {n}, weight {weight:g}"
    return ContinuousNetwork(stored(A, sparse), first_unit(n), name=name, known_abscissa=-1.0)


def lmu(n: int, *, window: float = 1.0) -> ContinuousNetwork:
    r"""Legendre memory unit (LMU): the signal in the last `window` by Legendre polynomials, in continuous time.

    A_ij = (2 i + 1) / theta * (-1 if i < j, else (-1)^(i-j+1)), v_i = (2 i + 1) (-1)^i / theta. The state holds the
    Legendre coefficients of the signal in the last theta (`window`): without noise, the sum over i = 0 ... n - 1 of
    x_i P_i(2 t / theta - 1) is approximately s(now - t). The transfer function from the signal to the sum of the x_i is
    the Pade approximant [n-1 / n] of a delay, e^(-theta s). Voelker, Kajic & Eliasmith (2019), NeurIPS 32, eqs 2 and 3.

    Parameters
    ----------
    n
        Number of Legendre polynomials.
    window
        theta > 0, in units of time.

    Examples
    --------
    >>> lmu(3).drift
    array([[-1., -1., -1.],
           [ 3., -3., -3.],
           [-5.,  5., -5.]])
    """
    raw = hippo_legt(n, window=window, scaling="raw")
    return replace(raw, name=f"LMU, n = {n}, window {window:g}")


def hippo_legt(n: int, *, window: float = 1.0, scaling: str = "normalised") -> ContinuousNetwork:
    r"""HiPPO-LegT, the translated Legendre memory: the Legendre memory unit in either scaling, in continuous time.

    A_ij = p_i p_j / theta * (-1 if i < j, else (-1)^(i-j+1)), v_i = (-1)^i p_i / theta, p_i = sqrt(2 i + 1). A + A' =
    -(theta v v' + p p' / theta): activity is lost only by the input and by what leaves the window theta. With scaling
    "raw" it is the Legendre memory unit, `lmu`: D A D^-1, D v with D = diag(p). Gu, Dao, Ermon, Rudra & Re (2020),
    NeurIPS 33, theorem 1.

    Parameters
    ----------
    n
        Number of Legendre polynomials.
    window
        theta > 0, in units of time.
    scaling
        "normalised" for orthonormal polynomials, or "raw".

    Examples
    --------
    >>> hippo_legt(2).drift.round(3)
    array([[-1.   , -1.732],
           [ 1.732, -3.   ]])
    """
    n = whole_number("n", n)
    window = number("window", window, at_least=SHORTEST_WINDOW)
    i = np.arange(n)
    parity = (-1.0) ** i
    alternating = -np.outer(parity, parity)
    above = i[:, None] < i
    A = np.where(above, -1.0, alternating) / window
    A, v = _scaled(A, parity / window, scaling)
    name = f"HiPPO-LegT, {scaling}, n = {n}, window {window:g}"
    return ContinuousNetwork(A, v, name=name)


def hippo_legs(n: int, *, scaling: str = "normalised") -> ContinuousNetwork:
    r"""HiPPO-LegS, the scaled Legendre memory: the whole past, compressed more with age, in continuous time.

    A_ij = -p_i p_j if i > j, -(i + 1) if i = j, 0 above; v = p, p_i = sqrt(2 i + 1). A + A' = -(I + p p'). The
    eigenvalues are -1, -2, ..., -n. The memory of the whole past is x' = (A x + v s) / t. This is the network with
    constant coefficients, as in S4 models, whose memory fades: after a pulse x_i = p_i P_i(2 e^-t - 1) e^-t. J_tot =
    ||v||^2 = n^2, as for a normal network. With scaling "raw" it is D A D^-1, D v with D = diag(p), and J_tot is
    different. Gu, Dao, Ermon, Rudra & Re (2020), NeurIPS 33, theorem 2; Gu, Goel & Re (2022), ICLR, eq. 2.

    Parameters
    ----------
    n
        Number of Legendre polynomials.
    scaling
        "normalised" for orthonormal polynomials, or "raw".

    Examples
    --------
    >>> hippo_legs(3, scaling="raw").drift
    array([[-1.,  0.,  0.],
           [-3., -2.,  0.],
           [-5., -5., -3.]])
    """
    n = whole_number("n", n)
    i = np.arange(n)
    is_below = i[:, None] > i
    below = np.where(is_below, -1.0, 0.0)
    diagonal = -(i + 1) / (2 * i + 1)
    A, v = _scaled(below + np.diag(diagonal), np.ones(n), scaling)
    # exact, as the diagonal is the spectrum and the scaling rounds it
    np.fill_diagonal(A, -(i + 1.0))
    return ContinuousNetwork(A, v, name=f"HiPPO-LegS, {scaling}, n = {n}", known_abscissa=-1.0)


def _scaled(A: np.ndarray, v: np.ndarray, scaling: str) -> tuple[np.ndarray, np.ndarray]:
    """(p_i A_ij p_j, p_i v_i) for normalised coordinates, (p_i^2 A_ij, p_i^2 v_i) for raw ones."""
    scaling = option("scaling", scaling, SCALINGS)
    degrees = 2.0 * np.arange(len(v)) + 1  # p_i^2
    if scaling == "raw":
        return degrees[:, None] * A, degrees * v
    # one root of the product, which rounds once, and is exact on the diagonal
    products = np.outer(degrees, degrees)
    return np.sqrt(products) * A, np.sqrt(degrees) * v
