"""What every recurrent cell has in common.

Contents
--------
Cell
    A cell: its step, its Jacobians, the parts of its state.
DiagonalCell
    A cell of which every number of the state acts on itself alone.
Bends
    What enters its nonlinearities.
leading_axes, vectors
    Checked states and inputs.
weights, bias
    Checked arrays of a cell.
require_jacobians
    Refuse matrices that would fill the memory.
diagonal_times, times_diagonal
    diag(d) M and M diag(d), over leading axes.
sum_of_scaled
    diag(d_1) M_1 + diag(d_2) M_2 + ..., over leading axes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from linmem.errors import ArgumentError, errors_of_other_libraries

LARGEST_JACOBIAN = 2**27  # numbers, 1 GB


@dataclass(frozen=True)
class Bends:
    """What enters the nonlinearities of a step, to first order: rows U and V with U x + V s.

    `curved`, ((p, n), (p, M)), enter nonlinearities whose slope changes; `kinked`, ((q, n), (q, M)), those whose slope
    jumps at a kink, of which the arguments are `distances` (q,) away.
    """

    curved: tuple[np.ndarray, np.ndarray]
    kinked: tuple[np.ndarray, np.ndarray]
    distances: np.ndarray

    @classmethod
    def of(cls, curved: np.ndarray, by_input: np.ndarray) -> Bends:
        """Those of curved nonlinearities alone."""
        return cls((curved, by_input), (curved[:0], by_input[:0]), np.zeros(0))


class Cell(ABC):
    """A recurrent cell, x_t = F(x_{t-1}, s_t).

    Attributes
    ----------
    state_size
        n, the length of the whole state.
    n_inputs
        M, the length of an input.
    recurrent_columns
        m where only the first m columns of A are full, and those after them, in blocks of as many rows, are diagonal:
        numbers of the state that act on their own units alone. None: all are full.
    is_affine_in_state
        Whether F(x, s) = A(s) x + g(s), so that noise of any size moves the state as its linear network says.
    """

    state_size: int
    n_inputs: int
    recurrent_columns: int | None = None
    is_affine_in_state: ClassVar[bool] = False
    NOT_AN_ARRAY: ClassVar[str] = (
        "which is not linear; pass linmem.linearise(linmem.trajectory(cell, inputs), noise=...), or a fixed point's "
        "network, linmem.fixed_points(cell, input)"
    )

    @abstractmethod
    def step(self, state: Any, inputs: Any) -> np.ndarray:
        """The next state (..., n), from a state (..., n) and an input (..., M)."""

    @abstractmethod
    def jacobian(self, state: Any, inputs: Any) -> tuple[np.ndarray, np.ndarray]:
        """A = dF/dx, (..., n, n), and B = dF/ds, (..., n, M), at a state and an input."""

    def split(self, state: Any) -> dict[str, np.ndarray]:
        """The parts of a state by name: "h", and "c" of an LSTM."""
        return {"h": np.asarray(state)}

    def bends(self, state: Any, inputs: Any) -> Bends | None:
        """What enters the nonlinearities of the step from one state (n,) and input (M,); None where that is unknown."""
        return None

    @property
    def initial_state(self) -> np.ndarray:
        """The state of zeros, (n,)."""
        return np.zeros(self.state_size)

    def given(self, state: Any, inputs: Any) -> tuple[np.ndarray, np.ndarray]:
        """State and input in double precision, with the lengths that the cell has.

        Raises
        ------
        ArgumentError
            If one has another length, or is not finite, or their leading axes differ.
        """
        x, s = vectors("state", state, self.state_size), vectors("inputs", inputs, self.n_inputs)
        leading_axes(x.shape[:-1], s.shape[:-1])
        return x, s


class DiagonalCell(Cell):
    """A cell whose A = dF/dx is diagonal: no number of the state acts on another one."""

    @abstractmethod
    def diagonal_jacobian(self, state: Any, inputs: Any, columns: Any = None) -> tuple[np.ndarray, np.ndarray]:
        """The diagonal of A, (..., n), and B = dF/ds, (..., n, M), at a state and an input.

        With `columns` X, (M, d), the second is B X, (..., n, d): the derivatives along d combinations of the inputs.
        """

    def jacobian(self, state: Any, inputs: Any) -> tuple[np.ndarray, np.ndarray]:
        n = self.state_size
        places = np.broadcast_shapes(np.shape(state)[:-1], np.shape(inputs)[:-1])
        require_jacobians(int(np.prod(places)), n, self.n_inputs)
        a, B = self.diagonal_jacobian(state, inputs)
        return a[..., None] * np.eye(n), B

    def directions(self, columns: Any) -> np.ndarray:
        """The combinations of the inputs as rows, (d, M); all inputs where `columns` is None."""
        X = np.eye(self.n_inputs) if columns is None else weights("columns", columns, (self.n_inputs, None))
        return X.T


def require_jacobians(places: int, n: int, inputs: int) -> None:
    """Raise where the matrices of so many places would fill the memory."""
    if places * n * max(n, inputs) > LARGEST_JACOBIAN:
        raise ArgumentError(
            f"the Jacobians of {n} numbers of the state at {places} places hold more than {LARGEST_JACOBIAN:.1e} "
            "numbers; of so many, paths have the Fisher memory curve of the whole state alone, and cells "
            "diagonal_jacobian"
        )


def leading_axes(of_states: tuple[int, ...], of_inputs: tuple[int, ...]) -> tuple[int, ...]:
    """The leading axes of states and inputs together, or an error where they do not go together."""
    if of_states == of_inputs:
        return of_states
    try:
        return np.broadcast_shapes(of_states, of_inputs)
    except ValueError:
        raise ArgumentError(
            f"the states have the leading axes {of_states} and the inputs {of_inputs}; they must be those of the same "
            "sequences, or one of them none"
        ) from None


def vectors(argument: str, value: Any, length: int) -> np.ndarray:
    """Finite real numbers in double precision, with a last axis of that length; or an error."""
    array = _real(argument, value)
    if array.ndim == 0 or array.shape[-1] != length:
        raise ArgumentError(f"{argument} has shape {array.shape}; its last axis must have length {length}")
    _require_finite(argument, array)
    return array


def _real(argument: str, value: Any) -> np.ndarray:
    with errors_of_other_libraries(ArgumentError, f"{argument} is no array of numbers"):
        array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise ArgumentError(f"{argument} has the type {array.dtype}; it must hold real numbers")
    return array.astype(float)


def _require_finite(argument: str, array: np.ndarray) -> None:
    if not np.isfinite(array).all():
        place = tuple(np.argwhere(~np.isfinite(array))[0].tolist())
        raise ArgumentError(f"{argument} is {array[place]} at {place}; it must be finite")


def weights(argument: str, value: Any, shape: tuple[int | None, ...]) -> np.ndarray:
    """A read-only copy of weights in double precision; None in the shape stands for any length.

    Raises
    ------
    ArgumentError
        If the array has another shape, does not hold real numbers, or is not finite.
    """
    array = _real(argument, value)
    fits = array.ndim == len(shape) and all(want in (None, have) for want, have in zip(shape, array.shape, strict=True))
    if not fits or 0 in array.shape:
        wanted = ", ".join("any" if length is None else str(length) for length in shape)
        raise ArgumentError(f"{argument} has shape {array.shape}; it must have shape ({wanted})")
    _require_finite(argument, array)
    array.setflags(write=False)
    return array


def bias(argument: str, value: Any, rows: int) -> np.ndarray:
    """A bias (rows,); zeros where it is None."""
    return weights(argument, np.zeros(rows) if value is None else value, (rows,))


def diagonal_times(d: np.ndarray, M: np.ndarray) -> np.ndarray:
    """diag(d) M over leading axes."""
    return d[..., :, None] * M


def sum_of_scaled(*terms: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """The sum of diag(d) M over the terms (d, M), over leading axes, with one scratch array for all."""
    (d, M), *others = terms
    total = diagonal_times(d, M)
    scratch = np.empty_like(total)
    for d, M in others:
        total += np.multiply(d[..., :, None], M, out=scratch)
    return total


def times_diagonal(M: np.ndarray, d: np.ndarray) -> np.ndarray:
    """M diag(d) over leading axes."""
    return M * d[..., None, :]
