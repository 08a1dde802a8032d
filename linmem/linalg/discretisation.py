r"""Continuous time seen at the times 0, dt, 2 dt, ...: W and the covariance of the noise that enters between two looks.

Contents
--------
METHODS
    "zero-order hold": W = e^{A dt}, exact, with the integral of the noise. "bilinear": Tustin's W, with the same
    stationary covariance.
modes_in_steps, is_aliased
    Eigenvalues and input weights of single modes, and whether they look like slower ones.
discretised_in_doubles
    W and the noise, and what rounding makes of memory.
outwards, at_random
    Results as they might have been rounded.
change_of_memory, memory_of_input, relative_change
    How much networks that were rounded differently differ.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.linalg as sl

from linmem.errors import InvalidNetworkError
from linmem.linalg.expm import exponential_of_small, squarings_for
from linmem.linalg.stein import ULP, accumulate, accumulate_factor
from linmem.linalg.structure import balanced

LARGEST = 1e150  # an entry beyond it overflows when squared
SAFETY = 8  # on the change that other roundings make: of 211 networks the worst error was 0.8 of the estimate
LAGS = 32  # steps of the input that are compared
Rounding = Callable[[np.ndarray, np.ndarray], np.ndarray]  # of a result, and of the sum of moduli that made it
Step = tuple[np.ndarray, np.ndarray]  # W and the noise


def discretised_in_doubles(
    A: np.ndarray, Q: np.ndarray, V: np.ndarray | None, dt: float, method: str, rtol: float
) -> tuple[Step, float, float]:
    """W and the noise, (N, N) each; what rounding makes of memory, relative; and of W and the noise themselves.

    What is compared, among differently rounded discretisations, is the stationary covariance C, relative to its norm,
    and J(k) of the input V, (N, d), relative to the largest; infinite where there is no C. Where the change is not at
    most `rtol` it is measured again, more closely.
    """
    with np.errstate(all="ignore"):
        if not np.isfinite(A * dt).all():
            raise InvalidNetworkError(f"dt is {dt:g}, and drift times dt overflows; take a shorter dt")
        step = _in_balanced_units(A, Q, dt, method, _as_it_is)
        if not max(np.abs(step[0]).max(), np.abs(step[1]).max()) < LARGEST:
            raise InvalidNetworkError(
                f"dt is {dt:g}, for which the weights or the noise of one step overflow: drift grows, and in a much "
                "shorter time; take a shorter dt"
            )
        others = [_in_balanced_units(A, Q, dt, method, rounded) for rounded in (outwards, at_random)]
        change = change_of_memory([step, *others], V, rtol / SAFETY)
        of_step = max(relative_change(*pair) for other in others for pair in zip(step, other, strict=True))
    return step, SAFETY * change, SAFETY * of_step


def _in_balanced_units(A: np.ndarray, Q: np.ndarray, dt: float, method: str, rounded: Rounding) -> Step:
    """W and the noise, computed in units in which rows and columns of A are alike: powers of two, so without rounding.

    The norm of A decides how often the exponential is squared.
    """
    similar, units = balanced(A)
    W, noise = METHODS[method](similar, Q / units[:, None] / units, dt, rounded)
    return W * units[:, None] / units, noise * units[:, None] * units


def _zero_order_hold(A: np.ndarray, Q: np.ndarray, dt: float, rounded: Rounding) -> tuple[np.ndarray, np.ndarray]:
    """e^{A dt} and int_0^dt e^{A t} Q e^{A* t} dt.

    Van Loan's block exponential over a short time h,

        exp [-A h, Q h / s; 0, A* h] = [e^{-A h}, e^{-A h} Q_h / s; 0, e^{A* h}],

    and then doubling: Q_2t = Q_t + e^{A t} Q_t e^{A* t} adds positive terms, and loses nothing.
    """
    size = len(A)
    scale = 4 * sl.norm(Q, 1)  # s: the block then has a norm of at most 3/4
    doublings = max(squarings_for(A * dt), squarings_for(A.conj().T * dt))
    short = np.ldexp(dt, -doublings)
    below = np.zeros_like(A)
    block = np.block([[-A * short, Q / scale], [below, A.conj().T * short]])
    exponential = rounded(exponential_of_small(block), exponential_of_small(np.abs(block)))
    W = exponential[size:, size:].conj().T
    noise = W @ exponential[:size, size:] * (scale * short)
    for _ in range(doublings):
        modulus = np.abs(W)
        added = W @ noise @ W.conj().T
        noise = noise + rounded(added, modulus @ np.abs(noise) @ modulus.T)
        W = rounded(W @ W, modulus @ modulus)
    return W, _symmetric(noise)


def _bilinear(A: np.ndarray, Q: np.ndarray, dt: float, rounded: Rounding) -> tuple[np.ndarray, np.ndarray]:
    """(I - A dt/2)^-1 (I + A dt/2) and (I - A dt/2)^-1 dt Q (I - A dt/2)^-*."""
    identity = np.eye(len(A))
    half = dt / 2 * A
    sizes = identity + np.abs(half)
    backward, forward = rounded(identity - half, sizes), rounded(identity + half, sizes)
    try:
        resolvent = np.linalg.inv(backward)
    except np.linalg.LinAlgError:
        raise InvalidNetworkError(
            f"dt is {dt:g}, and 2 / dt = {2 / dt:g} is an eigenvalue of drift, for which there is no bilinear W; take "
            "another dt, or 'zero-order hold'"
        ) from None
    modulus = np.abs(resolvent)
    W = rounded(resolvent @ forward, modulus @ np.abs(forward))
    noise = dt * rounded(resolvent @ Q @ resolvent.conj().T, modulus @ np.abs(Q) @ modulus.T)
    return W, _symmetric(noise)


def modes_in_steps(a: np.ndarray, b: np.ndarray, dt: Any, method: str) -> tuple[np.ndarray, np.ndarray]:
    """l and the input weights of the modes dx/dt = a x + b s, one by one, with an input that is held over a step.

    "zero-order hold": e^{a dt} and b (l - 1) / a, or b dt where a is 0. "bilinear": (1 + a dt / 2) / (1 - a dt / 2) and
    b dt / (1 - a dt / 2). The arrays are broadcast.
    """
    if method == "zero-order hold":
        safe = np.where(a == 0, 1, a)
        return np.exp(dt * a), np.where(a == 0, dt, np.expm1(dt * a) / safe) * b
    return (1 + dt * a / 2) / (1 - dt * a / 2), dt / (1 - dt * a / 2) * b


def is_aliased(a: np.ndarray, dt: Any, method: str) -> np.ndarray:
    """Whether modes turn by more than half a circle in a step of the zero-order hold, and look like slower ones."""
    return (np.abs(dt * a.imag) > np.pi) & (method == "zero-order hold")


METHODS = {"zero-order hold": _zero_order_hold, "bilinear": _bilinear}


def _as_it_is(result: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    return result


def outwards(result: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Every result as it might have been rounded: by an ulp of the moduli that were added up, away from zero."""
    return result + ULP * sizes * np.sign(result)


