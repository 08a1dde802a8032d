"""Charts as figures of Bokeh: hover shows values, lags zoom together, pictures fill their cards.

Conventions
-----------
Figures have light colours and a transparent ground: the page inverts them in the dark. A figure is as wide as its card;
where both axes have one unit, its height follows its width.

Contents
--------
roots_of
    One root for each chart, by key; charts of the same lags share their range.
follow_box
    Compute levels anew for the box that a reader has zoomed to.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from bokeh.models import (
    BoxZoomTool,
    ColorBar,
    Column,
    ColumnDataSource,
    CrosshairTool,
    CustomJS,
    CustomJSHover,
    CustomJSTickFormatter,
    FixedTicker,
    HoverTool,
    LinearColorMapper,
    LogColorMapper,
    PanTool,
    Range1d,
    ResetTool,
    SaveTool,
    Span,
    WheelZoomTool,
)
from bokeh.palettes import Viridis256, diverging_palette, interp_palette
from bokeh.plotting import figure

from linmem.charts.records import BarChart, Chart, Line, LineChart, MatrixChart, PlaneChart, look_of

HEIGHT = 300
LEVELS = 17  # of a pseudospectrum
SMALLEST = 1e-17  # of sigma_min, whose logarithm is drawn
FONT = "system-ui, sans-serif"
GREY = "#777777"
NUMBER = "%.5g"
MOST_NAMES = 12  # of bars that have their names below
SQUARE = """
const w = Math.abs(p.x_range.end - p.x_range.start), h = Math.abs(p.y_range.end - p.y_range.start)
if (p.inner_width > 0 && w > 0) {
  const want = Math.round(Math.min(p.inner_width, 440) * h / w + p.outer_height - p.inner_height)
  if (Math.abs(want - p.height) > 1) p.height = want
}"""
TICK = """
const near = Math.abs(r.end - r.start) < 25 && Number.isInteger(tick)
return near && names.length ? names[tick] ?? '' : String(tick + start)"""
DEFAULT_LOOKS = {"levels": GREY, "edge": "#222222", "range": "#D6327C"}


def roots_of(charts: Sequence[Chart]) -> dict[str, Column]:
    """A root for each chart, named by its key. Charts whose x axes have the same name zoom and pan together."""
    ranges: dict[str, Range1d] = {}
    cross = Span(visible=False, dimension="height", line_dash="dotted", line_color=GREY)
    roots = {}
    for chart in charts:
        drawn = DRAWN[chart.kind](chart, ranges, cross)
        roots[chart.key] = Column(*drawn, name=chart.key, sizing_mode="stretch_width", tags=[chart.title])
    return roots


def _figure(chart: Chart, hover: Sequence[HoverTool], **more: Any) -> Any:
    """An empty figure. Hover is no gesture: no tool is active first, so that a finger scrolls the page."""
    zoom = BoxZoomTool(match_aspect=more.pop("square", False))
    p = figure(
        height=HEIGHT,
        sizing_mode="stretch_width",
        x_axis_label=chart.x_label,
        y_axis_label=chart.y_label,
        tools=[PanTool(), zoom, WheelZoomTool(), ResetTool(), SaveTool(filename=chart.key), *hover],
        active_drag=None,
        toolbar_location="above",
        min_border_right=14,
        background_fill_color=None,
        border_fill_color=None,
        output_backend="canvas",
        **more,
    )
    p.toolbar.logo = None
    p.toolbar.autohide = False
    p.axis.axis_label_text_font_style = "normal"
    p.axis.axis_label_text_font = p.axis.major_label_text_font = FONT
    p.axis.axis_label_text_font_size = p.axis.major_label_text_font_size = "12px"
    p.grid.grid_line_color = "#e4e4e4"
    p.outline_line_color = "#d0d0d0"
    return p


def _legend_above(p: Any) -> None:
    """The legend above the frame, in a row, where it covers no line."""
    if not p.legend:
        return
    legend = p.legend[0]
    p.add_layout(legend, "above")
    legend.update(
        orientation="horizontal", click_policy="hide", location="left", label_text_font_size="12px", glyph_width=18,
        spacing=10, padding=2, margin=0, label_standoff=4, border_line_color=None, background_fill_color=None,
        label_text_font=FONT, ncols="auto",
    )  # fmt: skip


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
        p = _figure(
            chart, (), x_range=x_range, y_axis_type=kind, y_range=Range1d(low, high), visible=kind == kinds[0]
        )
        _draw_lines(p, chart, kind == "log")
        p.add_tools(CrosshairTool(overlay=cross))
        _legend_above(p)
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
    for name, place in chart.verticals.items():
        y = [0.0, 1.0] if not is_log else list(chart.log_range or (0.1, 1.0))
        p.line([place, place], y, color="black", line_width=2, legend_label=name)


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


def _bars(chart: BarChart, ranges: dict[str, Range1d], cross: Span) -> list[Any]:
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
    p = _figure(chart, [hover], x_range=Range1d(0.4, n + 0.6, bounds=(0.4, n + 0.6)))
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
        p.xaxis.major_label_overrides = {place + 1: name for place, name in enumerate(chart.names)}
        p.xaxis.major_label_orientation = 0.7 if max(map(len, chart.names), default=0) > 6 else "horizontal"
    _legend_above(p)
    return [p]


# --- matrices ---


def _mapper(chart: MatrixChart) -> Any:
    if chart.scale == "log":
        palette = list(interp_palette(["#f1efe2", "#7c7b78", "#00224e"], 256))
        return LogColorMapper(palette=palette, low=chart.limit * 1e-6, high=chart.limit, low_color="rgba(0,0,0,0)")
    if chart.scale == "phase":
        circle = ["#3b4cc0", "#f2f2f2", "#b40426", "#404040", "#3b4cc0"]
        return LinearColorMapper(palette=list(interp_palette(circle, 256)), low=-np.pi, high=np.pi)
    blue, red = interp_palette(["#1b5fa8", "#f7f7f7"], 128), interp_palette(["#b5322a", "#f7f7f7"], 128)
    return LinearColorMapper(palette=list(diverging_palette(blue, red, 256)), low=-chart.limit, high=chart.limit)


def _matrix(chart: MatrixChart, ranges: dict[str, Range1d], cross: Span) -> list[Any]:
    rows, columns = chart.values.shape
    is_square = rows == columns
    tip = "const i = Math.round(value); return i >= 0 && i < count ? (names[i] ?? String(i + start)) : ''"

    def named(names: Sequence[str], count: int) -> CustomJSHover:
        return CustomJSHover(args={"names": list(names), "count": count, "start": chart.start}, code=tip)

    hover = HoverTool(
        tooltips=[(chart.x_label, "$x{custom}"), (chart.y_label, "$y{custom}"), (chart.value_label, "@z{%.4g}")],
        formatters={
            "$x": named(chart.column_names, columns),
            "$y": named(chart.row_names, rows),
            "@z": "printf",
        },
    )
    x_range = Range1d(-0.5, columns - 0.5, bounds=(-0.5, columns - 0.5))
    y_range = Range1d(rows - 0.5, -0.5, bounds=(-0.5, rows - 0.5))
    p = _figure(chart, [hover], x_range=x_range, y_range=y_range, square=is_square)
    source = ColumnDataSource({"z": [chart.values.astype(np.float32)]})  # the eye and the hover need no more digits
    mapper = _mapper(chart)
    p.image("z", source=source, x=-0.5, y=-0.5, dw=columns, dh=rows, color_mapper=mapper)
    p.add_layout(_bar(mapper, chart.value_label), "below")
    p.grid.visible = False
    for axis, names, span in ((p.xaxis, chart.column_names, x_range), (p.yaxis, chart.row_names, y_range)):
        arguments = {"names": list(names), "r": span, "start": chart.start}
        axis.formatter = CustomJSTickFormatter(args=arguments, code=TICK)
    if chart.column_names:
        p.xaxis.major_label_orientation = 0.7
    if is_square:
        p.js_on_change("inner_width", CustomJS(args={"p": p}, code=SQUARE))
    return [p]


def _bar(mapper: Any, title: str) -> ColorBar:
    return ColorBar(
        color_mapper=mapper, height=10, title=title, orientation="horizontal", background_fill_color=None,
        title_text_font=FONT, title_text_font_style="normal", title_text_font_size="12px", bar_line_color=None,
    )  # fmt: skip


# --- the complex plane ---


def _plane(chart: PlaneChart, ranges: dict[str, Range1d], cross: Span) -> list[Any]:
    x, y = _box(chart)
    tips = [("z", "$x{0.0000} + $y{0.0000} i")]
    hover = HoverTool(tooltips=[*tips, ("log10 σ_min", "@z{0.000}")] if chart.grid is not None else tips, renderers=[])
    p = _figure(chart, [hover], x_range=Range1d(*x), y_range=Range1d(*y), square=True)
    if chart.grid is not None:
        hover.renderers = [_draw_levels(p, chart.grid)]
        p.grid.visible = False
    _draw_edge(p, chart, y)
    for name, outline in chart.outlines.items():
        closed = np.append(outline, outline[:1])
        p.line(closed.real, closed.imag, color=DEFAULT_LOOKS["range"], line_width=1.8, legend_label=name)
    for place, (name, points) in enumerate(chart.points.items()):
        color = "white" if chart.grid is not None else look_of(name, place)[0]
        size = 5 if len(points) < 100 else 3.5
        points = np.asarray(points)
        drawn = p.scatter(
            points.real, points.imag, size=size, fill_color=color, line_color="black", line_width=0.7, legend_label=name
        )
        if chart.grid is None:
            hover.renderers = [*hover.renderers, drawn]
    _legend_above(p)
    p.js_on_change("inner_width", CustomJS(args={"p": p}, code=SQUARE))
    return [p]


def _box(chart: PlaneChart) -> tuple[tuple[float, float], tuple[float, float]]:
    """The part of the plane that is shown first."""
    if chart.grid is not None:
        x, y, _ = chart.grid
        return (float(x[0]), float(x[-1])), (float(y[0]), float(y[-1]))
    every = np.concatenate([np.asarray(points, dtype=complex) for points in chart.points.values()])
    reach = 1.1 * max(float(np.abs(np.concatenate([every.real, every.imag])).max(initial=0.0)), 1.0)
    return (-reach, reach), (-reach, reach)


def _draw_edge(p: Any, chart: PlaneChart, y: tuple[float, float]) -> None:
    if chart.edge == "circle":
        t = np.linspace(0, 2 * np.pi, 241)
        edge, name = np.exp(1j * t), "unit circle"
    else:
        edge, name = np.array([1j * y[0], 1j * y[1]]), "imaginary axis"
    # dashes of white on black are seen on every ground
    p.line(edge.real, edge.imag, color=DEFAULT_LOOKS["edge"], line_width=2.4, line_alpha=0.6, legend_label=name)
    p.line(edge.real, edge.imag, color="white", line_dash="dashed", line_width=1.4, legend_label=name)


def _heights(sigma_min: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """log10 sigma_min, and the levels of its contours: always as many, and none below the lowest number."""
    height = np.log10(np.maximum(sigma_min, SMALLEST))
    low, high = float(np.quantile(height, 0.005)), float(height.max())
    levels = np.linspace(low, max(high, low + 1e-3) + 1e-9, LEVELS).round(6)
    return np.maximum(height, levels[0] + 1e-9), levels  # a number at the lowest level would not be filled


def _draw_levels(p: Any, grid: tuple[np.ndarray, np.ndarray, np.ndarray]) -> Any:
    """Filled contours, and an invisible image of the same numbers, which hover reads: contours answer none."""
    x, y, sigma_min = grid
    height, levels = _heights(np.asarray(sigma_min))
    colors = [Viridis256[i] for i in np.linspace(0, 215, LEVELS - 1).astype(int)]
    filled = p.contour(
        x, y, height, levels, fill_color=colors, line_color="white", line_alpha=0.35, line_width=0.6
    )
    source = ColumnDataSource(_image_data(grid), name="levels")
    p.add_layout(_level_bar(filled, levels), "below")
    return p.image("z", source=source, x="x", y="y", dw="dw", dh="dh", global_alpha=0.0)


def _image_data(grid: tuple[np.ndarray, np.ndarray, np.ndarray]) -> dict[str, Any]:
    x, y, sigma_min = grid
    height = np.log10(np.maximum(sigma_min, SMALLEST)).astype(np.float32)
    return {"z": [height], "x": [x[0]], "y": [y[0]], "dw": [np.ptp(x)], "dh": [np.ptp(y)]}


def _level_bar(filled: Any, levels: np.ndarray) -> Any:
    ticks = [float(level) for level in levels[::4]]
    bar = filled.construct_color_bar(
        orientation="horizontal", height=10, title="log10 σ_min(z − W)", bar_line_color=None,
        background_fill_color=None, major_label_overrides={tick: f"{tick:.2f}" for tick in ticks}, title_text_font=FONT,
        title_text_font_style="normal", title_text_font_size="12px",
    )  # fmt: skip
    bar.ticker.ticks = ticks
    return bar


DRAWN = {"lines": _lines, "bars": _bars, "matrix": _matrix, "plane": _plane}
