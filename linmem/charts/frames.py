"""What every figure of Bokeh has: its tools, its letters, its legend.

Contents
--------
frame
    An empty figure with the names of its axes and the tools of a reader.
legend_above
    The legend of a figure, where it covers no line.
tick_name
    A name as it stands beside an axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bokeh.models import BoxZoomTool, HoverTool, PanTool, ResetTool, SaveTool, WheelZoomTool
from bokeh.plotting import figure

from linmem.charts.records import Chart

HEIGHT = 300
LONGEST = 14  # letters of a name beside an axis; hover shows all of them
FONT = "system-ui, sans-serif"


def frame(chart: Chart, hover: Sequence[HoverTool], **more: Any) -> Any:
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


def legend_above(p: Any) -> None:
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


def tick_name(name: str) -> str:
    """The beginning and the end of a long name. What Bokeh would take for TeX, and load a library for, stays text."""
    if len(name) > LONGEST:
        name = f"{name[: LONGEST // 2 - 1]}…{name[-(LONGEST // 2) :]}"
    for mark in ("$$", "\\(", "\\["):
        name = name.replace(mark, f"{mark[0]}\N{ZERO WIDTH SPACE}{mark[1]}")
    return name
