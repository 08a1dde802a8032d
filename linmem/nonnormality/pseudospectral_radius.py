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

from typing import NamedTuple

import numpy as np
import scipy.linalg as sl

from linmem.errors import AccuracyError
from linmem.linalg.blas import one_blas_thread
from linmem.linalg.curve_distances import exceeds_along_curve, least_margin, point_on_curve
from linmem.linalg.stein import ULP
from linmem.linalg.structure import binary_exponent, times_power_of_two
from linmem.measured import Measured
from linmem.network import NetworkOrMatrix, as_network
from linmem.nonnormality.matrix_powers import product_rounding
from linmem.validation import number

CROSSINGS = 50  # rounds of the criss-cross, more than it takes: it converges quadratically
ON_THE_LINE = 1e-6  # relative distance: a double eigenvalue on a line moves off it by the root of an ulp
INSIDE = 1e-6  # relative, by which sigma_min may exceed eps at a point that counts as inside
NEWTON_STEPS = 4  # along a ray
REAL = 1e-12  # sine of the angle of a ray that counts as a part of the real axis: the end of a ray is a start for more
WIDENINGS = 6  # of the distance of the curve that is tried from the point found, each tenfold
ACCURATE = {30: 1e-8, 200: 1e-4}  # largest number of units -> relative error beyond which balls are asked
SPARE = 1.01  # on the error: the bounds have been rounded
USELESS = 0.1  # relative error that leaves no digit


def pseudospectral_abscissa(W: NetworkOrMatrix, eps: float) -> Measured:
    r"""Pseudospectral abscissa alpha_eps(W), the largest real part of an eigenvalue of any W + E with ||E|| <= eps.

    Parameters
    ----------
    W
        A matrix (N, N) or a network; in continuous time its drift.
    eps
        The norm of the perturbation, above 0.

    Returns
    -------
    Measured
        With its `error`, and with `point`, the z where it is attained.

    Raises
    ------
    AccuracyError
        No digit is known: double precision does not know eigenvalues that eps moves by less than rounding does, and the
        matrix is too large for more digits, or they do not settle it. `.result` has the bracket as value and error.
    ArgumentError
        eps <= 0.
    InvalidNetworkError
        W is a stack, or a sparse matrix of more than 6000 units.

    Notes
    -----
    The criss-cross method of Burke, Lewis & Overton (2003), IMA J. Numer. Anal. 23:359: a vertical line crosses the
    boundary of the eps-pseudospectrum where a Hamiltonian matrix has imaginary eigenvalues. From the middle of each
    part of the line inside, a horizontal line leads to the boundary on the right, and the next vertical line goes
    through the rightmost of these points, until no line crosses.

    Rounding can hide a crossing. The error is therefore what remains between two bounds of the result. At the point
    returned, moved inwards by its rounding, sigma_min <= eps. Along a line a little to the right sigma_min > eps, which
    one matrix shows for all of its points at once (`linmem.linalg.curve_distances`); the error is a bound up to an
    estimate of the rounding of that test. Where it exceeds 1e-8, relative, up to 30 units are enclosed in
    ball arithmetic, and the error is proved; up to 200 units where it exceeds 1e-4, which takes minutes.

    Examples
    --------
    >>> round(pseudospectral_abscissa([[0, 1], [0, 0]], 1.0), 12) == round(2**0.5, 12)           # sqrt(eps^2 + eps)
    True
    """
    return _extreme("pseudospectral_abscissa", W, eps, continuous=True)


def pseudospectral_radius(W: NetworkOrMatrix, eps: float) -> Measured:
    r"""Pseudospectral radius rho_eps(W), the largest modulus of an eigenvalue of any W + E with ||E|| <= eps.

    The Kreiss constant is the supremum of (rho_eps - 1) / eps over all eps > 0. Parameters and errors are those of
    `pseudospectral_abscissa`, and so is the method, with circles and rays in place of the lines (Mengi & Overton 2005,
    IMA J. Numer. Anal. 25:648).

    Examples
    --------
    >>> round(pseudospectral_radius([[0.5, 0], [0, -0.25j]], 0.25), 12)             # normal: the radius and eps
    0.75
    """
    return _extreme("pseudospectral_radius", W, eps, continuous=False)


