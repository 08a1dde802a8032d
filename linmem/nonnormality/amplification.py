"""Growth of one input: the amplification ||W^k v|| of an input on its way through the network.

The growth of the whole matrix, ||W^k||, is `transient_growth`.

Contents
--------
transient_amplification
    ||W^k V|| of each input, for every lag k.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sparse

from linmem.errors import InvalidNetworkError
from linmem.kernels import lines as kernels
from linmem.linalg.stein import ULP
from linmem.linalg.structure import Lines, binary_exponent
from linmem.measured import MeasuredArray, measured_array
from linmem.network import Network, as_network
from linmem.validation import whole_number

SAFETY = 32  # factor on the rounding that single precision shows, in the estimate of the error
FINER = 2.0**-29  # the rounding of doubles in units of that of single precision
STORED = 2**21  # numbers of the states that are kept at a time
COPIES = (1.0, 1.3729, 1.7113)  # of V in single precision, times numbers that round otherwise
FEW = 100  # units up to which all copies are followed: in more dimensions no rounding vanishes by chance
UNSCALED = 8  # steps in single precision between two scalings
LARGEST = 1000  # exponent of a power of two whose inverse is a double as well
TINY = 1e-290  # below it a product may be no normal double


def transient_amplification(network: Network, lags: int | None = None) -> MeasuredArray:
    r"""Amplification ||W^k V|| of an input after k = 0, 1, ..., lags - 1 steps, (K,), or (K, d) for d inputs.

    It is the growth of one input. The growth of the whole matrix, ||W^k||, the largest over all initial states, is
    `transient_growth`. Memory is bounded by the amplification, J(k) <= ||W^k v||^2 / eps, and needs it:
    J(k) <= 1 / sum_{l <= k} ||W^l v||^-2.

    Every number has its error: along delay lines and rings the rounding of a product of k weights, proved; otherwise an
    estimate from the same powers in single precision, whose rounding grows as that of doubles does.

    Parameters
    ----------
    network
        A network in discrete time with a feedforward V, or a stack of them; at any spectral radius.
    lags
        The number of lags, from 0 on; 2 N where None.

    Raises
    ------
    ArgumentError
        lags < 1.
    InvalidNetworkError
        The network has no feedforward, is one in continuous time, or grows so fast that a norm exceeds the largest
        double within the lags.

    References
    ----------
    Orhan & Pitkow (2020), Fig 1c; Ganguli, Huh & Sompolinsky (2008), eq. 11.

    Examples
    --------
    >>> import linmem as lm
    >>> lm.transient_amplification(lm.chain(4, gain=2), lags=5)
    array([1., 2., 4., 8., 0.])
    """
    network = as_network(network)
    network.require_discrete()
    V = network.columns()
    lags = whole_number("lags", 2 * network.size if lags is None else lags)
    amplification = np.empty((lags, *network.stack_shape, V.shape[-1]))
    if network.lines is not None:
        method = "delay lines"
        _follow_lines(network.lines, V, amplification)
        roundings = np.arange(lags)[:, None] + network.size + 4
        error = roundings * ULP * amplification
    else:
        method = "products"
        error = np.empty_like(amplification)
        _multiply(network, V, amplification, error)
    _require_finite(amplification)
    error += _lost_below_doubles(amplification, network.matrix)
    amplification, error = (np.moveaxis(array, 0, -2) for array in (amplification, error))
    if not network.feedforward_is_matrix:
        amplification, error = amplification[..., 0], error[..., 0]
    return measured_array(np.ascontiguousarray(amplification), np.ascontiguousarray(error), method)


def _follow_lines(lines: Lines, V: np.ndarray, amplification: np.ndarray) -> None:
    """Fill `amplification` (K, d): along delay lines and rings the entries of V move on and never meet."""
    target = np.empty(len(V), np.int64)
    kernels.follow(lines.source, target)
    has_input = np.any(V != 0, axis=1)
    starts = np.flatnonzero(has_input)
    moduli = np.abs(V[starts])
    kernels.amplification(starts, moduli, target, lines.weight, amplification)


def _multiply(network: Network, V: np.ndarray, amplification: np.ndarray, error: np.ndarray) -> None:
    """Fill `amplification` (K, ..., d) and its error by products, in doubles and in single precision."""
    W = network.matrix
    state = V.astype(np.result_type(V, W.dtype))
    coarse = _Coarse(W, state)
    steps = max(1, STORED // state.size)
    with np.errstate(all="ignore"):
        for start in range(0, len(amplification), steps):
            stop = min(start + steps, len(amplification))
            states = np.empty((stop - start, *state.shape), state.dtype)
            for k in range(stop - start):
                states[k] = state
                state = W @ state
            amplification[start:stop], error[start:stop] = _norms(states, coarse.follow(start, stop))
        # A step rounds by an ulp of what it multiplies at least, also where all of it cancels.
        weights = sparse.csr_array(W).data[:, None] if sparse.issparse(W) else W
        largest = np.abs(weights).max(initial=0.0) or 1.0
        size = np.linalg.norm(weights / largest, axis=(-2, -1))[..., None] * largest
        error *= SAFETY * FINER
        error[1:] += ULP * size * amplification[:-1]
        error += (state.shape[-2] + 4) * ULP * amplification
        # What has no digits at one lag has none later on.
        relative = np.where(amplification > 0, error / amplification, 0)
        relative = np.maximum.accumulate(relative, axis=0)
        error[:] = np.fmax(error, relative * amplification)
    error[np.isnan(error)] = np.inf


class _Coarse:
    """The states W^k V in single precision, scaled: what they lose tells what doubles lose."""

    def __init__(self, W: Any, V: np.ndarray):
        single = np.complex64 if np.iscomplexobj(V) else np.float32
        weights = W.data if sparse.issparse(W) else W
        self.exponent_of_step = binary_exponent(weights) if weights.size else 0
        scale = 0.5**self.exponent_of_step
        self.W = (W * scale).astype(np.complex64 if np.iscomplexobj(weights) else np.float32)
        self.exponents = self._exponents(V)
        self.factors = COPIES if V.shape[-2] <= FEW else COPIES[:1]
        copies = [V * np.exp2(-self.exponents) * factor for factor in self.factors]
        self.state = np.concatenate(copies, axis=-1).astype(single)
        self.exponents = np.concatenate([self.exponents] * len(copies), axis=-1)

    def follow(self, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        """The states of steps start, ..., stop - 1, and the exponents of their units, one for each column."""
        states = np.empty((stop - start, *self.state.shape), self.state.dtype)
        exponents = np.empty((stop - start, *self.exponents.shape))
        for k in range(start, stop):
            if k % UNSCALED == 0:
                added = self._exponents(self.state)
                self.state = (self.state * np.exp2(-added)).astype(self.state.dtype)
                self.exponents = self.exponents + added
            states[k - start] = self.state
            exponents[k - start] = self.exponents
            self.state = self.W @ self.state
            self.exponents = self.exponents + self.exponent_of_step
        return states, exponents

    @staticmethod
    def _exponents(columns: np.ndarray) -> np.ndarray:
        largest = np.abs(columns).max(axis=-2, keepdims=True)
        return np.frexp(largest)[1].astype(float).clip(-LARGEST, LARGEST)


def _norms(states: np.ndarray, coarse: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The norms of the columns, in units near their largest entry, and what single precision loses."""
    single, exponents = coarse
    largest = np.abs(states).max(axis=-2, keepdims=True)
    inputs = states.shape[-1]
    unit = np.where(largest > 0, np.frexp(largest)[1], exponents[..., :inputs]).clip(-LARGEST, LARGEST)
    scale = np.exp2(-unit)
    near_one = states * scale
    norms = np.linalg.norm(near_one, axis=-2)
    lost = np.zeros_like(norms)
    for copy in range(single.shape[-1] // inputs):
        of_copy = slice(copy * inputs, (copy + 1) * inputs)
        other = single[..., of_copy] * (np.exp2(exponents[..., of_copy] - unit) / COPIES[copy])
        lost = np.maximum(lost, np.linalg.norm(near_one - other, axis=-2))
    in_units = np.exp2(unit[..., 0, :])
    return norms * in_units, lost * in_units


def _lost_below_doubles(amplification: np.ndarray, W: Any) -> float:
    """What products may lose that fall below the normal doubles: 0 where none does."""
    weights = np.abs(W.data if sparse.issparse(W) else W)
    least = [values[values > 0].min(initial=1.0) for values in (weights, amplification)]
    return float(np.finfo(float).tiny) if least[0] * least[1] < TINY else 0.0


def _require_finite(amplification: np.ndarray) -> None:
    """Raise where a norm is too large for a double."""
    lags = len(amplification)
    is_finite = np.isfinite(amplification).reshape(lags, -1).all(axis=1)
    if not is_finite.all():
        first = int(np.argmin(is_finite))
        raise InvalidNetworkError(
            f"lags={lags}: ||W^k V|| exceeds the largest double from k = {first} on; ask for lags <= {first}"
        )
