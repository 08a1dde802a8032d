"""The pickles inside PyTorch's checkpoints, read without executing anything.

Conventions
-----------
A pickle is a program. This reader runs it on a machine of its own that knows tensors, arrays of numpy, dictionaries,
lists, tuples, numbers and strings: it has no instruction that imports, and it calls nothing but the functions in
`torch_objects.FUNCTIONS`. Whatever else a file names becomes `Foreign`, which is not made.

Contents
--------
Machine
    The machine that runs one pickle.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import IO, Any, ClassVar

from linmem.files.readers.stored import DamagedFileError
from linmem.files.readers.torch_objects import (
    CONSTANTS,
    DTYPES,
    FUNCTIONS,
    Foreign,
    NumberType,
    NumpyArray,
    Storage,
    key_of,
)

INSTRUCTIONS = """
    PROTO FRAME STOP MARK POP POP_MARK NONE NEWTRUE NEWFALSE INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT BINFLOAT
    STRING BINSTRING SHORT_BINSTRING UNICODE SHORT_BINUNICODE BINUNICODE EMPTY_LIST LIST APPEND APPENDS EMPTY_TUPLE
    TUPLE TUPLE1 TUPLE2 TUPLE3 EMPTY_DICT GET BINGET LONG_BINGET PUT BINPUT LONG_BINPUT MEMOIZE
    GLOBAL STACK_GLOBAL BINPERSID BINBYTES SHORT_BINBYTES
"""  # of the pickle machine of Python, besides those that are defined here
CODES = [getattr(pickle, instruction)[0] for instruction in INSTRUCTIONS.split()]
# what makes an object of the class that is its first foreign argument
MAKERS = ("copyreg._reconstructor", "copyreg.__newobj__", "torch._tensor._rebuild_from_type_v2")


class Machine(pickle._Unpickler):  # the version in Python: its memory grows only with the file, not with its claims
    """Runs one pickle with harmless instructions only."""

    stack: list[Any]
    append: Callable[[Any], None]
    pop_mark: Callable[[], list[Any]]
    read: Callable[[int], bytes]

    def __init__(self, stream: IO[bytes]):
        super().__init__(stream, encoding="utf-8")
        self.storages: dict[str, Storage] = {}
        self.foreign: set[str] = set()

    def run(self) -> Any:
        """The value that the pickle describes."""
        try:
            return self.load()
        except KeyError as error:
            raise DamagedFileError(f"it is not a pickle of tensors: it has the instruction {error}") from None

    def find_class(self, module: str, name: str) -> Any:
        """What a global name of the file stands for; nothing is imported."""
        name = f"{module}.{name}"
        if name in FUNCTIONS:
            return FUNCTIONS[name]
        if name in CONSTANTS:
            return CONSTANTS[name]
        self.foreign.add(name[:200])
        return Foreign(name[:200])

    def persistent_load(self, description: Any) -> Any:
        """The storage that a reference of the pickle describes: ("storage", type, key, device, count)."""
        if isinstance(description, tuple) and len(description) == 4 and description[0] == "module":
            return description[1]  # the class of a pickled model in the older format
        kind, dtype, key, _, count, *view = description
        is_known = isinstance(key, str) and type(count) is int and count >= 0 and all(part is None for part in view)
        if kind != "storage" or not is_known:
            raise DamagedFileError("it refers to something that is not a storage")
        if isinstance(dtype, Foreign):
            return dtype
        if dtype not in DTYPES.values():
            raise DamagedFileError("it holds a storage of unknown type")
        self.storages[key] = Storage(dtype, key, count)
        return self.storages[key]

    def call(self) -> None:
        """REDUCE and NEWOBJ: a function of the table with its arguments."""
        arguments = self.stack.pop()
        function = self.stack.pop()
        foreign = [argument for argument in arguments if isinstance(argument, Foreign)]
        if isinstance(function, Foreign):
            named = foreign[0] if foreign and function.name in MAKERS else function
            self.append(Foreign(named.name))
            return
        # compared by identity: the pickle may hold objects whose equality is their own
        if not any(function is known for known in FUNCTIONS.values()):
            raise DamagedFileError(f"it calls a {type(function).__name__}")
        # what cannot do without a foreign argument is foreign as well
        accepts_foreign = function is FUNCTIONS["collections.defaultdict"]
        self.append(Foreign(foreign[0].name) if foreign and not accepts_foreign else function(*arguments))

    def call_with_names(self) -> None:
        """NEWOBJ_EX: a class with arguments by name, which none of the table has."""
        self.stack.pop()
        self.call()

    def set_item(self) -> None:
        """SETITEM: one key and value."""
        value = self.stack.pop()
        key = self.stack.pop()
        self.stack[-1][key_of(key)] = value

    def set_items(self) -> None:
        """SETITEMS: all keys and values since the mark."""
        items = self.pop_mark()
        for key, value in zip(items[::2], items[1::2], strict=True):
            self.stack[-1][key_of(key)] = value

    def build(self) -> None:
        """BUILD sets the state of an object: of types and arrays of numpy, and of what is foreign."""
        state = self.stack.pop()
        if isinstance(self.stack[-1], (Foreign, NumberType, NumpyArray)):
            self.stack[-1].build(state)

    def empty_set(self) -> None:
        """EMPTY_SET: a list, whose items need not be hashed."""
        self.append([])

    def add_items(self) -> None:
        """ADDITEMS: the items since the mark belong to a set."""
        items = self.pop_mark()
        self.stack[-1].extend(items)

    def frozen_set(self) -> None:
        """FROZENSET: the items since the mark."""
        items = self.pop_mark()
        self.append(items)

    def long_bytes(self) -> None:
        """BYTEARRAY8 and BINBYTES8: bytes with their count in 8 bytes."""
        count = int.from_bytes(self.read(8), "little")
        content = self.read(count)
        if len(content) < count:
            raise DamagedFileError("its pickle ends early")
        self.append(content)

    dispatch: ClassVar[dict[int, Any]] = {
        **{code: pickle._Unpickler.dispatch[code] for code in CODES},
        **{
            pickle.REDUCE[0]: call,
            pickle.NEWOBJ[0]: call,
            pickle.NEWOBJ_EX[0]: call_with_names,
            pickle.BUILD[0]: build,
        },
        **{pickle.SETITEM[0]: set_item, pickle.SETITEMS[0]: set_items},
        **{pickle.EMPTY_SET[0]: empty_set, pickle.ADDITEMS[0]: add_items, pickle.FROZENSET[0]: frozen_set},
        **{pickle.BYTEARRAY8[0]: long_bytes, pickle.BINBYTES8[0]: long_bytes},
    }
