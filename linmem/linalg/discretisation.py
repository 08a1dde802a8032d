r"""Continuous time seen at the times 0, dt, 2 dt, ...: W and the covariance of the noise that enters between two looks.

Contents
--------
zero_order_hold
    W = e^{A dt}, exact, with the integral of the noise.
bilinear
    Tustin's W, with the same stationary covariance.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg as sl

from linmem.linalg.expm import exponential_of_small, squarings_for


def zero_order_hold(A: np.ndarray, Q: np.ndarray, dt: float) -> tuple[np.ndarray, np.ndarray]:
    """e^{A dt} and int_0^dt e^{A t} Q e^{A* t} dt, (N, N) each.

    Van Loan's block exponential over a short time h,

        exp [-A h, Q h / s; 0, A* h] = [e^{-A h}, e^{-A h} Q_h / s; 0, e^{A* h}],

    and then doubling: Q_2t = Q_t + e^{A t} Q_t e^{A* t} adds positive terms, and loses nothing.
    """
    size = len(A)
    scale = 4 * sl.norm(Q, 1)  # s: the block then has a norm of at most 3/4
    doublings = max(squarings_for(A * dt), squarings_for(A.conj().T * dt))
    short = dt / 2**doublings
    below = np.zeros_like(A)
    block = exponential_of_small(np.block([[-A * short, Q / scale], [below, A.conj().T * short]]))
    W = block[size:, size:].conj().T
    noise = W @ block[:size, size:] * (scale * short)
    for _ in range(doublings):
        noise = noise + W @ noise @ W.conj().T
        W = W @ W
    return W, _symmetric(noise)


def bilinear(A: np.ndarray, Q: np.ndarray, dt: float) -> tuple[np.ndarray, np.ndarray]:
    """(I - A dt/2)^-1 (I + A dt/2) and (I - A dt/2)^-1 dt Q (I - A dt/2)^-*, (N, N) each."""
    identity = np.eye(len(A))
    resolvent = np.linalg.inv(identity - dt / 2 * A)
    W = resolvent @ (identity + dt / 2 * A)
    noise = dt * resolvent @ Q @ resolvent.conj().T
    return W, _symmetric(noise)


def _symmetric(Q: np.ndarray) -> np.ndarray:
    return (Q + Q.conj().T) / 2
