r"""Total Fisher memory over a horizon, and its gradient: for networks of few units, many times over.

J = sum_{k < h} w_k' C^-1 w_k with w_k = W^k v and C = sum_{k < h} W^k W'^k, for real W and white noise.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg as sl


def total_and_gradient(W: np.ndarray, v: np.ndarray, horizon: int) -> tuple[float, np.ndarray, np.ndarray] | None:
    """J, dJ/dW, (N, N), and dJ/dv, (N,); None where C is not positive definite in double precision."""
    identity = np.eye(len(W))
    covariances, states = [identity], [v]
    for _ in range(horizon - 1):
        covariances.append(W @ covariances[-1] @ W.T + identity)
        states.append(W @ states[-1])
    signal = np.array(states).T
    try:
        solved = sl.cho_solve(sl.cho_factor(covariances[-1]), signal)  # C^-1 w_k
    except (np.linalg.LinAlgError, ValueError):
        return None
    total = float(np.sum(signal * solved))
    # back through C_{n+1} = W C_n W' + I and w_{k+1} = W w_k
    by_C, by_state, by_W = -solved @ solved.T, 2 * solved[:, -1], np.zeros_like(W)
    for k in reversed(range(horizon - 1)):
        by_W += np.outer(by_state, signal[:, k]) + 2 * by_C @ W @ covariances[k]
        by_state = 2 * solved[:, k] + W.T @ by_state
        by_C = W.T @ by_C @ W
    return total, by_W, by_state
