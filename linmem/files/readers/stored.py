"""An array in a file that has not been read yet.

Contents
--------
StoredArray
    Name, shape and type of an array, and how to read it.
unreadable_entry
    An entry that is no array, with the reason why it is not read.
DamagedFileError
    The reason why a file cannot be read.
library
    A library that only some formats need.
stored_zip
    A zip archive that is not encrypted.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from linmem.errors import MissingLibraryError, errors_of_other_libraries


class DamagedFileError(Exception):
    """The reason why a file cannot be read: its content is not what its extension says, or incomplete.

    `linmem.files.opening` turns it into a `FileError` that names the file.
    """


@dataclass(frozen=True)
class StoredArray:
    """An array in a file.

    Attributes
    ----------
    name, shape
        As in the file.
    dtype
        The name that numpy has for the type, or that of the file if numpy has none.
    read
        Reads the array and returns it as it is stored.
    labels
        The names of the units, if the file has them.
    framework
        The framework that the format itself names, as "ONNX" for the operators of ONNX or "Keras" for a .keras file;
        "" where only the names of the arrays can tell it.
    orientation
        What the format itself says, as that an edge has a source and a target: "column" if W[i, j] is from j to i,
        "row" if it is from i to j, "" where the format does not say it.
    settings
        What the file says about the layer of the array beside its numbers: "nonlinearity", "reset" ("before" or "after"
        the product), "leak".
    unreadable
        Why the entry cannot be read, in words that continue "it"; "" for an array. `unreadable_entry` makes one.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    read: Callable[[], Any]
    labels: tuple[str, ...] = ()
    framework: str = ""
    orientation: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    unreadable: str = ""

    def __str__(self) -> str:
        return f"{self.name} {self.shape}"


def unreadable_entry(name: str, reason: str) -> StoredArray:
    """An entry beside the arrays that cannot be read: it is listed with its reason, and never chosen."""

    def refuse() -> None:
        raise DamagedFileError(f"its entry {name!r} cannot be read: it {reason}")

    return StoredArray(name, (), "unreadable", refuse, unreadable=reason)


def library(name: str) -> ModuleType:
    """The module of that name.

    Raises
    ------
    MissingLibraryError
        If it is not installed.
    """
    package = name.partition(".")[0]
    message = f"reading this type of file needs {package}: pip install 'linmem[files]'"
    with errors_of_other_libraries(MissingLibraryError, message, (ImportError,)):
        return import_module(name)


def stored_zip(path: Path) -> zipfile.ZipFile:
    """An open archive, none of whose members is encrypted."""
    archive = zipfile.ZipFile(path)
    if any(member.flag_bits & 1 for member in archive.infolist()):
        archive.close()
        raise DamagedFileError("it is encrypted; decrypt it first")
    return archive
