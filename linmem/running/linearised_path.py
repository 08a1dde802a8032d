r"""Cells along their path as time-varying linear networks: what small noise and small signals do.

Conventions
-----------
x_t = F(x_{t-1}, s_t) + z_t, and to first order in the noise and in a change of the inputs the state moves from its path
as the time-varying network with A_t = dF/dx and B_t = dF/ds at (x_{t-1}, s_t). Fisher memory at noise variance e is
J / e to leading order as e goes to 0; J here is that of the variances that are given.

Contents
--------
Noise
    The variances of what enters a step, and where it enters.
LinearisedPath, linearise
    The network of a path.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from linmem.cells.lstm import LSTMCell
from linmem.cells.plain import RNNCell
from linmem.cells.trajectory import Trajectory
from linmem.errors import ArgumentError
from linmem.running.time_varying_network import TimeVaryingNetwork
from linmem.running.validity import LimitsOfLinearity, limits_of_linearity
from linmem.validation import number, option

PLACES = ("after", "before")


@dataclass(frozen=True)
class Noise:
    """Independent Gaussian noise in every unit of every step.

    Attributes
    ----------
    hidden
        The variance in h (of a cell in current form, in u).
    cell
        The variance in c of an LSTM; 0 for all other cells.
    where
        "after": added to the new state, h after its nonlinearity, c after h is read from it. "before": of a plain cell
        in rate form, to the preactivation, so that h gets f' times the noise; of an LSTM, to c before h is read from
        it, so that h carries it too.

    Raises
    ------
    ArgumentError
        If a variance is negative or not finite, both are 0, or there is no such place.

    Examples
    --------
    >>> Noise(hidden=0.01)
    Noise(hidden=0.01, cell=0.0, where='after')
    """

    hidden: float = 0.0
    cell: float = 0.0
    where: str = "after"

    def __post_init__(self) -> None:
        for name in ("hidden", "cell"):
            object.__setattr__(self, name, number(name, getattr(self, name), at_least=0))
        option("where", self.where, PLACES)
        if self.hidden == 0 and self.cell == 0:
            raise ArgumentError("hidden and cell are 0; memory is measured against some noise: give a variance")


@dataclass(frozen=True, eq=False, repr=False)
class LinearisedPath(TimeVaryingNetwork):
    """The time-varying network of a path, as `linearise` returns it: it knows the `trajectory` it belongs to."""

    trajectory: Any = None

    def limits_of_linearity(self, at: int | str = -1) -> LimitsOfLinearity:
        """How large the noise may be for the measures after step `at` ("all": after any)."""
        stop, _ = self.steps_until(-1 if isinstance(at, str) else at, None)
        return limits_of_linearity(self.trajectory, self.path, stop, self.noise_variance)


def linearise(trajectory: Trajectory, *, noise: Noise | float, input: int | None = None) -> LinearisedPath:
    r"""The time-varying linear network of a path, on which the measures of memory are taken.

    Nothing of size T n^2 is kept: the Jacobians are built again when they are needed.

    Parameters
    ----------
    trajectory
        One path, of a cell of this package.
    noise
        A `Noise`, or the variance in every number of the state. Without a default: memory is in units of the noise,
        and for gated cells it depends on where the noise enters.
    input
        The number of one input, from 0; None for all of them.

    Raises
    ------
    ArgumentError
        If there are several paths, or no such input, or the noise is one that the cell does not have.

    Examples
    --------
    >>> import numpy as np
    >>> import linmem as lm
    >>> cell = lm.RNNCell(np.diag([1.0, 1.0], -1), np.eye(3)[:, :1], nonlinearity="linear")
    >>> path = lm.trajectory(cell, np.zeros(6))
    >>> (1 / lm.fisher_memory_curve(lm.linearise(path, noise=1.0), 3).values).round(12)     # a delay line
    array([1., 2., 3.])
    """
    if not isinstance(trajectory, Trajectory):
        raise ArgumentError(f"trajectory is a {type(trajectory).__name__}; it must come from linmem.trajectory")
    if trajectory.states.ndim != 2:
        count = int(np.prod(trajectory.states.shape[:-2]))
        raise ArgumentError(f"trajectory has {count} paths; linearise one of them: trajectory(cell, inputs[0])")
    M = trajectory.cell.n_inputs
    if input is not None and not (isinstance(input, (int, np.integer)) and 0 <= input < M):
        raise ArgumentError(f"input is {input!r}; it must be None or one of 0 to {M - 1}")
    which: Any = input
    if input is None:
        which = slice(None) if M > 1 else 0
    given = noise if isinstance(noise, Noise) else None
    if given is not None:
        _require_possible(trajectory, given)

    def steps(start: int, stop: int) -> tuple[np.ndarray, ...]:
        A, B = trajectory.jacobians(start, stop)
        B = np.ascontiguousarray(B[..., which])
        return (A, B) if given is None else (A, B, _factors(trajectory, given, start, stop))

    name = f"path of {trajectory.steps} steps of {type(trajectory.cell).__name__}"
    if given is not None:
        return LinearisedPath(steps, steps=trajectory.steps, name=name, trajectory=trajectory)
    variance = number("noise", noise, above=0)
    return LinearisedPath(steps, noise=variance, steps=trajectory.steps, name=name, trajectory=trajectory)


def _require_possible(trajectory: Trajectory, noise: Noise) -> None:
    cell = trajectory.cell
    if noise.cell and not isinstance(cell, LSTMCell):
        raise ArgumentError(f"noise has a variance of c, {noise.cell:g}, but {type(cell).__name__} has no c")
    in_rates = isinstance(cell, RNNCell) and cell.form == "rate"
    if noise.where == "before" and not in_rates and not isinstance(cell, LSTMCell):
        raise ArgumentError(
            f"noise enters before, but {type(cell).__name__} has no such place; take where='after', or a variance of "
            "the whole state"
        )


def _factors(trajectory: Trajectory, noise: Noise, start: int, stop: int) -> np.ndarray:
    """G of the steps, (k, n, r), with Q = G G'."""
    cell = trajectory.cell
    states, inputs = trajectory.states[start:stop], trajectory.inputs[start:stop]
    n, steps = cell.state_size, stop - start
    of_hidden, of_cell = np.sqrt([noise.hidden, noise.cell])
    if isinstance(cell, LSTMCell):
        P, N = cell.outputs, cell.n
        G = np.zeros((steps, n, n))
        G[:, :P, :P] = of_hidden * np.eye(P)
        G[:, P:, P:] = of_cell * np.eye(N)
        if noise.where == "before":
            G[:, :P, P:] = of_cell * cell.hidden_by_cell(states, inputs)
        return G
    if noise.where == "before" and isinstance(cell, RNNCell):
        slopes = of_hidden * cell.leak * cell.slopes(states, inputs)
        return slopes[..., None] * np.eye(n)
    return np.broadcast_to(of_hidden * np.eye(n), (steps, n, n)).copy()
