r"""Fixed and slow points of a cell under a constant input, each with its linear network.

Conventions
-----------
A fixed point is a zero of R(x) = F(x, s) - x, and a slow point a local minimum of q(x) = |R(x)|^2 / 2 that is none
(Sussillo & Barak 2013, Neural Computation 25:626). Nothing says that all of them were found.

Contents
--------
FixedPoint, FixedPoints
    One point; those that were found, and how many starts led where.
fixed_points
    Levenberg-Marquardt with the Jacobians of the cell from many starts, then Newton.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from linmem.cells.cell import Cell
from linmem.cells.trajectory import Trajectory
from linmem.connectivity.randomness import generator
from linmem.errors import ArgumentError
from linmem.linalg.blas import blas_threads_for
from linmem.network import LinearNetwork
from linmem.plotted import Plotted
from linmem.validation import number, whole_number

STEPS = 200  # of Levenberg-Marquardt: more do not find more, as what is left are minima
EXACT = 1e-12  # |R| over 1 + |x|, which rounding leaves of a zero of R
FLAT = 1e-5  # |grad q| over |R| and the size of the Jacobian, at which the search counts as ended
DAMPING, RISE, FALL = 1e-2, 4.0, 0.2  # of the diagonal, at the start; after a step that fails; after one that helps
GIVEN_UP = 1e12


@dataclass(frozen=True, eq=False)
class FixedPoint:
    """A fixed or slow point.

    Attributes
    ----------
    state
        x, (n,).
    kind
        "fixed", or "slow" for a minimum of q that is no zero; "continuum" for a fixed point that is not alone: an
        eigenvalue of A is 1 but for rounding, so that neighbours are as good.
    speed
        |F(x, s) - x|.
    gradient
        |grad q|, which is 0 but for rounding at a minimum.
    eigenvalues
        Of A, the largest modulus first.
    stable
        Whether all of them are below 1 in modulus; None of one that is 1 but for rounding.
    starts
        How many starts led there.
    network
        The cell beside the point: A, and B as its input.
    """

    state: np.ndarray
    kind: str
    speed: float
    gradient: float
    eigenvalues: np.ndarray
    stable: bool | None
    starts: int
    network: LinearNetwork


@dataclass(frozen=True, eq=False)
class FixedPoints(Plotted):
    """The points that were found: the fixed ones first, each kind by the number of starts that led there.

    Attributes
    ----------
    points
        The points.
    starts
        The number of starts.
    lost
        How many starts led to no point: they overflowed, or were still moving after the last step.
    """

    PICTURE: ClassVar[str] = "plot_fixed_points"
    points: tuple[FixedPoint, ...]
    starts: int
    lost: int

    def of_kind(self, kind: str) -> tuple[FixedPoint, ...]:
        """Those of a kind: "fixed", "slow" or "continuum"."""
        return tuple(point for point in self.points if point.kind == kind)


def fixed_points(
    cell: Cell, inputs: Any = None, *, starts: Any = 200, tol: float = 1e-6, noise: float = 1.0, rng: Any = 0
) -> FixedPoints:
    r"""Points at which a cell rests, or nearly, under a constant input.

    Parameters
    ----------
    cell
        A cell of this package.
    inputs
        s, (M,). None: zeros.
    starts
        States (k, n) to start from; a trajectory, whose states are taken; or the number of random starts, standard
        normal. States that a cell visits lead to a point more often than random ones.
    tol
        Points at a distance below tol (1 + |x|) are one.
    noise
        The variance of the noise of the networks at the points.
    rng
        The seed of the random starts.

    Raises
    ------
    ArgumentError
        If an argument breaks its rule.

    Examples
    --------
    >>> import linmem as lm
    >>> two = lm.fixed_points(lm.RNNCell([[2.0]], [[1.0]]), starts=20)         # x = tanh 2 x: three zeros
    >>> [(round(float(point.state[0]), 6), point.stable) for point in sorted(two.points, key=lambda p: p.state[0])]
    [(-0.957504, True), (0.0, False), (0.957504, True)]
    """
    if not isinstance(cell, Cell):
        raise ArgumentError(f"cell is a {type(cell).__name__}; it must be a cell, as RNNCell or load_cell(path).cell()")
    tol, noise = number("tol", tol, above=0), number("noise", noise, above=0)
    x = _starts(cell, starts, rng)
    _, s = cell.given(cell.initial_state, np.zeros(cell.n_inputs) if inputs is None else inputs)
    if s.ndim != 1:
        raise ArgumentError(f"inputs has shape {s.shape}; it must be one constant input, ({cell.n_inputs},)")
    with blas_threads_for(cell.state_size), np.errstate(all="ignore"):
        x = _newton(cell, s, _levenberg_marquardt(cell, s, x))
        groups = _distinct(x, _speed(cell, s, x), tol)
        points = [_point(cell, s, x[group[0]], len(group), noise) for group in groups]
    found = [point for point in points if point is not None]
    found.sort(key=lambda point: (point.kind == "slow", -point.starts))
    led = sum(point.starts for point in found)
    return FixedPoints(tuple(found), len(x), len(x) - led)


def _starts(cell: Cell, starts: Any, rng: Any) -> np.ndarray:
    if isinstance(starts, Trajectory):
        size = starts.cell.state_size
        if size != cell.state_size:
            raise ArgumentError(f"starts has states of {size} numbers, but those of the cell have {cell.state_size}")
        return starts.states.reshape(-1, size).copy()
    if np.ndim(starts) == 0:
        count = whole_number("starts", starts)
        return generator(rng).normal(size=(count, cell.state_size))
    states, _ = cell.given(starts, np.zeros(cell.n_inputs))
    if states.ndim != 2:
        raise ArgumentError(f"starts has shape {states.shape}; it must be (k, {cell.state_size})")
    return states.copy()


def _residual(cell: Cell, s: np.ndarray, x: np.ndarray) -> np.ndarray:
    return cell.step(x, np.broadcast_to(s, (*x.shape[:-1], len(s)))) - x


def _speed(cell: Cell, s: np.ndarray, x: np.ndarray) -> np.ndarray:
    return np.linalg.norm(_residual(cell, s, x), axis=-1)


def _of_residual(cell: Cell, s: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The Jacobian of R, (k, n, n)."""
    A, _ = cell.jacobian(x, np.broadcast_to(s, (*x.shape[:-1], len(s))))
    return A - np.eye(cell.state_size)


