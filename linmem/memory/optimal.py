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
    The best network that gradient ascent reaches.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, cast

import numpy as np
import scipy.linalg as sl
from scipy.optimize import minimize

from linmem.connectivity.chains import inhomogeneous_chain
from linmem.connectivity.normal import haar
from linmem.connectivity.randomness import generator
from linmem.errors import AccuracyError, ArgumentError, InvalidNetworkError
from linmem.gramian.gradient import total_and_gradient
from linmem.linalg.blas import one_blas_thread
from linmem.measured import Measured
from linmem.memory.budgets import Back, in_frobenius_ball, in_spectral_ball
from linmem.memory.fisher import total_fisher_memory
from linmem.network import LinearNetwork, as_network
from linmem.validation import LARGEST, number, option, whole_number

NORMS = {"frobenius": "fro", "spectral": "nuc"}  # and their dual norms, as numpy calls them
STATIONARY = 1e-6  # relative change of memory per change of a logarithm, whose square is the share that is missed
INSIDE = 0.999  # of the radius that a network found unstable is brought back to


@dataclass(frozen=True, eq=False)
class OptimizationHistory:
    """The steps of the ascent, a row for each: W, (K, N, N), v, (K, N), and J over the horizon, (K,)."""

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
    """The result of `optimal_network`.

    Attributes
    ----------
    network
        Stable, of unit input, within the budget.
    total
        Its stationary total Fisher memory, with its error.
    horizon
        The steps over which memory was maximised.
    converged
        Whether the optimiser reports convergence.
    residual
        How far the ascent was from a stationary point: the relative gain of memory over the horizon, to first order,
        by the best other W within the budget, and other v. Whether another optimum holds more is not known.
    history
        The steps of the ascent.
    """

    network: LinearNetwork
    total: Measured
    horizon: int
    converged: bool
    residual: float
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
    n, budget = whole_number("n", n), _budget(norm_budget)
    norm = option("norm", norm, NORMS)
    if n == 1 or norm == "spectral":
        return inhomogeneous_chain(np.full(n - 1, budget))
    squares = np.exp(_best_log_squares(n, budget))
    weights = np.zeros(n - 1)
    if len(squares):
        weights[: len(squares)] = budget * np.sqrt(squares / squares.sum())
    return inhomogeneous_chain(weights)


def _budget(norm_budget: Any) -> float:
    budget = number("norm_budget", norm_budget, above=0)
    if budget > LARGEST:
        raise ArgumentError(f"norm_budget is {norm_budget!r}; weights above {LARGEST:g} overflow when squared")
    return budget