def at_random(result: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """The same, up or down."""
    rng = np.random.default_rng(0)
    return result + ULP * sizes * (2 * rng.integers(0, 2, result.shape) - 1)


def change_of_memory(steps: list[Step], V: np.ndarray | None, acceptable: float) -> float:
    """The largest relative change of C, and of J(k), among the networks; infinite where one has no stationary C.

    From C itself where that shows that it is acceptable, else from a factor, which knows twice as many digits.
    """
    for remembered in (_by_covariance, _by_factor):
        memories = [found for W, noise in steps if (found := remembered(W, noise, V)) is not None]
        if len(memories) < len(steps):
            continue
        first, *others = memories
        change = max(relative_change(*pair) for other in others for pair in zip(first, other, strict=True))
        if change <= acceptable or remembered is _by_factor:
            return change
    return np.inf


def _by_covariance(W: np.ndarray, noise: np.ndarray, V: np.ndarray | None) -> tuple[np.ndarray, ...] | None:
    """C and J(k), or C alone."""
    C, _ = accumulate(W, noise)
    if not np.isfinite(C).all():
        return None
    if V is None:
        return (C,)
    try:
        L = np.linalg.cholesky(C)
    except np.linalg.LinAlgError:
        return None
    return C, memory_of_input(L, W, V)


def _by_factor(W: np.ndarray, noise: np.ndarray, V: np.ndarray | None) -> tuple[np.ndarray, ...] | None:
    try:
        factor = accumulate_factor(W, np.linalg.cholesky(noise))
    except np.linalg.LinAlgError:
        return None
    if factor is None or not np.diag(factor[0]).all():
        return None
    L = factor[0].conj().T
    C = L @ L.conj().T
    return (C,) if V is None else (C, memory_of_input(L, W, V))


def memory_of_input(L: np.ndarray, W: np.ndarray, V: np.ndarray) -> np.ndarray:
    """J(k) = ||L^-1 W^k V||^2 for the first lags, C = L L*."""
    states = [V]
    for _ in range(LAGS - 1):
        states.append(W @ states[-1])
    white = sl.solve_triangular(L, np.hstack(states), lower=True, check_finite=False)
    squares = np.einsum("ij,ij->j", white.conj(), white).real
    return squares.reshape(LAGS, -1).sum(axis=1)


def relative_change(array: np.ndarray, other: np.ndarray) -> float:
    """The largest change of an entry, relative to the largest entry; 0 where there is none."""
    difference = np.abs(array - other).max()
    return float(difference / np.abs(array).max()) if difference else 0.0


def _symmetric(Q: np.ndarray) -> np.ndarray:
    return (Q + Q.conj().T) / 2
