"""PyTorch's checkpoints, without PyTorch and without executing anything.

Conventions
-----------
A checkpoint is a pickle, which is a program. This reader runs it on a machine of its own that knows tensors,
dictionaries, lists, tuples, numbers and strings: it has no instruction that imports, and calls nothing but the
functions listed here. Whatever else the file names is refused, and told. Since 2020 the pickle is in a zip archive with
one member for each storage; before, storages followed the pickles in one stream.

Contents
--------
read_torch
    Tensors of a .pt, .pth or .pth.tar file by the keys that lead to them, joined by dots.
"""

from __future__ import annotations

import math
import pickle
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np

from linmem.files.readers.safetensors import bfloat16
from linmem.files.readers.stored import DamagedFileError, StoredArray, stored_zip

OLD_MAGIC = bytes.fromhex("80028a0a6cfc9c46f9206aa850192e")  # the first pickle of the older format, a number
LARGEST_PICKLE = 2**26  # bytes: a description of tensors, not the tensors
SAFE = "safetensors.torch.save_file(model.state_dict(), 'weights.safetensors')"
DTYPES = {
    "Double": "float64",
    "Float": "float32",
    "Half": "float16",
    "BFloat16": "bfloat16",
    "Long": "int64",
    "Int": "int32",
    "Short": "int16",
    "Char": "int8",
    "Byte": "uint8",
    "Bool": "bool",
    "ComplexFloat": "complex64",
    "ComplexDouble": "complex128",
}


def read_torch(path) -> list[StoredArray]:
    """The tensors, whatever they are nested in."""
    with open(path, "rb") as stream:
        beginning = stream.read(len(OLD_MAGIC))
    if beginning == OLD_MAGIC:
        tensors, source = _open_stream(path)
    elif zipfile.is_zipfile(path):
        tensors, source = _open_archive(path)
    else:
        raise DamagedFileError("it is no archive of torch.save, neither of the present nor of the older kind")
    return [
        StoredArray(name, tensor.size, tensor.storage.dtype, partial(tensor.read, source)) for name, tensor in tensors
    ]


@dataclass(frozen=True)
class _Storage:
    dtype: str
    key: str
    count: int

    @property
    def itemsize(self) -> int:
        return 2 if self.dtype == "bfloat16" else np.dtype(self.dtype).itemsize


@dataclass(frozen=True)
class _Tensor:
    """A view of a storage: strides and offset count elements."""

    storage: _Storage
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]

    def read(self, source) -> np.ndarray:
        """The elements; only the part of the storage between the first and the last is read."""
        if 0 in self.size:
            return np.zeros(self.size)
        storage = self.storage
        extent = 1 + sum((n - 1) * step for n, step in zip(self.size, self.stride, strict=True))
        if max(self.offset + extent, math.prod(self.size)) > storage.count:
            raise DamagedFileError(f"a tensor of shape {self.size} does not fit into its {storage.count} numbers")
        data, order = source(storage, self.offset * storage.itemsize, extent * storage.itemsize)
        if len(data) < extent * storage.itemsize:
            raise DamagedFileError(f"the data of storage {storage.key} end early")
        if storage.dtype == "bfloat16":
            flat = bfloat16(data, order)
        else:
            flat = np.frombuffer(data, np.dtype(storage.dtype).newbyteorder(order))
        steps = [step * flat.itemsize for step in self.stride]
        return np.lib.stride_tricks.as_strided(flat, self.size, steps, writeable=False)


