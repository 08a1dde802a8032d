"""A picture of a small network: its units as circles, its weights as arrows.

Contents
--------
plot_network_schematic
    A circle for each unit, an arrow for each weight and each input.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyArrowPatch
from matplotlib.path import Path

from linmem.errors import InvalidNetworkError
from linmem.network import Network
from linmem.plotting.appearance import axes_or_new
from linmem.plotting.units import shortened
from linmem.validation import option

LARGEST = 24  # units; beyond it arrows cannot be told apart
RADIUS = 0.28  # of a circle, where neighbours are 1 apart
GAP = 0.03  # between the head of an arrow and its circle
MARGIN = 1.05  # around the outermost centres, for loops and the arrows of inputs
POSITIVE, NEGATIVE, INPUT = "#B2182B", "#2166AC", "0.45"  # the first two are the ends of the colours of `plot_matrix`
LAYOUTS = ("line", "ring")


def plot_network_schematic(network: Network, ax: Axes | None = None, *, layout: str = "ring") -> Axes:
    """Draw units as circles and weights as arrows: red above zero, blue below, wider for larger weights; input grey.

    Labels of units stand in the circles. The axes have no scale and are switched off.

    Parameters
    ----------
    network
        A real network of at most 24 units. Arrows of the input are drawn if it has one.
    ax
        The axes to draw in; new ones where None.
    layout
        "ring", or "line": the units in a row, with arrows that go back below it and arrows that skip a unit above it.

    Returns
    -------
    Axes
        The axes that hold the picture.

    Raises
    ------
    ArgumentError
        `layout` is another word.
    InvalidNetworkError
        The network is complex, a stack, or larger than 24 units.

    Examples
    --------
    >>> import linmem as lm
    >>> ax = plot_network_schematic(lm.chain(5), layout="line")
    >>> len(ax.patches)  # 5 units, 4 weights, 1 input
    10
    """
    layout = option("layout", layout, LAYOUTS)
    if network.size > LARGEST:
        raise InvalidNetworkError(f"network has {network.size} units; a schematic is of at most {LARGEST} units")
    W = network.dense()
    if W.ndim != 2 or np.iscomplexobj(W):
        raise InvalidNetworkError(
            f"network has a matrix of shape {W.shape} and dtype {W.dtype}; a schematic is of one real network"
        )
    centres, outward = _places(network.size, layout)
    ax = axes_or_new(ax)
    _draw_weights(ax, W, centres, outward, layout)
    if network.feedforward is not None:
        _draw_inputs(ax, network.columns(), centres, outward, layout)
    for centre in centres:
        ax.add_patch(Circle(tuple(centre), RADIUS, facecolor="white", edgecolor="0.2", linewidth=0.7, zorder=3))
    for centre, label in zip(centres, network.labels, strict=False):  # there may be no labels
        ax.text(centre[0], centre[1], shortened(label), fontsize=5, ha="center", va="center", zorder=4)
    corner = np.abs(centres).max(axis=0) + MARGIN
    ax.set_aspect("equal", adjustable="datalim")  # circles stay circles, and the axes keep their place in the figure
    ax.margins(0)
    ax.update_datalim([-corner, corner])
    ax.autoscale_view()
    ax.set_axis_off()
    return ax


def _draw_weights(ax: Axes, W: np.ndarray, centres: np.ndarray, outward: np.ndarray, layout: str) -> None:
    largest = np.abs(W).max() or 1.0
    for i, j in np.argwhere(W):
        path = _path_of_weight(W, i, j, centres, outward, layout)
        colour = POSITIVE if W[i, j] > 0 else NEGATIVE
        thickness = np.sqrt(abs(W[i, j]) / largest)  # the root, so that small weights remain visible
        ax.add_patch(_arrow(path, colour, thickness))


def _path_of_weight(W: np.ndarray, i: int, j: int, centres: np.ndarray, outward: np.ndarray, layout: str) -> Path:
    """From unit j to unit i; a loop where they are the same."""
    if i == j:
        return _loop(centres[i], outward[i])
    return _bow(centres[j], centres[i], _bend(W, i, j, layout))


def _draw_inputs(ax: Axes, columns: np.ndarray, centres: np.ndarray, outward: np.ndarray, layout: str) -> None:
    largest_of_unit = np.abs(columns).max(axis=-1)
    for i in np.flatnonzero(largest_of_unit):
        path = _entry(centres[i], _side_of_input(outward[i], layout))
        ax.add_patch(_arrow(path, INPUT, 1.0))


def _places(n: int, layout: str) -> tuple[np.ndarray, np.ndarray]:
    """The centres of the units, (n, 2), and the directions that lead out of the picture there, (n, 2)."""
    if layout == "line":
        along = np.arange(n) - (n - 1) / 2
        centres = np.stack([along, np.zeros(n)], axis=1)
        return centres, np.tile([0.0, 1.0], (n, 1))
    angle = np.pi / 2 - 2 * np.pi * np.arange(n) / n  # clockwise from the top
    outward = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    ring_radius = 0.5 / np.sin(np.pi / n) if n > 1 else 0.0  # neighbours are 1 apart
    return outward * ring_radius, outward


def _side_of_input(outward: np.ndarray, layout: str) -> np.ndarray:
    """The direction from which the input arrives: from below a line; beside a unit's own loop in a ring."""
    turn = -np.pi if layout == "line" else np.pi / 3.2
    cosine = np.cos(turn)
    sine = np.sin(turn)
    rotation = np.array([[cosine, -sine], [sine, cosine]])
    return rotation @ outward


def _bend(W: np.ndarray, i: int, j: int, layout: str) -> float:
    """How far the arrow from j to i bows to its left, as a share of its length."""
    if layout == "line" and abs(i - j) != 1:
        return 0.35  # past the units between them
    return 0.16 if W[j, i] else 0.0  # apart from the arrow back, if there is one


def _bow(start: np.ndarray, end: np.ndarray, bend: float) -> Path:
    """A curve from circle to circle, bent to its left."""
    to_the_left = _turned_left(end - start)
    middle = (start + end) / 2 + bend * to_the_left
    first = start + _unit(middle - start) * RADIUS
    last = end + _unit(middle - end) * (RADIUS + GAP)
    return Path([first, middle, last], [Path.MOVETO, Path.CURVE3, Path.CURVE3])


def _loop(centre: np.ndarray, outward: np.ndarray) -> Path:
    """A curve from a circle outwards and back to it."""
    to_the_left = _turned_left(outward)
    leave = _unit(outward + 0.7 * to_the_left)
    arrive = _unit(outward - 0.7 * to_the_left)
    points = [
        centre + leave * RADIUS,
        centre + leave * 1.1,
        centre + arrive * 1.1,
        centre + arrive * (RADIUS + GAP),
    ]
    return Path(points, [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4])


def _entry(centre: np.ndarray, direction: np.ndarray) -> Path:
    """A straight line that ends at the circle."""
    first = centre + direction * (RADIUS + 0.6)
    last = centre + direction * (RADIUS + GAP)
    return Path([first, last])


def _turned_left(vector: np.ndarray) -> np.ndarray:
    return np.array([-vector[1], vector[0]])


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)


def _arrow(path: Path, colour: str, thickness: float) -> FancyArrowPatch:
    """An arrow along the path; thickness is between 0 and 1."""
    return FancyArrowPatch(
        path=path,
        arrowstyle="-|>",
        mutation_scale=3 + 3 * thickness,
        linewidth=0.3 + 0.7 * thickness,
        color=colour,
        capstyle="butt",
        zorder=2,
    )
