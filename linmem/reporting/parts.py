"""The parts of a report: sections of text, numbers and pictures; and the reason that stands where a number is missing.

Contents
--------
Row, Picture, Section
    A number with its trust; something to draw; a heading with text, rows and pictures.
Reason, value_or_reason, derived
    Why a value is missing; a measure with its failures caught; a number of a result that may be missing.
how_far_to_trust
    Error and method of a result.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from linmem.errors import LinmemError

if TYPE_CHECKING:
    from linmem.plotting.appearance import Axes

FAILURES = (LinmemError, np.linalg.LinAlgError)  # of one measure; the page goes on without it


class Reason(str):
    """Why a value is missing: a sentence that is printed in its place."""

    __slots__ = ()


def value_or_reason(measure: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
    """What the measure returns, or the `Reason` why it returns nothing."""
    try:
        return measure(*arguments, **keywords)
    except FAILURES as error:
        return Reason(f"none: {error}")


def derived(value: Any, function: Callable[[Any], Any]) -> Any:
    """`function` of the value; where the value is missing, the same reason."""
    return value if isinstance(value, Reason) else function(value)


def how_far_to_trust(result: Any) -> str:
    """The relative error of a result and its method, in words; nothing where the result is missing."""
    if isinstance(result, Reason):
        return ""
    return f"relative error at most {result.relative_error:.1e} (method: {result.method})"


@dataclass(frozen=True)
class Row:
    """A number of the network, the same number of the networks beside it, and how far to trust it."""

    name: str
    value: Any
    others: tuple[Any, ...] = ()
    trust: str = ""


@dataclass(frozen=True)
class Picture:
    """What is drawn on axes, and a text for readers who do not see it."""

    title: str
    text: str
    draw: Callable[[Axes], object]


@dataclass(frozen=True)
class Section:
    """A heading, some sentences, rows of numbers, pictures, and rows of words (id, statement, verdict)."""

    title: str
    text: str
    rows: tuple[Row, ...] = ()
    pictures: tuple[Picture, ...] = ()
    word_rows: tuple[tuple[str, ...], ...] = ()
