r"""The Stein equation C = A C A* + Q, solved as the sum that it stands for: by products, or by orthogonal steps.

Contents
--------
accumulate, kept_powers
    C itself, by doubling: fast, and accurate where C is well conditioned.
accumulate_factor, largest_rows_first
    S with C = S* S, C never formed: accurate to half the digits of the condition, which is nearly always enough.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import scipy.linalg as sl

from linmem.linalg.blas import (
    blas_threads_for,
    congruence,
    halved,
    plus_congruence,
    product,
    product_adjoint,
    squared_norm,
)

ULP = np.finfo(float).eps
MAX_DOUBLINGS = 70  # 2^70 steps: a radius closer to one than a double can be
PROBES = 4  # random vectors that show the norm of a product before it is formed
PROBED = 64  # units from which that costs less than the product
KEPT = {2000: 6, 10**9: 2}  # powers A, A^2, A^4, ... that outlive the doubling, up to so many units: they are memory
SINGLE = 2.0**-26  # of the total: what adds less is computed to half the digits, which leaves as many
STACKED = 8  # powers stacked under one QR factorisation
LONGEST_SINGLE = 1024  # single steps before powers are squared
WORK = 2e10  # multiplications that single steps may cost, a few seconds


def accumulate(
    A: np.ndarray, Q: np.ndarray | None = None, terms: int | None = None, powers: list[np.ndarray] | None = None
) -> tuple[np.ndarray, int]:
    """sum_{0 <= k < terms} A^k Q A^k*, or the whole series where `terms` is None; and the number of terms taken.

    Q is the identity where None. Doubling (Smith 1968): S_2m = S_m + A^m S_m A^m*; for a given number of terms its
    binary digits say when to add one, S_{m+1} = S_m + A^m Q A^m*, as long as anything can be added. The whole series
    ends where a doubling changes no diagonal entry. The first powers A, A^2, A^4, ... that it takes are appended to
    `powers`. What overflows is returned as it is: not finite.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        if terms is None:
            return _whole_series(A, Q, [] if powers is None else powers)
        first = np.eye(len(A)) if Q is None else Q
        total, power = first.astype(np.result_type(A, first)), A  # a copy, which is added to in place
        for digit in bin(terms)[3:]:
            if _has_vanished(power, total.diagonal().real):
                break
            total = plus_congruence(total, power)
            power = product(power, power)
            if digit == "1":
                total = total + congruence(power, Q)
                power = product(A, power)
        return total, terms


def kept_powers(n: int) -> int:
    """How many of the powers A, A^2, A^4, ... of n units are kept."""
    return next(count for largest, count in KEPT.items() if n <= largest)


def accumulate_factor(
    A: np.ndarray, G: np.ndarray, terms: int | None = None, single_steps: int | None = None
) -> tuple[np.ndarray, int] | None:
    """S, upper triangular, with S* S = sum_{0 <= k < terms} A^k G G* A^k*; and the number of terms.

    The whole series where `terms` is None. S is the triangular factor of all rows (A^k G)*. Squaring through a
    transient cancels (A^64 from A^32 A^32, where the powers first grow and then decay), so single steps come first, in
    a whole series until the powers have fallen below one half, and doubling S_2m = R of [S_m A^m*; S_m] after that.
    `single_steps` is the most that are taken, for a rough factor. None where a power overflowed or the series did not
    end.
    """
    affordable = single_steps or int(np.clip(WORK / len(A) ** 3, 16, LONGEST_SINGLE))
    with blas_threads_for(len(A)), np.errstate(over="ignore", invalid="ignore"):
        if terms is None:
            return _whole_factor(A, G, affordable)
        return _factor_of_terms(A, G, terms, affordable)


def _whole_series(A: np.ndarray, Q: np.ndarray | None, powers: list[np.ndarray]) -> tuple[np.ndarray, int]:
    size, keep = len(A), kept_powers(len(A))
    power, doublings = A, 1
    total = congruence(A, Q) + (np.eye(size) if Q is None else Q)
    powers.append(A)
    while doublings < MAX_DOUBLINGS:
        diagonal = total.diagonal().real
        if size >= PROBED:
            # what is still to be added is at most ||A^2m||^2 max C_ii in each entry
            beyond = squared_norm(product(power, product(power, _probes(size)))) * diagonal.max()
            if beyond < ULP / 4 * diagonal.min() or not beyond < np.inf:
                break
            if beyond / size < SINGLE * diagonal.min() and diagonal.max() < 1 / SINGLE:
                power = halved(power)
        power = product(power, power)
        if size < PROBED and _has_vanished(power, diagonal):
            break
        if len(powers) < keep:
            powers.append(power)
        before = diagonal.copy()
        total = plus_congruence(total, power)
        doublings += 1
        if size >= PROBED and (total.diagonal().real == before).all():
            break
    return total, 2**doublings


