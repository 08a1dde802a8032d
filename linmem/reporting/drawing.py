"""Charts on axes of matplotlib, for pages without Bokeh and for paper.

Contents
--------
draw
    Draw a chart of any kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from linmem.charts.records import BarChart, Chart, Line, LineChart, MatrixChart, PlaneChart, look_of

if TYPE_CHECKING:
    from linmem.plotting.appearance import Axes

DASHES = {"solid": "-", "dashed": "--", "dotted": ":", "dashdot": "-."}
GREY = "0.45"
COLOURS = {"signed": "RdBu_r", "log": "cividis_r", "phase": "twilight_shifted"}
DECADES = 6  # of a matrix on a logarithmic scale
MOST_NAMES = 12


def draw(chart: Chart, ax: Axes) -> None:
    """Draw a chart, with the names of its axes and a legend where there is more than one thing to tell apart."""
    drawn: Any = {"lines": _lines, "bars": _bars, "matrix": _matrix, "plane": _plane}[chart.kind]
    drawn(chart, ax)
    ax.set_xlabel(chart.x_label)
    ax.set_ylabel(chart.y_label)


def _lines(chart: LineChart, ax: Axes) -> None:
    for place, line in enumerate(chart.lines):
        _line(line, ax, *look_of(line.name, place))
    for name, level in chart.levels.items():
        label = None if name in ("0", "1") else f"{name} {level:.4g}"
        ax.axhline(level, color=GREY, linestyle="--", linewidth=0.7, label=label)
    for name, x in chart.verticals.items():
        ax.axvline(x, color="black", label=name)
    if chart.has_log_scale:
        ax.set_yscale("log")
        ax.set_ylim(chart.log_range)
    else:
        ax.set_ylim(chart.linear_range)
    if chart.first is not None:
        ax.set_xlim(chart.first)
    if len(ax.get_legend_handles_labels()[1]) > 1:
        ax.legend()


def _line(line: Line, ax: Axes, color: str, dash: str) -> None:
    if line.style == "band":
        ax.fill_between(line.x, line.y, np.asarray(line.upper), color=color, alpha=0.25, linewidth=0, label=line.name)
    elif line.style == "points":
        ax.errorbar(line.x, line.y, line.error, fmt="o", color=color, markersize=3, label=line.name)
    else:
        drawstyle = "steps-post" if line.style == "steps" else "default"
        ax.plot(line.x, line.y, color=color, linestyle=DASHES[dash], drawstyle=drawstyle, label=line.name)


def _bars(chart: BarChart, ax: Axes) -> None:
    n, several = len(chart.names), len(chart.values)
    for place, (name, values) in enumerate(chart.values.items()):
        color = "#0072B2" if several == 1 else look_of(name, place)[0]
        x = np.arange(1, n + 1) + (place - (several - 1) / 2) * 0.9 / several
        ax.bar(x, np.asarray(values), width=0.9 / several, color=color, label=name if several > 1 else None)
    if chart.level is not None:
        ax.axhline(chart.level[1], color=GREY, linestyle="--", linewidth=0.7, label=chart.level[0])
    _name_places(ax.xaxis, chart.names, 1)
    if ax.get_legend_handles_labels()[1]:
        ax.legend()


def _name_places(axis: Any, names: Sequence[str], first: int) -> None:
    """Ticks with the names of some places, evenly spaced; numbers stand for themselves."""
    if all(name == str(place + 1) for place, name in enumerate(names)):
        return
    from linmem.plotting.units import shortened

    step = -(-len(names) // MOST_NAMES)
    axis.set_ticks([place + first for place in range(0, len(names), step)], [shortened(name) for name in names[::step]])
    longest = max(map(len, names), default=0)
    axis.set_tick_params(labelsize=5, labelrotation=90 if axis.axis_name == "x" and longest > 2 else 0)


def _matrix(chart: MatrixChart, ax: Axes) -> None:
    values, limit = chart.values, chart.limit
    rows, columns = values.shape
    edges = (chart.start - 0.5, columns + chart.start - 0.5, rows + chart.start - 0.5, chart.start - 0.5)
    scale: dict[str, Any] = {"vmin": -limit, "vmax": limit}
    if chart.scale == "log":
        bottom = limit * 10.0**-DECADES
        values, scale = np.ma.masked_less(values, bottom), {"norm": "log", "vmin": bottom, "vmax": limit}
    aspect: Any = "equal" if rows == columns else "auto"
    image = ax.imshow(values, cmap=COLOURS[chart.scale], extent=edges, aspect=aspect, interpolation="nearest", **scale)
    ax.spines[:].set_visible(True)
    for axis, names in ((ax.xaxis, chart.column_names), (ax.yaxis, chart.row_names)):
        if names:
            _name_places(axis, names, chart.start)
    ax.figure.colorbar(image, ax=ax, shrink=0.8, pad=0.02, aspect=15).set_label(chart.value_label)


def _plane(chart: PlaneChart, ax: Axes) -> None:
    edge_ink = GREY
    if chart.grid is not None:
        x, y, sigma_min = chart.grid
        height = np.log10(np.maximum(sigma_min, 1e-17))
        filled = ax.contourf(x, y, height, 16, cmap="viridis")
        ax.figure.colorbar(filled, ax=ax, shrink=0.8, pad=0.02, aspect=15).set_label(r"$\log_{10}\,\sigma_{\min}$")
        edge_ink = "white"
    if chart.edge == "circle":
        circle = np.exp(1j * np.linspace(0, 2 * np.pi, 241))
        ax.plot(circle.real, circle.imag, color=edge_ink, linewidth=0.8, linestyle="--", label="unit circle")
    else:
        ax.axvline(0, color=edge_ink, linewidth=0.8, linestyle="--", label="imaginary axis")
    for name, outline in chart.outlines.items():
        closed = np.append(outline, outline[:1])
        ax.plot(closed.real, closed.imag, color="#D6327C", linewidth=0.9, linestyle="-", label=name)
    for place, (name, points) in enumerate(chart.points.items()):
        color = "white" if chart.grid is not None else look_of(name, place)[0]
        points = np.asarray(points)
        ax.plot(
            points.real, points.imag, "o", color=color, markeredgecolor="black", markeredgewidth=0.4, markersize=2.5,
            label=name,
        )  # fmt: skip
    if chart.grid is not None:
        ax.set_xlim(x[0], x[-1])
        ax.set_ylim(y[0], y[-1])
        ax.set_aspect("equal")
    else:
        ax.set_aspect("equal", "datalim")
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, 1.14), ncols=3, frameon=False)
