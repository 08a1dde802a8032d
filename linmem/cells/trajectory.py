"""The states of a cell along a sequence of inputs, without noise.

Contents
--------
Trajectory, trajectory
    A cell, its inputs, and the states that follow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from linmem.cells.cell import Cell, leading_axes, vectors
from linmem.errors import ArgumentError, InvalidNetworkError, errors_of_other_libraries


@dataclass(frozen=True, eq=False)
class Trajectory:
    """The path of a cell.

    Attributes
    ----------
    cell
        The cell.
    inputs
        s_1, ..., s_T, (..., T, M).
    states
        x_0, x_1, ..., x_T, (..., T + 1, n): the whole state before the first step and after each.
    """

    cell: Cell
    inputs: np.ndarray
    states: np.ndarray
    NOT_AN_ARRAY: ClassVar[str] = (
        "the path of a cell, whose weights change from step to step; pass linmem.linearise(trajectory, noise=...)"
    )

    @property
    def steps(self) -> int:
        """T."""
        return self.inputs.shape[-2]

    def __getitem__(self, place: int | tuple[int, ...]) -> Trajectory:
        """One of several paths, or some of them, by the leading axes."""
        if self.states.ndim == 2:
            raise ArgumentError("the trajectory is one path; states and inputs are arrays of its steps")
        return Trajectory(self.cell, self.inputs[place], self.states[place])

    @property
    def hidden_states(self) -> np.ndarray:
        """h_1, ..., h_T, (..., T, N): what a readout sees; of a stack, of its last layer."""
        parts = self.cell.split(self.states[..., 1:, :])
        names = [name for name in parts if name.startswith("h")]
        return parts[names[-1]]

    @property
    def mean_square(self) -> float:
        """The mean of h^2 along the path: memory is in units of the noise, and larger states look better."""
        with np.errstate(over="ignore"):
            return float(np.mean(self.hidden_states**2))

    def jacobians(self, start: int = 0, stop: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """A_t, (..., k, n, n), and B_t, (..., k, n, M), of the steps `start` + 1 to `stop`; of all T where None.

        Raises
        ------
        ArgumentError
            If there are no such steps.
        """
        stop = self.steps if stop is None else stop
        if not 0 <= start < stop <= self.steps:
            raise ArgumentError(f"start is {start} and stop {stop}; they must be 0 <= start < stop <= {self.steps}")
        with np.errstate(all="ignore"):
            return self.cell.jacobian(self.states[..., start:stop, :], self.inputs[..., start:stop, :])


def trajectory(cell: Cell, inputs: Any, initial_state: Any = None) -> Trajectory:
    """The states of a cell along a sequence of inputs, x_t = F(x_{t-1}, s_t), in double precision.

    Parameters
    ----------
    cell
        A cell of this package, as `RNNCell`, `GRUCell`, `LSTMCell`; of a file: `load_cell(path).cell()`.
    inputs
        s_1, ..., s_T, (T, M), or (..., T, M) for independent sequences; (T,) for a cell with one input.
    initial_state
        x_0, (n,) or (..., n). None: zeros.

    Raises
    ------
    ArgumentError
        If an array has another shape or is not finite.
    InvalidNetworkError
        If a state overflows; the message says at which step, and which unit.

    Examples
    --------
    >>> from linmem.cells.plain import RNNCell
    >>> path = trajectory(RNNCell([[0.5]], [[1.0]], nonlinearity="linear"), [1.0, 0.0, 0.0])
    >>> path.states[:, 0], path.jacobians()[0].shape
    (array([0.  , 1.  , 0.5 , 0.25]), (3, 1, 1))
    """
    if not isinstance(cell, Cell):
        raise ArgumentError(f"cell is a {type(cell).__name__}; it must be a cell, as RNNCell or load_cell(path).cell()")
    with errors_of_other_libraries(ArgumentError, "inputs is no array of numbers"):
        array = np.asarray(inputs)
    if array.ndim == 1 and cell.n_inputs == 1:
        array = array[:, None]
    if array.ndim < 2 or 0 in array.shape:
        raise ArgumentError(f"inputs has shape {array.shape}; it must be (T, {cell.n_inputs}), with at least one step")
    start = cell.initial_state if initial_state is None else initial_state
    x, s = vectors("initial_state", start, cell.state_size), vectors("inputs", array, cell.n_inputs)
    leading = leading_axes(x.shape[:-1], s.shape[:-2])
    states = np.empty((*leading, s.shape[-2] + 1, cell.state_size))
    states[..., 0, :] = x
    with np.errstate(all="ignore"):
        for t in range(s.shape[-2]):
            states[..., t + 1, :] = _finite(cell.step(states[..., t, :], s[..., t, :]), t + 1)
    s = np.broadcast_to(s, (*leading, *s.shape[-2:]))
    for shared in (states, s):
        shared.setflags(write=False)
    return Trajectory(cell, s, states)


def _finite(state: np.ndarray, step: int) -> np.ndarray:
    if not np.isfinite(state).all():
        place = np.argwhere(~np.isfinite(state))[0]
        raise InvalidNetworkError(
            f"the state is {state[tuple(place)]} at step {step} in unit {place[-1]}: the cell overflows along these "
            "inputs; pass fewer steps or smaller inputs"
        )
    return state
