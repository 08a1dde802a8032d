r"""Recurrent cells, unrolled over the steps of a sequence: loss and gradient by back-propagation through time.

Conventions
-----------
Plain cell: h_t = f(W h_{t-1} + V x_t + b), f one of elu, relu, tanh. LSTM: i, f, o = sigmoid and g = tanh of W h_{t-1}
+ V x_t + b, whose rows are the gates input, forget, cell, output, in PyTorch's order; c_t = f c_{t-1} + i g, h_t = o
tanh(c_t). Readout: U h_t + c, followed by a softmax where the targets are labels. All parameters of a cell are one flat
array; `Cell.views` gives its parts their names and shapes.

Contents
--------
Cell
    What kind, how many units, inputs and outputs; how its parameters are laid out.
Unrolled
    A cell over T steps: the memory for states and gradients.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from linmem.errors import InvalidNetworkError
from linmem.kernels import backpropagation as kernels
from linmem.kernels.tiles import LANES, SIDE, add_outer, aligned, padded
from linmem.learning.tasks import Sequences
from linmem.validation import whole_number

PLAIN = {"tanh": kernels.TANH, "relu": kernels.RELU, "elu": kernels.ELU}
CELLS = (*PLAIN, "lstm")


@dataclass(frozen=True)
class Cell:
    """A kind of cell, one of `CELLS`, with its numbers of units, inputs and outputs.

    Examples
    --------
    >>> Cell("elu", 2, 3, 1).shapes
    {'recurrent': (2, 2), 'feedforward': (2, 3), 'bias': (2,), 'readout': (1, 2), 'readout_bias': (1,)}
    """

    kind: str
    units: int
    inputs: int
    outputs: int

    def __post_init__(self):
        if self.kind not in CELLS:
            raise InvalidNetworkError(f"cell is {self.kind!r}; it must be one of {', '.join(CELLS)}")
        for argument in ("units", "inputs", "outputs"):
            whole_number(argument, getattr(self, argument))

    @property
    def gated(self) -> bool:
        return self.kind == "lstm"

    @property
    def gates(self) -> int:
        """How many rows of W there are for each unit."""
        return kernels.GATES if self.gated else 1

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The parts of the flat array, in order."""
        rows = self.gates * self.units
        return {
            "recurrent": (rows, self.units),
            "feedforward": (rows, self.inputs),
            "bias": (rows,),
            "readout": (self.outputs, self.units),
            "readout_bias": (self.outputs,),
        }

    @property
    def size(self) -> int:
        """How many parameters there are."""
        return sum(prod(shape) for shape in self.shapes.values())

    def views(self, flat: np.ndarray) -> dict[str, np.ndarray]:
        """The parts of a flat array by name, which share its memory."""
        parts, start = {}, 0
        for name, shape in self.shapes.items():
            stop = start + prod(shape)
            parts[name] = flat[start:stop].reshape(shape)
            start = stop
        return parts


