"""`report_path`: all measures of a path of a cell, on a page where one is asked for.

Contents
--------
report_path
    Compute, and write the page and its numbers.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from linmem.exchange.json_text import json_ready
from linmem.linalg.blas import blas_threads_for
from linmem.reasons import Reason
from linmem.reporting.documents import computed, numbers_of, require_page, write_report
from linmem.reporting.parts import Section
from linmem.reporting.path_sections import curves_of, path_sections
from linmem.reporting.path_subject import PathSubject


def report_path(
    subject: PathSubject, out: Path | None = None, *, title: str = "A path"
) -> tuple[list[Section], dict[str, Any]]:
    """The sections about a path, and their numbers with the values at every lag; with `out` also as a page.

    Parameters
    ----------
    subject
        The path, and what is asked of it.
    out
        A file that ends in .html or .pdf; its numbers are written beside it as .json. None: no file is written.
    title
        Of the page.

    Returns
    -------
    sections, record
        The sections, and the record of their numbers in the types of JSON.

    Raises
    ------
    ArgumentError
        For a request that no section could answer.
    FileError
        For a file that cannot be written.
    """
    subject.require_possible()
    if out is not None:
        require_page(out)
    with blas_threads_for(subject.path.cell.state_size):
        written = computed(path_sections(subject), subject.announce)
        record = numbers_of(written) | {"at every lag": _at_every_lag(subject)}
        if out is not None:
            subject.announce("Drawing")
            write_report(out, title, written, record)
    return written, record


def _at_every_lag(subject: PathSubject) -> dict[str, Any]:
    """Values at lags 0, 1, ..., by name; what is not known is left out."""
    lines: dict[str, Any] = {**curves_of(subject)}
    for name, curve in subject.curves_of_parts.items():
        if not isinstance(curve, Reason):
            lines[f"{name} alone"] = subject.traced(curve.values)
    if not isinstance(subject.curve, Reason):
        lines["error along the path"] = subject.traced(subject.curve.error)
    if not isinstance(subject.gradients, Reason):
        lines["logarithm of the gradient"] = subject.gradients.logarithms
    if not isinstance(subject.decoded, Reason):
        lines["memory function"] = subject.decoded.values
    return json_ready(lines)
