"""A report as a page of HTML: nothing is loaded from elsewhere; light and dark, on a phone, on a wall and on paper.

Contents
--------
Drawings
    The element of each chart, and the scripts that draw them.
drawn_as_svg
    Charts as pictures that stand still.
page
    Summary and sections as HTML.
body_of, header_of
    The sections; what stands above them.
section_around, figure_card, text_of, tables_of, address_of, asset, compressed
    The parts of a page, for pages that are filled while they are read.
printed
    A value as it is printed.
"""

from __future__ import annotations

import base64
import gzip
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from linmem.charts.records import Chart, LineChart, MatrixChart, Table
from linmem.exchange.json_text import json_text
from linmem.measured import shown
from linmem.reasons import Reason, value_or_reason
from linmem.reporting.drawing import draw
from linmem.reporting.parts import Row, Section
from linmem.reporting.summary import KeyNumber, Summary

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{title}</title>
<style>{look}</style>
</head>
<body>
<div id="summary">{header}</div>
{controls}
<main>
{body}
</main>
<footer>{footer}</footer>
{tables}
<script>{behaviour}</script>
{scripts}
</body>
</html>
"""

# Nothing is loaded from elsewhere: Bokeh would ask a server for MathJax where a label has two dollar signs.
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:; "
    "font-src data:"
)


@dataclass(frozen=True)
class Drawings:
    """The element of each chart, by key, and the scripts at the end of the page; `is_interactive` with Bokeh.

    `code` has a Python program that draws the chart, by key, where there is one.
    """

    elements: Mapping[str, str]
    scripts: str = ""
    is_interactive: bool = False
    code: Mapping[str, str] = field(default_factory=dict)


def drawn_as_svg(charts: Iterable[Chart]) -> Drawings:
    """Charts as elements <svg>; where one cannot be drawn, the reason."""
    from linmem.plotting.documents import svg_element

    elements = {}
    for chart in charts:
        label = f"{chart.title}. {chart.text}"
        drawing = value_or_reason(svg_element, lambda ax, chart=chart: draw(chart, ax), chart.key, label)
        failed = isinstance(drawing, Reason)
        elements[chart.key] = f"<p>It cannot be drawn ({escape(drawing)}).</p>" if failed else drawing
    return Drawings(elements)


def page(
    title: str,
    summary: Summary,
    sections: Sequence[Section],
    others: Mapping[str, str],
    drawings: Drawings,
    footer: str,
) -> str:
    """The page as a text; `others` are the networks beside it, by name, with what they have in common with it."""
    charts = [chart for section in sections for chart in section.charts]
    return PAGE.format(
        title=escape(title),
        policy=POLICY,
        look=asset("page.css"),
        header=header_of(title, summary),
        controls="",
        body=body_of(sections, others, drawings),
        footer=escape(footer),
        tables="\n".join(_numbers_of(chart) for chart in charts) + _code_of(drawings),
        behaviour=asset("page.js"),
        scripts=drawings.scripts,
    )


@cache
def asset(name: str) -> str:
    """A file beside this module."""
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


# --- above the sections ---


def header_of(title: str, summary: Summary) -> str:
    """Title, verdict, numbers and origin."""
    parts = [
        "<header>",
        f'<div class="top"><h1>{escape(title)}</h1>',
        '<span><button data-act="print">print</button> <button data-act="theme">dark / light</button></span></div>',
    ]
    if summary.tags:
        parts.append(f'<ul class="tags">{_items(summary.tags)}</ul>')
    if summary.verdict:
        parts.append(f'<ul class="verdict">{_items(summary.verdict)}</ul>')
    if summary.numbers:
        parts.append(f'<dl class="keys">{"".join(map(_key, summary.numbers))}</dl>')
    if summary.origin:
        rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in summary.origin.items())
        parts.append(f'<div class="origin"><dl>{rows}</dl></div>')
    return "\n".join([*parts, "</header>"])


def _items(texts: Iterable[str]) -> str:
    return "".join(f"<li>{escape(text)}</li>" for text in texts)


def _key(number: KeyNumber) -> str:
    missing = isinstance(number.value, Reason)
    value = escape(str(number.value)) if missing else escape(shown(number.value, 4))
    error = f" <small>{escape(number.error)}</small>" if number.error else ""
    kind = ' class="missing"' if missing else ""
    return (
        f'<div class="key"><dt>{escape(number.name)}</dt><dd><b{kind}>{value}</b>{error}</dd>'
        f"<dd><small>{escape(number.reference)}</small></dd></div>"
    )


# --- sections ---


def body_of(sections: Sequence[Section], others: Mapping[str, str], drawings: Drawings) -> str:
    """All sections, each with its charts and its tables as cards."""
    return "\n".join(_section(section, others, drawings) for section in sections)


def address_of(title: str) -> str:
    """The word by which a section is addressed."""
    return "-".join("".join(letter if letter.isalnum() else " " for letter in title.lower()).split())


def _section(section: Section, others: Mapping[str, str], drawings: Drawings) -> str:
    cards = [_figure(chart, drawings) for chart in section.charts]
    return section_around(section.title, section.text, "\n".join([*cards, tables_of(section, others)]))


def section_around(title: str, text: str, cards: str) -> str:
    """A section with its heading, its text and its cards."""
    parts = (
        f'<section id="section-{address_of(title)}">',
        f"<h2>{escape(title)}</h2>",
        f"<p>{escape(text)}</p>",
        f'<div class="cards">\n{cards}\n</div>',
        "</section>",
    )
    return "\n".join(parts)


def tables_of(section: Section, others: Mapping[str, str]) -> str:
    """The tables of numbers and of words of a section, as cards."""
    cards = []
    if section.rows:
        compared = " compared" if any(row.others for row in section.rows) else ""
        cards.append(_card_of_table(_table_of_numbers(section.rows, others), compared))
    if section.word_rows:
        cards.append(_card_of_table(_table_of_words(section.word_rows)))
    return "\n".join(cards)


def _figure(chart: Chart, drawings: Drawings) -> str:
    """The card of a chart: title, buttons, picture, text."""
    shown_buttons = {"svg", "png"} | ({"csv"} if chart.table() else set())
    if drawings.is_interactive and isinstance(chart, LineChart) and chart.scale == "either" and chart.has_log_scale:
        shown_buttons.add("scale")
    if chart.key in drawings.code:
        shown_buttons.add("python")
    text = text_of(chart) if drawings.is_interactive else chart.text
    label = escape(f"{chart.title}. {text}", quote=True)
    role = f' role="img" aria-label="{label}"' if drawings.is_interactive else ""
    return figure_card(
        chart.key, chart.kind, shown_buttons, chart.title, text, drawings.elements.get(chart.key, ""), role
    )


def text_of(chart: Chart) -> str:
    """The text of a chart that is drawn by Bokeh, which shows only the largest entries of large matrices."""
    if not isinstance(chart, MatrixChart) or chart.block == 1:
        return chart.text
    return f"{chart.text} Of every {chart.block} × {chart.block} entries the largest is drawn."


def figure_card(
    key: str, kind: str, buttons: Iterable[str], title: str = "", text: str = "", element: str = "", role: str = ""
) -> str:
    """A card with a figure: its title, the buttons that it has, its element, and its text."""
    has = {name: "" if name in buttons else " hidden" for name in ("scale", "csv", "svg", "png", "python")}
    hidden = "" if title else " hidden"
    return (
        f'<div class="card {kind}"{hidden}><figure id="{key}"><div class="head"><h3>{escape(title)}</h3>'
        f'<button data-act="scale"{has["scale"]}>log / linear</button></div>'
        f'<div class="drawing"{role}>{element}</div><figcaption><span class="text">{escape(text)}</span>'
        f'<div class="saves"><button data-act="csv" data-table="{key}"{has["csv"]}>CSV</button>'
        f'<button data-act="svg">SVG</button><button data-act="png">PNG</button>'
        f'<button data-act="python"{has["python"]}>Python</button></div></figcaption></figure></div>'
    )


def _table_of_numbers(rows: Sequence[Row], others: Mapping[str, str]) -> str:
    """Name, value, values of the other networks where any row has them, and trust."""
    compared = others if any(row.others for row in rows) else {}
    own = "this network" if compared else "value"
    titles = ["<th></th>", f"<th>{own}</th>"]
    titles += [f"<th>{escape(name)} <small>{escape(said)}</small></th>" for name, said in compared.items()]
    lines = [f"<thead><tr>{''.join(titles)}<th>how far to trust it</th></tr></thead><tbody>"]
    for row in rows:
        others_of_row = row.others if compared and row.others else [""] * len(compared)
        cells = [f"<th>{escape(row.name)}</th>"]
        names = [own, *compared] if compared else [""]
        cells += [_cell(value, name) for value, name in zip((row.value, *others_of_row), names, strict=True)]
        cells.append(f'<td class="trust">{escape(row.trust)}</td>')
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return "\n".join([*lines, "</tbody>"])


def _table_of_words(word_rows: Sequence[Sequence[str]]) -> str:
    lines = ["<tbody>"]
    for words in word_rows:
        lines.append("<tr>" + "".join(f"<td>{escape(word)}</td>" for word in words) + "</tr>")
    return "\n".join([*lines, "</tbody>"])


def _card_of_table(table: str, more: str = "") -> str:
    return f'<div class="card table"><div class="wide{more}"><table>\n{table}\n</table></div></div>'


def _cell(value: Any, name: str) -> str:
    kind = "number" if _is_number(value) else "trust"
    of = f' data-of="{escape(name, quote=True)}"' if name and value != "" else ""
    return f'<td class="{kind}"{of}>{escape(printed(value))}</td>'


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number))


def printed(value: Any) -> str:
    """A value as it is printed: numbers with six digits, or those that their error leaves; others as they are."""
    is_whole = isinstance(value, (int, np.integer))
    if _is_number(value) and not is_whole:
        return shown(value)
    return str(value)


# --- numbers that a reader can save ---


def _numbers_of(chart: Chart) -> str:
    """The table of a chart inside the page, compressed; nothing where it has none."""
    table = chart.table()
    return f'<script type="text/plain" id="table-{chart.key}">{compressed(table)}</script>' if table else ""


def compressed(table: Table) -> str:
    """A table as the script of the page reads it."""
    text = json_text(table)
    return base64.b64encode(gzip.compress(text.encode(), 6, mtime=0)).decode()


def _code_of(drawings: Drawings) -> str:
    if not drawings.code:
        return ""
    text = json_text(dict(drawings.code)).replace("<", "\\u003c")
    return f'<script type="application/json" id="scripts">{text}</script>'
