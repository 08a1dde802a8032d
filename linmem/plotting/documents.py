"""Pictures inside documents: as an element of a page of HTML, and as sheets of a PDF."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from html import escape
from typing import Any

import matplotlib
from matplotlib.backends.backend_pdf import PdfPages

from linmem.plotting.appearance import ONE_COLUMN, new_figure, style

SVG: dict[str, Any] = {"svg.fonttype": "path", "font.size": 8}


def svg_element(draw: Callable, prefix: str, label: str) -> str:
    """What `draw` draws on axes, as an <svg> element; its names begin with `prefix`, `label` is read to the blind."""
    text = io.StringIO()
    settings: Any = SVG | {"svg.hashsalt": prefix}
    with style(), matplotlib.rc_context(settings):
        figure = new_figure(ONE_COLUMN, 0.75 * ONE_COLUMN)
        draw(figure.subplots())
        figure.savefig(text, format="svg", metadata={"Date": None}, transparent=True)
    found = text.getvalue()
    found = found[found.index("<svg") :]
    found = re.sub(r'\bid="', f'id="{prefix}-', found)
    found = re.sub(r'(href="#|url\(#)', rf"\g<1>{prefix}-", found)
    found = re.sub(r"<metadata>.*?</metadata>", "", found, flags=re.DOTALL)
    return found.replace("<svg", f'<svg role="img" aria-label="{escape(label, quote=True)}"', 1)


def pdf_sheets(name: str, title: str) -> PdfPages:
    """A file to which figures are added with `savefig`, the same bytes each time."""
    return PdfPages(name, metadata={"CreationDate": None, "Title": title})
