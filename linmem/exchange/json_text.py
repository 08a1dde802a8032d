"""Results and records as JSON: the one form of it that the package writes and prints.

Conventions
-----------
JSON has neither infinity nor NaN. Both become the texts "Infinity", "-Infinity" and "NaN", which `float` reads.
Complex numbers become {"real": ..., "imag": ...}, None becomes null. All other numbers keep all their digits: parsed,
each is the same double.

Contents
--------
to_json
    A result as a text in JSON.
json_ready
    A result or record in the types that JSON has.
json_text
    A result or record as a text in JSON.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from linmem.exchange.content import described, numbers, require_result, versions, with_errors, word
from linmem.network import Network


def to_json(result: object, *, indent: int | None = None) -> str:
    r"""A result as a text in JSON: every field under its name, and the versions that made it.

    Every number has all its digits, so that it is the same double after parsing. Infinity and NaN, which JSON does not
    have, are the texts "Infinity", "-Infinity" and "NaN", which `float` reads. Complex numbers are
    {"real": ..., "imag": ...}, and None is null. The network is described by kind, name and number of units.

    Parameters
    ----------
    result
        What a function of the package returned, such as a `FisherMemoryCurve`.
    indent
        Number of spaces for each level. None: everything on one line.

    Raises
    ------
    ArgumentError
        If `result` is not a result, or has fields that are not numbers or text.

    Examples
    --------
    >>> import json
    >>> import linmem as lm
    >>> parsed = json.loads(to_json(lm.fisher_memory_curve(lm.chain(2), lags=2)))
    >>> parsed["result"], parsed["lags"], parsed["method"], parsed["network"]["units"]
    ('FisherMemoryCurve', [0, 1], 'structured', 2)
    """
    require_result(result)
    return json_text(json_ready(result) | versions(), indent=indent)


def json_text(value: Any, *, indent: int | None = None) -> str:
    """A result, or a record of numbers, texts and results in dictionaries and lists, as a text in JSON.

    >>> json_text({"total": np.float64(0.5), "snr": np.inf, "lags": np.arange(2)})
    '{"total": 0.5, "snr": "Infinity", "lags": [0, 1]}'
    """
    return json.dumps(json_ready(value), indent=indent, allow_nan=False)


def json_ready(value: Any) -> Any:
    """A result or record in the types that JSON has: dictionaries, lists, texts, finite numbers, truth values, None."""
    if isinstance(value, Mapping):
        return {str(key): json_ready(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [json_ready(item) for item in value]
    return _ready("value", value)


def _ready(name: str, value: Any) -> Any:
    """The value of one field of a result."""
    if value is None:
        return None
    if isinstance(value, Network):
        return described(value)
    if is_dataclass(value):
        ready = {"result": type(value).__name__}
        for part in fields(value):
            for name, number in with_errors(part.name, getattr(value, part.name)):
                ready[name] = _ready(name, number)
        return ready
    if isinstance(value, str) or callable(value):
        return word(value)
    # numbers of Python need no array, which would take most of the time of a long list
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return _with_texts(float(value))
    array = numbers(name, value)
    if array.dtype.kind == "c":
        return {"real": _finite_or_text(array.real), "imag": _finite_or_text(array.imag)}
    return _finite_or_text(array)


def _finite_or_text(array: np.ndarray) -> Any:
    """The numbers of an array in nested lists, with texts in the place of infinities and NaN."""
    return array.tolist() if np.isfinite(array).all() else _with_texts(array.tolist())


def _with_texts(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_texts(item) for item in value]
    if math.isfinite(value):
        return value
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"
