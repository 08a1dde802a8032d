"""What a result consists of, in words and numbers that another library or a file can hold.

Conventions
-----------
A result is a frozen dataclass. Every field of it is converted under its own name: numbers and arrays stay numbers,
texts and functions become text. A network is described by its kind, name and size; its weights are in
`result.network`.

Contents
--------
require_result
    Refuse what is not a result.
numbers
    A field as an array of numbers.
with_errors
    A value and its error as two.
word
    A text, or the name of a function.
described
    Kind, name and size of a network.
versions
    The versions of what made a result.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator
from dataclasses import is_dataclass
from typing import Any

import numpy as np

from linmem import __version__
from linmem.errors import ArgumentError
from linmem.measured import Measured, MeasuredArray
from linmem.network import Network


def require_result(result: Any) -> None:
    """Raise ArgumentError if `result` is not a result of the package."""
    if not is_dataclass(result) or isinstance(result, (type, Network)):
        raise ArgumentError(
            f"result is a {type(result).__name__}; it must be a result of linmem, such as fisher_memory_curve returns: "
            "arrays and the matrices of a network need no conversion"
        )


def numbers(name: str, value: Any) -> np.ndarray:
    """The value of the field `name` as an array of numbers or truth values.

    Raises
    ------
    ArgumentError
        If the field holds anything else: such a result cannot be converted.
    """
    # numpy would make an array of a tuple as well, but fields that are tuples hold things, not numbers
    array = None if isinstance(value, (dict, tuple)) else np.asarray(value)
    if array is None or array.dtype.kind not in "biufc":
        raise ArgumentError(
            f"result has {name}, a {type(value).__name__}; only results that are made of numbers can be converted"
        )
    return array


def with_errors(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The value of a field under its name, and its error, where it carries one, as `<name>_error`."""
    yield name, value
    if isinstance(value, (Measured, MeasuredArray)) and value.error is not None:
        yield f"{name}_error", value.error


def word(value: str | Callable[..., Any]) -> str:
    """A text as it is, or the name of a function."""
    return value if isinstance(value, str) else getattr(value, "__name__", repr(value))


def described(network: Network) -> dict[str, Any]:
    """Kind, name and size of a network."""
    return {"kind": type(network).__name__, "name": network.name, "units": network.size}


def versions() -> dict[str, str]:
    """The versions of the package, numpy and Python, and the kind of processor."""
    return {
        "linmem": __version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
        "machine": platform.machine(),
    }
