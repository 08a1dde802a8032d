"""The files of flax: a tree of arrays in MessagePack, as `flax.serialization.to_bytes` writes it.

Conventions
-----------
An array is an extension of MessagePack: shape, name of the type, bytes. Arrays of more than 1 GB are written in chunks.
An array is found again by its place among all extensions of the file.

Contents
--------
read_msgpack
    The arrays of a .msgpack file, by the keys that lead to them, joined by dots.
"""

from __future__ import annotations

import math
import mmap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from linmem.files.readers.number_types import itemsize, numbers
from linmem.files.readers.stored import DamagedFileError, StoredArray, library, unreadable_entry

ARRAY, COMPLEX, SCALAR = 1, 2, 3  # the extensions of flax
CHUNKED = "__msgpack_chunked_array__"


@dataclass(frozen=True)
class _Extension:
    """An extension of the file: its number among them, shape and type, or why it is not read."""

    number: int
    shape: tuple[int, ...]
    dtype: str
    unreadable: str = ""


def read_msgpack(path: Path) -> list[StoredArray]:
    """The arrays of the tree."""
    count = 0

    def described(code: int, data: bytes) -> _Extension | None:
        nonlocal count
        count += 1
        return None if code == COMPLEX else _described(count - 1, code, data)

    return [_entry(path, name, found) for name, found in _named(_unpacked(path, described))]


def _unpacked(path: Path, extension: Callable[[int, bytes], Any]) -> Any:
    """The tree of a file; `extension` makes its extensions, one after the other."""
    msgpack = library("msgpack")
    with open(path, "rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return msgpack.unpackb(data, ext_hook=extension, strict_map_key=False)


def _described(number: int, code: int, data: bytes) -> _Extension:
    """What an extension says about itself."""
    if code not in (ARRAY, SCALAR):
        return _Extension(number, (), "", f"is an extension of MessagePack of the unknown kind {code}")
    shape, dtype, content = _parts(data)
    try:
        is_number = np.dtype(dtype).kind in "biufc"
    except TypeError:
        is_number = False
    try:
        width = itemsize(dtype) if is_number or dtype == "bfloat16" or dtype.startswith("float8") else 0
    except TypeError:  # a type of 8 bits that is not known
        width = 0
    if not width:
        return _Extension(number, shape, dtype, f"is of type {dtype[:40]}, which is not read; save it as float32")
    if len(content) != math.prod(shape) * width:
        return _Extension(number, shape, dtype, f"has {len(content)} bytes, but its shape {shape} needs another number")
    return _Extension(number, shape, dtype)


def _parts(data: bytes) -> tuple[tuple[int, ...], str, bytes]:
    """Shape, name of the type and bytes of an array."""
    parts = library("msgpack").unpackb(data, raw=True)
    if not isinstance(parts, list) or len(parts) != 3 or not isinstance(parts[0], list):
        raise DamagedFileError("it holds an array that does not consist of shape, type and bytes")
    shape, dtype, content = parts
    are_counts = all(type(n) is int and n >= 0 for n in shape)
    if not are_counts or not isinstance(dtype, bytes) or not isinstance(content, bytes):
        raise DamagedFileError("it holds an array that does not consist of shape, type and bytes")
    return tuple(shape), dtype.decode("utf-8", "replace"), content


def _named(tree: Any) -> Iterator[tuple[str, Any]]:
    """Every array of the tree, or array in chunks, with the keys that lead to it."""
    waiting: list[tuple[tuple[str, ...], Any]] = [((), tree)]
    while waiting:
        keys, value = waiting.pop()
        if isinstance(value, _Extension) or (isinstance(value, dict) and CHUNKED in value):
            yield ".".join(keys) or "recurrent", value
        elif isinstance(value, (dict, list)):
            items = value.items() if isinstance(value, dict) else enumerate(value)
            waiting.extend(reversed([((*keys, str(key)), item) for key, item in items]))


def _entry(path: Path, name: str, found: Any) -> StoredArray:
    """The entry for an array, or for one in chunks."""
    parts, shape = [found], tuple[int, ...]()
    if isinstance(found, dict):
        chunks, sizes = found.get("chunks"), found.get("shape")
        parts = list(chunks.values()) if isinstance(chunks, dict) else []
        shape = tuple(sizes.values()) if isinstance(sizes, dict) else ()
        are_counts = all(type(n) is int and n >= 0 for n in shape)
        if not parts or not are_counts or not all(isinstance(part, _Extension) for part in parts):
            return unreadable_entry(name, "is an array in chunks, but not of chunks and a shape")
        if sum(math.prod(part.shape) for part in parts) != math.prod(shape):
            return unreadable_entry(name, f"is an array in chunks, which do not add up to its shape {shape}")
    else:
        shape = found.shape
    reason = next((part.unreadable for part in parts if part.unreadable), "")
    if reason or len({part.dtype for part in parts}) > 1:
        return unreadable_entry(name, reason or "is an array in chunks of different types")
    return StoredArray(name, shape, parts[0].dtype, partial(_read, path, tuple(parts), shape))


def _read(path: Path, parts: tuple[_Extension, ...], shape: tuple[int, ...]) -> np.ndarray:
    """The numbers of all parts, in their order."""
    wanted = {part.number: part for part in parts}
    found: dict[int, np.ndarray] = {}
    count = 0

    def collect(_: int, data: bytes) -> None:
        nonlocal count
        if count in wanted:
            found[count] = numbers(_parts(data)[2], wanted[count].dtype).ravel()
        count += 1

    _unpacked(path, collect)
    return np.concatenate([found[part.number] for part in parts]).reshape(shape)