def _best_log_squares(n: int, budget: float) -> np.ndarray:
    """log a_i^2 of the links that are used, up to a constant: one link more, until another holds no more memory."""
    best_total, best, slope = 1.0, np.zeros(0), 0.0
    log_squares = np.zeros(0)
    options = {"ftol": 1e-15, "gtol": 1e-11}
    for _ in range(1, n):
        # a new link begins with less weight than the last one, as weights fall along the line
        further = log_squares[-1] - 1 if len(log_squares) else 0.0
        start = np.append(log_squares, further)
        result = minimize(_chain_loss, start, args=(budget,), jac=True, method="L-BFGS-B", options=options)
        log_squares = result.x
        if not -result.fun > best_total * (1 + 1e-13):
            break
        best_total, best, slope = -result.fun, log_squares, float(sl.norm(result.jac)) / best_total
    if slope > STATIONARY:
        raise AccuracyError(
            slope, STATIONARY, reason="the best weights of a delay line of this budget were not reached"
        )
    return best - best.max(initial=0)  # exp of it overflows nowhere


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
    ArgumentError
        An argument out of range, or an unknown norm or start.
    InvalidNetworkError
        A start that is no real network of n units in discrete time.

    Notes
    -----
    The quantity maximised is J = sum_{k < h} w_k' C^-1 w_k, w_k = W^k v, C = sum_{k < h} W^k W'^k. It exists for every
    W, so that no step can fall off the edge of stability. The maximiser is L-BFGS, with the gradient from one pass back
    through the recursions of w and C. A network that is unstable in the end is scaled to a radius just below 1.

    The optimum is no delay line. At B = 3.2 and n = 16 it holds 6.547 (horizon 16), 7.861 (32), against 5.58145 of the
    best delay line: in coordinates that begin with the input it is a chain whose weights fall, with a *negative weight
    of each unit to itself*, as of leaky units that alternate, and it remembers for longer than it has units.

    Examples
    --------
    >>> result = optimal_network(4, 1.5, rng=0)
    >>> result.total > 1.5, bool(abs(np.linalg.norm(result.network.recurrent) - 1.5) < 1e-12)
    (True, True)
    """
    n, budget = whole_number("n", n), _budget(norm_budget)
    horizon = whole_number("horizon", 2 * n if horizon is None else horizon)
    iterations, draw = whole_number("iterations", iterations), generator(rng)
    within = in_frobenius_ball if option("norm", norm, NORMS) == "frobenius" else in_spectral_ball
    ascent = _Ascent(n, budget, horizon, within)
    first = np.concatenate([part.ravel() for part in _start(start, n, draw)])
    with one_blas_thread(), np.errstate(over="ignore", invalid="ignore"):
        ascent.record(first)
        options = {"maxiter": iterations, "maxfun": 3 * iterations, "maxcor": 30, "ftol": 1e-14, "gtol": 1e-9}
        result = minimize(ascent.loss, first, jac=True, method="L-BFGS-B", callback=ascent.record, options=options)
        residual = ascent.residual(result.x, NORMS[norm])
    W, v, _ = ascent.network(result.x)
    network = LinearNetwork(W, v, name=f"optimal network, n = {n}, {norm} norm {budget:g}, horizon {horizon}")
    if network.stability.stable is not True:
        network = LinearNetwork(W * (INSIDE / network.radius.upper), v, name=network.name)
    return OptimalNetwork(
        network=network,
        total=cast("Measured", total_fisher_memory(network)),
        horizon=horizon,
        converged=bool(result.success),
        residual=residual,
        history=ascent.history(),
    )


class _Ascent:
    """The ascent in free parameters, X and u side by side: W is X within the budget, and v = u / ||u||."""

    def __init__(self, n: int, budget: float, horizon: int, within: Callable[..., tuple[np.ndarray, Back]]):
        self.n, self.budget, self.horizon, self.within = n, budget, horizon, within
        self.passed: list[tuple[np.ndarray, np.ndarray, float]] = []

    def network(self, parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray, Back]:
        """W, v, and how a gradient of W goes back to X."""
        count = self.n**2
        X, u = parameters[:count].reshape(self.n, self.n), parameters[count:]
        W, back = self.within(X, self.budget)
        return W, u / sl.norm(u), back

    def loss(self, parameters: np.ndarray) -> tuple[float, np.ndarray]:
        """-J and its gradient."""
        W, v, back = self.network(parameters)
        memory = total_and_gradient(W, v, self.horizon)
        if memory is None:  # too far out for double precision: no step goes there
            return 0.0, np.zeros_like(parameters)
        total, by_W, by_v = memory
        length = sl.norm(parameters[self.n**2 :])
        by_u = (by_v - (by_v @ v) * v) / length  # the length of u changes nothing
        return -total, -np.concatenate([back(by_W).ravel(), by_u])

    def residual(self, parameters: np.ndarray, dual: str) -> float:
        """What J can gain to first order, over J: max <G, Z - W> over the Z within the budget is B ||G|| - <G, W>, in
        the dual norm; and the same of v.
        """
        W, v, _ = self.network(parameters)
        memory = total_and_gradient(W, v, self.horizon)
        if memory is None:
            return np.inf
        total, by_W, by_v = memory
        of_W = self.budget * np.linalg.norm(by_W, dual) - np.sum(by_W * W)  # type: ignore[call-overload]
        of_v = sl.norm(by_v) - by_v @ v
        return float(max(of_W, 0.0) + max(of_v, 0.0)) / total

    def record(self, parameters: np.ndarray) -> None:
        """Add a step to the history."""
        W, v, _ = self.network(parameters)
        self.passed.append((W, v, -self.loss(parameters)[0]))

    def history(self) -> OptimizationHistory:
        """The steps recorded."""
        recurrent, feedforward, total = zip(*self.passed, strict=True)
        return OptimizationHistory(np.array(recurrent), np.array(feedforward), np.array(total))


def _chain_loss(log_squares: np.ndarray, budget: float) -> tuple[float, np.ndarray]:
    """-J of the weights a_i^2 = B^2 softmax(x), and its gradient; J = sum_k 1 / S_k, S_k = sum_{m <= k} 1 / A_m."""
    share = np.exp(log_squares - log_squares.max())
    share /= share.sum()
    log_amplification = np.cumsum(np.log(np.maximum(budget**2 * share, 1e-300)))
    inverse = np.concatenate([[1.0], np.exp(-log_amplification)])  # 1 / A_m
    sums = np.cumsum(inverse)
    # dJ / d log a_i^2 = sum_{m >= i} (1 / A_m) sum_{k >= m} S_k^-2
    by_inverse = _sum_of_later(sums**-2.0)
    by_log = _sum_of_later(inverse * by_inverse)[1:]
    return -np.sum(1 / sums), -(by_log - share * by_log.sum())


def _sum_of_later(terms: np.ndarray) -> np.ndarray:
    """sum_{k >= m} of the terms, for every m."""
    return np.cumsum(terms[::-1])[::-1]


def _start(start: Any, n: int, draw: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """X of norm sqrt(n), (N, N), and u of norm one, (N,)."""
    if isinstance(start, str):
        option("start", start, ("orthogonal",))
        X, u = haar(n, draw), None
    else:
        X, u = _given_start(start, n)
    if u is None or np.ndim(u) != 1 or not np.any(u):
        u = draw.standard_normal(n)
    return X / sl.norm(X) * np.sqrt(n), u / sl.norm(u)


def _given_start(start: Any, n: int) -> tuple[np.ndarray, np.ndarray | None]:
    """W and V of the network to begin with."""
    refused = f"it must be 'orthogonal', or a real network of {n} units in discrete time, and not 0"
    try:
        network = as_network(start)
    except InvalidNetworkError as error:
        raise InvalidNetworkError(f"start is {start!r:.60}; {refused}") from error
    network.require_single("start")
    X = network.dense()
    if network.is_continuous or network.size != n or np.iscomplexobj(X) or not X.any():
        raise InvalidNetworkError(f"start is {network!r}; {refused}")
    return X, network.feedforward
