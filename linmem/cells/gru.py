"""Gated recurrent units, in the two forms that frameworks run.

Contents
--------
GRUCell
    r, z and n of the input and the state; h' = (1 - z) n + z h.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from linmem.cells.cell import Bends, Cell, bias, diagonal_times, sum_of_scaled, times_diagonal, weights
from linmem.cells.nonlinearities import logistic, nonlinearity
from linmem.errors import ArgumentError
from linmem.validation import option

RESETS = ("after", "before")
UPDATES = ("keeps", "replaces")
GATES = 3


class GRUCell(Cell):
    r"""A gated recurrent unit.

    With s the logistic function, a = V x + b_ih and p = W_n h + b_n:

    - r = s(a_r + W_r h + b_r), z = s(a_z + W_z h + b_z);
    - reset "after" (PyTorch, cuDNN, Keras by default, Flax): n = tanh(a_n + r p);
    - reset "before" (Cho et al. 2014, Haiku, Keras with reset_after=False, ONNX with linear_before_reset=0):
      n = tanh(a_n + W_n (r h) + b_n);
    - update "keeps": h' = (1 - z) n + z h; "replaces": h' = (1 - z) h + z n (Haiku).

    Parameters
    ----------
    weight_hh, weight_ih
        (3 N, N) and (3 N, M) by columns, in blocks reset, update, new.
    bias_ih, bias_hh
        (3 N,) each; None for zeros.
    reset
        "after" or "before": without a default, as both are in use and differ.
    update
        "keeps" or "replaces".
    nonlinearity
        Of the new gate.

    Raises
    ------
    ArgumentError
        If an array has another shape or is not finite, or an argument breaks its rule.

    Examples
    --------
    >>> cell = GRUCell(np.zeros((3, 1)), [[0.0], [0.0], [1.0]], reset="after")
    >>> cell.step([1.0], [0.0])          # z = 1/2, n = 0
    array([0.5])
    """

    def __init__(
        self,
        weight_hh: Any,
        weight_ih: Any,
        bias_ih: Any = None,
        bias_hh: Any = None,
        *,
        reset: str,
        update: str = "keeps",
        nonlinearity: Any = "tanh",
    ) -> None:
        self.weight_hh = weights("weight_hh", weight_hh, (None, None))
        rows, n = self.weight_hh.shape
        if rows != GATES * n:
            raise ArgumentError(f"weight_hh has shape {self.weight_hh.shape}; it must be (3 N, N), in blocks of N rows")
        self.weight_ih = weights("weight_ih", weight_ih, (rows, None))
        self.bias_ih = bias("bias_ih", bias_ih, rows)
        self.bias_hh = bias("bias_hh", bias_hh, rows)
        self.reset = option("reset", reset, RESETS)
        self.update = option("update", update, UPDATES)
        self.nonlinearity = _nonlinearity(nonlinearity)
        self.state_size = n
        self.n_inputs = self.weight_ih.shape[1]

    def _gates(self, h: np.ndarray, s: np.ndarray) -> tuple[np.ndarray, ...]:
        """r, the share z of the old state and its sign in the update gate, n and its slope, and what r multiplies."""
        N = self.state_size
        W, b = self.weight_hh, self.bias_hh
        a = s @ self.weight_ih.T + self.bias_ih
        gates = a[..., : 2 * N] + h @ W[: 2 * N].T + b[: 2 * N]
        r, z = logistic(gates[..., :N]), logistic(gates[..., N:])
        if self.reset == "after":
            multiplied = h @ W[2 * N :].T + b[2 * N :]
            u = a[..., 2 * N :] + r * multiplied
        else:
            multiplied = h
            u = a[..., 2 * N :] + (r * h) @ W[2 * N :].T + b[2 * N :]
        n = self.nonlinearity.function(u)
        return r, z, n, self.nonlinearity.slope(u, n), multiplied

    def step(self, state: Any, inputs: Any) -> np.ndarray:
        h, s = self.given(state, inputs)
        _, z, n, _, _ = self._gates(h, s)
        return (1 - z) * n + z * h if self.update == "keeps" else (1 - z) * h + z * n

    def bends(self, state: Any, inputs: Any) -> Bends:
        return Bends.of(self.weight_hh, self.weight_ih)

    def jacobian(self, state: Any, inputs: Any) -> tuple[np.ndarray, np.ndarray]:
        h, s = self.given(state, inputs)
        r, z, n, slope, multiplied = self._gates(h, s)
        N = self.state_size
        W_r, W_z, W_n = self.weight_hh.reshape(GATES, N, N)
        V_r, V_z, V_n = self.weight_ih.reshape(GATES, N, self.n_inputs)
        keeps = self.update == "keeps"
        kept, taken = (z, 1 - z) if keeps else (1 - z, z)
        of_new = taken * slope
        of_update = (h - n if keeps else n - h) * z * (1 - z)
        of_reset = multiplied * r * (1 - r)
        if self.reset == "after":
            through_reset = of_new * of_reset
            A = sum_of_scaled((of_update, W_z), (of_new * r, W_n), (through_reset, W_r))
            B = sum_of_scaled((of_update, V_z), (of_new, V_n), (through_reset, V_r))
        else:
            inner = times_diagonal(W_n, r) + W_n @ diagonal_times(of_reset, W_r)
            A = sum_of_scaled((of_update, W_z), (of_new, inner))
            B = sum_of_scaled((of_update, V_z), (of_new, V_n + W_n @ diagonal_times(of_reset, V_r)))
        places = np.arange(N)
        A[..., places, places] += kept
        return A, B


_nonlinearity = nonlinearity  # an argument of the cell has the name of this function
