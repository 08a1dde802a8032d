"""The document of a page that is computed while it is read: figures, controls, and what a reader does with them.

Contents
--------
Control
    A slider, or a choice among words.
Reader
    What is called when a reader moves a control, zooms a plane, or clicks a point of it.
LiveDocument
    Figures and controls of one reader.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from bokeh.core.validation import silence
from bokeh.core.validation.warnings import EMPTY_LAYOUT
from bokeh.document import Document
from bokeh.events import RangesUpdate, Tap
from bokeh.models import Column, ColumnDataSource, CustomJS, CustomJSTickFormatter, Range1d, Select, Slider

from linmem.charts.figures import roots_of
from linmem.charts.images import set_levels
from linmem.charts.records import Chart

silence(EMPTY_LAYOUT)  # places are empty until their charts are computed

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Control:
    """A slider from `start` to `end`, or, with `words`, a choice; `shown` is the script that prints its value."""

    name: str
    label: str
    value: Any
    start: float = 0.0
    end: float = 1.0
    step: float = 0.01
    words: tuple[str, ...] = ()
    shown: str = "return tick.toPrecision(3)"


@dataclass(frozen=True)
class Reader:
    """What is called, in the thread of the server: with a control's name and value; with a box; with a point z."""

    moved: Callable[[str, Any], None]
    zoomed: Callable[[Box], None]
    clicked: Callable[[complex], None]


class LiveDocument:
    """Figures and controls of one reader. Every change is made in the thread of the server, whatever thread asks."""

    def __init__(self, document: Document, keys: Sequence[str], controls: Sequence[Control], reader: Reader):
        self._document = document
        self._reader = reader
        self._ranges: dict[str, Range1d] = {}
        self._places = {key: Column(name=key, sizing_mode="stretch_width") for key in keys}
        self._parts = ColumnDataSource({"part": []}, name="parts")
        for place in self._places.values():
            document.add_root(place)
        for control in controls:
            document.add_root(self._widget(control))
        # the table of parts belongs to the document through this callback, which does nothing
        next(iter(self._places.values())).js_on_change("tags", CustomJS(args={"parts": self._parts}, code=""))

    def _widget(self, control: Control) -> Any:
        if control.words:
            widget: Any = Select(title=control.label, value=control.value, options=list(control.words))
            widget.on_change("value", lambda name, old, new: self._reader.moved(control.name, new))
        else:
            widget = Slider(
                title=control.label, value=control.value, start=control.start, end=control.end, step=control.step,
                format=CustomJSTickFormatter(code=control.shown),
            )  # fmt: skip
            # not at every pixel of the way: only where the reader lets go
            widget.on_change("value_throttled", lambda name, old, new: self._reader.moved(control.name, new))
        return Column(widget, name=f"control-{control.name}", sizing_mode="stretch_width")

    def show(self, part: dict[str, Any], charts: Sequence[Chart] = (), *, replaces: Sequence[str] = ()) -> None:
        """Give a part to the script of the page, and put charts into their places; `replaces` empties some before."""
        self._document.add_next_tick_callback(lambda: self._show(part, charts, replaces))

    def _show(self, part: dict[str, Any], charts: Sequence[Chart], replaces: Sequence[str]) -> None:
        roots = roots_of(charts, self._ranges)
        for key in replaces:
            self._places[key].children = []
        for key, root in roots.items():
            figures, root.children = list(root.children), []  # a figure has one parent
            if any(chart.key == key and chart.kind == "plane" for chart in charts):
                # before the figure belongs to the document: what is added later is not called
                figures[0].on_event(RangesUpdate, self._zoomed)
                figures[0].on_event(Tap, lambda event: self._reader.clicked(complex(event.x, event.y)))
            self._places[key].children = figures
        if part:
            self._parts.stream({"part": [json.dumps(part)]})

    def _zoomed(self, event: RangesUpdate) -> None:
        self._reader.zoomed((event.x0, event.x1, event.y0, event.y1))

    def show_levels(self, key: str, grid: tuple[np.ndarray, np.ndarray, np.ndarray], part: dict[str, Any]) -> None:
        """Put the levels of another box into the figure of a plane."""

        def put() -> None:
            if self._places[key].children:
                set_levels(self._places[key].children[0], grid)
                self._parts.stream({"part": [json.dumps(part)]})

        self._document.add_next_tick_callback(put)
