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
from matplotlib.axes import Axes
from matplotlib.backends.backend_pdf import PdfPages

from linmem.plotting.appearance import ONE_COLUMN, new_figure, style

SVG: dict[str, Any] = {"svg.fonttype": "path", "font.size": 8}


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
        figure.savefig(text, format="svg", metadata={"Date": None}, transparent=True)
    document = text.getvalue()
    element = document[document.index("<svg") :]  # without the declaration of XML
    element = re.sub(r'\bid="', f'id="{prefix}-', element)
    element = re.sub(r'(href="#|url\(#)', rf"\g<1>{prefix}-", element)
    element = re.sub(r"<metadata>.*?</metadata>", "", element, flags=re.DOTALL)
    return element.replace("<svg", f'<svg role="img" aria-label="{escape(label, quote=True)}"', 1)


def pdf_sheets(name: str, title: str) -> PdfPages:
    """A PDF to which figures are added with `savefig`; the same figures give the same bytes."""
    return PdfPages(name, metadata={"CreationDate": None, "Title": title})
