r"""Pictures of state-space layers.

Contents
--------
plot_layer_memory
    J(k) of every channel as a map, over lags in a logarithmic scale.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from linmem.errors import ArgumentError
from linmem.memory.layers import LayerMemory
from linmem.plotting.appearance import axes_or_new

DECADES = 6  # of the map below its largest value


def plot_layer_memory(memory: LayerMemory, ax: Axes | None = None, *, seen: bool = False) -> Axes:
    r"""Draw log10 J(k) of every channel of a layer as a map, channels (rows) by lags (columns, logarithmic).

    Channels are in the order of the lags by which they have half of their memory, which the line shows where the lags
    computed reach that far. A logarithmic axis has no lag 0: it counts from 1.

    Parameters
    ----------
    memory
        Of `memory_of_layer`.
    ax
        The axes to draw in; new ones where None.
    seen
        Draw what the readout shows, in place of the memory of the state.

    Raises
    ------
    ArgumentError
        If it is something else, or the layer has no readout that is to be drawn.

    Examples
    --------
    >>> import linmem as lm
    >>> layer = lm.StateSpaceLayer([[0.9, 0.5], [0.99, 0.7]], np.ones((2, 2)))
    >>> plot_layer_memory(lm.memory_of_layer(layer, 100, noise_enters="input")).get_ylabel()
    'Channel, in order of half-lags'
    """
    if not isinstance(memory, LayerMemory):
        raise ArgumentError(f"memory is a {type(memory).__name__}; it must be what memory_of_layer returned")
    values = memory.seen if seen else memory.values
    if values is None:
        raise ArgumentError("seen is True, but the layer has no readout; give StateSpaceLayer one")
    ax = axes_or_new(ax)
    half = memory.lag_of_share(0.5)
    order = np.argsort(half, kind="stable")  # nan last
    with np.errstate(divide="ignore"):
        logarithm = np.log10(values[order])
    logarithm[~np.isfinite(logarithm)] = np.nan
    # a cell reaches from lag k to lag k + 1, counted from 1
    image = ax.pcolormesh(
        np.arange(1, values.shape[1] + 2), np.arange(len(order) + 1), logarithm, cmap="viridis", rasterized=True
    )
    if np.isfinite(logarithm).any():
        top = np.nanmax(logarithm)
        image.set_clim(max(np.nanmin(logarithm), top - DECADES), top)
    ax.plot(half[order] + 1, np.arange(len(order)) + 0.5, color="w", linewidth=1)
    ax.set(
        xscale="log",
        xlim=(1, values.shape[1] + 1),
        ylim=(0, len(order)),
        xlabel="Lag $k + 1$ (steps)",
        ylabel="Channel, in order of half-lags",
    )
    what = "seen by the readout" if seen else "of the state"
    ax.figure.colorbar(image, ax=ax, label=f"$\\log_{{10}} J(k)$ {what}")
    ax.set_title(f"noise in the {memory.noise_enters}")
    return ax
