r"""How much of Fisher memory the last bit of the weights decides.

Conventions
-----------
A network as it is stored is one of all those that round to it. `relative_error` of a curve is about the numbers that
are stored; here is what is beside it: the largest change of J, to first order, when every weight moves by up to a
relative `ROUNDING` = 2^-53, half an ulp at most, each on its own (real and imaginary parts too). Zeros stay zeros. A
sensitivity of about 1 or more says that to store the network has made another one of it.

Contents
--------
RoundingSensitivity, rounding_sensitivity
    Of the total Fisher memory, and of the curve at each lag.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from linmem.errors import AccuracyError, InvalidNetworkError
from linmem.gramian.enclosure import LARGEST as LARGEST_ENCLOSED
from linmem.gramian.input_normal import BalancedForm, Numbers
from linmem.gramian.methods import trusted
from linmem.linalg.blas import product
from linmem.linalg.stein import ULP, accumulate
from linmem.network import ContinuousNetwork, Network, as_network
from linmem.validation import whole_number

ROUNDING = 2.0**-53
RTOL = 1e-2  # of a condition number


@dataclass(frozen=True, eq=False)
class RoundingSensitivity:
    """The largest relative change of memory that rounding the weights may make, to first order.

    Attributes
    ----------
    network
        Whose it is.
    total
        max |change of J_tot| / J_tot; traces for several inputs.
    values
        max |change of J(k)| / J(0) for the lags asked for, (K,): relative to the largest, as `relative_error` is.
    method
        The computation that gave it: "fast", "square-root" or "balls".
    """

    network: Network
    total: float
    values: np.ndarray
    method: str

    @property
    def condition(self) -> float:
        """The relative change of J_tot for a relative change of the weights, at most."""
        return self.total / ROUNDING


def rounding_sensitivity(network: Any, lags: int = 0) -> RoundingSensitivity:
    r"""How much of the total Fisher memory, and of J(k), the rounding of the weights decides.

    To first order and exactly: max |dJ| over all |dW_ij| <= 2^-53 |W_ij| is 2^-53 sum_ij |G_ij W_ij|, with the gradient

        G = dJ_tot / dW = 2 (X W P - Y W C),    X = W* X W + C^-1,    Y = W* Y W + C^-1 P C^-1,

    C = W C W* + Q and P = W P W* + V V* the covariances of noise and signal. In continuous time G = 2 (X P - Y C), with
    the Lyapunov equations of the same right-hand sides.

    Parameters
    ----------
    network
        A network with an input, in discrete or in continuous time, at rest in its stationary noise.
    lags
        How many lags of the curve to look at as well; each takes as long as the total. In discrete time.

    Raises
    ------
    AccuracyError
        Where neither double precision nor balls (up to 200 units) know it to 1 %.
    UnstableNetworkError, UndecidedStabilityError
        As for `fisher_memory_curve`.
    InvalidNetworkError
        A stack, no input, lags in continuous time.

    Notes
    -----
    The adjoint of the three Stein equations, in the coordinates in which the noise is white (C = I): there G is 2 S^-1
    (T B P_b - Y_b B) S, with T, P_b, Y_b the same sums for the contraction B. First order is not the whole truth where
    the sensitivity nears 1: then rounding may do less or more, and the network is not known by its doubles. Known to
    1 % of itself, or of 2^-53 where it is less.

    Memory is far less sensitive than eigenvalues are. A chain in a random basis, rounded, has a spectral radius of 0.8
    where it was 0, and its memory to all digits.

    Examples
    --------
    >>> import linmem as lm
    >>> unit = lm.LinearNetwork([[0.5]], [1.0])             # J(0) = 1 - w^2: 2 w^2 / (1 - w^2) times 2^-53
    >>> round(float(rounding_sensitivity(unit, lags=1).values[0]) * 2**53, 12)
    0.666666666667
    """
    network, lags = as_network(network), whole_number("lags", lags, at_least=0)
    network.require_single("rounding_sensitivity")
    V = network.columns()
    if isinstance(network, ContinuousNetwork):
        if lags:
            raise InvalidNetworkError(f"lags is {lags}, but the network is one in continuous time; take lags=0")
        return _in_balls(network, 0)

    def present(numbers: Numbers, error: float, path: str) -> RoundingSensitivity:
        total, values = (array[:-1] * ROUNDING for array in numbers)
        return RoundingSensitivity(network, float(total[0]), values, path)

    try:
        return trusted(network, None, RTOL, conditions, (network.dense(), V, lags), present)
    except AccuracyError:
        if network.size > LARGEST_ENCLOSED:
            raise
    return _in_balls(network, lags)


def conditions(form: BalancedForm, W: np.ndarray, V: np.ndarray, lags: int) -> tuple[Numbers, float]:
    """sum |G_ij W_ij| / J_tot, and over J(0) for each lag, each with a 1 beside it as the least scale of an error."""
    coordinates = _Coordinates(form, W)
    b, B, T = form._seen(V), form.step, form._accumulated()
    P = accumulate(B, product(b, b.conj().T))[0]
    memory = float(np.einsum("ni,ni->", b.conj(), product(T, b)).real)
    total, error = coordinates.condition(product(T, product(B, P)), product(accumulate(B.conj().T, P)[0], B), memory)
    values: list[float] = []
    states: list[np.ndarray] = []
    for k in range(lags):
        states.append(product(B, states[-1]) if k else b)
        back, forward = states[-1], np.zeros(B.shape, np.result_type(B, b))
        Y = accumulate(B.conj().T, product(back, back.conj().T))[0]
        for j in reversed(range(k)):
            forward += product(back, states[j].conj().T)
            back = product(B.conj().T, back)
        value, off = coordinates.condition(forward, product(Y, B), float(np.sum(np.abs(b) ** 2)))
        values.append(value)
        error = max(error, off)
    return (np.array([total, 1.0]), np.array([*values, 1.0])), error


class _Coordinates:
    """From gradients in balanced coordinates to conditions of the weights."""

    def __init__(self, form: BalancedForm, W: np.ndarray):
        self.W, self.S = W, form.factor
        self.inverse = form._seen(np.eye(len(W))).conj().T  # S^-1
        self.rounding = form.relative_error + 8 * ULP * len(W)

    def condition(self, gained: np.ndarray, lost: np.ndarray, memory: float) -> tuple[float, float]:
        """sum |G_ij W_ij| / J of G = 2 S^-1 (gained - lost) S, and the error that rounding leaves, over the larger of
        it and 1.
        """
        G = product(self.inverse, product(gained - lost, self.S))
        most = product(np.abs(self.inverse), product(np.abs(gained) + np.abs(lost), np.abs(self.S)))
        value = 2 * float(np.sum(np.abs(G.real * self.W.real) + np.abs(G.imag * self.W.imag))) / memory
        error = 4 * self.rounding * float(np.sum(most * np.abs(self.W))) / memory
        return value, error / max(value, 1.0)


def _in_balls(network: Network, lags: int) -> RoundingSensitivity:
    from linmem.balls.bounded import InconclusiveError
    from linmem.balls.sensitivity import enclose_rounding_sensitivity

    noise = network.noise if network.noise_is_matrix else network.noise * np.eye(network.size)
    continuous = isinstance(network, ContinuousNetwork)
    if network.size > LARGEST_ENCLOSED:
        raise InvalidNetworkError(f"{network.MATRIX} has {network.size} units; in balls, up to {LARGEST_ENCLOSED}")
    try:
        found = enclose_rounding_sensitivity(network.dense(), network.columns(), noise, lags, continuous, rtol=RTOL)
    except InconclusiveError as error:
        network.require_stable()
        raise AccuracyError(np.inf, RTOL, reason=str(error)) from None
    total, values = (array[:-1] * ROUNDING for array in found.values)
    return RoundingSensitivity(network, float(total[0]), values, "balls")
