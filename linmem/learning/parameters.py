r"""The parameters of a cell with its readout as one flat array, which an optimiser moves.

Conventions
-----------
The cells are those of `linmem.cells`: a plain cell in rate form without a leak, whose nonlinearity the kernels of
training have, and an LSTM without projection and peepholes, with the gates input, forget, cell, output. The readout of
the state h is U h + c, followed by a softmax where the targets are labels. The number of units is also called hidden
size.

Contents
--------
PLAIN, CELLS
    The nonlinearities of plain cells, with their numbers in the kernels; the kinds of cells.
FORGET, UPDATE
    Places of two gates among those of an LSTM.
ParameterLayout
    The kind of a cell with its sizes; the parts of the flat array; the cell of given parts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

import numpy as np

from linmem.cells.cell import Cell
from linmem.cells.lstm import LSTMCell
from linmem.cells.nonlinearities import NONLINEARITIES
from linmem.cells.plain import RNNCell
from linmem.files.layouts import LSTM
from linmem.validation import option, whole_number

PLAIN = {name: one.code for name, one in NONLINEARITIES.items() if one.code is not None}
CELLS = (*PLAIN, "lstm")
FORGET, UPDATE = LSTM.index("forget"), LSTM.index("cell")


@dataclass(frozen=True)
class ParameterLayout:
    """The layout of the parameters of a cell, one of `CELLS`, with its numbers of units, inputs and outputs.

    Raises
    ------
    ArgumentError
        For another kind, and for a number that is not a whole one from 1 on.

    Examples
    --------
    >>> ParameterLayout("elu", 2, 3, 1).shapes
    {'recurrent': (2, 2), 'feedforward': (2, 3), 'bias': (2,), 'readout': (1, 2), 'readout_bias': (1,)}
    """

    kind: str
    units: int
    n_inputs: int
    n_outputs: int

    def __post_init__(self) -> None:
        option("cell", self.kind, CELLS)
        for argument in ("units", "n_inputs", "n_outputs"):
            whole_number(argument, getattr(self, argument))

    @property
    def gated(self) -> bool:
        """Whether the cell is an LSTM."""
        return self.kind == "lstm"

    @property
    def gates(self) -> int:
        """The number of rows of W for each unit."""
        return len(LSTM) if self.gated else 1

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shapes of the parts of the flat array, in order."""
        rows = self.gates * self.units
        return {
            "recurrent": (rows, self.units),
            "feedforward": (rows, self.n_inputs),
            "bias": (rows,),
            "readout": (self.n_outputs, self.units),
            "readout_bias": (self.n_outputs,),
        }

    @property
    def size(self) -> int:
        """The number of parameters."""
        return sum(map(prod, self.shapes.values()))

    def views(self, flat: np.ndarray) -> dict[str, np.ndarray]:
        """The parts of a flat array by name; they share its memory."""
        parts, start = {}, 0
        for name, shape in self.shapes.items():
            stop = start + prod(shape)
            parts[name] = flat[start:stop].reshape(shape)
            start = stop
        return parts

    def cell(self, parts: Mapping[str, np.ndarray]) -> Cell:
        """The cell of parts by name, with its biases: the one that training runs, in double precision."""
        arrays = parts["recurrent"], parts["feedforward"], parts["bias"]
        return LSTMCell(*arrays) if self.gated else RNNCell(*arrays, nonlinearity=self.kind)
