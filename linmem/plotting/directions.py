"""A picture of memory over the directions of input.

Contents
--------
plot_spatial_fisher_memory
    The total memory of the principal inputs, which are the eigenvectors of J^s.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from matplotlib.axes import Axes

from linmem.memory.spatial import spatial_fisher_memory
from linmem.network import Network
from linmem.plotting.appearance import axes_or_new
from linmem.plotting.curves import QUANTILES, draw_line, line_names, lines_of


def plot_spatial_fisher_memory(
    networks: Network | Iterable[Network],
    ax: Axes | None = None,
    *,
    labels: Sequence[str] | None = None,
    quantiles: tuple[float, float] = QUANTILES,
) -> Axes:
    r"""Draw the eigenvalues of the spatial Fisher memory J^s, the largest first, on a logarithmic scale.

    The first is the total memory of the best unit input, the second that of the best input orthogonal to it, and so on,
    in units of 1 / (signal units)^2. The thin line is the total of a normal network with the same noise, where the
    noise is independent with the same variance in all units. The first and the last eigenvalue are marked.

    Parameters
    ----------
    networks
        One network or several; of a stack the median of each rank is drawn, and a band.
    ax
        The axes to draw in; new ones where None.
    labels
        One name for each network; the networks' own names where None. There is a legend if there are several.
    quantiles
        The edges of the band of a stack, as shares: 0.1 and 0.9 leave out a tenth of the networks on each side.

    Returns
    -------
    Axes
        The axes that hold the lines.

    Raises
    ------
    ArgumentError
        There are more or fewer labels than networks, or quantiles are not two shares, the smaller one first.

    Examples
    --------
    >>> import linmem as lm
    >>> ax = plot_spatial_fisher_memory(lm.chain(10))
    >>> ax.get_yscale()
    'log'
    """
    networks = [networks] if isinstance(networks, Network) else list(networks)
    names = line_names(networks, labels)
    ax = axes_or_new(ax)
    for network, name in zip(networks, names, strict=True):
        totals = np.linalg.eigvalsh(spatial_fisher_memory(network))[..., ::-1]
        draw_line(ax, np.arange(1, network.size + 1), lines_of("networks", network, totals), name, quantiles)
        ax.lines[-1].set(marker=".", markevery=[0, -1])
    for variance in {network.noise for network in networks if not network.noise_is_matrix}:
        ax.axhline(1 / variance, color="0.6", linewidth=0.5, linestyle="-", zorder=0)
    ax.set_yscale("log")
    ax.yaxis.set_major_formatter("{x:g}")
    ax.set_xlabel("Principal input (rank)")
    ax.set_ylabel(r"Total memory $J_{\mathrm{tot}}$ (signal units$^{-2}$)")
    if len(networks) > 1 or any(network.stack_shape for network in networks):
        ax.legend()
    return ax
