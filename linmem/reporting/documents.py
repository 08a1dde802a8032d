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
from pathlib import Path
from typing import Any

import numpy as np

from linmem import __version__
from linmem.errors import FileError
from linmem.exchange.json_text import json_ready, json_text
from linmem.reasons import Reason, value_or_reason
from linmem.reporting.parts import Section
from linmem.writing import write_text, write_whole

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
    out: Path, title: str, sections: Sequence[Section], record: Mapping[str, Any], others: Sequence[str] = ()
) -> None:
    """Write the page, with the names of the networks beside the one that it is about, and the record beside it."""
    write_whole(out, lambda name: _write(name, out.suffix.lower(), title, sections, others))
    write_text(out.with_suffix(".json"), json_text(dict(record) | {"linmem": __version__}, indent=1) + "\n")


def _write(name: str, suffix: str, title: str, sections: Sequence[Section], others: Sequence[str]) -> None:
    footer = f"linmem {__version__}, numpy {np.__version__}, Python {sys.version.split()[0]}"
    if suffix == ".html":
        from linmem.reporting.page import page

        Path(name).write_text(page(title, sections, others, footer), encoding="utf-8")
    else:
        from linmem.reporting.sheets import write_sheets

        write_sheets(name, title, sections, others, footer)
