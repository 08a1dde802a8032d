"""The report as a PDF: a sheet of numbers and a sheet of pictures for each section.

Contents
--------
write_sheets
    All of it.
"""

from __future__ import annotations

from textwrap import fill

from linmem.plotting import new_figure, style
from linmem.plotting.documents import pdf_sheets
from linmem.reporting.contents import Section
from linmem.reporting.page import shown

SHEET = 8.27, 11.69  # A4, in inches
COLUMNS = 2


def write_sheets(name: str, title: str, sections: list[Section], others: tuple[str, ...], footer: str) -> None:
    """Write the file."""
    with pdf_sheets(name, title) as file, style():
        for section in sections:
            figure = new_figure(*SHEET)
            figure.set_layout_engine("none")
            figure.text(0.08, 0.955, f"{title}: {section.title}", fontsize=13, weight="bold")
            figure.text(0.08, 0.935, fill(section.text, 110), fontsize=8, va="top")
            bottom = _numbers(figure, section, others, 0.90)
            _pictures(figure, section, bottom)
            figure.text(0.08, 0.03, footer, fontsize=6, color="0.4")
            file.savefig(figure)


def _numbers(figure, section, others, top) -> float:
    for row in section.rows:
        values = [shown(row.value), *(f"{name} {shown(one)}" for name, one in zip(others, row.others, strict=False))]
        figure.text(0.08, top, row.name, fontsize=8)
        figure.text(0.42, top, ", ".join(values)[:70], fontsize=8)
        figure.text(0.42, top - 0.011, row.trust[:110], fontsize=6, color="0.4")
        top -= 0.026
    for line in section.lines:
        figure.text(0.08, top, line[0], fontsize=7)
        figure.text(0.12, top, line[1][:115], fontsize=7)
        figure.text(0.80, top, line[2][:40], fontsize=7)
        top -= 0.018
    return top


def _pictures(figure, section, top) -> None:
    height = 0.18
    for i, picture in enumerate(section.pictures):
        row, column = divmod(i, COLUMNS)
        axes = figure.add_axes((0.12 + 0.45 * column, top - (row + 1) * (height + 0.06), 0.33, height))
        picture.draw(axes)
        axes.set_title(picture.title, fontsize=8)
