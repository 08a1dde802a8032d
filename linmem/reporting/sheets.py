"""A report as a PDF: one sheet for each section, with its numbers above its pictures.

Contents
--------
write_sheets
    Write the file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import TYPE_CHECKING

from linmem.plotting import new_figure, style
from linmem.plotting.documents import pdf_sheets
from linmem.reasons import Reason, value_or_reason
from linmem.reporting.drawing import draw
from linmem.reporting.page import printed
from linmem.reporting.parts import Section
from linmem.reporting.summary import Summary

if TYPE_CHECKING:
    from linmem.plotting.appearance import Figure

A4 = 8.27, 11.69  # inches
LEFT = 0.08  # of the page's width, where text begins
TOP_OF_NUMBERS = 0.90  # of the page's height
PICTURE_COLUMNS = 2
PICTURE_WIDTH, PICTURE_HEIGHT = 0.33, 0.18
GREY = "0.4"


def write_sheets(
    name: str, title: str, summary: Summary, sections: Sequence[Section], others: Mapping[str, str], footer: str
) -> None:
    """Write the PDF; `others` are the networks beside it, by name."""
    with pdf_sheets(name, title) as file, style():
        if summary.verdict:
            file.savefig(_first_sheet(title, summary, footer))
        for section in sections:
            figure = new_figure(*A4)
            figure.set_layout_engine("none")
            figure.text(LEFT, 0.955, f"{title}: {section.title}", fontsize=13, weight="bold")
            figure.text(LEFT, 0.935, fill(section.text, 110), fontsize=8, va="top")
            bottom = _write_rows(figure, section, others, TOP_OF_NUMBERS)
            bottom = _write_words(figure, section, bottom)
            _draw_charts(figure, section, bottom)
            figure.text(LEFT, 0.03, footer, fontsize=6, color=GREY)
            file.savefig(figure)


def _first_sheet(title: str, summary: Summary, footer: str) -> Figure:
    """Verdict, numbers and origin."""
    figure = new_figure(*A4)
    figure.set_layout_engine("none")
    figure.text(LEFT, 0.955, title, fontsize=13, weight="bold")
    top = 0.92
    for sentence in summary.verdict:
        text = fill(sentence, 105)
        figure.text(LEFT, top, text, fontsize=9, va="top")
        top -= 0.02 * (text.count("\n") + 1) + 0.008
    for number in summary.numbers:
        top -= 0.026
        figure.text(LEFT, top, number.name, fontsize=8)
        figure.text(0.42, top, f"{printed(number.value)[:60]}  {number.error}", fontsize=8)
        figure.text(0.42, top - 0.011, number.reference, fontsize=6, color=GREY)
    top -= 0.04
    for name, value in summary.origin.items():
        text = fill(value, 95)
        figure.text(LEFT, top, name, fontsize=7, va="top", color=GREY)
        figure.text(0.25, top, text, fontsize=7, va="top", color=GREY)
        top -= 0.013 * (text.count("\n") + 1) + 0.004
    figure.text(LEFT, 0.03, footer, fontsize=6, color=GREY)
    return figure


def _write_rows(figure: Figure, section: Section, others: Mapping[str, str], top: float) -> float:
    """Write the rows of numbers from `top` down, and return the height at which they end."""
    for row in section.rows:
        values = [printed(row.value)]
        values += [f"{name} {printed(value)}" for name, value in zip(others, row.others, strict=False)]
        figure.text(LEFT, top, row.name, fontsize=8)
        figure.text(0.42, top, ", ".join(values)[:70], fontsize=8)
        figure.text(0.42, top - 0.011, row.trust[:110], fontsize=6, color=GREY)
        top -= 0.026
    return top


def _write_words(figure: Figure, section: Section, top: float) -> float:
    """Write the rows of words from `top` down, and return the height at which they end."""
    for name, statement, verdict in section.word_rows:
        figure.text(LEFT, top, name, fontsize=7)
        figure.text(0.12, top, statement[:115], fontsize=7)
        figure.text(0.80, top, verdict[:40], fontsize=7)
        top -= 0.018
    return top


def _draw_charts(figure: Figure, section: Section, top: float) -> None:
    for number, chart in enumerate(section.charts):
        row, column = divmod(number, PICTURE_COLUMNS)
        left = 0.12 + 0.45 * column
        bottom = top - (row + 1) * (PICTURE_HEIGHT + 0.06)
        axes = figure.add_axes((left, bottom, PICTURE_WIDTH, PICTURE_HEIGHT))
        drawn = value_or_reason(draw, chart, axes)
        if isinstance(drawn, Reason):
            axes.clear()
            axes.set_axis_off()
            axes.text(0, 0.5, fill(f"{chart.title} cannot be drawn ({drawn})", 50), fontsize=6)
        axes.set_title(chart.title, fontsize=8, pad=14 if chart.kind == "plane" else 6)
