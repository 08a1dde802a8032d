"""Small networks as units and arrows.

Contents
--------
plot_network_schematic
    A circle for each unit, an arrow for each weight.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyArrowPatch
from matplotlib.path import Path

from linmem.errors import InvalidNetworkError
from linmem.network import Network
from linmem.plotting.appearance import axes_or_new

LARGEST = 24  # units; arrows cannot be told apart beyond
RADIUS = 0.28  # of a circle, where neighbours are 1 apart
POSITIVE, NEGATIVE, INPUT = "#B2182B", "#2166AC", "0.45"  # the ends of the colours of `plot_matrix`
LAYOUTS = ("line", "ring")


def plot_network_schematic(network: Network, ax: Axes | None = None, *, layout: str = "ring") -> Axes:
    """Units as circles, weights as arrows: red above zero, blue below, the wider the larger; the input in grey.

    The axes show no quantity and are switched off.

    Parameters
    ----------
    network
        Of at most 24 units. The input is drawn where the network has one.
    layout
        "ring", or "line": the units in a row, arrows back below it and arrows that skip a unit above.

    Examples
    --------
    >>> import linmem as lm
    >>> ax = plot_network_schematic(lm.chain(5), layout="line")
    >>> len(ax.patches)  # 5 units, 4 weights, 1 input
    10
    """
    if layout not in LAYOUTS:
        raise InvalidNetworkError(f"layout is {layout!r}; it must be one of {', '.join(map(repr, LAYOUTS))}")
    W = network.dense()
    if W.ndim != 2 or np.iscomplexobj(W) or network.size > LARGEST:
        raise InvalidNetworkError(
            f"network has a matrix of shape {W.shape} and dtype {W.dtype}; "
            f"a schematic is of one real network of at most {LARGEST} units"
        )
    places, outward = _places(network.size, layout)
    ax = axes_or_new(ax)
    largest = np.abs(W).max() or 1.0
    for i, j in np.argwhere(W):
        share = np.sqrt(abs(W[i, j]) / largest)
        colour = POSITIVE if W[i, j] > 0 else NEGATIVE
        path = _loop(places[i], outward[i]) if i == j else _bow(places[j], places[i], _bend(W, i, j, layout))
        ax.add_patch(_arrow(path, colour, share))
    if network.feedforward is not None:
        V = np.abs(network.columns()).max(axis=-1)
        for i in np.flatnonzero(V):
            ax.add_patch(_arrow(_entry(places[i], _beside(outward[i], layout)), INPUT, 1.0))
    for place in places:
        ax.add_patch(Circle(place, RADIUS, facecolor="white", edgecolor="0.2", linewidth=0.7, zorder=3))
    reach = np.abs(places).max(axis=0) + 1.05
    ax.set_aspect("equal", adjustable="datalim")  # circles stay circles, and the axes keep their place in the figure
    ax.margins(0)
    ax.update_datalim([-reach, reach])
    ax.autoscale_view()
    ax.set_axis_off()
    return ax


def _places(n, layout):
    """Where the units are, (n, 2), and which way is out of the picture there, (n, 2)."""
    if layout == "line":
        return np.stack([np.arange(n) - (n - 1) / 2, np.zeros(n)], axis=1), np.tile([0.0, 1.0], (n, 1))
    angle = np.pi / 2 - 2 * np.pi * np.arange(n) / n
    outward = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return outward * (0.5 / np.sin(np.pi / n) if n > 1 else 0.0), outward


def _beside(outward, layout):
    """Where the input comes from: below a line; beside a loop in a ring."""
    turn = -np.pi if layout == "line" else np.pi / 3.2
    c, s = np.cos(turn), np.sin(turn)
    return np.array([[c, -s], [s, c]]) @ outward


def _bend(W, i, j, layout):
    """How far an arrow bows to its left: straight between neighbours, apart from its own way back."""
    apart = 0.16 if W[j, i] else 0.0
    return apart if layout == "ring" or abs(i - j) == 1 else 0.35


def _bow(start, end, bend):
    across = end - start
    left = np.array([-across[1], across[0]])
    middle = (start + end) / 2 + bend * left
    leave = (middle - start) / np.linalg.norm(middle - start)
    arrive = (middle - end) / np.linalg.norm(middle - end)
    return Path(
        [start + leave * RADIUS, middle, end + arrive * (RADIUS + 0.03)], [Path.MOVETO, Path.CURVE3, Path.CURVE3]
    )


def _loop(place, outward):
    left = np.array([-outward[1], outward[0]])
    leave, arrive = (outward + 0.7 * side * left for side in (1, -1))
    leave, arrive = leave / np.linalg.norm(leave), arrive / np.linalg.norm(arrive)
    return Path(
        [place + leave * RADIUS, place + leave * 1.1, place + arrive * 1.1, place + arrive * (RADIUS + 0.03)],
        [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4],
    )


def _entry(place, outward):
    return Path([place + outward * (RADIUS + 0.6), place + outward * (RADIUS + 0.03)])


def _arrow(path, colour, share):
    return FancyArrowPatch(
        path=path,
        arrowstyle="-|>",
        mutation_scale=3 + 3 * share,
        linewidth=0.3 + 0.7 * share,
        color=colour,
        capstyle="butt",
        zorder=2,
    )
