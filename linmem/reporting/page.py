"""A page of HTML that needs nothing beside it: no network, no scripts; light and dark, on a phone and on paper.

Contents
--------
page
    Sections as HTML.
shown
    A number as it is printed.
"""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np

from linmem.plotting.documents import svg_element
from linmem.reporting.contents import Picture, Row, Section

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


def page(title: str, sections: list[Section], others: tuple[str, ...], footer: str) -> str:
    """The whole page."""
    body = "\n".join(_section(one, number, others) for number, one in enumerate(sections))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{LOOK}</style>\n</head>\n<body>\n<h1>{escape(title)}</h1>\n{body}\n"
        f"<footer>{escape(footer)}</footer>\n</body>\n</html>\n"
    )


def _section(section: Section, number: int, others) -> str:
    parts = [f"<section>\n<h2>{escape(section.title)}</h2>\n<p>{escape(section.text)}</p>"]
    if section.rows:
        parts.append(_table(section.rows, others))
    if section.lines:
        rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in line)}</tr>\n" for line in section.lines)
        parts.append(f'<div class="wide"><table>\n{rows}</table></div>')
    if section.pictures:
        drawn = "\n".join(_figure(one, f"s{number}p{i}") for i, one in enumerate(section.pictures))
        parts.append(f'<div class="pictures">\n{drawn}\n</div>')
    return "\n".join([*parts, "</section>"])


def _table(rows: tuple[Row, ...], others) -> str:
    compared = others if any(row.others for row in rows) else ()
    head = "".join(f"<th>{escape(name)}</th>" for name in ("", "this network", *compared, "how far to trust it"))
    lines = []
    for row in rows:
        values = [row.value, *(row.others or [""] * len(compared))] if compared else [row.value]
        cells = "".join(
            f'<td class="{"number" if _is_number(one) else "trust"}">{escape(shown(one))}</td>' for one in values
        )
        lines.append(f'<tr><th>{escape(row.name)}</th>{cells}<td class="trust">{escape(row.trust)}</td></tr>')
    return f'<div class="wide"><table>\n<tr>{head}</tr>\n' + "\n".join(lines) + "\n</table></div>"


def _is_number(value) -> bool:
    return isinstance(value, (int, float, np.number))


def shown(value: Any) -> str:
    """A number to six digits; words as they are."""
    if isinstance(value, (bool, str)) or not _is_number(value):
        return str(value)
    return str(value) if isinstance(value, (int, np.integer)) else f"{value:.6g}"


def _figure(picture: Picture, prefix: str) -> str:
    drawn = svg_element(picture.draw, prefix, f"{picture.title}. {picture.text}")
    return f"<figure>{drawn}<figcaption><b>{escape(picture.title)}.</b> {escape(picture.text)}</figcaption></figure>"
