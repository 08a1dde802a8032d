"""Weights as colours.

Contents
--------
plot_matrix
    One matrix, with its scale.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import FuncNorm
from matplotlib.ticker import MaxNLocator

from linmem.errors import InvalidNetworkError
from linmem.network import ContinuousNetwork, as_network
from linmem.plotting.appearance import axes_or_new
from linmem.validation import number

COLOURS = "RdBu_r"  # red above zero, blue below, white at it; told apart by every kind of colour-blind reader


def plot_matrix(
    W, ax: Axes | None = None, *, limit: float | None = None, exponent: float = 1.0, colour_bar: bool = True
) -> Axes:
    r"""The weights as colours, white at zero: row i, column j is the weight from unit j to unit i.

    W has no unit; A, of a network in continuous time, is per unit of time.

    Parameters
    ----------
    W
        A real matrix, dense or sparse, or a network in discrete or continuous time.
    limit
        The weight of the deepest colour; the largest modulus where None.
    exponent
        Colours follow sign(w) |w|^exponent: below 1, small weights show beside large ones.
    colour_bar
        Whether to draw the scale.

    Examples
    --------
    >>> import linmem as lm
    >>> ax = plot_matrix(lm.feedback_chain(8))
    >>> ax.images[0].get_clim()
    (-0.99, 0.99)
    """
    network = as_network(W)
    weights = network.dense()
    if weights.ndim != 2 or np.iscomplexobj(weights):
        raise InvalidNetworkError(
            f"W has shape {weights.shape} and dtype {weights.dtype}; a picture is of one real matrix"
        )
    exponent = number("exponent", exponent, above=0)
    limit = (np.abs(weights).max() or 1.0) if limit is None else number("limit", limit, above=0)

    ax = axes_or_new(ax)
    scale = FuncNorm(
        (lambda w: np.sign(w) * np.abs(w) ** exponent, lambda c: np.sign(c) * np.abs(c) ** (1 / exponent)),
        vmin=-limit,
        vmax=limit,
    )
    n = network.size
    image = ax.imshow(weights, cmap=COLOURS, norm=scale, interpolation="nearest", extent=(0.5, n + 0.5, n + 0.5, 0.5))
    ax.set_xlabel("From unit $j$")
    ax.set_ylabel("To unit $i$")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(integer=True, nbins=4))
    ax.spines[:].set_visible(True)
    if colour_bar:
        bar = ax.figure.colorbar(image, ax=ax, shrink=0.8, pad=0.02, aspect=15)
        rate = isinstance(network, ContinuousNetwork)
        bar.set_label("Weight $A_{ij}$ (1 / time)" if rate else "Weight $W_{ij}$ (no unit)")
        bar.outline.set_linewidth(0.5)
    return ax
