"""Charts as figures of Bokeh: hover shows values, lags zoom together, pictures fill their cards.

Conventions
-----------
Figures have light colours and a transparent ground: the page inverts them in the dark. A figure is as wide as its card;
where both axes have one unit, its height follows its width.

Contents
--------
roots_of
    One root for each chart, by key; charts of the same lags share their range.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from bokeh.models import Column, ColumnDataSource, CrosshairTool, FixedTicker, HoverTool, Range1d, Span

from linmem.charts.frames import frame, legend_above, tick_name
from linmem.charts.images import matrix_figures, plane_figures
from linmem.charts.records import BarChart, Chart, Line, LineChart, look_of

GREY = "#777777"
NUMBER = "%.5g"
MOST_NAMES = 12  # of bars that have their names below


def roots_of(charts: Sequence[Chart], ranges: dict[str, Range1d] | None = None) -> dict[str, Column]:
    """A root for each chart, named by its key. Charts whose x axes have the same name zoom and pan together.

    `ranges` are those of charts that were drawn before.
    """
    ranges = {} if ranges is None else ranges
    cross = Span(visible=False, dimension="height", line_dash="dotted", line_color=GREY)
    roots = {}
    for chart in charts:
        drawn = DRAWN[chart.kind](chart, ranges, cross)
        roots[chart.key] = Column(*drawn, name=chart.key, sizing_mode="stretch_width", tags=[chart.title])
    return roots


# --- lines ---


def _lines(chart: LineChart, ranges: dict[str, Range1d], cross: Span) -> list[Any]:
    """One figure; two on one range, of which one is visible, where a reader can choose the scale."""
    x_range = _x_range(chart, ranges)
    kinds = {"either": ("log", "linear"), "log": ("log",), "linear": ("linear",)}[chart.scale]
    if not chart.has_log_scale:
        kinds = ("linear",)
    figures = []
    for kind in kinds:
        low, high = (chart.log_range or (0.1, 1.0)) if kind == "log" else chart.linear_range
        p = frame(chart, (), x_range=x_range, y_axis_type=kind, y_range=Range1d(low, high), visible=kind == kinds[0])
        _draw_lines(p, chart, kind == "log")
        p.add_tools(CrosshairTool(overlay=cross))
        legend_above(p)
        figures.append(p)
    return figures


def _x_range(chart: LineChart, ranges: dict[str, Range1d]) -> Range1d:
    """The range of an axis of steps, shared by all charts that have it; any other has its own."""
    every = np.concatenate([np.asarray(line.x, dtype=float) for line in chart.lines])
    every = np.concatenate([every, np.asarray(list(chart.verticals.values()), dtype=float)])
    low, high = float(every.min()), float(every.max())
    margin = 0.02 * (high - low) or 0.5
    whole = low - margin, high + margin
    start, end = chart.first or whole
    if chart.x_label not in ranges or not chart.x_label.startswith(("Lag", "Step", "Time")):
        ranges[chart.x_label] = Range1d(start, end, bounds=whole)
    shared = ranges[chart.x_label]
    shared.end = max(shared.end, end)
    shared.bounds = min(shared.bounds[0], whole[0]), max(shared.bounds[1], whole[1])
    return shared


def _draw_lines(p: Any, chart: LineChart, is_log: bool) -> None:
    longest = max(chart.lines, key=lambda line: len(line.x))
    shared = all(np.array_equal(line.x, longest.x[: len(line.x)]) for line in chart.lines)
    source, tips = _wide_source(chart, longest) if shared else (None, [])
    first = None
    for place, line in enumerate(chart.lines):
        color, dash = look_of(line.name, place)
        own = source or _line_source(line)
        column = place if source else 0
        drawn = _draw_line(p, line, own, column, color, dash, len(chart.lines) > 1)
        if line is longest or first is None:
            first = drawn
        if source is None:
            p.add_tools(_hover([(chart.x_label, "@x"), *_tips_of(line, 0)], [drawn], "mouse"))
    if source is not None:
        p.add_tools(_hover([(chart.x_label, "@x"), *tips], [first], "vline"))
    for name, level in chart.levels.items():
        if not is_log or level > 0:
            label = {} if name in ("0", "1") else {"legend_label": f"{name} {level:.4g}"}
            x = [float(longest.x[0]), float(longest.x[-1])]
            p.line(x, [level, level], color=GREY, line_dash="dashed", line_width=1, **label)
    for name, at in chart.verticals.items():
        y = [0.0, 1.0] if not is_log else list(chart.log_range or (0.1, 1.0))
        p.line([at, at], y, color="black", line_width=2, legend_label=name)


def _wide_source(chart: LineChart, longest: Line) -> tuple[ColumnDataSource, list[tuple[str, str]]]:
    """One source of all lines, shorter ones with blanks; and what hover shows."""
    data: dict[str, Any] = {"x": longest.x}
    tips = []
    for place, line in enumerate(chart.lines):
        for name, values in (("y", line.y), ("u", line.upper), ("e", line.error)):
            if values is not None:
                padded = np.full(len(longest.x), np.nan)
                padded[: len(line.x)] = values
                data[f"{name}{place}"] = padded
        tips += _tips_of(line, place)
    return ColumnDataSource(data), tips


def _line_source(line: Line) -> ColumnDataSource:
    data = {"x": line.x, "y0": np.asarray(line.y)}
    data |= {} if line.upper is None else {"u0": line.upper}
    data |= {} if line.error is None else {"e0": np.broadcast_to(line.error, np.shape(line.y))}
    return ColumnDataSource(data)


def _tips_of(line: Line, place: int) -> list[tuple[str, str]]:
    """Values and errors as printf writes them: the other formats of numbers know no exponent."""
    if line.upper is not None:
        return [(line.name, f"@y{place}{{{NUMBER}}} to @u{place}{{{NUMBER}}}")]
    error = "" if line.error is None else f" ± @e{place}{{%.0e}}"
    return [(line.name, f"@y{place}{{{NUMBER}}}{error}")]


def _hover(tips: list[tuple[str, str]], renderers: list[Any], mode: str) -> HoverTool:
    fields = {"@x": "printf"} | {f"@{kind}{place}": "printf" for kind in "yue" for place in range(len(tips))}
    tips = [(name, text if "{" in text else f"{text}{{{NUMBER}}}") for name, text in tips]
    return HoverTool(tooltips=tips, renderers=renderers, mode=mode, formatters=fields, point_policy="snap_to_data")


def _draw_line(p: Any, line: Line, source: Any, place: int, color: str, dash: str, named: bool) -> Any:
    label = {"legend_label": line.name} if named else {}
    y = f"y{place}"
    if line.style == "band":
        return p.varea("x", y, f"u{place}", source=source, color=color, fill_alpha=0.25, **label)
    if line.style == "steps":
        return p.step("x", y, source=source, mode="after", color=color, line_width=2, **label)
    if line.style == "points":
        if line.error is not None:
            p.segment(line.x, line.y - line.error, line.x, line.y + line.error, color=color, line_width=1.5)
        return p.scatter("x", y, source=source, color=color, size=7, **label)
    drawn = p.line("x", y, source=source, color=color, line_dash=dash, line_width=2, **label)
    if len(line.x) <= 60 and dash == "solid":
        p.scatter("x", y, source=source, color=color, size=4)
    return drawn


# --- bars ---


def _bars(chart: BarChart) -> list[Any]:
    n, several = len(chart.names), len(chart.values)
    data: dict[str, Any] = {"x": np.arange(1, n + 1), "name": list(chart.names)}
    tips = [(chart.x_label, "@name")]
    for place, (name, values) in enumerate(chart.values.items()):
        data[f"y{place}"] = np.asarray(values, dtype=float)
        data[f"x{place}"] = data["x"] + (place - (several - 1) / 2) * 0.9 / several
        tips.append((name, f"@y{place}{{{NUMBER}}}"))
    source = ColumnDataSource(data)
    hover = HoverTool(
        tooltips=tips, mode="vline", formatters={f"@y{place}": "printf" for place in range(several)}, renderers=[]
    )
    p = frame(chart, [hover], x_range=Range1d(0.4, n + 0.6, bounds=(0.4, n + 0.6)))
    for place, name in enumerate(chart.values):
        color = "#0072B2" if several == 1 else look_of(name, place)[0]
        label = {"legend_label": name} if several > 1 else {}
        bars = p.vbar(f"x{place}", 0.9 / several, f"y{place}", source=source, color=color, line_color=None, **label)
        hover.renderers = [*hover.renderers, bars][:1]
    if chart.level is not None:
        p.line([0.4, n + 0.6], [chart.level[1]] * 2, color=GREY, line_dash="dashed", legend_label=chart.level[0])
    if all(np.min(values, initial=0.0) >= 0 for values in chart.values.values()):
        p.y_range.start = 0
    if n <= MOST_NAMES:
        p.xaxis.ticker = FixedTicker(ticks=list(range(1, n + 1)))
        p.xaxis.major_label_overrides = {place + 1: tick_name(name) for place, name in enumerate(chart.names)}
        p.xaxis.major_label_orientation = 0.7 if max(map(len, chart.names), default=0) > 6 else "horizontal"
    legend_above(p)
    return [p]


DRAWN: dict[str, Callable[[Any, dict[str, Range1d], Span], list[Any]]] = {
    "lines": _lines,
    "bars": lambda chart, ranges, cross: _bars(chart),
    "matrix": lambda chart, ranges, cross: matrix_figures(chart),
    "plane": lambda chart, ranges, cross: plane_figures(chart),
}
