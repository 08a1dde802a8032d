"""The one boundary at which a failure becomes a sentence: of a section of a report, of a picture, of a claim.

Contents
--------
Reason
    Why a value is missing.
value_or_reason
    What a function returns, or the reason why it returns nothing.
derived
    A number of a result that may be missing.
sentence_of
    An error in one sentence.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from linmem.errors import LinmemError


class Reason(str):
    """Why a value is missing: a sentence that is printed in its place."""

    __slots__ = ()


def value_or_reason(function: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
    """What the function returns, or the `Reason` why it returns nothing.

    Every error is caught, so that what does not depend on the function goes on. Warnings of other libraries are not
    shown: a number that they are about carries its error.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return function(*arguments, **keywords)
    except Exception as error:
        return Reason(f"none: {sentence_of(error)}")


def derived(value: Any, function: Callable[[Any], Any]) -> Any:
    """`function` of the value; where the value is missing, the same reason."""
    return value if isinstance(value, Reason) else function(value)


def sentence_of(error: BaseException) -> str:
    """The message of an error on one line, without a full stop; an error of another library is named by its type."""
    message = " ".join(str(error).split()).rstrip(".")
    if isinstance(error, LinmemError):
        return message
    return f"{type(error).__name__}: {message}" if message else type(error).__name__
