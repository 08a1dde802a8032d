"""The parts of a report: sections of text, numbers and charts.

Contents
--------
Row, Section
    A number with its trust; a heading with text, rows and charts.
how_far_to_trust
    Error and method of a result.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from linmem.charts.records import Chart
from linmem.measured import Measured
from linmem.reasons import Reason


def how_far_to_trust(result: Any) -> str:
    """The error of a number or a result and its method, in words; nothing where it is missing or carries none."""
    if isinstance(result, Reason):
        return ""
    if isinstance(result, Measured):
        return "exact" if result.error == 0 else f"error at most {result.error:.1e} (method: {result.method})"
    if hasattr(result, "relative_error"):
        return f"relative error at most {result.relative_error:.1e} (method: {result.method})"
    return ""


@dataclass(frozen=True)
class Row:
    """A number of the network, the same number of the networks beside it, and how far to trust it."""

    name: str
    value: Any
    others: tuple[Any, ...] = ()
    said: str = ""

    @property
    def trust(self) -> str:
        """What is said of the trust, or else the error that the number carries; nothing where there is no number."""
        if isinstance(self.value, Reason):
            return ""
        return self.said or how_far_to_trust(self.value)


@dataclass(frozen=True)
class Section:
    """A heading, some sentences, rows of numbers, charts, and rows of words (id, statement, verdict)."""

    title: str
    text: str
    rows: tuple[Row, ...] = ()
    charts: tuple[Chart, ...] = ()
    word_rows: tuple[tuple[str, ...], ...] = ()