def _has_vanished(power: np.ndarray, diagonal: np.ndarray) -> bool:
    """Whether A^m S_m A^m* and all that follows, at most ||A^m||^2 max S_ii in each entry, are below an ulp of S."""
    squared = squared_norm(power)
    return bool(squared < ULP / 4 and squared * diagonal.max() < ULP / 4 * diagonal.min())


@lru_cache(maxsize=8)
def _probes(size: int) -> np.ndarray:
    """Gaussian vectors, (N, PROBES)."""
    return np.random.default_rng(0).standard_normal((size, PROBES))


def _whole_factor(A: np.ndarray, G: np.ndarray, affordable: int) -> tuple[np.ndarray, int] | None:
    S, power, taken = _single_steps(A, G, affordable, until=0.5)
    for _ in range(MAX_DOUBLINGS):
        ahead = product_adjoint(S, power)
        if _adds_nothing(ahead, S):
            return S, taken
        if not np.isfinite(ahead).all():
            return None
        S, power, taken = _triangle([ahead, S]), product(power, power), 2 * taken
    return None


def _factor_of_terms(A: np.ndarray, G: np.ndarray, terms: int, affordable: int) -> tuple[np.ndarray, int] | None:
    digits = 0  # binary digits of `terms` that are left to doubling
    while terms >> digits > affordable:
        digits += 1
    S, power, taken = _single_steps(A, G, terms >> digits)
    if taken < terms >> digits and power.any():  # it overflowed
        return None
    for digit in reversed(range(digits)):
        ahead = product_adjoint(S, power)
        if squared_norm(power) < 0.25 and _adds_nothing(ahead, S):
            break
        S, power = _triangle([ahead, S]), product(power, power)
        if terms >> digit & 1:
            S, power = _triangle([product_adjoint(S, A), G.conj().T]), product(A, power)
    return (S, terms) if np.isfinite(S).all() else None


def _adds_nothing(ahead: np.ndarray, S: np.ndarray) -> bool:
    """Whether the rows S_m A^m* change no entry of S_m."""
    return bool(np.abs(ahead).max() < 1e-18 * np.abs(np.diag(S)).min())


def _single_steps(A: np.ndarray, G: np.ndarray, most: int, until: float = 0.0) -> tuple[np.ndarray, np.ndarray, int]:
    """S_m, A^m and m, for m = `most`, or as soon as ||A^m|| is below `until`, A^m is 0, or it has overflowed."""
    S: list[np.ndarray] = []  # empty before the first factorisation
    rows: list[np.ndarray] = []
    ahead, power = G, np.eye(len(A))
    terms = 0
    is_last = False
    while not is_last:
        terms += 1
        rows.insert(0, ahead.conj().T)
        power = product(A, power)
        ahead = product(power, G)
        is_over = not power.any() or not np.isfinite(power).all()
        is_last = terms == most or squared_norm(power) < until**2 or is_over
        if len(rows) == STACKED or is_last:
            S, rows = [_triangle(rows + S)], []
    return S[0], power, terms


def _triangle(blocks: list[np.ndarray]) -> np.ndarray:
    """R of the QR factorisation of stacked blocks; infinite where they overflowed."""
    stacked = np.vstack(blocks)
    size = stacked.shape[1]
    if not np.isfinite(stacked).all():
        return np.full((size, size), np.inf)
    stacked = stacked[largest_rows_first(stacked)]
    return sl.qr(stacked, mode="r", check_finite=False, overwrite_a=True)[0][:size]


def largest_rows_first(rows: np.ndarray) -> np.ndarray:
    """The order of falling largest entries: a Householder transformation that meets a small row above a large one
    loses the digits of the small one (Cox and Higham 1998, Stability of Householder QR factorization for weighted
    least squares problems), and no perturbation of the entries shows it.
    """
    return np.argsort(-np.abs(rows).max(axis=1), kind="stable")
