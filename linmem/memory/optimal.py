r"""Networks that remember most under a budget of weights.

Conventions
-----------
The input has unit norm, the noise is white, and the budget bounds ||W||_F (or the spectral norm): without one, memory
of N is approached by weights without bound. A "uniform chain" of the budget B has n - 1 equal weights B / sqrt(n - 1).

Contents
--------
optimal_chain
    The best delay line.
OptimalNetwork, optimal_network
    The best network that gradient ascent finds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import scipy.linalg as sl
from scipy.optimize import minimize

from linmem.connectivity.chains import inhomogeneous_chain
from linmem.connectivity.normal import haar
from linmem.connectivity.randomness import generator
from linmem.errors import InvalidNetworkError
from linmem.gramian.gradient import total_and_gradient
from linmem.linalg.blas import one_blas_thread
from linmem.memory.fisher import total_fisher_memory
from linmem.network import LinearNetwork, Network, number, whole_number

NORMS = ("frobenius", "spectral")
INSIDE = 0.999  # of the radius that a network found unstable is brought back to


@dataclass(frozen=True, eq=False)
class OptimizationHistory:
    """What was passed on the way, a row for each step: W, (K, N, N), v, (K, N), and J over the horizon, (K,)."""

    recurrent: np.ndarray
    feedforward: np.ndarray
    total: np.ndarray
    AXES: ClassVar[dict[str, str]] = {
        "step unit from_unit": "recurrent",
        "step unit": "feedforward",
        "step": "total",
    }


@dataclass(frozen=True, eq=False)
class OptimalNetwork:
    """The network that was found.

    Attributes
    ----------
    network
        Stable, of unit input, within the budget.
    total
        Its stationary total Fisher memory.
    horizon
        Over which memory was maximised.
    converged
        Whether the optimiser says so.
    history
        The way there.
    """

    network: LinearNetwork
    total: float
    horizon: int
    converged: bool
    history: OptimizationHistory = field(repr=False)


def optimal_chain(n: int, norm_budget: float, *, norm: str = "frobenius") -> LinearNetwork:
    r"""The delay line of at most n units with the largest total memory.

    J_tot = sum_k 1 / sum_{m <= k} A_m^-1, A_m = prod a_i^2. Under ||W||_F <= B its weights fall along the line, and the
    last units may be left out, with weight 0: of 16 units at B = 3.2 ten are used, 1.878, 1.413, ..., 0.240, and hold
    5.58145, where the uniform chain holds 1.988. Under a spectral norm all weights are B. Ganguli, Huh & Sompolinsky
    (2008), eq. 10, for the memory of a delay line.

    Examples
    --------
    >>> import linmem as lm
    >>> round(lm.total_fisher_memory(optimal_chain(16, 3.2)), 5)
    5.58145
    """
    n, budget = whole_number("n", n), number("norm_budget", norm_budget, above=0)
    _check_norm(norm)
    if n == 1 or norm == "spectral":
        return inhomogeneous_chain(np.full(n - 1, budget))
    best, log_squares = (1.0, np.zeros(0)), np.zeros(0)
    for _ in range(1, n):
        start = np.append(log_squares, log_squares[-1] - 1 if len(log_squares) else 0.0)
        options = {"ftol": 1e-15, "gtol": 1e-11}
        found = minimize(_chain_loss, start, args=(budget,), jac=True, method="L-BFGS-B", options=options)
        log_squares = found.x
        if not -found.fun > best[0] * (1 + 1e-13):
            break
        best = (-found.fun, log_squares)
    weights = np.zeros(n - 1)
    share = np.exp(best[1] - best[1].max(initial=0))
    weights[: len(share)] = budget * np.sqrt(share / share.sum()) if len(share) else 0
    return inhomogeneous_chain(weights)


def optimal_network(
    n: int,
    norm_budget: float,
    *,
    horizon: int | None = None,
    norm: str = "frobenius",
    start: str | Any = "orthogonal",
    iterations: int = 2000,
    rng: Any,
) -> OptimalNetwork:
    r"""The W and unit v that maximise total Fisher memory over a horizon under a norm budget.

    Parameters
    ----------
    n
        Units.
    norm_budget
        B, the largest norm of W.
    horizon
        Steps over which memory is counted while it is maximised, 2 n where None: the longer, the closer the optimum
        comes to the edge of stability, and the more it holds.
    norm
        "frobenius", or "spectral".
    start
        "orthogonal", a random rotation; or a matrix or network to begin with, whose norm is brought to the budget.
    iterations
        At most as many steps.
    rng
        A seed or a `numpy.random.Generator`: for the start, and for its input where it has none.

    Raises
    ------
    InvalidNetworkError
        An argument beyond its rule.

    Notes
    -----
    Maximised is J = sum_{k < h} w_k' C^-1 w_k, w_k = W^k v, C = sum_{k < h} W^k W'^k, which exists for every W, so that
    no step can fall off the edge of stability; by L-BFGS with the gradient from one pass back through the recursions of
    w and C. A network that is unstable in the end is scaled to a radius just below 1.

    The optimum is no delay line. At B = 3.2 and n = 16 it holds 6.547 (horizon 16), 7.861 (32), against 5.58145 of the
    best delay line: in coordinates that begin with the input it is a chain whose weights fall, with a *negative weight
    of each unit to itself*, as of leaky units that alternate, and it remembers for longer than it has units.

    Examples
    --------
    >>> found = optimal_network(4, 1.5, rng=0)
    >>> found.total > 1.5, bool(abs(np.linalg.norm(found.network.recurrent) - 1.5) < 1e-12)
    (True, True)
    """
    n, budget = whole_number("n", n), number("norm_budget", norm_budget, above=0)
    horizon = whole_number("horizon", 2 * n if horizon is None else horizon)
    iterations, draw = whole_number("iterations", iterations), generator(rng)
    _check_norm(norm)
    X, u = _start(start, n, draw)
    within = _in_frobenius_ball if norm == "frobenius" else _in_spectral_ball
    passed = []

    def network_of(p: np.ndarray) -> tuple[np.ndarray, np.ndarray, Callable[[np.ndarray], np.ndarray]]:
        W, back = within(p[: n * n].reshape(n, n), budget)
        return W, p[n * n :] / sl.norm(p[n * n :]), back

    def loss(p: np.ndarray) -> tuple[float, np.ndarray]:
        W, v, back = network_of(p)
        found = total_and_gradient(W, v, horizon)
        if found is None:  # too far out for double precision: no step goes there
            return 0.0, np.zeros_like(p)
        total, by_W, by_v = found
        by_u = (by_v - (by_v @ v) * v) / sl.norm(p[n * n :])
        return -total, -np.concatenate([back(by_W).ravel(), by_u])

    def note(p: np.ndarray) -> None:
        W, v, _ = network_of(p)
        passed.append((W, v, -loss(p)[0]))

    first = np.concatenate([X.ravel(), u])
    with one_blas_thread():
        note(first)
        options = {"maxiter": iterations, "maxfun": 3 * iterations, "maxcor": 30, "ftol": 1e-14, "gtol": 1e-9}
        result = minimize(loss, first, jac=True, method="L-BFGS-B", callback=note, options=options)
    W, v, _ = network_of(result.x)
    network = LinearNetwork(W, v, name=f"optimal network, n = {n}, {norm} norm {budget:g}, horizon {horizon}")
    if network.stability.stable is not True:
        network = LinearNetwork(W * (INSIDE / network.radius.upper), v, name=network.name)
    history = OptimizationHistory(*(np.array(part) for part in zip(*passed, strict=True)))
    return OptimalNetwork(network, float(total_fisher_memory(network)), horizon, bool(result.success), history)


def _chain_loss(log_squares: np.ndarray, budget: float) -> tuple[float, np.ndarray]:
    """-J of the weights a_i^2 = B^2 softmax(x), and its gradient."""
    share = np.exp(log_squares - log_squares.max())
    share /= share.sum()
    inverse = np.concatenate([[1.0], np.exp(-np.cumsum(np.log(np.maximum(budget**2 * share, 1e-300))))])  # 1 / A_m
    sums = np.cumsum(inverse)
    # dJ / d log a_i^2 = sum_{m >= i} (1 / A_m) sum_{k >= m} S_k^-2
    later = np.cumsum((sums**-2.0)[::-1])[::-1]
    by_log = np.cumsum((inverse * later)[::-1])[::-1][1:]
    return -np.sum(1 / sums), -(by_log - share * by_log.sum())


def _in_frobenius_ball(X: np.ndarray, budget: float) -> tuple[np.ndarray, Callable[[np.ndarray], np.ndarray]]:
    """W = B X / ||X||_F, and how a gradient goes back."""
    size = sl.norm(X)
    return budget / size * X, lambda G: budget / size * (G - np.sum(G * X) / size**2 * X)


def _in_spectral_ball(X: np.ndarray, budget: float) -> tuple[np.ndarray, Callable[[np.ndarray], np.ndarray]]:
    """W = B X (1 + X' X)^(-1/2), of singular values B s / sqrt(1 + s^2); the gradient by its divided differences."""
    U, s, Vh = sl.svd(X)
    g = s / np.sqrt(1 + s**2)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope, equal = (1 + s[:, None] ** 2) ** -1.5, np.isclose(s[:, None], s, rtol=1e-7)
        apart = np.where(equal, slope, (g[:, None] - g) / (s[:, None] - s))
        together = np.where(s[:, None] + s > 0, (g[:, None] + g) / (s[:, None] + s), 1.0)

    def back(G: np.ndarray) -> np.ndarray:
        M = U.T @ G @ Vh.T
        return budget * U @ ((M + M.T) / 2 * apart + (M - M.T) / 2 * together) @ Vh

    return budget * (U * g) @ Vh, back


def _start(start: Any, n: int, draw: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    if isinstance(start, str):
        if start != "orthogonal":
            raise InvalidNetworkError(f"start is {start!r}; it must be 'orthogonal', a matrix or a network")
        X, u = haar(n, draw), None
    else:
        network = start if isinstance(start, Network) else LinearNetwork(start)
        network.require_single("start")
        X, u = network.dense(), network.feedforward
        if not isinstance(network, LinearNetwork) or network.size != n or np.iscomplexobj(X) or not X.any():
            raise InvalidNetworkError(
                f"start is {network!r}; it must be a real network of {n} units in discrete time, and not 0"
            )
    if u is None or np.ndim(u) != 1 or not np.any(u):
        u = draw.standard_normal(n)
    return X / sl.norm(X) * np.sqrt(n), u / sl.norm(u)


def _check_norm(norm: str) -> None:
    if norm not in NORMS:
        raise InvalidNetworkError(f"norm is {norm!r}; it must be one of {', '.join(map(repr, NORMS))}")