class _Found(NamedTuple):
    """A point of the pseudospectrum, a lower bound of its real part or modulus, and an upper bound of all of them."""

    point: complex
    lower: float
    upper: float

    @property
    def relative_error(self) -> float:
        """The distance between the bounds, relative to the result."""
        width = self.upper - self.lower
        return width / max(abs(self.upper), np.finfo(float).tiny) if np.isfinite(width) else np.inf


def _extreme(measure: str, W: NetworkOrMatrix, eps: float, continuous: bool) -> Measured:
    """The abscissa, or the radius, with its error and its point: in doubles first, in balls where they do not do."""
    network = as_network(W)
    eps = number("eps", eps, above=0)
    network.require_single(measure)
    matrix = network.dense()
    exponent = binary_exponent(matrix, np.array([eps]))
    found = _in_doubles(times_power_of_two(matrix, -exponent), float(np.ldexp(eps, -exponent)), continuous)
    point = complex(times_power_of_two(np.array([found.point]), exponent)[0])
    acceptable = next((error for size, error in ACCURATE.items() if network.size <= size), np.inf)
    if found.relative_error > acceptable:
        enclosed = _in_balls(matrix, eps, point, continuous)
        if enclosed is not None:
            return enclosed
    # the point itself is within rounding of the set, and is the best value there is
    value = point.real if continuous else abs(point)
    upper, lower = np.ldexp(found.upper, exponent), np.ldexp(found.lower, exponent)
    error = SPARE * float(max(upper - value, value - lower))
    result = Measured(value, error, "criss-cross", point)
    if not found.relative_error < USELESS:
        reason = f"eps={eps:g} is below what rounding does to the eigenvalues of this matrix"
        raise AccuracyError(result.relative_error, USELESS, result, reason=reason)
    return result


def _in_balls(W: np.ndarray, eps: float, point: complex, continuous: bool) -> Measured | None:
    """The extreme, enclosed; None where no enclosure was found."""
    from linmem.balls.bounded import InconclusiveError
    from linmem.balls.pseudospectral_radius import enclose_pseudospectral_extreme

    try:
        with one_blas_thread():
            enclosed = enclose_pseudospectral_extreme(W, eps, point, continuous)
    except InconclusiveError:
        return None
    result = Measured(enclosed.values[0], enclosed.errors[0], "balls", enclosed.point)
    return result if result.relative_error < USELESS else None


# double precision, for a matrix with entries of about 1


def _in_doubles(W: np.ndarray, eps: float, continuous: bool) -> _Found:
    """The criss-cross, until nothing is left outside of the curve through the best point."""
    spectrum = sl.eigvals(W)
    with one_blas_thread(), np.errstate(all="ignore"):
        if continuous:
            first = spectrum[np.argmax(spectrum.real)]
            at, along = -np.inf, [float(first.imag)]
        else:
            first = spectrum[np.argmax(np.abs(spectrum))]
            at, along = -np.inf, [float(np.angle(first))]
        best = complex(first)
        for _ in range(CROSSINGS):
            ends = [(_end_of_line(W, eps, place, continuous), place) for place in along]
            furthest, place = max(ends, default=(-np.inf, 0.0))
            if not furthest > (at + 4 * ULP * abs(at) if np.isfinite(at) else at):
                break
            at, best = furthest, point_on_curve(furthest, place, continuous)
            found = _bracket(W, eps, best, spectrum, continuous, widenings=1)
            if np.isfinite(found.upper):
                return found
            along = _places_inside(W, eps, at, continuous)
        return _bracket(W, eps, best, spectrum, continuous, WIDENINGS)


