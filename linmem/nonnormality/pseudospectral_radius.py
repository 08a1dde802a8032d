r"""The pseudospectral radius and the pseudospectral abscissa: how far perturbations of norm eps can move eigenvalues.

Conventions
-----------
The eps-pseudospectrum is the set of z with sigma_min(z - W) <= eps: the eigenvalues of all W + E with ||E|| <= eps.

Contents
--------
pseudospectral_abscissa
    The largest real part in it.
pseudospectral_radius
    The largest modulus in it.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg as sl

from linmem.linalg.blas import one_blas_thread
from linmem.linalg.stein import ULP
from linmem.linalg.structure import binary_exponent, times_power_of_two
from linmem.network import NetworkOrMatrix, as_network
from linmem.validation import number

CROSSINGS = 50  # rounds of the criss-cross, more than it takes: it converges quadratically
ON_THE_LINE = 1e-6  # relative distance: a double eigenvalue on a line moves off it by the root of an ulp
INSIDE = 1e-6  # relative, by which sigma_min may exceed eps at a point that counts as inside


def pseudospectral_abscissa(W: NetworkOrMatrix, eps: float) -> float:
    r"""Pseudospectral abscissa alpha_eps(W), the largest real part of an eigenvalue of any W + E with ||E|| <= eps.

    Parameters
    ----------
    W
        A matrix (N, N) or a network; in continuous time its drift.
    eps
        The norm of the perturbation, above 0.

    Raises
    ------
    ArgumentError
        eps <= 0.
    InvalidNetworkError
        W is a stack, or a sparse matrix of more than 6000 units.

    Notes
    -----
    The criss-cross method of Burke, Lewis & Overton (2003), IMA J. Numer. Anal. 23:359: a vertical line crosses the
    boundary of the eps-pseudospectrum where a Hamiltonian matrix has imaginary eigenvalues. From the middle of each
    part of the line inside, a horizontal line leads to the boundary on the right, and the next vertical line goes
    through the rightmost of these points. The method converges globally and quadratically.

    Examples
    --------
    >>> round(pseudospectral_abscissa([[0, 1], [0, 0]], 1.0), 12) == round(2**0.5, 12)           # sqrt(eps^2 + eps)
    True
    """
    matrix, eps, exponent = _in_one_unit("pseudospectral_abscissa", W, eps)
    with one_blas_thread():
        spectrum = sl.eigvals(matrix)
        rightmost = spectrum[np.argmax(spectrum.real)]
        abscissa = _end_of_horizontal_line(matrix, eps, rightmost.imag)
        for _ in range(CROSSINGS):
            heights = _crossings_of_vertical_line(matrix, eps, abscissa)
            ends = [_end_of_horizontal_line(matrix, eps, height) for height in _middles(heights)]
            furthest = max(ends, default=abscissa)
            if not furthest > abscissa + 4 * ULP * abs(abscissa):
                break
            abscissa = furthest
    return float(np.ldexp(abscissa, exponent))


def pseudospectral_radius(W: NetworkOrMatrix, eps: float) -> float:
    r"""Pseudospectral radius rho_eps(W), the largest modulus of an eigenvalue of any W + E with ||E|| <= eps.

    The Kreiss constant is the supremum of (rho_eps - 1) / eps over all eps > 0. Parameters and errors are those of
    `pseudospectral_abscissa`, and so is the method, with circles and rays in place of the lines (Mengi & Overton 2005,
    IMA J. Numer. Anal. 25:648).

    Examples
    --------
    >>> round(pseudospectral_radius([[0.5, 0], [0, -0.25j]], 0.25), 12)             # normal: the radius and eps
    0.75
    """
    matrix, eps, exponent = _in_one_unit("pseudospectral_radius", W, eps)
    with one_blas_thread():
        spectrum = sl.eigvals(matrix)
        outermost = spectrum[np.argmax(np.abs(spectrum))]
        radius = _end_of_ray(matrix, eps, float(np.angle(outermost)))
        for _ in range(CROSSINGS):
            angles = _crossings_of_circle(matrix, eps, radius)
            all_around = np.append(angles, angles[:1] + 2 * np.pi)
            ends = [_end_of_ray(matrix, eps, angle) for angle in _middles(all_around)]
            furthest = max(ends, default=radius)
            if not furthest > radius * (1 + 4 * ULP):
                break
            radius = furthest
    return float(np.ldexp(radius, exponent))


def _in_one_unit(measure: str, W: NetworkOrMatrix, eps: float) -> tuple[np.ndarray, float, int]:
    """The matrix and eps, both divided by the power of two that makes the larger of them about 1, and its exponent."""
    network = as_network(W)
    eps = number("eps", eps, above=0)
    network.require_single(measure)
    matrix = network.dense()
    exponent = binary_exponent(matrix, np.array([eps]))
    return times_power_of_two(matrix, -exponent), float(np.ldexp(eps, -exponent)), exponent


def _end_of_horizontal_line(W: np.ndarray, eps: float, y: float) -> float:
    """The largest x with sigma_min(x + i y - W) = eps."""
    shift = 1j * y * np.eye(len(W))
    return _largest_real_point(W - shift, eps)


def _end_of_ray(W: np.ndarray, eps: float, angle: float) -> float:
    """The largest r with sigma_min(r e^{i angle} - W) = eps."""
    turned = np.exp(-1j * angle) * W
    return _largest_real_point(turned, eps)


def _largest_real_point(B: np.ndarray, eps: float) -> float:
    """The largest real x with sigma_min(x - B) = eps: a real eigenvalue of [[B, eps], [eps, B*]]; -inf if none."""
    identity = np.eye(len(B))
    coupling = eps * identity
    coupled = np.block([[B, coupling], [coupling, B.conj().T]])
    values = sl.eigvals(coupled, check_finite=False)
    is_real = np.abs(values.imag) <= _distance_of_rounding(values)
    level = eps * (1 + INSIDE) + 16 * ULP * len(B)
    for x in sorted(values[is_real].real, reverse=True):
        # Some of them belong to larger singular values of x - B.
        sigma = sl.svdvals(x * identity - B, check_finite=False)[-1]
        if sigma <= level:
            return float(x)
    return -np.inf


def _crossings_of_vertical_line(W: np.ndarray, eps: float, x: float) -> np.ndarray:
    """All y with sigma_min(x + i y - W) = eps, increasing: imaginary eigenvalues of a Hamiltonian matrix."""
    identity = np.eye(len(W))
    coupling = eps * identity
    shifted = W - x * identity
    hamiltonian = np.block([[shifted, coupling], [-coupling, -shifted.conj().T]])
    values = sl.eigvals(hamiltonian, check_finite=False)
    is_imaginary = np.abs(values.real) <= _distance_of_rounding(values)
    return np.sort(values[is_imaginary].imag)


def _crossings_of_circle(W: np.ndarray, eps: float, r: float) -> np.ndarray:
    """All t with sigma_min(r e^{it} - W) = eps, increasing: eigenvalues of modulus 1 of a matrix pencil."""
    identity = np.eye(len(W))
    zero = np.zeros(W.shape)
    radius = r * identity
    coupling = eps * identity
    left_matrix = np.block([[W, coupling], [zero, radius]])
    right_matrix = np.block([[radius, zero], [coupling, W.conj().T]])
    # An eigenvalue is alpha / beta, where beta may be 0.
    alpha, beta = sl.eigvals(left_matrix, right_matrix, homogeneous_eigvals=True, check_finite=False)
    numerator = np.abs(alpha)
    denominator = np.abs(beta)
    difference = np.abs(numerator - denominator)
    on_circle = difference <= ON_THE_LINE * np.maximum(numerator, denominator)
    turned = alpha[on_circle] * beta[on_circle].conj()
    return np.sort(np.angle(turned))


def _distance_of_rounding(values: np.ndarray) -> float:
    """The largest distance from a line at which an eigenvalue counts as on the line."""
    return ON_THE_LINE * float(np.abs(values).max())


def _middles(ends: np.ndarray) -> np.ndarray:
    """The middles between neighbouring points."""
    before, after = ends[:-1], ends[1:]
    return (before + after) / 2
