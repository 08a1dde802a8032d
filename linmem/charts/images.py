"""Matrices and parts of the complex plane as figures of Bokeh.

Contents
--------
matrix_figures
    A matrix as colours with their scale.
plane_figures
    Points and outlines over the levels of a pseudospectrum.
set_levels
    Put other levels, of another part of the plane, in the place of those that a figure has.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from bokeh.models import (
    ColorBar,
    ColumnDataSource,
    CustomJS,
    CustomJSHover,
    CustomJSTickFormatter,
    HoverTool,
    LinearColorMapper,
    LogColorMapper,
    Range1d,
)
from bokeh.palettes import Viridis256, diverging_palette, interp_palette
from bokeh.plotting.contour import contour_data

from linmem.charts.frames import FONT, frame, legend_above, tick_name
from linmem.charts.records import MatrixChart, PlaneChart, look_of

LEVELS = 17  # of a pseudospectrum
SMALLEST = 1e-17  # of sigma_min, whose logarithm is drawn
EDGE, RANGE = "#222222", "#D6327C"
SQUARE = """
const w = Math.abs(p.x_range.end - p.x_range.start), h = Math.abs(p.y_range.end - p.y_range.start)
if (p.inner_width > 0 && w > 0) {
  const want = Math.round(Math.min(p.inner_width, 440) * h / w + p.outer_height - p.inner_height)
  if (Math.abs(want - p.height) > 1) p.height = want
}"""
TICK = """
const near = Math.abs(r.end - r.start) < 25 && Number.isInteger(tick)
return near && names.length ? names[tick] ?? '' : String(tick + start)"""


def _mapper(chart: MatrixChart) -> Any:
    if chart.scale == "log":
        palette = list(interp_palette(["#f1efe2", "#7c7b78", "#00224e"], 256))
        return LogColorMapper(palette=palette, low=chart.limit * 1e-6, high=chart.limit, low_color="rgba(0,0,0,0)")
    if chart.scale == "phase":
        circle = ["#3b4cc0", "#f2f2f2", "#b40426", "#404040", "#3b4cc0"]
        return LinearColorMapper(palette=list(interp_palette(circle, 256)), low=-np.pi, high=np.pi)
    blue, red = interp_palette(["#1b5fa8", "#f7f7f7"], 128), interp_palette(["#b5322a", "#f7f7f7"], 128)
    return LinearColorMapper(palette=list(diverging_palette(blue, red, 256)), low=-chart.limit, high=chart.limit)


def matrix_figures(chart: MatrixChart) -> list[Any]:
    """One figure."""
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
    p = frame(chart, [hover], x_range=x_range, y_range=y_range, square=is_square)
    source = ColumnDataSource({"z": [_in_few_bits(_largest_of_blocks(chart.values, chart.block))]})
    mapper = _mapper(chart)
    p.image("z", source=source, x=-0.5, y=-0.5, dw=columns, dh=rows, color_mapper=mapper)
    p.add_layout(_bar(mapper, chart.value_label), "below")
    p.grid.visible = False
    for axis, names, span in ((p.xaxis, chart.column_names, x_range), (p.yaxis, chart.row_names, y_range)):
        arguments = {"names": list(map(tick_name, names)), "r": span, "start": chart.start}
        axis.formatter = CustomJSTickFormatter(args=arguments, code=TICK)
    if chart.column_names:
        p.xaxis.major_label_orientation = 0.7
    if is_square:
        p.js_on_change("inner_width", CustomJS(args={"p": p}, code=SQUARE))
    return [p]


def _largest_of_blocks(values: np.ndarray, side: int) -> np.ndarray:
    """The entry with the largest modulus of every block."""
    if side == 1:
        return values
    rows, columns = (-(-length // side) for length in values.shape)
    padded = np.zeros((rows * side, columns * side))
    padded[: values.shape[0], : values.shape[1]] = values
    blocks = padded.reshape(rows, side, columns, side).swapaxes(1, 2).reshape(rows, columns, side * side)
    largest = np.abs(blocks).argmax(axis=-1)
    return np.take_along_axis(blocks, largest[..., None], axis=-1)[..., 0]


def _in_few_bits(values: np.ndarray) -> np.ndarray:
    """Four digits of each number, as the eye and the hover need, so that the page is smaller."""
    bits = values.astype(np.float32).view(np.uint32)
    return (bits & np.uint32(0xFFFFFF80)).view(np.float32)


def _bar(mapper: Any, title: str) -> ColorBar:
    return ColorBar(
        color_mapper=mapper, height=10, title=title, orientation="horizontal", background_fill_color=None,
        title_text_font=FONT, title_text_font_style="normal", title_text_font_size="12px", bar_line_color=None,
    )  # fmt: skip


# --- the complex plane ---


def plane_figures(chart: PlaneChart) -> list[Any]:
    """One figure."""
    x, y = _box(chart)
    tips = [("z", "$x{0.0000} + $y{0.0000} i")]
    hover = HoverTool(tooltips=[*tips, ("log10 σ_min", "@z{0.000}")] if chart.grid is not None else tips, renderers=[])
    p = frame(chart, [hover], x_range=Range1d(*x), y_range=Range1d(*y), square=True)
    if chart.grid is not None:
        hover.renderers = [_draw_levels(p, chart.grid)]
        p.grid.visible = False
    _draw_edge(p, chart, y)
    for name, outline in chart.outlines.items():
        closed = np.append(outline, outline[:1])
        p.line(closed.real, closed.imag, color=RANGE, line_width=1.8, legend_label=name)
    for place, (name, points) in enumerate(chart.points.items()):
        color = "white" if chart.grid is not None else look_of(name, place)[0]
        size = 5 if len(points) < 100 else 3.5
        points = np.asarray(points)
        drawn = p.scatter(
            points.real, points.imag, size=size, fill_color=color, line_color="black", line_width=0.7, legend_label=name
        )
        if chart.grid is None:
            hover.renderers = [*hover.renderers, drawn]
    legend_above(p)
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
    p.line(edge.real, edge.imag, color=EDGE, line_width=2.4, line_alpha=0.6, legend_label=name)
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
    filled = p.contour(x, y, height, levels, fill_color=colors, line_color="white", line_alpha=0.35, line_width=0.6)
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


def set_levels(p: Any, grid: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    """Put the levels of a grid, which may be of another part of the plane, in the place of those of the figure."""
    x, y, sigma_min = grid
    height, levels = _heights(np.asarray(sigma_min))
    filled = next(each for each in p.renderers if type(each).__name__ == "ContourRenderer")
    p.select_one({"name": "levels"}).data = _image_data(grid)
    filled.set_data(contour_data(x, y, height, levels))
    filled.levels = [float(level) for level in levels]
    # a colour bar does not follow the levels of its contours: a new one takes its place
    p.below = [p.below[0], _level_bar(filled, levels)]
