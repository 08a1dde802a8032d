r"""Recurrent cells, unrolled over the steps of a sequence: loss and gradient by back-propagation through time.

Conventions
-----------
The cells are `RNNCell` and `LSTMCell` of `linmem.cells`, with a readout of h; `ParameterLayout` has their parameters as
one flat array. The kernels compute the same steps for many sequences at once, in single precision if asked.

Contents
--------
Unrolled
    A cell over T steps: the memory for states and gradients.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import DTypeLike

from linmem.kernels import backpropagation as kernels
from linmem.kernels.tiles import LANES, SIDE, add_outer, aligned, padded
from linmem.learning.parameters import PLAIN, ParameterLayout
from linmem.learning.tasks import Sequences


class Unrolled:
    """A cell over T steps, the last S of them scored, in single or double precision.

    `load` sets the parameters. `run` returns the loss of a batch; with learn=True it adds the derivative of the loss by
    the parameters to what `gradient` returns.

    Parameters
    ----------
    steps, scored
        T and S.
    truncation
        The gradient does not flow back over steps whose number is a multiple of this one; None: it flows over all.
    """

    def __init__(
        self,
        layout: ParameterLayout,
        steps: int,
        scored: int,
        *,
        truncation: int | None = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.layout = layout
        self.steps = steps
        self.scored = scored
        self.truncation = steps if truncation is None else truncation
        self.dtype = np.dtype(dtype)
        n = layout.units
        # the columns of M = [b W V] and of P = [c U], which multiply [1, h, x] and [1, h]
        self._columns = 1 + n + layout.n_inputs
        self._readout_columns = 1 + n
        self._of_state = slice(1, 1 + n)
        self._of_inputs = slice(1 + n, self._columns)
        self._allocate()

    def _allocate(self) -> None:
        """The arrays of the kernels, whose layout `linmem.kernels.backpropagation` describes."""
        layout = self.layout
        n = layout.units
        rows = padded(layout.gates * n)
        output_rows = padded(layout.n_outputs)
        self._weights = self._zeros(rows, self._columns)
        self._readout = self._zeros(output_rows, self._readout_columns)
        self._recurrent_transposed = self._zeros(padded(n), rows)
        self._readout_transposed = self._zeros(padded(n), layout.n_outputs)
        # sums over lanes are taken in tiles of SIDE x SIDE, so that the gradients have whole numbers of them
        columns = padded(self._columns, SIDE)
        readout_columns = padded(self._readout_columns, SIDE)
        self._weights_gradient = self._zeros(rows, columns)
        self._readout_gradient = self._zeros(output_rows, readout_columns)
        self._z = self._zeros(self.steps + 1, max(columns, readout_columns), LANES)
        self._z[:, 0] = 1
        self._work = self._zeros(self.steps, rows, LANES)
        self._errors = self._zeros(self.scored, output_rows, LANES)
        self._cells = self._zeros(self.steps + 1, n, LANES) if layout.gated else None

    def _zeros(self, *shape: int) -> np.ndarray:
        return aligned(*shape, dtype=self.dtype)

    def load(self, flat: np.ndarray) -> None:
        """Set the parameters to these."""
        layout = self.layout
        n = layout.units
        rows = layout.gates * n
        part = layout.views(flat)
        weights = self._weights[:rows]
        readout = self._readout[: layout.n_outputs]
        weights[:, 0] = part["bias"]
        weights[:, self._of_state] = part["recurrent"]
        weights[:, self._of_inputs] = part["feedforward"]
        readout[:, 0] = part["readout_bias"]
        readout[:, 1:] = part["readout"]
        self._recurrent_transposed[:n, :rows] = part["recurrent"].T
        self._readout_transposed[:n] = part["readout"].T

    def start(self, state: Sequence[np.ndarray] | None = None) -> None:
        """Set the state before the first step: zero, or a `state` where other sequences ended."""
        self._z[0, self._of_state] = 0 if state is None else state[0]
        if self._cells is not None:
            self._cells[0] = 0 if state is None else state[1]

    @property
    def state(self) -> tuple[np.ndarray, ...]:
        """The state after the last step: h, and c of an LSTM, (N, LANES) each."""
        h = self._z[-1, self._of_state].copy()
        if self._cells is None:
            return (h,)
        return h, self._cells[-1].copy()

    @property
    def states(self) -> np.ndarray:
        """h_1, ..., h_T of each lane in the last run, (T, N, LANES)."""
        return self._z[1:, self._of_state]

    def run(self, batch: Sequences, weight: float, *, learn: bool) -> tuple[float, int]:
        """The loss of at most LANES sequences, each step and output times `weight`, and the number of right labels.

        With learn=True the gradient of the loss is added to `gradient`.
        """
        self._forward(batch.inputs)
        kernels.read_out(self._readout, self._readout_columns, self._scored_states(), self._errors)
        loss, hits = self._score(batch.targets, weight)
        if learn:
            self._backward()
        return loss, hits

    def clear(self) -> None:
        """Set the gradient to zero."""
        self._weights_gradient[:] = 0
        self._readout_gradient[:] = 0

    def gradient(self) -> np.ndarray:
        """The sum of the gradients of all runs since `clear`, flat."""
        layout = self.layout
        flat = np.empty(layout.size, self.dtype)
        part = layout.views(flat)
        weights = self._weights_gradient[: layout.gates * layout.units]
        readout = self._readout_gradient[: layout.n_outputs]
        part["bias"][:] = weights[:, 0]
        part["recurrent"][:] = weights[:, self._of_state]
        part["feedforward"][:] = weights[:, self._of_inputs]
        part["readout_bias"][:] = readout[:, 0]
        part["readout"][:] = readout[:, self._of_state]
        return flat

    def _scored_states(self) -> np.ndarray:
        """[1, h] after each of the last S steps."""
        return self._z[1 + self.steps - self.scored :]

    def _forward(self, inputs: np.ndarray) -> None:
        """The states of all steps, from the inputs (lanes, T) or (lanes, T, D)."""
        units = self.layout.units
        x = self._z[: self.steps, self._of_inputs]
        if inputs.ndim == 2:
            kernels.place_symbols(inputs, x)
        else:
            kernels.place_values(inputs, x)
        if self._cells is not None:
            kernels.gated_forward(self._weights, units, self._columns, self._z, self._cells, self._work)
        else:
            kind = PLAIN[self.layout.kind]
            kernels.plain_forward(kind, self._weights, units, self._columns, self._z, self._work)

    def _score(self, targets: np.ndarray, weight: float) -> tuple[float, int]:
        """Loss and right labels; the outputs in `_errors` become the gradients of the loss by them."""
        lanes = len(targets)
        labels = targets.ndim == 2
        # the loss of lanes without a sequence has weight 0
        weights = np.zeros(LANES, self.dtype)
        weights[:lanes] = weight
        placed = np.zeros((*targets.shape[1:], LANES), np.int64 if labels else self.dtype)
        placed[..., :lanes] = np.moveaxis(targets, 0, -1)
        if labels:
            return kernels.softmax_loss(self._errors, self.layout.n_outputs, placed, weights)
        return kernels.squared_loss(self._errors, placed, weights), 0

    def _backward(self) -> None:
        """Add the gradient of the last run to that of the runs before."""
        layout = self.layout
        add_outer(self._errors, self._scored_states(), self._readout_gradient)
        transposed = self._recurrent_transposed, self._readout_transposed
        sizes = layout.units, layout.n_outputs, self.truncation
        ends = self._work, self._errors, self._weights_gradient
        if self._cells is not None:
            kernels.gated_backward(*transposed, *sizes, self._z, self._cells, *ends)
        else:
            kernels.plain_backward(PLAIN[layout.kind], *transposed, *sizes, self._z, *ends)