def _open_archive(path):
    """Tensors of a zip archive, and how to read storages from it."""
    with stored_zip(path) as archive:
        pickles = [name for name in archive.namelist() if name.rpartition("/")[2] == "data.pkl"]
        if len(pickles) != 1:
            raise DamagedFileError(f"it is an archive with {len(pickles)} files data.pkl, where torch.save writes one")
        folder = pickles[0].removesuffix("data.pkl")
        if archive.getinfo(pickles[0]).file_size > LARGEST_PICKLE:
            raise DamagedFileError(f"its data.pkl is larger than {LARGEST_PICKLE} bytes")
        order = (
            ">" if f"{folder}byteorder" in archive.namelist() and archive.read(f"{folder}byteorder") == b"big" else "<"
        )
        with archive.open(pickles[0]) as stream:
            machine = _Machine(stream)
            tensors = list(_named(machine.run()))
        for _, tensor in tensors:
            stored = archive.getinfo(f"{folder}data/{tensor.storage.key}").file_size
            if stored < tensor.storage.count * tensor.storage.itemsize:
                raise DamagedFileError(f"the data of storage {tensor.storage.key} end early")

    def source(storage, start, length):
        with stored_zip(path) as archive, archive.open(f"{folder}data/{storage.key}") as stream:
            while start:  # in small pieces, as `seek` would take 16 MB at a time
                start -= len(stream.read(min(start, 2**18)) or b" " * start)
            return stream.read(length), order

    return tensors, source


def _open_stream(path):
    """Tensors of the older format: magic number, version, system, tensors, keys; then count and data of storages."""
    with open(path, "rb") as stream:
        _, version, system = (_Machine(stream).run() for _ in range(3))
        if type(version) is not int or version != 1001 or not isinstance(system, dict):
            raise DamagedFileError("it has a version of the older format other than 1001")
        machine = _Machine(stream)
        tensors = list(_named(machine.run()))
        keys = _Machine(stream).run()
        order, places = "<" if system.get("little_endian", True) else ">", {}
        for key in keys:
            if key not in machine.storages:
                raise DamagedFileError(f"it holds the storage {key!r}, of which it does not say what it is")
            count = int.from_bytes(stream.read(8), "little")
            if count < machine.storages[key].count:
                raise DamagedFileError(f"the data of storage {key} end early")
            places[key] = stream.tell()
            stream.seek(count * machine.storages[key].itemsize, 1)

    def source(storage, start, length):
        with open(path, "rb") as stream:
            stream.seek(places[storage.key] + start)
            return stream.read(length), order

    return tensors, source


def _named(value):
    """Every tensor with the keys that lead to it; each container is looked into once."""
    seen: set[int] = set()
    waiting: list[tuple[tuple[str, ...], Any]] = [((), value)]
    while waiting:
        keys, value = waiting.pop()
        if isinstance(value, _Tensor):
            yield ".".join(keys) or "recurrent", value
        elif isinstance(value, (dict, list, tuple)) and id(value) not in seen:
            seen.add(id(value))
            items = value.items() if isinstance(value, dict) else enumerate(value)
            waiting.extend(reversed([((*keys, str(key)), one) for key, one in items]))


class _Refused:
    """What stands for everything that is not read, so that the rest of the file can be looked through for more."""

    def __setitem__(self, key, value):
        pass

    def append(self, value):
        pass

    def extend(self, values):
        pass


def _tensor(storage, offset, size, stride, *_):
    whole = (offset, *size, *stride)
    if (
        not isinstance(storage, _Storage)
        or len(size) != len(stride)
        or not all(type(n) is int and n >= 0 for n in whole)
    ):
        raise DamagedFileError("it describes a tensor that cannot be")
    return _Tensor(storage, offset, tuple(size), tuple(stride))


def _parameter(tensor, *_):
    return tensor


def _dictionary(pairs=()):
    return {_key(key): value for key, value in pairs}


def _key(key):
    """A key that is quick to hash: the hash of nested tuples takes time exponential in their depth."""
    if not isinstance(key, (str, int, float, _Refused)):
        raise DamagedFileError(f"it holds a dictionary with a key of type {type(key).__name__}")
    return key


