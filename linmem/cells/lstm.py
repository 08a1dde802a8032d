"""Cells of long short-term memory.

Contents
--------
LSTMCell
    c' = f c + i g, h' = o tanh(c'), with a projection and peepholes where there are any.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from linmem.cells.cell import Bends, Cell, bias, diagonal_times, sum_of_scaled, times_diagonal, weights
from linmem.cells.nonlinearities import logistic, nonlinearity
from linmem.errors import ArgumentError

GATES = 4


class LSTMCell(Cell):
    r"""A cell of long short-term memory, whose state is (h, c).

    With a = V x + b_ih + W h + b_hh: i = s(a_i + p_i c), f = s(a_f + p_f c), g = tanh(a_g); c' = f c + i g;
    o = s(a_o + p_o c'); h' = P (o tanh c').

    Parameters
    ----------
    weight_hh, weight_ih
        (4 N, N) and (4 N, M) by columns, in blocks input, forget, cell, output; with a projection on P outputs,
        weight_hh is (4 N, P).
    bias_ih, bias_hh
        (4 N,) each; None for zeros.
    weight_hr
        The projection, (P, N). None: there is none.
    peepholes
        p_i, p_o, p_f in this order, (3 N,), as ONNX arranges them. None: there are none.
    nonlinearity
        Of g and of c'.

    Raises
    ------
    ArgumentError
        If an array has another shape or is not finite.

    Examples
    --------
    >>> cell = LSTMCell(np.zeros((4, 1)), np.zeros((4, 1)))
    >>> cell.split(cell.step([0.0, 1.0], [0.0]))["c"]        # every gate is 1/2, and g = 0
    array([0.5])
    """

    def __init__(
        self,
        weight_hh: Any,
        weight_ih: Any,
        bias_ih: Any = None,
        bias_hh: Any = None,
        *,
        weight_hr: Any = None,
        peepholes: Any = None,
        nonlinearity: Any = "tanh",
    ) -> None:
        self.weight_hh = weights("weight_hh", weight_hh, (None, None))
        rows, outputs = self.weight_hh.shape
        if rows % GATES or (weight_hr is None and rows != GATES * outputs):
            raise ArgumentError(
                f"weight_hh has shape {self.weight_hh.shape}; it must be (4 N, N), in blocks of N rows, or (4 N, P) "
                "with weight_hr"
            )
        self.n = rows // GATES
        self.outputs = outputs
        self.weight_ih = weights("weight_ih", weight_ih, (rows, None))
        self.bias_ih = bias("bias_ih", bias_ih, rows)
        self.bias_hh = bias("bias_hh", bias_hh, rows)
        self.weight_hr = None if weight_hr is None else weights("weight_hr", weight_hr, (outputs, self.n))
        self.peepholes = None if peepholes is None else weights("peepholes", peepholes, (3 * self.n,))
        self.nonlinearity = _nonlinearity(nonlinearity)
        self.state_size = outputs + self.n
        self.recurrent_columns = outputs if weight_hr is None else None  # c acts on its own unit alone
        self.n_inputs = self.weight_ih.shape[1]

    def split(self, state: Any) -> dict[str, np.ndarray]:
        state = np.asarray(state)
        return {"h": state[..., : self.outputs], "c": state[..., self.outputs :]}

    def _peepholes(self) -> tuple[Any, Any, Any]:
        """p_i, p_f, p_o."""
        if self.peepholes is None:
            return 0.0, 0.0, 0.0
        of_input, of_output, of_forget = self.peepholes.reshape(3, self.n)
        return of_input, of_forget, of_output

    def _gates(self, state: np.ndarray, s: np.ndarray, noise: Any = 0.0) -> tuple[np.ndarray, ...]:
        """i, f, g and its slope, o, c, c', f(c') and its slope."""
        N = self.n
        h, c = state[..., : self.outputs], state[..., self.outputs :]
        p_i, p_f, p_o = self._peepholes()
        a = s @ self.weight_ih.T + h @ self.weight_hh.T + (self.bias_ih + self.bias_hh)
        i, f = logistic(a[..., :N] + p_i * c), logistic(a[..., N : 2 * N] + p_f * c)
        u = a[..., 2 * N : 3 * N]
        g = self.nonlinearity.function(u)
        c_next = f * c + i * g + noise
        o = logistic(a[..., 3 * N :] + p_o * c_next)
        t = self.nonlinearity.function(c_next)
        return i, f, g, self.nonlinearity.slope(u, g), o, c, c_next, t, self.nonlinearity.slope(c_next, t)

    def step(self, state: Any, inputs: Any, noise: Any = 0.0) -> np.ndarray:
        """The next state, with noise (..., N) added to c' before h' is read from it."""
        x, s = self.given(state, inputs)
        _, _, _, _, o, _, c_next, t, _ = self._gates(x, s, noise)
        h = o * t
        if self.weight_hr is not None:
            h = h @ self.weight_hr.T
        return np.concatenate([h, c_next], axis=-1)

    def hidden_by_cell(self, state: Any, inputs: Any) -> np.ndarray:
        """dh'/dc', (..., P, N): how a change of the new c moves the new h, which is read from it."""
        x, s = self.given(state, inputs)
        _, _, _, _, o, _, _, t, slope_of_t = self._gates(x, s)
        _, _, p_o = self._peepholes()
        by_c = diagonal_times(o * slope_of_t + t * o * (1 - o) * p_o, np.eye(self.n))
        return by_c if self.weight_hr is None else self.weight_hr @ by_c

    def bends(self, state: Any, inputs: Any) -> Bends:
        by_c = np.zeros((GATES, self.n, self.n))
        p_i, p_f, p_o = self._peepholes()
        by_c[0], by_c[1], by_c[3] = (p * np.eye(self.n) for p in (p_i, p_f, p_o))
        of_gates = np.hstack([self.weight_hh, by_c.reshape(-1, self.n)])
        of_c = np.eye(self.state_size)[self.outputs :]
        return Bends.of(np.vstack([of_gates, of_c]), np.vstack([self.weight_ih, np.zeros((self.n, self.n_inputs))]))

    def jacobian(self, state: Any, inputs: Any) -> tuple[np.ndarray, np.ndarray]:
        x, s = self.given(state, inputs)
        i, f, g, slope, o, c, _, t, slope_of_t = self._gates(x, s)
        N, P = self.n, self.outputs
        p_i, p_f, p_o = self._peepholes()
        W, V = self.weight_hh.reshape(GATES, N, P), self.weight_ih.reshape(GATES, N, self.n_inputs)
        of_gates = g * i * (1 - i), c * f * (1 - f), i * slope
        of_output = t * o * (1 - o)
        # c' by h, by the input and by c, of which the last is diagonal
        c_by_h, c_by_s = (sum_of_scaled(*zip(of_gates, M[:3], strict=True)) for M in (W, V))
        c_by_c = f + of_gates[0] * p_i + of_gates[1] * p_f
        through_c = o * slope_of_t + of_output * p_o
        h_by_h = sum_of_scaled((through_c, c_by_h), (of_output, W[3]))
        h_by_s = sum_of_scaled((through_c, c_by_s), (of_output, V[3]))
        A = np.zeros((*c.shape[:-1], P + N, P + N))
        B = np.empty((*c.shape[:-1], P + N, self.n_inputs))
        places = np.arange(N)
        A[..., P:, :P], A[..., P + places, P + places] = c_by_h, c_by_c
        B[..., P:, :] = c_by_s
        if self.weight_hr is None:
            A[..., :P, :P], A[..., places, P + places] = h_by_h, through_c * c_by_c
            B[..., :P, :] = h_by_s
        else:
            A[..., :P, :P], A[..., :P, P:] = self.weight_hr @ h_by_h, times_diagonal(self.weight_hr, through_c * c_by_c)
            B[..., :P, :] = self.weight_hr @ h_by_s
        return A, B


_nonlinearity = nonlinearity  # an argument of the cell has the name of this function
