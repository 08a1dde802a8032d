"""Pictures inside documents.

Contents
--------
svg_element
    A picture as an element of a page of HTML.
pdf_sheets
    A PDF to which figures are added, one on each sheet.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from html import escape
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatterSciNotation
from matplotlib.transforms import Bbox, BboxTransform

from linmem.plotting.appearance import ONE_COLUMN, new_figure, style

SVG: dict[str, Any] = {"svg.fonttype": "path", "font.size": 8}
DPI = 72  # of svg
PAD = 0.03  # inches around a picture
RAISED = str.maketrans("0123456789-\N{MINUS SIGN}.", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻·")


def svg_element(draw: Callable[[Axes], object], prefix: str, label: str) -> str:
    """What `draw` draws on axes, as an <svg> element.

    Parameters
    ----------
    draw
        Called with the axes.
    prefix
        Put before every id in the element, so that several elements of one page have no id in common.
    label
        The text that a screen reader reads.
    """
    text = io.StringIO()
    settings: Any = SVG | {"svg.hashsalt": prefix}
    with style(), matplotlib.rc_context(settings):
        figure = new_figure(ONE_COLUMN, 0.75 * ONE_COLUMN)
        draw(figure.subplots())
        _print_svg(figure, text)
    document = text.getvalue()
    element = document[document.index("<svg") :]  # without the declaration of XML
    element = re.sub(r'\bid="', f'id="{prefix}-', element)
    element = re.sub(r'(href="#|url\(#)', rf"\g<1>{prefix}-", element)
    element = re.sub(r"<metadata>.*?</metadata>", "", element, flags=re.DOTALL)
    return element.replace("<svg", f'<svg role="img" aria-label="{escape(label, quote=True)}"', 1)


def _print_svg(figure: Figure, text: io.StringIO) -> None:
    """Write the figure, transparent, measured once and drawn once: `Figure.savefig` measures thrice and draws twice."""
    figure.set_dpi(DPI)
    canvas = FigureCanvasSVG(figure)
    figure.set_layout_engine("none")
    figure.patch.set_facecolor("none")
    for axes in figure.axes:
        axes.patch.set_facecolor("none")
        for axis in (axes.xaxis, axes.yaxis):
            major, minor = axis.get_major_formatter(), axis.get_minor_formatter()
            if isinstance(major, LogFormatterSciNotation):
                axis.set_major_formatter(_RaisedExponents())
            if isinstance(minor, LogFormatterSciNotation):
                axis.set_minor_formatter(_RaisedExponents(minor_thresholds=minor.minor_thresholds))
    _fill_page(figure)
    canvas.print_svg(text, metadata={"Date": None})


def _fill_page(figure: Figure) -> None:
    """Move the axes so that they fill the figure with all that is written beside them, whose size does not change."""
    size = np.tile(figure.get_size_inches(), 2)
    axes_alone = Bbox.union([axes.get_position() for axes in figure.axes])
    beside = np.abs(figure.get_tightbbox().extents / size - axes_alone.extents)
    left, bottom, right, top = beside + PAD / size
    # axes of a fixed aspect fill only a part of the place that they have
    places = [axes.get_position(original=True) for axes in figure.axes]
    hull = Bbox.union(places)
    move = BboxTransform(hull, Bbox.from_extents(left, bottom, 1 - right, 1 - top))
    for axes, place in zip(figure.axes, places, strict=True):
        axes.set_position(place.transformed(move))


class _RaisedExponents(LogFormatterSciNotation):
    """Labels such as 10⁻³ in letters of the font. Mathtext, which is parsed anew for each, takes ten times as long."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        label = super().__call__(x, pos)
        label = label.removeprefix(r"$\mathdefault{").removesuffix("}$").replace(r"\times", " × ")
        return re.sub(r"\^\{([^}]*)\}", lambda match: match[1].translate(RAISED), label)


def pdf_sheets(name: str, title: str) -> PdfPages:
    """A PDF to which figures are added with `savefig`; the same figures give the same bytes."""
    return PdfPages(name, metadata={"CreationDate": None, "Title": title})
