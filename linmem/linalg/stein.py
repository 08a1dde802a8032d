"""The Stein equation C = A C A* + Q, solved as the sum that it stands for: by products, or by orthogonal steps.

Contents
--------
accumulate, kept_powers
    C itself, by doubling: fast, and good where C is well conditioned.
accumulate_factor
    S with C = S* S, C never formed: good to half the digits of the condition that remain, that is, nearly always.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg as sl

from linmem.linalg.blas import blas_threads_for, congruence, product, product_adjoint, squared_norm

ULP = np.finfo(float).eps
MAX_DOUBLINGS = 70  # 2^70 steps: a radius closer to one than a double can say
PROBES = 4  # random vectors that see the norm of a product before it is formed
KEPT = {2000: 6, 10**9: 2}  # powers A, A^2, A^4, ... that outlive the doubling, up to so many units: they are memory
SINGLE = 2.0**-26  # of the total: what adds less is computed to half the digits, which leaves as many
STACKED = 8  # powers stacked under one QR factorisation
WORK = 2e10  # multiplications that single steps may cost, a few seconds


def accumulate(
    A: np.ndarray, Q: np.ndarray | None = None, terms: int | None = None, powers: list[np.ndarray] | None = None
) -> tuple[np.ndarray, int]:
    """sum_{0 <= k < terms} A^k Q A^k*, or the whole series where `terms` is None; and the number of terms taken.

    Q is the identity where None. Doubling (Smith 1968): S_2m = S_m + A^m S_m A^m*; for a given number of terms its
    binary digits say when to add one, S_{m+1} = Q + A S_m A*. The series ends where a doubling changes no diagonal
    entry. The first powers A, A^2, A^4, ... that a whole series takes are appended to `powers`. What overflows is
    returned as it is: not finite.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        if terms is None:
            return _whole_series(A, Q, [] if powers is None else powers)
        first = np.eye(len(A)) if Q is None else Q
        total, power = first, A
        for bit in bin(terms)[3:]:
            total, power = total + congruence(power, total), product(power, power)
            if bit == "1":
                total, power = first + congruence(A, total), product(A, power)
        return total, terms


def kept_powers(n: int) -> int:
    """How many of the powers A, A^2, A^4, ... of n units are kept."""
    return next(kept for largest, kept in KEPT.items() if n <= largest)


def accumulate_factor(A: np.ndarray, G: np.ndarray, terms: int | None = None) -> tuple[np.ndarray, int] | None:
    """S, upper triangular, with S* S = sum_{0 <= k < terms} A^k G G* A^k*; and the number of terms.

    The whole series where `terms` is None. S is the triangular factor of all rows (A^k G)*. Squaring through a
    transient cancels (A^64 from A^32 A^32, where the powers first grow and then decay), so single steps come first, in
    a whole series until the powers have fallen below one half, and doubling S_2m = R of [S_m A^m*; S_m] after that.
    Larger rows go on top, where Householder's transformations need them. None where a power overflowed or the series
    did not end.
    """
    with blas_threads_for(len(A)):
        return _factor(A, G, terms)


def _whole_series(A: np.ndarray, Q: np.ndarray | None, powers: list[np.ndarray]) -> tuple[np.ndarray, int]:
    total: Any  # None for the identity, before the first doubling
    total, power = Q, A
    probe = np.random.default_rng(0).standard_normal((len(A), PROBES))
    for doublings in range(1, MAX_DOUBLINGS + 1):
        if len(powers) < kept_powers(len(A)):
            powers.append(power)
        added = congruence(power, total if total is None else total.astype(power.dtype, copy=False))
        if doublings == 1:
            total = added + (np.eye(len(A)) if Q is None else Q)
        else:
            total += added
        change, size = np.diag(added).real.copy(), np.diagonal(total).real
        del added  # a matrix of large networks less
        if np.all(change <= ULP / 4 * size) or not np.isfinite(change).all():
            break
        # seeing how small the next power is costs less than forming it
        left = squared_norm(product(power, product(power, probe))) * size.max()
        if left < ULP / 4 * size.min():
            break
        if left / len(A) < SINGLE * size.min() and size.max() < 1 / SINGLE:
            power = power.astype(np.complex64 if np.iscomplexobj(power) else np.float32)
        power = product(power, power)
    return total, 2**doublings


def _factor(A: np.ndarray, G: np.ndarray, terms: int | None) -> tuple[np.ndarray, int] | None:
    affordable = int(np.clip(WORK / len(A) ** 3, 16, 1024))
    with np.errstate(over="ignore", invalid="ignore"):
        if terms is None:
            S, power, taken = _single_steps(A, G, affordable, until=0.5)
            for _ in range(MAX_DOUBLINGS):
                ahead = product_adjoint(S, power)
                if np.abs(ahead).max() < 1e-18 * np.abs(np.diag(S)).min():
                    return S, taken
                if not np.isfinite(ahead).all():
                    return None
                S, power, taken = _triangle([ahead, S]), product(power, power), 2 * taken
            return None
        left = 0  # binary digits of `terms` that are left to doubling
        while terms >> left > affordable:
            left += 1
        S, power, _ = _single_steps(A, G, terms >> left)
        for digit in reversed(range(left)):
            S, power = _triangle([product_adjoint(S, power), S]), product(power, power)
            if terms >> digit & 1:
                S, power = _triangle([product_adjoint(S, A), G.conj().T]), product(A, power)
        return (S, terms) if np.isfinite(S).all() else None


def _single_steps(A: np.ndarray, G: np.ndarray, most: int, until: float = 0.0) -> tuple[np.ndarray, np.ndarray, int]:  # type: ignore[return]
    """S_m, A^m and m, for m = `most`, or as soon as ||A^m|| is below `until`."""
    S: Any  # None before the first factorisation
    S, ahead, power = None, G, np.eye(len(A))
    rows: list[np.ndarray] = []
    for terms in range(1, most + 1):
        rows.insert(0, ahead.conj().T)
        power = product(A, power)
        ahead = product(power, G)
        done = terms == most or squared_norm(power) < until**2 or not np.isfinite(power).all()
        if len(rows) == STACKED or done:
            S, rows = _triangle(rows if S is None else [*rows, S]), []
        if done:
            return S, power, terms


def _triangle(blocks: list[np.ndarray]) -> np.ndarray:
    stacked = np.vstack(blocks)
    if not np.isfinite(stacked).all():
        return np.full((stacked.shape[1],) * 2, np.inf)
    return sl.qr(stacked, mode="r", check_finite=False, overwrite_a=True)[0][: stacked.shape[1]]
