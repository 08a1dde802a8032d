r"""How far the rounding of the weights moves memory, in input-normal coordinates.

The gradient of the total is G = 2 S^-1 (T B P_b - Y_b B) S, with T = sum_k B*^k B^k, P_b = sum_k B^k b b* B*^k and
Y_b = sum_k B*^k P_b B^k: the adjoint of the three Stein equations where C = I.
"""

from __future__ import annotations

import numpy as np

from linmem.gramian.input_normal import InputNormalGramian
from linmem.gramian.quantities import Answer, largest_entry
from linmem.gramian.request import Request
from linmem.linalg.blas import product, squared_norm
from linmem.linalg.stein import ULP, accumulate


def rounding_sensitivity(gramian: InputNormalGramian, request: Request) -> Answer | None:
    """sum |G_ij W_ij| / J_tot, and over J(0) for each lag, each with a 1 beside it as the least scale of an error.

    None where the memory is below the smallest double.
    """
    weights = _Weights(gramian, request.network.dense())
    b, B, T = gramian.whitened(request.columns), gramian.step, gramian.summed_steps(None)
    P = accumulate(B, product(b, b.conj().T))[0]
    Y = accumulate(B.conj().T, P)[0]
    memory = float(np.einsum("ni,ni->", b.conj(), product(T, b)).real)
    first_memory = squared_norm(b)
    if not (memory > 0 and first_memory > 0):
        return None
    total, error = weights.sensitivity(product(T, product(B, P)), product(Y, B), memory)
    values: list[float] = []
    states: list[np.ndarray] = []
    for lag in range(request.lags):
        states.append(product(B, states[-1]) if lag else b)
        gained, lost = _gradient_at_lag(B, states)
        value, value_error = weights.sensitivity(gained, lost, first_memory)
        values.append(value)
        error = max(error, value_error)
    of_total, of_values = np.array([total, 1.0]), np.array([*values, 1.0])
    parts = (of_total, largest_entry(of_total)), (of_values, largest_entry(of_values))
    return Answer.within(error, gramian.method, *parts)


def _gradient_at_lag(B: np.ndarray, states: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The two parts of the gradient of J(k) = ||y_k||^2, y_j = B^j b: by the steps of the signal, and by C.

    The first is sum_{j < k} B*^(k - 1 - j) y_k y_j*, the second Y B with Y = sum_m B*^m y_k y_k* B^m.
    """
    back = states[-1]
    gained = np.zeros(B.shape, np.result_type(B, back))
    Y = accumulate(B.conj().T, product(back, back.conj().T))[0]
    for state in reversed(states[:-1]):
        gained += product(back, state.conj().T)
        back = product(B.conj().T, back)
    return gained, product(Y, B)


class _Weights:
    """From gradients in input-normal coordinates to sensitivities to the weights W."""

    def __init__(self, gramian: InputNormalGramian, W: np.ndarray):
        self.W = W
        self.S = gramian.factor
        self.S_inverse = gramian.whitened(np.eye(len(W))).conj().T
        self.rounding = gramian.relative_error + gramian.accumulated_rounding + 8 * ULP * len(W)

    def sensitivity(self, gained: np.ndarray, lost: np.ndarray, memory: float) -> tuple[float, float]:
        """sum |G_ij W_ij| / J of G = 2 S^-1 (gained - lost) S, and the error that rounding leaves, relative to the
        larger of that and 1.
        """
        G = product(self.S_inverse, product(gained - lost, self.S))
        moduli = np.abs(gained) + np.abs(lost)
        largest_G = product(np.abs(self.S_inverse), product(moduli, np.abs(self.S)))
        # real and imaginary parts of a weight are rounded separately
        of_real_parts = np.abs(G.real * self.W.real)
        of_imaginary_parts = np.abs(G.imag * self.W.imag)
        value = 2 * float(np.sum(of_real_parts + of_imaginary_parts)) / memory
        largest_value = float(np.sum(largest_G * np.abs(self.W))) / memory
        error = 4 * self.rounding * largest_value
        return value, error / max(value, 1.0)
