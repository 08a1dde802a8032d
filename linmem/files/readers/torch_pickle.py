"""The pickles inside PyTorch's checkpoints, read without executing anything.

Conventions
-----------
A pickle is a program. This reader runs it on a machine of its own that knows tensors, dictionaries, lists, tuples,
numbers and strings: it has no instruction that imports, and it calls nothing but the functions in `FUNCTIONS`.
Everything else that the file names is refused, and named in the error.

Contents
--------
Storage, Tensor
    What a pickle describes: numbers in the file, and a view of them.
Machine
    The machine that runs one pickle.
"""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import IO, Any, ClassVar

import numpy as np

from linmem.files.readers.stored import DamagedFileError

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


@dataclass(frozen=True)
class Storage:
    """Numbers of one type in a row, in the member or part of the file that belongs to `key`."""

    dtype: str
    key: str
    count: int

    @property
    def itemsize(self) -> int:
        """Bytes of a number."""
        return 2 if self.dtype == "bfloat16" else np.dtype(self.dtype).itemsize


@dataclass(frozen=True)
class Tensor:
    """A view of a storage; `offset` and `stride` count numbers, not bytes."""

    storage: Storage
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]

    @property
    def count(self) -> int:
        """How many elements it has."""
        return math.prod(self.size)

    @property
    def extent(self) -> int:
        """How many numbers of the storage there are from its first element to its last."""
        last = 0
        for n, step in zip(self.size, self.stride, strict=True):
            last += (n - 1) * step
        return last + 1


class _Refused:
    """Stands for everything that is not read, so that the rest of the file can be searched for more of it."""

    def __setitem__(self, key: Any, value: Any) -> None:
        pass

    def append(self, value: Any) -> None:
        pass

    def extend(self, values: Any) -> None:
        pass


def _tensor(storage: Any, offset: Any, size: Any, stride: Any, *_: Any) -> Tensor:
    is_possible = isinstance(storage, Storage) and len(size) == len(stride)
    for count in (offset, *size, *stride):
        # not isinstance: a truth value is not a count
        is_possible = is_possible and type(count) is int and count >= 0
    if not is_possible:
        raise DamagedFileError("it describes an impossible tensor")
    return Tensor(storage, offset, tuple(size), tuple(stride))


def _parameter(tensor: Any, *_: Any) -> Any:
    return tensor


def _dictionary(pairs: Iterable[tuple[Any, Any]] = ()) -> dict[Any, Any]:
    return {_key(key): value for key, value in pairs}


def _key(key: Any) -> Any:
    """A key that takes little time to hash: for nested tuples the time is exponential in their depth."""
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
"""  # of the pickle machine of Python, besides those that are defined here
CODES = [getattr(pickle, instruction)[0] for instruction in INSTRUCTIONS.split()]
STORAGES = {f"torch.{name}Storage": dtype for name, dtype in DTYPES.items()}


class Machine(pickle._Unpickler):  # the version in Python: its memory grows only with the file, not with its claims
    """Runs one pickle with harmless instructions only."""

    stack: list[Any]
    append: Callable[[Any], None]
    pop_mark: Callable[[], list[Any]]

    def __init__(self, stream: IO[bytes]):
        super().__init__(stream, encoding="utf-8")
        self.storages: dict[str, Storage] = {}
        self.refused: set[str] = set()

    def run(self) -> Any:
        """The value that the pickle describes."""
        try:
            value = self.load()
        except KeyError as error:
            raise DamagedFileError(f"it is not a pickle of tensors: it has the instruction {error}") from None
        if self.refused:
            raise DamagedFileError(
                f"it holds {', '.join(sorted(self.refused))}, but only tensors, dictionaries, lists, numbers and "
                f"strings are read, as nothing in a file is executed; with PyTorch, save its tensors alone: {SAFE}"
            )
        return value

    def find_class(self, module: str, name: str) -> Any:
        """What a global name of the file stands for; nothing is imported."""
        name = f"{module}.{name}"
        if name in FUNCTIONS:
            return FUNCTIONS[name]
        if name in STORAGES:
            return STORAGES[name]
        self.refused.add(name[:200])
        return _Refused()

    def persistent_load(self, description: Any) -> Any:
        """The storage that a reference of the pickle describes: ("storage", type, key, device, count)."""
        if isinstance(description, tuple) and len(description) == 4 and description[0] == "module":
            return description[1]  # a whole model, of a class that has been refused
        kind, dtype, key, _, count, *view = description
        is_known = isinstance(key, str) and type(count) is int and count >= 0 and all(part is None for part in view)
        if kind != "storage" or not is_known:
            raise DamagedFileError("it refers to something that is not a storage")
        if isinstance(dtype, _Refused):
            return dtype
        if dtype not in DTYPES.values():
            raise DamagedFileError("it holds a storage of unknown type")
        self.storages[key] = Storage(dtype, key, count)
        return self.storages[key]

    def call(self) -> None:
        """REDUCE and NEWOBJ: a function of the table with its arguments."""
        arguments = self.stack.pop()
        function = self.stack.pop()
        if isinstance(function, _Refused) or any(isinstance(argument, _Refused) for argument in arguments):
            self.append(_Refused())
            return
        # compared by identity: the pickle may hold objects whose equality is their own
        if not any(function is known for known in FUNCTIONS.values()):
            raise DamagedFileError(f"it calls a {type(function).__name__}")
        self.append(function(*arguments))

    def set_item(self) -> None:
        """SETITEM: one key and value."""
        value = self.stack.pop()
        key = self.stack.pop()
        self.stack[-1][_key(key)] = value

    def set_items(self) -> None:
        """SETITEMS: all keys and values since the mark."""
        items = self.pop_mark()
        for key, value in zip(items[::2], items[1::2], strict=True):
            self.stack[-1][_key(key)] = value

    def build(self) -> None:
        """BUILD sets attributes of an object; no object here has any."""
        self.stack.pop()

    dispatch: ClassVar[dict[int, Any]] = {
        **{code: pickle._Unpickler.dispatch[code] for code in CODES},
        **{pickle.REDUCE[0]: call, pickle.NEWOBJ[0]: call, pickle.BUILD[0]: build},
        **{pickle.SETITEM[0]: set_item, pickle.SETITEMS[0]: set_items},
    }
