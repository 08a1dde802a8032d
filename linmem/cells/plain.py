"""Plain cells, with a leak, of rates or of currents.

Contents
--------
RNNCell
    h' = (1 - a) h + a f(W h + V x + b), or u' = (1 - a) u + a (W f(u) + V x + b).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from linmem.cells.cell import Bends, Cell, bias, diagonal_times, times_diagonal, weights
from linmem.cells.nonlinearities import nonlinearity
from linmem.errors import ArgumentError
from linmem.validation import number, option

FORMS = ("rate", "current")


class RNNCell(Cell):
    r"""A plain cell.

    Rate form: h' = (1 - a) h + a f(W h + V x + b). Current form: u' = (1 - a) u + a (W f(u) + V x + b), whose rates
    are f(u).

    Parameters
    ----------
    weight_hh, weight_ih
        W, (N, N), and V, (N, M), by columns.
    bias
        b, (N,); None for zeros. PyTorch's two biases are added: pass bias_ih + bias_hh.
    nonlinearity
        A name: tanh, relu, elu, selu, sigmoid, hard_sigmoid, softplus, softsign, linear; or f and its slope f'.
    leak
        a, above 0 and at most 1. Both dt / tau (Euler) and 1 - exp(-dt / tau) are in use: it is the number that
        multiplies f.
    form
        "rate" or "current".

    Raises
    ------
    ArgumentError
        If an array has another shape or is not finite, or an argument breaks its rule.

    Examples
    --------
    >>> cell = RNNCell([[0.5]], [[1.0]], nonlinearity="relu")
    >>> cell.step([2.0], [1.0]), cell.jacobian([2.0], [1.0])
    (array([2.]), (array([[0.5]]), array([[1.]])))
    """

    def __init__(
        self,
        weight_hh: Any,
        weight_ih: Any,
        bias: Any = None,
        *,
        nonlinearity: Any = "tanh",
        leak: float = 1.0,
        form: str = "rate",
    ) -> None:
        self.weight_hh = weights("weight_hh", weight_hh, (None, None))
        n = len(self.weight_hh)
        self.weight_hh = weights("weight_hh", weight_hh, (n, n))
        self.weight_ih = weights("weight_ih", weight_ih, (n, None))
        self.bias = _bias("bias", bias, n)
        self.nonlinearity = _nonlinearity(nonlinearity)
        self.leak = _share("leak", leak)
        self.form = option("form", form, FORMS)
        self.state_size = n
        self.n_inputs = self.weight_ih.shape[1]

    def step(self, state: Any, inputs: Any, noise: Any = 0.0) -> np.ndarray:
        """The next state; of a cell in rate form with noise (..., N) added to the preactivation."""
        x, s = self.given(state, inputs)
        f = self.nonlinearity.function
        if self.form == "rate":
            return (1 - self.leak) * x + self.leak * f(self._preactivation(x, s) + noise)
        return (1 - self.leak) * x + self.leak * self._preactivation(f(x), s)

    def jacobian(self, state: Any, inputs: Any) -> tuple[np.ndarray, np.ndarray]:
        x, s = self.given(state, inputs)
        a, identity = self.leak, np.eye(self.state_size)
        if self.form == "rate":
            slopes = a * self.slopes(x, s)
            return (1 - a) * identity + diagonal_times(slopes, self.weight_hh), diagonal_times(slopes, self.weight_ih)
        A = (1 - a) * identity + a * times_diagonal(self.weight_hh, self.slopes(x, s))
        return A, np.broadcast_to(a * self.weight_ih, (*A.shape[:-2], *self.weight_ih.shape))

    def slopes(self, state: Any, inputs: Any) -> np.ndarray:
        """f' of every unit in the step from a state (..., N): at the preactivation, or of currents at the state."""
        x, s = self.given(state, inputs)
        u = self._preactivation(x, s) if self.form == "rate" else x
        return self.nonlinearity.slope(u, self.nonlinearity.function(u))

    def bends(self, state: Any, inputs: Any) -> Bends:
        x, s = self.given(state, inputs)
        f, in_rates = self.nonlinearity, self.form == "rate"
        u = self._preactivation(x, s) if in_rates else x
        rows = (self.weight_hh, self.weight_ih) if in_rates else (np.eye(len(x)), np.zeros_like(self.weight_ih))
        none = rows[0][:0], rows[1][:0]
        distances = np.min([np.abs(u - kink) for kink in f.kinks], axis=0) if f.kinks else np.zeros(0)
        return Bends(rows if f.is_curved else none, rows if f.kinks else none, distances)

    def _preactivation(self, rates: np.ndarray, s: np.ndarray) -> np.ndarray:
        return rates @ self.weight_hh.T + s @ self.weight_ih.T + self.bias


def _share(argument: str, value: float) -> float:
    share = number(argument, value, above=0)
    if share > 1:
        raise ArgumentError(f"{argument} is {value!r}; it must be above 0 and at most 1")
    return share


# the arguments of the cell have the names of these functions
_bias, _nonlinearity = bias, nonlinearity