FUNCTIONS = {
    "collections.OrderedDict": _dictionary,
    "torch.Size": tuple,
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_parameter": _parameter,
}
INSTRUCTIONS = """
    PROTO FRAME STOP MARK POP POP_MARK NONE NEWTRUE NEWFALSE INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT BINFLOAT
    STRING BINSTRING SHORT_BINSTRING UNICODE SHORT_BINUNICODE BINUNICODE EMPTY_LIST LIST APPEND APPENDS EMPTY_TUPLE
    TUPLE TUPLE1 TUPLE2 TUPLE3 EMPTY_DICT GET BINGET LONG_BINGET PUT BINPUT LONG_BINPUT MEMOIZE
    GLOBAL STACK_GLOBAL BINPERSID
"""  # of the pickle machine, besides those that are its own here
CODES = [getattr(pickle, instruction)[0] for instruction in INSTRUCTIONS.split()]
STORAGES = {f"torch.{name}Storage": dtype for name, dtype in DTYPES.items()}


class _Machine(pickle._Unpickler):  # in Python, not C: its memory grows with the file only
    """Runs one pickle with the harmless instructions only."""

    stack: list[Any]
    append: Callable[[Any], None]
    pop_mark: Callable[[], list[Any]]

    def __init__(self, stream):
        super().__init__(stream, encoding="utf-8")
        self.storages: dict[str, _Storage] = {}
        self.refused: set[str] = set()

    def run(self):
        try:
            value = self.load()
        except KeyError as error:
            raise DamagedFileError(f"it is no pickle of tensors: it has the instruction {error}") from None
        if self.refused:
            raise DamagedFileError(
                f"it holds {', '.join(sorted(self.refused))}, and only tensors, dictionaries, lists, numbers and "
                f"strings are read, as nothing in a file is executed; with PyTorch, save its tensors alone: {SAFE}"
            )
        return value

    def find_class(self, module, name):
        """What a global of the file stands for; nothing is imported."""
        name = f"{module}.{name}"
        if name in FUNCTIONS:
            return FUNCTIONS[name]
        if name in STORAGES:
            return STORAGES[name]
        self.refused.add(name[:200])
        return _Refused()

    def persistent_load(self, description):
        if isinstance(description, tuple) and len(description) == 4 and description[0] == "module":
            return description[1]  # a whole model, of a class that has been refused
        kind, dtype, key, _, count, *view = description
        known = isinstance(key, str) and type(count) is int and count >= 0 and all(part is None for part in view)
        if kind != "storage" or not known:
            raise DamagedFileError("it refers to something that is no storage")
        if isinstance(dtype, _Refused):
            return dtype
        if dtype not in DTYPES.values():
            raise DamagedFileError("it holds a storage of unknown type")
        self.storages[key] = _Storage(dtype, key, count)
        return self.storages[key]

    def call(self):
        """REDUCE and NEWOBJ: a function of the table with its arguments."""
        arguments, function = self.stack.pop(), self.stack.pop()
        refused = isinstance(function, _Refused) or any(isinstance(one, _Refused) for one in arguments)
        if not refused and not any(function is known for known in FUNCTIONS.values()):
            raise DamagedFileError(f"it calls a {type(function).__name__}")
        self.append(_Refused() if refused else function(*arguments))

    def set_item(self):
        """SETITEM: one key and value."""
        value, key = self.stack.pop(), self.stack.pop()
        self.stack[-1][_key(key)] = value

    def set_items(self):
        """SETITEMS: as many as there are since the mark."""
        items = self.pop_mark()
        for key, value in zip(items[::2], items[1::2], strict=True):
            self.stack[-1][_key(key)] = value

    def build(self):
        """BUILD sets attributes: there are none to set."""
        self.stack.pop()

    dispatch: ClassVar[dict[int, Any]] = {
        **{
            code: pickle._Unpickler.dispatch[code] for code in (getattr(pickle, one)[0] for one in INSTRUCTIONS.split())
        },
        **{pickle.REDUCE[0]: call, pickle.NEWOBJ[0]: call, pickle.BUILD[0]: build},
        **{pickle.SETITEM[0]: set_item, pickle.SETITEMS[0]: set_items},
    }