def _bracket(W: np.ndarray, eps: float, z: complex, spectrum: np.ndarray, continuous: bool, widenings: int) -> _Found:
    """Bounds next to a point near the extreme; the upper one is infinite where it was not found."""
    z, lower, slope = _point_inside(W, eps, z, continuous)
    reach = _reach(z, continuous)
    rounding = product_rounding(len(W)) * (float(sl.norm(W)) + abs(z))
    # doubles know the number of eigenvalues inside of a curve where sigma_min exceeds the rounding of a Schur form
    outermost = float(np.max(spectrum.real if continuous else np.abs(spectrum)))
    if not (slope > 0 and eps > 8 * rounding):
        return _Found(z, lower, np.inf)
    spare = least_margin(W, abs(reach), continuous)
    width = max(4 * ULP * abs(reach), spare / (eps * slope))
    for _ in range(widenings):
        at = max(reach, lower) + width
        if width > USELESS * (abs(reach) + eps):
            break
        if at > outermost and exceeds_along_curve(W, at, eps, eps * slope * width, continuous):
            return _Found(z, lower, at)
        width *= 10
    return _Found(z, lower, np.inf)


def _point_inside(W: np.ndarray, eps: float, z: complex, continuous: bool) -> tuple[complex, float, float]:
    """A point next to z with sigma_min = eps on its ray, a lower bound next to it, and d sigma_min along the ray."""
    outward = 1.0 if continuous else z / abs(z) if z else 1.0
    slope, sigma = 1.0, eps
    for _ in range(NEWTON_STEPS):
        sigma, slope, rounding = _singular_value(W, z, outward)
        step = (eps - sigma) / slope if slope > 0 else 0.0
        if not abs(step) < abs(z) + eps:
            break
        z = z + step * outward
        if abs(step) <= 4 * (ULP * abs(z) + rounding / slope):
            break
    shift = ULP * (abs(z) + eps)
    for _ in range(60):
        inside = z - shift * outward
        sigma, _, rounding = _singular_value(W, inside, outward)
        if sigma + rounding <= eps and (continuous or (inside / outward).real > 0):
            return z, _reach(inside, continuous) - 2 * ULP * abs(inside), slope
        shift *= 2
        if not shift < 4 * (abs(z) + eps):
            break
    return z, -np.inf if continuous else 0.0, slope


def _singular_value(W: np.ndarray, z: complex, outward: complex) -> tuple[float, float, float]:
    """sigma_min(z - W), its derivative along `outward`, and its rounding."""
    left, values, right = sl.svd(z * np.eye(len(W)) - W, check_finite=False)
    turn = left[:, -1].conj() @ right[-1].conj()
    return float(values[-1]), float((turn * outward).real), product_rounding(len(W)) * float(values[0])


def _reach(z: complex, continuous: bool) -> float:
    """The real part, or the modulus."""
    return z.real if continuous else abs(z)


def _places_inside(W: np.ndarray, eps: float, at: float, continuous: bool) -> list[float]:
    """Imaginary parts, or angles, in the middle of each part of a curve between two crossings.

    Of a real matrix only those of the upper half plane, which the lower one mirrors.
    """
    if continuous:
        middles = _middles(_crossings_of_vertical_line(W, eps, at))
        height = middles
    else:
        angles = _crossings_of_circle(W, eps, at)
        middles = _middles(np.append(angles, angles[:1] + 2 * np.pi))
        height = np.sin(middles)
    return list(middles if np.iscomplexobj(W) else middles[height >= -REAL])


def _end_of_line(W: np.ndarray, eps: float, along: float, continuous: bool) -> float:
    """The end of a horizontal line, or of a ray."""
    return _end_of_horizontal_line(W, eps, along) if continuous else _end_of_ray(W, eps, along)


def _end_of_horizontal_line(W: np.ndarray, eps: float, y: float) -> float:
    """The largest x with sigma_min(x + i y - W) = eps."""
    if y == 0:
        return _largest_real_point(W, eps)
    shift = 1j * y * np.eye(len(W))
    return _largest_real_point(W - shift, eps)


def _end_of_ray(W: np.ndarray, eps: float, angle: float) -> float:
    """The largest r with sigma_min(r e^{i angle} - W) = eps."""
    if not np.iscomplexobj(W) and abs(np.sin(angle)) <= REAL:  # real eigenvalues take a third of the time
        return _largest_real_point(np.sign(np.cos(angle)) * W, eps)
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
    try:
        alpha, beta = sl.eigvals(left_matrix, right_matrix, homogeneous_eigvals=True, check_finite=False)
    except (np.linalg.LinAlgError, ValueError):  # the iteration did not converge
        return np.zeros(0)
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
