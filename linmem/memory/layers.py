r"""Memory of state-space layers, channel by channel.

Contents
--------
LayerMemory, memory_of_layer
    J(k) of every channel, in its state and in what is read of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from linmem.diagonal_network import ENTRIES
from linmem.errors import AccuracyError, ArgumentError, UnstableNetworkError
from linmem.gramian.channels import curves_of_channels, differ, seen_by_readouts
from linmem.gramian.methods import best
from linmem.gramian.readout import seen_by_outputs
from linmem.gramian.request import Request
from linmem.linalg.modes import inside_circle
from linmem.memory.fisher import fisher_memory_curve, lag_of_share
from linmem.plotted import Plotted
from linmem.state_space_layer import StateSpaceLayer
from linmem.validation import RTOL, number, option, whole_number


@dataclass(frozen=True, eq=False)
class LayerMemory(Plotted):
    """J(k) of every channel of a layer: of the input of the channel, in units of 1 / (signal units)^2.

    Attributes
    ----------
    layer
        The layer.
    noise_enters, noise
        "state" or "input", and the variance.
    lags
        0, 1, ..., K - 1.
    values, error
        J(k) of the whole state, (H, K), and upper estimates of the errors.
    total
        The sum over all lags, (H,), with noise in the input the number of states of a channel.
    seen, seen_error
        The same of what the readout shows, (H, K); None where the layer has no readout.
    """

    PICTURE: ClassVar[str] = "plot_layer_memory"
    layer: StateSpaceLayer
    noise_enters: str
    noise: float
    lags: np.ndarray
    values: np.ndarray
    error: np.ndarray
    total: np.ndarray
    seen: np.ndarray | None = None
    seen_error: np.ndarray | None = None
    AXES: ClassVar[dict[str, str]] = {"lag": "lags", "channel lag": "values error seen seen_error", "channel": "total"}

    @property
    def by_lag(self) -> np.ndarray:
        """The sum over the channels at each lag, (K,)."""
        return self.values.sum(axis=0)

    def lag_of_share(self, share: float = 0.5) -> np.ndarray:
        """The first lag at which the memory of each channel has reached a share of its total, (H,); nan where the lags
        computed do not reach that far.
        """
        share = number("share", share, at_least=0)
        found = [
            lag_of_share(values, float(total), share) for values, total in zip(self.values, self.total, strict=True)
        ]
        return np.array([np.nan if lag is None else lag for lag in found], float)


def memory_of_layer(
    layer: StateSpaceLayer,
    lags: int | None = None,
    *,
    noise_enters: str,
    noise: float = 1.0,
    readout_noise: float = 0.0,
    rtol: float = RTOL,
) -> LayerMemory:
    r"""Fisher memory of every channel of a state-space layer, in the state and as seen through the readout C.

    Of noise in the state J(k) = sum |b|^2 (1 - |l|^2) |l|^2k / eps, with the total |b|^2 / eps whatever the modes are;
    of noise in the input J(k) eps is between 0 and 1, and its total is the number of states. What y = Re(C x) shows of
    a channel is h_k^2 / (E y^2 + r), h the kernel of the layer: with noise in the input h_k^2 / sum h^2 where r is 0.
    Where the modes are shared, J is that of one input where all other inputs are known, and all outputs are read.

    Parameters
    ----------
    layer
        A `StateSpaceLayer`, as `load_state_space(path).layer(...)` reads it.
    lags
        How many, from 0 on; 1000 where None.
    noise_enters, noise
        As of `DiagonalNetwork`: "state" or "input", and the variance.
    readout_noise
        The variance of noise in each output. Where the modes are shared it must be above 0: outputs without noise of
        their own that depend on each other would tell everything.
    rtol
        The largest relative error to accept, of the curve of each channel.

    Raises
    ------
    UnstableNetworkError
        If an eigenvalue is not inside the unit circle.
    AccuracyError
        Where no method reaches rtol in a channel; it carries the memory as `.result`.
    ArgumentError, InvalidNetworkError
        For arguments that break their rules.

    Examples
    --------
    >>> import numpy as np
    >>> import linmem as lm
    >>> layer = lm.StateSpaceLayer([[0.9, 0.5], [0.99, 0.7]], np.ones((2, 2)), np.ones((2, 2)))
    >>> memory = memory_of_layer(layer, 500, noise_enters="input")
    >>> memory.total, memory.lag_of_share(0.5)
    (array([2., 2.]), array([1., 5.]))
    """
    if not isinstance(layer, StateSpaceLayer):
        raise ArgumentError(f"layer is a {type(layer).__name__}; it must be a StateSpaceLayer")
    lags = whole_number("lags", 1000 if lags is None else lags)
    option("noise_enters", noise_enters, ENTRIES)
    noise, rtol = number("noise", noise, above=0), number("rtol", rtol, above=0)
    readout_noise = number("readout_noise", readout_noise, at_least=0)
    _require_stable(layer)
    curves = _of_shared if layer.is_shared else _of_channels
    values, error, total = curves(layer, lags, noise_enters, rtol)
    memory = LayerMemory(layer, noise_enters, noise, np.arange(lags), values / noise, error / noise, total / noise)
    if layer.readout is not None:
        ratio = readout_noise / noise
        if layer.is_shared:
            seen, seen_error = _seen_of_shared(layer, lags, noise_enters, ratio, rtol)
        else:
            seen, seen_error = _seen_of_channels(layer, lags, noise_enters, ratio)
        memory = replace(memory, seen=seen / noise, seen_error=seen_error / noise)
    _require_accurate(memory, rtol)
    return memory


def _require_stable(layer: StateSpaceLayer) -> None:
    if inside_circle(layer.eigenvalues.ravel()).min() <= 0:
        raise UnstableNetworkError(float(np.abs(layer.eigenvalues).max()))


def _of_channels(layer: StateSpaceLayer, lags: int, enters: str, rtol: float) -> tuple[np.ndarray, ...]:
    own, B = layer.eigenvalues, layer.feedforward
    together = _stand_for_pairs(layer) & (differ(own, B) | (enters == "state"))
    if together.all():
        return curves_of_channels(own, B, lags, enters == "input")
    values, error, total = np.empty((len(own), lags)), np.empty((len(own), lags)), np.empty(len(own))
    if together.any():
        parts = curves_of_channels(own[together], B[together], lags, enters == "input")
        values[together], error[together], total[together] = parts
    for channel in np.flatnonzero(~together):
        curve = _curve(layer, int(channel), lags, enters, rtol)
        values[channel], error[channel], total[channel] = curve.values, curve.error, curve.total
    return values, error, total


def _stand_for_pairs(layer: StateSpaceLayer) -> np.ndarray:
    """Whether the modes of each channel are real, or halves of pairs, (H,)."""
    is_real = ~(layer.eigenvalues.imag.any(axis=1) | layer.feedforward.imag.any(axis=1))
    return is_real | (layer.conjugates == "implied")


def _curve(layer: StateSpaceLayer, channel: int | None, lags: int, enters: str, rtol: float) -> Any:
    try:
        return fisher_memory_curve(layer.network(channel, noise_enters=enters), lags, rtol=rtol)
    except AccuracyError as error:
        if error.result is None:
            raise
        return error.result  # all channels are told of together


def _of_shared(layer: StateSpaceLayer, lags: int, enters: str, rtol: float) -> tuple[np.ndarray, ...]:
    curve = _curve(layer, None, lags, enters, rtol)
    values, error = (np.einsum("kmm->mk", array).real for array in (curve.values, curve.error))
    return values, error, np.diag(np.asarray(curve.total)).real


def _seen_of_channels(
    layer: StateSpaceLayer, lags: int, enters: str, readout_noise: float
) -> tuple[np.ndarray, np.ndarray]:
    own, B, C = layer.eigenvalues, layer.feedforward, layer.readout
    is_half = layer.conjugates == "implied"
    if is_half:  # a real mode is one real number, of which the imaginary part of C reads nothing
        C = np.where((own.imag != 0) | (B.imag != 0), C, C.real)
    return seen_by_readouts(own, B, C, lags, enters == "input", is_half, readout_noise)


def _seen_of_shared(
    layer: StateSpaceLayer, lags: int, enters: str, readout_noise: float, rtol: float
) -> tuple[np.ndarray, np.ndarray]:
    if not readout_noise:
        raise ArgumentError(
            "readout_noise is 0, but the modes are shared and several outputs are read; without noise of their own "
            "they may depend on each other: pass readout_noise > 0, or a layer without readout"
        )
    network = layer.network(None, noise_enters=enters)
    C = layer.readout
    is_half = layer.conjugates == "implied"  # y = Re(C x), of real modes too
    outputs = np.empty((len(C), network.size), float if is_half else C.dtype)
    outputs[:, network.modes.first] = C.real if is_half else C
    both = network.modes.imaginary
    outputs[:, network.modes.second[both]] = -C[:, both].imag
    request = replace(Request.of_input(network, lags, None, rtol), readout_noise=readout_noise)
    answer = best(request, lambda gramian: seen_by_outputs(gramian, request, outputs))
    values, error = (request.memory(array[0]) for array in (answer.numbers, answer.errors))
    return tuple(np.einsum("kmm->mk", array).real for array in (values, error))


def _require_accurate(memory: LayerMemory, rtol: float) -> None:
    """Raise where the curve of a channel is not known to rtol of its largest value."""
    pairs = [(memory.values, memory.error)]
    if memory.seen is not None and memory.seen_error is not None:
        pairs.append((memory.seen, memory.seen_error))
    for values, error in pairs:
        largest = values.max(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            relative = np.where(error.max(axis=1) > 0, error.max(axis=1) / largest, 0.0)
        worst = int(np.argmax(np.nan_to_num(relative, nan=np.inf)))
        if not relative[worst] <= rtol:
            raise AccuracyError(float(relative[worst]), rtol, memory, reason=f"channel {worst} is known least")
