"""Types of numbers that numpy does not have, from their bytes.

Conventions
-----------
bfloat16 and the types of 8 bits become single precision, and complex numbers of half precision become complex64: every
number of theirs is exact there. A library that writes such numbers as records without a name ("|V2") has dropped the
type: only the user knows it.

Contents
--------
FLOAT8
    The floating-point types of 8 bits.
TYPES_OF_WIDTH
    The types that records of so many bytes without a name may stand for.
itemsize
    The bytes of one number of a type.
numbers
    An array of numbers from their bytes.
stored_numbers
    The entry for an array of a type of numpy, which may be records without a name.
array_of_records
    The entry for an array of records without a name.
retyped
    The same entry with the type that the user gives to its records.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from linmem.files.readers.stored import DamagedFileError, StoredArray

# bits of the exponent, bits of the fraction, bias, and which patterns are no finite numbers: "ieee": those with the
# largest exponent; "fn": all ones, which is nan; "fnuz": minus zero, which is nan
FLOAT8 = {
    "float8_e4m3fn": (4, 3, 7, "fn"),
    "float8_e5m2": (5, 2, 15, "ieee"),
    "float8_e4m3fnuz": (4, 3, 8, "fnuz"),
    "float8_e5m2fnuz": (5, 2, 16, "fnuz"),
    "float8_e4m3b11fnuz": (4, 3, 11, "fnuz"),
    "float8_e4m3": (4, 3, 7, "ieee"),
    "float8_e3m4": (3, 4, 3, "ieee"),
    "float8_e8m0fnu": (8, 0, 127, "powers of two"),
}
TYPES_OF_WIDTH = {1: tuple(FLOAT8), 2: ("bfloat16",)}
OTHER_WIDTHS = {"bfloat16": 2, "complex32": 4, **dict.fromkeys(FLOAT8, 1)}


def itemsize(dtype: str) -> int:
    """The bytes of one number of the type; a `TypeError` if there is no such type."""
    return OTHER_WIDTHS.get(dtype) or np.dtype(dtype).itemsize


def numbers(data: bytes, dtype: str, order: str = "<") -> np.ndarray:
    """The numbers in `data`, one after the other: of the type itself if numpy has it, or else of a wider one.

    Examples
    --------
    >>> numbers(b"\\x80\\x3f\\x00\\xc0", "bfloat16"), numbers(b"\\x38\\xc0", "float8_e4m3fn")
    (array([ 1., -2.], dtype=float32), array([ 1., -2.], dtype=float32))
    """
    if dtype in FLOAT8:
        return _table(dtype)[np.frombuffer(data, np.uint8)]
    if dtype == "bfloat16":  # the upper half of a number of single precision
        upper = np.frombuffer(data, dtype=f"{order}u2").astype(np.uint32)
        return (upper << 16).view(np.float32)
    if dtype == "complex32":  # real and imaginary part in half precision
        return np.frombuffer(data, dtype=f"{order}f2").astype(np.float32).view(np.complex64)
    return np.frombuffer(data, np.dtype(dtype).newbyteorder(order))  # type: ignore[arg-type]


@cache
def _table(dtype: str) -> np.ndarray:
    """The number that each of the 256 patterns of a type of 8 bits stands for."""
    exponent_bits, fraction_bits, bias, kind = FLOAT8[dtype]
    pattern = np.arange(256)
    if kind == "powers of two":  # without sign and zero
        table = np.ldexp(1.0, pattern - bias)
        table[255] = np.nan
        return table.astype(np.float32)
    sign = np.where(pattern >> 7, -1.0, 1.0)
    exponent = (pattern >> fraction_bits) & (2**exponent_bits - 1)
    fraction = pattern & (2**fraction_bits - 1)
    # the smallest exponent belongs to subnormal numbers, whose fraction has no leading one
    significand = np.where(exponent == 0, 0, 2**fraction_bits) + fraction
    table = sign * np.ldexp(significand.astype(float), np.maximum(exponent, 1) - bias - fraction_bits)
    if kind == "ieee":
        largest = exponent == 2**exponent_bits - 1
        table[largest] = np.where(fraction[largest] == 0, sign[largest] * np.inf, np.nan)
    elif kind == "fn":
        table[pattern & 0x7F == 0x7F] = np.nan
    else:
        table[0x80] = np.nan
    return table.astype(np.float32)


def stored_numbers(name: str, shape: tuple[int, ...], dtype: np.dtype, read: Callable[[], Any]) -> StoredArray:
    """The entry for an array of a type of numpy, which may be records without a name."""
    if dtype.kind == "V" and dtype.names is None:
        return array_of_records(name, shape, dtype.itemsize, read)
    return StoredArray(name, shape, str(dtype), read)


def array_of_records(name: str, shape: tuple[int, ...], width: int, read: Callable[[], Any]) -> StoredArray:
    """The entry for an array of records of `width` bytes without a name: not chosen until the user says the type.

    `read` returns the records as they are stored.
    """
    possible = [f'dtype="{dtype}"' for dtype in TYPES_OF_WIDTH.get(width, ())[:2]]
    kind = {1: "float8", 2: "bfloat16"}.get(width)
    way_out = (
        f"as {kind} is often saved; if they are such numbers, pass {' or '.join(possible)}"
        if possible
        else "and only their writer knows what they are; save numbers: array.astype('float32')"
    )
    reason = f"holds records of {width} byte{'s' * (width > 1)} without a type, {way_out}"
    return StoredArray(name, shape, f"|V{width}", read, unreadable=reason)


def retyped(stored: StoredArray, dtype: str) -> StoredArray:
    """The same entry with the type that the user gives to its records.

    Raises
    ------
    ValueError
        If the entry does not hold records without a name, or of another width than the numbers of the type have.
    """
    if not stored.dtype.startswith("|V") or dtype not in TYPES_OF_WIDTH.get(int(stored.dtype[2:]), ()):
        width = int(stored.dtype[2:]) if stored.dtype.startswith("|V") else 0
        possible = TYPES_OF_WIDTH.get(width, ())
        said = f"it may be: {', '.join(map(repr, possible))}" if possible else "which says already what its numbers are"
        raise ValueError(f"dtype is {dtype!r}, but {stored.name} is of type {stored.dtype}; {said}")

    def read() -> np.ndarray:
        records = np.asarray(stored.read())
        if records.dtype.itemsize * records.size != itemsize(dtype) * math.prod(stored.shape):
            raise DamagedFileError(f"its array {stored.name!r} is not of the shape that the file states")
        return numbers(records.tobytes(), dtype).reshape(records.shape)

    return replace(stored, dtype=dtype, read=read, unreadable="")
