"""A report as a PDF: one sheet for each section, with its numbers above its pictures.

Contents
--------
write_sheets
    Write the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill
from typing import TYPE_CHECKING

from linmem.plotting import new_figure, style
from linmem.plotting.documents import pdf_sheets
from linmem.reasons import Reason, value_or_reason
from linmem.reporting.page import printed
from linmem.reporting.parts import Section

if TYPE_CHECKING:
    from linmem.plotting.appearance import Figure

A4 = 8.27, 11.69  # inches
LEFT = 0.08  # of the page's width, where text begins
TOP_OF_NUMBERS = 0.90  # of the page's height
PICTURE_COLUMNS = 2
PICTURE_WIDTH, PICTURE_HEIGHT = 0.33, 0.18
GREY = "0.4"


def write_sheets(name: str, title: str, sections: Sequence[Section], others: Sequence[str], footer: str) -> None:
    """Write the PDF; `others` are the names of the networks beside it."""
    with pdf_sheets(name, title) as file, style():
        for section in sections:
            figure = new_figure(*A4)
            figure.set_layout_engine("none")
            figure.text(LEFT, 0.955, f"{title}: {section.title}", fontsize=13, weight="bold")
            figure.text(LEFT, 0.935, fill(section.text, 110), fontsize=8, va="top")
            bottom = _write_rows(figure, section, others, TOP_OF_NUMBERS)
            bottom = _write_words(figure, section, bottom)
            _draw_pictures(figure, section, bottom)
            figure.text(LEFT, 0.03, footer, fontsize=6, color=GREY)
            file.savefig(figure)


def _write_rows(figure: Figure, section: Section, others: Sequence[str], top: float) -> float:
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


def _draw_pictures(figure: Figure, section: Section, top: float) -> None:
    for number, picture in enumerate(section.pictures):
        row, column = divmod(number, PICTURE_COLUMNS)
        left = 0.12 + 0.45 * column
        bottom = top - (row + 1) * (PICTURE_HEIGHT + 0.06)
        axes = figure.add_axes((left, bottom, PICTURE_WIDTH, PICTURE_HEIGHT))
        drawn = value_or_reason(picture.draw, axes)
        if isinstance(drawn, Reason):
            axes.clear()
            axes.set_axis_off()
            axes.text(0, 0.5, fill(f"{picture.title} cannot be drawn ({drawn})", 50), fontsize=6)
        axes.set_title(picture.title, fontsize=8)
