"""A picture of a matrix of weights.

Contents
--------
plot_matrix
    The weights as colours, with their scale.
extent_of, index_axes, add_colour_bar
    What pictures of matrices have in common: edges, axes that count rows and columns, the scale of the colours.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import FuncNorm
from matplotlib.image import AxesImage
from matplotlib.ticker import MaxNLocator

from linmem.errors import InvalidNetworkError
from linmem.network import ContinuousNetwork, NetworkOrMatrix, as_network
from linmem.plotting.appearance import axes_or_new
from linmem.plotting.units import name_units
from linmem.validation import number

COLOURS = "RdBu_r"  # red above zero, blue below, white at it; told apart by every kind of colour-blind reader


def plot_matrix(
    W: NetworkOrMatrix,
    ax: Axes | None = None,
    *,
    limit: float | None = None,
    exponent: float = 1.0,
    colour_bar: bool = True,
) -> Axes:
    r"""Draw the weights as colours, white at zero: row i, column j is the weight from unit j to unit i.

    Ticks have the labels of units, where the network has them; of many units, of every k-th. W has no unit; A, of a
    network in continuous time, is per unit of time.

    Parameters
    ----------
    W
        A real matrix, dense or sparse, or a network in discrete or continuous time.
    ax
        The axes to draw in; new ones where None.
    limit
        The weight of the deepest colour; the largest modulus where None.
    exponent
        The depth of a colour is that of sign(w) |w|^exponent: with one below 1, small weights are visible beside large
        ones.
    colour_bar
        Whether to draw the scale.

    Returns
    -------
    Axes
        The axes that hold the picture.

    Raises
    ------
    ArgumentError
        `limit` or `exponent` is not above 0.
    InvalidNetworkError
        W is complex or a stack.

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

    def compress(weight: np.ndarray) -> np.ndarray:
        return np.sign(weight) * np.abs(weight) ** exponent

    def expand(depth: np.ndarray) -> np.ndarray:
        return np.sign(depth) * np.abs(depth) ** (1 / exponent)

    ax = axes_or_new(ax)
    scale = FuncNorm((compress, expand), vmin=-limit, vmax=limit)
    image = ax.imshow(weights, cmap=COLOURS, norm=scale, interpolation="nearest", extent=extent_of(network.size))
    index_axes(ax, "From unit $j$", "To unit $i$")
    if network.labels:
        name_units(ax.xaxis, network.labels)
        name_units(ax.yaxis, network.labels)
    if colour_bar:
        is_rate = isinstance(network, ContinuousNetwork)
        add_colour_bar(image, ax, "Weight $A_{ij}$ (1 / time)" if is_rate else "Weight $W_{ij}$ (no unit)")
    return ax


def extent_of(n: int) -> tuple[float, float, float, float]:
    """The edges of an image of n x n squares whose centres are at 1, ..., n, the first row at the top."""
    return 0.5, n + 0.5, n + 0.5, 0.5


def index_axes(ax: Axes, of_columns: str, of_rows: str) -> None:
    """Name the axes of a matrix, with ticks at whole numbers and a frame around it."""
    ax.set_xlabel(of_columns)
    ax.set_ylabel(of_rows)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(integer=True, nbins=4))
    ax.spines[:].set_visible(True)


def add_colour_bar(image: AxesImage, ax: Axes, label: str) -> None:
    """Draw the scale of the colours beside the axes."""
    bar = ax.figure.colorbar(image, ax=ax, shrink=0.8, pad=0.02, aspect=15)
    bar.set_label(label)
    bar.outline.set_linewidth(0.5)
