"""The tensors of ONNX: initialisers, constants, and what a graph makes of them before it meets an input.

Conventions
-----------
The numbers of fields are those of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).

Contents
--------
Constant
    A tensor that does not depend on the input of the model.
tensor
    The constant that a message TensorProto describes.
refused
    A constant that cannot be read.
computed
    The constant that a node makes of others.
attributes
    The attributes of a node.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from linmem.files.readers.number_types import itemsize, numbers
from linmem.files.readers.protobuf import Message, whole_numbers
from linmem.files.readers.stored import DamagedFileError

DTYPES = {
    **{1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 9: "bool", 10: "float16"},
    **{11: "float64", 12: "uint32", 13: "uint64", 14: "complex64", 15: "complex128", 16: "bfloat16"},
    **{17: "float8_e4m3fn", 18: "float8_e4m3fnuz", 19: "float8_e5m2", 20: "float8_e5m2fnuz", 24: "float8_e8m0fnu"},
}
DIMS, DATA_TYPE, NAME, RAW_DATA, EXTERNAL_DATA, DATA_LOCATION = 1, 2, 8, 9, 13, 14  # of TensorProto
FLOATS, DOUBLES = 4, 10
WHOLE_NUMBERS = (5, 7, 11)  # int32_data, which also has the bits of smaller types; int64_data; uint64_data
ATTRIBUTE_NAME, FLOAT, INT, TEXT, TENSOR, GRAPH, MANY_FLOATS, INTS, TEXTS, GRAPHS = 1, 2, 3, 4, 5, 6, 7, 8, 9, 11
LARGEST_COMPUTED = 2**22  # numbers of a tensor that a graph makes of smaller ones


@dataclass(frozen=True)
class Constant:
    """A tensor that does not depend on the input.

    `unreadable` is the reason why it cannot be read, or "". `origins` are the names of the initialisers that it is made
    of.
    """

    shape: tuple[int, ...]
    dtype: str
    read: Callable[[], np.ndarray]
    unreadable: str = ""
    origins: frozenset[str] = frozenset()


def refused(reason: str) -> Constant:
    """A constant that cannot be read, with the reason in words that continue "it"."""
    return Constant((), "unreadable", lambda: np.zeros(0), reason)


def tensor(path: Path, message: Message) -> Constant:
    """The constant that a message describes; none of its numbers is read."""
    shape = tuple(whole_numbers(message, DIMS))
    dtype = DTYPES.get(message.number(DATA_TYPE), "")
    if not dtype or min(shape, default=0) < 0:
        return refused("is of a type, or a shape, that is not read")
    length = math.prod(shape) * itemsize(dtype)
    if message.number(DATA_LOCATION) == 1:
        return _external(path, message, shape, dtype, length)
    raw = message.messages(RAW_DATA)
    if raw:
        if raw[-1].length != length:
            return refused(f"has {raw[-1].length} bytes, but its shape {shape} needs {length}")
        return Constant(shape, dtype, partial(_read, path, raw[-1].start, shape, dtype))
    # parts of the file are read anew, when it may have been closed
    return Constant(shape, dtype, partial(_typed, path, message.start, message.stop, shape, dtype))


def _external(path: Path, message: Message, shape: tuple[int, ...], dtype: str, length: int) -> Constant:
    """A constant whose numbers are in another file, which must be beside the model."""
    places = {entry.name(1): entry.name(2) for entry in message.messages(EXTERNAL_DATA)}
    location, offset = places.get("location", ""), places.get("offset") or "0"
    if not location or Path(location).name != location or not offset.isdecimal():
        return refused(f"has its numbers in {location!r}, which is not the name of a file beside the model")
    other = path.parent / location
    present = other.stat().st_size if other.is_file() else -1
    if present < int(offset) + length:
        found = "is not beside the model" if present < 0 else f"has {present} bytes"
        return refused(f"has its numbers in {location!r}, which {found}; it needs {int(offset) + length} bytes there")
    return Constant(shape, dtype, partial(_read, other, int(offset), shape, dtype))


def _read(path: Path, offset: int, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    with open(path, "rb") as stream:
        stream.seek(offset)
        content = stream.read(math.prod(shape) * itemsize(dtype))
    return numbers(content, dtype).reshape(shape)


def _typed(path: Path, start: int, stop: int, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """The numbers of a tensor that has them in the field for their type."""
    with open(path, "rb") as stream:
        stream.seek(start)
        content = stream.read(stop - start)
    message = Message(content, 0, len(content))
    for field, width in ((FLOATS, 4), (DOUBLES, 8)):
        values = message.fields.get(field, [])
        parts = [value.content if isinstance(value, Message) else value for value in values]
        if (
            parts
            and dtype in (f"float{8 * width}", f"complex{16 * width}")
            and all(type(part) is bytes for part in parts)
        ):
            return numbers(b"".join(parts), dtype).reshape(shape)
    bits = [value for field in WHOLE_NUMBERS for value in whole_numbers(message, field)]
    width = itemsize(dtype)
    content = b"".join((value % 2 ** (8 * width)).to_bytes(width, "little") for value in bits)
    return numbers(content, dtype).reshape(shape)


def attributes(node: Message) -> dict[str, Any]:
    """The attributes of a node by name: numbers, texts, messages of tensors and of graphs."""
    found: dict[str, Any] = {}
    for attribute in node.messages(5):
        present = attribute.fields
        value: Any = None
        if TENSOR in present:
            value = attribute.messages(TENSOR)[-1]
        elif GRAPH in present or GRAPHS in present:
            value = [*attribute.messages(GRAPH), *attribute.messages(GRAPHS)]
        elif TEXTS in present:
            value = attribute.texts(TEXTS)
        elif TEXT in present:
            value = attribute.name(TEXT)
        elif INTS in present:
            value = whole_numbers(attribute, INTS)
        elif INT in present:
            value = whole_numbers(attribute, INT)[-1]
        elif FLOAT in present or MANY_FLOATS in present:
            values = present.get(FLOAT) or present.get(MANY_FLOATS, [])
            content = b"".join(value.content if isinstance(value, Message) else bytes(value) for value in values)
            value = numbers(content, "float32").tolist()
        found[attribute.name(ATTRIBUTE_NAME)] = value
    return found


def computed(kind: str, inputs: list[Constant], options: Mapping[str, Any]) -> Constant | None:
    """The constant that a node of the given kind makes of others; None if it is not one of those that are known.

    Exporters cut, join and turn the weights of a layer into the order of gates of ONNX.
    """
    if kind not in REARRANGEMENTS or any(one.unreadable for one in inputs) or not inputs:
        return None
    try:
        if kind in ("Mul", "Expand"):
            _require_small(kind, inputs)
        array = REARRANGEMENTS[kind]([one.read() for one in inputs], options)
    except (ValueError, TypeError, IndexError, KeyError, DamagedFileError):
        return refused(f"is computed by the graph, by a {kind} that does not fit its inputs")
    origins = frozenset().union(*(one.origins for one in inputs))
    return Constant(array.shape, str(array.dtype), lambda: array, origins=origins)


def _require_small(kind: str, inputs: list[Constant]) -> None:
    """Refuse to repeat the numbers of small inputs without measure."""
    shapes = [one.shape for one in inputs]
    if kind == "Expand":
        shapes[1] = tuple(inputs[1].read().tolist())
    if math.prod(np.broadcast_shapes(*shapes)) > LARGEST_COMPUTED:
        raise ValueError("larger than any weight")


def _axes(arrays: list[np.ndarray], options: Mapping[str, Any]) -> tuple[int, ...]:
    """Axes, which are an attribute in older versions and an input in later ones."""
    axes = options["axes"] if "axes" in options else arrays[1].tolist()
    return tuple(axes)


def _slice(arrays: list[np.ndarray], options: Mapping[str, Any]) -> np.ndarray:
    data, *given = arrays
    if "starts" in options:
        starts, stops = options["starts"], options["ends"]
        given_axes, steps = options.get("axes"), None
    else:
        starts, stops, given_axes, steps = [one.tolist() for one in given] + [None] * (4 - len(given))
    cuts = [slice(None)] * data.ndim
    for i, (start, stop) in enumerate(zip(starts, stops, strict=True)):
        cuts[given_axes[i] if given_axes else i] = slice(start, stop, steps[i] if steps else 1)
        if steps and steps[i] < 1:
            raise ValueError("a slice that runs backwards")
    return data[tuple(cuts)]


def _reshape(arrays: list[np.ndarray], options: Mapping[str, Any]) -> np.ndarray:
    shape = [arrays[0].shape[i] if n == 0 else n for i, n in enumerate(arrays[1].tolist())]
    return arrays[0].reshape(shape)


REARRANGEMENTS: dict[str, Callable[[list[np.ndarray], Mapping[str, Any]], np.ndarray]] = {
    "Identity": lambda arrays, options: arrays[0],
    "Concat": lambda arrays, options: np.concatenate(arrays, axis=options["axis"]),
    "Transpose": lambda arrays, options: np.transpose(arrays[0], options.get("perm")),
    "Unsqueeze": lambda arrays, options: np.expand_dims(arrays[0], _axes(arrays, options)),
    "Squeeze": lambda arrays, options: np.squeeze(arrays[0], _axes(arrays, options)),
    "Slice": _slice,
    "Shape": lambda arrays, options: np.array(arrays[0].shape[options.get("start", 0) : options.get("end")]),
    "Mul": lambda arrays, options: arrays[0] * arrays[1],
    "Expand": lambda arrays, options: np.broadcast_to(
        arrays[0], np.broadcast_shapes(arrays[0].shape, arrays[1].tolist())
    ),
    "Reshape": _reshape,
}
