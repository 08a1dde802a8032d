"""A report as a page of HTML: no scripts, nothing loaded from elsewhere; light and dark, on a phone and on paper.

Contents
--------
page
    Sections as HTML.
printed
    A value as it is printed.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from linmem.measured import shown
from linmem.plotting.documents import svg_element
from linmem.reasons import Reason, value_or_reason
from linmem.reporting.parts import Picture, Row, Section

LOOK = """
:root { color-scheme: light dark; --ink: #1b1b1b; --paper: #fff; --line: #d5d5d5; --soft: #666; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e6e6; --paper: #16181a; --line: #3a3d40; --soft: #a0a0a0; }
  figure svg { filter: invert(1) hue-rotate(180deg); }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1rem; color: var(--ink); background: var(--paper);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: .5rem 0; } h2 { font-size: 1.15rem; margin: 2rem 0 .3rem; }
p { margin: .3rem 0 .8rem; max-width: 44rem; overflow-wrap: anywhere; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; }
th, td { text-align: left; padding: .25rem .8rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td.number { white-space: nowrap; } td.trust { color: var(--soft); }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); gap: 1rem; }
figure { margin: 0; break-inside: avoid; } figure svg { width: 100%; height: auto; display: block; }
figcaption { font-size: .85rem; color: var(--soft); }
footer { margin-top: 2rem; font-size: .8rem; color: var(--soft); }
@media print { body { max-width: none; padding: 0; font-size: 10pt; } h2 { break-after: avoid; }
  .pictures { grid-template-columns: 1fr 1fr; } }
"""

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{look}</style>
</head>
<body>
<h1>{title}</h1>
{body}
<footer>{footer}</footer>
</body>
</html>
"""


def page(title: str, sections: Sequence[Section], others: Sequence[str], footer: str) -> str:
    """The page as a text; `others` are the names of the networks beside it."""
    parts = [_section(section, f"s{number}", others) for number, section in enumerate(sections)]
    body = "\n".join(parts)
    return PAGE.format(title=escape(title), look=LOOK, body=body, footer=escape(footer))


def _section(section: Section, prefix: str, others: Sequence[str]) -> str:
    parts = ["<section>", f"<h2>{escape(section.title)}</h2>", f"<p>{escape(section.text)}</p>"]
    if section.rows:
        parts.append(_table_of_numbers(section.rows, others))
    if section.word_rows:
        parts.append(_table_of_words(section.word_rows))
    if section.pictures:
        figures = [_figure(picture, f"{prefix}p{number}") for number, picture in enumerate(section.pictures)]
        parts += ['<div class="pictures">', *figures, "</div>"]
    return "\n".join([*parts, "</section>"])


def _table_of_numbers(rows: Sequence[Row], others: Sequence[str]) -> str:
    """Name, value, values of the other networks where any row has them, and trust."""
    compared = others if any(row.others for row in rows) else ()
    titles = ["", "this network" if compared else "value", *compared, "how far to trust it"]
    lines = ["".join(f"<th>{escape(title)}</th>" for title in titles)]
    for row in rows:
        others_of_row = row.others if compared and row.others else [""] * len(compared)
        cells = [f"<th>{escape(row.name)}</th>"]
        cells += [_cell(value) for value in (row.value, *others_of_row)]
        cells.append(f'<td class="trust">{escape(row.trust)}</td>')
        lines.append("".join(cells))
    return _table(lines)


def _table_of_words(word_rows: Sequence[Sequence[str]]) -> str:
    lines = []
    for words in word_rows:
        lines.append("".join(f"<td>{escape(word)}</td>" for word in words))
    return _table(lines)


def _table(lines: Sequence[str]) -> str:
    rows = "\n".join(f"<tr>{line}</tr>" for line in lines)
    return f'<div class="wide"><table>\n{rows}\n</table></div>'


def _cell(value: Any) -> str:
    kind = "number" if _is_number(value) else "trust"
    return f'<td class="{kind}">{escape(printed(value))}</td>'


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number))


def printed(value: Any) -> str:
    """A value as it is printed: numbers with six digits, or those that their error leaves; others as they are."""
    is_whole = isinstance(value, (int, np.integer))
    if _is_number(value) and not is_whole:
        return shown(value)
    return str(value)


def _figure(picture: Picture, prefix: str) -> str:
    """The picture with its caption; the caption alone, with the reason, where it cannot be drawn."""
    text = picture.text
    drawing = value_or_reason(svg_element, picture.draw, prefix, f"{picture.title}. {text}")
    if isinstance(drawing, Reason):
        drawing, text = "", f"{text} It cannot be drawn ({drawing})."
    return f"<figure>{drawing}<figcaption><b>{escape(picture.title)}.</b> {escape(text)}</figcaption></figure>"
