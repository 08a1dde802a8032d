"""Growth of one input: the amplification ||W^k v|| of an input on its way through the network.

The growth of the whole matrix, ||W^k||, is `transient_growth`.

Contents
--------
transient_amplification
    ||W^k V|| of each input, for every lag k.
"""

from __future__ import annotations

import numpy as np

from linmem.errors import InvalidNetworkError
from linmem.kernels import lines as kernels
from linmem.linalg.structure import Lines
from linmem.network import LinearNetwork, Network, as_network
from linmem.validation import whole_number


def transient_amplification(network: Network, lags: int | None = None) -> np.ndarray:
    r"""Amplification ||W^k V|| of an input after k = 0, 1, ..., lags - 1 steps, (K,), or (K, d) for d inputs.

    It is the growth of one input. The growth of the whole matrix, ||W^k||, the largest over all initial states, is
    `transient_growth`. Memory is bounded by the amplification, J(k) <= ||W^k v||^2 / eps, and needs it:
    J(k) <= 1 / sum_{l <= k} ||W^l v||^-2.

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
    if not isinstance(network, LinearNetwork):
        raise InvalidNetworkError("network is one in continuous time; see it at times 0, dt, ...: net.discretised(dt)")
    V = network.columns()
    lags = whole_number("lags", 2 * network.size if lags is None else lags)
    amplification = np.empty((lags, *network.stack_shape, V.shape[-1]))
    if network.lines is not None:
        _follow_lines(network.lines, V, amplification)
    else:
        _multiply(network, V, amplification)
    _require_finite(amplification)
    amplification = np.moveaxis(amplification, 0, -2)
    if network.feedforward_is_matrix:
        return amplification
    return np.ascontiguousarray(amplification[..., 0])


def _follow_lines(lines: Lines, V: np.ndarray, amplification: np.ndarray) -> None:
    """Fill `amplification` (K, d): along delay lines and rings the entries of V move on and never meet."""
    target = np.empty(len(V), np.int64)
    kernels.follow(lines.source, target)
    has_input = np.any(V != 0, axis=1)
    starts = np.flatnonzero(has_input)
    moduli = np.abs(V[starts])
    kernels.amplification(starts, moduli, target, lines.weight, amplification)


def _multiply(network: LinearNetwork, V: np.ndarray, amplification: np.ndarray) -> None:
    """Fill `amplification` (K, ..., d) by products; each norm is taken in units of the largest entry."""
    with np.errstate(over="ignore", invalid="ignore"):
        for k in range(len(amplification)):
            largest = np.abs(V).max(axis=-2, keepdims=True)
            unit = np.where(largest > 0, largest, 1)
            norms = np.linalg.norm(V / unit, axis=-2)
            amplification[k] = norms * unit[..., 0, :]
            V = network.recurrent @ V


def _require_finite(amplification: np.ndarray) -> None:
    """Raise where a norm is too large for a double."""
    lags = len(amplification)
    is_finite = np.isfinite(amplification).reshape(lags, -1).all(axis=1)
    if not is_finite.all():
        first = int(np.argmin(is_finite))
        raise InvalidNetworkError(
            f"lags={lags}: ||W^k V|| exceeds the largest double from k = {first} on; ask for lags <= {first}"
        )
