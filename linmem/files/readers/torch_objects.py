"""What the pickles inside PyTorch's checkpoints describe: tensors, arrays of numpy, and objects that are not made.

Contents
--------
Storage, Tensor
    Numbers in the file, and a view of them.
NumberType, NumpyArray
    A type of numpy, and an array of numpy whose numbers are in the pickle itself.
Foreign
    An object of a class that is not known here. It is not made; what the file says about its attributes is kept.
CONSTANTS, FUNCTIONS
    What the global names of a file stand for; every other name is foreign.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from linmem.files.readers.number_types import itemsize
from linmem.files.readers.stored import DamagedFileError

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
# types that have no storage of their own: their storages are bytes
UNTYPED = [
    "uint16",
    "uint32",
    "uint64",
    "complex32",
    "float8_e4m3fn",
    "float8_e5m2",
    "float8_e4m3fnuz",
    "float8_e5m2fnuz",
    "float8_e8m0fnu",
]
NUMBER = re.compile(r"[biufc]\d{1,2}")  # the name of a type of numbers in a pickle of numpy
LARGEST_EXPANDED = 2**24  # elements of a tensor that repeats the numbers of its storage


@dataclass(frozen=True)
class Storage:
    """Numbers of one type in a row, in the member or part of the file that belongs to `key`."""

    dtype: str
    key: str
    count: int

    @property
    def itemsize(self) -> int:
        """Bytes of a number."""
        return itemsize(self.dtype)


@dataclass(frozen=True)
class Tensor:
    """A view of a storage; `offset` and `stride` count numbers, not bytes.

    The numbers of a `conjugated` or `negated` view are the conjugates or the negatives of those in the storage.
    """

    storage: Storage
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]
    conjugated: bool = False
    negated: bool = False

    @property
    def extent(self) -> int:
        """How many numbers of the storage there are from its first element to its last."""
        last = 0
        for n, step in zip(self.size, self.stride, strict=True):
            last += (n - 1) * step
        return last + 1

    def require_possible(self) -> None:
        """Refuse a tensor that reaches beyond its storage, or repeats its numbers without measure."""
        allowed = max(self.storage.count, LARGEST_EXPANDED)
        if self.offset + self.extent > self.storage.count or math.prod(self.size) > allowed:
            raise DamagedFileError(f"a tensor of shape {self.size} does not fit into its {self.storage.count} numbers")


class Foreign:
    """Stands for everything that is not made, so that the rest of the file can be read."""

    def __init__(self, name: str):
        self.name = name
        self.state: Any = None

    def __setitem__(self, key: Any, value: Any) -> None:
        pass

    def append(self, value: Any) -> None:
        """An item is left out."""

    def extend(self, values: Any) -> None:
        """Items are left out."""

    def build(self, state: Any) -> None:
        """Keep what the file says about the attributes."""
        self.state = state


@dataclass
class NumberType:
    """A type of numpy; None for one that is not of numbers."""

    dtype: np.dtype | None

    def build(self, state: Any) -> None:
        """The order of bytes, which is the second part of the state."""
        if self.dtype is not None and isinstance(state, tuple) and len(state) > 1 and state[1] in ("<", ">"):
            self.dtype = self.dtype.newbyteorder(state[1])


@dataclass
class NumpyArray:
    """An array of numpy; `data` are its bytes."""

    type: Any = None
    shape: tuple[int, ...] = ()
    data: bytes = b""
    order: str = field(default="C")

    def build(self, state: Any) -> None:
        """The state of an array: version, shape, type, whether columns come first, and bytes."""
        if not isinstance(state, tuple) or len(state) != 5:
            raise DamagedFileError("it describes an impossible array")
        _, self.shape, self.type, columns_first, self.data = state
        self.order = "F" if columns_first is True else "C"

    def refusal(self) -> str:
        """Why it cannot be read, or ""."""
        if not isinstance(self.type, NumberType) or self.type.dtype is None:
            return "is an array of Python objects, text or dates"
        is_shape = isinstance(self.shape, tuple) and all(type(n) is int and n >= 0 for n in self.shape)
        is_whole = isinstance(self.data, (bytes, bytearray)) and is_shape
        if not is_whole or len(self.data) != math.prod(self.shape) * self.type.dtype.itemsize:
            return "is an array whose bytes are not as many as its shape needs"
        return ""

    def read(self) -> np.ndarray:
        """The array."""
        return np.frombuffer(self.data, self.type.dtype).reshape(self.shape, order=self.order)  # type: ignore[call-overload]


@dataclass(frozen=True)
class ElementType:
    """A type of PyTorch, as torch.float32."""

    dtype: str


def _tensor(storage: Any, offset: Any, size: Any, stride: Any, *others: Any) -> Tensor:
    is_possible = isinstance(storage, Storage) and len(size) == len(stride)
    for count in (offset, *size, *stride):
        # not isinstance: a truth value is not a count
        is_possible = is_possible and type(count) is int and count >= 0
    if not is_possible:
        raise DamagedFileError("it describes an impossible tensor")
    # others: whether gradients are needed, hooks, and what is special about the view
    view = others[2] if len(others) > 2 else None
    special = view if isinstance(view, dict) else {}
    return Tensor(storage, offset, tuple(size), tuple(stride), "conj" in special, "neg" in special)


def _tensor_of_bytes(
    storage: Any, offset: Any, size: Any, stride: Any, gradient: Any, hooks: Any, kind: Any, view: Any = None
) -> Any:
    """A tensor whose type is beside its storage, which counts bytes."""
    if not isinstance(kind, ElementType) or not isinstance(storage, Storage):
        return kind if isinstance(kind, Foreign) else Foreign("torch._utils._rebuild_tensor_v3")
    typed = Storage(kind.dtype, storage.key, storage.count // itemsize(kind.dtype))
    return _tensor(typed, offset, size, stride, gradient, hooks, view)


def _of_type(function: Any, kind: Any, arguments: Any, state: Any) -> Any:
    """A tensor of torch.Tensor itself that has attributes; the tensors of subclasses are foreign before this."""
    is_made_here = any(function is known for known in FUNCTIONS.values()) and isinstance(arguments, tuple)
    return function(*arguments) if is_made_here and function is not _of_type else Foreign("torch.Tensor")


def _first(first: Any, *_: Any) -> Any:
    return first


def key_of(key: Any) -> Any:
    """A key that takes little time to hash: for nested tuples the time is exponential in their depth."""
    return key if isinstance(key, (str, int, float, bytes, Foreign, type(None))) else Foreign(type(key).__name__)


def dictionary(pairs: Iterable[tuple[Any, Any]] = ()) -> dict[Any, Any]:
    """A dictionary from pairs, or from another one."""
    items = pairs.items() if isinstance(pairs, dict) else pairs
    return {key_of(key): value for key, value in items}


def _nothing(*_: Any) -> None:
    return None


def _with_default(*_: Any) -> dict[Any, Any]:
    return {}


def _list(items: Iterable[Any] = ()) -> list[Any]:
    """The items of a set, which need not be hashed."""
    return list(items)


def _bytes(text: Any, encoding: Any) -> Any:
    """Bytes as the second protocol of pickles writes them."""
    return text.encode("latin1") if encoding == "latin1" and isinstance(text, str) else Foreign("_codecs.encode")


def _number_type(code: Any, *_: Any) -> NumberType:
    is_number = isinstance(code, str) and NUMBER.fullmatch(code)
    try:
        return NumberType(np.dtype(code) if is_number else None)
    except TypeError:  # a type of 3 bytes, for example
        return NumberType(None)


def _empty_array(*_: Any) -> NumpyArray:
    return NumpyArray()


def _scalar(kind: Any, data: Any = b"") -> NumpyArray:
    return NumpyArray(kind, (), data)


def _array_from_buffer(data: Any, kind: Any, shape: Any, order: Any, *_: Any) -> NumpyArray:
    return NumpyArray(kind, shape, data, "F" if order == "F" else "C")


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "collections.OrderedDict": dictionary,
    "collections.defaultdict": _with_default,
    "torch.Size": tuple,
    **{f"{module}.{name}": _list for module in ("builtins", "__builtin__") for name in ("set", "frozenset")},
    "torch.device": _nothing,
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_tensor_v3": _tensor_of_bytes,
    "torch._utils._rebuild_parameter": _first,
    "torch._utils._rebuild_parameter_with_state": _first,
    "torch._tensor._rebuild_from_type_v2": _of_type,
    "_codecs.encode": _bytes,
    "numpy.dtype": _number_type,
}
for _core in ("numpy.core", "numpy._core"):
    FUNCTIONS |= {
        f"{_core}.multiarray.scalar": _scalar,
        f"{_core}.multiarray._reconstruct": _empty_array,
        f"{_core}.numeric._frombuffer": _array_from_buffer,
    }
CONSTANTS: dict[str, Any] = {
    **{f"torch.{name}Storage": dtype for name, dtype in DTYPES.items()},
    **{f"torch.{dtype}": ElementType(dtype) for dtype in (*DTYPES.values(), *UNTYPED)},
    "torch.storage.UntypedStorage": "uint8",
    # classes that only say what the function beside them makes
    **dict.fromkeys(("torch.Tensor", "torch.nn.parameter.Parameter", "torch.nn.parameter.Buffer", "numpy.ndarray")),
}
