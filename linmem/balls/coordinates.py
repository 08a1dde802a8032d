r"""Coordinates in which the noise covariance is near the identity, by as many bits as they take.

For an exact invertible Y, the state y = Y h of a network h_t = W h_{t-1} + z_t with noise Q has

    B = Y W Y^-1,    M = Y Q Y*,    C_y = Y C Y*,    C_y = B C_y B* + M.

Y is near S^-* for a factor C = S* S. Nothing about it is assumed: where C is ill-conditioned no double holds the digits
that cancel in these products, but B and M hold no large numbers once C_y is near the identity. Hence the products are
formed with more bits, and doubles do for all that follows.

What is proved: S and Y are both exact. With G = I - Y S*, measured, Y^-1 = S* (I - G)^-1, so that

    ||Y W Y^-1 - Y W S*|| <= ||Y W S*|| ||G|| / (1 - ||G||).

The bits count the condition of S once, where an inverse in balls would count it twice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg as sl
from flint import arb, arb_mat, ctx

from linmem.balls.bounded import (
    Bounded,
    InconclusiveError,
    Matrix,
    above,
    adjoint,
    exact,
    frobenius,
    shifted,
)
from linmem.balls.stein import cayley
from linmem.linalg.stein import ULP, accumulate, accumulate_factor
from linmem.linalg.structure import hermitian_part

START_BITS = 256  # for the Cayley transform, before the condition is known
SPARE_BITS = 80  # beside those of the condition: B and M are then known far better than doubles know them
RESIDUAL_BITS = 128
UPWARD = 1 + 1e-9  # more than doubles lose in a norm of N x N numbers, N^2 ulps
SMALLEST = 1e-290  # more than doubles lose below the normal range
MAX_BITS = 2**13
MAX_ROUNDS = 16
SINGLE_STEPS = (4, 32, 256)  # of the powers of W that a rough factor takes one by one, before they are squared
NEAR = 1e-6  # ||C_y - I|| at which doubles can do the rest: its square is of the size of their rounding
RESOLVED = 1e-13  # of the largest eigenvalue of C_y: smaller ones are rounding


@dataclass(frozen=True, eq=False)
class Coordinates:
    """A network in exact coordinates y = Y h.

    Attributes
    ----------
    inward, outward
        Y and S*, lower triangular, with Y S* near I.
    defect
        A bound of ||(I - G)^-1 - I||.
    step, noise
        Y W S* and M = Y Q Y* in balls; in continuous time those of the Cayley transform, which has the same C.
    flow
        Y A S* in balls in continuous time, else None.
    bits
        The precision at which they were computed.
    """

    inward: Matrix
    outward: Matrix
    defect: float
    step: Matrix
    noise: Matrix
    flow: Matrix | None
    bits: int

    def states(self, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Y X for doubles X, (N, d), as doubles, and a bound of the error of each column, (d,)."""
        with ctx.workprec(self.bits):
            return _nearest_columns(self.inward * exact(columns.astype(_kind(self.inward), copy=False)))

    @property
    def factor(self) -> np.ndarray:
        """Y^-* = (I - G*)^-1 S as doubles, upper triangular: each column to an ulp, as G is far smaller."""
        return as_array(adjoint(self.outward))

    def nearest(self, product: Matrix) -> tuple[np.ndarray, float]:
        """Doubles near X (I - G)^-1 for one of the products X = Y W S* or Y A S*, and a bound of their distance."""
        values = as_array(product)
        with ctx.workprec(self.bits):
            distance = norm_bound(product - exact(values))
        return values, float((distance + self.defect * (np.linalg.norm(values) + distance)) * UPWARD)

    def residual(self) -> tuple[np.ndarray, float]:
        """I - B B* - M as doubles, Hermitian, and a bound of its error."""
        with ctx.workprec(RESIDUAL_BITS):
            balls = shifted(self.step * adjoint(self.step) * -1 - self.noise, 1)
            R = hermitian_part(as_array(balls))
            distance = norm_bound(balls - exact(R))
        square = np.linalg.norm(as_array(self.step)) ** 2
        return R, float((distance + self.defect * (2 + self.defect) * square) * UPWARD)


def near_identity(W: np.ndarray, Q: np.ndarray, variance: float = 1.0, continuous: bool = False) -> Coordinates:
    """Coordinates for the noise Q / `variance` with ||C_y - I|| < 1e-6, as far as doubles tell.

    Raises InconclusiveError where none are found.
    """
    dtype = np.result_type(W, Q)
    W, Q = W.astype(dtype, copy=False), Q.astype(dtype, copy=False)
    factor = _rough_factor(W, Q / variance, continuous)
    with ctx.workprec(START_BITS):
        S = exact(factor)
    inverse = sl.solve_triangular(factor, np.eye(len(W)), check_finite=False)
    with np.errstate(over="ignore"):
        condition = np.linalg.norm(factor) * np.linalg.norm(inverse)
    bits = START_BITS if not np.isfinite(condition) else int(SPARE_BITS + np.log2(condition))
    for _ in range(MAX_ROUNDS):
        coordinates = _in_coordinates(W, Q, variance, continuous, S, bits)
        L = _factor_of_covariance(coordinates)
        if L is None:
            return coordinates
        with ctx.workprec(coordinates.bits + SPARE_BITS):
            S = (adjoint(exact(L)) * adjoint(coordinates.outward)).mid()
        bits = coordinates.bits
    raise InconclusiveError("no coordinates were found in which the noise covariance is near the identity")


