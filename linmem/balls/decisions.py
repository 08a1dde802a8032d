"""What doubles leave open about a stored matrix, decided by exact arithmetic.

python-flint is loaded by the functions, where a decision is needed: these functions are imported with the package.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import scipy.linalg as sl
import scipy.sparse as sparse

from linmem.linalg.eigenvalue_bounds import Abscissa, Stability
from linmem.linalg.stein import ULP
from linmem.linalg.structure import with_unit_diagonal

LARGEST = 200  # units: seconds, and a minute for a complex matrix
LARGEST_RANK = 2000  # units: a minute
PRIMES = (4384977350868809581, 2750166860172101441)  # drawn from those of 62 bits, 1 modulo 4: -1 has a root
PRECISIONS = (128, 512, 2048)  # bits at which a matrix is tried to be proved positive definite

Bounds = TypeVar("Bounds", bound=Stability)


def settled(bounds: Bounds, W: Any) -> Bounds:
    """The bounds of a spectral radius or abscissa where they decide stability, else those of ball arithmetic.

    The given bounds are returned for more than `LARGEST` units, and where no precision proves better ones.
    """
    return bounds if bounds.stable is not None else _enclosed(bounds, W)


def narrowed(bounds: Bounds, W: Any, rtol: float) -> Bounds:
    """The bounds where they are narrow, relative to the value, else those of ball arithmetic, under the same terms."""
    return bounds if bounds.upper - bounds.lower <= rtol * abs(bounds.value) else _enclosed(bounds, W)


def _enclosed(bounds: Bounds, W: Any) -> Bounds:
    if W.shape[-1] > LARGEST:
        return bounds
    from linmem.balls.bounded import InconclusiveError
    from linmem.balls.spectrum import enclose_spectral_radius

    dense = W.toarray() if sparse.issparse(W) else W
    try:
        enclosed, stable = enclose_spectral_radius(dense, continuous=isinstance(bounds, Abscissa))
    except InconclusiveError:
        return bounds
    value, error = float(enclosed.values[0]), float(enclosed.errors[0])
    lower, upper = (np.nextafter([value - error, value + error], [-np.inf, np.inf])) if error else (value, value)
    return type(bounds)(value, float(lower), float(upper), proved=stable)


def is_positive_definite(Q: np.ndarray) -> bool | None:
    """Whether a Hermitian matrix of doubles is positive definite; None where that stays open.

    It does not depend on the units of the entries: Q is scaled to a diagonal of about one, by powers of two. Where the
    smallest eigenvalue is within rounding of zero, ball arithmetic proves that it is positive, up to `LARGEST` units.
    """
    if not (Q.diagonal().real > 0).all():
        return False
    near_one, _ = with_unit_diagonal(Q)
    smallest = sl.eigvalsh(near_one)[0]
    margin = 4 * ULP * len(Q) * np.abs(near_one).max()
    if abs(smallest) > margin:
        return bool(smallest > 0)
    if len(Q) > LARGEST:
        return None
    from flint import ctx

    from linmem.balls.bounded import exact
    from linmem.balls.positive import factored

    for bits in PRECISIONS:
        with ctx.workprec(bits):
            if factored(exact(near_one)) is not None:
                return True
    return None


def reached_dimension(W: np.ndarray, v: np.ndarray) -> int | None:
    """The dimension of span(v, W v, W^2 v, ...) for the stored doubles; None for more than `LARGEST_RANK` units.

    It is the rank of a matrix of dyadic rationals (of Gaussian ones), and so the same in any units. Modulo a prime,
    with a root of -1 for i, the rank is never larger. It is smaller only if the prime divides one number that the
    matrix determines: of N^2 thousand bits, so that a prime drawn from 10^16 does with a probability below N^2 10^-15,
    and two of them with its square.
    """
    size = len(W)
    if size > LARGEST_RANK:
        return None
    dimension = 0
    for prime in PRIMES:
        dimension = max(dimension, _rank_of_states(W, v, prime))
        if dimension == size:  # which one prime proves
            break
    return dimension


def _rank_of_states(W: np.ndarray, v: np.ndarray, prime: int) -> int:
    """The rank of [v, W v, ..., W^(N-1) v] modulo a prime."""
    from flint import nmod_mat

    size = len(W)
    step = nmod_mat(size, size, _residues(W, prime), prime)
    state = nmod_mat(size, 1, _residues(v, prime), prime)
    states = []
    for _ in range(size):
        states.extend(state.entries())
        state = step * state
    return int(nmod_mat(size, size, states, prime).rank())


def _residues(array: np.ndarray, prime: int) -> list[int]:
    """Doubles m 2^e modulo an odd prime that is 1 modulo 4, where 2 has an inverse and -1 a root."""
    if np.iscomplexobj(array):
        root = next(root for base in range(2, 100) if (root := pow(base, prime // 4, prime)) not in (1, prime - 1))
        parts = zip(_residues(array.real, prime), _residues(array.imag, prime), strict=True)
        return [(real + root * imaginary) % prime for real, imaginary in parts]
    mantissa, exponent = np.frexp(array.ravel())
    whole = np.ldexp(mantissa, 53).astype(np.int64).tolist()
    first = int(exponent.min()) - 53
    powers = [pow(2, e, prime) for e in range(first, int(exponent.max()) - 52)]
    places = (exponent - 53 - first).tolist()
    return [number * powers[place] % prime for number, place in zip(whole, places, strict=True)]
