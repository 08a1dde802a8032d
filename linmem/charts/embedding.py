"""Figures of Bokeh in a page that is complete in itself.

Contents
--------
is_installed
    Whether Bokeh is there.
Embedded, embedded
    The elements of charts and the scripts that draw them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec

from linmem.charts.records import Chart


def is_installed() -> bool:
    """Whether Bokeh is there, from the extra `explore`."""
    return find_spec("bokeh") is not None


@dataclass(frozen=True)
class Embedded:
    """The element of each chart, by key, and the scripts that belong at the end of the page."""

    elements: dict[str, str]
    scripts: str


def embedded(charts: Sequence[Chart]) -> Embedded:
    """Charts as elements of a page, with the library inside the page: nothing is loaded from elsewhere."""
    from bokeh.embed import components
    from bokeh.resources import Resources

    from linmem.charts.figures import roots_of

    # no widgets, tables or WebGL: the library alone is 1.3 MB
    library = Resources(mode="inline", components=["bokeh"])
    script, elements = components(roots_of(charts))
    return Embedded(dict(elements), f"{library.render_js()}\n{script}")
