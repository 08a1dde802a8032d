"""A report as files: the page, .html or .pdf, and its numbers beside it as .json.

Contents
--------
require_page
    Refuse a file that is no page, before any work is done.
computed
    Sections one after the other; one that fails says why.
numbers_of
    The numbers of sections, by section and name.
write_report
    Write the page and its numbers.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from linmem import __version__
from linmem.charts import embedding
from linmem.errors import FileError
from linmem.exchange.json_text import json_ready, json_text
from linmem.reasons import Reason, value_or_reason
from linmem.reporting.parts import Section
from linmem.reporting.summary import Summary
from linmem.writing import write_text, write_whole

if TYPE_CHECKING:
    from linmem.reporting.page import Drawings

SUFFIXES = (".html", ".pdf")


def require_page(out: Path) -> None:
    """Raise FileError for a file of another type, or in a folder that does not exist."""
    if out.suffix.lower() not in SUFFIXES:
        raise FileError(f"out is {str(out)!r}; its type must be one of {', '.join(SUFFIXES)}")
    if not out.parent.is_dir():
        raise FileError(f"out is {str(out)!r}, but there is no folder {str(out.parent)!r}")


def computed(sections: Iterable[tuple[str, Callable[[], Section]]], announce: Callable[[str], None]) -> list[Section]:
    """All sections, each announced by its title; one that fails as a whole says why."""
    finished = []
    for title, compute in sections:
        announce(title)
        section = value_or_reason(compute)
        failed = isinstance(section, Reason)
        finished.append(Section(title, f"This section could not be computed ({section}).") if failed else section)
    return finished


def numbers_of(sections: Sequence[Section]) -> dict[str, Any]:
    """The numbers of the network, by section and name, in the types of JSON."""
    numbers: dict[str, Any] = {}
    for section in sections:
        if section.rows:
            numbers[section.title] = {row.name: row.value for row in section.rows}
    return json_ready(numbers)


def write_report(
    out: Path,
    title: str,
    sections: Sequence[Section],
    record: Mapping[str, Any],
    summary: Summary | None = None,
    others: Mapping[str, str] | None = None,
    code: Mapping[str, str] | None = None,
) -> None:
    """Write the page, and beside it the record with the numbers of every chart.

    `others` are the networks beside the one that the page is about, by name, with what they have in common with it;
    `code` has a program that draws a chart, by key.
    """
    summary, others = summary or Summary(), others or {}
    charts = [chart for section in sections for chart in section.charts]
    tables = {"charts": {chart.key: chart.table() for chart in charts}}
    first = {"summary": {"verdict": list(summary.verdict), "origin": dict(summary.origin)}} if summary.verdict else {}
    write_whole(out, lambda name: _write(name, out.suffix.lower(), title, sections, summary, others, code or {}))
    whole = first | dict(record) | tables | {"linmem": __version__}
    write_text(out.with_suffix(".json"), json_text(whole, indent=None) + "\n")


def _write(
    name: str,
    suffix: str,
    title: str,
    sections: Sequence[Section],
    summary: Summary,
    others: Mapping[str, str],
    code: Mapping[str, str],
) -> None:
    footer = f"linmem {__version__}, numpy {np.__version__}, Python {sys.version.split()[0]}"
    if suffix == ".html":
        from linmem.reporting.page import page

        drawings = replace(_drawings(sections), code=code)
        Path(name).write_text(page(title, summary, sections, others, drawings, footer), encoding="utf-8")
    else:
        from linmem.reporting.sheets import write_sheets

        write_sheets(name, title, summary, sections, others, footer)


def _drawings(sections: Sequence[Section]) -> Drawings:
    """The charts, drawn by Bokeh where it is installed, else as pictures that stand still."""
    from linmem.reporting.page import Drawings, drawn_as_svg

    charts = [chart for section in sections for chart in section.charts]
    if not embedding.is_installed():
        return drawn_as_svg(charts)
    found = value_or_reason(embedding.embedded, charts)
    if isinstance(found, Reason):  # one chart that cannot be drawn must not cost the others
        return drawn_as_svg(charts)
    return Drawings(found.elements, found.scripts, is_interactive=True)
