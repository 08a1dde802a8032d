r"""Selective state-space cells: the input sets how much of the state is kept, and the recurrence is diagonal.

Conventions
-----------
An input moves A_t as well as what is written into the state: dF/ds has a term for each. Both steps are affine in the
state, h' = A(s) h + g(s).

Contents
--------
SelectiveSSM
    The recurrence of Mamba: h' = exp(dt A) h + dt b x, with dt, b and x of the input.
RGLRUCell
    The real-gated linear recurrent unit of Griffin and RecurrentGemma: h' = a h + sqrt(1 - a^2) (i s).
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from linmem.cells.cell import DiagonalCell, bias, weights
from linmem.cells.nonlinearities import NONLINEARITIES, logistic
from linmem.errors import ArgumentError, errors_of_other_libraries
from linmem.validation import option

SHARPNESS = 8.0  # c of Griffin, a = exp(-c softplus(L) r): equation 4 of De et al. (2024)
BLOCK_AXES = ("input, output", "output, input")
softplus = NONLINEARITIES["softplus"].function


class SelectiveSSM(DiagonalCell):
    r"""The selective state space of Mamba (Gu & Dao 2023, arXiv:2312.00752, algorithm 2), D channels of n numbers.

    dt = softplus(W_dt s + b_dt), b = W_b s + b_b, x = W_x s + b_x; h'_dj = exp(dt_d A_dj) h_dj + dt_d b_j x_d.

    This is the step that Mamba's code runs: A is held over the step (zero-order hold), b is not (Euler). In a block of
    Mamba, s is what leaves the convolution, and x = s. The state is h, (D, n), one channel after the other.

    Parameters
    ----------
    A
        (D, n), all below 0. Files of Mamba hold A_log: A = -exp(A_log).
    weight_dt, bias_dt
        (D, M) and (D,): of a file of Mamba, `dt_proj.weight` times the first rows of `x_proj.weight`, and
        `dt_proj.bias`. None for no bias.
    weight_b, bias_b
        (n, M) and (n,): the rows of `x_proj.weight` after those. None for no bias.
    weight_x, bias_x
        (D, M) and (D,). None: x is s itself, of D inputs.

    Raises
    ------
    ArgumentError
        If an array has another shape or is not finite, or A is not below 0.

    Notes
    -----
    With sigma the logistic function, u = W_dt s + b_dt and e = exp(dt_d A_dj), the derivative along a direction X of
    the input is (A_dj e h_dj + b_j x_d) sigma(u_d) (W_dt X)_d + dt_d x_d (W_b X)_j + dt_d b_j (W_x X)_d: its first
    term, by dt, is the gating of what is stored already. The readout y = h C_t, C_t = W_C s, is no part of the state.

    Examples
    --------
    >>> cell = SelectiveSSM([[-1.0, -2.0]], [[0.0]], [[1.0], [1.0]], bias_dt=[np.log(np.e - 1)])     # dt = 1
    >>> cell.step([np.e, 0.0], [3.0])                       # e^-1 h + b x, with b = x = 3
    array([10.,  9.])
    """

    is_affine_in_state: ClassVar[bool] = True

    def __init__(
        self,
        A: Any,
        weight_dt: Any,
        weight_b: Any,
        *,
        bias_dt: Any = None,
        bias_b: Any = None,
        weight_x: Any = None,
        bias_x: Any = None,
    ) -> None:
        self.A = weights("A", A, (None, None))
        if not (self.A < 0).all():
            place = tuple(np.argwhere(self.A >= 0)[0].tolist())
            raise ArgumentError(
                f"A is {self.A[place]:g} at {place}; all of A is below 0: of A_log, as files hold it, pass -exp(A_log)"
            )
        D, n = self.A.shape
        self.weight_dt = weights("weight_dt", weight_dt, (D, None))
        self.n_inputs = self.weight_dt.shape[1]
        self.weight_b = weights("weight_b", weight_b, (n, self.n_inputs))
        if weight_x is None and self.n_inputs != D:
            raise ArgumentError(
                f"weight_x is None, so that x is the input itself, but there are {self.n_inputs} inputs for {D} "
                "channels; pass weight_x"
            )
        self.weight_x = None if weight_x is None else weights("weight_x", weight_x, (D, self.n_inputs))
        self.bias_dt, self.bias_x = bias("bias_dt", bias_dt, D), bias("bias_x", bias_x, D)
        self.bias_b = bias("bias_b", bias_b, n)
        self.state_size = D * n

    def _of_input(self, s: np.ndarray) -> tuple[np.ndarray, ...]:
        """u, of which dt is the softplus, (..., D, 1), b, (..., 1, n), and x, (..., D, 1)."""
        u = s @ self.weight_dt.T + self.bias_dt
        x = (s if self.weight_x is None else s @ self.weight_x.T) + self.bias_x
        return u[..., :, None], (s @ self.weight_b.T + self.bias_b)[..., None, :], x[..., :, None]

    def step(self, state: Any, inputs: Any) -> np.ndarray:
        h, s = self.given(state, inputs)
        u, b, x = self._of_input(s)
        dt = softplus(u)
        h = h.reshape(*h.shape[:-1], *self.A.shape)
        return _flat(np.exp(dt * self.A) * h + dt * x * b)

    def diagonal_jacobian(self, state: Any, inputs: Any, columns: Any = None) -> tuple[np.ndarray, np.ndarray]:
        h, s = self.given(state, inputs)
        u, b, x = self._of_input(s)
        dt = softplus(u)
        a = np.exp(dt * self.A)
        by_dt = (self.A * a * h.reshape(*h.shape[:-1], *self.A.shape) + b * x) * logistic(u)
        X = self.directions(columns)
        B = np.empty((*by_dt.shape, len(X)))
        for place, direction in enumerate(X):
            of_dt, of_b = self.weight_dt @ direction, self.weight_b @ direction
            of_x = direction if self.weight_x is None else self.weight_x @ direction
            B[..., place] = by_dt * of_dt[:, None] + dt * (x * of_b + of_x[:, None] * b)
        return np.broadcast_to(_flat(a), (*B.shape[:-3], self.state_size)), B.reshape(*B.shape[:-3], -1, len(X))


class RGLRUCell(DiagonalCell):
    r"""The real-gated linear recurrent unit of Griffin (De et al. 2024, arXiv:2402.19427, equations 1 to 4), D units.

    With sigma the logistic function: r = sigma(W_a s + b_a), i = sigma(W_i s + b_i), a = exp(-8 softplus(L) r) and
    h' = a h + sqrt(1 - a^2) (i s).

    Parameters
    ----------
    recurrent_param
        L, (D,).
    recurrent_gate_weight, input_gate_weight
        W_a and W_i, (D, D) by columns; or the blocks of block-diagonal ones, (heads, w, w), as files hold them.
    recurrent_gate_bias, input_gate_bias
        b_a and b_i, (D,), or (heads, w). None for zeros.
    block_axes
        Of blocks, the last two axes: "input, output" of RecurrentGemma, in PyTorch and in JAX; or "output, input".
        Without a default, as the shapes do not tell them apart.

    Raises
    ------
    ArgumentError
        If an array has another shape or is not finite, or there are blocks and `block_axes` is not given.

    Notes
    -----
    The derivative along a direction X of the input is a log(a) (1 - r) (h - (a / sqrt(1 - a^2)) i s) (W_a X)
    + sqrt(1 - a^2) (s i (1 - i) (W_i X) + i X): its first term, by a, is the gating of what is stored already. The
    models set the state to i s at the first position of a text, without sqrt(1 - a^2): `first_state` gives it, from
    which a trajectory takes the inputs after the first.

    Examples
    --------
    >>> cell = RGLRUCell([0.0], [[0.0]], [[0.0]])           # r = i = 1/2, a = exp(-4 log 2) = 1/16
    >>> cell.step([16.0], [0.0])
    array([1.])
    """

    is_affine_in_state: ClassVar[bool] = True

    def __init__(
        self,
        recurrent_param: Any,
        recurrent_gate_weight: Any,
        input_gate_weight: Any,
        *,
        recurrent_gate_bias: Any = None,
        input_gate_bias: Any = None,
        block_axes: str | None = None,
    ) -> None:
        self.recurrent_param = weights("recurrent_param", recurrent_param, (None,))
        D = len(self.recurrent_param)
        self.recurrent_gate_weight = _gate("recurrent_gate_weight", recurrent_gate_weight, D, block_axes)
        self.input_gate_weight = _gate("input_gate_weight", input_gate_weight, D, block_axes)
        blocks = self.recurrent_gate_weight.shape[:2]
        self.recurrent_gate_bias = _gate_bias("recurrent_gate_bias", recurrent_gate_bias, D, blocks)
        self.input_gate_bias = _gate_bias("input_gate_bias", input_gate_bias, D, blocks)
        self.state_size = self.n_inputs = D

    def _gates(self, s: np.ndarray) -> tuple[np.ndarray, ...]:
        """What enters r, i and its complement, log a, and sqrt(1 - a^2)."""
        of_r = _times(self.recurrent_gate_weight, s) + self.recurrent_gate_bias
        of_i = _times(self.input_gate_weight, s) + self.input_gate_bias
        log_a = -SHARPNESS * softplus(self.recurrent_param) * logistic(of_r)
        # 1 - a^2 by subtraction loses the digits of a near 1, where the unit remembers
        return of_r, logistic(of_i), logistic(-of_i), log_a, np.sqrt(-np.expm1(2 * log_a))

    def step(self, state: Any, inputs: Any) -> np.ndarray:
        h, s = self.given(state, inputs)
        _, i, _, log_a, written = self._gates(s)
        return np.exp(log_a) * h + written * i * s

    def first_state(self, inputs: Any) -> np.ndarray:
        """The state i s after the first position of a text, (..., D), which the models do not scale."""
        _, s = self.given(self.initial_state, inputs)
        return self._gates(s)[1] * s

    def diagonal_jacobian(self, state: Any, inputs: Any, columns: Any = None) -> tuple[np.ndarray, np.ndarray]:
        h, s = self.given(state, inputs)
        of_r, i, without_i, log_a, written = self._gates(s)
        a = np.exp(log_a)
        # a log(a) / sqrt(1 - a^2), which is 0 where a rounds to 1
        ratio = np.divide(a * log_a, written, out=np.zeros_like(written), where=written > 0)
        by_recurrent = (log_a * h - ratio * i * s) * a * logistic(-of_r)
        by_input = written * s * i * without_i
        X = self.directions(columns)
        recurrent, of_input = _times(self.recurrent_gate_weight, X), _times(self.input_gate_weight, X)
        B = by_recurrent[..., None] * recurrent.T + by_input[..., None] * of_input.T
        B += (written * i)[..., None] * X.T
        return np.broadcast_to(a, B.shape[:-1]), B


def _flat(channels: np.ndarray) -> np.ndarray:
    return channels.reshape(*channels.shape[:-2], -1)


def _gate(argument: str, value: Any, D: int, block_axes: str | None) -> np.ndarray:
    """Weights of a gate, (D, D), or blocks of them, (heads, w, w) with the input last."""
    if _axes(argument, value) != 3:
        return weights(argument, value, (D, D))
    if block_axes is None:
        raise ArgumentError(
            f"{argument} holds blocks, (heads, w, w), and block_axes is None; say which of the last two axes is "
            f"that of the input: block_axes={BLOCK_AXES[0]!r} or {BLOCK_AXES[1]!r}"
        )
    heads, width, _ = weights(argument, value, (None, None, None)).shape
    if heads * width != D:
        raise ArgumentError(f"{argument} holds {heads} blocks of {width} units, but recurrent_param {D} units")
    blocks = weights(argument, value, (heads, width, width))
    return np.swapaxes(blocks, 1, 2) if option("block_axes", block_axes, BLOCK_AXES) == BLOCK_AXES[0] else blocks


def _gate_bias(argument: str, value: Any, D: int, blocks: tuple[int, ...]) -> np.ndarray:
    if _axes(argument, value) == 2:
        return weights(argument, value, blocks).reshape(-1)
    return bias(argument, value, D)


def _axes(argument: str, value: Any) -> int:
    with errors_of_other_libraries(ArgumentError, f"{argument} is no array of numbers"):
        return np.ndim(value)


def _times(weight: np.ndarray, s: np.ndarray) -> np.ndarray:
    """W s over leading axes, of a matrix or of blocks."""
    if weight.ndim == 2:
        return s @ weight.T
    by_head = s.reshape(*s.shape[:-1], len(weight), -1, 1)
    return (weight @ by_head).reshape(s.shape)
