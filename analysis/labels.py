"""Text beside what is drawn: values beyond an axis, and names at the ends of lines.

Contents
--------
beyond
    An arrow over the edge of the axes, with the value.
name_ends
    The names of lines beside their last points.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

APART = 7.0  # points between the baselines of two names


def beyond(ax: Axes, x: float, value: str, color: str, *, edge: str = "top", side: str = "right", row: int = 0) -> None:
    """Draw an arrow at x that points over the upper or lower edge of the axes, with the value beside it.

    The value stands at the right or left side of the shaft or, upright, at its "end", where arrows are close to each
    other. Values at the same x stand in rows, with the arrow in row 0.
    """
    height, inwards = (1.0, -1) if edge == "top" else (0.0, 1)
    place = {"xycoords": ax.get_xaxis_transform(), "textcoords": "offset points", "color": color}
    if row == 0:
        arrow = {"arrowstyle": "-|>", "color": color, "linewidth": 0.8, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 5}
        ax.annotate("", (x, height), (0, 10 * inwards), **place, arrowprops=arrow)
    if side == "end":
        look = {"rotation": 90, "ha": "center", "va": "top" if edge == "top" else "bottom"}
        ax.annotate(value, (x, height), (0, 12 * inwards), **place, **look, fontsize="small")
    else:
        shift = (4 if side == "right" else -14, (5 + APART * row) * inwards)
        alignment = {"ha": "left" if side == "right" else "right", "va": "center"}
        ax.annotate(value, (x, height), shift, **place, **alignment, fontsize="small")


def name_ends(ax: Axes, lines: dict[str, Line2D]) -> None:
    """Write names right of the axes, at the heights at which their lines end, and apart from each other.

    It is called after the limits of the axes are set.
    """
    ends = {name: line.get_xydata()[-1] for name, line in lines.items()}
    to_axes = ax.transData + ax.transAxes.inverted()
    heights = {name: to_axes.transform(end)[1] for name, end in ends.items()}
    order = sorted(heights, key=heights.__getitem__)
    step = APART / 72 * ax.get_figure(root=True).dpi / ax.bbox.height
    places = apart(np.array([heights[name] for name in order]), step)
    for name, place in zip(order, places, strict=True):
        line = lines[name]
        leader = {"arrowstyle": "-", "color": line.get_color(), "linewidth": 0.3, "shrinkA": 0, "shrinkB": 1}
        leader["relpos"] = (0, 0.5)  # it begins at the left end of the name
        text = {"textcoords": "axes fraction", "va": "center", "color": line.get_color(), "fontsize": "small"}
        ax.annotate(name, ends[name], (1.04, place), **text, arrowprops=leader, annotation_clip=False)


def apart(heights: np.ndarray, step: float) -> np.ndarray:
    """Sorted heights, moved as little as their groups need to be a step apart."""
    groups = [[height] for height in heights]
    merged = True
    while merged:
        merged = False
        for i in range(len(groups) - 1):
            below, above = groups[i], groups[i + 1]
            top = np.mean(below) + step * (len(below) - 1) / 2
            bottom = np.mean(above) - step * (len(above) - 1) / 2
            if bottom - top < step:
                groups[i : i + 2] = [below + above]
                merged = True
                break
    places = [np.mean(group) + step * (np.arange(len(group)) - (len(group) - 1) / 2) for group in groups]
    return np.concatenate(places)
