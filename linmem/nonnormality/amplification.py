"""What the network makes of an input on its way."""

from __future__ import annotations

import numpy as np

from linmem.errors import InvalidNetworkError
from linmem.kernels import lines as kernels
from linmem.network import LinearNetwork, Network, as_network, whole_number


def transient_amplification(network: Network, lags: int | None = None) -> np.ndarray:
    r"""||W^k V|| for k = 0, 1, ..., lags - 1: how much the network amplifies its input on the way; (K,), or (K, d), a
    column for each of d inputs.

    At any spectral radius. Memory is bounded by it, J(k) <= ||W^k v||^2 / eps, and needs it: J(k) <= 1 / sum_{l <= k}
    ||W^l v||^-2. Orhan & Pitkow (2020), Fig 1c; Ganguli, Huh & Sompolinsky (2008), eq. 11.

    Parameters
    ----------
    lags
        How many, from 0 on; 2 N where None.

    Raises
    ------
    InvalidNetworkError
        lags < 1, no feedforward, or a norm beyond the largest double.

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
    amplitude = np.empty((lags, *network.stack_shape, V.shape[-1]))
    if network.lines is not None:
        target = np.empty(network.size, np.int64)
        kernels.follow(network.lines.source, target)
        starts = np.flatnonzero(np.any(V != 0, axis=1))
        kernels.amplification(starts, np.abs(V[starts]), target, network.lines.weight, amplitude)
    else:
        with np.errstate(over="ignore", invalid="ignore"):
            for k in range(lags):
                largest = np.abs(V).max(axis=-2, keepdims=True)
                scale = np.where(largest > 0, largest, 1)
                amplitude[k] = np.linalg.norm(V / scale, axis=-2) * scale[..., 0, :]
                V = network.recurrent @ V
    if not np.isfinite(amplitude).all():
        beyond = int(np.argmax(~np.isfinite(amplitude).reshape(lags, -1).all(axis=1)))
        raise InvalidNetworkError(
            f"lags={lags}: ||W^k V|| exceeds the largest double from k = {beyond} on; ask for lags <= {beyond}"
        )
    moved = np.moveaxis(amplitude, 0, -2)
    return moved if network.feedforward_is_matrix else np.ascontiguousarray(moved[..., 0])
