"""The working precision of a proof: doubled until the enclosure is as narrow as required.

Nothing is proved here. A precision that is too low shows itself, as the proof fails or its bounds are wide; where to
begin is a guess from the condition of the noise covariance in double precision.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from flint import ctx

from linmem.balls.bounded import Enclosed, InconclusiveError, Matrix, Rounded, exact
from linmem.linalg.eigenvalue_bounds import least_eigenvalue
from linmem.linalg.stein import accumulate
from linmem.remembering import content_of, kept

START_BITS = 128
LIMIT_BITS = 4096  # of large matrices
LARGEST_LIMIT = 2**15  # of small ones
BITS_TIMES_UNITS = 2**19  # between the two: a product of two matrices then takes about as long as for 128 units
HIGHEST_START = 1024
MANY = 400  # numbers from which on what is proved about a matrix is worth keeping
SPARE_BITS = 24  # beside those of the condition and the tolerance


def escalated(
    proof: Callable[..., Sequence[Rounded]],
    arrays: Sequence[np.ndarray],
    rtol: float,
    limit: int | None = None,
    bits: int | None = None,
) -> Enclosed:
    """The enclosure that `proof` finds from the arrays, exact, with the fewest bits for which its width is `rtol`.

    `proof` returns pairs of values and errors. Raises InconclusiveError where `limit` bits are too few; where it is
    None, the limit is the higher the smaller the first array is.
    """
    if limit is None:
        limit = min(LARGEST_LIMIT, max(LIMIT_BITS, BITS_TIMES_UNITS // len(arrays[0])))
    bits = START_BITS if bits is None else bits
    while bits <= limit:
        enclosed = _at_precision(bits, proof, arrays)
        if enclosed is not None and enclosed.relative_error <= rtol:
            return enclosed
        bits *= 2
    raise InconclusiveError(f"no enclosure of relative width {rtol:g} within {limit} bits")


def _at_precision(bits: int, proof: Callable[..., Sequence[Rounded]], arrays: Sequence[np.ndarray]) -> Enclosed | None:
    dtype = np.result_type(*arrays)
    with ctx.workprec(bits):
        try:
            pairs = proof(*(_exact_once(np.asarray(array, dtype)) for array in arrays))
        except (InconclusiveError, ZeroDivisionError):  # flint's solve and inv: the balls hold a singular matrix
            return None
    values, errors = zip(*pairs, strict=True)
    return Enclosed(values, errors, bits)


def _exact_once(array: np.ndarray) -> Matrix:
    """The array as it is, at any precision; the same object for equal arrays of one check."""
    if array.size < MANY:
        return exact(array)
    return kept((exact, *content_of(array)), lambda: exact(array))


def first_bits(W: np.ndarray, Q: np.ndarray, horizon: int | None, continuous: bool, rtol: float, snr: float = 0) -> int:
    """The number of bits to begin with: what residuals of `rtol` are likely to take.

    The residual of J^s counts ||C|| / q twice, q the least eigenvalue of Q, and half of it is lost on the way; that of
    a signal counts its variance, `snr`, once.
    """
    for_signal = int(np.log2(1 + snr))
    if continuous:
        return START_BITS + for_signal
    C, _ = accumulate(np.asarray(W), np.asarray(Q), horizon)
    if not np.isfinite(C).all():
        return START_BITS + for_signal
    # where C lost all its digits its diagonal may be negative, and is still about as large as it should be
    smallest = least_eigenvalue(Q)
    with np.errstate(over="ignore"):  # infinitely many bits are as many as there may be
        spread = np.abs(np.diag(C)).sum() / smallest if smallest else np.inf
    if not np.isfinite(spread):
        return START_BITS + for_signal
    bits = 2.5 * np.log2(spread) - np.log2(rtol) + SPARE_BITS
    return int(np.clip(bits, START_BITS, HIGHEST_START)) + for_signal