def _levenberg_marquardt(cell: Cell, s: np.ndarray, x: np.ndarray) -> np.ndarray:
    """All starts side by side, each with a damping of its own."""
    n = cell.state_size
    R = _residual(cell, s, x)
    q = 0.5 * np.sum(R * R, axis=-1)
    damping = np.full(len(x), DAMPING)
    for _ in range(STEPS):
        size = 1 + np.linalg.norm(x, axis=-1)
        live = np.flatnonzero((np.sqrt(2 * q) > 0.1 * EXACT * size) & (damping < GIVEN_UP))
        if not len(live):
            break
        D = _of_residual(cell, s, x[live])
        transposed = np.swapaxes(D, -1, -2)
        normal, gradient = transposed @ D, (transposed @ R[live][..., None])
        largest = np.diagonal(normal, axis1=-2, axis2=-1).max(axis=-1) + np.finfo(float).tiny
        damped = normal + (damping[live] * largest)[:, None, None] * np.eye(n)
        tried = x[live] - np.linalg.solve(damped, gradient)[..., 0]
        possible = np.isfinite(tried).all(axis=-1)
        tried = np.where(possible[:, None], tried, x[live])
        R_tried = _residual(cell, s, tried)
        q_tried = 0.5 * np.sum(R_tried * R_tried, axis=-1)
        better = q_tried < q[live]
        moved = live[better]
        x[moved], R[moved], q[moved] = tried[better], R_tried[better], q_tried[better]
        damping[moved] = np.maximum(damping[moved] * FALL, 1e-16)
        damping[live[~better]] *= RISE
    return x


def _newton(cell: Cell, s: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Undamped steps, kept where they help: they end at the rounding of R."""
    speed = _speed(cell, s, x)
    for _ in range(3):
        try:
            tried = x - np.linalg.solve(_of_residual(cell, s, x), _residual(cell, s, x)[..., None])[..., 0]
        except np.linalg.LinAlgError:  # one singular Jacobian stops them all: a continuum, where nothing is gained
            break
        possible = np.isfinite(tried).all(axis=-1)
        tried = np.where(possible[:, None], tried, x)
        faster = _speed(cell, s, tried)
        helps = faster < speed
        x[helps], speed[helps] = tried[helps], faster[helps]
    return x


def _distinct(x: np.ndarray, speed: np.ndarray, tol: float) -> list[list[int]]:
    """Groups of starts that led to one point; the slowest end of a group comes first."""
    groups: list[list[int]] = []
    for i in np.argsort(speed):
        near = next((g for g in groups if np.linalg.norm(x[i] - x[g[0]]) <= tol * (1 + np.linalg.norm(x[g[0]]))), None)
        if near is None:
            groups.append([int(i)])
        else:
            near.append(int(i))
    return groups


def _point(cell: Cell, s: np.ndarray, x: np.ndarray, starts: int, noise: float) -> FixedPoint | None:
    """A point with its linear network; None where the search had not ended."""
    A, B = cell.jacobian(x, s)
    R = _residual(cell, s, x)
    speed = float(np.linalg.norm(R))
    gradient = float(np.linalg.norm((A - np.eye(cell.state_size)).T @ R))
    is_fixed = speed <= EXACT * (1 + float(np.linalg.norm(x)))
    # at a minimum of q that is no zero the Jacobian of R is singular along R
    if not is_fixed and gradient > FLAT * speed * (1 + float(np.linalg.norm(A))):
        return None
    eigenvalues = np.linalg.eigvals(A)
    eigenvalues = eigenvalues[np.argsort(-np.abs(eigenvalues))]
    rounding = 1e-7 * (1 + float(np.linalg.norm(A)))
    alone = float(np.abs(eigenvalues - 1).min()) > rounding
    kind = "slow" if not is_fixed else "fixed" if alone else "continuum"
    margin = float(np.abs(eigenvalues[0]) - 1)
    stable = None if abs(margin) <= rounding else margin < 0
    name = f"{kind} point of {type(cell).__name__}"
    network = LinearNetwork(A, B[:, 0] if B.shape[1] == 1 else B, noise, name=name)
    return FixedPoint(x.copy(), kind, speed, gradient, eigenvalues, stable, starts, network)
