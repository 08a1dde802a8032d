"""The page with empty cards, and the parts that fill it.

Contents
--------
CHARTS, KEYS
    The charts that a section can have; all of them.
page_around
    The page as parts of HTML, between which figures and controls stand.
part_of_section, part_of_header, part_of_chart, busy
    What the script of the page puts into its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from linmem.charts.records import Chart, LineChart
from linmem.reporting.page import (
    PAGE,
    address_of,
    asset,
    compressed,
    figure_card,
    header_of,
    section_around,
    tables_of,
    text_of,
)
from linmem.reporting.parts import Section
from linmem.reporting.summary import Summary

CHARTS = {
    "The network": {"weights": "matrix", "weights-phase": "matrix"},
    "Memory": {
        "fisher-memory": "lines",
        "beside": "lines",
        "directions": "bars",
        "best-input": "bars",
        "best-input-phase": "bars",
        "amplification": "lines",
    },
    "Decoding": {"memory-function": "lines"},
    "Structure": {"schur-form": "matrix", "link-profile": "lines"},
    "Non-normality": {"pseudospectrum": "plane", "pseudomode": "bars"},
    "Transient growth": {"transient-growth": "lines"},
    "Claims of the theory": {},
}
KEYS = tuple(key for charts in CHARTS.values() for key in charts)
PLACE = "\N{INFORMATION SEPARATOR ONE}"  # stands for a root; no text of a network has it, as it is escaped or refused
BUTTONS = ("scale", "csv", "python")


def page_around(title: str, controls: Sequence[str], footer: str, policy: str) -> tuple[list[str], list[str], str]:
    """The parts of the page, the names of the roots between them, and what comes after the last scripts."""
    sections = []
    for name, charts in CHARTS.items():
        cards = [figure_card(key, kind, BUTTONS, element=PLACE, role=' role="img"') for key, kind in charts.items()]
        inside = "\n".join([*cards, '<div class="tables"></div>'])
        sections.append(section_around(name, "It is being computed", inside).replace("<section ", _BUSY, 1))
    own = "".join(f'<div class="drawing">{PLACE}</div>' for _ in controls)
    html = PAGE.format(
        title=escape(title), policy=policy, look=asset("page.css"), header=header_of(title, Summary()),
        controls=f'<div class="controls">{own}</div>', body="\n".join(sections), footer=footer, tables="",
        behaviour=asset("page.js"), scripts=PLACE,
    )  # fmt: skip
    *parts, end = html.split(PLACE)
    return parts, [*(f"control-{name}" for name in controls), *KEYS], end


_BUSY = '<section class="busy" '


def part_of_header(title: str, summary: Summary) -> dict[str, Any]:
    """Title, verdict, numbers and origin."""
    return {"header": header_of(title, summary)}


def busy(title: str) -> dict[str, Any]:
    """A section that is being computed anew."""
    return {"id": f"section-{address_of(title)}", "busy": True}


def part_of_section(section: Section, others: Mapping[str, str], code: Mapping[str, str]) -> dict[str, Any]:
    """Text, tables, and what stands around the charts of a section."""
    return {
        "id": f"section-{address_of(section.title)}",
        "text": section.text,
        "tables": tables_of(section, others),
        "charts": {chart.key: _around(chart, code.get(chart.key)) for chart in section.charts},
    }


def part_of_chart(chart: Chart, code: str | None = None) -> dict[str, Any]:
    """What stands around one chart that is put beside those of its section, or in the place of one."""
    return {"figure": chart.key, "chart": _around(chart, code)}


def _around(chart: Chart, code: str | None) -> dict[str, Any]:
    table = chart.table()
    return {
        "title": chart.title,
        "text": text_of(chart),
        "scales": isinstance(chart, LineChart) and chart.scale == "either" and chart.has_log_scale,
        "table": compressed(table) if table else None,
        "program": code,
    }