class Unrolled:
    """A cell over T steps, the last S of them scored, in single or double precision.

    `load` sets the parameters; `run` answers the loss of a batch and, in `gradient`, its derivative by them.
    """

    def __init__(self, cell: Cell, steps: int, scored: int, *, truncation: int | None = None, dtype=np.float32):
        self.cell, self.steps, self.scored, self.dtype = cell, steps, scored, np.dtype(dtype)
        self.truncation = steps if truncation is None else truncation
        n, rows, outputs = cell.units, padded(cell.gates * cell.units), padded(cell.outputs)
        self.columns = 1 + n + cell.inputs
        wide, narrow = padded(self.columns, SIDE), padded(1 + n, SIDE)
        self._M, self._P = self._zeros(rows, self.columns), self._zeros(outputs, 1 + n)
        self._W_transposed, self._U_transposed = self._zeros(padded(n), rows), self._zeros(padded(n), cell.outputs)
        self._z = self._zeros(steps + 1, max(wide, narrow), LANES)
        self._z[:, 0] = 1
        self._work, self._errors = self._zeros(steps, rows, LANES), self._zeros(scored, outputs, LANES)
        self._cells = self._zeros(steps + 1, n, LANES) if cell.gated else None
        self._by_M, self._by_P = self._zeros(rows, wide), self._zeros(outputs, narrow)

    def _zeros(self, *shape):
        return aligned(*shape, dtype=self.dtype)

    def load(self, flat: np.ndarray) -> None:
        """Take these parameters."""
        cell, part = self.cell, self.cell.views(flat)
        n, rows = cell.units, cell.gates * cell.units
        self._M[:rows, 0], self._M[:rows, 1 : 1 + n], self._M[:rows, 1 + n :] = (
            part["bias"],
            part["recurrent"],
            part["feedforward"],
        )
        self._P[: cell.outputs, 0], self._P[: cell.outputs, 1:] = part["readout_bias"], part["readout"]
        self._W_transposed[:n, :rows] = part["recurrent"].T
        self._U_transposed[:n] = part["readout"].T

    def start(self, state=None) -> None:
        """Begin at zero, or at a `state`."""
        h = self._z[0, 1 : 1 + self.cell.units]
        h[:] = 0 if state is None else state[0]
        if self._cells is not None:
            self._cells[0] = 0 if state is None else state[1]

    @property
    def state(self):
        """Where the sequences ended: h, and c of an LSTM."""
        h = self._z[-1, 1 : 1 + self.cell.units].copy()
        return (h,) if self._cells is None else (h, self._cells[-1].copy())

    @property
    def states(self) -> np.ndarray:
        """h_1, ..., h_T of each lane, (T, N, LANES), of the last run."""
        return self._z[1:, 1 : 1 + self.cell.units]

    def run(self, batch: Sequences, weight: float, *, learn: bool) -> tuple[float, int]:
        """The loss of at most LANES sequences, each step and output times `weight`, and how many labels were right.

        With `learn`, its gradient is added to `gradient`.
        """
        self._forward(batch.inputs)
        kernels.read_out(self._P, 1 + self.cell.units, self._z[1 + self.steps - self.scored :], self._errors)
        loss, hits = self._score(batch.targets, weight)
        if learn:
            self._backward()
        return loss, hits

    def clear(self) -> None:
        """Forget the gradient."""
        self._by_M[:], self._by_P[:] = 0, 0

    def gradient(self) -> np.ndarray:
        """The sum of the gradients of all runs since `clear`, flat."""
        cell, flat = self.cell, np.empty(self.cell.size, self.dtype)
        part, n, rows = cell.views(flat), cell.units, cell.gates * cell.units
        part["bias"][:], part["recurrent"][:] = self._by_M[:rows, 0], self._by_M[:rows, 1 : 1 + n]
        part["feedforward"][:] = self._by_M[:rows, 1 + n : self.columns]
        part["readout_bias"][:] = self._by_P[: cell.outputs, 0]
        part["readout"][:] = self._by_P[: cell.outputs, 1 : 1 + n]
        return flat

    def _forward(self, inputs):
        x = self._z[: self.steps, 1 + self.cell.units : self.columns]
        (kernels.place_symbols if inputs.ndim == 2 else kernels.place_values)(inputs, x)
        if self._cells is not None:
            kernels.gated_forward(self._M, self.cell.units, self.columns, self._z, self._cells, self._work)
        else:
            kind = PLAIN[self.cell.kind]
            kernels.plain_forward(kind, self._M, self.cell.units, self.columns, self._z, self._work)

    def _score(self, targets, weight):
        weights = np.zeros(LANES, self.dtype)
        weights[: len(targets)] = weight
        placed = np.zeros((*targets.shape[1:], LANES), np.int64 if targets.ndim == 2 else self.dtype)
        placed[..., : len(targets)] = np.moveaxis(targets, 0, -1)
        if targets.ndim == 2:
            return kernels.softmax_loss(self._errors, self.cell.outputs, placed, weights)
        return kernels.squared_loss(self._errors, placed, weights), 0

    def _backward(self):
        cell, after = self.cell, self._z[1 + self.steps - self.scored :]
        add_outer(self._errors, after, self._by_P)
        sizes = (self._W_transposed, self._U_transposed, cell.units, cell.outputs, self.truncation, self._z)
        if self._cells is not None:
            kernels.gated_backward(*sizes, self._cells, self._work, self._errors, self._by_M)
        else:
            kernels.plain_backward(PLAIN[cell.kind], *sizes, self._work, self._errors, self._by_M)