def _rough_factor(W: np.ndarray, Q: np.ndarray, continuous: bool) -> np.ndarray:
    """S, upper triangular and invertible, with C very roughly S* S."""
    if continuous:
        with ctx.workprec(START_BITS):
            step, noise, _ = cayley(Bounded(exact(W)), Bounded(exact(Q)))
            W, Q = as_array(step.mid), as_array(noise.mid)
    try:
        G = np.linalg.cholesky(Q)
    except np.linalg.LinAlgError:
        G = np.diag(np.sqrt(np.abs(np.diag(Q))))
    # more of the steps that lose nothing where the powers do not fall to zero, as squaring leaves rounding in them
    for single_steps in SINGLE_STEPS:
        accumulated = accumulate_factor(W, G, single_steps=single_steps)
        if accumulated is not None:
            break
    else:
        raise InconclusiveError("powers of W overflow, or do not fall to zero in doubles")
    S = accumulated[0].astype(W.dtype, copy=False)
    least = ULP * np.abs(S).max(axis=0)
    return S + np.diag(np.where(np.abs(np.diag(S)) < least, least, 0))


def _in_coordinates(
    W: np.ndarray, Q: np.ndarray, variance: float, continuous: bool, S: Matrix, bits: int
) -> Coordinates:
    """The network in the coordinates of S, with more bits where these are too few."""
    while bits <= MAX_BITS:
        with ctx.workprec(bits):
            coordinates = _at_precision(exact(W), exact(Q) / arb(variance), continuous, S, bits)
        if coordinates is not None:
            return coordinates
        bits = bits * 3 // 2
    raise InconclusiveError(f"S was not inverted within {MAX_BITS} bits")


def _at_precision(W: Matrix, Q: Matrix, continuous: bool, S: Matrix, bits: int) -> Coordinates | None:
    """The network in the coordinates of S, or None where these bits leave B or M unknown."""
    try:
        inward = adjoint(_triangular_inverse(S))
    except ZeroDivisionError:
        return None
    outward = adjoint(S)
    defect = norm_bound(shifted(inward * outward, -1))
    if not defect < RESOLVED:
        return None
    flow = inward * (W * outward) if continuous else None
    if continuous:
        step, noise, _ = cayley(Bounded(W), Bounded(Q))
        W, Q = step.balls(), noise.balls()
    moved = inward * (W * outward), inward * (Q * adjoint(inward))
    # narrow beside the matrix, or beside the identity
    if not all(norm_bound(balls - balls.mid()) < RESOLVED * max(1, norm_bound(balls)) for balls in moved):
        return None
    return Coordinates(inward, outward, defect / (1 - defect) * UPWARD, *moved, flow, bits)


def _factor_of_covariance(coordinates: Coordinates) -> np.ndarray | None:
    """L, lower triangular, with C_y roughly L L*; None where C_y is already near the identity."""
    B, M = as_array(coordinates.step), as_array(coordinates.noise)
    C = accumulate(B, hermitian_part(M))[0]
    if not np.isfinite(C).all():
        raise InconclusiveError("the rough coordinates of the noise covariance were too rough")
    C = hermitian_part(C)
    if np.linalg.norm(C - np.eye(len(C))) < NEAR:
        return None
    spectrum, vectors = sl.eigh(C, check_finite=False)
    roots = np.sqrt(np.maximum(spectrum, RESOLVED * spectrum[-1]))
    return sl.qr((vectors * roots).conj().T, mode="r", check_finite=False)[0].conj().T


def _triangular_inverse(S: Matrix) -> Matrix:
    """Near S^-1 for upper triangular S, by halves: [[A, B], [0, D]]^-1 = [[A^-1, -A^-1 B D^-1], [0, D^-1]]."""
    size, kind = S.nrows(), type(S)
    if size <= 16:
        inverse = S.inv().mid().tolist()
        for i, row in enumerate(inverse):
            row[:i] = [0] * i
        return kind(inverse)
    half = size // 2
    rows = S.tolist()
    A = _triangular_inverse(kind([row[:half] for row in rows[:half]]))
    B = kind([row[half:] for row in rows[:half]])
    D = _triangular_inverse(kind([row[half:] for row in rows[half:]]))
    across = -(A * (B * D)).mid()
    zeros = [0] * half
    top = [left + right for left, right in zip(A.tolist(), across.tolist(), strict=True)]
    return kind(top + [zeros + row for row in D.tolist()])


def _kind(matrix: Matrix) -> type:
    """The type of double that is near an entry."""
    return float if isinstance(matrix, arb_mat) else complex


def as_array(matrix: Matrix) -> np.ndarray:
    """Doubles near the midpoints."""
    values = list(map(_kind(matrix), matrix.mid().entries()))
    return np.array(values).reshape(matrix.nrows(), matrix.ncols())


def norm_bound(balls: Matrix) -> float:
    """A bound of the spectral norm of all matrices in the balls: the Frobenius norm of the midpoints, and

    sqrt(||R||_1 ||R||_inf) for the radii R, whose sums flint forms as products of balls around zero.
    """
    around_zero = balls - balls.mid()
    ones = exact(np.ones((balls.ncols(), 1), _kind(balls))), exact(np.ones((1, balls.nrows()), _kind(balls)))
    by_row, by_column = around_zero * ones[0], ones[1] * around_zero
    largest = [max(above(abs(entry)) for entry in sums.entries()) for sums in (by_row, by_column)]
    return float(np.linalg.norm(as_array(balls)) + np.sqrt(largest[0] * largest[1])) * UPWARD + SMALLEST


def _nearest_columns(balls: Matrix) -> tuple[np.ndarray, np.ndarray]:
    """Doubles near the entries, and a bound of the error of each column."""
    values = as_array(balls)
    kind = type(balls)
    columns = zip(*(balls - exact(values)).tolist(), strict=True)
    return values, np.array([above(frobenius(kind([list(column)]))) for column in columns])
