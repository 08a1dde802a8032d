"""Cells made of others, or of a user's own functions.

Contents
--------
CustomCell
    A user's step and its Jacobians.
StackedCell
    Layers of cells: each takes the new state of the layer below as its input.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from linmem.cells.cell import Bends, Cell
from linmem.cells.lstm import LSTMCell
from linmem.errors import ArgumentError, errors_of_other_libraries
from linmem.validation import whole_number


class CustomCell(Cell):
    """A cell of a user's own: x' = step(x, s), with its Jacobians.

    Parameters
    ----------
    step
        The next state (n,) from a state (n,) and an input (M,).
    jacobian
        (A, B), (n, n) and (n, M), at a state and an input.
    state_size, n_inputs
        n and M.

    Raises
    ------
    ArgumentError
        When it is used: if a function raises, or returns another shape or numbers that are not finite.

    Examples
    --------
    >>> cell = CustomCell(lambda x, s: np.sin(x) + s, lambda x, s: (np.diag(np.cos(x)), np.eye(1)), 1, 1)
    >>> cell.jacobian([0.0], [2.0])[0]
    array([[1.]])
    """

    def __init__(
        self,
        step: Callable[[np.ndarray, np.ndarray], Any],
        jacobian: Callable[[np.ndarray, np.ndarray], tuple[Any, Any]],
        state_size: int,
        n_inputs: int,
    ) -> None:
        for name, function in (("step", step), ("jacobian", jacobian)):
            if not callable(function):
                raise ArgumentError(f"{name} is {function!r}; it must be a function of a state and an input")
        self._step, self._jacobian = step, jacobian
        self.state_size = whole_number("state_size", state_size)
        self.n_inputs = whole_number("n_inputs", n_inputs)

    def step(self, state: Any, inputs: Any) -> np.ndarray:
        x, s = self.given(state, inputs)
        return self._each(x, s, lambda one, at: (self._call("step", self._step, one, at, (self.state_size,)),))[0]

    def jacobian(self, state: Any, inputs: Any) -> tuple[np.ndarray, np.ndarray]:
        x, s = self.given(state, inputs)

        def both(one: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, ...]:
            with errors_of_other_libraries(ArgumentError, "jacobian raises"):
                pair = self._jacobian(one, at)
            if not isinstance(pair, (tuple, list)) or len(pair) != 2:
                raise ArgumentError(f"jacobian returns {type(pair).__name__}; it must return a pair, A and B")
            shapes = (self.state_size, self.state_size), (self.state_size, self.n_inputs)
            return tuple(_checked("jacobian", part, shape) for part, shape in zip(pair, shapes, strict=True))

        A, B = self._each(x, s, both)
        return A, B

    def _call(self, name: str, function: Callable[..., Any], x: np.ndarray, s: np.ndarray, shape: Any) -> np.ndarray:
        with errors_of_other_libraries(ArgumentError, f"{name} raises"):
            value = function(x, s)
        return _checked(name, value, shape)

    def _each(self, x: np.ndarray, s: np.ndarray, of: Callable[..., tuple[np.ndarray, ...]]) -> list[np.ndarray]:
        """The arrays that a function gives for every state and input, over their leading axes."""
        leading = np.broadcast_shapes(x.shape[:-1], s.shape[:-1])
        states = np.broadcast_to(x, (*leading, self.state_size)).reshape(-1, self.state_size)
        inputs = np.broadcast_to(s, (*leading, self.n_inputs)).reshape(-1, self.n_inputs)
        found = [of(one, at) for one, at in zip(states, inputs, strict=True)]
        return [np.stack(parts).reshape(*leading, *parts[0].shape) for parts in zip(*found, strict=True)]


def _checked(name: str, value: Any, shape: tuple[int, ...]) -> np.ndarray:
    with errors_of_other_libraries(ArgumentError, f"{name} returns what is no array of numbers"):
        array = np.asarray(value, dtype=float)
    if array.shape != shape:
        raise ArgumentError(f"{name} returns an array of shape {array.shape}; it must have shape {shape}")
    if not np.isfinite(array).all():
        raise ArgumentError(f"{name} returns numbers that are not finite")
    return array


class StackedCell(Cell):
    """Layers of cells, of which each takes the new state h of the layer below as its input.

    The state is that of all layers, one after the other. The new state of a layer depends on the new state of those
    below it, so that A is block lower triangular.

    Parameters
    ----------
    layers
        The cells, from the input on.

    Raises
    ------
    ArgumentError
        If a layer does not take as many inputs as the one below has outputs.

    Examples
    --------
    >>> from linmem.cells.plain import RNNCell
    >>> unit = RNNCell([[0.5]], [[1.0]], nonlinearity="linear")
    >>> StackedCell([unit, unit]).step([0.0, 0.0], [1.0])
    array([1., 1.])
    """

    def __init__(self, layers: Sequence[Cell]) -> None:
        self.layers = tuple(layers) if isinstance(layers, Iterable) else ()
        if not self.layers or not all(isinstance(layer, Cell) for layer in self.layers):
            raise ArgumentError(f"layers is {layers!r:.60}; it must be a list of cells, at least one")
        for number, (below, above) in enumerate(zip(self.layers[:-1], self.layers[1:], strict=True)):
            if above.n_inputs != _outputs(below):
                raise ArgumentError(
                    f"layers[{number + 1}] takes {above.n_inputs} inputs, but layers[{number}] has {_outputs(below)} "
                    "outputs"
                )
        self.state_size = sum(layer.state_size for layer in self.layers)
        self.n_inputs = self.layers[0].n_inputs
        ends = np.cumsum([layer.state_size for layer in self.layers])
        self._places = [slice(end - layer.state_size, end) for layer, end in zip(self.layers, ends, strict=True)]

    def split(self, state: Any) -> dict[str, np.ndarray]:
        state = np.asarray(state)
        parts = {}
        for number, (layer, place) in enumerate(zip(self.layers, self._places, strict=True)):
            for name, part in layer.split(state[..., place]).items():
                parts[f"{name}{number}"] = part
        return parts

    def step(self, state: Any, inputs: Any) -> np.ndarray:
        x, s = self.given(state, inputs)
        found = []
        for layer, place in zip(self.layers, self._places, strict=True):
            found.append(layer.step(x[..., place], s))
            s = layer.split(found[-1])["h"]
        return np.concatenate(found, axis=-1)

    def bends(self, state: Any, inputs: Any) -> Bends | None:
        x, s = self.given(state, inputs)
        A, B = self.jacobian(x, s)
        by_state, by_input = np.zeros((self.n_inputs, self.state_size)), np.eye(self.n_inputs)  # what a layer is given
        found: list[Bends] = []
        for layer, place in zip(self.layers, self._places, strict=True):
            bends = layer.bends(x[place], s)
            if bends is None:
                return None
            curved, kinked = (_seen(rows, place, by_state, by_input) for rows in (bends.curved, bends.kinked))
            found.append(Bends(curved, kinked, bends.distances))
            outputs = slice(place.start, place.start + _outputs(layer))
            by_state, by_input = A[outputs], B[outputs]
            s = layer.split(layer.step(x[place], s))["h"]
        return Bends(
            _stacked([bends.curved for bends in found]),
            _stacked([bends.kinked for bends in found]),
            np.concatenate([bends.distances for bends in found]),
        )

    def jacobian(self, state: Any, inputs: Any) -> tuple[np.ndarray, np.ndarray]:
        x, s = self.given(state, inputs)
        leading = np.broadcast_shapes(x.shape[:-1], s.shape[:-1])
        A = np.zeros((*leading, self.state_size, self.state_size))
        B = np.zeros((*leading, self.state_size, self.n_inputs))
        by_state: np.ndarray | None = None  # of the output of the layer below
        by_input: np.ndarray | None = None
        for layer, place in zip(self.layers, self._places, strict=True):
            own, through = layer.jacobian(x[..., place], s)
            if by_state is None or by_input is None:
                B[..., place, :] = through
            else:
                A[..., place, :] = through @ by_state
                B[..., place, :] = through @ by_input
            A[..., place, place] += own
            outputs = slice(place.start, place.start + _outputs(layer))
            by_state, by_input = A[..., outputs, :], B[..., outputs, :]
            s = layer.split(layer.step(x[..., place], s))["h"]
        return A, B


def _seen(
    rows: tuple[np.ndarray, np.ndarray], place: slice, by_state: np.ndarray, by_input: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Rows of a layer, by its own state and by what it is given, as rows of the stack."""
    of_layer, of_given = rows
    whole = of_given @ by_state
    whole[:, place] += of_layer
    return whole, of_given @ by_input


def _stacked(rows: Sequence[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    return np.vstack([of_state for of_state, _ in rows]), np.vstack([of_input for _, of_input in rows])


def _outputs(cell: Cell) -> int:
    """How many numbers a cell hands to the layer above."""
    return cell.outputs if isinstance(cell, LSTMCell) else cell.split(cell.initial_state)["h"].shape[-1]
